/*
 * Creating and changing accounts: XEP-0100 sections 4.1 and 4.2. The order of
 * effects is the point: the network lets him in, the store has it, the answer,
 * then subscriptions and rooms. Whatever fails before the answer leaves all
 * as it was.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/map.h"
#include "host/contact.h"
#include "host/message.h"
#include "host/registration_private.h"
#include "store/accounts.h"
#include "store/kept.h"

static const struct gw_setting *rows_of(const struct user *u)
{
	return u->gateway->api.ops->settings;
}

/* --- Under way ----------------------------------------------------------- */

static struct list works = { &works, &works };

static void on_patience(void *arg);

struct work *work_new(struct gateway *g, const char *user, const char *key,
	registration_fn fn, void *arg)
{
	struct work *w = xalloc(sizeof(*w));
	w->gateway = g;
	w->user = xstrdup(user);
	w->key = xstrdup(key);
	w->fn = fn;
	w->arg = arg;
	timer_init(&w->patience, g->host->loop, "login of a registration",
		on_patience, w);
	list_append(&works, &w->link);
	return w;
}

void work_free(struct work *w)
{
	list_remove(&w->link);
	timer_stop(&w->patience);
	if (w->waits)
		iq_forget(w->gateway->component, w);
	for (size_t i = 0; i < w->count; i++) {
		if (w->values[i] != NULL)
			crypto_wipe(w->values[i], strlen(w->values[i]));
		xfree(w->values[i]);
	}
	xfree(w->values);
	for (size_t i = 0; i < w->parting_count; i++)
		xfree(w->partings[i]);
	xfree(w->partings);
	xfree(w->user);
	xfree(w->key);
	xfree(w);
}

static struct work *work_of(const struct user *u)
{
	list_for_each(it, &works) {
		struct work *w = CONTAINER(it, struct work, link);
		if (w->gateway == u->gateway && strcmp(w->user, u->jid) == 0)
			return w;
	}
	return NULL;
}

struct work *work_waiting(const struct gateway *g)
{
	list_for_each(it, &works) {
		struct work *w = CONTAINER(it, struct work, link);
		if (w->gateway == g && w->waits)
			return w;
	}
	return NULL;
}

bool work_any(const struct user *u)
{
	return work_of(u) != NULL;
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

void registration_tell(registration_fn fn, void *arg, enum stanza_error error,
	const char *text, struct account *a)
{
	const struct registration_outcome outcome = {
		.error = error, .text = text, .account = a
	};
	fn(&outcome, arg);
}

void work_conclude(struct work *w, enum stanza_error error, const char *text,
	struct account *a)
{
	const struct registration_outcome outcome = { .error = error,
		.text = text,
		.wanted = w->wanted,
		.question = w->question,
		.account = a };
	registration_fn fn = w->fn;
	w->fn = NULL;
	if (fn != NULL)
		fn(&outcome, w->arg);
}

/* --- One account ---------------------------------------------------------- */

/* The subscriptions of XEP-0100 section 4.1: from the gateway and from the
 * network, so that both appear in the contact list. */
static void greet(struct user *u)
{
	contact_ask(u, "", u->gateway->api.ops->title,
		"Add me to see how your account fares.");
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

/* What a row becomes: NULL when it stays, "" for its default. */
static const char *changed(const struct account *a,
	const struct gw_setting *row, const struct settings_values *values,
	size_t index)
{
	const char *now = account_stored_value(a, index);
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

/* NULL: gone with the gateway. */
static struct account *account_of_work(const struct work *w)
{
	const struct user *u = user_find(w->gateway, w->user);
	return u != NULL ? account_find(u, w->key) : NULL;
}

/* Give the account what changes and note what it had; says whether anything
 * does, and whether that needs a new session. */
static bool work_apply(struct work *w, struct account *a,
	const struct settings_values *values, bool *reconnects_r)
{
	const struct gw_setting *rows = account_ops(a)->settings;
	bool any = false;
	*reconnects_r = false;
	w->count = values->count;
	w->values = xcalloc(w->count + 1, sizeof(w->values[0]));
	for (size_t i = 0; i < w->count; i++) {
		const char *value = changed(a, &rows[i], values, i);
		if (value == NULL)
			continue;
		const char *old = account_stored_value(a, i);
		any = true;
		*reconnects_r |= !is_read_late(&rows[i]);
		w->values[i] = xstrdup(old != NULL ? old : "");
		account_set_value(a, i, value[0] != '\0' ? value : NULL);
	}
	return any;
}

static void restore(struct work *w, struct account *a)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->values[i] != NULL)
			account_set_value(a, i,
				w->values[i][0] != '\0' ? w->values[i] : NULL);
}

/* The answer is that all stays as it was, and so it does. */
/* What its network kept while it was tried is of no account. */
static void forget_kept(const struct work *w)
{
	const struct store_owner owner = {
		.gateway = w->gateway->options->jid,
		.user = w->user,
		.account = w->key,
	};
	store_kept_forget(w->gateway->host->store, &owner, "", NULL, NULL);
}

static void give_up(struct work *w, enum stanza_error error, const char *text)
{
	struct account *a = account_of_work(w);
	bool restarts = w->is_trying && !w->was_blocked;
	work_conclude(w, error, text, NULL);
	if (a != NULL) {
		restore(w, a);
		a->on_trial = false;
	}
	if (a != NULL && w->is_new) {
		struct user *u = a->user;
		account_free(&a, "Not registered");
		forget_kept(w);
		contact_refresh_all(u);
	}
	if (a != NULL && restarts)
		account_restart(a);
	work_free(w);
}

/* The same when nobody else holds the user. */
static void give_up_alone(
	struct work *w, enum stanza_error error, const char *text)
{
	struct gateway *g = w->gateway;
	char *jid = xstrdup(w->user);
	give_up(w, error, text);
	if (!g->closed)
		user_release_name(g, jid);
	xfree(jid);
}

static void stored(int status, void *arg)
{
	struct work *w = arg;
	struct account *a = account_of_work(w);
	if (status != 0 || a == NULL) {
		give_up_alone(w, ERR_INTERNAL_SERVER_ERROR,
			"The settings could not be stored, and are as they "
			"were. Try again later.");
		return;
	}
	bool was_tried = w->is_trying;
	a->registered = true;
	target_remember_first(a);
	work_conclude(w, ERR_NONE, NULL, a);
	greet(a->user);
	if (w->is_untested)
		message_notice(a->user, a,
			"The network has not let you in yet. I keep trying, "
			"and tell you when it refuses.");
	work_free(w);
	if (was_tried)
		account_keep(a);
	else
		account_adapt(a);
}

/* Write the account as it is now. */
static void save(struct work *w, const struct account *a)
{
	const struct gw_setting *rows = account_ops(a)->settings;
	struct store_setting *settings = xcalloc(w->count, sizeof(*settings));
	size_t used = 0;
	for (size_t i = 0; i < w->count; i++) {
		const char *value = account_stored_value(a, i);
		if (value == NULL || value[0] == '\0')
			continue;
		settings[used++] = (struct store_setting){ .name = rows[i].name,
			.value = value,
			.secret = rows[i].type == GW_SECRET };
	}
	const struct store_account row = {
		.gateway = w->gateway->options->jid,
		.user = w->user,
		.account = w->key,
		.settings = settings,
		.setting_count = used,
	};
	timer_stop(&w->patience);
	store_account_put(w->gateway->host->store, &row, stored, w);
	xfree(settings);
}

/* --- Does the network let him in? ---------------------------------------- */

/* Never: what the user entered is then stored as it is. */
static void on_patience(void *arg)
{
	struct work *w = arg;
	w->is_untested = true;
	save(w, account_of_work(w));
}

void registration_tried(struct account *a)
{
	struct work *w = work_of(a->user);
	char text[1024];
	if (a->state == ACCOUNT_OPENING || !timer_is_running(&w->patience))
		return;
	if (account_is_online(a)) {
		save(w, a);
		return;
	}
	const char *why = a->last_error != NULL ? a->last_error
						: "The connection was closed.";
	w->wanted = a->wanted;
	w->question = why;
	if (w->wanted != NULL)
		text_format(text, sizeof(text),
			"%s%s Then register once more, with it as \"%s\".", why,
			text_stop(why), w->wanted->label);
	else
		text_format(text, sizeof(text), "%s%s Nothing was changed.",
			why, text_stop(why));
	/* XEP-0100 section 4.1.2: not-authorized is about the XMPP side. */
	give_up_alone(w,
		a->last_reason == GW_BAD_PASSWORD
			? ERR_NOT_ACCEPTABLE
			: reason_error(a->last_reason),
		text);
}

static void try_login(struct work *w, struct account *a)
{
	w->is_trying = true;
	w->was_blocked = a->state == ACCOUNT_BLOCKED;
	timer_start(&w->patience, LIMIT_LOGIN_MS);
	account_try(a);
}

void registration_forget(struct gateway *g)
{
	list_for_each_safe(it, &works) {
		struct work *w = CONTAINER(it, struct work, link);
		if (w->gateway == g && w->waits)
			work_free(w);
		else if (w->gateway == g && timer_is_running(&w->patience))
			give_up(w, ERR_SERVICE_UNAVAILABLE,
				"The gateway is being restarted; nothing was "
				"changed. Try again in a minute.");
	}
	attempt_count = attempt_next = 0;
}

/* --- Applying ------------------------------------------------------------ */

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

static bool has_failed(const struct account *a)
{
	return a->state == ACCOUNT_WAITING || a->state == ACCOUNT_BLOCKED;
}

static void leave_as_is(struct work *w, struct account *a)
{
	work_conclude(w, ERR_NONE, NULL, a);
	greet(a->user);
	work_free(w);
}

static bool begin(struct user *u, struct account *a, const char *key,
	const struct settings_values *values, registration_fn fn, void *arg)
{
	bool registered = a != NULL && a->registered;
	struct work *w = work_new(u->gateway, u->jid, key, fn, arg);
	if (a == NULL) {
		w->is_new = true;
		a = account_new(u, key);
	}
	bool reconnects;
	bool any = work_apply(w, a, values, &reconnects) || !registered;
	/* A guest's session may be as it should be already. */
	bool tries = reconnects || has_failed(a) ||
		     !(registered || account_is_online(a));
	if (tries && !is_too_often(u)) {
		try_login(w, a);
		return true;
	}
	if (tries)
		give_up(w, ERR_RESOURCE_CONSTRAINT, TEXT_OFTEN);
	else if (any)
		save(w, a);
	else
		leave_as_is(w, a);
	return false;
}

bool registration_apply(struct user *u, const char *network,
	const struct settings_values *values, registration_fn fn, void *arg)
{
	char key[GW_ACCOUNT_SIZE];
	const char *text = NULL;
	struct str scratch = { .max = 1024 };
	struct account *a = NULL;
	enum stanza_error error = find_key(u, network, values, key, &text);
	if (error == ERR_NONE && work_any(u)) {
		error = ERR_RESOURCE_CONSTRAINT;
		text = TEXT_UNDER_WAY;
	}
	if (error == ERR_NONE) {
		a = account_find(u, key);
		error = check(u, a, key, values, &scratch, &text);
	}
	bool waits = false;
	if (error != ERR_NONE)
		registration_tell(fn, arg, error, text, NULL);
	else
		waits = begin(u, a, key, values, fn, arg);
	str_finish(&scratch);
	return waits;
}
