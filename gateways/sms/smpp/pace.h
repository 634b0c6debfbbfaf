/*
 * How fast texts are submitted: a token bucket whose rate adapts. When the
 * SMSC says "too many" nothing leaves for a while (1 s, doubling to 30 s, with
 * jitter), and then at half the rate, which grows back by a twentieth a
 * second. Computes; owns no timer.
 */
#ifndef SMS_SMPP_PACE_H
#define SMS_SMPP_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/backoff.h"

struct smpp_pace {
	double limit; /* submits per second, as configured; 0: none */
	double rate;  /* now; 0: none */
	double goal;  /* what the rate grows back to */
	double tokens;
	int64_t stamp_ms;
	/* Nothing leaves before that. */
	int64_t closed_until_ms;
	struct backoff wait;
	int64_t slowed_ms; /* by congestion, last */
	/* The measured rate: submits in this second and in the one before. */
	int64_t second_ms;
	unsigned this_second, last_second;
};

/* `limit` in submits per second, 0: as many as the window takes. */
void smpp_pace_init(struct smpp_pace *p, double limit);

/* How many may leave now. */
size_t smpp_pace_room(const struct smpp_pace *p);

/* One leaves. */
void smpp_pace_take(struct smpp_pace *p);

/* Milliseconds until one may leave; 0: now. */
int64_t smpp_pace_wait_ms(const struct smpp_pace *p);

/* The SMSC refused one as too many. Those that were under way and are refused
 * too, while nothing leaves, do not count again. */
void smpp_pace_throttled(struct smpp_pace *p);

/* The SMSC took one. */
void smpp_pace_accepted(struct smpp_pace *p);

/* congestion_state of SMPP 5.0 (section 4.8.4.18), 0 to 100: from 80 on it
 * goes slower, once a second. */
void smpp_pace_congested(struct smpp_pace *p, unsigned percent);

/* Submits in the last whole second. */
unsigned smpp_pace_measured(const struct smpp_pace *p);

/* Submits per second that may leave now; 0: any number. */
double smpp_pace_rate(const struct smpp_pace *p);

/* Is it slower than configured, or silent? */
bool smpp_pace_is_slowed(const struct smpp_pace *p);

#endif
