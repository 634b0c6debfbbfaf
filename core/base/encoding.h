/*
 * Bytes as text: base 16 and 64 (RFC 4648), and percent signs (RFC 3986).
 */
#ifndef BASE_ENCODING_H
#define BASE_ENCODING_H

#include "macros.h"
#include "slice.h"
#include "str.h"

/* The value of a digit of either case; -1: it is none. */
int hex_value(char c);

/* Append in lower case. */
void hex_encode(struct str *out, struct slice in);

/* Either case; -1 on an odd length or any other byte. */
int hex_decode(struct str *out, struct slice in) MUST_CHECK;

/* The value of a digit of RFC 4648 section 4; -1: it is none, as is "=". */
int base64_value(char c);

/* Append in RFC 4648 section 4 form, with padding. */
void base64_encode(struct str *out, struct slice in);

/* Strict: padding is required, bits behind the last byte are zero, and -1 on
 * any other byte. Nothing is appended on failure. */
int base64_decode(struct str *out, struct slice in) MUST_CHECK;

/* Append; what is not unreserved (RFC 3986 section 2.3) is encoded. */
void percent_encode(struct str *out, struct slice in);

/* Append; a percent sign without two digits stays. The result can hold any
 * byte, NUL too. */
void percent_decode(struct str *out, struct slice in);

#endif
