/*
 * STOP, START and HELP.
 */
#include "sms_law/optout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000)
#define DAY    INT64_C(86400000)
#define NOW    INT64_C(1795341600000)

static char stopped[] = "stopped", started[] = "started", helped[] = "help";

static const struct sms_optout_config config = {
	.stopped = stopped, .started = started, .help = helped
};

static void test_words(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum sms_word word;
	} rows[] = {
		{ "STOP", SMS_WORD_STOP },
		{ "stop", SMS_WORD_STOP },
		{ " Stop.\r\n", SMS_WORD_STOP },
		{ "\"STOP!!!\"", SMS_WORD_STOP },
		{ "StopAll", SMS_WORD_STOP },
		{ "stop all", SMS_WORD_STOP },
		{ "Unsubscribe", SMS_WORD_STOP },
		{ "arret", SMS_WORD_STOP },
		{ "Arr\xc3\xaat", SMS_WORD_STOP },
		{ "ARR\xc3\x8aT", SMS_WORD_STOP },
		{ "cancel", SMS_WORD_LEAVE },
		{ "END", SMS_WORD_LEAVE },
		{ "quit", SMS_WORD_LEAVE },
		{ "remove", SMS_WORD_LEAVE },
		{ "START", SMS_WORD_START },
		{ "unstop", SMS_WORD_START },
		{ "Yes", SMS_WORD_START },
		{ "help?", SMS_WORD_HELP },
		{ "INFO", SMS_WORD_HELP },
		{ "aide", SMS_WORD_HELP },
		{ "", SMS_WORD_NONE },
		{ " . ", SMS_WORD_NONE },
		{ "stop it", SMS_WORD_NONE },
		{ "don't stop", SMS_WORD_NONE },
		{ "stopping", SMS_WORD_NONE },
		{ "st op", SMS_WORD_NONE },
		{ "nonstop", SMS_WORD_NONE },
		{ "yes please", SMS_WORD_NONE },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (sms_optout_word(rows[i].text) != rows[i].word)
			fail_msg("'%s' is %d", rows[i].text,
				(int)sms_optout_word(rows[i].text));
}

/* --- What becomes of a text ---------------------------------------------- */

struct step {
	enum sms_number_mode mode;
	int64_t wall_ms;
	const char *text;
	bool is_passed, is_changed, has_notice;
	const char *answer;
	bool is_stopped; /* after it */
};

static void check_steps(const struct step *steps, size_t count)
{
	struct sms_pair pair = { .is_stopped = false };

	for (size_t i = 0; i < count; i++) {
		const struct step *s = &steps[i];
		struct sms_optout_act act;

		sms_optout_receive(
			&config, s->mode, &pair, s->text, s->wall_ms, &act);
		if (act.is_passed != s->is_passed ||
			act.is_changed != s->is_changed ||
			(act.notice != NULL) != s->has_notice ||
			!text_equals(act.answer, s->answer) ||
			pair.is_stopped != s->is_stopped)
			fail_msg("step %zu: %s: passed %d, changed %d, notice "
				 "%s, answer %s, stopped %d",
				i, s->text, act.is_passed, act.is_changed,
				act.notice ? act.notice : "-",
				act.answer ? act.answer : "-", pair.is_stopped);
	}
}

static void test_service(void **state)
{
	(void)state;
	static const struct step steps[] = {
		{ SMS_A2P, NOW, "hello", true, false, false, NULL, false },
		{ SMS_A2P, NOW, "yes", true, false, false, NULL, false },
		{ SMS_A2P, NOW, "Stop", false, true, true, stopped, true },
		{ SMS_A2P, NOW + 1, "STOP", false, false, false, NULL, true },
		{ SMS_A2P, NOW + 2, "I said so", true, false, false, NULL,
			true },
		{ SMS_A2P, NOW + DAY, "END", false, true, false, stopped,
			true },
		{ SMS_A2P, NOW + DAY, "Yes", true, true, true, started, false },
		{ SMS_A2P, NOW + DAY, "start", true, false, false, NULL,
			false },
		{ SMS_A2P, NOW + DAY + 2 * MINUTE, "quit", false, true, true,
			stopped, true },
		{ SMS_A2P, NOW + DAY + 3 * MINUTE, "help", true, true, true,
			helped, true },
		{ SMS_A2P, NOW + DAY + 4 * MINUTE, "help", true, false, false,
			NULL, true },
	};
	check_steps(steps, COUNT(steps));
}

/* Who turns it on and off by machine is not answered every time. */
static void test_machine(void **state)
{
	(void)state;
	static const struct step steps[] = {
		{ SMS_A2P, NOW, "stop", false, true, true, stopped, true },
		{ SMS_A2P, NOW + 1, "start", true, true, true, started, false },
		{ SMS_A2P, NOW + 2, "stop", false, true, true, NULL, true },
		{ SMS_A2P, NOW + 3, "start", true, true, true, NULL, false },
		{ SMS_A2P, NOW + MINUTE, "stop", false, true, true, stopped,
			true },
		/* The clock was put back. */
		{ SMS_A2P, NOW - DAY, "stop", false, true, false, stopped,
			true },
	};
	check_steps(steps, COUNT(steps));
}

static void test_friends(void **state)
{
	(void)state;
	static const struct step steps[] = {
		{ SMS_P2P, NOW, "yes", true, false, false, NULL, false },
		{ SMS_P2P, NOW, "help", true, false, false, NULL, false },
		{ SMS_P2P, NOW, "end", true, false, false, NULL, false },
		{ SMS_P2P, NOW, "Stop!", true, true, true, NULL, true },
		{ SMS_P2P, NOW, "Stop!", true, false, false, NULL, true },
		{ SMS_P2P, NOW, "start", true, true, false, NULL, false },
	};
	check_steps(steps, COUNT(steps));
}

static void test_no_help(void **state)
{
	(void)state;
	struct sms_optout_config silent = config;
	struct sms_pair pair = { .is_stopped = false };
	struct sms_optout_act act;

	silent.help = NULL;
	sms_optout_receive(&silent, SMS_A2P, &pair, "HELP", NOW, &act);
	assert_true(act.is_passed);
	assert_null(act.answer);
	assert_null(act.notice);
}

static void test_reason(void **state)
{
	(void)state;
	struct sms_pair pair = { .is_stopped = false };

	assert_null(sms_optout_reason(SMS_A2P, &pair));
	assert_true(sms_optout_refused(&pair, NOW));
	assert_false(sms_optout_refused(&pair, NOW));
	assert_non_null(sms_optout_reason(SMS_A2P, &pair));
	assert_null(sms_optout_reason(SMS_P2P, &pair));
}

/* --- Kept ---------------------------------------------------------------- */

static void test_kept(void **state)
{
	(void)state;
	struct sms_pair pair = { .is_stopped = false }, again;
	struct sms_optout_act act;
	struct str out = { .max = 1000 };

	assert_true(sms_pair_is_over(&pair, NOW));
	sms_optout_receive(&config, SMS_A2P, &pair, "help", NOW, &act);
	assert_false(sms_pair_is_over(&pair, NOW));
	assert_true(sms_pair_is_over(&pair, NOW + DAY));
	sms_optout_receive(&config, SMS_A2P, &pair, "stop", NOW, &act);
	assert_false(sms_pair_is_over(&pair, NOW + 1000 * DAY));
	sms_pair_encode(&pair, &out);
	assert_int_equal(sms_pair_decode(str_slice(&out), &again), 0);
	assert_true(again.is_stopped);
	assert_int_equal(again.since_ms, NOW);
	assert_int_equal(again.stop_answer_ms, NOW);
	assert_int_equal(again.help_answer_ms, NOW);
	assert_int_equal(again.start_answer_ms, 0);
	for (size_t len = 0; len < out.len; len++) {
		assert_int_equal(
			sms_pair_decode(slice_make(out.data, len), &again), -1);
		assert_true(again.is_stopped);
	}
	str_finish(&out);
}

static void test_config(void **state)
{
	(void)state;
	struct str error = { .max = 1000 };
	struct sms_optout_config *c =
		cfg_parse("", "test", &sms_optout_group, &error);

	assert_non_null(c);
	/* A text of ours is no word that another machine would take. */
	assert_int_equal(sms_optout_word(c->stopped), SMS_WORD_NONE);
	assert_int_equal(sms_optout_word(c->started), SMS_WORD_NONE);
	assert_int_equal(sms_optout_word(c->help), SMS_WORD_NONE);
	/* Each is one segment. */
	assert_in_range(strlen(c->stopped), 1, 160);
	assert_in_range(strlen(c->started), 1, 160);
	assert_in_range(strlen(c->help), 1, 160);
	cfg_free(c, &sms_optout_group);
	assert_null(cfg_parse(
		"started = \"\";", "test", &sms_optout_group, &error));
	assert_non_null(strstr(str_text(&error), "started"));
	str_finish(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_service),
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_friends),
		cmocka_unit_test(test_no_help),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_config),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
