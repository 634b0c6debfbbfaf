/*
 * Counters of periods that begin anew by themselves: each holds the number of
 * its period, and counts nothing when that is another one.
 */
#include "sms_law/limits.h"

#include <math.h>
#include <time.h>

#include "base/alloc.h"
#include "base/macros.h"
#include "base/pack.h"
#include "sms_law/repeats.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

#define VERSION 2

/* --- Periods ------------------------------------------------------------- */

enum period { MINUTE, DAY, MONTH, PERIODS };

static struct tm date_of(int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm date = { 0 };

	gmtime_r(&seconds, &date);
	return date;
}

/* The number of the period since 1970. */
static int64_t period_of(enum period period, int64_t wall_ms)
{
	if (period != MONTH)
		return wall_ms / (period == DAY ? DAY_MS : MINUTE_MS);
	struct tm date = date_of(wall_ms);
	return (int64_t)date.tm_year * 12 + date.tm_mon;
}

/* When the one of now ends. */
static int64_t end_of(enum period period, int64_t wall_ms)
{
	int64_t length_ms = period == DAY ? DAY_MS : MINUTE_MS;

	if (period != MONTH)
		return (wall_ms / length_ms + 1) * length_ms;
	struct tm date = date_of(wall_ms);
	struct tm next = {
		.tm_year = date.tm_year, .tm_mon = date.tm_mon + 1, .tm_mday = 1
	};
	return (int64_t)timegm(&next) * 1000;
}

/* --- Counters ------------------------------------------------------------ */

/* What is counted, each over its period. Kept in this order. */
enum counter {
	SEGMENTS_MINUTE,
	SEGMENTS_DAY,
	SEGMENTS_MONTH,
	MONEY_MINUTE,
	MONEY_DAY,
	MONEY_MONTH,
	NEW_DAY,
	COUNTERS
};

struct sms_usage {
	struct {
		int64_t period, count;
	} counters[COUNTERS];
	struct sms_repeats repeats;
};

/* What each is limited by. */
static const struct limit {
	enum sms_limit limit;
	enum period period;
} limits[COUNTERS] = {
	[SEGMENTS_MINUTE] = { SMS_LIMIT_MINUTE, MINUTE },
	[SEGMENTS_DAY] = { SMS_LIMIT_DAY, DAY },
	[SEGMENTS_MONTH] = { SMS_LIMIT_MONTH, MONTH },
	[MONEY_MINUTE] = { SMS_LIMIT_MONEY_MINUTE, MINUTE },
	[MONEY_DAY] = { SMS_LIMIT_MONEY_DAY, DAY },
	[MONEY_MONTH] = { SMS_LIMIT_MONEY_MONTH, MONTH },
	[NEW_DAY] = { SMS_LIMIT_NEW, DAY },
};

static int64_t millionths(double money)
{
	return llround(money * 1e6);
}

/* 0: none. */
static int64_t most(const struct sms_limits_config *config, enum counter c)
{
	switch (c) {
	case SEGMENTS_MINUTE:
		return config->per_minute;
	case SEGMENTS_DAY:
		return config->per_day;
	case SEGMENTS_MONTH:
		return config->per_month;
	case MONEY_MINUTE:
		return millionths(config->money_per_minute);
	case MONEY_DAY:
		return millionths(config->money_per_day);
	case MONEY_MONTH:
		return millionths(config->money_per_month);
	case NEW_DAY:
		return config->new_per_day;
	case COUNTERS:
		break;
	}
	return 0;
}

/* How much a text adds. */
static int64_t weight(const struct sms_use *use, enum counter c)
{
	if (c == NEW_DAY)
		return use->is_new;
	return c == MONEY_MINUTE || c == MONEY_DAY || c == MONEY_MONTH
		       ? use->money
		       : use->segments;
}

static int64_t counted(
	const struct sms_usage *u, enum counter c, int64_t wall_ms)
{
	return u->counters[c].period == period_of(limits[c].period, wall_ms)
		       ? u->counters[c].count
		       : 0;
}

/* --- Checking and counting ----------------------------------------------- */

static bool check_counter(const struct sms_limits_config *config,
	const struct sms_usage *u, enum counter c, const struct sms_use *use,
	int64_t wall_ms, struct sms_limit_hit *hit_r)
{
	int64_t limit = most(config, c);
	int64_t more = weight(use, c);

	if (limit == 0 || more == 0 || counted(u, c, wall_ms) + more <= limit)
		return true;
	*hit_r = (struct sms_limit_hit){ limits[c].limit, limit,
		more > limit ? 0 : end_of(limits[c].period, wall_ms) };
	return false;
}

/* Does the first last longer? */
static bool is_longer(
	const struct sms_limit_hit *a, const struct sms_limit_hit *b)
{
	if (b->limit == SMS_LIMIT_NONE || a->reset_ms == 0)
		return true;
	return b->reset_ms != 0 && a->reset_ms > b->reset_ms;
}

bool sms_limits_check(const struct sms_limits_config *config,
	const struct sms_usage *u, const struct sms_use *use, int64_t wall_ms,
	struct sms_limit_hit *hit_r)
{
	struct sms_limit_hit hit;

	*hit_r = (struct sms_limit_hit){ .limit = SMS_LIMIT_NONE };
	for (enum counter c = 0; c < COUNTERS; c++)
		if (!check_counter(config, u, c, use, wall_ms, &hit) &&
			is_longer(&hit, hit_r))
			*hit_r = hit;
	hit = (struct sms_limit_hit){ SMS_LIMIT_SAME_TEXT, config->same_text,
		sms_repeats_wait(&u->repeats, use->text, use->to,
			(size_t)config->same_text, wall_ms) };
	if (hit.reset_ms != 0 && is_longer(&hit, hit_r))
		*hit_r = hit;
	return hit_r->limit == SMS_LIMIT_NONE;
}

void sms_usage_count(
	struct sms_usage *u, const struct sms_use *use, int64_t wall_ms)
{
	for (enum counter c = 0; c < COUNTERS; c++) {
		u->counters[c].count = counted(u, c, wall_ms) + weight(use, c);
		u->counters[c].period = period_of(limits[c].period, wall_ms);
	}
	sms_repeats_count(&u->repeats, use->text, use->to, wall_ms);
}

/* --- Memory and store ---------------------------------------------------- */

struct sms_usage *sms_usage_new(void)
{
	return xalloc(sizeof(struct sms_usage));
}

struct sms_usage *sms_usage_copy(const struct sms_usage *u)
{
	struct sms_usage *copy = sms_usage_new();

	*copy = *u;
	sms_repeats_copy(&copy->repeats, &u->repeats);
	return copy;
}

void sms_usage_free(struct sms_usage **slot)
{
	struct sms_usage *u = *slot;

	if (u == NULL)
		return;
	*slot = NULL;
	sms_repeats_finish(&u->repeats);
	xfree(u);
}

bool sms_usage_is_over(const struct sms_usage *u, int64_t wall_ms)
{
	for (enum counter c = 0; c < COUNTERS; c++)
		if (counted(u, c, wall_ms) > 0)
			return false;
	return true;
}

void sms_usage_encode(const struct sms_usage *u, struct str *out)
{
	pack_number(out, VERSION);
	for (enum counter c = 0; c < COUNTERS; c++) {
		pack_number(out, u->counters[c].period);
		pack_number(out, u->counters[c].count);
	}
	sms_repeats_encode(&u->repeats, out);
}

/* One that can be added to without overflow. */
static int64_t take(struct unpack *in)
{
	int64_t number = unpack_number(in);

	if (number < 0 || number > INT64_C(1) << 52)
		in->is_broken = true;
	return in->is_broken ? 0 : number;
}

struct sms_usage *sms_usage_decode(struct slice data)
{
	struct unpack in = { .rest = data };
	struct sms_usage *u = sms_usage_new();

	if (unpack_number(&in) != VERSION)
		in.is_broken = true;
	for (enum counter c = 0; c < COUNTERS; c++) {
		u->counters[c].period = take(&in);
		u->counters[c].count = take(&in);
	}
	sms_repeats_decode(&u->repeats, &in);
	if (in.is_broken || in.rest.len > 0)
		sms_usage_free(&u);
	return u;
}

/* --- Words --------------------------------------------------------------- */

/* "30 segments a minute" */
static void say_limit(const struct sms_limit_hit *hit, char *out, size_t size)
{
	static const char *const units[] = {
		[SMS_LIMIT_NONE] = "",
		[SMS_LIMIT_MINUTE] = "segments a minute",
		[SMS_LIMIT_DAY] = "segments a day",
		[SMS_LIMIT_MONTH] = "segments a month",
		[SMS_LIMIT_MONEY_MINUTE] = "to be spent a minute",
		[SMS_LIMIT_MONEY_DAY] = "to be spent a day",
		[SMS_LIMIT_MONEY_MONTH] = "to be spent a month",
		[SMS_LIMIT_NEW] = "new people a day",
		[SMS_LIMIT_SAME_TEXT] = "people an hour for one text",
	};

	if (hit->limit == SMS_LIMIT_MONEY_MINUTE ||
		hit->limit == SMS_LIMIT_MONEY_DAY ||
		hit->limit == SMS_LIMIT_MONEY_MONTH)
		text_format(out, size, "%.2f %s", (double)hit->most / 1e6,
			units[hit->limit]);
	else
		text_format(out, size, "%lld %s", (long long)hit->most,
			units[hit->limit]);
}

/* "3 hours", rounded up. */
static void say_time(int64_t ms, char *out, size_t size)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { DAY_MS, "day" }, { HOUR_MS, "hour" },
		{ MINUTE_MS, "minute" }, { 1000, "second" } };
	size_t i = 0;

	while (i + 1 < COUNT(units) && ms < 2 * units[i].ms)
		i++;
	int64_t count = (ms + units[i].ms - 1) / units[i].ms;
	text_format(out, size, "%lld %s%s", (long long)count, units[i].name,
		count == 1 ? "" : "s");
}

void sms_limits_words(const struct sms_limit_hit *hit, bool of_number,
	int64_t wall_ms, char *out, size_t size)
{
	const char *whose =
		of_number ? "the number that you write from" : "each user";
	char limit[80], time[40];

	say_limit(hit, limit, sizeof(limit));
	if (hit->reset_ms == 0) {
		text_format(out, size,
			"The limit for %s is %s, and this text alone is more: "
			"shorten it.",
			whose, limit);
		return;
	}
	say_time(hit->reset_ms > wall_ms ? hit->reset_ms - wall_ms : 1000, time,
		sizeof(time));
	text_format(out, size, "The limit for %s is %s. Try again in %s.",
		whose, limit, time);
}

static void describe(
	struct str *out, const char *name, int64_t count, int64_t most_of_it)
{
	str_addf(out, "%s: %lld", name, (long long)count);
	if (most_of_it > 0)
		str_addf(out, " of %lld", (long long)most_of_it);
	str_add_char(out, '\n');
}

void sms_usage_describe(const struct sms_usage *u,
	const struct sms_limits_config *config, int64_t wall_ms,
	struct str *out)
{
	describe(out, "segments today", counted(u, SEGMENTS_DAY, wall_ms),
		config->per_day);
	describe(out, "segments this month",
		counted(u, SEGMENTS_MONTH, wall_ms), config->per_month);
	describe(out, "new people today", counted(u, NEW_DAY, wall_ms),
		config->new_per_day);
	str_addf(out, "spent this month: %.2f\n",
		(double)counted(u, MONEY_MONTH, wall_ms) / 1e6);
}
