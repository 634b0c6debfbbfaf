/*
 * Segments: how many, in which alphabet, and where they are cut.
 */
#include "sms_data/segment.h"

#include "base/utf8.h"
#include "sms_data/bytes.h"
#include "sms_data/udh.h"

#define MANY 4000

/* `text` so many times. */
static struct str repeated(const char *text, size_t times)
{
	struct str out;

	str_init(&out, strlen(text) * times + 1);
	for (size_t i = 0; i < times; i++)
		str_add(&out, text);
	return out;
}

#define TR (1u << LANGUAGE_TURKISH)
#define ES (1u << LANGUAGE_SPANISH)
#define HI (1u << LANGUAGE_HINDI)

static void test_counts(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t times, count;
		enum sms_alphabet alphabet;
		struct segment_options options;
	} rows[] = {
		{ "", 0, 1, SMS_GSM, { 0 } },
		{ "x", 1, 1, SMS_GSM, { 0 } },
		{ "x", 160, 1, SMS_GSM, { 0 } },
		{ "x", 161, 2, SMS_GSM, { 0 } },
		{ "x", 306, 2, SMS_GSM, { 0 } },
		{ "x", 307, 3, SMS_GSM, { 0 } },
		{ "x", 304, 2, SMS_GSM, { .has_wide_ref = true } },
		{ "x", 305, 3, SMS_GSM, { .has_wide_ref = true } },
		/* An escape counts, and is not cut: 76 of them and a septet. */
		{ "€", 80, 1, SMS_GSM, { 0 } },
		{ "€", 81, 2, SMS_GSM, { 0 } },
		{ "€", 152, 2, SMS_GSM, { 0 } },
		{ "€", 153, 3, SMS_GSM, { 0 } },
		{ "Ж", 70, 1, SMS_UCS2, { 0 } },
		{ "Ж", 71, 2, SMS_UCS2, { 0 } },
		{ "Ж", 134, 2, SMS_UCS2, { 0 } },
		{ "Ж", 135, 3, SMS_UCS2, { 0 } },
		{ "Ж", 132, 2, SMS_UCS2, { .has_wide_ref = true } },
		{ "Ж", 133, 3, SMS_UCS2, { .has_wide_ref = true } },
		{ "😀", 35, 1, SMS_UCS2, { 0 } },
		{ "😀", 36, 2, SMS_UCS2, { 0 } },
		{ "😀", 66, 2, SMS_UCS2, { 0 } },
		{ "😀", 67, 3, SMS_UCS2, { 0 } },
		/* Languages: a header of four octets, nine with a part. */
		{ "ş", 70, 1, SMS_UCS2, { 0 } },
		{ "ş", 155, 1, SMS_GSM, { .languages = TR } },
		{ "ş", 156, 2, SMS_GSM, { .languages = TR } },
		{ "ş", 298, 2, SMS_GSM, { .languages = TR } },
		{ "ş", 299, 3, SMS_GSM, { .languages = TR } },
		{ "í", 77, 1, SMS_GSM, { .languages = ES } },
		{ "í", 78, 2, SMS_UCS2, { 0 } },
		/* Few are cheaper behind an escape; both tables at once. */
		{ "न", 155, 1, SMS_GSM, { .languages = HI } },
		{ "न९", 50, 1, SMS_GSM, { .languages = HI } },
		{ "न९", 51, 2, SMS_UCS2, { .languages = HI } },
		/* Languages are not used where they save nothing. */
		{ "x", 200, 2, SMS_GSM, { .languages = ~0u } },
		{ "€", 81, 1, SMS_GSM, { .languages = TR } },
		/* Transliterated where that saves something. */
		{ "“", 70, 1, SMS_UCS2, { .transliterate = true } },
		{ "“", 71, 1, SMS_GSM, { .transliterate = true } },
		{ "“", 71, 2, SMS_UCS2, { 0 } },
		{ "“Ж", 36, 2, SMS_UCS2, { .transliterate = true } },
		{ "…", 71, 2, SMS_UCS2, { .transliterate = true } },
		{ "“", 1000, 7, SMS_GSM, { .transliterate = true } },
		{ "x", MANY, 27, SMS_GSM, { 0 } },
		/* What a network has that writes the alphabet in another. */
		{ "é", 160, 1, SMS_GSM, { .subset = GSM_OF_LATIN1 } },
		{ "[", 80, 1, SMS_GSM, { .subset = GSM_OF_ASCII } },
		{ "é", 71, 2, SMS_UCS2, { .subset = GSM_OF_ASCII } },
		{ "€", 71, 2, SMS_UCS2, { .subset = GSM_OF_LATIN1 } },
		{ "Δ", 70, 1, SMS_UCS2, { .subset = GSM_OF_LATIN1 } },
		{ "ş", 155, 3, SMS_UCS2,
			{ .subset = GSM_OF_LATIN1, .languages = TR } },
		{ "“", 71, 1, SMS_GSM,
			{ .subset = GSM_OF_ASCII, .transliterate = true } },
		{ "“é", 36, 2, SMS_UCS2,
			{ .subset = GSM_OF_ASCII, .transliterate = true } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str text = repeated(rows[i].text, rows[i].times);
		struct segments s;

		size_t count =
			segment_count(&rows[i].options, str_slice(&text));
		if (count != rows[i].count)
			fail_msg("row %zu: %zu", i, count);
		assert_int_equal(
			segments_cut(&s, &rows[i].options, str_slice(&text), 1),
			0);
		if (s.count != count || s.alphabet != rows[i].alphabet)
			fail_msg("row %zu: %zu in %d", i, s.count, s.alphabet);
		segments_finish(&s);
		str_finish(&text);
	}
}

static void decode(struct str *out, const struct segments *s, size_t i)
{
	if (s->alphabet == SMS_UCS2)
		ucs2_decode(out, s->items[i].data);
	else
		gsm_decode(out, s->tables, s->items[i].data);
}

/* Where it is cut: the texts of the segments behind the first 150 or 60
 * characters, which are the same. */
static void test_cuts(void **state)
{
	(void)state;
	static const struct {
		const char *fill;
		size_t times;
		const char *text, *first, *second;
	} rows[] = {
		/* An escape: 153 septets would end in the middle of one. */
		{ "x", 152, "€yyyyyyyy", "", "€yyyyyyyy" },
		{ "x", 151, "€yyyyyyyyy", "€", "yyyyyyyyy" },
		/* A surrogate pair: 67 units. */
		{ "Ж", 66, "😀yyyy", "", "😀yyyy" },
		{ "Ж", 65, "😀yyyyy", "😀", "yyyyy" },
		/* What is shown as one. */
		{ "Ж", 66, "e\xcc\x81yyyy", "", "e\xcc\x81yyyy" },
		{ "Ж", 60, "👨‍👩‍👧yyyy", "",
			"👨‍👩‍👧yyyy" },
		{ "Ж", 64, "🇩🇪🇫🇷yyy", "", "🇩🇪🇫🇷yyy" },
		{ "Ж", 63, "🇩🇪🇫🇷yyyy", "🇩🇪", "🇫🇷yyyy" },
		{ "Ж", 65, "👍🏽yyyyy", "", "👍🏽yyyyy" },
		{ "Ж", 66, "\r\nyyyyyy", "", "\nyyyyyy" },
	};
	static const struct segment_options options = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str text = repeated(rows[i].fill, rows[i].times), out;
		size_t len = text.len;
		struct str whole;
		struct segments s;

		str_init(&out, 1000);
		str_init(&whole, 1000);
		str_add_slice(&whole, str_slice(&text));
		str_add(&whole, rows[i].text);
		assert_int_equal(
			segments_cut(&s, &options, str_slice(&whole), 1), 0);
		assert_int_equal(s.count, 2);
		decode(&out, &s, 0);
		str_consume(&out, len);
		text_equal(i, "first", &out, rows[i].first);
		str_reset(&out);
		decode(&out, &s, 1);
		text_equal(i, "second", &out, rows[i].second);
		segments_finish(&s);
		str_finish(&text);
		str_finish(&whole);
		str_finish(&out);
	}
}

/* A cluster longer than a segment is cut between code points. */
static void test_long_cluster(void **state)
{
	(void)state;
	static const struct segment_options options = { 0 };
	struct str text = repeated("\xcc\x81", 150);
	struct segments s;

	assert_int_equal(segments_cut(&s, &options, str_slice(&text), 1), 0);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.items[0].data.len, 134);
	assert_int_equal(s.items[2].data.len, 32);
	segments_finish(&s);
	str_finish(&text);
}

static void test_headers(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t times, which;
		struct segment_options options;
		const char *header;
	} rows[] = {
		{ "x", 160, 0, { 0 }, "" },
		{ "x", 161, 0, { 0 }, "0003cd0201" },
		{ "x", 161, 1, { 0 }, "0003cd0202" },
		{ "x", 161, 1, { .has_wide_ref = true }, "0804abcd0202" },
		{ "ş", 100, 0, { .languages = TR }, "250101" },
		{ "ş", 200, 1, { .languages = TR }, "0003cd0202250101" },
		{ "í", 70, 0, { .languages = ES }, "" },
		{ "í", 77, 0, { .languages = ES }, "240102" },
		{ "न९", 50, 0, { .languages = HI }, "240106250106" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str text = repeated(rows[i].text, rows[i].times);
		struct segments s;

		assert_int_equal(segments_cut(&s, &rows[i].options,
					 str_slice(&text), 0xabcd),
			0);
		bytes_equal(i, "header", s.items[rows[i].which].header,
			rows[i].header);
		segments_finish(&s);
		str_finish(&text);
	}
}

static void test_too_many(void **state)
{
	(void)state;
	struct segment_options options = { .max = 2 };
	struct str text = repeated("x", 307), huge = repeated("x", 153 * 255);
	struct segments s;

	assert_int_equal(segments_cut(&s, &options, str_slice(&text), 1), -1);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.alphabet, SMS_GSM);
	assert_null(s.items);
	segments_finish(&s);
	options.max = 3;
	assert_int_equal(segments_cut(&s, &options, str_slice(&text), 1), 0);
	segments_finish(&s);
	/* The octet that counts them. */
	options.max = 1000;
	assert_int_equal(segments_cut(&s, &options, str_slice(&huge), 1), 0);
	assert_int_equal(s.count, 255);
	bytes_equal(0, "header", s.items[254].header, "000301ffff");
	segments_finish(&s);
	str_finish(&huge);
	huge = repeated("x", 153 * 255 + 1);
	assert_int_equal(segments_cut(&s, &options, str_slice(&huge), 1), -1);
	assert_int_equal(s.count, 256);
	segments_finish(&s);
	str_finish(&huge);
	/* Much too long: other ways are not tried, and would not do. */
	options = (struct segment_options){
		.languages = ~0u, .transliterate = true, .max = 2
	};
	huge = repeated("“", 161 * 2);
	assert_int_equal(segments_cut(&s, &options, str_slice(&huge), 1), -1);
	assert_int_equal(s.count, 5);
	segments_finish(&s);
	str_truncate(&huge, 153 * 2 * 3);
	assert_int_equal(segments_cut(&s, &options, str_slice(&huge), 1), 0);
	assert_int_equal(s.count, 2);
	segments_finish(&s);
	str_finish(&huge);
	str_finish(&text);
}

static void test_transliterated(void **state)
{
	(void)state;
	static const struct segment_options options = { .transliterate = true };
	struct str text = repeated("“ok” ", 20), want = repeated("\"ok\" ", 20);
	struct str out;
	struct segments s;

	str_init(&out, 200);
	assert_int_equal(segments_cut(&s, &options, str_slice(&text), 1), 0);
	assert_true(s.is_transliterated);
	decode(&out, &s, 0);
	text_equal(0, "text", &out, str_text(&want));
	segments_finish(&s);
	assert_int_equal(segments_cut(&s, &options, slice_of("“ok”"), 1), 0);
	assert_false(s.is_transliterated);
	segments_finish(&s);
	str_finish(&text);
	str_finish(&want);
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_long_cluster),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_transliterated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
