/*
 * The intrusive ring.
 */
#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct element {
	int number;
	struct list link;
};

static int digits(struct list *ring)
{
	int sum = 0;

	list_for_each(it, ring) {
		sum = sum * 10 + CONTAINER(it, struct element, link)->number;
	}
	return sum;
}

static void test_order(void **state)
{
	(void)state;
	struct list ring;
	struct element e[4] = { { 1, { 0 } }, { 2, { 0 } }, { 3, { 0 } },
		{ 4, { 0 } } };

	list_init(&ring);
	assert_true(list_is_empty(&ring));
	assert_int_equal(digits(&ring), 0);
	for (size_t i = 0; i < 3; i++)
		list_append(&ring, &e[i].link);
	list_insert(&ring, &e[3].link);
	assert_int_equal(digits(&ring), 4123);
	list_remove(&e[1].link);
	assert_int_equal(digits(&ring), 413);
	list_remove(&e[1].link);
	assert_true(list_is_empty(&e[1].link));
	list_append(&ring, &e[1].link);
	assert_int_equal(digits(&ring), 4132);
}

static void test_never_linked(void **state)
{
	(void)state;
	struct element e = { 0 };

	assert_true(list_is_empty(&e.link));
	list_remove(&e.link);
	assert_true(list_is_empty(&e.link));
}

static void test_remove_while_walking(void **state)
{
	(void)state;
	struct list ring;
	struct element e[5];
	int seen = 0;

	list_init(&ring);
	for (int i = 0; i < 5; i++) {
		e[i].number = i + 1;
		list_append(&ring, &e[i].link);
	}
	list_for_each_safe(it, &ring) {
		seen++;
		if (CONTAINER(it, struct element, link)->number % 2 == 1)
			list_remove(it);
	}
	assert_int_equal(seen, 5);
	assert_int_equal(digits(&ring), 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_never_linked),
		cmocka_unit_test(test_remove_while_walking),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
