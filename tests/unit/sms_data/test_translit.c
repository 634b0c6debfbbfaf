/*
 * Transliteration: rows, and that whatever stands for something is in the
 * alphabet.
 */
#include "sms_data/translit.h"

#include "base/utf8.h"
#include "sms_data/alphabet.h"
#include "sms_data/bytes.h"

static void test_rows(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want; /* NULL: it cannot be done */
	} rows[] = {
		{ "", "" },
		{ "plain [€] é\n", "plain [€] é\n" },
		{ "“smart” ‘quotes’", "\"smart\" 'quotes'" },
		{ "a\xc2\xa0z \xe2\x80\x94 wait\xe2\x80\xa6", "a z - wait..." },
		{ "garçon Á Ê Õ á ê õ", "garÇon A E O a e o" },
		{ "Łódź, Příliš žluťoučký", "Lodz, Prilis zlutoucky" },
		{ "İstanbul ğış ĞŞ", "Istanbul gis GS" },
		{ "œuvre ŒUVRE Þór ẞ ŉ", "oeuvre OEUVRE Thor ß 'n" },
		{ "Tiếng Việt Đ", "Tieng Viet D" },
		{ "Καλημέρα Ώς", "KAΛHMEPA ΩΣ" },
		{ "½ × ±2 ﬁn ™", "1/2 x +/-2 fin TM" },
		{ "`a´ \ttab", "'a'  tab" },
		/* Combining accents, joiners, selectors go. */
		{ "e\xcc\x81 x\xef\xb8\x8f\xe2\x80\x8dy", "e xy" },
		{ "Ж", NULL },
		{ "ok 😀", NULL },
		{ "20°", NULL },
		{ "\xff", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice text = bytes_of(slice_of(rows[i].text));
		struct str out;

		str_init(&out, 200);
		str_add(&out, "=");
		int result = translit(&out, text);
		if ((result == 0) != (rows[i].want != NULL))
			fail_msg("row %zu: %d", i, result);
		str_consume(&out, 1);
		text_equal(i, "text", &out, rows[i].want ? rows[i].want : "");
		str_finish(&out);
		bytes_free(text);
	}
}

static void test_every_code_point(void **state)
{
	(void)state;
	static const struct gsm_tables plain = { 0 };
	struct str before;
	unsigned known = 0;

	str_init(&before, 8);
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		struct slice s = translit_of(code);
		size_t septets;

		if (s.data == NULL)
			continue;
		known++;
		str_reset(&before);
		utf8_add(&before, code);
		if (gsm_count(plain, s, &septets) != 0)
			fail_msg("U+%04X", code);
		if (s.len > before.len * 2)
			fail_msg("U+%04X grows too much", code);
	}
	str_finish(&before);
	assert_in_range(known, 500, 700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_code_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
