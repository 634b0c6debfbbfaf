#include "sms/rules.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sms/brought.h"
#include "sms/group.h"
#include "sms/pairs.h"
#include "sms/queue.h"
#include "sms/route.h"
#include "sms/usages.h"

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
static bool is_within(struct sms *s, const char *user, const char *from,
	const struct sms_use *use, struct str *words)
{
	int64_t now = clock_wall_ms();
	struct sms_limit_hit hit;
	char text[500];
	bool of_number = false;
	if (sms_limits_check(&s->config->user_limits,
		    usages_get(s, user)->counted, use, now, &hit)) {
		of_number = true;
		if (from == NULL ||
			sms_limits_check(&s->config->number_limits,
				usages_get(s, from)->counted, use, now, &hit))
			return true;
	}
	sms_limits_words(&hit, of_number, now, text, sizeof(text));
	str_add(words, text);
	return false;
}

static void count(struct sms *s, const char *key, const struct sms_use *use)
{
	struct usage *u = usages_get(s, key);
	sms_usage_count(u->counted, use, clock_wall_ms());
	usages_changed(s, u);
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
	const struct pair *p = pairs_find(s, own, way->to);
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
		.is_new = pairs_find(s, own, way->to) == NULL };
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
	struct undo *list, size_t count, struct sms *s, const char *key)
{
	struct usage *u = usages_get(s, key);
	for (size_t i = 0; i < count; i++)
		if (list[i].usage == u)
			return count;
	list[count] = (struct undo){ u, sms_usage_copy(u->counted) };
	return count + 1;
}

static void end_undo(struct undo *list, size_t count, bool is_kept)
{
	for (size_t i = 0; i < count; i++) {
		struct usage *u = list[i].usage;
		if (!is_kept) {
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
	struct sms *s = owner->sms;
	struct undo *list = xcalloc(count + 1, sizeof(*list));
	size_t noted = 0;
	bool good = true;
	if (count > 1)
		noted = note_undo(list, 0, s, kept_as(owner, owner->user));
	for (size_t i = 0; good && i < count; i++) {
		if (count > 1)
			noted = note_undo(
				list, noted, s, kept_as(owner, ways[i].from));
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
		struct pair *p =
			pairs_get(s, kept_as(owner, ways[i].from), ways[i].to);
		pairs_seen(s, p, false);
	}
	xfree(prices);
	return good;
}

bool rules_is_stopped(const struct sms *s, const char *own, const char *peer)
{
	const struct pair *p = pairs_find(s, own, peer);
	return p != NULL &&
	       sms_optout_reason(mode_of(s, own), &p->state) != NULL;
}

/* --- In ------------------------------------------------------------------- */

bool rules_receive(struct sms *s, const char *own, const char *peer,
	const char *text, const char **notice_r)
{
	struct sms_optout_act act;
	struct pair *p = pairs_get(s, own, peer);
	sms_optout_receive(&s->config->optout, mode_of(s, own), &p->state, text,
		clock_wall_ms(), &act);
	pairs_seen(s, p, act.is_changed);
	if (act.answer != NULL && number_kind(peer) == NUMBER_E164)
		queue_post(s, own, peer, act.answer);
	*notice_r = act.notice;
	return act.is_passed;
}

bool rules_knows(const struct sms *s, const char *own, const char *peer)
{
	return pairs_find(s, own, peer) != NULL;
}

void rules_refused(const struct outbound *o)
{
	struct sms *s = o->owner->sms;
	if (o->group != NULL)
		return;
	struct pair *p = pairs_get(s, kept_as(o->owner, o->from), o->to);
	pairs_seen(s, p, sms_optout_refused(&p->state, clock_wall_ms()));
}

void rules_set_stopped(
	struct sms *s, const char *own, const char *peer, bool stopped)
{
	struct pair *p = pairs_get(s, own, peer);
	pairs_seen(s, p, sms_optout_set(&p->state, stopped, clock_wall_ms()));
}

void rules_describe(
	const struct sms *s, const struct owner *owner, struct str *out)
{
	const char *scope = brought_scope(owner);
	const struct usage *u =
		usages_find(s, scope != NULL ? scope : owner->user);
	if (u != NULL)
		sms_usage_describe(u->counted, &s->config->user_limits,
			clock_wall_ms(), out);
	else
		str_add(out, "You have sent nothing yet.");
}
