/*
 * mIRC formatting.
 */
#include "irc/format.h"

#include "base/macros.h"
#include "irc/rows.h"

#define B IRC_STYLE_BOLD
#define I IRC_STYLE_ITALIC
#define U IRC_STYLE_UNDERLINE
#define S IRC_STYLE_STRIKE
#define M IRC_STYLE_MONO

static void test_parse(void **state)
{
	(void)state;
	static const struct {
		const char *raw, *text;
		size_t count;
		struct irc_span spans[4];
	} rows[] = {
		{ "", "", 0, { { 0 } } },
		{ "plain", "plain", 0, { { 0 } } },
		{ "\x02"
		  "bold\x02 not",
			"bold not", 1, { { 0, 4, B, -1, -1 } } },
		{ "\x02unfinished", "unfinished", 1, { { 0, 10, B, -1, -1 } } },
		{ "a\x1d"
		  "b\x1f"
		  "c\x1e"
		  "d\x11"
		  "e",
			"abcde", 4,
			{ { 1, 2, I, -1, -1 }, { 2, 3, I | U, -1, -1 },
				{ 3, 4, I | U | S, -1, -1 },
				{ 4, 5, I | U | S | M, -1, -1 } } },
		{ "\x02"
		  "a\x0f"
		  "b",
			"ab", 1, { { 0, 1, B, -1, -1 } } },
		/* Codes that cancel each other leave one run. */
		{ "\x02"
		  "a\x1d\x1d"
		  "b",
			"ab", 1, { { 0, 2, B, -1, -1 } } },
		{ "\x02\x02", "", 0, { { 0 } } },
		{ "\x02\x02x", "x", 0, { { 0 } } },
		{ "\x02", "", 0, { { 0 } } },
		/* Colours. */
		{ "\x03"
		  "4red\x03 not",
			"red not", 1, { { 0, 3, 0, 0xff0000, -1 } } },
		{ "\x03"
		  "04red",
			"red", 1, { { 0, 3, 0, 0xff0000, -1 } } },
		{ "\x03"
		  "043",
			"3", 1, { { 0, 1, 0, 0xff0000, -1 } } },
		{ "\x03"
		  "4,1x",
			"x", 1, { { 0, 1, 0, 0xff0000, 0 } } },
		{ "\x03"
		  "4,01x",
			"x", 1, { { 0, 1, 0, 0xff0000, 0 } } },
		{ "\x03"
		  "4,x",
			",x", 1, { { 0, 2, 0, 0xff0000, -1 } } },
		{ "\x03"
		  "4,",
			",", 1, { { 0, 1, 0, 0xff0000, -1 } } },
		{ "\x03"
		  "4",
			"", 0, { { 0 } } },
		{ "\x03", "", 0, { { 0 } } },
		{ "\x03,4x", ",4x", 0, { { 0 } } },
		{ "\x03"
		  "99x",
			"x", 0, { { 0 } } },
		{ "\x03"
		  "4,99x",
			"x", 1, { { 0, 1, 0, 0xff0000, -1 } } },
		{ "\x03"
		  "16x\x03"
		  "98y",
			"xy", 2,
			{ { 0, 1, 0, 0x470000, -1 },
				{ 1, 2, 0, 0xffffff, -1 } } },
		/* Only the foreground changes. */
		{ "\x03"
		  "4,2a\x03"
		  "3b",
			"ab", 2,
			{ { 0, 1, 0, 0xff0000, 0x00007f },
				{ 1, 2, 0, 0x009300, 0x00007f } } },
		{ "\x03"
		  "4a\x03"
		  "04b",
			"ab", 1, { { 0, 2, 0, 0xff0000, -1 } } },
		{ "\x04"
		  "FF00cdx",
			"x", 1, { { 0, 1, 0, 0xff00cd, -1 } } },
		{ "\x04"
		  "ff0000,00ff00x",
			"x", 1, { { 0, 1, 0, 0xff0000, 0x00ff00 } } },
		{ "\x04"
		  "ff0000,00ff0x",
			",00ff0x", 1, { { 0, 7, 0, 0xff0000, -1 } } },
		{ "\x04"
		  "ff000x",
			"ff000x", 0, { { 0 } } },
		{ "\x03"
		  "4a\x04"
		  "b",
			"ab", 1, { { 0, 1, 0, 0xff0000, -1 } } },
		{ "\x04"
		  "ff00",
			"ff00", 0, { { 0 } } },
		/* Reverse is resolved to the colours that are seen. */
		{ "\x16x", "x", 1, { { 0, 1, 0, 0xffffff, 0 } } },
		{ "\x03"
		  "4,2\x16x",
			"x", 1, { { 0, 1, 0, 0x00007f, 0xff0000 } } },
		{ "\x03"
		  "4\x16x\x16y",
			"xy", 2,
			{ { 0, 1, 0, 0xffffff, 0xff0000 },
				{ 1, 2, 0, 0xff0000, -1 } } },
		{ "\x16"
		  "a\x0f"
		  "b",
			"ab", 1, { { 0, 1, 0, 0xffffff, 0 } } },
		/* UTF-8, and what is not. */
		{ "\x02\xe2\x82\xac\x02\xc3\xa9", "\xe2\x82\xac\xc3\xa9", 1,
			{ { 0, 3, B, -1, -1 } } },
		{ "\x02\xe9\x02t\xe9", "\xc3\xa9t\xc3\xa9", 1,
			{ { 0, 2, B, -1, -1 } } },
		{ "\xc3\x02\xa9", "\xc3\x83\xc2\xa9", 1,
			{ { 2, 4, B, -1, -1 } } },
		/* Other control characters cannot be carried. */
		{ "\x02"
		  "a\x01"
		  "b\x07",
			"a\xef\xbf\xbd"
			"b\xef\xbf\xbd",
			1, { { 0, 8, B, -1, -1 } } },
		{ "a\tb", "a\tb", 0, { { 0 } } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct irc_span spans[IRC_MAX_SPANS];
		struct str out;

		str_init(&out, 200);
		size_t count = irc_format_parse(slice_of(rows[i].raw),
			CHARSET_WINDOWS_1252, &out, spans);
		row_slice(i, "text", str_slice(&out), rows[i].text);
		row_number(i, "count", (long)count, (long)rows[i].count);
		for (size_t s = 0; s < count; s++) {
			const struct irc_span *want = &rows[i].spans[s];

			row_number(i, "start", (long)spans[s].start,
				(long)want->start);
			row_number(
				i, "end", (long)spans[s].end, (long)want->end);
			row_number(i, "style", (long)spans[s].style,
				(long)want->style);
			row_number(i, "fg", spans[s].fg, want->fg);
			row_number(i, "bg", spans[s].bg, want->bg);
		}
		str_finish(&out);
	}
}

static void test_all_colors(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		struct irc_span spans[IRC_MAX_SPANS];
		struct str out;
		char raw[16];

		snprintf(raw, sizeof(raw), "\x03%02dx", i);
		str_init(&out, 200);
		size_t count = irc_format_parse(
			slice_of(raw), CHARSET_WINDOWS_1252, &out, spans);
		assert_string_equal(str_text(&out), "x");
		assert_int_equal(count, i < 99);
		if (count > 0)
			assert_in_range(spans[0].fg, 0, 0xffffff);
		str_finish(&out);
	}
}

static void test_rainbow(void **state)
{
	(void)state;
	struct irc_span spans[IRC_MAX_SPANS];
	struct str raw, out;

	str_init(&raw, 4096);
	str_init(&out, 4096);
	str_add(&out, "before ");
	for (unsigned i = 0; i < 200; i++)
		str_addf(&raw, "\x03%02ux", i % 16);
	assert_int_equal(irc_format_parse(str_slice(&raw), CHARSET_WINDOWS_1252,
				 &out, spans),
		IRC_MAX_SPANS);
	assert_int_equal(out.len, 207);
	for (size_t i = 0; i < IRC_MAX_SPANS; i++) {
		assert_int_equal(spans[i].start, 7 + i);
		assert_int_equal(spans[i].end, 8 + i);
	}
	str_finish(&raw);
	str_finish(&out);
}

/* Text that does not fit never has a span that points outside. */
static void test_full(void **state)
{
	(void)state;
	struct irc_span spans[IRC_MAX_SPANS];
	struct str out;

	str_init(&out, 8);
	size_t count = irc_format_parse(slice_of("\x02"
						 "abc\x02"
						 "defgh\x02i"),
		CHARSET_WINDOWS_1252, &out, spans);
	assert_true(out.overflow);
	assert_true(count > 0);
	assert_true(spans[count - 1].end <= out.len);
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_all_colors),
		cmocka_unit_test(test_rainbow),
		cmocka_unit_test(test_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
