/*
 * Memory that is never NULL: running out of memory ends the process with a
 * message, so no caller has an out-of-memory path. Everything that comes
 * from outside is capped before it is stored (limits.h).
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

#include "macros.h"

/* For the whole process, first of all: what is large goes back to the system
 * when it is freed. */
void alloc_set_up(void);

/* `size` zeroed bytes; free with xfree(). */
void *xalloc(size_t size) MUST_CHECK;

/* `count * size` zeroed bytes; an overflow of the product is fatal. */
void *xcalloc(size_t count, size_t size) MUST_CHECK;

/* Grow or shrink to `count * size` bytes; new bytes are not zeroed. */
void *xrealloc(void *ptr, size_t count, size_t size) MUST_CHECK;

/* Copies; `text` may be NULL and then so is the copy. */
char *xstrdup(const char *text) MUST_CHECK;
/* At most `len` bytes, up to the first NUL. */
char *xstrndup(const char *text, size_t len) MUST_CHECK;

/* free(); takes NULL. */
void xfree(void *ptr);

/* Replace the string in `*slot` by a copy of `text` (NULL allowed). */
void xstrset(char **slot, const char *text);

#endif
