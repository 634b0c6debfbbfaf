/*
 * Ban masks: made, checked, completed and matched.
 */
#include "irc/mask.h"

#include <stdlib.h>

#include "base/macros.h"
#include "irc/rows.h"

static void test_from_source(void **state)
{
	(void)state;
	struct str out;

	str_init(&out, 100);
	irc_mask_from_source(&out, slice_of("nick"), slice_of("host.example"));
	assert_string_equal(str_text(&out), "*!*@host.example");
	str_reset(&out);
	irc_mask_from_source(&out, slice_of("nick"), slice_make(NULL, 0));
	assert_string_equal(str_text(&out), "nick!*@*");
	str_finish(&out);
}

static void test_valid(void **state)
{
	(void)state;
	char longest[IRC_MASK_MAX + 1];
	static const struct {
		struct slice mask;
		bool valid;
	} rows[] = {
		{ { "*!*@*", 5 }, true },
		{ { "$a:account", 10 }, true },
		{ { "n\xc3\xa9!*@*", 7 }, true },
		{ { "", 0 }, false },
		{ { NULL, 0 }, false },
		{ { ":x!*@*", 6 }, false },
		{ { "a b!*@*", 7 }, false },
		{ { "a,b!*@*", 7 }, false },
		{ { "a\0b", 3 }, false },
		{ { "a\nb", 3 }, false },
		{ { "a\rb", 3 }, false },
		{ { "a\1b", 3 }, false },
		{ { "a\x7f", 2 }, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		row_number(i, "valid", irc_mask_is_valid(rows[i].mask),
			rows[i].valid);
	memset(longest, 'x', sizeof(longest));
	assert_true(irc_mask_is_valid(slice_make(longest, IRC_MASK_MAX)));
	assert_false(irc_mask_is_valid(slice_make(longest, IRC_MASK_MAX + 1)));
}

static void test_complete(void **state)
{
	(void)state;
	static const struct {
		const char *extban;      /* token, or NULL */
		const char *text, *mask; /* NULL: refused */
	} rows[] = {
		{ NULL, "nick", "nick!*@*" },
		{ NULL, "nick!user@host", "nick!user@host" },
		{ NULL, "nick!user", "nick!user@*" },
		{ NULL, "user@host", "*!user@host" },
		{ NULL, "host.example", "*!*@host.example" },
		{ NULL, "*.example", "*!*@*.example" },
		{ NULL, "2001:db8::1", "*!*@2001:db8::1" },
		{ NULL, "*", "*!*@*" },
		{ NULL, "$a:bob", "*!*@$a:bob" },
		{ "EXTBAN=$,arxc", "$a:bob", "$a:bob" },
		{ "EXTBAN=$,arxc", "$a", "$a" },
		{ "EXTBAN=$,arxc", "$~a", "$~a" },
		{ "EXTBAN=$,arxc", "$z:bob", "*!*@$z:bob" },
		{ "EXTBAN=$,arxc", "$", "$!*@*" },
		{ "EXTBAN=~,a", "~a:bob", "~a:bob" },
		{ "EXTBAN=,ARm", "R:bob", "R:bob" },
		{ "EXTBAN=,ARm", "R", "R!*@*" },
		{ "EXTBAN=,ARm", "Roger", "Roger!*@*" },
		{ NULL, "", NULL },
		{ NULL, "a b", NULL },
		{ NULL, ":a", NULL },
		{ NULL, "a\nb", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct irc_isupport s;
		struct str out;

		irc_isupport_init(&s);
		if (rows[i].extban != NULL)
			irc_isupport_token(&s, slice_of(rows[i].extban));
		str_init(&out, 400);
		row_number(i, "result",
			irc_mask_complete(&out, &s, slice_of(rows[i].text)),
			rows[i].mask ? 0 : -1);
		row_slice(i, "mask", str_slice(&out),
			rows[i].mask ? rows[i].mask : "");
		str_finish(&out);
		irc_isupport_finish(&s);
	}
	/* Completed it would be too long. */
	char text[IRC_MASK_MAX];
	struct irc_isupport s;
	struct str out;
	memset(text, 'x', sizeof(text));
	irc_isupport_init(&s);
	str_init(&out, 400);
	assert_int_equal(
		irc_mask_complete(&out, &s, slice_make(text, sizeof(text))),
		-1);
	assert_int_equal(out.len, 0);
	str_finish(&out);
	irc_isupport_finish(&s);
}

static void test_matches(void **state)
{
	(void)state;
	static const struct {
		const char *mask, *source;
		bool matches;
	} rows[] = {
		{ "*!*@*", "n!u@h", true },
		{ "*", "", true },
		{ "", "", true },
		{ "", "x", false },
		{ "x", "", false },
		{ "?", "", false },
		{ "n!u@h", "n!u@h", true },
		{ "n!u@h", "n!u@hx", false },
		{ "n!u@hx", "n!u@h", false },
		{ "*!*@host.example", "nick!user@host.example", true },
		{ "*!*@*.example", "nick!user@host.example", true },
		{ "*!*@*.example", "nick!user@host.examples", false },
		{ "n?ck!*@*", "nick!u@h", true },
		{ "n?ck!*@*", "nck!u@h", false },
		{ "*a*b*c", "xxaxxbxxaxxbxxc", true },
		{ "*a*b*c", "xxaxxbxxaxxbxx", false },
		{ "a**b", "ab", true },
		{ "***", "abc", true },
		{ "*?", "", false },
		{ "*?", "a", true },
		{ "*ab", "aab", true },
		{ "*ab", "aba", false },
		{ "\\*x", "*x", true },
		{ "\\*x", "ax", false },
		{ "\\?x", "?x", true },
		{ "\\?x", "ax", false },
		{ "a\\", "a\\", true },
		{ "a\\b", "a\\b", true },
		{ "x\\*", "x", false },
		{ "*\\*", "x*", true },
		/* Case: [ and { are the same letter in RFC 1459. */
		{ "NICK[!*@*", "nick{!u@h", true },
		{ "N\\!*@*", "n|!u@h", true },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		row_number(i, "matches",
			irc_mask_matches(IRC_CASEMAP_RFC1459,
				slice_of(rows[i].mask),
				slice_of(rows[i].source)),
			rows[i].matches);
	assert_false(irc_mask_matches(
		IRC_CASEMAP_ASCII, slice_of("["), slice_of("{")));
}

/* The obvious recursive definition. */
static bool matches_slowly(const char *mask, const char *source)
{
	if (*mask == '\0')
		return *source == '\0';
	if (*mask == '*')
		return matches_slowly(mask + 1, source) ||
		       (*source != '\0' && matches_slowly(mask, source + 1));
	if (*source == '\0')
		return false;
	return (*mask == '?' || *mask == *source) &&
	       matches_slowly(mask + 1, source + 1);
}

static void test_matches_like_definition(void **state)
{
	(void)state;
	static const char mask_bytes[] = "ab*?", source_bytes[] = "ab";

	srandom(7);
	for (size_t i = 0; i < 20000; i++) {
		char mask[8] = "", source[10] = "";

		for (long n = random() % 8, k = 0; k < n; k++)
			mask[k] = mask_bytes[random() % 4];
		for (long n = random() % 10, k = 0; k < n; k++)
			source[k] = source_bytes[random() % 2];
		if (irc_mask_matches(IRC_CASEMAP_ASCII, slice_of(mask),
			    slice_of(source)) != matches_slowly(mask, source))
			fail_msg("'%s' and '%s'", mask, source);
	}
}

/* Masks that make a backtracking matcher run for ever. */
static void test_no_blow_up(void **state)
{
	(void)state;
	char mask[IRC_MASK_MAX], source[8192];

	for (size_t i = 0; i < sizeof(mask); i++)
		mask[i] = i % 2 == 0 ? '*' : 'a';
	memset(source, 'a', sizeof(source));
	source[sizeof(source) - 1] = 'b';
	mask[sizeof(mask) - 1] = 'c';
	assert_false(irc_mask_matches(IRC_CASEMAP_ASCII,
		slice_make(mask, sizeof(mask)),
		slice_make(source, sizeof(source))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_source),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_matches_like_definition),
		cmocka_unit_test(test_no_blow_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
