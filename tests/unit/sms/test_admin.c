/*
 * What administrators see of the links and the queues, and do about them.
 */
#include "sms/fake_carrier.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"

#define OWN  "+15551230000"
#define PEER "+15557770000"

static struct gw_session *alice;
static struct str answer;

static int set_up(void **state)
{
	(void)state;
	carriers_reset();
	core = fake_core_new(&gateway_sms,
		"country = \"US\"; assign = ( { number = \"" OWN
		"\"; mode = \"a2p\"; users = ( \"user@example.test\" ); } ); "
		"backends = ( { kind = \"fake\"; name = \"main\"; numbers = "
		"( \"" OWN "\" ); } );");
	alice = fake_session(core, OWN);
	fake_open(alice);
	fake_expect(core, "online *");
	answer = (struct str){ .max = 64 * KIB };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_core_free(&core);
	str_finish(&answer);
	return 0;
}

static int run(const char *name, const char *a, const char *b, const char *c)
{
	const struct gw_command *list = gateway_sms.admin_commands;
	const char *const values[] = { a, b, c };
	size_t i = 0;
	while (strcmp(list[i].name, name) != 0)
		assert_non_null(list[++i].name);
	str_reset(&answer);
	int ret =
		gateway_sms.administer(fake_core_gw(core), i, values, &answer);
	fake_run(core, 0);
	return ret;
}

static void says(const char *text)
{
	assert_string_equal(str_text(&answer), text);
}

static void contains(const char *text)
{
	if (strstr(str_text(&answer), text) == NULL)
		fail_msg("not in: %s", str_text(&answer));
}

static gw_request text(const char *to, const char *words)
{
	return sent_text(alice, to, words);
}

static void the_links(void **state)
{
	(void)state;
	assert_int_equal(run("backends", NULL, NULL, NULL), 0);
	says("main (fake): down");
	carrier_goes("main", CARRIER_UP);
	text(PEER, "x");
	carrier_rejects("main", SMS_PERM, "bad\xff");
	assert_int_equal(run("backends", NULL, NULL, NULL), 0);
	contains("main (fake): up\n  last refusal, ");
	contains("Z: refused, bad\xef\xbf\xbd");
}

static void connecting_anew(void **state)
{
	(void)state;
	assert_int_equal(run("reconnect", "none", NULL, NULL), -1);
	contains("no backend of that name");
	assert_int_equal(run("reconnect", "main", NULL, NULL), 0);
	EXPECT_LINE("reconnect main");
}

static void the_queues(void **state)
{
	(void)state;
	run("queues", NULL, NULL, NULL);
	says("main: 0 texts");
	text(PEER, "one");
	text(PEER, "two");
	fake_run(core, 61000);
	text("+15557770001", "three");
	run("queues", NULL, NULL, NULL);
	says("main: 3 texts, the oldest 0:01:01\n" OWN " to " PEER
	     ": 2, the oldest 0:01:01, waits\n" OWN
	     " to +15557770001: 1, the oldest 0:00:00, waits");
	carrier_goes("main", CARRIER_UP);
	run("queues", NULL, NULL, NULL);
	contains(PEER ": 2, the oldest 0:01:01, under way by main\n");
}

static void another_try(void **state)
{
	(void)state;
	carrier_goes("main", CARRIER_UP);
	text(PEER, "one");
	EXPECT_LINE("submit main " OWN " > " PEER ": one");
	carrier_rejects("main", SMS_RETRY, NULL);
	EXPECT_NO_LINE();
	run("queues", NULL, NULL, NULL);
	contains(", again in 2 s; The telephone network");
	run("retry", "+15550000000", NULL, NULL);
	says("0 texts are tried again.");
	EXPECT_NO_LINE();
	assert_int_equal(run("retry", "?", NULL, NULL), -1);
	run("retry", NULL, NULL, NULL);
	says("1 texts are tried again.");
	EXPECT_LINE("submit main " OWN " > " PEER ": one");
}

static void giving_up(void **state)
{
	(void)state;
	gw_request one = text(PEER, "one"), two = text(PEER, "two");
	gw_request other = text("+15557770001", "other");
	run("drop", PEER, NULL, NULL);
	says("2 texts were given up.");
	heard("failed", one, " GW_NOT_ALLOWED *given up*");
	heard("failed", two, " GW_NOT_ALLOWED *given up*");
	run("queues", NULL, NULL, NULL);
	contains("main: 1 texts");
	carrier_goes("main", CARRIER_UP);
	EXPECT_LINE("submit main " OWN " > +15557770001: other");
	/* What is under way stays. */
	gw_request late = text("+15557770001", "late");
	run("drop", "+15557770001", NULL, NULL);
	says("1 texts were given up.");
	heard("failed", late, " GW_NOT_ALLOWED *");
	carrier_accepts("main", "a");
	heard("accepted", other, "");
	text("+15557770001", "again");
	EXPECT_LINE("submit main " OWN " > +15557770001: again");
}

static void one_that_was_refused_for_a_while(void **state)
{
	(void)state;
	carrier_goes("main", CARRIER_UP);
	gw_request r = text(PEER, "one");
	EXPECT_LINE("submit main " OWN " > " PEER ": one");
	carrier_rejects("main", SMS_RETRY, NULL);
	text(PEER, "two");
	run("drop", PEER, NULL, NULL);
	heard("failed", r, " GW_NOT_ALLOWED *");
	fake_run(core, 600000);
	EXPECT_NO_LINE();
	text(PEER, "three");
	EXPECT_LINE("submit main " OWN " > " PEER ": three");
}

static void who_wants_no_texts(void **state)
{
	(void)state;
	carrier_goes("main", CARRIER_UP);
	run("optouts", NULL, NULL, NULL);
	says("Nobody has sent STOP.");
	assert_int_equal(run("optout", OWN, "(555) 777-0000", "1"), 0);
	says("Nothing is sent from " OWN " to " PEER " any more.");
	heard("failed", text(PEER, "x"), " GW_POLICY *");
	run("optouts", NULL, NULL, NULL);
	contains(PEER ": nothing from " OWN ", since 2");
	assert_int_equal(run("optout", OWN, "?", "1"), -1);
	assert_true(answer.len > 0);
	assert_int_equal(run("optout", OWN, PEER, "0"), 0);
	text(PEER, "x");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
}

/* STOP comes while a text waits for a link. */
static void stop_for_what_waits(void **state)
{
	(void)state;
	gw_request r = text(PEER, "x");
	EXPECT_NO_LINE();
	run("optout", OWN, PEER, "1");
	carrier_goes("main", CARRIER_UP);
	heard("failed", r, " GW_POLICY *STOP*");
	EXPECT_NO_LINE();
	run("optout", OWN, PEER, "0");
	text(PEER, "y");
	EXPECT_LINE("submit main " OWN " > " PEER ": y");
}

/* As if it had been sent here. */
static void stop_at_the_provider(void **state)
{
	(void)state;
	carrier_goes("main", CARRIER_UP);
	gw_request r = text(PEER, "x");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	carrier_rejects("main", SMS_STOPPED, "unsubscribed");
	heard("failed", r, " GW_POLICY *STOP*unsubscribed*");
	heard("failed", text(PEER, "y"), " GW_POLICY *START*");
	EXPECT_NO_LINE();
	run("optouts", NULL, NULL, NULL);
	contains(PEER ": nothing from " OWN);
	carrier_brings("main", 1, PEER, OWN, "START", NULL);
	EXPECT_LINE("submit main " OWN " > " PEER ": You get texts from this "
		    "number again. Send STOP to end them.");
}

/* The provider accepts it, and says so later. */
static void stop_in_a_report(void **state)
{
	(void)state;
	carrier_goes("main", CARRIER_UP);
	gw_request r = text(PEER, "x");
	carrier_accepts("main", "a");
	heard("accepted", r, "");
	struct fake_carrier *c = carrier("main");
	const struct carrier_report report = {
		.id = "a", .state = SMS_UNDELIVERABLE, .class = SMS_STOPPED
	};
	c->setup.events->report(c->setup.arg, &report);
	heard("failed", r, " GW_POLICY *STOP*");
	run("optouts", NULL, NULL, NULL);
	contains(PEER ": nothing from " OWN);
}

int main(void)
{
#define ONE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ONE(the_links),
		ONE(connecting_anew),
		ONE(the_queues),
		ONE(another_try),
		ONE(giving_up),
		ONE(one_that_was_refused_for_a_while),
		ONE(who_wants_no_texts),
		ONE(stop_for_what_waits),
		ONE(stop_at_the_provider),
		ONE(stop_in_a_report),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
