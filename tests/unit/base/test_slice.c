/*
 * Slices: comparing, cutting, trimming.
 */
#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include "base/macros.h"

#include <cmocka.h>

static void test_make(void **state)
{
	(void)state;
	assert_int_equal(slice_of(NULL).len, 0);
	assert_null(slice_of(NULL).data);
	assert_int_equal(slice_of("abc").len, 3);
	assert_int_equal(slice_make("abc", 2).len, 2);
}

static void test_equals(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool same, same_nocase;
	} rows[] = {
		{ "", "", true, true },
		{ "a", "", false, false },
		{ "", "a", false, false },
		{ "abc", "abc", true, true },
		{ "abc", "ABC", false, true },
		{ "aBc", "AbC", false, true },
		{ "abc", "abd", false, false },
		{ "abc", "abcd", false, false },
		{ "Z", "z", false, true },
		/* These differ in bit 5 too, and are no letters. */
		{ "[", "{", false, false },
		{ "@", "`", false, false },
		{ "1", "\x11", false, false },
		{ "\xc4", "\xe4", false, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice a = slice_of(rows[i].a);

		if (slice_equals(a, rows[i].b) != rows[i].same)
			fail_msg("row %zu: equals", i);
		if (slice_equals_nocase(a, rows[i].b) != rows[i].same_nocase)
			fail_msg("row %zu: nocase", i);
	}
	assert_true(slice_equals_nocase(slice_of(NULL), ""));
	assert_true(slice_equals(slice_of(NULL), ""));
}

static void test_cut(void **state)
{
	(void)state;
	struct slice rest = slice_of("a,,bc,");

	assert_true(slice_equals(slice_cut(&rest, ','), "a"));
	assert_true(slice_equals(slice_cut(&rest, ','), ""));
	assert_true(slice_equals(slice_cut(&rest, ','), "bc"));
	/* The end after a separator is empty, but not yet NULL. */
	assert_non_null(rest.data);
	assert_int_equal(rest.len, 0);
	assert_true(slice_equals(slice_cut(&rest, ','), ""));
	assert_null(rest.data);
	assert_int_equal(slice_cut(&rest, ',').len, 0);
	assert_null(rest.data);

	rest = slice_make("a\0b", 3);
	assert_int_equal(slice_cut(&rest, '\0').len, 1);
	assert_true(slice_equals(rest, "b"));
}

static void test_trim(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "  ", "" },
		{ "a", "a" },
		{ " a b\t\r\n", "a b" },
		{ "\v\fx", "x" },
		{ "\xc2\xa0x", "\xc2\xa0x" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!slice_equals(
			    slice_trim(slice_of(rows[i].in)), rows[i].out))
			fail_msg("row %zu", i);
	}
	assert_int_equal(slice_trim(slice_of(NULL)).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_equals),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_trim),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
