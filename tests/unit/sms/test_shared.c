/*
 * Users with a phone of their own, who write from a number that they share:
 * the number is proven by a code, answers go to the one who wrote, and when
 * that is not sure, their sender is asked.
 */
#include "sms/fake_carrier.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

#define SHARED "+15551230001"
#define PHONE  "+15558880000"
#define PEER   "+15557770000"
#define ALICE  "alice@example.test"
#define BOB    "bob@example.test"

static const char config[] =
	"country = \"US\";"
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( \"" SHARED
	"\" ); } );";

static int set_up(void **state)
{
	(void)state;
	begin_gateway(config, NULL);
	carrier_goes("main", CARRIER_UP);
	return 0;
}

/* The digits in the text that was sent last. */
static void read_code(char out[16])
{
	const char *line = last_line();
	size_t len = 0;
	for (const char *p = strstr(line, ": "); *p != '\0' && len < 15; p++) {
		if (*p >= '0' && *p <= '9')
			out[len++] = *p;
		else if (len > 0)
			break;
	}
	out[len] = '\0';
}

/* A session whose number is proven. */
static struct gw_session *claimed(const char *user, const char *phone)
{
	struct gw_session *s = fake_session_of(core, user, phone);
	char code[16];
	fake_open(s);
	fake_expect(core, "closed GW_NOT_ACCEPTABLE never *");
	fake_run(core, 0);
	read_code(code);
	carrier_accepts("main", code);
	fake_set(s, "code", code);
	fake_open(s);
	fake_expect(core, "online *");
	carriers_reset();
	return s;
}

static void a_number_is_proven_by_a_code(void **state)
{
	(void)state;
	struct gw_session *s = fake_session(core, PHONE);
	char code[16];
	fake_open(s);
	fake_expect(core, "closed GW_NOT_ACCEPTABLE never *");
	fake_run(core, 0);
	assert_true(strncmp(last_line(), "submit main " SHARED " > " PHONE ": ",
			    38) == 0);
	read_code(code);
	assert_true(strlen(code) >= 6);
	fake_set(s, "code", "000");
	fake_open(s);
	fake_expect(core, "closed GW_NOT_ACCEPTABLE never *not the code*");
	fake_set(s, "code", code);
	fake_open(s);
	fake_expect(core, "online " PHONE);
	/* For good. */
	fake_set(s, "code", "");
	fake_core_restart(core);
	fake_open(s);
	fake_expect(core, "online " PHONE);
}

static void answers_find_their_way(void **state)
{
	(void)state;
	struct gw_session *s = claimed(ALICE, PHONE);
	fake_send(s, PEER, "hello");
	fake_run(core, 0);
	EXPECT_LINE("submit main " SHARED " > " PEER ": hello");
	carrier_brings("main", 1, "15557770000", "15551230001", "hi", NULL);
	EXPECT_LINE("settled main 1 ok");
	fake_expect(core, "message " PEER ": hi *");
	/* Nobody wrote there. */
	carrier_brings("main", 2, "15557770099", "15551230001", "hi", NULL);
	EXPECT_LINE("settled main 2 ok");
	fake_expect_none(core, "message *", 1000);
}

/* Two users have written to the same person. */
static struct gw_session *write_both(void)
{
	struct gw_session *one = claimed(ALICE, PHONE);
	struct gw_session *two = claimed(BOB, "+15558880001");
	fake_send(one, PEER, "one");
	fake_run(core, 0);
	carrier_accepts("main", "a");
	fake_send(two, PEER, "two");
	fake_run(core, 0);
	carrier_accepts("main", "b");
	carriers_reset();
	fake_clear(core);
	return two;
}

static void doubt_is_asked_about(void **state)
{
	(void)state;
	struct gw_session *bob = write_both();
	carrier_brings("main", 1, "15557770000", "15551230001", "yes", NULL);
	fake_expect_none(core, "message *", 1000);
	EXPECT_LINE("submit main " SHARED " > " PEER
		    ": Who is your text for? Answer 1 for alice, 2 for bob.");
	EXPECT_LINE("settled main 1 ok");
	carrier_accepts("main", "c");
	carrier_brings("main", 2, "15557770000", "15551230001", "hm", NULL);
	EXPECT_LINE("settled main 2 ok");
	fake_core_restart(core);
	fake_run(core, 0);
	carrier_brings("main", 3, "15557770000", "15551230001", "2", NULL);
	fake_open(bob);
	fake_expect(core, "message " PEER ": yes *");
	fake_expect(core, "message " PEER ": hm *");
	carrier_brings("main", 4, "15557770000", "15551230001", "more", NULL);
	fake_expect(core, "message " PEER ": more *");
	assert_int_equal(fake_count(core, "message *"), 3);
}

static void brings_file(uint64_t ticket, const char *text)
{
	/* Nobody listens there. */
	static const struct carrier_media file = {
		.url = "https://127.0.0.1:1/a.png"
	};
	carrier_brings_file(
		"main", ticket, "15557770000", "15551230001", text, "x", &file);
}

static void files_are_held_with_their_text(void **state)
{
	(void)state;
	struct gw_session *bob = write_both();
	fake_allow_uploads(bob, 1000);
	brings_file(1, "look");
	EXPECT_LINE("submit main " SHARED " > " PEER
		    ": Who is your text for? Answer 1 for alice, 2 for bob.");
	EXPECT_LINE("settled main 1 ok");
	EXPECT_NO_LINE();
	carrier_accepts("main", "c");
	fake_core_restart(core);
	fake_open(bob);
	fake_run(core, 0);
	fake_expect_none(core, "message *", 1000);
	carrier_brings("main", 3, "15557770000", "15551230001", "2", NULL);
	fake_expect(core, "message " PEER ": look *");
	fake_expect(core, "message " PEER ": *could not be fetched*"
			  "https://127.0.0.1:1/a.png *");
	assert_int_equal(fake_count(core, "message *"), 2);
}

/* Whom the words name gets the picture. */
static void files_go_with_their_text(void **state)
{
	(void)state;
	struct gw_session *bob = write_both();
	fake_allow_uploads(bob, 1000);
	brings_file(1, "@bob look");
	EXPECT_LINE("settled main 1 ok");
	EXPECT_NO_LINE();
	fake_expect(core, "message " PEER ": look *");
	fake_expect(core, "message " PEER ": *could not be fetched*"
			  "https://127.0.0.1:1/a.png *");
}

/* His number is another's now: nothing goes on in his session. */
static void files_stop_when_the_number_is_lost(void **state)
{
	(void)state;
	struct gw_session *alice = claimed(ALICE, PHONE);
	assert_int_equal(
		policy_allow(fake_core_policy(core), "127.0.0.0/8"), 0);
	fake_allow_uploads(alice, 1000);
	fake_send(alice, PEER, "hello");
	fake_run(core, 0);
	carrier_accepts("main", "a");
	brings_file(1, "");
	fake_run(core, 1000);
	carriers_reset();
	claimed(BOB, PHONE);
	fake_expect_none(core, "message *", 3600000);
}

/* What a person says to the number that they share. */
static void says(unsigned ticket, const char *text)
{
	carrier_brings(
		"main", ticket, "15557770000", "15551230001", text, NULL);
}

static const char question[] =
	"submit main " SHARED " > " PEER
	": Who is your text for? Answer 1 for alice, 2 for bob.";

static void notices_are_for_all(void **state)
{
	(void)state;
	(void)write_both();
	says(1, "STOP");
	EXPECT_LINE("submit main " SHARED " > " PEER ": You will get no more "
		    "texts from this number. Send START to get them again.");
	carrier_accepts("main", "c");
	fake_expect(core, "message " PEER ": *STOP*");
	fake_expect(core, "message " PEER ": *STOP*");
	/* Who wants no texts is not asked, either. */
	carriers_reset();
	fake_clear(core);
	says(2, "hello");
	EXPECT_LINE("settled main 2 ok");
	EXPECT_NO_LINE();
	fake_expect_none(core, "message *", 1000);
}

static void a_notice_is_no_answer(void **state)
{
	(void)state;
	(void)write_both();
	says(1, "yes?");
	EXPECT_LINE(question);
	carrier_accepts("main", "c");
	says(2, "HELP");
	carrier_accepts("main", "d");
	/* To both; and the question is open. */
	fake_expect(core, "message " PEER ": HELP *");
	fake_expect(core, "message " PEER ": HELP *");
	says(3, "1");
	fake_expect(core, "message " PEER ": yes? *");
}

static void a_text_may_be_addressed(void **state)
{
	(void)state;
	(void)write_both();
	says(1, "@Bob hello you");
	fake_expect(core, "message " PEER ": hello you *");
	EXPECT_LINE("settled main 1 ok");
	assert_int_equal(fake_count(core, "message *"), 1);
	says(2, "@carol hello");
	EXPECT_LINE(question);
	assert_int_equal(fake_count(core, "message *"), 1);
}

/* The phone is somebody else's by now. */
static void numbers_get_other_owners(void **state)
{
	(void)state;
	struct gw_session *alice = claimed(ALICE, PHONE);
	fake_send(alice, PEER, "hers");
	fake_run(core, 0);
	carrier_accepts("main", "a");
	fake_clear(core);
	struct gw_session *bob = claimed(BOB, PHONE);
	fake_clear(core);
	/* She writes no more from there. */
	fake_send(alice, PEER, "again");
	fake_run(core, 0);
	fake_expect(core, "failed * GW_NOT_ALLOWED *");
	/* What is for her is not for him ... */
	says(1, "to her");
	fake_expect_none(core, "message *", 1000);
	fake_close(bob, NULL);
	fake_open(bob);
	fake_expect_none(core, "message *", 1000);
	/* ... but finds her when she has another. */
	(void)claimed(ALICE, "+15558880009");
	fake_clear(core);
	says(2, "to her again");
	fake_expect(core, "message " PEER ": to her again *");
	assert_int_equal(fake_count(core, "message *"), 1);
}

/* His text left when she had been chosen already. */
static void a_late_text_makes_doubt(void **state)
{
	(void)state;
	struct gw_session *alice = claimed(ALICE, PHONE);
	struct gw_session *bob = claimed(BOB, "+15558880001");
	fake_send(alice, PEER, "one");
	fake_run(core, 0);
	carrier_accepts("main", "a");
	fake_send(bob, PEER, "late");
	fake_run(core, 0);
	carrier_rejects("main", SMS_RETRY, "later");
	says(1, "hm");
	says(2, "alice");
	fake_expect(core, "message " PEER ": hm *");
	says(3, "for her");
	fake_expect(core, "message " PEER ": for her *");
	fake_run(core, 10000);
	while (strstr(last_line(), ": late") == NULL)
		carrier_accepts("main", "q");
	carrier_accepts("main", "b");
	fake_clear(core);
	carriers_reset();
	says(4, "for whom?");
	assert_int_equal(fake_count(core, "message *"), 0);
}

/* A phone that was proven is the operator's number today. */
static void a_proof_is_none_of_an_assigned_number(void **state)
{
	static const char later[] =
		"country = \"US\"; assign = ( { number = \"" PHONE
		"\"; users = ( \"" BOB "\" ); } );"
		"backends = ( { kind = \"fake\"; name = \"main\"; numbers = "
		"( \"" SHARED "\", \"" PHONE "\" ); } );";
	char name[100], key[64], proof[200];
	size_t key_len, proof_len;
	(void)state;
	(void)claimed(ALICE, PHONE);
	const char *line = fake_expect(core, "own-keep k/*");
	while (strstr(line, "k/codes") != NULL)
		line = fake_expect(core, "own-keep k/*");
	text_copy(name, sizeof(name), line + strlen("own-keep "));
	const void *kept = fake_own_kept(core, name, &proof_len);
	assert_true(kept != NULL && proof_len <= sizeof(proof));
	memcpy(proof, kept, proof_len);
	kept = fake_own_kept(core, "h/key", &key_len);
	assert_true(kept != NULL && key_len <= sizeof(key));
	memcpy(key, kept, key_len);
	fake_core_free(&core);
	core = fake_core_new(&gateway_sms, later);
	fake_own_keep(core, name, proof, proof_len);
	fake_own_keep(core, "h/key", key, key_len);
	fake_core_restart(core);
	fake_run(core, 0);
	fake_open(fake_session_of(core, ALICE, PHONE));
	fake_expect(core, "closed GW_NOT_ACCEPTABLE never *");
	fake_open(fake_session_of(core, BOB, PHONE));
	fake_expect(core, "online *");
}

/* --- The store ------------------------------------------------------------ */

static void asked(void)
{
	(void)write_both();
	carrier_brings("main", 1, "15557770000", "15551230001", "yes", NULL);
	carrier_accepts("main", "c");
	carriers_reset();
	fake_clear(core);
}

static void brings(uint64_t ticket, const char *text)
{
	carrier_brings(
		"main", ticket, "15557770000", "15551230001", text, NULL);
}

static void an_answer_is_kept_then_acknowledged(void **state)
{
	(void)state;
	struct gw_session *any = fake_session(core, PHONE);
	asked();
	fake_keeping(any, FAKE_KEEPS_LATER);
	brings(2, "2");
	EXPECT_NO_LINE();
	fake_keeping(any, FAKE_KEEPS);
	fake_expect(core, "message " PEER ": yes *");
	EXPECT_LINE("settled main 2 ok");
}

/* It is given again, and still is an answer. */
static void an_answer_that_is_not_kept_comes_again(void **state)
{
	(void)state;
	struct gw_session *any = fake_session(core, PHONE);
	asked();
	fake_keeping(any, FAKE_KEEPS_NOT);
	brings(2, "2");
	EXPECT_LINE("settled main 2 not");
	fake_expect(core, "message " PEER ": yes *");
	fake_keeping(any, FAKE_KEEPS);
	brings(3, "2");
	EXPECT_LINE("settled main 3 ok");
	brings(4, "2");
	EXPECT_LINE("settled main 4 ok");
	/* Nobody is asked now: that is a text, to the one whom he named. */
	fake_expect(core, "message " PEER ": 2 *");
	assert_int_equal(fake_count(core, "message *"), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, end_gateway)
	const struct CMUnitTest tests[] = {
		TEST(a_number_is_proven_by_a_code),
		TEST(answers_find_their_way),
		TEST(doubt_is_asked_about),
		TEST(files_are_held_with_their_text),
		TEST(files_go_with_their_text),
		TEST(files_stop_when_the_number_is_lost),
		TEST(notices_are_for_all),
		TEST(a_notice_is_no_answer),
		TEST(a_text_may_be_addressed),
		TEST(numbers_get_other_owners),
		TEST(a_late_text_makes_doubt),
		TEST(a_proof_is_none_of_an_assigned_number),
		TEST(an_answer_is_kept_then_acknowledged),
		TEST(an_answer_that_is_not_kept_comes_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
