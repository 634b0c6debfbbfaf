#include "sms_smpp/pace.h"

#include <math.h>

#include "base/clock.h"

#define WAIT_MIN_MS 1000
#define WAIT_MAX_MS 30000

/* So slow it gets at worst: one submit in ten seconds. */
#define RATE_MIN 0.1

/* Of the goal, per second. */
#define GROWTH 0.05

/* Without a configured limit: at so many times the rate that was too much
 * the memory of that is over. */
#define FORGET 4.0

/* Of what may leave in a second, so much leaves at once after a rest. */
#define BURST 0.05

/* Rounding shall delay nothing by a millisecond more than was promised. */
#define EPSILON 1e-6

#define CONGESTED_FROM 80u
#define CONGESTED_MAX  100u

/* More than any window. */
#define PLENTY 1000000u

static double burst_of(const struct smpp_pace *p)
{
	return fmax(1.0, p->rate * BURST);
}

void smpp_pace_init(struct smpp_pace *p, double limit)
{
	*p = (struct smpp_pace){
		.limit = limit,
		.rate = limit,
		.goal = limit,
		.stamp_ms = clock_ms(),
		.second_ms = clock_ms(),
	};
	p->tokens = burst_of(p);
	backoff_init(&p->wait, WAIT_MIN_MS, WAIT_MAX_MS);
}

static void measure(struct smpp_pace *p, int64_t now_ms)
{
	int64_t passed_ms = now_ms - p->second_ms;

	if (passed_ms < 1000)
		return;
	p->last_second = passed_ms < 2000 ? p->this_second : 0;
	p->this_second = 0;
	p->second_ms = now_ms - passed_ms % 1000;
}

/* Tokens, and the rate, for the time since the last call. */
static void advance(struct smpp_pace *p)
{
	int64_t now_ms = clock_ms();
	int64_t open_ms = p->stamp_ms > p->closed_until_ms ? p->stamp_ms
							   : p->closed_until_ms;
	double seconds = (double)(now_ms - p->stamp_ms) / 1000;

	measure(p, now_ms);
	p->stamp_ms = now_ms;
	if (p->rate <= 0)
		return;
	if (now_ms > open_ms)
		p->rate += p->goal * GROWTH * (double)(now_ms - open_ms) / 1000;
	if (p->limit > 0)
		p->rate = fmin(p->rate, p->limit);
	else if (p->rate > p->goal * FORGET)
		p->rate = p->goal = 0;
	p->tokens = fmin(p->tokens + p->rate * seconds, burst_of(p));
}

static struct smpp_pace as_of_now(const struct smpp_pace *p)
{
	struct smpp_pace now = *p;

	advance(&now);
	return now;
}

size_t smpp_pace_room(const struct smpp_pace *p)
{
	struct smpp_pace now = as_of_now(p);

	if (now.stamp_ms < now.closed_until_ms)
		return 0;
	return now.rate <= 0 ? PLENTY : (size_t)fmax(now.tokens + EPSILON, 0);
}

void smpp_pace_take(struct smpp_pace *p)
{
	advance(p);
	p->this_second++;
	if (p->rate > 0)
		p->tokens -= 1;
}

int64_t smpp_pace_wait_ms(const struct smpp_pace *p)
{
	struct smpp_pace now = as_of_now(p);
	int64_t closed_ms = now.closed_until_ms - now.stamp_ms;
	int64_t token_ms = 0;

	if (now.rate > 0 && now.tokens + EPSILON < 1)
		token_ms = (int64_t)ceil((1 - now.tokens) / now.rate * 1000);
	if (closed_ms < 0)
		closed_ms = 0;
	return closed_ms > token_ms ? closed_ms : token_ms;
}

/* Without a limit the rate at which it was too much is the one to halve. */
static void slow_down(struct smpp_pace *p, double factor)
{
	double present = p->rate;

	if (present <= 0) {
		present = fmax(p->this_second, p->last_second);
		p->goal = fmax(present, 1.0);
	}
	p->rate = fmax(present * factor, RATE_MIN);
	p->tokens = fmin(p->tokens, 1.0);
}

void smpp_pace_throttled(struct smpp_pace *p)
{
	int64_t now_ms = clock_ms();

	advance(p);
	if (now_ms < p->closed_until_ms)
		return;
	slow_down(p, 0.5);
	p->closed_until_ms = now_ms + backoff_next_ms(&p->wait);
}

void smpp_pace_accepted(struct smpp_pace *p)
{
	/* Answers to what left before the refusal prove nothing. */
	if (p->wait.failures > 0 && clock_ms() >= p->closed_until_ms)
		backoff_reset(&p->wait);
}

void smpp_pace_congested(struct smpp_pace *p, unsigned percent)
{
	int64_t now_ms = clock_ms();
	double over;

	if (percent < CONGESTED_FROM || percent > CONGESTED_MAX ||
		(p->slowed_ms != 0 && now_ms - p->slowed_ms < 1000))
		return;
	advance(p);
	p->slowed_ms = now_ms;
	over = (double)(percent - CONGESTED_FROM) /
	       (CONGESTED_MAX - CONGESTED_FROM);
	slow_down(p, 0.9 - 0.4 * over);
}

unsigned smpp_pace_measured(const struct smpp_pace *p)
{
	return as_of_now(p).last_second;
}

double smpp_pace_rate(const struct smpp_pace *p)
{
	return as_of_now(p).rate;
}

bool smpp_pace_is_slowed(const struct smpp_pace *p)
{
	struct smpp_pace now = as_of_now(p);

	return now.stamp_ms < now.closed_until_ms ||
	       (now.rate > 0 && (now.limit <= 0 || now.rate < now.limit));
}
