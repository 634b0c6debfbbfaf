/*
 * Messages on their way out, from the core to a carrier and back: kept before
 * they are submitted, told when that is on disk, in order, by the right route,
 * never twice.
 */
#include "sms/fake_carrier.h"

#include "base/alloc.h"
#include "base/str.h"

#define OWN  "+15551230000"
#define PEER "+15557770000"

#define CONFIG                                                                \
	"country = \"US\";"                                                   \
	"assign = ( { number = \"" OWN "\"; users = "                         \
	"( \"user@example.test\" ); } );"                                     \
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( \"" OWN \
	"\" ); }%s );"

#define SECOND \
	", { kind = \"fake\"; name = \"spare\"; numbers = ( \"" OWN "\" ); }"

#define RESENDING                                                            \
	", { kind = \"fake\"; name = \"again\"; numbers = ( \"" OWN "\" ); " \
	"resend_unacked = true; }"

static struct gw_session *alice;

static void begin_with(const char *more)
{
	char config[1000];
	text_format(config, sizeof(config), CONFIG, more);
	alice = begin_gateway(config, OWN);
	carrier_goes("main", CARRIER_UP);
}

static int set_up(void **state)
{
	(void)state;
	begin_with("");
	return 0;
}

static int set_up_two(void **state)
{
	(void)state;
	begin_with(SECOND);
	carrier_goes("spare", CARRIER_UP);
	return 0;
}

static int set_up_resending(void **state)
{
	(void)state;
	begin_with(RESENDING);
	carrier_goes("main", CARRIER_DOWN);
	carrier_goes("again", CARRIER_UP);
	return 0;
}

static gw_request text(const char *to, const char *words)
{
	return sent_text(alice, to, words);
}

/* Again: the core does not know what became of it. */
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

static void heard_nothing(gw_request r)
{
	char line[64];
	text_format(line, sizeof(line), "* %u*", (unsigned)r);
	fake_expect_none(core, line, 0);
}

static void restart(void)
{
	carriers_reset();
	fake_core_restart(core);
	fake_open(alice);
	fake_expect(core, "online *");
}

/* --- One message ---------------------------------------------------------- */

static void is_kept_then_submitted(void **state)
{
	(void)state;
	fake_keeping(alice, FAKE_KEEPS_LATER);
	gw_request r = text(PEER, "hello");
	fake_expect(core, "own-keep o/*");
	EXPECT_NO_LINE();
	fake_keeping(alice, FAKE_KEEPS);
	fake_run(core, 0);
	EXPECT_LINE("submit main " OWN " > " PEER ": hello");
	fake_keeping(alice, FAKE_KEEPS_LATER);
	carrier_accepts("main", "id1");
	heard_nothing(r);
	fake_keeping(alice, FAKE_KEEPS);
	heard("accepted", r, "");
	carrier_reports("main", 7, "id1", SMS_DELIVERED);
	heard("delivered", r, "");
	EXPECT_LINE("settled main 7 ok");
	fake_run(core, 60000);
	fake_expect(core, "own-keep o/* (no longer)");
}

static void has_several_segments(void **state)
{
	char words[400];
	(void)state;
	memset(words, 'x', 320);
	words[320] = '\0';
	gw_request r = text(PEER, words);
	carrier_accepts("main", "a");
	carrier_accepts("main", "b");
	heard_nothing(r);
	carrier_accepts("main", "c");
	heard("accepted", r, "");
	carrier_reports("main", 1, "b", SMS_DELIVERED);
	carrier_reports("main", 2, "a", SMS_DELIVERED);
	carrier_reports("main", 3, "a", SMS_DELIVERED);
	heard_nothing(r);
	carrier_reports("main", 4, "c", SMS_DELIVERED);
	heard("delivered", r, "");
}

static void one_segment_is_not_delivered(void **state)
{
	char words[400];
	(void)state;
	memset(words, 'x', 200);
	words[200] = '\0';
	gw_request r = text(PEER, words);
	carrier_accepts("main", "a");
	carrier_accepts("main", "b");
	heard("accepted", r, "");
	carrier_reports("main", 1, "a", SMS_DELIVERED);
	carrier_reports("main", 2, "b", SMS_EXPIRED);
	heard("failed", r, " GW_OUT_OF_REACH Your text could not be *");
	/* Nothing follows. */
	carrier_reports("main", 3, "b", SMS_DELIVERED);
	heard_nothing(r);
}

static void is_refused(void **state)
{
	static const struct {
		enum sms_class class;
		const char *reason;
	} rows[] = {
		{ SMS_BAD_DEST, " GW_NO_SUCH *(words)" },
		{ SMS_BAD_SRC, " GW_NOT_ALLOWED *(words)" },
		{ SMS_BAD_CONTENT, " GW_NOT_ACCEPTABLE *(words)" },
		{ SMS_BLOCKED, " GW_POLICY *(words)" },
		{ SMS_NO_CREDIT, " GW_FAULT *operator*again*(words)" },
		{ SMS_AUTH, " GW_FAULT *operator*again*(words)" },
		{ SMS_FAULT, " GW_FAULT *operator*again*(words)" },
		{ SMS_PERM, " GW_NOT_ACCEPTABLE *(words)" },
		{ SMS_STOPPED, " GW_POLICY *STOP*(words)" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		gw_request r = text(PEER, "x");
		EXPECT_LINE("submit main " OWN " > " PEER ": x");
		carrier_rejects("main", rows[i].class, "words");
		heard("failed", r, rows[i].reason);
	}
}

/* MMS where the carrier has it; `text` is what is said about the file. */
static void a_file_goes_by_its_url(void **state)
{
	static const char url[] = "https://files.example/a.jpg";
	static const struct {
		const char *url, *text;
		unsigned caps;
		const char *line;
	} rows[] = {
		{ url, "my cat", CARRIER_CUTS | CARRIER_MEDIA,
			"my cat [file https://files.example/a.jpg]" },
		{ url, "", CARRIER_CUTS | CARRIER_MEDIA,
			" [file https://files.example/a.jpg]" },
		{ url, "my cat", CARRIER_CUTS,
			"my cat\nhttps://files.example/a.jpg" },
		{ url, "", 0, "https://files.example/a.jpg" },
		{ "aesgcm://files.example/a.jpg", "",
			CARRIER_CUTS | CARRIER_MEDIA,
			"aesgcm://files.example/a.jpg" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char line[200];
		const struct gw_file file = { .url = rows[i].url, .size = -1 };
		const struct gw_outgoing m = { .request = fake_request(alice),
			.kind = GW_PERSON,
			.to = PEER,
			.text = rows[i].text,
			.file = &file };
		carrier("main")->caps = rows[i].caps;
		gateway_sms.send(alice, &m);
		fake_run(core, 0);
		text_format(line, sizeof(line),
			"submit main " OWN " > " PEER ": %s", rows[i].line);
		EXPECT_LINE(line);
		carrier_accepts("main", NULL);
		heard("accepted", m.request, "");
	}
}

static void words_cannot_be_answered(void **state)
{
	(void)state;
	gw_request r = text("acme;phone-context=alpha.gw.example.test", "hi");
	heard("failed", r, " GW_NOT_ALLOWED *");
	EXPECT_NO_LINE();
}

static void long_texts_are_asked_about(void **state)
{
	char words[1000];
	const char *const yes[] = { "1" };
	(void)state;
	memset(words, 'x', 800);
	words[800] = '\0';
	gw_request r = text(PEER, words);
	fake_expect(core, "ask 1 Your text to " PEER
			  " is as long as 6 texts. Send it? *");
	EXPECT_NO_LINE();
	gateway_sms.answer(alice, 1, NULL);
	heard("failed", r, " GW_NOT_ALLOWED It was not sent*");
	text(PEER, words);
	fake_expect(core, "ask 2 *");
	gateway_sms.answer(alice, 2, yes);
	fake_run(core, 0);
	assert_int_equal(carrier("main")->given, 6);
}

static void too_long_is_refused(void **state)
{
	char words[3000];
	(void)state;
	memset(words, 'x', 2000);
	words[2000] = '\0';
	gw_request r = text(PEER, words);
	heard("failed", r, " GW_NOT_ACCEPTABLE *as long as 14 texts*");
	EXPECT_NO_LINE();
}

/* --- Order ---------------------------------------------------------------- */

static void keeps_the_order_of_a_lane(void **state)
{
	(void)state;
	text(PEER, "one");
	text(PEER, "two");
	text("+15557770001", "other");
	EXPECT_LINE("submit main " OWN " > " PEER ": one");
	EXPECT_LINE("submit main " OWN " > +15557770001: other");
	EXPECT_NO_LINE();
	carrier_rejects("main", SMS_THROTTLE, NULL);
	EXPECT_NO_LINE();
	fake_run(core, 60000);
	EXPECT_LINE("submit main " OWN " > " PEER ": one");
	carrier_accepts("main", "b");
	carrier_accepts("main", "a");
	EXPECT_LINE("submit main " OWN " > " PEER ": two");
}

static void waits_for_room(void **state)
{
	(void)state;
	carrier("main")->room = 1;
	text("+15557770001", "one");
	text("+15557770002", "two");
	text("+15557770003", "three");
	EXPECT_LINE("submit main " OWN " > +15557770001: one");
	EXPECT_NO_LINE();
	carrier_accepts("main", "a");
	EXPECT_LINE("submit main " OWN " > +15557770002: two");
	EXPECT_NO_LINE();
	carrier_accepts("main", "b");
	EXPECT_LINE("submit main " OWN " > +15557770003: three");
}

static void is_tried_again_some_times(void **state)
{
	(void)state;
	gw_request r = text(PEER, "x");
	for (int i = 0; i < 3; i++) {
		EXPECT_LINE("submit main " OWN " > " PEER ": x");
		carrier_rejects("main", SMS_RETRY, "later");
		EXPECT_NO_LINE();
		heard_nothing(r);
		fake_run(core, 60000);
	}
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	carrier_rejects("main", SMS_RETRY, "later");
	heard("failed", r, " GW_NOT_NOW *(later)");
}

/* As long as it is worth sending: that was no try. */
static void a_busy_network_costs_no_tries(void **state)
{
	(void)state;
	gw_request r = text(PEER, "x");
	for (int i = 0; i < 52; i++) {
		EXPECT_LINE("submit main " OWN " > " PEER ": x");
		carrier_rejects("main", SMS_THROTTLE, "slower");
		EXPECT_NO_LINE();
		fake_run(core, 300000);
	}
	for (int i = 0; i < 6; i++) {
		EXPECT_LINE("submit main " OWN " > " PEER ": x");
		carrier_rejects("main", SMS_LINK, NULL);
		fake_run(core, 2000);
	}
	heard_nothing(r);
	for (int i = 0; i < 3; i++) {
		EXPECT_LINE("submit main " OWN " > " PEER ": x");
		carrier_rejects("main", SMS_RETRY, NULL);
		fake_run(core, 300000);
	}
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	carrier_accepts("main", "a");
	heard("accepted", r, "");
}

/* A link that takes nothing and does not say that it is down. */
static void a_link_that_gives_back_is_not_asked_at_once(void **state)
{
	(void)state;
	text(PEER, "x");
	for (int i = 0; i < 4; i++) {
		EXPECT_LINE("submit main " OWN " > " PEER ": x");
		carrier_rejects("main", SMS_LINK, NULL);
	}
	EXPECT_NO_LINE();
	fake_run(core, 2000);
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
}

/* --- Links ---------------------------------------------------------------- */

static void waits_for_the_link(void **state)
{
	(void)state;
	carrier_goes("main", CARRIER_DOWN);
	gw_request r = text(PEER, "x");
	EXPECT_NO_LINE();
	carrier_goes("main", CARRIER_UP);
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	carrier_goes("main", CARRIER_DOWN);
	carrier_rejects("main", SMS_LINK, NULL);
	EXPECT_NO_LINE();
	carrier_goes("main", CARRIER_UP);
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	carrier_accepts("main", "a");
	heard("accepted", r, "");
}

static void gives_up_after_a_day(void **state)
{
	(void)state;
	carrier_goes("main", CARRIER_DOWN);
	gw_request r = text(PEER, "x");
	fake_run(core, INT64_C(23) * 3600 * 1000);
	heard_nothing(r);
	fake_run(core, INT64_C(2) * 3600 * 1000);
	heard("failed", r, " GW_UNREACHABLE *within 24 hours*");
}

static void is_told_when_it_is_not_known(void **state)
{
	(void)state;
	gw_request r = text(PEER, "x");
	text(PEER, "next");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	carrier_loses("main");
	heard("failed", r, " GW_LOST *may have been sent*");
	EXPECT_LINE("submit main " OWN " > " PEER ": next");
}

static void goes_by_another_route(void **state)
{
	(void)state;
	gw_request r = text(PEER, "x");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	carrier_goes("main", CARRIER_DOWN);
	carrier_rejects("main", SMS_LINK, NULL);
	EXPECT_LINE("submit spare " OWN " > " PEER ": x");
	carrier_accepts("spare", "a");
	heard("accepted", r, "");
	r = text(PEER, "y");
	EXPECT_LINE("submit spare " OWN " > " PEER ": y");
	carrier_goes("main", CARRIER_UP);
	carrier_rejects("spare", SMS_NO_CREDIT, NULL);
	EXPECT_LINE("submit main " OWN " > " PEER ": y");
	carrier_rejects("main", SMS_NO_CREDIT, "empty");
	heard("failed", r, " GW_FAULT *(empty)");
}

/* What was perhaps sent, or is in part, goes no other way. */
static void never_goes_two_ways(void **state)
{
	char words[400];
	(void)state;
	memset(words, 'x', 200);
	words[200] = '\0';
	gw_request r = text(PEER, "x");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	carrier_goes("main", CARRIER_DOWN);
	carrier_loses("main");
	heard("failed", r, " GW_LOST *");
	EXPECT_NO_LINE();
	carrier_goes("main", CARRIER_UP);
	r = text(PEER, words);
	carrier_accepts("main", "a");
	carriers_reset();
	carrier_goes("main", CARRIER_DOWN);
	carrier_rejects("main", SMS_LINK, NULL);
	EXPECT_NO_LINE();
	heard_nothing(r);
	carrier_goes("main", CARRIER_UP);
	EXPECT_LINE("submit main " OWN " > " PEER
		    ": xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx [part]");
}

static const char *long_text(void)
{
	static char words[401];
	memset(words, 'a', sizeof(words) - 1);
	return words;
}

/* The other segments are not submitted any more. */
static void a_segment_is_refused(void **state)
{
	(void)state;
	carrier("main")->room = 1;
	gw_request r = text(PEER, long_text());
	assert_non_null(strstr(last_line(), "submit main"));
	carrier_rejects("main", SMS_BAD_DEST, NULL);
	heard("failed", r, " GW_NO_SUCH *");
	carriers_reset();
	carrier_goes("main", CARRIER_UP);
	fake_run(core, 60000);
	EXPECT_NO_LINE();
	text(PEER, "next");
	EXPECT_LINE("submit main " OWN " > " PEER ": next");
}

/* What is known of it comes before the others are submitted. */
static void a_segment_fails_early(void **state)
{
	(void)state;
	carrier("main")->room = 1;
	gw_request r = text(PEER, long_text());
	carrier("main")->room = 0;
	carrier_accepts("main", "a");
	carrier_reports("main", 1, "a", SMS_UNDELIVERABLE);
	heard("failed", r, " GW_UNDELIVERABLE *");
	carrier("main")->room = 5;
	carrier_goes("main", CARRIER_UP);
	fake_run(core, 60000);
	text("+15557770001", "next");
	assert_non_null(strstr(last_line(), "next"));
}

/* Not for a moment's loss. */
static void users_see_that_nothing_leaves(void **state)
{
	(void)state;
	carrier_goes("main", CARRIER_DOWN);
	fake_run(core, 1000);
	carrier_goes("main", CARRIER_UP);
	fake_expect_none(core, "status *", 60000);
	carrier_goes("main", CARRIER_DOWN);
	fake_wait(core, "status away The telephone network cannot *", 60000);
	carrier_goes("main", CARRIER_UP);
	fake_expect(core, "status available");
}

/* --- Reports -------------------------------------------------------------- */

static void reports_come_early(void **state)
{
	(void)state;
	gw_request r = text(PEER, "x");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	carrier_reports("main", 5, "A1", SMS_DELIVERED);
	EXPECT_NO_LINE();
	carrier_accepts("main", "00a1");
	heard("accepted", r, "");
	heard("delivered", r, "");
	EXPECT_LINE("settled main 5 ok");
}

/* The network waits for that before it answers the text itself. */
static void an_early_report_is_answered_in_time(void **state)
{
	(void)state;
	gw_request r = text(PEER, "x");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	carrier_reports("main", 5, "A1", SMS_DELIVERED);
	fake_run(core, 2000);
	EXPECT_NO_LINE();
	fake_run(core, 2000);
	EXPECT_LINE("settled main 5 ok");
	carrier_accepts("main", "a1");
	heard("accepted", r, "");
	heard("delivered", r, "");
	EXPECT_NO_LINE();
}

static void reports_about_nothing_are_settled(void **state)
{
	(void)state;
	carrier_reports("main", 5, "nobody", SMS_DELIVERED);
	EXPECT_LINE("settled main 5 ok");
	text(PEER, "x");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	carrier_reports("main", 6, "nobody", SMS_DELIVERED);
	EXPECT_NO_LINE();
	fake_run(core, 120000);
	EXPECT_LINE("settled main 6 ok");
}

/* An SMSC waits for answers; it is not to stop for what it says too early. */
static void many_early_reports_are_answered(void **state)
{
	char id[8];
	(void)state;
	gw_request r = text(PEER, "x");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	for (unsigned i = 1; i <= 6; i++) {
		text_format(id, sizeof(id), "a%u", i);
		carrier_reports("main", i, id, SMS_DELIVERED);
	}
	EXPECT_LINE("settled main 1 ok");
	EXPECT_LINE("settled main 2 ok");
	EXPECT_NO_LINE();
	carrier_accepts("main", "a1");
	heard("accepted", r, "");
	heard("delivered", r, "");
}

/* A provider that cuts names each piece. */
/* Given as hexadecimal, reported as decimal: believed for the same receiver
 * only, until it is known of the link. */
static void ids_may_be_written_differently(void **state)
{
	char given[16], reported[16], to[32];
	(void)state;
	gw_request r = text(PEER, "x");
	carrier_accepts("main", "1000A");
	heard("accepted", r, "");
	carrier_reports_to("main", 1, "65546", "15550000000", SMS_DELIVERED);
	heard_nothing(r);
	carrier_reports_to("main", 2, "0065546", "15557770000", SMS_DELIVERED);
	heard("delivered", r, "");
	for (unsigned i = 0; i < 6; i++) {
		text_format(to, sizeof(to), "+1555777000%u", i);
		text_format(given, sizeof(given), "%X", 0x20000 + i);
		text_format(reported, sizeof(reported), "%u", 0x20000 + i);
		r = text(to, "x");
		carrier_accepts("main", given);
		heard("accepted", r, "");
		carrier_reports_to("main", 3, reported,
			i < 5 ? to : "15559999999", SMS_DELIVERED);
		heard("delivered", r, "");
	}
}

static void each_piece_has_its_report(void **state)
{
	(void)state;
	carrier("main")->caps |= CARRIER_CUTS;
	gw_request r = text(PEER, "x");
	carrier_accepts("main", "p1 p2");
	heard("accepted", r, "");
	carrier_reports("main", 1, "p2", SMS_DELIVERED);
	heard_nothing(r);
	carrier_reports("main", 2, "p1", SMS_DELIVERED);
	heard("delivered", r, "");
}

static void states_in_between_say_nothing(void **state)
{
	(void)state;
	gw_request r = text(PEER, "x");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	carrier_accepts("main", "a");
	heard("accepted", r, "");
	carrier_reports("main", 5, "a", SMS_ENROUTE);
	EXPECT_LINE("settled main 5 ok");
	carrier_reports("main", 6, "a", SMS_ACCEPTED);
	EXPECT_LINE("settled main 6 ok");
	heard_nothing(r);
}

/* --- Restarts ------------------------------------------------------------- */

static void reports_are_matched_after_a_restart(void **state)
{
	(void)state;
	gw_request r = text(PEER, "x");
	carrier_accepts("main", "a");
	heard("accepted", r, "");
	restart();
	carrier_reports("main", 5, "a", SMS_DELIVERED);
	heard("delivered", r, "");
	EXPECT_LINE("settled main 5 ok");
}

static void what_is_not_known_is_not_sent_again(void **state)
{
	(void)state;
	gw_request r = text(PEER, "x");
	restart();
	heard("failed", r, " GW_LOST *");
	text_again(r, PEER, "x");
	carrier_goes("main", CARRIER_UP);
	EXPECT_NO_LINE();
}

/* ... unless the operator wants that; and by the same route. */
static void what_is_not_known_may_be_sent_again(void **state)
{
	(void)state;
	gw_request r = text(PEER, "x");
	EXPECT_LINE("submit again " OWN " > " PEER ": x");
	restart();
	heard_nothing(r);
	carrier_goes("again", CARRIER_UP);
	text_again(r, PEER, "x");
	EXPECT_LINE("submit again " OWN " > " PEER ": x");
	carrier_accepts("again", "a");
	heard("accepted", r, "");
}

/* What one route has taken a segment of stays there. */
static void routes_are_kept_over_a_restart(void **state)
{
	(void)state;
	char words[200];
	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	gw_request r = text(PEER, words);
	carrier_accepts("again", "a");
	restart();
	carrier_goes("main", CARRIER_UP);
	text_again(r, PEER, words);
	EXPECT_NO_LINE();
	carrier_goes("again", CARRIER_UP);
	assert_memory_equal(last_line(), "submit again ", 13);
}

static void what_was_not_submitted_is_given_again(void **state)
{
	(void)state;
	carrier_goes("main", CARRIER_DOWN);
	gw_request r = text(PEER, "x");
	restart();
	heard_nothing(r);
	text_again(r, PEER, "x");
	carrier_goes("main", CARRIER_UP);
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	carrier_accepts("main", "a");
	heard("accepted", r, "");
}

static void an_outcome_is_told_again(void **state)
{
	(void)state;
	gw_request r = text(PEER, "x");
	carrier_rejects("main", SMS_BAD_DEST, NULL);
	heard("failed", r, " GW_NO_SUCH *");
	restart();
	heard("failed", r, " GW_NO_SUCH *");
	text_again(r, PEER, "x");
	EXPECT_NO_LINE();
}

/* --- The store ------------------------------------------------------------ */

static void nothing_is_submitted_that_is_not_kept(void **state)
{
	(void)state;
	fake_fail_store(alice, true);
	gw_request r = text(PEER, "x");
	fake_run(core, 30000);
	EXPECT_NO_LINE();
	heard_nothing(r);
	fake_fail_store(alice, false);
	fake_run(core, 30000);
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	fake_fail_store(alice, true);
	carrier_accepts("main", "a");
	heard_nothing(r);
	fake_fail_store(alice, false);
	fake_run(core, 30000);
	heard("accepted", r, "");
}

int main(void)
{
#define ONE(name) cmocka_unit_test_setup_teardown(name, set_up, end_gateway)
#define TWO(name) cmocka_unit_test_setup_teardown(name, set_up_two, end_gateway)
#define RESEND(name) \
	cmocka_unit_test_setup_teardown(name, set_up_resending, end_gateway)
	const struct CMUnitTest tests[] = {
		ONE(is_kept_then_submitted),
		ONE(has_several_segments),
		ONE(one_segment_is_not_delivered),
		ONE(is_refused),
		ONE(a_file_goes_by_its_url),
		ONE(words_cannot_be_answered),
		ONE(long_texts_are_asked_about),
		ONE(too_long_is_refused),
		ONE(keeps_the_order_of_a_lane),
		ONE(waits_for_room),
		ONE(a_segment_is_refused),
		ONE(a_segment_fails_early),
		ONE(is_tried_again_some_times),
		ONE(a_busy_network_costs_no_tries),
		ONE(a_link_that_gives_back_is_not_asked_at_once),
		ONE(waits_for_the_link),
		ONE(gives_up_after_a_day),
		ONE(is_told_when_it_is_not_known),
		TWO(goes_by_another_route),
		TWO(never_goes_two_ways),
		ONE(users_see_that_nothing_leaves),
		ONE(reports_come_early),
		ONE(an_early_report_is_answered_in_time),
		ONE(many_early_reports_are_answered),
		ONE(reports_about_nothing_are_settled),
		ONE(ids_may_be_written_differently),
		ONE(each_piece_has_its_report),
		ONE(states_in_between_say_nothing),
		ONE(reports_are_matched_after_a_restart),
		ONE(what_is_not_known_is_not_sent_again),
		RESEND(what_is_not_known_may_be_sent_again),
		RESEND(routes_are_kept_over_a_restart),
		ONE(what_was_not_submitted_is_given_again),
		ONE(an_outcome_is_told_again),
		ONE(nothing_is_submitted_that_is_not_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
