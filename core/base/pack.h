/*
 * Numbers and texts as bytes that can be stored, and back, in the order in
 * which they were put there. What is read is checked: it may be damaged.
 */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "slice.h"
#include "str.h"

void pack_number(struct str *out, int64_t number);
/* NULL stays NULL. The second form: at most `max` bytes of it, no character
 * cut. */
void pack_text(struct str *out, const char *text);
void pack_text_max(struct str *out, const char *text, size_t max);

/* What is left to be read; starts with all. */
struct unpack {
	struct slice rest;
	bool is_broken; /* something was not there; what comes is 0 or NULL */
};

int64_t unpack_number(struct unpack *u);
/* Ends with NUL, and lives as long as the bytes. */
const char *unpack_text(struct unpack *u);

#endif
