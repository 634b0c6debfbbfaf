/*
 * The rate, on the virtual clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/macros.h"
#include "sms_smpp/pace.h"

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

/* How many leave in `ms` when as many as may do. */
static unsigned run(struct smpp_pace *p, int64_t ms)
{
	unsigned sent = 0;

	for (int64_t i = 0; i < ms; i++) {
		for (; smpp_pace_room(p) > 0; sent++)
			smpp_pace_take(p);
		clock_advance(1);
	}
	return sent;
}

static void test_rate(void **state)
{
	(void)state;
	struct smpp_pace p;

	smpp_pace_init(&p, 10);
	assert_int_equal(run(&p, 1), 1);
	assert_int_equal(smpp_pace_room(&p), 0);
	assert_int_equal(smpp_pace_wait_ms(&p), 99);
	assert_in_range(run(&p, 10000), 99, 101);
	assert_false(smpp_pace_is_slowed(&p));
	assert_int_equal(smpp_pace_measured(&p), 10);
	/* A rest is no loan. */
	clock_advance(3600 * 1000);
	assert_in_range(run(&p, 1000), 10, 11);

	smpp_pace_init(&p, 2000);
	assert_in_range(run(&p, 1000), 2000, 2100);
}

static void test_unlimited(void **state)
{
	(void)state;
	struct smpp_pace p;

	smpp_pace_init(&p, 0);
	for (int i = 0; i < 10000; i++) {
		assert_true(smpp_pace_room(&p) > 1000);
		assert_int_equal(smpp_pace_wait_ms(&p), 0);
		smpp_pace_take(&p);
	}
}

static void test_throttled(void **state)
{
	(void)state;
	struct smpp_pace p;
	int64_t wait_ms, bound_ms = 2000;
	unsigned sent;

	smpp_pace_init(&p, 100);
	(void)run(&p, 1000);
	smpp_pace_throttled(&p);
	wait_ms = smpp_pace_wait_ms(&p);
	assert_in_range(wait_ms, 1000, 2000);
	assert_int_equal(smpp_pace_room(&p), 0);
	assert_true(smpp_pace_is_slowed(&p));
	/* More of the same window change nothing. */
	smpp_pace_throttled(&p);
	smpp_pace_throttled(&p);
	assert_int_equal(smpp_pace_wait_ms(&p), wait_ms);
	assert_int_equal(run(&p, wait_ms), 0);
	/* Half the rate, and a twentieth more every second. */
	smpp_pace_accepted(&p);
	sent = run(&p, 1000);
	assert_in_range(sent, 50, 56);
	sent = run(&p, 8000);
	assert_in_range(sent, 8 * 70, 8 * 80);
	sent = run(&p, 2000);
	assert_in_range(sent, 190, 205);
	assert_false(smpp_pace_is_slowed(&p));

	/* Again and again: the wait grows to half a minute. */
	for (int i = 0; i < 10; i++) {
		smpp_pace_throttled(&p);
		wait_ms = smpp_pace_wait_ms(&p);
		assert_in_range(wait_ms, 1000, bound_ms + 10000);
		clock_advance(wait_ms);
		bound_ms = bound_ms < 15000 ? 2 * bound_ms : 30000;
	}
	/* It never stops for good. */
	assert_true(smpp_pace_rate(&p) >= 0.1);
	/* One that is taken ends it. */
	smpp_pace_accepted(&p);
	smpp_pace_throttled(&p);
	assert_true(p.closed_until_ms - clock_ms() <= 2000);
}

/* Without a limit the rate at which it was too much is halved, and forgotten
 * after a while. */
static void test_throttled_without_limit(void **state)
{
	(void)state;
	struct smpp_pace p;

	smpp_pace_init(&p, 0);
	for (int i = 0; i < 3000; i++) {
		if (i % 5 == 0)
			smpp_pace_take(&p);
		clock_advance(1);
	}
	assert_in_range(smpp_pace_measured(&p), 199, 201);
	smpp_pace_throttled(&p);
	assert_true(smpp_pace_is_slowed(&p));
	clock_advance(2000);
	assert_in_range(run(&p, 1000), 90, 130);
	clock_advance(120 * 1000);
	assert_false(smpp_pace_is_slowed(&p));
	assert_true(smpp_pace_room(&p) > 10000);
}

static void test_congestion(void **state)
{
	(void)state;
	struct smpp_pace p;

	smpp_pace_init(&p, 100);
	clock_advance(1000);
	smpp_pace_congested(&p, 79);
	assert_false(smpp_pace_is_slowed(&p));
	smpp_pace_congested(&p, 255);
	assert_false(smpp_pace_is_slowed(&p));
	smpp_pace_congested(&p, 80);
	assert_in_range(smpp_pace_rate(&p), 89, 91);
	/* Once a second. */
	smpp_pace_congested(&p, 100);
	assert_in_range(smpp_pace_rate(&p), 89, 91);
	clock_advance(1000);
	smpp_pace_congested(&p, 100);
	assert_in_range(smpp_pace_rate(&p), 46, 49);
	assert_true(smpp_pace_wait_ms(&p) < 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rate, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_unlimited, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_throttled, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_throttled_without_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_congestion, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
