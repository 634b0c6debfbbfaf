/*
 * UTF-8 (RFC 3629) and the characters XML 1.0 can carry.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slice.h"
#include "str.h"

/* Decode one code point at the start of `s`. Returns its length in bytes, or
 * 0 when the bytes are not shortest-form UTF-8 (or `s` is empty). */
size_t utf8_next(struct slice s, uint32_t *code_r);

/* Append one code point; a surrogate or what is beyond U+10FFFF becomes
 * U+FFFD. */
void utf8_add(struct str *out, uint32_t code);

/* True if all of it is UTF-8. */
bool utf8_is_valid(struct slice s);

/* The longest prefix of at most `max` bytes that does not cut a code point.
 * Only cuts at boundaries; the input need not be valid. 0 when the first
 * code point is longer than `max`. */
size_t utf8_prefix(struct slice s, size_t max);

/* Like utf8_prefix(), but keeps grapheme clusters (combining marks, ZWJ
 * sequences, flags, variation selectors) together where one fits. */
size_t utf8_prefix_cluster(struct slice s, size_t max);

/* XML 1.0 Char production (section 2.2). */
bool utf8_is_xml_char(uint32_t code);

/* Append `s`, replacing every byte that is not UTF-8 and every code point
 * that is not an XML character by U+FFFD. Safe in every stanza. */
void utf8_clean(struct str *out, struct slice s);

/* Single-byte charsets for text that is not UTF-8. */
enum charset {
	CHARSET_WINDOWS_1252, /* its five holes read as U+FFFD */
	CHARSET_ISO_8859_1,
	CHARSET_ISO_8859_15,
	CHARSET_WINDOWS_1251,
	CHARSET_KOI8_R,
	CHARSET_COUNT
};

/* The charset of an IANA name, ignoring case; -1 when unknown. */
int charset_by_name(const char *name);
/* Its IANA name; static. */
const char *charset_name(enum charset charset);

/* Append `s` as UTF-8 XML text: taken as UTF-8 when it is valid, otherwise
 * decoded by `fallback`. */
void charset_decode(struct str *out, struct slice s, enum charset fallback);

#endif
