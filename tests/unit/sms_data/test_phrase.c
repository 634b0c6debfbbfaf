/* What XMPP says beside its text, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "sms_data/phrase.h"

static struct str out = { .max = 4 * KIB };

static void expect(const char *text)
{
	assert_string_equal(str_text(&out), text);
	str_finish(&out);
	out = (struct str){ .max = 4 * KIB };
}

static void excerpts_are_short(void **state)
{
	(void)state;
	phrase_excerpt(&out, " Hello \n");
	expect("Hello");
	phrase_excerpt(&out, "one\ntwo");
	expect("one...");
	phrase_excerpt(&out, "");
	expect("");
	phrase_excerpt(&out,
		"0123456789012345678901234567890123456789012345678901234567"
		"8\xc3\xa4\xc3\xa4");
	expect("0123456789012345678901234567890123456789012345678901234567"
	       "8...");
}

static void answers_show_to_what(void **state)
{
	(void)state;
	phrase_reply(&out, "Are you there?\nAnd when?", "Yes.");
	expect("\"Are you there?...\": Yes.");
	phrase_correction(&out, "Yes!");
	expect("* Yes!");
}

static void reactions_are_words(void **state)
{
	static const struct {
		const char *reactions, *excerpt, *text;
	} rows[] = {
		{ "\xf0\x9f\x91\x8d", "Hi", "Liked \"Hi\"" },
		{ "\xe2\x9d\xa4\xef\xb8\x8f", "Hi", "Loved \"Hi\"" },
		{ "\xf0\x9f\x91\x8d \xe2\x9d\xa4", "Hi",
			"\xf0\x9f\x91\x8d \xe2\x9d\xa4 to \"Hi\"" },
		{ "\xf0\x9f\x8e\x89", "Hi", "\xf0\x9f\x8e\x89 to \"Hi\"" },
		{ "\xf0\x9f\x8e\x89", NULL, "\xf0\x9f\x8e\x89" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		phrase_reaction(&out, rows[i].reactions, rows[i].excerpt);
		expect(rows[i].text);
	}
}

static void actions_need_no_name(void **state)
{
	(void)state;
	assert_true(phrase_action(&out, "/me waves \n"));
	expect("*waves*");
	assert_false(phrase_action(&out, "/me"));
	assert_false(phrase_action(&out, "/me  "));
	assert_false(phrase_action(&out, "/meet me"));
	assert_false(phrase_action(&out, " /me waves"));
	assert_false(phrase_action(&out, "/ME waves"));
	expect("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(excerpts_are_short),
		cmocka_unit_test(answers_show_to_what),
		cmocka_unit_test(actions_need_no_name),
		cmocka_unit_test(reactions_are_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
