/*
 * The room engine: XEP-0045 for any network. A room belongs to an account
 * and is what this account's own connection sees. Each resource of the user
 * that has entered has a *seat* in it; all seats share one nick.
 *
 *	JOINING -> JOINED -> (link lost) REJOINING -> JOINED
 *	   \-> failed           \-> given up
 */
#ifndef HOST_ROOM_H
#define HOST_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "api/services.h"
#include "base/list.h"
#include "base/map.h"
#include "host/account.h"
#include "host/target.h"
#include "store/archive.h"
#include "xmpp/stanza.h"

struct extras;    /* extras.h */
struct channel;   /* history.h: what the rooms of one channel share */
struct room_wait; /* room.c: the deadline of JOINING and REJOINING */
struct roster;    /* room_roster.c: presences still to be sent */
struct seat_join; /* room_private.h: what a seat needs until it is live */

enum room_state { ROOM_JOINING, ROOM_JOINED, ROOM_REJOINING };

/* Somebody in the room; strings are interned. There are many of them, so what
 * few have is in `texts`: room_private.h, enum occupant_text. */
struct occupant {
	const char *nick;
	const char *host;   /* or NULL */
	const char *id;     /* XEP-0421; kept of who has spoken */
	const char **texts; /* NULL: he has none of them */
	unsigned hats;
	unsigned char role, affiliation, show; /* enums of api/types.h */
	bool is_host_stable : 1; /* `host` is what his id is made from */
	bool seen : 1;           /* scratch of a rejoin: still there, */
	bool changed : 1;        /* and not as he was */
};

enum seat_state {
	SEAT_WAITING,  /* for the room */
	SEAT_ENTERING, /* is being told who is there */
	SEAT_HISTORY,  /* has all presences; its history is being read */
	SEAT_LIVE,     /* got the full sequence of XEP-0045 section 7.2 */
};

struct seat {
	struct list link;
	struct room *room;
	char *jid; /* full */
	enum seat_state state;
	struct seat_join *join; /* NULL when live */
	struct roster *roster;  /* who is still to be told; often NULL */
};

/* Does the client know that it is in the room? */
static inline bool seat_has_entered(const struct seat *seat)
{
	return seat->state >= SEAT_HISTORY;
}

struct room {
	struct gw_room room; /* first: the boundary's view */
	struct account *account;
	const char *name; /* interned; room.name */
	const char *jid;  /* interned; bare, as the user's client wrote it */
	enum room_state state;
	bool known;       /* the gateway has it: join() was called */
	bool stays;       /* gw_room_open(): as long as the link is there */
	char *words;      /* ... of the invitation, or NULL */
	bool listed;      /* wanted without a seat (GW_USE_ROOMS, a choice) */
	const char *nick; /* interned; wanted while joining, then real */
	char *password;
	struct map occupants; /* struct occupant by nick */
	struct map claims;    /* ... by what ids are made from, but nicks */
	bool has_claims;      /* `claims` is in use: the room is large */
	struct list seats;
	const char *subject, *setter; /* interned, or NULL */
	int64_t subject_ms;           /* wall clock; 0: not known */
	char *subject_id; /* of the user's own change under way, or NULL */
	struct gw_room_info info; /* strings interned */
	bool configured;          /* info was reported once */
	struct list held;         /* live messages for seats not live yet */
	unsigned held_next, held_count;
	size_t held_bytes;
	struct channel *channel; /* while the link is in the channel */
	uint64_t channel_base, channel_seen; /* channel.c */
	struct room_wait *wait;
	char marker; /* its address asks the archive (room_marker.c) */
};

static inline struct room *room_of(struct gw_room *r)
{
	return CONTAINER(r, struct room, room);
}

/* --- From the router ----------------------------------------------------- */

/* Any stanza from a permitted user to a room or occupant JID. */
void room_presence(
	struct user *u, const struct target *t, const struct stanza *s);
/* Likewise: groupchat, private, subject, invitation, slash command. */
void room_message(
	struct user *u, const struct target *t, const struct stanza *s);
/* Likewise: one table of payloads (room_iq.c). */
void room_iq(struct user *u, const struct target *t, const struct stanza *s);

/* --- From the account ---------------------------------------------------- */

/* The session is online: enter all rooms that are wanted. */
void room_all_online(struct account *a);
/* It will be online later than usual (account_delay_ms()): rooms that are not
 * entered wait as much longer. */
void room_all_delayed(struct account *a);
/* The link was lost, or will not come back (`final`, with the reason). The
 * gateway has forgotten all rooms. Rooms nobody sits in are freed. */
void room_all_lost(
	struct account *a, bool final, enum gw_reason reason, const char *text);
/* Every seat gets status 332 or 333; what `code` is and why: XEP-0045
 * section 11. The session must be closed next: rooms that the gateway still
 * knows are freed when it has forgotten them (room_all_lost()). */
void room_all_close(struct account *a, int code, const char *text);
/* Want this room without a seat, as a person wrote its name; to be repeated
 * at each login. */
void room_want(struct account *a, const char *name);
/* Something waits for this room: want it likewise, until the link is lost, and
 * enter it now if the session is online. */
void room_need(struct account *a, const char *name);
/* The room of this name, made if there is none; the network wants it, so that
 * the operator's limit does not count. NULL: it is no name of a room. */
struct room *room_keep(struct account *a, const char *name);
/* The list of rooms wanted without a seat is about to change: forget it; and
 * leave those that are not in the new one. */
void room_all_unlist(struct account *a);
void room_all_release(struct account *a, const char *text);
/* Does any room have a seat? */
bool room_any_occupied(const struct account *a);

/* The stream to the XMPP server is back: find out which seats are still
 * there and bring them up to date. */
void room_stream_ready(struct gateway *g);

/* A client is gone (unavailable, or a delivery error XEP-0045 section 18.1.2
 * names): free its seats in all rooms of the user. */
void room_resource_gone(struct user *u, const char *full_jid, const char *text);

/* --- Discovery ----------------------------------------------------------- */

/* Answers for room and occupant JIDs; room_iq() calls them itself. */
void room_disco_info(
	struct user *u, const struct target *t, const struct stanza *s);
/* Who is there, for those who are there too (XEP-0045 section 6.5). */
void room_disco_items(
	struct user *u, const struct target *t, const struct stanza *s);

/* --- For the rest of the host -------------------------------------------- */

/* The room with this name, in any state; NULL: none. */
struct room *room_find(const struct account *a, const char *name);

/* What the user said in the room, once the network took it. */
struct room_said {
	const char *text;
	const char *id;              /* of the stanza, or NULL */
	const char *origin_id;       /* XEP-0359, or NULL */
	const char *network_id;      /* or NULL */
	const struct extras *extras; /* or NULL */
};
/* Show it to all seats, and archive it; its number there, or 0. */
uint64_t room_reflect(struct room *room, const struct room_said *said);

/* A message of the network for this room; `about` is the number in the archive
 * of the one that it answers or reacts to, or 0. Its own number; 0: it is not
 * in the archive. */
uint64_t room_deliver(
	struct room *room, const struct gw_message *m, uint64_t about);

/* Somebody types in the room, or stopped: called by gw_typing(). */
void room_typing(struct room *room, const char *nick, bool on);

/* A message of the user to a person: when it is a direct invitation
 * (XEP-0249) into one of his rooms, invite that person and return true; the
 * stanza is answered then. */
bool room_direct_invite(
	struct user *u, const struct target *person, const struct stanza *s);

#endif
