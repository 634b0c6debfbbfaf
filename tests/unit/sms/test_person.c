/*
 * What is known of people by their numbers: profiles, who cannot be answered,
 * and who is meant by digits.
 */
#include "sms/fake_carrier.h"

#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "sms/person.h"

#define OWN    "+15551230000"
#define WORD   "acme;phone-context=alpha.gw.example.test"
#define HIDDEN "hidden;phone-context=none.gw.example.test"

static const char config[] =
	"country = \"US\";"
	"assign = ( { number = \"" OWN "\"; users = "
	"( \"user@example.test\" ); } );"
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( \"" OWN
	"\", \"+4512340000\" ); } );";

static struct gw_session *alice;

static int set_up(void **state)
{
	(void)state;
	alice = begin_gateway(config, OWN);
	carrier_goes("main", CARRIER_UP);
	return 0;
}

static void asks(const char *person)
{
	gateway_sms.lookup(alice, fake_request(alice), GW_PROFILE, person);
}

static void profiles_say_what_is_known(void **state)
{
	(void)state;
	asks("+4915112345678");
	fake_expect(core, "item * phone*+4915112345678*");
	fake_expect(core, "item * kind of number*phone number*");
	fake_expect(core, "item * country*Germany*");
	fake_expect(core, "accepted *");
	asks("+19005551234");
	fake_expect(core, "item * kind of number*premium number*");
	asks("+881612345678");
	fake_expect(core, "item * kind of number*satellite phone*");
	asks("12345;phone-context=us.gw.example.test");
	fake_expect(core, "item * nick*12345*");
	fake_expect(core, "item * kind of number*short code*");
	fake_expect(core, "item * country*United States*");
	asks(WORD);
	fake_expect(core, "item * nick*ACME*");
	fake_expect(core, "item * description*nobody can answer it*");
	asks(HIDDEN);
	fake_expect(core, "item * description*share this address*");
	gateway_sms.lookup(alice, fake_request(alice), GW_PING, OWN);
	fake_expect(core, "failed * GW_UNSUPPORTED *");
}

static void some_take_no_messages(void **state)
{
	static const struct {
		const char *person;
		bool takes;
	} rows[] = {
		{ "+15557770000", true },
		{ "12345;phone-context=us.gw.example.test", true },
		{ WORD, false },
		{ HIDDEN, false },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned caps =
			gateway_sms.caps_of(alice, NULL, rows[i].person);
		assert_int_equal((caps & GW_CAP_WRITE) != 0, rows[i].takes);
		assert_int_equal((caps & GW_CAP_REACT) != 0, rows[i].takes);
		assert_int_equal(
			person_is_mute(rows[i].person) == NULL, rows[i].takes);
	}
}

static void comes(enum number_origin origin, const char *from, const char *to)
{
	struct fake_carrier *c = carrier("main");
	const struct carrier_incoming in = { .from = { origin, from },
		.to = { origin, to },
		.alphabet = SMS_GSM,
		.data = slice_of("hi") };
	c->setup.events->incoming(c->setup.arg, &in);
	fake_run(core, 0);
}

/* Digits that may be several numbers. */
static void those_who_are_known_are_meant(void **state)
{
	(void)state;
	comes(NUMBER_ANY, "4512345678", OWN);
	fake_expect(core, "message +14512345678: hi *");
	comes(NUMBER_ANY, "+4587654321", OWN);
	fake_expect(core, "message +4587654321: hi *");
	comes(NUMBER_NATIONAL, "4587654321", OWN);
	fake_expect(core, "message +4587654321: hi *");
	/* By another of our numbers he is not known. */
	fake_clear(core);
	comes(NUMBER_NATIONAL, "4587654321", "4512340000");
	fake_expect_none(core, "message +4587654321*", 0);
}

/* --- What a user types ---------------------------------------------------- */

#define BERLIN "+4915123456789"

static void types(const char *text, int status, const char *want)
{
	char out[NUMBER_SIZE] = "";
	const char *reason = "";
	assert_int_equal(
		gateway_sms.spell_out(alice, text, out, sizeof(out), &reason),
		status);
	assert_string_equal(status < 0 ? reason : out, want);
}

static void numbers_are_read_in_his_country(void **state)
{
	(void)state;
	types("(212) 555-0123", 1, "+12125550123");
	fake_set(alice, "country", "de");
	types("0151 23456789", 1, BERLIN);
	types("sms:015123456789", 1, BERLIN);
	types(BERLIN, 1, BERLIN);
	types("+12125550123", 1, "+12125550123");
	types("12345", 1, "12345;phone-context=de.gw.example.test");
	types("12345;phone-context=us.gw.example.test", 1,
		"12345;phone-context=us.gw.example.test");
	types("ACME", 0, "");
	types("g.2bf5c6fa4ccf36e39d56", 0, "");
	/* What is none there is not read as one of the operator's country. */
	char out[NUMBER_SIZE];
	const char *reason = NULL;
	fake_set(alice, "country", "DK");
	assert_int_equal(gateway_sms.spell_out(alice, "(212) 555-0123", out,
				 sizeof(out), &reason),
		-1);
	assert_non_null(reason);
	/* Networks mean the operator's. */
	comes(NUMBER_NATIONAL, "2125550123", OWN);
	fake_expect(core, "message +12125550123: hi *");
}

static void some_country_or_none(void **state)
{
	const struct gw_setting *row = gateway_sms.settings;
	char out[8];
	(void)state;
	while (strcmp(row->name, "country") != 0)
		row++;
	assert_null(row->check("DE"));
	assert_null(row->check("fr"));
	assert_non_null(row->check("QQ"));
	assert_non_null(row->check("D"));
	assert_true(gateway_sms.in_use(alice, "country", out, sizeof(out)));
	assert_string_equal(out, "US");
	assert_false(gateway_sms.in_use(alice, "groups", out, sizeof(out)));
	/* One that an older version knew. */
	fake_set(alice, "country", "QQ");
	types("(212) 555-0123", 1, "+12125550123");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, end_gateway)
	const struct CMUnitTest tests[] = {
		TEST(profiles_say_what_is_known),
		TEST(some_take_no_messages),
		TEST(those_who_are_known_are_meant),
		TEST(numbers_are_read_in_his_country),
		TEST(some_country_or_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
