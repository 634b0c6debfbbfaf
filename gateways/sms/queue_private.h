/*
 * What queue.c (messages and their records), submit.c (lanes) and answers.c (what
 * carriers say) share.
 */
#ifndef SMS_QUEUE_PRIVATE_H
#define SMS_QUEUE_PRIVATE_H

#include "net/loop.h"
#include "sms/queue.h"

/* What goes from one number to another, in its order. */
struct lane {
	struct list link;     /* backend->lanes, queue->paused, or in none */
	char *key;            /* "from\nto" */
	struct list messages; /* struct outbound.queued */
	int64_t due_ms;       /* loop time: not before */
};

struct queue {
	struct sms *sms;
	struct map messages;  /* struct outbound by its key */
	struct map lanes;     /* by key */
	gw_request last_post; /* of our own texts */
	struct list early;    /* struct early.link (early.h) */
	struct list paused;   /* struct lane.link: until they are due */
	struct list over;     /* struct outbound.over, oldest first */
	struct list doubtful; /* struct outbound.doubtful (doubt.h) */
	struct timer retry;   /* of those paused, and of failed saves */
	struct timer linger;  /* of those over */
	struct timer sweep;   /* of what took too long */
};

/* It is to be submitted: at the end of its lane. */
void submit_add(struct outbound *o);
/* By which backend it goes; NULL: there is none (any more). */
struct backend *submit_route(const struct outbound *o);
/* What the carrier was not given is due again. */
void submit_take_back(struct outbound *o);
/* Whatever its first message needs next. */
void lane_go_on(struct lane *l, struct queue *q);
/* It is no longer to be submitted. */
void submit_remove(struct outbound *o);
/* The backend that it may be with is being closed. */
void submit_detach(struct outbound *o, const struct backend *b);
/* The same, and what is due of it goes on as queue_left() says. */
void submit_abandon(struct outbound *o);
/* Its record is on disk (or not): go on. */
void submit_saved(struct outbound *o, bool ok);
/* Lanes whose time has come. */
void submit_retry(struct queue *q);
/* Give up those that took too long. */
void submit_sweep(struct queue *q);
/* At the end: all lanes. */
void submit_finish(struct queue *q);

/* What is not accepted yet of it has failed. */
void queue_fail(struct outbound *o, enum gw_reason reason, const char *words);

static inline struct queue *outbound_queue(const struct outbound *o)
{
	return o->owner->sms->queue;
}

static inline int64_t queue_now_ms(const struct queue *q)
{
	return loop_now_ms(q->sms->gw->env->loop);
}

#endif
