/*
 * Messages of a network that must not get lost: stored, sent, settled when the
 * user's server has them, with crashes at every step.
 */
#include "host/durable_fixture.h"

#include "host/inbox.h"
#include "host/room.h"

static void arrives_at(struct gw_room *room, const char *from, const char *id,
	const char *text)
{
	const struct gw_message m = {
		.from = from,
		.name = "Anna Bell",
		.text = text,
		.network_id = id,
		.durable = true,
	};
	gw_message(net.session, room, &m);
}

static void arrives(const char *id, const char *text)
{
	arrives_at(NULL, "anna", id, text);
	settle();
}

static void comes_online(void)
{
	says("<presence from='" ALICE "' to='" GW "'/>");
	pass(SECOND);
}

/* Id of the stanza taken out last. */
static void take_id(char out[256])
{
	const char *id = strstr(last_sent, " id='");
	assert_non_null(id);
	snprintf(out, 256, "%.*s", (int)strcspn(id + 5, "'"), id + 5);
}

/* --- One after the other ------------------------------------------------- */

static void is_stored_sent_and_settled(void **state)
{
	(void)state;
	const struct gw_message m = { .from = "anna",
		.text = "hello",
		.network_id = "n1",
		.subject = "About it",
		.thread = "t1",
		.durable = true };
	gw_message(net.session, NULL, &m);
	EXPECT_QUIET();
	settle();
	EXPECT("from='" ANNA "'", "to='" BARE "'", "type='chat'",
		"<body>hello</body>", "<subject>About it</subject>",
		"<thread>t1</thread>", "!<delay");
	EXPECT_CALL("settled n1");
	EXPECT_QUIET();
	/* What comes again is nothing new, but is settled. */
	arrives("n1", "hello");
	EXPECT_CALL("settled n1");
	EXPECT_QUIET();
	/* Of another person it is another message. */
	arrives_at(NULL, "bert", "n1", "hello");
	settle();
	EXPECT("from='bert%canyon@" GW "'");
	EXPECT_CALL("settled n1");
}

static void waits_for_the_server(void **state)
{
	(void)state;
	link_in.ignores_pings = true;
	arrives("n1", "one");
	arrives("n2", "two");
	EXPECT("<body>one</body>");
	EXPECT("<body>two</body>");
	EXPECT_QUIET();
	assert_int_equal(inbox_count(gateway), 2);
	/* It is on its way: nothing is known of it yet. */
	arrives("n1", "one");
	EXPECT_QUIET();
	/* It is asked again. */
	link_in.ignores_pings = false;
	pass(130 * SECOND);
	EXPECT_CALL("settled n1");
	EXPECT_CALL("settled n2");
	EXPECT_QUIET();
	assert_int_equal(inbox_count(gateway), 0);
}

static void keeps_the_order(void **state)
{
	(void)state;
	for (int i = 0; i < 120; i++) {
		char id[16];
		snprintf(id, sizeof(id), "n%d", i);
		arrives_at(NULL, "anna", id, id);
	}
	pass(SECOND);
	for (int i = 0; i < 120; i++) {
		char body[64], call[64];
		snprintf(body, sizeof(body), "<body>n%d</body>", i);
		snprintf(call, sizeof(call), "settled n%d", i);
		EXPECT(body);
		expect_call_at(__FILE__, __LINE__, call);
	}
	EXPECT_QUIET();
}

static void the_id_leads_back(void **state)
{
	char id[256];
	(void)state;
	arrives("n1", "hello");
	EXPECT("<markable");
	take_id(id);
	forget();
	saysf("<message from='" ALICE "' to='%s'><displayed xmlns='" NS_MARKERS
	      "' id='%s'/></message>",
		ANNA, id);
	EXPECT_CALL("displayed anna n1");
}

/* --- Restarts ------------------------------------------------------------ */

static void crash_before_the_server_has_it(void **state)
{
	char first[256], second[256];
	(void)state;
	link_in.ignores_pings = true;
	arrives("n1", "hello");
	EXPECT("<body>hello</body>", "!<delay");
	take_id(first);
	crash();
	link_in.ignores_pings = false;
	start_host();
	EXPECT_AMONG("<body>hello</body>", "<delay", "from='" ANNA "'");
	take_id(second);
	assert_string_equal(first, second);
	forget();
	/* There was no session to be told; its gateway gives it again. */
	comes_online();
	forget();
	arrives("n1", "hello");
	EXPECT_CALL("settled n1");
	EXPECT_QUIET();
}

/* Killed when it was committed, and nothing was sent yet. */
static void crash_before_it_is_sent(void **state)
{
	(void)state;
	link_in.ignores_pings = true;
	arrives_at(NULL, "anna", "n1", "hello");
	while (heard.count == 0)
		loop_settle(loop, 1, NULL), link_read();
	crash();
	link_in.ignores_pings = false;
	start_host();
	EXPECT_AMONG("<body>hello</body>",
		"<nick xmlns='" NS_NICK "'>Anna Bell</nick>");
	comes_online();
	forget();
	arrives("n1", "hello");
	EXPECT_CALL("settled n1");
	EXPECT_QUIET();
}

/* A server that is killed may lose what it had taken over. */
static void crash_within_the_grace(void **state)
{
	char first[256], second[256];
	(void)state;
	arrives("n1", "hello");
	EXPECT("<body>hello</body>");
	take_id(first);
	EXPECT_CALL("settled n1");
	pass(290 * SECOND);
	crash();
	start_host();
	EXPECT_AMONG("<body>hello</body>", "<delay");
	take_id(second);
	assert_string_equal(first, second);
	/* ... and has it for the same time again. */
	pass(290 * SECOND);
	crash();
	start_host();
	EXPECT_AMONG("<body>hello</body>");
	pass(400 * SECOND);
	forget();
	crash();
	start_host();
	forget();
	comes_online();
	forget();
	EXPECT_QUIET();
	arrives("n1", "hello");
	EXPECT_CALL("settled n1");
	EXPECT_QUIET();
}

static void stream_breaks_within_the_grace(void **state)
{
	(void)state;
	arrives("n1", "hello");
	EXPECT_CALL("settled n1");
	forget();
	server_hang_up(&server);
	pass(20 * SECOND);
	EXPECT_AMONG("<body>hello</body>", "<delay");
	/* The gateway has heard already. */
	assert_int_equal(asked.next, asked.count);
	pass(400 * SECOND);
	forget();
	server_hang_up(&server);
	pass(20 * SECOND);
	for (size_t i = 0; i < heard.count; i++)
		assert_null(strstr(heard.sent[i], "hello"));
}

/* What comes while there is no stream is sent when it is back, once. */
static void comes_without_a_stream(void **state)
{
	(void)state;
	server_hang_up(&server);
	arrives("n1", "hello");
	forget();
	pass(20 * SECOND);
	EXPECT_AMONG("<body>hello</body>");
	EXPECT_CALL("settled n1");
	for (size_t i = 0; i < heard.count; i++)
		assert_null(strstr(heard.sent[i], "hello"));
}

static void orderly_stop_ends_the_grace(void **state)
{
	(void)state;
	arrives("n1", "hello");
	forget();
	stop_host();
	start_host();
	for (size_t i = 0; i < heard.count; i++)
		assert_null(strstr(heard.sent[i], "hello"));
	comes_online();
	forget();
	arrives("n1", "hello");
	EXPECT_CALL("settled n1");
	EXPECT_QUIET();
}

static void is_known_for_a_month(void **state)
{
	(void)state;
	arrives("n1", "hello");
	forget();
	clock_advance(INT64_C(29) * 86400 * SECOND);
	pass(INT64_C(7) * 3600 * SECOND);
	forget();
	arrives("n1", "hello");
	EXPECT_CALL("settled n1");
	EXPECT_QUIET();
	clock_advance(INT64_C(2) * 86400 * SECOND);
	pass(INT64_C(7) * 3600 * SECOND);
	forget();
	arrives("n1", "hello");
	EXPECT("<body>hello</body>");
}

/* --- What comes back ----------------------------------------------------- */

static void bounces(const char *id)
{
	saysf("<message from='" BARE "' to='%s' type='error' id='%s'>"
	      "<body>hello</body><error type='cancel'><service-unavailable "
	      "xmlns='" NS_STANZA_ERRORS "'/></error></message>",
		ANNA, id);
}

/* His client is there, but takes no messages. */
static void takes_none(void)
{
	says("<presence from='" ALICE "' to='" GW "'><priority>-1</priority>"
	     "</presence>");
	pass(SECOND);
	forget();
}

/* He has blocked her: nobody tries again, and nobody is told. */
static void ends_when_the_server_refuses(void **state)
{
	char id[256];
	(void)state;
	link_in.ignores_pings = true;
	arrives("n1", "hello");
	EXPECT("<body>hello</body>");
	take_id(id);
	bounces(id);
	EXPECT_QUIET();
	link_in.ignores_pings = false;
	pass(130 * SECOND);
	EXPECT_CALL("settled n1");
	says("<presence from='" ALICE2 "' to='" GW "'/>");
	pass(SECOND);
	for (size_t i = 0; i < heard.count; i++)
		assert_null(strstr(heard.sent[i], "hello"));
	/* What came while he took none ends when he takes some. */
	says("<presence from='" ALICE2 "' to='" GW "' type='unavailable'/>");
	takes_none();
	link_in.ignores_pings = true;
	arrives("n2", "again");
	EXPECT_AMONG("<body>again</body>");
	take_id(id);
	bounces(id);
	forget();
	says("<presence from='" ALICE2 "' to='" GW "'/>");
	pass(SECOND);
	EXPECT_AMONG("<body>again</body>");
	bounces(id);
	link_in.ignores_pings = false;
	pass(130 * SECOND);
	EXPECT_CALL("settled n2");
}

/* --- Whom he has blocked at his own server ------------------------------- */

static void refused(
	struct gw_session *s, const char *person, const char *network_id)
{
	(void)s;
	note("refused %s %s", person, network_id);
}

static void is_refused_for(char id[256])
{
	arrives("n1", "hello");
	EXPECT("<body>hello</body>");
	take_id(id);
	bounces(id);
}

static void the_network_hears_of_it(void **state)
{
	char id[256];
	(void)state;
	net_ops.refused = refused;
	link_in.ignores_pings = true;
	is_refused_for(id);
	EXPECT_CALL("refused anna n1");
	EXPECT_QUIET();
	/* Not of what somebody made up, nor of another error. */
	id[2] = id[2] == 'a' ? 'b' : 'a';
	bounces(id);
	id[0] = '\0';
	arrives("n2", "again");
	EXPECT("<body>again</body>");
	take_id(id);
	saysf("<message from='" BARE "' to='%s' type='error' id='%s'>"
	      "<error type='modify'><policy-violation xmlns='" NS_STANZA_ERRORS
	      "'/></error></message>",
		ANNA, id);
	EXPECT_QUIET();
}

/* Where the list can be read it decides. */
static void the_list_decides(void **state)
{
	static const struct {
		const char *answer;
		bool is_blocked;
	} cases[] = {
		{ "<item jid='bob@example.org'/><item jid='" ANNA "'/>", true },
		{ "<item jid='" GW "'/>", true },
		{ "<item jid='bob@example.org'/><item/>", false },
		{ "<item jid='" ANNA "/x'/>", false },
		{ "", false },
	};
	char id[256], asked_id[256];
	(void)state;
	net_ops.refused = refused;
	link_in.ignores_pings = true;
	says("<message from='example.org' to='" GW
	     "'><privilege xmlns='" NS_PRIVILEGE_2
	     "'><perm access='iq'><namespace ns='" NS_BLOCKING
	     "' type='get'/></perm></privilege></message>");
	is_refused_for(id);
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (i > 0)
			bounces(id);
		EXPECT("<iq from='" GW "' to='" BARE "' type='get'",
			"<privileged_iq xmlns='" NS_PRIVILEGE_2 "'>",
			"<blocklist xmlns='" NS_BLOCKING "'/>");
		take_id(asked_id);
		saysf("<iq from='" BARE "' to='" GW "' type='result' id='%s'>"
		      "<privilege xmlns='" NS_PRIVILEGE_2
		      "'><forwarded xmlns='" NS_FORWARD
		      "'><iq xmlns='" NS_CLIENT "' type='result'>"
		      "<blocklist xmlns='" NS_BLOCKING "'>%s</blocklist></iq>"
		      "</forwarded></privilege></iq>",
			asked_id, cases[i].answer);
		if (cases[i].is_blocked)
			EXPECT_CALL("refused anna n1");
		EXPECT_QUIET();
	}
	/* One that says nothing. */
	bounces(id);
	EXPECT("<blocklist ");
	take_id(asked_id);
	saysf("<iq from='" BARE "' to='" GW "' type='error' id='%s'/>",
		asked_id);
	EXPECT_QUIET();
}

/* A client that takes no messages, or a server that is busy. */
static void others_wait(void **state)
{
	char id[256];
	(void)state;
	link_in.ignores_pings = true;
	arrives("n1", "hello");
	EXPECT("<body>hello</body>");
	take_id(id);
	saysf("<message from='" BARE "' to='%s' type='error' id='%s'>"
	      "<error type='wait'><resource-constraint "
	      "xmlns='" NS_STANZA_ERRORS "'/></error></message>",
		ANNA, id);
	takes_none();
	arrives("n2", "again");
	EXPECT_AMONG("<body>again</body>");
	take_id(id);
	bounces(id);
	link_in.ignores_pings = false;
	pass(130 * SECOND);
	forget();
	says("<presence from='" ALICE2 "' to='" GW "'/>");
	pass(SECOND);
	EXPECT_AMONG("<body>hello</body>");
	EXPECT_AMONG("<body>again</body>");
}

static void is_tried_again_after_an_error(void **state)
{
	char first[256], second[256];
	(void)state;
	takes_none();
	link_in.ignores_pings = true;
	arrives("n1", "hello");
	EXPECT("<body>hello</body>");
	take_id(first);
	bounces(first);
	link_in.ignores_pings = false;
	pass(130 * SECOND);
	EXPECT_QUIET();
	/* A new client of his comes. */
	says("<presence from='" ALICE2 "' to='" GW "'/>");
	pass(SECOND);
	EXPECT_AMONG("<body>hello</body>", "<delay");
	take_id(second);
	assert_string_equal(first, second);
	EXPECT_CALL("settled n1");
}

/* Of a user behind another service: what it did not take is given to it again
 * after a while, as nobody says that he is there. */
static void a_relay_is_tried_again(void **state)
{
	const struct gw_receiver all[] = { { GW_TO, "canyon", NULL },
		{ GW_TO, "ben", NULL } };
	const struct gw_message m = { .from = "anna",
		.text = "to both",
		.network_id = "n1",
		.durable = true,
		.receivers = all,
		.receiver_count = COUNT(all) };
	char first[256], second[256];
	(void)state;
	configure("", "relays = ( \"example.org\" );");
	host_reload(host, load_options());
	takes_none();
	link_in.ignores_pings = true;
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT("to='example.org'", "<body>to both</body>");
	take_id(first);
	arrives("n2", "to him");
	EXPECT("to='" BARE "'", "<body>to him</body>");
	take_id(second);
	bounces(second);
	saysf("<message from='example.org' to='%s' type='error' id='%s'>"
	      "<error type='wait'><service-unavailable "
	      "xmlns='" NS_STANZA_ERRORS "'/></error></message>",
		ANNA, first);
	assert_int_equal(inbox_count(gateway), 0);
	link_in.ignores_pings = false;
	pass(310 * SECOND);
	EXPECT_AMONG("to='example.org'", "<body>to both</body>", "<delay");
	EXPECT_AMONG("to='" BARE "'", "<body>to him</body>", "<delay");
	EXPECT_CALL("settled n1");
	EXPECT_CALL("settled n2");
	forget();
	pass(400 * SECOND);
	EXPECT_QUIET();
}

static void is_settled_when_it_went_through_at_last(void **state)
{
	char id[256];
	(void)state;
	takes_none();
	link_in.ignores_pings = true;
	arrives("n1", "hello");
	EXPECT("<body>hello</body>");
	take_id(id);
	bounces(id);
	crash();
	link_in.ignores_pings = false;
	start_host();
	for (size_t i = 0; i < heard.count; i++)
		assert_null(strstr(heard.sent[i], "hello"));
	forget();
	comes_online();
	EXPECT_AMONG("<body>hello</body>");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("settled n1");
	forget();
	says("<presence from='" ALICE2 "' to='" GW "'/>");
	pass(SECOND);
	for (size_t i = 0; i < heard.count; i++)
		assert_null(strstr(heard.sent[i], "hello"));
}

/* Made-up errors do nothing. */
static void foreign_errors_are_ignored(void **state)
{
	(void)state;
	bounces("nonsense");
	arrives("n1", "hello");
	EXPECT("<body>hello</body>");
	EXPECT_CALL("settled n1");
}

/* --- The store ----------------------------------------------------------- */

static void removal_erases(void **state)
{
	(void)state;
	link_in.ignores_pings = true;
	arrives("n1", "hello");
	forget();
	says("<iq from='" ALICE "' to='" VALLEY "' type='set' id='u'>"
	     "<query xmlns='" NS_REGISTER "'><remove/></query></iq>");
	pass(SECOND);
	crash();
	link_in.ignores_pings = false;
	start_host();
	for (size_t i = 0; i < heard.count; i++)
		assert_null(strstr(heard.sent[i], "hello"));
}

/* --- Rooms and what the user sent by another way ------------------------- */

static void enter(void)
{
	says("<presence from='" ALICE "' to='" ROOM "/alice'>"
	     "<x xmlns='" NS_MUC "'/></presence>");
	pass(SECOND);
	forget();
}

static void rooms_are_settled_in_the_archive(void **state)
{
	(void)state;
	enter();
	arrives_at(net.room, "Echo", "n1", "hello");
	EXPECT_QUIET();
	settle();
	EXPECT("type='groupchat'", "from='" ROOM "/Echo'", "to='" ALICE "'",
		"<body>hello</body>", "<stanza-id");
	EXPECT_CALL("settled n1");
	arrives_at(net.room, "Echo", "n1", "hello");
	settle();
	EXPECT_CALL("settled n1");
	EXPECT_QUIET();
	crash_and_start();
	enter();
	arrives_at(net.room, "Echo", "n1", "hello");
	settle();
	EXPECT_CALL("settled n1");
	EXPECT_QUIET();
}

/* Nobody heard it: the network has to give it again. */
static void rooms_that_were_left_settle_nothing(void **state)
{
	(void)state;
	enter();
	arrives_at(net.room, "Echo", "n1", "hello");
	room_resource_gone(alice(), ALICE, NULL);
	pass(SECOND);
	EXPECT_CALL("leave #deep -");
	EXPECT_CALL("settled n1 failed");
}

static void own_are_settled_in_the_archive(void **state)
{
	const struct gw_message m = { .text = "from my phone",
		.network_id = "n1",
		.own = true,
		.to = "anna",
		.durable = true };
	(void)state;
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT_CALL("settled n1");
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT_CALL("settled n1");
	EXPECT_QUIET();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_LONG(is_stored_sent_and_settled),
		TEST_LONG(waits_for_the_server),
		TEST_LONG(keeps_the_order),
		TEST_LONG(the_id_leads_back),
		TEST_LONG(crash_before_the_server_has_it),
		TEST_LONG(crash_before_it_is_sent),
		TEST_LONG(crash_within_the_grace),
		TEST_LONG(stream_breaks_within_the_grace),
		TEST_LONG(comes_without_a_stream),
		TEST_LONG(orderly_stop_ends_the_grace),
		TEST_LONG(is_known_for_a_month),
		TEST_LONG(ends_when_the_server_refuses),
		TEST_LONG(the_network_hears_of_it),
		TEST_LONG(the_list_decides),
		TEST_LONG(others_wait),
		TEST_LONG(is_tried_again_after_an_error),
		TEST_LONG(a_relay_is_tried_again),
		TEST_LONG(is_settled_when_it_went_through_at_last),
		TEST_LONG(foreign_errors_are_ignored),
		TEST_LONG(removal_erases),
		TEST_LONG(rooms_are_settled_in_the_archive),
		TEST_LONG(rooms_that_were_left_settle_nothing),
		TEST_LONG(own_are_settled_in_the_archive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
