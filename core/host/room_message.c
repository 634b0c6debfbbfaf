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

static void refuse(struct user *u, const struct stanza *s,
	enum stanza_error error, const char *text)
{
	stanza_reply_error(u->gateway->component, s, error, text);
}

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

uint64_t room_deliver(
	struct room *room, const struct gw_message *m, uint64_t about)
{
	char resource[OCCUPANT_RESOURCE_SIZE], id[OCCUPANT_ID_SIZE];
	char about_id[ARCHIVE_ID_SIZE];
	bool late = m->wall_ms > 0 && clock_wall_ms() - m->wall_ms > DELAY_MS;
	const char *ref = room_archive_id(room, about, about_id);
	bool corrects = m->replaces != NULL, withdraws = m->retracts != NULL;
	bool reacts = m->kind == GW_REACTION;
	const struct extras extras = {
		.reply = corrects || withdraws ? NULL : ref,
		.replace = corrects ? ref : NULL,
		.retract = withdraws ? ref : NULL,
		.reactions = reacts ? m->text : NULL,
		.file = m->file,
		.description = m->text,
	};
	struct str space = { .max = 2 * LIMIT_STANZA_OUT };
	struct room_text text = { .body = m->file != NULL ? m->file->url
							  : rich_body(m),
		.subject = m->subject,
		.thread = m->thread,
		.delay_ms = late ? m->wall_ms : 0,
		.extras = &extras };
	if ((reacts || withdraws) && ref == NULL)
		return 0;
	text.record = message_as_record(m, text.body, &space);
	/* Of what nobody can find any more. */
	if (corrects && ref == NULL)
		text.body = text.record;
	if (room->channel == NULL)
		channel_open(room);
	sender_of(room, m, &text, resource, id);
	if (reacts || withdraws)
		text.body = NULL;
	if (!reacts)
		text.number = record(room, m, &text, withdraws ? about : 0);
	if (m->file == NULL && rich_has_xhtml(m))
		text.rich = m;
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
		refuse(u, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
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
		refuse(u, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
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
		refuse(u, s, ERR_NOT_ALLOWED,
			"The subject of this room cannot be changed.");
		return;
	}
	struct request *r = sent_new(room, s, subject_answered, "", subject);
	if (r == NULL) {
		refuse(u, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
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
		refuse(u, s, ERR_NOT_ACCEPTABLE, TEXT_NOT_HERE);
		return NULL;
	}
	if (room->state != ROOM_JOINED) {
		refuse(u, s, ERR_REMOTE_SERVER_TIMEOUT, TEXT_AWAY);
		return NULL;
	}
	return seat;
}

static bool may_send(struct user *u, const struct stanza *s)
{
	if (message_is_encrypted(s)) {
		refuse(u, s, ERR_NOT_ACCEPTABLE,
			"End-to-end encryption cannot cross this gateway. "
			"Turn encryption off for this room.");
		return false;
	}
	/* XEP-0308: a message cannot correct itself. */
	if (message_corrects_itself(s)) {
		refuse(u, s, ERR_BAD_REQUEST,
			"This message says that it corrects itself.");
		return false;
	}
	if (component_is_congested(u->gateway->component) ||
		!bucket_take(&u->sends, 1)) {
		refuse(u, s, ERR_RESOURCE_CONSTRAINT,
			"You are sending too much at once. Try again in a "
			"minute.");
		return false;
	}
	return true;
}

static void pass_typing(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const struct xml *state = xml_child(s->xml, NULL, NS_CHAT_STATES);
	struct room *room = room_of_target(u, t);
	if (state == NULL || room == NULL || room->state != ROOM_JOINED ||
		room_ops(room)->typing == NULL ||
		seat_find(room, s->from.full) == NULL)
		return;
	room_ops(room)->typing(&room->account->session, &room->room, NULL,
		strcmp(state->name, "composing") == 0);
}

static void groupchat(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const struct gateway_ops *ops = u->gateway->api.ops;
	const char *body = message_body(s);
	bool extras = extras_are_enough(ops, s);
	/* XEP-0045 section 8.1: only without a body it is a new subject. */
	const char *subject =
		body == NULL && !extras &&
				xml_child(s->xml, "thread", NULL) == NULL
			? xml_child_text(s->xml, "subject", NULL, s->arena)
			: NULL;
	if (body == NULL && subject == NULL && !extras &&
		!message_is_encrypted(s)) {
		pass_typing(u, t, s);
		return;
	}
	struct seat *seat = room_need_seat(u, t, s);
	if (seat == NULL || !may_send(u, s))
		return;
	const char *refusal = extras_refusal(ops, s);
	if (refusal != NULL) {
		refuse(u, s, ERR_FEATURE_NOT_IMPLEMENTED, refusal);
		return;
	}
	struct room *room = seat->room;
	if (room->state != ROOM_JOINED) {
		refuse(u, s, ERR_REMOTE_SERVER_TIMEOUT, TEXT_AWAY);
		return;
	}
	const char *text = subject != NULL ? subject : body;
	if (text != NULL && text[rich_fitting(text, RICH_BODY_MAX)] != '\0')
		refuse(u, s, ERR_NOT_ACCEPTABLE, "This text is too long.");
	else if (subject != NULL)
		change_subject(u, room, s, subject);
	else if (body != NULL &&
		 message_slash_line(room_ops(room), body) != NULL)
		run_slash(u, room, s, body);
	else if (extras)
		send_stored(room, s, body);
	else if (body != NULL)
		send_body(u, room, s, body);
}

/* To an occupant: a message to the person he is (section 7.5); answers come
 * from the person's own JID, the one that every room shares. */
static void private_message(
	struct user *u, const struct target *t, const struct stanza *s)
{
	bool empty = message_body(s) == NULL;
	if (s->type == TYPE_GROUPCHAT) {
		refuse(u, s, ERR_BAD_REQUEST,
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
			refuse(u, s, ERR_ITEM_NOT_FOUND,
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
		refuse(u, s, ERR_FEATURE_NOT_IMPLEMENTED,
			"Ask the people in the room for what you need.");
	else if (message_body(s) != NULL)
		refuse(u, s, ERR_BAD_REQUEST,
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
