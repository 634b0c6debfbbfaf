/*
 * Requests and their answers: look-ups, lists, moderation, typed commands.
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
static struct gw_room *room;
static const struct gateway_ops *ops;

static void begin(void)
{
	core = irc_core_new(&server, "", "");
	ops = fake_core_gw(core)->ops;
	s = irc_log_in(core, server, NULL);
	room = irc_enter(
		core, server, s, "#a", "@bob!b@b.test +carol!c@c.test dave");
	fake_clear(core);
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

/* --- Look-ups ------------------------------------------------------------ */

static void test_whois(void **state)
{
	(void)state;
	begin();
	ops->lookup(s, fake_request(s), GW_PROFILE, "bob");
	irc_hear(server, "WHOIS bob bob");
	say_all((const char *const[]){
		":irc.test 311 alice Bob ~b b.test * :Robert B.",
		":irc.test 378 alice Bob :is connecting from x",
		":irc.test 319 alice Bob :@#a +#b",
		":irc.test 312 alice Bob irc.test :The server",
		":irc.test 301 alice Bob :lunch",
		":irc.test 313 alice Bob :is an IRC operator",
		":irc.test 330 alice Bob bobby :is logged in as",
		":irc.test 671 alice Bob :is using a secure connection",
		":irc.test 317 alice Bob 42 1600000000 :seconds idle",
		":irc.test 318 alice bob :End of WHOIS",
		NULL,
	});
	expect_all((const char *const[]){
		"item 1 nick=Bob",
		"item 1 user=~b",
		"item 1 host=b.test",
		"item 1 realname=Robert B.",
		"item 1 rooms=@#a +#b",
		"item 1 server=irc.test",
		"item 1 away=lunch",
		"item 1 operator=*",
		"item 1 account=bobby",
		"item 1 secure=*",
		"accepted 1",
		NULL,
	});
	assert_int_equal(fake_count(core, "*idle*"), 0);
	end();
}

static void test_idle(void **state)
{
	(void)state;
	begin();
	ops->lookup(s, fake_request(s), GW_IDLE, "bob");
	irc_hear(server, "WHOIS bob bob");
	say_all((const char *const[]){
		":irc.test 311 alice bob ~b b.test * :Robert B.",
		":irc.test 317 alice bob 42 1600000000 :seconds idle",
		":irc.test 318 alice bob :End of WHOIS",
		NULL,
	});
	fake_expect(core, "item 1 idle #42");
	fake_expect(core, "accepted 1");
	assert_int_equal(fake_count(core, "item*"), 1);
	end();
}

static void test_whois_without_end(void **state)
{
	(void)state;
	begin();
	ops->lookup(s, fake_request(s), GW_PROFILE, "bob");
	irc_hear(server, "WHOIS bob bob");
	for (int i = 0; i < 500; i++)
		irc_say(server, ":irc.test 319 alice bob :#a%d", i);
	irc_say(server, ":irc.test 318 alice bob :End of WHOIS");
	fake_wait(core, "accepted 1", 1000);
	assert_int_equal(fake_count(core, "item 1 rooms=*"), 100);
	end();
}

static void test_whois_nobody(void **state)
{
	(void)state;
	begin();
	ops->lookup(s, fake_request(s), GW_PROFILE, "nobody");
	irc_hear(server, "WHOIS *");
	irc_say(server, ":irc.test 401 alice nobody :No such nick");
	irc_say(server, ":irc.test 318 alice nobody :End of WHOIS");
	fake_expect(core, "failed 1 GW_NO_SUCH No such nick");
	/* Servers that only end. */
	ops->lookup(s, fake_request(s), GW_PROFILE, "nobody");
	irc_hear(server, "WHOIS *");
	irc_say(server, ":irc.test 318 alice nobody :End of WHOIS");
	fake_expect(core, "failed 2 GW_NO_SUCH *");
	/* Servers that say nothing. */
	ops->lookup(s, fake_request(s), GW_PROFILE, "nobody");
	irc_hear(server, "WHOIS *");
	fake_wait(core, "failed 3 GW_UNREACHABLE *", 30000);
	/* Who cannot be asked for. */
	ops->lookup(s, fake_request(s), GW_PROFILE, "no body");
	fake_expect(core, "failed 4 GW_NOT_ACCEPTABLE *");
	end();
}

static void test_two_whois(void **state)
{
	(void)state;
	begin();
	ops->lookup(s, fake_request(s), GW_PROFILE, "bob");
	ops->lookup(s, fake_request(s), GW_PROFILE, "carol");
	irc_hear(server, "WHOIS bob bob");
	irc_hear(server, "WHOIS carol carol");
	say_all((const char *const[]){
		":irc.test 311 alice bob b b * :B",
		":irc.test 318 alice bob :End",
		":irc.test 311 alice carol c c * :C",
		":irc.test 318 alice carol :End",
		NULL,
	});
	expect_all((const char *const[]){ "item 1 nick=bob", "accepted 1",
		"item 2 nick=carol", "accepted 2", NULL });
	end();
}

static void test_ctcp(void **state)
{
	(void)state;
	begin();
	ops->lookup(s, fake_request(s), GW_VERSION, "bob");
	irc_hear(server, "PRIVMSG bob :\001VERSION\001");
	irc_say(server, ":dave!d@d NOTICE alice :\001VERSION not asked\001");
	irc_say(server, ":bob!b@b NOTICE alice :\001VERSION irssi 1\001");
	fake_expect(core, "item 1 reply=irssi 1");
	fake_expect(core, "accepted 1");
	ops->lookup(s, fake_request(s), GW_PING, "bob");
	irc_hear(server, "PRIVMSG bob :\001PING *\001");
	fake_run(core, 500);
	irc_say(server, ":bob!b@b NOTICE alice :\001PING causeway\001");
	fake_expect(core, "item 2 reply #5??");
	fake_expect(core, "accepted 2");
	ops->lookup(s, fake_request(s), GW_TIME, "bob");
	irc_hear(server, "PRIVMSG bob :\001TIME\001");
	irc_say(server, ":bob!b@b NOTICE alice :\001TIME noon\001");
	fake_expect(core, "item 3 reply=noon");
	ops->lookup(s, fake_request(s), GW_PING, "nobody");
	irc_hear(server, "PRIVMSG nobody *");
	irc_say(server, ":irc.test 401 alice nobody :No such nick");
	fake_expect(core, "failed 4 GW_NO_SUCH *");
	/* Before his client gives up, usually after 30 s. */
	ops->lookup(s, fake_request(s), GW_PING, "bob");
	fake_expect_none(core, "*", 19000);
	fake_wait(
		core, "failed 5 GW_UNREACHABLE *program gave no answer*", 4000);
	end();
}

static void test_server(void **state)
{
	(void)state;
	begin();
	ops->lookup(s, fake_request(s), GW_PING, "");
	irc_answer_ping(server);
	fake_expect(core, "item 1 ping*");
	fake_expect(core, "accepted 1");
	ops->lookup(s, fake_request(s), GW_VERSION, NULL);
	irc_hear(server, "VERSION");
	irc_say(server, ":irc.test 351 alice ircd-1 irc.test :x");
	fake_expect(core, "item 2 reply=ircd-1 irc.test x");
	ops->lookup(s, fake_request(s), GW_TIME, NULL);
	irc_hear(server, "TIME");
	irc_say(server, ":irc.test 391 alice irc.test :noon");
	fake_expect(core, "item 3 reply=irc.test noon");
	ops->lookup(s, fake_request(s), GW_PROFILE, NULL);
	fake_expect(core, "item 4 nick=alice");
	fake_expect(core, "accepted 4");
	ops->lookup(s, fake_request(s), GW_IDLE, NULL);
	fake_expect(core, "failed 5 GW_UNSUPPORTED *");
	end();
}

/* --- Lists --------------------------------------------------------------- */

static void test_list(void **state)
{
	(void)state;
	begin();
	ops->list_rooms(s, fake_request(s));
	irc_hear(server, "LIST");
	ops->list_rooms(s, fake_request(s));
	fake_expect(core, "failed 2 GW_BUSY *");
	say_all((const char *const[]){
		":irc.test 321 alice Channel :Users Name",
		":irc.test 322 alice #a 4 :[+nt] The \002topic\002",
		":irc.test 322 alice #b 12",
		":irc.test 322 alice * 1 :hidden",
		":irc.test 322 alice",
		":irc.test 323 alice :End",
		NULL,
	});
	expect_all((const char *const[]){ "item 1 #a=?+nt? The topic #4",
		"item 1 #b= #12", "accepted 1", NULL });
	assert_int_equal(fake_count(core, "item*"), 2);
	irc_say(server, ":irc.test 323 alice :End");
	fake_run(core, 10);
	ops->list_rooms(s, fake_request(s));
	irc_hear(server, "LIST");
	irc_say(server, ":irc.test 263 alice LIST :Try again later");
	fake_expect(core, "failed 3 GW_BUSY Try again later");
	end();
}

static void test_long_list(void **state)
{
	(void)state;
	begin();
	ops->list_rooms(s, fake_request(s));
	irc_hear(server, "LIST");
	for (int i = 0; i < 25000; i++)
		irc_say(server, ":irc.test 322 alice #c%d 1 :x", i);
	irc_say(server, ":irc.test 323 alice :End");
	fake_expect(core, "accepted 1");
	assert_int_equal(fake_count(core, "item*"), LIMIT_CHANNEL_LIST);
	end();
}

static void test_bans(void **state)
{
	(void)state;
	begin();
	ops->list_bans(room, fake_request(s));
	irc_hear(server, "MODE #a +b");
	say_all((const char *const[]){
		":irc.test 367 alice #a *!*@bad bob!b@b 1600000000",
		":irc.test 367 alice #a *!x@*",
		":irc.test 368 alice #a :End",
		NULL,
	});
	expect_all((const char *const[]){ "item 1 \\*!\\*@bad=bob!b@b",
		"item 1 \\*!x@\\*", "accepted 1", NULL });
	ops->list_bans(room, fake_request(s));
	irc_hear(server, "MODE #a +b");
	irc_say(server, ":irc.test 482 alice #a :You're not an operator");
	fake_expect(core, "failed 2 GW_FORBIDDEN You're*");
	end();
}

/* --- Changes ------------------------------------------------------------- */

static gw_request moderate(const struct gw_moderation *m)
{
	gw_request request = fake_request(s);

	ops->moderate(room, request, m);
	return request;
}

static void test_moderate(void **state)
{
	static const struct {
		struct gw_moderation m;
		const char *lines[3];
	} rows[] = {
		{ { GW_SET_ROLE, "dave", NULL, GW_ROLE_NONE, 0, "spam" },
			{ "KICK #a dave :spam" } },
		{ { GW_SET_ROLE, "DAVE", NULL, GW_ROLE_NONE, 0, NULL },
			{ "KICK #a DAVE" } },
		{ { GW_SET_ROLE, "dave", NULL, GW_ROLE_NONE, 0, "a\r\nb" },
			{ "KICK #a dave :a  b" } },
		{ { GW_SET_ROLE, "dave", NULL, GW_MODERATOR, 0, NULL },
			{ "MODE #a +o dave" } },
		{ { GW_SET_ROLE, "bob", NULL, GW_PARTICIPANT, 0, NULL },
			{ "MODE #a -o bob" } },
		{ { GW_SET_ROLE, "bob", NULL, GW_VISITOR, 0, NULL },
			{ "MODE #a -o bob" } },
		{ { GW_SET_ROLE, "carol", NULL, GW_VISITOR, 0, NULL },
			{ "MODE #a -v carol" } },
		{ { GW_SET_AFFILIATION, "dave", NULL, 0, GW_OWNER, NULL },
			{ "MODE #a +q dave" } },
		{ { GW_SET_AFFILIATION, "dave", NULL, 0, GW_ADMIN, NULL },
			{ "MODE #a +o dave" } },
		{ { GW_SET_AFFILIATION, "dave", NULL, 0, GW_MEMBER, NULL },
			{ "MODE #a +v dave" } },
		{ { GW_SET_AFFILIATION, "bob", NULL, 0, GW_MEMBER, NULL },
			{ "MODE #a -o+v bob bob" } },
		{ { GW_SET_AFFILIATION, "bob", NULL, 0, GW_NONE, NULL },
			{ "MODE #a -o bob" } },
		{ { GW_SET_AFFILIATION, "bob", NULL, 0, GW_OUTCAST, "bye" },
			{ "MODE #a +b \\*!\\*@b.test", "KICK #a bob :bye" } },
		{ { GW_SET_AFFILIATION, "dave", NULL, 0, GW_OUTCAST, NULL },
			{ "MODE #a +b dave!\\*@\\*", "KICK #a dave" } },
		{ { GW_SET_AFFILIATION, NULL, "gone", 0, GW_OUTCAST, NULL },
			{ "MODE #a +b gone!\\*@\\*" } },
		{ { GW_SET_AFFILIATION, NULL, "*!*@x", 0, GW_OUTCAST, NULL },
			{ "MODE #a +b \\*!\\*@x" } },
		{ { GW_SET_AFFILIATION, NULL, "*!*@x", 0, GW_NONE, NULL },
			{ "MODE #a -b \\*!\\*@x" } },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(rows); i++) {
		gw_request request = moderate(&rows[i].m);
		char pattern[64];

		for (size_t k = 0; k < 3 && rows[i].lines[k]; k++)
			irc_hear(server, rows[i].lines[k]);
		(void)text_format(pattern, sizeof(pattern), "accepted %u",
			(unsigned)request);
		fake_expect_none(core, "*", 10);
		irc_answer_ping(server);
		fake_expect(core, pattern);
		irc_hear_nothing(server, 0);
	}
	end();
}

/* All users of a gateway have its host: a ban of one is none of all. */
static void test_ban_of_neighbours(void **state)
{
	static const struct {
		const char *nick, *line;
	} rows[] = {
		{ "near", "MODE #a +b \\*!other@HOME.test" },
		{ "twin", "MODE #a +b twin!\\*@\\*" },
		{ "far", "MODE #a +b \\*!\\*@else.where" },
	};

	(void)state;
	begin();
	irc_say(server, ":near!other@HOME.test JOIN #a");
	irc_say(server, ":twin!alice@home.test JOIN #a");
	irc_say(server, ":far!alice@else.where JOIN #a");
	fake_run(core, 10);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct gw_moderation ban = { GW_SET_AFFILIATION, NULL, NULL, 0,
			GW_OUTCAST, NULL };

		ban.nick = rows[i].nick;
		moderate(&ban);
		irc_hear(server, rows[i].line);
		irc_hear(server, "KICK *");
		irc_answer_ping(server);
	}
	end();
}

/* One command may be refused in several ways; the next is not to blame. */
static void test_refused_twice(void **state)
{
	const struct gw_moderation down = { GW_SET_AFFILIATION, "bob", NULL, 0,
		GW_MEMBER, NULL };

	(void)state;
	begin();
	fake_send_room(room, "innocent");
	irc_hear(server, "PRIVMSG *");
	moderate(&down);
	irc_hear(server, "MODE #a -o+v bob bob");
	irc_say(server, ":irc.test 482 alice #a :may not -o");
	irc_say(server, ":irc.test 482 alice #a :may not +v");
	fake_expect(core, "failed 2 GW_FORBIDDEN may not -o");
	irc_answer_ping(server);
	fake_expect_none(core, "failed*", 10);
	irc_say(server, ":irc.test 404 alice #a :but this");
	fake_expect(core, "failed 1 GW_FORBIDDEN but this");
	end();
}

static void test_moderate_at_once(void **state)
{
	const struct gw_moderation same = { GW_SET_ROLE, "bob", NULL,
		GW_MODERATOR, 0, NULL };
	const struct gw_moderation nobody = { GW_SET_ROLE, "nobody", NULL,
		GW_MODERATOR, 0, NULL };
	const struct gw_moderation absent = { GW_SET_AFFILIATION, NULL,
		"nobody", 0, GW_ADMIN, NULL };
	const struct gw_moderation nothing = { GW_SET_AFFILIATION, NULL, NULL,
		0, GW_ADMIN, NULL };
	const struct gw_moderation bad = { GW_SET_AFFILIATION, NULL, "a b c", 0,
		GW_OUTCAST, NULL };

	(void)state;
	begin();
	moderate(&same);
	fake_expect(core, "accepted 1");
	moderate(&nobody);
	fake_expect(core, "failed 2 GW_NO_SUCH *");
	moderate(&absent);
	fake_expect(core, "failed 3 GW_NOT_ALLOWED *");
	moderate(&nothing);
	fake_expect(core, "failed 4 GW_NOT_ACCEPTABLE *");
	moderate(&bad);
	fake_expect(core, "failed 5 GW_NOT_ACCEPTABLE *");
	irc_hear_nothing(server, 100);
	end();
}

/* Voice is what lets one speak, where not everybody may. */
static void test_moderated_roles(void **state)
{
	const struct gw_moderation speak = { GW_SET_ROLE, "dave", NULL,
		GW_PARTICIPANT, 0, NULL };
	const struct gw_moderation down = { GW_SET_ROLE, "bob", NULL,
		GW_PARTICIPANT, 0, NULL };

	(void)state;
	begin();
	irc_say(server, ":bob!b@b MODE #a +m");
	fake_expect(core, "#a: info *");
	moderate(&speak);
	irc_hear(server, "MODE #a +v dave");
	irc_hear(server, "PING *");
	moderate(&down);
	irc_hear(server, "MODE #a -o+v bob bob");
	end();
}

static void test_refused(void **state)
{
	const struct gw_moderation kick = { GW_SET_ROLE, "dave", NULL,
		GW_ROLE_NONE, 0, NULL };
	static const struct {
		const char *line, *result;
	} rows[] = {
		{ "482 alice #a :You're not channel operator",
			"GW_FORBIDDEN You're *" },
		{ "441 alice dave #a :They aren't on that channel",
			"GW_NO_SUCH They *" },
		{ "442 alice #a :You're not on that channel",
			"GW_NOT_ACCEPTABLE *" },
		{ "485 alice #a :Protected", "GW_NOT_ALLOWED *" },
		{ "461 alice KICK :Not enough parameters",
			"GW_NOT_ACCEPTABLE *" },
		{ "484 alice #a dave :is a service", "GW_FORBIDDEN *" },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(rows); i++) {
		gw_request request = moderate(&kick);
		char pattern[128];

		irc_hear(server, "KICK #a dave");
		irc_say(server, ":irc.test %s", rows[i].line);
		(void)text_format(pattern, sizeof(pattern), "failed %u %s",
			(unsigned)request, rows[i].result);
		fake_expect(core, pattern);
		irc_answer_ping(server);
		fake_expect_none(core, "*", 10);
	}
	end();
}

/* Answers come in the order of the questions. */
static void test_order(void **state)
{
	const struct gw_moderation one = { GW_SET_ROLE, "dave", NULL,
		GW_MODERATOR, 0, NULL };
	const struct gw_moderation two = { GW_SET_ROLE, "carol", NULL,
		GW_MODERATOR, 0, NULL };
	const char *ping;

	(void)state;
	begin();
	moderate(&one);
	moderate(&two);
	irc_hear(server, "MODE #a +o dave");
	ping = irc_hear(server, "PING *");
	irc_hear(server, "MODE #a +o carol");
	irc_say(server, ":irc.test PONG irc.test %s", ping + 5);
	fake_expect(core, "accepted 1");
	irc_say(server, ":irc.test 482 alice #a :no");
	fake_expect(core, "failed 2 *");
	irc_answer_ping(server);
	fake_expect_none(core, "*", 10);
	end();
}

static void test_subject(void **state)
{
	char text[600];

	(void)state;
	begin();
	ops->set_subject(room, fake_request(s), "new\ntopic");
	irc_hear(server, "TOPIC #a :new topic");
	irc_say(server, ":alice!a@a TOPIC #a :new topic");
	irc_answer_ping(server);
	fake_expect(core, "#a: subject by alice: new topic");
	fake_expect(core, "accepted 1");
	ops->set_subject(room, fake_request(s), "");
	irc_hear(server, "TOPIC #a :");
	irc_say(server, ":irc.test 482 alice #a :not an operator");
	fake_expect(core, "failed 2 GW_FORBIDDEN *");
	irc_answer_ping(server);
	memset(text, 'x', sizeof(text));
	text[599] = '\0';
	ops->set_subject(room, fake_request(s), text);
	fake_expect(core, "failed 3 GW_NOT_ACCEPTABLE *");
	irc_say(server, ":irc.test 005 alice TOPICLEN=20 :x");
	fake_run(core, 10);
	text[21] = '\0';
	ops->set_subject(room, fake_request(s), text);
	fake_expect(core, "failed 4 GW_NOT_ACCEPTABLE *");
	irc_hear_nothing(server, 10);
	end();
}

static void test_nick(void **state)
{
	static const struct {
		const char *line, *result;
	} rows[] = {
		{ "431 alice :No nickname given", "GW_NOT_ACCEPTABLE *" },
		{ "432 alice new :Erroneous", "GW_NOT_ACCEPTABLE *" },
		{ "433 alice new :In use", "GW_CONFLICT In use" },
		{ "437 alice new :Unavailable", "GW_BUSY *" },
		{ "438 alice new :Too fast", "GW_BUSY *" },
		{ "447 alice :Cannot change nick", "GW_FORBIDDEN *" },
		{ "435 alice new #a :Banned", "GW_FORBIDDEN Banned" },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(rows); i++) {
		gw_request request = fake_request(s);
		char pattern[128];

		ops->set_nick(room, request, "new");
		irc_hear(server, "NICK new");
		irc_say(server, ":irc.test %s", rows[i].line);
		(void)text_format(pattern, sizeof(pattern), "failed %u %s",
			(unsigned)request, rows[i].result);
		fake_expect(core, pattern);
		irc_answer_ping(server);
	}
	fake_clear(core);
	ops->set_nick(room, fake_request(s), "Alice");
	irc_hear(server, "NICK Alice");
	irc_say(server, ":alice!a@a NICK Alice");
	fake_expect(core, "#a: renamed alice Alice");
	irc_answer_ping(server);
	fake_expect(core, "accepted *");
	ops->set_nick(room, fake_request(s), "Alice");
	fake_expect(core, "accepted *");
	ops->set_nick(room, fake_request(s), "two words");
	fake_expect(core, "failed * GW_NOT_ACCEPTABLE *");
	irc_hear_nothing(server, 10);
	end();
}

static void test_configure(void **state)
{
	const struct gw_room_info all = {
		.flags = GW_ROOM_MODERATED | GW_ROOM_MEMBERS_ONLY |
			 GW_ROOM_HIDDEN | GW_ROOM_SUBJECT_LOCKED,
		.password = "key",
		.max_users = 20,
	};
	const struct gw_room_info none = { .flags = 0 };
	const unsigned fields = 0x3f;

	(void)state;
	begin();
	ops->configure(room, fake_request(s), &all, fields);
	irc_hear(server, "MODE #a +mistkl key 20");
	irc_answer_ping(server);
	fake_expect(core, "accepted 1");
	irc_say(server, ":alice MODE #a +mistkl key 20");
	fake_expect(core, "#a: info *");
	ops->configure(room, fake_request(s), &all, fields);
	fake_expect(core, "accepted 2");
	irc_hear_nothing(server, 10);
	ops->configure(room, fake_request(s), &none, GW_ROOM_MODERATED);
	irc_hear(server, "MODE #a -m");
	irc_say(server, ":irc.test 482 alice #a :no");
	fake_expect(core, "failed 3 GW_FORBIDDEN no");
	irc_answer_ping(server);
	ops->configure(room, fake_request(s), &none, fields);
	irc_hear(server, "MODE #a -mistkl key");
	end();
}

static void test_invite(void **state)
{
	(void)state;
	begin();
	ops->invite(room, fake_request(s), "erin", "come in");
	irc_hear(server, "INVITE erin #a");
	irc_say(server, ":irc.test 341 alice erin #a");
	fake_expect(core, "accepted 1");
	irc_answer_ping(server);
	ops->invite(room, fake_request(s), "bob", NULL);
	irc_hear(server, "INVITE bob #a");
	irc_say(server, ":irc.test 443 alice bob #a :is already on channel");
	fake_expect(core, "failed 2 GW_CONFLICT *");
	irc_answer_ping(server);
	ops->invite(room, fake_request(s), "nobody", NULL);
	irc_hear(server, "INVITE nobody #a");
	irc_say(server, ":irc.test 401 alice nobody :No such nick");
	fake_expect(core, "failed 3 GW_NO_SUCH *");
	end();
}

/* A server that never answers PING, and too many requests. */
static void test_no_answer(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < LIMIT_REQUESTS + 5; i++)
		ops->invite(room, fake_request(s), "erin", NULL);
	fake_run(core, 10);
	assert_int_equal(fake_count(core, "failed * GW_BUSY *"), 5);
	fake_run(core, 30000);
	assert_int_equal(
		fake_count(core, "failed * GW_UNREACHABLE *"), LIMIT_REQUESTS);
	irc_say(server, ":irc.test PONG irc.test :cw-5");
	irc_say(server, ":irc.test PONG irc.test :cw-");
	irc_say(server, ":irc.test PONG irc.test :cw-99999999999999999999");
	irc_say(server, ":irc.test PONG");
	fake_run(core, 10);
	end();
}

/* --- Messages and broken links -------------------------------------------- */

/* The link breaks: these requests, "1 3", and no others may not have
 * arrived. */
static void check_doubt(const char *wanted)
{
	char found[64] = "";

	irc_hang_up(server);
	fake_run(core, 10);
	for (unsigned i = 1; i < 10; i++) {
		char pattern[64];

		(void)text_format(pattern, sizeof(pattern),
			"failed %u GW_LOST *may not have arrived.", i);
		if (fake_count(core, pattern) > 0)
			(void)text_format(found + strlen(found),
				sizeof(found) - strlen(found), "%s%u",
				found[0] != '\0' ? " " : "", i);
	}
	assert_string_equal(found, wanted);
	assert_int_equal(fake_count(core, "closed *"), 1);
	end();
}

static void test_doubt(void **state)
{
	(void)state;
	begin();
	fake_send(s, "bob", "one");
	fake_send_room(room, "two\nand three");
	fake_run(core, 1000);
	check_doubt("1 2");
}

/* Half a minute of nothing but the server's silence. */
static void test_doubt_of_a_dead_link(void **state)
{
	(void)state;
	begin();
	fake_send(s, "bob", "one");
	irc_hear(server, "PRIVMSG bob :one");
	irc_hear(server, "PING *");
	fake_send(s, "bob", "two");
	fake_wait(core, "failed 1 GW_LOST *may not have arrived.", 70000);
	fake_expect(core, "failed 2 GW_LOST *may not have arrived.");
	fake_expect(core, "closed *");
	end();
}

/* An answer proves all that was sent before, and nothing else. */
static void test_proof(void **state)
{
	(void)state;
	begin();
	fake_send(s, "bob", "one");
	irc_hear(server, "PRIVMSG bob :one");
	ops->set_subject(room, fake_request(s), "news");
	irc_hear(server, "TOPIC *");
	fake_send(s, "bob", "three");
	irc_answer_ping(server);
	fake_expect(core, "accepted 2");
	check_doubt("3");
}

static void test_proof_by_refusal(void **state)
{
	(void)state;
	begin();
	fake_send(s, "bob", "one");
	ops->lookup(s, fake_request(s), GW_PROFILE, "zoe");
	fake_send(s, "bob", "three");
	irc_say(server, ":irc.test 401 alice zoe :No such nick");
	fake_expect(core, "failed 2 GW_NO_SUCH *");
	check_doubt("3");
}

/* Nothing else is sent: a PING asks, once. */
static void test_proof_is_asked_for(void **state)
{
	(void)state;
	begin();
	fake_send(s, "bob", "one");
	irc_hear(server, "PRIVMSG bob :one");
	irc_hear_nothing(server, 2500);
	irc_answer_ping(server);
	fake_run(core, 60000);
	check_doubt("");
}

/* Many lines wait: the PING is no use to them. */
static void test_proof_waits(void **state)
{
	(void)state;
	core = irc_core_new(&server, "flood = { burst = 2; rate = 0.5; };", "");
	ops = fake_core_gw(core)->ops;
	s = irc_log_in(core, server, NULL);
	fake_run(core, 10000);
	for (int i = 0; i < 12; i++)
		fake_send(s, "bob", "x");
	fake_run(core, 18000);
	for (int i = 0; i < 11; i++)
		irc_hear(server, "PRIVMSG bob :x");
	irc_hear_later(server, "PING *");
	end();
}

/* A line for the server is answered by what it says next. */
static void test_proof_of_own_lines(void **state)
{
	(void)state;
	begin();
	fake_send(s, "bob", "one");
	ops->slash(s, fake_request(s), NULL, NULL, "quote WHO bob");
	irc_hear_later(server, "WHO bob");
	irc_say(server, ":irc.test 315 alice bob :End");
	fake_run(core, 10);
	ops->slash(s, fake_request(s), NULL, NULL, "quote TIME");
	check_doubt("1 3");
	begin();
	ops->slash(s, fake_request(s), NULL, NULL, "quote QUIT");
	irc_hear(server, "QUIT");
	irc_say(server, "ERROR :Closing Link: (Quit: )");
	fake_expect(core, "closed *");
	assert_int_equal(fake_count(core, "failed *"), 0);
	end();
}

/* --- Typed commands ------------------------------------------------------ */

static gw_request type(struct gw_room *where, const char *line)
{
	gw_request request = fake_request(s);

	ops->slash(s, request, where, NULL, line);
	return request;
}

static void test_slash_lines(void **state)
{
	static const struct {
		const char *typed, *line;
		bool is_change; /* PING follows */
	} rows[] = {
		{ "kick dave", "KICK #a dave", true },
		{ "KICK  dave  go away", "KICK #a dave :go away", true },
		{ "kick #b dave go", "KICK #b dave :go", true },
		{ "topic new one", "TOPIC #a :new one", true },
		{ "topic #b new one", "TOPIC #b :new one", true },
		{ "topic", "TOPIC #a", false },
		{ "nick al", "NICK al", true },
		{ "op dave carol", "MODE #a +oo dave carol", true },
		{ "deop dave", "MODE #a -o dave", true },
		{ "voice dave", "MODE #a +v dave", true },
		{ "devoice carol", "MODE #a -v carol", true },
		{ "ban dave", "MODE #a +b dave!\\*@\\*", true },
		{ "ban bob", "MODE #a +b \\*!\\*@b.test", true },
		{ "ban *!*@x.test", "MODE #a +b \\*!\\*@x.test", true },
		{ "unban *!*@x.test", "MODE #a -b \\*!\\*@x.test", true },
		{ "ban", "MODE #a +b", false },
		{ "mode", "MODE #a", false },
		{ "mode +nt-k key", "MODE #a +nt-k key", true },
		{ "mode #b +o dave", "MODE #b +o dave", true },
		{ "invite erin", "INVITE erin #a", true },
		{ "names", "NAMES #a", false },
		{ "names #b", "NAMES #b", false },
		{ "whois bob", "WHOIS bob bob", false },
		{ "me waves at #b", "PRIVMSG #a :\001ACTION waves at #b\001",
			false },
		{ "msg bob hi  there", "PRIVMSG bob :hi  there", false },
		{ "query #b hi", "PRIVMSG #b :hi", false },
		{ "notice bob hi", "NOTICE bob :hi", false },
		{ "raw LINKS", "LINKS", false },
		{ "quote PRIVMSG x :y", "PRIVMSG x :y", false },
		{ "away gone", "AWAY :gone", false },
		{ "away", "AWAY", false },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(rows); i++) {
		type(room, rows[i].typed);
		irc_hear(server, rows[i].line);
		if (rows[i].is_change)
			irc_answer_ping(server);
		irc_hear_nothing(server, 0);
	}
	end();
}

/* "+m" is a channel where there are such, but not of /mode. */
static void test_slash_plus(void **state)
{
	(void)state;
	begin();
	irc_say(server, ":irc.test 005 alice CHANTYPES=#+ :are supported");
	fake_run(core, 10);
	type(room, "mode +m");
	irc_hear(server, "MODE #a +m");
	irc_answer_ping(server);
	type(room, "topic +b tea");
	irc_hear(server, "TOPIC +b :tea");
	irc_answer_ping(server);
	end();
}

/* A private message, however it is written, is one to the core as well: it
 * keeps the chat. */
static void test_slash_says(void **state)
{
	static const struct {
		const char *typed, *line, *told;
	} rows[] = {
		{ "msg bob hi  there", "PRIVMSG bob :hi  there",
			"message alice: hi  there *own* to=bob" },
		{ "query bob /me waves", "PRIVMSG bob :\001ACTION waves\001",
			"message alice: /me waves *own* to=bob" },
		{ "notice bob hi", "NOTICE bob :hi",
			"message alice: hi *own* to=bob" },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(rows); i++) {
		type(room, rows[i].typed);
		irc_hear(server, rows[i].line);
		fake_expect(core, "accepted *");
		fake_expect(core, rows[i].told);
	}
	/* What goes to a channel is heard there; what fails was not said. */
	type(room, "msg #a hi");
	irc_hear(server, "PRIVMSG #a :hi");
	type(room, "msg :b hi");
	fake_run(core, 10);
	assert_int_equal(fake_count(core, "message *"), COUNT(rows));
	end();
}

static void test_slash_answers(void **state)
{
	static const struct {
		const char *typed;
		const char *lines[5];
		const char *answer;
	} rows[] = {
		{ "topic", { "332 alice #a :the topic" },
			"accepted * the topic" },
		{ "topic", { "331 alice #a :No topic is set" },
			"accepted * There is no topic." },
		{ "mode", { "324 alice #a +nt" }, "accepted * #a +nt" },
		{ "names",
			{ "353 alice = #a :alice @bob", "353 alice = #a :carol",
				"366 alice #a :End" },
			"accepted * alice @bob carol" },
		{ "ban",
			{ "367 alice #a *!*@x bob!b@b 1600000000",
				"367 alice #a *!*@y bob!b@b 1600000000",
				"368 alice #a :End" },
			"accepted * \\*!\\*@x: bob!b@b\\\\n\\*!\\*@y: "
			"bob!b@b" },
		{ "ban", { "368 alice #a :End" },
			"accepted * Nobody is banned." },
		{ "whois bob",
			{ "311 alice bob b b.test * :Robert",
				"317 alice bob 42 1600000000 :seconds idle",
				"318 alice bob :End" },
			"accepted * nick: bob\\\\nuser: b\\\\n*realname: "
			"Robert\\\\nidle seconds: 42" },
		{ "whois bob",
			{ "401 alice bob :No such nick", "318 alice bob :End" },
			"failed * GW_NO_SUCH No such nick" },
		{ "whois bob", { "402 alice bob :No such server" },
			"failed * GW_NO_SUCH There is nobody with this nick." },
		{ "topic", { "442 alice #a :You're not on that channel" },
			"failed * GW_NOT_ACCEPTABLE *" },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(rows); i++) {
		type(room, rows[i].typed);
		irc_hear(server, "*");
		for (size_t k = 0; k < 5 && rows[i].lines[k]; k++)
			irc_say(server, ":irc.test %s", rows[i].lines[k]);
		fake_expect(core, rows[i].answer);
		fake_run(core, 10);
		fake_clear(core);
	}
	end();
}

/* The words tell what they are about. */
static void test_slash_refused(void **state)
{
	static const struct {
		const char *typed, *line, *answer;
	} rows[] = {
		{ "mode +m", "472 alice m :is unknown mode char for #a",
			"failed * m is unknown mode char for #a" },
		{ "invite bob", "443 alice bob #a :is already on channel",
			"failed * GW_CONFLICT bob is already on channel" },
		{ "kick dave", "441 alice dave #a :They aren't there",
			"failed * GW_NO_SUCH They aren't there" },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(rows); i++) {
		type(room, rows[i].typed);
		irc_hear(server, "*");
		irc_say(server, ":irc.test %s", rows[i].line);
		fake_expect(core, rows[i].answer);
		irc_answer_ping(server);
	}
	end();
}

static void test_slash_wrong(void **state)
{
	static const struct {
		const char *typed;
		bool in_room;
		const char *answer;
	} rows[] = {
		{ "frobnicate", true, "*no command /frobnicate*" },
		{ "", true, "*no command /*" },
		{ "kick", true, "Usage: /kick nick*" },
		{ "kick dave", false, "This is about a channel: *" },
		{ "topic", false, "* as in /topic #channel." },
		{ "me", false, "Usage: *" },
		{ "msg bob", true, "Usage: /msg*" },
		{ "nick", true, "Usage: *" },
		{ "whois", true, "Usage: *" },
		{ "me", true, "Usage: *" },
		{ "me waves", false, "This is about a channel: *" },
		{ "raw", true, "Usage: *" },
		{ "raw a\nb", true,
			"A command is one line. Send its lines one by one." },
		{ "join #b", true, "Your client *" },
		{ "quit", true, "Your client *" },
		{ "nick two words", true, "The network does not take*" },
		{ "ban a b c", true, "This is neither*" },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char pattern[128];
		gw_request request =
			type(rows[i].in_room ? room : NULL, rows[i].typed);

		(void)text_format(pattern, sizeof(pattern),
			"failed %u GW_NOT_ACCEPTABLE %s", (unsigned)request,
			rows[i].answer);
		fake_expect(core, pattern);
	}
	irc_hear_nothing(server, 10);
	type(NULL, "help");
	fake_expect(core, "accepted * /away*\\\\n/ban*/whois*");
	type(NULL, "kick #a dave");
	irc_hear(server, "KICK #a dave");
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whois),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_whois_without_end),
		cmocka_unit_test(test_whois_nobody),
		cmocka_unit_test(test_two_whois),
		cmocka_unit_test(test_ctcp),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_long_list),
		cmocka_unit_test(test_bans),
		cmocka_unit_test(test_moderate),
		cmocka_unit_test(test_ban_of_neighbours),
		cmocka_unit_test(test_refused_twice),
		cmocka_unit_test(test_moderate_at_once),
		cmocka_unit_test(test_moderated_roles),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_subject),
		cmocka_unit_test(test_nick),
		cmocka_unit_test(test_configure),
		cmocka_unit_test(test_invite),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_doubt_of_a_dead_link),
		cmocka_unit_test(test_proof),
		cmocka_unit_test(test_proof_by_refusal),
		cmocka_unit_test(test_proof_is_asked_for),
		cmocka_unit_test(test_proof_waits),
		cmocka_unit_test(test_proof_of_own_lines),
		cmocka_unit_test(test_slash_lines),
		cmocka_unit_test(test_slash_plus),
		cmocka_unit_test(test_slash_says),
		cmocka_unit_test(test_slash_answers),
		cmocka_unit_test(test_slash_refused),
		cmocka_unit_test(test_slash_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
