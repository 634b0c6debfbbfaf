/*
 * How much a user sends, and how much leaves from one of our numbers: a stolen
 * account must neither spam nor spend without end. Segments, money, people who
 * are written to for the first time, and one text to many. Pure: the time is
 * given, and what was counted can be kept.
 *
 * Minutes, days and months are those of UTC.
 */
#ifndef SMS_LIMITS_H
#define SMS_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

/* A group of the gateway's configuration; 0 is no limit. */
struct sms_limits_config {
	int per_minute, per_day, per_month; /* segments */
	/* Of the operator's currency. */
	double money_per_minute, money_per_day, money_per_month;
	int new_per_day; /* people never written to before */
	int same_text;   /* people who get one text within an hour */
	struct cfg_place place;
};

/* The same keys with other defaults: of each user, and of each number, which
 * several users may share. */
extern const struct cfg_group sms_user_limits_group, sms_number_limits_group;

/* What was counted of one user, or of one number. */
struct sms_usage;

struct sms_usage *sms_usage_new(void);
/* Takes NULL inside, sets NULL. */
void sms_usage_free(struct sms_usage **slot);

struct sms_usage *sms_usage_copy(const struct sms_usage *u);

/* For the store. */
void sms_usage_encode(const struct sms_usage *u, struct str *out);
/* NULL when it is damaged. */
struct sms_usage *sms_usage_decode(struct slice data) MUST_CHECK;
/* Nothing in it counts any more: it need not be kept. */
bool sms_usage_is_over(const struct sms_usage *u, int64_t wall_ms);

/* A text that wants to leave, to one person. */
struct sms_use {
	const char *to;   /* canonical */
	const char *text; /* NULL: not compared with others */
	unsigned segments;
	int64_t money; /* for all segments, millionths of the currency */
	bool is_new;   /* nobody of ours wrote to him before, or he to us */
};

enum sms_limit {
	SMS_LIMIT_NONE,
	SMS_LIMIT_MINUTE,
	SMS_LIMIT_DAY,
	SMS_LIMIT_MONTH,
	SMS_LIMIT_MONEY_MINUTE,
	SMS_LIMIT_MONEY_DAY,
	SMS_LIMIT_MONEY_MONTH,
	SMS_LIMIT_NEW,
	SMS_LIMIT_SAME_TEXT,
};

struct sms_limit_hit {
	enum sms_limit limit;
	int64_t most;     /* segments, people; millionths of the currency */
	int64_t reset_ms; /* wall clock; 0: never, it is too long for it */
};

/* Would it pass one of them? Of several the one that lasts longest. Nothing is
 * counted. */
bool sms_limits_check(const struct sms_limits_config *config,
	const struct sms_usage *u, const struct sms_use *use, int64_t wall_ms,
	struct sms_limit_hit *hit_r);

/* It leaves. */
void sms_usage_count(
	struct sms_usage *u, const struct sms_use *use, int64_t wall_ms);

/* What to tell the user: which limit, and when it ends. `of_number`: the limit
 * is of the number that he writes from. */
void sms_limits_words(const struct sms_limit_hit *hit, bool of_number,
	int64_t wall_ms, char *out, size_t size);

/* For people: what was counted today and this month, one line each. */
void sms_usage_describe(const struct sms_usage *u,
	const struct sms_limits_config *config, int64_t wall_ms,
	struct str *out);

#endif
