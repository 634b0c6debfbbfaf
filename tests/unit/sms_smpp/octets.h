/*
 * Octets of PDUs in tests, written as hexadecimal digits; blanks between them
 * are for the reader.
 */
#ifndef TESTS_SMPP_OCTETS_H
#define TESTS_SMPP_OCTETS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encoding.h"
#include "base/str.h"
#include "sms_smpp/pdu.h"

/* Append the octets. */
static inline void octets_add(struct str *out, const char *hex)
{
	struct str digits;

	str_init(&digits, 200000);
	for (; *hex != '\0'; hex++) {
		if (*hex != ' ')
			str_add_char(&digits, *hex);
	}
	assert_int_equal(hex_decode(out, str_slice(&digits)), 0);
	str_finish(&digits);
}

static inline void assert_octets(struct slice got, const char *hex)
{
	struct str want, text;

	str_init(&want, 200000);
	str_init(&text, 200000);
	octets_add(&want, hex);
	hex_encode(&text, got);
	if (got.len != want.len ||
		memcmp(got.data, str_text(&want), got.len) != 0)
		fail_msg("got %s, want %s", str_text(&text), hex);
	str_finish(&want);
	str_finish(&text);
}

static inline void assert_slice(struct slice got, const char *want)
{
	if (!slice_equals(got, want))
		fail_msg("got '%.*s', want '%s'", (int)got.len,
			got.data != NULL ? got.data : "", want);
}

#endif
