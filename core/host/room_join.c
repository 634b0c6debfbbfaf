/*
 * Presence of the user to a room (XEP-0045 sections 7.2, 7.6, 7.7, 7.14):
 * joining, changing nick, changing availability, leaving.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "base/limits.h"
#include "host/room_private.h"
#include "host/settings.h"
#include "xmpp/ns.h"

/* --- Joining ------------------------------------------------------------- */

/* A guest's first room names him on the whole network: the gateway asks for
 * it by gw_setting() when it connects. */
static void suggest_nick(struct account *a, const char *nick)
{
	const struct gw_setting *rows = account_ops(a)->settings;
	int row = settings_by_use(rows, GW_USE_NICK);
	if (a->registered || row < 0 ||
		(a->values != NULL && a->values[row] != NULL))
		return;
	struct str scratch = { .max = 1 * KIB };
	if (settings_check(&rows[row], nick, &scratch) == NULL)
		account_set_value(a, (size_t)row, nick);
	str_finish(&scratch);
}

static void read_password(struct room *room, const struct stanza *s)
{
	const char *text = xml_child_text(
		xml_child(s->xml, "x", NS_MUC), "password", NULL, s->arena);
	if (text != NULL && text[0] != '\0')
		xstrset(&room->password, text);
}

/* The account and room of a join, made when they are not there yet; NULL when
 * the stanza was refused. */
static struct room *open_room(
	struct user *u, const struct target *t, const struct stanza *s)
{
	enum gw_reason reason = GW_OK;
	const char *text = NULL;
	struct account *a = account_get(u, t->address.account, &reason, &text);
	if (a == NULL) {
		user_refuse(u, s, reason_error(reason), text);
		return NULL;
	}
	struct room *room = room_find(a, t->address.name);
	if (room != NULL)
		return room;
	if (account_ops(a)->join == NULL) {
		user_refuse(u, s, ERR_SERVICE_UNAVAILABLE,
			"This network has no rooms.");
	} else if (a->rooms.count >= (size_t)u->gateway->options->max_rooms) {
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT,
			"You are in as many rooms as the operator permits. "
			"Leave one first.");
	} else {
		suggest_nick(a, t->nick);
		return room_new(a, t->address.name, s->to.bare);
	}
	account_check(a);
	return NULL;
}

/* Clients find a room under the JID they joined; two spellings of one room at
 * the same time cannot both be right. */
static bool is_same_jid(
	struct user *u, struct room *room, const struct stanza *s)
{
	if (strcmp(room->jid, s->to.bare) == 0)
		return true;
	if (list_is_empty(&room->seats)) {
		intern_set(&room->jid, s->to.bare);
		return true;
	}
	char text[GATEWAY_JID_SIZE + 64];
	text_format(text, sizeof(text),
		"You are in this room already, under the address %s.",
		room->jid);
	user_refuse(u, s, ERR_NOT_ACCEPTABLE, text);
	return false;
}

static void start(struct room *room)
{
	struct account *a = room->account;
	/* Opening may fail at once and free the room. */
	char *name = xstrdup(room->name);
	account_open(a);
	room = room_find(a, name);
	xfree(name);
	if (room == NULL || room->known)
		return;
	if (account_is_online(a) && !a->fresh)
		room_enter_network(room);
	else if (a->state == ACCOUNT_WAITING || a->state == ACCOUNT_BLOCKED)
		room_fail(room, a->last_reason, a->last_error);
}

/* XEP-0045 section 7.2: he is called what his client asks for, where that
 * matters to nobody else; if that cannot be, the client learns by status
 * 210. */
static void take_nick(struct room *room, const char *nick)
{
	const struct gateway_ops *ops = room_ops(room);
	const struct occupant *self = room_self(room);
	if (room->state == ROOM_JOINED && list_is_empty(&room->seats) &&
		(ops->caps & GW_CAP_OWN_NICKS) != 0 && self != NULL &&
		strcmp(self->nick, nick) != 0)
		ops->set_nick(&room->room, 0, nick);
}

static void join(struct user *u, const struct target *t, const struct stanza *s)
{
	if (t->kind != TARGET_OCCUPANT) {
		user_refuse(u, s, ERR_JID_MALFORMED,
			"A nickname is missing: join ROOM/NICKNAME.");
		return;
	}
	if (component_is_congested(u->gateway->component)) {
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
		return;
	}
	struct room *room = open_room(u, t, s);
	if (room == NULL || !is_same_jid(u, room, s))
		return;
	struct seat *seat = seat_find(room, s->from.full);
	if (seat == NULL && seat_count(room) >= LIMIT_RESOURCES) {
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT,
			"Too many of your clients are in this room.");
		return;
	}
	if (seat == NULL) {
		take_nick(room, t->nick);
		seat = seat_add(room, s->from.full);
	}
	if (seat->state == SEAT_HISTORY)
		history_forget(room, seat);
	seat_read_join(seat, s);
	if (room->state == ROOM_JOINED) {
		seat_enter(room, seat);
		return;
	}
	/* Entered once, it is told all again when the link is back. */
	if (seat_has_entered(seat))
		seat_announced(room, seat, false);
	roster_stop(seat);
	seat->state = SEAT_WAITING;
	if (room->nick == NULL)
		room->nick = intern(t->nick);
	if (room->state == ROOM_JOINING && !room->known) {
		read_password(room, s);
		start(room);
	}
}

/* --- While in the room --------------------------------------------------- */

static void nick_answered(struct request *r, const struct gw_result *result)
{
	if (result->stage == GW_FAILED)
		request_reply_error(r, result->reason, result->text);
}

/* XEP-0045 section 7.6: the answer is gw_room_renamed(), or an error from the
 * occupant JID that was asked for. */
static void change_nick(struct user *u, struct room *room,
	const struct target *t, const struct stanza *s)
{
	if (room->state != ROOM_JOINED) {
		user_refuse(u, s, ERR_REMOTE_SERVER_TIMEOUT, TEXT_AWAY);
		return;
	}
	if (room_ops(room)->set_nick == NULL) {
		user_refuse(u, s, ERR_NOT_ACCEPTABLE,
			"Your name in this room cannot be changed.");
		return;
	}
	struct request *r = request_new(room->account, s, nick_answered);
	if (r == NULL)
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
	else
		room_ops(room)->set_nick(&room->room, r->id, t->nick);
}

static enum gw_show read_show(const struct stanza *s)
{
	static const struct {
		const char *name;
		enum gw_show show;
	} shows[] = { { "chat", GW_CHAT }, { "away", GW_AWAY }, { "xa", GW_XA },
		{ "dnd", GW_DND } };
	const char *text = xml_child_text(s->xml, "show", NULL, s->arena);
	for (size_t i = 0; text != NULL && i < COUNT(shows); i++)
		if (strcmp(text, shows[i].name) == 0)
			return shows[i].show;
	return GW_AVAILABLE;
}

/* What the network gets is summed over all clients (presence.c); here the
 * user's own clients see what this one said. */
static void change_status(struct room *room, const struct stanza *s)
{
	static const struct presence_note plain;
	struct occupant *self = room_self(room);
	if (self == NULL)
		return;
	const char *status = xml_child_text(s->xml, "status", NULL, s->arena);
	if (status != NULL && status[0] == '\0')
		status = NULL;
	enum gw_show show = read_show(s);
	bool is_new = self->show != show;
	self->show = (unsigned char)show;
	is_new |= occupant_set_text(self, OCCUPANT_STATUS, status);
	if (is_new)
		room_broadcast_presence(room, self, &plain);
}

/* A client that believes to be in a room it is not in has to know that, or it
 * will never hear anything (XEP-0045 section 7.2.18). */
static void tell_outside(struct user *u, const struct stanza *s)
{
	struct component *c = u->gateway->component;
	const struct stanza_head head = {
		.from = s->to.full, .to = s->from.full, .type = "unavailable"
	};
	static const char *const codes[] = { "110", "307", "333" };
	struct xml_writer *w = stanza_begin(c, STANZA_PRESENCE, &head);
	xml_put(w, "status", NULL, TEXT_NOT_HERE);
	xml_open(w, "x", NS_MUC_USER);
	xml_open(w, "item", NULL);
	xml_put_attr(w, "affiliation", "none");
	xml_put_attr(w, "role", "none");
	xml_put(w, "reason", NULL, TEXT_NOT_HERE);
	xml_close(w);
	for (size_t i = 0; i < COUNT(codes); i++) {
		xml_open(w, "status", NULL);
		xml_put_attr(w, "code", codes[i]);
		xml_close(w);
	}
	xml_close(w);
	(void)stanza_end(c);
}

static void update(
	struct user *u, const struct target *t, const struct stanza *s)
{
	struct seat *seat = seat_of_target(u, t, s);
	if (seat == NULL) {
		tell_outside(u, s);
		return;
	}
	if (!seat_has_entered(seat))
		return;
	struct room *room = seat->room;
	const struct occupant *self = room_self(room);
	if (t->kind == TARGET_OCCUPANT && self != NULL &&
		strcmp(self->nick, t->nick) != 0)
		change_nick(u, room, t, s);
	else
		change_status(room, s);
}

/* --- Leaving ------------------------------------------------------------- */

static void leave(
	struct user *u, const struct target *t, const struct stanza *s)
{
	struct seat *seat = seat_of_target(u, t, s);
	if (seat == NULL)
		return; /* silently: XEP-0045 section 17.3 */
	struct room *room = seat->room;
	const char *text = xml_child_text(s->xml, "status", NULL, s->arena);
	struct occupant *self = room_self(room);
	if (seat->state != SEAT_WAITING && self != NULL) {
		const struct presence_note note = {
			.gone = true, .id = s->id, .status = text
		};
		room_put_presence(room, seat, self, &note);
	}
	seat_free(room, seat);
	room_seat_left(room);
	room_release(room, text);
}

/* --- Entry --------------------------------------------------------------- */

/* Errors that mean that a client is gone (XEP-0045 section 18.1.3); servers
 * answer for a resource that is not there with service-unavailable, which no
 * client says to a groupchat message. */
static bool is_delivery_error(const struct stanza *s)
{
	const char *text;
	switch ((int)stanza_error_of(s, &text)) {
	case ERR_GONE:
	case ERR_ITEM_NOT_FOUND:
	case ERR_RECIPIENT_UNAVAILABLE:
	case ERR_REDIRECT:
	case ERR_REMOTE_SERVER_NOT_FOUND:
	case ERR_REMOTE_SERVER_TIMEOUT:
		return true;
	case ERR_SERVICE_UNAVAILABLE:
		return s->kind == STANZA_MESSAGE;
	default:
		return false;
	}
}

void room_bounced(struct user *u, const struct stanza *s)
{
	if (is_delivery_error(s))
		room_resource_gone(u, s->from.full, NULL);
}

void room_presence(
	struct user *u, const struct target *t, const struct stanza *s)
{
	if (s->type == TYPE_ERROR)
		room_bounced(u, s);
	if (s->from.resource[0] == '\0')
		return; /* occupants are clients, never accounts */
	if (s->type == TYPE_UNAVAILABLE)
		leave(u, t, s);
	if (s->type != TYPE_AVAILABLE)
		return;
	if (xml_child(s->xml, "x", NS_MUC) != NULL)
		join(u, t, s);
	else
		update(u, t, s);
}
