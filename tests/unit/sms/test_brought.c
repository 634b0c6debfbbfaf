/*
 * Accounts at providers that users bring: who may, that theirs is used for
 * them alone, what becomes of texts when it is closed.
 */
#include "sms/fake_carrier.h"

#include <string.h>

#include "base/str.h"

#define SHARED "+15551230001"
#define OWN    "+15553330000"
#define PEER   "+15557770000"
#define ALICE  "alice@example.test"
#define BOB    "bob@example.test"

#define CONFIG                                                                   \
	"country = \"US\";"                                                      \
	"destinations = { price = 0.5; };"                                       \
	"user_limits = { money_per_day = 0.6; new_per_day = 3; };"               \
	"number_limits = { per_day = 1; };"                                      \
	"own_accounts = { providers = ( \"twilio\", \"vonage\" );"               \
	"callback_url = \"https://example.test/\"; most = 2; };"                 \
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( \"" SHARED \
	"\" ); } );"

static int set_up(void **state)
{
	(void)state;
	begin_gateway(CONFIG, NULL);
	carrier_goes("main", CARRIER_UP);
	return 0;
}

static struct gw_session *asked(
	const char *user, const char *number, const char *account)
{
	struct gw_session *s = fake_session_of(core, user, number);
	fake_set(s, "provider", "Twilio");
	fake_set(s, "account", account);
	fake_set(s, "secret", "s3cret");
	return s;
}

static struct gw_session *brought(
	const char *user, const char *number, const char *account)
{
	struct gw_session *s = asked(user, number, account);
	fake_open(s);
	fake_expect(core, "online *");
	carrier_goes(account, CARRIER_UP);
	return s;
}

/* Of theirs, too. */
static void operators_see_what_waits(void **state)
{
	(void)state;
	struct gw_session *s = brought(ALICE, OWN, "AC1");
	struct str answer = { .max = 1000 };
	size_t i = 0;
	while (strcmp(gateway_sms.admin_commands[i].name, "queues") != 0)
		i++;
	carrier_goes("AC1", CARRIER_DOWN);
	sent_text(s, PEER, "one");
	gateway_sms.administer(fake_core_gw(core), i, NULL, &answer);
	assert_non_null(strstr(str_text(&answer),
		"main: 0 texts\naccounts of users: 1 texts, the oldest"));
	str_finish(&answer);
}

static void texts_leave_by_it(void **state)
{
	(void)state;
	struct gw_session *s = asked(ALICE, OWN, "AC1");
	fake_open(s);
	fake_expect(core, "online " OWN);
	fake_expect(core, "tell *Twilio*POST*https://example.test/sms/*/own-*");
	carrier_goes("AC1", CARRIER_UP);
	/* Neither prices nor countries nor the number's limits hold. */
	sent_text(s, PEER, "one");
	EXPECT_LINE("submit AC1 " OWN " > " PEER ": one");
	carrier_accepts("AC1", "a");
	fake_expect(core, "accepted *");
	sent_text(s, "+4915123456789", "two");
	EXPECT_LINE("submit AC1 " OWN " > +4915123456789: two");
	carrier_accepts("AC1", "b");
	sent_text(s, "+15557770003", "three");
	carrier_accepts("AC1", "c");
	/* Those against spam do. */
	sent_text(s, "+15557770004", "four");
	fake_expect(core, "failed * GW_BUSY *");
	carrier_reports("AC1", 7, "a", SMS_DELIVERED);
	fake_expect(core, "delivered *");
}

static void what_is_brought_is_checked(void **state)
{
	(void)state;
	struct gw_session *s = asked(ALICE, OWN, "AC1");
	fake_set(s, "provider", "telnyx");
	fake_open(s);
	fake_expect(
		core, "closed GW_NOT_ACCEPTABLE never *: twilio, vonage. *");
	fake_set(s, "provider", "twilio");
	fake_set(s, "account", "");
	fake_open(s);
	fake_expect(
		core, "closed GW_NOT_ACCEPTABLE never Twilio needs account*");
	s = asked(BOB, SHARED, "AC2");
	fake_open(s);
	fake_expect(core, "closed GW_NOT_ACCEPTABLE never *gateway's own*");
	(void)brought(ALICE, "+15553330001", "AC3");
	(void)brought(BOB, "+15553330001", "AC2");
	s = asked("carol@example.test", OWN, "AC4");
	fake_open(s);
	fake_expect(core, "closed GW_BUSY never *");
}

static void two_bring_the_same_number(void **state)
{
	(void)state;
	struct gw_session *alice = brought(ALICE, OWN, "AC1");
	struct gw_session *bob = brought(BOB, OWN, "AC2");
	fake_clear(core);
	sent_text(alice, PEER, "hers");
	EXPECT_LINE("submit AC1 " OWN " > " PEER ": hers");
	/* Hers is not answered yet, which is not his affair. */
	sent_text(bob, PEER, "his");
	EXPECT_LINE("submit AC2 " OWN " > " PEER ": his");
	carrier_accepts("AC1", "x");
	carrier_accepts("AC2", "x");
	fake_expect(core, "accepted *");
	fake_expect(core, "accepted *");
	carrier_reports("AC2", 1, "x", SMS_DELIVERED);
	fake_expect(core, "delivered *");
	assert_int_equal(fake_count(core, "delivered *"), 1);
	fake_close(bob, NULL);
	carrier_brings("AC1", 2, "15557770000", "15553330000", "hi", "1");
	fake_expect(core, "message " PEER ": hi *");
	assert_int_equal(fake_count(core, "message *"), 1);
}

/* A provider's calls are for him who brought it, whatever they say. */
static void callbacks_are_for_its_owner(void **state)
{
	(void)state;
	struct gw_session *bob = brought(BOB, OWN, "AC2");
	fake_close(bob, NULL);
	(void)brought(ALICE, "+15553330001", "AC1");
	fake_clear(core);
	carrier_brings("AC1", 1, "15557770000", "15553330000", "a", "1");
	fake_expect(core, "message " PEER ": a *");
	carrier_brings("AC1", 2, "15557770000", "15551230001", "b", "2");
	fake_expect(core, "message " PEER ": b *");
	fake_clear(core);
	fake_open(bob);
	fake_expect_none(core, "message *", 1000);
}

static void a_flood_is_to_come_later(void **state)
{
	(void)state;
	char id[16];
	(void)brought(ALICE, OWN, "AC1");
	fake_mute(core, true);
	for (unsigned i = 1; i <= 101; i++) {
		carriers_reset();
		text_format(id, sizeof(id), "%u", i);
		carrier_brings("AC1", i, "15557770000", OWN, "x", id);
	}
	EXPECT_LINE("settled AC1 101 not");
}

static void a_refused_account_is_told(void **state)
{
	(void)state;
	struct gw_session *s = brought(ALICE, OWN, "AC1");
	sent_text(s, PEER, "one");
	carrier_rejects("AC1", SMS_AUTH, "HTTP 401");
	fake_expect(core, "tell *does not accept*register*");
	fake_expect(core, "failed * GW_BAD_PASSWORD Your provider *");
	EXPECT_LINE("submit AC1 " OWN " > " PEER ": one");
	EXPECT_NO_LINE();
	carriers_reset();
	/* Better now. */
	fake_close(s, NULL);
	fake_set(s, "secret", "another");
	fake_open(s);
	fake_expect(core, "online *");
	carrier_goes("AC1", CARRIER_UP);
	sent_text(s, PEER, "two");
	EXPECT_LINE("submit AC1 " OWN " > " PEER ": two");
}

static void what_is_not_answered_is_lost(void **state)
{
	(void)state;
	struct gw_session *s = brought(ALICE, OWN, "AC1");
	sent_text(s, PEER, "one");
	sent_text(s, PEER, "waits");
	carrier_brings("AC1", 3, "15557770000", "15553330000", "hi", "1");
	fake_close(s, NULL);
	fake_run(core, 0);
	fake_open(s);
	fake_expect(core, "failed * GW_LOST *");
	carrier_goes("AC1", CARRIER_UP);
	carriers_reset();
	sent_text(s, PEER, "two");
	EXPECT_LINE("submit AC1 " OWN " > " PEER ": two");
}

static void it_survives_a_restart(void **state)
{
	(void)state;
	struct gw_session *s = brought(ALICE, OWN, "AC1");
	sent_text(s, PEER, "one");
	carrier_accepts("AC1", "a");
	fake_core_restart(core);
	carriers_reset();
	fake_clear(core);
	fake_open(s);
	fake_expect(core, "online *");
	/* It is the same address: he is not told again. */
	fake_expect_none(core, "tell *", 1000);
	carrier_reports("AC1", 9, "a", SMS_DELIVERED);
	EXPECT_LINE("settled AC1 9 ok");
}

/* --- Groups --------------------------------------------------------------- */

#define CAT    "+15557770002"
#define GROUPS (CARRIER_GROUPS | CARRIER_CUTS)

static struct gw_session *grouping(
	const char *user, const char *number, const char *account)
{
	struct gw_session *s = brought(user, number, account);
	carrier(account)->caps = GROUPS;
	fake_clear(core);
	return s;
}

static void bring_group(const char *account, uint64_t ticket, const char *id)
{
	carrier_brings_group(
		account, ticket, PEER, OWN, OWN " " CAT, "hi all", id);
}

/* The room that was opened last. */
static void read_room(char out[80])
{
	const char *line = fake_expect(core, "room-open g.*");
	text_format(out, 80, "%.22s", strstr(line, "g."));
}

static void begin_group(struct gw_session *s)
{
	const char *people[] = { PEER "\n" CAT };
	gateway_sms.command(s, fake_request(s), 1, people);
	fake_run(core, 0);
}

static void groups_go_by_it(void **state)
{
	char name[80], again[80];
	(void)state;
	struct gw_session *s = grouping(ALICE, OWN, "AC1");
	begin_group(s);
	read_room(name);
	struct gw_room *room = fake_join(s, name, NULL, NULL);
	fake_expect(core, "g.*: joined " OWN);
	(void)fake_send_room(room, "picnic?");
	fake_run(core, 0);
	EXPECT_LINE("submit AC1 " OWN " > " PEER " & " CAT ": picnic?");
	carrier_accepts("AC1", "a");
	bring_group("AC1", 1, "x");
	fake_expect(core, "g.*: message " PEER ": hi all *");
	/* All know each other, and it is his. */
	fake_core_restart(core);
	fake_clear(core);
	carriers_reset();
	fake_open(s);
	fake_expect(core, "online *");
	carrier("AC1")->caps = GROUPS;
	carrier_goes("AC1", CARRIER_UP);
	bring_group("AC1", 2, "y");
	read_room(again);
	assert_string_equal(name, again);
}

static void an_account_without_groups_says_so(void **state)
{
	static const struct gw_receiver both[] = { { GW_TO, PEER, NULL },
		{ GW_TO, CAT, NULL } };
	(void)state;
	struct gw_session *s = grouping(ALICE, OWN, "AC1");
	carrier("AC1")->group_max = 1;
	begin_group(s);
	fake_expect(
		core, "failed * GW_NOT_ALLOWED * 1 people at most by your *");
	carrier("AC1")->caps = CARRIER_CUTS;
	begin_group(s);
	fake_expect(core, "failed * GW_NOT_ALLOWED *by your account*each *");
	/* Then each gets one. */
	const struct gw_outgoing m = { .request = fake_request(s),
		.kind = GW_PERSON,
		.to = PEER,
		.text = "hi",
		.receivers = both,
		.receiver_count = 2 };
	gateway_sms.send(s, &m);
	fake_run(core, 0);
	EXPECT_LINE("submit AC1 " OWN " > " PEER ": hi");
	EXPECT_LINE("submit AC1 " OWN " > " CAT ": hi");
}

/* Another who has brought the same number has none of it. */
static void his_groups_are_his(void **state)
{
	char hers[80], his[80];
	(void)state;
	struct gw_session *alice = grouping(ALICE, OWN, "AC1");
	struct gw_session *bob = grouping(BOB, OWN, "AC2");
	bring_group("AC1", 1, "x");
	read_room(hers);
	bring_group("AC2", 2, "x");
	read_room(his);
	assert_string_not_equal(hers, his);
	(void)fake_join(bob, hers, NULL, NULL);
	fake_expect(core, "g.*: failed GW_NO_SUCH *");
	(void)fake_join(alice, hers, NULL, NULL);
	fake_expect(core, "g.*: message " PEER ": hi all *");
	/* They go with the account. */
	fake_close(alice, NULL);
	fake_clear(core);
	gateway_sms.forget(fake_core_gw(core), ALICE, NULL);
	fake_run(core, 0);
	fake_expect(core, "own-keep g/* (no longer)");
	assert_int_equal(fake_count(core, "own-keep g/* (no longer)"), 1);
}

/* Whoever has no account of his own (any more) does not write from the
 * number that others share. */
static void who_is_refused_sends_nothing(void **state)
{
	(void)state;
	struct gw_session *s = asked(ALICE, OWN, "");
	fake_open(s);
	fake_expect(core, "closed *");
	sent_text(s, PEER, "one");
	fake_expect(core, "failed * GW_NOT_ALLOWED *");
	EXPECT_NO_LINE();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, end_gateway)
	const struct CMUnitTest tests[] = {
		TEST(operators_see_what_waits),
		TEST(texts_leave_by_it),
		TEST(what_is_brought_is_checked),
		TEST(two_bring_the_same_number),
		TEST(callbacks_are_for_its_owner),
		TEST(a_flood_is_to_come_later),
		TEST(a_refused_account_is_told),
		TEST(what_is_not_answered_is_lost),
		TEST(it_survives_a_restart),
		TEST(groups_go_by_it),
		TEST(an_account_without_groups_says_so),
		TEST(his_groups_are_his),
		TEST(who_is_refused_sends_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
