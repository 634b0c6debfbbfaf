/*
 * Comparisons for table-driven tests: a failure names the row and shows both
 * values.
 */
#ifndef TESTS_SMS_MODEM_ROWS_H
#define TESTS_SMS_MODEM_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/slice.h"

static inline void row_slice(
	size_t row, const char *what, struct slice got, const char *want)
{
	if (!slice_equals(got, want))
		fail_msg("row %zu: %s is '%.*s', not '%s'", row, what,
			(int)got.len, got.data != NULL ? got.data : "", want);
}

static inline void row_number(
	size_t row, const char *what, long long got, long long want)
{
	if (got != want)
		fail_msg("row %zu: %s is %lld, not %lld", row, what, got, want);
}

#endif
