/*
 * The user's own presence (XEP-0100 sections 4.4 and 4.5): logging in and out
 * with it, what the networks hear, and the ends of the stream (section 8).
 */
#include "host/host_fixture.h"

#include "store/accounts.h"

static void available(const char *from, const char *inside)
{
	saysf("<presence from='%s' to='" GW "'>%s</presence>", from, inside);
}

static void unavailable(const char *from, const char *to)
{
	saysf("<presence from='%s' to='%s' type='unavailable'/>", from, to);
}

static enum account_state state_now(void)
{
	return account_at(BARE, "canyon")->state;
}

/* --- Logging in and out ----------------------------------------------------------- */

static void test_login(void **state)
{
	(void)state;
	be_registered();
	says(REGISTER(ALICE, GW, FIELD("valley", "gorge")));
	let_go(BARE, "gorge");
	forget();
	assert_int_equal(state_now(), ACCOUNT_IDLE);
	available(ALICE, "");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("open gorge");
	EXPECT_CALL("presence canyon available -");
	EXPECT_CALL("presence gorge available -");
	assert_int_equal(asked.next, asked.count);
	/* Again is nothing new. */
	forget();
	available(ALICE, "");
	EXPECT_QUIET();
	unavailable(ALICE, GW);
	EXPECT_CALL("presence canyon offline -");
	EXPECT_CALL("presence gorge offline -");
	EXPECT_CALL("close canyon -");
	EXPECT_CALL("close gorge -");
	assert_int_equal(asked.next, asked.count);
	EXPECT_AMONG("from='" GW "' to='" BARE "' type='unavailable'");
	EXPECT_QUIET();
	assert_int_equal(state_now(), ACCOUNT_IDLE);
}

static void test_stay(void **state)
{
	(void)state;
	be_registered();
	says(REGISTER(ALICE, VALLEY, FIELD("stay", "1")));
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon offline -");
	available(ALICE, "");
	EXPECT_CALL("presence canyon available -");
	unavailable(ALICE, GW);
	EXPECT_CALL("presence canyon offline -");
	assert_int_equal(asked.next, asked.count);
	assert_int_equal(state_now(), ACCOUNT_ONLINE);
	/* And from the start of the daemon on. */
	kill_host();
	asked.next = asked.count;
	start_host();
	EXPECT_CALL("open canyon");
	says(REGISTER(ALICE, VALLEY, FIELD("stay", "0")));
	assert_int_equal(state_now(), ACCOUNT_IDLE);
}

static void test_guests(void **state)
{
	(void)state;
	/* A guest's presence opens nothing. */
	available(ALICE, "");
	EXPECT_QUIET();
	assert_non_null(alice());
	unavailable(ALICE, GW);
	assert_null(alice());
}

/* --- The sum of all clients ---------------------------------------------------------- */

static void test_sum(void **state)
{
	static const struct {
		const char *from, *inside, *call;
	} rows[] = {
		{ ALICE, "<show>away</show><status>lunch</status>",
			"presence canyon away lunch" },
		{ ALICE2, "<show>xa</show>", NULL },
		{ ALICE2, "<show>dnd</show><status>busy</status>",
			"presence canyon dnd busy" },
		{ ALICE2, "", "presence canyon available -" },
		{ ALICE, "<show>chat</show>", "presence canyon chat -" },
		{ ALICE, "<show>nonsense</show>",
			"presence canyon available -" },
		{ ALICE2, "<status>two</status><priority>5</priority>",
			"presence canyon available two" },
		{ ALICE, "<status>one</status><priority>7</priority>",
			"presence canyon available one" },
		{ ALICE, "<status>one</status><priority>-1</priority>",
			"presence canyon available two" },
		{ ALICE, "<status>one</status><priority>999</priority>", NULL },
		{ ALICE, "<status>one</status><priority>x</priority>", NULL },
	};
	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(rows); i++) {
		available(rows[i].from, rows[i].inside);
		if (rows[i].call != NULL)
			EXPECT_CALL(rows[i].call);
		if (asked.next != asked.count)
			fail_msg("row %zu", i);
	}
	unavailable(ALICE2, GW);
	EXPECT_CALL("presence canyon available one");
	unavailable(ALICE2, GW);
	assert_int_equal(asked.next, asked.count);
	unavailable(ALICE, GW);
	EXPECT_CALL("presence canyon offline -");
	EXPECT_CALL("close canyon -");
}

static void test_many_clients(void **state)
{
	char from[128];
	(void)state;
	be_online();
	for (unsigned i = 0; i < 3 * LIMIT_RESOURCES; i++) {
		text_format(from, sizeof(from), BARE "/r%u", i);
		available(from, "<status>x</status>");
	}
	char words[3 * LIMIT_STATUS] = "<status>";
	memset(words + 8, 'x', 2 * LIMIT_STATUS);
	strcpy(words + 8 + 2 * LIMIT_STATUS, "</status>");
	available(from, words);
	assert_int_equal(
		strlen(resource_find(alice(), from)->status), LIMIT_STATUS);
	unsigned count = 0;
	list_for_each(it, &alice()->resources)
		count++;
	assert_int_equal(count, LIMIT_RESOURCES);
	assert_int_equal(state_now(), ACCOUNT_ONLINE);
}

/* --- What is no logout ------------------------------------------------------------------ */

static void test_unavailable_elsewhere(void **state)
{
	(void)state;
	be_online();
	/* To one contact only, from no client, from another one. */
	unavailable(ALICE, ANNA);
	unavailable(ALICE, VALLEY);
	unavailable(BARE, GW);
	unavailable(ALICE2, GW);
	assert_int_equal(state_now(), ACCOUNT_ONLINE);
	assert_int_equal(asked.next, asked.count);
	/* Without a subscription there is nothing else to go by. */
	says("<presence from='" BARE "' to='" GW "' type='unsubscribed'/>");
	unavailable(ALICE, ANNA);
	assert_int_equal(state_now(), ACCOUNT_IDLE);
}

static void test_error(void **state)
{
	(void)state;
	be_online();
	says("<presence from='" ALICE "' to='" GW
	     "' type='error'><error type='cancel'/></presence>");
	assert_int_equal(state_now(), ACCOUNT_IDLE);
}

static void test_join_of_no_room(void **state)
{
	(void)state;
	says("<presence from='" ALICE "' to='" ANNA "'><x xmlns='" NS_MUC
	     "'/></presence>");
	EXPECT("type='error'", "<item-not-found");
	EXPECT_QUIET();
}

/* --- What a client can do ---------------------------------------------------------------- */

#define CAPS(ver) "<c xmlns='" NS_CAPS "' node='urn:c' ver='" ver "'/>"

static void answer_caps(const char *from, const char *features)
{
	const char *id = strstr(last_sent, " id='") + 5;
	saysf("<iq from='%s' to='" GW
	      "' type='result' id='%.*s'><query xmlns='" NS_DISCO_INFO
	      "'>%s</query></iq>",
		from, (int)strcspn(id, "'"), id, features);
}

static void test_caps(void **state)
{
	(void)state;
	available(ALICE, CAPS("1"));
	EXPECT("<iq from='" GW "' to='" ALICE "' type='get'",
		"<query xmlns='" NS_DISCO_INFO "' node='urn:c#1'/>");
	struct resource *r = resource_find(alice(), ALICE);
	/* Only she can say what she can do. */
	answer_caps(BOB, "<feature var='" NS_XHTML_IM "'/>");
	assert_false(r->has_xhtml_im);
	answer_caps(ALICE,
		"<feature var='" NS_XHTML_IM "'/><feature/><feature var='x'/>");
	assert_true(r->caps_known && r->has_xhtml_im);
	assert_false(r->has_roster_x);
	/* Asked once for each hash. */
	available(ALICE, CAPS("1"));
	EXPECT_QUIET();
	available(ALICE, CAPS("2"));
	EXPECT("node='urn:c#2'");
	assert_false(r->has_xhtml_im);
	const char *id = strstr(last_sent, " id='") + 5;
	saysf("<iq from='" ALICE "' to='" GW "' type='error' id='%.*s'/>",
		(int)strcspn(id, "'"), id);
	assert_false(r->caps_known);
	available(ALICE, "<c xmlns='" NS_CAPS "' node='x'/>");
	EXPECT_QUIET();
	/* An answer for who is gone. */
	available(ALICE, CAPS("3"));
	EXPECT("node='urn:c#3'");
	unavailable(ALICE, GW);
	answer_caps(ALICE, "<feature var='" NS_XHTML_IM "'/>");
	available(BOB, CAPS("1"));
	EXPECT("to='" BOB "'", "node='urn:c#1'");
	pass(120 * SECOND);
	EXPECT_QUIET();
}

/* A client that changes without end is asked one question at a time. */
static void test_caps_storm(void **state)
{
	char inside[128];
	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		text_format(inside, sizeof(inside),
			"<c xmlns='" NS_CAPS "' node='urn:c' ver='%u'/>", i);
		available(ALICE, inside);
	}
	EXPECT("to='" ALICE "'", "node='urn:c#0'");
	EXPECT_QUIET();
	/* What it said of an old hash does not count for the newest. */
	answer_caps(ALICE, "<feature var='" NS_ROSTER_X "'/>");
	EXPECT("to='" ALICE "'", "node='urn:c#99'");
	EXPECT_QUIET();
	const struct resource *r = resource_find(alice(), ALICE);
	assert_false(r->caps_known || r->has_roster_x);
	answer_caps(ALICE, "<feature var='" NS_XHTML_IM "'/>");
	EXPECT_QUIET();
	assert_true(r->caps_known && r->has_xhtml_im);
	/* Without an answer it is asked again when it shows itself later. */
	available(ALICE, CAPS("a"));
	EXPECT("node='urn:c#a'");
	available(ALICE, CAPS("b"));
	EXPECT_QUIET();
	pass(61 * SECOND);
	available(ALICE, CAPS("b"));
	EXPECT("node='urn:c#b'");
}

/* --- Beginning and end of the stream -------------------------------------------------------- */

#define PROBE "<presence from='" GW "' to='" BARE "' type='probe'/>"

static void test_probe_at_start(void **state)
{
	(void)state;
	be_registered();
	says("<presence from='" BOB "' to='" GW "'/>");
	stop_host();
	drop_sent();
	asked.next = asked.count;
	start_host();
	EXPECT(PROBE);
	EXPECT_QUIET();
	available(ALICE, "");
	EXPECT_CALL("open canyon");
	pass(120 * SECOND);
	assert_int_equal(state_now(), ACCOUNT_ONLINE);
}

static void come_ready(void)
{
	for (int i = 0; i < 600 && !host_is_ready(host); i++)
		pass(100);
	assert_true(ready);
	settle();
}

static void come_back(void)
{
	assert_true(ready);
	server_hang_up(&server);
	pass(10);
	assert_false(ready);
	come_ready();
}

/* The server was away: who does not come back is gone. */
static void test_stream_comes_back(void **state)
{
	(void)state;
	be_online();
	available(ALICE2, "");
	forget();
	come_back();
	EXPECT_AMONG(PROBE);
	assert_int_equal(state_now(), ACCOUNT_ONLINE);
	available(ALICE2, "<show>away</show>");
	pass(70 * SECOND);
	assert_null(resource_find(alice(), ALICE));
	assert_non_null(resource_find(alice(), ALICE2));
	assert_int_equal(state_now(), ACCOUNT_ONLINE);
	come_back();
	EXPECT_AMONG(PROBE);
	pass(70 * SECOND);
	assert_int_equal(state_now(), ACCOUNT_IDLE);
}

/* Who never let us see his presence cannot answer the probe. */
static void test_unseen_stays(void **state)
{
	(void)state;
	says(REGISTER(ALICE, GW, FIELD("valley", "canyon")));
	available(ALICE, "");
	come_back();
	pass(120 * SECOND);
	assert_int_equal(state_now(), ACCOUNT_ONLINE);
}

static void test_many_probes(void **state)
{
	(void)state;
	for (int i = 0; i < 120; i++)
		saysf("<iq from='u%d@example.org/x' to='" GW
		      "' type='set' id='r'><query xmlns='" NS_REGISTER
		      "'><x xmlns='" NS_DATA_FORM "' type='submit'>" FIELD(
			      "valley", "canyon") "</x></query></iq>",
			i);
	kill_host();
	start_host();
	/* Paced. */
	assert_in_range(heard.count, 1, 50);
	pass(2 * SECOND);
	assert_int_equal(heard.count, 120);
}

static void test_farewell(void **state)
{
	(void)state;
	be_online();
	says("<presence from='" BARE "' to='" ANNA "' type='subscribe'/>");
	says("<presence from='" ALICE "' to='#deep%canyon@" GW
	     "/me'><x xmlns='" NS_MUC "'/></presence>");
	forget();
	stop_host();
	settle();
	EXPECT_CALL("close canyon The gateway is stopping");
	assert_int_equal(asked.next, asked.count);
	EXPECT_AMONG("from='#deep%canyon@" GW "/me' to='" ALICE
		     "' type='unavailable'",
		"<status code='332'/>");
	EXPECT_AMONG("from='" ANNA "' to='" BARE "' type='unavailable'");
	EXPECT_AMONG("from='" GW "' to='" BARE "' type='unavailable'",
		"<status>The gateway is stopping.</status>");
	assert_true(link_in.has_ended);
}

/* After a crash, nobody but the next process can take back what was said. */
static void test_crash(void **state)
{
	(void)state;
	says("<presence from='" ALICE "' to='#deep%canyon@" GW
	     "/me'><x xmlns='" NS_MUC "'/></presence>");
	pass(10 * SECOND);
	kill_host();
	start_host();
	EXPECT("<presence from='#deep%canyon@" GW "/me' to='" ALICE
	       "' type='unavailable'>",
		"<item affiliation='none' role='none'/>",
		"<status code='110'/><status code='332'/>");
	assert_int_equal(heard.count, 0);
	/* Once. */
	kill_host();
	start_host();
	assert_int_equal(heard.count, 0);
}

/* The same for contacts: nobody is there before the network says so. */
static void test_crash_contacts(void **state)
{
	(void)state;
	be_online();
	says("<presence from='" BARE "' to='" ANNA "' type='subscribe'/>");
	says("<presence from='" BARE "' to='" VALLEY "' type='subscribe'/>");
	pass(10 * SECOND);
	kill_host();
	net.hold_open = true;
	start_host();
	EXPECT_AMONG("from='" ANNA "' to='" BARE "' type='unavailable'/>");
	EXPECT_AMONG("from='" VALLEY "' to='" BARE "' type='unavailable'/>");
	EXPECT_AMONG("from='" GW "' to='" BARE "' type='unavailable'/>");
	EXPECT(PROBE);
	assert_int_equal(heard.count, 0);
	/* After an orderly end there is nothing to take back. */
	stop_host();
	drop_sent();
	start_host();
	EXPECT(PROBE);
	assert_int_equal(heard.count, 0);
}

/* What changed while the server was away is told when it is back. */
static void test_news_without_stream(void **state)
{
	(void)state;
	be_online();
	says("<presence from='" BARE "' to='" ANNA "' type='subscribe'/>");
	says("<presence from='" BARE "' to='bea%canyon@" GW
	     "' type='subscribe'/>");
	pass(200);
	forget();
	server_hang_up(&server);
	pass(10);
	assert_false(ready);
	gw_presence(net.session, "anna", GW_AWAY, "lunch");
	come_ready();
	EXPECT_AMONG("from='" ANNA "' to='" BARE "'", "<show>away</show>");
	EXPECT(PROBE);
	EXPECT_QUIET();
	come_back();
	EXPECT(PROBE);
	EXPECT_QUIET();
}

/* What a guest chose for a room is kept, while he is away and after. */
static void test_choices(void **state)
{
	(void)state;
	const struct store_room_choice c = { .gateway = GW,
		.user = BARE,
		.room = "#deep%canyon",
		.name = "x",
		.value = "1" };
	store_room_choice_put(host->store, &c, NULL, NULL);
	kill_host();
	start_host();
	assert_string_equal(room_choice(alice(), "#deep%canyon", "x"), "1");
	says("<message from='" ALICE "' to='" GW "'><body>x</body></message>");
	assert_string_equal(room_choice(alice(), "#deep%canyon", "x"), "1");
	/* They go with the registration. */
	be_registered();
	says("<iq from='" ALICE "' to='" GW
	     "' type='set' id='r'><query xmlns='" NS_REGISTER
	     "'><remove/></query></iq>");
	assert_null(alice());
	kill_host();
	start_host();
	assert_null(alice());
}

/* What happens while stopping opens nothing again. */
static void test_stopping(void **state)
{
	bool stopped = false;
	(void)state;
	be_online();
	host_stop(host, on_stopped, &stopped);
	available(ALICE2, "<show>dnd</show>");
	for (int i = 0; i < 200 && !stopped; i++)
		pass(100);
	assert_true(stopped);
	EXPECT_CALL("close canyon The gateway is stopping");
	assert_int_equal(asked.next, asked.count);
	host_free(&host);
}

static void net_drain(struct gw *gw)
{
	(void)gw;
	note("drain");
}

static bool begin_drain(bool *stopped)
{
	net_ops.drain = net_drain;
	be_online();
	forget();
	host_stop(host, on_stopped, stopped);
	pass(7 * SECOND);
	EXPECT_CALL("drain");
	return asked.next == asked.count && !*stopped;
}

static void end_drain(const bool *stopped)
{
	for (int i = 0; i < 20 && !*stopped; i++)
		pass(100);
	assert_true(*stopped);
	host_free(&host);
	start_host();
}

/* What is under way on the network ends before its users leave. */
static void test_draining(void **state)
{
	bool stopped = false;
	(void)state;
	assert_true(begin_drain(&stopped));
	says("<message from='" ALICE "' to='" ANNA
	     "' type='chat'><body>late</body></message>");
	EXPECT_CALL("send person anna late");
	gw_drained(&gateway->api);
	assert_int_equal(asked.next, asked.count);
	pass(0);
	EXPECT_CALL("close canyon The gateway is stopping");
	gw_drained(&gateway->api);
	host_hurry(host);
	end_drain(&stopped);
}

/* ... but not for ever. */
static void test_draining_takes_long(void **state)
{
	bool stopped = false;
	(void)state;
	assert_true(begin_drain(&stopped));
	pass(2 * SECOND);
	EXPECT_CALL("close canyon The gateway is stopping");
	end_drain(&stopped);
}

static void test_hurry(void **state)
{
	bool stopped = false;
	(void)state;
	assert_true(begin_drain(&stopped));
	host_hurry(host);
	EXPECT_CALL("close canyon The gateway is stopping");
	gw_drained(&gateway->api);
	end_drain(&stopped);
}

/* A server that does not answer any more, or is not there, cannot keep us. */
static void test_stop_without_server(void **state)
{
	(void)state;
	be_online();
	link_in.is_silent = true;
	int64_t before = clock_ms();
	stop_host();
	assert_true(clock_ms() - before <= 10 * SECOND);
	link_in.is_silent = false;
	start_host();
	server_stop(&server);
	pass(100);
	before = clock_ms();
	stop_host();
	assert_true(clock_ms() - before <= 10 * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_login),
		TEST(test_stay),
		TEST(test_guests),
		TEST(test_sum),
		TEST(test_many_clients),
		TEST(test_unavailable_elsewhere),
		TEST(test_error),
		TEST(test_join_of_no_room),
		TEST(test_caps),
		TEST(test_caps_storm),
		TEST(test_probe_at_start),
		TEST(test_stream_comes_back),
		TEST(test_unseen_stays),
		TEST(test_many_probes),
		TEST(test_farewell),
		TEST(test_crash),
		TEST(test_crash_contacts),
		TEST(test_news_without_stream),
		TEST(test_choices),
		TEST(test_stopping),
		TEST(test_draining),
		TEST(test_draining_takes_long),
		TEST(test_hurry),
		TEST(test_stop_without_server),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
