/*
 * What the user's own mail server found out about the sender of a mail
 * (Authentication-Results, RFC 8601). Anybody can write such a header, so one
 * is believed only if
 *
 *	- it carries a name of that server (`trusted`), which has to remove or
 *	  rename those that came from outside with its name (section 5), and
 *	- no Received header of a server that is not his stands above it: what is
 *	  below was there before the mail came to his server.
 *
 * Servers write them above their own Received header (milters), or below (as
 * Gmail): the topmost believed one counts, and those that follow it before the
 * next Received. It is only used to warn, never to vouch for a sender: a server
 * that checks nothing, such as Dovecot or a plain Exim, lets forged ones pass,
 * which then say no more than that there is nothing to warn of.
 */
#ifndef EMAIL_WORKER_AUTHRES_H
#define EMAIL_WORKER_AUTHRES_H

#include "email_worker/tree.h"

/* Does it say that the sender is not who he claims to be: DMARC failed, or SPF
 * or DKIM failed and none passed? `trusted`: names separated by spaces, each
 * for itself and what is below it; "-" for headers without a name, which
 * Microsoft writes. */
bool authres_failed(const struct tree *t, const char *trusted);

#endif
