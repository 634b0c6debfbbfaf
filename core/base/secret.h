/*
 * A secret in memory: opaque, so that it cannot slip into a format string,
 * and wiped when it is released.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>

#include "slice.h"

struct secret;

/* A copy of `text`; NULL and "" give NULL, which stands for "no secret". */
struct secret *secret_new(struct slice text);
/* Another copy; NULL of NULL. */
struct secret *secret_dup(const struct secret *s);

/* Wipe and free; takes NULL and NULL inside, sets NULL. */
void secret_free(struct secret **s);

/* The bytes, for the one place that puts them on the wire or into the
 * vault; empty for NULL. NUL-terminated. */
struct slice secret_reveal(const struct secret *s);

/* Without telling by its time where they differ. NULL equals NULL. */
bool secret_equals(const struct secret *a, const struct secret *b);

#endif
