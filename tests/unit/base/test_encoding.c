/*
 * Encodings in both directions, and what none of them takes.
 */
#include "base/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crypto.h"

static void test_hex_decode(void **state)
{
	(void)state;
	static const char *const refused[] = { "0", "000", "0g", "g0", " 00 ",
		"0x", "00 0", "0\n", "-1", "\xff\xff", "/0", ":0", "@0", "G0",
		"`0" };
	struct str out;

	str_init(&out, 20);
	assert_int_equal(hex_decode(&out, slice_of("")), 0);
	assert_int_equal(hex_decode(&out, slice_of("00ffAbcDeF9")), -1);
	assert_int_equal(hex_decode(&out, slice_of("00ffAbcDeF90")), 0);
	assert_int_equal(out.len, 6);
	assert_memory_equal(out.data, "\x00\xff\xab\xcd\xef\x90", 6);
	for (size_t i = 0; i < COUNT(refused); i++) {
		if (hex_decode(&out, slice_of(refused[i])) != -1 ||
			out.len != 6)
			fail_msg("row %zu", i);
	}
	assert_false(out.overflow);
	str_finish(&out);
	str_init(&out, 2);
	assert_int_equal(hex_decode(&out, slice_of("0000")), -1);
	hex_encode(&out, slice_of("x"));
	assert_true(out.overflow);
	assert_int_equal(out.len, 0);
	str_finish(&out);
}

static void test_base64(void **state)
{
	(void)state;
	static const struct {
		const char *plain, *encoded;
	} rows[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out;

		str_init(&out, 100);
		str_add(&out, ">");
		base64_encode(&out, slice_of(rows[i].plain));
		if (strcmp(str_text(&out) + 1, rows[i].encoded) != 0)
			fail_msg("row %zu: %s", i, str_text(&out));
		str_truncate(&out, 1);
		if (base64_decode(&out, slice_of(rows[i].encoded)) != 0 ||
			strcmp(str_text(&out) + 1, rows[i].plain) != 0)
			fail_msg("row %zu: %s", i, str_text(&out));
		str_finish(&out);
	}
}

static void test_base64_refuses(void **state)
{
	(void)state;
	static const char *const rows[] = { "Z", "Zg", "Zg=", "Zg===", "=",
		"==", "===", "====", "Z===", "Zh==", "Zm9=", "Zm8", "Zm9v\n",
		"Zm 9", " Zg=", "Zg==Zg==", "Zm8=Zm8=", "Zm9-", "Zm9_",
		"Zm9\xc3", "Z=g=", "=Zg=", "Zm\0v", "Zm9v====", "Zm9v=" };
	struct str out;

	str_init(&out, 100);
	str_add(&out, "kept");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice in = slice_of(rows[i]);

		if (i == 22)
			in.len = 4;
		if (base64_decode(&out, in) != -1)
			fail_msg("row %zu: \"%s\"", i, rows[i]);
		assert_string_equal(str_text(&out), "kept");
	}
	assert_false(out.overflow);
	str_finish(&out);
	str_init(&out, 3);
	assert_int_equal(base64_decode(&out, slice_of("Zm9v")), -1);
	assert_true(out.overflow);
	base64_encode(&out, slice_of("x"));
	assert_int_equal(out.len, 0);
	str_finish(&out);
}

static void test_base64_all_lengths(void **state)
{
	(void)state;
	char plain[100];

	crypto_random(plain, sizeof(plain));
	for (size_t len = 0; len <= sizeof(plain); len++) {
		struct str text, back;

		str_init(&text, 200);
		str_init(&back, len + 1);
		base64_encode(&text, slice_make(plain, len));
		assert_int_equal(text.len, (len + 2) / 3 * 4);
		assert_int_equal(base64_decode(&back, str_slice(&text)), 0);
		assert_int_equal(back.len, len);
		assert_memory_equal(str_text(&back), plain, len);
		str_finish(&text);
		str_finish(&back);
	}
}

static void test_percent(void **state)
{
	(void)state;
	static const struct {
		const char *plain, *encoded;
	} rows[] = {
		{ "", "" },
		{ "aZ09-._~", "aZ09-._~" },
		{ "a b+c", "a%20b%2Bc" },
		{ "%41", "%2541" },
		{ "\xc3\xa4@/?", "%C3%A4%40%2F%3F" },
		{ "\r\n", "%0D%0A" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out;

		str_init(&out, 100);
		percent_encode(&out, slice_of(rows[i].plain));
		assert_string_equal(str_text(&out), rows[i].encoded);
		str_reset(&out);
		percent_decode(&out, slice_of(rows[i].encoded));
		assert_string_equal(str_text(&out), rows[i].plain);
		str_finish(&out);
	}
}

static void test_percent_of_others(void **state)
{
	(void)state;
	static const struct {
		const char *encoded, *plain;
	} rows[] = {
		{ "%", "%" },
		{ "%4", "%4" },
		{ "%4g%g4%%41", "%4g%g4%A" },
		{ "%c3%A4", "\xc3\xa4" },
		{ "100%", "100%" },
	};
	struct str out;

	str_init(&out, 100);
	for (size_t i = 0; i < COUNT(rows); i++) {
		str_reset(&out);
		percent_decode(&out, slice_of(rows[i].encoded));
		assert_string_equal(str_text(&out), rows[i].plain);
	}
	str_reset(&out);
	percent_decode(&out, slice_of("a%00b"));
	assert_int_equal(out.len, 3);
	assert_memory_equal(out.data, "a\0b", 3);
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex_decode),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64_refuses),
		cmocka_unit_test(test_base64_all_lengths),
		cmocka_unit_test(test_percent),
		cmocka_unit_test(test_percent_of_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
