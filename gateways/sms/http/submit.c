/*
 * Texts on their way to the provider. A job waits in the queue of its backend,
 * then it is a request under way, then an event. Jobs to one number are never
 * under way together, so that they arrive in order; and when the provider
 * wants no more for now, all that wait go back to the gateway, which keeps
 * the order of those that come back.
 *
 * The gateway may submit more while it is told of an end; it closes a carrier
 * in no event.
 */
#include <string.h>

#include "base/limits.h"
#include "sms_http/answer.h"
#include "sms_http/http_private.h"
#include "sms_http/job.h"

/* Seconds of being gone until it is tried again; the same for a provider that
 * refuses our password, which locks accounts that insist; and for one that
 * wants less. */
#define GONE_MIN_MS    1000
#define GONE_MAX_MS    60000
#define REFUSED_MIN_MS 60000
#define REFUSED_MAX_MS 900000
#define BUSY_MIN_MS    1000
#define BUSY_MAX_MS    30000

#define DRAIN_MS   8000
#define ANSWER_MAX ((size_t)64 * KIB)
#define ARENA_MAX  ((size_t)256 * KIB)

/* --- Jobs ---------------------------------------------------------------- */

static void free_all(struct list *jobs)
{
	while (!list_is_empty(jobs))
		job_free(CONTAINER(jobs->next, struct job, link));
}

/* --- The state of the link ----------------------------------------------- */

static void become(
	struct http_carrier *c, enum carrier_state state, const char *why)
{
	c->state = state;
	(void)text_copy(c->why, sizeof(c->why), why);
	if (!c->is_told || c->told != state)
		deferred_start(&c->turn);
}

static void pause_for(struct http_carrier *c, int64_t ms)
{
	c->pause_until_ms = loop_now_ms(c->setup.loop) + ms;
	timer_start(&c->wake, ms);
}

/* Nothing more for a while, and then one to see whether it is back. */
static void go_down(struct http_carrier *c, struct backoff *b, const char *why)
{
	become(c, CARRIER_DOWN, why);
	pause_for(c, backoff_next_ms(b));
}

static void note_success(struct http_carrier *c)
{
	backoff_reset(&c->gone);
	backoff_reset(&c->refused);
	backoff_reset(&c->busy);
	become(c, CARRIER_UP, "");
}

/* False: it concerns this text alone. */
static bool note_refusal(struct http_carrier *c, const struct answer *a)
{
	int64_t wait_ms = a->wait_ms;

	switch (a->class) {
	case SMS_LINK:
		go_down(c, &c->gone, a->text);
		return true;
	case SMS_AUTH:
		go_down(c, &c->refused, a->text);
		return true;
	case SMS_THROTTLE:
	case SMS_RETRY:
		if (wait_ms == 0)
			wait_ms = backoff_next_ms(&c->busy);
		become(c, CARRIER_UP, "");
		pause_for(c, wait_ms);
		return true;
	case SMS_OK:
	case SMS_BAD_DEST:
	case SMS_BAD_SRC:
	case SMS_BAD_CONTENT:
	case SMS_BLOCKED:
	case SMS_NO_CREDIT:
	case SMS_PERM:
	case SMS_STOPPED:
	case SMS_FAULT:
	case SMS_CLASS_COUNT:
		break;
	}
	note_success(c);
	return false;
}

/* --- Events -------------------------------------------------------------- */

/* What is told at the end: of one job, and those that go back with it. */
struct ending {
	const struct carrier_events *events;
	void *arg;
	struct list others; /* struct job */
};

static void take_waiting(struct http_carrier *c, struct list *out)
{
	while (!list_is_empty(&c->waiting)) {
		struct list *first = c->waiting.next;

		list_remove(first);
		list_append(out, first);
	}
	c->counts.rejected += c->waiting_count;
	c->waiting_count = 0;
}

/* They never left: that was no try. There is no room until it is time. */
static void tell_others(struct ending *e, const struct answer *a)
{
	const struct carrier_refusal refusal = { .class = SMS_LINK,
		.text = a->text };

	while (!list_is_empty(&e->others)) {
		struct job *j = CONTAINER(e->others.next, struct job, link);
		uint64_t token = j->token;

		job_free(j);
		e->events->rejected(e->arg, token, &refusal);
	}
}

static void end(struct http_carrier *c, uint64_t token, const struct answer *a)
{
	struct ending e = { c->setup.events, c->setup.arg, { 0 } };
	const struct carrier_refusal refusal = {
		.class = a->class, .text = a->text, .wait_ms = a->wait_ms
	};

	list_init(&e.others);
	deferred_start(&c->turn);
	switch (a->kind) {
	case ANSWER_ACCEPTED:
		c->counts.accepted++;
		note_success(c);
		e.events->accepted(e.arg, token, a->id);
		break;
	case ANSWER_REFUSED:
		c->counts.rejected++;
		if (note_refusal(c, a))
			take_waiting(c, &e.others);
		e.events->rejected(e.arg, token, &refusal);
		tell_others(&e, a);
		break;
	case ANSWER_UNCLEAR:
		c->counts.lost++;
		go_down(c, &c->gone, a->text);
		take_waiting(c, &e.others);
		e.events->lost(e.arg, token);
		tell_others(&e, a);
		break;
	}
}

static void on_answer(const struct http_answer *answer, void *arg)
{
	struct job *j = arg;
	struct http_carrier *c = j->carrier;
	uint64_t token = j->token;
	struct arena arena;
	struct answer a;

	arena_init(&arena, ARENA_MAX);
	answer_read(&c->provider->result, answer, j->id, &arena, &a);
	if (a.kind != ANSWER_ACCEPTED)
		log_info("sms", "[%s] provider=%s a text was not accepted: %s",
			c->setup.name, c->provider->title,
			a.text != NULL ? a.text : "");
	j->call = NULL;
	job_free(j);
	c->running_count--;
	end(c, token, &a);
	arena_finish(&arena);
}

/* --- Sending ------------------------------------------------------------- */

/* A job that cannot be sent at all; told in a turn of its own, as a submit is
 * never answered while it is taken. */
static void end_unsent(struct job *j, const char *reason)
{
	const struct answer a = {
		.kind = ANSWER_REFUSED, .class = SMS_BAD_CONTENT, .text = reason
	};
	struct http_carrier *c = j->carrier;
	uint64_t token = j->token;

	job_free(j);
	end(c, token, &a);
}

static void start(struct job *j)
{
	struct http_carrier *c = j->carrier;
	struct request request;
	const char *reason;

	if (job_build(j, &request, &reason) != 0) {
		request_finish(&request);
		end_unsent(j, reason);
		return;
	}
	const struct http_order order = {
		.url = str_text(&request.url),
		.method = request.method,
		.headers = request.headers,
		.body = str_slice(&request.body),
		.tls = c->tls,
		.is_operators = !c->setup.is_users,
		.allow_clear = true,
		.max = ANSWER_MAX,
		.timeout_ms = (int64_t)c->config->timeout_s * 1000,
		.stall_ms = (int64_t)c->config->timeout_s * 1000,
		.done = on_answer,
		.arg = j,
	};
	list_append(&c->running, &j->link);
	c->running_count++;
	j->call = http_client_start(c->setup.http, &order);
	request_finish(&request);
}

static bool is_running_to(const struct http_carrier *c, const char *to)
{
	list_for_each(it, &c->running)
		if (text_equals(CONTAINER(it, struct job, link)->to, to))
			return true;
	return false;
}

static size_t limit_of(const struct http_carrier *c)
{
	int parallel = c->config->parallel > 0 ? c->config->parallel
					       : c->provider->parallel;

	if (c->state == CARRIER_DOWN)
		return 0;
	return c->state == CARRIER_UP ? (size_t)parallel : 1;
}

/* The first whose receiver has none under way; in the queue nobody overtakes
 * another to the same receiver, as all are tried in order. */
static struct job *next_job(const struct http_carrier *c)
{
	list_for_each(it, &c->waiting) {
		struct job *j = CONTAINER(it, struct job, link);

		if (!is_running_to(c, j->to))
			return j;
	}
	return NULL;
}

static bool is_paused(const struct http_carrier *c)
{
	return loop_now_ms(c->setup.loop) < c->pause_until_ms;
}

static void advance(struct http_carrier *c)
{
	struct job *j;

	while (!is_paused(c) && c->running_count < limit_of(c) &&
		(j = next_job(c)) != NULL) {
		if (!bucket_take(&c->pace, 1)) {
			timer_start(&c->wake, bucket_wait_ms(&c->pace, 1));
			return;
		}
		list_remove(&j->link);
		c->waiting_count--;
		start(j);
	}
}

/* --- Turns --------------------------------------------------------------- */

static void tell_drained(struct http_carrier *c)
{
	timer_stop(&c->drain);
	c->setup.events->link(c->setup.arg, CARRIER_DOWN, "stopped");
}

/* Repeats are not told. */
static void tell_state(struct http_carrier *c)
{
	char why[sizeof(c->why)];

	if (c->is_told && c->told == c->state)
		return;
	c->is_told = true;
	c->told = c->state;
	(void)text_copy(why, sizeof(why), c->why);
	c->setup.events->link(c->setup.arg, c->state, why);
}

static void on_turn(void *arg)
{
	struct http_carrier *c = arg;

	advance(c);
	if (c->is_draining) {
		if (c->running_count + c->waiting_count == 0 &&
			timer_is_running(&c->drain))
			tell_drained(c);
		return;
	}
	tell_state(c);
	if (http_submit_room(c) > 0)
		c->setup.events->ready(c->setup.arg);
}

static void on_wake(void *arg)
{
	struct http_carrier *c = arg;

	if (c->state == CARRIER_DOWN && !is_paused(c))
		become(c, CARRIER_DEGRADED, "the next text tries it again");
	deferred_start(&c->turn);
}

static void on_drain(void *arg)
{
	struct http_carrier *c = arg;

	c->setup.events->link(c->setup.arg, CARRIER_DOWN, "stopped");
}

/* --- For the table ------------------------------------------------------- */

void http_submit_init(struct http_carrier *c)
{
	struct loop *l = c->setup.loop;
	double rate = c->config->rate > 0 ? c->config->rate : c->provider->rate;

	list_init(&c->waiting);
	list_init(&c->running);
	bucket_init(&c->pace, rate > 1 ? rate : 1, rate);
	backoff_init(&c->gone, GONE_MIN_MS, GONE_MAX_MS);
	backoff_init(&c->refused, REFUSED_MIN_MS, REFUSED_MAX_MS);
	backoff_init(&c->busy, BUSY_MIN_MS, BUSY_MAX_MS);
	timer_init(&c->wake, l, "sms http wake", on_wake, c);
	timer_init(&c->drain, l, "sms http drain", on_drain, c);
	deferred_init(&c->turn, l, "sms http turn", on_turn, c);
	become(c, CARRIER_UP, "");
}

void http_submit_finish(struct http_carrier *c)
{
	timer_stop(&c->wake);
	timer_stop(&c->drain);
	deferred_stop(&c->turn);
	free_all(&c->waiting);
	free_all(&c->running);
}

size_t http_submit_room(const struct http_carrier *c)
{
	size_t limit = limit_of(c), busy = c->running_count + c->waiting_count;

	if (c->is_draining || is_paused(c) || busy >= limit)
		return 0;
	return limit - busy;
}

void http_submit(struct http_carrier *c, const struct carrier_submit *s)
{
	struct job *j = job_new(c, s);

	list_append(&c->waiting, &j->link);
	c->waiting_count++;
	deferred_start(&c->turn);
}

void http_submit_drain(struct http_carrier *c)
{
	c->is_draining = true;
	timer_start(&c->drain, DRAIN_MS);
	deferred_start(&c->turn);
}

void http_submit_reconnect(struct http_carrier *c)
{
	backoff_reset(&c->gone);
	backoff_reset(&c->refused);
	backoff_reset(&c->busy);
	if (is_paused(c))
		pause_for(c, 0);
}
