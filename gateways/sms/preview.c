#include "sms/preview.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "sms/queue.h"
#include "sms/route.h"

/* A message whose sender was asked. */
struct preview {
	struct list link; /* previews->asked */
	struct owner *owner;
	uint32_t question;
	gw_request request;
	char *to, *text, *id, *file;
};

struct previews {
	struct list asked;
};

/* How long a message is on its way. */
struct length {
	size_t segments;
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
	xfree(p->to);
	xfree(p->id);
	xfree(p->text);
	xfree(p->file);
	xfree(p);
}

static void put_question(struct str *out, const struct owner *owner,
	const struct gw_outgoing *m, const struct length *length)
{
	const struct sms_config *c = owner->sms->config;
	struct sms_verdict verdict;
	sms_policy_check(&c->destinations, owner->sms->home, m->to, &verdict);
	str_addf(out, "Your text to %s is as long as %zu texts", m->to,
		length->segments);
	if (verdict.price > 0 && owner->way == NULL)
		str_addf(out, ", which cost %.3f together",
			(double)verdict.price * (double)length->segments / 1e6);
	if (length->is_changed)
		str_add(out, "; some of its characters are written with "
			     "plainer ones");
	str_add(out, ". Send it?");
}

static struct length measure(
	const struct owner *owner, const struct gw_outgoing *m)
{
	struct segment_options options = route_options_for(
		owner->sms, owner->user, queue_sender(owner, m->to), m->to);
	struct length length = { .segments = segment_count(
					 &options, slice_of(m->text)) };
	if (!options.transliterate)
		return length;
	options.transliterate = false;
	length.is_changed =
		segment_count(&options, slice_of(m->text)) != length.segments;
	return length;
}

static void ask(struct owner *owner, const struct gw_outgoing *m,
	const struct length *length)
{
	struct str question = { .max = KIB };
	struct preview *p = xalloc(sizeof(*p));
	p->owner = owner;
	p->request = m->request;
	p->to = xstrdup(m->to);
	p->text = xstrdup(m->text);
	xstrset(&p->id, m->replaces == NULL ? m->id : NULL);
	xstrset(&p->file, m->file != NULL ? m->file->url : NULL);
	list_append(&owner->sms->previews->asked, &p->link);
	put_question(&question, owner, m, length);
	p->question = gw_ask(owner->session, str_text(&question), fields);
	str_finish(&question);
}

void preview_send(struct owner *owner, const struct gw_outgoing *m)
{
	const char *most = gw_setting(owner->session, "ask_above");
	size_t limit = (size_t)strtoul(most, NULL, 10);
	/* Who cannot answer is not asked. */
	if (gw_is_relayed(owner->session))
		limit = 0;
	struct length length = { 0 };
	if (limit > 0 && m->kind == GW_PERSON && m->receiver_count == 0)
		length = measure(owner, m);
	if (length.segments > limit &&
		length.segments <= (size_t)owner->sms->config->max_segments)
		ask(owner, m, &length);
	else
		queue_send(owner->sms, owner, m);
}

void preview_answer(
	struct owner *owner, uint32_t question, const char *const *values)
{
	list_for_each_safe(it, &owner->sms->previews->asked) {
		struct preview *p = CONTAINER(it, struct preview, link);
		const struct gw_file file = { .url = p->file };
		const struct gw_outgoing m = { .request = p->request,
			.kind = GW_PERSON,
			.to = p->to,
			.text = p->text,
			.id = p->id,
			.file = p->file != NULL ? &file : NULL };
		if (p->owner != owner || p->question != question)
			continue;
		if (values != NULL && values[0] != NULL &&
			strcmp(values[0], "1") == 0)
			queue_send(owner->sms, owner, &m);
		else
			gw_fail(owner->session, p->request, GW_NOT_ALLOWED,
				"It was not sent, as you said.");
		preview_free(p);
		return;
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
