/*
 * What people and networks write as a number: digits of several scripts,
 * separators, "tel:" and the like, and words instead of a number.
 */
#ifndef SMS_DATA_WRITTEN_H
#define SMS_DATA_WRITTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

/* More digits than any number with its prefixes has. */
#define WRITTEN_DIGITS 40

struct written {
	char digits[WRITTEN_DIGITS + 1]; /* ASCII */
	size_t count;                    /* may be more than there is room */
	size_t zero;   /* index of the one that stood in "(0)"; or SIZE_MAX */
	bool has_plus; /* in front */
	bool has_letter;
	bool has_sign; /* something else that is in no number */
};

void written_read(struct written *w, struct slice text);

/* Take "tel:", "sms:", "smsto:" ... (RFC 3966, RFC 5724) off, without regard
 * to case; false: none is there. */
bool written_take_scheme(struct slice *text);

/* Append a word as addresses have it: ASCII letters small, no control or
 * invisible characters, no white space at its ends, at most some 60 bytes;
 * then ";", "%", "+" and what is not ASCII with percent signs. May add nothing.
 * The same for what came out of it, percent signs taken away, gives the same.
 */
void written_word(struct str *out, struct slice text);

#endif
