/*
 * Messages in both directions, and CTCP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "irc/irc_server.h"

static struct fake_core *core;
static struct irc_server *server;
static struct gw_session *s;
static struct gw_room *room;

static void begin_with(const char *network, const char *config)
{
	core = irc_core_new(&server, network, config);
	s = irc_log_in(core, server, NULL);
	room = irc_enter(core, server, s, "#a", "@bob");
	fake_clear(core);
}

static void begin(void)
{
	begin_with("", "");
}

static void end(void)
{
	irc_server_free(&server);
	fake_core_free(&core);
}

/* --- In ------------------------------------------------------------------ */

static void test_in(void **state)
{
	static const struct {
		const char *line, *result;
	} rows[] = {
		{ ":bob!b@b PRIVMSG #a :hello", "#a: message bob: hello" },
		{ ":bob!b@b PRIVMSG #a hello", "#a: message bob: hello" },
		{ ":bob!b@b PRIVMSG #A :x", "#a: message bob: x" },
		{ ":bob!b@b PRIVMSG alice :x", "message bob: x" },
		{ ":bob!b@b PRIVMSG ALICE :x", "message bob: x" },
		{ ":bob PRIVMSG alice :x", "message bob: x" },
		{ ":bob!b@b NOTICE #a :x", "#a: notice bob: x" },
		{ ":bob!b@b NOTICE alice :x", "notice bob: x" },
		{ ":irc.test NOTICE alice :from the server",
			"notice: from the server" },
		{ "NOTICE alice :without source", "notice: without source" },
		{ ":irc.test NOTICE * :x", "notice: x" },
		{ ":irc.test NOTICE $*.test :to all", "notice: to all" },
		{ ":irc.test PRIVMSG #a :x", "#a: message: x" },
		{ ":bob!b@b PRIVMSG @#a :ops only",
			"#a: message bob: (to @) ops only" },
		{ ":bob!b@b PRIVMSG #a :\001ACTION waves\001",
			"#a: action bob: waves" },
		{ ":bob!b@b PRIVMSG alice :\001action waves",
			"action bob: waves" },
		{ ":bob!b@b NOTICE alice :\001ACTION waves\001",
			"notice bob: waves" },
		{ ":bob!b@b PRIVMSG #a :\002bold\002 plain",
			"#a: message bob: bold plain \\[0-4:1\\]" },
		{ ":bob!b@b PRIVMSG @#a :\002bold",
			"#a: message bob: (to @) bold \\[7-11:1\\]" },
		{ ":bob!b@b PRIVMSG #a :\0034,12x",
			"#a: message bob: x \\[0-1:0 fg=ff0000 bg=0000fc\\]" },
		{ ":bob!b@b PRIVMSG #a :caf\xe9",
			"#a: message bob: caf\xc3\xa9" },
		{ ":bob!b@b PRIVMSG #a :caf\xc3\xa9",
			"#a: message bob: caf\xc3\xa9" },
		{ ":b\xe9 PRIVMSG #a :x", "#a: message b\xc3\xa9: x" },
		{ ":alice!a@home PRIVMSG #a :by bouncer",
			"#a: message alice: by bouncer \\[own\\]" },
		{ ":alice!a@home PRIVMSG bob :by bouncer",
			"message alice: by bouncer \\[own\\] to=bob" },
		{ ":alice!a@home PRIVMSG alice :to myself",
			"message alice: to myself to=alice" },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(rows); i++) {
		irc_say(server, "%s", rows[i].line);
		fake_expect(core, rows[i].result);
		fake_expect_none(core, "*", 0);
	}
	end();
}

static void test_in_nothing(void **state)
{
	static const char *const lines[] = {
		":bob!b@b PRIVMSG #a :",
		":bob!b@b PRIVMSG #a",
		":bob!b@b PRIVMSG",
		":bob!b@b PRIVMSG #elsewhere :x",
		":bob!b@b PRIVMSG #a :\002\002",
		":bob!b@b PRIVMSG #a :\001ACTION\001",
		":bob!b@b PRIVMSG #a :\001\001",
		":bob!b@b PRIVMSG alice :\001UNHEARDOF x\001",
		":bob!b@b NOTICE alice :\001VERSION mIRC\001",
		":bob!b@b TAGMSG #a",
		":bob!b@b WALLOPS :x",
		"@a=b;c=d :bob!b@b BATCH +x netsplit",
		"UNKNOWN",
		":bob!b@b",
		":",
		"@",
		"@tags",
		"@tags :src",
		"12 alice :x",
		"1234 alice :x",
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(lines); i++) {
		irc_say(server, "%s", lines[i]);
		fake_expect_none(core, "*", 10);
	}
	irc_hear_nothing(server, 0);
	end();
}

static void test_tags(void **state)
{
	(void)state;
	core = irc_core_new(&server, "", "");
	s = fake_session(core, "irc.test");
	fake_set(s, "nick", "alice");
	fake_open(s);
	irc_hear_later(server, "USER *");
	irc_say(server, "CAP * LS :server-time message-tags");
	irc_hear_later(server, "CAP REQ *");
	irc_say(server, "CAP * ACK :server-time message-tags");
	irc_hear(server, "CAP END");
	irc_welcome(server, "alice", NULL);
	fake_expect(core, "online alice");
	irc_say(server, "@time=2020-01-02T03:04:05.678Z;msgid=a\\sb\\:c "
			":bob!b@b PRIVMSG alice :x");
	fake_expect(core, "message bob: x id=a b;c time=1577934245678");
	irc_say(server, "@time=2099-01-02T03:04:05.678Z;msgid= "
			":bob!b@b PRIVMSG alice :x");
	fake_expect(core, "message bob: x");
	irc_say(server, "@time=nonsense :bob!b@b PRIVMSG alice :x");
	fake_expect(core, "message bob: x");
	irc_say(server, "@+draft/typing=active :bob!b@b TAGMSG alice");
	irc_say(server, "@time=2020-01-02T03:04:05.678Z :bob PRIVMSG alice :y");
	fake_expect(core, "message bob: y time=1577934245678");
	end();
}

/* Without the capability the tag is somebody's invention. */
static void test_tags_unasked(void **state)
{
	(void)state;
	begin();
	irc_say(server, "@time=2020-01-02T03:04:05.678Z "
			":bob!b@b PRIVMSG alice :x");
	fake_expect(core, "message bob: x");
	end();
}

static void test_encoding(void **state)
{
	(void)state;
	begin_with("encoding = \"koi8-r\";", "encoding = \"iso-8859-15\";");
	irc_say(server, ":bob!b@b PRIVMSG #a :\xd0\xd2\xc9\xd7\xc5\xd4");
	fake_expect(core, "#a: message bob: \xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2"
			  "\xd0\xb5\xd1\x82");
	end();
	begin_with("", "encoding = \"iso-8859-15\";");
	irc_say(server, ":bob!b@b PRIVMSG #a :5 \xa4");
	fake_expect(core, "#a: message bob: 5 \xe2\x82\xac");
	end();
}

/* --- CTCP ---------------------------------------------------------------- */

static void test_ctcp(void **state)
{
	static const struct {
		const char *request, *answer;
	} rows[] = {
		{ "VERSION", "VERSION causeway test" },
		{ "version", "VERSION causeway test" },
		{ "PING 12345 678", "PING 12345 678" },
		{ "TIME", "TIME 2023-*Z" },
		{ "CLIENTINFO", "CLIENTINFO *VERSION" },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char pattern[128];

		irc_say(server, ":bob!b@b PRIVMSG alice :\001%s\001",
			rows[i].request);
		(void)text_format(pattern, sizeof(pattern),
			"NOTICE bob :\001%s\001", rows[i].answer);
		irc_hear(server, pattern);
		fake_run(core, 61000);
	}
	irc_say(server, ":bob!b@b PRIVMSG alice :\001PING %050d\001", 1);
	irc_say(server, ":irc.test PRIVMSG alice :\001VERSION\001");
	irc_say(server, ":alice!a@b PRIVMSG alice :\001VERSION\001");
	irc_say(server, ":bob!b@b NOTICE alice :\001VERSION\001");
	irc_hear_nothing(server, 100);
	irc_say(server, ":bob!b@b PRIVMSG alice :\001DCC SEND x 1 2 3\001");
	fake_expect(core, "notice bob: (offers *DCC*");
	irc_hear_nothing(server, 100);
	end();
}

static void test_ctcp_flood(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 100; i++)
		irc_say(server, ":bob%d!b@b PRIVMSG #a :\001VERSION\001", i);
	for (int i = 0; i < 4; i++)
		irc_hear(server, "NOTICE bob*");
	irc_hear_nothing(server, 100);
	fake_run(core, 61000);
	irc_say(server, ":bob!b@b PRIVMSG #a :\001VERSION\001");
	irc_hear(server, "NOTICE bob*");
	end();
}

/* --- Out ----------------------------------------------------------------- */

static void test_out(void **state)
{
	(void)state;
	begin();
	fake_send_room(room, "hello");
	irc_hear(server, "PRIVMSG #a :hello");
	fake_expect(core, "accepted 1");
	fake_send_room(room, ":-)");
	irc_hear(server, "PRIVMSG #a ::-)");
	fake_send_room(room, "/me waves");
	irc_hear(server, "PRIVMSG #a :\001ACTION waves\001");
	fake_send_room(room, "/mean");
	irc_hear(server, "PRIVMSG #a :/mean");
	fake_send(s, "NickServ", "help");
	irc_hear(server, "PRIVMSG NickServ :help");
	assert_int_equal(fake_count(core, "accepted ?"), 5);
	end();
}

static void test_out_notice(void **state)
{
	struct gw_outgoing m = {
		.kind = GW_PERSON, .to = "bob", .text = "/me x", .notice = true
	};

	(void)state;
	begin();
	m.request = fake_request(s);
	fake_core_gw(core)->ops->send(s, &m);
	irc_hear(server, "NOTICE bob :/me x");
	end();
}

static void test_out_lines(void **state)
{
	(void)state;
	begin();
	fake_send_room(room, "one\ntwo\r\nthree\n\n \nfour\n");
	irc_hear(server, "PRIVMSG #a :one");
	irc_hear(server, "PRIVMSG #a :two");
	irc_hear(server, "PRIVMSG #a :three");
	irc_hear(server, "PRIVMSG #a :four");
	fake_expect(core, "accepted 1 one\\\\ntwo\\\\nthree\\\\nfour");
	fake_send_room(room, "/me jumps\nand falls");
	irc_hear(server, "PRIVMSG #a :\001ACTION jumps\001");
	irc_hear(server, "PRIVMSG #a :\001ACTION and falls\001");
	fake_expect(core, "accepted 2 /me jumps\\\\nand falls");
	end();
}

static void test_out_nothing(void **state)
{
	static const char *const texts[] = { "", " ", "\n", "/me ", " \t ",
		"\r\n\r\n" };

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(texts); i++) {
		fake_send_room(room, texts[i]);
		fake_expect(core, "failed * GW_NOT_ACCEPTABLE *");
	}
	irc_hear_nothing(server, 100);
	end();
}

/* Every piece arrives whole at others, and together they are the text. */
static void test_out_long(void **state)
{
	struct str text, got;
	struct str seen;

	(void)state;
	begin();
	irc_say(server, ":alice!averylonguser@a.very.long.host.test JOIN #a");
	fake_run(core, 10);
	str_init(&text, 1 << 16);
	str_init(&got, 1 << 16);
	str_init(&seen, 1 << 16);
	for (int i = 0; i < 600; i++)
		str_add(&text, i % 7 ? "\xc3\xa4\xe2\x82\xac" : "word");
	fake_send_room(room, str_text(&text));
	while (got.len < text.len) {
		const char *line = irc_hear(server, "PRIVMSG #a :*");

		str_reset(&seen);
		str_addf(&seen,
			":alice!averylonguser@a.very.long.host.test %s\r\n",
			line);
		assert_true(seen.len <= 512);
		assert_true(utf8_is_valid(str_slice(&seen)));
		str_add(&got, line + strlen("PRIVMSG #a :"));
	}
	assert_string_equal(str_text(&got), str_text(&text));
	fake_expect(core, "accepted 1 *");
	str_finish(&text);
	str_finish(&got);
	str_finish(&seen);
	end();
}

static void test_out_refused_when_long(void **state)
{
	(void)state;
	begin_with("", "long_message = \"refuse\"; long_lines = 3;");
	fake_send_room(room, "1\n2\n3");
	fake_expect(core, "accepted 1*");
	fake_send_room(room, "1\n2\n3\n4");
	fake_expect(core, "failed 2 GW_NOT_ACCEPTABLE *too long*");
	irc_hear_later(server, "PRIVMSG #a :3");
	irc_hear_nothing(server, 10);
	end();
}

static void test_out_wrong_targets(void **state)
{
	static const char *const targets[] = { "a b", ":x", "a\r\nQUIT :x",
		"a\nQUIT" };

	(void)state;
	begin();
	fake_send(s, "*!*@host", "text");
	fake_expect(core, "failed * GW_BAD_ADDRESS *");
	for (size_t i = 0; i < COUNT(targets); i++) {
		fake_send(s, targets[i], "text");
		fake_expect(core, "failed * GW_NOT_ACCEPTABLE *");
		fake_send(s, targets[i], "text\ntext");
		fake_expect(core, "failed * GW_NOT_ACCEPTABLE *");
	}
	irc_hear_nothing(server, 100);
	end();
}

static void test_raw(void **state)
{
	static const char *const wrong[] = { "", " ", "PING\r\nQUIT",
		"PING\nQUIT", "@tag PING x", ":src PING x" };

	(void)state;
	begin();
	fake_send(s, "", "VERSION");
	irc_hear(server, "VERSION");
	fake_expect(core, "accepted 1");
	irc_say(server, ":irc.test 351 alice ircd-1.0 irc.test :comment");
	fake_expect(core, "notice: ircd-1.0 irc.test comment");
	for (size_t i = 0; i < COUNT(wrong); i++) {
		fake_send(s, "", wrong[i]);
		fake_expect(core, "failed * GW_NOT_ACCEPTABLE *");
	}
	irc_hear_nothing(server, 100);
	fake_send(s, "", "FOO");
	irc_hear(server, "FOO");
	irc_say(server, ":irc.test 421 alice FOO :Unknown command");
	fake_expect(core, "notice: FOO Unknown command");
	fake_send(s, "", "motd");
	irc_hear(server, "motd");
	irc_say(server, ":irc.test 375 alice :- irc.test");
	irc_say(server, ":irc.test 372 alice :- Hello");
	irc_say(server, ":irc.test 372 alice :- World");
	irc_say(server, ":irc.test 376 alice :End");
	fake_expect(core, "notice: - Hello\\\\n- World");
	irc_say(server, ":irc.test 372 alice :- unasked");
	irc_say(server, ":irc.test 376 alice :End");
	fake_expect_none(core, "*", 100);
	end();
}

/* --- Errors that come after the message left ----------------------------- */

static void test_errors(void **state)
{
	static const struct {
		const char *line, *result;
	} rows[] = {
		{ "404 alice #a :Cannot send to channel (+m)",
			"GW_FORBIDDEN Cannot send*" },
		{ "403 alice #a :No such channel", "GW_NO_SUCH *" },
		{ "442 alice #A :Not on channel", "GW_NOT_ACCEPTABLE *" },
		{ "477 alice #a :You need to identify", "GW_MEMBERS_ONLY *" },
		{ "439 alice #a :Target change too fast", "GW_BUSY *" },
		{ "415 alice #a :Cannot send: colours", "GW_NOT_ACCEPTABLE *" },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char pattern[128];
		gw_request request = fake_send_room(room, "x");

		irc_hear(server, "PRIVMSG #a :x");
		irc_say(server, ":irc.test %s", rows[i].line);
		(void)text_format(pattern, sizeof(pattern), "failed %u %s",
			(unsigned)request, rows[i].result);
		fake_expect(core, pattern);
		/* The same once more is nobody's. */
		irc_say(server, ":irc.test %s", rows[i].line);
		fake_expect(core, "notice: #*");
		fake_run(core, 5000);
		irc_answer_ping(server);
		fake_run(core, 35000);
	}
	end();
}

static void test_error_of_person(void **state)
{
	(void)state;
	begin();
	fake_send(s, "bob", "there");
	fake_send(s, "Nobody", "not there");
	fake_send_room(room, "x");
	irc_hear_later(server, "PRIVMSG #a :x");
	irc_say(server, ":irc.test 401 alice nobody :No such nick");
	fake_expect(core, "failed 2 GW_NO_SUCH No such nick");
	irc_say(server, ":irc.test 531 alice bob :blocked");
	fake_expect(core, "failed 1 GW_NOT_ALLOWED blocked");
	end();
}

/* The newest is meant: those before it were not refused. */
static void test_error_of_newest(void **state)
{
	(void)state;
	begin();
	fake_send_room(room, "1");
	fake_send_room(room, "2");
	irc_hear_later(server, "PRIVMSG #a :2");
	irc_say(server, ":irc.test 404 alice #a :no");
	fake_expect(core, "failed 2 *");
	irc_say(server, ":irc.test 404 alice #a :no");
	fake_expect(core, "failed 1 *");
	end();
}

/* A minute later it is not about that message. */
static void test_error_too_late(void **state)
{
	(void)state;
	begin();
	fake_send_room(room, "1");
	irc_hear(server, "PRIVMSG *");
	fake_run(core, 40000);
	irc_say(server, ":irc.test 404 alice #a :no");
	fake_expect(core, "notice: #a no");
	end();
}

static void test_away(void **state)
{
	(void)state;
	begin();
	fake_core_gw(core)->ops->watch(s, "carol", true);
	irc_hear(server, "ISON carol");
	irc_say(server, ":irc.test 301 alice carol :gone fishing");
	fake_expect(core, "presence carol away gone fishing");
	fake_expect(core, "notice carol: (away) gone fishing");
	irc_say(server, ":irc.test 301 alice carol :gone fishing");
	fake_expect(core, "presence carol away gone fishing");
	fake_expect_none(core, "notice*", 100);
	irc_say(server, ":irc.test 301 alice bob :busy");
	fake_expect(core, "#a: occupant bob * away *(busy)");
	fake_expect(core, "notice bob: (away) busy");
	end();
}

/* --- Flood control ------------------------------------------------------- */

static void test_flood(void **state)
{
	size_t before;

	(void)state;
	begin_with("flood = { burst = 3; rate = 1.0; };", "");
	fake_run(core, 10000);
	for (int i = 0; i < 6; i++)
		fake_send_room(room, "x");
	fake_run(core, 0);
	before = fake_count(core, "accepted*");
	assert_int_equal(before, 3);
	irc_say(server, "PING :now");
	irc_hear_later(server, "PONG :now");
	fake_run(core, 1100);
	assert_int_equal(fake_count(core, "accepted*"), 4);
	fake_run(core, 2000);
	assert_int_equal(fake_count(core, "accepted*"), 6);
	end();
}

static void test_flood_full(void **state)
{
	gw_request last = 0;

	(void)state;
	begin_with("flood = { burst = 1; rate = 0.1; };", "");
	for (unsigned i = 0; i < LIMIT_IRC_QUEUE_LINES + 10; i++)
		last = fake_send_room(room, "x");
	fake_expect(core, "failed * GW_BUSY *");
	assert_in_range(fake_count(core, "failed * GW_BUSY *"), 8, 11);
	(void)last;
	/* What waits is forgotten with the session. */
	fake_close(s, NULL);
	end();
}

/* A message in lines is accepted with its last one. */
static void test_flood_lines(void **state)
{
	(void)state;
	begin_with("flood = { burst = 2; rate = 1.0; };", "");
	fake_run(core, 10000);
	fake_send_room(room, "1\n2\n3\n4");
	fake_expect_none(core, "accepted*", 1500);
	fake_wait(core, "accepted 1 1\\\\n2\\\\n3\\\\n4", 1000);
	end();
}

/* Asking for modes never keeps a user's message waiting. */
static void test_flood_modes(void **state)
{
	(void)state;
	core = irc_core_new(&server, "flood = { burst = 5; rate = 0.5; };", "");
	s = irc_log_in(core, server, NULL);
	for (int i = 0; i < 10; i++) {
		char name[8];

		(void)text_format(name, sizeof(name), "#%d", i);
		room = fake_join(s, name, NULL, NULL);
	}
	irc_hear(server, "JOIN *");
	for (int i = 0; i < 10; i++) {
		irc_say(server, ":alice!a@b JOIN #%d", i);
		irc_say(server, ":irc.test 366 alice #%d :End", i);
	}
	fake_run(core, 100);
	fake_send_room(room, "hello");
	fake_run(core, 0);
	irc_hear_later(server, "PRIVMSG #9 :hello");
	/* In the end all are asked for. */
	for (int i = 0; i < 5; i++) {
		fake_run(core, 10000);
		irc_say(server, "PING :x");
	}
	irc_hear_later(server, "MODE #9");
	end();
}

/* --- Presence ------------------------------------------------------------ */

static void test_presence(void **state)
{
	const struct gateway_ops *ops;

	(void)state;
	core = irc_core_new(&server, "", "");
	ops = fake_core_gw(core)->ops;
	s = fake_session(core, "irc.test");
	fake_set(s, "nick", "alice");
	fake_open(s);
	ops->presence(s, GW_XA, "early\nbird");
	irc_hear_later(server, "USER *");
	irc_welcome(server, "alice", NULL);
	irc_hear(server, "CAP END");
	irc_hear(server, "AWAY :early bird");
	ops->presence(s, GW_AWAY, "early\nbird");
	irc_hear_nothing(server, 10);
	ops->presence(s, GW_AWAY, NULL);
	irc_hear(server, "AWAY :away");
	ops->presence(s, GW_CHAT, "here");
	irc_hear(server, "AWAY");
	ops->presence(s, GW_AVAILABLE, NULL);
	irc_hear_nothing(server, 10);
	ops->presence(s, GW_DND, "");
	irc_hear(server, "AWAY :do not disturb");
	ops->presence(s, GW_OFFLINE, NULL);
	irc_hear(server, "AWAY :offline");
	irc_say(server, ":irc.test 306 alice :You have been marked away");
	fake_expect_none(core, "notice*", 10);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in),
		cmocka_unit_test(test_in_nothing),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_tags_unasked),
		cmocka_unit_test(test_encoding),
		cmocka_unit_test(test_ctcp),
		cmocka_unit_test(test_ctcp_flood),
		cmocka_unit_test(test_out),
		cmocka_unit_test(test_out_notice),
		cmocka_unit_test(test_out_lines),
		cmocka_unit_test(test_out_nothing),
		cmocka_unit_test(test_out_long),
		cmocka_unit_test(test_out_refused_when_long),
		cmocka_unit_test(test_out_wrong_targets),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_error_of_person),
		cmocka_unit_test(test_error_of_newest),
		cmocka_unit_test(test_error_too_late),
		cmocka_unit_test(test_away),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_flood_full),
		cmocka_unit_test(test_flood_lines),
		cmocka_unit_test(test_flood_modes),
		cmocka_unit_test(test_presence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
