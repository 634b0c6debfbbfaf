/*
 * A hash table from byte strings to pointers. Keys are hostile, so the hash
 * is keyed with a secret drawn at start-up (SipHash). The table borrows the
 * key: it must live, unchanged, in the value, as long as the entry does. Keys
 * have less than 4 GiB, and there are fewer than 2^31 of them.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "macros.h"
#include "slice.h"

struct map_entry {
	const char *key;
	void *value; /* NULL: the slot is free */
	uint32_t len;
	uint32_t hash; /* its lower half */
};

struct map {
	struct map_entry *slots;
	uint32_t count;
	uint32_t cap; /* slots, a power of two; 0 while nothing is stored */
};

/* A zeroed `struct map` is a valid empty map. */
void map_finish(struct map *m);

/* The value of `key`, or NULL. */
void *map_get(const struct map *m, struct slice key);
/* The same for a key that is a C string. */
void *map_get_text(const struct map *m, const char *key);

/* Store a non-NULL value; returns the value it replaced, or NULL. */
void *map_put(struct map *m, struct slice key, void *value);
/* `key` is borrowed too: a string inside `value`, as a rule. */
void *map_put_text(struct map *m, const char *key, void *value);

/* Remove; returns the value that was there, or NULL. */
void *map_remove(struct map *m, struct slice key);
/* The same for a key that is a C string. */
void *map_remove_text(struct map *m, const char *key);

/* Iteration in no particular order:
 *	size_t pos = 0;
 *	while ((value = map_next(m, &pos)) != NULL) ...
 * The map must not change meanwhile. */
void *map_next(const struct map *m, size_t *pos);

/* The keyed hash of a byte string, the same for the life of the process. */
uint64_t map_hash(struct slice key);

#endif
