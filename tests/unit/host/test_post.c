/*
 * The post gateway as it is: letters that outlive the process.
 */
#include "host/durable_fixture.h"

extern const struct gateway_ops gateway_post;

static int setup_post(void **state)
{
	(void)state;
	begin();
	net_ops = gateway_post;
	net_ops.name = gateway_echo.name; /* as the configuration says */
	configure("", "");
	start_host();

	says(REGISTER(ALICE, GW, FIELD("valley", "canyon")));
	EXPECT_AMONG("type='result' id='r1'/>");
	says("<presence from='" BARE "' to='" GW "' type='subscribed'/>");
	says("<presence from='" BARE "' to='" GW "' type='subscribe'/>");
	says("<presence from='" ALICE "' to='" GW "'/>");
	pass(SECOND);
	forget();
	return 0;
}

/* How many of those that were sent hold this. */
static size_t count_sent(const char *part)
{
	size_t count = 0;
	for (size_t i = 0; i < heard.count; i++)
		count += strstr(heard.sent[i], part) != NULL;
	return count;
}

static void a_letter_is_answered(void **state)
{
	(void)state;
	writes("m1", ANNA, "Dear Anna");
	EXPECT("<received xmlns='" NS_RECEIPTS "' id='m1'/>");
	pass(5 * SECOND);
	EXPECT("from='" ANNA "'", "<body>Dear Anna</body>",
		"<reply xmlns='" NS_REPLY "' to='" BARE "' id='m1'/>");
	EXPECT_QUIET();
	crash_and_start();
	pass(10 * SECOND);
	assert_int_equal(count_sent("Dear Anna"), 0);
}

/* Wherever the process is killed, the answer comes, and is one message. */
static void a_letter_outlives_the_process(void **state)
{
	(void)state;
	static const int64_t moments_ms[] = { 0, 1, 1000, 1999, 2000, 2001 };
	for (size_t i = 0; i < COUNT(moments_ms); i++) {
		char id[16], body[32];
		snprintf(id, sizeof(id), "m%zu", i);
		snprintf(body, sizeof(body), "<body>%s</body>", id);
		writes(id, ANNA, id);
		pass(moments_ms[i]);
		bool came = count_sent(body) > 0;
		crash();
		start_host();
		pass(20 * SECOND);
		/* Again, when the server may have lost it: with the same id. */
		size_t times = count_sent(body);
		if (times != 1 && !(came && times == 0))
			fail_msg("killed after %d ms: %zu times",
				(int)moments_ms[i], times);
	}
}

static void a_club_invites(void **state)
{
	(void)state;
	says("<message from='" ALICE "' to='" GW "'><body>found</body>"
	     "</message>");
	says("<message from='" ALICE "' to='" GW "'><body>chess</body>"
	     "</message>");
	pass(SECOND);
	EXPECT_AMONG("jabber:x:conference", "#chess%canyon@" GW,
		"You are a member now");
}

static void a_room_answers(void **state)
{
	(void)state;
	says("<presence from='" ALICE "' to='" ROOM "/alice'>"
	     "<x xmlns='" NS_MUC "'/></presence>");
	pass(SECOND);
	forget();
	says("<message from='" ALICE "' to='" ROOM "' type='groupchat' "
	     "id='m1'><body>Hello</body></message>");
	pass(SECOND);
	EXPECT("from='" ROOM "/alice'", "id='m1'", "<body>Hello</body>");
	EXPECT("from='" ROOM "/Clerk'", "<body>Hello</body>");
}

static void a_letter_cannot_be_withdrawn(void **state)
{
	(void)state;
	saysf("<message from='" ALICE
	      "' to='%s' id='m2'><retract xmlns='" NS_RETRACT
	      "' id='m1'/></message>",
		ANNA);
	EXPECT("type='error'", "id='m2'", "in the letter box already");
}

/* Where there are none. */
static void nobody_talks_of_passwords(void **state)
{
	(void)state;
	says("<iq type='get' id='g1' from='" ALICE "' to='" GW
	     "'><query xmlns='" NS_REGISTER "'/></iq>");
	says("<message type='chat' from='" ALICE "' to='" GW
	     "'><body>settings</body></message>");
	pass(SECOND);
	assert_int_equal(count_sent("Change what you like.<"), 1);
	assert_int_equal(count_sent("password"), 0);
}

#define TEST_POST(name) \
	cmocka_unit_test_setup_teardown(name, setup_post, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_POST(a_letter_is_answered),
		TEST_POST(a_letter_outlives_the_process),
		TEST_POST(a_club_invites),
		TEST_POST(a_room_answers),
		TEST_POST(a_letter_cannot_be_withdrawn),
		TEST_POST(nobody_talks_of_passwords),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
