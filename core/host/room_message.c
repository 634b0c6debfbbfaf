/*
 * Messages: of the network to the seats, and of the user to the room
 * (XEP-0045 sections 7.4, 7.5, 8.1). What the user says is shown to all his
 * seats once the network took it, under the id it came with.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/extras.h"
#include "host/handlers.h"
#include "host/message.h"
#include "host/outbox.h"
#include "host/rich.h"
#include "host/room_private.h"
#include "host/withdrawal.h"
#include "xmpp/ns.h"

/* A message this much older than now is shown with its time (XEP-0203). */
#define DELAY_MS 60000

/* --- Of the network ------------------------------------------------------ */

static void sender_of(const struct room *room, const struct gw_message *m,
	struct room_text *text, char space[OCCUPANT_RESOURCE_SIZE],
	char id[OCCUPANT_ID_SIZE])
{
	const char *nick = m->own && room->nick != NULL ? room->nick : m->from;
	if (nick == NULL || nick[0] == '\0')
		return;
	struct occupant *o = occupant_find(room, nick);
	if (o != NULL) {
		text->from = occupant_resource(o);
		text->occupant = occupant_id(room, o);
		return;
	}
	text->from = nick_resource(nick, space);
	room_stranger_id(room, nick, id);
	text->occupant = id;
}

/* `withdraws`: the number of what it is about, or 0. */
static uint64_t record(struct room *room, const struct gw_message *m,
	const struct room_text *text, uint64_t withdraws)
{
	const struct archive_message row = {
		.wall_ms =
			text->delay_ms != 0 ? text->delay_ms : clock_wall_ms(),
		.kind = m->kind == GW_NOTICE ? ARCHIVE_NOTICE : ARCHIVE_MESSAGE,
		.from = text->from != NULL ? text->from : "",
		.text = text->record,
		.network_id = m->network_id,
		.occupant = text->occupant,
	};
	return withdraws != 0 ? withdrawal_record(room, withdraws, &row)
			      : channel_record(room, &row);
}

/* `about`: the id of the message that it is about, or NULL. */
static struct extras extras_of(const struct gw_message *m, const char *about)
{
	bool corrects = m->replaces != NULL, withdraws = m->retracts != NULL;
	return (struct extras){
		.reply = corrects || withdraws ? NULL : about,
		.replace = corrects ? about : NULL,
		.retract = withdraws ? about : NULL,
		.reactions = m->kind == GW_REACTION ? m->text : NULL,
		.file = m->file,
		.description = m->text,
	};
}

/* `is_known`: clients can find what it is about. `space` is made, and may hold
 * texts. */
static void put_body(struct room_text *text, const struct gateway_ops *ops,
	const struct gw_message *m, bool is_known, struct str *space)
{
	const char *body = m->file != NULL ? m->file->url : rich_body(m);
	text->record = message_as_record(m, body, space);
	if (message_has_text(m))
		text->body =
			m->replaces != NULL && !is_known ? text->record : body;
	text->markable = text->body != NULL && !m->own &&
			 room_is_markable(ops, m->network_id, NULL);
	if (m->file == NULL && rich_has_xhtml(m))
		text->rich = m;
}

uint64_t room_deliver(
	struct room *room, const struct gw_message *m, uint64_t about)
{
	char resource[OCCUPANT_RESOURCE_SIZE], id[OCCUPANT_ID_SIZE];
	char about_id[ARCHIVE_ID_SIZE];
	bool late = m->wall_ms > 0 && clock_wall_ms() - m->wall_ms > DELAY_MS;
	const char *ref = room_archive_id(room, about, about_id);
	const struct extras extras = extras_of(m, ref);
	struct str space = { .max = 2 * LIMIT_STANZA_OUT };
	struct room_text text = {
		.subject = m->subject,
		.thread = m->thread,
		.delay_ms = late ? m->wall_ms : 0,
		.extras = &extras,
	};
	if (!message_has_text(m) && ref == NULL)
		return 0;
	put_body(&text, room_ops(room), m, ref != NULL, &space);
	if (room->channel == NULL)
		channel_open(room);
	sender_of(room, m, &text, resource, id);
	if (text.body != NULL || m->retracts != NULL)
		text.number =
			record(room, m, &text, m->retracts != NULL ? about : 0);
	room_send(room, &text);
	str_finish(&space);
	if (!m->quiet && !m->own)
		room_has_news(room);
	return text.number;
}

/* --- To the room --------------------------------------------------------- */

/* What the reflection needs besides the request: three texts in a row. */
struct sent {
	bool slash;
	const char *room, *text, *origin_id;
	char space[];
};

static struct request *sent_new(struct room *room, const struct stanza *s,
	request_fn done, const char *prefix, const char *body)
{
	const char *origin =
		xml_attr(xml_child(s->xml, "origin-id", NS_SID), "id");
	struct request *r = request_new(room->account, s, done);
	if (r == NULL)
		return NULL;
	size_t name = strlen(room->name) + 1, text = strlen(body) + 1,
	       first = strlen(prefix),
	       id = origin != NULL ? strlen(origin) + 1 : 0;
	struct sent *sent = xalloc(sizeof(*sent) + name + first + text + id);
	char *at = sent->space;
	sent->room = memcpy(at, room->name, name);
	at += name;
	sent->text = at;
	memcpy(at, prefix, first + 1);
	memcpy(at + first, body, text);
	at += first + text;
	if (origin != NULL)
		sent->origin_id = memcpy(at, origin, id);
	r->arg = sent;
	r->owns_arg = true;
	return r;
}

/* The number of what his message withdraws; 0: it does not. */
static uint64_t withdrawn(const struct room *room, const struct room_said *said)
{
	const char *id = said->extras != NULL ? said->extras->retract : NULL;
	struct archive *archive =
		history_archive(account_gateway(room->account));
	uint64_t number = 0;
	if (id == NULL || archive == NULL || room->channel == NULL ||
		archive_id_parse(
			archive, channel_id(room->channel), id, &number) != 0)
		return 0;
	return number;
}

uint64_t room_reflect(struct room *room, const struct room_said *said)
{
	struct occupant *self = room_self(room);
	if (self == NULL || room->state == ROOM_JOINING)
		return 0;
	struct room_text text = {
		.from = occupant_resource(self),
		.body = said->text,
		.id = said->id,
		.origin_id = said->origin_id,
		.occupant = occupant_id(room, self),
		.extras = said->extras,
	};
	const struct archive_message row = {
		.wall_ms = clock_wall_ms(),
		.kind = ARCHIVE_MESSAGE,
		.from = text.from,
		.text = text.body,
		.network_id = said->network_id,
		.stanza_id = said->id,
		.occupant = text.occupant,
	};
	uint64_t about = withdrawn(room, said);
	if (about != 0)
		text.number = withdrawal_record(room, about, &row);
	else if (room->channel != NULL && text.body != NULL)
		text.number = channel_record_sent(room, &row);
	room_send(room, &text);
	return text.number;
}

static void reflect(struct room *room, const struct request *r,
	const struct gw_result *result)
{
	const struct sent *sent = r->arg;
	const struct room_said said = {
		.text = result->text != NULL ? result->text : sent->text,
		.id = r->stanza_id,
		.origin_id = sent->origin_id,
		.network_id = result->network_id,
	};
	(void)room_reflect(room, &said);
}

static void message_answered(struct request *r, const struct gw_result *result)
{
	const struct sent *sent = r->arg;
	struct room *room = room_find(r->account, sent->room);
	if (result->stage == GW_FAILED)
		request_reply_error(r, result->reason, result->text);
	else if (result->stage == GW_ACCEPTED && !r->accepted && room != NULL)
		reflect(room, r, result);
}

/* The answer to a typed command is for the one who typed it. An explanation is
 * an answer too; what the network refused is an error on the message. */
static void slash_answered(struct request *r, const struct gw_result *result)
{
	const struct sent *sent = r->arg;
	struct room *room = room_find(r->account, sent->room);
	const struct seat *seat =
		room != NULL ? seat_find(room, r->from) : NULL;
	bool explained = result->reason == GW_UNSUPPORTED ||
			 result->reason == GW_NOT_ACCEPTABLE;
	bool is_known = r->accepted && result->stage != GW_FAILED;
	if (result->stage == GW_FAILED &&
		(!explained || seat == NULL || result->text == NULL))
		request_reply_error(r, result->reason, result->text);
	else if (!is_known && seat != NULL && result->text != NULL &&
		 result->text[0] != '\0')
		room_notice(room, seat, result->text);
}

static void run_slash(struct user *u, struct room *room, const struct stanza *s,
	const char *body)
{
	struct request *r = sent_new(room, s, slash_answered, "", body);
	if (r == NULL) {
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
		return;
	}
	/* What it said to others may still fail. */
	r->lasting = true;
	struct account *a = room->account;
	gw_request id = r->id;
	struct sent *sent = request_hold(r);
	room_ops(room)->slash(
		&a->session, id, &room->room, NULL, sent->text + 1);
	request_release(a, id, sent);
}

/* To a network that takes long: stored first. `body` NULL: there is none. */
static void send_stored(
	struct room *room, const struct stanza *s, const char *body)
{
	const struct gateway_ops *ops = room_ops(room);
	struct str text = { .max = 2 * LIMIT_STANZA_IN };
	struct parcel p = {
		.kind = GW_ROOM,
		.type = s->type,
		.wall_ms = clock_wall_ms(),
		.from = s->from.full,
		.to = s->to.full,
		.id = s->id,
		.origin =
			xml_attr(xml_child(s->xml, "origin-id", NS_SID), "id"),
		.name = room->name,
		.subject = message_subject(ops, s),
		.thread = (ops->caps & GW_CAP_THREAD) != 0 ? message_thread(s)
							   : NULL,
	};
	extras_read(ops, s, body, &p, &text);
	outbox_send(room->account, &p);
	str_finish(&text);
}

static void send_body(struct user *u, struct room *room, const struct stanza *s,
	const char *body)
{
	const struct gateway_ops *ops = room_ops(room);
	if (outbox_is_used(room->account)) {
		send_stored(room, s, body);
		return;
	}
	if (body[0] == '/' && body[1] == '/' && ops->slash != NULL)
		body++;
	const char *prefix = message_correction_prefix(s, &body);
	struct request *r = sent_new(room, s, message_answered, prefix, body);
	if (r == NULL) {
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
		return;
	}
	r->lasting = true;
	struct account *a = room->account;
	struct sent *sent = request_hold(r);
	const struct gw_outgoing m = {
		.request = r->id,
		.kind = GW_ROOM,
		.room = &room->room,
		.text = sent->text,
		.subject = message_subject(ops, s),
		.thread = (ops->caps & GW_CAP_THREAD) != 0 ? message_thread(s)
							   : NULL,
	};
	ops->send(&a->session, &m);
	request_release(a, m.request, sent);
}

/* --- Subject ------------------------------------------------------------- */

static void subject_answered(struct request *r, const struct gw_result *result)
{
	const struct sent *sent = r->arg;
	struct room *room = room_find(r->account, sent->room);
	if (result->stage != GW_FAILED)
		return; /* it is seen by gw_room_subject() */
	request_reply_error(r, result->reason, result->text);
	if (room != NULL)
		xstrset(&room->subject_id, NULL);
}

static void change_subject(struct user *u, struct room *room,
	const struct stanza *s, const char *subject)
{
	if (room_ops(room)->set_subject == NULL) {
		user_refuse(u, s, ERR_NOT_ALLOWED,
			"The subject of this room cannot be changed.");
		return;
	}
	struct request *r = sent_new(room, s, subject_answered, "", subject);
	if (r == NULL) {
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
		return;
	}
	xstrset(&room->subject_id, s->id);
	struct account *a = room->account;
	gw_request id = r->id;
	struct sent *sent = request_hold(r);
	room_ops(room)->set_subject(&room->room, id, sent->text);
	request_release(a, id, sent);
}

/* --- Entry ---------------------------------------------------------------- */

struct seat *seat_of_target(
	const struct user *u, const struct target *t, const struct stanza *s)
{
	const struct room *room = room_of_target(u, t);
	return room != NULL ? seat_find(room, s->from.full) : NULL;
}

struct seat *room_need_seat(
	struct user *u, const struct target *t, const struct stanza *s)
{
	struct seat *seat = seat_of_target(u, t, s);
	const struct room *room = seat != NULL ? seat->room : NULL;
	if (seat == NULL || room->state == ROOM_JOINING) {
		user_refuse(u, s, ERR_NOT_ACCEPTABLE, TEXT_NOT_HERE);
		return NULL;
	}
	if (room->state != ROOM_JOINED) {
		user_refuse(u, s, ERR_REMOTE_SERVER_TIMEOUT, TEXT_AWAY);
		return NULL;
	}
	return seat;
}

struct seat *room_need_member(
	struct user *u, const struct target *t, const struct stanza *s)
{
	if (seat_of_target(u, t, s) != NULL)
		return room_need_seat(u, t, s);
	user_refuse(u, s, ERR_FORBIDDEN, TEXT_NOT_HERE);
	return NULL;
}

static void pass_typing(struct room *room, const struct stanza *s)
{
	const struct xml *state = xml_child(s->xml, NULL, NS_CHAT_STATES);
	if (state == NULL || room->state != ROOM_JOINED ||
		room_ops(room)->typing == NULL ||
		seat_find(room, s->from.full) == NULL)
		return;
	room_ops(room)->typing(&room->account->session, &room->room, NULL,
		strcmp(state->name, "composing") == 0);
}

/* What a message to all says. */
struct speech {
	const char *body, *subject; /* or NULL */
	bool has_extras;
};

static void read_speech(struct speech *what, const struct gateway_ops *ops,
	const struct stanza *s)
{
	what->body = message_body(s);
	what->has_extras = extras_are_enough(ops, s);
	what->subject = NULL;
	/* XEP-0045 section 8.1: only without a body it is a new subject. */
	if (what->body == NULL && !what->has_extras &&
		xml_child(s->xml, "thread", NULL) == NULL)
		what->subject =
			xml_child_text(s->xml, "subject", NULL, s->arena);
}

static bool says_something(const struct speech *what, const struct stanza *s)
{
	return what->body != NULL || what->subject != NULL ||
	       what->has_extras || message_is_encrypted(s);
}

/* False: the user was told why not. */
static bool may_say(
	struct user *u, const struct stanza *s, const struct speech *what)
{
	const char *text = what->subject != NULL ? what->subject : what->body;
	if (!message_is_readable(u, s, "room") || !message_may_leave(u, s))
		return false;
	const char *refusal = extras_refusal(u->gateway->api.ops, s);
	if (refusal != NULL) {
		user_refuse(u, s, ERR_FEATURE_NOT_IMPLEMENTED, refusal);
		return false;
	}
	if (text != NULL && text[rich_fitting(text, RICH_BODY_MAX)] != '\0') {
		user_refuse(u, s, ERR_NOT_ACCEPTABLE, "This text is too long.");
		return false;
	}
	return true;
}

static void say(struct user *u, struct room *room, const struct stanza *s,
	const struct speech *what)
{
	const char *body = what->body;
	if (what->subject != NULL)
		change_subject(u, room, s, what->subject);
	else if (body != NULL &&
		 message_slash_line(room_ops(room), body) != NULL)
		run_slash(u, room, s, body);
	else if (what->has_extras)
		send_stored(room, s, body);
	else if (body != NULL)
		send_body(u, room, s, body);
}

static void groupchat(
	struct user *u, const struct target *t, const struct stanza *s)
{
	struct speech what;
	read_speech(&what, u->gateway->api.ops, s);
	struct room *room = room_of_target(u, t);
	if (!says_something(&what, s)) {
		if (room != NULL) {
			room_displayed(room, s);
			pass_typing(room, s);
		}
		return;
	}
	const struct seat *seat = room_need_seat(u, t, s);
	if (seat != NULL && may_say(u, s, &what))
		say(u, seat->room, s, &what);
}

/* To an occupant: a message to the person he is (section 7.5); answers come
 * from the person's own JID, the one that every room shares. */
static void private_message(
	struct user *u, const struct target *t, const struct stanza *s)
{
	bool empty = message_body(s) == NULL;
	if (s->type == TYPE_GROUPCHAT) {
		user_refuse(u, s, ERR_BAD_REQUEST,
			"Send messages for all to the room itself.");
		return;
	}
	struct seat *seat =
		empty ? seat_of_target(u, t, s) : room_need_seat(u, t, s);
	if (seat == NULL)
		return;
	struct target person;
	if (!occupant_target(seat->room, t, &person)) {
		if (!empty)
			user_refuse(u, s, ERR_ITEM_NOT_FOUND,
				"Nobody in this room has that name.");
		return;
	}
	message_stanza(u, &person, s);
}

/* Not for all: invitations, and requests that networks know nothing of. */
static void to_the_room(
	struct user *u, const struct target *t, const struct stanza *s)
{
	if (room_invitation(u, t, s))
		return;
	if (xml_child(s->xml, "x", NS_DATA_FORM) != NULL)
		user_refuse(u, s, ERR_FEATURE_NOT_IMPLEMENTED,
			"Ask the people in the room for what you need.");
	else if (message_body(s) != NULL)
		user_refuse(u, s, ERR_BAD_REQUEST,
			"This is a room. Join it with your client as a room; "
			"what you say there is heard by all.");
}

void room_message(
	struct user *u, const struct target *t, const struct stanza *s)
{
	if (s->type == TYPE_ERROR) {
		room_bounced(u, s);
		return;
	}
	if (s->type == TYPE_HEADLINE)
		return;
	if (t->kind == TARGET_OCCUPANT)
		private_message(u, t, s);
	else if (s->type == TYPE_GROUPCHAT)
		groupchat(u, t, s);
	else
		to_the_room(u, t, s);
}
