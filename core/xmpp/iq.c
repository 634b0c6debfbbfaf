/*
 * An answer belongs to a request when the id is the request's and it comes
 * from the address that was asked: ids alone can be guessed or replayed.
 * Each request has a timer in the loop's heap, so that nothing is searched
 * when one is due.
 */
#include "xmpp/iq.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/limits.h"

/* Who was asked, by bare address. */
struct iq_peer {
	char *bare;
	unsigned waiting;
};

struct iq_request {
	struct list link;
	struct iq_table *table;
	uint64_t number; /* grows along the list */
	struct timer timer;
	iq_fn fn;
	void *arg;
	char *to;             /* prepared; NULL: no answer will count */
	struct iq_peer *peer; /* NULL as `to` is */
	char id[IQ_ID_SIZE];
};

/* In the whole process, those that can be answered. */
static size_t pending_total;

void iq_init(struct iq_table *t, struct loop *l)
{
	char random[CRYPTO_ID_SIZE];

	*t = (struct iq_table){ .loop = l };
	list_init(&t->pending);
	arena_init(&t->scratch, 2 * LIMIT_JID + KIB);
	crypto_random_id(random);
	memcpy(t->prefix, random, sizeof(t->prefix) - 1);
}

static void release_peer(struct iq_request *r)
{
	struct iq_peer *peer = r->peer;

	if (peer == NULL)
		return;
	pending_total--;
	if (--peer->waiting > 0)
		return;
	map_remove_text(&r->table->peers, peer->bare);
	xfree(peer->bare);
	xfree(peer);
}

static void request_free(struct iq_request *r)
{
	release_peer(r);
	map_remove_text(&r->table->by_id, r->id);
	list_remove(&r->link);
	timer_stop(&r->timer);
	xfree(r->to);
	xfree(r);
}

/* The request is gone before its owner hears: he may track the next. */
static void complete(struct iq_request *r, const struct stanza *answer)
{
	iq_fn fn = r->fn;
	void *arg = r->arg;

	request_free(r);
	fn(answer, arg);
}

static struct iq_request *request_of(struct list *link)
{
	return CONTAINER(link, struct iq_request, link);
}

void iq_finish(struct iq_table *t)
{
	while (!list_is_empty(&t->pending))
		request_free(request_of(t->pending.next));
	map_finish(&t->by_id);
	map_finish(&t->peers);
	arena_finish(&t->scratch);
}

const char *iq_new_id(struct iq_table *t)
{
	snprintf(t->id, sizeof(t->id), "%s%llu", t->prefix,
		(unsigned long long)++t->counter);
	return t->id;
}

static void on_timeout(void *arg)
{
	complete(arg, NULL);
}

/* NULL when too many requests to him wait already. */
static struct iq_peer *take_peer(struct iq_table *t, const char *bare)
{
	struct iq_peer *peer = map_get_text(&t->peers, bare);

	if (pending_total >= LIMIT_IQ_PENDING ||
		(peer != NULL && peer->waiting >= LIMIT_IQ_PENDING_USER))
		return NULL;
	if (peer == NULL) {
		peer = xalloc(sizeof(*peer));
		peer->bare = xstrdup(bare);
		map_put_text(&t->peers, peer->bare, peer);
	}
	peer->waiting++;
	pending_total++;
	return peer;
}

static void set_target(struct iq_request *r, const char *to)
{
	struct arena *scratch = &r->table->scratch;
	struct jid jid;

	if (jid_parse(&jid, slice_of(to), scratch) == 0)
		r->peer = take_peer(r->table, jid.bare);
	if (r->peer != NULL)
		r->to = xstrdup(jid.full);
	arena_reset(scratch);
}

const char *iq_add(struct iq_table *t, const char *to, int64_t timeout_ms,
	iq_fn fn, void *arg)
{
	struct iq_request *r = xalloc(sizeof(*r));

	r->table = t;
	r->fn = fn;
	r->arg = arg;
	set_target(r, to);
	if (r->to == NULL)
		timeout_ms = IQ_FAIL_MS;
	memcpy(r->id, iq_new_id(t), sizeof(r->id));
	r->number = t->counter;
	map_put_text(&t->by_id, r->id, r);
	list_append(&t->pending, &r->link);
	timer_init(&r->timer, t->loop, "iq timeout", on_timeout, r);
	timer_start(&r->timer, timeout_ms);
	return t->id;
}

bool iq_answer(struct iq_table *t, const struct stanza *s)
{
	struct iq_request *r = s->id ? map_get_text(&t->by_id, s->id) : NULL;

	if (r == NULL || r->to == NULL || strcmp(r->to, s->from.full) != 0)
		return false;
	complete(r, s);
	return true;
}

/* Callbacks may track new requests, which are not part of this, and may drop
 * some that are still to come. */
void iq_fail_all(struct iq_table *t)
{
	uint64_t last = t->counter;

	while (!list_is_empty(&t->pending)) {
		struct iq_request *r = request_of(t->pending.next);
		if (r->number > last)
			return;
		complete(r, NULL);
	}
}

void iq_drop(struct iq_table *t, const void *arg)
{
	list_for_each_safe(it, &t->pending) {
		if (request_of(it)->arg == arg)
			request_free(request_of(it));
	}
}
