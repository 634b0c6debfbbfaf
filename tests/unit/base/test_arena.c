/*
 * Arenas: zeroed, aligned, capped, and reusable.
 */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_alloc(void **state)
{
	(void)state;
	struct arena a;

	arena_init(&a, 1 << 20);
	for (int round = 0; round < 3; round++) {
		for (size_t size = 0; size < 700; size++) {
			unsigned char *p = arena_alloc(&a, size);

			assert_non_null(p);
			assert_int_equal(
				(uintptr_t)p % _Alignof(max_align_t), 0);
			for (size_t i = 0; i < size; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xee, size);
		}
		assert_true(a.used >= 699 * 700 / 2);
		arena_reset(&a);
		assert_int_equal(a.used, 0);
	}
	arena_finish(&a);
}

static void test_cap(void **state)
{
	(void)state;
	struct arena a;

	arena_init(&a, 1000);
	assert_null(arena_alloc(&a, 1001));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 3));
	size_t got = 0;
	while (arena_alloc(&a, 10) != NULL)
		got++;
	assert_int_equal(got, 1000 / 16);
	assert_null(arena_copy(&a, slice_of("a text that does not fit")));
	assert_null(arena_copy(&a, slice_make(NULL, SIZE_MAX)));
	arena_reset(&a);
	assert_non_null(arena_alloc(&a, 900));
	arena_finish(&a);
}

/* A big stanza must not cost memory for ever. */
static void test_big_blocks_go(void **state)
{
	(void)state;
	struct arena a;

	arena_init(&a, 1 << 20);
	assert_non_null(arena_alloc(&a, 10));
	assert_non_null(arena_alloc(&a, 500000));
	assert_non_null(arena_alloc(&a, 10));
	arena_reset(&a);
	assert_non_null(a.head);
	char *first = arena_alloc(&a, 10);
	arena_reset(&a);
	/* The kept block serves again. */
	assert_ptr_equal(arena_alloc(&a, 10), first);
	arena_shrink(&a);
	assert_null(a.head);
	assert_non_null(arena_alloc(&a, 10));
	arena_finish(&a);
	assert_null(a.head);
}

static void test_text(void **state)
{
	(void)state;
	struct arena a;

	arena_init(&a, 100000);
	char *copy = arena_copy(&a, slice_make("abcdef", 3));
	char *empty = arena_copy(&a, slice_of(NULL));

	assert_string_equal(copy, "abc");
	assert_string_equal(empty, "");
	copy = arena_copy(&a, slice_make("a\0b", 3));
	assert_memory_equal(copy, "a\0b", 4);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_big_blocks_go),
		cmocka_unit_test(test_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
