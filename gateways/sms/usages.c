#include "sms/usages.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "sms/ledger.h"

#define KEEP_DAYS 40

struct usages {
	struct sms *sms;
	struct map by_key;
	struct list dirty; /* struct usage.dirty: to be kept with this turn */
};

/* --- Keeping -------------------------------------------------------------- */

static void save(struct sms *s, const struct usage *u)
{
	char name[LEDGER_NAME_SIZE];
	struct str data = { .max = LIMIT_KEPT };
	sms_usage_encode(u->counted, &data);
	text_format(name, sizeof(name), USAGE_PREFIX "%s", u->key);
	ledger_put(s->ledger, name, str_slice(&data), KEEP_DAYS, NULL, NULL);
	str_finish(&data);
}

/* Once for each turn, however many texts leave in it. */
static void fill(void *arg)
{
	struct usages *all = arg;
	list_for_each_safe(it, &all->dirty) {
		list_remove(it);
		save(all->sms, CONTAINER(it, struct usage, dirty));
	}
}

void usages_changed(struct sms *s, struct usage *u)
{
	list_remove(&u->dirty);
	list_append(&s->usages->dirty, &u->dirty);
	ledger_due(s->ledger);
}

/* --- Memory --------------------------------------------------------------- */

struct usage *usages_find(const struct sms *s, const char *who)
{
	char hash[LEDGER_HASH_SIZE];
	ledger_hash(s->ledger, who, hash);
	return map_get_text(&s->usages->by_key, hash);
}

static struct usage *add(
	struct usages *all, const char *hash, struct sms_usage *counted)
{
	struct usage *u = xalloc(sizeof(*u));
	list_init(&u->dirty);
	u->key = xstrdup(hash);
	u->counted = counted;
	map_put_text(&all->by_key, u->key, u);
	return u;
}

struct usage *usages_get(struct sms *s, const char *who)
{
	char hash[LEDGER_HASH_SIZE];
	struct usage *u = usages_find(s, who);
	ledger_hash(s->ledger, who, hash);
	return u != NULL ? u : add(s->usages, hash, sms_usage_new());
}

void usages_load(struct sms *s, const char *name, struct slice data)
{
	const char *hash = name + strlen(USAGE_PREFIX);
	struct sms_usage *counted = sms_usage_decode(data);
	bool is_good = counted != NULL &&
		       map_get_text(&s->usages->by_key, hash) == NULL;
	if (is_good && !sms_usage_is_over(counted, clock_wall_ms())) {
		(void)add(s->usages, hash, counted);
		return;
	}
	sms_usage_free(&counted);
	if (!is_good)
		log_error("sms", "a record is damaged name=%s", name);
	ledger_drop(s->ledger, name);
}

/* --- Life ----------------------------------------------------------------- */

struct usages *usages_new(struct sms *s)
{
	struct usages *all = xalloc(sizeof(*all));
	all->sms = s;
	list_init(&all->dirty);
	ledger_fill(s->ledger, fill, all);
	return all;
}

void usages_free(struct usages **slot)
{
	struct usages *all = *slot;
	*slot = NULL;
	if (all == NULL)
		return;
	fill(all);
	ledger_fill(all->sms->ledger, NULL, NULL);
	size_t pos = 0;
	struct usage *u;
	while ((u = map_next(&all->by_key, &pos)) != NULL) {
		sms_usage_free(&u->counted);
		xfree(u->key);
		xfree(u);
	}
	map_finish(&all->by_key);
	xfree(all);
}
