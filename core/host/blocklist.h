/*
 * Whom the user has blocked at his own server (XEP-0191): what it refuses of
 * them reaches the network as ops->refused.
 */
#ifndef HOST_BLOCKLIST_H
#define HOST_BLOCKLIST_H

#include "host/target.h"
#include "host/user.h"
#include "xmpp/stanza.h"

/* A message of this person came back from the user's server, though a client of
 * his is there to take it. Servers answer for the blocked as for an account
 * that does not exist, so that the list itself decides where we may read it
 * (XEP-0356). */
void blocklist_refused(
	struct user *u, const struct target *t, const struct stanza *s);

/* At the end: drop what is under way. */
void blocklist_forget(struct gateway *g);

#endif
