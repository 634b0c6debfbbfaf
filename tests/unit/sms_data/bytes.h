/*
 * Octets in tests: written as hexadecimal digits, compared with those.
 */
#ifndef TEST_SMS_DATA_BYTES_H
#define TEST_SMS_DATA_BYTES_H

#include "base/encoding.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Exactly these octets on the heap, so that the sanitizer sees a read beyond
 * them; free data. */
static inline struct slice bytes_of(struct slice s)
{
	char *data = malloc(s.len > 0 ? s.len : 1);

	if (s.len > 0)
		memcpy(data, s.data, s.len);
	return slice_make(data, s.len);
}

static inline struct slice bytes_from(const char *hex)
{
	struct str out;

	str_init(&out, strlen(hex) + 1);
	assert_int_equal(hex_decode(&out, slice_of(hex)), 0);
	struct slice bytes = bytes_of(str_slice(&out));
	str_finish(&out);
	return bytes;
}

static inline void bytes_free(struct slice s)
{
	free((char *)(uintptr_t)s.data);
}

static inline void bytes_equal(
	size_t row, const char *what, struct slice got, const char *hex)
{
	struct str text;

	str_init(&text, got.len * 2 + 1);
	hex_encode(&text, got);
	if (strcmp(str_text(&text), hex) != 0)
		fail_msg("row %zu, %s: %s, not %s", row, what, str_text(&text),
			hex);
	str_finish(&text);
}

static inline void text_equal(
	size_t row, const char *what, const struct str *got, const char *want)
{
	if (got->overflow || !slice_equals(str_slice(got), want))
		fail_msg("row %zu, %s: \"%s\", not \"%s\"", row, what,
			str_text(got), want);
}

#endif
