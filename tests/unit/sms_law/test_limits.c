/*
 * What was sent is counted, over restarts too, and ends when it is too much.
 */
#include "sms_law/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE   INT64_C(60000)
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)
/* 2026-11-22 10:00:00 UTC, a Sunday; December begins in 8.58 days. */
#define NOW      INT64_C(1795341600000)
#define DECEMBER INT64_C(1796083200000)

struct fixture {
	struct sms_limits_config config;
	struct sms_usage *usage;
	struct sms_limit_hit hit;
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .usage = sms_usage_new() };
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	sms_usage_free(&f->usage);
	sms_usage_free(&f->usage);
	return 0;
}

/* Checks, and counts if it may leave. */
static bool send_use(struct fixture *f, struct sms_use use, int64_t wall_ms)
{
	if (!sms_limits_check(&f->config, f->usage, &use, wall_ms, &f->hit))
		return false;
	sms_usage_count(f->usage, &use, wall_ms);
	return true;
}

static bool send_segments(struct fixture *f, unsigned count, int64_t wall_ms)
{
	return send_use(f,
		(struct sms_use){ .to = "+15551234567", .segments = count },
		wall_ms);
}

static void assert_words(struct fixture *f, int64_t wall_ms, const char *want)
{
	char words[200];

	sms_limits_words(&f->hit, false, wall_ms, words, sizeof(words));
	assert_string_equal(words, want);
}

static void test_none(void **state)
{
	struct fixture *f = *state;

	assert_true(send_segments(f, 1000000, NOW));
	assert_int_equal(f->hit.limit, SMS_LIMIT_NONE);
}

static void test_minute(void **state)
{
	struct fixture *f = *state;

	f->config.per_minute = 3;
	assert_true(send_segments(f, 2, NOW));
	assert_false(send_segments(f, 2, NOW + 10000));
	assert_int_equal(f->hit.limit, SMS_LIMIT_MINUTE);
	assert_int_equal(f->hit.reset_ms, NOW + MINUTE);
	assert_words(f, NOW + 10000,
		"The limit for each user is 3 segments a minute. Try again in "
		"50 seconds.");
	/* What was refused was not counted. */
	assert_true(send_segments(f, 1, NOW + 10000));
	assert_false(send_segments(f, 1, NOW + MINUTE - 1));
	assert_true(send_segments(f, 3, NOW + MINUTE));
	assert_false(send_segments(f, 4, NOW + 2 * MINUTE));
	assert_words(f, NOW,
		"The limit for each user is 3 segments a minute, and this text "
		"alone is more: shorten it.");
}

static void test_day_and_month(void **state)
{
	struct fixture *f = *state;

	f->config.per_day = 10;
	f->config.per_month = 15;
	assert_true(send_segments(f, 10, NOW));
	assert_false(send_segments(f, 1, NOW + 13 * HOUR));
	assert_int_equal(f->hit.limit, SMS_LIMIT_DAY);
	assert_int_equal(f->hit.reset_ms, NOW + 14 * HOUR);
	assert_true(send_segments(f, 5, NOW + 14 * HOUR));
	/* Both are passed: what lasts longer is told. */
	assert_false(send_segments(f, 6, NOW + 15 * HOUR));
	assert_int_equal(f->hit.limit, SMS_LIMIT_MONTH);
	assert_int_equal(f->hit.reset_ms, DECEMBER);
	assert_words(f, NOW + 15 * HOUR,
		"The limit for each user is 15 segments a month. Try again in "
		"8 days.");
	assert_false(send_segments(f, 1, DECEMBER - 1));
	assert_true(send_segments(f, 1, DECEMBER));
	/* The end of a year. */
	f->config.per_month = 1;
	assert_false(send_segments(f, 1, DECEMBER));
	assert_int_equal(f->hit.reset_ms, DECEMBER + 31 * DAY);
}

static void test_money(void **state)
{
	struct fixture *f = *state;
	struct sms_use use = { .to = "+1", .segments = 1, .money = 8000 };

	f->config.money_per_day = 0.02;
	f->config.money_per_month = 0.03;
	assert_true(send_use(f, use, NOW));
	assert_true(send_use(f, use, NOW));
	assert_false(send_use(f, use, NOW));
	assert_int_equal(f->hit.limit, SMS_LIMIT_MONEY_DAY);
	assert_words(f, NOW,
		"The limit for each user is 0.02 to be spent a day. Try again "
		"in 14 hours.");
	assert_true(send_use(f, use, NOW + DAY));
	assert_false(send_use(f, use, NOW + DAY));
	assert_int_equal(f->hit.limit, SMS_LIMIT_MONEY_MONTH);
	/* What costs nothing is free. */
	use.money = 0;
	assert_true(send_use(f, use, NOW + DAY));
}

/* The dear texts of one minute end with it; those that cost little go on. */
static void test_money_of_a_minute(void **state)
{
	struct fixture *f = *state;
	struct sms_use dear = { .to = "+1", .segments = 1, .money = 800000 };
	struct sms_use cheap = { .to = "+1", .segments = 1, .money = 100000 };

	f->config.money_per_minute = 1.0;
	assert_true(send_use(f, dear, NOW));
	assert_false(send_use(f, dear, NOW + 15000));
	assert_int_equal(f->hit.limit, SMS_LIMIT_MONEY_MINUTE);
	assert_words(f, NOW + 15000,
		"The limit for each user is 1.00 to be spent a minute. Try "
		"again in 45 seconds.");
	assert_true(send_use(f, cheap, NOW + 15000));
	assert_true(send_use(f, dear, NOW + MINUTE));
	dear.money = 1100000;
	assert_false(send_use(f, dear, NOW + 2 * MINUTE));
	assert_words(f, NOW + 2 * MINUTE,
		"The limit for each user is 1.00 to be spent a minute, and "
		"this text alone is more: shorten it.");
	/* What lasts longer is told. */
	f->config.money_per_day = 1.0;
	assert_false(send_use(f, dear, NOW + 2 * MINUTE));
	f->config.money_per_minute = 0.5;
	dear.money = 800000;
	assert_false(send_use(f, dear, NOW + 2 * MINUTE));
	assert_int_equal(f->hit.limit, SMS_LIMIT_MONEY_MINUTE);
	f->config.money_per_minute = 1.0;
	assert_false(send_use(f, dear, NOW + 2 * MINUTE));
	assert_int_equal(f->hit.limit, SMS_LIMIT_MONEY_DAY);
}

static void test_new_people(void **state)
{
	struct fixture *f = *state;
	struct sms_use use = { .to = "+1", .segments = 1, .is_new = true };

	f->config.new_per_day = 2;
	assert_true(send_use(f, use, NOW));
	assert_true(send_use(f, use, NOW));
	assert_false(send_use(f, use, NOW));
	assert_int_equal(f->hit.limit, SMS_LIMIT_NEW);
	use.is_new = false;
	assert_true(send_use(f, use, NOW));
	use.is_new = true;
	assert_true(send_use(f, use, NOW + DAY));
}

/* --- One text to many ---------------------------------------------------- */

static bool tell(
	struct fixture *f, unsigned person, const char *text, int64_t wall_ms)
{
	char to[32];

	snprintf(to, sizeof(to), "+1555%07u", person);
	return send_use(f,
		(struct sms_use){ .to = to, .text = text, .segments = 1 },
		wall_ms);
}

static void test_same_text(void **state)
{
	struct fixture *f = *state;
	const char *spam = "Dear friend, you have won 1000 dollars!";

	f->config.same_text = 2;
	assert_true(tell(f, 1, spam, NOW));
	assert_true(tell(f, 2, spam, NOW + MINUTE));
	/* The same people may hear it again. */
	assert_true(tell(f, 1, spam, NOW + 2 * MINUTE));
	assert_false(tell(f, 3, spam, NOW + 3 * MINUTE));
	assert_int_equal(f->hit.limit, SMS_LIMIT_SAME_TEXT);
	assert_int_equal(f->hit.reset_ms, NOW + HOUR);
	assert_words(f, NOW + 3 * MINUTE,
		"The limit for each user is 2 people an hour for one text. Try "
		"again in 57 minutes.");
	/* Another number and another case are the same text. */
	assert_false(tell(f, 3, "DEAR friend, you have won 2000 dollars",
		NOW + 3 * MINUTE));
	assert_true(tell(f, 3, "Dear friend, see you at the station at nine",
		NOW + 3 * MINUTE));
	assert_true(tell(f, 3, spam, NOW + HOUR));
	assert_false(tell(f, 4, spam, NOW + HOUR));
	assert_true(tell(f, 4, spam, NOW + HOUR + MINUTE));
}

static void test_short_text(void **state)
{
	struct fixture *f = *state;

	f->config.same_text = 1;
	for (unsigned i = 0; i < 20; i++)
		assert_true(tell(f, i, "Happy birthday!", NOW));
	for (unsigned i = 0; i < 20; i++)
		assert_true(tell(f, i, NULL, NOW));
}

/* However much is sent, not more is remembered than there is room. */
static void test_many_texts(void **state)
{
	struct fixture *f = *state;
	struct str out = { .max = 100000 };
	const char *text = "this is what everybody gets to read";

	for (unsigned i = 0; i < 2000; i++)
		assert_true(tell(f, i, text, NOW + i));
	sms_usage_encode(f->usage, &out);
	assert_false(out.overflow);
	f->config.same_text = 512;
	assert_false(tell(f, 5000, text, NOW + 3000));
	str_finish(&out);
}

/* --- Kept ---------------------------------------------------------------- */

static void test_kept(void **state)
{
	struct fixture *f = *state;
	struct str out = { .max = 100000 };
	const char *text = "this is what everybody gets to read";

	tell(f, 1, text, NOW);
	tell(f, 2, text, NOW);
	assert_true(send_use(
		f, (struct sms_use){ .to = "+1", .money = 900000 }, NOW));
	sms_usage_encode(f->usage, &out);
	sms_usage_free(&f->usage);
	f->usage = sms_usage_decode(str_slice(&out));
	assert_non_null(f->usage);
	f->config.per_day = 3;
	f->config.same_text = 2;
	f->config.money_per_minute = 1.0;
	assert_false(send_use(
		f, (struct sms_use){ .to = "+1", .money = 200000 }, NOW));
	assert_int_equal(f->hit.limit, SMS_LIMIT_MONEY_MINUTE);
	assert_false(tell(f, 3, text, NOW));
	assert_int_equal(f->hit.limit, SMS_LIMIT_SAME_TEXT);
	assert_false(send_segments(f, 2, NOW));
	assert_true(send_segments(f, 1, NOW));
	/* Cut anywhere, it is damaged. */
	for (size_t len = 0; len < out.len; len++)
		assert_null(sms_usage_decode(slice_make(out.data, len)));
	str_finish(&out);
}

static void test_over(void **state)
{
	struct fixture *f = *state;

	assert_true(sms_usage_is_over(f->usage, NOW));
	assert_true(send_segments(f, 1, NOW));
	assert_false(sms_usage_is_over(f->usage, NOW + DAY));
	assert_true(sms_usage_is_over(f->usage, DECEMBER));
}

/* --- For people ---------------------------------------------------------- */

static void test_describe(void **state)
{
	struct fixture *f = *state;
	struct str out = { .max = 1000 };

	f->config.per_day = 300;
	send_use(f,
		(struct sms_use){ .to = "+1",
			.segments = 2,
			.money = 1500000,
			.is_new = true },
		NOW);
	sms_usage_describe(f->usage, &f->config, NOW, &out);
	assert_string_equal(str_text(&out), "segments today: 2 of 300\n"
					    "segments this month: 2\n"
					    "new people today: 1\n"
					    "spent this month: 1.50\n");
	str_finish(&out);
}

static void test_of_number(void **state)
{
	struct fixture *f = *state;
	char words[200];

	f->config.per_day = 1;
	assert_true(send_segments(f, 1, NOW));
	assert_false(send_segments(f, 1, NOW));
	sms_limits_words(&f->hit, true, NOW, words, sizeof(words));
	assert_string_equal(words,
		"The limit for the number that you write from is 1 segments a "
		"day. Try again in 14 hours.");
}

static void test_defaults(void **state)
{
	(void)state;
	struct str error = { .max = 1000 };
	struct sms_limits_config *user =
		cfg_parse("", "test", &sms_user_limits_group, &error);
	struct sms_limits_config *number =
		cfg_parse("", "test", &sms_number_limits_group, &error);

	assert_non_null(user);
	assert_non_null(number);
	assert_int_equal(user->new_per_day, 30);
	assert_true(user->per_day < number->per_day);
	assert_true(user->money_per_minute == 0.0);
	assert_true(user->money_per_day == 0.0);
	cfg_free(user, &sms_user_limits_group);
	cfg_free(number, &sms_number_limits_group);
	str_finish(&error);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none),
		TEST(test_minute),
		TEST(test_day_and_month),
		TEST(test_money),
		TEST(test_money_of_a_minute),
		TEST(test_new_people),
		TEST(test_same_text),
		TEST(test_short_text),
		TEST(test_many_texts),
		TEST(test_kept),
		TEST(test_over),
		TEST(test_describe),
		TEST(test_of_number),
		cmocka_unit_test(test_defaults),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
