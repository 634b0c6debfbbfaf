#include "host/user.h"

#include <string.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "base/limits.h"
#include "host/account.h"
#include "host/command.h"
#include "host/contact.h"
#include "host/quota.h"
#include "store/accounts.h"
#include "xmpp/component.h"

struct user *user_find(const struct gateway *g, const char *bare_jid)
{
	return map_get_text(&g->users, bare_jid);
}

void user_limit_sends(struct user *u)
{
	int per_minute = u->gateway->options->sends_per_minute;
	bucket_init(&u->sends, per_minute, per_minute / 60.0);
}

struct user *user_get(struct gateway *g, const char *bare_jid)
{
	struct user *u = user_find(g, bare_jid);
	if (u != NULL)
		return u;
	u = xalloc(sizeof(*u));
	u->gateway = g;
	u->jid = xstrdup(bare_jid);
	list_init(&u->resources);
	list_init(&u->accounts);
	list_init(&u->questions);
	user_limit_sends(u);
	quota_fill(&u->stanzas);
	map_put_text(&g->users, u->jid, u);
	return u;
}

static void forget_contacts(struct user *u)
{
	size_t pos = 0;
	struct contact *c;
	while ((c = map_next(&u->contacts, &pos)) != NULL)
		contact_free(&c);
	map_finish(&u->contacts);
}

static void choice_free(struct room_choice *c)
{
	xfree(c->key);
	xfree(c->local);
	xfree(c->value);
	xfree(c);
}

static void forget_choices(struct user *u)
{
	size_t pos = 0;
	struct room_choice *c;
	while ((c = map_next(&u->choices, &pos)) != NULL)
		choice_free(c);
	map_finish(&u->choices);
}

static void choice_key(struct str *key, const char *local, const char *name)
{
	str_init(key, LIMIT_JID + LIMIT_CONFIG_STRING);
	str_addf(key, "%s\n%s", local, name);
}

void user_refuse(struct user *u, const struct stanza *s,
	enum stanza_error error, const char *text)
{
	stanza_reply_error(u->gateway->component, s, error, text);
}

const char *room_choice(
	const struct user *u, const char *local, const char *name)
{
	struct str key;
	choice_key(&key, local, name);
	const struct room_choice *c = map_get(&u->choices, str_slice(&key));
	str_finish(&key);
	return c != NULL ? c->value : NULL;
}

void room_choice_set(
	struct user *u, const char *local, const char *name, const char *value)
{
	struct str key;
	choice_key(&key, local, name);
	struct room_choice *old = map_remove(&u->choices, str_slice(&key));
	if (old != NULL)
		choice_free(old);
	if (value != NULL) {
		struct room_choice *c = xalloc(sizeof(*c));
		c->key = xstrdup(str_text(&key));
		c->local = xstrdup(local);
		c->name = c->key + strlen(local) + 1;
		c->value = xstrdup(value);
		map_put_text(&u->choices, c->key, c);
	}
	str_finish(&key);
}

void room_choice_keep(
	struct user *u, const char *local, const char *name, const char *value)
{
	const struct gateway *g = u->gateway;
	const struct store_room_choice row = { .gateway = g->options->jid,
		.user = u->jid,
		.room = local,
		.name = name,
		.value = value };
	store_room_choice_put(g->host->store, &row, NULL, NULL);
	room_choice_set(u, local, name, value);
}

void user_free(struct user **slot)
{
	struct user *u = *slot;
	if (u == NULL)
		return;
	*slot = NULL;
	command_forget_user(u);
	while (!list_is_empty(&u->accounts)) {
		struct account *a =
			CONTAINER(u->accounts.next, struct account, link);
		account_free(&a, NULL);
	}
	while (!list_is_empty(&u->resources)) {
		struct resource *r =
			CONTAINER(u->resources.next, struct resource, link);
		resource_remove(&r);
	}
	forget_contacts(u);
	forget_choices(u);
	intern_drop(&u->lang);
	xfree(u->thread);
	xfree(u->own_name);
	map_remove_text(&u->gateway->users, u->jid);
	xfree(u->jid);
	xfree(u);
}

bool user_is_registered(const struct user *u)
{
	list_for_each(it, &u->accounts)
		if (CONTAINER(it, struct account, link)->registered)
			return true;
	return false;
}

void user_release(struct user *u)
{
	if (!list_is_empty(&u->accounts) || !list_is_empty(&u->resources) ||
		u->contacts.count > 0 || u->choices.count > 0 ||
		u->dialogue != NULL || u->typed != NULL || u->commands > 0)
		return;
	user_free(&u);
}

void user_release_name(struct gateway *g, const char *bare_jid)
{
	struct user *u = user_find(g, bare_jid);
	if (u != NULL && list_is_empty(&u->accounts))
		user_release(u);
}

/* --- Resources ----------------------------------------------------------- */

struct resource *resource_find(const struct user *u, const char *full_jid)
{
	list_for_each(it, &u->resources) {
		struct resource *r = CONTAINER(it, struct resource, link);
		if (strcmp(r->jid, full_jid) == 0)
			return r;
	}
	return NULL;
}

static struct resource *oldest(struct user *u, unsigned *count_r)
{
	*count_r = 0;
	list_for_each(it, &u->resources)
		++*count_r;
	return CONTAINER(u->resources.next, struct resource, link);
}

struct resource *resource_get(struct user *u, const char *full_jid)
{
	struct resource *r = resource_find(u, full_jid);
	if (r != NULL)
		return r;
	unsigned count;
	struct resource *old = oldest(u, &count);
	if (count >= LIMIT_RESOURCES)
		resource_remove(&old);
	r = xalloc(sizeof(*r));
	r->user = u;
	r->jid = xstrdup(full_jid);
	r->since_ms = loop_now_ms(u->gateway->host->loop);
	list_append(&u->resources, &r->link);
	return r;
}

void resource_remove(struct resource **slot)
{
	struct resource *r = *slot;
	if (r == NULL)
		return;
	*slot = NULL;
	list_remove(&r->link);
	xfree(r->jid);
	xfree(r->status);
	xfree(r->caps);
	xfree(r);
}

/* How present a show is, for choosing among resources of one priority. */
static int rank(enum gw_show show)
{
	static const int ranks[] = { [GW_OFFLINE] = 0,
		[GW_XA] = 1,
		[GW_AWAY] = 2,
		[GW_DND] = 3,
		[GW_AVAILABLE] = 4,
		[GW_CHAT] = 5 };
	return ranks[show];
}

enum gw_show user_presence(const struct user *u, const char **status_r)
{
	const struct resource *best = NULL;
	list_for_each(it, &u->resources) {
		const struct resource *r = CONTAINER(it, struct resource, link);
		if (best == NULL || rank(r->show) > rank(best->show) ||
			(rank(r->show) == rank(best->show) &&
				r->priority > best->priority))
			best = r;
	}
	*status_r = best != NULL ? best->status : NULL;
	return best != NULL ? best->show : GW_OFFLINE;
}
