#include "sms/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/pack.h"
#include "sms/ledger.h"

#define DAY_MS   INT64_C(86400000)
/* That they still write is written down so often. */
#define AGAIN_MS (30 * DAY_MS)
/* Those that are shown to administrators. */
#define LISTED   500

/* One of our numbers. */
struct pair_scope {
	char *own;
	struct list recent; /* struct pair.link: who wrote last is last */
	struct list stopped;
	size_t recent_count;
};

struct pairs {
	struct map by_key; /* struct pair */
	struct map scopes; /* struct pair_scope by `own` */
	int64_t day;       /* when the old ones were last looked for */
};

/* --- Memory --------------------------------------------------------------- */

static void key_of(const char *own, const char *peer, char out[2 * NUMBER_SIZE])
{
	text_format(out, (size_t)2 * NUMBER_SIZE, "%s\n%s", own, peer);
}

static struct pair_scope *get_scope(struct pairs *all, struct slice own)
{
	struct pair_scope *scope = map_get(&all->scopes, own);
	if (scope != NULL)
		return scope;
	scope = xalloc(sizeof(*scope));
	scope->own = xstrndup(own.data, own.len);
	list_init(&scope->recent);
	list_init(&scope->stopped);
	map_put_text(&all->scopes, scope->own, scope);
	return scope;
}

/* It is the last of its list. */
static void place(struct pair *p)
{
	struct pair_scope *scope = p->scope;
	p->is_apart = p->state.is_stopped;
	list_append(p->is_apart ? &scope->stopped : &scope->recent, &p->link);
	scope->recent_count += !p->is_apart;
}

static void displace(struct pair *p)
{
	list_remove(&p->link);
	p->scope->recent_count -= !p->is_apart;
}

static struct pair *add(struct pairs *all, const char *key)
{
	struct slice rest = slice_of(key);
	struct pair *p = xalloc(sizeof(*p));
	p->key = xstrdup(key);
	p->scope = get_scope(all, slice_cut(&rest, '\n'));
	map_put_text(&all->by_key, p->key, p);
	return p;
}

static void pair_free(struct pair *p)
{
	xfree(p->key);
	xfree(p);
}

struct pair *pairs_find(const struct sms *s, const char *own, const char *peer)
{
	char key[2 * NUMBER_SIZE];
	key_of(own, peer, key);
	struct pair *p = map_get_text(&s->pairs->by_key, key);
	return p != NULL && !sms_pair_is_old(&p->state, clock_wall_ms()) ? p
									 : NULL;
}

/* --- Keeping -------------------------------------------------------------- */

static void name_of(
	const struct sms *s, const struct pair *p, char name[LEDGER_NAME_SIZE])
{
	char hash[LEDGER_HASH_SIZE];
	ledger_hash(s->ledger, p->key, hash);
	text_format(name, LEDGER_NAME_SIZE, PAIR_PREFIX "%s", hash);
}

static void save(struct sms *s, struct pair *p)
{
	char name[LEDGER_NAME_SIZE];
	struct str data = { .max = 2 * KIB };
	name_of(s, p, name);
	pack_text(&data, p->key);
	sms_pair_encode(&p->state, &data);
	ledger_put(s->ledger, name, str_slice(&data),
		p->state.is_stopped ? 0 : SMS_PAIR_DAYS, NULL, NULL);
	p->saved_ms = p->state.seen_ms;
	str_finish(&data);
}

/* They are strangers again. */
static void drop(struct sms *s, struct pair *p)
{
	char name[LEDGER_NAME_SIZE];
	name_of(s, p, name);
	ledger_drop(s->ledger, name);
	map_remove_text(&s->pairs->by_key, p->key);
	displace(p);
	pair_free(p);
}

void pairs_load(struct sms *s, const char *name, struct slice data)
{
	struct unpack u = { .rest = data };
	const char *key = ledger_unpack_text(&u);
	if (key == NULL || map_get_text(&s->pairs->by_key, key) != NULL) {
		log_error("sms", "a record is damaged name=%s", name);
		ledger_drop(s->ledger, name);
		return;
	}
	struct pair *p = add(s->pairs, key);
	if (sms_pair_decode(u.rest, &p->state) != 0)
		log_error("sms", "a record is damaged name=%s", name);
	/* An earlier program did not note when they wrote. */
	if (p->state.seen_ms == 0)
		p->state.seen_ms = clock_wall_ms();
	else
		p->saved_ms = p->state.seen_ms;
	place(p);
}

/* --- What is too old, or too many ----------------------------------------- */

static struct pair *oldest(const struct pair_scope *scope)
{
	return list_is_empty(&scope->recent)
		       ? NULL
		       : CONTAINER(scope->recent.next, struct pair, link);
}

static void drop_old(struct sms *s, const struct pair_scope *scope)
{
	int64_t now = clock_wall_ms();
	struct pair *p;
	while ((p = oldest(scope)) != NULL && sms_pair_is_old(&p->state, now))
		drop(s, p);
}

/* Once a day, when somebody writes. */
static void look_for_old(struct sms *s)
{
	int64_t day = clock_wall_ms() / DAY_MS;
	const struct pair_scope *scope;
	size_t pos = 0;
	if (day == s->pairs->day)
		return;
	s->pairs->day = day;
	while ((scope = map_next(&s->pairs->scopes, &pos)) != NULL)
		drop_old(s, scope);
}

static void drop_too_many(struct sms *s, const struct pair_scope *scope)
{
	while (scope->recent_count > PAIRS_OF_NUMBER)
		drop(s, oldest(scope));
}

static int by_time(const void *a, const void *b)
{
	const struct pair *const *one = a, *const *other = b;
	int64_t first = (*one)->state.seen_ms, second = (*other)->state.seen_ms;
	return (first > second) - (first < second);
}

/* They were read in the order of their names. */
static void sort(struct pair_scope *scope)
{
	size_t count = 0;
	struct pair **sorted =
		xcalloc(scope->recent_count + 1, sizeof(struct pair *));
	list_for_each(it, &scope->recent)
		sorted[count++] = CONTAINER(it, struct pair, link);
	qsort(sorted, count, sizeof(struct pair *), by_time);
	for (size_t i = 0; i < count; i++) {
		list_remove(&sorted[i]->link);
		list_append(&scope->recent, &sorted[i]->link);
	}
	xfree(sorted);
}

void pairs_loaded(struct sms *s)
{
	size_t pos = 0;
	struct pair_scope *scope;
	while ((scope = map_next(&s->pairs->scopes, &pos)) != NULL) {
		sort(scope);
		drop_too_many(s, scope);
	}
	look_for_old(s);
}

/* --- Writing -------------------------------------------------------------- */

struct pair *pairs_get(struct sms *s, const char *own, const char *peer)
{
	look_for_old(s);
	char key[2 * NUMBER_SIZE];
	key_of(own, peer, key);
	struct pair *p = map_get_text(&s->pairs->by_key, key);
	if (p != NULL)
		return p;
	p = add(s->pairs, key);
	place(p);
	drop_too_many(s, p->scope);
	return p;
}

void pairs_seen(struct sms *s, struct pair *p, bool is_changed)
{
	displace(p);
	p->state.seen_ms = clock_wall_ms();
	place(p);
	if (is_changed || p->state.seen_ms - p->saved_ms > AGAIN_MS)
		save(s, p);
}

static void drop_all(struct sms *s, const struct list *list)
{
	list_for_each_safe(it, list)
		drop(s, CONTAINER(it, struct pair, link));
}

static void scope_free(struct pair_scope *scope)
{
	xfree(scope->own);
	xfree(scope);
}

void pairs_forget(struct sms *s, const char *own)
{
	struct pair_scope *scope = map_remove_text(&s->pairs->scopes, own);
	if (scope == NULL)
		return;
	drop_all(s, &scope->recent);
	drop_all(s, &scope->stopped);
	scope_free(scope);
}

/* --- For people ----------------------------------------------------------- */

static void list_one(const struct pair *p, struct str *out)
{
	char stamp[CLOCK_STAMP_SIZE];
	const char *peer = strchr(p->key, '\n');
	clock_format(stamp, p->state.since_ms / 1000 * 1000);
	str_addf(out, "%s%s: nothing from %s, since %s",
		out->len > 0 ? "\n" : "", peer != NULL ? peer + 1 : "",
		p->scope->own, stamp);
}

void pairs_list_stopped(const struct sms *s, struct str *out)
{
	size_t pos = 0, count = 0;
	const struct pair_scope *scope;
	while ((scope = map_next(&s->pairs->scopes, &pos)) != NULL)
		list_for_each(it, &scope->stopped)
			if (++count <= LISTED)
				list_one(CONTAINER(it, struct pair, link), out);
	if (count > LISTED)
		str_addf(out, "\nand %zu more", count - LISTED);
	if (count == 0)
		str_add(out, "Nobody has sent STOP.");
}

/* --- Life ----------------------------------------------------------------- */

struct pairs *pairs_new(void)
{
	return xalloc(sizeof(struct pairs));
}

void pairs_free(struct pairs **slot)
{
	struct pairs *all = *slot;
	*slot = NULL;
	if (all == NULL)
		return;
	size_t pos = 0;
	struct pair *p;
	while ((p = map_next(&all->by_key, &pos)) != NULL)
		pair_free(p);
	map_finish(&all->by_key);
	pos = 0;
	struct pair_scope *scope;
	while ((scope = map_next(&all->scopes, &pos)) != NULL)
		scope_free(scope);
	map_finish(&all->scopes);
	xfree(all);
}
