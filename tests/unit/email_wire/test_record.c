/*
 * Records: fields in and out, and what is no record.
 */
#include "email_wire/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/macros.h"

static void test_fields(void **state)
{
	(void)state;
	struct str out;
	struct slice rest, value;
	uint8_t field;
	int64_t number;

	str_init(&out, 1024);
	record_put_text(&out, 1, "text");
	record_put_text(&out, 2, NULL);
	record_put_text(&out, 3, "");
	record_put_number(&out, 4, 0);
	record_put_number(&out, 255, -2);
	record_put(&out, 1, slice_make("a\0b", 3));

	rest = str_slice(&out);
	assert_true(record_next(&rest, &field, &value));
	assert_int_equal(field, 1);
	assert_true(slice_equals(value, "text"));
	assert_int_equal(record_number(value, &number), -1);
	assert_true(record_next(&rest, &field, &value));
	assert_int_equal(field, 3);
	assert_int_equal(value.len, 0);
	assert_true(record_next(&rest, &field, &value));
	assert_int_equal(field, 255);
	assert_int_equal(record_number(value, &number), 0);
	assert_int_equal(number, -2);
	assert_true(record_next(&rest, &field, &value));
	assert_int_equal(value.len, 3);
	assert_false(record_next(&rest, &field, &value));
	assert_int_equal(rest.len, 0);
	str_finish(&out);
}

static void test_numbers(void **state)
{
	(void)state;
	static const int64_t rows[] = { 1, -1, 255, 256, INT64_MAX, INT64_MIN,
		1793700000000 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out;
		struct slice rest, value;
		uint8_t field;
		int64_t number;

		str_init(&out, 64);
		record_put_number(&out, 9, rows[i]);
		rest = str_slice(&out);
		assert_true(record_next(&rest, &field, &value));
		assert_int_equal(record_number(value, &number), 0);
		assert_true(number == rows[i]);
		str_finish(&out);
	}
}

/* A record cut anywhere but between two fields leaves a rest. */
static void test_damage(void **state)
{
	(void)state;
	struct str out;

	str_init(&out, 1024);
	record_put_text(&out, 1, "text");
	record_put_number(&out, 2, 7);
	for (size_t cut = 1; cut < out.len; cut++) {
		struct slice rest = slice_make(out.data, cut), value;
		uint8_t field;

		while (record_next(&rest, &field, &value))
			;
		if (cut == 9)
			assert_int_equal(rest.len, 0);
		else
			assert_true(rest.len > 0);
	}
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
