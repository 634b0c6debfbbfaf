/*
 * Stands in for the workers of the email gateway (gateways/email/pool.h) in the
 * conformance kit: a link says HELLO over its socket, and is logged in when
 * the peer says WELCOME; whatever is asked of it works then. What the gateway
 * says goes over the socket line by line, so that the kit sees a text that
 * became a line of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/list.h"
#include "email/pool.h"
#include "email_wire/draft.h"
#include "net/conn.h"

/* Like a worker's patience with a server that says nothing. */
#define PATIENCE_MS 60000

struct mail_pool {
	struct loop *loop;
};

struct mail_link {
	struct mail_pool *pool;
	struct conn *conn;
	struct timer patience;
	struct list requests;
	mail_fn fn;
	void *arg;
	bool is_ready, is_failed;
};

struct mail_request {
	struct list link;
	struct deferred answer;
	struct mail_link *of; /* NULL: of none */
	enum frame_type type;
	bool is_refused;
	char *text;
	mail_fn fn;
	void *arg;
};

struct mail_pool *mail_pool_new(struct loop *l,
	const struct mail_pool_config *config, const char **reason_r)
{
	struct mail_pool *p = xalloc(sizeof(*p));
	(void)config, (void)reason_r;
	p->loop = l;
	return p;
}

void mail_pool_trust(struct mail_pool *p, const char *ca_file, bool verify)
{
	(void)p, (void)ca_file, (void)verify;
}

void mail_pool_free(struct mail_pool **slot)
{
	xfree(*slot);
	*slot = NULL;
}

void mail_pool_look(const struct mail_pool *p, struct mail_pool_state *state_r)
{
	(void)p;
	*state_r = (struct mail_pool_state){ .workers = 1 };
}

/* --- Requests ------------------------------------------------------------ */

static void request_free(struct mail_request *r)
{
	deferred_stop(&r->answer);
	list_remove(&r->link);
	xfree(r->text);
	xfree(r);
}

static void answer(void *arg)
{
	struct mail_request *r = arg;
	const struct frame data = {
		.type = FRAME_DATA, .texts = { slice_of(r->text) }, .fd = -1
	};
	const struct frame done = { .type = FRAME_DONE,
		.numbers = { r->is_refused ? LINK_LOST : LINK_OK, 250 },
		.fd = -1 };
	mail_fn fn = r->fn;
	void *owner = r->arg;
	if (r->type == FRAME_COMPOSE)
		fn(&data, owner);
	request_free(r);
	fn(&done, owner);
}

static struct mail_request *request_new(struct loop *l, struct mail_link *of,
	const struct frame *f, mail_fn fn, void *arg)
{
	struct mail_request *r = xalloc(sizeof(*r));
	r->of = of;
	r->type = f->type;
	r->is_refused = of != NULL && !of->is_ready;
	r->text = xstrdup("a mail");
	r->fn = fn;
	r->arg = arg;
	list_init(&r->link);
	if (of != NULL)
		list_append(&of->requests, &r->link);
	deferred_init(&r->answer, l, "request", answer, r);
	deferred_start(&r->answer);
	return r;
}

struct mail_request *mail_pool_ask(
	struct mail_pool *p, const struct frame *f, mail_fn fn, void *arg)
{
	return request_new(p->loop, NULL, f, fn, arg);
}

void mail_request_give(
	struct mail_request *r, struct slice bytes, uint64_t left)
{
	(void)r, (void)bytes, (void)left;
}

void mail_request_used(struct mail_request *r, size_t bytes)
{
	(void)r, (void)bytes;
}

void mail_request_cancel(struct mail_request **slot)
{
	if (*slot != NULL)
		request_free(*slot);
	*slot = NULL;
}

/* --- Links --------------------------------------------------------------- */

static void say(struct mail_link *link, const char *word, struct slice text)
{
	struct str line = { .max = MIB };
	str_addf(&line, "%s %.*s\r\n", word, (int)text.len, text.data);
	if (link->conn != NULL && conn_write(link->conn, str_slice(&line)) != 0)
		conn_close(&link->conn);
	str_finish(&line);
}

static void fail(void *arg)
{
	struct mail_link *link = arg;
	const struct frame f = { .type = FRAME_STATE,
		.numbers = { LINK_FAILED, LINK_LOST },
		.fd = -1 };
	if (link->is_failed)
		return;
	link->is_failed = true;
	link->is_ready = false;
	timer_stop(&link->patience);
	link->fn(&f, link->arg);
}

static void heard(struct conn *c, enum conn_event event, void *arg)
{
	struct mail_link *link = arg;
	const struct frame ready = {
		.type = FRAME_STATE, .numbers = { LINK_READY }, .fd = -1
	};
	struct slice in;
	if (event == CONN_EOF || event == CONN_ERROR) {
		fail(link);
		return;
	}
	if (event != CONN_DATA || link->is_failed)
		return;
	in = conn_input(c);
	if (in.len < 9)
		return;
	bool is_welcome = memcmp(in.data, "WELCOME\r\n", 9) == 0;
	conn_consume(c, in.len);
	if (link->is_ready)
		return;
	if (!is_welcome) {
		fail(link);
		return;
	}
	timer_stop(&link->patience);
	link->is_ready = true;
	link->fn(&ready, link->arg);
}

struct mail_link *mail_link_open(struct mail_pool *p, int fd,
	const struct frame *open, mail_fn fn, void *arg)
{
	static const struct conn_limits limits = { MIB, MIB, 0 };
	struct mail_link *link = xalloc(sizeof(*link));
	link->pool = p;
	link->fn = fn;
	link->arg = arg;
	list_init(&link->requests);
	timer_init(&link->patience, p->loop, "patience", fail, link);
	timer_start(&link->patience, PATIENCE_MS);
	link->conn = conn_new(p->loop, fd, "mail", &limits, heard, link);
	say(link, "HELLO", open->texts[1]);
	return link;
}

void mail_link_send(struct mail_link *link, const struct frame *f)
{
	const struct frame mailbox = { .type = FRAME_MAILBOX,
		.numbers = { 77, 10 },
		.texts = { slice_of("INBOX"), slice_of("sent\tSent\n") },
		.fd = -1 };
	say(link, frame_name(f->type), f->texts[0]);
	if (f->type == FRAME_WATCH && link->is_ready)
		link->fn(&mailbox, link->arg);
}

void mail_link_close(struct mail_link **slot)
{
	struct mail_link *link = *slot;
	if (link == NULL)
		return;
	*slot = NULL;
	while (!list_is_empty(&link->requests))
		request_free(CONTAINER(
			link->requests.next, struct mail_request, link));
	timer_stop(&link->patience);
	conn_close(&link->conn);
	xfree(link);
}

struct mail_request *mail_link_ask(struct mail_link *link,
	const struct frame *f, struct slice body, mail_fn fn, void *arg)
{
	struct slice all = f->texts[1];
	(void)body;
	say(link, frame_name(f->type), f->texts[0]);
	/* Recipients are one a line. */
	while (all.data != NULL && all.len > 0)
		say(link, "TO", slice_cut(&all, '\n'));
	return request_new(link->pool->loop, link, f, fn, arg);
}
