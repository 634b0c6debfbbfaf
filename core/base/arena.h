/*
 * An arena: many small allocations, one release. Used for everything that
 * lives exactly as long as one stanza or one request.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "macros.h"
#include "slice.h"

struct arena_block;

struct arena {
	struct arena_block *head; /* newest block */
	size_t used;              /* bytes handed out since the last reset */
	size_t max;               /* cap on `used` */
};

/* An arena for at most `max` bytes between two resets. */
void arena_init(struct arena *a, size_t max);
/* Release everything; arena_init() has to come before the next use. */
void arena_finish(struct arena *a);

/* Release all allocations; one block is kept for the next user. */
void arena_reset(struct arena *a);

/* Like arena_reset(), and gives the kept block back too. */
void arena_shrink(struct arena *a);

/* `size` zeroed bytes, aligned for any type; NULL over the cap. */
void *arena_alloc(struct arena *a, size_t size) MUST_CHECK;

/* A NUL-terminated copy; NULL over the cap. */
char *arena_copy(struct arena *a, struct slice text) MUST_CHECK;

#endif
