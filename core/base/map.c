/*
 * Open addressing with linear probing, at most three quarters full. Removal
 * shifts the following entries back, so there are no tombstones and a probe
 * ends at the first free slot. The hash is SipHash-1-3 (Aumasson and
 * Bernstein, 2012): keys come from strangers.
 */
#include "base/map.h"

#include <assert.h>
#include <pthread.h>

#include "base/alloc.h"
#include "base/crypto.h"

/* Room for one: most maps hold few things, and there are many of them. */
#define FIRST_CAP 2u

static uint64_t seed[2];
static bool seeded;
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void draw_seed(void)
{
	crypto_random(seed, sizeof(seed));
	__atomic_store_n(&seeded, true, __ATOMIC_RELEASE);
}

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static inline uint64_t load_word(const char *at, size_t len)
{
	unsigned char bytes[8] = { 0 };
	uint64_t word;

	memcpy(bytes, at, len);
	memcpy(&word, bytes, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static uint64_t siphash13(
	const uint64_t secret[2], const char *data, size_t len)
{
	uint64_t v[4] = {
		secret[0] ^ 0x736f6d6570736575,
		secret[1] ^ 0x646f72616e646f6d,
		secret[0] ^ 0x6c7967656e657261,
		secret[1] ^ 0x7465646279746573,
	};
	uint64_t last = (uint64_t)len << 56;

	for (; len >= 8; len -= 8, data += 8) {
		uint64_t word = load_word(data, 8);

		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	if (len > 0)
		last |= load_word(data, len);
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t map_hash(struct slice key)
{
	if (!__atomic_load_n(&seeded, __ATOMIC_ACQUIRE))
		pthread_once(&seed_once, draw_seed);
	return siphash13(seed, key.data, key.len);
}

static uint32_t hash_of(struct slice key)
{
	return (uint32_t)map_hash(key);
}

void map_finish(struct map *m)
{
	xfree(m->slots);
	*m = (struct map){ 0 };
}

/* The slot of `key`, or the free slot where it belongs. There is always a
 * free one. */
static struct map_entry *find(
	const struct map *m, struct slice key, uint32_t hash)
{
	size_t mask = m->cap - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct map_entry *e = &m->slots[i];

		if (e->value == NULL)
			return e;
		if (e->hash == hash && e->len == key.len &&
			(key.len == 0 ||
				memcmp(e->key, key.data, key.len) == 0))
			return e;
	}
}

static void resize(struct map *m, uint32_t cap)
{
	struct map old = *m;

	m->slots = xcalloc(cap, sizeof(*m->slots));
	m->cap = cap;
	for (size_t i = 0; i < old.cap; i++) {
		struct map_entry *e = &old.slots[i];
		size_t at = e->hash & (cap - 1);

		if (e->value == NULL)
			continue;
		while (m->slots[at].value != NULL)
			at = (at + 1) & (cap - 1);
		m->slots[at] = *e;
	}
	xfree(old.slots);
}

void *map_get(const struct map *m, struct slice key)
{
	if (m->count == 0)
		return NULL;
	return find(m, key, hash_of(key))->value;
}

void *map_put(struct map *m, struct slice key, void *value)
{
	uint32_t hash = hash_of(key);

	assert(value != NULL && key.len <= UINT32_MAX);
	if (((size_t)m->count + 1) * 4 > (size_t)m->cap * 3)
		resize(m, m->cap ? m->cap * 2 : FIRST_CAP);
	struct map_entry *e = find(m, key, hash);
	void *old = e->value;
	/* The old key may die with the old value. */
	*e = (struct map_entry){ key.data, value, (uint32_t)key.len, hash };
	if (old == NULL)
		m->count++;
	return old;
}

/* Free slot `hole` and move back every entry behind it that a probe could
 * otherwise no longer reach. */
static void close_hole(struct map *m, size_t hole)
{
	size_t mask = m->cap - 1;

	for (size_t i = (hole + 1) & mask; m->slots[i].value != NULL;
		i = (i + 1) & mask) {
		size_t home = m->slots[i].hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		m->slots[hole] = m->slots[i];
		hole = i;
	}
	m->slots[hole] = (struct map_entry){ 0 };
}

void *map_remove(struct map *m, struct slice key)
{
	if (m->count == 0)
		return NULL;
	struct map_entry *e = find(m, key, hash_of(key));
	void *value = e->value;
	if (value == NULL)
		return NULL;
	close_hole(m, (size_t)(e - m->slots));
	m->count--;
	/* Memory follows use; the gap to 3/4 keeps it from flapping. */
	if (m->cap > FIRST_CAP && m->count <= m->cap / 8)
		resize(m, m->cap / 2);
	return value;
}

void *map_get_text(const struct map *m, const char *key)
{
	return map_get(m, slice_of(key));
}

void *map_put_text(struct map *m, const char *key, void *value)
{
	return map_put(m, slice_of(key), value);
}

void *map_remove_text(struct map *m, const char *key)
{
	return map_remove(m, slice_of(key));
}

void *map_next(const struct map *m, size_t *pos)
{
	while (*pos < m->cap) {
		void *value = m->slots[(*pos)++].value;

		if (value != NULL)
			return value;
	}
	return NULL;
}
