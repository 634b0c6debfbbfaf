/*
 * Presence of a room towards the seats (XEP-0045 sections 5, 7.2, 7.14).
 */
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "host/room_private.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"

static const char *const role_names[] = { [GW_ROLE_NONE] = "none",
	[GW_VISITOR] = "visitor",
	[GW_PARTICIPANT] = "participant",
	[GW_MODERATOR] = "moderator" };

static const char *const affiliation_names[] = { [GW_OUTCAST] = "outcast",
	[GW_NONE] = "none",
	[GW_MEMBER] = "member",
	[GW_ADMIN] = "admin",
	[GW_OWNER] = "owner" };

static const char *const show_names[] = { [GW_OFFLINE] = NULL,
	[GW_AVAILABLE] = NULL,
	[GW_CHAT] = "chat",
	[GW_AWAY] = "away",
	[GW_XA] = "xa",
	[GW_DND] = "dnd" };

static int by_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

const char *role_name(enum gw_role role)
{
	return role_names[role];
}

int role_by_name(const char *name)
{
	return by_name(role_names, COUNT(role_names), name);
}

const char *affiliation_name(enum gw_affiliation affiliation)
{
	return affiliation_names[affiliation];
}

int affiliation_by_name(const char *name)
{
	return by_name(affiliation_names, COUNT(affiliation_names), name);
}

/* --- Parts --------------------------------------------------------------- */

/* XEP-0045 section 17.3 wants a full JID: what the network calls the host of
 * a person is the resource, where it can be one. */
static void add_host(const char *host, char out[GATEWAY_JID_SIZE])
{
	struct str resource = { .max = LIMIT_JID_PART + 1 };
	size_t len = strlen(out);
	if (jid_prepare_resource(&resource, slice_of(host)) == 0 &&
		!text_format(out + len, GATEWAY_JID_SIZE - len, "/%s",
			str_text(&resource)))
		out[len] = '\0';
	str_finish(&resource);
}

bool occupant_real_jid(const struct room *room, const struct occupant *o,
	bool full, char out[GATEWAY_JID_SIZE])
{
	if (!gateway_jid(account_gateway(room->account), GW_PERSON,
		    room->account->key, occupant_person(o), out))
		return false;
	if (full && o->host != NULL)
		add_host(o->host, out);
	return true;
}

static void put_code(struct xml_writer *w, int code)
{
	xml_open(w, "status", NULL);
	xml_put_attr_int(w, "code", code);
	xml_close(w);
}

static void put_item(struct xml_writer *w, const struct room *room,
	const struct seat *seat, const struct occupant *o,
	const struct presence_note *note)
{
	char real[GATEWAY_JID_SIZE];
	const char *jid = NULL;
	if (o == room_self(room))
		jid = seat->jid;
	else if (occupant_real_jid(room, o, true, real))
		jid = real;
	bool out = note->gone && !note->moved;
	xml_open(w, "item", NULL);
	xml_put_attr(w, "affiliation",
		affiliation_names[note->banned ? GW_OUTCAST : o->affiliation]);
	xml_put_attr(w, "role", role_names[out ? GW_ROLE_NONE : o->role]);
	xml_put_attr(w, "jid", jid);
	xml_put_attr(w, "nick", note->new_nick);
	if (note->actor != NULL) {
		xml_open(w, "actor", NULL);
		xml_put_attr(w, "nick", note->actor);
		xml_close(w);
	}
	if (note->reason != NULL)
		xml_put(w, "reason", NULL, note->reason);
	xml_close(w);
}

static void put_user(struct xml_writer *w, const struct room *room,
	const struct seat *seat, const struct occupant *o,
	const struct presence_note *note)
{
	xml_open(w, "x", NS_MUC_USER);
	put_item(w, room, seat, o, note);
	if (o == room_self(room))
		put_code(w, 110);
	for (size_t i = 0; i < PRESENCE_CODES && note->codes[i] != 0; i++)
		put_code(w, note->codes[i]);
	xml_close(w);
}

static void put_hats(
	struct xml_writer *w, const struct room *room, unsigned hats)
{
	const struct gw_hat *all = room_ops(room)->hats;
	if (all == NULL || hats == 0)
		return;
	xml_open(w, "hats", NS_HATS);
	for (size_t i = 0; i < 32 && all[i].uri != NULL; i++) {
		if ((hats & (1u << i)) == 0)
			continue;
		xml_open(w, "hat", NULL);
		xml_put_attr(w, "uri", all[i].uri);
		xml_put_attr(w, "title", all[i].title);
		xml_close(w);
	}
	xml_close(w);
}

static void put_id(struct xml_writer *w, const char *id)
{
	xml_open(w, "occupant-id", NS_OCCUPANT_ID);
	xml_put_attr(w, "id", id);
	xml_close(w);
}

/* --- Stanzas ------------------------------------------------------------- */

void room_put_presence(struct room *room, const struct seat *seat,
	struct occupant *o, const struct presence_note *note)
{
	char from[GATEWAY_JID_SIZE], id[OCCUPANT_ID_SIZE];
	if (!room_occupant_jid(room, occupant_resource(o), from))
		return;
	const struct stanza_head head = { .from = from,
		.to = seat->jid,
		.type = note->gone ? "unavailable" : NULL,
		.id = note->id };
	struct component *c = room_stream(room);
	struct xml_writer *w = stanza_begin(c, STANZA_PRESENCE, &head);
	const char *status = note->status;
	if (!note->gone) {
		if (show_names[o->show] != NULL)
			xml_put(w, "show", NULL, show_names[o->show]);
		if (status == NULL)
			status = occupant_text(o, OCCUPANT_STATUS);
	}
	if (status != NULL)
		xml_put(w, "status", NULL, status);
	if (!note->gone && occupant_resource(o) != o->nick)
		xml_put(w, "nick", NS_NICK, o->nick);
	put_user(w, room, seat, o, note);
	if (!note->gone)
		put_hats(w, room, o->hats);
	put_id(w, occupant_make_id(room, o, id));
	(void)stanza_end(c);
}

/* Who is entering hears of himself at the end, and of others when it is
 * their turn. */
static bool is_told(const struct room *room, const struct seat *seat,
	const struct occupant *o)
{
	return seat_has_entered(seat) ||
	       (seat->state == SEAT_ENTERING && o != room_self(room) &&
		       !roster_is_pending(seat, o));
}

void room_broadcast_presence(
	struct room *room, struct occupant *o, const struct presence_note *note)
{
	list_for_each(it, &room->seats) {
		const struct seat *seat = CONTAINER(it, struct seat, link);
		if (is_told(room, seat, o))
			room_put_presence(room, seat, o, note);
	}
}

void room_put_join_error(struct room *room, const struct seat *seat,
	enum stanza_error error, const char *text)
{
	char from[GATEWAY_JID_SIZE];
	const struct seat_join *join = seat->join;
	if (seat_has_entered(seat) || join == NULL ||
		!room_occupant_jid(room, join->nick, from))
		return;
	const struct stanza_head head = {
		.from = from, .to = seat->jid, .type = "error", .id = join->id
	};
	const struct stanza_error_detail detail = { .error = error,
		.text = text };
	struct component *c = room_stream(room);
	struct xml_writer *w = stanza_begin(c, STANZA_PRESENCE, &head);
	xml_put(w, "x", NS_MUC, NULL);
	stanza_put_error(w, &detail);
	(void)stanza_end(c);
}

void room_dismiss(
	struct room *room, struct seat *seat, int code, const char *reason)
{
	struct occupant *self = room_self(room);
	if (!seat_has_entered(seat) || self == NULL) {
		room_put_join_error(
			room, seat, ERR_REMOTE_SERVER_TIMEOUT, reason);
		return;
	}
	const struct presence_note note = { .gone = true,
		.codes = { code },
		.reason = reason,
		.status = reason };
	room_put_presence(room, seat, self, &note);
}
