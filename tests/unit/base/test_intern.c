/*
 * Interned strings: one copy, counted, gone with the last reference.
 */
#include "base/intern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void test_shared(void **state)
{
	(void)state;
	char text[] = "alice";
	const char *a = intern("alice");
	const char *b = intern(text);
	const char *c = intern_slice(slice_make("alice@example", 5));
	const char *other = intern("bob");

	assert_ptr_equal(a, b);
	assert_ptr_equal(a, c);
	assert_ptr_not_equal(a, text);
	assert_ptr_not_equal(a, other);
	assert_string_equal(a, "alice");
	assert_int_equal(intern_len(a), 5);
	assert_int_equal(intern_count(), 2);

	intern_drop(&a);
	assert_null(a);
	intern_drop(&b);
	assert_string_equal(c, "alice");
	assert_int_equal(intern_count(), 2);
	intern_drop(&c);
	intern_drop(&other);
	assert_int_equal(intern_count(), 0);
}

static void test_null_and_empty(void **state)
{
	(void)state;
	const char *none = NULL;

	assert_null(intern_ref(NULL));
	intern_drop(&none);
	const char *empty = intern("");
	const char *null = intern_slice(slice_of(NULL));
	assert_ptr_equal(empty, null);
	assert_string_equal(empty, "");
	assert_int_equal(intern_len(empty), 0);
	intern_drop(&empty);
	intern_drop(&null);
	assert_int_equal(intern_count(), 0);
}

static void test_ref(void **state)
{
	(void)state;
	const char *a = intern("x");
	const char *b = intern_ref(a);

	assert_ptr_equal(a, b);
	intern_drop(&a);
	assert_string_equal(b, "x");
	intern_drop(&b);
	assert_int_equal(intern_count(), 0);
}

static void test_many(void **state)
{
	(void)state;
	static const char *held[5000];
	char text[32];

	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "person number %d", i);
		held[i] = intern(text);
	}
	assert_int_equal(intern_count(), 5000);
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "person number %d", i);
		assert_ptr_equal(intern(text), held[i]);
		assert_string_equal(held[i], text);
	}
	for (int i = 0; i < 5000; i++) {
		const char *again = held[i];

		intern_drop(&again);
		intern_drop(&held[i]);
	}
	assert_int_equal(intern_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_null_and_empty),
		cmocka_unit_test(test_ref),
		cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
