/*
 * Single-byte charsets: names, and every byte against iconv.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <iconv.h>

#include "base/utf8.h"

#include <cmocka.h>

static void test_names(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int charset;
	} rows[] = {
		{ "windows-1252", CHARSET_WINDOWS_1252 },
		{ "Windows-1252", CHARSET_WINDOWS_1252 },
		{ "CP1252", CHARSET_WINDOWS_1252 },
		{ "iso-8859-1", CHARSET_ISO_8859_1 },
		{ "latin1", CHARSET_ISO_8859_1 },
		{ "ISO-8859-15", CHARSET_ISO_8859_15 },
		{ "Latin-9", CHARSET_ISO_8859_15 },
		{ "windows-1251", CHARSET_WINDOWS_1251 },
		{ "koi8-r", CHARSET_KOI8_R },
		{ "KOI8-R", CHARSET_KOI8_R },
		{ "utf-8", -1 },
		{ "", -1 },
		{ "koi8-u", -1 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (charset_by_name(rows[i].name) != rows[i].charset)
			fail_msg("row %zu: %s", i, rows[i].name);
	}
	for (int i = 0; i < CHARSET_COUNT; i++)
		assert_int_equal(
			charset_by_name(charset_name((enum charset)i)), i);
}

static void test_every_byte(void **state)
{
	(void)state;
	for (int charset = 0; charset < CHARSET_COUNT; charset++) {
		iconv_t cd = iconv_open(
			"UTF-8", charset_name((enum charset)charset));

		assert_true(cd != (iconv_t)-1);
		for (unsigned byte = 0x80; byte < 0x100; byte++) {
			/* 0xff 0xff is not UTF-8, so the byte is decoded. */
			char in[3] = { (char)byte, '\xff', '\xff' };
			char want[8];
			char *from = in, *to = want;
			size_t in_left = 1, out_left = sizeof(want);
			struct str out;

			if (iconv(cd, &from, &in_left, &to, &out_left) ==
				(size_t)-1) {
				memcpy(want, "\xef\xbf\xbd", 3);
				out_left = sizeof(want) - 3;
			}
			size_t len = sizeof(want) - out_left;
			str_init(&out, 100);
			charset_decode(
				&out, slice_make(in, 3), (enum charset)charset);
			if (memcmp(str_text(&out), want, len) != 0)
				fail_msg("%s %02x",
					charset_name((enum charset)charset),
					byte);
			str_finish(&out);
			iconv(cd, NULL, NULL, NULL, NULL);
		}
		iconv_close(cd);
	}
}

static void test_decode(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "plain", "plain" },
		{ "Gr\xc3\xbc\xc3\x9f", "Gr\xc3\xbc\xc3\x9f" },
		{ "Gr\xfc\xdf", "Gr\xc3\xbc\xc3\x9f" },
		{ "10 \x80", "10 \xe2\x82\xac" },
		/* One bad byte, and the whole line is the old charset. */
		{ "\xc3\xbc \xfc", "\xc3\x83\xc2\xbc \xc3\xbc" },
		{ "\x81", "\xef\xbf\xbd" },
		{ "\x01\xfc\t", "\xef\xbf\xbd\xc3\xbc\t" },
		{ "\x01\xc3\xbc", "\xef\xbf\xbd\xc3\xbc" },
		{ "", "" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out;

		str_init(&out, 100);
		charset_decode(
			&out, slice_of(rows[i].in), CHARSET_WINDOWS_1252);
		if (strcmp(str_text(&out), rows[i].out) != 0)
			fail_msg("row %zu: \"%s\"", i, str_text(&out));
		str_finish(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_decode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
