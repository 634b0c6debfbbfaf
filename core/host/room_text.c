/*
 * Messages of a room towards the seats: written once per live seat, kept for
 * those that still wait for their history.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "host/extras.h"
#include "host/message.h"
#include "host/rich.h"
#include "host/room_private.h"
#include "xmpp/ns.h"

/* Texts held for one room: reading history takes a moment, not minutes. */
#define HELD_BYTES (1 * MIB)

/* One message that happened before some seat was live. */
struct held {
	struct list link;
	unsigned index;
	struct room_text text;
	char space[];
};

/* --- Writing ------------------------------------------------------------- */

/* Ids of messages that have none from anywhere: unique, cheap. */
static const char *new_id(char out[CRYPTO_ID_SIZE + 20])
{
	static char start[CRYPTO_ID_SIZE];
	static unsigned long long counter;
	if (start[0] == '\0')
		crypto_random_id(start);
	text_format(out, CRYPTO_ID_SIZE + 20, "%s%llu", start, ++counter);
	return out;
}

static void put_id_element(
	struct xml_writer *w, const char *name, const char *ns, const char *id)
{
	xml_open(w, name, ns);
	xml_put_attr(w, "id", id);
	xml_close(w);
}

void room_put_text(struct xml_writer *w, const char *room_jid,
	const struct room_text *text, const char *archive_id)
{
	if (text->subject != NULL)
		xml_put(w, "subject", NULL, text->subject);
	if (text->body != NULL)
		xml_put(w, "body", NULL, text->body);
	if (text->thread != NULL)
		xml_put(w, "thread", NULL, text->thread);
	if (text->delay_ms != 0)
		message_put_delay(w, room_jid, text->delay_ms);
	if (text->origin_id != NULL)
		put_id_element(w, "origin-id", NS_SID, text->origin_id);
	if (archive_id != NULL) {
		xml_open(w, "stanza-id", NS_SID);
		xml_put_attr(w, "by", room_jid);
		xml_put_attr(w, "id", archive_id);
		xml_close(w);
	}
	if (text->occupant != NULL)
		put_id_element(
			w, "occupant-id", NS_OCCUPANT_ID, text->occupant);
	if (text->markable && archive_id != NULL)
		xml_put(w, "markable", NS_MARKERS, NULL);
}

const char *room_archive_id(
	const struct room *room, uint64_t number, char out[ARCHIVE_ID_SIZE])
{
	if (number == 0)
		return NULL;
	struct archive_channel_id channel;
	const struct gateway *g = account_gateway(room->account);
	channel_of_room(room, &channel);
	archive_id_format(g->host->archive, &channel, number, out);
	return out;
}

static bool shows_xhtml(const struct room *room, const struct seat *seat)
{
	const struct resource *r =
		resource_find(room->account->user, seat->jid);
	return r != NULL && r->has_xhtml_im;
}

/* What is the same for all seats. */
struct envelope {
	char from[GATEWAY_JID_SIZE];
	char archive_id_space[ARCHIVE_ID_SIZE];
	char id_space[CRYPTO_ID_SIZE + 20];
	const char *archive_id, *id;
};

static bool address(struct envelope *e, const struct room *room,
	const struct room_text *text)
{
	if (!room_occupant_jid(room, text->from, e->from))
		return false;
	e->archive_id =
		room_archive_id(room, text->number, e->archive_id_space);
	e->id = text->id;
	if (e->id == NULL)
		e->id = e->archive_id;
	if (e->id == NULL)
		e->id = new_id(e->id_space);
	return true;
}

static void put_message(const struct room *room, const struct seat *seat,
	const struct room_text *text, const struct envelope *e)
{
	struct component *c = room_stream(room);
	const struct stanza_head head = { .from = e->from,
		.to = seat->jid,
		.type = "groupchat",
		.id = e->id };
	struct xml_writer *w = stanza_begin(c, STANZA_MESSAGE, &head);
	room_put_text(w, room->jid, text, e->archive_id);
	if (text->rich != NULL && shows_xhtml(room, seat))
		rich_put_xhtml(w, text->rich);
	if (text->extras != NULL)
		extras_put(w, text->extras);
	(void)stanza_end(c);
}

size_t room_text_size(const struct room *room, const struct seat *seat,
	const struct room_text *text)
{
	/* The parts that do not depend on the text, as put_message() and the
	 * gate write them. */
	static const char frame[] = "<message from='/' to='' "
				    "type='groupchat' id=''></message>";
	struct envelope e;
	if (!address(&e, room, text))
		return 0;
	struct str out = { .max = LIMIT_STANZA_OUT };
	struct xml_writer w;
	xml_writer_init(&w, &out, NS_COMPONENT);
	room_put_text(&w, room->jid, text, e.archive_id);
	size_t size = out.len + sizeof(frame) + strlen(e.from) +
		      strlen(seat->jid) + strlen(e.id);
	str_finish(&out);
	return size;
}

/* --- Holding ------------------------------------------------------------- */

/* Copy `text` to `*space` when there is one, or count it. */
static const char *keep(char **space, size_t *size, const char *text)
{
	if (text == NULL)
		return NULL;
	size_t len = strlen(text) + 1;
	*size += len;
	if (*space == NULL)
		return NULL;
	char *copy = memcpy(*space, text, len);
	*space += len;
	return copy;
}

static size_t keep_all(
	struct room_text *to, const struct room_text *from, char *space)
{
	size_t size = 0;
	*to = *from;
	to->rich = NULL;
	to->extras = NULL;
	to->from = keep(&space, &size, from->from);
	to->body = keep(&space, &size,
		from->record != NULL ? from->record : from->body);
	to->record = NULL;
	to->subject = keep(&space, &size, from->subject);
	to->thread = keep(&space, &size, from->thread);
	to->id = keep(&space, &size, from->id);
	to->origin_id = keep(&space, &size, from->origin_id);
	to->occupant = keep(&space, &size, from->occupant);
	return size;
}

static void hold(struct room *room, const struct room_text *text)
{
	struct room_text scratch;
	size_t size = keep_all(&scratch, text, NULL);
	/* What was archived can still be read there. */
	if (room->held_count >= LIMIT_EARLY_EVENTS ||
		room->held_bytes + size > HELD_BYTES)
		return;
	struct held *h = xalloc(sizeof(*h) + size);
	keep_all(&h->text, text, h->space);
	h->index = room->held_next++;
	room->held_count++;
	room->held_bytes += size;
	list_append(&room->held, &h->link);
}

void room_drop_held(struct room *room)
{
	while (!list_is_empty(&room->held)) {
		struct held *h = CONTAINER(room->held.next, struct held, link);
		list_remove(&h->link);
		xfree(h);
	}
	room->held_count = 0;
	room->held_bytes = 0;
}

static bool someone_waits(const struct room *room)
{
	list_for_each(it, &room->seats)
		if (CONTAINER(it, struct seat, link)->state != SEAT_LIVE)
			return true;
	return false;
}

void room_release_held(struct room *room, const struct seat *seat)
{
	list_for_each(it, &room->held) {
		const struct held *h = CONTAINER(it, struct held, link);
		/* Indexes may wrap around; their distance is small. */
		if (h->index - seat->join->held_from < LIMIT_EARLY_EVENTS)
			room_send_to(room, seat, &h->text);
	}
	if (!someone_waits(room))
		room_drop_held(room);
}

uint64_t room_first_held(const struct room *room, const struct seat *seat)
{
	list_for_each(it, &room->held) {
		const struct held *h = CONTAINER(it, struct held, link);
		if (h->index - seat->join->held_from < LIMIT_EARLY_EVENTS)
			return h->text.number;
	}
	return 0;
}

/* --- Sending ------------------------------------------------------------- */

void room_send_to(struct room *room, const struct seat *seat,
	const struct room_text *text)
{
	struct envelope e;
	if (address(&e, room, text))
		put_message(room, seat, text, &e);
}

void room_send(struct room *room, const struct room_text *text)
{
	struct envelope e;
	if (!address(&e, room, text))
		return;
	bool waiting = false;
	list_for_each(it, &room->seats) {
		const struct seat *seat = CONTAINER(it, struct seat, link);
		if (seat->state == SEAT_LIVE)
			put_message(room, seat, text, &e);
		else
			waiting = true;
	}
	/* What has no text is about one that these seats do not have yet. */
	if (!waiting || (text->body == NULL && text->subject == NULL))
		return;
	struct room_text copy = *text;
	copy.id = e.id;
	hold(room, &copy);
}

void room_notice(struct room *room, const struct seat *seat, const char *words)
{
	const struct room_text text = { .body = words,
		.from = room->account->key };
	if (seat != NULL) {
		room_send_to(room, seat, &text);
		return;
	}
	list_for_each(it, &room->seats) {
		const struct seat *each = CONTAINER(it, struct seat, link);
		if (seat_has_entered(each))
			room_send_to(room, each, &text);
	}
}

void room_send_subject(
	struct room *room, const struct seat *seat, const char *id)
{
	char space[OCCUPANT_RESOURCE_SIZE], occupant[OCCUPANT_ID_SIZE];
	struct room_text text = {
		.subject = room->subject != NULL ? room->subject : "",
		.id = id,
	};
	if (room->setter != NULL) {
		struct occupant *o = occupant_find(room, room->setter);
		text.from = o != NULL ? occupant_resource(o)
				      : nick_resource(room->setter, space);
		if (o == NULL)
			room_stranger_id(room, room->setter, occupant);
		text.occupant = o != NULL ? occupant_id(room, o) : occupant;
	}
	text.delay_ms = room->subject_ms;
	if (seat != NULL) {
		room_send_to(room, seat, &text);
		return;
	}
	text.delay_ms = 0; /* it happens now */
	list_for_each(it, &room->seats) {
		const struct seat *each = CONTAINER(it, struct seat, link);
		if (each->state == SEAT_LIVE)
			room_send_to(room, each, &text);
	}
}

void room_typing(struct room *room, const char *nick, bool on)
{
	char from[GATEWAY_JID_SIZE];
	struct occupant *o = occupant_find(room, nick);
	if (o == NULL || o == room_self(room) ||
		!room_occupant_jid(room, occupant_resource(o), from))
		return;
	struct component *c = room_stream(room);
	list_for_each(it, &room->seats) {
		const struct seat *seat = CONTAINER(it, struct seat, link);
		if (seat->state != SEAT_LIVE)
			continue;
		const struct stanza_head head = {
			.from = from, .to = seat->jid, .type = "groupchat"
		};
		struct xml_writer *w = stanza_begin(c, STANZA_MESSAGE, &head);
		xml_put(w, on ? "composing" : "active", NS_CHAT_STATES, NULL);
		xml_put(w, "no-store", NS_HINTS, NULL);
		put_id_element(
			w, "occupant-id", NS_OCCUPANT_ID, occupant_id(room, o));
		(void)stanza_end(c);
	}
}
