/*
 * Who is in a group: the same people are the same room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sms_data/number.h"
#include "sms_data/participants.h"

#define OWN "+15551230000"
#define BOB "+15557770001"
#define CAT "+15557770002"

static struct participants of(const char *const *numbers)
{
	struct participants p = { 0 };
	for (; *numbers != NULL; numbers++)
		assert_true(participants_add(&p, *numbers));
	return p;
}

static void expect_room(const char *const *numbers, const char *room, bool same)
{
	char name[ROOM_NAME_SIZE];
	struct participants p = of(numbers);
	participants_room(OWN, &p, name);
	assert_true(participants_are_room(name));
	assert_int_equal(strcmp(name, room) == 0, same);
	participants_finish(&p);
}

static void order_and_repetition_change_nothing(void **state)
{
	(void)state;
	char room[ROOM_NAME_SIZE];
	struct participants p =
		of((const char *const[]){ BOB, CAT, "+1", NULL });
	participants_room(OWN, &p, room);
	expect_room((const char *const[]){ "+1", CAT, BOB, NULL }, room, true);
	expect_room(
		(const char *const[]){ CAT, "+1", BOB, CAT, NULL }, room, true);
	expect_room((const char *const[]){ CAT, BOB, NULL }, room, false);
	expect_room((const char *const[]){ CAT, BOB, "+2", NULL }, room, false);
	char other[ROOM_NAME_SIZE];
	participants_room("+15551230001", &p, other);
	assert_string_not_equal(other, room);
	participants_remove(&p, "+3");
	participants_remove(&p, "+1");
	assert_int_equal(p.count, 2);
	assert_string_equal(p.numbers[0], BOB);
	assert_null(p.numbers[2]);
	participants_finish(&p);
}

static void who_cannot_be_written_to_is_left_out(void **state)
{
	(void)state;
	struct participants p = of((const char *const[]){ BOB,
		"acme;phone-context=alpha.gw.example.test",
		"hidden;phone-context=none.gw.example.test",
		"12345;phone-context=us.gw.example.test", NULL });
	assert_int_equal(p.count, 2);
	participants_finish(&p);
}

static void they_are_bounded(void **state)
{
	(void)state;
	struct participants p = { 0 };
	char number[NUMBER_SIZE];
	for (unsigned i = 0; i < PARTICIPANTS_MAX; i++) {
		text_format(number, sizeof(number), "+1555%07u", 900 - i);
		assert_true(participants_add(&p, number));
	}
	assert_true(participants_add(&p, number));
	assert_false(participants_add(&p, BOB));
	assert_int_equal(p.count, PARTICIPANTS_MAX);
	assert_string_equal(p.numbers[0], number);
	struct str title = { .max = 200 };
	participants_title(&p, &title);
	assert_non_null(strstr(str_text(&title), " and 46 more"));
	str_finish(&title);
	participants_finish(&p);
}

static void names_of_rooms(void **state)
{
	static const struct {
		const char *name;
		bool is_room;
	} rows[] = {
		{ "g.0123456789abcdef0123", true },
		{ "g.0123456789abcdef012", false },
		{ "g.0123456789abcdef01234", false },
		{ "g.0123456789ABCDEF0123", false },
		{ "h.0123456789abcdef0123", false },
		{ "g.", false },
		{ "", false },
		{ BOB, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			participants_are_room(rows[i].name), rows[i].is_room);
}

static void what_is_damaged_is_nobody(void **state)
{
	(void)state;
	struct participants p = of((const char *const[]){ BOB, CAT, NULL });
	struct participants again;
	struct str bytes = { .max = 1000 };
	participants_encode(&p, &bytes);
	for (size_t len = 0; len < bytes.len; len++) {
		struct unpack cut = { .rest = slice_make(bytes.data, len) };
		assert_int_equal(participants_decode(&again, &cut), -1);
		assert_int_equal(again.count, 0);
	}
	struct unpack whole = { .rest = str_slice(&bytes) };
	assert_int_equal(participants_decode(&again, &whole), 0);
	assert_string_equal(again.numbers[1], CAT);
	participants_finish(&again);
	/* Not in their order: it would be another room. */
	str_reset(&bytes);
	pack_number(&bytes, 2);
	pack_text(&bytes, CAT);
	pack_text(&bytes, BOB);
	struct unpack turned = { .rest = str_slice(&bytes) };
	assert_int_equal(participants_decode(&again, &turned), -1);
	str_finish(&bytes);
	participants_finish(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_repetition_change_nothing),
		cmocka_unit_test(who_cannot_be_written_to_is_left_out),
		cmocka_unit_test(they_are_bounded),
		cmocka_unit_test(names_of_rooms),
		cmocka_unit_test(what_is_damaged_is_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
