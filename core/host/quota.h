/*
 * What one user may take of what all share: requests, and a place among the
 * users. Messages to a network have limits of their own (sends_per_minute, the
 * network's flood control).
 */
#ifndef HOST_QUOTA_H
#define HOST_QUOTA_H

#include <stdbool.h>

#include "base/bucket.h"
#include "base/log.h"
#include "xmpp/stanza.h"

struct gateway;
struct user;

/* Those of whom nothing is kept share what they may ask: by the hash of
 * their JIDs, so that coming and going does not fill anybody's bucket. */
#define QUOTA_GUESTS 1024

struct quota {
	struct bucket guests[QUOTA_GUESTS];
	struct log_pause fast, full; /* of the two lines in quota.c */
};

void quota_init(struct quota *q);

/* A full bucket of LIMIT_STANZA_BURST, for a new user. */
void quota_fill(struct bucket *b);

/* Count a stanza of `u` (NULL: nobody known) that costs us work. False: he
 * has sent too many. Leaving, answers and messages to a network are free. */
bool quota_take(struct gateway *g, struct user *u, const struct stanza *s);

/* Is there a place for one more user? */
bool quota_has_place(struct gateway *g, const char *bare_jid);

#endif
