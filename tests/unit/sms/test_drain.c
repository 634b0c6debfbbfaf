/*
 * The program stops: nothing more is submitted, answers to what was are awaited,
 * and kept.
 */
#include "sms/fake_carrier.h"

#include "base/alloc.h"
#include "base/str.h"

#define OWN   "+15551230000"
#define PEER  "+15557770000"
#define OTHER "+15557770001"

static struct gw_session *alice;

static void begin(void)
{
	carriers_reset();
	core = fake_core_new(&gateway_sms,
		"country = \"US\"; assign = ( { number = \"" OWN
		"\"; users = ( \"user@example.test\" ); } ); backends = ( "
		"{ kind = \"fake\"; name = \"main\"; numbers = ( \"" OWN
		"\" ); }, { kind = \"fake\"; name = \"spare\"; numbers = ( "
		"\"" OWN "\" ); } );");
	alice = fake_session(core, OWN);
	fake_open(alice);
}

static int set_up(void **state)
{
	(void)state;
	begin();
	fake_expect(core, "online *");
	carrier_goes("main", CARRIER_UP);
	carrier_goes("spare", CARRIER_UP);
	return 0;
}

static gw_request text(const char *to, const char *words)
{
	return sent_text(alice, to, words);
}

static void drain(void)
{
	fake_drain(core);
	EXPECT_LINE("drain main");
	EXPECT_LINE("drain spare");
}

static void restart(void)
{
	EXPECT_NO_LINE();
	carriers_reset();
	fake_core_restart(core);
	fake_open(alice);
	fake_expect(core, "online *");
	carrier_goes("main", CARRIER_UP);
}

/* As the core does with what it heard nothing about. */
static void text_again(gw_request request, const char *to, const char *words)
{
	const struct gw_outgoing m = { .request = request,
		.kind = GW_PERSON,
		.to = to,
		.text = words,
		.again = true };
	gateway_sms.send(alice, &m);
	fake_run(core, 0);
}

static void answers_are_awaited(void **state)
{
	(void)state;
	gw_request first = text(PEER, "first");
	EXPECT_LINE("submit main " OWN " > " PEER ": first");
	drain();
	carrier_goes("spare", CARRIER_DOWN);
	gw_request second = text(PEER, "second"), third = text(OTHER, "third");
	fake_expect_none(core, "drained", 7000);
	carrier_accepts("main", "id1");
	heard("accepted", first, "");
	carrier_goes("main", CARRIER_DOWN);
	fake_expect(core, "drained");
	fake_expect_none(core, "drained", 1000);
	restart();
	text_again(second, PEER, "second");
	text_again(third, OTHER, "third");
	EXPECT_LINE("submit main " OWN " > " PEER ": second");
	EXPECT_LINE("submit main " OWN " > " OTHER ": third");
	carrier_reports("main", 1, "id1", SMS_DELIVERED);
	heard("delivered", first, "");
}

/* An outcome is told, and so on disk, before that is the end. */
static void outcomes_are_kept(void **state)
{
	(void)state;
	gw_request r = text(PEER, "first");
	EXPECT_LINE("submit main " OWN " > " PEER ": first");
	drain();
	carrier_goes("spare", CARRIER_DOWN);
	fake_keeping(alice, FAKE_KEEPS_LATER);
	carrier_accepts("main", "id1");
	carrier_goes("main", CARRIER_DOWN);
	fake_expect_none(core, "drained", 3000);
	fake_keeping(alice, FAKE_KEEPS);
	heard("accepted", r, "");
	fake_expect(core, "drained");
}

/* That says SUBMITTED in its record, but nobody was given it. */
static void what_is_not_handed_over_is_due(void **state)
{
	(void)state;
	fake_keeping(alice, FAKE_KEEPS_LATER);
	gw_request r = text(PEER, "first");
	drain();
	fake_keeping(alice, FAKE_KEEPS);
	carrier_goes("spare", CARRIER_DOWN);
	carrier_goes("main", CARRIER_DOWN);
	fake_expect(core, "drained");
	restart();
	text_again(r, PEER, "first");
	EXPECT_LINE("submit main " OWN " > " PEER ": first");
	carrier_accepts("main", "id1");
	heard("accepted", r, "");
}

static void so_are_segments_without_room(void **state)
{
	char words[321];
	(void)state;
	memset(words, 'x', 320);
	words[320] = '\0';
	carrier("main")->room = 1;
	gw_request r = text(PEER, words);
	assert_int_equal(carrier("main")->given, 1);
	carriers_reset();
	drain();
	carrier_goes("spare", CARRIER_DOWN);
	carrier_accepts("main", "id1");
	assert_int_equal(carrier("main")->given, 1);
	carrier_goes("main", CARRIER_DOWN);
	fake_expect(core, "drained");
	restart();
	text_again(r, PEER, words);
	assert_int_equal(carrier("main")->given, 2);
	carrier_accepts("main", "id2");
	carrier_accepts("main", "id3");
	heard("accepted", r, "");
}

static void what_was_kept_is_not_read_yet(void **state)
{
	(void)state;
	begin();
	fake_drain(core);
	fake_expect(core, "drained");
	fake_expect_none(core, "online *", 1000);
	EXPECT_NO_LINE();
}

int main(void)
{
#define ONE(name) cmocka_unit_test_setup_teardown(name, set_up, end_gateway)
	const struct CMUnitTest tests[] = {
		ONE(answers_are_awaited),
		ONE(outcomes_are_kept),
		ONE(what_is_not_handed_over_is_due),
		ONE(so_are_segments_without_room),
		cmocka_unit_test_teardown(
			what_was_kept_is_not_read_yet, end_gateway),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
