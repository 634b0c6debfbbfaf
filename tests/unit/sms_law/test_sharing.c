/* Whose an answer to a shared number is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "sms_law/sharing.h"

#define ALICE "alice@example.org"
#define BOB   "bob@example.org"
#define CAROL "carol@example.org"
#define NOW   INT64_C(1700000000000)
#define DAY   INT64_C(86400000)

static void wrote(struct sharing *t, const char *user, int64_t at)
{
	(void)sharing_wrote(t, user, "+15550000000", at);
}

static void assert_route(const struct sharing *t, int64_t at, const char *user)
{
	const struct sharing_user *u = NULL;
	assert_int_equal(sharing_route(t, at, &u), SHARING_USER);
	assert_string_equal(u->user, user);
}

/* Whom it names; NULL: nobody. */
static const char *reply(struct sharing *t, const char *text, int64_t at)
{
	const struct sharing_user *u = NULL;
	const char *rest = NULL;
	return sharing_read(t, text, at, &u, &rest) == SHARING_REPLY ? u->user
								     : NULL;
}

static void assert_question(struct sharing *t, int64_t at, const char *words)
{
	struct str question = { .max = KIB };
	sharing_ask(&question, t, at);
	assert_string_equal(str_text(&question), words);
	str_finish(&question);
}

static void assert_asks(const struct sharing *t, int64_t at)
{
	const struct sharing_user *u;
	assert_int_equal(sharing_route(t, at, &u), SHARING_ASK);
}

static void answers_go_to_who_wrote(void **state)
{
	struct sharing t = { 0 };
	const struct sharing_user *u;
	(void)state;
	assert_int_equal(sharing_route(&t, NOW, &u), SHARING_NOBODY);
	wrote(&t, ALICE, NOW);
	assert_route(&t, NOW, ALICE);
	assert_route(&t, NOW + 29 * DAY, ALICE);
	assert_int_equal(sharing_route(&t, NOW + 31 * DAY, &u), SHARING_NOBODY);
	wrote(&t, BOB, NOW + 31 * DAY);
	assert_route(&t, NOW + 31 * DAY, BOB);
	sharing_finish(&t);
}

static void doubt_is_asked_about(void **state)
{
	struct sharing t = { 0 };
	const struct sharing_user *u;
	struct str question = { .max = KIB };
	(void)state;
	wrote(&t, ALICE, NOW);
	wrote(&t, BOB, NOW + DAY);
	assert_int_equal(sharing_route(&t, NOW + DAY, &u), SHARING_ASK);
	assert_null(reply(&t, "2", NOW + DAY));
	sharing_ask(&question, &t, NOW + DAY);
	assert_string_equal(str_text(&question),
		"Who is your text for? Answer 1 for alice, 2 for bob.");
	assert_null(reply(&t, "carol", NOW + DAY));
	assert_null(reply(&t, "3", NOW + DAY));
	assert_null(reply(&t, "", NOW + DAY));
	assert_null(reply(&t, "12", NOW + DAY));
	assert_string_equal(reply(&t, " 2. ", NOW + DAY), BOB);
	assert_route(&t, NOW + 2 * DAY, BOB);
	/* Until another writes. */
	wrote(&t, BOB, NOW + 2 * DAY);
	assert_route(&t, NOW + 2 * DAY, BOB);
	wrote(&t, ALICE, NOW + 3 * DAY);
	assert_int_equal(sharing_route(&t, NOW + 3 * DAY, &u), SHARING_ASK);
	sharing_ask(&question, &t, NOW + 3 * DAY);
	assert_string_equal(reply(&t, "Alice", NOW + 3 * DAY), ALICE);
	assert_route(&t, NOW + 3 * DAY, ALICE);
	str_finish(&question);
	sharing_finish(&t);
}

/* A number means whom it meant when it was asked. */
static void numbers_do_not_move(void **state)
{
	struct sharing t = { 0 };
	(void)state;
	wrote(&t, ALICE, NOW);
	wrote(&t, BOB, NOW);
	wrote(&t, CAROL, NOW);
	assert_question(&t, NOW,
		"Who is your text for? Answer 1 for alice, 2 for bob, 3 for "
		"carol.");
	assert_true(sharing_forget(&t, ALICE, NULL));
	wrote(&t, "dave@example.org", NOW);
	assert_null(reply(&t, "4", NOW));
	assert_string_equal(reply(&t, "3", NOW), CAROL);
	assert_route(&t, NOW + DAY, CAROL);
	sharing_finish(&t);
}

/* What may be for one who is gone is not for those who are left. */
static void who_is_gone_leaves_a_gap(void **state)
{
	struct sharing t = { 0 };
	const struct sharing_user *u = NULL;
	const char *rest;
	(void)state;
	wrote(&t, ALICE, NOW);
	wrote(&t, BOB, NOW);
	assert_question(&t, NOW,
		"Who is your text for? Answer 1 for alice, 2 for bob.");
	assert_false(sharing_forget(&t, ALICE, "+15551111111"));
	assert_true(sharing_forget(&t, ALICE, "+15550000000"));
	assert_int_equal(
		sharing_read(&t, "1", NOW, &u, &rest), SHARING_REPLY_GONE);
	assert_asks(&t, NOW);
	assert_question(&t, NOW,
		"Who is your text for? Answer 1 for bob, 0 for somebody "
		"else.");
	assert_int_equal(
		sharing_read(&t, "0", NOW, &u, &rest), SHARING_REPLY_GONE);
	assert_question(&t, NOW,
		"Who is your text for? Answer 1 for bob, 0 for somebody "
		"else.");
	assert_string_equal(reply(&t, "bob", NOW), BOB);
	assert_route(&t, NOW, BOB);
	/* Not for ever. */
	wrote(&t, BOB, NOW + 31 * DAY);
	xstrset(&t.chosen, NULL);
	assert_route(&t, NOW + 31 * DAY, BOB);
	assert_true(sharing_forget(&t, BOB, NULL));
	assert_int_equal(sharing_route(&t, NOW + 31 * DAY, &u), SHARING_NOBODY);
	sharing_finish(&t);
}

static void whom_he_named_may_go(void **state)
{
	struct sharing t = { 0 };
	(void)state;
	wrote(&t, ALICE, NOW);
	wrote(&t, BOB, NOW);
	assert_question(&t, NOW,
		"Who is your text for? Answer 1 for alice, 2 for bob.");
	assert_string_equal(reply(&t, "1", NOW), ALICE);
	assert_true(sharing_forget(&t, ALICE, NULL));
	assert_asks(&t, NOW);
	sharing_finish(&t);
}

/* Names that two have are no answer, and digits are not names. */
static void names_may_be_those_of_several(void **state)
{
	struct sharing t = { 0 };
	(void)state;
	wrote(&t, "alice@one.example", NOW);
	wrote(&t, "alice@two.example", NOW);
	wrote(&t, "1@example.org", NOW);
	assert_question(&t, NOW,
		"Who is your text for? Answer 1 for alice@one.example, 2 for "
		"alice@two.example, 3 for 1.");
	assert_null(reply(&t, "alice", NOW));
	assert_string_equal(reply(&t, "1", NOW), "alice@one.example");
	sharing_finish(&t);
}

static void a_text_may_be_addressed(void **state)
{
	struct sharing t = { 0 };
	const struct sharing_user *u = NULL;
	const char *rest = NULL;
	(void)state;
	wrote(&t, ALICE, NOW);
	wrote(&t, BOB, NOW);
	assert_int_equal(sharing_read(&t, " @Bob:  hi you ", NOW, &u, &rest),
		SHARING_ADDRESSED);
	assert_string_equal(u->user, BOB);
	assert_string_equal(rest, "hi you ");
	/* That one alone. */
	assert_asks(&t, NOW);
	assert_int_equal(sharing_read(&t, "@carol hi", NOW, &u, &rest),
		SHARING_NO_REPLY);
	assert_int_equal(
		sharing_read(&t, "@bob", NOW, &u, &rest), SHARING_NO_REPLY);
	assert_int_equal(
		sharing_read(&t, "@ bob", NOW, &u, &rest), SHARING_NO_REPLY);
	assert_int_equal(sharing_read(&t, "@bob hi", NOW + 31 * DAY, &u, &rest),
		SHARING_NO_REPLY);
	sharing_finish(&t);
}

static void the_oldest_makes_room(void **state)
{
	struct sharing t = { 0 };
	char user[32];
	(void)state;
	for (unsigned i = 0; i < SHARING_USERS + 5; i++) {
		text_format(user, sizeof(user), "u%u@example.org", i);
		wrote(&t, user, NOW + i);
	}
	assert_int_equal(t.count, SHARING_USERS);
	for (size_t i = 0; i < t.count; i++)
		assert_true(t.users[i].wrote_ms >= NOW + 5);
	assert_int_equal(t.gone_ms, NOW + 4);
	sharing_finish(&t);
}

static void writing_often_is_no_news(void **state)
{
	struct sharing t = { 0 };
	(void)state;
	assert_true(sharing_wrote(&t, ALICE, "+1", NOW));
	assert_false(sharing_wrote(&t, ALICE, "+1", NOW + 1000));
	assert_true(sharing_wrote(&t, ALICE, "+2", NOW + 1000));
	assert_true(sharing_wrote(&t, ALICE, "+2", NOW + DAY));
	assert_true(sharing_wrote(&t, BOB, "+2", NOW + DAY));
	sharing_finish(&t);
}

static void is_packed(void **state)
{
	struct sharing t = { 0 }, again;
	struct str data = { .max = KIB };
	(void)state;
	wrote(&t, ALICE, NOW);
	wrote(&t, BOB, NOW + DAY);
	assert_question(&t, NOW + DAY,
		"Who is your text for? Answer 1 for alice, 2 for bob.");
	sharing_encode(&data, &t);
	assert_int_equal(sharing_decode(&again, str_slice(&data)), 0);
	assert_string_equal(reply(&again, "2", NOW + DAY), BOB);
	assert_route(&again, NOW + DAY, BOB);
	sharing_finish(&again);
	for (size_t len = 0; len < data.len; len++)
		if (sharing_decode(&again, slice_make(data.data, len)) == 0)
			sharing_finish(&again);
	str_finish(&data);
	sharing_finish(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_go_to_who_wrote),
		cmocka_unit_test(doubt_is_asked_about),
		cmocka_unit_test(numbers_do_not_move),
		cmocka_unit_test(who_is_gone_leaves_a_gap),
		cmocka_unit_test(whom_he_named_may_go),
		cmocka_unit_test(names_may_be_those_of_several),
		cmocka_unit_test(a_text_may_be_addressed),
		cmocka_unit_test(the_oldest_makes_room),
		cmocka_unit_test(writing_often_is_no_news),
		cmocka_unit_test(is_packed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
