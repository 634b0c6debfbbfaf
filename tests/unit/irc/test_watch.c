/*
 * Presence of contacts: MONITOR, WATCH, ISON, and what channels show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/utf8.h"
#include "irc/irc_server.h"

#define POLL_MS 60000

static struct fake_core *core;
static struct irc_server *server;
static struct gw_session *s;
static const struct gateway_ops *ops;

static void begin(const char *isupport)
{
	core = irc_core_new(&server, "", "");
	ops = fake_core_gw(core)->ops;
	s = irc_log_in(core, server, isupport);
	fake_clear(core);
}

static void end(void)
{
	irc_server_free(&server);
	fake_core_free(&core);
}

static void watch_many(unsigned from, unsigned to)
{
	char name[16];

	for (unsigned i = from; i < to; i++) {
		(void)text_format(name, sizeof(name), "friend%03u", i);
		ops->watch(s, name, true);
	}
}

/* --- MONITOR ------------------------------------------------------------- */

static void test_monitor(void **state)
{
	(void)state;
	begin("MONITOR=100");
	ops->watch(s, "bob", true);
	ops->watch(s, "carol", true);
	ops->watch(s, "BOB", true); /* the same person */
	irc_hear(server, "MONITOR + bob,carol");
	irc_say(server, ":irc.test 730 alice :Bob!b@b.test");
	irc_say(server, ":irc.test 731 alice :carol");
	fake_expect(core, "presence bob available");
	assert_int_equal(fake_count(core, "presence*"), 1);
	/* Nothing new is not told. */
	irc_say(server, ":irc.test 730 alice :bob!b@b.test,Carol!c@c.test");
	fake_expect(core, "presence carol available");
	irc_say(server, ":irc.test 731 alice :bob,carol");
	fake_expect(core, "presence bob offline");
	fake_expect(core, "presence carol offline");
	assert_int_equal(fake_count(core, "presence*"), 4);
	ops->watch(s, "carol", false);
	irc_hear(server, "MONITOR - carol");
	irc_say(server, ":irc.test 730 alice :carol!c@c.test");
	irc_hear_nothing(server, POLL_MS + 5000);
	assert_int_equal(fake_count(core, "presence*"), 4);
	assert_int_equal(fake_count(core, "notice*"), 0);
	end();
}

static void test_monitor_in_chunks(void **state)
{
	const char *line;

	(void)state;
	begin("MONITOR=100 TARGMAX=MONITOR:25");
	watch_many(0, 60);
	for (int i = 0; i < 2; i++) {
		line = irc_hear(server, "MONITOR + friend*");
		assert_in_range(strlen(line), 25 * 10, 400);
	}
	irc_hear(server, "MONITOR + friend050,*,friend059");
	irc_hear_nothing(server, POLL_MS / 2);
	end();
}

/* The line limit, where the server names no other. */
static void test_monitor_in_lines(void **state)
{
	(void)state;
	begin("MONITOR");
	watch_many(0, 60);
	for (int i = 0; i < 2; i++) {
		const char *line = irc_hear(server, "MONITOR + friend*");

		assert_in_range(strlen(line), 100, 400);
	}
	end();
}

/* Those for whom there is no room are polled. */
static void test_monitor_full(void **state)
{
	(void)state;
	begin("MONITOR=2");
	watch_many(0, 3);
	irc_hear(server, "MONITOR + friend000,friend001");
	irc_hear(server, "ISON friend002");
	irc_say(server, ":irc.test 303 alice :Friend002");
	fake_expect(core, "presence friend002 available");
	irc_say(server,
		":irc.test 734 alice 2 friend001 :Monitor list is full");
	irc_hear(server, "ISON friend001");
	irc_say(server, ":irc.test 303 alice :");
	fake_run(core, POLL_MS + 2000);
	irc_hear_later(server, "ISON friend001 friend002");
	irc_say(server, ":irc.test 303 alice :friend001 ");
	fake_expect(core, "presence friend001 available");
	fake_expect(core, "presence friend002 offline");
	assert_int_equal(fake_count(core, "notice*"), 0);
	end();
}

/* A place that gets free is for the first of those who are polled. */
static void test_monitor_gap(void **state)
{
	(void)state;
	begin("MONITOR=2");
	watch_many(0, 4);
	irc_hear(server, "MONITOR + friend000,friend001");
	irc_hear(server, "ISON friend002 friend003");
	irc_say(server, ":irc.test 303 alice :friend002");
	fake_expect(core, "presence friend002 available");
	ops->watch(s, "friend003", false); /* he had no place */
	irc_hear_nothing(server, POLL_MS / 4);
	ops->watch(s, "friend000", false);
	irc_hear(server, "MONITOR - friend000");
	irc_hear(server, "MONITOR + friend002");
	irc_say(server, ":irc.test 731 alice :friend002");
	fake_expect(core, "presence friend002 offline");
	irc_hear_nothing(server, POLL_MS + 5000);
	ops->watch(s, "friend001", false);
	irc_hear(server, "MONITOR - friend001");
	irc_hear_nothing(server, POLL_MS / 4);
	/* While the question for him is under way. */
	watch_many(10, 12);
	irc_hear(server, "MONITOR + friend010");
	irc_hear(server, "ISON friend011");
	ops->watch(s, "friend002", false);
	irc_hear(server, "MONITOR - friend002");
	irc_hear(server, "MONITOR + friend011");
	irc_say(server, ":irc.test 730 alice :friend011!u@h");
	irc_say(server, ":irc.test 303 alice :");
	fake_expect(core, "presence friend011 available");
	fake_expect_none(core, "presence*", 1000);
	/* The server's list is shorter than it said: polled, not again. */
	irc_say(server, ":irc.test 734 alice 1 friend011 :List is full");
	irc_hear(server, "ISON friend011");
	irc_say(server, ":irc.test 303 alice :friend011");
	irc_hear_nothing(server, POLL_MS / 2);
	end();
}

/* --- WATCH --------------------------------------------------------------- */

static void test_watch(void **state)
{
	(void)state;
	begin("WATCH=128");
	ops->watch(s, "bob", true);
	ops->watch(s, "carol", true);
	irc_hear(server, "WATCH +bob +carol");
	irc_say(server, ":irc.test 604 alice bob b b.test 0 :is online");
	irc_say(server, ":irc.test 605 alice carol * * 0 :is offline");
	fake_expect(core, "presence bob available");
	irc_say(server, ":irc.test 600 alice carol c c.test 9 :logged online");
	irc_say(server, ":irc.test 601 alice bob b b.test 9 :logged offline");
	fake_expect(core, "presence carol available");
	fake_expect(core, "presence bob offline");
	ops->watch(s, "bob", false);
	irc_hear(server, "WATCH -bob");
	irc_say(server, ":irc.test 602 alice bob b b.test 9 :stopped");
	assert_int_equal(fake_count(core, "notice*"), 0);
	end();
}

/* --- ISON ---------------------------------------------------------------- */

static void test_ison(void **state)
{
	(void)state;
	begin(NULL);
	ops->watch(s, "bob", true);
	ops->watch(s, "carol", true);
	irc_hear(server, "ISON bob carol");
	irc_say(server, ":irc.test 303 alice :bob");
	fake_expect(core, "presence bob available");
	fake_run(core, POLL_MS + 2000);
	irc_hear_later(server, "ISON bob carol");
	irc_say(server, ":irc.test 303 alice :carol");
	fake_expect(core, "presence carol available");
	fake_expect(core, "presence bob offline");
	fake_run(core, POLL_MS + 2000);
	irc_hear_later(server, "ISON bob carol");
	/* An answer that does not come delays the next round only. */
	fake_run(core, POLL_MS + 2000);
	irc_hear_later(server, "ISON bob carol");
	irc_say(server, ":irc.test 303 alice :carol");
	assert_int_equal(fake_count(core, "presence*"), 3);
	ops->watch(s, "bob", false);
	ops->watch(s, "carol", false);
	irc_hear_nothing(server, POLL_MS + 5000);
	assert_int_equal(fake_count(core, "notice*"), 0);
	end();
}

/* Whoever is seen in a channel is not asked for. */
static void test_ison_is_not_needed(void **state)
{
	(void)state;
	begin(NULL);
	irc_enter(core, server, s, "#a", "bob");
	ops->watch(s, "bob", true);
	ops->watch(s, "carol", true);
	fake_expect(core, "presence bob available");
	irc_hear(server, "ISON bob carol");
	irc_say(server, ":irc.test 303 alice :bob");
	fake_run(core, POLL_MS + 2000);
	irc_hear_later(server, "ISON carol");
	end();
}

/* The user's own question gets its answer. */
static void test_ison_of_the_user(void **state)
{
	(void)state;
	begin(NULL);
	irc_say(server, ":irc.test 303 alice :bob");
	irc_say(server, ":irc.test 731 alice :bob");
	fake_expect(core, "notice*bob");
	assert_int_equal(fake_count(core, "presence*"), 0);
	end();
}

/* --- Channels and messages ----------------------------------------------- */

static void test_channels(void **state)
{
	(void)state;
	begin("MONITOR=100");
	irc_enter(core, server, s, "#a", "Bob");
	ops->watch(s, "bob", true);
	fake_expect(core, "presence bob available");
	irc_hear(server, "MONITOR + bob");
	irc_say(server, ":Bob!b@b.test AWAY :lunch");
	fake_expect(core, "presence bob away lunch");
	irc_say(server, ":Bob!b@b.test AWAY");
	fake_expect(core, "presence bob available");
	irc_say(server, ":Bob!b@b.test NICK bOB");
	irc_say(server, ":bOB!b@b.test NICK robert");
	fake_expect(core, "presence bob offline");
	irc_say(server, ":robert!b@b.test NICK bob");
	fake_expect(core, "presence bob available");
	irc_say(server, ":bob!b@b.test QUIT :bye");
	fake_expect(core, "presence bob offline");
	irc_say(server, ":bob!b@b.test JOIN #a");
	fake_expect(core, "presence bob available");
	irc_say(server, ":bob!b@b.test PART #a"); /* may still be there */
	assert_int_equal(fake_count(core, "presence*"), 7);
	end();
}

static void test_messages(void **state)
{
	(void)state;
	begin("MONITOR=100");
	ops->watch(s, "bob", true);
	irc_hear(server, "MONITOR + bob");
	irc_say(server, ":bob!b@b.test PRIVMSG alice :hi");
	fake_expect(core, "presence bob available");
	irc_say(server, ":irc.test 301 alice bob :lunch");
	fake_expect(core, "presence bob away lunch");
	irc_say(server, ":irc.test 401 alice bob :No such nick");
	fake_expect(core, "presence bob offline");
	end();
}

/* --- Limits -------------------------------------------------------------- */

static void test_names_that_are_none(void **state)
{
	static const char *const names[] = { "", " ", "a b", "a,b", ":a",
		"a\r\nQUIT", "#chan", "a!b@c", NULL };
	char longest[400];

	(void)state;
	begin("MONITOR=100 NICKLEN=500");
	for (size_t i = 0; names[i] != NULL; i++)
		ops->watch(s, names[i], true);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ops->watch(s, longest, true);
	irc_hear_nothing(server, POLL_MS / 2);
	end();
}

/* Messages of the user go first. */
static void test_paced(void **state)
{
	struct gw_outgoing m = {
		.kind = GW_PERSON, .to = "dave", .text = "hello"
	};

	(void)state;
	core = irc_core_new(&server, "", "flood = { burst = 4; rate = 1.0; };");
	ops = fake_core_gw(core)->ops;
	s = irc_log_in(core, server, "MONITOR");
	watch_many(0, 200);
	irc_hear(server, "MONITOR *");
	m.request = fake_request(s);
	ops->send(s, &m);
	irc_hear_later(server, "PRIVMSG dave :hello");
	fake_run(core, 60000);
	irc_hear_later(server, "MONITOR + *,friend199");
	end();
}

static void test_case_mapping_changes(void **state)
{
	(void)state;
	begin("MONITOR=100 CASEMAPPING=ascii");
	ops->watch(s, "a[b]", true);
	ops->watch(s, "a{b}", true);
	irc_hear(server, "MONITOR + a[[]b[]],a{b}");
	irc_say(server, ":irc.test 005 alice CASEMAPPING=rfc1459 :are");
	irc_say(server, ":irc.test 730 alice :a{b}!x@y");
	fake_expect(core, "presence a[[]b[]] available");
	assert_int_equal(fake_count(core, "presence*"), 1);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_monitor),
		cmocka_unit_test(test_monitor_in_chunks),
		cmocka_unit_test(test_monitor_in_lines),
		cmocka_unit_test(test_monitor_full),
		cmocka_unit_test(test_monitor_gap),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_ison),
		cmocka_unit_test(test_ison_is_not_needed),
		cmocka_unit_test(test_ison_of_the_user),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_names_that_are_none),
		cmocka_unit_test(test_paced),
		cmocka_unit_test(test_case_mapping_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
