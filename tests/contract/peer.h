/*
 * The other end of a gateway's connections, for the conformance kit: a
 * listener on loopback whose manners the test chooses. A gateway that connects
 * to something has a row in peer.c with its configuration and a server that
 * is just friendly enough to let a user in; one without a row is run without
 * any network.
 */
#ifndef TESTS_CONTRACT_PEER_H
#define TESTS_CONTRACT_PEER_H

#include "gateways/kit/fake_core.h"
#include "net/conn.h"

enum manners {
	PEER_FRIENDLY, /* answers what it must to let a user in */
	PEER_SILENT,   /* accepts connections and says nothing */
	PEER_REFUSING, /* closes every connection at once */
	PEER_BABBLING, /* says nonsense, then closes */
};

struct peer;

/* What the kit knows of one gateway. */
struct subject {
	const char *gateway; /* ops->name */
	/* The inside of its group in the configuration file; one %u is the
	 * peer's port. */
	const char *config;
	const char *account; /* that leads to the peer */
	/* Its settings, as "name=value" with %u likewise; ends with NULL. */
	const char *settings[8];
	const char *person, *room; /* somebody, and a room; NULL: "bob" and
				      "#room" */
	const char *kept; /* that the room is there: name of what is kept */
	/* The same as the gateway's own, and what is in it. */
	const char *own_kept, *own_data;
	size_t own_len;
	/* A complete line came; answer with peer_say(). NULL: no peer, unless
	 * it has take(). */
	void (*hear)(struct peer *p, struct slice line, char name[64]);
	/* Of a network without lines: something came; answer with peer_put().
	 * Returns how many bytes of it were understood. */
	size_t (*take)(struct peer *p, struct slice bytes);
};

/* The row of a gateway; never NULL. */
const struct subject *subject_of(const struct gateway_ops *ops);

/* A core with this gateway, and its peer. */
struct fake_core *peer_core_new(const struct gateway_ops *ops,
	enum manners manners, struct peer **peer_r);
/* A session of this account, with what was kept for it; and whom it knows. */
struct gw_session *peer_session(struct peer *p, const char *account);
const char *peer_person(const struct peer *p);
const char *peer_room(const struct peer *p);

/* Both; what is open is closed. */
void peer_core_free(struct fake_core **core, struct peer **peer);

/* From now on. */
void peer_set_manners(struct peer *p, enum manners manners);

/* Close all connections. */
void peer_hang_up(struct peer *p);

/* To the connection whose line is being heard; CR LF is added. */
void peer_say(struct peer *p, const char *fmt, ...) PRINTF(2, 3);

/* The same as it is. */
void peer_put(struct peer *p, struct slice bytes);

/* How many lines began with this, on all connections. A line of the network
 * that a user's text made is an injection. */
#define INJECTED "INJECTED"
unsigned peer_injected(const struct peer *p);

#endif
