/*
 * CTCP syntax.
 */
#include "irc/ctcp.h"

#include "base/macros.h"
#include "irc/rows.h"

static void test_parse(void **state)
{
	(void)state;
	static const struct {
		const char *text, *command, *args; /* command NULL: none */
	} rows[] = {
		{ "\1ACTION waves\1", "ACTION", "waves" },
		{ "\1ACTION waves", "ACTION", "waves" },
		{ "\1ACTION  two spaces \1", "ACTION", " two spaces " },
		{ "\1VERSION\1", "VERSION", "" },
		{ "\1VERSION", "VERSION", "" },
		{ "\1VERSION \1", "VERSION", "" },
		{ "\1PING 123 456\1", "PING", "123 456" },
		{ "\1PING 1\1 garbage", "PING", "1" },
		{ "\1x\1y\1", "x", "" },
		{ "\1ACTION \xe2\x82\xac\1", "ACTION", "\xe2\x82\xac" },
		{ "hello", NULL, NULL },
		{ " \1ACTION x\1", NULL, NULL },
		{ "", NULL, NULL },
		{ "\1", NULL, NULL },
		{ "\1\1", NULL, NULL },
		{ "\1 x\1", NULL, NULL },
		{ "x\1", NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct irc_ctcp ctcp;
		bool is = irc_ctcp_parse(slice_of(rows[i].text), &ctcp);

		row_number(i, "result", is, rows[i].command != NULL);
		if (!is)
			continue;
		row_slice(i, "command", ctcp.command, rows[i].command);
		row_slice(i, "args",
			slice_make(ctcp.args.len > 0 ? ctcp.args.data : "",
				ctcp.args.len),
			rows[i].args);
	}
	struct irc_ctcp ctcp;
	assert_false(irc_ctcp_parse(slice_make(NULL, 0), &ctcp));
}

static void test_add(void **state)
{
	(void)state;
	static const struct {
		const char *command;
		struct slice args;
		const char *text; /* NULL: refused */
	} rows[] = {
		{ "ACTION", { "waves", 5 }, "\1ACTION waves\1" },
		{ "VERSION", { NULL, 0 }, "\1VERSION\1" },
		{ "VERSION", { "", 0 }, "\1VERSION\1" },
		{ "", { "x", 1 }, NULL },
		{ "A B", { "x", 1 }, NULL },
		{ "A\1", { "x", 1 }, NULL },
		{ "A\n", { "x", 1 }, NULL },
		{ "A", { "x\1y", 3 }, NULL },
		{ "A", { "x\0y", 3 }, NULL },
		{ "A", { "x\r", 2 }, NULL },
		{ "A", { "\nx", 2 }, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out;

		str_init(&out, 100);
		str_add(&out, "-");
		row_number(i, "result",
			irc_ctcp_add(&out, rows[i].command, rows[i].args),
			rows[i].text != NULL ? 0 : -1);
		str_consume(&out, 1);
		row_slice(i, "text", str_slice(&out),
			rows[i].text ? rows[i].text : "");
		str_finish(&out);
	}
}

static void test_add_full(void **state)
{
	(void)state;
	struct str out;

	str_init(&out, 15); /* one byte short, with the terminator */
	assert_int_equal(irc_ctcp_add(&out, "ACTION", slice_of("waves-")), -1);
	assert_int_equal(out.len, 0);
	str_reset(&out);
	assert_int_equal(irc_ctcp_add(&out, "ACTION", slice_of("waves")), 0);
	assert_int_equal(out.len, 5 + IRC_ACTION_OVERHEAD);
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_add_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
