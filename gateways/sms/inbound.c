#include "sms/inbound.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/log.h"
#include "sms/audit.h"
#include "sms/brought.h"
#include "sms/enclosed.h"
#include "sms/inbound_private.h"
#include "sms/inherited.h"
#include "sms/ledger.h"
#include "sms/recent.h"
#include "sms/rules.h"
#include "sms/shared.h"
#include "sms/uploads.h"

/* --- Life ---------------------------------------------------------------- */

struct inbound *inbound_new(
	struct inbounds *all, uint64_t number, const char *id)
{
	struct inbound *in = xalloc(sizeof(*in));
	in->sms = all->sms;
	in->number = number;
	in->id = xstrdup(id);
	list_init(&in->tickets);
	list_init(&in->storing);
	map_put_text(&all->texts, in->id, in);
	if (all->last < number)
		all->last = number;
	return in;
}

/* Behind all that came before, whatever the clock says. */
static uint64_t next_number(const struct inbounds *all)
{
	uint64_t now = (uint64_t)clock_wall_ms() * 1000;
	return now > all->last ? now : all->last + 1;
}

void inbound_end(struct inbound *in)
{
	map_remove_text(&in->sms->inbounds->texts, in->id);
	recent_forget(in->sms, in);
	enclosed_stop(in->sms, in, NULL);
	uploads_forget(in->sms, in);
	list_remove(&in->storing);
	attachment_free(&in->attached);
	list_for_each_safe(it, &in->tickets) {
		list_remove(it);
		xfree(CONTAINER(it, struct inbound_ticket, link));
	}
	for (size_t i = 0; i < in->delivery_count; i++)
		list_remove(&in->deliveries[i].owned);
	xfree(in->deliveries);
	xfree(in->id);
	xfree(in->from);
	xfree(in->to);
	xfree(in->body);
	xfree(in->file.url);
	xfree(in->file.type);
	xfree(in->file.header);
	xfree(in->backend_name);
	xfree(in);
}

void inbound_finish(struct delivery *d)
{
	if (d->is_done)
		return;
	d->is_done = true;
	d->text->left--;
	list_remove(&d->owned);
	owner_release(d->owner);
}

void inbound_drop(struct inbound *in)
{
	struct ledger *ledger = in->sms->ledger;
	char name[INBOUND_NAME_SIZE];
	inbound_record_name(in, name);
	for (size_t i = 0; i < in->delivery_count; i++)
		inbound_finish(&in->deliveries[i]);
	ledger_forget(ledger, in);
	ledger_drop(ledger, name);
	inbound_end(in);
}

/* --- Answers to the network ---------------------------------------------- */

bool inbound_is_waiting(const struct inbound_ticket *t)
{
	const struct carrier *c = t->backend->carrier;
	return c->ops->waits == NULL || c->ops->waits(c, t->ticket);
}

bool inbound_is_comparable(const struct inbound *in)
{
	return !in->is_named && in->file.url == NULL && in->attached == NULL;
}

void inbound_settle(struct inbound *in, bool ok)
{
	list_for_each_safe(it, &in->tickets) {
		struct inbound_ticket *t =
			CONTAINER(it, struct inbound_ticket, link);
		list_remove(&t->link);
		if (ok && inbound_is_comparable(in) && !inbound_is_waiting(t))
			inherited_add(in->sms->inbounds->inherited, in->from,
				in->to, in->body, clock_wall_ms());
		t->backend->carrier->ops->settle(
			t->backend->carrier, t->ticket, ok);
		xfree(t);
	}
}

/* --- Whose it is --------------------------------------------------------- */

void inbound_assign(struct inbound *in, struct owner *owner)
{
	/* Rings know their members by place. */
	for (size_t i = 0; i < in->delivery_count; i++)
		list_remove(&in->deliveries[i].owned);
	in->deliveries = xrealloc(in->deliveries, in->delivery_count + 1,
		sizeof(in->deliveries[0]));
	struct delivery *d = &in->deliveries[in->delivery_count++];
	*d = (struct delivery){ .owner = owner, .text = in };
	in->left++;
	in->is_held = false;
	for (size_t i = 0; i < in->delivery_count; i++)
		list_append(&in->deliveries[i].owner->texts,
			&in->deliveries[i].owned);
}

static void assign_to_all(struct inbound *in, const struct sms_assign_config *a)
{
	for (size_t i = 0; i < a->users.count; i++)
		inbound_assign(
			in, owner_get(in->sms, a->users.items[i], in->to));
}

/* Finds those whose it is; false: nobody's. */
static bool route(struct inbound *in, bool is_notice)
{
	const struct cfg_list *list = &in->sms->config->assign;
	for (size_t i = 0; i < list->count; i++) {
		const struct sms_assign_config *a = list->items[i];
		if (strcmp(a->number, in->to) != 0)
			continue;
		assign_to_all(in, a);
		return in->left > 0;
	}
	if (!number_is_shared(in->sms, in->to))
		return false;
	return is_notice ? shared_tell_all(in) : shared_route(in);
}

/* --- Adding -------------------------------------------------------------- */

static void set_file(struct inbound_file *f, const struct carrier_media *media)
{
	xstrset(&f->url, media->url);
	xstrset(&f->type, media->type);
	xstrset(&f->header, media->headers != NULL ? media->headers[0] : NULL);
}

/* False: it is for nobody. */
static bool find_people(struct inbound *in, const struct inbound_text *text)
{
	const struct inbound *with = text->with;
	if (text->owner != NULL) {
		inbound_assign(in, text->owner);
		return true;
	}
	if (with == NULL)
		return route(in, text->is_notice);
	for (size_t i = 0; i < with->delivery_count; i++)
		inbound_assign(in, with->deliveries[i].owner);
	in->is_held = with->is_held;
	return true;
}

struct inbound *inbound_make(
	struct sms *s, const struct inbound_text *text, struct slice body)
{
	char own[CRYPTO_ID_SIZE];
	if (text->id == NULL)
		crypto_random_id(own);
	struct inbound *in = inbound_new(s->inbounds, next_number(s->inbounds),
		text->id != NULL ? text->id : own);
	in->from = xstrdup(text->from);
	in->to = xstrdup(text->to);
	in->body = xstrndup(body.data, body.len);
	in->wall_ms = text->wall_ms;
	if (text->file != NULL)
		set_file(&in->file, text->file);
	else
		in->attached = attachment_new(&text->content, text->body);
	in->is_named = text->id != NULL;
	xstrset(&in->backend_name, text->backend_name);
	in->segments = text->segments;
	in->group = text->group;
	if (find_people(in, text) && !in->is_answer) {
		list_append(&s->inbounds->storing, &in->storing);
		inbound_save(in);
		return in;
	}
	if (!in->is_answer)
		log_warning("sms", "a text for nobody to=%s", in->to);
	audit_in(in, in->is_answer ? "answer" : "nobody");
	inbound_end(in);
	return NULL;
}

static bool is_ours(const struct sms *s, const char *number)
{
	return number_is_assigned(s, number) || number_is_shared(s, number);
}

static char *body_of(const struct inbound_text *text)
{
	struct str words = { .max = LIMIT_KEPT };
	attachment_fallback(&words, &text->content, text->body);
	char *body = xstrdup(str_text(&words));
	str_finish(&words);
	return body;
}

struct inbound *inbound_add(struct sms *s, const struct inbound_text *text)
{
	const char *notice = NULL;
	char *body = body_of(text);
	const char *own =
		text->owner != NULL ? brought_scope(text->owner) : text->to;
	bool is_passed = (text->owner == NULL && !is_ours(s, text->to)) ||
			 rules_receive(s, own, text->from, body, &notice);
	struct inbound_text here = *text;
	struct inbound_text more = { .from = text->from,
		.to = text->to,
		.owner = text->owner,
		.is_notice = true };
	/* Words that are answered are no messages to one of them. */
	here.is_notice = notice != NULL;
	struct inbound *in =
		is_passed ? inbound_make(s, &here, slice_of(body)) : NULL;
	if (notice != NULL && is_passed)
		(void)inbound_make(s, &more, slice_of(notice));
	else if (notice != NULL)
		in = inbound_make(s, &here, slice_of(notice));
	else if (!is_passed)
		audit_word(s, text);
	xfree(body);
	return in;
}

/* --- Held, and forgotten ------------------------------------------------- */

/* The oldest that is held between these numbers; NULL: none. */
static struct inbound *find_held(
	const struct sms *s, const char *from, const char *to)
{
	size_t pos = 0;
	struct inbound *in, *oldest = NULL;
	while ((in = map_next(&s->inbounds->texts, &pos)) != NULL)
		if (in->is_held && strcmp(in->from, from) == 0 &&
			strcmp(in->to, to) == 0 &&
			(oldest == NULL || in->number < oldest->number))
			oldest = in;
	return oldest;
}

size_t inbound_count_held(const struct sms *s, const char *from, const char *to)
{
	size_t pos = 0, count = 0;
	const struct inbound *in;
	while ((in = map_next(&s->inbounds->texts, &pos)) != NULL)
		count += in->is_held && strcmp(in->from, from) == 0 &&
			 strcmp(in->to, to) == 0;
	return count;
}

void inbound_release(
	struct sms *s, const char *from, const char *to, struct owner *owner)
{
	struct inbound *in;
	while ((in = find_held(s, from, to)) != NULL) {
		inbound_assign(in, owner);
		inbound_save(in);
	}
}

void inbound_drop_held(struct sms *s, const char *from, const char *to)
{
	struct inbound *in;
	while ((in = find_held(s, from, to)) != NULL) {
		inbound_settle(in, true);
		inbound_drop(in);
	}
}

void inbound_forget(struct owner *owner)
{
	while (!list_is_empty(&owner->texts)) {
		struct delivery *d =
			CONTAINER(owner->texts.next, struct delivery, owned);
		struct inbound *in = d->text;
		inbound_finish(d);
		if (in->left > 0) {
			inbound_save(in);
			continue;
		}
		inbound_settle(in, true);
		inbound_drop(in);
	}
}

/* --- All of them --------------------------------------------------------- */

struct inbounds *inbounds_new(struct sms *s)
{
	struct inbounds *all = xalloc(sizeof(*all));
	all->sms = s;
	list_init(&all->storing);
	list_init(&all->changes);
	all->inherited = inherited_new();
	return all;
}

void inbounds_free(struct inbounds **slot)
{
	struct inbounds *all = *slot;
	if (all == NULL)
		return;
	size_t pos = 0;
	struct inbound *in;
	while ((in = map_next(&all->texts, &pos)) != NULL) {
		inbound_end(in);
		pos = 0;
	}
	map_finish(&all->texts);
	list_for_each_safe(it, &all->changes)
		inbound_change_free(
			all, CONTAINER(it, struct inbound_change, link));
	inherited_free(&all->inherited);
	xfree(all);
	*slot = NULL;
}
