/* Delays between attempts: their range, growth and cap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "net/backoff.h"

enum { DRAWS = 2000 };

static void delays_stay_in_their_range(void **state UNUSED)
{
	static const struct {
		int64_t min_ms, max_ms;
	} rows[] = {
		{ 1000, 60000 },
		{ 1, 1 },
		{ 0, 0 },
		{ 0, 1000 },
		{ 5000, 5000 },
		{ 1000, 1500 },
		{ 1, INT64_MAX },
		{ INT64_MAX / 3, INT64_MAX },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct backoff b;
		int64_t bound_ms = rows[i].min_ms;

		backoff_init(&b, rows[i].min_ms, rows[i].max_ms);
		for (int n = 1; n <= 200; n++) {
			int64_t delay_ms = backoff_next_ms(&b);

			bound_ms = bound_ms > rows[i].max_ms / 2
					   ? rows[i].max_ms
					   : bound_ms * 2;
			if (delay_ms < rows[i].min_ms || delay_ms > bound_ms)
				fail_msg("row %zu, attempt %d: %lld", i, n,
					(long long)delay_ms);
		}
	}
}

/* Drawn from the whole range, not from its ends. */
static void delays_are_spread(void **state UNUSED)
{
	int first = 0, last = 0;

	for (int i = 0; i < DRAWS; i++) {
		struct backoff b;
		int64_t delay_ms;

		backoff_init(&b, 1000, 60000);
		(void)backoff_next_ms(&b);
		(void)backoff_next_ms(&b);
		delay_ms = backoff_next_ms(&b); /* [1000, 8000] */
		first += delay_ms < 1000 + 1750;
		last += delay_ms > 8000 - 1750;
	}
	/* A quarter each; far outside of what chance can do. */
	assert_in_range(first, DRAWS / 8, DRAWS / 2);
	assert_in_range(last, DRAWS / 8, DRAWS / 2);
}

static void a_success_starts_over(void **state UNUSED)
{
	struct backoff b;

	backoff_init(&b, 10, 100000);
	for (int i = 0; i < 100; i++)
		(void)backoff_next_ms(&b);
	for (int i = 0; i < 100; i++) {
		backoff_reset(&b);
		assert_in_range(backoff_next_ms(&b), 10, 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delays_stay_in_their_range),
		cmocka_unit_test(delays_are_spread),
		cmocka_unit_test(a_success_starts_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
