/*
 * Messages of users to a network that takes long: stored, given, and what
 * became of them, with crashes at every step.
 */
#include "host/durable_fixture.h"

#include "host/outbox.h"

#define DAY_MS INT64_C(86400000)

static void is_stored_and_given(void **state)
{
	(void)state;
	writes("m1", ANNA, "hello");
	EXPECT_CALL("send anna -: hello");
	assert_true((net.request & OUTBOX_BIT) != 0);
	EXPECT_QUIET();
	/* There is no deadline. */
	pass(3600 * SECOND);
	EXPECT_QUIET();
	tell(net.request, GW_ACCEPTED, NULL);
	EXPECT_QUIET();
	tell(net.request, GW_DELIVERED, NULL);
	EXPECT("from='" ANNA "'", "to='" ALICE "'",
		"<received xmlns='" NS_RECEIPTS "' id='m1'/>");
	tell(net.request, GW_DELIVERED, NULL);
	tell(net.request, GW_ACCEPTED, NULL);
	EXPECT_QUIET();
}

static void keeps_the_order(void **state)
{
	(void)state;
	for (int i = 0; i < 120; i++)
		saysf("<message from='" ALICE "' to='%s' id='m%d'>"
		      "<body>%d</body></message>",
			ANNA, i, i);
	pass(SECOND);
	for (int i = 0; i < 120; i++) {
		char call[64];
		snprintf(call, sizeof(call), "send anna -: %d", i);
		expect_call_at(__FILE__, __LINE__, call);
	}
	EXPECT_QUIET();
}

static void failure_is_an_error(void **state)
{
	(void)state;
	writes("m1", ANNA, "hello");
	tell(net.request, GW_FAILED, "Nobody here.");
	EXPECT("type='error'", "id='m1'", "from='" ANNA "'", "to='" ALICE "'",
		"<item-not-found", "Nobody here.");
	EXPECT_CALL("send anna -: hello");
	EXPECT_QUIET();
	/* He may try the same again. */
	writes("m1", ANNA, "hello");
	EXPECT_CALL("send anna -: hello");
}

/* A client that lost its stream sends again what was not acknowledged. */
static void comes_twice_is_sent_once(void **state)
{
	(void)state;
	writes("m1", ANNA, "hello");
	writes("m1", ANNA, "hello");
	EXPECT_CALL("send anna -: hello");
	EXPECT_QUIET();
	tell(net.request, GW_ACCEPTED, NULL);
	writes("m1", ANNA, "hello");
	EXPECT_QUIET();
	/* To somebody else, or with another text, it is another message. */
	writes("m1", "bert%canyon@" GW, "hello");
	EXPECT_CALL("send bert -: hello");
	writes("m1", ANNA, "bye");
	EXPECT_CALL("send anna -: bye");
	/* ... and so it is after a day. */
	clock_advance(DAY_MS + SECOND);
	writes("m1", ANNA, "hello");
	EXPECT_CALL("send anna -: hello");
	/* One without an id is never the same. */
	says("<message from='" ALICE "' to='" ANNA
	     "'><body>x</body></message>");
	says("<message from='" ALICE "' to='" ANNA
	     "'><body>x</body></message>");
	EXPECT_CALL("send anna -: x");
	EXPECT_CALL("send anna -: x");
	EXPECT_QUIET();
}

static void comes_twice_over_a_restart(void **state)
{
	(void)state;
	writes("m1", ANNA, "hello");
	tell(net.request, GW_ACCEPTED, NULL);
	crash_and_start();
	says("<message from='" BARE "/new' to='" ANNA "' type='chat' id='m1'>"
	     "<body>hello</body>"
	     "<request xmlns='" NS_RECEIPTS "'/></message>");
	EXPECT_CALL("open canyon");
	EXPECT_QUIET();
}

/* --- Restarts ------------------------------------------------------------ */

static void is_given_again(void **state)
{
	(void)state;
	writes("m1", ANNA, "one");
	writes("m2", ANNA, "two");
	gw_request first = net.request - 1;
	EXPECT_CALL("send anna -: one");
	EXPECT_CALL("send anna -: two");
	crash_and_start();
	/* Nobody is online; the account is opened because something waits. */
	EXPECT_CALL("open canyon");
	EXPECT_CALL("send anna -: one again");
	EXPECT_CALL("send anna -: two again");
	tell(first, GW_ACCEPTED, NULL);
	tell(first + 1, GW_FAILED, "No.");
	/* Who is away finds a message. */
	EXPECT("type='error'", "id='m2'", "to='" ALICE "'", "No.");
	EXPECT("type='chat'", "from='" ANNA "'", "to='" BARE "'",
		"Your message &quot;two&quot; could not be delivered: No.");
	/* Nothing waits any more. */
	pass(SECOND);
	EXPECT_CALL("close canyon -");
	EXPECT_QUIET();
	crash_and_start();
	EXPECT_QUIET();
	/* ... but the outcome may still change. */
	says("<presence from='" ALICE "' to='" GW "'/>");
	forget();
	tell(first, GW_FAILED, "It came back.");
	EXPECT("type='error'", "id='m1'", "It came back.");
	EXPECT_QUIET();
}

static void receipts_come_after_a_restart(void **state)
{
	(void)state;
	writes("m1", ANNA, "one");
	gw_request request = net.request;
	tell(request, GW_ACCEPTED, NULL);
	crash_and_start();
	says("<presence from='" ALICE "' to='" GW "'/>");
	forget();
	tell(request, GW_DELIVERED, NULL);
	EXPECT("<received xmlns='" NS_RECEIPTS "' id='m1'/>");
	crash_and_start();
	says("<presence from='" ALICE "' to='" GW "'/>");
	forget();
	tell(request, GW_DELIVERED, NULL);
	EXPECT_QUIET();
	tell(request, GW_DISPLAYED, NULL);
	tell(request, GW_FAILED, "No.");
	EXPECT_QUIET();
}

/* Killed before the store has answered: it is given or it was never there. */
static void crash_while_it_is_stored(void **state)
{
	(void)state;
	assert_int_equal(
		conn_write(server.conn,
			slice_of("<message from='" ALICE "' to='" ANNA
				 "' id='m1'><body>hello</body></message>")),
		0);
	while (asked.next == asked.count)
		loop_settle(loop, 1, NULL);
	EXPECT_CALL("send anna -: hello");
	crash_and_start();
	EXPECT_CALL("open canyon");
	EXPECT_CALL("send anna -: hello again");
}

/* The outcome was told, and the process died before it was recorded. */
static void crash_while_the_outcome_is_recorded(void **state)
{
	(void)state;
	writes("m1", ANNA, "hello");
	gw_request request = net.request;
	EXPECT_CALL("send anna -: hello");
	const struct gw_result result = { .stage = GW_ACCEPTED };
	gw_result(net.session, request, &result);
	crash_and_start();
	EXPECT_CALL("open canyon");
	EXPECT_CALL("send anna -: hello again");
	says("<presence from='" ALICE "' to='" GW "'/>");
	tell(request, GW_ACCEPTED, NULL);
	tell(request, GW_DELIVERED, NULL);
	EXPECT_AMONG("<received xmlns='" NS_RECEIPTS "' id='m1'/>");
}

static void numbers_go_on(void **state)
{
	(void)state;
	writes("m1", ANNA, "one");
	gw_request first = net.request;
	tell(first, GW_FAILED, "No.");
	crash_and_start();
	says("<presence from='" ALICE "' to='" GW "'/>");
	writes("m2", ANNA, "two");
	assert_true(net.request > first);
}

static void expires(void **state)
{
	(void)state;
	writes("m1", ANNA, "one");
	gw_request request = net.request;
	tell(request, GW_ACCEPTED, NULL);
	clock_advance(15 * DAY_MS);
	pass(7 * 3600 * (int64_t)SECOND);
	says("<presence from='" ALICE "' to='" GW "'/>");
	forget();
	tell(request, GW_FAILED, "It came back.");
	EXPECT_QUIET();
}

/* --- The session --------------------------------------------------------- */

static void is_given_while_it_connects(void **state)
{
	(void)state;
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	let_go(BARE, "canyon");
	net.hold_open = true;
	forget();
	writes("m1", ANNA, "hello");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("send anna -: hello");
	gw_closed(net.session, GW_UNREACHABLE, "No line.", GW_RETRY);
	settle();
	/* It does not fail with the link, and is not given twice. */
	pass(600 * SECOND);
	EXPECT_CALL("open canyon");
	gw_online(net.session, "alice");
	pass(SECOND);
	forget();
	tell(net.request, GW_ACCEPTED, NULL);
	tell(net.request, GW_DELIVERED, NULL);
	EXPECT("<received");
}

static void is_given_to_each_session(void **state)
{
	(void)state;
	writes("m1", ANNA, "hello");
	EXPECT_CALL("send anna -: hello");
	account_restart(account_at(BARE, "canyon"));
	settle();
	EXPECT_CALL("close canyon Changing settings");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("send anna -: hello again");
	writes("m2", ANNA, "more");
	EXPECT_CALL("send anna -: more");
}

static void always_is_open(void **state)
{
	(void)state;
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	let_go(BARE, "canyon");
	assert_false(account_is_online(account_at(BARE, "canyon")));
	net_ops.caps |= GW_CAP_ALWAYS;
	crash_and_start();
	assert_true(account_is_online(account_at(BARE, "canyon")));
	pass(3600 * SECOND);
	assert_true(account_is_online(account_at(BARE, "canyon")));
}

static void removal_erases(void **state)
{
	(void)state;
	writes("m1", ANNA, "hello");
	EXPECT_CALL("send anna -: hello");
	says("<iq from='" ALICE "' to='" VALLEY "' type='set' id='u'>"
	     "<query xmlns='" NS_REGISTER "'><remove/></query></iq>");
	pass(SECOND);
	crash_and_start();
	be_online();
	EXPECT_QUIET();
}

static void too_many_are_refused(void **state)
{
	(void)state;
	lift_limit();
	for (unsigned i = 0; i < LIMIT_OUTBOX; i++)
		saysf("<message from='" ALICE "' to='%s' id='m%u'>"
		      "<body>%u</body></message>",
			ANNA, i, i);
	pass(SECOND);
	forget();
	writes("last", ANNA, "no");
	EXPECT("type='error'", "id='last'", "<resource-constraint",
		"Too many messages wait");
	EXPECT_QUIET();
}

/* --- Rooms --------------------------------------------------------------- */

static void enter(void)
{
	says("<presence from='" ALICE "' to='" ROOM "/alice'>"
	     "<x xmlns='" NS_MUC "'/></presence>");
	pass(SECOND);
	forget();
}

static void say(const char *id, const char *text)
{
	saysf("<message from='" ALICE "' to='%s' type='groupchat' "
	      "id='%s'><body>%s</body><origin-id xmlns='" NS_SID
	      "' id='o-%s'/></message>",
		ROOM, id, text, id);
}

static void room_reflects(void **state)
{
	(void)state;
	enter();
	say("m1", "hello all");
	EXPECT_CALL("send - #deep: hello all");
	EXPECT_QUIET();
	tell(net.request, GW_ACCEPTED, NULL);
	EXPECT("type='groupchat'", "from='" ROOM "/alice'", "id='m1'",
		"<body>hello all</body>", "id='o-m1'", "<stanza-id");
	tell(net.request, GW_FAILED, "It came back.");
	EXPECT("type='error'", "id='m1'", "from='" ROOM "'", "to='" ALICE "'",
		"It came back.");
}

/* After a restart nobody sits in the room: it is entered for the message. */
static void room_is_entered_again(void **state)
{
	(void)state;
	enter();
	say("m1", "hello all");
	EXPECT_CALL("send - #deep: hello all");
	gw_request request = net.request;
	crash_and_start();
	pass(SECOND);
	EXPECT_CALL("open canyon");
	EXPECT_CALL("join #deep - -");
	EXPECT_CALL("send - #deep: hello all again");
	tell(request, GW_ACCEPTED, NULL);
	enter();
	tell(request, GW_FAILED, "It came back.");
	EXPECT("type='error'", "id='m1'", "It came back.");
}

static void refuse_join(
	struct gw_room *r, const char *nick, const char *password)
{
	(void)nick, (void)password;
	note("join %s", r->name);
	gw_room_failed(r, GW_BANNED, "You are banned.");
}

static void room_refuses(void **state)
{
	(void)state;
	enter();
	say("m1", "hello all");
	net_ops.join = refuse_join;
	crash();
	start_host();
	pass(SECOND);
	EXPECT_AMONG("type='error'", "id='m1'", "You are banned.");
	forget();
	/* It failed: it is not tried again. */
	crash_and_start();
	pass(SECOND);
	EXPECT_QUIET();
}

static void room_waits_for_the_link(void **state)
{
	(void)state;
	enter();
	net.hold_open = true;
	gw_closed(net.session, GW_LOST, "The line broke.", GW_RETRY);
	settle();
	forget();
	/* There is no room to say it in. */
	say("m1", "hello all");
	EXPECT("type='error'", "id='m1'");
	EXPECT_QUIET();
	net.hold_open = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_LONG(is_stored_and_given),
		TEST_LONG(keeps_the_order),
		TEST_LONG(failure_is_an_error),
		TEST_LONG(comes_twice_is_sent_once),
		TEST_LONG(comes_twice_over_a_restart),
		TEST_LONG(is_given_again),
		TEST_LONG(receipts_come_after_a_restart),
		TEST_LONG(crash_while_it_is_stored),
		TEST_LONG(crash_while_the_outcome_is_recorded),
		TEST_LONG(numbers_go_on),
		TEST_LONG(expires),
		TEST_LONG(is_given_while_it_connects),
		TEST_LONG(is_given_to_each_session),
		TEST_LONG(always_is_open),
		TEST_LONG(removal_erases),
		TEST_LONG(too_many_are_refused),
		TEST_LONG(room_reflects),
		TEST_LONG(room_is_entered_again),
		TEST_LONG(room_refuses),
		TEST_LONG(room_waits_for_the_link),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
