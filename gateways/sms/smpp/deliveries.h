/*
 * What the SMSC delivered in one session and we have not answered yet: each
 * has a handle, good for one answer.
 */
#ifndef SMS_SMPP_DELIVERIES_H
#define SMS_SMPP_DELIVERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct smpp_delivery {
	uint32_t sequence;
	uint32_t command; /* 0: the place is free */
	uint32_t next;    /* free place, as a handle; 0: none */
};

/* Zeroed memory is an empty one. */
struct smpp_deliveries {
	struct smpp_delivery *places;
	size_t used, cap; /* places that were ever taken, that there are */
	size_t count;     /* unanswered */
	uint32_t free;    /* a handle; 0: none */
};

void smpp_deliveries_finish(struct smpp_deliveries *d);

/* A handle for a request, never 0. */
uint32_t smpp_deliveries_add(
	struct smpp_deliveries *d, uint32_t command, uint32_t sequence);

/* Does the request of a handle wait for its answer? */
bool smpp_deliveries_has(const struct smpp_deliveries *d, uint32_t handle);

/* The request of a handle, which is gone now; false: there is none. */
bool smpp_deliveries_take(struct smpp_deliveries *d, uint32_t handle,
	uint32_t *command_r, uint32_t *sequence_r);

#endif
