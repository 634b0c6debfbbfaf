/*
 * The echo gateway as it is, from the first question to the last good-bye.
 */
#include "host/host_fixture.h"

#define CAVE  "#deep%canyon@" GW
#define HAT   "<hat uri='urn:causeway:echo:mountain' title='Mountain'/>"
#define OTHER "<message from='" CAVE

static int setup_echo(void **state)
{
	(void)state;
	begin();
	net_ops = gateway_echo;
	configure("", "");
	start_host();
	return 0;
}

static void types(const char *text)
{
	saysf("<message from='" ALICE "' to='" GW "'><body>%s</body></message>",
		text);
}

static void test_day(void **state)
{
	(void)state;
	types("register");
	EXPECT("Fill in");
	EXPECT("<body>Valley\nWhere you want to hear the echo</body>");
	types("canyon");
	EXPECT("<body>Nick\nYour name in caves\nSend");
	types("alice");
	EXPECT("One moment: I am logging in.");
	EXPECT("Your settings for canyon are stored.");
	EXPECT("from='" GW "'", "type='subscribe'");
	says("<presence from='" ALICE "' to='" GW "'/>");
	EXPECT_AMONG("from='" GW "'", "!<show>");
	forget();
	saysf("<message from='" ALICE
	      "' to='%s' id='m1'><body>ho</body></message>",
		ANNA);
	EXPECT("<message from='" ANNA "' to='" BARE "'", "<body>ho</body>");
	types("shout");
	EXPECT("<body>Text</body>");
	types("ho");
	EXPECT("<body>ho! ho! ho!</body>");
	types("unregister");
	EXPECT("Really remove all that you have here?");
	types("yes");
	EXPECT_AMONG("Removed");
	EXPECT_AMONG("type='unsubscribe'/>");
	EXPECT_AMONG("type='unsubscribed'/>");
	EXPECT_AMONG("type='unavailable'");
	EXPECT_QUIET();
}

static void test_cave(void **state)
{
	(void)state;
	says("<presence from='" ALICE "' to='" CAVE
	     "/al' id='j'><x xmlns='" NS_MUC "'/></presence>");
	EXPECT("<presence from='" CAVE "/Echo' to='" ALICE "'>",
		"affiliation='owner' role='moderator'", HAT);
	EXPECT("<presence from='" CAVE "/al' to='" ALICE "' id='j'>",
		"role='participant'", "<status code='110'/>", "!<hat ");
	EXPECT(OTHER "/Echo' to='" ALICE "' type='groupchat'",
		"<subject>All that you say comes back</subject>");
	says("<message from='" ALICE "' to='" CAVE
	     "' type='groupchat' id='m'><body>ho</body></message>");
	EXPECT(OTHER "/al' to='" ALICE "' type='groupchat' id='m'>",
		"<body>ho</body>");
	EXPECT(OTHER "/Echo' to='" ALICE "' type='groupchat'",
		"<body>ho</body>");
	says("<presence from='" ALICE2 "' to='" CAVE "/Echo'><x xmlns='" NS_MUC
	     "'/></presence>");
	EXPECT("from='" CAVE "/Echo' to='" ALICE2 "'");
	EXPECT("from='" CAVE "/al' to='" ALICE2 "'", "<status code='210'/>");
	drop_sent();
	says("<presence from='" ALICE2 "' to='" CAVE
	     "/al' type='unavailable'/>");
	EXPECT("from='" CAVE "/al' to='" ALICE2 "' type='unavailable'");
	says("<presence from='" ALICE "' to='" CAVE
	     "/al' type='unavailable'/>");
	EXPECT("from='" CAVE "/al' to='" ALICE "' type='unavailable'");
	EXPECT_QUIET();
	assert_null(alice());
}

static void test_name_of_the_echo(void **state)
{
	(void)state;
	says("<presence from='" ALICE "' to='" CAVE "/Echo'><x xmlns='" NS_MUC
	     "'/></presence>");
	EXPECT("<presence from='" CAVE "/Echo' to='" ALICE "' type='error'",
		"<conflict", "The echo has that name.");
	EXPECT_QUIET();
	assert_null(alice());
}

/* What it leaves out, the core answers. */
static void test_not_there(void **state)
{
	(void)state;
	says("<iq from='" ALICE "' to='" ANNA "' type='get' id='1'><vCard "
	     "xmlns='" NS_VCARD "'/></iq>");
	EXPECT("type='error'", "<service-unavailable");
	saysf("<message from='" ALICE "' to='%s'><body>/who</body></message>",
		ANNA);
	EXPECT("<body>/who</body>");
	says("<message from='" ALICE "' to='" VALLEY
	     "' id='v'><body>x</body></message>");
	EXPECT("type='error' id='v'", "The valley is silent.");
	EXPECT_QUIET();
}

#define TEST_ECHO(name) \
	cmocka_unit_test_setup_teardown(name, setup_echo, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_ECHO(test_day),
		TEST_ECHO(test_cave),
		TEST_ECHO(test_name_of_the_echo),
		TEST_ECHO(test_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
