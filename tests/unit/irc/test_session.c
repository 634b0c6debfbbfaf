/*
 * Logging in, staying connected, and the many ways a connection ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "irc/irc_server.h"
#include "net/certs.h"

static struct fake_core *core;
static struct irc_server *server;

static void begin(const char *extra, const char *config)
{
	core = irc_core_new(&server, extra, config);
}

static void end(void)
{
	irc_server_free(&server);
	fake_core_free(&core);
}

static struct gw_session *session(const char *nick)
{
	struct gw_session *s = fake_session(core, "irc.test");

	if (nick != NULL)
		fake_set(s, "nick", nick);
	return s;
}

static void hear_hello(const char *nick)
{
	char pattern[64];

	irc_hear(server, "CAP LS 302");
	(void)text_format(pattern, sizeof(pattern), "NICK %s", nick);
	irc_hear(server, pattern);
	irc_hear(server, "USER * 0 \\* :*");
}

static struct gw_session *connect_as(const char *nick)
{
	struct gw_session *s = session(nick);

	fake_open(s);
	hear_hello(nick);
	return s;
}

/* --- The thin path ------------------------------------------------------- */

static void test_log_in(void **state)
{
	struct gw_session *s;

	(void)state;
	begin("", "");
	s = irc_log_in(core, server, NULL);
	fake_close(s, "bye");
	irc_hear(server, "QUIT :bye");
	irc_hear_end(server);
	end();
}

static void test_thin_path(void **state)
{
	struct gw_session *s;
	struct gw_room *room;

	(void)state;
	begin("", "");
	s = irc_log_in(core, server, NULL);
	room = irc_enter(core, server, s, "#chan", "@bob +carol");
	irc_say(server, ":bob!b@b.test PRIVMSG #Chan :hello there");
	fake_expect(core, "#chan: message bob: hello there");
	fake_send_room(room, "hi all");
	irc_hear(server, "PRIVMSG #chan :hi all");
	fake_expect(core, "accepted 1");
	irc_say(server, ":bob!b@b.test PRIVMSG alice :psst");
	fake_expect(core, "message bob: psst");
	fake_send(s, "bob", "yes?");
	irc_hear(server, "PRIVMSG bob :yes?");
	fake_expect(core, "accepted 2");
	fake_leave(room, "lunch");
	irc_hear(server, "PART #chan :lunch");
	end();
}

/* --- Registration -------------------------------------------------------- */

static void test_settings(void **state)
{
	struct gw_session *s;

	(void)state;
	begin("server_password = \"operator\";",
		"realname = \"the operator's\";");
	s = session("Alice9");
	fake_set(s, "realname", "Alice \xc3\x84");
	fake_set(s, "server_password", "sesame open");
	fake_open(s);
	irc_hear(server, "CAP LS 302");
	irc_hear(server, "PASS :sesame open");
	irc_hear(server, "NICK Alice9");
	irc_hear(server, "USER alice9 0 \\* :Alice \xc3\x84");
	fake_close(s, NULL);
	s = session("x");
	fake_open(s);
	irc_hear(server, "QUIT");
	irc_hear(server, "CAP LS 302");
	irc_hear(server, "PASS :operator");
	irc_hear(server, "NICK x");
	irc_hear(server, "USER x 0 \\* :the operator's");
	end();
}

/* What is no nick is made one. */
static void test_clean_nicks(void **state)
{
	static const struct {
		const char *wanted, *nick, *user;
	} rows[] = {
		{ "Foo Bar", "Foo_Bar", "foobar" },
		{ "1st", "_1st", "1st" },
		{ "-x", "_-x", "x" },
		{ "a!b@c:d,e#f", "a_b_c_d_e_f", "abcdef" },
		{ "\xc3\x84nni", "\xc3\x84nni", "nni" },
		{ "\xe2\x98\x83", "\xe2\x98\x83", "user" },
		{ "abcdefghijklmnopqrstuvwxyzabcdefghijkl",
			"abcdefghijklmnopqrstuvwxyzabcd", "abcdefghij" },
		{ "[a]", "\\[a\\]", "a" },
		{ "", "guest[0-9][0-9][0-9][0-9]",
			"guest[0-9][0-9][0-9][0-9]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char pattern[128];
		struct gw_session *s;

		begin("", "");
		s = session(rows[i].wanted);
		fake_open(s);
		irc_hear(server, "CAP LS 302");
		(void)text_format(
			pattern, sizeof(pattern), "NICK %s", rows[i].nick);
		irc_hear(server, pattern);
		(void)text_format(pattern, sizeof(pattern), "USER %s 0 \\* :%s",
			rows[i].user, rows[i].nick);
		irc_hear(server, pattern);
		end();
	}
}

static void test_nick_in_use(void **state)
{
	(void)state;
	begin("", "");
	connect_as("alice");
	irc_say(server, ":irc.test 433 * alice :in use");
	irc_hear(server, "NICK alice_");
	irc_say(server, ":irc.test 433 * alice_ :in use");
	irc_hear(server, "NICK alice__");
	irc_say(server, ":irc.test 437 * alice__ :unavailable");
	irc_hear(server, "NICK alice[0-9][0-9][0-9][0-9]");
	irc_welcome(server, "alice4711", NULL);
	fake_expect(core, "online alice4711");
	end();
}

static void test_no_nick_to_be_had(void **state)
{
	(void)state;
	begin("", "");
	connect_as("alice");
	for (int i = 0; i < 8; i++) {
		irc_say(server, ":irc.test 433 * alice :in use");
		irc_hear(server, "NICK alice*");
	}
	irc_say(server, ":irc.test 433 * alice :in use");
	fake_expect(core, "closed GW_CONFLICT slowly *");
	end();
}

static void test_nick_refused(void **state)
{
	(void)state;
	begin("", "");
	connect_as("\xc3\x84nni");
	irc_say(server, ":irc.test 432 * x :erroneous");
	irc_hear(server, "NICK __nni_");
	irc_say(server, ":irc.test 432 * x :erroneous");
	irc_hear(server, "NICK __nni__");
	irc_say(server, ":irc.test 432 * x :erroneous");
	irc_hear(server, "NICK guest[0-9]*");
	irc_welcome(server, "guest1234", NULL);
	fake_expect(core, "online guest1234");
	end();
}

/* The nick the server gives is the one we have. */
static void test_other_nick(void **state)
{
	(void)state;
	begin("", "");
	connect_as("alice_the_great");
	irc_welcome(server, "alice_the", NULL);
	fake_expect(core, "online alice_the");
	end();
}

static void test_capabilities(void **state)
{
	const char *line;

	(void)state;
	begin("", "");
	connect_as("alice");
	irc_say(server, "CAP * LS * :multi-prefix sasl=PLAIN server-time");
	irc_say(server, "CAP * LS :message-tags away-notify x/unknown");
	line = irc_hear(server, "CAP REQ :*");
	assert_non_null(strstr(line, "multi-prefix"));
	assert_non_null(strstr(line, "server-time"));
	assert_null(strstr(line, "sasl"));
	assert_null(strstr(line, "unknown"));
	irc_say(server, "CAP * ACK :%s", line + strlen("CAP REQ :"));
	irc_hear(server, "CAP END");
	irc_welcome(server, "alice", NULL);
	fake_expect(core, "online alice");
	end();
}

/* Servers without CAP complain, or say nothing at all. */
static void test_no_capabilities(void **state)
{
	static const char *const complaints[] = {
		":irc.test 421 * CAP :Unknown command",
		":irc.test 451 * :You have not registered",
		":irc.test 451 * CAP :You have not registered",
		":irc.test 410 * LS :Invalid",
		NULL,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(complaints); i++) {
		begin("", "");
		connect_as("alice");
		if (complaints[i] != NULL)
			irc_say(server, "%s", complaints[i]);
		irc_say(server, ":irc.test 001 alice :Welcome");
		irc_say(server, ":irc.test 422 alice :no MOTD");
		fake_expect(core, "online alice");
		end();
	}
}

/* Not all servers end their greeting. */
static void test_no_motd_end(void **state)
{
	(void)state;
	begin("", "");
	connect_as("alice");
	irc_say(server, ":irc.test 001 alice :Welcome");
	fake_expect_none(core, "online *", 1000);
	fake_expect(core, "online alice");
	end();
}

/* A message shows that we are there. */
static void test_message_before_motd_end(void **state)
{
	(void)state;
	begin("", "");
	connect_as("alice");
	irc_say(server, ":irc.test NOTICE * :*** Looking up your hostname");
	irc_say(server, ":irc.test 001 alice :Welcome");
	irc_say(server, ":bob!b@b PRIVMSG alice :there you are");
	fake_expect(core, "online alice");
	fake_expect(core, "message bob: there you are");
	assert_int_equal(fake_count(core, "*Looking up*"), 0);
	end();
}

/* --- Passwords ----------------------------------------------------------- */

static struct gw_session *connect_with_sasl(void)
{
	struct gw_session *s = session("alice");

	fake_set(s, "username", "alice");
	fake_set(s, "password", "s3cret");
	fake_open(s);
	hear_hello("alice");
	return s;
}

static void offer_sasl(void)
{
	irc_say(server, "CAP * LS :sasl=PLAIN");
	irc_hear(server, "CAP REQ :sasl");
	irc_say(server, "CAP * ACK :sasl");
	irc_hear(server, "AUTHENTICATE PLAIN");
	irc_say(server, "AUTHENTICATE +");
	/* "\0alice\0s3cret" */
	irc_hear(server, "AUTHENTICATE AGFsaWNlAHMzY3JldA==");
}

static void test_sasl(void **state)
{
	(void)state;
	begin("", "");
	connect_with_sasl();
	offer_sasl();
	irc_say(server, ":irc.test 900 * alice!a@b alice :logged in");
	irc_say(server, ":irc.test 903 * :success");
	irc_hear(server, "CAP END");
	irc_welcome(server, "alice", NULL);
	fake_expect(core, "online alice");
	end();
}

static void test_sasl_wrong(void **state)
{
	(void)state;
	begin("", "");
	connect_with_sasl();
	offer_sasl();
	irc_say(server, ":irc.test 904 * :SASL authentication failed");
	fake_expect(core, "closed GW_BAD_PASSWORD never *failed*");
	end();
}

/* Whoever wants to be logged in is not let in without. */
static void test_sasl_missing(void **state)
{
	static const char *const answers[] = {
		"CAP * LS :multi-prefix",
		":irc.test 421 * CAP :Unknown command",
		":irc.test 001 alice :Welcome",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		begin("", "");
		connect_with_sasl();
		irc_say(server, "%s", answers[i]);
		if (i == 0)
			irc_say(server, "CAP * ACK :multi-prefix");
		fake_expect(core, "closed GW_UNSUPPORTED slowly *SASL*");
		assert_int_equal(fake_count(core, "online*"), 0);
		end();
	}
}

static void test_sasl_skipped(void **state)
{
	(void)state;
	begin("", "");
	connect_with_sasl();
	irc_say(server, "CAP * LS :sasl=PLAIN");
	irc_hear(server, "CAP REQ :sasl");
	irc_say(server, "CAP * ACK :sasl");
	irc_hear(server, "AUTHENTICATE PLAIN");
	irc_say(server, ":irc.test 001 alice :Welcome");
	fake_expect(core, "closed GW_UNSUPPORTED slowly *");
	end();
}

static void test_nickserv(void **state)
{
	struct gw_session *s;

	(void)state;
	begin("", "");
	s = session("alice");
	fake_set(s, "password", "my pass");
	fake_open(s);
	hear_hello("alice");
	irc_welcome(server, "alice", NULL);
	irc_hear(server, "CAP END");
	irc_hear(server, "PRIVMSG NickServ :IDENTIFY my pass");
	fake_expect_none(core, "online*", 1000);
	irc_say(server, ":NickServ!s@services NOTICE alice :You are now "
			"identified");
	fake_expect(core, "online alice");
	fake_expect(core, "notice NickServ: You are now identified");
	end();
}

static void test_nickserv_silent(void **state)
{
	struct gw_session *s;

	(void)state;
	begin("nickserv = \"Q\";", "");
	s = session("alice");
	fake_set(s, "password", "x");
	fake_open(s);
	hear_hello("alice");
	irc_welcome(server, "alice", NULL);
	irc_hear(server, "CAP END");
	irc_hear(server, "PRIVMSG Q :IDENTIFY x");
	fake_wait(core, "online alice", 8000);
	end();
}

static void test_no_nickserv(void **state)
{
	struct gw_session *s;

	(void)state;
	begin("nickserv = \"\";", "");
	s = session("alice");
	fake_set(s, "password", "x");
	fake_open(s);
	hear_hello("alice");
	irc_welcome(server, "alice", NULL);
	irc_hear(server, "CAP END");
	fake_expect(core, "online alice");
	irc_hear_nothing(server, 1000);
	end();
}

/* Line breaks in what a user gave never become lines. */
static void test_injection(void **state)
{
	struct gw_session *s;

	(void)state;
	begin("", "");
	s = session("al\r\nQUIT");
	fake_set(s, "realname", "x\r\nOPER a b");
	fake_set(s, "server_password", "x\r\nDIE");
	fake_set(s, "password", "x\r\nDIE");
	fake_open(s);
	irc_hear(server, "CAP LS 302");
	irc_hear(server, "NICK al__QUIT");
	irc_hear(server, "USER alquit 0 \\* :alquit");
	irc_welcome(server, "alice", NULL);
	irc_hear(server, "CAP END");
	fake_wait(core, "online alice", 8000);
	irc_hear_nothing(server, 100);
	end();
}

/* --- Refusals ------------------------------------------------------------ */

static void test_refusals(void **state)
{
	static const struct {
		const char *line, *closed;
	} rows[] = {
		{ ":irc.test 464 * :Password incorrect",
			"closed GW_BAD_PASSWORD never Password incorrect" },
		{ ":irc.test 465 * :You are banned from this server",
			"closed GW_BANNED slowly You are banned*" },
		{ ":irc.test 463 * :Your host isn't among the privileged",
			"closed GW_BANNED slowly *" },
		{ "ERROR :Closing Link: [127.0.0.1] (K-Lined)",
			"closed GW_BANNED slowly *(K-Lined)" },
		{ "ERROR :Access denied: Bad password?",
			"closed GW_BAD_PASSWORD never *" },
		{ "ERROR :Trying to reconnect too fast.",
			"closed GW_UNREACHABLE slowly *" },
		{ "ERROR :Your host is trying to (re)connect too fast -- "
		  "throttled",
			"closed GW_UNREACHABLE slowly *" },
		{ "ERROR :Closing Link: Registration timeout",
			"closed GW_UNREACHABLE retry *" },
		{ "ERROR", "closed GW_UNREACHABLE retry *" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin("", "");
		connect_as("alice");
		irc_say(server, "%s", rows[i].line);
		fake_expect(core, rows[i].closed);
		irc_hear_end(server);
		end();
	}
}

static void test_error_online(void **state)
{
	(void)state;
	begin("", "");
	irc_log_in(core, server, NULL);
	irc_say(server, "ERROR :Closing Link: (Excess Flood)");
	fake_expect(core, "closed GW_LOST retry *Excess Flood*");
	end();
	begin("", "");
	irc_log_in(core, server, NULL);
	irc_say(server, "ERROR :Bad password for the oper block");
	fake_expect(core, "closed GW_LOST retry *");
	end();
}

static void test_killed(void **state)
{
	(void)state;
	begin("", "");
	irc_log_in(core, server, NULL);
	irc_say(server, ":oper!o@o KILL bob :not us");
	fake_expect_none(core, "closed*", 100);
	irc_say(server, ":oper!o@o KILL alice :spamming");
	fake_expect(core, "closed GW_LOST slowly spamming");
	end();
}

static void test_hang_up(void **state)
{
	(void)state;
	begin("", "");
	connect_as("alice");
	irc_hang_up(server);
	fake_expect(core, "closed GW_UNREACHABLE retry *");
	end();
	begin("", "");
	irc_log_in(core, server, NULL);
	irc_hang_up(server);
	fake_expect(core, "closed GW_LOST retry *");
	end();
}

/* --- Time ---------------------------------------------------------------- */

static void test_silent_server(void **state)
{
	(void)state;
	begin("", "");
	connect_as("alice");
	fake_expect_none(core, "closed*", 55000);
	fake_expect(core, "closed GW_UNREACHABLE retry *in time.");
	end();
}

static void test_keepalive(void **state)
{
	(void)state;
	begin("", "");
	irc_log_in(core, server, NULL);
	irc_hear_nothing(server, 85000);
	irc_hear(server, "PING :causeway");
	irc_say(server, ":irc.test PONG irc.test :causeway");
	irc_hear_nothing(server, 85000);
	irc_hear(server, "PING :causeway");
	fake_expect_none(core, "closed*", 55000);
	fake_expect(core, "closed GW_LOST retry *");
	end();
}

static void test_no_ping_while_busy(void **state)
{
	(void)state;
	begin("", "");
	irc_log_in(core, server, NULL);
	for (int i = 0; i < 20; i++) {
		fake_run(core, 30000);
		irc_say(server, "PING :%d", i);
		irc_hear(server, "PONG :*");
	}
	end();
}

static void test_ping(void **state)
{
	static const char *const rows[][2] = {
		{ "PING :irc.test", "PONG :irc.test" },
		{ "PING token", "PONG :token" },
		{ "PING :a b c", "PONG :a b c" },
		{ ":irc.test PING x irc.test", "PONG :x" },
		{ "PING", "PONG :" },
		{ "PING ::x", "PONG ::x" },
	};

	(void)state;
	begin("", "");
	connect_as("alice");
	/* Some servers ask before they let anybody in. */
	for (size_t i = 0; i < COUNT(rows); i++) {
		irc_say(server, "%s", rows[i][0]);
		irc_hear(server, rows[i][1]);
	}
	end();
}

/* --- A slow XMPP server -------------------------------------------------- */

/* Nothing is read while it does not keep up, and nothing is lost; nobody is
 * blamed for the silence. */
static void test_pause(void **state)
{
	(void)state;
	begin("", "");
	struct gw_session *s = irc_log_in(core, server, NULL);
	struct gw_room *room = irc_enter(core, server, s, "#chan", "bob");

	fake_core_gw(core)->ops->set_subject(room, fake_request(s), "news");
	irc_hear(server, "TOPIC #chan :news");
	fake_stall(core, true);
	for (int i = 0; i < 3000; i++)
		irc_say(server, ":bob!u@h PRIVMSG #chan :words %d", i);
	irc_answer_ping(server);
	fake_expect_none(core, "*", 900000);
	/* The way out stays open. */
	fake_send(s, "bob", "hello");
	fake_expect(core, "accepted *");
	irc_hear_later(server, "PRIVMSG bob :hello");
	fake_stall(core, false);
	for (int i = 0; i < 3000; i++) {
		char line[64];

		snprintf(line, sizeof(line), "#chan: message bob: words %d", i);
		fake_expect(core, line);
	}
	fake_expect(core, "accepted 1");
	fake_run(core, 5000);
	irc_hear_later(server, "PING :cw-2");
	irc_say(server, ":irc.test PONG irc.test :cw-2");
	fake_expect_none(core, "*", 80000);
	irc_hear_later(server, "PING :causeway");
	end();
}

/* The server says enough while a line is handled. */
static void test_pause_between_lines(void **state)
{
	(void)state;
	begin("", "");
	irc_log_in(core, server, NULL);
	fake_stall(core, true);
	irc_say(server, ":bob!u@h PRIVMSG alice :one");
	irc_say(server, ":bob!u@h PRIVMSG alice :two");
	fake_expect_none(core, "*", 1000);
	/* Two more pauses before all is read. */
	fake_stall_after(core, 1);
	fake_expect(core, "message bob: one");
	fake_expect_none(core, "*", 1000);
	fake_stall_after(core, 1);
	fake_expect(core, "message bob: two");
	fake_expect_none(core, "*", 1000);
	fake_stall(core, false);
	irc_say(server, ":bob!u@h PRIVMSG alice :three");
	fake_expect(core, "message bob: three");
	end();
}

/* Lines that take long are read a few at a time; the others have their turn
 * between them. */
static void test_rest(void **state)
{
	(void)state;
	begin("", "");
	struct gw_session *s = irc_log_in(core, server, NULL);

	fake_work(core, 4);
	for (int i = 0; i < 9; i++)
		irc_say(server, ":bob!u@h PRIVMSG alice :slow");
	fake_run(core, 0);
	assert_int_equal(fake_count(core, "*slow"), 3);
	fake_run(core, 9);
	assert_int_equal(fake_count(core, "*slow"), 3);
	fake_run(core, 1);
	assert_int_equal(fake_count(core, "*slow"), 6);
	/* A pause for all begins and ends meanwhile. */
	fake_stall(core, true);
	fake_run(core, 1000);
	assert_int_equal(fake_count(core, "*slow"), 6);
	fake_stall(core, false);
	fake_run(core, 1);
	assert_int_equal(fake_count(core, "*slow"), 9);
	fake_close(s, NULL);
	fake_run(core, 1000);
	end();
}

/* Who comes during a pause waits, for longer than a login may take. */
static void test_pause_at_login(void **state)
{
	(void)state;
	begin("", "");
	struct gw_session *s = connect_as("alice");
	fake_stall(core, true);
	irc_welcome(server, "alice", NULL);
	fake_expect_none(core, "*", 300000);
	fake_close(s, NULL);
	irc_hear(server, "QUIT");
	irc_hear_end(server);
	connect_as("bob");
	irc_welcome(server, "bob", NULL);
	fake_expect_none(core, "*", 300000);
	fake_stall(core, false);
	fake_expect(core, "online bob");
	end();
}

/* --- Ends from above ----------------------------------------------------- */

static void test_close_anytime(void **state)
{
	struct gw_session *s;

	(void)state;
	begin("", "");
	/* Never opened. */
	s = session("alice");
	fake_core_gw(core)->ops->close(s, NULL);
	/* Dialling. */
	fake_open(s);
	fake_close(s, "bye");
	fake_run(core, 1000);
	/* Logging in. */
	s = connect_as("alice");
	fake_close(s, "x\r\ny");
	irc_hear(server, "QUIT");
	/* Dead, but not yet reported. */
	s = connect_as("alice");
	irc_say(server, "ERROR :gone");
	fake_expect(core, "closed*");
	fake_core_gw(core)->ops->close(s, NULL);
	fake_core_gw(core)->ops->close(s, NULL);
	assert_int_equal(fake_count(core, "closed*"), 1);
	end();
}

static void test_open_again(void **state)
{
	struct gw_session *s;

	(void)state;
	begin("", "");
	s = irc_log_in(core, server, NULL);
	irc_hang_up(server);
	fake_expect(core, "closed GW_LOST*");
	fake_open(s);
	hear_hello("alice");
	irc_welcome(server, "alice", NULL);
	fake_expect(core, "online alice");
	assert_int_equal(irc_server_count(server), 2);
	end();
}

static void test_ops_without_connection(void **state)
{
	struct gw_session *s;
	struct gw_room *room;

	(void)state;
	begin("", "");
	s = session("alice");
	fake_open(s);
	fake_send(s, "bob", "hello");
	fake_expect(core, "failed 1 GW_LOST *");
	room = fake_join(s, "#chan", NULL, NULL);
	fake_expect(core, "#chan: failed GW_LOST *");
	fake_core_gw(core)->ops->leave(room, NULL);
	fake_core_gw(core)->ops->presence(s, GW_AWAY, "x");
	fake_core_gw(core)->ops->lookup(s, fake_request(s), GW_PROFILE, "bob");
	fake_expect(core, "failed 2 GW_LOST *");
	fake_core_gw(core)->ops->list_rooms(s, fake_request(s));
	fake_expect(core, "failed 3 GW_LOST *");
	fake_core_gw(core)->ops->slash(s, fake_request(s), NULL, NULL, "help");
	fake_expect(core, "failed 4 GW_LOST *");
	end();
}

/* --- Reaching the network ------------------------------------------------ */

static void test_policy(void **state)
{
	struct gw_session *s;

	(void)state;
	begin("", "");
	/* A host the operator did not list, at an address that is not public.
	 */
	s = fake_session(core, "127.0.0.1");
	fake_open(s);
	fake_expect(core, "closed GW_POLICY never *not permitted.*");
	s = fake_session(core, "10.1.2.3");
	fake_open(s);
	fake_expect(core, "closed GW_POLICY never *");
	end();
}

static void test_refused(void **state)
{
	struct gw_session *s;

	(void)state;
	begin("", "");
	assert_int_equal(
		policy_allow(fake_core_policy(core), "127.0.0.0/8"), 0);
	s = fake_session(core, "127.0.0.1"); /* port 6697: nobody there */
	fake_open(s);
	fake_wait(core, "closed GW_UNREACHABLE retry *", 60000);
	end();
}

static void test_tls(void **state)
{
	struct certs certs;
	struct tls_server *tls;
	const char *reason = "";
	char extra[512];

	(void)state;
	certs_init(&certs, "authority");
	certs_issue(&certs, "irc", "DNS:irc.test", -1, 1);
	tls = tls_server_new(
		certs_path(&certs, "irc"), certs_path(&certs, "irc"), &reason);
	assert_non_null(tls);
	(void)text_format(extra, sizeof(extra),
		"tls = \"starttls\"; ca_file = \"%s\";",
		certs_path(&certs, "ca"));
	begin(extra, "");
	fake_open(session("alice"));
	irc_hear(server, "STARTTLS");
	irc_say(server, ":irc.test 670 * :go ahead");
	irc_server_start_tls(server, tls);
	hear_hello("alice");
	irc_welcome(server, "alice", NULL);
	fake_expect(core, "online alice");
	end();
	tls_server_free(&tls);
	certs_finish(&certs);
}

static void test_starttls_refused(void **state)
{
	static const char *const answers[] = {
		":irc.test 691 * :STARTTLS failure",
		":irc.test 421 * STARTTLS :Unknown command",
		":irc.test 451 * :You have not registered",
		":irc.test 670 * :go ahead\r\n:irc.test 001 alice :injected",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		begin("tls = \"starttls\";", "");
		fake_open(session("alice"));
		irc_hear(server, "STARTTLS");
		irc_say(server, "%s", answers[i]);
		fake_expect(core, "closed GW_UNREACHABLE slowly *TLS*");
		irc_hear_nothing(server, 100);
		end();
	}
}

static void test_starttls_untrusted(void **state)
{
	struct certs certs;
	struct tls_server *tls;
	const char *reason = "";

	(void)state;
	certs_init(&certs, "unknown");
	certs_issue(&certs, "irc", "DNS:irc.test", -1, 1);
	tls = tls_server_new(
		certs_path(&certs, "irc"), certs_path(&certs, "irc"), &reason);
	begin("tls = \"starttls\";", "");
	fake_open(session("alice"));
	irc_hear(server, "STARTTLS");
	irc_say(server, ":irc.test 670 * :go ahead");
	irc_server_start_tls(server, tls);
	fake_expect(core, "closed GW_UNREACHABLE slowly *TLS*");
	irc_hear_nothing(server, 100);
	end();
	tls_server_free(&tls);
	certs_finish(&certs);
}

/* A server that goes on in clear text gets nothing out of us. */
static void test_starttls_ignored(void **state)
{
	(void)state;
	begin("tls = \"starttls\";", "");
	fake_open(session("alice"));
	irc_hear(server, "STARTTLS");
	irc_say(server, ":irc.test 001 alice :Welcome");
	irc_say(server, ":irc.test 376 alice :end");
	irc_hear_nothing(server, 30000);
	assert_int_equal(fake_count(core, "online*"), 0);
	fake_wait(core, "closed GW_UNREACHABLE *", 60000);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_in),
		cmocka_unit_test(test_thin_path),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_clean_nicks),
		cmocka_unit_test(test_nick_in_use),
		cmocka_unit_test(test_no_nick_to_be_had),
		cmocka_unit_test(test_nick_refused),
		cmocka_unit_test(test_other_nick),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_no_capabilities),
		cmocka_unit_test(test_no_motd_end),
		cmocka_unit_test(test_message_before_motd_end),
		cmocka_unit_test(test_sasl),
		cmocka_unit_test(test_sasl_wrong),
		cmocka_unit_test(test_sasl_missing),
		cmocka_unit_test(test_sasl_skipped),
		cmocka_unit_test(test_nickserv),
		cmocka_unit_test(test_nickserv_silent),
		cmocka_unit_test(test_no_nickserv),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_error_online),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_hang_up),
		cmocka_unit_test(test_silent_server),
		cmocka_unit_test(test_keepalive),
		cmocka_unit_test(test_no_ping_while_busy),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_pause_between_lines),
		cmocka_unit_test(test_pause_at_login),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_close_anytime),
		cmocka_unit_test(test_open_again),
		cmocka_unit_test(test_ops_without_connection),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_starttls_refused),
		cmocka_unit_test(test_starttls_untrusted),
		cmocka_unit_test(test_starttls_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
