/*
 * What the parts of complete texts looked like, for a while: a network that
 * missed our answer gives a part again when its link is back.
 */
#ifndef SMS_DATA_REPEATS_H
#define SMS_DATA_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "base/slice.h"

/* Not long: some senders have one reference for all texts, and may mean it
 * when they say the same twice. */
#define REPEATS_MS 120000

struct repeats {
	struct map by_key;
	struct list oldest_first;
	size_t max; /* texts */
};

void repeats_init(struct repeats *r, size_t max);
void repeats_finish(struct repeats *r);

/* A text is complete: `key` is what its parts have in common, `hashes` are
 * those of its `count` parts; both are copied. */
void repeats_note(struct repeats *r, struct slice key, const uint64_t *hashes,
	size_t count, int64_t wall_ms);

/* Was there such a part, the one at `index`? If another was there in its
 * place, that text is forgotten: its reference is used again. */
bool repeats_has(struct repeats *r, struct slice key, size_t index,
	uint64_t hash, int64_t wall_ms);

/* Forget what is old. */
void repeats_expire(struct repeats *r, int64_t wall_ms);

#endif
