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

struct channel; /* history.h: what the rooms of one channel share */

enum room_state { ROOM_JOINING, ROOM_JOINED, ROOM_REJOINING };

/* Somebody in the room; strings are interned. */
struct occupant {
	const char *nick;
	const char *person; /* NULL: the same as nick */
	const char *host;   /* or NULL */
	const char *stable; /* NULL: the same as nick */
	const char *status; /* or NULL */
	unsigned hats;
	unsigned char role, affiliation, show; /* enums of api/types.h */
	bool seen; /* scratch of a rejoin: still there */
};

struct seat {
	struct list link;
	char *jid; /* full */
	bool entered; /* got the full sequence of XEP-0045 section 7.2 */
	char *join_id; /* id of the join presence, until entered */
	/* History asked for; -1: not given. */
	long max_stanzas, max_chars, seconds;
	int64_t since_ms;
};

struct room {
	struct gw_room room; /* first: the boundary's view */
	struct account *account;
	char *name; /* room.name */
	char *jid;  /* bare JID */
	char *local; /* its localpart */
	enum room_state state;
	char *nick; /* wanted while joining, real when joined */
	char *password;
	bool listed;	      /* wanted without a seat (GW_USE_ROOMS, stay) */
	struct map occupants; /* struct occupant by nick */
	struct list seats;
	const char *subject, *subject_setter; /* interned, or NULL */
	int64_t subject_ms;
	struct gw_room_info info; /* strings owned */
	struct channel *channel;
	int64_t lost_ms; /* when the link was lost (REJOINING) */
};

static inline struct room *room_of(struct gw_room *r)
{
	return CONTAINER(r, struct room, room);
}

/* --- From the router ---------------------------------------------------- */

/* Any stanza from a permitted user to a room or occupant JID. */
void room_presence(struct user *u, const struct target *t,
	const struct stanza *s);
void room_message(struct user *u, const struct target *t,
	const struct stanza *s);
void room_iq(struct user *u, const struct target *t, const struct stanza *s);

/* --- From the account --------------------------------------------------- */

/* The session is online: enter all rooms that are wanted. */
void room_all_online(struct account *a);
/* The link was lost, or will not come back (`final`, with the reason). */
void room_all_lost(struct account *a, bool final, enum gw_reason reason,
	const char *text);
/* Every seat gets status 332 or 333 and the rooms are freed; what `code` is
 * and why: XEP-0045 section 10.9 and 11. */
void room_all_close(struct account *a, int code, const char *text);
/* Want this room without a seat (at login). */
void room_want(struct account *a, const char *name);
/* Does any room have a seat, or is one wanted with `stay`? */
bool room_any_occupied(const struct account *a);

/* A client is gone (unavailable, or a delivery error XEP-0045 section 18.1.2
 * names): free its seats in all rooms of the user. */
void room_resource_gone(struct user *u, const char *full_jid,
	const char *text);
void room_free(struct room **r);

/* --- Discovery (disco.c, vcard.c call these) ------------------------------ */

void room_disco_info(struct user *u, const struct target *t,
	const struct stanza *s);
void room_disco_items(struct user *u, const struct target *t,
	const struct stanza *s);

/* The live rooms of a user, for lists: false at the end. */
struct room *room_find(struct account *a, const char *name);

/* A message of the network for this room: called by gw_message(). */
void room_deliver(struct room *r, const struct gw_message *m);

#endif
