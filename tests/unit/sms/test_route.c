/*
 * Settings of a backend about how texts are cut: the question before a long
 * one, its quota and its segments agree about them.
 */
#include "sms/fake_carrier.h"

#include "base/macros.h"
#include "base/str.h"

#define OWN  "+15551230000"
#define PEER "+15557770000"

#define CONFIG                                                                 \
	"country = \"US\"; max_segments = 3;"                                  \
	"user_limits = { per_day = %d; };"                                     \
	"assign = ( { number = \"" OWN "\"; users = "                          \
	"( \"user@example.test\" ); } );"                                      \
	"destinations = { prices = ( { prefix = \"+1\"; price = 0.01; } ); };" \
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( "        \
	"\"" OWN "\" ); %s }, { kind = \"fake\"; name = \"spare\"; "           \
	"numbers = ( \"" OWN "\" ); } );"

/* 80 letters that are not in the default alphabet, but in the Turkish one. */
#define TEN                                        \
	"\xc4\x9f\xc4\x9f\xc4\x9f\xc4\x9f\xc4\x9f" \
	"\xc4\x9f\xc4\x9f\xc4\x9f\xc4\x9f\xc4\x9f"
#define TURKISH TEN TEN TEN TEN TEN TEN TEN TEN

/* A typographic quote, and 99 letters. */
#define LETTERS "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define QUOTED  "\xe2\x80\x9c" LETTERS LETTERS LETTERS
#define PLAIN   "\"" LETTERS LETTERS LETTERS

static struct gw_session *alice;

static void begin(int day, const char *keys)
{
	char config[1500];
	text_format(config, sizeof(config), CONFIG, day, keys);
	alice = begin_gateway(config, OWN);
	carrier_goes("main", CARRIER_UP);
}

static gw_request text(const char *words)
{
	return sent_text(alice, PEER, words);
}

/* --- Ways of writing ------------------------------------------------------- */

static void is_written_as_usual(void **state)
{
	(void)state;
	begin(0, "");
	text("\xc4\x9f");
	EXPECT_LINE("submit main " OWN " > " PEER ": \xc4\x9f [ucs2]");
	carrier_accepts("main", "a");
	text(TURKISH);
	assert_int_equal(carrier("main")->given, 3);
}

static void is_written_in_turkish(void **state)
{
	(void)state;
	begin(0, "languages = ( \"tr\" );");
	text(TURKISH);
	EXPECT_LINE("submit main " OWN " > " PEER ": " TURKISH " [locking]");
	carrier_accepts("main", "a");
	/* One segment as it is is good enough. */
	text("\xc4\x9f");
	EXPECT_LINE("submit main " OWN " > " PEER ": \xc4\x9f [ucs2]");
}

static void is_transliterated(void **state)
{
	(void)state;
	begin(0, "transliterate = true;");
	text(QUOTED);
	EXPECT_LINE("submit main " OWN " > " PEER ": " PLAIN);
	EXPECT_NO_LINE();
}

static void whole_texts_are_transliterated(void **state)
{
	(void)state;
	begin(0, "transliterate = true; languages = ( \"tr\" );");
	carrier("main")->caps |= CARRIER_CUTS;
	text(QUOTED);
	EXPECT_LINE("submit main " OWN " > " PEER ": " PLAIN);
	carrier_accepts("main", "a");
	text(TURKISH);
	/* Who cuts it cannot be told of languages. */
	const char *line = last_line();
	assert_null(strstr(line, "[locking]"));
}

static void has_wide_references(void **state)
{
	char words[200];
	(void)state;
	begin(0, "wide_ref = true;");
	memset(words, 'x', 170);
	words[170] = '\0';
	text(words);
	assert_non_null(strstr(last_line(), "[wide part]"));
	assert_int_equal(carrier("main")->given, 2);
}

static void is_written_with_what_the_network_has(void **state)
{
	(void)state;
	begin(0, "languages = ( \"tr\" );");
	carrier("main")->caps |= CARRIER_ASCII;
	text("[ok]");
	EXPECT_LINE("submit main " OWN " > " PEER ": [ok]");
	carrier_accepts("main", "a");
	text("\xc3\xa9");
	EXPECT_LINE("submit main " OWN " > " PEER ": \xc3\xa9 [ucs2]");
	carrier_accepts("main", "b");
	carrier("main")->caps = CARRIER_LATIN1;
	text("\xc3\xa9");
	EXPECT_LINE("submit main " OWN " > " PEER ": \xc3\xa9");
	carrier_accepts("main", "c");
	text(TURKISH);
	assert_int_equal(carrier("main")->given, 5);
}

/* Once more in UCS2, all of it, and then it is refused. */
static void a_refused_alphabet_is_changed_once(void **state)
{
	char words[170], line[100];
	(void)state;
	begin(0, "transliterate = true;");
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	text(words);
	assert_int_equal(carrier("main")->given, 2);
	carriers_reset();
	carrier_rejects_alphabet("main");
	carrier_rejects_alphabet("main");
	assert_int_equal(carrier("main")->given, 5);
	assert_non_null(strstr(last_line(), "[ucs2] [part]"));
	for (int i = 0; i < 3; i++)
		carrier_accepts("main", "a");
	fake_expect(core, "accepted *");
	gw_request r = text("y");
	carrier_rejects_alphabet("main");
	assert_int_equal(carrier("main")->given, 7);
	carrier_rejects_alphabet("main");
	text_format(line, sizeof(line), "failed %u GW_NOT_ACCEPTABLE *",
		(unsigned)r);
	fake_expect(core, line);
	assert_int_equal(carrier("main")->given, 7);
}

static void it_is_not_longer_than_it_may_be(void **state)
{
	char words[250];
	(void)state;
	begin(0, "");
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	text(words);
	carrier_rejects_alphabet("main");
	carrier_rejects_alphabet("main");
	fake_expect(core, "failed * GW_NOT_ACCEPTABLE *too long*");
	assert_int_equal(carrier("main")->given, 2);
}

/* What was taken stays as it is. */
static void a_part_of_another_alphabet_is_none(void **state)
{
	char words[170];
	(void)state;
	begin(0, "");
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	text(words);
	carrier_accepts("main", "a");
	carrier_rejects_alphabet("main");
	fake_expect(core, "failed * GW_NOT_ACCEPTABLE *");
	assert_int_equal(carrier("main")->given, 2);
}

static void another_route_cuts_its_own_way(void **state)
{
	(void)state;
	begin(0, "transliterate = true;");
	carrier_goes("main", CARRIER_DOWN);
	carrier_goes("spare", CARRIER_UP);
	text(QUOTED);
	assert_int_equal(carrier("main")->given, 0);
	assert_int_equal(carrier("spare")->given, 2);
}

/* --- What agrees ----------------------------------------------------------- */

#define HINT                                                              \
	"; some of its characters are written with plainer ones. Send it" \
	"? *"

static void the_question_agrees(void **state)
{
	(void)state;
	begin(0, "transliterate = true;");
	fake_set(alice, "ask_above", "1");
	text(QUOTED);
	EXPECT_LINE("submit main " OWN " > " PEER ": " PLAIN);
	text(QUOTED QUOTED);
	fake_expect(core, "ask 1 Your text to " PEER
			  " is as long as 2 texts, which cost 0.020 "
			  "together" HINT);
	EXPECT_NO_LINE();
}

/* 71 that ASCII does not have: two texts. */
#define ACUTE "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
#define ACUTES                                                             \
	ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE "\xc3" \
								    "\xa9"

static void question_price_and_quota_know_the_alphabet(void **state)
{
	char line[200];
	(void)state;
	begin(3, "");
	carrier("main")->caps |= CARRIER_ASCII;
	fake_set(alice, "ask_above", "1");
	text(ACUTES);
	fake_expect(core, "ask 1 Your text to " PEER
			  " is as long as 2 texts, which cost 0.020 "
			  "together. Send it? *");
	fake_set(alice, "ask_above", "0");
	text(ACUTES);
	assert_int_equal(carrier("main")->given, 2);
	gw_request r = text(ACUTES);
	text_format(line, sizeof(line), "failed %u GW_BUSY *", (unsigned)r);
	fake_expect(core, line);
}

static void the_limit_of_segments_agrees(void **state)
{
	(void)state;
	/* In UCS-2 it would have five. */
	begin(0, "transliterate = true;");
	text(QUOTED QUOTED QUOTED);
	assert_int_equal(carrier("main")->given, 2);
}

static void the_quota_agrees(void **state)
{
	char line[200];
	(void)state;
	begin(2, "transliterate = true;");
	text(QUOTED);
	carrier_accepts("main", "a");
	text(QUOTED);
	carrier_accepts("main", "b");
	assert_int_equal(carrier("main")->given, 2);
	gw_request r = text(QUOTED);
	text_format(line, sizeof(line), "failed %u GW_BUSY *", (unsigned)r);
	fake_expect(core, line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(is_written_as_usual, end_gateway),
		cmocka_unit_test_teardown(is_written_in_turkish, end_gateway),
		cmocka_unit_test_teardown(is_transliterated, end_gateway),
		cmocka_unit_test_teardown(
			whole_texts_are_transliterated, end_gateway),
		cmocka_unit_test_teardown(has_wide_references, end_gateway),
		cmocka_unit_test_teardown(
			a_refused_alphabet_is_changed_once, end_gateway),
		cmocka_unit_test_teardown(
			it_is_not_longer_than_it_may_be, end_gateway),
		cmocka_unit_test_teardown(
			a_part_of_another_alphabet_is_none, end_gateway),
		cmocka_unit_test_teardown(
			is_written_with_what_the_network_has, end_gateway),
		cmocka_unit_test_teardown(
			question_price_and_quota_know_the_alphabet,
			end_gateway),
		cmocka_unit_test_teardown(
			another_route_cuts_its_own_way, end_gateway),
		cmocka_unit_test_teardown(the_question_agrees, end_gateway),
		cmocka_unit_test_teardown(
			the_limit_of_segments_agrees, end_gateway),
		cmocka_unit_test_teardown(the_quota_agrees, end_gateway),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
