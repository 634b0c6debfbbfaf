/*
 * How much waits in the outbox and the inbox of a gateway.
 */
#ifndef STORE_QUEUES_H
#define STORE_QUEUES_H

#include "store/store.h"

/* Of each: messages, and wall clock when the oldest was stored (0: none). */
struct store_queues {
	int64_t outgoing, outgoing_since_ms; /* outcome not known */
	int64_t incoming, incoming_since_ms; /* not settled */
	int64_t returned; /* ... came back, and wait for their user */
};

/* `q` lives for the call; NULL: the store failed. */
typedef void (*store_queues_fn)(const struct store_queues *q, void *arg);
void store_queues(
	struct store *s, const char *gateway, store_queues_fn fn, void *arg);

#endif
