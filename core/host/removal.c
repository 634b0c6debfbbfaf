/*
 * Removing accounts: XEP-0100 section 4.3, and what a crash left of it.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "host/contact.h"
#include "host/handlers.h"
#include "host/history.h"
#include "host/registration_private.h"
#include "host/room.h"
#include "store/accounts.h"

/* For the answer of our own server, which is busy at most. */
#define HEARD_MS 60000

/* --- Removing ------------------------------------------------------------ */

/* Is the JID with this localpart one of the account's? With `key` NULL all
 * are. */
static bool is_of_account(
	const struct user *u, const char *local, const char *key)
{
	struct target t;
	if (key == NULL)
		return true;
	return target_of_local(u, local, &t) && t.kind != TARGET_GATEWAY &&
	       strcmp(t.address.account, key) == 0;
}

static struct contact *any_contact(struct user *u, const char *key)
{
	size_t pos = 0;
	struct contact *c;
	while ((c = map_next(&u->contacts, &pos)) != NULL)
		if (is_of_account(u, c->local, key))
			return c;
	return NULL;
}

/* The person and network JIDs of the account that the user had as contacts.
 * They stay in the store until he has heard. */
static void take_contacts(struct work *w, struct user *u, const char *key)
{
	struct contact *c;
	while ((c = any_contact(u, key)) != NULL) {
		w->partings = xrealloc(w->partings, w->parting_count + 1,
			sizeof(w->partings[0]));
		w->partings[w->parting_count++] = xstrdup(c->local);
		contact_forget(&c);
	}
}

/* ... but for those he has added again. */
static void forget_contacts(const struct work *w)
{
	const struct gateway *g = w->gateway;
	const struct user *u = user_find(g, w->user);
	for (size_t i = 0; i < w->parting_count; i++)
		if (u == NULL || contact_find(u, w->partings[i]) == NULL)
			store_contact_remove(g->host->store, g->options->jid,
				w->user, w->partings[i], NULL, NULL);
}

static struct room_choice *any_choice(const struct user *u, const char *key)
{
	size_t pos = 0;
	struct room_choice *c;
	while ((c = map_next(&u->choices, &pos)) != NULL)
		if (is_of_account(u, c->local, key))
			return c;
	return NULL;
}

/* What he chose for rooms of the account. */
static void forget_choices(struct user *u, const char *key)
{
	struct room_choice *c;
	while ((c = any_choice(u, key)) != NULL) {
		char *local = xstrdup(c->local), *name = xstrdup(c->name);
		room_choice_keep(u, local, name, NULL);
		xfree(local);
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
	if (status != 0)
		log_error("host",
			"a removal is finished at the next start user=%s",
			w->user);
	char *jid = xstrdup(w->user);
	work_free(w);
	user_release_name(g, jid);
	xfree(jid);
}

/* Of the ping behind the farewells. Without a stream they may be lost, and
 * are sent again when it is back, or by the next process. */
static void heard(const struct stanza *answer, void *arg)
{
	struct work *w = arg;
	const struct gateway *g = w->gateway;
	if (answer == NULL && component_state(g->component) != COMPONENT_READY)
		return;
	w->waits = false;
	forget_contacts(w);
	store_removal_done(g->host->store, g->options->jid, w->user, w->key,
		removal_noted, w);
}

static void part(const struct work *w)
{
	for (size_t i = 0; i < w->parting_count; i++)
		contact_farewell(w->gateway, w->user, w->partings[i]);
}

/* XEP-0114 confirms nothing: the note of the removal stays until the server
 * has answered what was sent behind. */
static void say_farewell(struct work *w)
{
	part(w);
	w->waits = true;
	component_ping(w->gateway->component, HEARD_MS, heard, w);
}

static void erased(int status, void *arg)
{
	struct work *w = arg;
	struct gateway *g = w->gateway;
	struct user *u = user_find(g, w->user);
	work_conclude(w, ERR_NONE,
		status == 0 ? NULL
			    : "Removed: settings and passwords. The archived "
			      "messages could not be deleted yet; that is done "
			      "when the gateway starts next.",
		NULL);
	if (g->closed || g->stopping) {
		work_free(w);
		return;
	}
	if (u != NULL) {
		const char *key = user_is_registered(u) ? w->key : NULL;
		enter_again(u);
		take_contacts(w, u, key);
		contact_refresh_all(u);
		forget_choices(u, key);
	}
	if (status == 0) {
		say_farewell(w);
		return;
	}
	part(w);
	forget_contacts(w);
	removal_noted(status, w);
}

static void erase(struct work *w)
{
	struct host *h = w->gateway->host;
	struct gw *gw = &w->gateway->api;
	if (gw->ops->forget != NULL)
		gw->ops->forget(gw, w->user, w->key);
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
		work_conclude(w, ERR_INTERNAL_SERVER_ERROR,
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
	if (work_any(u)) {
		registration_tell(
			fn, arg, ERR_RESOURCE_CONSTRAINT, TEXT_UNDER_WAY, NULL);
		return;
	}
	if (!any) {
		registration_tell(fn, arg, ERR_REGISTRATION_REQUIRED,
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
	struct work *w;
	while ((w = work_waiting(g)) != NULL) {
		log_info("host", "finishing a removal user=%s account=%s",
			w->user, w->key != NULL ? w->key : "all");
		w->waits = false;
		/* An answer to the farewells of before is none to the next. */
		iq_forget(g->component, w);
		erase(w);
	}
}
