/*
 * Queues of bytes: order, and that an empty one owns nothing.
 */
#include "base/fifo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/macros.h"

static void assert_holds(struct fifo *q, const char *text)
{
	struct slice all = fifo_slice(q);

	assert_int_equal(fifo_len(q), strlen(text));
	assert_int_equal(all.len, strlen(text));
	assert_memory_equal(all.data, text, all.len);
}

static void first_in_first_out(void **state UNUSED)
{
	struct fifo *q = NULL;

	fifo_add(&q, slice_of("one "));
	fifo_add(&q, slice_of("two"));
	assert_holds(q, "one two");
	fifo_take(&q, 4);
	assert_holds(q, "two");
	fifo_add(&q, slice_of("!"));
	assert_holds(q, "two!");
	fifo_clear(&q);
	assert_null(q);
}

static void empty_is_null(void **state UNUSED)
{
	struct fifo *q = NULL;

	assert_holds(q, "");
	fifo_add(&q, slice_of(""));
	assert_null(q);
	fifo_take(&q, 0);
	fifo_clear(&q);
	assert_null(q);
	fifo_add(&q, slice_of("x"));
	fifo_take(&q, 0);
	assert_holds(q, "x");
	fifo_take(&q, 1);
	assert_null(q);
}

/* A queue that never runs empty keeps its order and its size. */
static void order_survives_growth_and_reuse(void **state UNUSED)
{
	struct fifo *q = NULL;
	unsigned char piece[300];
	unsigned char in = 0, out = 0;

	for (size_t round = 0; round < 5000; round++) {
		size_t add = round * 7 % sizeof(piece);
		size_t take;

		for (size_t i = 0; i < add; i++)
			piece[i] = in++;
		fifo_add(&q, slice_make((char *)piece, add));
		take = round * 11 % (fifo_len(q) + 1);
		for (size_t i = 0; i < take; i++)
			assert_int_equal(
				(unsigned char)fifo_slice(q).data[i], out++);
		fifo_take(&q, take);
	}
	assert_true(fifo_len(q) > 0);
	fifo_clear(&q);
}

static void a_long_run_fits(void **state UNUSED)
{
	struct fifo *q = NULL;
	char *big = xalloc(1 << 20);

	memset(big, 'x', 1 << 20);
	fifo_add(&q, slice_of("head"));
	fifo_add(&q, slice_make(big, 1 << 20));
	assert_int_equal(fifo_len(q), (1 << 20) + 4);
	fifo_take(&q, 4);
	assert_memory_equal(fifo_slice(q).data, big, 1 << 20);
	fifo_clear(&q);
	xfree(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_in_first_out),
		cmocka_unit_test(empty_is_null),
		cmocka_unit_test(order_survives_growth_and_reuse),
		cmocka_unit_test(a_long_run_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
