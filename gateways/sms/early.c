#include "sms/early.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "net/http.h"

static void copy_receivers(struct early *e, const struct gw_outgoing *m)
{
	e->count = m->receiver_count;
	e->receivers = xcalloc(e->count + 1, sizeof(e->receivers[0]));
	e->people = xcalloc(e->count + 1, sizeof(e->people[0]));
	for (size_t i = 0; i < e->count; i++) {
		xstrset(&e->people[i], m->receivers[i].person);
		e->receivers[i] = (struct gw_receiver){ m->receivers[i].as,
			e->people[i], NULL };
	}
}

void early_keep(
	struct list *all, struct owner *owner, const struct gw_outgoing *m)
{
	struct early *e = xalloc(sizeof(*e));
	e->owner = owner;
	e->request = m->request;
	e->kind = m->kind;
	e->again = m->again;
	xstrset(&e->to, m->to);
	/* What corrects another has no name of its own. */
	xstrset(&e->id, m->replaces == NULL ? m->id : NULL);
	xstrset(&e->url, m->file != NULL ? m->file->url : NULL);
	e->file.url = e->url;
	e->text = xstrdup(m->text);
	copy_receivers(e, m);
	list_append(all, &e->link);
}

struct gw_outgoing early_message(const struct early *e)
{
	return (struct gw_outgoing){ .request = e->request,
		.kind = e->kind,
		.again = e->again,
		.to = e->to,
		.text = e->text,
		.id = e->id,
		.file = e->url != NULL ? &e->file : NULL,
		.receivers = e->receivers,
		.receiver_count = e->count };
}

void early_free(struct early *e)
{
	list_remove(&e->link);
	for (size_t i = 0; i < e->count; i++)
		xfree(e->people[i]);
	xfree(e->people);
	xfree(e->receivers);
	xfree(e->to);
	xfree(e->text);
	xfree(e->id);
	xfree(e->url);
	xfree(e);
}

void early_close(struct list *all, const struct owner *owner)
{
	list_for_each_safe(it, all) {
		struct early *e = CONTAINER(it, struct early, link);
		if (e->owner == owner)
			early_free(e);
	}
}

/* --- Callbacks ------------------------------------------------------------ */

void early_refuse(struct http_request *r, void *arg)
{
	(void)arg;
	http_answer(r, 503, "text/plain; charset=utf-8",
		slice_of("Give it again later.\n"));
}

void early_refuse_all(const struct sms *s, bool on)
{
	struct http_server *server = s->gw->env->http_server;
	struct str path = { .max = 4 * KIB };
	if (server == NULL)
		return;
	str_addf(&path, "/sms/%s/", s->gw->jid);
	if (on)
		http_server_handle(
			server, str_text(&path), true, early_refuse, NULL);
	else
		http_server_forget(server, str_text(&path));
	str_finish(&path);
}
