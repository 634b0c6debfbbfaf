#include "net/handover.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

/* Descriptors in one message of the kernel; we send one. */
#define PASSED_MAX 4

struct passing {
	uint64_t at; /* the byte beside which it goes */
	int fd;
};

/* A queue: first in, first out. */
struct passings {
	struct passing *items;
	size_t first, count, cap;
};

struct handover {
	struct passings out, in;
	uint64_t sent; /* bytes */
};

/* --- Queues -------------------------------------------------------------- */

static void add(struct passings *q, uint64_t at, int fd)
{
	if (q->first > 0 && q->first + q->count == q->cap) {
		memmove(q->items, q->items + q->first,
			q->count * sizeof(*q->items));
		q->first = 0;
	}
	if (q->count == q->cap) {
		q->cap = q->cap == 0 ? 4 : 2 * q->cap;
		q->items = xrealloc(q->items, q->cap, sizeof(*q->items));
	}
	q->items[q->first + q->count++] = (struct passing){ at, fd };
}

static struct passing *first(struct passings *q)
{
	return q->count > 0 ? &q->items[q->first] : NULL;
}

static int take(struct passings *q)
{
	int fd = q->items[q->first++].fd;

	if (--q->count == 0)
		q->first = 0;
	return fd;
}

static void finish(struct passings *q)
{
	while (q->count > 0)
		close(take(q));
	xfree(q->items);
}

struct handover *handover_new(void)
{
	return xalloc(sizeof(struct handover));
}

void handover_free(struct handover **slot)
{
	if (slot == NULL || *slot == NULL)
		return;
	finish(&(*slot)->out);
	finish(&(*slot)->in);
	xfree(*slot);
	*slot = NULL;
}

void handover_add(struct handover *h, int fd, size_t queued)
{
	add(&h->out, h->sent + queued, fd);
}

int handover_take(struct handover *h)
{
	return h->in.count > 0 ? take(&h->in) : -1;
}

/* --- The socket ---------------------------------------------------------- */

/* Ancillary data, aligned as the kernel wants it. */
union control {
	char bytes[CMSG_SPACE(PASSED_MAX * sizeof(int))];
	struct cmsghdr align;
};

static ssize_t send_beside(int fd, struct slice data, int passed)
{
	union control control = { { 0 } };
	struct iovec part = { .iov_len = data.len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *head;
	ssize_t n;

	memcpy(&part.iov_base, &data.data, sizeof(data.data));
	message.msg_control = control.bytes;
	message.msg_controllen = CMSG_SPACE(sizeof(int));
	head = CMSG_FIRSTHDR(&message);
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &passed, sizeof(int));
	n = sendmsg(fd, &message, MSG_NOSIGNAL);
	/* Too many are under way: the peer has to take some first. */
	if (n < 0 && errno == ETOOMANYREFS)
		errno = EAGAIN;
	return n;
}

/* Up to the byte beside which the next one goes. */
static struct slice before(
	const struct handover *h, struct slice data, const struct passing *next)
{
	if (next != NULL && next->at - h->sent < data.len)
		data.len = (size_t)(next->at - h->sent);
	return data;
}

ssize_t handover_send(struct handover *h, int fd, struct slice data)
{
	struct passing *p = first(&h->out);
	ssize_t n;

	if (p == NULL || p->at > h->sent) {
		data = before(h, data, p);
		n = send(fd, data.data, data.len, MSG_NOSIGNAL);
	} else {
		data = before(h, data, h->out.count > 1 ? p + 1 : NULL);
		n = send_beside(fd, data, p->fd);
		if (n > 0)
			close(take(&h->out));
	}
	if (n > 0)
		h->sent += (uint64_t)n;
	return n;
}

static void collect(struct handover *h, struct msghdr *message)
{
	for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL;
		head = CMSG_NXTHDR(message, head)) {
		size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (head->cmsg_level != SOL_SOCKET ||
			head->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(head) + i * sizeof(int),
				sizeof(fd));
			add(&h->in, 0, fd);
		}
	}
}

ssize_t handover_recv(struct handover *h, int fd, char *space, size_t size)
{
	union control control;
	struct iovec part = { space, size };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);

	if (n >= 0)
		collect(h, &message);
	return n;
}
