/*
 * Rooms that are the network's own doing (gw_room_open): there without anybody
 * in them, and the user is invited. Whether he was, and whether he left, is a
 * choice of his that is stored: CHOICE_PLACE.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "host/room_private.h"

#define PLACE_INVITED "invited"
#define PLACE_INSIDE  "inside"
#define PLACE_LEFT    "left"

/* Clients that come online enter their rooms within this time, and those that
 * go offline have left the rooms first: only who is online and stays out has
 * left for good. */
#define RETURN_MS 60000

static const char *local_of(const struct room *room, char out[GATEWAY_JID_SIZE])
{
	text_format(out, GATEWAY_JID_SIZE, "%.*s", (int)strcspn(room->jid, "@"),
		room->jid);
	return out;
}

static bool is_place(const struct room *room, const char *place)
{
	char local[GATEWAY_JID_SIZE];
	const char *now = room_choice(
		room->account->user, local_of(room, local), CHOICE_PLACE);
	return text_equals(now, place);
}

static void set_place(struct room *room, const char *place)
{
	char local[GATEWAY_JID_SIZE];
	struct user *u = room->account->user;
	bool is_new = is_place(room, NULL);
	if (is_place(room, place) ||
		(is_new && u->choices.count >= LIMIT_ROOM_CHOICES))
		return;
	room_choice_keep(u, local_of(room, local), CHOICE_PLACE, place);
}

static void invite(struct room *room)
{
	set_place(room, PLACE_INVITED);
	gw_invited(&room->account->session, room->name, NULL, room->words);
}

void gw_room_open(struct gw_session *s, const char *name, const char *words)
{
	struct account *a = account_of(s);
	struct room *room = room_keep(a, name);
	if (room == NULL)
		return;
	room->stays = true;
	xstrset(&room->words, words);
	if (!room->known) {
		a->rooms_due = true;
		account_check(a);
	}
	if (!list_is_empty(&room->seats))
		set_place(room, PLACE_INSIDE);
	else if (is_place(room, NULL))
		invite(room);
}

void room_seat_taken(struct room *room)
{
	if (room->stays)
		set_place(room, PLACE_INSIDE);
}

void room_seat_left(struct room *room)
{
	if (room->stays && list_is_empty(&room->seats))
		set_place(room, PLACE_LEFT);
}

/* Is a client of his there that would have come back by now? */
static bool stays_out(const struct user *u)
{
	int64_t now = loop_now_ms(u->gateway->host->loop);
	list_for_each(it, &u->resources) {
		const struct resource *r = CONTAINER(it, struct resource, link);
		if (r->show != GW_OFFLINE && now - r->since_ms >= RETURN_MS)
			return true;
	}
	return false;
}

void room_has_news(struct room *room)
{
	if (room->stays && list_is_empty(&room->seats) &&
		is_place(room, PLACE_LEFT) && stays_out(room->account->user))
		invite(room);
}
