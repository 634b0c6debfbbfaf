#include "sms/preview.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "sms/early.h"
#include "sms/group.h"
#include "sms/legs.h"
#include "sms/queue.h"
#include "sms/route.h"
#include "sms/rules.h"

/* A message whose sender was asked. */
struct preview {
	struct list link; /* previews->asked */
	struct owner *owner;
	uint32_t question;
	struct list message; /* struct early.link: it alone */
};

struct previews {
	struct list asked;
};

/* How long a message is on its way, and what it costs. */
struct length {
	size_t people;
	size_t segments; /* of the longest that one of them gets */
	size_t all;      /* of what all get */
	int64_t price;   /* of all, in millionths */
	bool is_changed; /* it would be longer as it was written */
};

static const struct gw_setting fields[] = {
	{ .name = "send",
		.label = "Send it",
		.type = GW_BOOL,
		.required = true },
	{ .name = NULL },
};

static void preview_free(struct preview *p)
{
	list_remove(&p->link);
	early_close(&p->message, p->owner);
	xfree(p);
}

/* --- Measuring ------------------------------------------------------------ */

static int64_t price_of(const struct owner *owner, const char *to)
{
	const struct sms_config *c = owner->sms->config;
	struct sms_verdict verdict;
	sms_policy_check(&c->destinations, owner->sms->home, to, &verdict);
	return owner->way == NULL ? verdict.price : 0;
}

static void measure_leg(const struct owner *owner, const struct leg *leg,
	const char *text, struct length *length)
{
	struct rules_way ways[PARTICIPANTS_MAX];
	const char *from = leg->group != NULL ? owner->account
					      : queue_sender(owner, leg->to);
	struct segment_options options =
		route_options_for(owner->sms, owner->user, from, leg->to);
	size_t segments = segment_count(&options, slice_of(text));
	size_t count = rules_ways(leg->group, from, leg->to, ways);
	length->people += count;
	length->all += count * segments;
	if (segments > length->segments)
		length->segments = segments;
	for (size_t i = 0; i < count; i++)
		length->price +=
			price_of(owner, ways[i].to) * (int64_t)segments;
	if (!options.transliterate)
		return;
	options.transliterate = false;
	length->is_changed |=
		segment_count(&options, slice_of(text)) != segments;
}

/* Nothing of what cannot leave, which the queue says. */
static struct length measure(
	struct owner *owner, const struct gw_outgoing *m, struct legs *legs)
{
	struct length length = { 0 };
	struct str words = { .max = 1000 };
	enum gw_reason reason;
	if (legs_plan(legs, owner, m, 0, &reason, &words))
		for (size_t i = 0; i < legs->count; i++)
			measure_leg(owner, &legs->items[i], m->text, &length);
	str_finish(&words);
	return length;
}

/* --- Asking --------------------------------------------------------------- */

static void put_people(
	struct str *out, const struct legs *legs, const struct length *length)
{
	const struct leg *first = &legs->items[0];
	if (legs->count > 1)
		str_addf(out, "%zu people", length->people);
	else if (first->group != NULL)
		participants_title(&first->group->people, out);
	else
		str_add(out, first->to);
}

static void put_question(
	struct str *out, const struct legs *legs, const struct length *length)
{
	str_add(out, "Your text to ");
	put_people(out, legs, length);
	str_addf(out, " is as long as %zu texts", length->segments);
	if (length->people > 1)
		str_addf(out, " for each of them, %zu in all", length->all);
	if (length->price > 0)
		str_addf(out, ", which cost %.3f together",
			(double)length->price / 1e6);
	if (length->is_changed)
		str_add(out, "; some of its characters are written with "
			     "plainer ones");
	str_add(out, ". Send it?");
}

static void ask(struct owner *owner, const struct gw_outgoing *m,
	const struct legs *legs, const struct length *length)
{
	struct str question = { .max = KIB };
	struct preview *p = xalloc(sizeof(*p));
	p->owner = owner;
	list_init(&p->message);
	early_keep(&p->message, owner, m);
	list_append(&owner->sms->previews->asked, &p->link);
	put_question(&question, legs, length);
	p->question = gw_ask(owner->session, str_text(&question), fields);
	str_finish(&question);
}

/* So many may a message have without a question; 0: any. */
static size_t limit_of(const struct owner *owner, const struct gw_outgoing *m)
{
	const struct sms *s = owner->sms;
	/* Who cannot answer is not asked, nor anybody twice. */
	if (m->kind == GW_NETWORK || !owner->is_online || !s->is_loaded ||
		gw_is_relayed(owner->session) || queue_has(s, m->request))
		return 0;
	return (size_t)strtoul(
		gw_setting(owner->session, "ask_above"), NULL, 10);
}

void preview_send(struct owner *owner, const struct gw_outgoing *m)
{
	size_t limit = limit_of(owner, m);
	struct legs legs = { 0 };
	struct length length = { 0 };
	if (limit > 0)
		length = measure(owner, m, &legs);
	if (length.segments > limit &&
		length.segments <= (size_t)owner->sms->config->max_segments)
		ask(owner, m, &legs, &length);
	else
		queue_send(owner->sms, owner, m);
}

void preview_answer(
	struct owner *owner, uint32_t question, const char *const *values)
{
	list_for_each_safe(it, &owner->sms->previews->asked) {
		struct preview *p = CONTAINER(it, struct preview, link);
		if (p->owner != owner || p->question != question)
			continue;
		const struct gw_outgoing m = early_message(
			CONTAINER(p->message.next, struct early, link));
		if (values != NULL && values[0] != NULL &&
			strcmp(values[0], "1") == 0)
			queue_send(owner->sms, owner, &m);
		else
			gw_fail(owner->session, m.request, GW_NOT_ALLOWED,
				"It was not sent, as you said.");
		preview_free(p);
		return;
	}
}

void preview_refuse(struct owner *owner)
{
	list_for_each_safe(it, &owner->sms->previews->asked) {
		struct preview *p = CONTAINER(it, struct preview, link);
		const struct gw_outgoing m = early_message(
			CONTAINER(p->message.next, struct early, link));
		if (p->owner != owner)
			continue;
		queue_send(owner->sms, owner, &m);
		preview_free(p);
	}
}

void preview_close(struct owner *owner)
{
	list_for_each_safe(it, &owner->sms->previews->asked) {
		struct preview *p = CONTAINER(it, struct preview, link);
		if (p->owner == owner)
			preview_free(p);
	}
}

struct previews *previews_new(void)
{
	struct previews *all = xalloc(sizeof(*all));
	list_init(&all->asked);
	return all;
}

void previews_free(struct previews **slot)
{
	struct previews *all = *slot;
	*slot = NULL;
	if (all == NULL)
		return;
	list_for_each_safe(it, &all->asked)
		preview_free(CONTAINER(it, struct preview, link));
	xfree(all);
}
