/*
 * What is left of a user who leaves: nothing about him, but what holds against
 * abuse; and nothing of the others is missing.
 */
#include "sms/fake_carrier.h"

#include <string.h>

#include "base/str.h"

#define OWN     "+15551230000"
#define SHARED  "+15551230001"
#define PHONE   "+15558880000"
#define BROUGHT "+15553330000"
#define PEER    "+15557770000"
#define ALICE   "alice@example.test"
#define BOB     "bob@example.test"

static const char config[] =
	"country = \"US\";"
	"user_limits = { per_day = 2; };"
	"claim = { per_number = 1; };"
	"own_accounts = { providers = ( \"twilio\" ); most = 1; };"
	"assign = ( { number = \"" OWN "\"; users = ( \"" ALICE "\", \"" BOB
	"\" ); } );"
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( \"" OWN
	"\", \"" SHARED "\" ); } );";

static int set_up(void **state)
{
	(void)state;
	begin_gateway(config, NULL);
	carrier_goes("main", CARRIER_UP);
	return 0;
}

static void leave(struct gw_session *s, const char *account)
{
	char user[100];
	text_copy(user, sizeof(user), s->user);
	fake_close(s, NULL);
	fake_clear(core);
	gateway_sms.forget(fake_core_gw(core), user, account);
	fake_run(core, 0);
}

static struct gw_session *opened(const char *user, const char *account)
{
	struct gw_session *s = fake_session_of(core, user, account);
	fake_open(s);
	fake_expect(core, "online *");
	return s;
}

static void send_text(struct gw_session *s, const char *words)
{
	(void)fake_send(s, PEER, words);
	fake_run(core, 0);
}

/* Number and code of the text that was sent last. */
static struct gw_session *claimed(const char *user, const char *phone)
{
	struct gw_session *s = fake_session_of(core, user, phone);
	char code[16] = "";
	fake_open(s);
	fake_run(core, 0);
	const char *text = strstr(last_line(), ": ");
	assert_non_null(text);
	size_t len = strspn(text + 2, "0123456789");
	text_copy(code, sizeof(code), text + 2);
	code[len] = '\0';
	carrier_accepts("main", code);
	fake_set(s, "code", code);
	fake_open(s);
	fake_expect(core, "online *");
	fake_set(s, "code", "");
	carriers_reset();
	return s;
}

static void texts_on_their_way_go(void **state)
{
	(void)state;
	struct gw_session *s = opened(ALICE, OWN);
	send_text(s, "one");
	carrier_accepts("main", "a");
	send_text(s, "waits");
	leave(s, OWN);
	fake_expect(core, "own-keep o/* (no longer)");
	fake_expect(core, "own-keep o/* (no longer)");
	/* What is said about them meanwhile concerns nobody. */
	carriers_reset();
	carrier_accepts("main", "b");
	carrier_reports("main", 1, "a", SMS_DELIVERED);
	EXPECT_LINE("settled main 1 ok");
	/* And no record is written anew. */
	fake_expect_none(core, "own-keep o/*", 1000);
}

static void texts_for_him_go(void **state)
{
	(void)state;
	carrier_brings("main", 1, "15557770000", OWN, "to both", "1");
	struct gw_session *alice = fake_session_of(core, ALICE, OWN);
	struct gw_session *bob = fake_session_of(core, BOB, OWN);
	fake_clear(core);
	gateway_sms.forget(fake_core_gw(core), ALICE, NULL);
	fake_run(core, 0);
	fake_expect(core, "own-keep i/*");
	fake_core_restart(core);
	fake_open(alice);
	fake_expect(core, "online *");
	fake_expect_none(core, "message *", 1000);
	fake_open(bob);
	fake_expect(core, "message " PEER ": to both *");
	fake_expect(core, "own-keep i/* (no longer)");
}

static void the_last_takes_it_along(void **state)
{
	(void)state;
	carrier_brings("main", 1, "15557770000", OWN, "to both", "1");
	gateway_sms.forget(fake_core_gw(core), ALICE, OWN);
	gateway_sms.forget(fake_core_gw(core), BOB, OWN);
	fake_run(core, 0);
	fake_expect(core, "own-keep i/* (no longer)");
}

static void a_phone_is_to_be_proven_anew(void **state)
{
	(void)state;
	struct gw_session *s = claimed(ALICE, PHONE);
	send_text(s, "one");
	carrier_accepts("main", "a");
	leave(s, PHONE);
	fake_expect(core, "own-keep c/* (no longer)");
	fake_expect(core, "own-keep k/* (no longer)");
	fake_core_restart(core);
	carriers_reset();
	fake_open(s);
	fake_expect(core, "closed GW_NOT_ACCEPTABLE never *code*");
	fake_run(core, 0);
	/* The limits of the number hold: there is no second code. */
	EXPECT_NO_LINE();
	/* An answer to what he wrote is for nobody. */
	fake_clear(core);
	carrier_brings("main", 1, "15557770000", SHARED, "hi", "1");
	EXPECT_LINE("settled main 1 ok");
	fake_expect_none(core, "own-keep i/*", 1000);
}

static void others_of_a_conversation_stay(void **state)
{
	(void)state;
	struct gw_session *alice = claimed(ALICE, PHONE);
	struct gw_session *bob = claimed(BOB, "+15558880001");
	send_text(alice, "hers");
	carrier_accepts("main", "a");
	send_text(bob, "his");
	carrier_accepts("main", "b");
	leave(alice, NULL);
	carriers_reset();
	carrier_brings("main", 1, "15557770000", SHARED, "for her", "1");
	EXPECT_LINE("submit main " SHARED " > " PEER
		    ": Who is your text for? Answer 1 for bob, 0 for somebody "
		    "else.");
	EXPECT_LINE("settled main 1 ok");
	carrier_accepts("main", "c");
	fake_clear(core);
	carrier_brings("main", 2, "15557770000", SHARED, "0", "2");
	fake_expect(core, "own-keep i/* (no longer)");
	fake_expect_none(core, "message *", 1000);
}

static void what_he_brought_goes(void **state)
{
	(void)state;
	struct gw_session *s = fake_session_of(core, ALICE, BROUGHT);
	fake_set(s, "provider", "twilio");
	fake_set(s, "account", "AC1");
	fake_set(s, "secret", "x");
	fake_open(s);
	fake_expect(core, "online *");
	carrier_goes("AC1", CARRIER_UP);
	send_text(s, "one");
	carrier_accepts("AC1", "a");
	leave(s, BROUGHT);
	fake_expect(core, "own-keep n/* (no longer)");
	fake_expect(core, "own-keep a/* (no longer)");
	fake_core_restart(core);
	/* There is room for another. */
	fake_session_free(&s);
	s = fake_session_of(core, BOB, BROUGHT);
	fake_set(s, "provider", "twilio");
	fake_set(s, "account", "AC1");
	fake_set(s, "secret", "x");
	fake_open(s);
	fake_expect(core, "online *");
}

static void limits_outlive_him(void **state)
{
	(void)state;
	struct gw_session *s = opened(ALICE, OWN);
	send_text(s, "one");
	carrier_accepts("main", "a");
	send_text(s, "two");
	carrier_accepts("main", "b");
	leave(s, OWN);
	fake_open(s);
	send_text(s, "three");
	fake_expect(core, "failed * GW_BUSY *");
}

/* It may come before the gateway knows what it kept. */
static void early_is_not_too_early(void **state)
{
	(void)state;
	struct gw_session *s = claimed(ALICE, PHONE);
	fake_close(s, NULL);
	fake_core_restart(core);
	gateway_sms.forget(fake_core_gw(core), ALICE, PHONE);
	fake_run(core, 0);
	fake_open(s);
	fake_expect(core, "closed GW_NOT_ACCEPTABLE never *code*");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, end_gateway)
	const struct CMUnitTest tests[] = {
		TEST(texts_on_their_way_go),
		TEST(texts_for_him_go),
		TEST(the_last_takes_it_along),
		TEST(a_phone_is_to_be_proven_anew),
		TEST(others_of_a_conversation_stay),
		TEST(what_he_brought_goes),
		TEST(limits_outlive_him),
		TEST(early_is_not_too_early),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
