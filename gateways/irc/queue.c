#include "irc/queue.h"

#include "base/alloc.h"
#include "base/bucket.h"
#include "base/intern.h"
#include "base/log.h"

/* Those who want to connect to one network. */
struct queue {
	struct irc_gateway *irc;
	const char *host; /* interned */
	struct bucket bucket;
	struct list waiting; /* of irc_session.turn */
	unsigned count;
	struct timer timer;
};

static void on_time(void *arg);

static struct queue *queue_get(
	struct irc_gateway *irc, const struct irc_network *network)
{
	struct queue *q = map_get_text(&irc->queues, network->host);

	if (q != NULL)
		return q;
	q = xalloc(sizeof(*q));
	q->irc = irc;
	q->host = intern(network->host);
	list_init(&q->waiting);
	bucket_init(&q->bucket, network->connects, network->connect_rate);
	timer_init(&q->timer, irc->gw->env->loop, "irc connects", on_time, q);
	map_put_text(&irc->queues, q->host, q);
	return q;
}

static void queue_free(struct queue *q)
{
	timer_stop(&q->timer);
	map_remove_text(&q->irc->queues, q->host);
	intern_drop(&q->host);
	xfree(q);
}

/* When the next one's turn comes, or all is as if nobody had come. */
static void schedule(struct queue *q)
{
	bool is_over = list_is_empty(&q->waiting);

	timer_start(&q->timer,
		bucket_wait_ms(&q->bucket, is_over ? q->bucket.burst : 1));
}

static void on_time(void *arg)
{
	struct queue *q = arg;

	while (!list_is_empty(&q->waiting) && bucket_take(&q->bucket, 1)) {
		struct irc_session *s =
			CONTAINER(q->waiting.next, struct irc_session, turn);

		irc_queue_leave(s);
		irc_session_dial(s);
	}
	if (list_is_empty(&q->waiting) &&
		bucket_wait_ms(&q->bucket, q->bucket.burst) == 0)
		queue_free(q);
	else
		schedule(q);
}

int64_t irc_queue_enter(struct irc_session *s)
{
	struct irc_network network;
	struct queue *q;
	int64_t delay_ms;

	irc_network_get(irc_config_of(s->irc), s->core->account, &network);
	if (network.connects == 0)
		return 0;
	q = queue_get(s->irc, &network);
	if (list_is_empty(&q->waiting) && bucket_take(&q->bucket, 1)) {
		schedule(q);
		return 0;
	}
	list_append(&q->waiting, &s->turn);
	q->count++;
	delay_ms = bucket_wait_ms(&q->bucket, 1) +
		   (int64_t)((q->count - 1) * 1000 / q->bucket.rate);
	log_info("irc", "[%s] %s: waits in line to connect, number %u",
		s->core->id, q->host, q->count);
	schedule(q);
	return delay_ms > 0 ? delay_ms : 1;
}

void irc_queue_leave(struct irc_session *s)
{
	struct queue *q;

	if (list_is_empty(&s->turn))
		return;
	q = map_get_text(&s->irc->queues, s->core->account);
	list_remove(&s->turn);
	q->count--;
}

void irc_queue_reload(struct irc_gateway *irc)
{
	struct irc_network network;
	size_t pos = 0;
	struct queue *q;

	while ((q = map_next(&irc->queues, &pos)) != NULL) {
		irc_network_get(irc_config_of(irc), q->host, &network);
		/* What has passed counts at the old pace. */
		(void)bucket_wait_ms(&q->bucket, 1);
		q->bucket.burst = network.connects;
		q->bucket.rate = network.connect_rate;
		schedule(q);
	}
}

void irc_queue_finish(struct irc_gateway *irc)
{
	size_t pos = 0;
	struct queue *q;

	while ((q = map_next(&irc->queues, &pos)) != NULL) {
		queue_free(q);
		pos = 0;
	}
	map_finish(&irc->queues);
}
