/*
 * Requests are few at a time and short-lived; they hang on their account in
 * the order of their ids, which is the order of their deadlines too.
 */
#include "host/request.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "host/gateway.h"

#define DEADLINE_MS 60000
/* How long after acceptance a network may still take a message back. */
#define REGRET_MS 30000

static size_t waiting(const struct account *a)
{
	size_t count = 0;
	list_for_each(it, &a->requests)
		count++;
	return count;
}

struct request *request_new(
	struct account *a, const struct stanza *s, request_fn done)
{
	static gw_request last_id;
	if (waiting(a) >= LIMIT_REQUESTS)
		return NULL;
	struct request *r = xalloc(sizeof(*r));
	r->account = a;
	if (++last_id == 0)
		last_id = 1;
	r->id = last_id;
	r->done = done;
	r->deadline_ms = loop_now_ms(account_gateway(a)->host->loop) +
		DEADLINE_MS;
	r->lines.max = LIMIT_STANZA_OUT;
	if (s != NULL) {
		r->from = xstrdup(s->from.full);
		r->to = xstrdup(s->to.full);
		r->stanza_id = xstrdup(s->id);
		r->kind = s->kind;
		r->type = s->type;
	}
	list_append(&a->requests, &r->link);
	return r;
}

struct request *request_find(struct account *a, gw_request id)
{
	if (id == 0)
		return NULL;
	list_for_each(it, &a->requests) {
		struct request *r = CONTAINER(it, struct request, link);
		if (r->id == id)
			return r;
	}
	return NULL;
}

void request_drop(struct request **slot)
{
	struct request *r = *slot;
	if (r == NULL)
		return;
	*slot = NULL;
	list_remove(&r->link);
	str_finish(&r->lines);
	if (r->owns_arg)
		xfree(r->arg);
	xfree(r->from);
	xfree(r->to);
	xfree(r->stanza_id);
	xfree(r);
}

static void complete(struct request *r, const struct gw_result *result)
{
	r->done(r, result);
	r->accepted = result->stage != GW_FAILED;
	if (result->stage == GW_FAILED || !r->lasting) {
		request_drop(&r);
		return;
	}
	/* Newest first to be forgotten last: to the end of the ring. */
	r->deadline_ms =
		loop_now_ms(account_gateway(r->account)->host->loop) +
		REGRET_MS;
}

static void fail(struct request *r, enum gw_reason reason, const char *text)
{
	const struct gw_result result = { .stage = GW_FAILED,
		.reason = reason,
		.text = text };
	complete(r, &result);
}

void request_fail_all(
	struct account *a, enum gw_reason reason, const char *text)
{
	/* A `done` may start new requests; only those here now are failed. */
	struct list failed;
	list_init(&failed);
	list_for_each_safe(it, &a->requests) {
		list_remove(it);
		list_append(&failed, it);
	}
	while (!list_is_empty(&failed)) {
		struct request *r =
			CONTAINER(failed.next, struct request, link);
		if (r->accepted)
			request_drop(&r);
		else
			fail(r, reason, text);
	}
}

void request_sweep(struct account *a, int64_t now_ms)
{
	list_for_each_safe(it, &a->requests) {
		struct request *r = CONTAINER(it, struct request, link);
		if (r->deadline_ms > now_ms)
			continue;
		if (r->accepted)
			request_drop(&r);
		else
			fail(r, GW_UNREACHABLE,
				"The network did not answer in time. Try "
				"again later.");
	}
}

/* --- Services ------------------------------------------------------------ */

void gw_result(struct gw_session *s, gw_request id,
	const struct gw_result *result)
{
	struct request *r = request_find(account_of(s), id);
	if (r == NULL)
		return;
	complete(r, result);
}

void gw_done(struct gw_session *s, gw_request request, const char *text)
{
	const struct gw_result result = { .stage = GW_ACCEPTED,
		.text = text };
	gw_result(s, request, &result);
}

void gw_fail(struct gw_session *s, gw_request request, enum gw_reason reason,
	const char *text)
{
	const struct gw_result result = { .stage = GW_FAILED,
		.reason = reason,
		.text = text };
	gw_result(s, request, &result);
}

void gw_item(struct gw_session *s, gw_request id, const struct gw_item *item)
{
	struct request *r = request_find(account_of(s), id);
	if (r == NULL || r->item == NULL)
		return;
	r->items++;
	r->item(r, item);
}

/* --- Answers --------------------------------------------------------------- */

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
	const struct stanza_error_detail detail = {
		.error = reason_error(reason), .text = text
	};
	struct xml_writer *w = stanza_begin(stream(r), r->kind, &head);
	stanza_put_error(w, &detail);
	stanza_end(stream(r));
}
