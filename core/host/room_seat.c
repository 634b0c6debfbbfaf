/*
 * Seats: the resources of the user in a room, and the sequence that makes
 * them live (XEP-0045 section 7.1): presences of the others, self-presence,
 * history, subject. A seat's history comes from the store, so what happens
 * meanwhile is held for it (room_text.c).
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/room_private.h"
#include "store/accounts.h"
#include "xmpp/ns.h"

struct seat *seat_find(const struct room *room, const char *full_jid)
{
	list_for_each(it, &room->seats) {
		struct seat *seat = CONTAINER(it, struct seat, link);
		if (strcmp(seat->jid, full_jid) == 0)
			return seat;
	}
	return NULL;
}

size_t seat_count(const struct room *room)
{
	size_t count = 0;
	list_for_each(it, &room->seats)
		count++;
	return count;
}

struct seat *seat_add(struct room *room, const char *full_jid)
{
	struct seat *seat = xalloc(sizeof(*seat));
	seat->room = room;
	seat->jid = xstrdup(full_jid);
	list_append(&room->seats, &seat->link);
	return seat;
}

static void drop_join(struct seat *seat)
{
	if (seat->join == NULL)
		return;
	xfree(seat->join->id);
	xfree(seat->join->nick);
	xfree(seat->join);
	seat->join = NULL;
}

void seat_free(struct room *room, struct seat *seat)
{
	if (seat->state == SEAT_HISTORY)
		history_forget(room, seat);
	if (seat_has_entered(seat))
		seat_announced(room, seat, false);
	roster_stop(seat);
	list_remove(&seat->link);
	drop_join(seat);
	xfree(seat->jid);
	xfree(seat);
}

/* --- What a join asks for ------------------------------------------------ */

/* A limit that is no number is no limit. */
static long read_limit(const struct xml *history, const char *name)
{
	const char *text = xml_attr(history, name);
	if (text == NULL || text[0] < '0' || text[0] > '9')
		return -1;
	char *end;
	long value = strtol(text, &end, 10);
	return *end == '\0' ? value : -1;
}

void seat_read_join(struct seat *seat, const struct stanza *s)
{
	drop_join(seat);
	struct seat_join *join = xalloc(sizeof(*join));
	seat->join = join;
	join->id = xstrdup(s->id);
	join->nick = xstrdup(s->to.resource);
	join->held_from = seat->room->held_next;
	const struct xml *history =
		xml_child(xml_child(s->xml, "x", NS_MUC), "history", NULL);
	join->max_chars = join->max_stanzas = join->seconds = -1;
	if (history == NULL)
		return;
	join->max_chars = read_limit(history, "maxchars");
	join->max_stanzas = read_limit(history, "maxstanzas");
	join->seconds = read_limit(history, "seconds");
	const char *since = xml_attr(history, "since");
	if (since != NULL && clock_parse(slice_of(since), &join->since_ms) != 0)
		join->since_ms = 0;
}

/* --- Entering ------------------------------------------------------------ */

void seat_announced(const struct room *room, const struct seat *seat, bool on)
{
	const struct gateway *g = account_gateway(room->account);
	const struct occupant *self = room_self(room);
	char jid[GATEWAY_JID_SIZE];
	if (self == NULL ||
		!room_occupant_jid(room, occupant_resource(self), jid))
		return;
	if (on)
		store_announced_put(
			g->host->store, g->options->jid, seat->jid, jid);
	else
		store_announced_remove(
			g->host->store, g->options->jid, seat->jid, jid);
}

void room_announce_seats(const struct room *room, bool on)
{
	list_for_each(it, &room->seats) {
		const struct seat *seat = CONTAINER(it, struct seat, link);
		if (seat_has_entered(seat))
			seat_announced(room, seat, on);
	}
}

void seat_enter(struct room *room, struct seat *seat)
{
	seat->state = SEAT_ENTERING;
	room_seat_taken(room);
	roster_start(room, seat);
}

/* XEP-0045 sections 7.2.3, 10.1.2, 7.2.12 and 7.2.2: everybody sees who the
 * others are, the room is new, it is recorded in public, the nick is another
 * one than was asked for. */
static void put_self(struct room *room, const struct seat *seat)
{
	struct occupant *self = room_self(room);
	const struct seat_join *join = seat->join;
	struct presence_note note = { .id = join->id };
	size_t count = 0;
	note.codes[count++] = 100;
	if (join->created)
		note.codes[count++] = 201;
	if (room->info.logged)
		note.codes[count++] = 170;
	if (strcmp(occupant_resource(self), join->nick) != 0)
		note.codes[count++] = 210;
	room_put_presence(room, seat, self, &note);
}

void seat_roster_told(struct room *room, struct seat *seat)
{
	static const struct presence_note plain;
	struct occupant *self = room_self(room);
	if (seat->state != SEAT_ENTERING) {
		if (self != NULL)
			room_put_presence(room, seat, self, &plain);
		return;
	}
	put_self(room, seat);
	seat->state = SEAT_HISTORY;
	seat_announced(room, seat, true);
	history_send(room, seat);
}

void seat_go_live(struct room *room, struct seat *seat)
{
	room_send_subject(room, seat, NULL);
	seat->state = SEAT_LIVE;
	room_release_held(room, seat);
	drop_join(seat);
}
