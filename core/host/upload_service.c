/*
 * The server's items (disco#items) and the server itself are asked what they
 * are (disco#info); the first with the feature counts.
 */
#include "host/upload_service.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "xmpp/form.h"
#include "xmpp/ns.h"

#define ANSWER_MS    20000
#define THERE_MS     (3600 * 1000)
#define NONE_MS      (600 * 1000)
#define UNREACHED_MS 30000

/* --- The outcome --------------------------------------------------------- */

static void decide(struct upload_service *s, enum upload_service_state state)
{
	static const int64_t times[] = { [UPLOAD_THERE] = THERE_MS,
		[UPLOAD_NONE] = NONE_MS,
		[UPLOAD_UNREACHED] = UNREACHED_MS };
	iq_forget(s->gateway->component, s);
	s->pending = 0;
	s->state = state;
	s->until_ms = loop_now_ms(s->gateway->host->loop);
	if (s->is_asked)
		s->until_ms += times[state];
	while (!list_is_empty(&s->waiting)) {
		struct upload_wait *w =
			CONTAINER(s->waiting.next, struct upload_wait, link);
		list_remove(&w->link);
		w->fn(s, w->arg);
	}
}

/* Every answer has come, and none is from a service. */
static void count_answer(struct upload_service *s)
{
	if (--s->pending == 0)
		decide(s, s->is_heard ? UPLOAD_NONE : UPLOAD_UNREACHED);
}

/* --- Asking -------------------------------------------------------------- */

static void ask(
	struct upload_service *s, const char *jid, const char *ns, iq_fn fn)
{
	struct component *c = s->gateway->component;
	const struct stanza_head head = {
		.from = s->gateway->options->jid,
		.to = jid,
		.type = "get",
		.id = iq_track(c, jid, ANSWER_MS, fn, s),
	};
	struct xml_writer *w = stanza_begin(c, STANZA_IQ, &head);
	xml_put(w, "query", ns, NULL);
	s->pending++;
	(void)stanza_end(c);
}

static bool has_feature(const struct xml *query)
{
	for (const struct xml *f = xml_child(query, "feature", NULL); f != NULL;
		f = xml_next(f, "feature", NULL)) {
		const char *var = xml_attr(f, "var");
		if (var != NULL && strcmp(var, NS_HTTP_UPLOAD) == 0)
			return true;
	}
	return false;
}

/* XEP-0363 section 4: a form of its own, "max-file-size" in bytes. */
static int64_t read_max_size(const struct xml *query, struct arena *arena)
{
	for (const struct xml *x = xml_child(query, "x", NS_DATA_FORM);
		x != NULL; x = xml_next(x, "x", NS_DATA_FORM)) {
		struct form form;
		if (form_read(&form, x, arena) != 0 || form.form_type == NULL ||
			strcmp(form.form_type, NS_HTTP_UPLOAD) != 0)
			continue;
		const char *text = form_get(&form, "max-file-size");
		size_t len = text != NULL ? strlen(text) : 0;
		if (len > 0 && len < 19 && strspn(text, "0123456789") == len)
			return strtoll(text, NULL, 10);
	}
	return INT64_MAX;
}

static void on_info(const struct stanza *answer, void *arg)
{
	struct upload_service *s = arg;
	s->is_heard |= answer != NULL;
	const struct xml *query =
		answer != NULL && answer->type == TYPE_RESULT
			? xml_child(answer->xml, "query", NS_DISCO_INFO)
			: NULL;
	if (!has_feature(query)) {
		count_answer(s);
		return;
	}
	xstrset(&s->jid, answer->from.full);
	s->max_size = read_max_size(query, answer->arena);
	log_debug("host", "upload service found domain=%s jid=%s", s->domain,
		s->jid);
	decide(s, UPLOAD_THERE);
}

static void on_items(const struct stanza *answer, void *arg)
{
	struct upload_service *s = arg;
	s->is_heard |= answer != NULL;
	const struct xml *query =
		answer != NULL && answer->type == TYPE_RESULT
			? xml_child(answer->xml, "query", NS_DISCO_ITEMS)
			: NULL;
	unsigned count = 0;
	for (const struct xml *item = xml_child(query, "item", NULL);
		item != NULL && count < LIMIT_UPLOAD_ITEMS;
		item = xml_next(item, "item", NULL)) {
		const char *jid = xml_attr(item, "jid");
		/* Services are domains, and not we ourselves. */
		if (jid == NULL || strpbrk(jid, "@/") != NULL ||
			xml_attr(item, "node") != NULL ||
			strcmp(jid, s->gateway->options->jid) == 0)
			continue;
		ask(s, jid, NS_DISCO_INFO, on_info);
		count++;
	}
	count_answer(s);
}

static void ask_around(struct upload_service *s)
{
	const char *named = s->gateway->host->options->upload.service;
	s->state = UPLOAD_ASKED;
	s->pending = 0;
	s->is_heard = false;
	s->is_asked = component_state(s->gateway->component) == COMPONENT_READY;
	if (named != NULL) {
		ask(s, named, NS_DISCO_INFO, on_info);
		return;
	}
	ask(s, s->domain, NS_DISCO_INFO, on_info);
	ask(s, s->domain, NS_DISCO_ITEMS, on_items);
}

/* --- Life ---------------------------------------------------------------- */

struct upload_service *upload_service_get(struct gateway *g, const char *domain)
{
	if (g->host->options->upload.service != NULL)
		domain = "";
	struct upload_service *s = map_get_text(&g->upload_services, domain);
	if (s == NULL) {
		s = xalloc(sizeof(*s));
		s->gateway = g;
		s->domain = xstrdup(domain);
		list_init(&s->waiting);
		(void)map_put_text(&g->upload_services, s->domain, s);
		ask_around(s);
	} else if (s->state != UPLOAD_ASKED &&
		   loop_now_ms(g->host->loop) >= s->until_ms) {
		ask_around(s);
	}
	return s;
}

void upload_service_wait(struct upload_service *s, struct upload_wait *w)
{
	list_append(&s->waiting, &w->link);
}

void upload_services_free(struct gateway *g)
{
	size_t pos = 0;
	struct upload_service *s;
	while ((s = map_next(&g->upload_services, &pos)) != NULL) {
		iq_forget(g->component, s);
		xfree(s->domain);
		xfree(s->jid);
		xfree(s);
	}
	map_finish(&g->upload_services);
}
