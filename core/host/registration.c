/*
 * XEP-0077 and XEP-0100 sections 4.1 to 4.3. The order of effects is the
 * point: store first, answer second, then subscriptions and sessions.
 */
#include "host/registration.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "host/contact.h"
#include "host/handlers.h"
#include "host/room.h"
#include "store/accounts.h"
#include "xmpp/ns.h"

static const struct gw_setting *rows_of(const struct user *u)
{
	return u->gateway->api.ops->settings;
}

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

static void put_elements(struct xml_writer *w, const struct gw_setting *rows,
	const struct account *a)
{
	for (size_t i = 0; rows[i].name != NULL; i++) {
		if (rows[i].element == NULL)
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
			"You are registered for %s. Change what you like; a "
			"password left empty stays as it is.",
			a->key);
	else
		text_format(words, sizeof(words), "Register your %s here.",
			ops->account_title);
	xml_open(w, "query", NS_REGISTER);
	if (a != NULL)
		xml_put(w, "registered", NULL, NULL);
	xml_put(w, "instructions", NULL, words);
	put_elements(w, ops->settings, a);
	settings_put_form(w, ops->settings, a, NS_REGISTER, ops->title, words);
	xml_close(w);
	stanza_end(u->gateway->component);
}

/* --- Applying ------------------------------------------------------------ */

struct application {
	struct gateway *gateway;
	char *user, *key;
	bool was_registered;
	registration_fn fn;
	void *arg;
};

static void finish(struct application *p, enum stanza_error error,
	const char *text, struct account *a)
{
	const struct registration_outcome outcome = {
		.error = error, .text = text, .account = a
	};
	p->fn(&outcome, p->arg);
	xfree(p->user);
	xfree(p->key);
	xfree(p);
}

static void refuse(registration_fn fn, void *arg, enum stanza_error error,
	const char *text)
{
	const struct registration_outcome outcome = { .error = error,
		.text = text };
	fn(&outcome, arg);
}

/* The subscriptions of XEP-0100 section 4.1: from the gateway and from the
 * network, so that both appear in the contact list. */
static void greet(struct user *u)
{
	contact_ask(u, "", u->gateway->api.ops->title);
}

static void stored(int status, void *arg)
{
	struct application *p = arg;
	struct user *u = user_find(p->gateway, p->user);
	struct account *a = u != NULL ? account_find(u, p->key) : NULL;
	if (status != 0 || a == NULL) {
		if (a != NULL && !p->was_registered) {
			a->registered = false;
			account_check(a);
		}
		finish(p, ERR_INTERNAL_SERVER_ERROR,
			"The settings could not be stored. Try again later.",
			NULL);
		return;
	}
	finish(p, ERR_NONE, NULL, a);
	greet(u);
	account_restart(a);
}

/* The canonical key of the account these values are about. */
static enum stanza_error find_key(const struct user *u, const char *network,
	const struct settings_values *values, char key[GW_ACCOUNT_SIZE],
	const char **text_r)
{
	const struct gateway *g = u->gateway;
	int row = settings_by_use(rows_of(u), GW_USE_ACCOUNT);
	const char *wanted = network;
	if (wanted == NULL && row >= 0 && (size_t)row < values->count)
		wanted = values->values[row];
	if (wanted == NULL || wanted[0] == '\0')
		wanted = rows_of(u)[row].def;
	if (wanted == NULL || wanted[0] == '\0') {
		*text_r = "Say which account it is about.";
		return ERR_NOT_ACCEPTABLE;
	}
	if (g->api.ops->canonical_account(
		    &g->api, wanted, key, GW_ACCOUNT_SIZE, text_r) != 0)
		return ERR_NOT_ACCEPTABLE;
	return ERR_NONE;
}

static unsigned registered_count(const struct user *u)
{
	unsigned count = 0;
	list_for_each(it, &u->accounts)
		count += CONTAINER(it, struct account, link)->registered;
	return count;
}

static void set_values(struct account *a, const struct gw_setting *rows,
	const struct settings_values *values)
{
	for (size_t i = 0; i < values->count; i++) {
		const char *value = values->values[i];
		if (value == NULL || rows[i].use == GW_USE_ACCOUNT)
			continue;
		/* An empty secret keeps what is stored. */
		if (rows[i].type == GW_SECRET && value[0] == '\0')
			continue;
		account_set_value(a, i, value[0] != '\0' ? value : NULL);
	}
}

void registration_apply(struct user *u, const char *network,
	const struct settings_values *values, registration_fn fn, void *arg)
{
	char key[GW_ACCOUNT_SIZE];
	const char *text = NULL;
	enum stanza_error error = find_key(u, network, values, key, &text);
	if (error != ERR_NONE) {
		refuse(fn, arg, error, text);
		return;
	}
	struct account *a = account_find(u, key);
	bool registered = a != NULL && a->registered;
	char words[1024];
	struct str scratch = { .max = sizeof(words) };
	int row = settings_by_use(rows_of(u), GW_USE_ACCOUNT);
	if (row >= 0 && (size_t)row < values->count)
		values->values[row] = key;
	text = settings_check_all(
		rows_of(u), values, registered ? a : NULL, &scratch);
	if (text != NULL)
		text_copy(words, sizeof(words), text);
	str_finish(&scratch);
	if (text != NULL) {
		refuse(fn, arg, ERR_NOT_ACCEPTABLE, words);
		return;
	}
	if (!registered &&
		registered_count(u) >=
			(unsigned)u->gateway->options->max_accounts) {
		refuse(fn, arg, ERR_RESOURCE_CONSTRAINT,
			"You have as many accounts here as the operator "
			"permits. Remove one first.");
		return;
	}
	if (a == NULL)
		a = account_new(u, key);
	set_values(a, rows_of(u), values);
	a->registered = true;
	struct application *p = xalloc(sizeof(*p));
	p->gateway = u->gateway;
	p->user = xstrdup(u->jid);
	p->key = xstrdup(key);
	p->was_registered = registered;
	p->fn = fn;
	p->arg = arg;
	account_save(a, stored, p);
}

/* --- Removing ------------------------------------------------------------ */

/* The person and network JIDs of an account that the user had as contacts;
 * all contacts with `key` NULL. */
static void farewell(struct user *u, const char *key)
{
	bool again = true;
	while (again) {
		again = false;
		size_t pos = 0;
		struct contact *c;
		while ((c = map_next(&u->contacts, &pos)) != NULL) {
			const struct jid jid = { .local = c->local,
				.resource = "" };
			struct target t;
			const char *reason;
			bool ours =
				key == NULL ||
				(target_read(u->gateway, &jid, &t, &reason) ==
						0 &&
					t.kind != TARGET_GATEWAY &&
					strcmp(t.address.account, key) == 0);
			if (ours) {
				contact_farewell(&c);
				again = true;
				break;
			}
		}
	}
}

static void removed(int status, void *arg)
{
	struct application *p = arg;
	struct user *u = user_find(p->gateway, p->user);
	if (status != 0) {
		finish(p, ERR_INTERNAL_SERVER_ERROR,
			"The account could not be removed. Try again later.",
			NULL);
		return;
	}
	struct gateway *g = p->gateway;
	char *jid = xstrdup(p->user), *key = xstrdup(p->key);
	finish(p, ERR_NONE, NULL, NULL);
	if (u != NULL)
		farewell(u, user_is_registered(u) ? key : NULL);
	if (u != NULL && !user_is_registered(u))
		user_forget_choices(u);
	user_release_name(g, jid);
	xfree(jid);
	xfree(key);
}

/* Log out and forget the accounts; they are still in the store. */
static bool drop_accounts(struct user *u, const char *key)
{
	bool any = false;
	list_for_each_safe(it, &u->accounts) {
		struct account *a = CONTAINER(it, struct account, link);
		if (!a->registered || (key != NULL && strcmp(a->key, key) != 0))
			continue;
		account_free(&a, "Account removed");
		any = true;
	}
	return any;
}

void registration_remove(
	struct user *u, const char *key, registration_fn fn, void *arg)
{
	struct gateway *g = u->gateway;
	struct application *p = xalloc(sizeof(*p));
	p->gateway = g;
	p->user = xstrdup(u->jid);
	p->key = xstrdup(key);
	p->fn = fn;
	p->arg = arg;
	if (!drop_accounts(u, key)) {
		finish(p, ERR_REGISTRATION_REQUIRED,
			"You are not registered here.", NULL);
		return;
	}
	store_account_remove(
		g->host->store, g->options->jid, p->user, key, removed, p);
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
	struct settings_values values;
	const struct xml *x = xml_child(query, "x", NS_DATA_FORM);
	struct form form;
	if (x == NULL) {
		settings_from_elements(&values, rows_of(u), query, s->arena);
	} else if (form_read(&form, x, s->arena) != 0) {
		stanza_reply_error(u->gateway->component, s, ERR_BAD_REQUEST,
			"The form is malformed.");
		return;
	} else if (form.type != NULL && strcmp(form.type, "cancel") == 0) {
		iq_result(u->gateway->component, s);
		return;
	} else {
		settings_from_form(&values, rows_of(u), &form, s->arena);
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
