/*
 * Capped strings: the cap, the sticky overflow, and cuts at UTF-8 boundaries.
 */
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* What the header promises at any time. */
static void check(const struct str *s)
{
	if (s->cap > 0) {
		assert_non_null(s->data);
		assert_true(s->len < s->cap);
		assert_int_equal(s->data[s->len], 0);
	} else {
		assert_null(s->data);
		assert_int_equal(s->len, 0);
	}
	assert_true(s->cap <= s->max);
	assert_int_equal(str_slice(s).len, s->len);
}

static void test_build(void **state)
{
	(void)state;
	struct str s;

	str_init(&s, 1000);
	check(&s);
	assert_string_equal(str_text(&s), "");
	str_add(&s, "");
	str_add(&s, "one");
	str_add_char(&s, ' ');
	str_add_bytes(&s, "two\0three", 9);
	str_add_slice(&s, slice_of(NULL));
	str_add_slice(&s, slice_make("!?", 1));
	str_addf(&s, "%d-%s", 42, "x");
	check(&s);
	assert_int_equal(s.len, 18);
	assert_memory_equal(s.data, "one two\0three!42-x", 19);
	assert_false(s.overflow);
	str_finish(&s);
	check(&s);
	assert_int_equal(s.max, 1000);
	str_add(&s, "again");
	assert_string_equal(str_text(&s), "again");
	str_finish(&s);
}

static void test_zeroed_is_valid(void **state)
{
	(void)state;
	struct str s = { .max = 8 };

	str_addf(&s, "%s", "1234567");
	assert_string_equal(str_text(&s), "1234567");
	assert_false(s.overflow);
	str_finish(&s);

	struct str none = { 0 };
	str_add(&none, "");
	str_add(&none, "a");
	str_addf(&none, "%d", 1);
	assert_true(none.overflow);
	check(&none);
	str_finish(&none);
}

/* Every way to add, at every cap: all or nothing. */
static void test_cap(void **state)
{
	(void)state;
	for (size_t max = 1; max < 200; max++) {
		for (int how = 0; how < 3; how++) {
			struct str s;
			size_t added = 0;

			str_init(&s, max);
			for (int i = 0; i < 20; i++) {
				if (how == 0)
					str_add(&s, "1234567");
				else if (how == 1)
					str_addf(&s, "%s", "1234567");
				else if (str_reserve(&s, 7) != NULL) {
					memcpy(s.data + s.len, "1234567", 7);
					str_commit(&s, 7);
				}
				if (added + 7 < max)
					added += 7;
				check(&s);
				if (s.len != added)
					fail_msg("max %zu how %d: %zu", max,
						how, s.len);
			}
			assert_int_equal(s.overflow, added < 140);
			/* Sticky, but what fits is still added. */
			str_reset(&s);
			assert_false(s.overflow);
			check(&s);
			str_finish(&s);
		}
	}
}

static void test_overflow_is_sticky(void **state)
{
	(void)state;
	struct str s;

	str_init(&s, 4);
	str_add(&s, "ab");
	str_add(&s, "cd");
	assert_true(s.overflow);
	str_add(&s, "c");
	assert_true(s.overflow);
	assert_string_equal(str_text(&s), "abc");
	assert_null(str_reserve(&s, SIZE_MAX));
	assert_null(str_reserve(&s, 1));
	assert_non_null(str_reserve(&s, 0));
	str_reset(&s);
	assert_false(s.overflow);
	str_addf(&s, "%s", "abcd");
	assert_true(s.overflow);
	assert_string_equal(str_text(&s), "");
	str_finish(&s);
}

static void test_shrink(void **state)
{
	(void)state;
	struct str s;

	str_init(&s, 100000);
	for (int i = 0; i < 1000; i++)
		str_add(&s, "0123456789");
	assert_int_equal(s.len, 10000);
	str_consume(&s, 9995);
	assert_string_equal(str_text(&s), "56789");
	str_consume(&s, 0);
	str_truncate(&s, 3);
	assert_string_equal(str_text(&s), "567");
	str_truncate(&s, 3);
	str_consume(&s, 3);
	assert_string_equal(str_text(&s), "");
	check(&s);

	str_add(&s, "x");
	str_release(&s, 1 << 20);
	assert_true(s.cap > 0);
	assert_int_equal(s.len, 0);
	str_release(&s, 100);
	assert_int_equal(s.cap, 0);
	check(&s);
	str_consume(&s, 0);
	str_truncate(&s, 0);
	str_add(&s, "small");
	str_release(&s, 64);
	assert_int_equal(s.cap, 64);
	str_finish(&s);
}

static void test_long_format(void **state)
{
	(void)state;
	struct str s;

	str_init(&s, 1 << 20);
	for (int i = 0; i < 500; i++)
		str_addf(&s, "%0*d", i, 0);
	assert_int_equal(s.len, 499 * 500 / 2 + 1);
	check(&s);
	str_finish(&s);
}

static void test_text_format(void **state)
{
	(void)state;
	static const struct {
		size_t size;
		const char *in, *out;
		bool fits;
	} rows[] = {
		{ 4, "abc", "abc", true },
		{ 3, "abc", "ab", false },
		{ 1, "abc", "", false },
		{ 1, "", "", true },
		/* U+00E4 U+20AC U+1F600 at every cut */
		{ 10, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
			"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", true },
		{ 9, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
			"\xc3\xa4\xe2\x82\xac", false },
		{ 8, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
			"\xc3\xa4\xe2\x82\xac", false },
		{ 7, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
			"\xc3\xa4\xe2\x82\xac", false },
		{ 6, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
			"\xc3\xa4\xe2\x82\xac", false },
		{ 5, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4",
			false },
		{ 4, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4",
			false },
		{ 3, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4",
			false },
		{ 2, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *out = malloc(rows[i].size);

		for (int how = 0; how < 2; how++) {
			bool fits =
				how ? text_copy(out, rows[i].size, rows[i].in)
				    : text_format(out, rows[i].size, "%s",
					      rows[i].in);

			if (fits != rows[i].fits ||
				strcmp(out, rows[i].out) != 0)
				fail_msg("row %zu.%d: \"%s\"", i, how, out);
		}
		free(out);
	}
	assert_false(text_format(NULL, 0, "x"));
	assert_false(text_copy(NULL, 0, "x"));
}

static void test_stop(void **state)
{
	(void)state;
	assert_string_equal(text_stop("Wrong password"), ".");
	assert_string_equal(text_stop("Wrong password."), "");
	assert_string_equal(text_stop("Bad password?"), "");
	assert_string_equal(text_stop("Out!"), "");
	assert_string_equal(text_stop(""), ".");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_zeroed_is_valid),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_overflow_is_sticky),
		cmocka_unit_test(test_shrink),
		cmocka_unit_test(test_long_format),
		cmocka_unit_test(test_text_format),
		cmocka_unit_test(test_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
