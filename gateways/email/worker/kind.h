/*
 * What kind of sender is behind a mail, and what is odd about it.
 */
#ifndef EMAIL_WORKER_KIND_H
#define EMAIL_WORKER_KIND_H

#include "base/arena.h"
#include "email_wire/mail.h"
#include "email_worker/tree.h"

/* List and machine headers, and the kind that follows from them alone (not
 * that of reports and reactions). After the people were read. */
void kind_read(const struct tree *t, struct arena *arena, struct mail *m);

/* Add to `m->warnings` what the headers give reason for. After kind_read().
 * `authserv_id`: see mail_read_context. */
void kind_warn(const struct tree *t, const char *authserv_id, struct mail *m);

/* Is it from a mail server itself? */
bool kind_is_mailer(const struct tree *t, const struct mail *m);

#endif
