/*
 * Reactions of phones: about one text of the conversation for sure, or texts
 * like others. Nothing gets lost.
 */
#include "sms/fake_carrier.h"

#include <string.h>

#include "base/str.h"

#define OWN  "+15551230000"
#define PEER "+15557770000"
#define LIKE "\xf0\x9f\x91\x8d"

static const char config[] =
	"country = \"US\";"
	"assign = ( { number = \"" OWN "\"; users = "
	"( \"user@example.test\", \"user2@example.test\" ); } );"
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( \"" OWN
	"\" ); } );";

static struct gw_session *alice;

static int set_up(void **state)
{
	(void)state;
	alice = begin_gateway(config, OWN);
	carrier_goes("main", CARRIER_UP);
	return 0;
}

static void comes_from(const char *from, const char *text)
{
	static unsigned count;
	char id[16];
	text_format(id, sizeof(id), "n%u", ++count);
	carrier_brings("main", 0, from, OWN, text, id);
}

static void comes(const char *text)
{
	comes_from(PEER, text);
}

static void expect_id(const char *pattern, char out[64])
{
	const char *line = fake_expect(core, pattern);
	const char *id = strstr(line, " id=") + 4;
	text_format(out, 64, "%.*s", (int)strcspn(id, " "), id);
}

static void write_as(const char *text, const char *id, const char *replaces)
{
	const struct gw_outgoing m = { .request = fake_request(alice),
		.kind = GW_PERSON,
		.to = PEER,
		.text = text,
		.replaces = replaces,
		.id = id };
	gateway_sms.send(alice, &m);
	fake_run(core, 0);
	carrier_accepts("main", "a");
}

static void expect_reaction(const char *emoji, const char *to)
{
	char line[200];
	text_format(line, sizeof(line), "reaction " PEER ": %s * reply=%s *",
		emoji, to);
	fake_expect(core, line);
}

/* --- To what --------------------------------------------------------------- */

static void are_to_what_the_user_wrote(void **state)
{
	char id[64];
	(void)state;
	write_as("Are you there?", "m1", NULL);
	expect_id("accepted * id=*", id);
	comes("Liked \"Are you there?\"");
	expect_reaction(LIKE, id);
	comes("Removed a like from \"Are you there?\"");
	expect_reaction("", id);
}

static void are_to_what_came(void **state)
{
	char id[64];
	(void)state;
	comes("Are you there?");
	expect_id("message * id=*", id);
	comes("Laughed at \"Are you there?\"");
	expect_reaction("\xf0\x9f\x98\x82", id);
	/* A reaction cannot be reacted to. */
	comes("Liked \"Laughed at \"Are you there?\"\"");
	fake_expect(core, "message " PEER ": Liked *");
}

static void are_known_after_a_restart(void **state)
{
	char id[64];
	(void)state;
	write_as("Are you there?", "m1", NULL);
	expect_id("accepted * id=*", id);
	carriers_reset();
	fake_core_restart(core);
	fake_open(alice);
	fake_expect(core, "online *");
	comes("Liked \"Are you there?\"");
	expect_reaction(LIKE, id);
}

/* --- Texts ----------------------------------------------------------------- */

static void are_texts_when_it_is_not_clear(void **state)
{
	(void)state;
	comes("Liked \"Ok\"");
	fake_expect(core, "message " PEER ": Liked *");
	write_as("Ok", "m1", NULL);
	comes("Ok");
	comes("Liked \"Ok\"");
	fake_expect(core, "message " PEER ": Liked *");
	/* Of another person. */
	write_as("Hello", "m2", NULL);
	comes_from("+15557779999", "Liked \"Hello\"");
	fake_expect(core, "message +15557779999: Liked *");
	assert_int_equal(fake_count(core, "reaction *"), 0);
}

/* Nobody could say which message of his client is meant. */
static void are_texts_about_what_has_no_id(void **state)
{
	(void)state;
	write_as("Hello", NULL, NULL);
	comes("Liked \"Hello\"");
	fake_expect(core, "message " PEER ": Liked *");
	write_as("Hi", "m2", "m1");
	comes("Liked \"* Hi\"");
	fake_expect(core, "message " PEER ": Liked *");
}

static void are_texts_to_those_who_did_not_write(void **state)
{
	struct gw_session *bob = fake_session(core, OWN);
	(void)state;
	fake_open(bob);
	write_as("Are you there?", "m1", NULL);
	comes("Liked \"Are you there?\"");
	fake_expect(core, "*reaction " PEER ": " LIKE " *");
	fake_run(core, 0);
	assert_int_equal(fake_count(core, "*message " PEER ": Liked *"), 1);
	assert_int_equal(fake_count(core, "*reaction *"), 1);
}

static void are_texts_when_the_store_fails(void **state)
{
	(void)state;
	write_as("Are you there?", "m1", NULL);
	comes("Hello");
	fake_expect(core, "message *");
	fake_close(alice, NULL);
	comes("Liked \"Are you there?\"");
	fake_fail_store(alice, true);
	fake_open(alice);
	fake_run(core, 1000);
	fake_expect(core, "message " PEER ": Liked *");
}

/* The session is closed while it is looked up: nothing is lost. */
static void come_again(void **state)
{
	(void)state;
	write_as("Are you there?", "m1", NULL);
	fake_keeping(alice, FAKE_KEEPS_LATER);
	comes("Liked \"Are you there?\"");
	fake_keeping(alice, FAKE_KEEPS);
	fake_close(alice, NULL);
	fake_run(core, 1000);
	fake_open(alice);
	fake_expect(core, "reaction " PEER ": *");
	fake_run(core, 1000);
	assert_int_equal(fake_count(core, "reaction *"), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, end_gateway)
	const struct CMUnitTest tests[] = {
		TEST(are_to_what_the_user_wrote),
		TEST(are_to_what_came),
		TEST(are_known_after_a_restart),
		TEST(are_texts_when_it_is_not_clear),
		TEST(are_texts_about_what_has_no_id),
		TEST(are_texts_to_those_who_did_not_write),
		TEST(are_texts_when_the_store_fails),
		TEST(come_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
