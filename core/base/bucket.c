/*
 * Tokens are counted in fractions; EPSILON keeps rounding from delaying a
 * token by one more millisecond than bucket_wait_ms() promised.
 */
#include "base/bucket.h"

#include <math.h>

#include "base/clock.h"

#define EPSILON 1e-9

void bucket_init(struct bucket *b, double burst, double rate)
{
	*b = (struct bucket){
		.tokens = burst,
		.burst = burst,
		.rate = rate,
		.stamp_ms = clock_ms(),
	};
}

static void refill(struct bucket *b)
{
	int64_t now = clock_ms();

	b->tokens += b->rate * (double)(now - b->stamp_ms) / 1000;
	if (b->tokens > b->burst)
		b->tokens = b->burst;
	b->stamp_ms = now;
}

bool bucket_take(struct bucket *b, double n)
{
	if (b->burst <= 0)
		return true;
	refill(b);
	if (b->tokens + EPSILON < n)
		return false;
	b->tokens -= n;
	return true;
}

int64_t bucket_wait_ms(struct bucket *b, double n)
{
	if (b->burst <= 0)
		return 0;
	refill(b);
	if (b->tokens + EPSILON >= n)
		return 0;
	if (n > b->burst + EPSILON || b->rate <= 0)
		return BUCKET_NEVER_MS;
	double wait = ceil((n - EPSILON / 2 - b->tokens) / b->rate * 1000);
	return wait < (double)BUCKET_NEVER_MS ? (int64_t)wait : BUCKET_NEVER_MS;
}
