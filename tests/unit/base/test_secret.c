/*
 * Secrets: none is NULL, copies are equal, release clears the pointer.
 */
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_none(void **state)
{
	(void)state;
	struct secret *none = NULL;

	assert_null(secret_new(slice_of("")));
	assert_null(secret_new(slice_of(NULL)));
	assert_null(secret_dup(NULL));
	assert_int_equal(secret_reveal(NULL).len, 0);
	assert_string_equal(secret_reveal(NULL).data, "");
	secret_free(&none);
	secret_free(NULL);
	assert_true(secret_equals(NULL, NULL));
}

static void test_one(void **state)
{
	(void)state;
	struct secret *s = secret_new(slice_make("hunter2 and more", 7));
	struct secret *copy = secret_dup(s);
	struct secret *other = secret_new(slice_of("hunter3"));

	assert_string_equal(secret_reveal(s).data, "hunter2");
	assert_int_equal(secret_reveal(s).len, 7);
	assert_true(secret_equals(s, copy));
	assert_false(secret_equals(s, other));
	assert_false(secret_equals(s, NULL));
	secret_free(&s);
	assert_null(s);
	assert_string_equal(secret_reveal(copy).data, "hunter2");
	secret_free(&copy);
	secret_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
