/*
 * MODE, read and written.
 */
#include "irc/modes.h"

#include "base/macros.h"
#include "irc/rows.h"

/* Changes as "+b:param " with the class as a digit: "+b1:param ". */
static void read_changes(const struct irc_isupport *s, const char *line,
	size_t first, struct str *out)
{
	struct irc_message m = parsed(line);
	struct irc_mode_iter it;
	struct irc_mode_change c;

	irc_modes_begin(&it, s, &m, first);
	while (irc_modes_next(&it, &c)) {
		str_addf(out, "%c%c%u", c.add ? '+' : '-', c.letter,
			(unsigned)c.class);
		if (c.param.data != NULL)
			str_addf(out, ":%.*s", (int)c.param.len, c.param.data);
		str_add_char(out, ' ');
	}
}

static void test_read(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		size_t first;
		const char *changes;
	} rows[] = {
		{ "MODE #c +o nick", 1, "+o4:nick " },
		{ "MODE #c +o-v a b", 1, "+o4:a -v4:b " },
		{ "MODE #c +ov-ov a b c d", 1, "+o4:a +v4:b -o4:c -v4:d " },
		{ "MODE #c +mnt", 1, "+m0 +n0 +t0 " },
		{ "MODE #c mnt", 1, "+m0 +n0 +t0 " },
		{ "MODE #c +k-k key key", 1, "+k2:key -k2:key " },
		{ "MODE #c +l-l 5", 1, "+l3:5 -l3 " },
		{ "MODE #c -l+b x!*@*", 1, "-l3 +b1:x!*@* " },
		{ "MODE #c +b", 1, "+b1 " },
		{ "MODE #c b", 1, "+b1 " },
		{ "MODE #c +Zo nick", 1, "+Z0 +o4:nick " },
		{ "MODE #c +-+-m", 1, "-m0 " },
		{ "MODE #c +", 1, "" },
		{ "MODE #c :", 1, "" },
		{ "MODE #c", 1, "" },
		{ "MODE", 1, "" },
		/* Never past what is there. */
		{ "MODE #c +oooo a b", 1, "+o4:a +o4:b +o4 +o4 " },
		{ "MODE #c +l", 1, "+l3 " },
		{ "MODE #c -k", 1, "-k2 " },
		{ "MODE #c +o :", 1, "+o4: " },
		{ "MODE #c +m a b c", 1, "+m0 " },
		{ "MODE #c +o1\xff!v a b", 1, "+o4:a +v4:b " },
		{ "324 me #c +ntkl key 7", 2, "+n0 +t0 +k2:key +l3:7 " },
	};
	struct irc_isupport s;

	irc_isupport_init(&s);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out;

		str_init(&out, 500);
		read_changes(&s, rows[i].line, rows[i].first, &out);
		row_slice(i, "changes", str_slice(&out), rows[i].changes);
		str_finish(&out);
	}
	irc_isupport_finish(&s);

	struct str out;
	str_init(&out, 500);
	read_changes(NULL, "MODE nick +iwo-s x", 1, &out);
	assert_string_equal(str_text(&out), "+i0 +w0 +o0 -s0 ");
	str_finish(&out);
}

#define P(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}
#define NONE            \
	{               \
		NULL, 0 \
	}

static void test_write(void **state)
{
	(void)state;
	static const struct {
		struct irc_mode_change changes[6];
		size_t count;
		const char *lines; /* NULL: refused */
	} rows[] = {
		{ { { true, 'o', 0, P("nick") } }, 1, "MODE #c +o nick\r\n" },
		{ { { true, 'm', 0, NONE }, { true, 'n', 0, NONE },
			  { false, 't', 0, NONE }, { true, 'o', 0, P("x") } },
			4, "MODE #c +mn-t+o x\r\n" },
		{ { { false, 'o', 0, P("a") }, { false, 'h', 0, P("a") },
			  { true, 'v', 0, P("a") } },
			3, "MODE #c -oh+v a a a\r\n" },
		{ { { true, 'b', 0, NONE } }, 1, "MODE #c +b\r\n" },
		/* Three with a parameter at most. */
		{ { { true, 'v', 0, P("a") }, { true, 'v', 0, P("b") },
			  { true, 'v', 0, P("c") }, { true, 'v', 0, P("d") },
			  { false, 'm', 0, NONE } },
			5, "MODE #c +vvv a b c\r\nMODE #c +v-m d\r\n" },
		{ { { true, 'v', 0, P("a") }, { true, 'v', 0, P("b") },
			  { true, 'v', 0, P("c") }, { true, 'm', 0, NONE },
			  { true, 'v', 0, P("d") } },
			5, "MODE #c +vvvm a b c\r\nMODE #c +v d\r\n" },
		{ { { 0 } }, 0, "" },
		{ { { true, 'o', 0, P("a b") } }, 1, NULL },
		{ { { true, 'o', 0, P("") } }, 1, NULL },
		{ { { true, 'o', 0, P(":a") } }, 1, NULL },
		{ { { true, 'o', 0, P("a\r\nQUIT") } }, 1, NULL },
		{ { { true, 'o', 0, P("a\0") } }, 1, NULL },
		{ { { true, ' ', 0, NONE } }, 1, NULL },
		{ { { true, '+', 0, NONE } }, 1, NULL },
		{ { { true, '\0', 0, NONE } }, 1, NULL },
		/* What goes before a bad one does not go either. */
		{ { { true, 'v', 0, P("a") }, { true, 'v', 0, P("b") },
			  { true, 'v', 0, P("c") }, { true, 'v', 0, P(":") } },
			4, NULL },
	};
	struct irc_isupport s;

	irc_isupport_init(&s);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out;

		str_init(&out, 2000);
		row_number(i, "result",
			irc_modes_write(&out, &s, slice_of("#c"),
				rows[i].changes, rows[i].count),
			rows[i].lines ? 0 : -1);
		row_slice(i, "lines", str_slice(&out),
			rows[i].lines ? rows[i].lines : "");
		str_finish(&out);
	}
	struct str out;
	str_init(&out, 2000);
	assert_int_equal(
		irc_modes_write(&out, &s, slice_of("#a b"), rows[0].changes, 1),
		-1);
	assert_int_equal(irc_modes_write(&out, &s, slice_make(NULL, 0),
				 rows[0].changes, 1),
		-1);
	assert_int_equal(out.len, 0);
	str_finish(&out);
	irc_isupport_finish(&s);
}

static void test_write_length(void **state)
{
	(void)state;
	char mask[200], target[600];
	struct irc_isupport s;
	struct irc_mode_change changes[8];
	struct str out;

	memset(mask, 'x', sizeof(mask));
	memset(target, '#', sizeof(target));
	irc_isupport_init(&s);
	irc_isupport_token(&s, slice_of("MODES=8"));
	for (size_t i = 0; i < COUNT(changes); i++)
		changes[i] = (struct irc_mode_change){ true, 'b', IRC_MODE_LIST,
			slice_make(mask, sizeof(mask)) };
	str_init(&out, 5000);
	assert_int_equal(irc_modes_write(&out, &s, slice_of("#c"), changes,
				 COUNT(changes)),
		0);
	/* Two of them fit into each line. */
	assert_int_equal(out.len,
		4 * strlen("MODE #c +bb  \r\n") + COUNT(changes) * 200);
	str_reset(&out);
	assert_int_equal(
		irc_modes_write(&out, &s, slice_make(target, 600), changes, 1),
		-1);
	assert_int_equal(
		irc_modes_write(&out, &s, slice_make(target, 400), changes, 1),
		-1);
	assert_int_equal(out.len, 0);
	str_finish(&out);
	irc_isupport_finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
