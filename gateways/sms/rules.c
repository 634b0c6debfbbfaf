#include "sms/rules.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/pack.h"
#include "net/loop.h"
#include "sms/brought.h"
#include "sms/group.h"
#include "sms/ledger.h"
#include "sms/queue.h"
#include "sms/route.h"

/* What was counted is written down so often. */
#define SAVE_MS    10000
#define PAIR_DAYS  365
#define USAGE_DAYS 40
/* Pairs that are shown to administrators. */
#define LISTED     500

/* Somebody with whom one of our numbers has written. */
struct pair {
	char *key; /* "own\npeer" */
	struct sms_pair state;
};

/* What a user or a number has used. */
struct usage {
	char *key; /* of a bare JID or number: ledger_hash() */
	struct sms_usage *counted;
	bool is_dirty;
};

struct rules {
	struct sms *sms;
	struct map pairs;  /* struct pair by key */
	struct map usages; /* struct usage by key */
	struct timer save;
};

/* --- Keeping -------------------------------------------------------------- */

static void pair_name(
	const struct sms *s, const struct pair *p, char name[LEDGER_NAME_SIZE])
{
	char hash[LEDGER_HASH_SIZE];
	ledger_hash(s->ledger, p->key, hash);
	text_format(name, LEDGER_NAME_SIZE, PAIR_PREFIX "%s", hash);
}

static void save_pair(struct sms *s, const struct pair *p)
{
	char name[LEDGER_NAME_SIZE];
	struct str data = { .max = 2 * KIB };
	pair_name(s, p, name);
	pack_text(&data, p->key);
	sms_pair_encode(&p->state, &data);
	ledger_put(s->ledger, name, str_slice(&data), PAIR_DAYS, NULL, NULL);
	str_finish(&data);
}

static void save_usage(struct sms *s, struct usage *u)
{
	char name[LEDGER_NAME_SIZE];
	struct str data = { .max = LIMIT_KEPT };
	sms_usage_encode(u->counted, &data);
	text_format(name, sizeof(name), USAGE_PREFIX "%s", u->key);
	ledger_put(s->ledger, name, str_slice(&data), USAGE_DAYS, NULL, NULL);
	u->is_dirty = false;
	str_finish(&data);
}

static void save_usages(void *arg)
{
	struct rules *r = arg;
	size_t pos = 0;
	struct usage *u;
	while ((u = map_next(&r->usages, &pos)) != NULL)
		if (u->is_dirty)
			save_usage(r->sms, u);
}

static struct pair *find_pair(
	const struct sms *s, const char *own, const char *peer)
{
	char key[2 * NUMBER_SIZE];
	text_format(key, sizeof(key), "%s\n%s", own, peer);
	return map_get_text(&s->rules->pairs, key);
}

static struct pair *add_pair(struct rules *r, const char *key)
{
	struct pair *p = xalloc(sizeof(*p));
	p->key = xstrdup(key);
	map_put_text(&r->pairs, p->key, p);
	return p;
}

/* `is_new_r`: they never wrote before. */
static struct pair *get_pair(
	struct sms *s, const char *own, const char *peer, bool *is_new_r)
{
	struct pair *p = find_pair(s, own, peer);
	*is_new_r = p == NULL;
	if (p != NULL)
		return p;
	char key[2 * NUMBER_SIZE];
	text_format(key, sizeof(key), "%s\n%s", own, peer);
	return add_pair(s->rules, key);
}

/* `who`: bare JID, or number. */
static struct usage *find_usage(const struct rules *r, const char *who)
{
	char hash[LEDGER_HASH_SIZE];
	ledger_hash(r->sms->ledger, who, hash);
	return map_get_text(&r->usages, hash);
}

static struct usage *add_usage(
	struct rules *r, const char *hash, struct sms_usage *counted)
{
	struct usage *u = xalloc(sizeof(*u));
	u->key = xstrdup(hash);
	u->counted = counted;
	map_put_text(&r->usages, u->key, u);
	return u;
}

static struct usage *get_usage(struct rules *r, const char *who)
{
	char hash[LEDGER_HASH_SIZE];
	struct usage *u = find_usage(r, who);
	ledger_hash(r->sms->ledger, who, hash);
	return u != NULL ? u : add_usage(r, hash, sms_usage_new());
}

static void load_usage(struct sms *s, const char *name, struct slice data)
{
	const char *hash = name + strlen(USAGE_PREFIX);
	struct sms_usage *counted = sms_usage_decode(data);
	if (counted != NULL && map_get_text(&s->rules->usages, hash) == NULL) {
		(void)add_usage(s->rules, hash, counted);
		return;
	}
	sms_usage_free(&counted);
	log_error("sms", "a record is damaged name=%s", name);
	ledger_drop(s->ledger, name);
}

static void load_pair(struct sms *s, const char *name, struct slice data)
{
	struct unpack u = { .rest = data };
	const char *key = unpack_text(&u);
	if (key == NULL || map_get_text(&s->rules->pairs, key) != NULL) {
		log_error("sms", "a record is damaged name=%s", name);
		ledger_drop(s->ledger, name);
		return;
	}
	struct pair *p = add_pair(s->rules, key);
	if (sms_pair_decode(u.rest, &p->state) != 0)
		log_error("sms", "a record is damaged name=%s", name);
}

void rules_load(struct sms *s, const char *name, struct slice data)
{
	if (strncmp(name, USAGE_PREFIX, strlen(USAGE_PREFIX)) == 0)
		load_usage(s, name, data);
	else
		load_pair(s, name, data);
}

static void pair_free(struct pair *p)
{
	xfree(p->key);
	xfree(p);
}

static struct pair *any_pair(const struct sms *s, const char *own)
{
	size_t pos = 0, len = strlen(own);
	struct pair *p;
	while ((p = map_next(&s->rules->pairs, &pos)) != NULL)
		if (strncmp(p->key, own, len) == 0 && p->key[len] == '\n')
			return p;
	return NULL;
}

void rules_forget(struct sms *s, const char *own)
{
	struct pair *p;
	while ((p = any_pair(s, own)) != NULL) {
		char name[LEDGER_NAME_SIZE];
		pair_name(s, p, name);
		ledger_drop(s->ledger, name);
		map_remove_text(&s->rules->pairs, p->key);
		pair_free(p);
	}
}

/* --- Out ------------------------------------------------------------------ */

static const struct sms_assign_config *assignment(
	const struct sms *s, const char *number)
{
	const struct cfg_list *assign = &s->config->assign;
	for (size_t i = 0; i < assign->count; i++) {
		const struct sms_assign_config *a = assign->items[i];
		if (strcmp(a->number, number) == 0)
			return a;
	}
	return NULL;
}

/* A number that several people share is a service. One that somebody brought
 * is his, and has no digits here but a name (brought_scope()). */
static enum sms_number_mode mode_of(const struct sms *s, const char *number)
{
	const struct sms_assign_config *a = assignment(s, number);
	if (a == NULL)
		return number[0] == '+' ? SMS_A2P : SMS_P2P;
	return (enum sms_number_mode)a->mode;
}

/* `from` NULL: there is no limit of the number's. */
static bool is_within(const struct sms *s, const char *user, const char *from,
	const struct sms_use *use, struct str *words)
{
	struct rules *r = s->rules;
	int64_t now = clock_wall_ms();
	struct sms_limit_hit hit;
	char text[500];
	bool of_number = false;
	if (sms_limits_check(&s->config->user_limits,
		    get_usage(r, user)->counted, use, now, &hit)) {
		of_number = true;
		if (from == NULL ||
			sms_limits_check(&s->config->number_limits,
				get_usage(r, from)->counted, use, now, &hit))
			return true;
	}
	sms_limits_words(&hit, of_number, now, text, sizeof(text));
	str_add(words, text);
	return false;
}

static void count(struct sms *s, const char *key, const struct sms_use *use)
{
	struct usage *u = get_usage(s->rules, key);
	sms_usage_count(u->counted, use, clock_wall_ms());
	u->is_dirty = true;
	if (!timer_is_running(&s->rules->save))
		timer_start(&s->rules->save, SAVE_MS);
}

/* By an account of his own a user writes to any country. */
static void check_policy(
	const struct owner *owner, const char *to, struct sms_verdict *verdict)
{
	static char any[] = "*";
	void *anywhere[] = { any };
	const struct sms *s = owner->sms;
	struct sms_policy_config config = s->config->destinations;
	if (owner->way != NULL) {
		config.countries = (struct cfg_list){ anywhere, 1 };
		config.short_codes = true;
	}
	sms_policy_check(&config, s->home, to, verdict);
	if (owner->way != NULL)
		verdict->price = 0;
}

/* Under what the texts of his end are counted: that, or what he brought. */
static const char *kept_as(const struct owner *owner, const char *end)
{
	const char *scope = brought_scope(owner);
	return scope != NULL ? scope : end;
}

/* May texts go there at all? `names`: the words say where. */
static bool is_open(const struct owner *owner, const struct rules_way *way,
	bool names, int64_t *price_r, struct str *words)
{
	const struct sms *s = owner->sms;
	const char *own = kept_as(owner, way->from);
	struct sms_verdict verdict;
	const struct pair *p = find_pair(s, own, way->to);
	const char *stopped =
		p != NULL ? sms_optout_reason(mode_of(s, own), &p->state)
			  : NULL;
	check_policy(owner, way->to, &verdict);
	*price_r = verdict.price;
	if (verdict.is_allowed && stopped == NULL)
		return true;
	if (names)
		str_addf(words, "%s: ", way->to);
	str_add(words, stopped != NULL ? stopped : verdict.words);
	if (names)
		str_add(words, " Nobody got your text.");
	return false;
}

size_t rules_ways(const struct group *g, const char *from, const char *to,
	struct rules_way *ways)
{
	if (g == NULL) {
		ways[0] = (struct rules_way){ from, to };
		return 1;
	}
	for (size_t i = 0; i < g->people.count; i++)
		ways[i] = (struct rules_way){ from, g->people.numbers[i] };
	return g->people.count;
}

bool rules_are_open(const struct owner *owner, const struct rules_way *ways,
	size_t count, struct str *words)
{
	int64_t price;
	for (size_t i = 0; i < count; i++)
		if (!is_open(owner, &ways[i], count > 1, &price, words))
			return false;
	return true;
}

static bool count_one(struct owner *owner, const struct rules_way *way,
	const char *text, int64_t price, struct str *words)
{
	struct sms *s = owner->sms;
	const char *who = kept_as(owner, owner->user);
	const char *own = kept_as(owner, way->from);
	const char *number = owner->way == NULL ? way->from : NULL;
	const struct segment_options options =
		route_options_for(s, owner->user, way->from, way->to);
	size_t segments = segment_count(&options, slice_of(text));
	const struct sms_use use = { .to = way->to,
		.text = text,
		.segments = (unsigned)segments,
		.money = price * (int64_t)segments,
		.is_new = find_pair(s, own, way->to) == NULL };
	if (!is_within(s, who, number, &use, words))
		return false;
	count(s, who, &use);
	if (number != NULL)
		count(s, number, &use);
	return true;
}

/* What was counted before, of the user and of each number. */
struct undo {
	struct usage *usage;
	struct sms_usage *before;
};

static size_t note_undo(
	struct undo *list, size_t count, struct rules *r, const char *key)
{
	struct usage *u = get_usage(r, key);
	struct str data = { .max = LIMIT_KEPT / 2 };
	for (size_t i = 0; i < count; i++)
		if (list[i].usage == u)
			return count;
	sms_usage_encode(u->counted, &data);
	list[count] = (struct undo){ u, sms_usage_decode(str_slice(&data)) };
	str_finish(&data);
	return count + 1;
}

static void end_undo(struct undo *list, size_t count, bool is_kept)
{
	for (size_t i = 0; i < count; i++) {
		struct usage *u = list[i].usage;
		if (!is_kept && list[i].before != NULL) {
			sms_usage_free(&u->counted);
			u->counted = list[i].before;
			continue;
		}
		sms_usage_free(&list[i].before);
	}
}

/* All or none. */
static bool count_all(struct owner *owner, const struct rules_way *ways,
	const int64_t *prices, size_t count, const char *text,
	struct str *words)
{
	struct rules *r = owner->sms->rules;
	struct undo *list = xcalloc(count + 1, sizeof(*list));
	size_t noted = 0;
	bool good = true;
	if (count > 1)
		noted = note_undo(list, 0, r, kept_as(owner, owner->user));
	for (size_t i = 0; good && i < count; i++) {
		if (count > 1)
			noted = note_undo(
				list, noted, r, kept_as(owner, ways[i].from));
		good = count_one(owner, &ways[i], text, prices[i], words);
	}
	end_undo(list, noted, good);
	xfree(list);
	return good;
}

bool rules_permit(struct owner *owner, const struct rules_way *ways,
	size_t count, const struct gw_outgoing *m, enum gw_reason *reason_r,
	struct str *words)
{
	struct sms *s = owner->sms;
	int64_t *prices = xcalloc(count + 1, sizeof(*prices));
	bool good = true;
	*reason_r = GW_POLICY;
	for (size_t i = 0; good && i < count; i++)
		good = is_open(owner, &ways[i], count > 1, &prices[i], words);
	if (good && !m->again) {
		*reason_r = GW_BUSY;
		good = count_all(owner, ways, prices, count, m->text, words);
	}
	for (size_t i = 0; good && i < count; i++) {
		bool is_new;
		const struct pair *p = get_pair(
			s, kept_as(owner, ways[i].from), ways[i].to, &is_new);
		if (is_new)
			save_pair(s, p);
	}
	xfree(prices);
	return good;
}

bool rules_is_stopped(const struct sms *s, const char *own, const char *peer)
{
	const struct pair *p = find_pair(s, own, peer);
	return p != NULL &&
	       sms_optout_reason(mode_of(s, own), &p->state) != NULL;
}

/* --- In ------------------------------------------------------------------- */

bool rules_receive(struct sms *s, const char *own, const char *peer,
	const char *text, const char **notice_r)
{
	struct sms_optout_act act;
	bool is_new;
	struct pair *p = get_pair(s, own, peer, &is_new);
	sms_optout_receive(&s->config->optout, mode_of(s, own), &p->state, text,
		clock_wall_ms(), &act);
	if (is_new || act.is_changed)
		save_pair(s, p);
	if (act.answer != NULL && number_kind(peer) == NUMBER_E164)
		queue_post(s, own, peer, act.answer);
	*notice_r = act.notice;
	return act.is_passed;
}

bool rules_knows(const struct sms *s, const char *own, const char *peer)
{
	return find_pair(s, own, peer) != NULL;
}

void rules_refused(const struct outbound *o)
{
	struct sms *s = o->owner->sms;
	bool is_new;
	if (o->group != NULL)
		return;
	struct pair *p =
		get_pair(s, kept_as(o->owner, o->from), o->to, &is_new);
	if (sms_optout_refused(&p->state, clock_wall_ms()) || is_new)
		save_pair(s, p);
}

void rules_set_stopped(
	struct sms *s, const char *own, const char *peer, bool stopped)
{
	bool is_new;
	struct pair *p = get_pair(s, own, peer, &is_new);
	if (sms_optout_set(&p->state, stopped, clock_wall_ms()) || is_new)
		save_pair(s, p);
}

void rules_list_stopped(const struct sms *s, struct str *out)
{
	size_t pos = 0, count = 0;
	const struct pair *p;
	while ((p = map_next(&s->rules->pairs, &pos)) != NULL) {
		char stamp[CLOCK_STAMP_SIZE];
		const char *peer = strchr(p->key, '\n');
		if (!p->state.is_stopped || peer == NULL)
			continue;
		if (++count > LISTED)
			continue;
		clock_format(stamp, p->state.since_ms / 1000 * 1000);
		str_addf(out, "%s%s: nothing from %.*s, since %s",
			out->len > 0 ? "\n" : "", peer + 1,
			(int)(peer - p->key), p->key, stamp);
	}
	if (count > LISTED)
		str_addf(out, "\nand %zu more", count - LISTED);
	if (count == 0)
		str_add(out, "Nobody has sent STOP.");
}

void rules_describe(
	const struct sms *s, const struct owner *owner, struct str *out)
{
	const char *scope = brought_scope(owner);
	const struct usage *u =
		find_usage(s->rules, scope != NULL ? scope : owner->user);
	if (u != NULL)
		sms_usage_describe(u->counted, &s->config->user_limits,
			clock_wall_ms(), out);
	else
		str_add(out, "You have sent nothing yet.");
}

/* --- Life ----------------------------------------------------------------- */

struct rules *rules_new(struct sms *s)
{
	struct rules *r = xalloc(sizeof(*r));
	r->sms = s;
	timer_init(&r->save, s->gw->env->loop, "sms usage", save_usages, r);
	return r;
}

void rules_free(struct rules **slot)
{
	struct rules *r = *slot;
	if (r == NULL)
		return;
	timer_stop(&r->save);
	save_usages(r);
	size_t pos = 0;
	struct pair *p;
	while ((p = map_next(&r->pairs, &pos)) != NULL)
		pair_free(p);
	map_finish(&r->pairs);
	pos = 0;
	struct usage *u;
	while ((u = map_next(&r->usages, &pos)) != NULL) {
		sms_usage_free(&u->counted);
		xfree(u->key);
		xfree(u);
	}
	map_finish(&r->usages);
	xfree(r);
	*slot = NULL;
}
