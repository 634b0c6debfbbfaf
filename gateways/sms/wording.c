#include "sms/wording.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "sms/preview.h"
#include "sms/queue.h"
#include "sms/recent.h"
#include "sms_data/phrase.h"

/* A reaction for which the text is looked up. */
struct reacting {
	struct list link; /* wording->reacting */
	struct owner *owner;
	gw_request request;
	enum gw_kind kind;
	char *to, *reactions;
};

struct wording {
	struct sms *sms;
	struct list reacting;
};

static void reacting_free(struct reacting *r)
{
	recent_forget(r->owner->sms, r);
	list_remove(&r->link);
	xfree(r->to);
	xfree(r->reactions);
	xfree(r);
}

/* --- Reactions ------------------------------------------------------------ */

static void looked_up(
	struct owner *owner, const struct recent_found *found, void *arg)
{
	struct reacting *r = arg;
	struct str text = { .max = 4 * KIB }, excerpt = { .max = KIB };
	if (found->head != NULL)
		phrase_excerpt(&excerpt, found->head);
	phrase_reaction(&text, r->reactions,
		found->head != NULL ? str_text(&excerpt) : NULL);
	const struct gw_outgoing m = { .request = r->request,
		.kind = r->kind,
		.to = r->to,
		.text = str_text(&text) };
	queue_send(owner->sms, owner, &m);
	str_finish(&excerpt);
	str_finish(&text);
	reacting_free(r);
}

static void react(struct owner *owner, const struct gw_outgoing *m)
{
	static const struct gw_result nothing = { .stage = GW_ACCEPTED };
	if (m->text[0] == '\0' || m->reply_to == NULL) {
		/* Taken back: a text cannot be. */
		gw_result(owner->session, m->request, &nothing);
		return;
	}
	struct reacting *r = xalloc(sizeof(*r));
	r->owner = owner;
	r->request = m->request;
	r->kind = m->kind;
	r->to = xstrdup(m->to);
	r->reactions = xstrdup(m->text);
	list_append(&owner->sms->wording->reacting, &r->link);
	recent_find(owner, m->to, m->reply_to, looked_up, r);
}

/* --- The rest ------------------------------------------------------------- */

/* What answers the newest text needs no quotation. */
static bool needs_quote(const struct owner *owner, const struct gw_outgoing *m)
{
	return m->quote != NULL && m->quote[0] != '\0' &&
	       !text_equals(owner->last_id, m->reply_to);
}

void wording_send(struct owner *owner, const struct gw_outgoing *m)
{
	struct gw_outgoing plain = *m;
	struct str action = { .max = LIMIT_STANZA_IN };
	struct str text = { .max = LIMIT_STANZA_IN };
	struct str whole = { .max = LIMIT_STANZA_IN };
	if (m->kind == GW_ROOM)
		plain.to = m->room->name;
	if (m->reaction && m->kind != GW_NETWORK) {
		react(owner, &plain);
		return;
	}
	if (phrase_action(&action, m->text))
		plain.text = str_text(&action);
	if (m->replaces != NULL)
		phrase_correction(&text, plain.text);
	else if (needs_quote(owner, m))
		phrase_reply(&text, m->quote, plain.text);
	if (text.len > 0)
		plain.text = str_text(&text);
	if (m->file != NULL) {
		phrase_file(&whole, plain.text, m->file->url);
		plain.text = str_text(&whole);
	}
	preview_send(owner, &plain);
	str_finish(&whole);
	str_finish(&text);
	str_finish(&action);
}

void wording_close(struct owner *owner)
{
	list_for_each_safe(it, &owner->sms->wording->reacting) {
		struct reacting *r = CONTAINER(it, struct reacting, link);
		if (r->owner == owner)
			reacting_free(r);
	}
}

/* --- Life ----------------------------------------------------------------- */

struct wording *wording_new(struct sms *s)
{
	struct wording *w = xalloc(sizeof(*w));
	w->sms = s;
	list_init(&w->reacting);
	return w;
}

void wording_free(struct wording **slot)
{
	struct wording *w = *slot;
	*slot = NULL;
	if (w == NULL)
		return;
	list_for_each_safe(it, &w->reacting)
		reacting_free(CONTAINER(it, struct reacting, link));
	xfree(w);
}
