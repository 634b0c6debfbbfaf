/*
 * Comparisons for table-driven tests of the IRC codec: a failure names the
 * row and shows both texts.
 */
#ifndef TESTS_IRC_ROWS_H
#define TESTS_IRC_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/slice.h"
#include "base/str.h"
#include "irc/message.h"

/* `want` NULL: the slice must have no data. */
static inline void row_slice(
	size_t row, const char *what, struct slice got, const char *want)
{
	if (want == NULL && got.data == NULL)
		return;
	if (want != NULL && got.len == strlen(want) &&
		(got.len == 0 || memcmp(got.data, want, got.len) == 0))
		return;
	fail_msg("row %zu: %s is '%.*s', not '%s'", row, what, (int)got.len,
		got.data ? got.data : "", want ? want : "(none)");
}

static inline void row_number(size_t row, const char *what, long got, long want)
{
	if (got != want)
		fail_msg("row %zu: %s is %ld, not %ld", row, what, got, want);
}

static inline struct irc_message parsed(const char *line)
{
	struct irc_message m;

	if (irc_message_parse(&m, slice_of(line)) != 0)
		fail_msg("'%s' does not parse", line);
	return m;
}

#endif
