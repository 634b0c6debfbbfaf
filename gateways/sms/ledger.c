#include "sms/ledger.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "base/pack.h"
#include "base/utf8.h"
#include "net/backoff.h"
#include "net/loop.h"

/* What the store refused is tried again after this, and longer. */
#define AGAIN_MIN_MS 1000
#define AGAIN_MAX_MS 60000
/* ... and with what is put in next, but no more at once. */
#define AGAIN_COUNT  1000

/* Something that was put in. */
struct entry {
	struct list link; /* ledger->entries; sent, or refused if it is sure */
	char *name;
	void *data; /* NULL: dropped */
	size_t len;
	int days;
	bool is_sure;   /* nobody waits: we see to it; in ledger->sure, unless
			   something else has its name now */
	uint64_t token; /* of its batch */
};

/* Who waits for one turn's batch, or reads. */
struct waiter {
	struct list link; /* ledger->waiters */
	uint64_t token;   /* of the batch */
	ledger_fn fn;
	ledger_each_fn each; /* of a reader */
	bool is_for_all;     /* ledger_wait() */
	void *arg;
	bool is_bad; /* too big: it fails whatever becomes of the others */
};

struct ledger {
	struct gw *gw;
	struct list entries; /* put in during this turn */
	struct list sent;    /* sure ones, on their way to disk */
	struct list refused; /* ... which the store did not take */
	struct map sure;     /* the newest of each name */
	struct list waiters; /* in the order of the calls */
	ledger_fill_fn fill;
	void *fill_arg;
	struct timer again;
	struct backoff backoff;
	unsigned count;   /* of the entries */
	uint64_t token;   /* of the batch that is being filled */
	uint64_t readers; /* tokens of readers are odd */
	struct deferred flush;
	unsigned char key[CRYPTO_KEY_SIZE];
	bool has_key;
};

static void entry_free(struct ledger *l, struct entry *e)
{
	if (map_get_text(&l->sure, e->name) == e)
		map_remove_text(&l->sure, e->name);
	list_remove(&e->link);
	xfree(e->name);
	xfree(e->data);
	xfree(e);
}

static void waiter_free(struct waiter *w)
{
	list_remove(&w->link);
	xfree(w);
}

/* --- Writing ------------------------------------------------------------- */

static void take_refused(struct ledger *l)
{
	unsigned room = AGAIN_COUNT;
	list_for_each_safe(it, &l->refused) {
		if (room-- == 0)
			return;
		list_remove(it);
		list_append(&l->entries, it);
		l->count++;
	}
}

/* They are with the store now. */
static void let_go(struct ledger *l, uint64_t token)
{
	list_for_each_safe(it, &l->entries) {
		struct entry *e = CONTAINER(it, struct entry, link);
		if (!e->is_sure) {
			entry_free(l, e);
			continue;
		}
		e->token = token;
		list_remove(&e->link);
		list_append(&l->sent, &e->link);
	}
	l->count = 0;
}

static void flush(void *arg)
{
	struct ledger *l = arg;
	if (l->fill != NULL)
		l->fill(l->fill_arg);
	deferred_stop(&l->flush);
	take_refused(l);
	struct gw_kept *items = xcalloc(l->count, sizeof(items[0]));
	size_t count = 0;
	list_for_each(it, &l->entries) {
		const struct entry *e = CONTAINER(it, struct entry, link);
		items[count++] = (struct gw_kept){ .name = e->name,
			.data = e->data,
			.len = e->len,
			.days = e->days };
	}
	uint64_t token = l->token;
	l->token += 2;
	gw_own_keep(l->gw, items, count, token);
	xfree(items);
	let_go(l, token);
}

/* What has this name from now on is something else. */
static void supersede(struct ledger *l, const char *name)
{
	struct entry *e = map_remove_text(&l->sure, name);
	if (e == NULL || e->token == l->token)
		return;
	/* One that is with the store is freed when that has answered. */
	bool is_refused = e->token == 0;
	if (is_refused)
		entry_free(l, e);
}

static struct entry *add(
	struct ledger *l, const char *name, struct slice data, int days)
{
	struct entry *e = xalloc(sizeof(*e));
	supersede(l, name);
	e->name = xstrdup(name);
	if (data.data != NULL) {
		e->data = xcalloc(data.len + 1, 1);
		memcpy(e->data, data.data, data.len);
		e->len = data.len;
	}
	e->days = days;
	e->token = l->token;
	list_append(&l->entries, &e->link);
	l->count++;
	deferred_start(&l->flush);
	return e;
}

static struct waiter *wait_for(struct ledger *l, uint64_t token, void *arg)
{
	struct waiter *w = xalloc(sizeof(*w));
	w->token = token;
	w->arg = arg;
	list_append(&l->waiters, &w->link);
	return w;
}

void ledger_put(struct ledger *l, const char *name, struct slice data, int days,
	ledger_fn fn, void *arg)
{
	bool is_bad = data.len > LIMIT_KEPT;
	struct entry *e = is_bad ? NULL : add(l, name, data, days);
	deferred_start(&l->flush);
	if (fn == NULL) {
		if (e != NULL) {
			e->is_sure = true;
			map_put_text(&l->sure, e->name, e);
		}
		return;
	}
	struct waiter *w = wait_for(l, l->token, arg);
	w->fn = fn;
	w->is_bad = is_bad;
}

void ledger_drop(struct ledger *l, const char *name)
{
	(void)add(l, name, slice_make(NULL, 0), 0);
}

void ledger_wait(struct ledger *l, ledger_fn fn, void *arg)
{
	deferred_start(&l->flush);
	struct waiter *w = wait_for(l, l->token, arg);
	w->fn = fn;
	w->is_for_all = true;
}

void ledger_fill(struct ledger *l, ledger_fill_fn fn, void *arg)
{
	l->fill = fn;
	l->fill_arg = arg;
}

void ledger_due(struct ledger *l)
{
	deferred_start(&l->flush);
}

void ledger_forget(struct ledger *l, const void *arg)
{
	list_for_each_safe(it, &l->waiters) {
		struct waiter *w = CONTAINER(it, struct waiter, link);
		if (w->arg == arg)
			waiter_free(w);
	}
}

static void on_again(void *arg)
{
	struct ledger *l = arg;
	deferred_start(&l->flush);
}

/* The store has all there is. */
static void calm(struct ledger *l)
{
	timer_stop(&l->again);
	backoff_reset(&l->backoff);
}

/* What nobody waits for: it is there, or is tried again. */
static void see_to_sure(struct ledger *l, uint64_t token, bool ok)
{
	list_for_each_safe(it, &l->sent) {
		struct entry *e = CONTAINER(it, struct entry, link);
		if (e->token != token)
			continue;
		if (ok || map_get_text(&l->sure, e->name) != e) {
			entry_free(l, e);
			continue;
		}
		e->token = 0;
		list_remove(&e->link);
		list_append(&l->refused, &e->link);
	}
	if (list_is_empty(&l->refused))
		calm(l);
	else if (ok)
		deferred_start(&l->flush);
	else if (!timer_is_running(&l->again))
		timer_start(&l->again, backoff_next_ms(&l->backoff));
}

/* Callbacks may put, drop and forget. */
void ledger_kept(struct ledger *l, uint64_t token, bool ok)
{
	bool any = true;
	see_to_sure(l, token, ok);
	while (any) {
		any = false;
		list_for_each(it, &l->waiters) {
			struct waiter *w = CONTAINER(it, struct waiter, link);
			if (w->token != token || w->fn == NULL)
				continue;
			struct waiter now = *w;
			waiter_free(w);
			now.fn(ok && !now.is_bad &&
					(!now.is_for_all ||
						list_is_empty(&l->refused)),
				now.arg);
			any = true;
			break;
		}
	}
}

/* --- Reading ------------------------------------------------------------- */

void ledger_read(
	struct ledger *l, const char *prefix, ledger_each_fn fn, void *arg)
{
	l->readers += 2;
	wait_for(l, l->readers, arg)->each = fn;
	gw_own_recall(l->gw, prefix, l->readers);
}

static struct waiter *find_reader(const struct ledger *l, uint64_t token)
{
	list_for_each(it, &l->waiters) {
		struct waiter *w = CONTAINER(it, struct waiter, link);
		if (w->token == token && w->each != NULL)
			return w;
	}
	return NULL;
}

void ledger_recalled(struct ledger *l, uint64_t token, const char *name,
	const void *data, size_t len, bool ok)
{
	struct waiter *w = find_reader(l, token);
	if (w == NULL)
		return;
	ledger_each_fn each = w->each;
	void *arg = w->arg;
	if (name == NULL)
		waiter_free(w);
	each(name, slice_make(data, len), ok, arg);
}

/* --- Names --------------------------------------------------------------- */

void ledger_load(struct ledger *l, struct slice data)
{
	l->has_key = data.len == sizeof(l->key);
	if (l->has_key)
		memcpy(l->key, data.data, data.len);
}

void ledger_loaded(struct ledger *l)
{
	if (l->has_key)
		return;
	l->has_key = true;
	crypto_random(l->key, sizeof(l->key));
	ledger_put(l, LEDGER_KEY_NAME,
		slice_make((const char *)l->key, sizeof(l->key)), 0, NULL,
		NULL);
}

void ledger_hash(
	const struct ledger *l, const char *text, char out[LEDGER_HASH_SIZE])
{
	unsigned char digest[SHA256_SIZE];
	struct str hex = { .max = LEDGER_HASH_SIZE };
	const struct slice key = { (const char *)l->key, sizeof(l->key) };
	crypto_hmac_sha256(key, slice_of(text), digest);
	hex_encode(&hex, slice_make((const char *)digest, 16));
	text_copy(out, LEDGER_HASH_SIZE, str_text(&hex));
	str_finish(&hex);
}

/* --- Life ---------------------------------------------------------------- */

struct ledger *ledger_new(struct gw *gw)
{
	struct ledger *l = xalloc(sizeof(*l));
	l->gw = gw;
	l->token = 2;
	l->readers = 1;
	list_init(&l->entries);
	list_init(&l->sent);
	list_init(&l->refused);
	backoff_init(&l->backoff, AGAIN_MIN_MS, AGAIN_MAX_MS);
	timer_init(&l->again, gw->env->loop, "sms ledger", on_again, l);
	list_init(&l->waiters);
	deferred_init(&l->flush, gw->env->loop, "sms ledger", flush, l);
	return l;
}

void ledger_free(struct ledger **slot)
{
	struct ledger *l = *slot;
	*slot = NULL;
	if (l == NULL)
		return;
	if (!list_is_empty(&l->entries) || !list_is_empty(&l->refused))
		flush(l);
	deferred_stop(&l->flush);
	timer_stop(&l->again);
	list_for_each_safe(it, &l->sent)
		entry_free(l, CONTAINER(it, struct entry, link));
	map_finish(&l->sure);
	list_for_each_safe(it, &l->waiters)
		waiter_free(CONTAINER(it, struct waiter, link));
	crypto_wipe(l->key, sizeof(l->key));
	xfree(l);
}

/* --- Records ---------------------------------------------------------------- */

bool ledger_is_number(const char *text)
{
	return text != NULL && text[0] != '\0' && ledger_is_clean(text);
}

bool ledger_is_clean(const char *text)
{
	struct slice rest = slice_of(text != NULL ? text : "");
	while (rest.len > 0) {
		uint32_t code;
		size_t len = utf8_next(rest, &code);
		if (len == 0 || !utf8_is_xml_char(code))
			return false;
		rest = slice_make(rest.data + len, rest.len - len);
	}
	return text != NULL;
}

const char *ledger_unpack_text(struct unpack *u)
{
	const char *text = unpack_text(u);
	return ledger_is_clean(text) ? text : NULL;
}
