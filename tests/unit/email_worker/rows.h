/*
 * Tables of texts in and texts out.
 */
#ifndef TESTS_EMAIL_WORKER_ROWS_H
#define TESTS_EMAIL_WORKER_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

struct text_row {
	const char *in, *out;
};

/* `work` appends to `out` what it makes of `in`. */
static inline void check_rows(const struct text_row *rows, size_t count,
	void (*work)(struct str *out, struct slice in))
{
	for (size_t i = 0; i < count; i++) {
		struct str out;

		str_init(&out, 1 << 20);
		work(&out, slice_of(rows[i].in));
		if (strcmp(str_text(&out), rows[i].out) != 0)
			fail_msg("row %zu: '%s' became '%s', not '%s'", i,
				rows[i].in, str_text(&out), rows[i].out);
		str_finish(&out);
	}
}

#define CHECK_ROWS(rows, work) check_rows(rows, COUNT(rows), work)

#endif
