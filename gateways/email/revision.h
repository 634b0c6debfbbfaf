/*
 * A mail that says what earlier ones of the same sender say now, or that they
 * are withdrawn (Delta Chat's Chat-Edit and Chat-Delete): the messages that
 * were made of those are corrected or withdrawn.
 */
#ifndef EMAIL_REVISION_H
#define EMAIL_REVISION_H

#include "email/email.h"
#include "email_wire/mail.h"

struct revision;

bool revision_is_one(const struct mail *m);

/* Over: so many messages were handed over; 0: it is about none that is known,
 * or not about the sender's own, and is a mail like others. Not `ok`: the
 * store or the link failed. */
typedef void (*revision_fn)(unsigned messages, bool ok, void *arg);

/* `id` begins the ids of its messages, `wall_ms` is their time; `m` and `id`
 * are borrowed. */
struct revision *revision_start(struct email_session *s, const struct mail *m,
	const char *id, int64_t wall_ms, revision_fn fn, void *arg);
/* Takes NULL inside, sets NULL; `fn` is not called. */
void revision_cancel(struct revision **slot);

#endif
