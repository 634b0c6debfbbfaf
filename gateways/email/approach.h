/*
 * The way to a mail server: look-up, outbound policy and connecting here, the
 * socket then goes to a worker, which does TLS and logs in.
 */
#ifndef EMAIL_APPROACH_H
#define EMAIL_APPROACH_H

#include "email/email.h"

struct approach;

/* `link` hears `heard` from its STATE on; NULL: no connection, and why. */
typedef void (*approach_fn)(struct mail_link *link, enum gw_reason reason,
	const char *text, void *arg);

/* Connect to the session's server of this protocol; `fn` is called once, never
 * before this returns, and the approach is gone then. */
struct approach *approach_start(struct email_session *s,
	enum link_protocol protocol, mail_fn heard, approach_fn fn,
	void *arg) MUST_CHECK;
/* Nothing is called after this; takes NULL inside, sets NULL. */
void approach_cancel(struct approach **slot);

#endif
