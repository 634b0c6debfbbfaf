/*
 * IRCv3 capability negotiation (capability-negotiation 302) of one session:
 * reads CAP, writes CAP, and says what is on. Pure state; every combination
 * of capabilities works, and a server without CAP is one with none.
 *
 *	start -> LISTING -> REQUESTING -> SETTLED -> (irc_caps_end) DONE
 *
 * SASL happens between SETTLED and DONE. NEW and DEL come at any time.
 */
#ifndef IRC_CAPS_H
#define IRC_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "irc/message.h"

/* What we ask for when it is offered; one row in caps.c each. */
enum irc_cap {
	IRC_CAP_ACCOUNT_NOTIFY = 1u << 0,
	IRC_CAP_ACCOUNT_TAG = 1u << 1,
	IRC_CAP_AWAY_NOTIFY = 1u << 2,
	IRC_CAP_CAP_NOTIFY = 1u << 3,
	IRC_CAP_CHGHOST = 1u << 4,
	IRC_CAP_EXTENDED_JOIN = 1u << 5,
	IRC_CAP_MESSAGE_TAGS = 1u << 6,
	IRC_CAP_MULTI_PREFIX = 1u << 7,
	IRC_CAP_SASL = 1u << 8,
	IRC_CAP_SERVER_TIME = 1u << 9,
	IRC_CAP_SETNAME = 1u << 10,
	IRC_CAP_USERHOST_IN_NAMES = 1u << 11,
};

/* All of them; take IRC_CAP_SASL out when there is nothing to log in with. */
#define IRC_CAPS_ALL ((1u << 12) - 1)

enum irc_caps_state {
	IRC_CAPS_IDLE,
	IRC_CAPS_LISTING,
	IRC_CAPS_REQUESTING,
	IRC_CAPS_SETTLED, /* LS is dealt with; CAP END not yet sent */
	IRC_CAPS_DONE,
};

struct irc_caps {
	enum irc_caps_state state;
	uint32_t wanted;  /* what the session can use */
	uint32_t offered; /* by the server, of those we know */
	uint32_t enabled;
	uint32_t todo;    /* to be requested */
	uint32_t pending; /* in the one REQ that is under way */
	uint32_t single;  /* to be requested one at a time, after a NAK */
	uint32_t acked, dropped; /* in an ACK of several lines */
	char *sasl; /* value of sasl: the mechanisms; NULL: not said */
};

/* `wanted`: bits of enum irc_cap. Release with finish. */
void irc_caps_init(struct irc_caps *c, uint32_t wanted);
/* Frees what the server said; may be initialised again. */
void irc_caps_finish(struct irc_caps *c);

/* Append `CAP LS 302`, the first line of a connection. */
void irc_caps_start(struct irc_caps *c, struct str *out);

/* What a CAP message changed. */
enum irc_caps_change {
	IRC_CAPS_CHANGED_ENABLED = 1, /* `enabled` is not what it was */
	IRC_CAPS_CHANGED_SETTLED = 2, /* became SETTLED: SASL, then end */
	IRC_CAPS_CHANGED_SASL = 4,    /* `sasl` or its offer changed later */
};

/* Handle a CAP message; appends the next request to `out` when there is one.
 * Returns bits of enum irc_caps_change. */
unsigned irc_caps_receive(
	struct irc_caps *c, const struct irc_message *m, struct str *out);

/* The server does not know CAP (421), or refused it (410): settle with what
 * there is. Returns bits like irc_caps_receive(). */
unsigned irc_caps_refused(struct irc_caps *c);

/* Append `CAP END`, once; nothing when the negotiation is already over. */
void irc_caps_end(struct irc_caps *c, struct str *out);

/* The server completed the registration (001): no END is needed any more. */
void irc_caps_registered(struct irc_caps *c);

static inline bool irc_has_cap(const struct irc_caps *c, enum irc_cap cap)
{
	return (c->enabled & (uint32_t)cap) != 0;
}

/* The protocol's name of one capability. */
const char *irc_cap_name(enum irc_cap cap);

#endif
