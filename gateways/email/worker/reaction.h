/*
 * Reactions: a part that says of itself to be one (RFC 9078), or Gmail's.
 */
#ifndef EMAIL_WORKER_REACTION_H
#define EMAIL_WORKER_REACTION_H

#include "base/arena.h"
#include "email_worker/tree.h"

/* The emoji, separated by blanks; NULL when the mail is no reaction. */
const char *reaction_read(const struct tree *t, struct arena *arena);

#endif
