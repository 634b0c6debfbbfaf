/*
 * A token bucket: `burst` tokens at once, `rate` tokens per second after
 * that. Owns no timer; it is computed when it is asked. burst 0: no limit.
 */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	double tokens;
	double burst;
	double rate; /* tokens per second */
	int64_t stamp_ms;
};

/* Starts full. */
void bucket_init(struct bucket *b, double burst, double rate);

/* Take `n` tokens if they are there; false and nothing taken otherwise. */
bool bucket_take(struct bucket *b, double n);

/* Milliseconds until `n` tokens will be there; 0 when they are. What can
 * never happen (more than `burst`, or no rate) gives BUCKET_NEVER_MS, which
 * is far away but can be added to the time without overflow. */
#define BUCKET_NEVER_MS (INT64_C(1) << 52)
int64_t bucket_wait_ms(struct bucket *b, double n);

#endif
