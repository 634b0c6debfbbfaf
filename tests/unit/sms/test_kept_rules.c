/*
 * STOP, quotas and who knows whom over restarts, and where the store refuses to
 * keep them.
 */
#include "sms/fake_carrier.h"

#include "base/clock.h"
#include "base/str.h"
#include "sms/pairs.h"

#define OWN  "+15551230000"
#define PEER "+15557770000"
#define DAY  INT64_C(86400000)

static const char config[] =
	"country = \"US\";"
	"user_limits = { per_day = 4; per_month = 0; new_per_day = 1; };"
	"assign = ( { number = \"" OWN "\"; mode = \"a2p\"; users = "
	"( \"user@example.test\" ); } );"
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( \"" OWN
	"\" ); } );";

static struct gw_session *alice;

static void begin(void)
{
	carriers_reset();
	fake_clear(core);
	fake_open(alice);
	fake_expect(core, "online *");
	carrier_goes("main", CARRIER_UP);
}

static int set_up(void **state)
{
	(void)state;
	core = fake_core_new(&gateway_sms, config);
	alice = fake_session(core, OWN);
	begin();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_core_free(&core);
	return 0;
}

static void restart(void)
{
	fake_core_restart(core);
	begin();
}

/* What it would keep at its end is not kept. */
static void kill_it(void)
{
	fake_keeping(alice, FAKE_KEEPS_NOT);
	fake_core_restart(core);
	fake_keeping(alice, FAKE_KEEPS);
	begin();
}

/* So much later; not all that would be done meanwhile. */
static void pass(int64_t ms)
{
	clock_advance(ms);
	fake_run(core, 0);
}

static void phone_says(uint64_t ticket, const char *text)
{
	carrier_brings(
		"main", ticket, "15557770000", "15551230000", text, NULL);
}

static void is_stopped(void)
{
	fake_send(alice, PEER, "hello");
	fake_expect(core, "failed * GW_POLICY *STOP*");
}

/* --- STOP ----------------------------------------------------------------- */

static void stop_is_kept_then_acknowledged(void **state)
{
	(void)state;
	fake_keeping(alice, FAKE_KEEPS_LATER);
	phone_says(7, "STOP");
	EXPECT_NO_LINE();
	fake_keeping(alice, FAKE_KEEPS);
	fake_expect(core, "message " PEER ": *no more texts*");
	restart();
	is_stopped();
}

/* HELP on a number where nobody gets it. */
static void words_for_nobody_are_kept_then_acknowledged(void **state)
{
	(void)state;
	phone_says(1, "STOP");
	fake_expect(core, "message *");
	carriers_reset();
	fake_keeping(alice, FAKE_KEEPS_LATER);
	phone_says(2, "STOP");
	EXPECT_NO_LINE();
	fake_keeping(alice, FAKE_KEEPS);
	fake_run(core, 0);
	EXPECT_LINE("settled main 2 ok");
}

static void stop_is_kept_once_more(void **state)
{
	(void)state;
	fake_fail_store(alice, true);
	phone_says(1, "STOP");
	EXPECT_LINE("settled main 1 not");
	is_stopped();
	fake_run(core, 200000);
	fake_fail_store(alice, false);
	fake_run(core, 120000);
	restart();
	is_stopped();
}

/* The network gives it again: it is not told that we have it before we do. */
static void stop_comes_again(void **state)
{
	(void)state;
	fake_fail_store(alice, true);
	phone_says(1, "STOP");
	EXPECT_LINE("settled main 1 not");
	phone_says(2, "STOP");
	EXPECT_LINE("settled main 2 not");
	fake_fail_store(alice, false);
	phone_says(3, "STOP");
	EXPECT_LINE("settled main 3 ok");
	/* Not by the end of the program. */
	kill_it();
	is_stopped();
}

/* What is newer is not put back by what was refused. */
static void start_ends_what_was_refused(void **state)
{
	(void)state;
	fake_fail_store(alice, true);
	phone_says(1, "STOP");
	fake_fail_store(alice, false);
	phone_says(2, "START");
	fake_run(core, 120000);
	restart();
	fake_send(alice, PEER, "hello");
	fake_expect_none(core, "failed *", 1000);
}

/* --- Quotas --------------------------------------------------------------- */

static void texts_are_counted_before_they_leave(void **state)
{
	(void)state;
	fake_keeping(alice, FAKE_KEEPS_LATER);
	fake_send(alice, PEER, "one");
	fake_send(alice, PEER, "two");
	fake_send(alice, PEER, "three");
	fake_send(alice, PEER, "four");
	fake_run(core, 0);
	EXPECT_NO_LINE();
	/* Of the user and of the number, with what it counts. */
	fake_expect(core, "own-keep u/*");
	fake_expect(core, "own-keep u/*");
	fake_run(core, 60000);
	assert_int_equal(fake_count(core, "own-keep u/*"), 2);
	fake_keeping(alice, FAKE_KEEPS);
	fake_run(core, 0);
	EXPECT_LINE("submit main " OWN " > " PEER ": one");
	/* Killed. */
	kill_it();
	fake_send(alice, PEER, "five");
	fake_expect(core, "failed * GW_BUSY *4 segments a day*");
}

/* --- Who knows whom ------------------------------------------------------- */

/* One who is new can be written to each day. */
static void is_stranger(const char *person, bool is_new)
{
	static unsigned others;
	char other[32];
	text_format(other, sizeof(other), "+1555666%04u", ++others);
	fake_send(alice, other, "to somebody else");
	fake_run(core, 1000);
	fake_clear(core);
	fake_send(alice, person, "hello");
	if (is_new)
		fake_expect(core, "failed * GW_BUSY *1 new people a day*");
	else
		fake_expect_none(core, "failed *", 1000);
}

static void who_is_silent_for_a_year_is_a_stranger(void **state)
{
	(void)state;
	phone_says(1, "hi");
	pass(300 * DAY);
	phone_says(2, "hi");
	pass(300 * DAY);
	restart();
	is_stranger(PEER, false);
	pass(366 * DAY);
	fake_clear(core);
	is_stranger(PEER, true);
	restart();
	pass(DAY);
	is_stranger(PEER, true);
}

static void stop_holds_for_ever(void **state)
{
	(void)state;
	phone_says(1, "STOP");
	pass(800 * DAY);
	is_stopped();
	restart();
	is_stopped();
}

static const char *person(unsigned number, char out[32])
{
	text_format(out, 32, "+1212%07u", 2000000 + number);
	return out;
}

static void writes(struct sms *s, unsigned number, bool is_stopped)
{
	char text[32];
	struct pair *p = pairs_get(s, OWN, person(number, text));
	bool is_changed = is_stopped != p->state.is_stopped;
	p->state.is_stopped = is_stopped;
	pairs_seen(s, p, is_changed);
}

static bool is_known(const struct sms *s, unsigned number)
{
	char text[32];
	return pairs_find(s, OWN, person(number, text)) != NULL;
}

/* Strangers do not make it remember more and more people. */
static void not_too_many_are_remembered(void **state)
{
	(void)state;
	struct sms *s = sms_of(fake_core_gw(core));
	fake_mute(core, true);
	fake_keeping(alice, FAKE_KEEPS_NOT);
	writes(s, 0, true);
	for (unsigned i = 1; i <= PAIRS_OF_NUMBER; i++)
		writes(s, i, false);
	assert_true(is_known(s, 1));
	writes(s, 1, false);
	writes(s, PAIRS_OF_NUMBER + 1, false);
	/* Who wrote first, but neither again nor STOP. */
	assert_false(is_known(s, 2));
	assert_true(is_known(s, 0));
	assert_true(is_known(s, 1));
	/* What he said ends with START, and makes one more. */
	writes(s, 0, false);
	writes(s, PAIRS_OF_NUMBER + 2, false);
	assert_false(is_known(s, 3));
	assert_false(is_known(s, 4));
	assert_true(is_known(s, 5));
	pairs_forget(s, OWN);
	assert_false(is_known(s, 0));
	assert_false(is_known(s, 5));
	fake_run(core, 0);
	fake_keeping(alice, FAKE_KEEPS);
	fake_run(core, 120000);
}

/* The order of when they wrote is that of before a restart. */
static void the_oldest_goes_after_a_restart(void **state)
{
	(void)state;
	struct sms *s = sms_of(fake_core_gw(core));
	for (unsigned i = 0; i < 40; i++) {
		writes(s, i, false);
		pass(DAY);
	}
	restart();
	s = sms_of(fake_core_gw(core));
	pass(340 * DAY - DAY / 2);
	writes(s, 100, false);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(is_known(s, i), i >= 15);
	fake_run(core, 0);
	assert_int_equal(fake_count(core, "own-keep n/* (no longer)"), 15);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(stop_is_kept_then_acknowledged),
		TEST(words_for_nobody_are_kept_then_acknowledged),
		TEST(stop_is_kept_once_more),
		TEST(stop_comes_again),
		TEST(start_ends_what_was_refused),
		TEST(texts_are_counted_before_they_leave),
		TEST(who_is_silent_for_a_year_is_a_stranger),
		TEST(stop_holds_for_ever),
		TEST(not_too_many_are_remembered),
		TEST(the_oldest_goes_after_a_restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
