/*
 * A pool of workers for tests: notes the frames that come down, and lets the
 * test say what the worker answers. Stands in for gateways/email/pool.c, which
 * has tests of its own.
 */
#ifndef TEST_EMAIL_FAKE_POOL_H
#define TEST_EMAIL_FAKE_POOL_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/macros.h"
#include "email/pool.h"
#include "email_wire/draft.h"
#include "email_wire/mail.h"

#define POOL_TEXT_MAX ((size_t)4 * MIB)

struct copy {
	struct frame frame;
	struct str texts[FRAME_TEXTS];
};

struct mail_link {
	struct list link;
	enum link_protocol protocol;
	struct copy open;
	mail_fn fn;
	void *arg;
	bool failed, ready;
};

struct mail_request {
	struct list link;
	struct mail_link *of; /* NULL: of none */
	struct copy frame;
	struct slice body;
	mail_fn fn;
	void *arg;
};

struct mail_pool {
	struct list links, requests;
	struct copy sent[FRAME_TYPES];
};

static struct mail_pool *pool;

static void copy_frame(struct copy *c, const struct frame *f)
{
	c->frame = *f;
	for (size_t i = 0; i < FRAME_TEXTS; i++) {
		str_init(&c->texts[i], POOL_TEXT_MAX);
		str_add_slice(&c->texts[i], f->texts[i]);
		c->frame.texts[i] = str_slice(&c->texts[i]);
	}
}

static void copy_free(struct copy *c)
{
	for (size_t i = 0; i < FRAME_TEXTS; i++)
		str_finish(&c->texts[i]);
}

/* --- pool.h -------------------------------------------------------------- */

struct mail_pool *mail_pool_new(struct loop *l,
	const struct mail_pool_config *config, const char **reason_r)
{
	(void)l, (void)config, (void)reason_r;
	pool = xalloc(sizeof(*pool));
	list_init(&pool->links);
	list_init(&pool->requests);
	return pool;
}

void mail_pool_trust(struct mail_pool *p, const char *ca_file, bool verify)
{
	(void)p, (void)ca_file, (void)verify;
}

void mail_pool_free(struct mail_pool **slot)
{
	if (*slot == NULL)
		return;
	if (!list_is_empty(&pool->links) || !list_is_empty(&pool->requests))
		abort();
	for (size_t i = 0; i < FRAME_TYPES; i++)
		copy_free(&pool->sent[i]);
	xfree(pool);
	*slot = pool = NULL;
}

void mail_pool_look(const struct mail_pool *p, struct mail_pool_state *state_r)
{
	(void)p;
	*state_r = (struct mail_pool_state){ .workers = 1 };
}

struct mail_link *mail_link_open(struct mail_pool *p, int fd,
	const struct frame *open, mail_fn fn, void *arg)
{
	struct mail_link *link = xalloc(sizeof(*link));

	close(fd);
	link->protocol = (enum link_protocol)open->numbers[0];
	copy_frame(&link->open, open);
	link->fn = fn;
	link->arg = arg;
	list_append(&p->links, &link->link);
	return link;
}

void mail_link_send(struct mail_link *link, const struct frame *f)
{
	if (link->failed)
		return;
	copy_free(&pool->sent[f->type]);
	copy_frame(&pool->sent[f->type], f);
}

static void request_free(struct mail_request *r)
{
	list_remove(&r->link);
	copy_free(&r->frame);
	xfree(r);
}

void mail_link_close(struct mail_link **slot)
{
	struct mail_link *link = *slot;

	if (link == NULL)
		return;
	*slot = NULL;
	list_for_each_safe(it, &pool->requests) {
		struct mail_request *r =
			CONTAINER(it, struct mail_request, link);

		if (r->of == link)
			request_free(r);
	}
	list_remove(&link->link);
	copy_free(&link->open);
	xfree(link);
}

static struct mail_request *request_new(struct mail_link *link,
	const struct frame *f, struct slice body, mail_fn fn, void *arg)
{
	struct mail_request *r = xalloc(sizeof(*r));

	r->of = link;
	copy_frame(&r->frame, f);
	r->body = body;
	r->fn = fn;
	r->arg = arg;
	list_append(&pool->requests, &r->link);
	return r;
}

struct mail_request *mail_link_ask(struct mail_link *link,
	const struct frame *f, struct slice body, mail_fn fn, void *arg)
{
	return request_new(link, f, body, fn, arg);
}

struct mail_request *mail_pool_ask(
	struct mail_pool *p, const struct frame *f, mail_fn fn, void *arg)
{
	(void)p;
	return request_new(NULL, f, slice_make(NULL, 0), fn, arg);
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
	if (*slot == NULL)
		return;
	request_free(*slot);
	*slot = NULL;
}

/* --- What the test says -------------------------------------------------- */

/* The newest open link of this protocol; NULL: none. */
static UNUSED struct mail_link *pool_link(enum link_protocol protocol)
{
	for (struct list *it = pool->links.prev; it != &pool->links;
		it = it->prev) {
		struct mail_link *link = CONTAINER(it, struct mail_link, link);

		if (link->protocol == protocol)
			return link;
	}
	return NULL;
}

static UNUSED unsigned pool_link_count(void)
{
	unsigned count = 0;

	list_for_each(it, &pool->links)
		count++;
	return count;
}

static UNUSED bool pool_was_ready(const struct mail_link *link)
{
	return link->ready;
}

static UNUSED const char *pool_secret(const struct mail_link *link)
{
	return str_text(&link->open.texts[2]);
}

/* Unless its owner has closed it meanwhile. */
static UNUSED void pool_done(struct mail_request *r, enum link_error error,
	uint64_t number, const char *words, const char *result);

static void tell(struct mail_link *link, const struct frame *f)
{
	list_for_each(it, &pool->links) {
		if (it != &link->link)
			continue;
		link->fn(f, link->arg);
		return;
	}
}

/* The worker says so about a link. */
static UNUSED void pool_state(struct mail_link *link, enum link_state state,
	enum link_error error, const char *words)
{
	const struct frame f = {
		.type = FRAME_STATE,
		.numbers = { state, error },
		.texts = { slice_of(words) },
		.fd = -1,
	};

	link->ready = state == LINK_READY;
	if (state == LINK_FAILED) {
		link->failed = true;
		list_for_each_safe(it, &pool->requests) {
			struct mail_request *r =
				CONTAINER(it, struct mail_request, link);

			if (r->of == link)
				pool_done(r,
					r->frame.frame.type == FRAME_SUBMIT
						? LINK_UNKNOWN
						: LINK_LOST,
					0, "", "");
		}
	}
	tell(link, &f);
}

/* The worker died; of this link, if `is_blamed`, or of a mail in it. */
static UNUSED void pool_crash(
	struct mail_link *link, bool is_blamed, uint64_t uid)
{
	const struct frame f = {
		.type = FRAME_STATE,
		.numbers = { LINK_FAILED, LINK_CRASHED, is_blamed, uid },
		.fd = -1,
	};

	link->failed = true;
	tell(link, &f);
}

static UNUSED void pool_mailbox(struct mail_link *link, uint64_t uidvalidity,
	uint64_t uidnext, const char *folders)
{
	const struct frame f = {
		.type = FRAME_MAILBOX,
		.numbers = { uidvalidity, uidnext },
		.texts = { slice_of("INBOX"), slice_of(folders) },
		.fd = -1,
	};

	tell(link, &f);
}

static UNUSED void pool_tell_mail(struct mail_link *link, enum frame_type type,
	uint32_t uid, unsigned flags, const struct mail *m)
{
	struct str record = { .max = POOL_TEXT_MAX };

	mail_encode(&record, m);
	const struct frame f = {
		.type = type,
		.numbers = { uid, 0, flags, 1700000000000 },
		.texts = { str_slice(&record) },
		.fd = -1,
	};

	tell(link, &f);
	str_finish(&record);
}

static UNUSED void pool_mail(struct mail_link *link, uint32_t uid,
	unsigned flags, const struct mail *m)
{
	pool_tell_mail(link, FRAME_MAIL, uid, flags, m);
}

/* The folder of sent mails is numbered so. */
static UNUSED void pool_mirrored(
	struct mail_link *link, uint64_t uidvalidity, uint64_t done)
{
	const struct frame f = {
		.type = FRAME_MIRRORED,
		.numbers = { uidvalidity, done },
		.texts = { slice_of("Sent") },
		.fd = -1,
	};

	tell(link, &f);
}

static UNUSED const struct frame *pool_sent(enum frame_type type)
{
	struct copy *c = &pool->sent[type];

	if (c->frame.type != type)
		return NULL;
	c->frame.type = FRAME_NONE;
	return &c->frame;
}

/* The oldest request of this type that waits; NULL: none. */
static UNUSED struct mail_request *pool_request(enum frame_type type)
{
	list_for_each(it, &pool->requests) {
		struct mail_request *r =
			CONTAINER(it, struct mail_request, link);

		if (r->frame.frame.type == type)
			return r;
	}
	return NULL;
}

static UNUSED const struct frame *pool_frame(const struct mail_request *r)
{
	return &r->frame.frame;
}

static UNUSED struct slice pool_body(const struct mail_request *r)
{
	return r->body;
}

static UNUSED void pool_bytes(struct mail_request *r, struct slice bytes)
{
	const struct frame f = {
		.type = FRAME_DATA, .texts = { bytes }, .fd = -1
	};

	r->fn(&f, r->arg);
}

static UNUSED void pool_data(struct mail_request *r, const char *bytes)
{
	pool_bytes(r, slice_of(bytes));
}

static UNUSED void pool_refused(struct mail_request *r, const char *who,
	unsigned code, const char *status, const char *words)
{
	const struct frame f = {
		.type = FRAME_REFUSED,
		.numbers = { code },
		.texts = { slice_of(who), slice_of(status), slice_of(words) },
		.fd = -1,
	};

	r->fn(&f, r->arg);
}

static UNUSED void pool_done(struct mail_request *r, enum link_error error,
	uint64_t number, const char *words, const char *result)
{
	const struct frame f = {
		.type = FRAME_DONE,
		.numbers = { error, number },
		.texts = { slice_of(words), slice_of(result) },
		.fd = -1,
	};
	mail_fn fn = r->fn;
	void *arg = r->arg;

	request_free(r);
	fn(&f, arg);
}

/* The worker died; of this request, if `is_blamed`. */
static UNUSED void pool_crash_request(
	struct mail_request *r, enum link_error error, bool is_blamed)
{
	const struct frame f = {
		.type = FRAME_DONE,
		.numbers = { error, 0, is_blamed },
		.fd = -1,
	};
	mail_fn fn = r->fn;
	void *arg = r->arg;

	request_free(r);
	fn(&f, arg);
}

/* Answer COMPOSE that waits: the mail is "Subject|to,to|In-Reply-To|text". */
static UNUSED void pool_compose(void)
{
	struct mail_request *r = pool_request(FRAME_COMPOSE);
	struct str mail = { .max = POOL_TEXT_MAX };
	struct arena arena;
	struct draft d;

	if (r == NULL)
		abort();
	arena_init(&arena, POOL_TEXT_MAX);
	if (draft_decode(r->frame.frame.texts[0], &arena, &d) != 0)
		abort();
	str_addf(&mail, "%s|", d.subject);
	for (size_t i = 0; i < d.to.count; i++)
		str_addf(
			&mail, "%s%s", i > 0 ? "," : "", d.to.items[i].address);
	str_addf(&mail, "|%s|%s", d.in_reply_to != NULL ? d.in_reply_to : "-",
		d.text);
	if (d.calendar != NULL)
		str_addf(&mail, "|%s|%s", d.calendar_method, d.calendar);
	pool_data(r, str_text(&mail));
	pool_done(r, LINK_OK, 0, "", "");
	str_finish(&mail);
	arena_finish(&arena);
}

#endif
