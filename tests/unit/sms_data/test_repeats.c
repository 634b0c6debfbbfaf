/*
 * Repeats: what is remembered, for how long, and how much of it.
 */
#include "sms_data/repeats.h"

#include "sms_data/bytes.h"

static const uint64_t hashes[] = { 11, 12, 13 };

static bool has(struct repeats *r, const char *key, size_t index, uint64_t hash,
	int64_t wall_ms)
{
	return repeats_has(r, slice_of(key), index, hash, wall_ms);
}

static void test_remembers(void **state)
{
	(void)state;
	struct repeats r;

	repeats_init(&r, 10);
	assert_false(has(&r, "a", 0, 11, 0));
	repeats_note(&r, slice_of("a"), hashes, 3, 1000);
	assert_true(has(&r, "a", 0, 11, 1000));
	assert_true(has(&r, "a", 2, 13, 1000 + REPEATS_MS - 1));
	assert_false(has(&r, "b", 0, 11, 1000));
	/* Another part in its place: the text is forgotten. */
	assert_false(has(&r, "a", 1, 13, 1000));
	assert_false(has(&r, "a", 0, 11, 1000));
	/* No such place. */
	repeats_note(&r, slice_of("a"), hashes, 2, 1000);
	assert_false(has(&r, "a", 2, 13, 1000));
	/* The same key again replaces it. */
	repeats_note(&r, slice_of("a"), hashes, 1, 1000);
	repeats_note(&r, slice_of("a"), hashes + 1, 1, 2000);
	assert_true(has(&r, "a", 0, 12, 2000));
	assert_false(has(&r, "a", 0, 11, 2000));
	repeats_finish(&r);
}

static void test_forgets(void **state)
{
	(void)state;
	struct repeats r;

	repeats_init(&r, 2);
	repeats_note(&r, slice_of("a"), hashes, 1, 1000);
	repeats_note(&r, slice_of("b"), hashes, 1, 2000);
	repeats_note(&r, slice_of("c"), hashes, 1, 3000);
	/* The oldest had to go. */
	assert_false(has(&r, "a", 0, 11, 3000));
	assert_true(has(&r, "b", 0, 11, 3000));
	/* In its time, asked for or not. */
	assert_false(has(&r, "b", 0, 11, 2000 + REPEATS_MS));
	assert_int_equal(r.by_key.count, 1);
	repeats_expire(&r, 3000 + REPEATS_MS - 1);
	assert_int_equal(r.by_key.count, 1);
	repeats_expire(&r, 3000 + REPEATS_MS);
	assert_int_equal(r.by_key.count, 0);
	repeats_finish(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remembers),
		cmocka_unit_test(test_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
