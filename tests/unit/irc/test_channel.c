/*
 * Channels: entering, who is there, what changes, and leaving.
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
#include "irc/irc_server.h"

static struct fake_core *core;
static struct irc_server *server;
static struct gw_session *s;

static void begin_with(const char *isupport)
{
	core = irc_core_new(&server, "", "");
	s = irc_log_in(core, server, isupport);
}

static void begin(void)
{
	begin_with(NULL);
}

static void end(void)
{
	irc_server_free(&server);
	fake_core_free(&core);
}

static void say_all(const char *const lines[])
{
	for (size_t i = 0; lines[i] != NULL; i++)
		irc_say(server, "%s", lines[i]);
}

static void expect_all(const char *const lines[])
{
	for (size_t i = 0; lines[i] != NULL; i++)
		fake_expect(core, lines[i]);
}

/* --- Entering ------------------------------------------------------------ */

static void test_enter(void **state)
{
	(void)state;
	begin();
	fake_join(s, "#chan", NULL, NULL);
	irc_hear(server, "JOIN #chan");
	say_all((const char *const[]){
		":alice!a@home JOIN :#Chan",
		":irc.test 332 alice #chan :What \002a\002 topic",
		":irc.test 333 alice #chan bob!b@b 1600000000",
		":irc.test 353 alice = #chan :~@alice &owner!o@o.test @op",
		":irc.test 353 alice = #chan :%half +voice plain",
		":irc.test 366 alice #chan :End of NAMES",
		NULL,
	});
	expect_all((const char *const[]){
		"#chan: occupant alice moderator owner hats=5 host=a@home "
		"stable=a@home",
		"#chan: occupant owner moderator admin hats=2 host=o@o.test *",
		"#chan: occupant op moderator admin hats=4",
		"#chan: occupant half moderator member hats=8",
		"#chan: occupant voice participant member hats=16",
		"#chan: occupant plain participant none",
		"#chan: subject by bob @1600000000000: What a topic",
		"#chan: joined alice",
		NULL,
	});
	/* The modes were not told in time. */
	irc_hear(server, "MODE #chan");
	irc_say(server, ":irc.test 324 alice #chan +mnt");
	expect_all((const char *const[]){
		"#chan: occupant plain visitor none",
		"#chan: info moderated locked +mnt",
		NULL,
	});
	end();
}

/* The modes are asked for with the names, so that roles are right at once; an
 * answer that takes too long is news later. */
static void test_enter_moderated(void **state)
{
	static const char *const late[] = {
		":irc.test 366 alice #a :End",
		":irc.test 324 alice #a +m",
		NULL,
	};
	static const char *const early[] = {
		":irc.test 324 alice #a +m",
		":irc.test 366 alice #a :End",
		NULL,
	};
	static const char *const *const orders[] = { late, early };

	(void)state;
	for (size_t i = 0; i < COUNT(orders); i++) {
		begin();
		fake_join(s, "#a", NULL, NULL);
		irc_hear(server, "JOIN #a");
		irc_say(server, ":alice!a@home JOIN #a");
		irc_hear(server, "MODE #a");
		irc_say(server, ":irc.test 353 alice = #a :alice +bob @carol");
		irc_say(server, "%s", orders[i][0]);
		irc_say(server, ":bob!b@b PRIVMSG #a :after that");
		irc_say(server, "%s", orders[i][1]);
		expect_all((const char *const[]){
			"#a: occupant alice visitor none *",
			"#a: occupant bob participant member hats=16",
			"#a: occupant carol moderator admin hats=4",
			"#a: joined alice",
			"#a: info moderated +m",
			"#a: message bob: after that",
			NULL,
		});
		end();
	}
}

/* Without a topic, without symbols, without 333; hidden from ourselves. */
static void test_enter_bare(void **state)
{
	(void)state;
	begin_with("PREFIX= CHANTYPES=#");
	fake_join(s, "#a", NULL, NULL);
	irc_hear(server, "JOIN #a");
	say_all((const char *const[]){
		":alice JOIN #a",
		":irc.test 332 alice #a :topic",
		":irc.test 353 alice = #a :@bob  carol ",
		":irc.test 366 alice #a :End",
		NULL,
	});
	expect_all((const char *const[]){
		"#a: occupant alice participant none",
		"#a: occupant carol participant none",
		"#a: subject: topic",
		"#a: joined alice",
		NULL,
	});
	end();
}

/* What happens before the list is complete is part of it. */
static void test_events_while_entering(void **state)
{
	(void)state;
	begin();
	fake_join(s, "#a", NULL, NULL);
	irc_hear(server, "JOIN #a");
	say_all((const char *const[]){
		":alice!a@home JOIN #a",
		":irc.test 353 alice = #a :alice bob carol dave erin",
		":new!n@n JOIN #a",
		":bob!b@b PART #a",
		":carol!c@c QUIT :bye",
		":dave!d@d NICK david",
		":irc.test MODE #a +o david",
		":david!d@d KICK #a erin",
		":david!d@d TOPIC #a :fresh",
		":david!d@d PRIVMSG #a :first words",
		":irc.test 366 alice #a :End",
		NULL,
	});
	expect_all((const char *const[]){
		"#a: occupant alice *",
		"#a: occupant david moderator admin *",
		"#a: occupant new *",
		"#a: subject by david: fresh",
		"#a: joined alice",
		"#a: message david: first words",
		NULL,
	});
	assert_int_equal(fake_count(core, "#a: occupant*"), 3);
	assert_int_equal(fake_count(core, "#a: gone*"), 0);
	end();
}

static void test_join_errors(void **state)
{
	static const struct {
		const char *line, *result;
	} rows[] = {
		{ "403 alice #c :No such channel", "GW_NO_SUCH No such*" },
		{ "405 alice #c :Too many channels", "GW_BUSY *" },
		{ "437 alice #c :Temporarily unavailable", "GW_BUSY *" },
		{ "471 alice #c :Cannot join (+l)", "GW_FULL *" },
		{ "473 alice #c :Cannot join (+i)", "GW_MEMBERS_ONLY *" },
		{ "474 alice #c :Cannot join (+b)",
			"GW_BANNED Cannot join (+b)" },
		{ "475 alice #c :Cannot join (+k)", "GW_NOT_AUTHORIZED *" },
		{ "476 alice #c :Bad mask", "GW_BAD_ADDRESS *" },
		{ "477 alice #c :Need a registered nick", "GW_MEMBERS_ONLY *" },
		{ "479 alice #c :Illegal channel name", "GW_BAD_ADDRESS *" },
		{ "489 alice #c :SSL only", "GW_NOT_ALLOWED *" },
		{ "520 alice #c :Opers only", "GW_FORBIDDEN *" },
		{ "599 alice #c :Who knows", "GW_NOT_ACCEPTABLE Who knows" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char pattern[128];

		begin();
		fake_join(s, "#c", NULL, NULL);
		irc_hear(server, "JOIN #c");
		irc_say(server, ":irc.test %s", rows[i].line);
		(void)text_format(pattern, sizeof(pattern), "#c: failed %s",
			rows[i].result);
		fake_expect(core, pattern);
		assert_int_equal(fake_count(core, "notice*"), 0);
		/* And once more. */
		fake_join(s, "#c", NULL, NULL);
		irc_hear(server, "JOIN #c");
		end();
	}
}

/* The channel we are put into instead is left again. */
static void test_forward(void **state)
{
	(void)state;
	begin();
	fake_join(s, "#a", NULL, NULL);
	irc_hear(server, "JOIN #a");
	say_all((const char *const[]){
		":irc.test 470 alice #a ##a :Forwarding to another channel",
		":alice!a@home JOIN ##a",
		":irc.test 353 alice = ##a :alice @bob",
		":irc.test 366 alice ##a :End",
		NULL,
	});
	fake_expect(core, "#a: failed GW_NOT_ALLOWED *forwards to ##a.*");
	irc_hear(server, "PART ##a");
	irc_say(server, ":alice!a@home PART ##a");
	fake_expect_none(core, "invited*", 100);
	end();
}

static void test_no_answer(void **state)
{
	(void)state;
	begin();
	fake_join(s, "#a", NULL, NULL);
	irc_hear(server, "JOIN #a");
	fake_expect_none(core, "#a:*", 55000);
	fake_expect(core, "#a: failed GW_UNREACHABLE *");
	/* NAMES without an end. */
	fake_join(s, "#b", NULL, NULL);
	irc_hear(server, "JOIN #b");
	irc_say(server, ":alice!a@home JOIN #b");
	irc_say(server, ":irc.test 353 alice = #b :alice bob");
	fake_expect_none(core, "#b: joined*", 55000);
	fake_expect(core, "#b: joined alice");
	end();
}

static void test_wrong_names(void **state)
{
	static const char *const names[] = { "nick", "+not-here", "!x", "#a b",
		"#a,b", "#a\r\nQUIT", "" };

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(names); i++) {
		fake_join(s, names[i], NULL, NULL);
		fake_run(core, 10);
		assert_int_equal(
			fake_count(core, "*failed GW_BAD_ADDRESS*"), i + 1);
	}
	irc_hear_nothing(server, 100);
	end();
}

/* One line for many channels, those with a key in front. */
static void test_many_joins(void **state)
{
	(void)state;
	begin();
	fake_join(s, "#a", NULL, NULL);
	fake_join(s, "#b", NULL, "key");
	fake_join(s, "#c", NULL, "");
	fake_join(s, "#d", NULL, "k2");
	fake_join(s, "#e", NULL, "bad key");
	fake_join(s, "#f", NULL, "bad,key");
	irc_hear(server, "JOIN #b,#d,#a,#c,#e,#f key,k2");
	end();
}

static void test_joins_fit_in_lines(void **state)
{
	size_t heard = 0;

	(void)state;
	begin();
	for (int i = 0; i < 300; i++) {
		char name[32];

		(void)text_format(name, sizeof(name), "#channel-%04d", i);
		fake_join(s, name, NULL, i % 3 ? NULL : "somekey");
	}
	while (heard < 300) {
		const char *line = irc_hear(server, "JOIN *");

		assert_true(strlen(line) < 510);
		for (const char *p = line; *p != '\0'; p++)
			heard += *p == '#';
	}
	assert_int_equal(heard, 300);
	end();
	begin_with("TARGMAX=JOIN:1,PRIVMSG:3");
	fake_join(s, "#a", NULL, NULL);
	fake_join(s, "#b", NULL, NULL);
	irc_hear(server, "JOIN #a");
	irc_hear(server, "JOIN #b");
	end();
}

/* The first room decides the nick. */
static void test_join_with_nick(void **state)
{
	(void)state;
	begin();
	fake_join(s, "#a", "Ali", NULL);
	irc_hear(server, "NICK Ali");
	irc_hear(server, "JOIN #a");
	irc_say(server, ":alice!a@home NICK Ali");
	irc_say(server, ":Ali!a@home JOIN #a");
	irc_say(server, ":irc.test 366 Ali #a :End");
	fake_expect(core, "#a: joined Ali");
	irc_hear(server, "MODE #a");
	fake_join(s, "#b", "other", NULL);
	irc_hear(server, "JOIN #b");
	end();
	begin();
	fake_join(s, "#a", "ALICE", NULL);
	fake_join(s, "#b", "no nick", NULL);
	irc_hear(server, "JOIN #a,#b");
	end();
}

/* The same channel under another spelling. */
static void test_case(void **state)
{
	struct gw_room *room;

	(void)state;
	begin();
	room = irc_enter(core, server, s, "#a[b]", "@Bob");
	irc_say(server, ":bob!b@b PRIVMSG #A{B} :hello");
	fake_expect(core, "#a?b?: message bob: hello");
	fake_join(s, "#a{b}", NULL, NULL);
	fake_expect(core, "#a{b}: failed GW_CONFLICT *");
	irc_say(server, ":BOB!b@b PART #a{b}");
	fake_expect(core, "#a?b?: gone Bob left");
	fake_leave(room, NULL);
	irc_hear(server, "PART #a\\[b\\]");
	end();
	begin_with("CASEMAPPING=ascii CHANTYPES=#");
	irc_enter(core, server, s, "#a[b]", "");
	fake_join(s, "#a{b}", NULL, NULL);
	irc_hear(server, "JOIN #a{b}");
	end();
}

/* --- Being there --------------------------------------------------------- */

static void enter_abc(void)
{
	irc_enter(core, server, s, "#a", "@bob carol");
	irc_enter(core, server, s, "#b", "bob +dave");
	fake_clear(core);
}

static void test_join_part_kick(void **state)
{
	(void)state;
	begin();
	enter_abc();
	say_all((const char *const[]){
		":erin!e@e.test JOIN #a",
		":erin!e@e.test PART #a :see you",
		":carol!c@c PART #a",
		":fred!f@f JOIN :#a,#b",
		":bob!b@b KICK #a fred :spam",
		":irc.test KICK #b fred",
		":nobody!n@n PART #a",
		":bob!b@b KICK #a nobody",
		":bob!b@b KICK #unknown bob",
		NULL,
	});
	expect_all((const char *const[]){
		"#a: occupant erin participant none host=e@e.test "
		"stable=e@e.test",
		"#a: gone erin left: see you",
		"#a: gone carol left",
		"#a: occupant fred *",
		"#b: occupant fred *",
		"#a: gone fred kicked by bob: spam",
		"#b: gone fred kicked",
		NULL,
	});
	assert_int_equal(fake_count(core, "*nobody*"), 0);
	end();
}

static void test_ban_and_kick(void **state)
{
	(void)state;
	begin();
	irc_enter(core, server, s, "#a", "@bob carol!c@bad.test dave!d@ok");
	say_all((const char *const[]){
		":bob!b@b MODE #a +b *!*@bad.test",
		":bob!b@b KICK #a carol :out",
		":bob!b@b KICK #a dave",
		NULL,
	});
	expect_all((const char *const[]){
		"#a: notice: bob bans \\*!\\*@bad.test",
		"#a: gone carol banned by bob: out",
		"#a: gone dave kicked by bob",
		NULL,
	});
	irc_say(server, ":bob!b@b MODE #a -b *!*@bad.test");
	fake_expect(core, "#a: notice: bob lifts the ban of \\*!\\*@bad.test");
	end();
}

static void test_own_part_and_kick(void **state)
{
	(void)state;
	begin();
	enter_abc();
	irc_say(server, ":alice!a@home PART #a :forced out");
	fake_expect(core, "#a: gone alice left: forced out");
	irc_say(server, ":bob!b@b KICK #b alice :go away");
	fake_expect(core, "#b: gone alice kicked by bob: go away");
	/* Nothing more is known of them. */
	irc_say(server, ":bob!b@b PRIVMSG #b :hello?");
	irc_say(server, ":bob!b@b QUIT");
	fake_expect_none(core, "#*", 100);
	end();
}

static void test_quit(void **state)
{
	static const struct {
		const char *text, *how;
	} rows[] = {
		{ ":Quit: bye", "quit: Quit: bye" },
		{ ":a.test b.test", "split: a.test b.test" },
		{ ":*.net *.split", "split: \\*.net \\*.split" },
		{ ":Quit: a.test b.test", "quit: Quit: a.test b.test" },
		{ ":a.test b.test c.test", "quit: *" },
		{ ":a.test btest", "quit: *" },
		{ ":a.test  b.test", "quit: *" },
		{ ":a.te/st b.test", "quit: *" },
		{ "", "quit" },
		{ ":", "quit" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char pattern[128];

		begin();
		enter_abc();
		irc_say(server, ":bob!b@b QUIT %s", rows[i].text);
		(void)text_format(pattern, sizeof(pattern),
			"#[ab]: gone bob %s", rows[i].how);
		fake_expect(core, pattern);
		fake_expect(core, pattern);
		irc_say(server, ":bob!b@b QUIT %s", rows[i].text);
		fake_expect_none(core, "*", 100);
		end();
	}
}

static void test_nick(void **state)
{
	(void)state;
	begin();
	enter_abc();
	irc_say(server, ":bob!b@b NICK :robert");
	fake_expect(core, "#?: renamed bob robert");
	fake_expect(core, "#?: renamed bob robert");
	irc_say(server, ":robert!b@b NICK Robert"); /* spelling */
	fake_expect(core, "#?: renamed robert Robert");
	fake_expect(core, "#?: renamed robert Robert");
	irc_say(server, ":ROBERT!b@b PART #a");
	fake_expect(core, "#a: gone Robert left");
	irc_say(server, ":alice!a@home NICK al");
	fake_expect(core, "online al");
	fake_expect(core, "#?: renamed alice al");
	fake_expect(core, "#?: renamed alice al");
	/* We are known by the new one. */
	irc_say(server, ":dave!d@d PRIVMSG al :hi");
	fake_expect(core, "message dave: hi");
	irc_say(server, ":dave!d@d KICK #b al");
	fake_expect(core, "#b: gone al kicked by dave");
	/* Somebody we saw leave in no way. */
	irc_say(server, ":newcomer!n@n JOIN #a");
	irc_say(server, ":newcomer!n@n NICK carol");
	fake_expect(core, "#a: gone carol quit");
	fake_expect(core, "#a: renamed newcomer carol");
	end();
}

static void test_wrong_nicks(void **state)
{
	(void)state;
	begin();
	enter_abc();
	say_all((const char *const[]){
		"NICK robert",
		"NICK",
		":bob!b@b NICK",
		":bob!b@b NICK :",
		":bob!b@b NICK : ",
		":bob!b@b NICK :two words",
		":bob!b@b NICK a,b",
		":bob!b@b NICK a!b@c",
		":alice!a@home NICK :",
		":!@ NICK x",
		":@ NICK x",
		": NICK x",
		NULL,
	});
	fake_expect_none(core, "*", 100);
	irc_say(server, ":bob!b@b PRIVMSG #a :still bob");
	fake_expect(core, "#a: message bob: still bob");
	end();
}

static void test_ranks(void **state)
{
	static const struct {
		const char *mode, *result;
	} rows[] = {
		{ "+o carol", "#a: occupant carol moderator admin hats=4" },
		{ "+v carol", "#a: occupant carol moderator admin hats=20" },
		{ "-o carol", "#a: occupant carol participant member hats=16" },
		{ "+q-v carol carol",
			"#a: occupant carol moderator owner hats=1" },
		{ "-q carol", "#a: occupant carol participant none" },
		{ "+a CAROL", "#a: occupant carol moderator admin hats=2" },
		{ "-a+h carol carol",
			"#a: occupant carol moderator member hats=8" },
		{ "-h carol", "#a: occupant carol participant none" },
	};

	(void)state;
	begin();
	enter_abc();
	for (size_t i = 0; i < COUNT(rows); i++) {
		irc_say(server, ":bob!b@b MODE #a %s", rows[i].mode);
		fake_expect(core, rows[i].result);
	}
	/* Nothing new, nobody there, nothing said. */
	say_all((const char *const[]){
		":bob!b@b MODE #a +o bob",
		":bob!b@b MODE #a +o nobody",
		":bob!b@b MODE #a +o",
		":bob!b@b MODE #a",
		":bob!b@b MODE",
		":bob!b@b MODE #nowhere +o bob",
		":alice MODE alice +i",
		NULL,
	});
	fake_run(core, 100);
	fake_expect_none(core, "#a: occupant carol*", 0);
	/* One line, one change. */
	fake_clear(core);
	irc_say(server, ":bob!b@b MODE #a +ov-v+h-h carol carol carol carol "
			"carol");
	fake_expect(core, "#a: occupant carol moderator admin hats=4");
	fake_expect_none(core, "*", 10);
	end();
}

static void test_other_prefixes(void **state)
{
	(void)state;
	begin_with("PREFIX=(Yqaohv)!~&@%+ CHANTYPES=#");
	irc_enter(core, server, s, "#a", "!oper ~q &a @o %h +v");
	assert_int_equal(
		fake_count(core, "#a: occupant oper moderator owner hats=1"),
		1);
	assert_int_equal(
		fake_count(core, "#a: occupant q moderator owner hats=1"), 1);
	assert_int_equal(
		fake_count(core, "#a: occupant a moderator admin hats=2"), 1);
	assert_int_equal(
		fake_count(core, "#a: occupant o moderator admin hats=4"), 1);
	assert_int_equal(
		fake_count(core, "#a: occupant h moderator member hats=8"), 1);
	assert_int_equal(
		fake_count(core, "#a: occupant v participant member hats=16"),
		1);
	end();
}

/* PREFIX changes under our feet: ranks stay with their letters. */
static void test_prefix_changes(void **state)
{
	(void)state;
	begin_with("PREFIX=(ov)@+ CHANTYPES=#");
	irc_enter(core, server, s, "#a", "@bob +carol");
	irc_say(server, ":irc.test 005 alice PREFIX=(qov)~@+ :are supported");
	irc_say(server, ":irc.test MODE #a +q bob");
	fake_expect(core, "#a: occupant bob moderator owner hats=5");
	irc_say(server, ":irc.test MODE #a -v+o carol carol");
	fake_expect(core, "#a: occupant carol moderator admin hats=4");
	end();
}

static void test_casemapping_changes(void **state)
{
	(void)state;
	begin_with("CHANTYPES=#");
	irc_enter(core, server, s, "#a", "x[ y{ Z");
	irc_say(server, ":irc.test 005 alice CASEMAPPING=ascii :are supported");
	irc_say(server, ":z!z@z PART #A");
	fake_expect(core, "#a: gone Z left");
	irc_say(server, ":x{!z@z PART #a"); /* somebody else now */
	irc_say(server, ":X[!z@z PART #a");
	fake_expect(core, "#a: gone x? left");
	irc_say(server, ":irc.test JOIN #a");
	irc_say(server, ":y[!y@y JOIN #a");
	fake_expect(core, "#a: occupant y?*");
	/* Two people become one name. */
	irc_say(server,
		":irc.test 005 alice CASEMAPPING=rfc1459 :are supported");
	fake_expect(core, "#a: gone y? left");
	end();
}

static void test_settings(void **state)
{
	static const struct {
		const char *mode, *result;
	} rows[] = {
		{ "+m", "#a: info moderated +m" },
		{ "+i-m", "#a: info members +i" },
		{ "+s", "#a: info members hidden +is" },
		{ "+p-s", "#a: info members hidden +ip" },
		{ "-ip+t", "#a: info locked +t" },
		{ "+k secret", "#a: info locked password=secret +kt" },
		{ "+l 25", "#a: info locked password=secret max=25 +klt" },
		{ "+l 30", "#a: info locked password=secret max=30 +klt" },
		{ "-k *", "#a: info locked max=30 +lt" },
		{ "-l", "#a: info locked +t" },
		{ "+l nonsense", "#a: info locked +lt" },
		{ "+l -5", "#a: info locked +lt" },
		{ "-l-t", "#a: info +" },
	};

	(void)state;
	begin();
	enter_abc();
	for (size_t i = 0; i < COUNT(rows); i++) {
		irc_say(server, ":bob!b@b MODE #a %s", rows[i].mode);
		fake_expect(core, rows[i].result);
	}
	irc_say(server, ":irc.test 324 alice #a +klnst key 7");
	fake_expect(core, "#a: info hidden locked password=key max=7 +klnst");
	end();
}

static void test_moderated(void **state)
{
	(void)state;
	begin();
	irc_enter(core, server, s, "#a", "@bob +carol dave");
	irc_say(server, ":bob!b@b MODE #a +m");
	expect_all((const char *const[]){
		"#a: occupant alice visitor none *",
		"#a: occupant dave visitor none",
		"#a: info moderated +m",
		NULL,
	});
	irc_say(server, ":erin!e@e JOIN #a");
	fake_expect(core, "#a: occupant erin visitor none *");
	irc_say(server, ":bob!b@b MODE #a -m");
	expect_all((const char *const[]){
		"#a: occupant alice participant none *",
		"#a: occupant dave participant none",
		"#a: occupant erin participant none *",
		"#a: info +",
		NULL,
	});
	end();
}

static void test_topic(void **state)
{
	(void)state;
	begin();
	enter_abc();
	irc_say(server, ":bob!b@b TOPIC #a :new topic");
	fake_expect(core, "#a: subject by bob: new topic");
	irc_say(server, ":bob!b@b TOPIC #a :");
	fake_expect(core, "#a: subject by bob: ");
	irc_say(server, ":bob!b@b TOPIC #a");
	fake_expect(core, "#a: subject by bob: ");
	irc_say(server, ":ChanServ TOPIC #a :\00304,01colour\003");
	fake_expect(core, "#a: subject by ChanServ: colour");
	irc_say(server, ":bob!b@b TOPIC #nowhere :x");
	fake_expect_none(core, "*", 100);
	end();
}

static void test_away(void **state)
{
	(void)state;
	begin();
	enter_abc();
	irc_say(server, ":bob!b@b AWAY :lunch");
	fake_expect(core, "#?: occupant bob * away*(lunch)");
	fake_expect(core, "#?: occupant bob * away*(lunch)");
	irc_say(server, ":bob!b@b AWAY :lunch");
	irc_say(server, ":bob!b@b AWAY");
	fake_expect(core, "#a: occupant bob moderator admin hats=4");
	irc_say(server, ":bob!b@b AWAY");
	irc_say(server, ":nobody!b@b AWAY :x");
	fake_run(core, 100);
	fake_clear(core);
	irc_say(server, ":bob!b@b AWAY");
	fake_expect_none(core, "*", 100);
	end();
}

static void test_hosts(void **state)
{
	(void)state;
	begin();
	enter_abc();
	irc_say(server, ":bob!b@b CHGHOST user cloaked.test");
	fake_expect(core, "#?: occupant bob * host=user@cloaked.test *");
	irc_say(server, ":bob!b@b SETNAME :Robert");
	irc_say(server, ":alice!a@home CHGHOST ali hidden");
	fake_expect(core, "#?: occupant alice * host=ali@hidden *");
	end();
}

static void begin_with_caps(const char *caps)
{
	core = irc_core_new(&server, "", "");
	s = fake_session(core, "irc.test");
	fake_set(s, "nick", "alice");
	fake_open(s);
	irc_hear_later(server, "USER *");
	irc_say(server, "CAP * LS :%s", caps);
	irc_hear_later(server, "CAP REQ *");
	irc_say(server, "CAP * ACK :%s", caps);
	irc_hear(server, "CAP END");
	irc_welcome(server, "alice", NULL);
	fake_expect(core, "online alice");
}

/* Accounts say who somebody is, from when he enters; also in channels entered
 * later. */
static void test_accounts(void **state)
{
	(void)state;
	begin_with_caps("account-notify extended-join");
	irc_enter(core, server, s, "#a", "dave");
	irc_say(server, ":bob!b@b JOIN #a robert :Robert");
	fake_expect(core, "#a: occupant bob * stable=account robert");
	irc_say(server, ":carol!c@c JOIN #a * :Carol");
	fake_expect(core, "#a: occupant carol * stable=c@c");
	irc_say(server, ":carol!c@c ACCOUNT carol");
	irc_say(server, ":bob!b@b ACCOUNT *");
	irc_say(server, ":nobody!n@n ACCOUNT nobody");
	irc_say(server, ":dave!d@d ACCOUNT :");
	fake_expect_none(core, "*", 100);
	irc_enter(core, server, s, "#b", "bob carol");
	assert_int_equal(
		fake_count(core, "#b: occupant carol * stable=account carol"),
		1);
	assert_int_equal(fake_count(core, "#b: occupant bob * stable=b@b"), 1);
	end();
}

static void test_account_tags(void **state)
{
	(void)state;
	begin_with_caps("account-tag");
	irc_enter(core, server, s, "#a", "dave");
	irc_say(server, "@account=robert :bob!b@b JOIN #a");
	fake_expect(core, "#a: occupant bob * stable=account robert");
	irc_say(server, ":carol!c@c JOIN #a carol :not asked for");
	fake_expect(core, "#a: occupant carol * stable=c@c");
	end();
}

/* --- Leaving, and what was under way ------------------------------------- */

static void test_leave(void **state)
{
	struct gw_room *room;

	(void)state;
	begin();
	room = irc_enter(core, server, s, "#a", "bob");
	fake_leave(room, "x\r\nQUIT");
	irc_hear(server, "PART #a*");
	irc_say(server, ":bob!b@b PRIVMSG #a :too late");
	irc_say(server, ":alice!a@home PART #a");
	irc_say(server, ":bob!b@b PRIVMSG #a :much too late");
	fake_expect_none(core, "#a: [!ioj]*", 100);
	end();
}

/* Leave and enter again before the server has confirmed anything. */
static void test_leave_and_return(void **state)
{
	struct gw_room *room;

	(void)state;
	begin();
	room = irc_enter(core, server, s, "#a", "bob");
	fake_leave(room, NULL);
	fake_join(s, "#a", NULL, NULL);
	irc_hear(server, "PART #a");
	irc_hear(server, "JOIN #a");
	fake_clear(core);
	say_all((const char *const[]){
		":bob!b@b PRIVMSG #a :before",
		":alice!a@home PART #a",
		":alice!a@home JOIN #a",
		":irc.test 353 alice = #a :alice carol",
		":irc.test 366 alice #a :End",
		NULL,
	});
	fake_expect(core, "#a: joined alice");
	assert_int_equal(fake_count(core, "#a: occupant*"), 2);
	assert_int_equal(fake_count(core, "#a: message*"), 0);
	end();
}

static void test_leave_while_joining(void **state)
{
	struct gw_room *room;

	(void)state;
	begin();
	/* Before the JOIN left. */
	room = fake_join(s, "#a", NULL, NULL);
	fake_leave(room, NULL);
	irc_hear_nothing(server, 100);
	/* After. */
	room = fake_join(s, "#a", NULL, NULL);
	irc_hear(server, "JOIN #a");
	fake_leave(room, NULL);
	fake_join(s, "#a", NULL, NULL);
	irc_hear(server, "PART #a");
	irc_hear(server, "JOIN #a");
	say_all((const char *const[]){
		":alice!a@home JOIN #a",
		":irc.test 353 alice = #a :alice early",
		":irc.test 366 alice #a :End",
		":alice!a@home PART #a",
		":alice!a@home JOIN #a",
		":irc.test 353 alice = #a :alice late",
		":irc.test 366 alice #a :End",
		NULL,
	});
	fake_expect(core, "#a: joined alice");
	assert_int_equal(fake_count(core, "#a: occupant early*"), 0);
	assert_int_equal(fake_count(core, "#a: occupant late*"), 1);
	/* One we were never in. */
	irc_hear(server, "MODE #a");
	room = fake_join(s, "#b", NULL, NULL);
	irc_hear(server, "JOIN #b");
	fake_leave(room, NULL);
	irc_hear(server, "PART #b");
	irc_say(server, ":irc.test 473 alice #b :Cannot join (+i)");
	irc_say(server, ":irc.test 442 alice #b :Not on channel");
	fake_run(core, 100);
	fake_join(s, "#b", NULL, NULL);
	irc_hear(server, "JOIN #b");
	irc_say(server, ":alice!a@home JOIN #b");
	irc_say(server, ":irc.test 366 alice #b :End");
	fake_expect(core, "#b: joined alice");
	end();
}

/* Put into a channel without asking; then the user enters it. */
static void test_forced(void **state)
{
	(void)state;
	begin();
	say_all((const char *const[]){
		":alice!a@home JOIN #a",
		":irc.test 332 alice #a :topic",
		":irc.test 353 alice = #a :alice @bob",
		":irc.test 366 alice #a :End",
		NULL,
	});
	fake_expect(core, "invited #a: *");
	irc_hear(server, "MODE #a");
	irc_say(server, ":carol!c@c JOIN #a");
	irc_say(server, ":bob!b@b PRIVMSG #a :hello");
	fake_expect_none(core, "#a*", 100);
	fake_join(s, "#a", NULL, NULL);
	expect_all((const char *const[]){
		"#a: occupant alice *",
		"#a: occupant bob *",
		"#a: occupant carol *",
		"#a: subject: topic",
		"#a: joined alice",
		NULL,
	});
	irc_hear_nothing(server, 100);
	end();
}

static void test_many_forced(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 1000; i++) {
		irc_say(server, ":alice!a@home JOIN #c%d", i);
		irc_say(server, ":irc.test 366 alice #c%d :End", i);
	}
	fake_run(core, 100);
	assert_int_equal(fake_count(core, "invited*"), 50);
	end();
}

static void test_invited(void **state)
{
	(void)state;
	begin();
	irc_say(server, ":bob!b@b INVITE alice :#a");
	fake_expect(core, "invited #a by bob");
	irc_say(server, ":bob!b@b INVITE carol #a");
	irc_say(server, ":bob!b@b INVITE alice nothing");
	irc_say(server, ":bob!b@b INVITE alice");
	fake_expect_none(core, "invited*", 100);
	end();
}

/* NAMES again, when the user asks: news, but nobody goes. */
static void test_names_again(void **state)
{
	(void)state;
	begin();
	irc_enter(core, server, s, "#a", "bob carol");
	fake_clear(core);
	irc_say(server, ":irc.test 353 alice = #a :alice bob +carol new");
	irc_say(server, ":irc.test 366 alice #a :End");
	fake_expect(core, "#a: occupant carol participant member hats=16");
	fake_expect(core, "#a: occupant new participant none");
	fake_expect_none(core, "*", 100);
	end();
}

/* --- Too much of it ------------------------------------------------------ */

static void test_crowd(void **state)
{
	struct str line;
	int count = 0;

	(void)state;
	begin();
	fake_join(s, "#a", NULL, NULL);
	irc_hear(server, "JOIN #a");
	irc_say(server, ":alice!a@home JOIN #a");
	str_init(&line, 1 << 16);
	for (int i = 0; i < 2000; i++) {
		str_reset(&line);
		for (int k = 0; k < 50; k++)
			str_addf(&line, "n%d ", count++);
		irc_say(server, ":irc.test 353 alice = #a :%s",
			str_text(&line));
	}
	str_finish(&line);
	irc_say(server, ":irc.test 366 alice #a :End");
	fake_wait(core, "#a: joined alice", 60000);
	assert_in_range(fake_count(core, "#a: occupant*"), LIMIT_OCCUPANTS - 1,
		LIMIT_OCCUPANTS + 1);
	fake_clear(core);
	irc_say(server, ":late!l@l JOIN #a");
	irc_say(server, ":n1!x@x QUIT :bye");
	fake_expect(core, "#a: gone n1 quit: bye");
	fake_expect_none(core, "*late*", 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enter),
		cmocka_unit_test(test_enter_moderated),
		cmocka_unit_test(test_enter_bare),
		cmocka_unit_test(test_events_while_entering),
		cmocka_unit_test(test_join_errors),
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_wrong_names),
		cmocka_unit_test(test_many_joins),
		cmocka_unit_test(test_joins_fit_in_lines),
		cmocka_unit_test(test_join_with_nick),
		cmocka_unit_test(test_case),
		cmocka_unit_test(test_join_part_kick),
		cmocka_unit_test(test_ban_and_kick),
		cmocka_unit_test(test_own_part_and_kick),
		cmocka_unit_test(test_quit),
		cmocka_unit_test(test_nick),
		cmocka_unit_test(test_wrong_nicks),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_other_prefixes),
		cmocka_unit_test(test_prefix_changes),
		cmocka_unit_test(test_casemapping_changes),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_moderated),
		cmocka_unit_test(test_topic),
		cmocka_unit_test(test_away),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_account_tags),
		cmocka_unit_test(test_leave),
		cmocka_unit_test(test_leave_and_return),
		cmocka_unit_test(test_leave_while_joining),
		cmocka_unit_test(test_forced),
		cmocka_unit_test(test_many_forced),
		cmocka_unit_test(test_invited),
		cmocka_unit_test(test_names_again),
		cmocka_unit_test(test_crowd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
