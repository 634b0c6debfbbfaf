/*
 * Presence comes and goes quickly: what happens to one pair within
 * LINGER_MS is written once, in its last state.
 *
 * Rows carry the number of the run that announced them. Taking the rows
 * starts a new run, delivers those of older ones and deletes them after
 * that: a crash in the middle makes some farewells come twice, never lost.
 */
#include <assert.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/map.h"
#include "store/accounts.h"
#include "store/script.h"

#define LINGER_MS   250
#define PENDING_MAX 1000

/* Rows delivered in one piece. */
#define PAGE_ROWS 500

/* One pair whose last state is not queued yet. The key of the map is the
 * three strings with their NULs. */
struct pending {
	struct list link; /* in the order of their coming */
	bool is_there;
	const char *gateway, *to, *jid;
	size_t key_len;
	char key[];
};

struct announced {
	struct store *store;
	struct map map;
	struct list order;
	struct timer linger;
	int64_t run;
};

static void on_linger(void *arg)
{
	announced_flush(arg);
}

struct announced *announced_new(struct store *s)
{
	struct announced *a = xalloc(sizeof(*a));

	a->store = s;
	list_init(&a->order);
	timer_init(&a->linger, store_loop(s), "farewells", on_linger, a);
	crypto_random(&a->run, sizeof(a->run));
	/* Leave room to count up. */
	a->run &= INT64_MAX >> 1;
	return a;
}

void announced_free(struct announced **a)
{
	assert(list_is_empty(&(*a)->order));
	timer_stop(&(*a)->linger);
	map_finish(&(*a)->map);
	xfree(*a);
	*a = NULL;
}

static void add_pending(
	struct announced *a, struct script *script, const struct pending *p)
{
	struct db_value gateway = db_text(p->gateway);
	struct db_value to = db_text(p->to);
	struct db_value jid = db_text(p->jid);

	if (p->is_there)
		script_add(script, DB_ANNOUNCED_PUT,
			DB_VALUES(gateway, to, jid, db_number(a->run)));
	else
		script_add(script, DB_ANNOUNCED_REMOVE,
			DB_VALUES(gateway, to, jid));
}

void announced_flush(struct announced *a)
{
	static const struct job_type type = SCRIPT_TYPE(.name = "farewells");
	struct script *script;

	timer_stop(&a->linger);
	if (list_is_empty(&a->order))
		return;
	script = script_new(NULL, NULL);
	list_for_each_safe(it, &a->order) {
		struct pending *p = CONTAINER(it, struct pending, link);

		add_pending(a, script, p);
		list_remove(&p->link);
		xfree(p);
	}
	map_finish(&a->map);
	script_submit(script, a->store, &type);
}

static void set_state(
	struct announced *a, const char *const parts[3], bool is_there)
{
	size_t lens[3], len = 0;
	struct pending *p, *old;
	char *at;

	for (int i = 0; i < 3; i++)
		len += lens[i] = strlen(parts[i]) + 1;
	p = xalloc(sizeof(*p) + len);
	p->key_len = len;
	at = p->key;
	for (int i = 0; i < 3; i++) {
		memcpy(at, parts[i], lens[i]);
		at += lens[i];
	}
	p->gateway = p->key;
	p->to = p->gateway + lens[0];
	p->jid = p->to + lens[1];
	p->is_there = is_there;
	old = map_put(&a->map, slice_make(p->key, len), p);
	if (old != NULL) {
		list_remove(&old->link);
		xfree(old);
	}
	list_append(&a->order, &p->link);
	if (a->map.count >= PENDING_MAX)
		announced_flush(a);
	else if (!timer_is_running(&a->linger))
		timer_start(&a->linger, LINGER_MS);
}

void store_announced_put(
	struct store *s, const char *gateway, const char *to, const char *jid)
{
	set_state(store_announced(s), (const char *const[]){ gateway, to, jid },
		true);
}

void store_announced_remove(
	struct store *s, const char *gateway, const char *to, const char *jid)
{
	set_state(store_announced(s), (const char *const[]){ gateway, to, jid },
		false);
}

/* --- Taking -------------------------------------------------------------- */

struct page {
	size_t count;
	struct {
		char *to, *jid;
	} rows[PAGE_ROWS];
};

struct taking {
	struct job job;
	char *gateway;
	int64_t run; /* older ones are taken */
	store_announced_fn each;
	store_done_fn done;
	void *arg;
	struct page *delivered; /* the next job deletes these ... */
	struct page *fresh;     /* ... and reads these */
};

static void page_clear(struct page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		xfree(page->rows[i].to);
		xfree(page->rows[i].jid);
	}
	page->count = 0;
}

static int delete_delivered(const struct taking *t, struct db *db)
{
	const struct page *page = t->delivered;

	for (size_t i = 0; i < page->count; i++) {
		if (db_run(db, DB_ANNOUNCED_TAKEN,
			    DB_VALUES(db_text(t->gateway),
				    db_text(page->rows[i].to),
				    db_text(page->rows[i].jid),
				    db_number(t->run))) != 0)
			return -1;
	}
	return 0;
}

static int taking_run(struct job *j, struct db *db)
{
	struct taking *t = CONTAINER(j, struct taking, job);
	struct page *page = t->fresh;
	int got;

	page_clear(page);
	if (delete_delivered(t, db) != 0)
		return -1;
	got = db_start(db, DB_ANNOUNCED_OLD,
		DB_VALUES(db_text(t->gateway), db_number(t->run),
			db_number(PAGE_ROWS)));
	while (got >= 0 && (got = db_step(db)) > 0) {
		struct slice to = db_get_bytes(db, 0);
		struct slice jid = db_get_bytes(db, 1);
		size_t i = page->count++;

		page->rows[i].to = xstrndup(to.data, to.len);
		page->rows[i].jid = xstrndup(jid.data, jid.len);
	}
	db_stop(db);
	return got;
}

static void taking_free(struct taking *t)
{
	page_clear(t->delivered);
	page_clear(t->fresh);
	xfree(t->delivered);
	xfree(t->fresh);
	xfree(t->gateway);
	xfree(t);
}

static void taking_finish(struct job *j);

static const struct job_type taking_type = {
	.name = "taking of farewells",
	.run = taking_run,
	.finish = taking_finish,
};

static void taking_finish(struct job *j)
{
	struct taking *t = CONTAINER(j, struct taking, job);
	struct page *page = t->fresh;

	if (j->status == 0 && page->count > 0) {
		for (size_t i = 0; i < page->count; i++)
			t->each(page->rows[i].to, page->rows[i].jid, t->arg);
		t->fresh = t->delivered;
		t->delivered = page;
		store_submit(j->store, j, &taking_type);
		return;
	}
	t->done(j->status, t->arg);
	taking_free(t);
}

void store_announced_take(struct store *s, const char *gateway,
	store_announced_fn each, store_done_fn done, void *arg)
{
	struct announced *a = store_announced(s);
	struct taking *t = xalloc(sizeof(*t));

	/* What was announced until now belongs to the run that ends. */
	announced_flush(a);
	t->run = ++a->run;
	t->gateway = xstrdup(gateway);
	t->each = each;
	t->done = done;
	t->arg = arg;
	t->delivered = xalloc(sizeof(*t->delivered));
	t->fresh = xalloc(sizeof(*t->fresh));
	store_submit(s, &t->job, &taking_type);
}
