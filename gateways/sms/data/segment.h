/*
 * Cutting a text into segments of 140 octets. The way of writing that takes
 * the fewest is used; among equals the one that the most phones understand:
 * the GSM default alphabet, UCS2, that of a language. With several segments each
 * has a header (udh.h), and none is cut inside an escape, a character, or what
 * is shown as one character, unless that alone is longer than a segment.
 */
#ifndef SMS_DATA_SEGMENT_H
#define SMS_DATA_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"
#include "sms_data/alphabet.h"

/* The number of parts has 8 bits (3GPP TS 23.040 section 9.2.3.24.1). */
#define SEGMENT_MAX 255u

/* All zero is what every phone understands. */
struct segment_options {
	unsigned languages; /* 1 << each of enum language that may be used */
	bool transliterate; /* with translit.h, where that takes fewer */
	bool has_wide_ref;  /* references of 16 bits, a septet more */
	size_t max;         /* segments; 0: SEGMENT_MAX */
	/* Of the GSM alphabet; a text with others goes as UCS2. Headers of
	 * languages say nothing about other alphabets: unless it is the whole,
	 * `languages` are not used. */
	enum gsm_subset subset;
};

/* How many segments a text (clean UTF-8) takes; if that is more than the most,
 * it may not be the fewest. An empty one takes one. Nothing is allocated unless
 * it is transliterated; a text is gone through for each language. */
size_t segment_count(
	const struct segment_options *options, struct slice text) MUST_CHECK;

/* Append a text as it is transliterated, and true, where that takes fewer
 * segments; false: it goes as it is. */
bool segment_transliterate(struct str *out,
	const struct segment_options *options, struct slice text) MUST_CHECK;

struct segment {
	struct slice header; /* without its length; or empty */
	struct slice data;   /* septets are not packed */
};

struct segments {
	enum sms_alphabet alphabet;
	struct gsm_tables tables;
	bool is_transliterated;
	size_t count;
	struct segment *items;
	struct str bytes; /* of all items */
};

/* Cut a text; `ref` tells it from others to the same number, its lowest 8 or
 * 16 bits are used. -1: there would be more segments than may be, `count` and
 * the fields before it are set all the same. Release with segments_finish() in
 * either case. */
int segments_cut(struct segments *out, const struct segment_options *options,
	struct slice text, unsigned ref) MUST_CHECK;

void segments_finish(struct segments *s);

#endif
