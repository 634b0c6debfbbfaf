/*
 * Allocation: zeroed memory, copies, and the end of the process when there
 * is none.
 */
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The sanitizer must let us find out that an allocation failed. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void test_zeroed(void **state)
{
	(void)state;
	unsigned char *bytes = xalloc(4096);
	for (size_t i = 0; i < 4096; i++)
		assert_int_equal(bytes[i], 0);
	memset(bytes, 0xff, 4096);
	bytes = xrealloc(bytes, 2, 4096);
	assert_int_equal(bytes[4095], 0xff);
	xfree(bytes);

	bytes = xcalloc(1000, 8);
	for (size_t i = 0; i < 8000; i++)
		assert_int_equal(bytes[i], 0);
	xfree(bytes);
	xfree(NULL);
}

static void test_nothing_is_something(void **state)
{
	(void)state;
	void *none[] = { xalloc(0), xcalloc(0, 5), xcalloc(5, 0),
		xrealloc(NULL, 0, 8) };

	for (size_t i = 0; i < COUNT(none); i++) {
		assert_non_null(none[i]);
		xfree(none[i]);
	}
}

static void test_copies(void **state)
{
	(void)state;
	assert_null(xstrdup(NULL));
	assert_null(xstrndup(NULL, 7));
	static const struct {
		const char *text;
		size_t len;
		const char *want;
	} rows[] = {
		{ "", 0, "" },
		{ "abc", 0, "" },
		{ "abc", 2, "ab" },
		{ "abc", 3, "abc" },
		{ "abc", 4, "abc" },
		{ "abc", SIZE_MAX, "abc" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *copy = xstrndup(rows[i].text, rows[i].len);

		if (strcmp(copy, rows[i].want) != 0)
			fail_msg("row %zu: \"%s\"", i, copy);
		xfree(copy);
	}
}

static void test_set(void **state)
{
	(void)state;
	char *slot = NULL;

	xstrset(&slot, "first");
	assert_string_equal(slot, "first");
	xstrset(&slot, slot + 2);
	assert_string_equal(slot, "rst");
	xstrset(&slot, slot);
	assert_string_equal(slot, "rst");
	xstrset(&slot, NULL);
	assert_null(slot);
	xstrset(&slot, NULL);
	assert_null(slot);
}

static void ask_too_much(int how)
{
	void *got = NULL;

	if (how == 0)
		got = xcalloc(SIZE_MAX / 2, 4);
	else if (how == 1)
		got = xalloc(SIZE_MAX / 4);
	else
		got = xrealloc(got, SIZE_MAX / 2, 4);
	xfree(got);
}

static void test_failure_is_fatal(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		int out[2];
		char text[4096];
		int status;

		assert_int_equal(pipe(out), 0);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			dup2(out[1], STDERR_FILENO);
			ask_too_much(how);
			_exit(0);
		}
		close(out[1]);
		size_t len = 0;
		ssize_t got;
		while (len < sizeof(text) - 1 &&
			(got = read(out[0], text + len,
				 sizeof(text) - 1 - len)) > 0)
			len += (size_t)got;
		text[len] = '\0';
		close(out[0]);
		assert_int_equal(waitpid(child, &status, 0), child);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 1)
			fail_msg("row %d: status %x", how, (unsigned)status);
		if (strstr(text, " error main out of memory") == NULL)
			fail_msg("row %d: \"%s\"", how, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_nothing_is_something),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_failure_is_fatal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
