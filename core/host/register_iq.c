/*
 * XEP-0077 on the wire: the form with what is stored, and the requests.
 */
#include <string.h>

#include "base/alloc.h"
#include "host/registration.h"
#include "xmpp/ns.h"

/* The account that a form at this address shows and changes: at a network's
 * JID that one, at the gateway's the only one there is. */
static struct account *shown_account(
	const struct user *u, const struct target *t)
{
	struct account *only = NULL;
	unsigned count = 0;
	list_for_each(it, &u->accounts) {
		struct account *a = CONTAINER(it, struct account, link);
		if (!a->registered)
			continue;
		if (t->kind == TARGET_NETWORK &&
			strcmp(a->key, t->address.account) == 0)
			return a;
		only = a;
		count++;
	}
	return t->kind == TARGET_GATEWAY && count == 1 ? only : NULL;
}

/* --- The form ------------------------------------------------------------ */

static void put_elements(
	struct xml_writer *w, const struct gw *gw, const struct account *a)
{
	const struct gw_setting *rows = gw->ops->settings;
	for (size_t i = 0; rows[i].name != NULL; i++) {
		if (rows[i].element == NULL || settings_is_hidden(gw, &rows[i]))
			continue;
		const char *value = "";
		if (a != NULL && rows[i].type != GW_SECRET)
			value = account_value(a, rows[i].name);
		xml_put(w, rows[i].element, NULL, value);
	}
}

static void send_form(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const struct gateway_ops *ops = u->gateway->api.ops;
	const struct account *a = shown_account(u, t);
	struct xml_writer *w = iq_result_begin(u->gateway->component, s);
	char words[512];
	if (a != NULL)
		text_format(words, sizeof(words),
			"You are registered for %s. Change what you like%s.",
			a->key,
			settings_have_secret(&u->gateway->api, ops->settings)
				? "; a password left empty stays as it is"
				: "");
	else
		text_format(words, sizeof(words), "Register your %s here.",
			ops->account_title);
	xml_open(w, "query", NS_REGISTER);
	if (a != NULL)
		xml_put(w, "registered", NULL, NULL);
	xml_put(w, "instructions", NULL, words);
	put_elements(w, &u->gateway->api, a);
	const struct settings_form form = { .rows = ops->settings,
		.gw = &u->gateway->api,
		.account = a,
		.form_type = NS_REGISTER,
		.title = ops->title,
		.instructions = words };
	settings_put_form(w, &form);
	xml_close(w);
	stanza_end(u->gateway->component);
}

/* --- jabber:iq:register -------------------------------------------------- */

/* The request to answer when the store is done. */
struct waiting_iq {
	struct gateway *gateway;
	char *from, *to, *id;
};

static struct waiting_iq *wait_for(struct user *u, const struct stanza *s)
{
	struct waiting_iq *q = xalloc(sizeof(*q));
	q->gateway = u->gateway;
	q->from = xstrdup(s->from.full);
	q->to = xstrdup(s->to.full);
	q->id = xstrdup(s->id);
	return q;
}

static void answer(const struct registration_outcome *o, void *arg)
{
	struct waiting_iq *q = arg;
	const struct stanza_head head = { .from = q->to,
		.to = q->from,
		.type = o->error == ERR_NONE ? "result" : "error",
		.id = q->id };
	struct xml_writer *w =
		stanza_begin(q->gateway->component, STANZA_IQ, &head);
	const struct stanza_error_detail detail = { .error = o->error,
		.text = o->text };
	if (o->error != ERR_NONE)
		stanza_put_error(w, &detail);
	stanza_end(q->gateway->component);
	xfree(q->from);
	xfree(q->to);
	xfree(q->id);
	xfree(q);
}

static const char *network_of(const struct target *t)
{
	return t->kind == TARGET_NETWORK ? t->address.account : NULL;
}

static void on_remove(struct user *u, const struct target *t,
	const struct stanza *s, const struct xml *query)
{
	if (xml_count(query) != 1) {
		stanza_reply_error(u->gateway->component, s, ERR_BAD_REQUEST,
			"<remove/> must stand alone.");
		return;
	}
	registration_remove(u, network_of(t), answer, wait_for(u, s));
}

static void on_set(struct user *u, const struct target *t,
	const struct stanza *s, const struct xml *query)
{
	const struct gw_setting *rows = u->gateway->api.ops->settings;
	struct settings_values values;
	const struct xml *x = xml_child(query, "x", NS_DATA_FORM);
	struct form form;
	if (x == NULL) {
		settings_from_elements(&values, rows, query, s->arena);
	} else if (form_read(&form, x, s->arena) != 0) {
		stanza_reply_error(u->gateway->component, s, ERR_BAD_REQUEST,
			"The form is malformed.");
		return;
	} else if (form.type != NULL && strcmp(form.type, "cancel") == 0) {
		iq_result(u->gateway->component, s);
		return;
	} else {
		settings_from_form(&values, rows, &form, s->arena);
	}
	registration_apply(u, network_of(t), &values, answer, wait_for(u, s));
}

void registration_iq(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const struct xml *query = xml_child(s->xml, "query", NS_REGISTER);
	if (s->type == TYPE_GET)
		send_form(u, t, s);
	else if (xml_child(query, "remove", NS_REGISTER) != NULL)
		on_remove(u, t, s, query);
	else
		on_set(u, t, s, query);
}
