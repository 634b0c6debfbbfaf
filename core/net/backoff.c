#include "net/backoff.h"

#include <assert.h>

#include "base/crypto.h"

void backoff_init(struct backoff *b, int64_t min_ms, int64_t max_ms)
{
	assert(min_ms >= 0 && max_ms >= min_ms);
	*b = (struct backoff){ .min_ms = min_ms, .max_ms = max_ms };
}

/* min * 2^failures, but never over max, and without overflow. */
static int64_t upper_bound(const struct backoff *b)
{
	int64_t bound_ms = b->min_ms;

	for (unsigned i = 0; i < b->failures; i++) {
		if (bound_ms > b->max_ms / 2)
			return b->max_ms;
		bound_ms *= 2;
	}
	return bound_ms;
}

int64_t backoff_next_ms(struct backoff *b)
{
	uint64_t random, span;

	if (b->failures < 63)
		b->failures++;
	span = (uint64_t)(upper_bound(b) - b->min_ms);
	/* Unpredictable, so that gateways which lost the same server at the
	 * same moment do not come back together. */
	crypto_random(&random, sizeof(random));
	return b->min_ms + (int64_t)(random % (span + 1));
}

void backoff_reset(struct backoff *b)
{
	b->failures = 0;
}
