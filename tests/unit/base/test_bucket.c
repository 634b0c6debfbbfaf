/*
 * Token buckets on virtual time.
 */
#include "base/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/macros.h"

#include <cmocka.h>

static int setup(void **state)
{
	(void)state;
	clock_use_virtual(0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	clock_use_real();
	return 0;
}

static void test_burst_then_rate(void **state)
{
	(void)state;
	struct bucket b;

	bucket_init(&b, 5, 0.5);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(bucket_wait_ms(&b, 1), 0);
		assert_true(bucket_take(&b, 1));
	}
	assert_false(bucket_take(&b, 1));
	assert_int_equal(bucket_wait_ms(&b, 1), 2000);
	clock_advance(1999);
	assert_int_equal(bucket_wait_ms(&b, 1), 1);
	assert_false(bucket_take(&b, 1));
	clock_advance(1);
	assert_true(bucket_take(&b, 1));
	assert_false(bucket_take(&b, 1));
	/* Never more than the burst, however long it rested. */
	clock_advance(INT64_C(1000) * 86400 * 365);
	assert_true(bucket_take(&b, 5));
	assert_false(bucket_take(&b, 1));
}

static void test_no_limit(void **state)
{
	(void)state;
	struct bucket b;

	bucket_init(&b, 0, 0);
	for (int i = 0; i < 1000; i++)
		assert_true(bucket_take(&b, 1000));
	assert_int_equal(bucket_wait_ms(&b, 1000), 0);
}

static void test_never(void **state)
{
	(void)state;
	struct bucket b;

	bucket_init(&b, 5, 1);
	assert_true(bucket_wait_ms(&b, 6) == BUCKET_NEVER_MS);
	assert_false(bucket_take(&b, 6));
	bucket_init(&b, 5, 0);
	assert_true(bucket_take(&b, 5));
	assert_true(bucket_wait_ms(&b, 1) == BUCKET_NEVER_MS);
	bucket_init(&b, 5, 1e-300);
	assert_true(bucket_take(&b, 5));
	assert_true(bucket_wait_ms(&b, 1) == BUCKET_NEVER_MS);
	assert_true(clock_ms() + BUCKET_NEVER_MS > 0);
}

/* What bucket_wait_ms() promises holds, and not one millisecond earlier. */
static void test_wait_is_exact(void **state)
{
	(void)state;
	static const struct {
		double burst, rate, n;
	} rows[] = {
		{ 1, 1, 1 },
		{ 3, 3, 1 },
		{ 10, 7, 3 },
		{ 5, 0.3, 1 },
		{ 100, 33.3, 10 },
		{ 2, 1000, 1 },
		{ 1, 0.001, 1 },
		{ 1500, 512, 512 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bucket b;

		bucket_init(&b, rows[i].burst, rows[i].rate);
		while (bucket_take(&b, rows[i].n))
			continue;
		for (int round = 0; round < 200; round++) {
			int64_t wait = bucket_wait_ms(&b, rows[i].n);

			assert_true(wait > 0);
			clock_advance(wait - 1);
			if (bucket_take(&b, rows[i].n))
				fail_msg("row %zu.%d: too early", i, round);
			clock_advance(1);
			if (!bucket_take(&b, rows[i].n))
				fail_msg("row %zu.%d: too late", i, round);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_burst_then_rate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_never, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_wait_is_exact, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
