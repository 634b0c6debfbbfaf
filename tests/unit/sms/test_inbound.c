/*
 * Texts for our numbers: kept, acknowledged, given to their owner until his
 * server has them.
 */
#include "sms/fake_carrier.h"

#include "base/alloc.h"
#include "base/str.h"

#define OWN  "+15551230000"
#define PEER "+15557770000"

static const char config[] =
	"country = \"US\";"
	"assign = ( { number = \"" OWN "\"; users = "
	"( \"user@example.test\" ); } );"
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( \"" OWN
	"\", \"+15551230001\" ); } );";

static struct gw_session *alice;

static int set_up(void **state)
{
	(void)state;
	alice = begin_gateway(config, OWN);
	carrier_goes("main", CARRIER_UP);
	return 0;
}

static void is_kept_then_acknowledged(void **state)
{
	(void)state;
	fake_keeping(alice, FAKE_KEEPS_LATER);
	carrier_brings("main", 7, "15557770000", "15551230000", "hello", NULL);
	EXPECT_NO_LINE();
	fake_expect_none(core, "message *", 0);
	fake_keeping(alice, FAKE_KEEPS);
	fake_expect(core, "message " PEER ": hello *");
	EXPECT_LINE("settled main 7 ok");
	fake_expect(core, "own-keep i/* (no longer)");
}

static void is_refused_when_it_cannot_be_kept(void **state)
{
	(void)state;
	fake_fail_store(alice, true);
	carrier_brings("main", 7, "15557770000", "15551230000", "hello", "x");
	EXPECT_LINE("settled main 7 not");
	fake_expect_none(core, "message *", 1000);
	fake_fail_store(alice, false);
	carrier_brings("main", 8, "15557770000", "15551230000", "hello", "x");
	EXPECT_LINE("settled main 8 ok");
	fake_expect(core, "message " PEER ": hello *");
}

static void a_repetition_is_one_text(void **state)
{
	(void)state;
	fake_hold_settled(alice, true);
	carrier_brings("main", 1, "15557770000", "15551230000", "hello", "x");
	EXPECT_LINE("settled main 1 ok");
	carrier_brings("main", 2, "15557770000", "15551230000", "hello", "x");
	EXPECT_LINE("settled main 2 ok");
	carrier_brings("main", 3, "15557770000", "15551230000", "hello", "y");
	EXPECT_LINE("settled main 3 ok");
	assert_int_equal(fake_count(core, "message *"), 2);
}

static void is_given_again_after_a_restart(void **state)
{
	(void)state;
	fake_hold_settled(alice, true);
	carrier_brings("main", 1, "15557770000", "15551230000", "hello", "x");
	fake_expect(core, "message " PEER ": hello *");
	fake_clear(core);
	fake_core_restart(core);
	fake_open(alice);
	fake_expect(core, "message " PEER ": hello *");
	fake_hold_settled(alice, false);
	fake_close(alice, NULL);
	fake_open(alice);
	fake_expect(core, "message " PEER ": hello *");
	fake_expect(core, "own-keep i/* (no longer)");
}

/* An earlier process kept it, and the network did not hear so. */
static void is_taken_again_once(void **state)
{
	(void)state;
	fake_hold_settled(alice, true);
	carrier_brings("main", 1, "15557770000", "15551230000", "hello", NULL);
	fake_expect(core, "message " PEER ": hello *");
	carriers_reset();
	fake_clear(core);
	fake_core_restart(core);
	fake_hold_settled(alice, false);
	fake_open(alice);
	fake_expect(core, "own-keep i/* (no longer)");
	carrier_brings("main", 4, "15557770000", "15551230000", "other", NULL);
	EXPECT_LINE("settled main 4 ok");
	fake_expect(core, "message " PEER ": other *");
	fake_clear(core);
	carrier_brings("main", 2, "15557770000", "15551230000", "hello", NULL);
	EXPECT_LINE("settled main 2 ok");
	fake_run(core, 1000);
	assert_int_equal(fake_count(core, "message *"), 0);
	carrier_brings("main", 3, "15557770000", "15551230000", "hello", NULL);
	EXPECT_LINE("settled main 3 ok");
	fake_run(core, 1000);
	assert_int_equal(fake_count(core, "message *"), 1);
}

static size_t shown(void)
{
	fake_run(core, 1000);
	return fake_count(core, "message *");
}

/* The link was gone before it could be answered: once more, not twice. */
static void is_taken_again_after_a_lost_link(void **state)
{
	(void)state;
	fake_keeping(alice, FAKE_KEEPS_LATER);
	carrier_brings("main", 1, "15557770000", "15551230000", "ok", NULL);
	carrier("main")->gone = 1;
	fake_keeping(alice, FAKE_KEEPS);
	assert_int_equal(shown(), 1);
	carrier_brings("main", 2, "15557770000", "15551230000", "ok", NULL);
	EXPECT_LINE("settled main 1 ok");
	EXPECT_LINE("settled main 2 ok");
	assert_int_equal(shown(), 1);
	carrier_brings("main", 3, "15557770000", "15551230000", "ok", NULL);
	EXPECT_LINE("settled main 3 ok");
	assert_int_equal(shown(), 2);
}

/* It comes again while the first is still being kept. */
static void is_taken_again_before_it_is_kept(void **state)
{
	(void)state;
	fake_keeping(alice, FAKE_KEEPS_LATER);
	carrier_brings("main", 1, "15557770000", "15551230000", "ok", NULL);
	carrier("main")->gone = 1;
	carrier_brings("main", 2, "15557770000", "15551230000", "ok", NULL);
	EXPECT_NO_LINE();
	fake_keeping(alice, FAKE_KEEPS);
	assert_int_equal(shown(), 1);
	EXPECT_LINE("settled main 2 ok");
	EXPECT_NO_LINE();
	carrier_brings("main", 3, "15557770000", "15551230000", "ok", NULL);
	assert_int_equal(shown(), 2);
}

/* Who says the same twice is heard twice. */
static void equal_texts_are_two(void **state)
{
	(void)state;
	carrier_brings("main", 1, "15557770000", "15551230000", "ok", NULL);
	carrier_brings("main", 2, "15557770000", "15551230000", "ok", NULL);
	assert_int_equal(shown(), 2);
	fake_keeping(alice, FAKE_KEEPS_LATER);
	carrier_brings("main", 3, "15557770000", "15551230000", "ok", NULL);
	carrier_brings("main", 4, "15557770000", "15551230000", "ok", NULL);
	fake_keeping(alice, FAKE_KEEPS);
	assert_int_equal(shown(), 4);
	/* A lost link changes nothing about what was answered. */
	carrier("main")->gone = 4;
	carrier_brings("main", 5, "15557770000", "15551230000", "ok", NULL);
	assert_int_equal(shown(), 5);
}

/* That is said again. */
static void an_old_one_is_not_the_same(void **state)
{
	(void)state;
	fake_hold_settled(alice, true);
	carrier_brings("main", 1, "15557770000", "15551230000", "hello", NULL);
	fake_run(core, 121000);
	fake_clear(core);
	fake_core_restart(core);
	fake_hold_settled(alice, false);
	fake_open(alice);
	fake_expect(core, "message " PEER ": hello *");
	carrier_brings("main", 2, "15557770000", "15551230000", "hello", NULL);
	fake_run(core, 1000);
	assert_int_equal(fake_count(core, "message *"), 2);
}

/* The parts are acknowledged, so nobody gives them again. */
static void a_whole_text_waits_for_the_store(void **state)
{
	(void)state;
	carrier_brings_part("main", 1, PEER, OWN, "Hello ", 1);
	EXPECT_LINE("settled main 1 ok");
	fake_keeping(alice, FAKE_KEEPS_LATER);
	carrier_brings_part("main", 2, PEER, OWN, "world", 2);
	/* This part is on disk, and what comes of it is not. */
	fake_keeping(alice, FAKE_KEEPS_NOT);
	fake_run(core, 0);
	EXPECT_LINE("settled main 2 ok");
	fake_expect_none(core, "message *", 12000);
	fake_keeping(alice, FAKE_KEEPS);
	fake_expect(core, "message " PEER ": Hello world *");
	fake_core_restart(core);
	fake_open(alice);
	fake_expect_none(core, "message * Hello*", 10000);
}

/* A number of somebody who never comes does not fill the memory: the network keeps
 * what is too much. */
static void only_so_many_wait(void **state)
{
	(void)state;
	fake_close(alice, NULL);
	for (unsigned i = 0; i < 1000; i++) {
		char text[20];
		text_format(text, sizeof(text), "text %u", i);
		carrier_brings(
			"main", 1, "15557770000", "15551230000", text, NULL);
		assert_string_equal(last_line(), "settled main 1 ok");
		carriers_reset();
	}
	carrier_brings("main", 2, "15557770000", "15551230000", "more", NULL);
	EXPECT_LINE("settled main 2 not");
	fake_open(alice);
	fake_expect(core, "message " PEER ": text 999 *");
	carrier_brings("main", 2, "15557770000", "15551230000", "more", NULL);
	EXPECT_LINE("settled main 2 ok");
	fake_expect(core, "message " PEER ": more *");
}

static void waits_for_its_owner(void **state)
{
	(void)state;
	fake_close(alice, NULL);
	carrier_brings("main", 1, "15557770000", "15551230000", "one", NULL);
	carrier_brings("main", 2, "15557770000", "15551230000", "two", NULL);
	EXPECT_LINE("settled main 1 ok");
	EXPECT_LINE("settled main 2 ok");
	fake_core_restart(core);
	fake_open(alice);
	fake_expect(core, "message " PEER ": one *");
	fake_expect(core, "message " PEER ": two *");
}

static void nobody_gets_what_is_nobodys(void **state)
{
	(void)state;
	carrier_brings("main", 1, "15557770000", "15551230001", "hi", NULL);
	EXPECT_LINE("settled main 1 ok");
	carrier_brings("main", 2, "15557770000", "15559999999", "hi", NULL);
	EXPECT_LINE("settled main 2 ok");
	fake_expect_none(core, "message *", 1000);
	fake_expect_none(core, "own-keep i*", 0);
}

static void senders_have_one_name(void **state)
{
	static const struct {
		const char *from, *name;
	} rows[] = {
		{ "15557770000", PEER },
		{ "+15557770000", PEER },
		{ "0015557770000", PEER },
		{ "Acme Inc", "acme inc;phone-context=alpha.gw.example.test" },
		{ "", "hidden;phone-context=none.gw.example.test" },
	};
	char line[200];
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		carrier_brings(
			"main", 0, rows[i].from, "15551230000", "hi", NULL);
		text_format(
			line, sizeof(line), "message %s: hi *", rows[i].name);
		fake_expect(core, line);
	}
}

static void bring_part(uint64_t ticket, unsigned number, const char *text)
{
	struct fake_carrier *c = carrier("main");
	const struct carrier_incoming in = { .ticket = ticket,
		.from = { NUMBER_INTERNATIONAL, "15557770000" },
		.to = { NUMBER_INTERNATIONAL, "15551230000" },
		.alphabet = SMS_GSM,
		.data = slice_of(text),
		.part = { .total = 3,
			.number = number,
			.ref = 9,
			.method = '8' } };
	c->setup.events->incoming(c->setup.arg, &in);
	fake_run(core, 0);
}

/* In any order, over a restart, one of them twice. */
static void parts_become_one_text(void **state)
{
	(void)state;
	bring_part(1, 3, "three");
	EXPECT_LINE("settled main 1 ok");
	bring_part(2, 1, "one ");
	EXPECT_LINE("settled main 2 ok");
	fake_expect_none(core, "message *", 1000);
	carriers_reset();
	fake_clear(core);
	fake_core_restart(core);
	fake_open(alice);
	fake_expect(core, "online *");
	bring_part(3, 3, "three");
	bring_part(4, 2, "two ");
	EXPECT_LINE("settled main 3 ok");
	EXPECT_LINE("settled main 4 ok");
	fake_expect(core, "message " PEER ": one two three *");
	fake_run(core, 1200000);
	assert_int_equal(fake_count(core, "message *"), 1);
	assert_int_equal(fake_count(core, "own-keep p/* (no longer)"), 4);
}

static void parts_wait_for_some_time(void **state)
{
	(void)state;
	bring_part(1, 1, "one ");
	bring_part(2, 3, " three");
	fake_run(core, 1200000);
	fake_expect(core, "message " PEER ": one [[]...] three *");
}

/* Of the text that came last. */
static void read_id(char out[64])
{
	const char *line = fake_expect(core, "message * id=*]*");
	const char *id = strstr(line, "id=") + 3;
	text_format(out, 64, "%.*s", (int)strcspn(id, "] "), id);
}

static void octets_are_not_text(void **state)
{
	(void)state;
	struct fake_carrier *c = carrier("main");
	const struct carrier_incoming in = { .from = { NUMBER_INTERNATIONAL,
						     "15557770000" },
		.to = { NUMBER_INTERNATIONAL, "15551230000" },
		.alphabet = SMS_BINARY,
		.data = slice_make("\xff\0\x01", 3) };
	c->setup.events->incoming(c->setup.arg, &in);
	fake_expect(core, "message " PEER ": (3 octets for a program*");
}

static void send_special(const char *text, const char *reply_to,
	const char *replaces, const char *quote, bool reaction)
{
	const struct gw_outgoing m = { .request = fake_request(alice),
		.kind = GW_PERSON,
		.to = PEER,
		.text = text,
		.reply_to = reply_to,
		.replaces = replaces,
		.quote = quote,
		.reaction = reaction };
	gateway_sms.send(alice, &m);
	fake_run(core, 0);
}

/* Phones know nothing of answers, reactions and corrections. */
static void what_is_more_than_text_is_put_into_words(void **state)
{
	char one[64], two[64];
	(void)state;
	carrier_brings("main", 0, "15557770000", "15551230000", "Hello", "x");
	read_id(one);
	carrier_brings("main", 0, "15557770000", "15551230000", "Well?", "y");
	read_id(two);
	send_special("Yes", two, NULL, "Well?", false);
	EXPECT_LINE("submit main " OWN " > " PEER ": Yes");
	carrier_accepts("main", "a");
	send_special("Hi!", one, NULL, "Hello", false);
	EXPECT_LINE("submit main " OWN " > " PEER ": \"Hello\": Hi!");
	carrier_accepts("main", "b");
	send_special("Yes!", NULL, "id7", NULL, false);
	EXPECT_LINE("submit main " OWN " > " PEER ": * Yes!");
	carrier_accepts("main", "c");
	send_special("/me waves", two, NULL, "Well?", false);
	EXPECT_LINE("submit main " OWN " > " PEER ": *waves*");
	carrier_accepts("main", "c2");
	send_special("/me grins", NULL, "id8", NULL, false);
	EXPECT_LINE("submit main " OWN " > " PEER ": * *grins*");
	carrier_accepts("main", "c3");
	send_special("*so* _it_ ~is~", NULL, NULL, NULL, false);
	EXPECT_LINE("submit main " OWN " > " PEER ": *so* _it_ ~is~");
	carrier_accepts("main", "c4");
	send_special("\xf0\x9f\x91\x8d", one, NULL, NULL, true);
	EXPECT_LINE("submit main " OWN " > " PEER ": Liked \"Hello\"");
	carrier_accepts("main", "d");
	send_special("", one, NULL, NULL, true);
	EXPECT_NO_LINE();
	/* Of before a restart, too. */
	carriers_reset();
	fake_core_restart(core);
	fake_open(alice);
	fake_expect(core, "online *");
	carrier_goes("main", CARRIER_UP);
	send_special("\xf0\x9f\x91\x8e", two, NULL, NULL, true);
	EXPECT_LINE("submit main " OWN " > " PEER ": Disliked \"Well?\"");
}

static void users_need_a_number(void **state)
{
	(void)state;
	struct gw_session *other = fake_session(core, "+15551239999");
	fake_open(other);
	fake_expect(core, "closed GW_NOT_ACCEPTABLE never *code*");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, end_gateway)
	const struct CMUnitTest tests[] = {
		TEST(is_kept_then_acknowledged),
		TEST(is_refused_when_it_cannot_be_kept),
		TEST(a_repetition_is_one_text),
		TEST(is_given_again_after_a_restart),
		TEST(is_taken_again_once),
		TEST(is_taken_again_after_a_lost_link),
		TEST(is_taken_again_before_it_is_kept),
		TEST(equal_texts_are_two),
		TEST(an_old_one_is_not_the_same),
		TEST(a_whole_text_waits_for_the_store),
		TEST(only_so_many_wait),
		TEST(waits_for_its_owner),
		TEST(nobody_gets_what_is_nobodys),
		TEST(senders_have_one_name),
		TEST(parts_become_one_text),
		TEST(parts_wait_for_some_time),
		TEST(what_is_more_than_text_is_put_into_words),
		TEST(octets_are_not_text),
		TEST(users_need_a_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
