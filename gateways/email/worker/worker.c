#include "email_worker/worker.h"

#include <fcntl.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "email_worker/fiber.h"
#include "email_worker/job.h"
#include "email_worker/link.h"
#include "email_worker/request.h"

/* Above the first a fiber waits before it says more; the second is never
 * reached, because the daemon reads. */
#define CHANNEL_HIGH ((size_t)4 * 1024 * 1024)
#define CHANNEL_MAX  ((size_t)1024 * 1024 * 1024)

/* In a line of those who wait for something of the worker's. */
struct waiter {
	struct list link;
	struct fiber *fiber;
};

static void wait_in(struct list *line)
{
	struct waiter w = { .fiber = fiber_self() };

	list_init(&w.link);
	list_append(line, &w.link);
	(void)fiber_wait(-1);
	list_remove(&w.link);
}

static void wake_all(struct list *line)
{
	list_for_each(it, line)
		fiber_wake(CONTAINER(it, struct waiter, link)->fiber);
}

/* --- Saying -------------------------------------------------------------- */

void worker_send(struct worker *w, const struct frame *f)
{
	struct str bytes;

	while (fiber_self() != NULL && conn_pending(w->channel) > CHANNEL_HIGH)
		wait_in(&w->waiting);
	str_init(&bytes, FRAME_MAX + 64);
	frame_encode(&bytes, f);
	if (bytes.overflow)
		fatal("a frame %s is too long", frame_name(f->type));
	if (conn_write(w->channel, str_slice(&bytes)) != 0)
		loop_stop(w->loop);
	str_finish(&bytes);
}

/* --- Memory -------------------------------------------------------------- */

void worker_take_bulk(struct worker *w, size_t bytes)
{
	if (bytes > WORKER_BULK / 4)
		bytes = WORKER_BULK / 4;
	while (w->bulk_left < bytes)
		wait_in(&w->bulk_waiting);
	w->bulk_left -= bytes;
}

void worker_give_bulk(struct worker *w, size_t bytes)
{
	if (bytes > WORKER_BULK / 4)
		bytes = WORKER_BULK / 4;
	w->bulk_left += bytes;
	wake_all(&w->bulk_waiting);
}

/* --- Hearing ------------------------------------------------------------- */

static int on_close(struct worker *w, const struct frame *f)
{
	struct link *link = link_find(w, f->link);

	if (link != NULL)
		link_close(link);
	return 0;
}

static int on_request(struct worker *w, const struct frame *f)
{
	struct link *link = link_find(w, f->link);

	/* Both sides may have said farewell at the same time. */
	if (link != NULL)
		link_ask(link, f);
	return 0;
}

static int on_taken(struct worker *w, const struct frame *f)
{
	struct link *link = link_find(w, f->link);

	if (link != NULL)
		link_taken(link);
	return 0;
}

static int on_data(struct worker *w, const struct frame *f)
{
	struct request *r = map_get(&w->requests,
		slice_make((const char *)&f->request, sizeof(f->request)));

	return r != NULL ? request_hear(r, f) : 0;
}

typedef int (*handler_fn)(struct worker *w, const struct frame *f);

static const handler_fn handlers[FRAME_TYPES] = {
	[FRAME_OPEN] = link_open,
	[FRAME_CLOSE] = on_close,
	[FRAME_WATCH] = on_request,
	[FRAME_TAKEN] = on_taken,
	[FRAME_FETCH] = on_request,
	[FRAME_STORE] = on_request,
	[FRAME_MOVE] = on_request,
	[FRAME_APPEND] = on_request,
	[FRAME_SEARCH] = on_request,
	[FRAME_MIRROR] = on_request,
	[FRAME_SUBMIT] = on_request,
	[FRAME_COMPOSE] = job_start,
	[FRAME_READ] = job_start,
	[FRAME_DATA] = on_data,
	[FRAME_MORE] = on_data,
};

static void read_frames(struct worker *w)
{
	struct frame f;
	long used;

	while ((used = frame_decode(conn_input(w->channel), TO_WORKER, &f)) >
		0) {
		if (handlers[f.type](w, &f) != 0)
			fatal("a frame %s makes no sense", frame_name(f.type));
		conn_consume(w->channel, (size_t)used);
	}
	if (used < 0)
		fatal("the daemon sends what is no frame");
}

static void on_channel(struct conn *c UNUSED, enum conn_event event, void *arg)
{
	struct worker *w = arg;

	switch (event) {
	case CONN_DATA:
		read_frames(w);
		break;
	case CONN_DRAINED:
		wake_all(&w->waiting);
		break;
	case CONN_SECURE:
		break;
	case CONN_EOF:
	case CONN_ERROR:
		loop_stop(w->loop);
		break;
	}
}

void worker_start(struct worker *w, struct loop *l, struct tls_client *tls,
	int channel_fd)
{
	static const struct conn_limits limits = {
		.input_max = 2 * FRAME_MAX,
		.output_max = CHANNEL_MAX,
		.output_low = CHANNEL_HIGH / 4,
	};

	*w = (struct worker){ .loop = l, .tls = tls, .bulk_left = WORKER_BULK };
	list_init(&w->waiting);
	list_init(&w->bulk_waiting);
	(void)fcntl(channel_fd, F_SETFL, O_NONBLOCK);
	w->channel = conn_new(l, channel_fd, "daemon", &limits, on_channel, w);
	conn_pass_fds(w->channel);
}
