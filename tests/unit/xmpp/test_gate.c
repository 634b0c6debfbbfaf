/* What goes out through a component and what comes in: the gate, replies,
 * refusals, requests, back-pressure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "xmpp/fixture.h"
#include "xmpp/parser.h"

/* --- The gate ------------------------------------------------------------ */

static void test_gate(void **state)
{
	const struct stanza_head head = {
		.from = "n%h@irc.example.org/r'&",
		.to = "u@example.org/<x>",
		.type = "chat",
		.id = "\x01",
		.lang = "en",
	};
	struct xml_writer *w;

	(void)state;
	attach();
	w = stanza_begin(component, STANZA_MESSAGE, &head);
	xml_put(w, "body", NULL, "a\xff<b>");
	xml_open(w, "x", "u:x");
	assert_int_equal(stanza_end(component), 0);
	check_heard("<message from='n%h@irc.example.org/r&apos;&amp;' "
		    "to='u@example.org/&lt;x&gt;' type='chat' "
		    "id='\xef\xbf\xbd' xml:lang='en'>"
		    "<body>a\xef\xbf\xbd&lt;b&gt;</body><x xmlns='u:x'/>"
		    "</message>");
	w = stanza_begin(component, STANZA_PRESENCE, &head);
	xml_put(w, "show", NULL, "away");
	stanza_abort(component);
	send_message("1");
	send_presence();
	send_message("2");
	check_heard(
		MESSAGE("1") "<presence from='irc.example.org' to='b@example.org'/>" MESSAGE(
			"2"));
}

static void test_too_big(void **state)
{
	const struct stanza_head head = {
		.from = "irc.example.org",
		.to = "b@example.org",
	};
	char address[4000];
	struct stanza_head long_head = head;
	struct xml_writer *w;

	(void)state;
	attach();
	send_message("1");
	w = stanza_begin(component, STANZA_MESSAGE, &head);
	for (int i = 0; i < 100000; i++)
		xml_put(w, "body", NULL, "0123456789");
	assert_int_equal(stanza_end(component), -1);
	memset(address, 'x', sizeof(address));
	address[sizeof(address) - 1] = '\0';
	long_head.to = address;
	xml_close_to(stanza_begin(component, STANZA_IQ, &long_head), 0);
	assert_int_equal(stanza_end(component), -1);
	send_message("2");
	check_heard(MESSAGE("1") MESSAGE("2"));
	assert_int_equal(component_state(component), COMPONENT_READY);
}

/* For these Prosody closes the stream. */
static void test_empty_parts(void **state)
{
	static const char *const senders[] = { "@irc.example.org",
		"irc.example.org/", "a@irc.example.org/",
		"@irc.example.org/a" };

	(void)state;
	attach();
	for (size_t i = 0; i < COUNT(senders); i++) {
		const struct stanza_head head = {
			.from = senders[i],
			.to = "b@example.org",
		};
		xml_close_to(
			stanza_begin(component, STANZA_PRESENCE, &head), 0);
		assert_int_equal(stanza_end(component), -1);
	}
	check_heard("");
}

/* A mistake in the sender's address would end the stream for everybody. */
static void test_bugs(void **state)
{
	static const struct stanza_head heads[] = {
		{ .from = "a@example.org", .to = "b@example.org" },
		{ .from = "irc.example.org.evil", .to = "b@example.org" },
		{ .from = "x@other.org/irc.example.org", .to = "b@c" },
		{ .from = "", .to = "b@example.org" },
		{ .to = "b@example.org" },
		{ .from = "irc.example.org" },
		{ .from = "irc.example.org", .to = "" },
	};
	struct component_stats stats;

	(void)state;
	attach();
	forget();
	for (size_t i = 0; i < COUNT(heads); i++) {
		struct xml_writer *w =
			stanza_begin(component, STANZA_MESSAGE, &heads[i]);

		xml_put(w, "body", NULL, "x");
		assert_int_equal(stanza_end(component), -1);
		component_stats(component, &stats);
		assert_int_equal(stats.unsent, i + 1);
	}
	/* One line, so that a mistake in a loop does not fill the disk. */
	assert_int_equal(error_lines, 1);
	assert_non_null(strstr(str_text(&logged),
		"bug: message from=a@example.org to=b@example.org"));
	send_message("1");
	check_heard(MESSAGE("1"));
}

static void test_kept_messages(void **state)
{
	const struct stanza_head head = {
		.from = "irc.example.org",
		.to = "b@example.org",
	};
	struct str body;
	size_t kept = 0;

	(void)state;
	str_init(&body, 128 * KIB);
	while (body.len < 100000)
		str_add_char(&body, 'x');
	assert_false(component_is_congested(component));
	for (;;) {
		struct xml_writer *w =
			stanza_begin(component, STANZA_MESSAGE, &head);
		xml_put(w, "body", NULL, str_text(&body));
		bool was_congested = component_is_congested(component);
		if (stanza_end(component) != 0) {
			assert_true(was_congested);
			break;
		}
		kept++;
	}
	assert_in_range(kept, 160, 170);
	component_start(component);
	attach();
	for (int i = 0; i < 1000; i++)
		settle(1);
	assert_false(component_is_congested(component));
	str_finish(&body);
}

/* --- Property: whatever the fields hold, what leaves is well-formed. ----- */

static unsigned judged;

static void judge_opened(
	const char *ns, const char *id, const char *from, void *arg)
{
	(void)ns;
	(void)id;
	(void)from;
	(void)arg;
}

static void judge_stanza(const struct xml *x, struct arena *a, void *arg)
{
	(void)a;
	(void)arg;
	assert_memory_equal(xml_attr(x, "from"), "irc.example.org/", 16);
	assert_non_null(xml_attr(x, "to"));
	assert_int_equal(xml_count(x), 1);
	judged++;
}

static void judge_refused(const struct xml *x, const char *reason, void *arg)
{
	(void)x;
	(void)arg;
	fail_msg("%s", reason);
}

static void judge_closed(void *arg)
{
	(void)arg;
	fail();
}

static const struct parser_events judge = {
	.opened = judge_opened,
	.stanza = judge_stanza,
	.refused = judge_refused,
	.closed = judge_closed,
};

static void random_text(char out[16])
{
	size_t len = 1 + (size_t)random() % 15;

	for (size_t i = 0; i < len; i++)
		out[i] = (char)(1 + random() % 255);
	out[len] = '\0';
}

static void send_random(enum stanza_kind kind)
{
	char from[64], text[6][16];

	for (size_t i = 0; i < COUNT(text); i++)
		random_text(text[i]);
	snprintf(from, sizeof(from), "irc.example.org/%s", text[0]);
	const struct stanza_head head = {
		.from = from,
		.to = text[1],
		.type = text[2],
		.id = text[3],
		.lang = text[4],
	};
	xml_put(stanza_begin(component, kind, &head), "body", NULL, text[5]);
	assert_int_equal(stanza_end(component), 0);
}

static void test_property(void **state)
{
	struct parser *p = parser_new(&judge, NULL);
	const char *condition = NULL;

	(void)state;
	attach();
	srandom(1);
	judged = 0;
	for (unsigned i = 0; i < 10000; i++) {
		send_random((enum stanza_kind)(i % 3));
		if (i % 100 == 99)
			settle(1);
	}
	settle(10);
	assert_int_equal(
		parser_feed(p, slice_of(HEADER_OF("1")), &condition), 0);
	assert_int_equal(
		parser_feed(p, str_slice(&server.heard), &condition), 0);
	assert_int_equal(judged, 10000);
	parser_free(&p);
}

/* --- Input --------------------------------------------------------------- */

#define TO_US " from='u@example.org/r' to='n%h@irc.example.org' "
#define REPLY "from='n%h@irc.example.org' to='u@example.org/r' "
#define ERROR_OF(type, code, name)                      \
	"<error type='" type "' code='" code "'><" name \
	" xmlns='" NS_STANZA_ERRORS "'/>"

static const struct {
	const char *input;
	const char *said;
	const char *heard;
} inputs[] = {
	{ "<message" TO_US "type='chat' id='1'><body>hi</body></message>",
		"message chat from u@example.org/r to n%h@irc.example.org: "
		"hi\n",
		"" },
	{ "<message xmlns='jabber:client'" TO_US "><body>hi</body></message>",
		"message normal from u@example.org/r to n%h@irc.example.org: "
		"hi\n",
		"" },
	{ "<presence from='U@example.org/R' to='IRC.example.org'/>",
		"presence - from u@example.org/R to irc.example.org\n", "" },
	{ "<iq" TO_US "type='get' id='&lt;1&gt;'><q xmlns='u'/></iq>",
		"iq get from u@example.org/r to n%h@irc.example.org\n",
		"<iq " REPLY "type='result' id='&lt;1&gt;'/>" },
	{ "<iq" TO_US "type='set' id='2'><q xmlns='u'/></iq>",
		"iq set from u@example.org/r to n%h@irc.example.org\n",
		"<iq " REPLY "type='error' id='2'>" ERROR_OF("auth", "403",
			"forbidden") "<text xmlns='" NS_STANZA_ERRORS
				     "' xml:lang='en'>no</text></error></iq>" },
	/* Bad requests. */
	{ "<iq" TO_US "type='get' id='3'/>", "",
		"<iq " REPLY "type='error' id='3'>" ERROR_OF(
			"modify", "400", "bad-request") "</error></iq>" },
	{ "<iq" TO_US "type='set'><q/></iq>", "",
		"<iq " REPLY "type='error'>" ERROR_OF(
			"modify", "400", "bad-request") "</error></iq>" },
	{ "<iq" TO_US "type='foo' id='4'><q/></iq>", "",
		"<iq " REPLY "type='error' id='4'>" ERROR_OF(
			"modify", "400", "bad-request") "</error></iq>" },
	{ "<presence" TO_US "type='foo' id='5'/>", "",
		"<presence " REPLY "type='error' id='5'>" ERROR_OF(
			"modify", "400", "bad-request") "</error></presence>" },
	{ "<message from='u@example.org/r' to='a b@irc.example.org' "
	  "id='6'/>",
		"",
		"<message from='irc.example.org' to='u@example.org/r' "
		"type='error' id='6'>" ERROR_OF("modify", "400",
			"jid-malformed") "</error></message>" },
	{ "<message from='u@example.org/r' id='7'/>", "",
		"<message from='irc.example.org' to='u@example.org/r' "
		"type='error' id='7'>" ERROR_OF("modify", "400",
			"jid-malformed") "</error></message>" },
	/* Never an answer to an answer. */
	{ "<message from='u@example.org/r' to='a b@irc.example.org' "
	  "type='error'/>",
		"", "" },
	{ "<iq from='u@example.org/r' to='a b@irc.example.org' "
	  "type='result' id='8'/>",
		"", "" },
	{ "<iq" TO_US "type='result' id='9'/>", "", "" },
	{ "<iq" TO_US "type='error' id='10'/>", "", "" },
	{ "<iq" TO_US "type='result'/>", "", "" },
	{ "<message" TO_US "type='error'/>",
		"message error from u@example.org/r to "
		"n%h@irc.example.org\n",
		"" },
	/* From nobody, or not for us. */
	{ "<message to='irc.example.org'/>", "", "" },
	{ "<message from='' to='irc.example.org'/>", "", "" },
	{ "<iq from='@' to='irc.example.org' type='get' id='1'><q/></iq>", "",
		"" },
	{ "<iq from='u@example.org' to='other.example.org' type='get' "
	  "id='1'><q/></iq>",
		"", "" },
	{ "<iq from='u@example.org' to='other.example.org' type='get'/>", "",
		"" },
	{ "<unknown" TO_US "/>", "", "" },
	{ "<message xmlns='u'" TO_US "/>", "", "" },
	{ "  \n", "", "" },
	/* Refused by the parser. */
	{ "<message" TO_US "id='11'><u:x/></message>", "",
		"<message " REPLY
		"type='error' id='11'>" ERROR_OF("modify", "406",
			"not-acceptable") "<text xmlns='" NS_STANZA_ERRORS
					  "' xml:lang='en'>The stanza was refused: "
					  "XML namespaces are used wrongly.</text></error></message>" },
	{ "<iq" TO_US "type='get' id='12'><u:x/></iq>", "",
		"<iq " REPLY "type='error' id='12'>" ERROR_OF("modify", "406",
			"not-acceptable") "<text xmlns='" NS_STANZA_ERRORS
					  "' xml:lang='en'>The stanza was refused: "
					  "XML namespaces are used wrongly.</text></error></iq>" },
	{ "<message" TO_US "type='error'><u:x/></message>", "", "" },
	{ "<iq" TO_US "type='result' id='12'><u:x/></iq>", "", "" },
	{ "<message to='irc.example.org'><u:x/></message>", "", "" },
	{ "<message from='u@example.org' to='@'><u:x/></message>", "", "" },
	{ "<message from='u@example.org' to='x.org'><u:x/></message>", "", "" },
};

static void test_inputs(void **state)
{
	(void)state;
	attach();
	for (size_t i = 0; i < COUNT(inputs); i++) {
		forget();
		server_say(&server, inputs[i].input);
		settle(10);
		if (strcmp(str_text(&said), inputs[i].said) != 0 ||
			strcmp(str_text(&server.heard), inputs[i].heard) != 0)
			fail_msg("row %zu\nsaid:  %s\nheard: %s", i,
				str_text(&said), str_text(&server.heard));
	}
	assert_int_equal(component_state(component), COMPONENT_READY);
}

static void test_too_big_in(void **state)
{
	struct str big;

	(void)state;
	attach();
	str_init(&big, MIB);
	str_add(&big, "<message" TO_US "id='1'><body>");
	while (big.len < LIMIT_STANZA_IN)
		str_add(&big, "0123456789");
	str_add(&big, "</body></message><presence" TO_US "/>");
	server_say(&server, str_text(&big));
	check_heard("<message " REPLY "type='error' id='1'>" ERROR_OF("modify",
		"406",
		"not-acceptable") "<text xmlns='" NS_STANZA_ERRORS
				  "' xml:lang='en'>The stanza was refused: "
				  "it is too big.</text></error></message>");
	check_said("presence - from u@example.org/r to "
		   "n%h@irc.example.org\n");
	str_finish(&big);
}

static void test_stats(void **state)
{
	struct component_stats stats;

	(void)state;
	attach();
	server_say(&server, "<message" TO_US "/><message" TO_US "><u:x/>"
			    "</message><iq" TO_US "type='get' id='1'/>");
	settle(10);
	component_stats(component, &stats);
	assert_int_equal(stats.connects, 1);
	assert_int_equal(stats.stanzas_in, 3);
	assert_int_equal(stats.refused_in, 2);
	assert_int_equal(stats.stanzas_out, 2);
}

/* --- Requests ------------------------------------------------------------ */

static struct str answers;

static void on_answer(const struct stanza *answer, void *arg)
{
	const char *name = arg;

	str_addf(&answers, "%s %s\n", name,
		answer ? stanza_type_name(answer->type) : "nothing");
}

static char *text_arg(const char *text)
{
	union {
		const char *in;
		char *out;
	} u = { text };

	return u.out;
}

static void track(char id[64], const char *to, const char *name)
{
	snprintf(id, 64, "%s",
		iq_track(
			component, to, 10 * SECOND, on_answer, text_arg(name)));
}

static void answer_from(const char *from, const char *type, const char *id)
{
	char text[256];

	snprintf(text, sizeof(text),
		"<iq from='%s' to='irc.example.org' "
		"type='%s' id='%s'/>",
		from, type, id);
	server_say(&server, text);
	settle(1);
}

static void check_answers(const char *expected)
{
	assert_string_equal(str_text(&answers), expected);
	str_reset(&answers);
}

static int set_up_requests(void **state)
{
	str_init(&answers, 64 * MIB);
	int rc = set_up(state);
	attach();
	return rc;
}

static int tear_down_requests(void **state)
{
	int rc = tear_down(state);

	str_finish(&answers);
	return rc;
}

static void test_answers(void **state)
{
	char a[64], b[64], c[64];

	(void)state;
	track(a, "U@Example.org/R", "a");
	track(b, "example.org", "b");
	track(c, "u@example.org", "c");
	assert_string_not_equal(a, b);
	/* Only from whom was asked. */
	answer_from("u@example.org/r", "result", a);
	answer_from("u@example.org", "result", a);
	answer_from("u@example.org", "result", b);
	answer_from("x.example.org", "result", b);
	answer_from("u@example.org/x", "result", c);
	answer_from("example.org", "result", "made-up");
	check_answers("");
	answer_from("u@example.org/R", "result", a);
	check_answers("a result\n");
	answer_from("u@example.org/R", "result", a);
	check_answers("");
	answer_from("example.org", "error", b);
	check_answers("b error\n");
	/* A request with that id is no answer. */
	answer_from("u@example.org", "get", c);
	check_answers("");
	settle(11 * SECOND);
	check_answers("c nothing\n");
	answer_from("u@example.org", "result", c);
	settle(100 * SECOND);
	check_answers("");
}

static void test_timeouts(void **state)
{
	char id[64];

	(void)state;
	track(id, "a@b", "first");
	settle(5 * SECOND);
	track(id, "a@b", "second");
	track(id, "not a jid@", "malformed");
	check_answers("");
	settle(100);
	check_answers("malformed nothing\n");
	settle(5 * SECOND);
	check_answers("first nothing\n");
	settle(5 * SECOND);
	check_answers("second nothing\n");
}

static void test_forget(void **state)
{
	static char x[] = "x", y[] = "y";

	(void)state;
	(void)!iq_track(component, "a@b", SECOND, on_answer, x);
	(void)!iq_track(component, "a@b", SECOND, on_answer, y);
	(void)!iq_track(component, "a@c", SECOND, on_answer, x);
	iq_forget(component, x);
	settle(2 * SECOND);
	check_answers("y nothing\n");
	iq_forget(component, x);
}

static char again[] = "again";
static unsigned rounds;

/* Tracks the next at once, and forgets one that is still to come. */
static void on_answer_again(const struct stanza *answer, void *arg)
{
	assert_null(answer);
	rounds++;
	assert_true(rounds < 100);
	(void)!iq_track(component, "a@b", SECOND, on_answer_again, arg);
	iq_forget(component, text_arg("gone"));
}

static void test_lost_stream(void **state)
{
	char id[64];

	(void)state;
	rounds = 0;
	(void)!iq_track(component, "a@b", SECOND, on_answer_again, again);
	(void)!iq_track(component, "a@b", SECOND, on_answer, text_arg("gone"));
	track(id, "a@b", "a");
	server_hang_up(&server);
	settle(10);
	check_answers("a nothing\n");
	assert_int_equal(lost_count, 1);
	assert_int_equal(rounds, 1);
	settle(950);
	assert_in_range(rounds, 2, 11);
	iq_forget(component, again);
	/* Without a stream there is no answer, and no waiting for it. */
	track(id, "a@b", "b");
	check_answers("");
	settle(100);
	check_answers("b nothing\n");
}

static void test_too_many(void **state)
{
	size_t sent = LIMIT_IQ_PENDING + 10;
	char id[64], to[32];

	(void)state;
	for (size_t i = 0; i < sent; i++) {
		snprintf(to, sizeof(to), "a%zu@b", i / LIMIT_IQ_PENDING_USER);
		track(id, to, "x");
	}
	check_answers("");
	settle(100);
	assert_int_equal(answers.len, 10 * strlen("x nothing\n"));
	answer_from(to, "result", id);
	assert_int_equal(answers.len, 10 * strlen("x nothing\n"));
	settle(10 * SECOND);
	assert_int_equal(answers.len, sent * strlen("x nothing\n"));
}

/* Who answers nothing, from however many clients, takes nobody's place. */
static void test_too_many_of_one(void **state)
{
	char id[64], first[64], to[32];

	(void)state;
	for (unsigned i = 0; i < LIMIT_IQ_PENDING_USER + 5; i++) {
		snprintf(to, sizeof(to), "a@b/%u", i);
		track(i == 0 ? first : id, to, "x");
	}
	track(id, "c@b", "c");
	settle(100);
	check_answers("x nothing\nx nothing\nx nothing\nx nothing\n"
		      "x nothing\n");
	answer_from("c@b", "result", id);
	check_answers("c result\n");
	/* One is answered: there is room for one. */
	answer_from("a@b/0", "result", first);
	check_answers("x result\n");
	track(id, "a@b", "y");
	track(first, "a@b", "z");
	settle(100);
	check_answers("z nothing\n");
	answer_from("a@b", "result", id);
	check_answers("y result\n");
}

/* --- Back-pressure ------------------------------------------------------- */

/* Messages until the server ought to read; says how many. */
static unsigned send_until_stalled(void)
{
	const struct stanza_head head = {
		.from = "irc.example.org",
		.to = "b@example.org",
	};
	struct str body;
	unsigned sent = 0;

	str_init(&body, 128 * KIB);
	while (body.len < 100000)
		str_add_char(&body, 'x');
	while (!component_is_stalled(component)) {
		assert_in_range(sent, 0, 300);
		struct xml_writer *w =
			stanza_begin(component, STANZA_MESSAGE, &head);
		xml_put_attr_int(w, "n", sent++);
		xml_put(w, "body", NULL, str_text(&body));
		assert_int_equal(stanza_end(component), 0);
		if (sent % 10 == 0)
			settle(1);
	}
	str_finish(&body);
	return sent;
}

/* A server that does not read: everything waits, in order, and the host is
 * told to take no more. */
static void test_back_pressure(void **state)
{
	(void)state;
	attach();
	conn_pause(server.conn);
	forget();
	unsigned sent = send_until_stalled();
	assert_in_range(sent, 160, 300);
	assert_true(component_is_congested(component));
	settle(10);
	assert_int_equal(component_state(component), COMPONENT_READY);
	assert_true(component_is_stalled(component));
	conn_resume(server.conn);
	settle(100);
	assert_false(component_is_congested(component));
	assert_false(component_is_stalled(component));
	assert_string_equal(str_text(&said), "drained\n");
	const char *at = str_text(&server.heard);
	for (unsigned i = 0; i < sent; i++) {
		char mark[32];
		snprintf(mark, sizeof(mark), " n='%u'>", i);
		at = strstr(at, mark);
		assert_non_null(at);
	}
	assert_memory_equal(str_text(&server.heard) + server.heard.len - 10,
		"</message>", 10);
}

/* What waits for a server that is gone is gone too. */
static void test_stalled_until_the_end(void **state)
{
	(void)state;
	attach();
	conn_pause(server.conn);
	(void)send_until_stalled();
	forget();
	settle(70 * SECOND);
	assert_string_equal(str_text(&said),
		"lost: the XMPP server has been silent for 60 s\n");
	assert_false(component_is_stalled(component));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define REQUEST_TEST(name)               \
	cmocka_unit_test_setup_teardown( \
		name, set_up_requests, tear_down_requests)
		TEST(test_gate),
		TEST(test_too_big),
		TEST(test_empty_parts),
		TEST(test_bugs),
		TEST(test_kept_messages),
		TEST(test_property),
		TEST(test_inputs),
		TEST(test_too_big_in),
		TEST(test_stats),
		REQUEST_TEST(test_answers),
		REQUEST_TEST(test_timeouts),
		REQUEST_TEST(test_forget),
		REQUEST_TEST(test_lost_stream),
		REQUEST_TEST(test_too_many),
		REQUEST_TEST(test_too_many_of_one),
		TEST(test_back_pressure),
		TEST(test_stalled_until_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
