#include "sms_law/optout.h"

#include <string.h>

#include "base/pack.h"

#define VERSION   2
#define MINUTE_MS INT64_C(60000)
#define DAY_MS    INT64_C(86400000)

/* --- Configuration ------------------------------------------------------- */

const char *const sms_number_modes[] = { "p2p", "a2p", NULL };

#define OPTOUT(field) .offset = offsetof(struct sms_optout_config, field)

static const struct cfg_item items[] = {
	{ .name = "stopped",
		.type = CFG_STRING,
		OPTOUT(stopped),
		.def = "You will get no more texts from this number. Send "
		       "START to get them again.",
		.flags = CFG_RELOADABLE,
		.help = "Answered to STOP, once, by numbers whose mode is "
			"\"a2p\"." },
	{ .name = "started",
		.type = CFG_STRING,
		OPTOUT(started),
		.def = "You get texts from this number again. Send STOP to end "
		       "them.",
		.flags = CFG_RELOADABLE,
		.help = "Answered to START after STOP." },
	{ .name = "help",
		.type = CFG_STRING,
		OPTOUT(help),
		.def = "Send STOP to get no more texts from this number.",
		.flags = CFG_RELOADABLE,
		.help = "Answered to HELP: say who you are and how to reach "
			"you, as laws want it. Empty: users answer "
			"themselves." },
	{ .name = NULL },
};

static int check(const void *data, const char **key_r, const char **reason_r)
{
	const struct sms_optout_config *c = data;

	*key_r = c->stopped == NULL ? "stopped" : "started";
	*reason_r = "must not be empty";
	return c->stopped != NULL && c->started != NULL ? 0 : -1;
}

const struct cfg_group sms_optout_group = {
	.items = items,
	.size = sizeof(struct sms_optout_config),
	.check = check,
	.place_offset = offsetof(struct sms_optout_config, place),
};

/* --- Words --------------------------------------------------------------- */

static const struct {
	const char *text;
	enum sms_word word;
} words[] = {
	{ "STOP", SMS_WORD_STOP },
	{ "STOPALL", SMS_WORD_STOP },
	{ "STOP ALL", SMS_WORD_STOP },
	{ "UNSUBSCRIBE", SMS_WORD_STOP },
	{ "CANCEL", SMS_WORD_LEAVE },
	{ "END", SMS_WORD_LEAVE },
	{ "QUIT", SMS_WORD_LEAVE },
	{ "REMOVE", SMS_WORD_LEAVE },
	{ "ARRET", SMS_WORD_STOP },
	{ "ARR\xc3\x8aT", SMS_WORD_STOP },
	{ "ARR\xc3\xaaT", SMS_WORD_STOP },
	{ "START", SMS_WORD_START },
	{ "UNSTOP", SMS_WORD_START },
	{ "YES", SMS_WORD_START },
	{ "HELP", SMS_WORD_HELP },
	{ "INFO", SMS_WORD_HELP },
	{ "AIDE", SMS_WORD_HELP },
};

static bool is_mark(char c)
{
	return c != '\0' && strchr(" \t\r\n.,;:!?\"'()[]*_-", c) != NULL;
}

enum sms_word sms_optout_word(const char *text)
{
	struct slice bare = slice_of(text);

	while (bare.len > 0 && is_mark(bare.data[0]))
		bare = slice_make(bare.data + 1, bare.len - 1);
	while (bare.len > 0 && is_mark(bare.data[bare.len - 1]))
		bare.len--;
	for (size_t i = 0; i < COUNT(words); i++)
		if (slice_equals_nocase(bare, words[i].text))
			return words[i].word;
	return SMS_WORD_NONE;
}

/* --- A text came --------------------------------------------------------- */

/* What changes nothing is answered once a day, and what changes something once
 * a minute. A clock that was put back begins anew. */
static bool may_answer(int64_t *last_ms, bool is_change, int64_t wall_ms)
{
	int64_t pause_ms = is_change ? MINUTE_MS : DAY_MS;

	if (*last_ms != 0 && wall_ms >= *last_ms &&
		wall_ms - *last_ms < pause_ms)
		return false;
	*last_ms = wall_ms;
	return true;
}

static void set_stopped(struct sms_pair *pair, bool stopped, int64_t wall_ms)
{
	pair->is_stopped = stopped;
	pair->since_ms = wall_ms;
}

/* Friends decide themselves what becomes of it. */
static void hint(
	struct sms_pair *pair, int64_t wall_ms, struct sms_optout_act *out)
{
	if (pair->is_stopped)
		return;
	set_stopped(pair, true, wall_ms);
	out->is_changed = true;
	out->notice = "This may mean that no more texts are wanted.";
}

static void stop(const struct sms_optout_config *config, struct sms_pair *pair,
	int64_t wall_ms, struct sms_optout_act *out)
{
	bool is_change = !pair->is_stopped;

	out->is_passed = false;
	if (is_change) {
		set_stopped(pair, true, wall_ms);
		out->notice = "This person wants no more texts (STOP). What "
			      "you write is not sent until START comes.";
	}
	if (may_answer(&pair->stop_answer_ms, is_change, wall_ms))
		out->answer = config->stopped;
	out->is_changed = is_change || out->answer != NULL;
}

/* "Yes" is an answer like any other, but for who stopped before. */
static void start(const struct sms_optout_config *config,
	enum sms_number_mode mode, struct sms_pair *pair, int64_t wall_ms,
	struct sms_optout_act *out)
{
	if (!pair->is_stopped)
		return;
	set_stopped(pair, false, wall_ms);
	out->is_changed = true;
	if (mode == SMS_P2P)
		return;
	out->notice = "This person wants texts again (START).";
	if (may_answer(&pair->start_answer_ms, true, wall_ms))
		out->answer = config->started;
}

static void help(const struct sms_optout_config *config,
	enum sms_number_mode mode, struct sms_pair *pair, int64_t wall_ms,
	struct sms_optout_act *out)
{
	if (mode == SMS_P2P || config->help == NULL ||
		!may_answer(&pair->help_answer_ms, false, wall_ms))
		return;
	out->is_changed = true;
	out->answer = config->help;
	out->notice = "Answered with the help text of this number.";
}

void sms_optout_receive(const struct sms_optout_config *config,
	enum sms_number_mode mode, struct sms_pair *pair, const char *text,
	int64_t wall_ms, struct sms_optout_act *out)
{
	*out = (struct sms_optout_act){ .is_passed = true };
	switch (sms_optout_word(text)) {
	case SMS_WORD_STOP:
		if (mode == SMS_P2P)
			hint(pair, wall_ms, out);
		else
			stop(config, pair, wall_ms, out);
		break;
	case SMS_WORD_LEAVE:
		if (mode == SMS_A2P)
			stop(config, pair, wall_ms, out);
		break;
	case SMS_WORD_START:
		start(config, mode, pair, wall_ms, out);
		break;
	case SMS_WORD_HELP:
		help(config, mode, pair, wall_ms, out);
		break;
	case SMS_WORD_NONE:
		break;
	}
}

bool sms_optout_set(struct sms_pair *pair, bool stopped, int64_t wall_ms)
{
	if (pair->is_stopped == stopped)
		return false;
	set_stopped(pair, stopped, wall_ms);
	return true;
}

bool sms_optout_refused(struct sms_pair *pair, int64_t wall_ms)
{
	return sms_optout_set(pair, true, wall_ms);
}

const char *sms_optout_reason(
	enum sms_number_mode mode, const struct sms_pair *pair)
{
	if (mode == SMS_P2P || !pair->is_stopped)
		return NULL;
	return "This person wants no more texts from this number (STOP). Only "
	       "a START from there opens it again.";
}

/* --- Kept ---------------------------------------------------------------- */

void sms_pair_encode(const struct sms_pair *pair, struct str *out)
{
	pack_number(out, VERSION);
	pack_number(out, pair->is_stopped);
	pack_number(out, pair->since_ms);
	pack_number(out, pair->stop_answer_ms);
	pack_number(out, pair->start_answer_ms);
	pack_number(out, pair->help_answer_ms);
	pack_number(out, pair->seen_ms);
}

/* One that can be counted with. */
static int64_t take_ms(struct unpack *in)
{
	int64_t ms = unpack_number(in);

	if (ms < 0)
		in->is_broken = true;
	return ms;
}

int sms_pair_decode(struct slice data, struct sms_pair *pair)
{
	struct unpack in = { .rest = data };

	int64_t version = unpack_number(&in);

	/* The first had no time when they wrote. */
	if (version != 1 && version != VERSION)
		in.is_broken = true;
	*pair = (struct sms_pair){ .is_stopped = unpack_number(&in) != 0 };
	pair->since_ms = take_ms(&in);
	pair->stop_answer_ms = take_ms(&in);
	pair->start_answer_ms = take_ms(&in);
	pair->help_answer_ms = take_ms(&in);
	pair->seen_ms = version == 1 ? 0 : take_ms(&in);
	if (!in.is_broken && in.rest.len == 0)
		return 0;
	*pair = (struct sms_pair){ .is_stopped = true };
	return -1;
}

bool sms_pair_is_over(const struct sms_pair *pair, int64_t wall_ms)
{
	const int64_t answers[] = { pair->stop_answer_ms, pair->start_answer_ms,
		pair->help_answer_ms };

	for (size_t i = 0; i < COUNT(answers); i++)
		if (wall_ms >= answers[i] && wall_ms - answers[i] < DAY_MS)
			return false;
	return !pair->is_stopped;
}

bool sms_pair_is_old(const struct sms_pair *pair, int64_t wall_ms)
{
	return !pair->is_stopped &&
	       wall_ms - pair->seen_ms > SMS_PAIR_DAYS * DAY_MS;
}
