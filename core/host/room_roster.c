/*
 * The presences of all occupants towards one seat (XEP-0045 section 7.1).
 * Those of a crowd are written in slices over several turns of the loop, so
 * that nobody else waits for them. What changes meanwhile is told at once of
 * occupants the seat knows already; of the others it will hear as they are
 * when it is their turn.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "host/room_private.h"

/* In one turn: about a millisecond. */
#define SLICE 500

/* While the stream to the XMPP server is full. */
#define CONGESTED_MS 50

struct entry {
	const struct occupant *key; /* only to be compared */
	struct occupant *occupant;  /* NULL: told, or gone */
};

struct roster {
	struct timer timer;
	struct room *room;
	struct seat *seat;
	size_t count, next;
	struct entry entries[]; /* sorted by key */
};

static int by_key(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	uintptr_t x = (uintptr_t)left->key, y = (uintptr_t)right->key;
	return (x > y) - (x < y);
}

static struct entry *find(struct roster *r, const struct occupant *o)
{
	const struct entry wanted = { .key = o };
	return bsearch(&wanted, r->entries, r->count, sizeof(wanted), by_key);
}

static void tell(struct room *room, const struct seat *seat, struct occupant *o)
{
	static const struct presence_note plain;
	if (o != room_self(room))
		room_put_presence(room, seat, o, &plain);
}

static void on_turn(void *arg)
{
	struct roster *r = arg;
	struct room *room = r->room;
	struct seat *seat = r->seat;
	size_t end = r->count - r->next > SLICE ? r->next + SLICE : r->count;
	bool full = component_is_congested(room_stream(room));
	for (; r->next < end && !full; r->next++) {
		struct entry *e = &r->entries[r->next];
		if (e->occupant != NULL)
			tell(room, seat, e->occupant);
		e->occupant = NULL;
	}
	if (r->next < r->count) {
		timer_start(&r->timer, full ? CONGESTED_MS : 0);
		return;
	}
	roster_stop(seat);
	seat_roster_told(room, seat);
}

void roster_start(struct room *room, struct seat *seat)
{
	size_t count = room->occupants.count, pos = 0, i = 0;
	struct occupant *o;
	roster_stop(seat);
	if (count <= SLICE) {
		while ((o = map_next(&room->occupants, &pos)) != NULL)
			tell(room, seat, o);
		seat_roster_told(room, seat);
		return;
	}
	struct roster *r = xalloc(sizeof(*r) + count * sizeof(r->entries[0]));
	r->room = room;
	r->seat = seat;
	r->count = count;
	while ((o = map_next(&room->occupants, &pos)) != NULL)
		r->entries[i++] = (struct entry){ .key = o, .occupant = o };
	qsort(r->entries, count, sizeof(r->entries[0]), by_key);
	timer_init(&r->timer, account_gateway(room->account)->host->loop,
		"room roster", on_turn, r);
	seat->roster = r;
	on_turn(r);
}

void roster_stop(struct seat *seat)
{
	if (seat->roster == NULL)
		return;
	timer_stop(&seat->roster->timer);
	xfree(seat->roster);
	seat->roster = NULL;
}

bool roster_is_pending(const struct seat *seat, const struct occupant *o)
{
	if (seat->roster == NULL)
		return false;
	const struct entry *e = find(seat->roster, o);
	return e != NULL && e->occupant != NULL;
}

void roster_forget(const struct room *room, const struct occupant *o)
{
	list_for_each(it, &room->seats) {
		const struct seat *seat = CONTAINER(it, struct seat, link);
		struct entry *e =
			seat->roster != NULL ? find(seat->roster, o) : NULL;
		if (e != NULL)
			e->occupant = NULL;
	}
}
