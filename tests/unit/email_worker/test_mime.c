/*
 * Reading mails: what the fixtures do not show.
 */
#include "email_worker/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macros.h"
#include "email_worker/arena_fixture.h"

static struct mail mail;

static const struct mail *read_text(const char *text)
{
	static const struct mail_read_context context = { .now_ms = 0 };

	arena_reset(&arena);
	assert_int_equal(mail_read(slice_of(text), &context, &arena, &mail), 0);
	return &mail;
}

static int collect(void *context, struct slice bytes)
{
	str_add_slice(context, bytes);
	return 0;
}

static const char two_parts[] =
	"From: a@example.org\r\nMIME-Version: 1.0\r\n"
	"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
	"--x\r\n\r\ntext\r\n"
	"--x\r\nContent-Type: application/pdf; name=\"../a\\\\b.pdf\"\r\n"
	"Content-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n--x--\r\n";

static void test_part(void **state)
{
	(void)state;
	const struct mail *m = read_text(two_parts);
	struct str out;
	struct mail_sink sink = { collect, &out };

	assert_int_equal(m->part_count, 1);
	assert_string_equal(m->parts[0].name, "b.pdf");
	assert_string_equal(m->parts[0].type, "application/pdf");
	assert_int_equal(m->parts[0].size, 5);
	str_init(&out, 100);
	assert_int_equal(
		mail_read_part(slice_of(two_parts), m->parts[0].number, &sink),
		0);
	assert_string_equal(str_text(&out), "hello");
	assert_int_equal(mail_read_part(slice_of(two_parts), 99, &sink), -1);
	str_finish(&out);
}

/* The key is that of the Message-ID; without one, of what the mail is. */
static void test_key(void **state)
{
	(void)state;
	char one[65], two[65], three[65];

	text_copy(one, sizeof(one), read_text("Message-ID: <1@x>\n\na\n")->key);
	text_copy(two, sizeof(two),
		read_text("Subject: s\nMessage-ID: <1@x>\n\nb\n")->key);
	assert_string_equal(one, two);
	assert_int_equal(strlen(one), 64);
	text_copy(two, sizeof(two), read_text("Subject: s\n\nb\n")->key);
	text_copy(three, sizeof(three), read_text("Subject: s\n\nb\n")->key);
	assert_string_equal(two, three);
	assert_string_not_equal(two, read_text("Subject: s\n\nc\n")->key);
}

static void test_rubbish(void **state)
{
	(void)state;
	static const char *const rows[] = { "", "\n", "\r\n\r\n", ":", "a",
		"From:\n\n", "Content-Type: multipart/mixed\n\nx\n",
		"Content-Type: ;;;=\n\nx", "\xff\xfe\n\n\xff" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct mail *m = read_text(rows[i]);

		assert_non_null(m->text);
		assert_non_null(m->from.address);
		assert_int_equal(strlen(m->key), 64);
	}
}

static void repeat(struct str *out, const char *piece, unsigned times)
{
	while (times-- > 0)
		str_add(out, piece);
}

/* What a parser that calls itself would die of. */
static void test_deep(void **state)
{
	(void)state;
	static const char *const rows[][3] = {
		{ "From: ", "a:", "\n\nx" },
		{ "Content-Type: message/rfc822\n\nTo: ", "a:", "\n\nx" },
		{ "From: ", "(", "\n\nx" },
		{ "From: ", "<", "\n\nx" },
		{ "From: ", "\"", "\n\nx" },
		{ "To: ", "a@b.c,", "\n\nx" },
		{ "Subject: ", "=?utf-8?q?a?= ", "\n\nx" },
		{ "Content-Type: text/plain; ", "a=b; ", "\n\nx" },
		{ "", "Content-Type: message/rfc822\n\n", "x" },
		{ "", "Content-Type: multipart/mixed; boundary=x\n\n--x\n",
			"x" },
		{ "Content-Type: text/html\n\n", "<b>", "x" },
		{ "Content-Type: text/html\n\n", "<ul><li>", "x" },
		{ "Content-Type: text/html\n\n", "</i><b>", "x" },
		{ "", "\n> ", "x" },
		{ "\n", "begin 644 x\n", "x" },
	};
	struct str text;

	str_init(&text, 1 << 22);
	for (size_t i = 0; i < COUNT(rows); i++) {
		str_reset(&text);
		str_add(&text, rows[i][0]);
		repeat(&text, rows[i][1], 20000);
		str_add(&text, rows[i][2]);
		assert_false(text.overflow);
		assert_non_null(read_text(str_text(&text))->text);
	}
	str_finish(&text);
}

/* Over a limit, the mail says so. */
static void test_limits(void **state)
{
	(void)state;
	static const char *const rows[][3] = {
		{ "MIME-Version: 1.0\nContent-Type: multipart/mixed; "
		  "boundary=x\n\n",
			"--x\n\na\n", "--x--\n" },
		{ "", "X-Header: x\n", "\nx" },
		{ "\n",
			"a text of over a megabyte, line by line, all the same,"
			" and on it goes\n",
			"" },
	};
	struct str text;

	str_init(&text, 1 << 22);
	for (size_t i = 0; i < COUNT(rows); i++) {
		str_reset(&text);
		str_add(&text, rows[i][0]);
		repeat(&text, rows[i][1], 40000);
		str_add(&text, rows[i][2]);
		assert_true(read_text(str_text(&text))->warnings & MAIL_CUT);
		assert_true(strlen(mail.text) <= 1 << 20);
		assert_true(mail.part_count <= 200);
	}
	assert_int_equal(read_text("\nx")->warnings, MAIL_NO_SENDER);
	str_finish(&text);
}

/* Delta Chat quotes above what it says, and has a footer for all mails. */
static void test_chat_text(void **state)
{
	(void)state;
	static const struct {
		const char *body, *text, *quote;
	} rows[] = {
		{ "Hi.", "Hi.", NULL },
		{ "> Hello\n\nHi.", "Hi.", "Hello" },
		{ "> Hello\n>you\n> \n>\nHi.\n\n> no", "Hi.\n\n> no",
			"Hello\nyou\n\n" },
		{ "\n> my own\nHi.", "> my own\nHi.", NULL },
		{ "> nothing else\n\n", "> nothing else", NULL },
		{ "Hi.\n\n-- \nA footer", "Hi.", NULL },
		{ "Hi.\n---\n-\xe2\x80\x8b- \nme", "Hi.\n---\n-- \nme", NULL },
		{ "-- \nA footer", "", NULL },
	};
	struct str mail_text;

	str_init(&mail_text, 1000);
	for (size_t i = 0; i < COUNT(rows); i++) {
		str_reset(&mail_text);
		str_addf(&mail_text,
			"Chat-Version: 1.0\nContent-Type: text/plain; "
			"charset=utf-8\n\n%s",
			rows[i].body);
		const struct mail *m = read_text(str_text(&mail_text));
		if (strcmp(m->text, rows[i].text) != 0 ||
			!text_equals(m->chat_quote, rows[i].quote))
			fail_msg("row %zu: '%s', quoted '%s'", i, m->text,
				m->chat_quote ? m->chat_quote : "-");
	}
	str_finish(&mail_text);
	/* Others are quoted for those who do not know corrections. */
	const struct mail *m = read_text(
		"Chat-Version: 1.0\nChat-Edit: <1@x>\nContent-Type: text/plain;"
		" charset=utf-8\n\n> Helo\n\n\xe2\x9c\x8f\xef\xb8\x8fHello");
	assert_string_equal(m->text, "Hello");
	assert_null(m->chat_quote);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_rubbish),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_chat_text),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
