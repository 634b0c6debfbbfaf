/*
 * Strings that repeat, stored once and counted. Two interned strings are
 * equal exactly when their pointers are. For the loop's thread only.
 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "slice.h"

/* A shared copy of `text`; every call takes one reference. */
const char *intern(const char *text);
/* The same for bytes without a NUL among them. */
const char *intern_slice(struct slice text);

/* One more reference to an interned string (NULL stays NULL). */
const char *intern_ref(const char *interned);

/* Drop a reference and clear the slot; takes NULL inside. */
void intern_drop(const char **slot);

/* Make the slot hold `text` (NULL: nothing); false when it did already. */
bool intern_set(const char **slot, const char *text);

/* Length of an interned string without counting it again. */
size_t intern_len(const char *interned);

/* How many strings are held: for tests and metrics. */
size_t intern_count(void);

#endif
