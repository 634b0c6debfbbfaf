/*
 * What the rooms of one channel share, so that a message that several of our
 * users see is archived once and has one id.
 *
 * A channel remembers its last messages in a ring. Each room keeps a mask of
 * those it has seen itself; a message that comes in for it is the same as the
 * oldest equal one it has not seen, because all connections get a channel's
 * messages in one order. What is not there is new.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/secret.h"
#include "host/history.h"
#include "net/loop.h"

/* One bit of room->channel_seen each. */
#define RING_SIZE 64u

/* Copies of one message arrive within this time. */
#define COPY_MS 60000

struct ring_entry {
	uint64_t hash;       /* of sender, kind and text */
	uint64_t network_id; /* hash of it; 0: none */
	uint64_t number;     /* 0: a later piece of one that has a number */
	int64_t at_ms;       /* loop time */
};

struct channel {
	struct archive_channel_id id;
	unsigned rooms;
	uint64_t next; /* absolute index of the next message */
	struct ring_entry *ring;
};

/* All channels with a room in them, by id. For the loop's thread only. */
static struct map channels;

void channel_make_id(const struct gateway *g, const char *account,
	const char *room, struct archive_channel_id *out)
{
	struct str in = { .max = GW_ACCOUNT_SIZE + GW_NAME_SIZE + 4096 };
	unsigned char digest[SHA256_SIZE];
	str_add_bytes(&in, "room", sizeof("room"));
	str_add_bytes(&in, g->options->jid, strlen(g->options->jid) + 1);
	str_add_bytes(&in, account, strlen(account) + 1);
	str_add(&in, room);
	crypto_sha256(str_slice(&in), digest);
	memcpy(out->bytes, digest, sizeof(out->bytes));
	str_finish(&in);
}

const struct archive_channel_id *channel_id(const struct channel *c)
{
	return &c->id;
}

void channel_of_room(const struct room *room, struct archive_channel_id *out)
{
	if (room->channel != NULL)
		*out = room->channel->id;
	else
		channel_make_id(account_gateway(room->account),
			room->account->key, room->name, out);
}

void channel_seal(const struct gateway *g, const char *use,
	const struct archive_channel_id *channel, const char *text,
	size_t bytes, struct str *out)
{
	struct str in = { .max = strlen(text) + 256 };
	str_add_bytes(&in, use, strlen(use) + 1);
	str_add_bytes(&in, channel->bytes, sizeof(channel->bytes));
	str_add(&in, text);
	unsigned char digest[SHA256_SIZE];
	crypto_hmac_sha256(
		secret_reveal(g->options->secret), str_slice(&in), digest);
	str_finish(&in);
	base64_encode(out, slice_make((const char *)digest, bytes));
}

struct archive *history_archive(const struct gateway *g)
{
	return g->host->options->archive.enabled ? g->host->archive : NULL;
}

static struct gateway *gateway_of_room(const struct room *room)
{
	return account_gateway(room->account);
}

/* --- Life ---------------------------------------------------------------- */

static struct slice key_of(const struct archive_channel_id *id)
{
	return slice_make((const char *)id->bytes, sizeof(id->bytes));
}

static void enter(const struct room *room)
{
	const struct gateway *g = gateway_of_room(room);
	struct archive *archive = history_archive(g);
	const struct archive_source source = {
		.channel = room->channel->id,
		.gateway = g->options->jid,
		.reader = room->account->user->jid,
		.account = room->account->key,
		.name = room->name,
	};
	if (archive == NULL)
		return;
	archive_note(archive, &source);
	archive_enter(archive, &source.channel, source.reader);
}

void channel_open(struct room *room)
{
	struct gateway *g = gateway_of_room(room);
	struct archive_channel_id id;
	channel_make_id(g, room->account->key, room->name, &id);
	struct channel *c = map_get(&channels, key_of(&id));
	if (c == NULL) {
		c = xalloc(sizeof(*c));
		c->id = id;
		map_put(&channels, key_of(&c->id), c);
	}
	c->rooms++;
	room->channel = c;
	/* What others saw before was not for this room. */
	room->channel_base = c->next;
	room->channel_seen = 0;
	enter(room);
}

void history_enter_again(const struct account *a)
{
	size_t pos = 0;
	const struct room *room;
	while ((room = map_next(&a->rooms, &pos)) != NULL)
		if (room->channel != NULL)
			enter(room);
}

void channel_close(struct room *room)
{
	struct channel *c = room->channel;
	struct archive *archive = history_archive(gateway_of_room(room));
	if (archive != NULL)
		archive_leave(archive, &c->id, room->account->user->jid);
	room->channel = NULL;
	if (--c->rooms > 0)
		return;
	map_remove(&channels, key_of(&c->id));
	if (channels.count == 0)
		map_finish(&channels);
	xfree(c->ring);
	xfree(c);
}

/* --- One message --------------------------------------------------------- */

static uint64_t hash_text(const char *text)
{
	return map_hash(slice_of(text));
}

/* Subjects and texts never match each other; notices and messages do, since
 * it depends on the connection how a line is labelled. */
static uint64_t hash_message(const struct archive_message *m)
{
	uint64_t kind = m->kind == ARCHIVE_SUBJECT ? 1 : 0;
	return (hash_text(m->from) * 31 + hash_text(m->text)) * 2 + kind;
}

/* Move the room's mask so that it covers the ring as it is now. */
static void align(const struct channel *c, struct room *room)
{
	uint64_t first = c->next > RING_SIZE ? c->next - RING_SIZE : 0;
	if (room->channel_base >= first)
		return;
	uint64_t shift = first - room->channel_base;
	room->channel_seen = shift < 64 ? room->channel_seen >> shift : 0;
	room->channel_base = first;
}

static bool is_copy(const struct ring_entry *e, const struct ring_entry *m)
{
	if (e->network_id != 0 && m->network_id != 0)
		return e->network_id == m->network_id;
	return e->hash == m->hash && m->at_ms - e->at_ms <= COPY_MS;
}

/* The first equal message this room has not seen; NULL: it is new. */
static const struct ring_entry *find_copy(
	const struct channel *c, struct room *room, const struct ring_entry *m)
{
	for (uint64_t i = room->channel_base; i < c->next; i++) {
		uint64_t bit = UINT64_C(1) << (i - room->channel_base);
		const struct ring_entry *e = &c->ring[i % RING_SIZE];
		if ((room->channel_seen & bit) == 0 && is_copy(e, m)) {
			room->channel_seen |= bit;
			return e;
		}
	}
	return NULL;
}

/* Let other rooms find it; this one has seen it. */
static void remember(
	struct channel *c, struct room *room, const struct ring_entry *entry)
{
	if (c->rooms == 1) {
		/* Nobody else can have a copy. */
		room->channel_base = c->next;
		room->channel_seen = 0;
		return;
	}
	if (c->ring == NULL)
		c->ring = xcalloc(RING_SIZE, sizeof(*c->ring));
	c->ring[c->next++ % RING_SIZE] = *entry;
	align(c, room);
	room->channel_seen |= UINT64_C(1) << (c->next - 1 - room->channel_base);
}

static struct ring_entry entry_of(
	const struct gateway *g, const struct archive_message *m)
{
	return (struct ring_entry){
		.hash = hash_message(m),
		.network_id = m->network_id != NULL
				      ? hash_text(m->network_id) | 1
				      : 0,
		.at_ms = loop_now_ms(g->host->loop),
	};
}

static uint64_t append(struct archive *archive, struct room *room,
	struct ring_entry *entry, const struct archive_message *m)
{
	struct archive_message row = *m;
	row.number = entry->number = archive_next_number(archive);
	archive_append(archive, &room->channel->id, &row);
	remember(room->channel, room, entry);
	return entry->number;
}

uint64_t channel_record(struct room *room, const struct archive_message *m)
{
	struct channel *c = room->channel;
	const struct gateway *g = gateway_of_room(room);
	struct archive *archive = history_archive(g);
	if (archive == NULL || c == NULL)
		return 0;
	struct ring_entry entry = entry_of(g, m);
	align(c, room);
	const struct ring_entry *copy = find_copy(c, room, &entry);
	return copy != NULL ? copy->number : append(archive, room, &entry, m);
}

/* --- What the user sent -------------------------------------------------- */

/* A text of several lines may reach the others in pieces. */
struct pieces {
	struct slice rest;
	const char *prefix;
	struct str text;
};

static void pieces_begin(struct pieces *p, const char *text)
{
	bool action = strncmp(text, "/me ", 4) == 0;
	*p = (struct pieces){ .rest = slice_of(action ? text + 4 : text),
		.prefix = action ? "/me " : "",
		.text = { .max = LIMIT_STANZA_OUT } };
}

static const char *pieces_next(struct pieces *p)
{
	while (p->rest.data != NULL && p->rest.len > 0) {
		struct slice line = slice_cut(&p->rest, '\n');
		if (line.len == 0)
			continue;
		str_reset(&p->text);
		str_add(&p->text, p->prefix);
		str_add_slice(&p->text, line);
		return str_text(&p->text);
	}
	str_finish(&p->text);
	return NULL;
}

/* The others heard the first pieces already: then it is in the archive piece
 * by piece, and goes on so. */
static uint64_t record_pieces(struct archive *archive, struct room *room,
	const struct archive_message *m, bool *found_r)
{
	const struct gateway *g = gateway_of_room(room);
	struct archive_message row = *m;
	struct pieces p;
	uint64_t first = 0;
	*found_r = false;
	pieces_begin(&p, m->text);
	while ((row.text = pieces_next(&p)) != NULL) {
		struct ring_entry entry = entry_of(g, &row);
		const struct ring_entry *copy =
			find_copy(room->channel, room, &entry);
		*found_r |= copy != NULL;
		uint64_t number = 0;
		if (copy != NULL)
			number = copy->number;
		else if (*found_r)
			number = append(archive, room, &entry, &row);
		else
			break;
		if (first == 0)
			first = number;
		row.stanza_id = row.network_id = NULL;
	}
	str_finish(&p.text);
	return first;
}

/* What comes back in pieces through other rooms is this message: its first
 * piece has its number, the others none. */
static void expect_pieces(
	struct room *room, const struct archive_message *m, uint64_t number)
{
	const struct gateway *g = gateway_of_room(room);
	struct archive_message row = *m;
	struct pieces p;
	row.network_id = NULL;
	pieces_begin(&p, m->text);
	while ((row.text = pieces_next(&p)) != NULL) {
		struct ring_entry entry = entry_of(g, &row);
		entry.number = number;
		remember(room->channel, room, &entry);
		number = 0;
	}
}

uint64_t channel_record_sent(struct room *room, const struct archive_message *m)
{
	struct archive *archive = history_archive(gateway_of_room(room));
	if (archive == NULL || room->channel == NULL ||
		room->channel->rooms == 1 || strchr(m->text, '\n') == NULL)
		return channel_record(room, m);
	bool found;
	align(room->channel, room);
	uint64_t number = record_pieces(archive, room, m, &found);
	if (found)
		return number;
	number = channel_record(room, m);
	expect_pieces(room, m, number);
	return number;
}
