/*
 * UTF-8: decoding against the definition, cleaning, and cuts.
 */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* An exact copy on the heap, so that the sanitizer sees a read beyond it. */
static char *exact(const char *data, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}

static void test_every_code_point(void **state)
{
	(void)state;
	struct str out;

	str_init(&out, 100);
	for (uint32_t code = 0; code <= 0x110010; code++) {
		bool good =
			code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
		uint32_t want = good ? code : 0xfffd, got;

		str_reset(&out);
		utf8_add(&out, code);
		size_t len = utf8_next(str_slice(&out), &got);
		if (len != out.len || got != want)
			fail_msg("U+%04X", code);
		if (!utf8_is_valid(str_slice(&out)))
			fail_msg("U+%04X is not valid", code);
		for (size_t cut = 0; cut < len; cut++) {
			if (utf8_next(slice_make(out.data, cut), &got) != 0)
				fail_msg("U+%04X cut to %zu", code, cut);
		}
		/* XML 1.0, section 2.2 */
		bool xml = code == 9 || code == 10 || code == 13 ||
			   (code >= 0x20 && code <= 0xd7ff) ||
			   (code >= 0xe000 && code <= 0xfffd) ||
			   (code >= 0x10000 && code <= 0x10ffff);
		if (utf8_is_xml_char(code) != xml)
			fail_msg("U+%04X as XML", code);
	}
	str_finish(&out);
}

static void test_refused(void **state)
{
	(void)state;
	static const char *const rows[] = { "\x80", "\xbf", "\xc0\x80",
		"\xc1\xbf", "\xc2", "\xc2\x41", "\xc2\xc2", "\xe0\x80\x80",
		"\xe0\x9f\xbf", "\xe2\x82", "\xe2\x82\x41", "\xe2\x28\xa1",
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf", "\xf0\x9f\x98", "\xf0\x9f\x98\x41",
		"\xf0\x28\x8c\xbc", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80", "\xfe",
		"\xff" };
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *copy = exact(rows[i], strlen(rows[i]));
		struct slice s = slice_make(copy, strlen(rows[i]));
		uint32_t code = 0x1234;

		if (utf8_next(s, &code) != 0 || utf8_is_valid(s))
			fail_msg("row %zu", i);
		free(copy);
	}
	uint32_t code;
	assert_int_equal(utf8_next(slice_of(NULL), &code), 0);
	assert_true(utf8_is_valid(slice_of(NULL)));
	assert_true(utf8_is_valid(slice_make("a\0b", 3)));
}

#define BAD "\xef\xbf\xbd"

static void test_clean(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "plain ASCII text that is longer than one word",
			"plain ASCII text that is longer than one word" },
		{ "tab\tline\nreturn\r.", "tab\tline\nreturn\r." },
		{ "\x7f\xc2\x80\xc2\x9f", "\x7f\xc2\x80\xc2\x9f" },
		{ "\x01", BAD },
		{ "eight by\x02te\x1fs", "eight by" BAD "te" BAD "s" },
		{ "\x1b[1m", BAD "[1m" },
		{ "Gr\xc3\xbc\xc3\x9f"
		  "e \xe2\x82\xac \xf0\x9f\x98\x80",
			"Gr\xc3\xbc\xc3\x9f"
			"e \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\xff", BAD },
		{ "a\xffz", "a" BAD "z" },
		{ "\xe2\x82", BAD BAD },
		{ "\xe2\x82(", BAD BAD "(" },
		{ "\xc0\x80", BAD BAD },
		{ "\xed\xa0\x80", BAD BAD BAD },
		{ "\xef\xbf\xbe\xef\xbf\xbf", BAD BAD },
		{ "\xef\xbf\xbd", BAD },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		{ "\xf4\x90\x80\x80", BAD BAD BAD BAD },
		{ "12345678\xc3", "12345678" BAD },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* At every position of a word of eight. */
		for (size_t before = 0; before < 9; before++) {
			struct str in, out;

			str_init(&in, 200);
			str_init(&out, 400);
			str_add_bytes(&in, "........", before < 8 ? before : 8);
			str_add(&in, rows[i].in);
			char *copy = exact(str_text(&in), in.len);
			utf8_clean(&out, slice_make(copy, in.len));
			if (strcmp(str_text(&out) + (before < 8 ? before : 8),
				    rows[i].out) != 0)
				fail_msg("row %zu at %zu: \"%s\"", i, before,
					str_text(&out));
			free(copy);
			str_finish(&in);
			str_finish(&out);
		}
	}
}

static void test_clean_nul(void **state)
{
	(void)state;
	struct str out;

	str_init(&out, 100);
	utf8_clean(&out, slice_make("a\0b", 3));
	assert_string_equal(str_text(&out), "a" BAD "b");
	utf8_clean(&out, slice_of(NULL));
	assert_int_equal(out.len, 5);
	str_finish(&out);

	str_init(&out, 3);
	utf8_clean(&out, slice_of("\xff"));
	assert_true(out.overflow);
	str_finish(&out);
}

/* Every single byte, alone and with neighbours, against utf8_next(). */
static void test_clean_bytes(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		for (size_t at = 0; at < 20; at++) {
			char in[20];
			struct str out;
			bool good = byte < 0x80 && utf8_is_xml_char(byte);

			memset(in, 'x', sizeof(in));
			in[at] = (char)byte;
			str_init(&out, 100);
			utf8_clean(&out, slice_make(in, sizeof(in)));
			if (out.len != (good ? 20u : 22u) ||
				memcmp(out.data, in, good ? 20 : at) != 0)
				fail_msg("byte %02x at %zu", byte, at);
			if (utf8_is_valid(slice_make(in, 20)) != (byte < 0x80))
				fail_msg("byte %02x at %zu", byte, at);
			str_finish(&out);
		}
	}
}

static void test_prefix(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t max, want;
	} rows[] = {
		{ "", 0, 0 },
		{ "", 5, 0 },
		{ "abc", 5, 3 },
		{ "abc", 3, 3 },
		{ "abc", 2, 2 },
		{ "abc", 0, 0 },
		{ "a\xc3\xa4", 2, 1 },
		{ "a\xc3\xa4", 3, 3 },
		{ "\xc3\xa4", 1, 0 },
		{ "\xe2\x82\xac.", 1, 0 },
		{ "\xe2\x82\xac.", 2, 0 },
		{ "\xe2\x82\xac.", 3, 3 },
		{ "\xf0\x9f\x98\x80.", 3, 0 },
		{ "\xf0\x9f\x98\x80.", 4, 4 },
		{ ".\xf0\x9f\x98\x80.", 2, 1 },
		/* Not UTF-8: nothing to keep together. */
		{ "\x80\x80\x80\x80\x80\x80\x80\x80", 5, 5 },
		{ "\xff\xff\xff", 1, 1 },
		{ "a\xc3", 1, 1 },
		{ "a\xe2\x82z", 2, 2 },
		{ "\xc3\xa4\x80\x80", 3, 3 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *copy = exact(rows[i].text, strlen(rows[i].text));
		struct slice s = slice_make(copy, strlen(rows[i].text));

		if (utf8_prefix(s, rows[i].max) != rows[i].want)
			fail_msg(
				"row %zu: %zu", i, utf8_prefix(s, rows[i].max));
		free(copy);
	}
}

#define E_ACUTE  "e\xcc\x81"                        /* e U+0301 */
#define DE       "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa" /* flag */
#define FR       "\xf0\x9f\x87\xab\xf0\x9f\x87\xb7"
#define MAN      "\xf0\x9f\x91\xa8"
#define ZWJ_TEXT "\xe2\x80\x8d"
#define FAMILY   MAN ZWJ_TEXT MAN ZWJ_TEXT "\xf0\x9f\x91\xa6" /* 18 bytes */
#define HEART    "\xe2\x9d\xa4\xef\xb8\x8f"                   /* U+2764 VS16 */
#define WAVE     "\xf0\x9f\x91\x8b\xf0\x9f\x8f\xbd"           /* skin tone */
#define KEYCAP   "1\xef\xb8\x8f\xe2\x83\xa3"

static void test_cluster(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t max, want;
	} rows[] = {
		{ "abc", 2, 2 },
		{ "abc", 9, 3 },
		{ "ab", 0, 0 },
		{ "a" E_ACUTE "z", 2, 1 },
		{ "a" E_ACUTE "z", 3, 1 },
		{ "a" E_ACUTE "z", 4, 4 },
		{ "." DE FR ".", 1, 1 },
		{ "." DE FR ".", 5, 1 },
		{ "." DE FR ".", 8, 1 },
		{ "." DE FR ".", 9, 9 },
		{ "." DE FR ".", 13, 9 },
		{ "." DE FR ".", 17, 17 },
		{ "." FAMILY ".", 5, 1 },
		{ "." FAMILY ".", 8, 1 },
		{ "." FAMILY ".", 18, 1 },
		{ "." FAMILY ".", 19, 19 },
		{ "." HEART "x", 4, 1 },
		{ "." HEART "x", 7, 7 },
		{ "." WAVE "x", 5, 1 },
		{ "." WAVE "x", 9, 9 },
		{ "." KEYCAP "x", 2, 1 },
		{ "." KEYCAP "x", 5, 1 },
		{ "." KEYCAP "x", 8, 8 },
		{ "a\r\nb", 2, 1 },
		{ "a\r\nb", 3, 3 },
		/* A mark after a control character stands alone. */
		{ "ab\n\xcc\x81", 3, 3 },
		/* Nothing fits whole: cut between code points. */
		{ E_ACUTE E_ACUTE, 2, 1 },
		{ FAMILY, 8, 7 },
		{ DE, 7, 4 },
		{ "\xcc\x81\xcc\x81\xcc\x81", 4, 4 },
		/* Devanagari, Thai, Hebrew, Arabic marks */
		{ "x\xe0\xa4\xa8\xe0\xa4\xbf", 4, 1 },
		{ "x\xe0\xb8\x81\xe0\xb8\xb3", 4, 4 },
		{ "x\xd7\x90\xd6\xb7.", 3, 1 },
		{ "x\xd8\xa8\xd9\x91.", 3, 1 },
		/* Invalid bytes are no marks. */
		{ "a\xff\xff", 2, 2 },
		{ "a\xcc", 1, 1 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *copy = exact(rows[i].text, strlen(rows[i].text));
		struct slice s = slice_make(copy, strlen(rows[i].text));
		size_t got = utf8_prefix_cluster(s, rows[i].max);

		if (got != rows[i].want)
			fail_msg("row %zu: %zu", i, got);
		free(copy);
	}
}

/* Text made of nothing but marks or flags, cut everywhere, stays linear
 * enough and never makes a piece of nothing. */
static void test_cluster_hostile(void **state)
{
	(void)state;
	static const char *const units[] = { "\xcc\x81", "\xf0\x9f\x87\xa9",
		ZWJ_TEXT, "\r", "\x80", "e\xcc\x81" };
	struct str text;

	for (size_t i = 0; i < COUNT(units); i++) {
		str_init(&text, 20000);
		while (!text.overflow)
			str_add(&text, units[i]);
		struct slice rest = str_slice(&text);
		size_t pieces = 0;
		while (rest.len > 0) {
			size_t len = utf8_prefix_cluster(rest, 400);

			assert_in_range(len, 1, 400);
			rest = slice_make(rest.data + len, rest.len - len);
			pieces++;
		}
		if (pieces > 60)
			fail_msg("unit %zu: %zu pieces", i, pieces);
		str_finish(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_clean_nul),
		cmocka_unit_test(test_clean_bytes),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_cluster),
		cmocka_unit_test(test_cluster_hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
