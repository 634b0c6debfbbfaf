/*
 * Bytes in a row: added at the end, taken from the front. A queue is one
 * pointer, NULL while it is empty, so that an idle owner pays for nothing
 * else.
 */
#ifndef BASE_FIFO_H
#define BASE_FIFO_H

#include <stddef.h>

#include "slice.h"

struct fifo;

/* Append a copy of `data`, which must not be part of the queue. */
void fifo_add(struct fifo **q, struct slice data);

/* Take the first `len` bytes out, not more than there are. */
void fifo_take(struct fifo **q, size_t len);

/* Everything in it; valid until the next call for this queue. */
struct slice fifo_slice(struct fifo *q);

/* How many bytes that are. */
size_t fifo_len(const struct fifo *q);

/* Forget them all. */
void fifo_clear(struct fifo **q);

#endif
