/*
 * Newsletters once a day, for whoever wants that: each is noted when it comes,
 * and at the chosen hour all of them are one message.
 *
 *	d/<when>.<id>	a newsletter that waits
 *	a/digest	the message, from the moment that it stands for them until
 *			the user's server has it
 *
 * What waits is replaced by the message in one step, so that neither a crash
 * nor a mail that is read again shows one twice. One timer of the gateway
 * wakes those alone who want it.
 */
#ifndef EMAIL_DIGEST_H
#define EMAIL_DIGEST_H

#include "base/list.h"
#include "email/memory.h"
#include "email_wire/mail.h"
#include "net/loop.h"

#define DIGEST_KEPT "a/digest"

struct digest;
struct email_session;

/* Of the gateway. */
struct digest_clock {
	struct timer timer;
	struct list digests; /* of those who want one */
};
void digest_clock_init(struct digest_clock *c, struct loop *l);
void digest_clock_stop(struct digest_clock *c);

/* Of a session. */
struct digest *digest_new(struct email_session *s);
/* Takes NULL inside, sets NULL. */
void digest_free(struct digest **slot);
/* What was kept under DIGEST_KEPT. */
void digest_load(struct digest *d, struct slice data);
/* The mailbox is there, or the user chose anew: look whether it is time. */
void digest_wake(struct digest *d);
/* The user wants none any longer: what waits comes now. */
void digest_end(struct digest *d);

/* Is this mail to wait? One-time codes never are. */
bool digest_takes(const struct digest *d, const struct mail *m);
/* Note it, with what is remembered of it (`record`, whose id is `id`); `fn`
 * hears when that is on disk. */
void digest_add(struct digest *d, const struct mail *m, int64_t wall_ms,
	const char *id, const struct memory_mail *record, memory_kept_fn fn,
	void *arg);

/* ops->settled; false: it was another message. */
bool digest_settled(struct digest *d, const char *network_id, bool ok);

#endif
