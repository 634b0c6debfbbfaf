/* The bytes of blocks and of rows of the log, sound and damaged. */
#include "store/fixture.h"

#include "base/limits.h"
#include "store/archive_block.h"

#define NUMBER(ms, n) (((uint64_t)(ms) << 19) + (n))

static struct archive_record record_of(uint64_t number, const char *text)
{
	return (struct archive_record){ .number = number,
		.wall_ms = archive_number_ms(number),
		.from = slice_of("nick"),
		.text = slice_of(text) };
}

static struct archive_record records[BLOCK_MESSAGES];

static int read_back(struct archive_block *b)
{
	return archive_block_read(archive_block_bytes(b), b->first, records);
}

static void same_slice(struct slice a, struct slice b)
{
	assert_int_equal(a.data == NULL, b.data == NULL);
	assert_int_equal(a.len, b.len);
	if (a.len > 0)
		assert_memory_equal(a.data, b.data, a.len);
}

static void keeps_records(void **state UNUSED)
{
	const struct archive_record rows[] = {
		{ NUMBER(WALL_MS, 0), WALL_MS, ARCHIVE_MESSAGE, slice_of("a"),
			slice_of("b"), slice_of("c"), slice_of("d"),
			slice_of("e") },
		{ NUMBER(WALL_MS, 1), 0, ARCHIVE_SUBJECT, slice_of(""),
			slice_of(""), slice_of(""), slice_of(NULL),
			slice_of(NULL) },
		{ NUMBER(WALL_MS + 1, 0), WALL_MS + ARCHIVE_AHEAD_MS,
			ARCHIVE_NOTICE, slice_of("x"), slice_of("y"),
			slice_of(NULL), slice_of(""), slice_of(NULL) },
		{ INT64_MAX, WALL_MS, ARCHIVE_MESSAGE, slice_of("x"),
			slice_of("y"), slice_of(NULL), slice_of(NULL),
			slice_of("") },
	};
	struct archive_block b;

	archive_block_init(&b);
	for (size_t i = 0; i < COUNT(rows); i++)
		archive_block_add(&b, &rows[i]);
	assert_int_equal(b.count, COUNT(rows));
	assert_int_equal(b.first, rows[0].number);
	assert_int_equal(b.last, INT64_MAX);
	assert_int_equal(b.low_ms, 0);
	assert_int_equal(b.high_ms, WALL_MS + ARCHIVE_AHEAD_MS);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(read_back(&b), COUNT(rows));
		for (size_t i = 0; i < COUNT(rows); i++) {
			assert_int_equal(records[i].number, rows[i].number);
			assert_int_equal(records[i].wall_ms, rows[i].wall_ms);
			assert_int_equal(records[i].kind, rows[i].kind);
			same_slice(records[i].from, rows[i].from);
			same_slice(records[i].text, rows[i].text);
			same_slice(records[i].network_id, rows[i].network_id);
			same_slice(records[i].stanza_id, rows[i].stanza_id);
			same_slice(records[i].occupant, rows[i].occupant);
		}
	}
	archive_block_finish(&b);
}

static void is_full_by_count_or_size(void **state UNUSED)
{
	struct archive_block b;
	static char big[BLOCK_BYTES];

	archive_block_init(&b);
	assert_false(archive_block_is_full(&b));
	for (unsigned i = 1; i <= BLOCK_MESSAGES; i++) {
		struct archive_record r = record_of(NUMBER(WALL_MS, i), "x");

		assert_false(archive_block_is_full(&b));
		archive_block_add(&b, &r);
	}
	assert_true(archive_block_is_full(&b));
	assert_int_equal(read_back(&b), BLOCK_MESSAGES);
	archive_block_finish(&b);

	memset(big, 'x', sizeof(big) - 1);
	archive_block_init(&b);
	struct archive_record r = record_of(NUMBER(WALL_MS, 1), big);
	archive_block_add(&b, &r);
	assert_true(archive_block_is_full(&b));
	archive_block_finish(&b);
}

/* The biggest message fits behind what is nearly a full block. */
static void the_biggest_message_fits(void **state UNUSED)
{
	char *big = xalloc(LIMIT_ARCHIVE_TEXT + 2);
	static char id[LIMIT_ARCHIVE_ID + 1];
	struct archive_block b;

	memset(big, 'x', LIMIT_ARCHIVE_TEXT + 1);
	memset(id, 'i', LIMIT_ARCHIVE_ID);
	archive_block_init(&b);
	struct archive_record r = record_of(1, big);
	r.text.len = BLOCK_BYTES - 100;
	archive_block_add(&b, &r);
	assert_false(archive_block_is_full(&b));
	r = (struct archive_record){ .number = INT64_MAX,
		.from = slice_of(id),
		.text = slice_of(big),
		.network_id = slice_of(id),
		.stanza_id = slice_of(id),
		.occupant = slice_of(id) };
	archive_block_add(&b, &r);
	assert_int_equal(read_back(&b), 2);
	assert_int_equal(records[1].text.len, LIMIT_ARCHIVE_TEXT);
	assert_int_equal(records[1].occupant.len, LIMIT_ARCHIVE_ID);
	archive_block_finish(&b);
	xfree(big);
}

static void make_block(struct archive_block *b, unsigned count)
{
	archive_block_init(b);
	for (unsigned i = 0; i < count; i++) {
		struct archive_record r = record_of(
			NUMBER(WALL_MS + i, i), "some text of a message");

		r.stanza_id = slice_of("id");
		archive_block_add(b, &r);
	}
}

static void notices_damage(void **state UNUSED)
{
	struct archive_block b;

	make_block(&b, 5);
	struct slice good = archive_block_bytes(&b);
	char *bad = xalloc(good.len);
	for (size_t i = 0; i < good.len * 8; i++) {
		memcpy(bad, good.data, good.len);
		bad[i / 8] ^= (char)(1 << i % 8);
		if (archive_block_read(
			    slice_make(bad, good.len), b.first, records) != -1)
			fail_msg("bit %zu", i);
	}
	memcpy(bad, good.data, good.len);
	for (size_t len = 0; len < good.len; len++) {
		/* Exactly as long as it says, for the address sanitizer. */
		char *part = xalloc(len + 1);

		memcpy(part, bad, len);
		if (archive_block_read(
			    slice_make(part, len), b.first, records) != -1)
			fail_msg("length %zu", len);
		xfree(part);
	}
	/* The row says something else than the block. */
	assert_int_equal(archive_block_read(good, 0, records), -1);
	assert_int_equal(archive_block_read(good, UINT64_MAX, records), -1);
	assert_int_equal(archive_block_read(good, b.first, records), 5);
	xfree(bad);
	archive_block_finish(&b);
}

/* --- Records that are wrong although the checksum is right --------------- */

/* A block with these bytes between version and checksum, through the log's
 * sealing, which is the same. */
static struct slice frame(struct str *out, const char *bytes, size_t len)
{
	str_init(out, 1 << 20);
	str_add_char(out, 1);
	str_add_bytes(out, bytes, len);
	archive_log_seal(out);
	return str_slice(out);
}

#define ROW(bytes, result)                       \
	{                                        \
		bytes, sizeof(bytes) - 1, result \
	}

static void refuses_wrong_records(void **state UNUSED)
{
	/* step, time, flags, from, text */
	static const struct {
		const char *bytes;
		size_t len;
		int result;
	} rows[] = {
		ROW("\0\0\0\1a\1b", 1),
		ROW("", -1),            /* no record at all */
		ROW("\0\0\0\1a\1", -1), /* cut */
		ROW("\0\0\0\1a", -1),
		ROW("\0\0", -1),
		ROW("\1\0\0\1a\1b", -1),             /* not the row's number */
		ROW("\0\0\0\1a\1b\0\0\0\1a\1b", -1), /* twice the same */
		ROW("\0\0\0\1a\1b\1\0\0\1a\1b", 2),
		ROW("\0\0\3\1a\1b", 1),
		ROW("\0\0\40\1a\1b", 1),
		ROW("\0\0\41\1a\1b", -1),  /* unknown kind */
		ROW("\0\0\100\1a\1b", -1), /* unknown flag */
		ROW("\0\0\4\1a\1b", -1),   /* id is missing */
		ROW("\0\0\4\1a\1b\0", 1),
		ROW("\0\0\34\1a\1b\1c\1d\1e", 1),
		ROW("\0\0\0\1\0\1b", -1), /* NUL in a string */
		ROW("\0\0\0\1a\2b\0", -1),
		ROW("\0\0\0\x7f"
		    "a\1b",
			-1), /* too long */
		ROW("\0\0\0\1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", -1),
		ROW("\0\0\0\1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", -1),
		ROW("\0\0\0\1a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\1", -1),
		/* beyond the highest number */
		ROW("\0\0\0\1a\1b\xff\xff\xff\xff\xff\xff\xff\xff\x7f\0\0\1a\1b",
			-1),
		/* times below zero, and far ahead */
		ROW("\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\0\1a\1b", -1),
		ROW("\0\xfe\xff\xff\xff\xff\xff\xff\xff\xff\1\0\1a\1b", -1),
		ROW("\0\x80\xf0\xb2\x52\0\1a\1b", 1),
		ROW("\0\x82\xf0\xb2\x52\0\1a\1b", -1),
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str block;
		struct slice bytes = frame(&block, rows[i].bytes, rows[i].len);
		int got =
			archive_block_read(bytes, NUMBER(WALL_MS, 1), records);

		if (got != rows[i].result)
			fail_msg("row %zu: %d", i, got);
		str_finish(&block);
	}
}

static void refuses_too_many_records(void **state UNUSED)
{
	struct str bytes, block;

	str_init(&bytes, 1 << 20);
	for (int i = 0; i <= BLOCK_MESSAGES; i++) {
		static const char record[] = "\1\0\0\1a\1b";
		static const char first[] = "\0\0\0\1a\1b";

		str_add_bytes(&bytes, i == 0 ? first : record, 7);
	}
	assert_int_equal(
		archive_block_read(
			frame(&block, bytes.data, bytes.len), 1, records),
		-1);
	str_finish(&block);
	assert_int_equal(
		archive_block_read(
			frame(&block, bytes.data, bytes.len - 7), 1, records),
		BLOCK_MESSAGES);
	str_finish(&block);
	str_finish(&bytes);
}

/* --- The log ------------------------------------------------------------- */

static void keeps_parts_of_the_log(void **state UNUSED)
{
	const struct archive_channel_id one = { "one" }, two = { "two" };
	struct archive_channel_id channel;
	struct archive_log_reader l;
	struct archive_cursor c;
	struct archive_record r;
	struct archive_block a, b;
	struct str log = { 0 };

	make_block(&a, 3);
	make_block(&b, 1);
	archive_log_add(&log, &one, &a, 0, a.first);
	archive_log_add(&log, &two, &b, 0, b.first);
	/* What came after the first part. */
	size_t from = a.data.len;
	uint64_t base = a.last;
	struct archive_record more = record_of(base + 7, "more");
	archive_block_add(&a, &more);
	archive_log_add(&log, &one, &a, from, base);
	archive_log_seal(&log);

	assert_int_equal(archive_log_open(&l, str_slice(&log)), 0);
	assert_int_equal(archive_log_next(&l, &channel, &c), 1);
	assert_memory_equal(&channel, &one, sizeof(one));
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(archive_cursor_next(&c, &r), 1);
		assert_int_equal(r.number, NUMBER(WALL_MS + i, i));
	}
	assert_int_equal(archive_cursor_next(&c, &r), 0);
	assert_int_equal(archive_log_next(&l, &channel, &c), 1);
	assert_memory_equal(&channel, &two, sizeof(two));
	assert_int_equal(archive_cursor_next(&c, &r), 1);
	assert_int_equal(archive_cursor_next(&c, &r), 0);
	assert_int_equal(archive_log_next(&l, &channel, &c), 1);
	assert_memory_equal(&channel, &one, sizeof(one));
	assert_int_equal(archive_cursor_next(&c, &r), 1);
	assert_int_equal(r.number, base + 7);
	assert_true(slice_equals(r.text, "more"));
	assert_int_equal(archive_log_next(&l, &channel, &c), 0);

	for (size_t len = 0; len < log.len; len++)
		assert_int_equal(
			archive_log_open(&l, slice_make(log.data, len)), -1);
	str_finish(&log);
	archive_block_finish(&a);
	archive_block_finish(&b);
}

static void refuses_wrong_logs(void **state UNUSED)
{
	static const struct {
		const char *bytes;
		size_t len;
		int result;
	} rows[] = {
		ROW("", 0),
		ROW("0123456789abcdef\1\0", 1),
		ROW("0123456789abcde", -1),
		ROW("0123456789abcdef", -1),
		ROW("0123456789abcdef\1", -1),
		ROW("0123456789abcdef\1\1", -1),
		ROW("0123456789abcdef\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\0",
			-1),
		ROW("0123456789abcdef\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\1",
			-1),
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct archive_channel_id channel;
		struct archive_log_reader l;
		struct archive_cursor c;
		struct str log;

		assert_int_equal(archive_log_open(&l, frame(&log, rows[i].bytes,
							      rows[i].len)),
			0);
		int got = archive_log_next(&l, &channel, &c);
		if (got != rows[i].result)
			fail_msg("row %zu: %d", i, got);
		str_finish(&log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_records),
		cmocka_unit_test(is_full_by_count_or_size),
		cmocka_unit_test(the_biggest_message_fits),
		cmocka_unit_test(notices_damage),
		cmocka_unit_test(refuses_wrong_records),
		cmocka_unit_test(refuses_too_many_records),
		cmocka_unit_test(keeps_parts_of_the_log),
		cmocka_unit_test(refuses_wrong_logs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
