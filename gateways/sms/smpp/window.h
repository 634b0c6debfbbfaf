/*
 * The submits of one session that wait for an answer: those that were sent,
 * and behind them those that are held until there is room. Each has a
 * sequence number, by which its answer finds it. Computes; sends nothing.
 */
#ifndef SMS_SMPP_WINDOW_H
#define SMS_SMPP_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/slice.h"

struct smpp_submit {
	struct list link; /* of `sent` or `held` */
	uint64_t token;
	int64_t sent_ms;
	uint32_t sequence; /* 0: the place is free */
	uint32_t key;      /* tells receivers apart */
	char *held;        /* its PDU, as long as it is held */
	size_t held_len;
};

/* One that was given up. */
struct smpp_late {
	uint64_t token;
	uint32_t sequence; /* 0: none */
};

struct smpp_window {
	/* Indexed by the low bits of the sequence: a number whose place is
	 * taken is not given. */
	struct smpp_submit *places;
	struct smpp_late *late; /* as many; newer ones take the place */
	uint32_t mask;
	uint32_t sequence;      /* given last */
	struct list sent, held; /* oldest first */
	size_t sent_count, held_count;
};

/* For at most so many submits at a time. It must not move. */
void smpp_window_init(struct smpp_window *w, size_t capacity);
void smpp_window_finish(struct smpp_window *w);

/* A sequence number that nothing under way has, for any request. */
uint32_t smpp_window_next(struct smpp_window *w);

/* A submit with such a number; it is neither sent nor held yet. */
struct smpp_submit *smpp_window_add(
	struct smpp_window *w, uint32_t sequence, uint64_t token, uint32_t key);

/* Keep a copy of its PDU. */
void smpp_window_hold(
	struct smpp_window *w, struct smpp_submit *submit, struct slice pdu);

/* It was sent now, whether it was held before or not. */
void smpp_window_sent(struct smpp_window *w, struct smpp_submit *submit);

/* The oldest of either; NULL: there is none. */
struct smpp_submit *smpp_window_first_sent(const struct smpp_window *w);
struct smpp_submit *smpp_window_first_held(const struct smpp_window *w);

/* The one that was sent with this number; NULL: none. */
struct smpp_submit *smpp_window_find(
	const struct smpp_window *w, uint32_t sequence);

/* Is there one with this key? */
bool smpp_window_has(const struct smpp_window *w, uint32_t key);

/* It is over; the place is free. */
void smpp_window_remove(struct smpp_window *w, struct smpp_submit *submit);

/* No answer came in time. The place is free, but an answer is still known. */
void smpp_window_give_up(struct smpp_window *w, struct smpp_submit *submit);

/* The token of one that was given up with this number, once. False: there is
 * none, or it is long ago. */
bool smpp_window_take_late(
	struct smpp_window *w, uint32_t sequence, uint64_t *token_r);

/* Time stood still for so long. */
void smpp_window_delay(struct smpp_window *w, int64_t ms);

#endif
