/*
 * Whom a stanza is addressed to, in the terms of the network.
 */
#ifndef HOST_TARGET_H
#define HOST_TARGET_H

#include "api/types.h"
#include "base/limits.h"
#include "host/gateway.h"
#include "xmpp/jid.h"

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
	const char *nick;               /* of TARGET_OCCUPANT, as he is named */
	struct gw_address address;      /* not for TARGET_GATEWAY */
	char space[LIMIT_JID_PART + 1]; /* of nick, where it is spelled */
};

/* -1 with words for a person when the localpart is no address here. */
int target_read(const struct gateway *g, const struct jid *to, struct target *t,
	const char **reason_r) MUST_CHECK;

#endif
