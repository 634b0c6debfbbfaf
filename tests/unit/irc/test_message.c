/*
 * The parser of lines and the reader that finds them.
 */
#include "irc/message.h"

#include <stdlib.h>

#include "base/macros.h"
#include "irc/rows.h"

static void test_parse(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		const char *tags, *source, *nick, *user, *host, *command;
		int numeric;
		size_t count;
		const char *params[4];
	} rows[] = {
		{ "PING", "", "", "", "", "", "PING", 0, 0, { 0 } },
		{ "PING :", "", "", "", "", "", "PING", 0, 1, { "" } },
		{ "PING :a b ", "", "", "", "", "", "PING", 0, 1, { "a b " } },
		{ ":n!u@h PRIVMSG #c :hello world", "", "n!u@h", "n", "u", "h",
			"PRIVMSG", 0, 2, { "#c", "hello world" } },
		/* The last parameter is like any other. */
		{ ":n!u@h PRIVMSG #c hello", "", "n!u@h", "n", "u", "h",
			"PRIVMSG", 0, 2, { "#c", "hello" } },
		{ ":n JOIN :#c", "", "n", "n", "", "", "JOIN", 0, 1, { "#c" } },
		/* Only a colon at the start of a parameter is special. */
		{ "A b:c d:: ::e", "", "", "", "", "", "A", 0, 3,
			{ "b:c", "d::", ":e" } },
		/* Any number of spaces. */
		{ ":s   001   n   :w", "", "s", "s", "", "", "001", 1, 2,
			{ "n", "w" } },
		{ "A b ", "", "", "", "", "", "A", 0, 1, { "b" } },
		{ "A  ", "", "", "", "", "", "A", 0, 0, { 0 } },
		{ "@a=b;c :s A", "a=b;c", "s", "s", "", "", "A", 0, 0, { 0 } },
		{ "@a   :s   A x", "a", "s", "s", "", "", "A", 0, 1, { "x" } },
		{ "@ A", "", "", "", "", "", "A", 0, 0, { 0 } },
		{ ": A", "", "", "", "", "", "A", 0, 0, { 0 } },
		{ "@a A", "a", "", "", "", "", "A", 0, 0, { 0 } },
		{ ":irc.example.org 433 * nick :In use", "", "irc.example.org",
			"irc.example.org", "", "", "433", 433, 3,
			{ "*", "nick", "In use" } },
		{ "999 x", "", "", "", "", "", "999", 999, 1, { "x" } },
		{ "000", "", "", "", "", "", "000", 0, 0, { 0 } },
		/* Parts of a source that are not there. */
		{ ":n@h A", "", "n@h", "n", "", "h", "A", 0, 0, { 0 } },
		{ ":n!u A", "", "n!u", "n", "u", "", "A", 0, 0, { 0 } },
		{ ":n!u@x@h A", "", "n!u@x@h", "n", "u@x", "h", "A", 0, 0,
			{ 0 } },
		{ ":!@ A", "", "!@", "", "", "", "A", 0, 0, { 0 } },
		{ ":n@u!x@h A", "", "n@u!x@h", "n@u", "x", "h", "A", 0, 0,
			{ 0 } },
		/* Not UTF-8, and none of our business. */
		{ "PRIVMSG #\xff :\xe9", "", "", "", "", "", "PRIVMSG", 0, 2,
			{ "#\xff", "\xe9" } },
		{ "privmsg a\tb", "", "", "", "", "", "privmsg", 0, 1,
			{ "a\tb" } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct irc_message m;

		memset(&m, 0xff, sizeof(m));
		row_number(i, "result",
			irc_message_parse(&m, slice_of(rows[i].line)), 0);
		row_slice(i, "tags", m.tags, rows[i].tags);
		row_slice(i, "source", m.source, rows[i].source);
		row_slice(i, "nick", m.nick, rows[i].nick);
		row_slice(i, "user", m.user, rows[i].user);
		row_slice(i, "host", m.host, rows[i].host);
		row_slice(i, "command", m.command, rows[i].command);
		row_number(i, "numeric", m.numeric, rows[i].numeric);
		row_number(i, "count", (long)m.count, (long)rows[i].count);
		for (size_t p = 0; p < m.count; p++)
			row_slice(i, "param", irc_param(&m, p),
				rows[i].params[p]);
		row_slice(i, "no param", irc_param(&m, m.count), NULL);
	}
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		size_t len;
	} rows[] = {
		{ "", 0 },
		{ NULL, 0 },
		{ " ", 1 },
		{ "   PING", 7 },
		{ ":", 1 },
		{ ":s", 2 },
		{ ":s ", 3 },
		{ "@", 1 },
		{ "@a", 2 },
		{ "@a ", 3 },
		{ "@a :s", 5 },
		{ "@a @b A", 7 },
		{ ":a :b A", 7 },
		{ "1", 1 },
		{ "12", 2 },
		{ "1234", 4 },
		{ "12a", 3 },
		{ "PRIV-MSG x", 10 },
		{ "PING\xc3\xa9", 6 },
		{ "PING a\0b", 8 },
		{ "PING a\rb", 8 },
		{ "PING a\nb", 8 },
		{ "PING\0", 5 },
		{ "PING a\r", 7 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct irc_message m;

		row_number(i, "result",
			irc_message_parse(
				&m, slice_make(rows[i].line, rows[i].len)),
			-1);
	}
}

static void test_many_params(void **state)
{
	(void)state;
	struct str line;

	for (size_t n = 0; n < 40; n++) {
		str_init(&line, 1000);
		str_add(&line, "005");
		for (size_t i = 0; i < n; i++)
			str_addf(&line, " p%zu", i);
		struct irc_message m;
		row_number(n, "result", irc_message_parse(&m, str_slice(&line)),
			0);
		size_t want = n < IRC_MAX_PARAMS ? n : IRC_MAX_PARAMS;
		row_number(n, "count", (long)m.count, (long)want);
		if (n == IRC_MAX_PARAMS)
			row_slice(n, "last", m.params[31], "p31");
		if (n == 34)
			row_slice(n, "last", m.params[31], "p31 p32 p33");
		str_finish(&line);
	}
	/* A colon in front of the last that is kept apart. */
	str_init(&line, 1000);
	str_add(&line, "A");
	for (size_t i = 0; i < 31; i++)
		str_add(&line, " x");
	str_add(&line, " :a b :c");
	struct irc_message m = parsed(str_text(&line));
	row_number(0, "count", (long)m.count, 32);
	row_slice(0, "last", m.params[31], "a b :c");
	str_finish(&line);
}

static void test_commands_and_servers(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		bool server;
	} rows[] = {
		{ "privmsg", true },
		{ ":irc.example.org privmsg", true },
		{ ":nick PrivMsg", false },
		{ ":nick!u@host.example PRIVMSG", false },
		{ ":nick@host.example PRIVMSG", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct irc_message m = parsed(rows[i].line);

		row_number(i, "server", irc_is_from_server(&m), rows[i].server);
		row_number(i, "command", irc_is_command(&m, "PRIVMSG"), 1);
		row_number(i, "other", irc_is_command(&m, "PRIVMS"), 0);
	}
}

static void test_tags(void **state)
{
	(void)state;
	static const struct {
		const char *tags, *key, *value; /* NULL: not there */
	} rows[] = {
		{ "a=b", "a", "b" },
		{ "a=b", "b", NULL },
		{ "a", "a", "" },
		{ "a=", "a", "" },
		{ "a=b=c", "a", "b=c" },
		{ "aa=1;a=2", "a", "2" },
		{ "a=2;aa=1", "a", "2" },
		{ "a=1;b=2;a=3", "a", "3" },
		{ "a=1;a", "a", "" },
		{ "+typing=active;time=x", "+typing", "active" },
		{ "example.com/a=b", "example.com/a", "b" },
		{ "A=b", "a", NULL },
		{ ";;a=1;", "a", "1" },
		{ "=x", "a", NULL },
		{ "a=\\:\\s\\\\\\r\\n", "a", "; \\\r\n" },
		{ "a=x\\by\\", "a", "xby" },
		{ "a=\\", "a", "" },
		{ "a=\\\\", "a", "\\" },
		{ "a=\\\\s", "a", "\\s" },
		{ "time=2012-06-30T23:59:59.419Z", "time",
			"2012-06-30T23:59:59.419Z" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char line[200];
		struct str value;

		snprintf(line, sizeof(line), "@%s :s X", rows[i].tags);
		struct irc_message m = parsed(line);
		str_init(&value, 100);
		row_number(i, "found", irc_tag(&m, rows[i].key, &value),
			rows[i].value != NULL);
		row_slice(i, "value", str_slice(&value),
			rows[i].value ? rows[i].value : "");
		str_finish(&value);
	}
	struct irc_message none = parsed("X");
	struct slice raw;
	assert_false(irc_tag_find(&none, "a", &raw));
}

/* Read everything, as a connection would deliver it in two parts. */
static void read_all(struct irc_reader *r, const char *data, size_t len,
	size_t cut, struct str *lines)
{
	struct str buffer;
	size_t at = 0;

	str_init(&buffer, 1000);
	while (at < len || at == 0) {
		size_t part = at < cut ? cut - at : len - at;
		struct slice line;
		size_t used;

		str_add_bytes(&buffer, data + at, part);
		at += part;
		/* A buffer of its own, so that a read too far is found. */
		for (;;) {
			char *copy = malloc(buffer.len > 0 ? buffer.len : 1);

			memcpy(copy, str_text(&buffer), buffer.len);
			bool is_line = irc_reader_next(
				r, slice_make(copy, buffer.len), &line, &used);
			if (is_line) {
				str_add_char(lines, '<');
				str_add_slice(lines, line);
				str_add_char(lines, '>');
			}
			free(copy);
			str_consume(&buffer, used);
			if (!is_line)
				break;
		}
		if (len == 0)
			break;
	}
	str_finish(&buffer);
}

static void test_reader(void **state)
{
	(void)state;
	static const struct {
		const char *input, *lines;
		unsigned overlong;
	} rows[] = {
		{ "", "", 0 },
		{ "a", "", 0 },
		{ "a\r\n", "<a>", 0 },
		{ "a\nb\nc\n", "<a><b><c>", 0 },
		{ "a\rb\rc\r", "<a><b><c>", 0 },
		{ "a\r\nb\r\nc", "<a><b>", 0 },
		{ "a\n\rb\r\n", "<a><b>", 0 },
		{ "\r\n\r\n\n\n\ra\r\n\r\n", "<a>", 0 },
		{ " \r\n", "< >", 0 },
		{ "12345678\r\n", "<12345678>", 0 },
		{ "123456789\r\na\r\n", "<a>", 1 },
		{ "123456789\ra\r", "<a>", 1 },
		{ "1234567890123456789012345\na\n123456789", "<a>", 2 },
		{ "1234567890\n1234567890\n1\n", "<1>", 2 },
		{ "123456789", "", 1 },
		{ "12345678", "", 0 },
		{ "a\r\n123456789012\r\nb\r\n", "<a><b>", 1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].input);

		for (size_t cut = 0; cut <= len; cut++) {
			struct irc_reader r;
			struct str lines;

			irc_reader_init(&r, 8);
			str_init(&lines, 200);
			read_all(&r, rows[i].input, len, cut, &lines);
			row_slice(i, "lines", str_slice(&lines), rows[i].lines);
			row_number(i, "overlong", r.overlong, rows[i].overlong);
			str_finish(&lines);
		}
	}
}

/* A megabyte without a line break never asks for more than the limit. */
static void test_reader_flood(void **state)
{
	(void)state;
	char block[1024];
	struct irc_reader r;
	struct slice line;
	size_t used;

	memset(block, 'x', sizeof(block));
	irc_reader_init(&r, 512);
	for (size_t i = 0; i < 1024; i++) {
		assert_false(irc_reader_next(
			&r, slice_make(block, sizeof(block)), &line, &used));
		assert_int_equal(used, sizeof(block));
	}
	assert_int_equal(r.overlong, 1);
	assert_true(irc_reader_next(&r, slice_of("\nPING\n"), &line, &used));
	assert_true(slice_equals(line, "PING"));
	assert_int_equal(used, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many_params),
		cmocka_unit_test(test_commands_and_servers),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_reader_flood),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
