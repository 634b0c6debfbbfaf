/*
 * What the user is called, by what he has published (gw_user_name()).
 */
#include "host/host_fixture.h"

static const char *name(void)
{
	(void)gw_user_name(net.session);
	settle();
	return gw_user_name(net.session);
}

/* His server is asked, and says this. */
static void answers(const char *type, const char *inside)
{
	EXPECT_AMONG("<iq from='" GW "' to='" BARE "' type='get'",
		"<vCard xmlns='" NS_VCARD "'/>");
	const char *id = strstr(last_sent, " id='") + 5;
	saysf("<iq from='" BARE "' to='" GW "' type='%s' id='%.*s'>"
	      "<vCard xmlns='" NS_VCARD "'>%s</vCard></iq>",
		type, (int)strcspn(id, "'"), id, inside);
}

/* Once for all his clients. */
static void log_in_again(void)
{
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	says("<presence from='" ALICE "' to='" GW "'/>");
	settle();
}

static void test_asked_once(void **state)
{
	(void)state;
	be_online();
	log_in_again();
	forget(); /* nobody wants to know */
	assert_string_equal(name(), "");
	assert_string_equal(name(), "");
	answers("result", "<NICKNAME>al</NICKNAME><FN>Alice Liddell</FN>");
	assert_string_equal(name(), "Alice Liddell");
	EXPECT_QUIET();
	says("<presence from='" ALICE2 "' to='" GW "'/>");
	EXPECT_QUIET();
	says("<presence from='" ALICE2 "' to='" GW "' type='unavailable'/>");
	EXPECT_QUIET();
	/* It may have changed; what it was stays until that is known. */
	log_in_again();
	assert_string_equal(name(), "Alice Liddell");
	answers("error", "");
	assert_string_equal(name(), "Alice Liddell");
	log_in_again();
	answers("result", "");
	assert_string_equal(name(), "");
	forget();
}

static void test_what_is_a_name(void **state)
{
	static const struct {
		const char *card, *name;
	} rows[] = {
		{ "<FN/><NICKNAME> al </NICKNAME>", "al" },
		{ "<FN>Alice\nLiddell\t</FN>", "Alice Liddell" },
		{ "<FN>Zo\xc3\xab</FN>", "Zo\xc3\xab" },
		{ "<FN>0123456789012345678901234567890123456789"
		  "012345678901234567890123456789012345678901234567890123456789"
		  "\xc3\xab</FN>",
			"0123456789012345678901234567890123456789"
			"01234567890123456789012345678901234567890123456789"
			"0123456789" },
		{ "<FN>012345678901234567890123456789012345678901234567890123"
		  "456789012345678901234567890123456789012345678\xc3\xab</FN>",
			"012345678901234567890123456789012345678901234567890123"
			"456789012345678901234567890123456789012345678" },
		{ "<N><GIVEN>Alice</GIVEN></N>", "" },
	};
	(void)state;
	be_online();
	name();
	for (size_t i = 0; i < COUNT(rows); i++) {
		answers("result", rows[i].card);
		if (strcmp(name(), rows[i].name) != 0)
			fail_msg("row %zu: %s", i, name());
		log_in_again();
	}
	forget();
}

/* Nobody else can say it for him. */
static void test_no_answer(void **state)
{
	(void)state;
	be_online();
	name();
	EXPECT("to='" BARE "'", NS_VCARD);
	const char *id = strstr(last_sent, " id='") + 5;
	saysf("<iq from='" BOB "' to='" GW "' type='result' id='%.*s'>"
	      "<vCard xmlns='" NS_VCARD "'><FN>Mallory</FN></vCard></iq>",
		(int)strcspn(id, "'"), id);
	assert_string_equal(name(), "");
	pass(60 * SECOND);
	assert_string_equal(name(), "");
	EXPECT_QUIET();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_asked_once),
		TEST(test_what_is_a_name),
		TEST(test_no_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
