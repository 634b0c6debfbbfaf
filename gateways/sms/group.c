#include "sms/group.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "sms/brought.h"
#include "sms/group_record.h"
#include "sms/shared.h"

/* A group in which nothing is said for so long is forgotten. */
#define KEEP_DAYS 365
/* It is written down anew after this, when something is said. */
#define AGAIN_MS  (INT64_C(30) * 86400000)

struct groups {
	struct map by_name; /* struct group */
	struct log_pause complaint;
};

/* --- Life ---------------------------------------------------------------- */

static struct group *group_new(struct sms *s)
{
	struct group *g = xalloc(sizeof(*g));
	g->sms = s;
	return g;
}

static void group_free(struct group *g)
{
	group_record_finish(g);
	xfree(g);
}

static void add(struct group *g)
{
	map_put_text(&g->sms->groups->by_name, g->name, g);
}

struct group *groups_find(const struct sms *s, const char *name)
{
	return map_get_text(&s->groups->by_name, name);
}

bool groups_is_of(const struct group *g, const struct owner *owner)
{
	return strcmp(g->own, owner->account) == 0 &&
	       text_equals(g->scope, brought_scope(owner));
}

static size_t count_of(const struct sms *s, const char *scope, const char *own)
{
	size_t pos = 0, count = 0;
	const struct group *g;
	while ((g = map_next(&s->groups->by_name, &pos)) != NULL)
		count += strcmp(g->own, own) == 0 &&
			 text_equals(g->scope, scope);
	return count;
}

static struct group *make(struct sms *s, const char *scope, const char *own,
	const struct participants *people)
{
	if (count_of(s, scope, own) >= GROUPS_OF_NUMBER) {
		if (log_is_due(&s->groups->complaint))
			log_warning("sms", "too many groups number=%s", own);
		return NULL;
	}
	struct group *g = group_new(s);
	g->own = xstrdup(own);
	xstrset(&g->scope, scope);
	for (size_t i = 0; i < people->count; i++)
		(void)participants_add(&g->people, people->numbers[i]);
	group_record_name(g);
	add(g);
	return g;
}

struct group *groups_of(struct sms *s, const char *scope, const char *own,
	const struct participants *people)
{
	char name[ROOM_NAME_SIZE];
	participants_room(scope != NULL ? scope : own, people, name);
	struct group *g = groups_find(s, name);
	if (g == NULL)
		g = make(s, scope, own, people);
	if (g != NULL && clock_wall_ms() - g->saved_ms > AGAIN_MS)
		groups_keep(g, NULL, NULL);
	return g;
}

struct group *groups_of_text(struct sms *s, const struct owner *owner,
	const char *from, const char *to, const struct carrier_incoming *c)
{
	const char *scope = owner != NULL ? brought_scope(owner) : NULL;
	struct participants people = { 0 };
	struct group *g = NULL;
	bool is_good = c->other_count > 0 && strcmp(from, to) != 0 &&
		       (scope != NULL || number_is_assigned(s, to)) &&
		       participants_add(&people, from) && people.count > 0;
	for (size_t i = 0; is_good && i < c->other_count; i++) {
		char number[NUMBER_SIZE];
		number_receive(&s->place, c->others[i].origin,
			c->others[i].text, number);
		is_good = participants_add(&people, number);
	}
	participants_remove(&people, to);
	if (is_good && people.count > 1)
		g = groups_of(s, scope, to, &people);
	participants_finish(&people);
	return g;
}

/* --- The record ---------------------------------------------------------- */

void groups_keep(struct group *g, ledger_fn fn, void *arg)
{
	struct str data = { .max = LIMIT_KEPT };
	char name[LEDGER_NAME_SIZE];
	text_format(name, sizeof(name), GROUPS_PREFIX "%s", g->name);
	group_record_encode(g, &data);
	g->saved_ms = clock_wall_ms();
	ledger_put(
		g->sms->ledger, name, str_slice(&data), KEEP_DAYS, NULL, NULL);
	if (fn != NULL)
		ledger_wait(g->sms->ledger, fn, arg);
	str_finish(&data);
}

void groups_forget(struct sms *s, const char *user, const char *account)
{
	size_t pos = 0;
	struct group *g;
	while ((g = map_next(&s->groups->by_name, &pos)) != NULL) {
		if ((account != NULL && strcmp(g->own, account) != 0) ||
			groups_subject(g, user) == NULL)
			continue;
		groups_set_subject(g, user, "");
		groups_keep(g, NULL, NULL);
	}
}

/* One of them; NULL: there is none. */
static struct group *find_of_scope(const struct sms *s, const char *scope)
{
	size_t pos = 0;
	struct group *g;
	while ((g = map_next(&s->groups->by_name, &pos)) != NULL)
		if (text_equals(g->scope, scope))
			return g;
	return NULL;
}

void groups_drop(struct sms *s, const char *scope)
{
	struct group *g;
	while ((g = find_of_scope(s, scope)) != NULL) {
		char name[LEDGER_NAME_SIZE];
		text_format(name, sizeof(name), GROUPS_PREFIX "%s", g->name);
		ledger_drop(s->ledger, name);
		map_remove_text(&s->groups->by_name, g->name);
		group_free(g);
	}
}

void groups_load(struct sms *s, const char *name, struct slice data)
{
	struct group *g = group_new(s);
	bool is_good = group_record_decode(g, data) == 0 &&
		       strcmp(name + strlen(GROUPS_PREFIX), g->name) == 0 &&
		       groups_find(s, g->name) == NULL;
	if (is_good) {
		add(g);
		return;
	}
	log_error("sms", "a record is damaged name=%s", name);
	ledger_drop(s->ledger, name);
	group_free(g);
}

/* --- All of them --------------------------------------------------------- */

struct groups *groups_new(void)
{
	return xalloc(sizeof(struct groups));
}

void groups_free(struct groups **slot)
{
	struct groups *all = *slot;
	*slot = NULL;
	if (all == NULL)
		return;
	size_t pos = 0;
	struct group *g;
	while ((g = map_next(&all->by_name, &pos)) != NULL)
		group_free(g);
	map_finish(&all->by_name);
	xfree(all);
}
