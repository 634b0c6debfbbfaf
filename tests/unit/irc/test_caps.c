/*
 * Capability negotiation, as conversations: '<' a line of the server, '>'
 * what we send, '=' the names that are enabled then, '!' the changes.
 */
#include "irc/caps.h"

#include "base/macros.h"
#include "irc/rows.h"

static void add_names(const struct irc_caps *c, struct str *out)
{
	for (uint32_t cap = 1; cap < IRC_CAPS_ALL; cap <<= 1)
		if (irc_has_cap(c, (enum irc_cap)cap))
			str_addf(out, "%s ", irc_cap_name((enum irc_cap)cap));
}

/* Play `lines` (separated by LF) of the server; what was sent is collected
 * in `sent`, the changes of all of them in the result. */
static unsigned play(struct irc_caps *c, const char *lines, struct str *sent)
{
	struct slice rest = slice_of(lines);
	unsigned changes = 0;

	while (rest.len > 0) {
		struct irc_message m;
		struct slice line = slice_cut(&rest, '\n');

		if (irc_message_parse(&m, line) != 0)
			fail_msg("'%.*s'", (int)line.len, line.data);
		changes |= irc_caps_receive(c, &m, sent);
	}
	return changes;
}

#define ENABLED IRC_CAPS_CHANGED_ENABLED
#define SETTLED IRC_CAPS_CHANGED_SETTLED

static void test_conversations(void **state)
{
	(void)state;
	static const struct {
		const char *lines, *sent, *enabled;
		unsigned changes;
		enum irc_caps_state state;
	} rows[] = {
		{ "CAP * LS :", "", "", SETTLED, IRC_CAPS_SETTLED },
		{ "CAP * LS", "", "", SETTLED, IRC_CAPS_SETTLED },
		{ "CAP * LS :foo bar=baz", "", "", SETTLED, IRC_CAPS_SETTLED },
		{ "CAP * LS :multi-prefix ", "CAP REQ :multi-prefix\r\n", "", 0,
			IRC_CAPS_REQUESTING },
		{ "CAP * LS :multi-prefix\nCAP * ACK :multi-prefix ",
			"CAP REQ :multi-prefix\r\n", "multi-prefix ",
			ENABLED | SETTLED, IRC_CAPS_SETTLED },
		/* Without the colon, other case of the subcommand. */
		{ "CAP * ls multi-prefix\nCAP * ack multi-prefix",
			"CAP REQ :multi-prefix\r\n", "multi-prefix ",
			ENABLED | SETTLED, IRC_CAPS_SETTLED },
		/* Names are compared with case, values are cut off. */
		{ "CAP * LS :MULTI-PREFIX sasl=PLAIN away-notify= =x",
			"CAP REQ :away-notify sasl\r\n", "", 0,
			IRC_CAPS_REQUESTING },
		/* A list of several lines. */
		{ "CAP * LS * :sasl multi-prefix\nCAP * LS * :x y", "", "", 0,
			IRC_CAPS_LISTING },
		{ "CAP * LS * :sasl multi-prefix\nCAP * LS :setname",
			"CAP REQ :multi-prefix sasl setname\r\n", "", 0,
			IRC_CAPS_REQUESTING },
		/* Answers of several lines count when they are complete. */
		{ "CAP * LS :sasl setname\nCAP * ACK :sasl",
			"CAP REQ :sasl setname\r\n", "", 0,
			IRC_CAPS_REQUESTING },
		{ "CAP * LS :sasl setname\nCAP * ACK * :sasl setname",
			"CAP REQ :sasl setname\r\n", "", 0,
			IRC_CAPS_REQUESTING },
		{ "CAP * LS :sasl setname\nCAP * ACK :sasl\n"
		  "CAP * ACK :setname",
			"CAP REQ :sasl setname\r\n", "sasl setname ",
			ENABLED | SETTLED, IRC_CAPS_SETTLED },
		{ "CAP * LS :sasl setname\nCAP * ACK * :sasl\n"
		  "CAP * ACK :setname",
			"CAP REQ :sasl setname\r\n", "sasl setname ",
			ENABLED | SETTLED, IRC_CAPS_SETTLED },
		/* Switched off with a dash. */
		{ "CAP * LS :sasl setname\nCAP * ACK :sasl -setname",
			"CAP REQ :sasl setname\r\n", "sasl ", ENABLED | SETTLED,
			IRC_CAPS_SETTLED },
		{ "CAP * LS :sasl\nCAP * ACK :sasl\nCAP n ACK :-sasl -",
			"CAP REQ :sasl\r\n", "", ENABLED | SETTLED,
			IRC_CAPS_SETTLED },
		/* A refusal is for all of them: then one by one. */
		{ "CAP * LS :sasl\nCAP * NAK :sasl", "CAP REQ :sasl\r\n", "",
			SETTLED, IRC_CAPS_SETTLED },
		{ "CAP * LS :chghost sasl setname\n"
		  "CAP * NAK :chghost sasl set\nCAP * ACK :chghost\n"
		  "CAP * NAK :sasl\nCAP * ACK :setname",
			"CAP REQ :chghost sasl setname\r\nCAP REQ :chghost\r\n"
			"CAP REQ :sasl\r\nCAP REQ :setname\r\n",
			"chghost setname ", ENABLED | SETTLED,
			IRC_CAPS_SETTLED },
		/* Taken away and brought back. */
		{ "CAP * LS :setname\nCAP * ACK :setname\nCAP n DEL :setname",
			"CAP REQ :setname\r\n", "", ENABLED | SETTLED,
			IRC_CAPS_SETTLED },
		{ "CAP * LS :\nCAP n NEW :setname x=y\nCAP n ACK :setname",
			"CAP REQ :setname\r\n", "setname ", ENABLED | SETTLED,
			IRC_CAPS_SETTLED },
		{ "CAP * LS :setname\nCAP * ACK :setname\nCAP n NEW :setname",
			"CAP REQ :setname\r\n", "setname ", ENABLED | SETTLED,
			IRC_CAPS_SETTLED },
		{ "CAP * LS * :setname\nCAP * NEW :sasl\nCAP * DEL :setname\n"
		  "CAP * LS :chghost",
			"CAP REQ :chghost sasl\r\n", "", 0,
			IRC_CAPS_REQUESTING },
		/* Things that make no sense. */
		{ "CAP", "", "", 0, IRC_CAPS_LISTING },
		{ "CAP *", "", "", 0, IRC_CAPS_LISTING },
		{ "CAP * FOO :sasl", "", "", 0, IRC_CAPS_LISTING },
		{ "CAP * ACK :sasl", "", "sasl ", ENABLED, IRC_CAPS_LISTING },
		{ "CAP * NAK :sasl", "", "", 0, IRC_CAPS_LISTING },
		{ "CAP * ACK", "", "", 0, IRC_CAPS_LISTING },
		{ "CAP * DEL :sasl", "", "", 0, IRC_CAPS_LISTING },
		{ "CAP * LS * ", "", "", SETTLED, IRC_CAPS_SETTLED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct irc_caps c;
		struct str sent, names;

		str_init(&sent, 4096);
		str_init(&names, 1000);
		irc_caps_init(&c, IRC_CAPS_ALL);
		irc_caps_start(&c, &sent);
		row_slice(i, "first", str_slice(&sent), "CAP LS 302\r\n");
		str_reset(&sent);
		unsigned changes = play(&c, rows[i].lines, &sent);
		add_names(&c, &names);
		row_slice(i, "sent", str_slice(&sent), rows[i].sent);
		row_slice(i, "enabled", str_slice(&names), rows[i].enabled);
		row_number(i, "changes", (long)changes, (long)rows[i].changes);
		row_number(i, "state", (long)c.state, (long)rows[i].state);
		str_finish(&sent);
		str_finish(&names);
		irc_caps_finish(&c);
	}
}

static void test_end(void **state)
{
	(void)state;
	struct irc_caps c;
	struct str sent;

	str_init(&sent, 1000);
	irc_caps_init(&c, IRC_CAPS_ALL);
	irc_caps_end(&c, &sent);
	assert_int_equal(sent.len, 0);
	irc_caps_start(&c, &sent);
	play(&c, "CAP * LS :", &sent);
	str_reset(&sent);
	irc_caps_end(&c, &sent);
	irc_caps_end(&c, &sent);
	assert_string_equal(str_text(&sent), "CAP END\r\n");
	assert_int_equal(c.state, IRC_CAPS_DONE);
	/* Afterwards requests go on, and nothing settles again. */
	str_reset(&sent);
	assert_int_equal(play(&c, "CAP n NEW :setname sasl=PLAIN", &sent),
		IRC_CAPS_CHANGED_SASL);
	assert_string_equal(str_text(&sent), "CAP REQ :sasl setname\r\n");
	assert_int_equal(play(&c, "CAP n ACK :sasl setname", &sent), ENABLED);
	assert_int_equal(c.state, IRC_CAPS_DONE);
	assert_int_equal(play(&c, "CAP n DEL :sasl", &sent),
		ENABLED | IRC_CAPS_CHANGED_SASL);
	assert_null(c.sasl);
	str_finish(&sent);
	irc_caps_finish(&c);
}

static void test_without_cap(void **state)
{
	(void)state;
	struct irc_caps c;
	struct str sent;

	str_init(&sent, 1000);
	irc_caps_init(&c, IRC_CAPS_ALL);
	/* Nothing was asked, so nothing is answered. */
	assert_int_equal(play(&c, "CAP * LS :sasl", &sent), 0);
	assert_int_equal(irc_caps_refused(&c), 0);
	irc_caps_start(&c, &sent);
	str_reset(&sent);
	assert_int_equal(irc_caps_refused(&c), SETTLED);
	assert_int_equal(irc_caps_refused(&c), 0);
	assert_int_equal(c.state, IRC_CAPS_SETTLED);
	irc_caps_finish(&c);

	irc_caps_init(&c, IRC_CAPS_ALL);
	irc_caps_start(&c, &sent);
	irc_caps_registered(&c);
	str_reset(&sent);
	irc_caps_end(&c, &sent);
	assert_int_equal(sent.len, 0);
	str_finish(&sent);
	irc_caps_finish(&c);
}

static void test_wanted(void **state)
{
	(void)state;
	struct irc_caps c;
	struct str sent;

	str_init(&sent, 1000);
	irc_caps_init(&c, IRC_CAPS_ALL & ~(uint32_t)IRC_CAP_SASL);
	irc_caps_start(&c, &sent);
	str_reset(&sent);
	play(&c, "CAP * LS :sasl=PLAIN setname", &sent);
	assert_string_equal(str_text(&sent), "CAP REQ :setname\r\n");
	assert_true((c.offered & IRC_CAP_SASL) != 0);
	assert_string_equal(c.sasl, "PLAIN");
	str_finish(&sent);
	irc_caps_finish(&c);
}

static void test_sasl_value(void **state)
{
	(void)state;
	static const struct {
		const char *lines, *value;
	} rows[] = {
		{ "CAP * LS :sasl", NULL },
		{ "CAP * LS :sasl=", NULL },
		{ "CAP * LS :sasl=PLAIN,EXTERNAL", "PLAIN,EXTERNAL" },
		{ "CAP * LS :sasl=A=B", "A=B" },
		{ "CAP * LS * :sasl=PLAIN\nCAP * LS :sasl=EXTERNAL",
			"EXTERNAL" },
		{ "CAP * LS :sasl=PLAIN\nCAP n NEW :sasl=EXTERNAL",
			"EXTERNAL" },
		{ "CAP * LS :sasl=PLAIN\nCAP n NEW :x", "PLAIN" },
		{ "CAP * LS :sasl=PLAIN\nCAP n DEL :sasl", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct irc_caps c;
		struct str sent;

		str_init(&sent, 4096);
		irc_caps_init(&c, IRC_CAPS_ALL);
		irc_caps_start(&c, &sent);
		play(&c, rows[i].lines, &sent);
		row_slice(i, "value", slice_of(c.sasl), rows[i].value);
		str_finish(&sent);
		irc_caps_finish(&c);
	}

	struct irc_caps c;
	struct str sent, line;
	str_init(&sent, 4096);
	str_init(&line, 4096);
	str_add(&line, "CAP * LS :sasl=");
	for (int i = 0; i < 1000; i++)
		str_add_char(&line, 'x');
	irc_caps_init(&c, IRC_CAPS_ALL);
	irc_caps_start(&c, &sent);
	play(&c, str_text(&line), &sent);
	assert_null(c.sasl);
	str_finish(&sent);
	str_finish(&line);
	irc_caps_finish(&c);
}

/* Everything at once still fits into lines of 510 bytes. */
static void test_all(void **state)
{
	(void)state;
	struct irc_caps c;
	struct str sent, line;

	str_init(&sent, 4096);
	str_init(&line, 4096);
	irc_caps_init(&c, UINT32_MAX);
	str_add(&line, "CAP * LS :");
	for (uint32_t cap = 1; cap < IRC_CAPS_ALL; cap <<= 1)
		str_addf(&line, "%s ", irc_cap_name((enum irc_cap)cap));
	irc_caps_start(&c, &sent);
	str_reset(&sent);
	play(&c, str_text(&line), &sent);
	assert_int_equal(c.pending, IRC_CAPS_ALL);
	assert_true(sent.len <= 510);
	assert_string_equal(irc_cap_name((enum irc_cap)0), "");
	str_finish(&sent);
	str_finish(&line);
	irc_caps_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conversations),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_without_cap),
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_sasl_value),
		cmocka_unit_test(test_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
