/*
 * Requests: what is asked of a worker and answered once, and the bytes that
 * go with it, as fast as the other side uses them.
 */
#include <assert.h>

#include "base/alloc.h"
#include "base/magic.h"
#include "email/pool_private.h"

#define REQUEST_MAGIC 0x72657175u

struct mail_request {
	unsigned magic;
	uint32_t id;
	struct list list; /* of its worker, or of those lost */
	struct mail_pool *pool;
	struct mail_worker *worker; /* NULL: it is gone */
	struct mail_link *link;     /* NULL: none */
	enum frame_type type;
	mail_fn fn; /* NULL: nobody wants to know */
	void *arg;
	struct slice body; /* what is not sent yet */
	bool has_body;
	bool is_given;          /* all bytes it wanted are with the worker */
	uint64_t room;          /* bytes that it takes now */
	struct deferred invite; /* tell that there is room */
	bool is_blamed;
};

static uint32_t link_of(const struct mail_request *r)
{
	return r->link != NULL ? r->link->id : 0;
}

/* --- The end -------------------------------------------------------------- */

static void destroy_request(struct mail_request *r)
{
	(void)map_remove(&r->pool->requests, mail_pool_key(&r->id));
	list_remove(&r->list);
	deferred_stop(&r->invite);
	r->magic = 0;
	xfree(r);
}

/* The last word to its owner; `f` is DONE. */
static void end_request(struct mail_request *r, const struct frame *f)
{
	mail_fn fn = r->fn;
	void *arg = r->arg;

	destroy_request(r);
	if (fn != NULL)
		fn(f, arg);
}

void mail_request_tell_lost(struct list *lost)
{
	struct mail_request *r =
		CONTAINER(lost->next, struct mail_request, list);
	struct frame f = { .type = FRAME_DONE,
		.request = r->id,
		.link = link_of(r),
		.numbers = { LINK_CRASHED, 0, r->is_blamed },
		.fd = -1 };

	f.texts[0] = slice_of("an internal error of the gateway");
	if (r->type == FRAME_SUBMIT && r->is_given)
		f.numbers[0] = LINK_UNKNOWN;
	end_request(r, &f);
}

void mail_requests_lose(struct mail_worker *w, const struct frame_blame *blame)
{
	while (!list_is_empty(&w->requests)) {
		struct mail_request *r =
			CONTAINER(w->requests.next, struct mail_request, list);

		r->worker = NULL;
		r->is_blamed = r->id == blame->request;
		list_remove(&r->list);
		list_append(&w->pool->lost_requests, &r->list);
	}
}

void mail_requests_forget(struct list *requests, const struct mail_link *link)
{
	list_for_each_safe(it, requests) {
		struct mail_request *r =
			CONTAINER(it, struct mail_request, list);

		if (link == NULL || r->link == link)
			destroy_request(r);
	}
}

/* --- Bytes for the worker ------------------------------------------------- */

static void give_piece(
	struct mail_request *r, struct slice piece, uint64_t left)
{
	struct frame f = { .type = FRAME_DATA,
		.request = r->id,
		.link = link_of(r),
		.numbers = { left },
		.texts = { piece },
		.fd = -1 };

	r->room -= piece.len;
	if (r->worker != NULL)
		mail_worker_send(r->worker, &f, -1);
}

void mail_request_give(
	struct mail_request *r, struct slice bytes, uint64_t left)
{
	MAGIC_CHECK(r, REQUEST_MAGIC);
	assert(!r->is_given && bytes.len <= r->room);
	r->is_given = left == 0;
	do {
		struct slice piece = bytes;

		if (piece.len > FRAME_DATA_MAX)
			piece.len = FRAME_DATA_MAX;
		bytes.data += piece.len;
		bytes.len -= piece.len;
		give_piece(r, piece,
			left < FRAME_LEFT_UNKNOWN ? left + bytes.len : left);
	} while (bytes.len > 0);
}

/* As much of the body as there is room for. */
static void give_body(struct mail_request *r)
{
	while (!r->is_given && (r->room > 0 || r->body.len == 0)) {
		struct slice piece = r->body;

		if (piece.len > FRAME_DATA_MAX)
			piece.len = FRAME_DATA_MAX;
		if (piece.len > r->room)
			piece.len = (size_t)r->room;
		r->body.data += piece.len;
		r->body.len -= piece.len;
		mail_request_give(r, piece, r->body.len);
	}
}

/* --- Hearing -------------------------------------------------------------- */

static void on_more(struct mail_request *r, const struct frame *f)
{
	struct frame told = *f;

	r->room += f->numbers[0];
	if (r->has_body) {
		give_body(r);
		return;
	}
	told.numbers[0] = r->room;
	if (r->fn != NULL && !r->is_given)
		r->fn(&told, r->arg);
}

/* -1: it has no business saying that. */
int mail_request_hear(struct mail_worker *w, const struct frame *f)
{
	struct mail_request *r =
		map_get(&w->pool->requests, mail_pool_key(&f->request));

	if (r == NULL)
		return 0;
	if (r->worker != w)
		return -1;
	if (f->type == FRAME_DONE)
		end_request(r, f);
	else if (f->type == FRAME_MORE)
		on_more(r, f);
	else if (r->fn != NULL)
		r->fn(f, r->arg);
	else if (f->type == FRAME_DATA)
		mail_request_used(r, f->texts[0].len);
	return 0;
}

/* --- Asking --------------------------------------------------------------- */

/* Does it want bytes that somebody has to give piece by piece? */
static bool is_hungry(const struct mail_request *r)
{
	return !r->has_body && !r->is_given &&
	       (r->type == FRAME_APPEND || r->type == FRAME_SUBMIT ||
		       r->type == FRAME_COMPOSE);
}

static void on_invite(void *arg)
{
	struct mail_request *r = arg;
	struct frame f = { .type = FRAME_MORE,
		.request = r->id,
		.link = link_of(r),
		.numbers = { r->room },
		.fd = -1 };

	if (r->fn != NULL && r->worker != NULL)
		r->fn(&f, r->arg);
}

static struct mail_request *ask(struct mail_pool *p, struct mail_worker *w,
	struct mail_link *link, const struct frame *f, mail_fn fn, void *arg)
{
	struct mail_request *r = xalloc(sizeof(*r));
	struct frame copy = *f;

	r->magic = REQUEST_MAGIC;
	r->pool = p;
	r->worker = w;
	r->link = link;
	r->type = f->type;
	r->fn = fn;
	r->arg = arg;
	r->room = FRAME_CREDIT;
	r->id = mail_pool_next_id(&p->requests, &p->last_request);
	(void)map_put(&p->requests, mail_pool_key(&r->id), r);
	list_init(&r->list);
	deferred_init(&r->invite, p->loop, "mail request", on_invite, r);
	if (w == NULL) {
		list_append(&p->lost_requests, &r->list);
		deferred_start(&p->tell_lost);
		return r;
	}
	list_append(&w->requests, &r->list);
	copy.link = link != NULL ? link->id : 0;
	copy.request = r->id;
	mail_worker_send(w, &copy, -1);
	return r;
}

struct mail_request *mail_link_ask(struct mail_link *link,
	const struct frame *f, struct slice body, mail_fn fn, void *arg)
{
	struct mail_request *r;

	MAGIC_CHECK(link, LINK_MAGIC);
	r = ask(link->pool, link->worker, link, f, fn, arg);
	r->has_body = body.data != NULL;
	r->body = body;
	if (r->has_body && r->worker != NULL)
		give_body(r);
	else if (is_hungry(r))
		deferred_start(&r->invite);
	return r;
}

struct mail_request *mail_pool_ask(
	struct mail_pool *p, const struct frame *f, mail_fn fn, void *arg)
{
	struct mail_request *r;

	MAGIC_CHECK(p, POOL_MAGIC);
	r = ask(p, mail_worker_choose(p), NULL, f, fn, arg);
	if (is_hungry(r))
		deferred_start(&r->invite);
	return r;
}

/* --- While it lasts ------------------------------------------------------- */

void mail_request_used(struct mail_request *r, size_t bytes)
{
	MAGIC_CHECK(r, REQUEST_MAGIC);
	mail_worker_say(r->worker, FRAME_MORE, link_of(r), r->id, bytes);
}

void mail_request_cancel(struct mail_request **slot)
{
	struct mail_request *r;

	if (slot == NULL || *slot == NULL)
		return;
	r = *slot;
	*slot = NULL;
	MAGIC_CHECK(r, REQUEST_MAGIC);
	r->fn = NULL;
	r->has_body = false;
	deferred_stop(&r->invite);
	if (is_hungry(r)) {
		r->is_given = true;
		give_piece(r, slice_of(""), FRAME_GIVEN_UP);
	}
}
