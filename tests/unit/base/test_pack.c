/*
 * Numbers and texts as bytes, also damaged ones.
 */
#include "base/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct str packed(void)
{
	struct str out = { .max = 1000 };

	pack_number(&out, 0);
	pack_number(&out, -1);
	pack_number(&out, INT64_MAX);
	pack_number(&out, INT64_MIN);
	pack_text(&out, "some text");
	pack_text(&out, NULL);
	pack_text(&out, "");
	return out;
}

static void gives_back_what_was_put(void **state)
{
	struct str out = packed();
	struct unpack u = { .rest = str_slice(&out) };

	(void)state;
	assert_int_equal(unpack_number(&u), 0);
	assert_int_equal(unpack_number(&u), -1);
	assert_true(unpack_number(&u) == INT64_MAX);
	assert_true(unpack_number(&u) == INT64_MIN);
	assert_string_equal(unpack_text(&u), "some text");
	assert_null(unpack_text(&u));
	assert_string_equal(unpack_text(&u), "");
	assert_false(u.is_broken);
	assert_int_equal(u.rest.len, 0);
	assert_int_equal(unpack_number(&u), 0);
	assert_true(u.is_broken);
	str_finish(&out);
}

/* Whatever is missing at the end, nothing is read behind it. */
static void survives_damage(void **state)
{
	struct str out = packed();

	(void)state;
	for (size_t len = 0; len < out.len; len++) {
		struct unpack u = { .rest = slice_make(out.data, len) };

		for (int i = 0; i < 4; i++)
			(void)unpack_number(&u);
		for (int i = 0; i < 3; i++)
			(void)unpack_text(&u);
		assert_true(u.is_broken);
	}
	out.data[4 * 8] = '\x7f'; /* a length that is too big */
	struct unpack u = { .rest = str_slice(&out) };
	for (int i = 0; i < 4; i++)
		(void)unpack_number(&u);
	assert_null(unpack_text(&u));
	assert_true(u.is_broken);
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_was_put),
		cmocka_unit_test(survives_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
