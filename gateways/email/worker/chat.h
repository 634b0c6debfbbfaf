/*
 * Delta Chat's headers. Some of them stand in front of the first part of a
 * multipart/mixed instead of the mail itself, where nobody on the way looks.
 */
#ifndef EMAIL_WORKER_CHAT_H
#define EMAIL_WORKER_CHAT_H

#include "base/arena.h"
#include "email_wire/mail.h"
#include "email_worker/tree.h"

/* Fill in `is_chat` and chat_*. */
void chat_read(const struct tree *t, struct arena *arena, struct mail *m);

/* The value of a header of this kind, in either place; or NULL. */
const char *chat_header(const struct tree *t, const char *name);

/* The text of a correction, without the sign before it that other programs
 * show. */
const char *chat_edited(const char *text);

#endif
