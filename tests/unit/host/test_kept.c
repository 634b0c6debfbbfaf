/*
 * gw_keep(), gw_recall(), gw_forget(), and the same of what is the gateway's
 * own: from a gateway to the store and back.
 */
#include "host/host_fixture.h"

static void net_kept(struct gw_session *s, uint64_t token, bool ok)
{
	note("kept %s %d %s", s->account, (int)token, ok ? "ok" : "failed");
}

static void net_recalled(struct gw_session *s, uint64_t token, const char *name,
	const void *data, size_t len, bool ok)
{
	note("recalled %s %d %s %.*s %s", s->account, (int)token, or_dash(name),
		(int)len, data != NULL ? (const char *)data : "",
		ok ? "ok" : "failed");
}

static void net_own_kept(struct gw *gw, uint64_t token, bool ok)
{
	note("own kept %s %d %s", gw->jid, (int)token, ok ? "ok" : "failed");
}

static void net_own_recalled(struct gw *gw, uint64_t token, const char *name,
	const void *data, size_t len, bool ok)
{
	(void)gw;
	note("own recalled %d %s %.*s %s", (int)token, or_dash(name), (int)len,
		data != NULL ? (const char *)data : "", ok ? "ok" : "failed");
}

static int setup_kept(void **state)
{
	(void)state;
	begin();
	net_ops.kept = net_kept;
	net_ops.recalled = net_recalled;
	net_ops.own_kept = net_own_kept;
	net_ops.own_recalled = net_own_recalled;
	configure("", "");
	start_host();
	be_online();
	return 0;
}

static void keep(const char *name, const char *text, int days, uint64_t token)
{
	const struct gw_kept item = { .name = name,
		.data = text,
		.len = text != NULL ? strlen(text) : 0,
		.days = days };
	gw_keep(net.session, &item, 1, token);
}

static void keeps_and_recalls(void **state)
{
	(void)state;
	keep("mail/2", "two", 0, 7);
	keep("mail/1", "one", 0, 0);
	gw_recall(net.session, "mail/", 8);
	EXPECT_QUIET();
	settle();
	EXPECT_CALL("kept canyon 7 ok");
	EXPECT_CALL("recalled canyon 8 mail/1 one ok");
	EXPECT_CALL("recalled canyon 8 mail/2 two ok");
	EXPECT_CALL("recalled canyon 8 -  ok");
	keep("mail/1", NULL, 0, 0);
	gw_recall(net.session, "", 9);
	settle();
	EXPECT_CALL("recalled canyon 9 mail/2 two ok");
	EXPECT_CALL("recalled canyon 9 -  ok");
	gw_forget(net.session, "mail/");
	gw_recall(net.session, "", 10);
	settle();
	EXPECT_CALL("recalled canyon 10 -  ok");
}

static void refuses_what_is_too_big(void **state)
{
	char *big = xalloc(LIMIT_KEPT + 2);
	(void)state;
	memset(big, 'x', LIMIT_KEPT + 1);
	keep("big", big, 0, 7);
	settle();
	EXPECT_CALL("kept canyon 7 failed");
	xfree(big);
}

static void survives_a_crash(void **state)
{
	(void)state;
	keep("state", "there", 0, 7);
	settle();
	EXPECT_CALL("kept canyon 7 ok");
	kill_host();
	start_host();
	says("<presence from='" ALICE "' to='" GW "'/>");
	forget();
	gw_recall(net.session, "", 8);
	settle();
	EXPECT_CALL("recalled canyon 8 state there ok");
}

/* A registration that comes to nothing leaves nothing. */
static void forgets_what_a_trial_kept(void **state)
{
	(void)state;
	net.hold_open = true;
	says(REGISTER(ALICE, GW, FIELD("valley", "gorge")));
	EXPECT_CALL("open gorge");
	keep("grant", "secret", 0, 1);
	settle();
	EXPECT_CALL("kept gorge 1 ok");
	gw_closed(net.session, GW_BAD_PASSWORD, "Wrong password.",
		GW_RETRY_NEVER);
	settle();
	EXPECT_AMONG("type='error' id='r1'");
	EXPECT_CALL("close gorge Not registered");
	says(REGISTER(ALICE, GW, FIELD("valley", "gorge")));
	EXPECT_CALL("open gorge");
	gw_recall(net.session, "", 2);
	settle();
	EXPECT_CALL("recalled gorge 2 -  ok");
}

static void forgets_after_days(void **state)
{
	(void)state;
	keep("short", "x", 1, 0);
	keep("long", "y", 30, 0);
	pass(INT64_C(1800) * SECOND);
	clock_advance(2 * INT64_C(86400) * SECOND);
	pass(INT64_C(7) * 3600 * SECOND);
	forget();
	gw_recall(net.session, "", 8);
	settle();
	EXPECT_CALL("recalled canyon 8 long y ok");
	EXPECT_CALL("recalled canyon 8 -  ok");
}

/* What a closed session asked for is done, but nobody is told. */
static void tells_no_closed_session(void **state)
{
	(void)state;
	keep("last", "words", 0, 7);
	gw_recall(net.session, "", 8);
	account_close(account_at(BARE, "canyon"), NULL);
	settle();
	EXPECT_CALL("close canyon -");
	EXPECT_QUIET();
	account_open(account_at(BARE, "canyon"));
	settle();
	forget();
	gw_recall(net.session, "", 9);
	settle();
	EXPECT_CALL("recalled canyon 9 last words ok");
}

static void goes_with_the_account(void **state)
{
	(void)state;
	keep("secret", "x", 0, 0);
	says("<iq from='" ALICE "' to='" VALLEY "' type='set' id='u'>"
	     "<query xmlns='" NS_REGISTER "'><remove/></query></iq>");
	pass(SECOND);
	be_online();
	gw_recall(net.session, "", 8);
	settle();
	EXPECT_CALL("recalled canyon 8 -  ok");
}

#define TEST_KEPT(name) \
	cmocka_unit_test_setup_teardown(name, setup_kept, teardown)

/* What is the gateway's own is nobody's account, and outlives both. */
static void keeps_its_own(void **state)
{
	(void)state;
	struct gw *gw = net.session->gw;
	const struct gw_kept items[] = {
		{ .name = "state", .data = "mine", .len = 4 },
		{ .name = "more", .data = "m", .len = 1, .days = 1 },
	};
	gw_own_keep(gw, items, COUNT(items), 7);
	keep("state", "his", 0, 0);
	EXPECT_QUIET();
	settle();
	EXPECT_CALL("own kept " GW " 7 ok");
	kill_host();
	start_host();
	says("<presence from='" ALICE "' to='" GW "'/>");
	forget();
	gw_own_recall(net.session->gw, "", 8);
	gw_recall(net.session, "", 9);
	settle();
	EXPECT_CALL("own recalled 8 more m ok");
	EXPECT_CALL("own recalled 8 state mine ok");
	EXPECT_CALL("own recalled 8 -  ok");
	EXPECT_CALL("recalled canyon 9 state his ok");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_KEPT(keeps_and_recalls),
		TEST_KEPT(refuses_what_is_too_big),
		TEST_KEPT(survives_a_crash),
		TEST_KEPT(forgets_what_a_trial_kept),
		TEST_KEPT(forgets_after_days),
		TEST_KEPT(tells_no_closed_session),
		TEST_KEPT(goes_with_the_account),
		TEST_KEPT(keeps_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
