/*
 * What the server lets the gateway do in the user's name (XEP-0356): what he
 * wrote elsewhere is shown as his own.
 */
#include "host/host_fixture.h"
#include "host/privilege.h"

#define GRANT(from, ns, perms)                                       \
	"<message from='" from "' to='" GW "'><privilege xmlns='" ns \
	"'>" perms "</privilege></message>"
#define OUTGOING "<perm access='message' type='outgoing'/>"

static void attr_after(const char *mark, char *out, size_t size)
{
	const char *at = strstr(last_sent, mark);
	assert_non_null(at);
	at += strlen(mark);
	snprintf(out, size, "%.*s", (int)strcspn(at, "'"), at);
}

static void wrote_elsewhere(const char *id)
{
	const struct gw_message m = { .kind = GW_MESSAGE,
		.text = "from my phone",
		.network_id = id,
		.own = true,
		.to = "anna" };
	gw_message(net.session, NULL, &m);
	settle();
}

static void test_without(void **state)
{
	(void)state;
	be_online();
	wrote_elsewhere("n1");
	EXPECT_QUIET();
}

static void is_shown(const char *id)
{
	wrote_elsewhere(id);
	EXPECT("<message from='" GW "' to='example.org'><privilege "
	       "xmlns='urn:xmpp:privilege:",
		"<forwarded xmlns='" NS_FORWARD "'><message xmlns='" NS_CLIENT
		"' from='" BARE "' to='" ANNA "' type='chat' id='own.",
		"<body>from my phone</body>");
}

static void test_shown(void **state)
{
	(void)state;
	be_online();
	says(GRANT("example.org", NS_PRIVILEGE_2, OUTGOING));
	EXPECT_QUIET();
	is_shown("n2");
}

/* The server is asked what it is: one shows nobody what it takes. */
static void test_first_version(void **state)
{
	static const struct {
		const char *answer;
		bool is_granted;
	} cases[] = {
		{ "<name>ejabberd</name><version>23.01</version>", false },
		{ "<name>ejabberd</name><version>16.09-1</version>", false },
		{ "<name>ejabberd</name><version>23.10</version>", true },
		{ "<name>ejabberd</name><version>24.07</version>", true },
		{ "<name>ejabberd</name>", true },
		{ "<name>Prosody</name><version>0.11.9</version>", true },
		{ NULL, true },
	};
	char id[64];
	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(cases); i++) {
		says(GRANT("example.org", NS_PRIVILEGE_1, OUTGOING));
		EXPECT("<iq from='" GW "' to='example.org' type='get'",
			"<query xmlns='jabber:iq:version'/>");
		attr_after(" id='", id, sizeof(id));
		wrote_elsewhere("n2");
		EXPECT_QUIET();
		if (cases[i].answer != NULL)
			saysf("<iq from='example.org' to='" GW
			      "' type='result' id='%s'><query "
			      "xmlns='jabber:iq:version'>%s</query></iq>",
				id, cases[i].answer);
		else
			saysf("<iq from='example.org' to='" GW
			      "' type='error' id='%s'/>",
				id);
		if (cases[i].is_granted) {
			is_shown("n2");
		} else {
			wrote_elsewhere("n2");
			EXPECT_QUIET();
		}
	}
}

/* What another server says, or a user, is worth nothing. */
static void test_granted_by_others(void **state)
{
	static const char *const grants[] = {
		GRANT("example.com", NS_PRIVILEGE_2, OUTGOING),
		GRANT("example.org/x", NS_PRIVILEGE_2, OUTGOING),
		GRANT("mallory@example.org", NS_PRIVILEGE_2, OUTGOING),
		GRANT("example.org", "urn:example:0", OUTGOING),
		GRANT("example.org", NS_PRIVILEGE_2,
			"<perm access='message' type='none'/>"),
		GRANT("example.org", NS_PRIVILEGE_2,
			"<perm access='roster' type='both'/>"),
	};
	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(grants); i++) {
		says(grants[i]);
		drop_sent();
		wrote_elsewhere("n3");
		EXPECT_QUIET();
	}
}

/* It comes back to us, as to the one it is for, and is not sent. */
static void test_comes_back(void **state)
{
	char text[2048], *id, *end;
	(void)state;
	be_online();
	says(GRANT("example.org", NS_PRIVILEGE_2, OUTGOING));
	wrote_elsewhere("n4");
	EXPECT("<forwarded");
	text_copy(text, sizeof(text), last_sent);
	id = strstr(text, "own.");
	assert_non_null(id);
	end = strchr(id, '\'');
	*end = '\0';
	saysf("<message from='" BARE "' to='%s' type='chat' id='%s'>"
	      "<body>from my phone</body></message>",
		ANNA, id);
	EXPECT_QUIET();
	/* One that somebody made up is a message like any other. */
	id[6] = id[6] == 'A' ? 'B' : 'A';
	saysf("<message from='" BARE "' to='%s' type='chat' id='%s'>"
	      "<body>mine</body></message>",
		ANNA, id);
	EXPECT_CALL("send person anna mine");
}

/* --- Markers of his own -------------------------------------------------- */

static void receives(const char *id)
{
	const struct gw_message m = { .kind = GW_MESSAGE,
		.from = "anna",
		.text = "hello",
		.network_id = id };
	gw_message(net.session, NULL, &m);
	settle();
}

static void test_displayed_elsewhere(void **state)
{
	char id[1024], own[2048], shown[1100];
	(void)state;
	be_online();
	receives("n5");
	EXPECT("<markable ");
	attr_after(" id='", id, sizeof(id));
	gw_displayed_elsewhere(net.session, "anna", "n5");
	EXPECT_QUIET();
	says(GRANT("example.org", NS_PRIVILEGE_2, OUTGOING));
	gw_displayed_elsewhere(net.session, "anna", "n5");
	settle();
	snprintf(shown, sizeof(shown),
		"<displayed xmlns='" NS_MARKERS "' id='%s'/>", id);
	EXPECT("<message from='" GW "' to='example.org'><privilege ",
		"<message xmlns='" NS_CLIENT "' from='" BARE "' to='" ANNA
		"' type='chat' id='own.",
		shown);
	assert_null(strstr(last_sent, "<body"));
	attr_after(" id='own.", own, sizeof(own));
	/* It comes back, and is not what the user says. */
	saysf("<message from='" BARE "' to='%s' type='chat' id='own.%s'>%s"
	      "</message>",
		ANNA, own, shown);
	EXPECT_QUIET();
	/* The same from one of his clients is. */
	saysf("<message from='" BARE "/x' to='%s' type='chat' id='m1'>%s"
	      "</message>",
		ANNA, shown);
	EXPECT_CALL("displayed anna n5");
}

/* --- What is displayed of rooms ------------------------------------------ */

#define IQ(namespaces)                       \
	GRANT("example.org", NS_PRIVILEGE_2, \
		"<perm access='iq'>" namespaces "</perm>")
#define AREA(ns, type, inside) \
	"<namespace ns='" ns "' type='" type "'>" inside "</namespace>"

/* Prosody's module of 2023 puts one into the other. */
static void test_requests_granted(void **state)
{
	static const struct {
		const char *grant;
		bool shares, reads_blocks;
	} cases[] = {
		{ IQ(AREA(NS_PUBSUB, "both", "")), true, false },
		{ IQ(AREA("urn:example:0", "get", AREA(NS_PUBSUB, "both", ""))
				  AREA(NS_BLOCKING, "get", "")),
			true, true },
		{ IQ(AREA(NS_PUBSUB, "set", "") AREA(NS_BLOCKING, "set", "")),
			false, false },
		{ IQ(AREA(NS_PUBSUB, "get", "") AREA(NS_BLOCKING, "both", "")),
			false, true },
		{ IQ(""), false, false },
		{ GRANT("example.org", NS_PRIVILEGE_2,
			  "<perm access='roster'>" AREA(
				  NS_PUBSUB, "both", "") "</perm>"),
			false, false },
	};
	(void)state;
	be_online();
	const struct user *u = user_find(gateway, BARE);
	for (size_t i = 0; i < COUNT(cases); i++) {
		says(cases[i].grant);
		assert_int_equal(
			gw_shares_displayed(net.session), cases[i].shares);
		assert_int_equal(privilege_may_get(u, PRIVILEGE_BLOCKING),
			cases[i].reads_blocks);
	}
}

/* A message that no archive has. */
static void test_room_unknown(void **state)
{
	(void)state;
	be_online();
	says(IQ(AREA(NS_PUBSUB, "both", "")));
	gw_room_displayed_elsewhere(net.session, "#deep", "n6");
	settle();
	EXPECT_QUIET();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_without),
		TEST(test_shown),
		TEST(test_first_version),
		TEST(test_granted_by_others),
		TEST(test_comes_back),
		TEST(test_displayed_elsewhere),
		TEST(test_requests_granted),
		TEST(test_room_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
