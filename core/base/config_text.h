/*
 * Configuration tables in words: for messages and for the manual page.
 */
#ifndef BASE_CONFIG_TEXT_H
#define BASE_CONFIG_TEXT_H

#include <stdbool.h>

#include "base/config.h"
#include "base/str.h"

/* Append what a key, or with `element` one element of its list, may be:
 * "a whole number from 1 to 65535". */
void cfg_describe(const struct cfg_item *item, bool element, struct str *out);

/* True if one name may be a slip of the pen for the other. */
bool cfg_is_similar(const char *a, const char *b);

/* Append what an unknown key could have been: the nearest name if there is
 * one, else all that is allowed. `extension` may be NULL. */
void cfg_hint(const char *name, const struct cfg_group *group,
	const struct cfg_group *extension, struct str *out);

#endif
