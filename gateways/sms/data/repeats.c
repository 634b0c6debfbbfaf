/*
 * One allocation for each text: the hashes, and its key behind them.
 */
#include "sms_data/repeats.h"

#include <string.h>

#include "base/alloc.h"

struct memory {
	struct list link;
	struct slice key; /* behind the hashes */
	int64_t due_ms;
	size_t count;
	uint64_t hashes[];
};

void repeats_init(struct repeats *r, size_t max)
{
	*r = (struct repeats){ .max = max };
	list_init(&r->oldest_first);
}

static void forget(struct repeats *r, struct memory *m)
{
	map_remove(&r->by_key, m->key);
	list_remove(&m->link);
	xfree(m);
}

static struct memory *oldest(const struct repeats *r)
{
	if (list_is_empty(&r->oldest_first))
		return NULL;
	return CONTAINER(r->oldest_first.next, struct memory, link);
}

void repeats_finish(struct repeats *r)
{
	struct memory *m;

	while ((m = oldest(r)) != NULL)
		forget(r, m);
	map_finish(&r->by_key);
}

void repeats_note(struct repeats *r, struct slice key, const uint64_t *hashes,
	size_t count, int64_t wall_ms)
{
	size_t size = count * sizeof(*hashes);
	struct memory *m = map_get(&r->by_key, key);

	if (m != NULL)
		forget(r, m);
	if (r->by_key.count >= r->max && oldest(r) != NULL)
		forget(r, oldest(r));
	m = xalloc(sizeof(*m) + size + key.len);
	char *copy = (char *)m->hashes + size;
	memcpy(m->hashes, hashes, size);
	memcpy(copy, key.data, key.len);
	m->key = slice_make(copy, key.len);
	m->due_ms = wall_ms + REPEATS_MS;
	m->count = count;
	list_append(&r->oldest_first, &m->link);
	map_put(&r->by_key, m->key, m);
}

bool repeats_has(struct repeats *r, struct slice key, size_t index,
	uint64_t hash, int64_t wall_ms)
{
	struct memory *m = map_get(&r->by_key, key);

	if (m == NULL)
		return false;
	if (m->due_ms > wall_ms && index < m->count && m->hashes[index] == hash)
		return true;
	forget(r, m);
	return false;
}

void repeats_expire(struct repeats *r, int64_t wall_ms)
{
	struct memory *m;

	while ((m = oldest(r)) != NULL && m->due_ms <= wall_ms)
		forget(r, m);
}
