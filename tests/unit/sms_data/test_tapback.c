/* Reactions of phones, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "sms_data/tapback.h"

#define LIKE  "\xf0\x9f\x91\x8d"
#define LAUGH "\xf0\x9f\x98\x82"

static void are_read(void **state)
{
	static const struct {
		const char *text, *emoji, *quote; /* NULL: it is none */
	} rows[] = {
		/* iOS */
		{ "Liked \xe2\x80\x9cLunch?\xe2\x80\x9d", LIKE, "Lunch?" },
		{ "Liked \"Lunch?\"", LIKE, "Lunch?" },
		{ "Loved \xe2\x80\x9cLunch?\xe2\x80\x9d",
			"\xe2\x9d\xa4\xef\xb8\x8f", "Lunch?" },
		{ "Disliked \"a\"", "\xf0\x9f\x91\x8e", "a" },
		{ "Laughed at \"a\"", LAUGH, "a" },
		{ "Emphasized \"a\"", "\xe2\x80\xbc\xef\xb8\x8f", "a" },
		{ "Questioned \"a\"", "\xe2\x9d\x93", "a" },
		{ "Reacted \xf0\x9f\x8e\x89 to \xe2\x80\x9c"
		  "a\xe2\x80\x9d",
			"\xf0\x9f\x8e\x89", "a" },
		{ "Removed a like from \"a\"", "", "a" },
		{ "Removed an exclamation from \"a\"", "", "a" },
		{ "Removed a question mark from \"a\"", "", "a" },
		{ "Removed \xf0\x9f\x8e\x89 from \"a\"", "", "a" },
		/* A quotation may have quotations in it. */
		{ "Liked \"Say \"hi\" to \"her\"\"", LIKE,
			"Say \"hi\" to \"her\"" },
		{ "Liked \xe2\x80\x9ctwo\nlines \xe2\x80\x9d", LIKE,
			"two lines" },
		/* A character of several. */
		{ "Reacted \xf0\x9f\x91\xa9\xe2\x80\x8d\xe2\x9d\xa4\xef\xb8\x8f"
		  "\xe2\x80\x8d\xf0\x9f\x91\xa8 to \"a\"",
			"\xf0\x9f\x91\xa9\xe2\x80\x8d\xe2\x9d\xa4\xef\xb8\x8f"
			"\xe2\x80\x8d\xf0\x9f\x91\xa8",
			"a" },
		/* Google Messages, with spaces nobody sees. */
		{ "\xe2\x80\x8a\xe2\x80\x8b" LIKE "\xe2\x80\x8b to "
		  "\xe2\x80\x9c\xe2\x80\x8a"
		  "Lunch?\xe2\x80\x8a\xe2\x80\x9d\xe2\x80\x8a",
			LIKE, "Lunch?" },
		/* Others */
		{ "Gef\xc3\xa4llt \xe2\x80\x9eMahlzeit\xe2\x80\x9c", LIKE,
			"Mahlzeit" },
		{ "Hat mit " LAUGH " auf \xe2\x80\x9eja\xe2\x80\x9c reagiert",
			LAUGH, "ja" },
		{ "A aim\xc3\xa9 \xc2\xab\xc2\xa0\xc3\xa0 demain\xc2\xa0\xc2"
		  "\xbb",
			LIKE, "\xc3\xa0 demain" },
		{ "N\xe2\x80\x99"
		  "a pas aim\xc3\xa9 \xc2\xab bof \xc2\xbb",
			"\xf0\x9f\x91\x8e", "bof" },
		{ "a attribu\xc3\xa9 la mention \xc2\xab\xc2\xa0J\xe2\x80\x99"
		  "aime\xc2\xa0\xc2\xbb \xc3\xa0 \xc2\xab\xc2\xa0ok\xc2\xa0"
		  "\xc2\xbb",
			LIKE, "ok" },
		{ "A r\xc3\xa9"
		  "agi avec " LAUGH " \xc3\xa0 \xc2\xab ok \xc2\xbb",
			LAUGH, "ok" },
		{ "Le gust\xc3\xb3 \xe2\x80\x9chola\xe2\x80\x9d", LIKE,
			"hola" },
		{ "Reaccion\xc3\xb3 con " LAUGH " a \"hola\"", LAUGH, "hola" },
		/* Texts */
		{ "", NULL, NULL },
		{ "\"", NULL, NULL },
		{ "\"\"", NULL, NULL },
		{ "Liked \"\"", NULL, NULL },
		{ "Liked an image", NULL, NULL },
		{ "Liked \"a\" too", NULL, NULL },
		{ "I liked \"a\"", NULL, NULL },
		{ "Liked", NULL, NULL },
		{ "Liked \"", NULL, NULL },
		{ "Reacted to \"a\"", NULL, NULL },
		{ "Reacted x to \"a\"", NULL, NULL },
		{ "Reacted " LIKE LAUGH " to \"a\"", NULL, NULL },
		{ "Reacted " LIKE " ok to \"a\"", NULL, NULL },
		{ LIKE " \"a\"", NULL, NULL },
		{ "Removed \"a\"", NULL, NULL },
		{ "Welcome to \"a\"", NULL, NULL },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tapback t;
		bool is_one = tapback_read(rows[i].text, &t);
		if (is_one != (rows[i].emoji != NULL))
			fail_msg("%s", rows[i].text);
		if (is_one) {
			assert_string_equal(t.emoji, rows[i].emoji);
			assert_string_equal(str_text(&t.quote), rows[i].quote);
		}
		str_finish(&t.quote);
	}
}

static enum tapback_match match(const char *tapback, const char *text)
{
	struct tapback t;
	char digest[TAPBACK_DIGEST], head[TAPBACK_HEAD + 1];
	assert_true(tapback_read(tapback, &t));
	tapback_digest(text, digest);
	text_format(head, sizeof(head), "%.*s", TAPBACK_HEAD, text);
	enum tapback_match m = tapback_match(&t, digest, head);
	str_finish(&t.quote);
	return m;
}

static void match_what_they_quote(void **state)
{
	static const struct {
		const char *tapback, *text;
		enum tapback_match want;
	} rows[] = {
		{ "Liked \"a\"", "a", TAPBACK_WHOLE },
		{ "Liked \"a\"", "A", TAPBACK_OTHER },
		{ "Liked \"a\"", "ab", TAPBACK_OTHER },
		{ "Liked \"a\"", " a\n", TAPBACK_WHOLE },
		{ "Liked \"it's 5\"", "it\xe2\x80\x99s\n5", TAPBACK_WHOLE },
		{ "Liked \"wait...\"", "wait\xe2\x80\xa6", TAPBACK_WHOLE },
		/* Shortened */
		{ "Liked \"The quick brown...\"", "The quick brown fox",
			TAPBACK_BEGINNING },
		{ "Liked \"The quick brown\xe2\x80\xa6\"",
			"The quick brown fox", TAPBACK_BEGINNING },
		{ "Liked \"The quick red...\"", "The quick brown fox",
			TAPBACK_OTHER },
		{ "Liked \"The quick brown\"", "The quick brown fox",
			TAPBACK_OTHER },
		/* Of too little. */
		{ "Liked \"The...\"", "The quick brown fox", TAPBACK_OTHER },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (match(rows[i].tapback, rows[i].text) != rows[i].want)
			fail_msg("%s: %s", rows[i].tapback, rows[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_read),
		cmocka_unit_test(match_what_they_quote),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
