/*
 * XEP-0077 and XEP-0100 sections 4.1 to 4.3. The order of effects is the
 * point: store first, answer second, then subscriptions and sessions. Memory
 * changes when the store has.
 */
#include "host/registration.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "host/contact.h"
#include "host/handlers.h"
#include "host/history.h"
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
	const struct settings_form form = { .rows = ops->settings,
		.account = a,
		.form_type = NS_REGISTER,
		.title = ops->title,
		.instructions = words };
	settings_put_form(w, &form);
	xml_close(w);
	stanza_end(u->gateway->component);
}

/* --- Under way ----------------------------------------------------------- */

/* A change or a removal that the store has not finished. A user has one at a
 * time, so that what is in memory is what it was made from. */
struct work {
	struct list link; /* of `works` */
	struct gateway *gateway;
	char *user;
	char *key;  /* the account; NULL: all */
	bool waits; /* for registration_resume() */
	/* Of a change, one per row of settings: new value, "" the default,
	 * NULL as before. */
	char **values;
	size_t count;
	bool reconnects;    /* a setting changed that the session is made of */
	registration_fn fn; /* NULL: answered, or nobody asked */
	void *arg;
};

static struct list works = { &works, &works };

static struct work *work_new(struct gateway *g, const char *user,
	const char *key, registration_fn fn, void *arg)
{
	struct work *w = xalloc(sizeof(*w));
	w->gateway = g;
	w->user = xstrdup(user);
	w->key = xstrdup(key);
	w->fn = fn;
	w->arg = arg;
	list_append(&works, &w->link);
	return w;
}

static void work_free(struct work *w)
{
	list_remove(&w->link);
	for (size_t i = 0; i < w->count; i++) {
		if (w->values[i] != NULL)
			crypto_wipe(w->values[i], strlen(w->values[i]));
		xfree(w->values[i]);
	}
	xfree(w->values);
	xfree(w->user);
	xfree(w->key);
	xfree(w);
}

static bool is_busy(const struct user *u)
{
	list_for_each(it, &works) {
		const struct work *w = CONTAINER(it, struct work, link);
		if (w->gateway == u->gateway && strcmp(w->user, u->jid) == 0)
			return true;
	}
	return false;
}

/* The last times that somebody began a session so; the oldest are forgotten
 * when very many do. */
#define ATTEMPTS 2048u

static struct {
	uint64_t who; /* hash of gateway and user */
	int64_t at_ms;
} attempts[ATTEMPTS];
static size_t attempt_next, attempt_count;

static bool is_too_often(const struct user *u)
{
	int64_t now_ms = loop_now_ms(u->gateway->host->loop);
	uint64_t who = map_hash(slice_of(u->jid)) * 31 +
		       map_hash(slice_of(u->gateway->options->jid));
	unsigned count = 0;
	for (size_t i = 0; i < attempt_count; i++)
		count += attempts[i].who == who &&
			 now_ms - attempts[i].at_ms < LIMIT_REGISTRATIONS_MS;
	if (count >= LIMIT_REGISTRATIONS)
		return true;
	attempts[attempt_next].who = who;
	attempts[attempt_next].at_ms = now_ms;
	attempt_next = (attempt_next + 1) % ATTEMPTS;
	if (attempt_count < ATTEMPTS)
		attempt_count++;
	return false;
}

#define TEXT_OFTEN \
	"You changed your settings very often. Try again in some minutes."

#define TEXT_BUSY \
	"Your last change is still being stored. Try again in a moment."

static void tell(registration_fn fn, void *arg, enum stanza_error error,
	const char *text, struct account *a)
{
	const struct registration_outcome outcome = {
		.error = error, .text = text, .account = a
	};
	fn(&outcome, arg);
}

/* The answer, once. */
static void conclude(struct work *w, enum stanza_error error, const char *text,
	struct account *a)
{
	registration_fn fn = w->fn;
	w->fn = NULL;
	if (fn != NULL)
		tell(fn, w->arg, error, text, a);
}

/* --- Applying ------------------------------------------------------------ */

/* The subscriptions of XEP-0100 section 4.1: from the gateway and from the
 * network, so that both appear in the contact list. */
static void greet(struct user *u)
{
	contact_ask(u, "", u->gateway->api.ops->title);
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

/* What a row becomes: NULL when it stays, "" for its default. `a` may be
 * NULL. */
static const char *changed(const struct account *a,
	const struct gw_setting *row, const struct settings_values *values,
	size_t index)
{
	const char *now = a != NULL ? account_stored_value(a, index) : NULL;
	const char *value = values->values[index];
	if (row->use == GW_USE_ACCOUNT)
		return NULL;
	if (settings_is_cleared(values, index))
		return now != NULL ? "" : NULL;
	if (value == NULL || (value[0] == '\0' && now == NULL))
		return NULL;
	/* An empty secret keeps what is stored. */
	if (row->type == GW_SECRET && value[0] == '\0')
		return NULL;
	if (now == NULL)
		now = row->def != NULL ? row->def : "";
	return strcmp(now, value) != 0 ? value : NULL;
}

/* The core reads these when it needs them. */
static bool is_read_late(const struct gw_setting *row)
{
	return row->use == GW_USE_STAY || row->use == GW_USE_ROOMS;
}

/* Note what changes; says whether anything does. */
static bool work_compare(struct work *w, const struct account *a,
	const struct gw_setting *rows, const struct settings_values *values)
{
	bool any = false;
	w->count = values->count;
	w->values = xcalloc(w->count + 1, sizeof(w->values[0]));
	for (size_t i = 0; i < w->count; i++) {
		const char *value = changed(a, &rows[i], values, i);
		if (value == NULL)
			continue;
		any = true;
		w->reconnects |= !is_read_late(&rows[i]);
		w->values[i] = xstrdup(value);
	}
	return any;
}

static void stored(int status, void *arg)
{
	struct work *w = arg;
	struct gateway *g = w->gateway;
	if (status != 0 || g->closed) {
		conclude(w, ERR_INTERNAL_SERVER_ERROR,
			"The settings could not be stored, and are as they "
			"were. Try again later.",
			NULL);
		work_free(w);
		return;
	}
	struct user *u = user_get(g, w->user);
	struct account *a = account_find(u, w->key);
	bool restart = a == NULL || !a->registered || w->reconnects;
	if (a == NULL)
		a = account_new(u, w->key);
	a->registered = true;
	for (size_t i = 0; i < w->count; i++)
		if (w->values[i] != NULL)
			account_set_value(a, i,
				w->values[i][0] != '\0' ? w->values[i] : NULL);
	conclude(w, ERR_NONE, NULL, a);
	work_free(w);
	greet(u);
	if (restart)
		account_restart(a);
	else
		account_adapt(a);
}

/* Write the account as it will be. */
static void save(struct work *w, const struct user *u, const struct account *a)
{
	const struct gw_setting *rows = rows_of(u);
	struct store_setting *settings = xcalloc(w->count, sizeof(*settings));
	size_t used = 0;
	for (size_t i = 0; i < w->count; i++) {
		const char *value = w->values[i];
		if (value == NULL)
			value = a != NULL ? account_stored_value(a, i) : NULL;
		if (value == NULL || value[0] == '\0')
			continue;
		settings[used++] = (struct store_setting){ .name = rows[i].name,
			.value = value,
			.secret = rows[i].type == GW_SECRET };
	}
	const struct store_account row = {
		.gateway = u->gateway->options->jid,
		.user = u->jid,
		.account = w->key,
		.settings = settings,
		.setting_count = used,
	};
	store_account_put(u->gateway->host->store, &row, stored, w);
	xfree(settings);
}

/* Why these values cannot be, or ERR_NONE. */
static enum stanza_error check(const struct user *u, const struct account *a,
	const char *key, const struct settings_values *values,
	struct str *scratch, const char **text_r)
{
	bool registered = a != NULL && a->registered;
	int row = settings_by_use(rows_of(u), GW_USE_ACCOUNT);
	if (row >= 0 && (size_t)row < values->count)
		values->values[row] = key;
	*text_r = settings_check_all(
		rows_of(u), values, registered ? a : NULL, scratch);
	if (*text_r != NULL)
		return ERR_NOT_ACCEPTABLE;
	if (registered || registered_count(u) <
				  (unsigned)u->gateway->options->max_accounts)
		return ERR_NONE;
	*text_r = "You have as many accounts here as the operator permits. "
		  "Remove one first.";
	return ERR_RESOURCE_CONSTRAINT;
}

/* Registered again as it is: only what failed is tried again. */
static void leave_as_is(
	struct user *u, struct account *a, registration_fn fn, void *arg)
{
	bool failed =
		a->state == ACCOUNT_WAITING || a->state == ACCOUNT_BLOCKED;
	tell(fn, arg, ERR_NONE, NULL, a);
	greet(u);
	if (failed)
		account_restart(a);
}

void registration_apply(struct user *u, const char *network,
	const struct settings_values *values, registration_fn fn, void *arg)
{
	char key[GW_ACCOUNT_SIZE];
	const char *text = NULL;
	struct str scratch = { .max = 1024 };
	struct account *a = NULL;
	enum stanza_error error = find_key(u, network, values, key, &text);
	if (error == ERR_NONE && is_busy(u)) {
		error = ERR_RESOURCE_CONSTRAINT;
		text = TEXT_BUSY;
	}
	if (error == ERR_NONE) {
		a = account_find(u, key);
		error = check(u, a, key, values, &scratch, &text);
	}
	if (error != ERR_NONE) {
		tell(fn, arg, error, text, NULL);
		str_finish(&scratch);
		return;
	}
	struct work *w = work_new(u->gateway, u->jid, key, fn, arg);
	bool is_new = a == NULL || !a->registered;
	bool any = work_compare(w, a, rows_of(u), values) || is_new;
	if (any && (is_new || w->reconnects) && is_too_often(u)) {
		conclude(w, ERR_RESOURCE_CONSTRAINT, TEXT_OFTEN, NULL);
		work_free(w);
	} else if (any) {
		save(w, u, a);
	} else {
		work_free(w);
		leave_as_is(u, a, fn, arg);
	}
}

/* --- Removing ------------------------------------------------------------ */

/* Is the JID with this localpart one of the account's? With `key` NULL all
 * are. */
static bool is_of_account(struct gateway *g, const char *local, const char *key)
{
	const struct jid jid = { .local = local, .resource = "" };
	struct target t;
	const char *reason;
	if (key == NULL)
		return true;
	return target_read(g, &jid, &t, &reason) == 0 &&
	       t.kind != TARGET_GATEWAY && strcmp(t.address.account, key) == 0;
}

static struct contact *any_contact(struct user *u, const char *key)
{
	size_t pos = 0;
	struct contact *c;
	while ((c = map_next(&u->contacts, &pos)) != NULL)
		if (is_of_account(u->gateway, c->local, key))
			return c;
	return NULL;
}

/* The person and network JIDs of the account that the user had as contacts. */
static void farewell(struct user *u, const char *key)
{
	struct contact *c;
	while ((c = any_contact(u, key)) != NULL)
		contact_farewell(&c);
}

static struct room_choice *any_choice(
	const struct user *u, const char *key, char local[GATEWAY_JID_SIZE])
{
	size_t pos = 0;
	struct room_choice *c;
	while ((c = map_next(&u->choices, &pos)) != NULL) {
		size_t len = strcspn(c->key, "\n");
		text_format(local, GATEWAY_JID_SIZE, "%.*s", (int)len, c->key);
		if (is_of_account(u->gateway, local, key))
			return c;
	}
	return NULL;
}

/* What he chose for rooms of the account. */
static void forget_choices(struct user *u, const char *key)
{
	char local[GATEWAY_JID_SIZE];
	const struct room_choice *c;
	while ((c = any_choice(u, key, local)) != NULL) {
		char *name = xstrdup(c->key + strcspn(c->key, "\n") + 1);
		const struct store_room_choice row = {
			.gateway = u->gateway->options->jid,
			.user = u->jid,
			.room = local,
			.name = name,
		};
		store_room_choice_put(
			u->gateway->host->store, &row, NULL, NULL);
		room_choice_set(u, local, name, NULL);
		xfree(name);
	}
}

/* He may be in rooms as a guest: what he sees from now on is his again. */
static void enter_again(const struct user *u)
{
	list_for_each(it, &u->accounts)
		history_enter_again(CONTAINER(it, struct account, link));
}

static void removal_noted(int status, void *arg)
{
	struct work *w = arg;
	struct gateway *g = w->gateway;
	struct user *u = user_find(g, w->user);
	if (status != 0)
		log_error("host",
			"a removal is finished at the next start user=%s",
			w->user);
	char *jid = xstrdup(w->user);
	work_free(w);
	if (u != NULL)
		user_release_name(g, jid);
	xfree(jid);
}

static void erased(int status, void *arg)
{
	struct work *w = arg;
	struct gateway *g = w->gateway;
	struct user *u = user_find(g, w->user);
	conclude(w, ERR_NONE,
		status == 0 ? NULL
			    : "Removed: settings and passwords. The archived "
			      "messages could not be deleted yet; that is done "
			      "when the gateway starts next.",
		NULL);
	if (g->closed) {
		work_free(w);
		return;
	}
	if (u != NULL) {
		const char *key = user_is_registered(u) ? w->key : NULL;
		enter_again(u);
		farewell(u, key);
		forget_choices(u, key);
	}
	if (status == 0)
		store_removal_done(g->host->store, g->options->jid, w->user,
			w->key, removal_noted, w);
	else
		removal_noted(status, w);
}

static void erase(struct work *w)
{
	struct host *h = w->gateway->host;
	archive_erase(h->archive, w->gateway->options->jid, w->user, w->key,
		erased, w);
}

static bool is_meant(const struct account *a, const char *key)
{
	return a->registered && (key == NULL || strcmp(a->key, key) == 0);
}

/* Log out and forget. */
static void drop_accounts(struct user *u, const char *key)
{
	list_for_each_safe(it, &u->accounts) {
		struct account *a = CONTAINER(it, struct account, link);
		if (is_meant(a, key))
			account_free(&a, "Account removed");
	}
}

static void removed(int status, void *arg)
{
	struct work *w = arg;
	struct user *u = user_find(w->gateway, w->user);
	if (status != 0 || w->gateway->closed) {
		conclude(w, ERR_INTERNAL_SERVER_ERROR,
			"The account could not be removed, and is as it was. "
			"Try again later.",
			NULL);
		work_free(w);
		return;
	}
	if (u != NULL)
		drop_accounts(u, w->key);
	erase(w);
}

void registration_remove(
	struct user *u, const char *key, registration_fn fn, void *arg)
{
	bool any = false;
	list_for_each(it, &u->accounts)
		any |= is_meant(CONTAINER(it, struct account, link), key);
	if (is_busy(u)) {
		tell(fn, arg, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY, NULL);
		return;
	}
	if (!any) {
		tell(fn, arg, ERR_REGISTRATION_REQUIRED,
			"You are not registered here.", NULL);
		return;
	}
	struct gateway *g = u->gateway;
	struct work *w = work_new(g, u->jid, key, fn, arg);
	store_account_remove(
		g->host->store, g->options->jid, w->user, key, removed, w);
}

/* --- After a crash ------------------------------------------------------- */

void registration_loaded(struct gateway *g, const char *user, const char *key)
{
	struct work *w = work_new(g, user, key, NULL, NULL);
	w->waits = true;
}

void registration_resume(struct gateway *g)
{
	list_for_each_safe(it, &works) {
		struct work *w = CONTAINER(it, struct work, link);
		if (w->gateway != g || !w->waits)
			continue;
		log_info("host", "finishing a removal user=%s account=%s",
			w->user, w->key != NULL ? w->key : "all");
		w->waits = false;
		erase(w);
	}
}

void registration_forget(struct gateway *g)
{
	list_for_each_safe(it, &works) {
		struct work *w = CONTAINER(it, struct work, link);
		if (w->gateway == g && w->waits)
			work_free(w);
	}
	attempt_count = attempt_next = 0;
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
