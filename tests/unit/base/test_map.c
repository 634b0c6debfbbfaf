/*
 * The hash map against a plain array, and the hash against known values.
 * Includes the source: the hash with a fixed key is not public.
 */
#include "base/map.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* SipHash-1-3 with the key 0 of the bytes 0, 1, 2, ... */
static void test_siphash(void **state)
{
	(void)state;
	static const struct {
		size_t len;
		uint64_t hash;
	} rows[] = {
		{ 1, 0x68a914128e01e473 },
		{ 7, 0x2f098ab0c751325a },
		{ 8, 0xead411e67ebe2eea },
		{ 9, 0x75927f9d95124362 },
		{ 15, 0xf30eb725bb91c9ea },
		{ 16, 0x8972188433a5c5b7 },
		{ 23, 0x37332b1389daa4ff },
		{ 64, 0x75e05fd5bbc870c6 },
	};
	static const uint64_t zero[2];
	char bytes[64];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (siphash13(zero, bytes, rows[i].len) != rows[i].hash)
			fail_msg("row %zu", i);
	}
}

static void test_hash_is_keyed(void **state)
{
	(void)state;
	static const uint64_t zero[2];
	struct slice key = slice_of("abc");

	assert_int_equal(map_hash(key), map_hash(slice_of("abc")));
	assert_true(map_hash(key) != map_hash(slice_of("abd")));
	assert_true(map_hash(key) != siphash13(zero, "abc", 3));
	assert_int_equal(map_hash(slice_of(NULL)), map_hash(slice_of("")));
}

static void test_basics(void **state)
{
	(void)state;
	struct map m = { 0 };
	int one, two;
	size_t pos = 0;

	assert_null(map_get_text(&m, "a"));
	assert_null(map_remove_text(&m, "a"));
	assert_null(map_next(&m, &pos));

	assert_null(map_put_text(&m, "a", &one));
	assert_null(map_put(&m, slice_make("a\0b", 3), &two));
	assert_ptr_equal(map_get_text(&m, "a"), &one);
	assert_ptr_equal(map_get(&m, slice_make("a\0b", 3)), &two);
	assert_null(map_get(&m, slice_make("a\0c", 3)));
	assert_null(map_get_text(&m, ""));
	assert_null(map_put_text(&m, "", &one));
	assert_ptr_equal(map_get(&m, slice_of(NULL)), &one);
	assert_int_equal(m.count, 3);

	assert_ptr_equal(map_put_text(&m, "a", &two), &one);
	assert_int_equal(m.count, 3);
	assert_ptr_equal(map_remove_text(&m, "a"), &two);
	assert_null(map_remove_text(&m, "a"));
	assert_int_equal(m.count, 2);
	map_finish(&m);
	assert_null(map_get_text(&m, ""));
	map_finish(&m);
}

/* A replaced value may own the key, so the key is replaced with it. */
static void test_key_follows_value(void **state)
{
	(void)state;
	struct map m = { 0 };
	char *first = strdup("key"), *second = strdup("key");

	map_put_text(&m, first, first);
	assert_ptr_equal(map_put_text(&m, second, second), first);
	free(first);
	assert_ptr_equal(map_get_text(&m, "key"), second);
	map_finish(&m);
	free(second);
}

#define KEYS 400

static char keys[KEYS][8];

static void compare(const struct map *m, const bool *in, size_t count, int step)
{
	size_t seen = 0, pos = 0;
	bool visited[KEYS] = { false };
	char(*value)[8];

	if (m->count != count)
		fail_msg("step %d: %zu instead of %zu", step, m->count, count);
	for (size_t i = 0; i < KEYS; i++) {
		void *want = in[i] ? keys[i] : NULL;

		if (map_get_text(m, keys[i]) != want)
			fail_msg("step %d: key %zu", step, i);
	}
	while ((value = map_next(m, &pos)) != NULL) {
		size_t i = (size_t)(value - keys);

		assert_false(visited[i]);
		assert_true(in[i]);
		visited[i] = true;
		seen++;
	}
	assert_int_equal(seen, count);
}

/* Phases that mostly add and mostly remove, so that it grows and shrinks
 * through every size with all kinds of probe chains. */
static void test_against_model(void **state)
{
	(void)state;
	struct map m = { 0 };
	bool in[KEYS] = { false };
	size_t count = 0, largest = 0;
	unsigned random = 12345;

	for (size_t i = 0; i < KEYS; i++)
		snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
	for (int step = 0; step < 20000; step++) {
		random = random * 1103515245 + 12345;
		size_t i = (random >> 8) % KEYS;
		bool add = (random >> 20) % 10 < (step / 2000 % 2 ? 1u : 8u);
		void *before = in[i] ? keys[i] : NULL;

		if (add)
			assert_ptr_equal(
				map_put_text(&m, keys[i], keys[i]), before);
		else
			assert_ptr_equal(map_remove_text(&m, keys[i]), before);
		count = count + (add && !in[i]) - (!add && in[i]);
		in[i] = add;
		if (m.cap > largest)
			largest = m.cap;
		if (step % 97 == 0)
			compare(&m, in, count, step);
	}
	assert_int_equal(largest, 512);
	for (size_t i = 0; i < KEYS; i++)
		map_remove_text(&m, keys[i]);
	assert_int_equal(m.count, 0);
	assert_int_equal(m.cap, FIRST_CAP);
	map_finish(&m);
}

/* All entries in one chain that wraps around the end of the table. */
static void test_collisions(void **state)
{
	(void)state;
	for (unsigned removed = 0; removed < 6; removed++) {
		static const unsigned homes[6] = { 6, 6, 7, 6, 0, 7 };
		struct map m = { 0 };

		m.cap = 8;
		m.slots = xcalloc(m.cap, sizeof(*m.slots));
		for (size_t i = 0; i < 6; i++) {
			struct slice key = slice_of(keys[i]);
			struct map_entry *e = find(&m, key, homes[i]);

			*e = (struct map_entry){ key.data, keys[i],
				(uint32_t)key.len, homes[i] };
			m.count++;
		}
		struct map_entry *e =
			find(&m, slice_of(keys[removed]), homes[removed]);
		close_hole(&m, (size_t)(e - m.slots));
		for (size_t i = 0; i < 6; i++) {
			void *want = i == removed ? NULL : keys[i];

			e = find(&m, slice_of(keys[i]), homes[i]);
			if (e->value != want)
				fail_msg("removed %u: key %zu", removed, i);
		}
		map_finish(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash),
		cmocka_unit_test(test_hash_is_keyed),
		cmocka_unit_test(test_basics),
		cmocka_unit_test(test_key_follows_value),
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_collisions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
