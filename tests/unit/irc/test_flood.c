/*
 * Flood control, on the virtual clock.
 */
#include "irc/flood.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/macros.h"
#include "irc/rows.h"

static int setup(void **state)
{
	(void)state;
	clock_use_virtual(1000000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	clock_use_real();
	return 0;
}

static void push(struct irc_flood *f, const char *line, uint64_t cookie)
{
	assert_int_equal(irc_flood_push(f, slice_of(line), cookie), 0);
}

/* The next line and its cookie; "" when none may leave. */
static void expect_pop(struct irc_flood *f, const char *line, uint64_t cookie)
{
	struct str out;
	uint64_t got = 0;

	str_init(&out, 1000);
	assert_int_equal(irc_flood_pop(f, &out, &got), line[0] != '\0');
	assert_string_equal(str_text(&out), line);
	assert_int_equal(got, cookie);
	str_finish(&out);
}

static void test_burst_and_rate(void **state)
{
	(void)state;
	struct irc_flood f;

	irc_flood_init(&f, 3, 0.5);
	assert_int_equal(irc_flood_wait_ms(&f), -1);
	assert_true(irc_flood_pass(&f));
	assert_true(irc_flood_pass(&f));
	assert_true(irc_flood_pass(&f));
	assert_false(irc_flood_pass(&f));
	push(&f, "A\r\n", 1);
	push(&f, "B\r\n", 2);
	assert_int_equal(irc_flood_wait_ms(&f), 2000);
	expect_pop(&f, "", 0);
	clock_advance(1999);
	assert_int_equal(irc_flood_wait_ms(&f), 1);
	expect_pop(&f, "", 0);
	clock_advance(1);
	assert_int_equal(irc_flood_wait_ms(&f), 0);
	expect_pop(&f, "A\r\n", 1);
	expect_pop(&f, "", 0);
	assert_int_equal(irc_flood_wait_ms(&f), 2000);
	clock_advance(2000);
	/* Nobody overtakes what waits. */
	assert_false(irc_flood_pass(&f));
	expect_pop(&f, "B\r\n", 2);
	assert_int_equal(irc_flood_wait_ms(&f), -1);
	assert_null(f.head);
	assert_int_equal(f.bytes, 0);
	/* A long rest fills the bucket, and no more than that. */
	clock_advance(3600 * 1000);
	for (int i = 0; i < 3; i++)
		assert_true(irc_flood_pass(&f));
	assert_false(irc_flood_pass(&f));
	irc_flood_finish(&f);
}

static void test_unlimited(void **state)
{
	(void)state;
	struct irc_flood f;

	irc_flood_init(&f, 0, 0);
	for (int i = 0; i < 1000; i++)
		assert_true(irc_flood_pass(&f));
	push(&f, "A\r\n", 1);
	assert_int_equal(irc_flood_wait_ms(&f), 0);
	expect_pop(&f, "A\r\n", 1);
	irc_flood_finish(&f);
}

static void test_limits(void **state)
{
	(void)state;
	char line[1000];
	struct irc_flood f;

	memset(line, 'x', sizeof(line));
	irc_flood_init(&f, 1, 1);
	for (uint64_t i = 0; i < LIMIT_IRC_QUEUE_LINES; i++)
		push(&f, "x\r\n", i);
	assert_int_equal(irc_flood_push(&f, slice_of("x\r\n"), 0), -1);
	clock_advance(LIMIT_IRC_QUEUE_LINES * 1000);
	for (uint64_t i = 0; i < LIMIT_IRC_QUEUE_LINES; i++) {
		expect_pop(&f, "x\r\n", i);
		clock_advance(1000);
	}

	size_t many = 0;
	while (irc_flood_push(&f, slice_make(line, sizeof(line)), 0) == 0)
		many++;
	assert_int_equal(many, IRC_FLOOD_BYTES / sizeof(line));
	irc_flood_finish(&f);
	assert_int_equal(f.lines, 0);
	assert_int_equal(f.bytes, 0);
	assert_null(f.tail);
}

/* A line that does not fit into the buffer stays, and its token too. */
static void test_no_room(void **state)
{
	(void)state;
	struct irc_flood f;
	struct str out;
	uint64_t cookie;

	irc_flood_init(&f, 1, 0.001);
	push(&f, "12345678\r\n", 1);
	str_init(&out, 10);
	assert_false(irc_flood_pop(&f, &out, &cookie));
	assert_int_equal(out.len, 0);
	assert_false(out.overflow);
	str_finish(&out);
	str_init(&out, 11);
	assert_true(irc_flood_pop(&f, &out, &cookie));
	assert_string_equal(str_text(&out), "12345678\r\n");
	str_finish(&out);
	irc_flood_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_burst_and_rate, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_unlimited, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
