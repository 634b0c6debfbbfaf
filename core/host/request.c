/*
 * Requests are few at a time and short-lived; they hang on their account in
 * the order of their ids, which is the order of their deadlines too.
 */
#include "host/request.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "host/gateway.h"
#include "host/outbox.h"

#define DEADLINE_MS 60000
/* How long after acceptance a network may still take a message back, and of
 * how many messages of an account that is remembered. A link that is dead is
 * found out by then. */
#define REGRET_MS   120000
#define REGRET_MAX  32

static int64_t now(const struct account *a)
{
	return loop_now_ms(account_gateway(a)->host->loop);
}

/* Copy `text` to `*to` and move on; NULL stays NULL. */
static const char *place(char **to, const char *text, size_t size)
{
	if (text == NULL)
		return NULL;
	char *copy = memcpy(*to, text, size);
	*to += size;
	return copy;
}

static void hang(struct request *r, struct list *ring, unsigned *count)
{
	list_append(ring, &r->link);
	r->count = count;
	++*count;
}

/* One that is made now is answered by then. */
static int64_t due_ms(const struct account *a)
{
	return now(a) + account_delay_ms(a) + DEADLINE_MS;
}

struct request *request_new(
	struct account *a, const struct stanza *s, request_fn done)
{
	static gw_request last_id; /* without OUTBOX_BIT */
	if (a->request_count >= LIMIT_REQUESTS)
		return NULL;
	size_t from = 0, to = 0, id = 0;
	if (s != NULL) {
		from = strlen(s->from.full) + 1;
		to = strlen(s->to.full) + 1;
		id = s->id != NULL ? strlen(s->id) + 1 : 0;
	}
	struct request *r = xalloc(sizeof(*r) + from + to + id);
	r->account = a;
	if (++last_id == OUTBOX_BIT)
		last_id = 1;
	r->id = last_id;
	r->done = done;
	r->deadline_ms = due_ms(a);
	r->lines.max = LIMIT_STANZA_OUT;
	if (s != NULL) {
		char *space = (char *)(r + 1);
		r->from = place(&space, s->from.full, from);
		r->to = place(&space, s->to.full, to);
		r->stanza_id = place(&space, s->id, id);
		r->kind = s->kind;
		r->type = s->type;
	}
	hang(r, &a->requests, &a->request_count);
	account_sweep_later(a);
	return r;
}

/* From the newest: it is asked for most. */
static struct request *find_in(const struct list *ring, gw_request id)
{
	for (struct list *it = ring->prev; it != ring; it = it->prev) {
		struct request *r = CONTAINER(it, struct request, link);
		if (r->id == id)
			return r;
	}
	return NULL;
}

struct request *request_find(struct account *a, gw_request id)
{
	if (id == 0)
		return NULL;
	struct request *r = find_in(&a->requests, id);
	if (r == NULL)
		r = find_in(&a->accepted, id);
	return r != NULL ? r : find_in(&a->awaited, id);
}

void *request_hold(struct request *r)
{
	r->owns_arg = false;
	return r->arg;
}

struct request *request_release(struct account *a, gw_request id, void *arg)
{
	struct request *r = request_find(a, id);
	if (r != NULL)
		r->owns_arg = true;
	else
		xfree(arg);
	return r;
}

static void take_out(struct request *r)
{
	list_remove(&r->link);
	--*r->count;
}

static void request_drop(struct request **slot)
{
	struct request *r = *slot;
	if (r == NULL)
		return;
	*slot = NULL;
	take_out(r);
	str_finish(&r->lines);
	if (r->owns_arg)
		xfree(r->arg);
	xfree(r);
}

static void remember(struct request *r)
{
	struct account *a = r->account;
	take_out(r);
	r->accepted = true;
	r->deadline_ms = now(a) + REGRET_MS;
	struct list *ring = r->awaited ? &a->awaited : &a->accepted;
	hang(r, ring, r->awaited ? &a->awaited_count : &a->accepted_count);
	if (*r->count > (r->awaited ? LIMIT_AWAITED : REGRET_MAX)) {
		struct request *oldest =
			CONTAINER(ring->next, struct request, link);
		request_drop(&oldest);
	}
}

static void complete(struct request *r, const struct gw_result *result)
{
	r->done(r, result);
	if (result->stage == GW_FAILED || !r->lasting)
		request_drop(&r);
	else if (!r->accepted)
		remember(r);
}

static void fail(struct request *r, enum gw_reason reason, const char *text)
{
	const struct gw_result result = {
		.stage = GW_FAILED, .reason = reason, .text = text
	};
	complete(r, &result);
}

static void drop_accepted(struct account *a, int64_t before_ms)
{
	list_for_each_safe(it, &a->accepted) {
		struct request *r = CONTAINER(it, struct request, link);
		if (r->deadline_ms <= before_ms)
			request_drop(&r);
	}
}

void request_await_none(struct account *a)
{
	while (!list_is_empty(&a->awaited)) {
		struct request *r =
			CONTAINER(a->awaited.next, struct request, link);
		request_drop(&r);
	}
}

void request_fail_all(
	struct account *a, enum gw_reason reason, const char *text)
{
	drop_accepted(a, INT64_MAX);
	/* A `done` may start new requests; only those here now are failed. */
	for (unsigned left = a->request_count; left > 0; left--)
		fail(CONTAINER(a->requests.next, struct request, link), reason,
			text);
}

void request_all_delayed(struct account *a)
{
	int64_t earliest_ms = due_ms(a);
	list_for_each(it, &a->requests) {
		struct request *r = CONTAINER(it, struct request, link);
		if (r->deadline_ms < earliest_ms)
			r->deadline_ms = earliest_ms;
	}
}

void request_sweep(struct account *a, int64_t now_ms)
{
	drop_accepted(a, now_ms);
	while (!list_is_empty(&a->requests)) {
		struct request *r =
			CONTAINER(a->requests.next, struct request, link);
		if (r->deadline_ms > now_ms)
			break;
		fail(r, GW_UNREACHABLE,
			"The network did not answer in time. Try again "
			"later.");
	}
}

/* --- Services ------------------------------------------------------------ */

void gw_result(struct gw_session *s, gw_request request,
	const struct gw_result *result)
{
	if ((request & OUTBOX_BIT) != 0) {
		outbox_result(account_of(s), request, result);
		return;
	}
	struct request *r = request_find(account_of(s), request);
	if (r == NULL)
		return;
	complete(r, result);
}

void gw_done(struct gw_session *s, gw_request request, const char *text)
{
	const struct gw_result result = { .stage = GW_ACCEPTED, .text = text };
	gw_result(s, request, &result);
}

void gw_fail(struct gw_session *s, gw_request request, enum gw_reason reason,
	const char *text)
{
	const struct gw_result result = {
		.stage = GW_FAILED, .reason = reason, .text = text
	};
	gw_result(s, request, &result);
}

void gw_item(
	struct gw_session *s, gw_request request, const struct gw_item *item)
{
	struct request *r = request_find(account_of(s), request);
	if (r == NULL || r->item == NULL)
		return;
	r->items++;
	r->item(r, item);
}

/* --- Answers ------------------------------------------------------------- */

static struct component *stream(const struct request *r)
{
	return account_gateway(r->account)->component;
}

struct xml_writer *request_result_begin(struct request *r)
{
	const struct stanza_head head = { .from = r->to,
		.to = r->from,
		.type = "result",
		.id = r->stanza_id };
	return stanza_begin(stream(r), STANZA_IQ, &head);
}

void request_reply_result(struct request *r)
{
	request_result_begin(r);
	stanza_end(stream(r));
}

void request_reply_error(
	struct request *r, enum gw_reason reason, const char *text)
{
	const struct stanza_head head = { .from = r->to,
		.to = r->from,
		.type = "error",
		.id = r->stanza_id };
	const struct stanza_error_detail detail = { .error = reason_error(
							    reason),
		.type = reason_type(reason),
		.text = text };
	struct xml_writer *w = stanza_begin(stream(r), r->kind, &head);
	stanza_put_error(w, &detail);
	stanza_end(stream(r));
}
