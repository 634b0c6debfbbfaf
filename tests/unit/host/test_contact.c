/*
 * Subscriptions (RFC 6121 section 3) and the presence of contacts that the
 * user is shown.
 */
#include "host/host_fixture.h"

/* Nothing to the server, whatever the network hears. */
#define EXPECT_SILENCE() assert_int_equal(heard.count, 0)

#define PROBE_OF(from, to) \
	"<presence from='" from "' to='" to "' type='probe'/>"

#define FROM "from='" ANNA "' to='" BARE "'"

static void presence(const char *to, const char *type)
{
	saysf("<presence from='" BARE "' to='%s' type='%s'/>", to, type);
}

static struct contact *contact(const char *local)
{
	return alice() != NULL ? contact_find(alice(), local) : NULL;
}

static int state_of(const char *local)
{
	struct contact *c = contact(local);
	return c != NULL ? c->state : 0;
}

/* --- All types in all states --------------------------------------------------- */

enum {
	TO = CONTACT_TO_USER,
	FROM_HIM = CONTACT_FROM_USER,
	ASKED = CONTACT_ASKED_USER,
};

static void test_transitions(void **state)
{
	static const struct {
		int before;
		const char *type;
		int after;
		const char *sent[3]; /* types, in order */
	} rows[] = {
		{ 0, "subscribe", TO | ASKED, { "subscribed", "subscribe" } },
		{ ASKED, "subscribe", TO | ASKED, { "subscribed" } },
		{ FROM_HIM, "subscribe", TO | FROM_HIM, { "subscribed" } },
		{ TO, "subscribe", TO | ASKED, { "subscribed", "subscribe" } },
		{ TO | ASKED, "subscribe", TO | ASKED, { "subscribed" } },
		{ TO | FROM_HIM, "subscribe", TO | FROM_HIM, { "subscribed" } },
		{ 0, "subscribed", 0, { NULL } },
		{ ASKED, "subscribed", FROM_HIM, { NULL } },
		{ FROM_HIM, "subscribed", FROM_HIM, { NULL } },
		{ TO | ASKED, "subscribed", TO | FROM_HIM, { NULL } },
		{ 0, "unsubscribe", 0, { NULL } },
		{ ASKED, "unsubscribe", ASKED, { NULL } },
		{ FROM_HIM, "unsubscribe", FROM_HIM, { NULL } },
		{ TO, "unsubscribe", 0, { "unsubscribed" } },
		{ TO | ASKED, "unsubscribe", ASKED, { "unsubscribed" } },
		{ TO | FROM_HIM, "unsubscribe", FROM_HIM, { "unsubscribed" } },
		{ 0, "unsubscribed", 0, { NULL } },
		{ ASKED, "unsubscribed", 0, { NULL } },
		{ FROM_HIM, "unsubscribed", 0, { NULL } },
		{ TO, "unsubscribed", TO, { NULL } },
		{ TO | ASKED, "unsubscribed", TO, { NULL } },
		{ TO | FROM_HIM, "unsubscribed", TO, { NULL } },
	};
	(void)state;
	be_registered();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char part[64];
		if (rows[i].before != 0)
			contact_get(alice(), "anna%canyon")->state =
				rows[i].before;
		presence(ANNA, rows[i].type);
		for (size_t k = 0; k < 3 && rows[i].sent[k] != NULL; k++) {
			text_format(part, sizeof(part), "type='%s'",
				rows[i].sent[k]);
			EXPECT(FROM, part);
		}
		if (state_of("anna%canyon") != rows[i].after)
			fail_msg("row %zu: %d", i, state_of("anna%canyon"));
		/* Presence itself is looked at below. */
		forget();
		struct contact *c = contact("anna%canyon");
		if (c != NULL) {
			map_remove_text(&alice()->contacts, c->local);
			contact_free(&c);
		}
	}
}

/* The other four types go elsewhere: they are no subscriptions. */
static void test_other_types(void **state)
{
	(void)state;
	be_registered();
	says("<presence from='" ALICE "' to='" ANNA "'/>");
	says("<presence from='" ALICE "' to='" ANNA "' type='unavailable'/>");
	says("<presence from='" ALICE "' to='" ANNA
	     "' type='error'><error type='cancel'/></presence>");
	assert_null(contact("anna%canyon"));
	says("<presence from='" ALICE "' to='" ANNA "' type='probe'/>");
	EXPECT_AMONG(FROM, "type='unsubscribed'/>");
	assert_null(contact("anna%canyon"));
}

static void test_stored(void **state)
{
	(void)state;
	be_registered();
	presence(ANNA, "subscribe");
	presence(ANNA, "subscribed");
	presence("bea%canyon@" GW, "subscribe");
	presence("bea%canyon@" GW, "unsubscribed");
	presence("cleo%canyon@" GW, "subscribe");
	presence("cleo%canyon@" GW, "unsubscribed");
	presence("cleo%canyon@" GW, "unsubscribe");
	kill_host();
	start_host();
	assert_int_equal(state_of("anna%canyon"), TO | FROM_HIM);
	assert_int_equal(state_of("bea%canyon"), TO);
	assert_null(contact("cleo%canyon"));
	assert_int_equal(state_of(""), TO | FROM_HIM);
}

/* --- Who may ------------------------------------------------------------------- */

/* Whoever adds contacts without end is stopped, and can remove some. */
static void test_too_many(void **state)
{
	char local[64];
	(void)state;
	be_registered();
	for (unsigned i = 0; alice()->contacts.count < LIMIT_CONTACTS; i++) {
		text_format(local, sizeof(local), "p%u%%canyon", i);
		contact_get(alice(), local)->state = TO;
	}
	presence(ANNA, "subscribe");
	EXPECT("type='error'", "<resource-constraint", "too many contacts");
	assert_null(contact("anna%canyon"));
	/* One that is there is renewed. */
	presence("p1%canyon@" GW, "subscribe");
	EXPECT("type='subscribed'");
	forget();
	presence("p2%canyon@" GW, "unsubscribe");
	EXPECT("type='unsubscribed'");
	presence(ANNA, "subscribe");
	EXPECT("type='subscribed'");
	forget();
}

static void test_unregistered(void **state)
{
	static const char *const to[] = { GW, VALLEY, ANNA };
	(void)state;
	for (size_t i = 0; i < COUNT(to); i++) {
		presence(to[i], "subscribe");
		EXPECT("type='error'", "<registration-required",
			"Register with this gateway first");
		presence(to[i], "subscribed");
		presence(to[i], "unsubscribe");
		presence(to[i], "unsubscribed");
		EXPECT_QUIET();
		assert_null(alice());
	}
	/* Probing what one has no subscription to (RFC 6121 4.3.2). */
	says("<presence from='" ALICE "' to='" GW "' type='probe'/>");
	EXPECT("from='" GW "' to='" BARE "' type='unsubscribed'/>");
	EXPECT_QUIET();
	assert_null(alice());
}

static void test_rooms(void **state)
{
	(void)state;
	be_registered();
	presence("#deep%canyon@" GW, "subscribe");
	EXPECT("type='error'", "<not-allowed", "This is a room");
	presence("#deep%canyon@" GW, "subscribed");
	presence("#deep%canyon@" GW, "unsubscribe");
	EXPECT_QUIET();
	assert_int_equal(alice()->contacts.count, 1);
}

/* --- What is shown ---------------------------------------------------------------- */

static void test_gateway_presence(void **state)
{
	(void)state;
	be_registered();
	says(PROBE_OF(ALICE, GW));
	EXPECT_QUIET();
	pass(200);
	EXPECT("<presence from='" GW "' to='" ALICE "'>", "!<show>",
		"<c xmlns='" NS_CAPS "'");
	EXPECT_QUIET();
	net.hold_open = true;
	says("<presence from='" ALICE "' to='" GW "'/>");
	EXPECT_AMONG("from='" GW "' to='" BARE "'", "<show>xa</show>",
		"<status>canyon: connecting</status>");
	gw_online(net.session, "alice");
	settle();
	EXPECT_AMONG("from='" GW "' to='" BARE "'", "!<show>", "!<status>");
	forget();
	gw_closed(net.session, GW_LOST, "It broke.", GW_RETRY);
	settle();
	EXPECT_AMONG("from='" GW "'", "<show>xa</show>",
		"<status>canyon: not connected, trying again. It broke.");
	/* The next attempt, which fails as well, is no news. */
	forget();
	pass(20 * SECOND);
	gw_closed(net.session, GW_LOST, "It broke.", GW_RETRY);
	settle();
	EXPECT_SILENCE();
}

/* What a client is told at login: each thing once, whether its server sends
 * the probe or the presence first, together or apart. */
static void test_login(void **state)
{
	static const struct {
		const char *first, *second;
		int64_t between_ms;
	} rows[] = {
		{ PROBE_OF(ALICE, GW),
			"<presence from='" ALICE "' to='" GW "'/>", 50 },
		{ PROBE_OF(ALICE, GW),
			"<presence from='" ALICE "' to='" GW "'/>", 0 },
		{ "<presence from='" ALICE "' to='" GW
		  "'/>" PROBE_OF(ALICE, GW),
			"", 0 },
	};
	(void)state;
	be_registered();
	net.hold_open = true;
	for (size_t i = 0; i < COUNT(rows); i++) {
		says(rows[i].first);
		pass(rows[i].between_ms);
		says(rows[i].second);
		pass(200);
		EXPECT("from='" GW "'", "<show>xa</show>",
			"<status>canyon: connecting</status>");
		EXPECT_SILENCE();
		gw_online(net.session, "alice");
		pass(200);
		EXPECT("from='" GW "' to='" BARE "'", "!<show>");
		EXPECT_SILENCE();
		/* Another client: what is now, to it alone. */
		says(PROBE_OF(ALICE2, GW));
		says("<presence from='" ALICE2 "' to='" GW "'/>");
		pass(200);
		EXPECT("from='" GW "' to='" ALICE2 "'", "!<show>");
		EXPECT_SILENCE();
		says("<presence from='" ALICE2 "' to='" GW
		     "' type='unavailable'/>");
		EXPECT_SILENCE();
		says("<presence from='" ALICE "' to='" GW
		     "' type='unavailable'/>");
		EXPECT("from='" GW "' to='" BARE "' type='unavailable'/>");
		EXPECT_SILENCE();
	}
}

/* Two clients ask before either was answered. */
static void test_two_probes(void **state)
{
	(void)state;
	be_online();
	says(PROBE_OF(ALICE2, GW) PROBE_OF(BARE "/three", GW));
	EXPECT("from='" GW "' to='" ALICE2 "'");
	pass(200);
	EXPECT("from='" GW "' to='" BARE "/three'");
	EXPECT_SILENCE();
	/* Nobody is there to be answered any more. */
	says(PROBE_OF(ALICE2, GW));
	says("<iq from='" ALICE "' to='" GW
	     "' type='set' id='r'><query xmlns='" NS_REGISTER
	     "'><remove/></query></iq>");
	forget();
	pass(200);
	EXPECT_SILENCE();
}

/* XEP-0100 section 4.4.2: each client is told why, once; then what is. */
static void test_login_fails(void **state)
{
	(void)state;
	be_registered();
	net.hold_open = true;
	says("<presence from='" ALICE "' to='" GW "'/>");
	says("<presence from='" ALICE2 "' to='" GW "'/>");
	forget();
	for (int i = 0; i < 2; i++) {
		gw_closed(net.session, GW_BAD_PASSWORD, "Wrong password.",
			GW_RETRY);
		settle();
		if (i == 0) {
			EXPECT("<presence from='" GW "' to='" ALICE
			       "' type='error'>",
				"<not-authorized", "Wrong password.");
			EXPECT("<presence from='" GW "' to='" ALICE2 "'",
				"<not-authorized");
			EXPECT("from='" GW "' to='" BARE "'", "<show>xa</show>",
				"Wrong password.");
			EXPECT("<message from='" VALLEY "'");
		}
		EXPECT_SILENCE();
		pass(20 * SECOND);
	}
}

/* Who permits us to see him and does not subscribe is not shown anything;
 * he is as soon as he does. */
static void test_half_a_subscription(void **state)
{
	(void)state;
	says(REGISTER(ALICE, GW, FIELD("valley", "canyon")));
	EXPECT("type='result'");
	EXPECT("type='subscribe'");
	presence(GW, "subscribed");
	says("<presence from='" ALICE "' to='" GW "'/>");
	EXPECT_SILENCE();
	presence(GW, "subscribe");
	EXPECT("from='" GW "' to='" BARE "' type='subscribed'");
	EXPECT_SILENCE();
	pass(200);
	EXPECT("from='" GW "' to='" BARE "'", "!<show>", NS_CAPS);
	EXPECT_SILENCE();
}

/* Told once, and only what is new. */
static void test_person_presence(void **state)
{
	(void)state;
	be_registered();
	presence(ANNA, "subscribe");
	EXPECT(FROM, "type='subscribed'/>");
	EXPECT(FROM, "type='subscribe'><nick xmlns='" NS_NICK "'>anna</nick>");
	presence(ANNA, "subscribed");
	EXPECT_QUIET();
	/* People are there while the session is. */
	says("<presence from='" ALICE "' to='" GW "'/>");
	EXPECT_AMONG("<presence " FROM "><c ");
	forget();
	gw_presence(net.session, "anna", GW_AWAY, "lunch");
	settle();
	EXPECT("<presence " FROM "><show>away</show><status>lunch</status>");
	gw_presence(net.session, "anna", GW_AWAY, "lunch");
	settle();
	EXPECT_QUIET();
	says("<presence from='" ALICE2 "' to='" ANNA "' type='probe'/>");
	pass(200);
	EXPECT("from='" ANNA "' to='" ALICE2 "'", "<show>away</show>");
	gw_presence(net.session, "anna", GW_OFFLINE, NULL);
	settle();
	EXPECT("<presence " FROM " type='unavailable'/>");
	/* Nobody knows her, or there cannot be such a name. */
	gw_presence(net.session, "zoe", GW_AWAY, NULL);
	gw_presence(net.session, "", GW_AWAY, NULL);
	settle();
	EXPECT_QUIET();
	/* All go with the link. */
	gw_presence(net.session, "anna", GW_DND, NULL);
	settle();
	EXPECT("<show>dnd</show>");
	gw_closed(net.session, GW_LOST, "It broke.", GW_RETRY_SLOWLY);
	settle();
	EXPECT_AMONG("<presence " FROM " type='unavailable'/>");
}

static void test_shows(void **state)
{
	static const struct {
		enum gw_show show;
		const char *part;
	} rows[] = {
		{ GW_CHAT, "<show>chat</show>" },
		{ GW_AWAY, "<show>away</show>" },
		{ GW_XA, "<show>xa</show>" },
		{ GW_DND, "<show>dnd</show>" },
		{ GW_AVAILABLE, "!<show>" },
		{ GW_OFFLINE, "type='unavailable'" },
	};
	(void)state;
	be_online();
	presence(ANNA, "subscribe");
	forget();
	for (size_t i = 0; i < COUNT(rows); i++) {
		gw_presence(net.session, "anna", rows[i].show, "a <b> & c");
		settle();
		EXPECT(FROM, rows[i].part,
			"<status>a &lt;b&gt; &amp; c</status>",
			rows[i].show == GW_OFFLINE ? "!" NS_CAPS : NS_CAPS);
		EXPECT_QUIET();
	}
}

static void test_network_presence(void **state)
{
	(void)state;
	be_registered();
	presence(VALLEY, "subscribe");
	EXPECT("from='" VALLEY "'", "type='subscribed'/>");
	EXPECT("from='" VALLEY "'", "type='subscribe'/>");
	forget();
	net.hold_open = true;
	says("<presence from='" ALICE "' to='" GW "'/>");
	EXPECT_AMONG("from='" VALLEY "'", "<show>xa</show>",
		"<status>canyon: connecting</status>");
	gw_online(net.session, "al");
	settle();
	EXPECT_AMONG("from='" VALLEY "'", "!<show>",
		"<status>canyon: connected as al</status>");
	forget();
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	EXPECT_AMONG("from='" VALLEY "'", "type='unavailable'");
}

/* How the account fares is told with the gateway; when it fares badly, nobody
 * is there. */
static void test_fares(void **state)
{
	(void)state;
	be_registered();
	presence(ANNA, "subscribe");
	presence(ANNA, "subscribed");
	says("<presence from='" ALICE "' to='" GW "'/>");
	EXPECT_AMONG("<presence " FROM "><c ");
	forget();
	gw_status(net.session, GW_AVAILABLE, "3 unread");
	settle();
	EXPECT("from='" GW "'", "!<show>", "<status>3 unread</status>");
	gw_status(net.session, GW_AVAILABLE, "3 unread");
	settle();
	EXPECT_QUIET();
	gw_status(net.session, GW_AWAY, "polling");
	settle();
	EXPECT("from='" GW "'", "<show>away</show><status>polling</status>");
	EXPECT_QUIET();
	gw_status(net.session, GW_XA, "login failed");
	settle();
	EXPECT_AMONG("from='" GW "'",
		"<show>xa</show><status>login failed</status>");
	EXPECT_AMONG("<presence " FROM " type='unavailable'/>");
	forget();
	gw_status(net.session, GW_AVAILABLE, NULL);
	settle();
	EXPECT_AMONG("from='" GW "'", "!<show>", "!<status>");
	EXPECT_AMONG("<presence " FROM "><c ");
	forget();
	/* It ends with the link. */
	gw_status(net.session, GW_AVAILABLE, "3 unread");
	gw_closed(net.session, GW_LOST, "It broke.", GW_RETRY_SLOWLY);
	settle();
	EXPECT_AMONG("from='" GW "'", "<show>xa</show>", "!unread");
	forget();
	gw_status(net.session, GW_AVAILABLE, "4 unread");
	settle();
	EXPECT_QUIET();
}

/* A network where presence has to be asked for. */
static void test_watch(void **state)
{
	(void)state;
	net_ops.watch = net_watch;
	be_online();
	presence(ANNA, "subscribe");
	EXPECT_CALL("watch anna on");
	EXPECT(FROM, "type='subscribed'");
	EXPECT(FROM, "type='subscribe'");
	/* Nothing is known until the network says so. */
	EXPECT_QUIET();
	gw_presence(net.session, "anna", GW_AVAILABLE, NULL);
	settle();
	EXPECT("<presence " FROM "><c ");
	presence(ANNA, "subscribe");
	EXPECT(FROM, "type='subscribed'");
	EXPECT("<presence " FROM "><c ");
	EXPECT_QUIET();
	/* Every session begins anew. */
	gw_closed(net.session, GW_LOST, "It broke.", GW_RETRY);
	settle();
	EXPECT_AMONG("<presence " FROM " type='unavailable'/>");
	forget();
	pass(20 * SECOND);
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon available -");
	EXPECT_CALL("watch anna on");
	forget();
	presence(ANNA, "unsubscribe");
	EXPECT_CALL("watch anna off");
	EXPECT(FROM, "type='unsubscribed'/>");
	EXPECT_QUIET();
	presence(VALLEY, "subscribe");
	forget();
	assert_int_equal(asked.next, asked.count);
}

/* Names that need escapes. */
static void test_escaped(void **state)
{
	(void)state;
	be_online();
	presence("a\\26b%canyon@" GW, "subscribe");
	EXPECT("from='a\\26b%canyon@" GW "'", "type='subscribed'");
	forget();
	gw_presence(net.session, "a&b", GW_AWAY, NULL);
	settle();
	EXPECT("from='a\\26b%canyon@" GW "'", "<show>away</show>");
	EXPECT_QUIET();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_transitions),
		TEST(test_other_types),
		TEST(test_stored),
		TEST(test_too_many),
		TEST(test_unregistered),
		TEST(test_rooms),
		TEST(test_gateway_presence),
		TEST(test_login),
		TEST(test_two_probes),
		TEST(test_login_fails),
		TEST(test_half_a_subscription),
		TEST(test_person_presence),
		TEST(test_shows),
		TEST(test_network_presence),
		TEST(test_fares),
		TEST(test_watch),
		TEST(test_escaped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
