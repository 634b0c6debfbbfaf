/*
 * Sessions: lost, tried again with backoff, given up; what the user is told.
 */
#include "host/host_fixture.h"

static struct account *account(void)
{
	return account_at(BARE, "canyon");
}

static void closes(enum gw_reason reason, const char *text, enum gw_retry retry)
{
	gw_closed(&account()->session, reason, text, retry);
	settle();
}

/* How long until the network is asked to open again; -1: not before. */
static int64_t time_to_open(int64_t at_most_ms)
{
	size_t before = asked.count;
	int64_t start_ms = clock_ms();
	while (clock_ms() - start_ms < at_most_ms) {
		for (size_t i = before; i < asked.count; i++)
			if (strcmp(asked.calls[i], "open canyon") == 0)
				return clock_ms() - start_ms;
		pass(500);
	}
	return -1;
}

/* --- Trying again ------------------------------------------------------------------ */

static void test_backoff(void **state)
{
	int64_t longest = 0;
	(void)state;
	be_online();
	net.hold_open = true;
	for (int i = 0; i < 20; i++) {
		closes(GW_UNREACHABLE, "Nobody there.", GW_RETRY);
		assert_int_equal(account()->state, ACCOUNT_WAITING);
		int64_t waited = time_to_open(700 * SECOND);
		/* From 5 s, doubled at most each time, up to 10 min. */
		int64_t most = i < 7 ? (int64_t)10000 << i : 600000;
		if (waited < 4500 || waited > most + 1000)
			fail_msg("attempt %d after %lld ms", i,
				(long long)waited);
		if (waited > longest)
			longest = waited;
	}
	assert_true(longest > 60 * SECOND);
	/* A link that lasted begins anew. */
	gw_online(net.session, "alice");
	pass(70 * SECOND);
	closes(GW_LOST, "It broke.", GW_RETRY);
	assert_in_range(time_to_open(700 * SECOND), 4500, 11000);
	/* One that broke at once does not. */
	for (int i = 0; i < 8; i++) {
		gw_online(net.session, "alice");
		pass(1 * SECOND);
		closes(GW_LOST, "It broke.", GW_RETRY);
		time_to_open(700 * SECOND);
	}
	assert_int_equal(account()->backoff.failures >= 8, true);
}

static void test_slowly(void **state)
{
	(void)state;
	be_online();
	net.hold_open = true;
	closes(GW_POLICY, "Too many of you.", GW_RETRY_SLOWLY);
	/* Not even a message hurries it. */
	says("<message from='" ALICE "' to='" ANNA
	     "'><body>x</body></message>");
	assert_in_range(time_to_open(700 * SECOND), 300 * SECOND, 312 * SECOND);
}

static void test_message_hurries(void **state)
{
	(void)state;
	be_online();
	closes(GW_LOST, "It broke.", GW_RETRY);
	closes(GW_LOST, "It broke.", GW_RETRY);
	forget();
	says("<message from='" ALICE "' to='" ANNA
	     "'><body>x</body></message>");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon available -");
	EXPECT_CALL("send person anna x");
}

static void test_never(void **state)
{
	(void)state;
	be_online();
	closes(GW_BAD_PASSWORD, "Wrong password.", GW_RETRY_NEVER);
	assert_int_equal(account()->state, ACCOUNT_BLOCKED);
	forget();
	assert_int_equal(time_to_open(3600 * SECOND), -1);
	says("<presence from='" ALICE "' to='" GW "'><show>away</show>"
	     "</presence>");
	assert_int_equal(asked.next, asked.count);
	/* Until the settings are others, or he logs in anew. */
	says(REGISTER(ALICE, VALLEY, FIELD("password", "right")));
	EXPECT_CALL("close canyon Changing settings");
	EXPECT_CALL("open canyon");
	closes(GW_BAD_PASSWORD, "Wrong password.", GW_RETRY_NEVER);
	forget();
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	says("<presence from='" ALICE "' to='" GW "'/>");
	EXPECT_CALL("close canyon -");
	EXPECT_CALL("open canyon");
}

/* Logged out while it waits: nothing is tried, and the network may forget. */
static void test_logout_while_waiting(void **state)
{
	(void)state;
	be_online();
	closes(GW_LOST, "It broke.", GW_RETRY);
	forget();
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	EXPECT_CALL("close canyon -");
	assert_int_equal(time_to_open(3600 * SECOND), -1);
	assert_int_equal(account()->state, ACCOUNT_IDLE);
}

static void fail_at_once(struct gw_session *s)
{
	net.session = s;
	note("open %s", s->account);
	gw_closed(s, GW_NO_HOST, "No such valley.", GW_RETRY);
}

static void test_fails_at_once(void **state)
{
	(void)state;
	be_registered();
	net_ops.open = fail_at_once;
	says("<presence from='" ALICE "' to='" GW "'/>");
	assert_int_equal(account()->state, ACCOUNT_WAITING);
	assert_int_equal(account()->last_reason, GW_NO_HOST);
	net_ops.open = net_open;
	pass(20 * SECOND);
	assert_true(account_is_online(account()));
	assert_null(account()->last_error);
}

/* Calls that come too late, or twice. */
static void test_late_calls(void **state)
{
	(void)state;
	be_online();
	struct gw_session *s = net.session;
	closes(GW_LOST, "It broke.", GW_RETRY);
	forget();
	gw_closed(s, GW_LOST, "Again.", GW_RETRY_NEVER);
	gw_online(s, "alice");
	gw_done(s, 4711, NULL);
	const struct gw_item item = { .key = "x" };
	gw_item(s, 4711, &item);
	gw_item(s, 0, &item);
	gw_fail(s, 0, GW_LOST, "x");
	settle();
	assert_int_equal(account()->state, ACCOUNT_WAITING);
	EXPECT_QUIET();
}

/* --- What the user is told ------------------------------------------------------------ */

#define NOTICE "<message from='" VALLEY "' to='" BARE "' type='chat'"

static void test_told_once(void **state)
{
	(void)state;
	be_online();
	net.hold_open = true;
	closes(GW_LOST, "It broke.", GW_RETRY);
	EXPECT_AMONG(NOTICE, "<body>canyon: It broke. I will keep trying to "
			     "reconnect.</body>");
	drop_sent();
	time_to_open(20 * SECOND);
	closes(GW_LOST, "It broke.", GW_RETRY);
	time_to_open(60 * SECOND);
	closes(GW_LOST, "It broke.", GW_RETRY);
	for (size_t i = 0; i < heard.count; i++)
		assert_null(strstr(heard.sent[i], "<message"));
	drop_sent();
	time_to_open(200 * SECOND);
	closes(GW_BAD_PASSWORD, "Wrong password.", GW_RETRY_NEVER);
	EXPECT_AMONG(NOTICE,
		"<body>canyon: Wrong password. Send "
		"&quot;settings&quot; to " GW " to change your settings.");
	says(REGISTER(ALICE, VALLEY, FIELD("nick", "al")));
	drop_sent();
	/* After a success it is news again. */
	gw_online(net.session, "al");
	settle();
	closes(GW_LOST, NULL, GW_RETRY);
	EXPECT_AMONG(NOTICE, "canyon: The connection was lost. I will");
}

/* Others connect first: who is there is told, when it takes long. */
static void test_waits_for_his_turn(void **state)
{
	struct str words = { .max = 256 };
	(void)state;
	be_registered();
	net.hold_open = true;
	says("<presence from='" ALICE "' to='" GW "'/>");
	drop_sent();
	gw_delayed(net.session, 4900);
	settle();
	for (size_t i = 0; i < heard.count; i++)
		assert_null(strstr(heard.sent[i], "<message"));
	drop_sent();
	gw_delayed(net.session, 34100);
	settle();
	EXPECT_AMONG(NOTICE, "Your turn comes in about 35 seconds.");
	account_describe(account(), &words);
	assert_string_equal(
		str_text(&words), "canyon: waiting for its turn to connect");
	pass(35 * SECOND);
	str_reset(&words);
	account_describe(account(), &words);
	assert_string_equal(str_text(&words), "canyon: connecting");
	str_finish(&words);
	gw_online(net.session, "alice");
	settle();
	/* It is online already. */
	forget();
	gw_delayed(net.session, 60000);
	settle();
	EXPECT_QUIET();
}

static void test_own_name(void **state)
{
	struct str words = { .max = 256 };
	(void)state;
	be_online();
	account_describe(account(), &words);
	assert_string_equal(str_text(&words), "canyon: connected as alice");
	forget();
	gw_online(net.session, "alice_");
	settle();
	EXPECT_QUIET();
	str_reset(&words);
	account_describe(account(), &words);
	assert_string_equal(str_text(&words), "canyon: connected as alice_");
	str_finish(&words);
}

/* --- Rooms at login ------------------------------------------------------------------------ */

static void test_rooms_at_login(void **state)
{
	(void)state;
	says(REGISTER(ALICE, GW,
		FIELD("valley", "canyon") FIELD("nick", "al") FIELD("stay",
			"1") "<field var='caves'><value>#one</value>"
			     "<value/><value> #two </value><value>no room"
			     "</value></field>"));
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon offline -");
	size_t joins = 0;
	for (; asked.next < asked.count; asked.next++) {
		const char *call = asked.calls[asked.next];
		joins += strncmp(call, "join #one ", 10) == 0 ||
			 strncmp(call, "join #two ", 10) == 0;
		if (strncmp(call, "join ", 5) != 0)
			fail_msg("%s", call);
	}
	assert_int_equal(joins, 2);
	/* And after every break. */
	closes(GW_LOST, "It broke.", GW_RETRY);
	pass(20 * SECOND);
	joins = 0;
	for (; asked.next < asked.count; asked.next++)
		joins += strncmp(asked.calls[asked.next], "join ", 5) == 0;
	assert_int_equal(joins, 2);
}

static size_t count_calls(const char *call)
{
	size_t count = 0;
	for (size_t i = 0; i < asked.count; i++)
		count += strcmp(asked.calls[i], call) == 0;
	return count;
}

/* --- Many ------------------------------------------------------------------------------------- */

static void test_many_users(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++) {
		saysf("<iq from='u%d@example.org/x' to='" GW
		      "' type='set' id='r'><query xmlns='" NS_REGISTER
		      "'><x xmlns='" NS_DATA_FORM
		      "' type='submit'>" FIELD("valley", "canyon")
				FIELD("stay", "1") "</x></query></iq>",
			i);
		drop_sent();
	}
	kill_host();
	drop_calls();
	start_host();
	/* Not all in one moment. */
	assert_in_range(count_calls("open canyon"), 1, 50);
	pass(4 * SECOND);
	assert_int_equal(count_calls("open canyon"), 300);
	stop_host();
	size_t closed = 0;
	for (size_t i = 0; i < asked.count; i++)
		closed += strncmp(asked.calls[i], "close canyon", 12) == 0;
	assert_int_equal(closed, 300);
}

/* --- A server that does not keep up ------------------------------------------------ */

static void net_resume(struct gw *gw)
{
	(void)gw;
	note("resume");
}

/* Words of the network until it is asked to wait. */
static void talk_until_told(void)
{
	struct str words = { .max = 128 * KIB };
	while (words.len < 100000)
		str_add_char(&words, 'x');
	const struct gw_message m = { .from = "anna",
		.text = str_text(&words) };
	int said = 0;
	while (!gw_must_wait(&gateway->api)) {
		assert_in_range(said++, 0, 300);
		gw_message(net.session, NULL, &m);
	}
	str_finish(&words);
}

static void test_network_waits(void **state)
{
	(void)state;
	be_online();
	net_ops.resume = net_resume;
	asked.next = asked.count;
	assert_false(gw_must_wait(&gateway->api));
	conn_pause(server.conn);
	talk_until_told();
	pass(10 * SECOND);
	assert_true(has_logged("does not keep up"));
	assert_int_equal(asked.next, asked.count);
	conn_resume(server.conn);
	pass(1 * SECOND);
	EXPECT_CALL("resume");
	assert_false(gw_must_wait(&gateway->api));
	drop_sent();
	/* The stream ends: what comes is archived. */
	conn_pause(server.conn);
	talk_until_told();
	pass(40 * SECOND);
	assert_int_equal(asked.next, asked.count);
	pass(30 * SECOND);
	EXPECT_CALL("resume");
	assert_false(gw_must_wait(&gateway->api));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_backoff),
		TEST(test_slowly),
		TEST(test_message_hurries),
		TEST(test_never),
		TEST(test_logout_while_waiting),
		TEST(test_fails_at_once),
		TEST(test_late_calls),
		TEST(test_told_once),
		TEST(test_waits_for_his_turn),
		TEST(test_own_name),
		TEST(test_rooms_at_login),
		TEST(test_many_users),
		TEST(test_network_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
