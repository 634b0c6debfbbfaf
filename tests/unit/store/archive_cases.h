/*
 * What the archive does on every back-end: run by test_archive.c on SQLite
 * and by test_postgres.c on PostgreSQL. Each case begins with an open, empty
 * store and opens the archive itself.
 */
#ifndef TEST_STORE_ARCHIVE_CASES_H
#define TEST_STORE_ARCHIVE_CASES_H

#include "base/limits.h"
#include "base/utf8.h"
#include "store/archive_asking.h"
#include "store/archive_block.h"

/* --- Numbers and messages ------------------------------------------------ */

static void numbers_grow(void **state UNUSED)
{
	uint64_t last = 0;

	open_archive();
	for (int i = 0; i < 1000; i++) {
		uint64_t number = archive_next_number(archive);

		assert_true(number > last);
		assert_int_equal(archive_number_ms(number), WALL_MS);
		last = number;
	}
	clock_advance(5);
	assert_int_equal(
		archive_number_ms(archive_next_number(archive)), WALL_MS + 5);
	last = archive_next_number(archive);
	/* Not even after a restart, when the clock stands still. */
	reopen();
	assert_true(archive_next_number(archive) > last);
}

static void numbers_survive_a_clock_set_back(void **state UNUSED)
{
	uint64_t last;

	open_archive();
	clock_advance(3600000);
	last = append(1, "a", "x");
	close_all();
	loop_free(&loop);
	clock_use_virtual(WALL_MS - 86400000);
	loop = loop_new();
	open_store();
	open_archive();
	uint64_t next = archive_next_number(archive);
	assert_true(next > last);
	append(1, "a", "y");
	expect_all(1, NULL, "a:x a:y ");
}

/* What was said is gone, wherever it lies. */
static void a_tombstone(void **state UNUSED)
{
	struct archive_channel_id c = channel_of(1);
	char words[2 * ARCHIVE_TOMBSTONE_MAX];
	struct archive_message subject = {
		.kind = ARCHIVE_SUBJECT, .from = "a", .text = "topic"
	};

	open_archive();
	append(1, "a", "one");
	uint64_t second = append(1, "b", "two");
	append(1, "c", "three");
	archive_bury(archive, &c, second, "gone");
	expect_all(1, NULL, "a:one b:gone c:three ");
	/* Once, and what is not there is left alone. */
	archive_bury(archive, &c, second, "again");
	archive_bury(archive, &c, archive_next_number(archive), "nothing");
	archive_bury(archive, &c, 1, "nothing");
	subject.number = archive_next_number(archive);
	archive_append(archive, &c, &subject);
	archive_bury(archive, &c, subject.number, "nothing");
	expect_all(1, NULL, "a:one b:gone c:three a:topic ");
	reopen();
	expect_all(1, NULL, "a:one b:gone c:three a:topic ");
	/* A full block of short texts becomes one of long words. */
	memset(words, 'w', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	uint64_t numbers[BLOCK_MESSAGES];
	c = channel_of(2);
	for (size_t i = 0; i < COUNT(numbers); i++)
		numbers[i] = append(2, "", "");
	for (size_t i = 0; i < COUNT(numbers); i++)
		archive_bury(archive, &c, numbers[i], words);
	reopen();
	const uint64_t ends[] = { numbers[0], numbers[COUNT(numbers) - 1] };
	struct archive_query q = query_of(2, NULL);
	char all[2 * ARCHIVE_TOMBSTONE_MAX + 8];

	words[ARCHIVE_TOMBSTONE_MAX] = '\0';
	q.numbers = ends;
	q.number_count = COUNT(ends);
	text_format(all, sizeof(all), ":%s :%s ", words, words);
	expect_page(&q, all, true);
}

struct copy {
	struct outcome outcome;
	struct archive_message messages[4];
	char strings[4][5][64];
	size_t count;
};

static const char *copy_string(char out[64], const char *text)
{
	if (text == NULL)
		return NULL;
	text_copy(out, 64, text);
	return out;
}

static void on_copy(int status, const struct archive_page *page, void *arg)
{
	struct copy *c = arg;

	on_done(status, &c->outcome);
	c->count = page->count;
	for (size_t i = 0; i < page->count && i < 4; i++) {
		struct archive_message m = page->messages[i];

		m.from = copy_string(c->strings[i][0], m.from);
		m.text = copy_string(c->strings[i][1], m.text);
		m.network_id = copy_string(c->strings[i][2], m.network_id);
		m.stanza_id = copy_string(c->strings[i][3], m.stanza_id);
		m.occupant = copy_string(c->strings[i][4], m.occupant);
		c->messages[i] = m;
	}
}

static void expect_same(const char *got, const char *wanted)
{
	if (wanted == NULL)
		assert_null(got);
	else
		assert_string_equal(got, wanted);
}

static void keeps_every_field(void **state UNUSED)
{
	struct archive_channel_id c = channel_of(1);
	const struct archive_query q = query_of(1, NULL);
	struct copy copy = { 0 };

	open_archive();
	struct archive_message rows[] = {
		{ 0, WALL_MS, ARCHIVE_MESSAGE, "nick", "text\nof two lines",
			"network", "stanza", "occupant" },
		{ 0, WALL_MS - 1000, ARCHIVE_SUBJECT, "", "", NULL, NULL,
			NULL },
		{ 0, 0, ARCHIVE_NOTICE, "\xf0\x9f\x90\xa7", "\xc3\xa4", "", "",
			"" },
		{ 0, WALL_MS + 1000, ARCHIVE_MESSAGE, "a", "b", NULL, "s",
			NULL },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		rows[i].number = archive_next_number(archive);
		archive_append(archive, &c, &rows[i]);
	}
	archive_query(archive, &q, on_copy, &copy);
	wait_for(&copy.outcome);
	assert_int_equal(copy.count, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct archive_message *m = &copy.messages[i];

		assert_int_equal(m->number, rows[i].number);
		assert_int_equal(m->wall_ms, rows[i].wall_ms);
		assert_int_equal(m->kind, rows[i].kind);
		expect_same(m->from, rows[i].from);
		expect_same(m->text, rows[i].text);
		expect_same(m->network_id, rows[i].network_id);
		expect_same(m->stanza_id, rows[i].stanza_id);
		expect_same(m->occupant, rows[i].occupant);
	}
}

static void keeps_channels_apart(void **state UNUSED)
{
	char expected[64];

	open_archive();
	for (int round = 0; round < 3; round++) {
		for (int c = 0; c < 20; c++) {
			char text[16];

			text_format(text, sizeof(text), "%d.%d", c, round);
			append(c, "n", text);
		}
		clock_advance(1);
	}
	for (int c = 0; c < 20; c++) {
		text_format(expected, sizeof(expected), "n:%d.0 n:%d.1 n:%d.2 ",
			c, c, c);
		expect_all(c, NULL, expected);
	}
	reopen();
	for (int c = 0; c < 20; c++) {
		text_format(expected, sizeof(expected), "n:%d.0 n:%d.1 n:%d.2 ",
			c, c, c);
		expect_all(c, NULL, expected);
	}
	expect_all(21, NULL, "");
}

/* --- Pages --------------------------------------------------------------- */

/* 1000 messages "a:0" ... in blocks of different sizes. */
static void fill(uint64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[16];

		text_format(text, sizeof(text), "%zu", i);
		numbers[i] = append(1, i % 10 == 7 ? "seven" : "a", text);
		if (i % 100 < 3) {
			/* One that has a block of its own. */
			const struct archive_query q = { .channel = channel_of(
								 1) };
			struct answer r;

			ask(&r, &q);
			str_finish(&r.text);
		}
		clock_advance(1000);
	}
}

/* Whether the answer is `count` of `numbers` from `first` on. */
static bool is_range(const struct answer *r, const uint64_t *numbers,
	size_t first, size_t count)
{
	return r->count == count && !r->missing &&
	       (count == 0 || (r->first == numbers[first] &&
				      r->last == numbers[first + count - 1]));
}

static void gives_pages(void **state UNUSED)
{
	static uint64_t n[1000];
	static const struct {
		size_t after, before; /* index + 1; 0: open */
		size_t max;
		bool from_end;
		size_t first, count;
		bool complete;
	} rows[] = {
		{ 0, 0, 10, false, 0, 10, false },
		{ 0, 0, 10, true, 990, 10, false },
		{ 0, 0, 1000, false, 0, 1000, true },
		{ 0, 0, 1000, true, 0, 1000, true },
		{ 0, 0, 999, false, 0, 999, false },
		{ 0, 0, 999, true, 1, 999, false },
		{ 0, 0, 0, false, 0, 0, false },
		{ 0, 0, 0, true, 0, 0, false },
		{ 10, 0, 10, false, 10, 10, false },
		{ 990, 0, 10, false, 990, 10, true },
		{ 991, 0, 10, false, 991, 9, true },
		{ 1000, 0, 10, false, 0, 0, true },
		{ 0, 1, 10, true, 0, 0, true },
		{ 0, 11, 10, true, 0, 10, true },
		{ 0, 12, 10, true, 1, 10, false },
		{ 0, 11, 10, false, 0, 10, true },
		{ 0, 12, 10, false, 0, 10, false },
		{ 300, 501, 1000, false, 300, 200, true },
		{ 300, 501, 1000, true, 300, 200, true },
		{ 300, 501, 50, false, 300, 50, false },
		{ 300, 501, 50, true, 450, 50, false },
		{ 500, 501, 50, false, 0, 0, true },
		{ 600, 501, 50, false, 0, 0, true },
	};

	open_archive();
	fill(n, COUNT(n));
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		struct archive_query q = query_of(1, NULL);
		size_t row = i / 2;
		struct answer r;

		q.after = rows[row].after ? n[rows[row].after - 1] : 0;
		q.before = rows[row].before ? n[rows[row].before - 1] : 0;
		q.max = rows[row].max;
		q.from_end = rows[row].from_end;
		q.count = i % 2 != 0;
		ask(&r, &q);
		str_finish(&r.text);
		if (!is_range(&r, n, rows[row].first, rows[row].count) ||
			r.complete != rows[row].complete)
			fail_msg("row %zu: %zu messages", row, r.count);
		long first = rows[row].count > 0 ? (long)rows[row].first : -1;
		if (r.total != (q.count ? 1000 : -1) ||
			r.first_index != (q.count ? first : -1))
			fail_msg("row %zu: total %ld, index %ld", row, r.total,
				r.first_index);
	}
}

/* Walks from page to page meet every message once, in both directions. */
static void walks_through_all_pages(void **state UNUSED)
{
	static uint64_t n[500];
	static const size_t sizes[] = { 1, 3, 50, 64, 65, 499, 500 };

	open_archive();
	fill(n, COUNT(n));
	for (size_t i = 0; i < 2 * COUNT(sizes); i++) {
		struct archive_query q = query_of(1, NULL);
		size_t met = 0;
		struct answer r;

		q.max = sizes[i / 2];
		q.from_end = i % 2 != 0;
		do {
			ask(&r, &q);
			str_finish(&r.text);
			met += r.count;
			if (q.from_end) {
				assert_int_equal(r.first, n[500 - met]);
				q.before = r.first;
			} else {
				assert_int_equal(r.last, n[met - 1]);
				q.after = r.last;
			}
		} while (!r.complete);
		assert_int_equal(met, 500);
	}
}

static void filters(void **state UNUSED)
{
	static uint64_t n[1000];
	struct archive_query q = query_of(1, NULL);
	struct answer r;

	open_archive();
	fill(n, COUNT(n));
	/* Times, both ends included; message i is at WALL_MS + i seconds. */
	static const struct {
		int start, end; /* seconds; -1: open */
		const char *with;
		size_t max;
		bool from_end;
		long first, count, total;
		bool complete;
	} rows[] = {
		{ 100, 109, NULL, 100, false, 100, 10, 10, true },
		{ 100, 109, NULL, 5, false, 100, 5, 10, false },
		{ 100, 109, NULL, 5, true, 105, 5, 10, false },
		{ 995, -1, NULL, 100, false, 995, 5, 5, true },
		{ -1, 4, NULL, 100, true, 0, 5, 5, true },
		{ 5000, -1, NULL, 100, false, 0, 0, 0, true },
		{ -1, 600, NULL, 1000, false, 0, 601, 601, true },
		{ 300, 200, NULL, 100, false, 0, 0, 0, true },
		{ -1, -1, "seven", 1000, false, 7, 100, 100, true },
		{ -1, -1, "seven", 100, true, 7, 100, 100, true },
		{ -1, -1, "seven", 2, false, 7, 2, 100, false },
		{ -1, -1, "seven", 2, true, 987, 2, 100, false },
		{ 100, 199, "seven", 1000, false, 107, 10, 10, true },
		{ -1, -1, "Seven", 10, false, 0, 0, 0, true },
		{ -1, -1, "", 10, false, 0, 0, 0, true },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		q.start_ms =
			rows[i].start < 0 ? 0 : WALL_MS + rows[i].start * 1000;
		q.end_ms = rows[i].end < 0 ? 0 : WALL_MS + rows[i].end * 1000;
		q.with = rows[i].with;
		q.max = rows[i].max;
		q.from_end = rows[i].from_end;
		q.count = true;
		ask(&r, &q);
		str_finish(&r.text);
		if ((long)r.count != rows[i].count ||
			r.total != rows[i].total ||
			r.complete != rows[i].complete ||
			(r.count > 0 && r.first != n[rows[i].first]))
			fail_msg("row %zu: count %zu total %ld complete %d", i,
				r.count, r.total, r.complete);
	}
	/* A page behind `after`: the index counts what fits before it. */
	q = query_of(1, NULL);
	q.with = "seven";
	q.after = n[500];
	q.max = 3;
	q.count = true;
	ask(&r, &q);
	assert_int_equal(r.first, n[507]);
	assert_int_equal(r.first_index, 50);
	assert_int_equal(r.total, 100);
	str_finish(&r.text);
}

/* Messages whose time is not that of their number: old history fetched
 * later, and clocks that are ahead. */
static void filters_by_the_time_of_the_message(void **state UNUSED)
{
	struct archive_query q = query_of(1, NULL);

	open_archive();
	append(1, "a", "now");
	append_at(1, "a", "old", WALL_MS - 100000000);
	append_at(1, "a", "ahead", WALL_MS + 3600000);
	append_at(1, "a", "far ahead", WALL_MS + INT64_C(900000000000));
	clock_advance(1000);
	append(1, "a", "later");
	q.start_ms = WALL_MS + 1;
	expect_page(&q, "a:ahead a:far ahead a:later ", true);
	/* Too far ahead counts as a day. */
	q.start_ms = WALL_MS + 86400000;
	expect_page(&q, "a:far ahead ", true);
	q.start_ms = WALL_MS + 86400001;
	expect_page(&q, "", true);
	q.start_ms = 0;
	q.end_ms = WALL_MS - 1;
	expect_page(&q, "a:old ", true);
	q.from_end = true;
	expect_page(&q, "a:old ", true);
	q.start_ms = INT64_MAX;
	q.end_ms = 0;
	expect_page(&q, "", true);
	q.start_ms = INT64_MIN;
	q.end_ms = INT64_MAX;
	q.max = 1;
	expect_page(&q, "a:later ", false);
}

static void picks_numbers(void **state UNUSED)
{
	static uint64_t n[300];
	struct archive_query q = query_of(1, NULL);
	struct answer r;

	open_archive();
	fill(n, COUNT(n));
	uint64_t some[] = { n[250], n[3], n[77], n[3], n[299], n[0] };
	q.numbers = some;
	q.number_count = COUNT(some);
	q.count = true;
	ask(&r, &q);
	assert_string_equal(str_text(&r.text), "a:0 a:3 seven:77 a:250 a:299 ");
	assert_true(r.complete);
	assert_int_equal(r.total, 5);
	assert_int_equal(r.first_index, 0);
	str_finish(&r.text);

	q.max = 2;
	expect_page(&q, "a:0 a:3 ", false);
	q.after = n[3];
	ask(&r, &q);
	assert_string_equal(str_text(&r.text), "seven:77 a:250 ");
	assert_int_equal(r.first_index, 2);
	assert_false(r.complete);
	str_finish(&r.text);
	q.after = 0;
	q.from_end = true;
	q.before = n[299];
	expect_page(&q, "seven:77 a:250 ", false);
	q.before = 0;
	q.with = "seven";
	expect_page(&q, "seven:77 ", true);
	q.number_count = 0;
	expect_page(&q, "", true);
}

static void tells_what_is_missing(void **state UNUSED)
{
	static uint64_t n[10];
	struct answer r;

	open_archive();
	enter(1, "u@x");
	fill(n, COUNT(n));
	leave(1, "u@x");
	uint64_t unseen = append(1, "a", "unseen");
	uint64_t elsewhere = append(2, "a", "elsewhere");
	const uint64_t wrong[] = { unseen, elsewhere, n[0] - 1, n[5] + 1, 1,
		INT64_MAX, UINT64_MAX };

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct archive_query q = query_of(1, "u@x");
		uint64_t numbers[] = { n[0], wrong[i] };

		q.after = wrong[i];
		ask(&r, &q);
		if (!r.missing || r.count != 0)
			fail_msg("row %zu after", i);
		str_finish(&r.text);
		q.after = 0;
		q.before = wrong[i];
		ask(&r, &q);
		if (!r.missing || r.count != 0)
			fail_msg("row %zu before", i);
		str_finish(&r.text);
		q.before = 0;
		q.numbers = numbers;
		q.number_count = 2;
		ask(&r, &q);
		if (!r.missing || r.count != 0)
			fail_msg("row %zu numbers", i);
		str_finish(&r.text);
	}
	struct archive_query q = query_of(1, NULL);
	q.before = unseen;
	q.from_end = true;
	q.max = 1;
	expect_page(&q, "a:9 ", false);
}

/* --- Times --------------------------------------------------------------- */

static void readers_see_their_times(void **state UNUSED)
{
	open_archive();
	append(1, "a", "0");
	enter(1, "u@x");
	append(1, "a", "1");
	enter(1, "u@x");
	enter(1, "v@x");
	append(1, "a", "2");
	append(2, "a", "other");
	leave(1, "u@x");
	append(1, "a", "3");
	leave(1, "u@x");
	enter(1, "u@x");
	append(1, "a", "4");
	expect_all(1, "u@x", "a:1 a:2 a:4 ");
	expect_all(1, "v@x", "a:2 a:3 a:4 ");
	expect_all(1, "w@x", "");
	expect_all(2, "u@x", "");
	expect_all(1, NULL, "a:0 a:1 a:2 a:3 a:4 ");
	append(1, "a", "5");
	leave(1, "u@x");
	append(1, "a", "6");
	expect_all(1, "u@x", "a:1 a:2 a:4 a:5 ");
	expect_all(1, "v@x", "a:2 a:3 a:4 a:5 a:6 ");
}

static void pages_span_times(void **state UNUSED)
{
	struct archive_query q = query_of(1, "u@x");
	struct answer r;

	open_archive();
	for (int i = 0; i < 100; i++) {
		char text[16];

		if (i % 10 == 0)
			enter(1, "u@x");
		if (i % 10 == 5)
			leave(1, "u@x");
		text_format(text, sizeof(text), "%d", i);
		append(1, "a", text);
		clock_advance(70);
		loop_settle(loop, 70, NULL);
	}
	q.max = 7;
	q.count = true;
	ask(&r, &q);
	assert_string_equal(
		str_text(&r.text), "a:0 a:1 a:2 a:3 a:4 a:10 a:11 ");
	assert_int_equal(r.total, 50);
	assert_int_equal(r.first_index, 0);
	assert_false(r.complete);
	q.after = r.last;
	str_finish(&r.text);
	ask(&r, &q);
	assert_string_equal(
		str_text(&r.text), "a:12 a:13 a:14 a:20 a:21 a:22 a:23 ");
	assert_int_equal(r.first_index, 7);
	str_finish(&r.text);
	q.after = 0;
	q.from_end = true;
	ask(&r, &q);
	assert_string_equal(
		str_text(&r.text), "a:83 a:84 a:90 a:91 a:92 a:93 a:94 ");
	assert_int_equal(r.first_index, 43);
	str_finish(&r.text);
}

/* Numbers taken before, appended after: what counts is the appending. */
static void times_go_by_appending(void **state UNUSED)
{
	struct archive_channel_id c = channel_of(1);

	open_archive();
	struct archive_message m = { .number = archive_next_number(archive),
		.wall_ms = WALL_MS,
		.from = "a",
		.text = "late" };
	append(2, "a", "elsewhere");
	enter(1, "u@x");
	archive_append(archive, &c, &m);
	expect_all(1, "u@x", "a:late ");
	m.number = archive_next_number(archive);
	append(2, "a", "elsewhere");
	leave(1, "u@x");
	m.text = "too late";
	archive_append(archive, &c, &m);
	expect_all(1, "u@x", "a:late ");
	expect_all(1, NULL, "a:late a:too late ");
}

static void gives_bounds(void **state UNUSED)
{
	struct archive_channel_id c = channel_of(1);
	static const struct {
		const char *text;
		const char *bounds;
	} rows[] = { { "1", "a:1 " }, { "2", "a:1 a:2 " },
		{ "3", "a:1 a:3 " } };
	struct answer r;

	open_archive();
	append(1, "a", "0");
	enter(1, "u@x");
	answer_init(&r);
	archive_bounds(archive, &c, "u@x", on_page, &r);
	wait_for(&r.outcome);
	assert_int_equal(r.count, 0);
	str_finish(&r.text);
	for (size_t i = 0; i < COUNT(rows); i++) {
		append(1, "a", rows[i].text);
		answer_init(&r);
		archive_bounds(archive, &c, "u@x", on_page, &r);
		wait_for(&r.outcome);
		if (strcmp(str_text(&r.text), rows[i].bounds) != 0)
			fail_msg("row %zu: %s", i, str_text(&r.text));
		str_finish(&r.text);
	}
	answer_init(&r);
	archive_bounds(archive, &c, NULL, on_page, &r);
	wait_for(&r.outcome);
	assert_string_equal(str_text(&r.text), "a:0 a:3 ");
	str_finish(&r.text);
}

/* --- Size ---------------------------------------------------------------- */

static void keeps_big_messages(void **state UNUSED)
{
	struct archive_query q = query_of(1, NULL);
	size_t size = LIMIT_ARCHIVE_TEXT + 10;
	char *big = xalloc(size + 1);
	struct answer r;

	/* Two-byte characters, so that a cut has to look where. */
	for (size_t i = 1; i + 1 < size; i += 2)
		memcpy(big + i, "\xc3\xa4", 2);
	big[0] = 'x';
	open_archive();
	for (int i = 0; i < 40; i++)
		append(1, "a", big);
	ask(&r, &q);
	/* As many as fit in a page, and the rest in further ones. */
	assert_in_range(r.count, 20, 35);
	assert_false(r.complete);
	assert_in_range(r.text.len / r.count, LIMIT_ARCHIVE_TEXT,
		LIMIT_ARCHIVE_TEXT + 3);
	assert_true(utf8_is_valid(str_slice(&r.text)));
	size_t met = r.count;
	while (!r.complete) {
		str_finish(&r.text);
		q.after = r.last;
		ask(&r, &q);
		met += r.count;
	}
	assert_int_equal(met, 40);
	str_finish(&r.text);
	xfree(big);
}

static void limits_names_and_ids(void **state UNUSED)
{
	struct archive_channel_id c = channel_of(1);
	char longest[LIMIT_ARCHIVE_ID + 1], too_long[LIMIT_ARCHIVE_ID + 2];
	struct answer r;

	memset(longest, 'i', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	memset(too_long, 'j', sizeof(too_long));
	too_long[sizeof(too_long) - 1] = '\0';
	open_archive();
	struct archive_message m = { .number = archive_next_number(archive),
		.wall_ms = WALL_MS,
		.from = too_long,
		.text = "t",
		.network_id = longest,
		.stanza_id = too_long,
		.occupant = too_long };
	archive_append(archive, &c, &m);
	const struct archive_query q = query_of(1, NULL);
	ask(&r, &q);
	assert_int_equal(r.count, 1);
	assert_int_equal(r.text.len, LIMIT_ARCHIVE_ID + 3);
	str_finish(&r.text);
	struct copy copy = { 0 };
	archive_query(archive, &q, on_copy, &copy);
	wait_for(&copy.outcome);
	assert_non_null(copy.messages[0].network_id);
	assert_null(copy.messages[0].stanza_id);
	assert_null(copy.messages[0].occupant);
}

/* --- Removing ------------------------------------------------------------ */

static void expires(void **state UNUSED)
{
	static uint64_t n[1000];
	struct archive_query q = query_of(1, NULL);
	struct answer r;

	open_archive();
	enter(1, "u@x");
	append(2, "a", "old");
	append(4, "a", "old");
	fill(n, 100);
	leave(1, "u@x");
	append(2, "a", "new");
	archive_expire(archive, WALL_MS - 1);
	archive_expire(archive, 0);
	barrier();
	expect_all(2, NULL, "a:old a:new ");
	archive_expire(archive, WALL_MS + 99 * 1000);
	loop_settle(loop, 0, NULL);
	ask(&r, &q);
	/* Whole blocks go, so at most their first part is longer there. */
	assert_in_range(r.count, 1, 100);
	assert_int_equal(r.last, n[99]);
	str_finish(&r.text);
	expect_all(4, NULL, "");
	clock_advance(1000);
	archive_expire(archive, clock_wall_ms());
	barrier();
	loop_settle(loop, 0, NULL);
	expect_all(1, NULL, "");
	expect_all(1, "u@x", "");
	expect_all(2, NULL, "");
	append(2, "a", "newest");
	expect_all(2, NULL, "a:newest ");
}

/* More channels and rows than one step takes. */
static void expires_in_steps(void **state UNUSED)
{
	open_archive();
	for (int c = 0; c < 510; c++) {
		int rows = c == 100 ? 1200 : 1;

		for (int i = 0; i < rows; i++) {
			append(c, "a", "x");
			if (rows > 1) {
				const struct archive_query q = {
					.channel = channel_of(c)
				};
				struct answer r;

				ask(&r, &q);
				str_finish(&r.text);
			}
		}
	}
	clock_advance(10);
	append(7, "a", "kept");
	archive_expire(archive, WALL_MS + 5);
	loop_settle(loop, 0, NULL);
	for (int c = 0; c < 510; c++)
		expect_all(c, NULL, c == 7 ? "a:x a:kept " : "");
}

static void erases_a_reader(void **state UNUSED)
{
	open_archive();
	enter_noted(1, "u@x");
	enter_noted(1, "v@x");
	append(1, "a", "room");
	for (int channel = 2; channel < 5; channel++)
		note(channel, channel < 4 ? "u@x" : "v@x", "net", true);
	note(6, "u@x", "other", true);
	append(2, "a", "chat in a block");
	expect_all(2, NULL, "a:chat in a block ");
	append(2, "a", "chat in the log");
	barrier();
	append(3, "a", "chat in memory");
	append(4, "a", "other chat");
	append(6, "a", "other account");
	expect_sources("u@x", "net/1 *net/2 *net/3 *other/6 .");
	leave(1, "u@x");
	erase("u@x", "net");
	for (int round = 0; round < 2; round++) {
		expect_sources("u@x", "*other/6 .");
		expect_sources("v@x", "net/1 *net/4 .");
		expect_all(1, "u@x", "");
		expect_all(1, "v@x", "a:room ");
		expect_all(2, NULL, "");
		expect_all(3, NULL, "");
		expect_all(4, NULL, "a:other chat ");
		expect_all(6, NULL, "a:other account ");
		reopen();
	}
	erase("u@x", NULL);
	expect_sources("u@x", ".");
	expect_all(6, NULL, "");
	expect_all(4, NULL, "a:other chat ");
	/* Nothing is there: that is fine. */
	erase("u@x", NULL);
	erase("nobody@x", "net");
}

/* A room's messages go when they are in nobody's time, one by one. */
static void erases_what_nobody_reads(void **state UNUSED)
{
	open_archive();
	append(1, "a", "before");
	enter_noted(1, "u@x");
	append(1, "a", "u");
	enter_noted(1, "v@x");
	append(1, "a", "both");
	leave(1, "u@x");
	append(1, "a", "v");
	leave(1, "v@x");
	enter_noted(1, "u@x");
	append(1, "a", "u again");
	leave(1, "u@x");
	expect_all(1, NULL, "a:before a:u a:both a:v a:u again ");
	/* All in one block, and some in others. */
	append(1, "a", "nobody");
	erase("u@x", NULL);
	expect_all(1, NULL, "a:both a:v ");
	expect_all(1, "v@x", "a:both a:v ");
	enter_noted(1, "w@x");
	append(1, "a", "w");
	erase("v@x", NULL);
	expect_all(1, NULL, "a:w ");
	append(1, "a", "w again");
	expect_all(1, "w@x", "a:w a:w again ");
	leave(1, "w@x");
	erase("w@x", NULL);
	expect_all(1, NULL, "");
}

/* More blocks and channels than one step looks at. */
static void erases_in_steps(void **state UNUSED)
{
	/* Asking makes a block of what was gathered. */
	const struct archive_query q = { .channel = channel_of(0), .max = 1 };
	struct answer r;

	open_archive();
	enter_noted(0, "u@x");
	for (int i = 0; i < 1100; i++) {
		append(0, "a", i % 2 == 0 ? "even" : "odd");
		ask(&r, &q);
		str_finish(&r.text);
		if (i == 500)
			enter_noted(0, "v@x");
		if (i == 502)
			leave(0, "v@x");
	}
	leave(0, "u@x");
	for (int i = 1; i < 300; i++)
		note(i, "u@x", "net", true);
	erase("u@x", NULL);
	expect_sources("u@x", ".");
	expect_all(0, NULL, "a:odd a:even ");
}

/* He is still there, or back: what comes now is his. */
static void enters_after_an_erasure(void **state UNUSED)
{
	open_archive();
	enter_noted(1, "u@x");
	append(1, "a", "old");
	erase("u@x", NULL);
	enter_noted(1, "u@x");
	append(1, "a", "new");
	expect_all(1, "u@x", "a:new ");
	expect_all(1, NULL, "a:new ");
	expect_sources("u@x", "net/1 .");
}

#define DAY_MS INT64_C(86400000)

static void expires_sources(void **state UNUSED)
{
	open_archive();
	enter_noted(1, "u@x");
	enter_noted(3, "u@x");
	note(2, "u@x", "net", true);
	append(1, "a", "room");
	append(2, "a", "chat");
	append(3, "a", "left");
	leave(3, "u@x");
	barrier();
	clock_advance(20 * DAY_MS);
	note(4, "u@x", "net", true);
	append(4, "a", "young");
	archive_expire(archive, clock_wall_ms() - 2 * DAY_MS);
	barrier();
	/* He is still in the first room. */
	expect_sources("u@x", "net/1 *net/4 .");
	expect_all(4, NULL, "a:young ");
}

/* --- Life ---------------------------------------------------------------- */

static void forgets_queries(void **state UNUSED)
{
	const struct archive_query q = query_of(1, NULL);
	struct answer one, two;

	answer_init(&one);
	answer_init(&two);
	open_archive();
	append(1, "a", "x");
	archive_query(archive, &q, on_page, &one);
	archive_query(archive, &q, on_page, &two);
	archive_query(archive, &q, on_page, &one);
	archive_forget(archive, &one);
	archive_forget(archive, &loop);
	wait_for(&two.outcome);
	barrier();
	assert_int_equal(one.outcome.calls, 0);
	assert_int_equal(two.outcome.calls, 1);
	/* Closing ends all of them, and calls back. */
	archive_query(archive, &q, on_page, &one);
	close_all();
	assert_int_equal(one.outcome.calls, 1);
	assert_int_equal(one.outcome.status, -1);
	str_finish(&one.text);
	str_finish(&two.text);
}

static void queries_with_many_slices(void **state UNUSED)
{
	struct archive_query q = query_of(1, NULL);
	struct answer r;

	open_archive();
	for (int i = 0; i < 1300; i++) {
		const struct archive_query one = { .channel = channel_of(1) };
		struct answer none;

		append(1, i == 1200 ? "rare" : "a", "x");
		archive_query(archive, &one, on_page, &none);
		archive_forget(archive, &none);
	}
	barrier();
	q.with = "rare";
	q.count = true;
	ask(&r, &q);
	assert_string_equal(str_text(&r.text), "rare:x ");
	assert_int_equal(r.total, 1);
	assert_int_equal(r.first_index, 0);
	assert_true(r.complete);
	str_finish(&r.text);
	/* Other work goes in between, and forgetting stops it. */
	answer_init(&r);
	q.from_end = true;
	archive_query(archive, &q, on_page, &r);
	barrier();
	assert_int_equal(r.outcome.calls, 0);
	archive_forget(archive, &r);
	loop_settle(loop, 0, NULL);
	assert_int_equal(r.outcome.calls, 0);
	assert_int_equal(store_backlog(store), 0);
	str_finish(&r.text);
}

/* --- Against a model ----------------------------------------------------- */

#define MODEL_CHANNELS 4
#define MODEL_READERS  3
#define MODEL_MESSAGES 3000

struct model_message {
	uint64_t number;
	int64_t wall_ms;
	int channel, from;
	unsigned seen; /* bit r: reader r was there */
};

static struct model {
	struct model_message messages[MODEL_MESSAGES];
	size_t count;
	unsigned there[MODEL_CHANNELS];
	uint32_t seed;
} model;

static uint32_t draw(uint32_t below)
{
	model.seed = model.seed * 1664525u + 1013904223u;
	return (model.seed >> 8) % below;
}

static const char *const model_readers[] = { "u@x", "v@x", "w@x" };
static const char *const model_nicks[] = { "a", "b", "", "d" };

static void model_append(void)
{
	struct model_message *m = &model.messages[model.count];
	char text[16];

	m->channel = (int)draw(MODEL_CHANNELS);
	m->from = (int)draw(4);
	m->wall_ms = clock_wall_ms() - draw(3) * draw(50000);
	m->seen = model.there[m->channel];
	text_format(text, sizeof(text), "%zu", model.count);
	m->number =
		append_at(m->channel, model_nicks[m->from], text, m->wall_ms);
	model.count++;
}

static void model_move(void)
{
	int channel = (int)draw(MODEL_CHANNELS);
	unsigned reader = draw(MODEL_READERS);

	if (draw(2) == 0) {
		enter(channel, model_readers[reader]);
		model.there[channel] |= 1u << reader;
	} else {
		leave(channel, model_readers[reader]);
		model.there[channel] &= ~(1u << reader);
	}
}

struct model_query {
	int channel, reader; /* reader -1: no times */
	const struct archive_query *q;
};

static bool model_sees(
	const struct model_query *mq, const struct model_message *m)
{
	return m->channel == mq->channel &&
	       (mq->reader < 0 || (m->seen >> mq->reader & 1) != 0);
}

static bool model_fits(
	const struct model_query *mq, const struct model_message *m)
{
	const struct archive_query *q = mq->q;

	return model_sees(mq, m) &&
	       (q->start_ms == 0 || m->wall_ms >= q->start_ms) &&
	       (q->end_ms == 0 || m->wall_ms <= q->end_ms) &&
	       (q->with == NULL || strcmp(q->with, model_nicks[m->from]) == 0);
}

static bool model_has(const struct model_query *mq, uint64_t number)
{
	for (size_t i = 0; i < model.count; i++) {
		if (model.messages[i].number == number)
			return model_sees(mq, &model.messages[i]);
	}
	return false;
}

static void model_check(const struct model_query *mq)
{
	const struct archive_query *q = mq->q;
	static size_t fits[MODEL_MESSAGES];
	size_t total = 0, first = 0, end, count;
	struct answer r;

	ask(&r, q);
	bool missing = (q->after && !model_has(mq, q->after)) ||
		       (q->before && !model_has(mq, q->before));
	assert_int_equal(r.missing, missing);
	if (missing) {
		str_finish(&r.text);
		return;
	}
	for (size_t i = 0; i < model.count; i++) {
		if (model_fits(mq, &model.messages[i]))
			fits[total++] = i;
	}
	end = total;
	while (first < end && model.messages[fits[first]].number <= q->after)
		first++;
	while (q->before && end > first &&
		model.messages[fits[end - 1]].number >= q->before)
		end--;
	count = end - first < q->max ? end - first : q->max;
	assert_int_equal(r.complete, end - first <= q->max);
	if (q->from_end)
		first = end - count;
	assert_int_equal(r.count, count);
	if (count > 0) {
		assert_int_equal(r.first, model.messages[fits[first]].number);
		assert_int_equal(
			r.last, model.messages[fits[first + count - 1]].number);
	}
	if (q->count) {
		assert_int_equal(r.total, total);
		assert_int_equal(r.first_index, count > 0 ? (long)first : -1);
	}
	str_finish(&r.text);
}

static uint64_t model_number(void)
{
	if (draw(4) != 0 || model.count == 0)
		return 0;
	return model.messages[draw((uint32_t)model.count)].number +
	       (draw(20) == 0);
}

static void model_ask(void)
{
	int channel = (int)draw(MODEL_CHANNELS);
	int reader = (int)draw(MODEL_READERS + 1) - 1;
	struct archive_query q =
		query_of(channel, reader < 0 ? NULL : model_readers[reader]);
	const struct model_query mq = { channel, reader, &q };

	q.after = model_number();
	q.before = model_number();
	if (draw(4) == 0)
		q.start_ms = clock_wall_ms() - draw(100000);
	if (draw(4) == 0)
		q.end_ms = clock_wall_ms() - draw(100000);
	if (draw(4) == 0)
		q.with = model_nicks[draw(4)];
	q.max = draw(3) == 0 ? 1000 : draw(20);
	q.from_end = draw(2) == 0;
	q.count = draw(2) == 0;
	model_check(&mq);
}

static void model_step(void)
{
	switch (draw(20)) {
	case 0:
	case 1:
		model_move();
		break;
	case 2:
		model_ask();
		break;
	case 3:
		loop_settle(loop, draw(20000), NULL);
		break;
	case 4:
		clock_advance(draw(1000));
		break;
	default:
		model_append();
		break;
	}
}

static void agrees_with_the_model(void **state UNUSED)
{
	memset(&model, 0, sizeof(model));
	model.seed = 42;
	open_archive();
	while (model.count < MODEL_MESSAGES) {
		model_step();
		if (model.count % 1000 == 999) {
			/* Nobody is there after a restart. */
			reopen();
			memset(model.there, 0, sizeof(model.there));
			model_append();
		}
	}
	for (int i = 0; i < 300; i++)
		model_ask();
}

#define ARCHIVE_CASE(name, set_up, tear_down) \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#define ARCHIVE_CASES(up, down)                                             \
	ARCHIVE_CASE(numbers_grow, up, down),                               \
		ARCHIVE_CASE(numbers_survive_a_clock_set_back, up, down),   \
		ARCHIVE_CASE(a_tombstone, up, down),                        \
		ARCHIVE_CASE(keeps_every_field, up, down),                  \
		ARCHIVE_CASE(keeps_channels_apart, up, down),               \
		ARCHIVE_CASE(gives_pages, up, down),                        \
		ARCHIVE_CASE(walks_through_all_pages, up, down),            \
		ARCHIVE_CASE(filters, up, down),                            \
		ARCHIVE_CASE(filters_by_the_time_of_the_message, up, down), \
		ARCHIVE_CASE(picks_numbers, up, down),                      \
		ARCHIVE_CASE(tells_what_is_missing, up, down),              \
		ARCHIVE_CASE(readers_see_their_times, up, down),            \
		ARCHIVE_CASE(pages_span_times, up, down),                   \
		ARCHIVE_CASE(times_go_by_appending, up, down),              \
		ARCHIVE_CASE(gives_bounds, up, down),                       \
		ARCHIVE_CASE(keeps_big_messages, up, down),                 \
		ARCHIVE_CASE(limits_names_and_ids, up, down),               \
		ARCHIVE_CASE(expires, up, down),                            \
		ARCHIVE_CASE(expires_in_steps, up, down),                   \
		ARCHIVE_CASE(erases_a_reader, up, down),                    \
		ARCHIVE_CASE(erases_what_nobody_reads, up, down),           \
		ARCHIVE_CASE(erases_in_steps, up, down),                    \
		ARCHIVE_CASE(enters_after_an_erasure, up, down),            \
		ARCHIVE_CASE(expires_sources, up, down),                    \
		ARCHIVE_CASE(forgets_queries, up, down),                    \
		ARCHIVE_CASE(queries_with_many_slices, up, down),           \
		ARCHIVE_CASE(agrees_with_the_model, up, down)

#endif
