/*
 * What turns out of texts of which the user was told that they may have been
 * sent: an answer that comes too late, and reports.
 */
#include "sms/fake_carrier.h"

#include "base/str.h"

#define OWN   "+15551230000"
#define PEER  "+15557770000"
#define OTHER "+15557770001"

#define CONFIG                                                                \
	"country = \"US\"; validity = 1;"                                     \
	"assign = ( { number = \"" OWN "\"; users = "                         \
	"( \"user@example.test\" ); } );"                                     \
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( \"" OWN \
	"\" ); }, { kind = \"fake\"; name = \"spare\"; numbers = ( \"" OWN    \
	"\" ); } );"

#define DELIVERED                                                       \
	"tell Your text to " PEER                                       \
	" of * (UTC), which may have been sent or not, was delivered: " \
	"do not send it again."

static struct gw_session *alice;

static int set_up(void **state)
{
	(void)state;
	carriers_reset();
	core = fake_core_new(&gateway_sms, CONFIG);
	alice = fake_session(core, OWN);
	fake_open(alice);
	fake_expect(core, "online *");
	carrier_goes("main", CARRIER_UP);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_core_free(&core);
	return 0;
}

static void says_nothing(void)
{
	fake_expect_none(core, "tell *", 0);
}

/* A text that is lost, and told as that; `count`: its segments. */
static gw_request lose(const char *to, const char *words, unsigned count)
{
	char line[100];
	gw_request r = fake_send(alice, to, words);
	fake_run(core, 0);
	for (unsigned i = 0; i < count; i++)
		carrier_loses("main");
	text_format(line, sizeof(line), "failed %u GW_LOST *", (unsigned)r);
	fake_expect(core, line);
	/* It is not forgotten like others. */
	fake_run(core, 120000);
	return r;
}

static void restart(void)
{
	carriers_reset();
	fake_core_restart(core);
	fake_open(alice);
	fake_expect(core, "online *");
	carrier_goes("main", CARRIER_UP);
}

/* --- Answers --------------------------------------------------------------- */

static void a_late_id_is_learnt(void **state)
{
	(void)state;
	lose(PEER, "x", 1);
	carrier_answers_late("main", 0, "4711", SMS_OK);
	says_nothing();
	/* By its id, whoever it says it is for. */
	carrier_reports_to("main", 1, "4711", OTHER, SMS_DELIVERED);
	fake_expect(core, DELIVERED);
	fake_expect_none(core, "delivered *", 0);
	carrier_reports_to("main", 2, "4711", PEER, SMS_DELIVERED);
	fake_run(core, 60000);
	says_nothing();
}

static void a_late_refusal_is_told(void **state)
{
	(void)state;
	lose(PEER, "x", 1);
	carrier_answers_late("main", 0, NULL, SMS_BAD_DEST);
	fake_expect(core,
		"tell Your text to " PEER " * did not arrive. The telephone "
		"network knows no such number.*");
	/* What it says about what is over is nothing. */
	carrier_answers_late("main", 0, "4711", SMS_OK);
	carrier_reports_to("main", 0, "4711", PEER, SMS_DELIVERED);
	says_nothing();
}

static void one_of_several_segments(void **state)
{
	char words[200];
	(void)state;
	memset(words, 'x', 170);
	words[170] = '\0';
	gw_request r = fake_send(alice, PEER, words);
	char line[100];
	fake_run(core, 0);
	carrier_accepts("main", "1");
	carrier_loses("main");
	text_format(line, sizeof(line), "failed %u GW_LOST *", (unsigned)r);
	fake_expect(core, line);
	carrier_reports_to("main", 0, "1", PEER, SMS_DELIVERED);
	says_nothing();
	carrier_answers_late("main", 1, "2", SMS_OK);
	says_nothing();
	carrier_reports_to("main", 0, "2", PEER, SMS_DELIVERED);
	fake_expect(core, DELIVERED);
}

/* Its text is under way again. */
static void an_answer_to_what_was_not_lost(void **state)
{
	(void)state;
	fake_send(alice, PEER, "x");
	fake_run(core, 0);
	carrier_accepts("main", "1");
	carrier_answers_late("main", 0, "2", SMS_OK);
	carrier_answers_late("main", 0, NULL, SMS_BAD_DEST);
	carrier_reports_to("main", 0, "1", NULL, SMS_DELIVERED);
	fake_expect(core, "delivered *");
}

/* --- Reports --------------------------------------------------------------- */

static void a_report_is_taken_for_the_same_receiver(void **state)
{
	(void)state;
	lose(PEER, "x", 1);
	carriers_reset();
	carrier_reports_to("main", 1, "1", OTHER, SMS_DELIVERED);
	carrier_reports_to("main", 2, "2", NULL, SMS_DELIVERED);
	says_nothing();
	carrier_reports_to("main", 3, "3", PEER, SMS_ENROUTE);
	says_nothing();
	carrier_reports_to("main", 4, "4", PEER, SMS_DELIVERED);
	says_nothing();
	carrier_reports_to("main", 5, "3", NULL, SMS_DELIVERED);
	fake_expect(core, DELIVERED);
	EXPECT_LINE("settled main 1 ok");
	EXPECT_LINE("settled main 2 ok");
	EXPECT_LINE("settled main 3 ok");
	EXPECT_LINE("settled main 4 ok");
	EXPECT_LINE("settled main 5 ok");
	carrier_goes("spare", CARRIER_UP);
	lose(PEER, "y", 1);
	carrier_reports_to("spare", 0, "5", PEER, SMS_DELIVERED);
	says_nothing();
}

static void a_failure_is_told(void **state)
{
	(void)state;
	lose(PEER, "x", 1);
	carrier_reports_to("main", 0, "1", PEER, SMS_EXPIRED);
	fake_expect(core, "tell * did not arrive. *Send it again later.");
	/* That it is not known is not. */
	lose(PEER, "y", 1);
	carrier_reports_to("main", 0, "2", PEER, SMS_UNKNOWN);
	says_nothing();
}

static void nothing_is_guessed_between_two(void **state)
{
	(void)state;
	lose(PEER, "x", 1);
	lose(PEER, "y", 1);
	carrier_reports_to("main", 0, "1", PEER, SMS_DELIVERED);
	says_nothing();
	/* When one is known, the other is. */
	carrier_answers_late("main", 0, "7", SMS_OK);
	carrier_reports_to("main", 0, "8", PEER, SMS_EXPIRED);
	fake_expect(core, "tell * did not arrive. *");
	carrier_reports_to("main", 0, "7", PEER, SMS_DELIVERED);
	fake_expect(core, DELIVERED);
}

/* A second report about an older text is none about this one. */
static void an_older_text_is_reported_again(void **state)
{
	(void)state;
	fake_send(alice, PEER, "old");
	fake_run(core, 0);
	carrier_accepts("main", "1000A");
	carrier_reports_to("main", 0, "0000065546", PEER, SMS_DELIVERED);
	fake_expect(core, "delivered *");
	fake_run(core, 120000);
	lose(PEER, "x", 1);
	carrier_reports_to("main", 0, "0000065546", PEER, SMS_DELIVERED);
	carrier_reports_to("main", 0, "1000a", PEER, SMS_DELIVERED);
	says_nothing();
	carrier_reports_to("main", 0, "0000065547", PEER, SMS_DELIVERED);
	fake_expect(core, DELIVERED);
}

/* It may be one of theirs. */
static void it_waits_for_those_under_way(void **state)
{
	(void)state;
	lose(PEER, "x", 1);
	fake_send(alice, PEER, "y");
	fake_run(core, 0);
	carrier_reports_to("main", 0, "1", PEER, SMS_DELIVERED);
	fake_run(core, 10000);
	says_nothing();
	carrier_accepts("main", "2");
	fake_run(core, 10000);
	fake_expect(core, DELIVERED);
	carrier_reports_to("main", 0, "2", PEER, SMS_DELIVERED);
	fake_expect(core, "delivered *");
}

/* --- Restarts -------------------------------------------------------------- */

static void it_is_known_after_a_restart(void **state)
{
	(void)state;
	lose(PEER, "x", 1);
	restart();
	fake_expect_none(core, "failed *", 0);
	carrier_reports_to("main", 0, "1", PEER, SMS_DELIVERED);
	fake_expect(core, DELIVERED);
	restart();
	carrier_reports_to("main", 0, "1", PEER, SMS_DELIVERED);
	says_nothing();
}

static void the_id_is_known_after_a_restart(void **state)
{
	(void)state;
	lose(PEER, "x", 1);
	carrier_answers_late("main", 0, "4711", SMS_OK);
	restart();
	says_nothing();
	carrier_reports_to("main", 0, "4711", NULL, SMS_DELIVERED);
	fake_expect(core, DELIVERED);
}

/* What a crash found under way. */
static void what_a_crash_lost_is_reported(void **state)
{
	(void)state;
	fake_send(alice, PEER, "x");
	fake_run(core, 0);
	restart();
	fake_expect(core, "failed * GW_LOST *");
	carrier_reports_to("main", 0, "1", PEER, SMS_DELIVERED);
	fake_expect(core, DELIVERED);
}

static void the_core_asks_again(void **state)
{
	char line[100];
	(void)state;
	gw_request r = lose(PEER, "x", 1);
	restart();
	const struct gw_outgoing m = { .request = r,
		.kind = GW_PERSON,
		.to = PEER,
		.text = "x",
		.again = true };
	gateway_sms.send(alice, &m);
	fake_run(core, 0);
	text_format(line, sizeof(line), "failed %u GW_LOST *", (unsigned)r);
	fake_expect(core, line);
	assert_int_equal(carrier("main")->given, 0);
	carrier_reports_to("main", 0, "1", PEER, SMS_DELIVERED);
	fake_expect(core, DELIVERED);
}

static void it_waits_for_his_session(void **state)
{
	(void)state;
	lose(PEER, "x", 1);
	gateway_sms.close(alice, NULL);
	carrier_reports_to("main", 0, "1", PEER, SMS_DELIVERED);
	says_nothing();
	fake_open(alice);
	fake_expect(core, DELIVERED);
}

static void it_is_forgotten_at_last(void **state)
{
	(void)state;
	lose(PEER, "x", 1);
	fake_run(core, INT64_C(50) * 3600 * 1000);
	carrier_reports_to("main", 0, "1", PEER, SMS_DELIVERED);
	says_nothing();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_late_id_is_learnt),
		TEST(a_late_refusal_is_told),
		TEST(one_of_several_segments),
		TEST(an_answer_to_what_was_not_lost),
		TEST(a_report_is_taken_for_the_same_receiver),
		TEST(a_failure_is_told),
		TEST(nothing_is_guessed_between_two),
		TEST(an_older_text_is_reported_again),
		TEST(it_waits_for_those_under_way),
		TEST(it_is_known_after_a_restart),
		TEST(the_id_is_known_after_a_restart),
		TEST(what_a_crash_lost_is_reported),
		TEST(the_core_asks_again),
		TEST(it_waits_for_his_session),
		TEST(it_is_forgotten_at_last),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
