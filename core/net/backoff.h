/*
 * Exponential backoff with full jitter: the n-th delay is drawn from
 * [min, min * 2^n], capped at max. Computes; owns no timer.
 */
#ifndef NET_BACKOFF_H
#define NET_BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t min_ms, max_ms;
	unsigned failures;
};

/* 0 <= min <= max. */
void backoff_init(struct backoff *b, int64_t min_ms, int64_t max_ms);

/* The delay before the next attempt; counts one more failure. */
int64_t backoff_next_ms(struct backoff *b);

/* After a success that lasted. */
void backoff_reset(struct backoff *b);

#endif
