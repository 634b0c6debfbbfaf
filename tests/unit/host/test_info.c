/*
 * Ping (XEP-0199), version (0092), last activity (0012), time (0202), vCard
 * (0054) and the prompt of jabber:iq:gateway (0100), and the requests of a
 * network that stand behind those about people.
 */
#include "host/host_fixture.h"

static void ask(const char *to, const char *payload)
{
	saysf("<iq from='" ALICE "' to='%s' type='get' id='q'>%s</iq>", to,
		payload);
}

#define PING    "<ping xmlns='" NS_PING "'/>"
#define VERSION "<query xmlns='" NS_VERSION "'/>"
#define LAST    "<query xmlns='" NS_LAST "'/>"
#define TIME    "<time xmlns='" NS_TIME "'/>"
#define VCARD   "<vCard xmlns='" NS_VCARD "'/>"
#define VCARD4  "<vcard xmlns='" NS_VCARD4 "'/>"

/* --- The service itself ------------------------------------------------------
 */

static void test_service(void **state)
{
	static const struct {
		const char *to, *payload, *answer;
	} rows[] = {
		{ GW, PING, "type='result' id='q'/>" },
		{ VALLEY, PING, "type='result' id='q'/>" },
		{ GW, VERSION,
			"<query xmlns='" NS_VERSION "'><name>Causeway</name>"
			"<version>" CAUSEWAY_VERSION "</version></query>" },
		{ VALLEY, VERSION, "<name>Causeway</name>" },
		{ GW, LAST, "<query xmlns='" NS_LAST "' seconds='0'/>" },
		{ GW, TIME,
			"<time xmlns='" NS_TIME "'><tzo>+00:00</tzo>"
			"<utc>2023-11-14T22:13:20Z</utc></time>" },
		{ GW, VCARD, "<FN>Echo gateway</FN>" },
		{ VALLEY, VCARD, "<FN>canyon</FN>" },
		{ GW, VCARD4,
			"<vcard xmlns='" NS_VCARD4 "'><kind><text>application"
			"</text></kind><fn><text>Echo gateway</text></fn>" },
		{ VALLEY, VCARD4, "<fn><text>canyon</text></fn>" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		ask(rows[i].to, rows[i].payload);
		EXPECT("type='result'", rows[i].answer);
		EXPECT_QUIET();
	}
	pass(90 * SECOND);
	ask(GW, LAST);
	EXPECT("seconds='90'");
	ask(GW, TIME);
	EXPECT("<utc>2023-11-14T22:14:50Z</utc>");
}

/* --- People -------------------------------------------------------------- */

static void item(const char *key, const char *value, long number)
{
	const struct gw_item i = {
		.key = key, .value = value, .number = number
	};
	gw_item(net.session, net.request, &i);
}

static void done(void)
{
	gw_done(net.session, net.request, NULL);
	settle();
}

static void test_person(void **state)
{
	(void)state;
	be_online();
	ask(ANNA, PING);
	EXPECT_CALL("lookup ping anna");
	EXPECT_QUIET();
	item("ping", NULL, 37);
	done();
	EXPECT("<iq from='" ANNA "' to='" ALICE "' type='result' id='q'/>");

	ask(ANNA, VERSION);
	EXPECT_CALL("lookup version anna");
	item("version", "Echo <2> \xc3\xa4", 0);
	done();
	EXPECT("<query xmlns='" NS_VERSION
	       "'><name>Echo &lt;2&gt; \xc3\xa4</name><version/></query>");

	ask(ANNA, LAST);
	EXPECT_CALL("lookup idle anna");
	item("idle", NULL, 125);
	done();
	EXPECT("<query xmlns='" NS_LAST "' seconds='125'/>");

	ask(ANNA, TIME);
	EXPECT_CALL("lookup time anna");
	item("time", "2024-02-03T04:05:06Z", 0);
	done();
	EXPECT("<tzo>+00:00</tzo><utc>2024-02-03T04:05:06Z</utc>");

	ask(ANNA, VCARD);
	EXPECT_CALL("lookup profile anna");
	item("nick", "anna", 0);
	item("realname", "Anna & Co", 0);
	item("server", "canyon.test", 0);
	item("rooms", "#a #b", 0);
	item("secure", NULL, 0);
	done();
	EXPECT("<vCard xmlns='" NS_VCARD "'>", "<NICKNAME>anna</NICKNAME>",
		"<FN>Anna &amp; Co</FN>",
		"<DESC>server: canyon.test\nrooms: #a #b\nsecure: </DESC>");
	EXPECT_QUIET();
}

static void tell_of_anna(void)
{
	item("nick", "anna", 0);
	item("realname", "Anna & Co", 0);
	item("email", "anna@canyon.test", 0);
	item("phone", "+15550100", 0);
	item("photo", "image/png;iVBORw0KGgo=", 0);
	item("server", "canyon.test", 0);
	done();
}

/* One set of facts, written in two ways. */
static void test_cards(void **state)
{
	(void)state;
	be_online();
	ask(ANNA, VCARD);
	tell_of_anna();
	EXPECT("<vCard xmlns='" NS_VCARD "'><NICKNAME>anna</NICKNAME>"
	       "<FN>Anna &amp; Co</FN>"
	       "<EMAIL><USERID>anna@canyon.test</USERID></EMAIL>"
	       "<TEL><NUMBER>+15550100</NUMBER></TEL>"
	       "<PHOTO><TYPE>image/png</TYPE><BINVAL>iVBORw0KGgo=</BINVAL>"
	       "</PHOTO><DESC>server: canyon.test</DESC></vCard>");
	ask(ANNA, VCARD4);
	tell_of_anna();
	EXPECT("<vcard xmlns='" NS_VCARD4 "'>"
	       "<nickname><text>anna</text></nickname>"
	       "<fn><text>Anna &amp; Co</text></fn>"
	       "<email><text>anna@canyon.test</text></email>"
	       "<tel><uri>tel:+15550100</uri></tel>"
	       "<photo><uri>data:image/png;base64,iVBORw0KGgo=</uri></photo>"
	       "<note><text>server: canyon.test</text></note></vcard>");
	/* The one that each vCard4 has. */
	ask(ANNA, VCARD4);
	done();
	EXPECT("<vcard xmlns='" NS_VCARD4 "'><fn><text>anna</text></fn>"
	       "</vcard>");
	ask(ANNA, VCARD4);
	gw_fail(net.session, net.request, GW_NO_SUCH, "Gone");
	settle();
	EXPECT("type='error' id='q'", "<item-not-found", "Gone");
	says("<iq from='" ALICE "' to='" ANNA "' type='set' id='q'>" VCARD4
	     "</iq>");
	EXPECT("type='error' id='q'", "<not-allowed");
	asked.next = asked.count;
	EXPECT_QUIET();
}

/* What a network leaves out. */
static void test_nothing_found(void **state)
{
	(void)state;
	be_online();
	ask(ANNA, VERSION);
	done();
	EXPECT("type='result'", "<name/><version/>");
	ask(ANNA, LAST);
	done();
	EXPECT("<feature-not-implemented", "idle");
	ask(ANNA, TIME);
	item("time", "half past nine", 0);
	done();
	EXPECT("<feature-not-implemented", "half past nine");
	ask(ANNA, TIME);
	done();
	EXPECT("type='error'", "<feature-not-implemented");
	ask(ANNA, VCARD);
	done();
	EXPECT("<vCard xmlns='" NS_VCARD "'/>");
}

static void test_refused(void **state)
{
	static const struct {
		enum gw_reason reason;
		const char *error;
	} rows[] = {
		{ GW_NO_SUCH, "<item-not-found" },
		{ GW_FORBIDDEN, "<forbidden" },
		{ GW_UNREACHABLE, "<remote-server-timeout" },
		{ GW_UNSUPPORTED, "<feature-not-implemented" },
		{ GW_BUSY, "<resource-constraint" },
	};
	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(rows); i++) {
		ask(ANNA, i % 2 == 0 ? VCARD : PING);
		gw_fail(net.session, net.request, rows[i].reason, "Why not");
		/* Only the first outcome counts, and there are no more
		 * facts. */
		item("nick", "x", 0);
		done();
		EXPECT("type='error' id='q'", rows[i].error, "Why not");
		asked.next = asked.count;
		EXPECT_QUIET();
	}
}

static void test_unreachable(void **state)
{
	(void)state;
	/* Not connected at all, not there, not possible. */
	ask(ANNA, PING);
	EXPECT("<item-not-found", "not connected");
	be_online();
	ask("anna%gorge@" GW, PING);
	EXPECT("<item-not-found", "not connected");
	net_ops.lookup = NULL;
	ask(ANNA, PING);
	EXPECT("<service-unavailable");
	EXPECT_QUIET();
	assert_null(account_at(BARE, "gorge"));
}

/* --- Deadlines ----------------------------------------------------------- */

static void test_no_answer(void **state)
{
	(void)state;
	be_online();
	ask(ANNA, PING);
	pass(59 * SECOND);
	assert_int_equal(heard.count, 0);
	pass(10 * SECOND);
	EXPECT("type='error' id='q'", "<remote-server-timeout",
		"did not answer in time");
	/* Too late. */
	done();
	EXPECT_CALL("lookup ping anna");
	EXPECT_QUIET();
}

static void test_lost_link(void **state)
{
	(void)state;
	be_online();
	ask(ANNA, PING);
	ask(ANNA, VCARD);
	gw_closed(net.session, GW_LOST, "The wind blew.", GW_RETRY);
	settle();
	EXPECT_AMONG("type='error' id='q'", "<remote-server-timeout",
		"The wind blew.");
	EXPECT_AMONG("type='error' id='q'", "<remote-server-timeout",
		"The wind blew.");
}

static void test_too_many(void **state)
{
	(void)state;
	be_online();
	for (unsigned i = 0; i < LIMIT_REQUESTS; i++)
		ask(ANNA, PING);
	assert_int_equal(heard.count, 0);
	ask(ANNA, PING);
	EXPECT("<resource-constraint");
	assert_int_equal(asked.count - asked.next, LIMIT_REQUESTS);
	pass(70 * SECOND);
	assert_int_equal(heard.count, LIMIT_REQUESTS);
}

/* --- jabber:iq:gateway --------------------------------------------------- */

static void prompt(const char *inside)
{
	saysf("<iq from='" ALICE "' to='" GW
	      "' type='set' id='q'><query xmlns='" NS_GATEWAY
	      "'>%s</query></iq>",
		inside);
}

static void test_prompt(void **state)
{
	static const struct {
		const char *text, *answer;
	} rows[] = {
		{ "<prompt>anna@canyon</prompt>", "<jid>" ANNA "</jid>" },
		{ "<prompt>anna%canyon</prompt>", "<jid>" ANNA "</jid>" },
		{ "<prompt>canyon</prompt>", "<jid>" VALLEY "</jid>" },
		{ "<prompt>#deep@canyon</prompt>",
			"<jid>#deep%canyon@" GW "</jid>" },
		{ "<prompt>an&amp;na@canyon</prompt>",
			"<jid>an\\26na%canyon@" GW "</jid>" },
		{ "<prompt>a/b@canyon</prompt>",
			"<jid>a\\2fb%canyon@" GW "</jid>" },
		{ "<prompt>anna@No Where</prompt>", "A valley has" },
		{ "<prompt>@canyon</prompt>", "A name has" },
		{ "<prompt/>", "Say whom you mean." },
		{ "", "Say whom you mean." },
		{ "<prompt xmlns='urn:other'>canyon</prompt>",
			"<not-acceptable" },
	};
	(void)state;
	ask(GW, "<query xmlns='" NS_GATEWAY "'/>");
	EXPECT("type='result'",
		"<desc>Whom to talk to, for example anna@canyon</desc>"
		"<prompt>");
	for (size_t i = 0; i < COUNT(rows); i++) {
		prompt(rows[i].text);
		if (heard.count != 1 ||
			strstr(heard.sent[0], rows[i].answer) == NULL) {
			show_rest();
			fail_msg("row %zu", i);
		}
		drop_sent();
	}
	EXPECT_QUIET();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_service),
		TEST(test_person),
		TEST(test_cards),
		TEST(test_nothing_found),
		TEST(test_refused),
		TEST(test_unreachable),
		TEST(test_no_answer),
		TEST(test_lost_link),
		TEST(test_too_many),
		TEST(test_prompt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
