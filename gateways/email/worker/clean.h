/*
 * Text as people may see it: UTF-8 without control characters and without
 * what only deceives the eye.
 */
#ifndef EMAIL_WORKER_CLEAN_H
#define EMAIL_WORKER_CLEAN_H

#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

/* Append as one line, for names and subjects: white space is one blank each
 * and none at the ends; no controls, no direction marks; composed (NFC) when
 * it is short. At most `max` bytes, cut between characters. */
void clean_line(struct str *out, struct slice text, size_t max);

/* Append as text: line breaks of any kind are \n, tabs stay, other controls
 * go. As much as fits; false when that is not all. */
bool clean_text(struct str *out, struct slice text);

/* Neither seen nor a space: zero width, direction marks and the like. */
bool clean_is_invisible(uint32_t code);
/* Nothing that text is made of: C0, C1, and what Unicode calls no character. */
bool clean_is_control(uint32_t code);
/* White space of any width. */
bool clean_is_space(uint32_t code);

#endif
