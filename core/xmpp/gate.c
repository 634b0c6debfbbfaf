/*
 * Sending: the one gate through which every stanza leaves (component.h).
 *
 * A stanza is written into a string of its own, so that one that turns out
 * to be too big leaves no trace, and then moved to `out`. At the end of the
 * loop's turn `out` goes to the connection in one piece; when the server is
 * slow it stays here and follows as the connection drains.
 */
#include "xmpp/component_private.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/magic.h"
#include "xmpp/ns.h"

/* Bytes that may wait in the connection. */
#define FLUSH_HIGH (1u * MIB)

/* Memory that stays for the next turn. */
#define OUT_KEEP (256u * KIB)

static const char *const kind_names[] = {
	[STANZA_MESSAGE] = "message",
	[STANZA_PRESENCE] = "presence",
	[STANZA_IQ] = "iq",
};

/* --- The queue ----------------------------------------------------------- */

void gate_init(struct component *c)
{
	str_init(&c->stanza, LIMIT_STANZA_OUT + 1);
	str_init(&c->out, LIMIT_STREAM_QUEUE_MAX + 1);
	iq_init(&c->iqs, c->loop);
}

void gate_finish(struct component *c)
{
	iq_finish(&c->iqs);
	str_finish(&c->out);
	str_finish(&c->stanza);
}

void gate_reset(struct component *c)
{
	str_release(&c->out, 0);
	c->sent = 0;
	c->is_stalled = false;
}

void gate_trim(struct component *c)
{
	if (c->out.len == 0)
		str_release(&c->out, 0);
	str_release(&c->stanza, 0);
}

static size_t waiting(const struct component *c)
{
	size_t pending = c->conn ? conn_pending(c->conn) : 0;

	return c->out.len - c->sent + pending;
}

bool component_is_congested(const struct component *c)
{
	size_t high = LIMIT_STREAM_QUEUE_HIGH;

	/* Without a stream the mark is an end: keep room for one stanza. */
	if (c->state != COMPONENT_READY)
		high -= LIMIT_STANZA_OUT;
	return waiting(c) >= high;
}

void gate_flush(struct component *c, bool all)
{
	while (c->sent < c->out.len) {
		size_t pending = conn_pending(c->conn);
		struct slice part =
			slice_make(c->out.data + c->sent, c->out.len - c->sent);
		if (!all && pending >= FLUSH_HIGH)
			return;
		if (!all && part.len > FLUSH_HIGH)
			part.len = FLUSH_HIGH;
		if (conn_write(c->conn, part) != 0) {
			component_fail(c, STREAM_ERROR_OTHER, NULL,
				"the connection takes no more data");
			return;
		}
		c->sent += part.len;
	}
	str_release(&c->out, OUT_KEEP);
	c->sent = 0;
}

bool component_is_stalled(const struct component *c)
{
	return c->is_stalled;
}

void gate_drained(struct component *c)
{
	gate_flush(c, false);
	if (!c->is_stalled || waiting(c) > LIMIT_STREAM_QUEUE_LOW)
		return;
	c->is_stalled = false;
	if (c->events->drained != NULL)
		c->events->drained(c, c->arg);
}

/* Give memory back that was sent already, when it is most of it. */
static void compact(struct component *c)
{
	if (c->sent < FLUSH_HIGH || c->sent < c->out.len / 2)
		return;
	str_consume(&c->out, c->sent);
	c->sent = 0;
}

static int keep_for_later(struct component *c)
{
	/* What the host announces anew is not worth keeping. */
	if (c->kind != STANZA_MESSAGE)
		return 0;
	if (c->was_stopped ||
		c->out.len + c->stanza.len > LIMIT_STREAM_QUEUE_HIGH)
		return -1;
	str_add_slice(&c->out, str_slice(&c->stanza));
	c->stats.stanzas_out++;
	return 0;
}

static int enqueue(struct component *c)
{
	if (c->state != COMPONENT_READY)
		return keep_for_later(c);
	if (waiting(c) + c->stanza.len > LIMIT_STREAM_QUEUE_MAX) {
		component_fail(c, STREAM_ERROR_OTHER, NULL,
			"the XMPP server has not read what waits for it");
		return -1;
	}
	compact(c);
	str_add_slice(&c->out, str_slice(&c->stanza));
	c->stats.stanzas_out++;
	if (waiting(c) >= LIMIT_STREAM_QUEUE_HIGH)
		c->is_stalled = true;
	deferred_start(&c->flush);
	return 0;
}

/* --- Stanzas ------------------------------------------------------------- */

/* Servers close the whole stream for a sender on another domain. */
static bool is_ours(const struct component *c, const char *from)
{
	size_t len = strcspn(from, "/");
	const char *at = memchr(from, '@', len);
	struct slice domain = slice_make(from, len);

	if (at != NULL)
		domain = slice_make(at + 1, len - (size_t)(at + 1 - from));
	return slice_equals(domain, c->jid);
}

/* What makes an address unfit to be sent; NULL when nothing does. Prosody
 * closes the stream for a sender with an empty part; other faults of an
 * address cost only the stanza. */
static const char *address_fault(const char *from, const char *to)
{
	size_t len = strlen(from);

	if (len > LIMIT_JID || strlen(to) > LIMIT_JID)
		return "an address of it is too long";
	if (from[0] == '@' || strchr(from, '/') == from + len - 1)
		return "a part of its sender's address is empty";
	return NULL;
}

/* Only a mistake of ours makes a stanza without these; it pays for itself, as
 * the server would end the stream for everybody. */
static bool is_addressed(struct component *c, const struct stanza_head *head)
{
	if (head->to != NULL && head->to[0] != '\0' && head->from != NULL &&
		is_ours(c, head->from))
		return true;
	if (log_is_due(&c->bug_pause))
		log_error("xmpp", "[%s] bug: %s from=%s to=%s type=%s", c->jid,
			kind_names[c->kind],
			head->from != NULL ? head->from : "-",
			head->to != NULL ? head->to : "-",
			head->type != NULL ? head->type : "-");
	return false;
}

struct xml_writer *stanza_begin(struct component *c, enum stanza_kind kind,
	const struct stanza_head *head)
{
	struct xml_writer *w = &c->writer;

	MAGIC_CHECK(c, COMPONENT_MAGIC);
	assert(!c->is_writing);
	c->is_writing = true;
	c->kind = kind;
	c->fault = is_addressed(c, head) ? address_fault(head->from, head->to)
					 : "it is addressed wrongly";
	str_reset(&c->stanza);
	xml_writer_init(w, &c->stanza, NS_COMPONENT);
	xml_open(w, kind_names[kind], NULL);
	xml_put_attr(w, "from", head->from);
	xml_put_attr(w, "to", head->to);
	xml_put_attr(w, "type", head->type);
	xml_put_attr(w, "id", head->id);
	xml_put_lang(w, head->lang);
	return w;
}

void stanza_abort(struct component *c)
{
	assert(c->is_writing);
	c->is_writing = false;
	str_release(&c->stanza, OUT_KEEP);
}

int stanza_end(struct component *c)
{
	assert(c->is_writing);
	xml_close_to(&c->writer, 0);
	if (c->stanza.overflow)
		c->fault = "it is too big";
	if (c->fault != NULL) {
		c->stats.unsent++;
		if (log_is_due(&c->fault_pause))
			log_warning("xmpp", "[%s] a stanza was not sent: %s",
				c->jid, c->fault);
		stanza_abort(c);
		return -1;
	}
	c->is_writing = false;
	return enqueue(c);
}

struct xml_writer *iq_result_begin(
	struct component *c, const struct stanza *request)
{
	const struct stanza_head head = {
		.from = request->to.full,
		.to = request->from.full,
		.type = "result",
		.id = request->id,
	};

	return stanza_begin(c, STANZA_IQ, &head);
}

void iq_result(struct component *c, const struct stanza *request)
{
	xml_close_to(iq_result_begin(c, request), 0);
	(void)stanza_end(c);
}

void stanza_reply_error(struct component *c, const struct stanza *request,
	enum stanza_error error, const char *text)
{
	const struct stanza_error_detail detail = {
		.error = error,
		.text = text,
	};

	stanza_reply_error_detail(c, request, &detail);
}

void stanza_reply_error_detail(struct component *c,
	const struct stanza *request, const struct stanza_error_detail *d)
{
	const struct stanza_head head = {
		/* A malformed address can't be reflected. */
		.from = request->to.full ? request->to.full : c->jid,
		.to = request->from.full,
		.type = "error",
		.id = request->id,
	};

	if (request->type == TYPE_ERROR || request->type == TYPE_RESULT)
		return;
	struct xml_writer *w = stanza_begin(c, request->kind, &head);
	stanza_put_error(w, d);
	(void)stanza_end(c);
}

/* --- Requests ------------------------------------------------------------ */

const char *iq_track(struct component *c, const char *to, int64_t timeout_ms,
	iq_fn fn, void *arg)
{
	MAGIC_CHECK(c, COMPONENT_MAGIC);
	/* Without a stream the request itself is dropped. */
	if (c->state != COMPONENT_READY)
		timeout_ms = IQ_FAIL_MS;
	return iq_add(&c->iqs, to, timeout_ms, fn, arg);
}

void iq_forget(struct component *c, void *arg)
{
	iq_drop(&c->iqs, arg);
}

static void send_ping(struct component *c, const char *id)
{
	const struct stanza_head head = {
		.from = c->jid,
		.to = c->server,
		.type = "get",
		.id = id,
	};
	struct xml_writer *w = stanza_begin(c, STANZA_IQ, &head);

	xml_put(w, "ping", NS_PING, NULL);
	(void)stanza_end(c);
}

void gate_ping(struct component *c)
{
	send_ping(c, iq_new_id(&c->iqs));
}

void component_ping(
	struct component *c, int64_t timeout_ms, iq_fn fn, void *arg)
{
	send_ping(c, iq_track(c, c->server, timeout_ms, fn, arg));
}

void component_stats(const struct component *c, struct component_stats *out)
{
	*out = c->stats;
}
