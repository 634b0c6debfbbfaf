/*
 * Servers and people who mean harm: nothing crashes, nothing grows without
 * bounds, and the session goes on or ends in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "base/limits.h"
#include "base/str.h"
#include "irc/irc_server.h"

static struct fake_core *core;
static struct irc_server *server;
static struct gw_session *s;
static struct gw_room *room;

static void begin(void)
{
	core = irc_core_new(&server, "", "");
	s = irc_log_in(core, server, NULL);
	room = irc_enter(core, server, s, "#a", "@bob carol");
	fake_clear(core);
}

static void end(void)
{
	irc_server_free(&server);
	fake_core_free(&core);
}

/* It still works. */
static void expect_alive(void)
{
	fake_clear(core);
	irc_say(server, ":bob!b@b PRIVMSG #a :alive");
	fake_expect(core, "#a: message bob: alive");
	fake_send_room(room, "me too");
	irc_hear_later(server, "PRIVMSG #a :me too");
}

/* --- Bytes --------------------------------------------------------------- */

static void test_no_newline(void **state)
{
	size_t len = 1024 * 1024;
	char *bytes = xalloc(len);

	(void)state;
	memset(bytes, 'x', len);
	begin();
	irc_say_bytes(server, ":bob!b@b PRIVMSG #a :", 21);
	irc_say_bytes(server, bytes, len);
	fake_expect_none(core, "*", 100);
	irc_say_bytes(server, "\r\n", 2);
	expect_alive();
	xfree(bytes);
	end();
}

static void test_long_but_legal(void **state)
{
	struct str line;

	(void)state;
	begin();
	str_init(&line, 1 << 16);
	str_add_char(&line, '@');
	for (int i = 0; i < 8000; i++)
		str_add_char(&line, 't');
	str_add(&line, " :bob!b@b PRIVMSG #a :");
	for (int i = 0; i < 7000; i++)
		str_add_char(&line, 'x');
	irc_say(server, "%s", str_text(&line));
	fake_expect(core, "#a: message bob: xxx*");
	str_finish(&line);
	end();
}

static void test_nul_and_cr(void **state)
{
	static const char bytes[] = ":bob!b@b PRIVMSG #a :a\0b\r\n"
				    "\n\r\n\r\r\n"
				    ":bob!b@b PRIVMSG #a :one\r"
				    ":bob!b@b PRIVMSG #a :two\n";

	(void)state;
	begin();
	irc_say_bytes(server, bytes, sizeof(bytes) - 1);
	fake_expect(core, "#a: message bob: one");
	fake_expect(core, "#a: message bob: two");
	assert_int_equal(fake_count(core, "*"), 2);
	end();
}

/* --- Every command with too little, too much, and rubbish ---------------- */

static const char *const commands[] = { "AUTHENTICATE", "AWAY", "CAP",
	"CHGHOST", "INVITE", "JOIN", "KICK", "MODE", "NICK", "NOTICE", "PART",
	"PING", "PONG", "PRIVMSG", "QUIT", "SETNAME", "TOPIC", "BATCH", "FAIL",
	"WALLOPS", "ACCOUNT", "TAGMSG" };

static const char *const sources[] = { "", ":bob!b@b ", ":bob ", ":irc.test ",
	":!@ ", ": ", ":alice!a@a ", ":bob! ", ":@ ", "@x=y ",
	"@x=y :bob!b@b " };

static const char *const params[] = { "", " ", " :", " alice", " #a",
	" #a :", " #a bob", " #a bob :x", " bob #a", " alice #a",
	" alice #a :", " *", " #a +o", " #a +ovovovov bob", " #a +kl", " #a -",
	" #a +b", " #a,#b,,#c", " , ,",
	" #A alice x y z 1 2 3 4 5 6 7 8 9 0 a b c d e", " LS",
	" * LS * :", " * ACK :-sasl -multi-prefix", " * NEW :sasl",
	" * DEL :multi-prefix", " +", " #a :\001", " alice :\001ACTION",
	" alice :\001PING\001", " \xff\xfe \xc3", " #\xff\xfe :\xc3\x28" };

static void test_commands(void **state)
{
	(void)state;
	begin();
	for (size_t c = 0; c < COUNT(commands); c++) {
		for (size_t i = 0; i < COUNT(sources); i++) {
			for (size_t k = 0; k < COUNT(params); k++)
				irc_say(server, "%s%s%s", sources[i],
					commands[c], params[k]);
		}
		fake_run(core, 0);
	}
	fake_run(core, 100);
	end();
}

static void test_numerics(void **state)
{
	(void)state;
	begin();
	for (int n = 0; n < 1000; n++) {
		/* These end the connection before it is online only. */
		for (size_t k = 0; k < COUNT(params); k++) {
			irc_say(server, ":irc.test %03d%s", n, params[k]);
			irc_say(server, ":irc.test %03d alice%s", n, params[k]);
		}
		fake_run(core, 0);
	}
	fake_run(core, 100);
	expect_alive();
	end();
}

/* The same before the login is through. */
static void test_numerics_early(void **state)
{
	(void)state;
	core = irc_core_new(&server, "", "");
	for (int n = 2; n < 1000; n++) {
		if (server == NULL || irc_server_count(server) == 0 ||
			fake_count(core, "closed*") > 0) {
			fake_clear(core);
			s = fake_session(core, "irc.test");
			fake_set(s, "nick", "alice");
			fake_open(s);
			irc_hear_later(server, "USER *");
		}
		for (size_t k = 0; k < COUNT(params); k += 3)
			irc_say(server, ":irc.test %03d *%s", n, params[k]);
		fake_run(core, 0);
	}
	end();
}

static void test_random_lines(void **state)
{
	static const char bytes[] = " :@!#a,b%+-=;\\\001\002\003\017*?oNICK";
	struct str line;

	(void)state;
	begin();
	srand(7);
	str_init(&line, 1 << 12);
	for (int i = 0; i < 30000; i++) {
		int len = rand() % 40;

		str_reset(&line);
		if (rand() % 2)
			str_add(&line,
				sources[(size_t)rand() % COUNT(sources)]);
		if (rand() % 2)
			str_add(&line,
				commands[(size_t)rand() % COUNT(commands)]);
		for (int k = 0; k < len; k++)
			str_add_char(&line,
				bytes[(size_t)rand() % (sizeof(bytes) - 1)]);
		irc_say(server, "%s", str_text(&line));
		if (i % 500 == 0)
			fake_run(core, 0);
	}
	str_finish(&line);
	fake_run(core, 100);
	end();
}

/* --- Lies ---------------------------------------------------------------- */

/* Events about ourselves that nobody caused. */
static void test_forged_self(void **state)
{
	static const char *const lines[] = {
		":alice!a@a QUIT :me",
		":alice!a@a PART #nowhere",
		":bob!b@b KICK #nowhere alice",
		":alice!a@a JOIN #a",
		":alice!a@a JOIN :",
		":alice!a@a JOIN #a,#a,#a",
		":irc.test 366 alice #a :End",
		":irc.test 353 alice = #a :alice alice @alice bob bob",
		":irc.test 001 mallory :Welcome again",
		":irc.test 376 alice :End",
		":irc.test 433 * alice :In use",
		":irc.test 903 * :SASL",
		":irc.test 670 alice :STARTTLS",
		"AUTHENTICATE +",
		"CAP * ACK :sasl",
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(lines); i++) {
		irc_say(server, "%s", lines[i]);
		fake_run(core, 10);
		assert_int_equal(fake_count(core, "closed*"), 0);
		assert_int_equal(fake_count(core, "#a: gone*"), 0);
		assert_int_equal(fake_count(core, "online*"), 0);
	}
	expect_alive();
	end();
}

static void test_many_nicks(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 20000; i++)
		irc_say(server, ":bob%d!b@b NICK bob%d", i, i + 1);
	for (int i = 0; i < 1000; i++) {
		irc_say(server, ":%s%d!b@b NICK bob%d", i ? "bob" : "bo", i,
			i + 1);
		irc_say(server, ":carol NICK bob");
	}
	fake_run(core, 10);
	end();
}

static void test_many_modes(void **state)
{
	struct str line;

	(void)state;
	begin();
	str_init(&line, 1 << 14);
	for (int i = 0; i < 500; i++) {
		str_reset(&line);
		str_add(&line, ":bob!b@b MODE #a +");
		for (int k = 0; k < 200; k++)
			str_add_char(&line, "ovbklimnpstqah"[(i + k) % 14]);
		for (int k = 0; k < 40; k++)
			str_add(&line, k % 2 ? " bob" : " carol");
		irc_say(server, "%s", str_text(&line));
	}
	str_finish(&line);
	fake_run(core, 10);
	end();
}

/* ISUPPORT that makes no sense, again and again. */
static void test_many_isupport(void **state)
{
	static const char *const tokens[] = { "PREFIX=(ov)@", "PREFIX=)(",
		"PREFIX=(oooo)@@@@", "PREFIX=", "-PREFIX",
		"CHANTYPES=", "CHANTYPES=abc", "-CHANTYPES",
		"CASEMAPPING=ascii", "CASEMAPPING=rfc1459", "CASEMAPPING=x",
		"-CASEMAPPING", "CHANMODES=,,,,,,", "CHANMODES=o,v,b,k",
		"-CHANMODES", "NICKLEN=0", "NICKLEN=-1",
		"NICKLEN=99999999999999", "LINELEN=1", "LINELEN=0",
		"LINELEN=999999", "MODES=0", "TARGMAX=JOIN:0,:,,x",
		"STATUSMSG=abc", "=", "-", "X=\\x0d\\x0aQUIT",
		"NETWORK=\\x00\\x41",
		"PREFIX=(qaohvYabcdefghijk)~&@%+!"
		"01234567890" };

	(void)state;
	begin();
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < COUNT(tokens); i++) {
			irc_say(server, ":irc.test 005 alice %s :x",
				tokens[(i * 7 + (size_t)round) %
					COUNT(tokens)]);
			irc_say(server, ":bob!b@b MODE #a +ov bob carol");
			irc_say(server, ":irc.test 353 alice = #a :@+alice "
					"~bob");
			fake_run(core, 0);
		}
	}
	fake_send_room(room, "still there?");
	fake_run(core, 10);
	end();
}

/* --- Memory -------------------------------------------------------------- */

/* All that was learned is forgotten with the session. */
static void test_nothing_is_left(void **state)
{
	size_t before;

	(void)state;
	core = irc_core_new(&server, "", "");
	before = intern_count();
	for (int i = 0; i < 3; i++) {
		s = fake_session(core, "irc.test");
		fake_set(s, "nick", "alice");
		fake_open(s);
		irc_hear_later(server, "USER *");
		irc_welcome(server, "alice", NULL);
		fake_expect(core, "online alice");
		irc_hear(server, "CAP END");
		room = irc_enter(core, server, s, "#a", "@bob!b@b carol!c@c");
		irc_say(server, ":bob!b@b AWAY :x");
		irc_say(server, ":bob!b@b MODE #a +bk *!*@x key");
		irc_say(server, ":irc.test 301 alice bob :y");
		fake_core_gw(core)->ops->invite(
			room, fake_request(s), "erin", NULL);
		fake_core_gw(core)->ops->presence(s, GW_AWAY, "out");
		fake_send(s, "", "MOTD");
		fake_run(core, 100);
		if (i == 1) {
			irc_hang_up(server);
			fake_expect(core, "closed*");
		}
		fake_close(s, NULL);
		fake_run(core, 5000);
		assert_in_range(intern_count(), 0, before + 2);
	}
	end();
}

/* What only the server can do is enough to be out, whatever it says that
 * others do with our nick. */
static void test_stolen_nick(void **state)
{
	static const char *const thefts[] = {
		":bob!b@b NICK alice",
		":bob!b@b NICK ALICE",
		":alice!a@a NICK alice2\r\n:bob!b@b NICK alice2",
		/* "al[" and "al{" are the same, until they are not. */
		":alice!a@a NICK al[\r\n:irc.test 005 al[ CASEMAPPING=ascii :x"
		"\r\n:al{!x@x JOIN #a"
		"\r\n:irc.test 005 al[ CASEMAPPING=rfc1459 :x",
		":alice!a@a NICK al[\r\n:irc.test 005 al[ CASEMAPPING=ascii :x"
		"\r\n:bob!b@b NICK al{"
		"\r\n:irc.test 005 al[ CASEMAPPING=rfc1459 :x"
		"\r\n:al{!x@x QUIT",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(thefts); i++) {
		begin();
		irc_say(server, "%s", thefts[i]);
		irc_say(server, ":irc.test TOPIC #a :still there");
		fake_expect(core, "#a: subject*still there");
		irc_say(server, ":dave!d@d JOIN #a");
		fake_expect(core, "#a: occupant dave*");
		fake_send_room(room, "me too");
		irc_hear_later(server, "PRIVMSG #a :me too");
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_newline),
		cmocka_unit_test(test_long_but_legal),
		cmocka_unit_test(test_nul_and_cr),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_numerics),
		cmocka_unit_test(test_numerics_early),
		cmocka_unit_test(test_random_lines),
		cmocka_unit_test(test_forged_self),
		cmocka_unit_test(test_stolen_nick),
		cmocka_unit_test(test_many_nicks),
		cmocka_unit_test(test_many_modes),
		cmocka_unit_test(test_many_isupport),
		cmocka_unit_test(test_nothing_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
