/*
 * The life of rooms: made by a join or a wish, entered when the session is
 * online, kept through a short break of the link, freed when nobody sits in
 * them.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/intern.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/message.h"
#include "host/room_private.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"

/* How long a seat waits for a room, and for a link that was lost. */
#define WAIT_MS  120000
/* ... and for a network that is asked to let us in: many joins at once are
 * slowed down by its flood control. */
#define JOIN_MS  600000
/* How long a client may take to answer a ping. */
#define CHECK_MS 60000

/* Only rooms that wait for something have a timer. */
struct room_wait {
	struct timer timer;
};

static const char *const state_names[] = { "joining", "joined", "rejoining" };

/* --- Waiting ------------------------------------------------------------- */

static void wait_over(void *arg)
{
	struct room *room = arg;
	if (room->stays && !room->known && list_is_empty(&room->seats))
		return; /* nobody waits for it */
	if (room->known) {
		room->known = false;
		room_ops(room)->leave(&room->room, NULL);
	}
	if (room->state == ROOM_JOINING) {
		room_fail(room, GW_UNREACHABLE,
			"The network did not answer in time.");
		return;
	}
	list_for_each(it, &room->seats)
		room_dismiss(room, CONTAINER(it, struct seat, link), 333,
			"The connection to the network could not be "
			"restored in time.");
	room_end(room);
}

static void wait_stop(struct room *room)
{
	if (room->wait == NULL)
		return;
	timer_stop(&room->wait->timer);
	xfree(room->wait);
	room->wait = NULL;
}

static void wait_start(struct room *room, int64_t delay_ms)
{
	if (room->wait == NULL) {
		room->wait = xalloc(sizeof(*room->wait));
		timer_init(&room->wait->timer,
			account_gateway(room->account)->host->loop, "room wait",
			wait_over, room);
	}
	timer_start(&room->wait->timer, delay_ms);
}

/* Until the account is online and the room entered. */
static void wait_for_link(struct room *room)
{
	wait_start(room, WAIT_MS + account_delay_ms(room->account));
}

void room_set_state(struct room *room, enum room_state state)
{
	const struct account *a = room->account;
	log_debug(account_ops(a)->name, "[%s] room %s: %s -> %s", a->session.id,
		room->jid, state_names[room->state], state_names[state]);
	room->state = state;
	if (state == ROOM_JOINED)
		wait_stop(room);
	else
		wait_for_link(room);
}

/* --- Life ---------------------------------------------------------------- */

struct room *room_find(const struct account *a, const char *name)
{
	return map_get_text(&a->rooms, name);
}

struct room *room_of_target(const struct user *u, const struct target *t)
{
	const struct account *a = account_find(u, t->address.account);
	return a != NULL ? room_find(a, t->address.name) : NULL;
}

struct room *room_new(struct account *a, const char *name, const char *jid)
{
	struct room *room = xalloc(sizeof(*room));
	room->account = a;
	room->name = intern(name);
	room->jid = intern(jid);
	room->room =
		(struct gw_room){ .session = &a->session, .name = room->name };
	list_init(&room->seats);
	list_init(&room->held);
	map_put_text(&a->rooms, room->name, room);
	wait_for_link(room);
	return room;
}

void room_info_drop(struct gw_room_info *info)
{
	intern_drop(&info->password);
	intern_drop(&info->detail);
	intern_drop(&info->logs);
	intern_drop(&info->title);
}

static void room_free(struct room **slot)
{
	struct room *room = *slot;
	if (room == NULL)
		return;
	*slot = NULL;
	while (!list_is_empty(&room->seats))
		seat_free(room, CONTAINER(room->seats.next, struct seat, link));
	wait_stop(room);
	room_forget_marker(room);
	room_drop_held(room);
	if (room->channel != NULL)
		channel_close(room);
	map_remove_text(&room->account->rooms, room->name);
	occupant_remove_all(room);
	intern_drop(&room->subject);
	intern_drop(&room->setter);
	room_info_drop(&room->info);
	xfree(room->subject_id);
	intern_drop(&room->nick);
	xfree(room->password);
	xfree(room->words);
	intern_drop(&room->jid);
	intern_drop(&room->name);
	xfree(room);
}

void room_end(struct room *room)
{
	struct account *a = room->account;
	room_free(&room);
	account_check(a);
}

bool room_release(struct room *room, const char *text)
{
	if (!list_is_empty(&room->seats) || room->listed || room->stays)
		return false;
	if (room->known) {
		room->known = false;
		room_ops(room)->leave(&room->room, text);
	}
	room_end(room);
	return true;
}

/* A room that was only wished for has nobody to tell but the user. */
static void tell_failure(const struct room *room, const char *text)
{
	char words[1024];
	if (text == NULL)
		text = "No reason was given.";
	text_format(words, sizeof(words), "Could not join %s: %s%s", room->name,
		text, text_stop(text));
	message_notice(room->account->user, room->account, words);
}

void room_fail(struct room *room, enum gw_reason reason, const char *text)
{
	if (list_is_empty(&room->seats))
		tell_failure(room, text);
	list_for_each(it, &room->seats)
		room_put_join_error(room, CONTAINER(it, struct seat, link),
			reason_error(reason), text);
	room_end(room);
}

void room_enter_network(struct room *room)
{
	room->known = true;
	room->room.impl = NULL;
	const char *nick = account_renames(room->account) ? NULL : room->nick;
	wait_start(room, JOIN_MS);
	room_ops(room)->join(&room->room, nick, room->password);
}

/* --- Wishes -------------------------------------------------------------- */

/* NULL: there are too many. */
static struct room *find_or_make(
	struct account *a, const char *name, const char *jid, bool is_limited)
{
	struct room *room = room_find(a, name);
	int max = account_gateway(a)->options->max_rooms;
	if (room == NULL && is_limited && a->rooms.count >= (size_t)max) {
		log_info("host", "too many rooms wanted user=%s account=%s",
			a->user->jid, a->key);
		return NULL;
	}
	return room != NULL ? room : room_new(a, name, jid);
}

static void want(struct account *a, const char *name, const char *jid)
{
	struct room *room = find_or_make(a, name, jid, true);
	if (room != NULL)
		room->listed = true;
}

/* What a person wrote has to lead to the same room as its JID does, which the
 * user's server prepares (lower case, for one). */
static struct room *find_or_make_named(
	struct account *a, const char *name, bool is_limited)
{
	struct room *room = NULL;
	const struct gateway *g = account_gateway(a);
	char text[GATEWAY_JID_SIZE];
	struct arena arena;
	struct jid jid;
	struct target t;
	const char *reason;
	arena_init(&arena, 8 * KIB);
	target_remember(a, GW_ROOM, name);
	if (!gateway_jid(g, GW_ROOM, a->key, name, text) ||
		jid_parse(&jid, slice_of(text), &arena) != 0 ||
		target_of(a->user, &jid, &t, &reason) != 0 ||
		t.kind != TARGET_ROOM || strcmp(t.address.account, a->key) != 0)
		log_info("host", "no room name: %s user=%s account=%s", name,
			a->user->jid, a->key);
	else
		room = find_or_make(a, t.address.name, jid.bare, is_limited);
	arena_finish(&arena);
	return room;
}

void room_want(struct account *a, const char *name)
{
	struct room *room = find_or_make_named(a, name, true);
	if (room != NULL)
		room->listed = true;
}

struct room *room_keep(struct account *a, const char *name)
{
	return find_or_make_named(a, name, false);
}

void room_need(struct account *a, const char *name)
{
	struct room *room = find_or_make_named(a, name, true);
	if (room == NULL)
		return;
	room->listed = true;
	if (!room->known && account_is_online(a) && !a->fresh)
		room_enter_network(room);
}

static bool is_autojoin(const struct room_choice *c)
{
	return strcmp(c->name, CHOICE_AUTOJOIN) == 0 &&
	       strcmp(c->value, "1") == 0;
}

/* Rooms that the user chose to stay in, as far as they are of this account. */
static void want_chosen(struct account *a)
{
	const struct gateway *g = account_gateway(a);
	size_t pos = 0;
	const struct room_choice *c;
	while ((c = map_next(&a->user->choices, &pos)) != NULL) {
		if (!is_autojoin(c))
			continue;
		char bare[GATEWAY_JID_SIZE];
		struct target t;
		text_format(
			bare, sizeof(bare), "%s@%s", c->local, g->options->jid);
		if (target_of_local(a->user, c->local, &t) &&
			t.kind == TARGET_ROOM &&
			strcmp(t.address.account, a->key) == 0)
			want(a, t.address.name, bare);
	}
}

/* --- The session --------------------------------------------------------- */

/* The rooms as they are now: what is done to one may free it. */
static struct room **all_rooms(const struct account *a, size_t *count_r)
{
	struct room **all = xcalloc(a->rooms.count + 1, sizeof(void *));
	size_t pos = 0, count = 0;
	while ((all[count] = map_next(&a->rooms, &pos)) != NULL)
		count++;
	*count_r = count;
	return all;
}

static bool is_live(const struct account *a, const struct room *room)
{
	size_t pos = 0;
	const struct room *it;
	while ((it = map_next(&a->rooms, &pos)) != NULL)
		if (it == room)
			return true;
	return false;
}

void room_all_online(struct account *a)
{
	size_t count;
	want_chosen(a);
	struct room **rooms = all_rooms(a, &count);
	for (size_t i = 0; i < count && account_is_online(a); i++)
		/* Only the join of an earlier one can have freed it. */
		if (is_live(a, rooms[i]) && !rooms[i]->known)
			room_enter_network(rooms[i]);
	xfree(rooms);
}

void room_all_delayed(struct account *a)
{
	size_t pos = 0;
	struct room *room;
	while ((room = map_next(&a->rooms, &pos)) != NULL)
		if (room->wait != NULL)
			wait_for_link(room);
}

void room_all_unlist(struct account *a)
{
	size_t pos = 0;
	struct room *room;
	while ((room = map_next(&a->rooms, &pos)) != NULL)
		room->listed = false;
}

void room_all_release(struct account *a, const char *text)
{
	size_t count;
	struct room **rooms = all_rooms(a, &count);
	for (size_t i = 0; i < count; i++)
		if (is_live(a, rooms[i]))
			(void)room_release(rooms[i], text);
	xfree(rooms);
}

static void lose(
	struct room *room, bool final, enum gw_reason reason, const char *text)
{
	room->known = false;
	room->room.impl = NULL;
	room->listed = room->stays = false;
	if (room->channel != NULL)
		channel_close(room);
	if (list_is_empty(&room->seats)) {
		room_end(room);
		return;
	}
	if (room->state == ROOM_JOINING) {
		room_fail(room, reason, text);
		return;
	}
	if (final) {
		list_for_each(it, &room->seats)
			room_dismiss(room, CONTAINER(it, struct seat, link),
				333, text);
		room_end(room);
		return;
	}
	if (room->state == ROOM_JOINED) {
		size_t pos = 0;
		struct occupant *o;
		while ((o = map_next(&room->occupants, &pos)) != NULL)
			o->seen = o->changed = false;
		room_set_state(room, ROOM_REJOINING);
		char words[1024];
		text_format(words, sizeof(words), "%s%s Reconnecting.", text,
			text_stop(text));
		room_notice(room, NULL, words);
	}
}

void room_all_lost(
	struct account *a, bool final, enum gw_reason reason, const char *text)
{
	size_t count;
	struct room **rooms = all_rooms(a, &count);
	for (size_t i = 0; i < count; i++)
		lose(rooms[i], final, reason,
			text != NULL ? text
				     : "The connection to the network was "
				       "closed.");
	xfree(rooms);
}

void room_all_close(struct account *a, int code, const char *text)
{
	size_t count;
	struct room **rooms = all_rooms(a, &count);
	for (size_t i = 0; i < count; i++) {
		struct room *room = rooms[i];
		while (!list_is_empty(&room->seats)) {
			struct seat *seat =
				CONTAINER(room->seats.next, struct seat, link);
			room_dismiss(room, seat, code, text);
			seat_free(room, seat);
		}
		room->listed = false;
		if (!room->known)
			room_free(&room);
	}
	xfree(rooms);
}

bool room_any_occupied(const struct account *a)
{
	size_t pos = 0;
	const struct room *room;
	while ((room = map_next(&a->rooms, &pos)) != NULL)
		if (!list_is_empty(&room->seats))
			return true;
	return false;
}

void room_resource_gone(struct user *u, const char *full_jid, const char *text)
{
	list_for_each(it, &u->accounts) {
		size_t count;
		struct room **rooms =
			all_rooms(CONTAINER(it, struct account, link), &count);
		for (size_t i = 0; i < count; i++) {
			struct seat *seat = seat_find(rooms[i], full_jid);
			if (seat == NULL)
				continue;
			seat_free(rooms[i], seat);
			room_release(rooms[i], text);
		}
		xfree(rooms);
	}
}

/* --- The stream ---------------------------------------------------------- */

static void resync(struct user *u, const char *full_jid)
{
	list_for_each(it, &u->accounts) {
		size_t pos = 0;
		struct room *room;
		const struct account *a = CONTAINER(it, struct account, link);
		while ((room = map_next(&a->rooms, &pos)) != NULL) {
			struct seat *seat = seat_find(room, full_jid);
			if (seat != NULL &&
				(seat->state == SEAT_LIVE ||
					seat->state == SEAT_ENTERING))
				roster_start(room, seat);
		}
	}
}

/* A server answers for a client that is not there with service-unavailable, and
 * so does a client that knows no ping (RFC 6120 section 8.4). But to a message
 * of a room only the server answers, and it did so before (room_bounced): who
 * still has a seat now is there, unless the error leaves no doubt. */
static void seat_answered(const struct stanza *answer, void *arg)
{
	struct gateway *g = arg;
	if (answer == NULL)
		return;
	struct user *u = user_find(g, answer->from.bare);
	if (u == NULL)
		return;
	if (answer->type == TYPE_ERROR)
		room_bounced(u, answer);
	resync(u, answer->from.full);
}

/* A message of the room that says nothing, and a ping behind it. */
static void check_seat(struct gateway *g, const struct seat *seat)
{
	char id[CRYPTO_ID_SIZE];
	crypto_random_id(id);
	struct stanza_head head = { .from = seat->room->jid,
		.to = seat->jid,
		.type = "groupchat",
		.id = id };
	struct xml_writer *w =
		stanza_begin(g->component, STANZA_MESSAGE, &head);
	xml_put(w, "no-store", NS_HINTS, NULL);
	(void)stanza_end(g->component);
	head.from = g->options->jid;
	head.type = "get";
	head.id = iq_track(g->component, seat->jid, CHECK_MS, seat_answered, g);
	w = stanza_begin(g->component, STANZA_IQ, &head);
	xml_put(w, "ping", NS_PING, NULL);
	(void)stanza_end(g->component);
}

/* Once for each client, however many rooms it sits in. */
static void check_room(
	struct gateway *g, struct room *const *rooms, size_t index)
{
	list_for_each(it, &rooms[index]->seats) {
		const struct seat *seat = CONTAINER(it, struct seat, link);
		bool checked = false;
		for (size_t i = 0; i < index && !checked; i++)
			checked = seat_find(rooms[i], seat->jid) != NULL;
		if (!checked && seat->state != SEAT_WAITING)
			check_seat(g, seat);
	}
}

void room_stream_ready(struct gateway *g)
{
	size_t pos = 0;
	struct user *u;
	while ((u = map_next(&g->users, &pos)) != NULL)
		list_for_each(it, &u->accounts) {
			size_t count;
			struct room **rooms = all_rooms(
				CONTAINER(it, struct account, link), &count);
			for (size_t i = 0; i < count; i++)
				check_room(g, rooms, i);
			xfree(rooms);
		}
}

/* --- Services ------------------------------------------------------------ */

struct gw_room *gw_room_find(struct gw_session *s, const char *name)
{
	struct room *room = room_find(account_of(s), name);
	return room != NULL && room->known ? &room->room : NULL;
}
