/*
 * Whom a stanza is addressed to, in the terms of the network.
 */
#ifndef HOST_TARGET_H
#define HOST_TARGET_H

#include "api/types.h"
#include "base/limits.h"
#include "host/user.h"
#include "xmpp/jid.h"

struct account;

enum target_kind {
	TARGET_GATEWAY,
	TARGET_NETWORK,
	TARGET_PERSON,
	TARGET_ROOM,
	TARGET_OCCUPANT, /* room JID with a resource */
};

struct target {
	enum target_kind kind;
	const struct jid *jid;
	bool is_spelled;  /* the JID is not the one that the address has */
	const char *nick; /* of TARGET_OCCUPANT, as he is named */
	struct gw_address address;      /* not for TARGET_GATEWAY */
	char space[LIMIT_JID_PART + 1]; /* of nick, where it is spelled */
};

/* -1 with words for a person when the localpart is no address here. `u` is who
 * wrote it; NULL: nobody with settings. Where addresses do not name the account,
 * it is "" until target_settle(). */
int target_read(const struct gateway *g, const struct user *u,
	const struct jid *to, struct target *t,
	const char **reason_r) MUST_CHECK;

/* What this user typed, as all would write it (ops->spell_out): `text`, or
 * `space`. NULL with words for a person. */
const char *target_spell(const struct gateway *g, const struct user *u,
	const char *text, char space[GATEWAY_JID_SIZE], const char **reason_r);

/* Fill in that account: the one by which this user last heard of the person
 * or room, else his first; "" when he has none. */
void target_settle(const struct user *u, struct target *t);

/* Both at once, for an address that has to do with this user. */
int target_of(const struct user *u, const struct jid *to, struct target *t,
	const char **reason_r) MUST_CHECK;
/* The same for a localpart of this gateway; false when it is no address. */
bool target_of_local(const struct user *u, const char *local, struct target *t);

/* The account hears of this person or room: it is the one to answer by. */
void target_remember(
	const struct account *a, enum gw_kind kind, const char *name);
/* The user has an account: his first one stays the one by which he speaks to
 * whom he has not heard of. */
void target_remember_first(const struct account *a);

#endif
