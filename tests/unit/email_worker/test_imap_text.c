/* Texts of IMAP: responses, words, names of folders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "email_worker/imap_response.h"
#include "email_worker/imap_utf7.h"

/* --- Responses ----------------------------------------------------------- */

static const struct {
	const char *line;
	enum imap_kind kind;
	const char *tag, *code, *rest;
	uint32_t number;
} rows[] = {
	{ "* OK hello there", IMAP_OK, "*", "", "hello there", 0 },
	{ "* ok [UIDNEXT 5] next", IMAP_OK, "*", "UIDNEXT 5", "next", 0 },
	{ "A1 NO [] x", IMAP_NO, "A1", "", "x", 0 },
	{ "A1 BAD", IMAP_BAD, "A1", "", "", 0 },
	{ "* BYE [X", IMAP_BYE, "*", "", "[X", 0 },
	{ "+ go on", IMAP_CONTINUE, "+", "", "go on", 0 },
	{ "+", IMAP_CONTINUE, "+", "", "", 0 },
	{ "* 17 EXISTS", IMAP_EXISTS, "*", "", "", 17 },
	{ "* 4294967295 EXPUNGE", IMAP_EXPUNGE, "*", "", "", 4294967295u },
	{ "* 3 FETCH (UID 1)", IMAP_FETCH, "*", "", "(UID 1)", 3 },
	{ "* EXISTS", IMAP_OTHER, "*", "", "", 0 },
	{ "* 3 OK x", IMAP_OTHER, "*", "", "x", 3 },
	{ "* 99999999999 EXISTS", IMAP_OTHER, "*", "", "EXISTS", 0 },
	{ "* ESEARCH (TAG \"G1\") UID COUNT 3", IMAP_ESEARCH, "*", "",
		"(TAG \"G1\") UID COUNT 3", 0 },
	{ "* XLIST () x", IMAP_LIST, "*", "", "() x", 0 },
	{ "*", IMAP_OTHER, "*", "", "", 0 },
};

static void test_responses(void **state)
{
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct imap_response r;

		assert_int_equal(
			imap_response_parse(slice_of(rows[i].line), &r), 0);
		assert_int_equal(r.kind, rows[i].kind);
		assert_int_equal(r.number, rows[i].number);
		assert_true(slice_equals(r.tag, rows[i].tag));
		assert_true(slice_equals(r.code, rows[i].code));
		assert_true(slice_equals(r.rest, rows[i].rest));
	}
}

static void test_codes_and_numbers(void **state)
{
	(void)state;
	struct imap_response r;
	struct slice value;
	uint64_t number;

	assert_int_equal(imap_response_parse(
				 slice_of("* OK [HIGHESTMODSEQ 18446744073709"
					  "551615] x"),
				 &r),
		0);
	assert_false(imap_code(&r, "HIGHEST", &value));
	assert_true(imap_code(&r, "highestmodseq", &value));
	assert_int_equal(imap_number(value, &number), 0);
	assert_true(number == UINT64_MAX);
	assert_int_equal(
		imap_number(slice_of("18446744073709551616"), &number), -1);
	assert_int_equal(imap_number(slice_of(""), &number), -1);
	assert_int_equal(imap_number(slice_of("-1"), &number), -1);
	assert_int_equal(imap_number(slice_of("1 "), &number), -1);
}

static void test_words(void **state)
{
	(void)state;
	struct slice rest =
		slice_of("(\\Sent x) \"a \\\"b\\\\\" {3}\r\nc d NIL \"\"");
	static const char *const words[] = { "(", "\\Sent", "x", ")", "a \"b\\",
		"c d", "NIL", "" };
	struct slice word;
	struct str space;
	bool is_string;

	str_init(&space, 100);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_true(imap_word(&rest, &word, &space, &is_string));
		assert_true(slice_equals(word, words[i]));
		assert_int_equal(is_string, i == 4 || i == 5 || i == 7);
	}
	assert_false(imap_word(&rest, &word, &space, &is_string));
	rest = slice_of("\"open");
	assert_false(imap_word(&rest, &word, &space, &is_string));
	rest = slice_of("{4}\r\nabc");
	assert_false(imap_word(&rest, &word, &space, &is_string));
	rest = slice_of("{99999999999999999999}\r\nabc");
	assert_false(imap_word(&rest, &word, &space, &is_string));
	rest = slice_of("{");
	assert_false(imap_word(&rest, &word, &space, &is_string));
	str_finish(&space);
}

/* --- Names --------------------------------------------------------------- */

static void test_names(void **state)
{
	(void)state;
	static const char *const names[][2] = {
		{ "INBOX", "INBOX" },
		{ "R&D", "R&-D" },
		{ "Entw\xc3\xbcrfe", "Entw&APw-rfe" },
		/* RFC 3501 section 5.1.3. */
		{ "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c"
		  "\xac\xe8\xaa\x9e",
			"~peter/mail/&U,BTFw-/&ZeVnLIqe-" },
		{ "\xf0\x9f\x92\xa9", "&2D3cqQ-" },
		{ "\xc3\xbc&\xc3\xbc", "&APw-&-&APw-" },
	};
	struct str out;

	str_init(&out, 200);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		str_reset(&out);
		assert_int_equal(
			imap_utf7_encode(&out, slice_of(names[i][0])), 0);
		assert_string_equal(str_text(&out), names[i][1]);
		str_reset(&out);
		assert_int_equal(
			imap_utf7_decode(&out, slice_of(names[i][1])), 0);
		assert_string_equal(str_text(&out), names[i][0]);
	}
	str_finish(&out);
}

static void test_bad_names(void **state)
{
	(void)state;
	static const char *const names[] = { "&", "&APw", "&*-", "&2D0-",
		"&3ak-", "a\nb", "a\x7f", "&AAo-", "\xc3\xbc", "&2D0AQQ-" };
	struct str out;

	str_init(&out, 200);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(
			imap_utf7_decode(&out, slice_of(names[i])), -1);
	assert_int_equal(imap_utf7_encode(&out, slice_of("\xff")), -1);
	/* Line ends and the like cannot leave as such. */
	str_reset(&out);
	assert_int_equal(imap_utf7_encode(&out, slice_of("a\r\nb")), 0);
	assert_string_equal(str_text(&out), "a&AA0ACg-b");
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_codes_and_numbers),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bad_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
