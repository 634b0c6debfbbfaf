/*
 * Reassembly: any order, repeats, gaps, limits, what is made again.
 */
#include "sms_data/reassembly.h"

#include "sms_data/bytes.h"
#include "sms_data/repeats.h"

#define WAIT INT64_C(600000)

static const struct reassembly_limits roomy = {
	.texts = 100, .sender_texts = 50, .bytes = 100000, .wait_ms = WAIT
};

static struct reassembly_part part_of(
	unsigned total, unsigned number, unsigned ref, const char *data)
{
	return (struct reassembly_part){ .token = number,
		.backend = "main",
		.from = "+15550001",
		.to = "+15559999",
		.part = { total, number, ref, '8' },
		.segment = { .alphabet = SMS_GSM, .data = slice_of(data) },
		.wall_ms = 1000 };
}

static void add(struct reassembly *r, const struct reassembly_part *part,
	enum reassembly_result want)
{
	enum reassembly_result got = reassembly_add(r, part);

	if (got != want)
		fail_msg("part %u of %u: %d, not %d", part->part.number,
			part->part.total, got, want);
}

static void add_new(struct reassembly *r, unsigned total, unsigned number,
	unsigned ref, const char *data)
{
	struct reassembly_part part = part_of(total, number, ref, data);

	add(r, &part, REASSEMBLY_KEPT);
}

static void take(struct reassembly *r, int64_t wall_ms, const char *want)
{
	struct reassembled *got = reassembly_take(r, wall_ms);

	if (want == NULL) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	if (!slice_equals(got->body, want))
		fail_msg("\"%.*s\", not \"%s\"", (int)got->body.len,
			got->body.data, want);
	assert_int_equal(got->is_complete, strstr(want, "[...]") == NULL);
	reassembled_free(&got);
	assert_null(got);
}

/* All orders of four parts. */
static void test_orders(void **state)
{
	(void)state;
	static const char *const texts[] = { "one ", "two ", "three ", "four" };
	struct reassembly *r = reassembly_new(&roomy);

	for (unsigned order = 0; order < 256; order++) {
		unsigned seen = 0;
		unsigned at[4];

		for (unsigned i = 0; i < 4; i++) {
			at[i] = order >> 2 * i & 3;
			seen |= 1u << at[i];
		}
		if (seen != 15)
			continue;
		for (unsigned i = 0; i < 4; i++) {
			take(r, 2000, NULL);
			add_new(r, 4, at[i] + 1, order, texts[at[i]]);
		}
		take(r, 2000, "one two three four");
		take(r, 2000, NULL);
		assert_int_equal(reassembly_count(r), 0);
	}
	reassembly_free(&r);
	assert_null(r);
	reassembly_free(&r);
}

static void test_result(void **state)
{
	(void)state;
	struct reassembly *r = reassembly_new(&roomy);
	struct reassembly_part part = part_of(3, 3, 7, "C");

	part.token = UINT64_C(1) << 40;
	part.wall_ms = 500;
	add(r, &part, REASSEMBLY_KEPT);
	add_new(r, 3, 1, 7, "A");
	add_new(r, 3, 2, 7, "B");
	struct reassembled *got = reassembly_take(r, 1000);
	assert_non_null(got);
	assert_string_equal(got->backend, "main");
	assert_string_equal(got->from, "+15550001");
	assert_string_equal(got->to, "+15559999");
	assert_int_equal(got->content.kind, CONTENT_TEXT);
	assert_true(got->is_complete);
	assert_int_equal(got->wall_ms, 500);
	assert_int_equal(got->count, 3);
	assert_int_equal(got->tokens[0], 1);
	assert_int_equal(got->tokens[1], 2);
	assert_true(got->tokens[2] == UINT64_C(1) << 40);
	/* It lives on its own. */
	reassembly_free(&r);
	assert_true(slice_equals(got->body, "ABC"));
	reassembled_free(&got);
	reassembled_free(&got);
}

static void test_alone(void **state)
{
	(void)state;
	static const struct carrier_part rows[] = {
		{ 0, 0, 0, 0 },
		{ 1, 1, 5, '8' },
		{ 0, 1, 5, '8' },
		{ 2, 0, 5, '8' },
		{ 2, 3, 5, '8' },
		{ 256, 1, 5, 'p' },
	};
	struct reassembly *r = reassembly_new(&roomy);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reassembly_part part = part_of(2, 1, 5, "A");

		part.part = rows[i];
		add(r, &part, REASSEMBLY_SINGLE);
	}
	struct str large;
	str_init(&large, roomy.bytes * 2);
	while (large.len < roomy.bytes)
		str_add(&large, "0123456789");
	struct reassembly_part part = part_of(2, 1, 5, str_text(&large));
	add(r, &part, REASSEMBLY_SINGLE);
	part = part_of(2, 1, 5, "A");
	part.from = str_text(&large);
	add(r, &part, REASSEMBLY_SINGLE);
	assert_int_equal(reassembly_count(r), 0);
	assert_int_equal(reassembly_due(r), -1);
	str_finish(&large);
	reassembly_free(&r);
}

/* Whatever differs makes it another text. */
static void test_keys(void **state)
{
	(void)state;
	struct reassembly *r = reassembly_new(&roomy);
	struct reassembly_part parts[7];

	for (size_t i = 0; i < COUNT(parts); i++)
		parts[i] = part_of(2, 1, 1, "A");
	parts[1].backend = "other";
	parts[2].from = "+15550002";
	parts[3].to = "+15559998";
	parts[4].part.method = 's';
	parts[5].part.ref = 2;
	parts[6].part.total = 3;
	for (size_t i = 0; i < COUNT(parts); i++) {
		add(r, &parts[i], REASSEMBLY_KEPT);
		assert_int_equal(reassembly_count(r), i + 1);
	}
	add_new(r, 2, 2, 1, "B");
	take(r, 2000, "AB");
	take(r, 2000, NULL);
	reassembly_free(&r);
}

static void test_repeats(void **state)
{
	(void)state;
	struct reassembly *r = reassembly_new(&roomy);
	struct reassembly_part a = part_of(2, 1, 1, "A");
	struct reassembly_part b = part_of(2, 2, 1, "B");

	add(r, &a, REASSEMBLY_KEPT);
	add(r, &a, REASSEMBLY_REPEATED);
	add(r, &b, REASSEMBLY_KEPT);
	take(r, 1000, "AB");
	/* Given again when the text is complete already. */
	add(r, &b, REASSEMBLY_REPEATED);
	add(r, &a, REASSEMBLY_REPEATED);
	take(r, 1000, NULL);
	/* Much later it is another text, with the same reference. */
	a.wall_ms = b.wall_ms = 1000 + REPEATS_MS;
	add(r, &a, REASSEMBLY_KEPT);
	add(r, &b, REASSEMBLY_KEPT);
	take(r, a.wall_ms, "AB");
	/* Another text soon after, of a sender with one reference. */
	a.segment.data = slice_of("C");
	add(r, &a, REASSEMBLY_KEPT);
	add(r, &b, REASSEMBLY_KEPT);
	take(r, a.wall_ms, "CB");
	reassembly_free(&r);
}

/* The same number with other data: the reference is used again, what was there
 * will not be complete. */
static void test_contradiction(void **state)
{
	(void)state;
	struct reassembly *r = reassembly_new(&roomy);

	add_new(r, 3, 1, 1, "old ");
	add_new(r, 3, 2, 1, "text ");
	add_new(r, 3, 1, 1, "new ");
	take(r, 1000, "old text [...]");
	take(r, 1000, NULL);
	add_new(r, 3, 3, 1, "end");
	add_new(r, 3, 2, 1, "one, ");
	take(r, 1000, "new one, end");
	reassembly_free(&r);
}

static void test_timeout(void **state)
{
	(void)state;
	struct reassembly *r = reassembly_new(&roomy);
	struct reassembly_part part = part_of(4, 2, 1, "two");

	assert_int_equal(reassembly_due(r), -1);
	add(r, &part, REASSEMBLY_KEPT);
	assert_int_equal(reassembly_due(r), 1000 + WAIT);
	/* Each part gives it more time. */
	part = part_of(4, 4, 1, "four");
	part.wall_ms = 50000;
	add(r, &part, REASSEMBLY_KEPT);
	assert_int_equal(reassembly_due(r), 50000 + WAIT);
	/* ... but one that came before it no less. */
	part = part_of(4, 1, 1, "one ");
	part.wall_ms = 700;
	add(r, &part, REASSEMBLY_KEPT);
	assert_int_equal(reassembly_due(r), 50000 + WAIT);
	/* Others are due before it, whenever they are added. */
	part = part_of(2, 1, 2, "first");
	part.wall_ms = 3000;
	add(r, &part, REASSEMBLY_KEPT);
	assert_int_equal(reassembly_due(r), 3000 + WAIT);
	take(r, 3000 + WAIT - 1, NULL);
	take(r, 3000 + WAIT, "first[...]");
	take(r, 50000 + WAIT - 1, NULL);
	struct reassembled *got = reassembly_take(r, 50000 + WAIT);
	assert_true(slice_equals(got->body, "one two[...]four"));
	assert_int_equal(got->wall_ms, 700);
	reassembled_free(&got);
	take(r, INT64_MAX, NULL);
	assert_int_equal(reassembly_due(r), -1);
	reassembly_free(&r);
}

static void test_limits(void **state)
{
	(void)state;
	struct reassembly_limits limits = { 3, 2, 100000, WAIT };
	struct reassembly *r = reassembly_new(&limits);
	struct reassembly_part part;

	/* Two of one sender. */
	add_new(r, 2, 1, 1, "a");
	add_new(r, 2, 1, 2, "b");
	add_new(r, 2, 1, 3, "c");
	take(r, 1000, "a[...]");
	take(r, 1000, NULL);
	/* Three in all. */
	part = part_of(2, 1, 4, "d");
	part.from = "+15550002";
	add(r, &part, REASSEMBLY_KEPT);
	take(r, 1000, NULL);
	part.from = "+15550003";
	add(r, &part, REASSEMBLY_KEPT);
	take(r, 1000, "b[...]");
	take(r, 1000, NULL);
	assert_int_equal(reassembly_count(r), 3);
	reassembly_free(&r);
	/* Bytes: 40 parts of some 100 each. */
	limits = (struct reassembly_limits){ 1000, 1000, 10000, WAIT };
	r = reassembly_new(&limits);
	for (unsigned i = 0; i < 200; i++)
		add_new(r, 2, 1, i, "0123456789");
	assert_in_range(reassembly_count(r), 40, 150);
	for (size_t left = 200 - reassembly_count(r); left > 0; left--)
		take(r, 1000, "0123456789[...]");
	take(r, 1000, NULL);
	reassembly_free(&r);
}

/* One text that is more than all may be comes with gaps, and ends. */
static void test_huge(void **state)
{
	(void)state;
	struct reassembly_limits limits = { 10, 10, 2000, WAIT };
	struct reassembly *r = reassembly_new(&limits);
	size_t taken = 0;

	for (unsigned i = 1; i <= 255; i++) {
		struct reassembled *got;

		add_new(r, 255, i, 1, "0123456789");
		while ((got = reassembly_take(r, 1000)) != NULL) {
			taken += got->count;
			assert_false(got->is_complete);
			reassembled_free(&got);
		}
		assert_true(reassembly_count(r) <= 1);
	}
	assert_in_range(taken, 230, 255);
	reassembly_free(&r);
}

static void test_alphabets(void **state)
{
	(void)state;
	struct reassembly *r = reassembly_new(&roomy);
	struct reassembly_part one = part_of(2, 1, 1, "");
	struct reassembly_part two = part_of(2, 2, 1, "");

	one.segment.alphabet = two.segment.alphabet = SMS_UCS2;
	one.segment.data = slice_make("\0A\xd8\x3d", 4);
	two.segment.data = slice_make("\xde\0", 2);
	add(r, &one, REASSEMBLY_KEPT);
	add(r, &two, REASSEMBLY_KEPT);
	take(r, 1000, "A😀");
	one.part.method = two.part.method = 'p';
	one.segment.text = "text of ";
	two.segment.text = "a provider";
	add(r, &two, REASSEMBLY_KEPT);
	add(r, &one, REASSEMBLY_KEPT);
	take(r, 1000, "text of a provider");
	/* A file in parts: the header with the port is in each. */
	one.segment = two.segment = (struct content_segment){
		.alphabet = SMS_BINARY,
		.header = slice_make("\x05\x04\x23\xf4\0\0", 6),
	};
	one.segment.data = slice_of("BEGIN:VCARD\n");
	two.segment.data = slice_of("END:VCARD\n");
	add(r, &one, REASSEMBLY_KEPT);
	add(r, &two, REASSEMBLY_KEPT);
	struct reassembled *got = reassembly_take(r, 1000);
	assert_int_equal(got->content.kind, CONTENT_FILE);
	assert_string_equal(got->content.name, "contact.vcf");
	assert_true(slice_equals(got->body, "BEGIN:VCARD\nEND:VCARD\n"));
	reassembled_free(&got);
	reassembly_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_contradiction),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_alphabets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
