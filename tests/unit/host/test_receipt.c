/*
 * What became of private messages: receipts (XEP-0184) and displayed markers
 * (XEP-0333), to the sender and from the reader.
 */
#include "host/host_fixture.h"

#define REQUEST   "<request xmlns='" NS_RECEIPTS "'/>"
#define MARKABLE  "<markable xmlns='" NS_MARKERS "'/>"
#define RECEIVED  "<received xmlns='" NS_RECEIPTS "' id='m'/>"
#define DISPLAYED "<displayed xmlns='" NS_MARKERS "' id='m'/>"
#define HINT      "<store xmlns='" NS_HINTS "'/>"

static void writes(const char *attrs, const char *wishes)
{
	saysf("<message from='" ALICE "' to='%s'%s><body>x</body>%s</message>",
		ANNA, attrs, wishes);
}

static void reports(gw_request request, enum gw_stage stage)
{
	const struct gw_result result = { .stage = stage };
	gw_result(net.session, request, &result);
	settle();
}

/* A message that the network has taken; returns its request. */
static gw_request sends(const char *wishes)
{
	net.hold_send = true;
	writes(" id='m' type='chat'", wishes);
	EXPECT_CALL("send person anna x");
	gw_done(net.session, net.request, NULL);
	settle();
	return net.request;
}

/* --- To the sender ------------------------------------------------------- */

static void test_told_when_it_is_so(void **state)
{
	(void)state;
	be_online();
	gw_request r = sends(REQUEST MARKABLE);
	assert_int_equal(heard.count, 0);
	reports(r, GW_DELIVERED);
	EXPECT("<message from='" ANNA "' to='" ALICE "' type='chat' id='",
		RECEIVED HINT "</message>", "!id='m'>", "!<request", "!<body");
	assert_int_equal(heard.count, 0);
	reports(r, GW_DISPLAYED);
	EXPECT("<message from='" ANNA "' to='" ALICE "' type='chat' id='",
		DISPLAYED HINT "</message>", "!<received", "!<markable");
	/* Said once. */
	reports(r, GW_DELIVERED);
	reports(r, GW_DISPLAYED);
	gw_fail(net.session, r, GW_LOST, "Late.");
	settle();
	EXPECT_QUIET();
	assert_int_equal(account_at(BARE, "canyon")->awaited_count, 0);
}

/* Who has seen it has got it. */
static void test_displayed_says_both(void **state)
{
	(void)state;
	be_online();
	reports(sends(REQUEST MARKABLE), GW_DISPLAYED);
	EXPECT(RECEIVED);
	EXPECT(DISPLAYED);
	EXPECT_QUIET();
}

/* What nobody asked for is not told, nor what cannot be answered. */
static void test_only_if_asked(void **state)
{
	static const struct {
		const char *attrs, *wishes;
		bool received, displayed;
	} rows[] = {
		{ " id='m'", "", false, false },
		{ " id='m'", REQUEST, true, false },
		{ " id='m'", MARKABLE, false, true },
		{ "", REQUEST MARKABLE, false, false },
		{ " id='m'", "<request xmlns='other'/>", false, false },
	};
	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(rows); i++) {
		writes(rows[i].attrs, rows[i].wishes);
		if (rows[i].received)
			EXPECT(RECEIVED, "!type=");
		if (rows[i].displayed)
			EXPECT(DISPLAYED, "!type=");
		EXPECT("<body>x</body>");
		assert_int_equal(heard.count, 0);
	}
}

/* What the network has not announced is not to be expected of it. */
static void test_by_caps(void **state)
{
	(void)state;
	be_online();
	net_ops.caps &= ~(unsigned)(GW_CAP_RECEIPTS | GW_CAP_DISPLAYED);
	gw_request r = sends(REQUEST MARKABLE);
	reports(r, GW_DELIVERED);
	reports(r, GW_DISPLAYED);
	EXPECT_QUIET();
}

/* A person in a room is written to, and answers, as an occupant. */
static void test_of_an_occupant(void **state)
{
	(void)state;
	says("<presence from='" ALICE "' to='#deep%canyon@" GW
	     "/al'><x xmlns='" NS_MUC "'/></presence>");
	forget();
	says("<message from='" ALICE "' to='#deep%canyon@" GW
	     "/Echo' type='chat' id='m'><body>x</body>" REQUEST "</message>");
	EXPECT("<message from='#deep%canyon@" GW "/Echo' to='" ALICE "'",
		RECEIVED);
	forget();
	says("<message from='" ALICE "' to='#deep%canyon@" GW
	     "' type='groupchat' id='m'><body>x</body>" REQUEST "</message>");
	EXPECT("type='groupchat' id='m'");
	EXPECT("/Echo'", "!<received");
	assert_int_equal(heard.count, 0);
}

/* --- Over time ----------------------------------------------------------- */

static void test_days_later(void **state)
{
	(void)state;
	be_online();
	gw_request first = sends(REQUEST), second = sends(""),
		   third = sends(REQUEST);
	pass(3600 * SECOND);
	gw_closed(net.session, GW_LOST, "It broke.", GW_RETRY);
	settle();
	EXPECT_AMONG("It broke.");
	drop_sent();
	/* Also while the link is down, and when it is back. */
	reports(first, GW_DELIVERED);
	EXPECT(RECEIVED);
	pass(60 * SECOND);
	forget();
	gw_fail(net.session, second, GW_NO_SUCH, "Nobody has that number.");
	settle();
	EXPECT("type='error' id='m'", "<item-not-found", "Nobody has that");
	/* Nothing after close(). */
	struct account *a = account_at(BARE, "canyon");
	account_close(a, NULL);
	assert_int_equal(a->awaited_count, 0);
	forget();
	net.session = &a->session;
	reports(third, GW_DELIVERED);
	assert_int_equal(heard.count, 0);
}

static void test_in_doubt(void **state)
{
	(void)state;
	be_online();
	sends(REQUEST);
	pass(10 * SECOND);
	gw_request second = sends("");
	gw_fail(net.session, second, GW_LOST, "It may not have arrived.");
	gw_closed(net.session, GW_LOST, "It broke.", GW_RETRY);
	settle();
	EXPECT_AMONG("type='error' id='m'", "may not have arrived");
	assert_int_equal(account_at(BARE, "canyon")->awaited_count, 1);
}

/* The newest are remembered, without their texts. */
static void test_many(void **state)
{
	(void)state;
	lift_limit();
	be_online();
	gw_request first = sends(REQUEST), last = 0;
	for (unsigned i = 0; i < LIMIT_AWAITED; i++)
		last = sends(REQUEST);
	struct account *a = account_at(BARE, "canyon");
	assert_int_equal(a->awaited_count, LIMIT_AWAITED);
	assert_int_equal(a->accepted_count, 0);
	assert_int_equal(a->request_count, 0);
	reports(first, GW_DELIVERED);
	assert_int_equal(heard.count, 0);
	reports(last, GW_DELIVERED);
	EXPECT(RECEIVED);
}

/* --- Of the reader ------------------------------------------------------- */

static void arrives(const char *from, const char *network_id)
{
	const struct gw_message m = {
		.from = from, .text = "hi", .network_id = network_id
	};
	gw_message(net.session, NULL, &m);
	settle();
}

/* The id of the last stanza. */
static const char *last_id(void)
{
	static char id[2048];
	const char *at = strstr(last_sent, " id='");
	assert_non_null(at);
	snprintf(id, sizeof(id), "%.*s", (int)strcspn(at + 5, "'"), at + 5);
	return id;
}

static void has_seen(const char *from, const char *whose, const char *id)
{
	saysf("<message from='%s' to='%s'><displayed xmlns='" NS_MARKERS
	      "' id='%s'/></message>",
		from, whose, id);
}

static void test_seen(void **state)
{
	char first[2048];
	(void)state;
	be_online();
	arrives("anna", "N 1&amp;\"");
	EXPECT("<message from='" ANNA "'", "<body>hi</body>" MARKABLE);
	snprintf(first, sizeof(first), "%s", last_id());
	has_seen(ALICE, ANNA, first);
	EXPECT_CALL("displayed anna N 1&amp;\"");
	/* The same message has the same id, and no other message has. */
	arrives("anna", "N 1&amp;\"");
	EXPECT(MARKABLE);
	assert_string_equal(last_id(), first);
	arrives("anna", "N2");
	EXPECT(MARKABLE);
	assert_string_not_equal(last_id(), first);
	EXPECT_QUIET();
	/* After a restart as well. */
	stop_host();
	start_host();
	says("<presence from='" ALICE "' to='" GW "'/>");
	assert_true(account_is_online(account_at(BARE, "canyon")));
	forget();
	has_seen(ALICE, ANNA, first);
	EXPECT_CALL("displayed anna N 1&amp;\"");
	EXPECT_QUIET();
}

/* Only who got it can say so, and only of who sent it. */
static void test_made_up(void **state)
{
	char id[2048];
	(void)state;
	be_online();
	arrives("anna", "N1");
	EXPECT(MARKABLE);
	snprintf(id, sizeof(id), "%s", last_id());
	has_seen(ALICE, "bea%canyon@" GW, id);
	has_seen(ALICE, ANNA, "");
	has_seen(ALICE, ANNA, "N1");
	has_seen(ALICE, ANNA, ".N1");
	has_seen(ALICE, ANNA, "AAAAAAAAAAAAAAAAAAAA");
	has_seen(ALICE, ANNA, "AAAAAAAAAAAAAAAAAAAA.");
	has_seen(ALICE, ANNA, "AAAAAAAAAAAAAAAAAAAA.N1");
	id[strlen(id) - 1] = '2';
	has_seen(ALICE, ANNA, id);
	id[strlen(id) - 1] = '1';
	has_seen(ALICE, "anna%gorge@" GW, id);
	has_seen(ALICE, VALLEY, id);
	has_seen(ALICE, GW, id);
	has_seen(BOB, ANNA, id);
	EXPECT_QUIET();
	has_seen(ALICE, ANNA, id);
	EXPECT_CALL("displayed anna N1");
}

static void test_not_markable(void **state)
{
	static char huge[3000];
	(void)state;
	be_online();
	arrives("anna", NULL);
	EXPECT("<body>hi</body>", "!markable");
	arrives(NULL, "N1");
	EXPECT("from='" VALLEY "'", "<body>hi</body></message>");
	memset(huge, 'x', sizeof(huge) - 1);
	arrives("anna", huge);
	EXPECT("<body>hi</body>", "!markable", "!xxxxxx");
	net_ops.displayed = NULL;
	arrives("anna", "N1");
	EXPECT("<body>hi</body>", "!markable", "!N1");
	EXPECT_QUIET();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_told_when_it_is_so),
		TEST(test_displayed_says_both),
		TEST(test_only_if_asked),
		TEST(test_by_caps),
		TEST(test_of_an_occupant),
		TEST(test_days_later),
		TEST(test_in_doubt),
		TEST(test_many),
		TEST(test_seen),
		TEST(test_made_up),
		TEST(test_not_markable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
