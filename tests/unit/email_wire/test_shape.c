/*
 * Structs by a table, there and back, and what does not fit into them.
 */
#include "email_wire/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/macros.h"

struct place {
	char host[8];
	uint16_t port;
	unsigned count;
	bool is_open;
	int64_t when;
};

#define FIELD(number, kind, member) \
	SHAPE_FIELD(number, SHAPE_##kind, struct place, member)

static const struct shape_field fields[] = {
	SHAPE_ROOM(1, struct place, host),
	FIELD(2, PORT, port),
	FIELD(3, SMALL, count),
	FIELD(4, BOOL, is_open),
	FIELD(5, NUMBER, when),
};
static const struct shape shape = { fields, COUNT(fields),
	sizeof(struct place) };

static void test_there_and_back(void **state)
{
	static const struct place rows[] = {
		{ "", 0, 0, false, 0 },
		{ "1234567", UINT16_MAX, UINT32_MAX, true, INT64_MIN },
		{ "\xc3\xa4", 993, 1, false, INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out = { .max = 256 };
		struct place back = { .host = "before" };

		shape_encode(&out, &shape, &rows[i]);
		assert_int_equal(
			shape_decode(str_slice(&out), &shape, NULL, &back), 0);
		assert_string_equal(back.host, rows[i].host);
		assert_int_equal(back.port, rows[i].port);
		assert_int_equal(back.count, rows[i].count);
		assert_int_equal(back.is_open, rows[i].is_open);
		assert_int_equal(back.when, rows[i].when);
		str_finish(&out);
	}
}

/* A record with one field, as a text or a number. */
static int decode_one(uint8_t field, struct slice text, int64_t number)
{
	struct str out = { .max = 256 };
	struct place place = { .port = 0 };

	if (text.data != NULL)
		record_put(&out, field, text);
	else
		record_put_number(&out, field, number);
	int result = shape_decode(str_slice(&out), &shape, NULL, &place);

	str_finish(&out);
	return result;
}

static void test_what_does_not_fit(void **state)
{
	const struct {
		uint8_t field;
		struct slice text;
		int64_t number;
	} rows[] = {
		{ 1, slice_make("12345678", 8), 0 },
		{ 1, slice_make("a\0b", 3), 0 },
		{ 1, slice_make("\xff", 1), 0 },
		{ 2, slice_of(NULL), 65536 },
		{ 2, slice_of(NULL), -1 },
		{ 2, slice_make("993", 3), 0 },
		{ 3, slice_of(NULL), UINT32_MAX + INT64_C(1) },
		{ 4, slice_of(NULL), 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
			decode_one(rows[i].field, rows[i].text, rows[i].number),
			-1);
	/* What newer versions know is passed over. */
	assert_int_equal(decode_one(9, slice_make("\xff", 1), 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
