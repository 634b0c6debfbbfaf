/*
 * One block of memory with its counters in front. Room that was taken at the
 * front is used again when it is at least half of what is stored, so that a
 * byte is moved once on average, however the queue is cut.
 */
#include "base/fifo.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"

#define FIRST_CAP 96

struct fifo {
	size_t start, end; /* of what is stored, in `data` */
	size_t cap;
	char data[];
};

size_t fifo_len(const struct fifo *q)
{
	return q != NULL ? q->end - q->start : 0;
}

struct slice fifo_slice(struct fifo *q)
{
	if (q == NULL)
		return slice_make("", 0);
	return slice_make(q->data + q->start, q->end - q->start);
}

void fifo_clear(struct fifo **q)
{
	xfree(*q);
	*q = NULL;
}

static struct fifo *make_room(struct fifo *q, size_t len)
{
	size_t used = fifo_len(q);
	size_t cap = q != NULL ? q->cap : FIRST_CAP;

	if (q != NULL && len <= cap - q->end)
		return q;
	if (q != NULL && q->start > used / 2 && len <= cap - used) {
		memmove(q->data, q->data + q->start, used);
		q->start = 0;
		q->end = used;
		return q;
	}
	while (cap - used < len)
		cap *= 2;
	struct fifo *grown = xrealloc(NULL, 1, sizeof(*q) + cap);
	if (used > 0)
		memcpy(grown->data, q->data + q->start, used);
	grown->start = 0;
	grown->end = used;
	grown->cap = cap;
	xfree(q);
	return grown;
}

void fifo_add(struct fifo **q, struct slice data)
{
	if (data.len == 0)
		return;
	*q = make_room(*q, data.len);
	memcpy((*q)->data + (*q)->end, data.data, data.len);
	(*q)->end += data.len;
}

void fifo_take(struct fifo **q, size_t len)
{
	assert(len <= fifo_len(*q));
	if (len == fifo_len(*q))
		fifo_clear(q);
	else
		(*q)->start += len;
}
