/*
 * Time, replaceable for tests. Two clocks: monotonic milliseconds for every
 * delay and deadline, wall-clock milliseconds for what people and logs see.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slice.h"

/* Milliseconds since an arbitrary start; never goes backwards. */
int64_t clock_ms(void);

/* Milliseconds since 1970-01-01 UTC. */
int64_t clock_wall_ms(void);

/* Switch to virtual time, which stands still at `wall_ms` until
 * clock_advance(); clock_use_real() ends it. For tests only. */
void clock_use_virtual(int64_t wall_ms);
/* Back to the system's clocks. */
void clock_use_real(void);
/* Only while time is virtual, and only forwards. */
void clock_advance(int64_t ms);
/* For the loop, which then jumps to its next timer instead of sleeping. */
bool clock_is_virtual(void);

/* XEP-0082 DateTime in UTC, with milliseconds when they are not zero. */
#define CLOCK_STAMP_SIZE 32
void clock_format(char out[CLOCK_STAMP_SIZE], int64_t wall_ms);

/* Read an XEP-0082 DateTime (or the legacy CCYYMMDDThh:mm:ss of XEP-0091).
 * Returns -1 on a syntax error or a year outside 1970..9999. */
int clock_parse(struct slice text, int64_t *wall_ms_r);

#endif
