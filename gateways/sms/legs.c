#include "sms/legs.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "sms/brought.h"
#include "sms/group.h"
#include "sms/group_route.h"
#include "sms/person.h"
#include "sms/queue.h"
#include "sms/route.h"
#include "sms/rules.h"
#include "sms/shared.h"

static const char not_his[] =
	"This number is not yours here any more. Register it again.";
static const char no_sender[] =
	"There is no number from which your text could be sent there. Ask the "
	"operator of this gateway.";

/* --- Who gets it ---------------------------------------------------------- */

static bool can_write(
	const char *to, bool names, enum gw_reason *reason_r, struct str *words)
{
	const char *why = person_is_mute(to);
	if (why == NULL)
		return true;
	*reason_r = GW_NOT_ALLOWED;
	str_addf(words, "%s%s%s", names ? to : "", names ? ": " : "", why);
	return false;
}

static void add(struct legs *legs, const char *to, const struct group *group)
{
	if (legs->count < COUNT(legs->items))
		legs->items[legs->count++] =
			(struct leg){ .to = to, .group = group };
}

static bool gets_it(const struct gw_receiver *r)
{
	return r->as == GW_TO || r->as == GW_CC || r->as == GW_BCC;
}

/* False: one of them cannot be written to. */
static bool check_all(const struct gw_outgoing *m, enum gw_reason *reason_r,
	struct str *words)
{
	for (size_t i = 0; i < m->receiver_count; i++)
		if (gets_it(&m->receivers[i]) &&
			!can_write(
				m->receivers[i].person, true, reason_r, words))
			return false;
	return true;
}

/* Those who see each other; false: they are too many for that. */
static bool read_people(const struct owner *owner, const struct gw_outgoing *m,
	struct participants *people)
{
	bool fits = true;
	for (size_t i = 0; i < m->receiver_count; i++) {
		const struct gw_receiver *r = &m->receivers[i];
		if (r->as == GW_TO || r->as == GW_CC)
			fits = participants_add(people, r->person) && fits;
	}
	participants_remove(people, owner->account);
	return fits && people->count > 1;
}

/* Each who gets it and is not in the group, which may be NULL. Nobody writes
 * to himself because a client answers to all. */
static void plan_each(struct legs *legs, const struct owner *owner,
	const struct gw_outgoing *m, const struct group *group)
{
	legs->count = 0;
	if (group != NULL)
		add(legs, group->name, group);
	for (size_t i = 0; i < m->receiver_count; i++) {
		const struct gw_receiver *r = &m->receivers[i];
		if (gets_it(r) && strcmp(r->person, owner->account) != 0 &&
			(group == NULL ||
				!participants_have(&group->people, r->person)))
			add(legs, r->person, NULL);
	}
}

static void plan_several(struct legs *legs, struct owner *owner,
	const struct gw_outgoing *m, size_t known)
{
	struct participants people = { 0 };
	struct str why = { .max = 500 };
	bool is_group = read_people(owner, m, &people);
	plan_each(legs, owner, m, NULL);
	if (known > 0)
		is_group = is_group && known != legs->count;
	else
		is_group = is_group && group_is_possible(owner, &people, &why);
	if (is_group)
		plan_each(legs, owner, m,
			groups_of(owner->sms, brought_scope(owner),
				owner->account, &people));
	str_finish(&why);
	participants_finish(&people);
}

static bool plan_room(struct legs *legs, const struct owner *owner,
	const char *room, enum gw_reason *reason_r, struct str *words)
{
	struct group *g = groups_find(owner->sms, room);
	*reason_r = GW_NO_SUCH;
	if (g != NULL && groups_is_of(g, owner)) {
		add(legs, g->name, g);
		return true;
	}
	str_add(words, "There is no such group. Begin one with the command "
		       "\"group\".");
	return false;
}

bool legs_plan(struct legs *legs, struct owner *owner,
	const struct gw_outgoing *m, size_t known, enum gw_reason *reason_r,
	struct str *words)
{
	legs->count = 0;
	if (!owner->is_online) {
		*reason_r = GW_NOT_ALLOWED;
		str_add(words, not_his);
		return false;
	}
	if (m->kind == GW_ROOM)
		return plan_room(legs, owner, m->to, reason_r, words);
	if (m->receiver_count == 0) {
		add(legs, m->to, NULL);
		return can_write(m->to, false, reason_r, words);
	}
	if (!check_all(m, reason_r, words))
		return false;
	plan_several(legs, owner, m, known);
	if (legs->count > 0)
		return true;
	*reason_r = GW_NOT_ACCEPTABLE;
	str_add(words, "This is for nobody but yourself.");
	return false;
}

/* --- From which number ---------------------------------------------------- */

static bool choose_sender(const struct owner *owner, struct leg *leg,
	enum gw_reason *reason_r, struct str *words)
{
	if (leg->group != NULL) {
		*reason_r = GW_NOT_ALLOWED;
		leg->from = owner->account;
		return group_is_possible(owner, &leg->group->people, words);
	}
	leg->from = queue_sender(owner, leg->to);
	if (leg->from != NULL)
		return true;
	*reason_r = GW_FAULT;
	str_add(words, no_sender);
	return false;
}

static bool is_too_long(const struct owner *owner, const struct leg *leg,
	const char *text, struct str *words)
{
	const struct sms *s = owner->sms;
	const struct segment_options options =
		route_options_for(s, owner->user, leg->from, leg->to);
	size_t count = segment_count(&options, slice_of(text));
	if (count <= (size_t)s->config->max_segments)
		return false;
	str_addf(words,
		"This is as long as %zu texts, and %d are possible at once. "
		"Send it in parts.",
		count, s->config->max_segments);
	return true;
}

bool legs_permit(struct legs *legs, struct owner *owner,
	const struct gw_outgoing *m, enum gw_reason *reason_r,
	struct str *words)
{
	struct sms *s = owner->sms;
	struct rules_way ways[LIMIT_RECEIVERS + PARTICIPANTS_MAX];
	size_t count = 0;
	bool is_chosen[LIMIT_RECEIVERS] = { false };
	for (size_t i = 0; i < legs->count; i++) {
		struct leg *leg = &legs->items[i];
		if (leg->from != NULL)
			continue;
		if (!choose_sender(owner, leg, reason_r, words))
			return false;
		if (is_too_long(owner, leg, m->text, words)) {
			*reason_r = GW_NOT_ACCEPTABLE;
			return false;
		}
		is_chosen[i] = true;
		count += rules_ways(
			leg->group, leg->from, leg->to, &ways[count]);
	}
	if (!rules_permit(owner, ways, count, m, reason_r, words))
		return false;
	for (size_t i = 0; i < legs->count; i++)
		if (is_chosen[i] && legs->items[i].group == NULL &&
			number_is_shared(s, legs->items[i].from))
			shared_wrote(s, owner, legs->items[i].from,
				legs->items[i].to);
	return true;
}

/* --- What became of it ---------------------------------------------------- */

static void name(struct str *out, const struct outbound *o)
{
	if (out->len > 0)
		str_add(out, ", ");
	if (o->group != NULL)
		participants_title(&o->group->people, out);
	else
		str_add(out, o->to);
}

bool legs_outcome(struct outbound *const *legs, size_t count,
	struct gw_result *result_r, struct str *words)
{
	struct gw_result all = { .stage = GW_DELIVERED };
	for (size_t i = 0; i < count; i++) {
		struct gw_result one;
		if (legs[i]->saves > 0 || legs[i]->is_unsaved ||
			!outbound_outcome(legs[i], &one))
			return false;
		if (one.stage == GW_FAILED)
			name(words, legs[i]);
		if (all.stage != GW_FAILED && one.stage != GW_DELIVERED)
			all = one;
	}
	if (all.stage == GW_FAILED) {
		str_addf(words, ": %s", all.text != NULL ? all.text : "");
		all.text = str_text(words);
	}
	*result_r = all;
	return true;
}
