/*
 * What the network tells about a room: the gw_room_* services. None of them
 * calls the gateway back.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/intern.h"
#include "base/limits.h"
#include "host/outbox.h"
#include "host/room_private.h"
#include "xmpp/ns.h"

static const struct presence_note plain;

/* The first that is heard of a room shows that the network lets us in. */
static void see(struct room *room)
{
	if (room->channel == NULL)
		channel_open(room);
}

/* --- Occupants ----------------------------------------------------------- */

void gw_room_occupant(struct gw_room *r, const struct gw_occupant *o)
{
	struct room *room = room_of(r);
	if (o->nick[0] == '\0')
		return;
	see(room);
	struct occupant *known = occupant_find(room, o->nick);
	bool fresh = known == NULL;
	if (fresh) {
		if (room->occupants.count >= LIMIT_OCCUPANTS)
			return;
		known = occupant_add(room, o);
	}
	bool changed = occupant_update(room, known, o) || fresh;
	known->seen = true;
	known->changed |= changed;
	if (changed && room->state == ROOM_JOINED)
		room_broadcast_presence(room, known, &plain);
}

/* The last code of a departure, and 0. */
static int leaving_code(const struct room *room, enum gw_leaving how)
{
	switch (how) {
	case GW_KICKED:
		return 307;
	case GW_WAS_BANNED:
		return 301;
	case GW_SPLIT:
		return 333;
	case GW_REMOVED:
		return (room->info.flags & GW_ROOM_MEMBERS_ONLY) != 0 ? 322
								      : 321;
	case GW_LEFT:
	case GW_QUIT:
		break;
	}
	return 0;
}

/* While joining, the real nick is known only from the session. */
static bool is_own_nick(const struct room *room, const char *nick)
{
	const char *own = room->account->own_name;
	if (room->state != ROOM_JOINING)
		return strcmp(room->nick, nick) == 0;
	return (room->nick != NULL && strcmp(room->nick, nick) == 0) ||
	       (own != NULL && strcmp(own, nick) == 0);
}

/* The user himself is out. Seats that had not entered get an error. */
static void leave_self(struct room *room, const struct gw_gone *gone)
{
	const char *text =
		gone->text != NULL ? gone->text : "You were removed.";
	room->known = false;
	if (room->state == ROOM_JOINING) {
		room_fail(room,
			gone->how == GW_WAS_BANNED ? GW_BANNED : GW_FORBIDDEN,
			text);
		return;
	}
	list_for_each(it, &room->seats)
		room_put_join_error(room, CONTAINER(it, struct seat, link),
			ERR_FORBIDDEN, text);
	room_end(room);
}

void gw_room_gone(struct gw_room *r, const struct gw_gone *gone)
{
	struct room *room = room_of(r);
	struct occupant *o = occupant_find(room, gone->nick);
	bool is_self = is_own_nick(room, gone->nick);
	char space[OCCUPANT_RESOURCE_SIZE];
	bool thrown = gone->how == GW_KICKED || gone->how == GW_WAS_BANNED ||
		      gone->how == GW_REMOVED;
	const struct presence_note note = {
		.gone = true,
		.banned = gone->how == GW_WAS_BANNED,
		.codes = { leaving_code(room, gone->how) },
		.actor = gone->actor != NULL ? nick_resource(gone->actor, space)
					     : NULL,
		.reason = thrown ? gone->text : NULL,
		.status = thrown ? NULL : gone->text,
	};
	if (o != NULL && room->state != ROOM_JOINING)
		room_broadcast_presence(room, o, &note);
	if (is_self)
		leave_self(room, gone);
	else if (o != NULL)
		occupant_remove(room, o);
}

/* Somebody else had that nick as far as we knew: he cannot have it now. */
static void displace(struct room *room, const char *nick)
{
	static const struct presence_note note = { .gone = true };
	struct occupant *o = occupant_find(room, nick);
	if (o == NULL)
		return;
	if (room->state != ROOM_JOINING)
		room_broadcast_presence(room, o, &note);
	occupant_remove(room, o);
}

/* XEP-0045 section 7.6: the old nick goes with status 303, the new comes. */
static void rename_occupant(
	struct room *room, struct occupant *o, const char *nick, int code)
{
	bool is_self = o == room_self(room);
	bool told = room->state != ROOM_JOINING;
	char space[OCCUPANT_RESOURCE_SIZE];
	const struct presence_note note = { .gone = true,
		.moved = true,
		.codes = { 303 },
		.new_nick = nick_resource(nick, space) };
	const struct presence_note arrived = { .codes = { code } };
	if (told)
		room_broadcast_presence(room, o, &note);
	if (is_self)
		room_announce_seats(room, false);
	occupant_rename(room, o, nick);
	if (is_self) {
		intern_set(&room->nick, nick);
		room_announce_seats(room, true);
	}
	if (told)
		room_broadcast_presence(room, o, &arrived);
}

void gw_room_renamed(
	struct gw_room *r, const char *old_nick, const char *new_nick)
{
	struct room *room = room_of(r);
	struct occupant *o = occupant_find(room, old_nick);
	if (o == NULL || new_nick[0] == '\0' || strcmp(old_nick, new_nick) == 0)
		return;
	displace(room, new_nick);
	rename_occupant(room, o, new_nick, 0);
}

/* --- Joining ------------------------------------------------------------- */

/* Tell what became different while the link was down. */
static void catch_up(struct room *room)
{
	static const struct presence_note gone = { .gone = true };
	size_t count;
	struct occupant **all = occupant_sorted(room, &count);
	for (size_t i = 0; i < count; i++) {
		struct occupant *o = all[i];
		if (!o->seen) {
			room_broadcast_presence(room, o, &gone);
			occupant_remove(room, o);
		} else if (o->changed) {
			room_broadcast_presence(room, o, &plain);
		}
	}
	xfree(all);
}

/* The user himself under the name the network gave him. */
static void settle_self(struct room *room, const char *nick)
{
	struct occupant *self = occupant_find(room, nick);
	struct occupant *old =
		room->state == ROOM_REJOINING ? room_self(room) : NULL;
	if (old != NULL && old != self) {
		/* He came back with another nick: the seats know the old. */
		if (self != NULL)
			occupant_remove(room, self);
		rename_occupant(room, old, nick, 210);
		old->seen = true;
		return;
	}
	if (self == NULL)
		self = occupant_add(
			room, &(struct gw_occupant){ .nick = nick });
	self->seen = true;
	intern_set(&room->nick, nick);
}

void gw_room_joined(struct gw_room *r, const char *nick)
{
	struct room *room = room_of(r);
	if (room->state == ROOM_JOINED || nick[0] == '\0')
		return;
	see(room);
	settle_self(room, nick);
	if (room->state == ROOM_REJOINING)
		catch_up(room);
	room_set_state(room, ROOM_JOINED);
	outbox_room_ready(room);
	list_for_each(it, &room->seats) {
		struct seat *seat = CONTAINER(it, struct seat, link);
		if (seat->state != SEAT_WAITING)
			continue;
		seat->join->created = room->info.created;
		seat_enter(room, seat);
	}
}

void gw_room_failed(struct gw_room *r, enum gw_reason reason, const char *text)
{
	struct room *room = room_of(r);
	room->known = false;
	outbox_room_failed(room, reason, text);
	if (room->state == ROOM_JOINING) {
		room_fail(room, reason, text);
		return;
	}
	list_for_each(it, &room->seats)
		room_dismiss(room, CONTAINER(it, struct seat, link), 333,
			text != NULL ? text
				     : "The room could not be joined again.");
	room_end(room);
}

/* --- Subject and configuration ------------------------------------------- */

static void record_subject(struct room *room)
{
	char space[OCCUPANT_RESOURCE_SIZE];
	const struct archive_message m = {
		.wall_ms = clock_wall_ms(),
		.kind = ARCHIVE_SUBJECT,
		.from = room->setter != NULL
				? nick_resource(room->setter, space)
				: "",
		.text = room->subject != NULL ? room->subject : "",
		.stanza_id = room->subject_id,
	};
	(void)channel_record(room, &m);
}

void gw_room_subject(struct gw_room *r, const char *text, const char *setter,
	int64_t wall_ms)
{
	struct room *room = room_of(r);
	if (text != NULL && text[0] == '\0')
		text = NULL;
	see(room);
	bool same = !intern_set(&room->subject, text);
	intern_set(&room->setter, setter);
	bool live = room->state == ROOM_JOINED;
	room->subject_ms = wall_ms != 0 || !live ? wall_ms : clock_wall_ms();
	/* Who set it and when may follow the text: no news for the seats. */
	if (room->state == ROOM_JOINING || (same && room->subject_id == NULL))
		return;
	if (live)
		record_subject(room);
	bool own = text_equals(room->setter, room->nick);
	room_send_subject(room, NULL, own ? room->subject_id : NULL);
	if (own)
		xstrset(&room->subject_id, NULL);
}

/* XEP-0045 section 10.2.1: one message that holds nothing but the code. */
static void tell_configured(struct room *room, int code)
{
	struct component *c = room_stream(room);
	list_for_each(it, &room->seats) {
		const struct seat *seat = CONTAINER(it, struct seat, link);
		if (!seat_has_entered(seat))
			continue;
		const struct stanza_head head = {
			.from = room->jid, .to = seat->jid, .type = "groupchat"
		};
		struct xml_writer *w = stanza_begin(c, STANZA_MESSAGE, &head);
		xml_open(w, "x", NS_MUC_USER);
		xml_open(w, "status", NULL);
		xml_put_attr_int(w, "code", code);
		xml_close_to(w, 1);
		(void)stanza_end(c);
	}
}

static const char *keep(const char *text)
{
	return text != NULL ? intern(text) : NULL;
}

static bool is_configured_alike(
	const struct gw_room_info *a, const struct gw_room_info *b)
{
	return a->flags == b->flags && a->max_users == b->max_users &&
	       text_equals(a->password, b->password) &&
	       text_equals(a->detail, b->detail) &&
	       text_equals(a->logs, b->logs) && text_equals(a->title, b->title);
}

void gw_room_info(struct gw_room *r, const struct gw_room_info *info)
{
	struct room *room = room_of(r);
	struct gw_room_info old = room->info;
	/* The first is no change: nothing was known before. But who entered
	 * must hear that he is recorded, whenever it is known. */
	bool changed = room->configured && !is_configured_alike(&old, info);
	bool joining = room->state == ROOM_JOINING;
	room->configured = true;
	room->info = (struct gw_room_info){
		.flags = info->flags,
		.max_users = info->max_users,
		.password = keep(info->password),
		.detail = keep(info->detail),
		.created = joining && info->created,
		.logged = info->logged,
		.logs = keep(info->logs),
		.title = keep(info->title),
	};
	if (!joining && old.logged != info->logged)
		tell_configured(room, info->logged ? 170 : 171);
	if (!joining && changed)
		tell_configured(room, 104);
	room_info_drop(&old);
}
