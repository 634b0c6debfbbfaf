/* The filter of IMAP responses: what passes, what is told, what is refused,
 * however it is cut into reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "email_worker/imap_filter.h"

static struct imap_filter filter;
static struct str passed, told;
static const char *words;

static void on_told(struct slice response, void *arg UNUSED)
{
	str_add_slice(&told, response);
	str_add_char(&told, '|');
}

static void begin(bool is_own)
{
	str_reset(&passed);
	str_reset(&told);
	words = "";
	imap_filter_init(&filter, on_told, NULL);
	filter.is_own = is_own;
}

/* In memory of just that size. -1: refused. */
static int feed(struct slice in)
{
	char *copy = xalloc(in.len > 0 ? in.len : 1);
	size_t at = 0, used;
	int result = 0;

	if (in.len > 0)
		memcpy(copy, in.data, in.len);
	while (result == 0 && at < in.len) {
		result = imap_filter_feed(&filter,
			slice_make(copy + at, in.len - at), &used, &passed,
			&words);
		assert_true(result != 0 || used > 0);
		at += used;
	}
	xfree(copy);
	return result;
}

static int set_up(void **state UNUSED)
{
	str_init(&passed, 4 * IMAP_TOLD_MAX);
	str_init(&told, 4 * IMAP_TOLD_MAX);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	imap_filter_finish(&filter);
	str_finish(&passed);
	str_finish(&told);
	return 0;
}

struct row {
	const char *in, *passed, *told; /* passed NULL: refused */
};

/* At the library's turn. */
static const struct row rows[] = {
	{ "* 5 EXISTS\r\n", "* 5 EXISTS\r\n", "* 5 EXISTS|" },
	{ "* 5 EXPUNGE\r\n", "* 5 EXPUNGE\r\n", "* 5 EXPUNGE|" },
	{ "* 0 RECENT\r\n", "* 0 RECENT\r\n", "" },
	{ "* SEARCH 1 2 3\r\n", "* SEARCH 1 2 3\r\n", "" },
	{ "* 1 FETCH (UID 3 FLAGS (\\Seen))\r\n",
		"* 1 FETCH (UID 3 FLAGS (\\Seen))\r\n", "" },
	{ "* 1 fetch (BODY[]<0> {5}\r\na(\"\nb UID 3)\r\n* 2 RECENT\r\n",
		"* 1 fetch (BODY[]<0> {5}\r\na(\"\nb UID 3)\r\n"
		"* 2 RECENT\r\n",
		"" },
	{ "* 1 FETCH (BODY[] \"a\\\\\\\"((((((((((((\")\r\n",
		"* 1 FETCH (BODY[] \"a\\\\\\\"((((((((((((\")\r\n", "" },
	/* States lose what the server says with them. */
	{ "* OK [BADCHARSET (x)] hello\r\n", "* OK done\r\n",
		"* OK [BADCHARSET (x)] hello|" },
	{ "A1 NO [LIMIT] no {5}\r\n", "A1 NO done\r\n",
		"A1 NO [LIMIT] no {5}|" },
	{ "* BYE x\n", "* BYE done\r\n", "* BYE x|" },
	{ "* PREAUTH x\r\n", "* PREAUTH done\r\n", "* PREAUTH x|" },
	{ "+ idling {3}\r\n", "+ go on\r\n", "+ idling {3}|" },
	{ "+\r\n", "+ go on\r\n", "+|" },
	/* The rest is ours. */
	{ "* FLAGS (\\Seen\r\n", "", "* FLAGS (\\Seen|" },
	{ "* LIST (\\Sent) \"/\" {4}\r\na\r\nb\r\n", "",
		"* LIST (\\Sent) \"/\" {4}\r\na\r\nb|" },
	{ "* XYZZY\r\n* 7 XYZZY (((\r\n", "", "* XYZZY|* 7 XYZZY (((|" },
	{ "* CAPABILITY IMAP4rev1\r\n", "", "* CAPABILITY IMAP4rev1|" },
	/* Nothing that is read on. */
	{ "hello\r\n", NULL, NULL },
	{ "\r\n", NULL, NULL },
	{ "A1\r\n", NULL, NULL },
	{ "A1 MAYBE x\r\n", NULL, NULL },
	{ "A(1 OK x\r\n", NULL, NULL },
	{ "* 1 FETCH (((((((((x)))))))))\r\n", NULL, NULL },
	{ "* 1 FETCH (x\r\n", NULL, NULL },
	{ "* 1 FETCH x)\r\n", NULL, NULL },
	{ "* 1 FETCH (\"x)\r\n", NULL, NULL },
	{ "* 1 FETCH (BODY[] {262145}\r\n", NULL, NULL },
	{ "* 1 FETCH (BODY[] {99999999999999999999999}\r\n", NULL, NULL },
	{ "* LIST () \"/\" {4097}\r\n", NULL, NULL },
};

static void run_row(size_t i, size_t cut)
{
	const struct row *row = &rows[i];
	struct slice in = slice_of(row->in);
	int result;

	begin(false);
	result = feed(slice_make(in.data, cut));
	if (result == 0)
		result = feed(slice_make(in.data + cut, in.len - cut));
	if ((result == 0) != (row->passed != NULL))
		fail_msg("row %zu cut at %zu: %d %s", i, cut, result, words);
	if (result == 0) {
		assert_string_equal(str_text(&passed), row->passed);
		assert_string_equal(str_text(&told), row->told);
		assert_true(imap_filter_is_clear(&filter));
	} else {
		assert_string_not_equal(words, "");
	}
	imap_filter_finish(&filter);
}

static void test_every_split(void **state UNUSED)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t cut = 0; cut <= strlen(rows[i].in); cut++)
			run_row(i, cut);
	}
}

static void test_own_mode(void **state UNUSED)
{
	begin(true);
	assert_int_equal(feed(slice_of("* 1 FETCH (FLAGS ())\r\n"
				       "* SEARCH 1\r\n+ go\r\nG1 OK x\r\n"
				       "* 2 EXISTS\r\n")),
		0);
	assert_string_equal(str_text(&passed), "");
	assert_string_equal(str_text(&told),
		"* 1 FETCH (FLAGS ())|* SEARCH 1|+ go|G1 OK x|* 2 EXISTS|");
}

/* What is told may change the mode: nothing behind it is read before. */
static void test_it_stops_at_what_it_tells(void **state UNUSED)
{
	static const char in[] = "* OK a\r\n* OK b\r\n";
	size_t used;

	begin(false);
	assert_int_equal(
		imap_filter_feed(&filter, slice_of(in), &used, &passed, &words),
		0);
	assert_int_equal(used, 8);
	assert_string_equal(str_text(&told), "* OK a|");
}

static int feed_many(const char *piece, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (feed(slice_of(piece)) != 0)
			return -1;
	}
	return 0;
}

static void test_no_end(void **state UNUSED)
{
	begin(false);
	assert_int_equal(feed(slice_of("* OK ")), 0);
	assert_int_equal(feed_many("0123456789abcdef", IMAP_TOLD_MAX / 16), -1);
	assert_true(filter.line.cap <= IMAP_TOLD_MAX);
	imap_filter_finish(&filter);
	begin(false);
	assert_int_equal(feed(slice_of("* 1 FETCH (FLAGS (")), 0);
	assert_int_equal(feed_many("0123456789abcdef", IMAP_LINE_MAX / 16), 0);
	assert_int_equal(feed(slice_of("))\r\n")), -1);
	imap_filter_finish(&filter);
	/* Literals one after the other. */
	begin(false);
	assert_int_equal(feed(slice_of("* 1 FETCH (")), 0);
	assert_int_equal(feed_many("{1}\r\nx ", IMAP_LITERALS_MAX), 0);
	assert_int_equal(feed(slice_of("{1}\r\nx")), -1);
	imap_filter_finish(&filter);
	begin(false);
	assert_int_equal(feed(slice_make("* OK a\0b\r\n", 10)), -1);
}

/* A slice of a mail is passed on as it comes, and never held as a whole. */
static void test_literals_flow(void **state UNUSED)
{
	char *bytes = xalloc(IMAP_LITERAL_MAX);
	struct str room;
	size_t at = 0, used;

	begin(false);
	str_init(&room, 4096);
	memset(bytes, '(', IMAP_LITERAL_MAX);
	assert_int_equal(feed(slice_of("* 1 FETCH (BODY[] {262144}\r\n")), 0);
	assert_int_equal(filter.line.len, 0);
	while (at < IMAP_LITERAL_MAX) {
		assert_int_equal(
			imap_filter_feed(&filter,
				slice_make(bytes + at, IMAP_LITERAL_MAX - at),
				&used, &room, &words),
			0);
		assert_true(used > 0);
		at += used;
		assert_int_equal(room.len, used);
		str_reset(&room);
	}
	assert_int_equal(filter.line.len, 0);
	assert_int_equal(feed(slice_of(" UID 1)\r\n")), 0);
	assert_true(imap_filter_is_clear(&filter));
	str_finish(&room);
	xfree(bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_split),
		TEST(test_own_mode),
		TEST(test_it_stops_at_what_it_tells),
		TEST(test_no_end),
		TEST(test_literals_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
