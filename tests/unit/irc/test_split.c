/*
 * Splitting: where a text is cut, and that nothing is lost on the way.
 */
#include "irc/split.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/utf8.h"
#include "irc/ctcp.h"
#include "irc/line.h"
#include "irc/rows.h"

static void pieces_of(struct slice text, size_t budget, struct str *out)
{
	struct irc_split s;
	struct slice piece;

	irc_split_begin(&s, text, budget);
	while (irc_split_next(&s, &piece)) {
		str_add_char(out, '<');
		str_add_slice(out, piece);
		str_add_char(out, '>');
	}
}

#define P(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}
#define P_NONE          \
	{               \
		NULL, 0 \
	}
#define E_ACUTE "e\xcc\x81" /* e, combining acute */
#define FAMILY  "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9" /* ZWJ */

static void test_pieces(void **state)
{
	(void)state;
	static const struct {
		struct slice text;
		const char *pieces;
	} rows[] = {
		{ P_NONE, "" },
		{ P("hello"), "<hello>" },
		{ P("a\nb"), "<a><b>" },
		{ P("a\r\nb\rc\n"), "<a><b><c>" },
		{ P("a\n\n\nb"), "<a><b>" },
		{ P("\n \n\t\na\n   \n"), "<a>" },
		{ P("  a  "), "<  a  >" },
		{ P("a\0b"), "<a><b>" },
		{ P("\0\0"), "" },
		{ P("1234567890123456"), "<1234567890123456>" },
		{ P("12345678901234567"), "<1234567890123456><7>" },
		{ P("1234567890 123456"), "<1234567890><123456>" },
		{ P("1234567890123456 789"), "<1234567890123456><789>" },
		{ P("123456789012345 6 789"), "<123456789012345><6 789>" },
		/* One space is dropped, others are text. */
		{ P("123456789012345  6"), "<123456789012345 ><6>" },
		{ P("                  x"), "< x>" },
		{ P("a                 x"), "<a               >< x>" },
		{ P("12345678901234567\n89"), "<1234567890123456><7><89>" },
		/* Code points and clusters stay whole. */
		{ P("123456789012345\xc3\xa9"), "<123456789012345><\xc3\xa9>" },
		{ P("1234567890123\xe2\x82\xac\xe2\x82\xac"),
			"<1234567890123\xe2\x82\xac><\xe2\x82\xac>" },
		{ P("12345678901234" E_ACUTE "x"),
			"<12345678901234><" E_ACUTE "x>" },
		{ P("123456789" FAMILY "x"), "<123456789><" FAMILY "x>" },
		/* Bytes that are no UTF-8 do not stop it. */
		{ P("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
		    "\x80\x80\x80"),
			"<\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
			"\x80\x80\x80><\x80>" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out;

		str_init(&out, 400);
		pieces_of(rows[i].text, 16, &out);
		row_slice(i, "pieces", str_slice(&out), rows[i].pieces);
		str_finish(&out);
	}
}

static void test_count(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t budget, max, count;
	} rows[] = {
		{ "", 100, 5, 0 },
		{ "a", 100, 5, 1 },
		{ "a\nb\nc\nd\ne", 100, 5, 5 },
		{ "a\nb\nc\nd\ne\nf", 100, 5, 6 },
		{ "a\nb\nc\nd\ne\nf\ng\nh", 100, 5, 6 },
		{ "a\nb", 100, 0, 1 },
		{ "12345678901234567", 16, 5, 2 },
		/* No useful room: nothing can be sent. */
		{ "a", 15, 5, 0 },
		{ "a", 0, 5, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		row_number(i, "count",
			(long)irc_split_count(slice_of(rows[i].text),
				rows[i].budget, rows[i].max),
			(long)rows[i].count);
}

static void test_budget(void **state)
{
	(void)state;
	static const struct {
		const char *token, *source, *target;
		size_t budget;
	} rows[] = {
		/* :nick!user@host PRIVMSG #c :text CR LF */
		{ NULL, "nick!user@host", "#c",
			512 - sizeof(":nick!user@host PRIVMSG #c :\r\n") + 1 },
		/* What is not known counts with the most there can be. */
		{ NULL, "nick", "#c", 512 - 16 - 2 - 4 - 33 - 63 },
		{ NULL, "", "#c", 512 - 16 - 2 - 32 - 33 - 63 },
		{ "NICKLEN=9", "", "#c", 512 - 16 - 2 - 9 - 33 - 63 },
		{ "USERLEN=10", "nick", "#c", 512 - 16 - 2 - 4 - 11 - 63 },
		{ "HOSTLEN=20", "nick", "#c", 512 - 16 - 2 - 4 - 33 - 20 },
		{ "LINELEN=1024", "nick!user@host", "#c",
			1024 - sizeof(":nick!user@host PRIVMSG #c :\r\n") + 1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct irc_isupport s;

		irc_isupport_init(&s);
		if (rows[i].token != NULL)
			irc_isupport_token(&s, slice_of(rows[i].token));
		row_number(i, "budget",
			(long)irc_split_budget(&s, slice_of(rows[i].source),
				"PRIVMSG", slice_of(rows[i].target)),
			(long)rows[i].budget);
		irc_isupport_finish(&s);
	}
}

static void test_budget_none(void **state)
{
	(void)state;
	char target[512];
	struct irc_isupport s;

	memset(target, '#', sizeof(target));
	irc_isupport_init(&s);
	for (size_t len = 1; len <= sizeof(target); len++) {
		size_t budget = irc_split_budget(&s, slice_of("n!u@h"),
			"PRIVMSG", slice_make(target, len));

		if (budget == 0) {
			assert_true(len > 460);
			continue;
		}
		assert_true(budget >= IRC_SPLIT_MIN);
		assert_int_equal(budget + len, 512 - 19);
	}
	irc_isupport_finish(&s);
}

/* A piece in its line, relayed with the prefix, is what the limit allows. */
static void test_relayed_length(void **state)
{
	(void)state;
	static const char source[] = "somebody!~user@host.example.org";
	char text[4000];
	struct irc_isupport s;
	struct irc_split split;
	struct slice piece;
	struct str line, action;

	memset(text, 'x', sizeof(text));
	irc_isupport_init(&s);
	str_init(&line, 1024);
	str_init(&action, 1024);
	size_t budget = irc_split_budget(
		&s, slice_of(source), "PRIVMSG", slice_of("#channel"));
	irc_split_begin(&split, slice_make(text, sizeof(text)),
		budget - IRC_ACTION_OVERHEAD);
	assert_true(irc_split_next(&split, &piece));
	assert_int_equal(irc_ctcp_add(&action, "ACTION", piece), 0);
	assert_int_equal(irc_line_add(&line, "PRIVMSG",
				 (const char *const[]){ "#channel", NULL },
				 str_text(&action)),
		0);
	assert_int_equal(
		strlen(":") + strlen(source) + strlen(" ") + line.len, 512);
	str_finish(&line);
	str_finish(&action);
	irc_isupport_finish(&s);
}

static bool is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0';
}

/* Pieces are in order, whole and valid, and between them is only what
 * separates. */
static void check_pieces(struct slice text, size_t budget)
{
	struct irc_split s;
	struct slice piece;
	const char *at = text.data;

	irc_split_begin(&s, text, budget);
	while (irc_split_next(&s, &piece)) {
		assert_true(piece.len > 0 && piece.len <= budget);
		assert_true(utf8_is_valid(piece));
		while (at < piece.data)
			assert_true(is_separator(*at++));
		at = piece.data + piece.len;
		assert_true(at <= text.data + text.len);
	}
	while (at < text.data + text.len)
		assert_true(is_separator(*at++));
}

static void test_nothing_lost(void **state)
{
	(void)state;
	static const char *const parts[] = { "a", "word", " ", "  ", "\n",
		"\r\n", "\t", "\xc3\xa9", "\xe2\x82\xac", E_ACUTE, FAMILY,
		"averylongwordwithoutanyspace" };
	struct str text;

	srandom(3);
	for (size_t i = 0; i < 3000; i++) {
		str_init(&text, 4096);
		for (long n = random() % 60; n > 0; n--)
			str_add(&text, parts[(size_t)random() % COUNT(parts)]);
		check_pieces(str_slice(&text), 16 + (size_t)random() % 60);
		str_finish(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_budget_none),
		cmocka_unit_test(test_relayed_length),
		cmocka_unit_test(test_nothing_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
