/*
 * Outgoing lines: what goes in, and above all what never does.
 */
#include "irc/line.h"

#include "base/macros.h"
#include "irc/rows.h"

static void test_good(void **state)
{
	(void)state;
	struct str out;
	struct irc_line l;

	str_init(&out, 4096);
	irc_line_begin(&l, &out, "PRIVMSG");
	irc_line_text(&l, "#c");
	irc_line_trailing(&l, slice_of("hello: world"));
	assert_int_equal(irc_line_end(&l), 0);
	irc_line_begin(&l, &out, "QUIT");
	assert_int_equal(irc_line_end(&l), 0);
	irc_line_begin(&l, &out, "TOPIC");
	irc_line_param(&l, slice_of("#c"));
	irc_line_trailing(&l, slice_of(""));
	assert_int_equal(irc_line_end(&l), 0);
	assert_int_equal(irc_line_add(&out, "USER",
				 (const char *const[]){ "u", "0", "*", NULL },
				 "real name"),
		0);
	assert_int_equal(irc_line_add(&out, "AWAY", NULL, NULL), 0);
	assert_string_equal(str_text(&out),
		"PRIVMSG #c :hello: world\r\nQUIT\r\nTOPIC #c :\r\n"
		"USER u 0 * :real name\r\nAWAY\r\n");
	str_finish(&out);
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *command, *param;
		struct slice trailing; /* data NULL: none */
	} rows[] = {
		{ "", "p", { 0 } },
		{ "PRIV MSG", "p", { 0 } },
		{ ":PRIVMSG", "p", { 0 } },
		{ "A\r\nB", "p", { 0 } },
		{ "A", "", { 0 } },
		{ "A", ":p", { 0 } },
		{ "A", "p q", { 0 } },
		{ "A", "p\rq", { 0 } },
		{ "A", "p\nq", { 0 } },
		{ "A", "p\r\nQUIT", { 0 } },
		{ "A", "p", { "a\rb", 3 } },
		{ "A", "p", { "a\nb", 3 } },
		{ "A", "p", { "a\0b", 3 } },
		{ "A", "p", { "\n", 1 } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out;
		struct irc_line l;

		str_init(&out, 4096);
		str_add(&out, "before\r\n");
		irc_line_begin(&l, &out, rows[i].command);
		irc_line_text(&l, rows[i].param);
		if (rows[i].trailing.data != NULL)
			irc_line_trailing(&l, rows[i].trailing);
		row_number(i, "result", irc_line_end(&l), -1);
		row_slice(i, "out", str_slice(&out), "before\r\n");
		str_finish(&out);
	}
}

static void test_nul_in_middle(void **state)
{
	(void)state;
	struct str out;
	struct irc_line l;

	str_init(&out, 4096);
	irc_line_begin(&l, &out, "A");
	irc_line_param(&l, slice_make("a\0b", 3));
	assert_int_equal(irc_line_end(&l), -1);
	irc_line_begin(&l, &out, "A");
	irc_line_param(&l, slice_make(NULL, 0));
	assert_int_equal(irc_line_end(&l), -1);
	/* Nothing may follow the trailing parameter. */
	irc_line_begin(&l, &out, "A");
	irc_line_trailing(&l, slice_of("x"));
	irc_line_text(&l, "y");
	assert_int_equal(irc_line_end(&l), -1);
	irc_line_begin(&l, &out, "A");
	irc_line_trailing(&l, slice_of("x"));
	irc_line_trailing(&l, slice_of("y"));
	assert_int_equal(irc_line_end(&l), -1);
	assert_int_equal(out.len, 0);
	str_finish(&out);
}

static void test_length(void **state)
{
	(void)state;
	char text[1024];
	struct str out;

	memset(text, 'x', sizeof(text));
	for (size_t len = 490; len < 520; len++) {
		struct irc_line l;

		str_init(&out, 4096);
		irc_line_begin(&l, &out, "PRIVMSG");
		irc_line_text(&l, "#c");
		irc_line_trailing(&l, slice_make(text, len));
		/* "PRIVMSG #c :" and CR LF are 14 bytes. */
		row_number(len, "result", irc_line_end(&l),
			len + 14 <= 512 ? 0 : -1);
		row_number(len, "length", (long)out.len,
			len + 14 <= 512 ? (long)len + 14 : 0);
		str_finish(&out);
	}

	struct irc_line l;
	str_init(&out, 4096);
	irc_line_begin(&l, &out, "A");
	l.limit = 1024;
	irc_line_trailing(&l, slice_make(text, 1000));
	assert_int_equal(irc_line_end(&l), 0);
	str_finish(&out);
}

/* A full buffer refuses whole lines and takes shorter ones afterwards. */
static void test_full_buffer(void **state)
{
	(void)state;
	struct str out;

	str_init(&out, 32);
	assert_int_equal(irc_line_add(&out, "PING", NULL, "0123456789"), 0);
	assert_int_equal(irc_line_add(&out, "PING", NULL, "0123456789"), -1);
	assert_string_equal(str_text(&out), "PING :0123456789\r\n");
	assert_false(out.overflow);
	assert_int_equal(irc_line_add(&out, "PING", NULL, "0"), 0);
	assert_int_equal(irc_line_add_raw(&out, slice_of("QUIT now")), -1);
	assert_string_equal(str_text(&out), "PING :0123456789\r\nPING :0\r\n");
	assert_false(out.overflow);
	/* What others have lost there is not hidden. */
	str_add(&out, "too long for this buffer of mine");
	assert_true(out.overflow);
	assert_int_equal(irc_line_add(&out, "A", NULL, NULL), -1);
	assert_int_equal(irc_line_add_raw(&out, slice_of("A")), -1);
	assert_true(out.overflow);
	str_finish(&out);
}

static void test_raw(void **state)
{
	(void)state;
	static const struct {
		struct slice text;
		int result;
	} rows[] = {
		{ { "WHOIS nick", 10 }, 0 },
		{ { "MODE #c +b *!*@h", 16 }, 0 },
		{ { "PRIVMSG x :a b", 14 }, 0 },
		{ { "whois", 5 }, 0 },
		{ { "", 0 }, -1 },
		{ { NULL, 0 }, -1 },
		{ { " WHOIS", 6 }, -1 },
		{ { ":me QUIT", 8 }, -1 },
		{ { "@a QUIT", 7 }, -1 },
		{ { ": QUIT", 6 }, -1 },
		{ { "@ QUIT", 6 }, -1 },
		{ { "QUIT\r\nJOIN #c", 13 }, -1 },
		{ { "QUIT\n", 5 }, -1 },
		{ { "QUIT\r", 5 }, -1 },
		{ { "QUIT\0x", 6 }, -1 },
		{ { "/quit", 5 }, -1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out;

		str_init(&out, 600);
		row_number(i, "result", irc_line_add_raw(&out, rows[i].text),
			rows[i].result);
		row_number(i, "length", (long)out.len,
			rows[i].result == 0 ? (long)rows[i].text.len + 2 : 0);
		str_finish(&out);
	}

	char text[511] = "A ";
	struct str out;
	memset(text + 2, 'x', sizeof(text) - 2);
	str_init(&out, 600);
	assert_int_equal(irc_line_add_raw(&out, slice_make(text, 511)), -1);
	assert_int_equal(irc_line_add_raw(&out, slice_make(text, 510)), 0);
	assert_int_equal(out.len, 512);
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nul_in_middle),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_full_buffer),
		cmocka_unit_test(test_raw),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
