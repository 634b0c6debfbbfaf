/*
 * Encoding runs once for every message of a busy channel: a record is
 * written into reserved memory in one go. Decoding trusts nothing.
 */
#include "store/archive_block.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

#define VERSION       1
#define HEADER_SIZE   1
#define CHECKSUM_SIZE 4
#define VARINT_MAX    ((size_t)10)

/* What one record can take at most: five strings and the numbers. */
#define RECORD_MAX \
	(LIMIT_ARCHIVE_TEXT + (size_t)4 * LIMIT_ARCHIVE_ID + 8 * VARINT_MAX + 1)
/* Tombstones may be longer than what they stand for. */
#define BLOCK_MAX                          \
	(BLOCK_BYTES + RECORD_MAX + 1024 + \
		(size_t)BLOCK_MESSAGES * ARCHIVE_TOMBSTONE_MAX)

/* The third bit of the kind came later. */
enum flag {
	KIND_LOW = 3,
	HAS_NETWORK_ID = 4,
	HAS_STANZA_ID = 8,
	HAS_OCCUPANT = 16,
	KIND_HIGH = 32,
	ALL_FLAGS = 63
};

static unsigned kind_flags(enum archive_kind kind)
{
	return ((unsigned)kind & KIND_LOW) |
	       ((unsigned)kind > KIND_LOW ? KIND_HIGH : 0);
}

static unsigned flags_kind(unsigned flags)
{
	return (flags & KIND_LOW) |
	       ((flags & KIND_HIGH) != 0 ? KIND_LOW + 1 : 0);
}

/* --- Checksum ------------------------------------------------------------ */

static uint64_t load_word(const char *at, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, at, len);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* Against damage, not against malice: one multiplication for eight bytes. */
static uint32_t checksum(const char *data, size_t len)
{
	uint64_t hash = len ^ UINT64_C(0x9e3779b97f4a7c15);

	for (; len > 0;) {
		size_t part = len < 8 ? len : 8;

		hash ^= load_word(data, part);
		hash *= UINT64_C(0xff51afd7ed558ccd);
		hash ^= hash >> 32;
		data += part;
		len -= part;
	}
	return (uint32_t)(hash ^ hash >> 29);
}

static void add_checksum(struct str *data)
{
	uint32_t sum = checksum(data->data, data->len);
	unsigned char bytes[CHECKSUM_SIZE];

	for (int i = 0; i < CHECKSUM_SIZE; i++)
		bytes[i] = (unsigned char)(sum >> 8 * i);
	str_add_bytes(data, bytes, sizeof(bytes));
	assert(!data->overflow);
}

/* What stands between version and checksum. */
static int open_frame(struct slice data, const unsigned char **at_r,
	const unsigned char **end_r)
{
	const unsigned char *bytes = (const unsigned char *)data.data;
	size_t len;
	uint32_t sum = 0;

	if (data.len < HEADER_SIZE + CHECKSUM_SIZE || bytes[0] != VERSION)
		return -1;
	len = data.len - CHECKSUM_SIZE;
	for (int i = 0; i < CHECKSUM_SIZE; i++)
		sum |= (uint32_t)bytes[len + (size_t)i] << 8 * i;
	if (checksum(data.data, len) != sum)
		return -1;
	*at_r = bytes + HEADER_SIZE;
	*end_r = bytes + len;
	return 0;
}

/* --- Writing ------------------------------------------------------------- */

static char *put_varint(char *at, uint64_t number)
{
	while (number >= 0x80) {
		*at++ = (char)(number | 0x80);
		number >>= 7;
	}
	*at++ = (char)number;
	return at;
}

static char *put_string(char *at, struct slice text)
{
	at = put_varint(at, text.len);
	if (text.data != NULL)
		memcpy(at, text.data, text.len);
	return at + text.len;
}

static uint64_t fold(int64_t number)
{
	return (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
}

static int64_t unfold(uint64_t number)
{
	return (int64_t)(number >> 1 ^ -(number & 1));
}

void archive_block_init(struct archive_block *b)
{
	*b = (struct archive_block){ .low_ms = INT64_MAX };
	str_init(&b->data, BLOCK_MAX);
}

void archive_block_finish(struct archive_block *b)
{
	str_finish(&b->data);
}

static struct slice cut(struct slice text, size_t max)
{
	if (text.len > max)
		text.len = utf8_prefix(text, max);
	return text;
}

/* An id that was cut would be another one. */
static struct slice id_or_none(struct slice id)
{
	return id.len > LIMIT_ARCHIVE_ID ? slice_make(NULL, 0) : id;
}

/* A time that is believable: times not far ahead of their numbers let a
 * search begin at the right block. */
static int64_t sane_time(int64_t wall_ms, int64_t number_ms)
{
	if (wall_ms > number_ms + ARCHIVE_AHEAD_MS)
		return number_ms + ARCHIVE_AHEAD_MS;
	return wall_ms < 0 ? 0 : wall_ms;
}

/* The record within the limits. */
static void limit_record(
	struct archive_record *out, const struct archive_record *r)
{
	*out = *r;
	out->wall_ms = sane_time(r->wall_ms, archive_number_ms(r->number));
	out->from = cut(r->from, LIMIT_ARCHIVE_ID);
	out->text = cut(r->text, LIMIT_ARCHIVE_TEXT);
	out->network_id = id_or_none(r->network_id);
	out->stanza_id = id_or_none(r->stanza_id);
	out->occupant = id_or_none(r->occupant);
}

static char *put_record(char *at, const struct archive_record *r, uint64_t base)
{
	unsigned flags = kind_flags(r->kind);
	int64_t late_ms = r->wall_ms - archive_number_ms(r->number);

	if (r->network_id.data != NULL)
		flags |= HAS_NETWORK_ID;
	if (r->stanza_id.data != NULL)
		flags |= HAS_STANZA_ID;
	if (r->occupant.data != NULL)
		flags |= HAS_OCCUPANT;
	at = put_varint(at, r->number - base);
	at = put_varint(at, fold(late_ms));
	*at++ = (char)flags;
	at = put_string(at, r->from);
	at = put_string(at, r->text);
	if (flags & HAS_NETWORK_ID)
		at = put_string(at, r->network_id);
	if (flags & HAS_STANZA_ID)
		at = put_string(at, r->stanza_id);
	if (flags & HAS_OCCUPANT)
		at = put_string(at, r->occupant);
	return at;
}

static void note_limits(struct archive_block *b, const struct archive_record *r)
{
	if (b->count == 0)
		b->first = r->number;
	b->last = r->number;
	if (r->wall_ms < b->low_ms)
		b->low_ms = r->wall_ms;
	if (r->wall_ms > b->high_ms)
		b->high_ms = r->wall_ms;
	b->count++;
}

void archive_block_add(struct archive_block *b, const struct archive_record *r)
{
	struct archive_record limited;
	uint64_t base = b->count > 0 ? b->last : r->number;

	assert(!b->is_sealed && r->number > b->last);
	if (b->count == 0)
		str_add_char(&b->data, VERSION);
	limit_record(&limited, r);
	size_t need = 8 * VARINT_MAX + 1 + limited.from.len + limited.text.len +
		      limited.network_id.len + limited.stanza_id.len +
		      limited.occupant.len;
	char *start = str_reserve(&b->data, need);
	assert(start != NULL);
	char *end = put_record(start, &limited, base);
	str_commit(&b->data, (size_t)(end - start));
	note_limits(b, &limited);
}

bool archive_block_is_full(const struct archive_block *b)
{
	return b->count >= BLOCK_MESSAGES || b->data.len >= BLOCK_BYTES;
}

void archive_record_of(
	struct archive_record *r, const struct archive_message *m)
{
	r->number = m->number;
	r->wall_ms = m->wall_ms;
	r->kind = m->kind;
	r->from = slice_of(m->from);
	r->text = slice_of(m->text);
	r->network_id = slice_of(m->network_id);
	r->stanza_id = slice_of(m->stanza_id);
	r->occupant = slice_of(m->occupant);
}

struct slice archive_block_bytes(struct archive_block *b)
{
	assert(b->count > 0);
	if (!b->is_sealed)
		add_checksum(&b->data);
	b->is_sealed = true;
	return str_slice(&b->data);
}

/* --- Reading ------------------------------------------------------------- */

static int take_varint(
	const unsigned char **at, const unsigned char *end, uint64_t *number_r)
{
	uint64_t number = 0;

	for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
		unsigned char byte = *(*at)++;

		/* The tenth byte has one bit left. */
		if (shift == 63 && byte > 1)
			return -1;
		number |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*number_r = number;
			return 0;
		}
	}
	return -1;
}

/* Callers hand strings on as C strings: a NUL inside is damage too. */
static int take_string(const unsigned char **at, const unsigned char *end,
	size_t max, struct slice *text_r)
{
	uint64_t len;

	if (take_varint(at, end, &len) != 0 || len > max ||
		len > (uint64_t)(end - *at))
		return -1;
	*text_r = slice_make((const char *)*at, (size_t)len);
	*at += len;
	return memchr(text_r->data, '\0', text_r->len) == NULL ? 0 : -1;
}

static int take_id(
	struct archive_cursor *c, unsigned is_there, struct slice *id_r)
{
	*id_r = slice_make(NULL, 0);
	if (!is_there)
		return 0;
	return take_string(&c->at, c->end, LIMIT_ARCHIVE_ID, id_r);
}

static int take_numbers(
	struct archive_cursor *c, struct archive_record *r, unsigned *flags_r)
{
	uint64_t step, late;
	int64_t number_ms, late_ms;

	if (take_varint(&c->at, c->end, &step) != 0 ||
		take_varint(&c->at, c->end, &late) != 0 || c->at == c->end)
		return -1;
	*flags_r = *c->at++;
	if (step > INT64_MAX - c->number)
		return -1;
	c->number += step;
	number_ms = archive_number_ms(c->number);
	late_ms = unfold(late);
	if (late_ms < -number_ms || late_ms > ARCHIVE_AHEAD_MS ||
		(*flags_r & ~(unsigned)ALL_FLAGS) != 0 ||
		flags_kind(*flags_r) > ARCHIVE_TOMBSTONE)
		return -1;
	r->number = c->number;
	r->wall_ms = number_ms + late_ms;
	r->kind = (enum archive_kind)flags_kind(*flags_r);
	return 0;
}

int archive_cursor_next(struct archive_cursor *c, struct archive_record *r)
{
	unsigned flags;

	if (c->at == c->end)
		return 0;
	if (take_numbers(c, r, &flags) != 0 ||
		take_string(&c->at, c->end, LIMIT_ARCHIVE_ID, &r->from) != 0 ||
		take_string(&c->at, c->end, LIMIT_ARCHIVE_TEXT, &r->text) !=
			0 ||
		take_id(c, flags & HAS_NETWORK_ID, &r->network_id) != 0 ||
		take_id(c, flags & HAS_STANZA_ID, &r->stanza_id) != 0 ||
		take_id(c, flags & HAS_OCCUPANT, &r->occupant) != 0)
		return -1;
	return 1;
}

static int archive_cursor_open(
	struct archive_cursor *c, struct slice block, uint64_t first)
{
	if (first == 0 || first > INT64_MAX)
		return -1;
	c->number = first;
	return open_frame(block, &c->at, &c->end);
}

int archive_block_read(
	struct slice block, uint64_t first, struct archive_record *records)
{
	struct archive_cursor c;
	int count = 0;
	int got;

	if (archive_cursor_open(&c, block, first) != 0)
		return -1;
	for (;;) {
		struct archive_record record;

		got = archive_cursor_next(&c, &record);
		if (got <= 0)
			break;
		/* Numbers grow, beginning with the row's. */
		if (count == BLOCK_MESSAGES ||
			(count == 0 ? record.number != first
				    : record.number <=
						records[count - 1].number))
			return -1;
		records[count++] = record;
	}
	return got == 0 && count > 0 ? count : -1;
}

/* --- Rows of the log ----------------------------------------------------- */

void archive_log_add(struct str *log, const struct archive_channel_id *channel,
	const struct archive_block *b, size_t from, uint64_t base)
{
	char head[2 * VARINT_MAX];
	char *end = head;

	if (log->max == 0) {
		str_init(log, LIMIT_ARCHIVE_MEMORY);
		str_add_char(log, VERSION);
	}
	if (from == 0)
		from = HEADER_SIZE;
	str_add_bytes(log, channel->bytes, sizeof(channel->bytes));
	end = put_varint(end, base);
	end = put_varint(end, b->data.len - from);
	str_add_bytes(log, head, (size_t)(end - head));
	str_add_bytes(log, b->data.data + from, b->data.len - from);
}

void archive_log_seal(struct str *log)
{
	add_checksum(log);
}

int archive_log_open(struct archive_log_reader *l, struct slice row)
{
	return open_frame(row, &l->at, &l->end);
}

int archive_log_next(struct archive_log_reader *l,
	struct archive_channel_id *channel_r, struct archive_cursor *c)
{
	uint64_t base, len;

	if (l->at == l->end)
		return 0;
	if ((size_t)(l->end - l->at) < sizeof(channel_r->bytes))
		return -1;
	memcpy(channel_r->bytes, l->at, sizeof(channel_r->bytes));
	l->at += sizeof(channel_r->bytes);
	if (take_varint(&l->at, l->end, &base) != 0 ||
		take_varint(&l->at, l->end, &len) != 0 || base > INT64_MAX ||
		len > (uint64_t)(l->end - l->at))
		return -1;
	*c = (struct archive_cursor){ l->at, l->at + len, base };
	l->at += len;
	return 1;
}
