/*
 * RFC 6121 section 3 from the side of a contact that approves everybody who
 * registered: no network here has an approval of its own.
 */
#include "host/contact.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "host/account.h"
#include "host/handlers.h"
#include "host/pep.h"
#include "host/target.h"
#include "store/accounts.h"
#include "xmpp/ns.h"

struct contact *contact_find(const struct user *u, const char *local)
{
	return map_get_text(&u->contacts, local);
}

struct contact *contact_get(struct user *u, const char *local)
{
	struct contact *c = contact_find(u, local);
	if (c != NULL)
		return c;
	c = xalloc(sizeof(*c));
	c->user = u;
	c->local = xstrdup(local);
	c->show = c->seen = GW_OFFLINE;
	map_put_text(&u->contacts, c->local, c);
	return c;
}

/* --- Probes and subscriptions that wait for our presence ----------------- */

/* Until what a login or a subscription brings with it is known: servers send
 * the probe and the user's presence together, in either order. */
#define ANSWER_MS 100

struct asker {
	struct list link; /* gateway->askers, in the order of `due_ms` */
	struct contact *contact;
	int64_t due_ms;
	char jid[]; /* full, or the user's; "": nobody, he knows already */
};

static void drop_asker(struct contact *c)
{
	if (c->asker == NULL)
		return;
	list_remove(&c->asker->link);
	xfree(c->asker);
	c->asker = NULL;
}

static void answer_later(struct contact *c, const char *jid)
{
	struct gateway *g = c->user->gateway;
	drop_asker(c);
	size_t size = strlen(jid) + 1;
	struct asker *a = xalloc(sizeof(*a) + size);
	memcpy(a->jid, jid, size);
	a->contact = c;
	a->due_ms = loop_now_ms(g->host->loop) + ANSWER_MS;
	c->asker = a;
	list_append(&g->askers, &a->link);
	if (!timer_is_running(&g->answers))
		timer_start(&g->answers, ANSWER_MS);
}

void contact_free(struct contact **slot)
{
	struct contact *c = *slot;
	*slot = NULL;
	drop_asker(c);
	xfree(c->local);
	xfree(c->name);
	xfree(c->status);
	xfree(c->photo);
	xfree(c->seen_status);
	xfree(c);
}

void contact_forget(struct contact **slot)
{
	map_remove_text(&(*slot)->user->contacts, (*slot)->local);
	contact_free(slot);
}

/* Write the state to the store, or forget a contact that has none left. */
static void save(struct contact *c)
{
	struct gateway *g = c->user->gateway;
	if (c->state == 0) {
		store_contact_remove(g->host->store, g->options->jid,
			c->user->jid, c->local, NULL, NULL);
		contact_forget(&c);
		return;
	}
	const struct store_contact row = { .gateway = g->options->jid,
		.user = c->user->jid,
		.contact = c->local,
		.name = c->name,
		.state = c->state };
	store_contact_put(g->host->store, &row, NULL, NULL);
}

/* --- Sending ------------------------------------------------------------- */

static struct xml_writer *begin_as(const struct gateway *g, const char *local,
	const char *to, const char *type)
{
	char jid[GATEWAY_JID_SIZE];
	text_format(jid, sizeof(jid), "%s%s%s", local,
		local[0] != '\0' ? "@" : "", g->options->jid);
	const struct stanza_head head = { .from = jid, .to = to, .type = type };
	return stanza_begin(g->component, STANZA_PRESENCE, &head);
}

static struct xml_writer *begin(
	const struct contact *c, const char *to, const char *type)
{
	return begin_as(c->user->gateway, c->local, to, type);
}

static void send_type(const struct contact *c, const char *type)
{
	begin(c, c->user->jid, type);
	stanza_end(c->user->gateway->component);
}

/* Whom the contact stands for; false where that is nobody any more. */
static bool is_addressed(const struct contact *c, struct target *t)
{
	return target_of_local(c->user, c->local, t);
}

/* XEP-0153 section 3: an empty one says that there is none. */
static void put_photo(
	struct xml_writer *w, const struct user *u, const struct target *t)
{
	struct gw_photo photo;
	if (!pep_photo(u, t, &photo))
		return;
	xml_open(w, "x", NS_VCARD_UPDATE);
	xml_put(w, "photo", NULL, photo.sha1);
	xml_close(w);
}

static void send_presence(struct contact *c, const char *to)
{
	static const char *const shows[] = { [GW_OFFLINE] = NULL,
		[GW_AVAILABLE] = NULL,
		[GW_CHAT] = "chat",
		[GW_AWAY] = "away",
		[GW_XA] = "xa",
		[GW_DND] = "dnd" };
	struct gateway *g = c->user->gateway;
	struct xml_writer *w =
		begin(c, to, c->show == GW_OFFLINE ? "unavailable" : NULL);
	if (shows[c->show] != NULL)
		xml_put(w, "show", NULL, shows[c->show]);
	if (c->status != NULL)
		xml_put(w, "status", NULL, c->status);
	struct target t;
	if (c->show != GW_OFFLINE && is_addressed(c, &t)) {
		disco_put_presence_caps(w, c->user, &t);
		put_photo(w, c->user, &t);
	}
	stanza_end(g->component);
	if (c->show != GW_OFFLINE)
		pep_tell_contact(c);
}

/* Whoever is subscribed sees it; and the gateway itself is shown to everybody
 * who registered and logs in with directed presence (XEP-0100 4.4). Who only
 * permitted us to see his own will subscribe next, and is shown it then. */
static bool is_shown(const struct contact *c)
{
	return (c->state & CONTACT_TO_USER) != 0 ||
	       (c->local[0] == '\0' && user_is_registered(c->user) &&
		       (c->state & CONTACT_FROM_USER) == 0 &&
		       !list_is_empty(&c->user->resources));
}

void contact_announce(struct contact *c, enum gw_show show, const char *status)
{
	if (c->show == show && text_equals(c->status, status))
		return;
	c->show = show;
	xstrset(&c->status, status);
	if (!is_shown(c))
		return;
	send_presence(c, c->user->jid);
	c->unsent =
		component_state(c->user->gateway->component) != COMPONENT_READY;
	drop_asker(c);
}

void contact_catch_up(struct user *u, bool crashed)
{
	size_t pos = 0;
	struct contact *c;
	while ((c = map_next(&u->contacts, &pos)) != NULL) {
		bool doubtful = crashed && c->show == GW_OFFLINE;
		if ((c->unsent || doubtful) && is_shown(c))
			send_presence(c, u->jid);
		c->unsent = false;
	}
}

void contact_renew_gateway(const struct user *u)
{
	struct contact *c = contact_find(u, "");
	if (c != NULL)
		contact_renew(c);
}

void contact_renew(struct contact *c)
{
	if (c->show == GW_OFFLINE || !is_shown(c))
		return;
	send_presence(c, c->user->jid);
	c->unsent |=
		component_state(c->user->gateway->component) != COMPONENT_READY;
}

void contact_login_failed(
	struct user *u, enum gw_reason reason, const char *text)
{
	const struct gateway *g = u->gateway;
	list_for_each(it, &u->resources) {
		const struct stanza_head head = {
			.from = g->options->jid,
			.to = CONTAINER(it, struct resource, link)->jid,
			.type = "error",
		};
		const struct stanza_error_detail detail = {
			.error = reason_error(reason),
			.text = text,
		};
		struct xml_writer *w =
			stanza_begin(g->component, STANZA_PRESENCE, &head);
		stanza_put_error(w, &detail);
		stanza_end(g->component);
	}
}

/* --- What a contact's presence is ---------------------------------------- */

#define WORDS_SIZE 1024

static void describe(const struct account *a, char words[WORDS_SIZE])
{
	struct str text = { .max = WORDS_SIZE };
	account_describe(a, &text);
	text_copy(words, WORDS_SIZE, str_text(&text));
	str_finish(&text);
}

static bool is_worse(enum gw_show a, enum gw_show b)
{
	static const int rank[] = { [GW_AWAY] = 1, [GW_XA] = 2 };
	return (a < COUNT(rank) ? rank[a] : 0) >
	       (b < COUNT(rank) ? rank[b] : 0);
}

/* What those accounts say of which the show is this one. */
static void put_fares(const struct user *u, enum gw_show show, struct str *text)
{
	bool is_only = u->accounts.next == u->accounts.prev;
	list_for_each(it, &u->accounts) {
		const struct account *a = CONTAINER(it, struct account, link);
		if (account_show(a) != show || a->fares_words == NULL)
			continue;
		if (is_only)
			str_add(text, a->fares_words);
		else
			str_addf(text, "%s%s: %s", text->len > 0 ? "; " : "",
				a->key, a->fares_words);
	}
}

/* The gateway is there; how its accounts fare is the status: the worst of
 * them counts. */
static void announce_gateway(struct contact *c)
{
	enum gw_show show = GW_AVAILABLE;
	const struct account *failing = NULL;
	char words[WORDS_SIZE];
	list_for_each(it, &c->user->accounts) {
		const struct account *a = CONTAINER(it, struct account, link);
		if (is_worse(account_show(a), show))
			show = account_show(a);
		if (a->state != ACCOUNT_IDLE && !account_is_online(a))
			failing = a;
	}
	struct str text = { .max = WORDS_SIZE };
	put_fares(c->user, show, &text);
	text_copy(words, sizeof(words), str_text(&text));
	str_finish(&text);
	if (failing != NULL)
		describe(failing, words);
	contact_announce(c, show, words[0] != '\0' ? words : NULL);
}

/* The link is gone, and with it what it told. */
static void forget_seen(struct contact *c)
{
	c->seen = GW_OFFLINE;
	xstrset(&c->seen_status, NULL);
	contact_announce(c, GW_OFFLINE, NULL);
}

void contact_seen(struct contact *c, enum gw_show show, const char *status)
{
	const char *words;
	c->seen = show;
	xstrset(&c->seen_status, status);
	/* Who is logged out is told when he comes back. */
	if (user_presence(c->user, &words) != GW_OFFLINE ||
		c->show != GW_OFFLINE)
		contact_announce(c, show, status);
}

/* `asks`: the user just spoke to this contact, so he is there although his
 * presence may not reach us. */
static void refresh(struct contact *c, bool asks)
{
	const struct gateway *g = c->user->gateway;
	const char *status;
	if (!asks && user_presence(c->user, &status) == GW_OFFLINE) {
		/* Logged out (XEP-0100 section 4.5): so are we for him. */
		contact_announce(c, GW_OFFLINE, NULL);
		return;
	}
	if (c->local[0] == '\0') {
		announce_gateway(c);
		return;
	}
	struct target t;
	if (!is_addressed(c, &t))
		return;
	const struct account *a = account_find(c->user, t.address.account);
	char words[WORDS_SIZE] = "";
	enum gw_show show = a != NULL ? account_show(a) : GW_OFFLINE;
	if (a != NULL && t.kind == TARGET_NETWORK)
		describe(a, words);
	if (t.kind == TARGET_NETWORK)
		contact_announce(c, show, words[0] != '\0' ? words : NULL);
	else if (show == GW_OFFLINE || show == GW_XA)
		forget_seen(c);
	else if (g->api.ops->watch == NULL && c->seen == GW_OFFLINE)
		/* Until the network happens to tell more. */
		contact_seen(c, GW_AVAILABLE, NULL);
	else
		contact_announce(c, c->seen, c->seen_status);
}

void contact_refresh_all(struct user *u)
{
	size_t pos = 0;
	struct contact *c;
	while ((c = map_next(&u->contacts, &pos)) != NULL)
		refresh(c, false);
}

void contact_refresh_account(const struct account *a)
{
	char local[GATEWAY_JID_SIZE];
	struct contact *c = contact_find(a->user, "");
	if (c != NULL)
		refresh(c, false);
	c = gateway_local(account_gateway(a), GW_NETWORK, a->key, "", local)
		    ? contact_find(a->user, local)
		    : NULL;
	if (c != NULL)
		refresh(c, false);
}

static void watch(const struct contact *c, bool on)
{
	const struct gateway *g = c->user->gateway;
	struct target t;
	if (g->api.ops->watch == NULL || !is_addressed(c, &t) ||
		t.kind != TARGET_PERSON)
		return;
	struct account *a = account_find(c->user, t.address.account);
	if (a != NULL && account_is_online(a))
		g->api.ops->watch(&a->session, t.address.name, on);
}

void contact_watch_all(struct account *a)
{
	size_t pos = 0;
	struct contact *c;
	while ((c = map_next(&a->user->contacts, &pos)) != NULL)
		if ((c->state & CONTACT_TO_USER) != 0)
			watch(c, true);
}

void gw_presence(struct gw_session *s, const char *person, enum gw_show show,
	const char *status)
{
	struct account *a = account_of(s);
	char local[GATEWAY_JID_SIZE];
	if (!gateway_local(
		    account_gateway(a), GW_PERSON, a->key, person, local))
		return;
	struct contact *c = contact_find(a->user, local);
	if (c != NULL)
		contact_seen(c, show, status);
}

void gw_person_changed(struct gw_session *s, const char *person)
{
	struct account *a = account_of(s);
	char local[GATEWAY_JID_SIZE];
	struct contact *c = NULL;
	if (gateway_local(account_gateway(a), GW_PERSON, a->key, person, local))
		c = contact_find(a->user, local);
	if (c != NULL)
		contact_renew(c);
}

/* --- Subscriptions ------------------------------------------------------- */

/* Whoever asks without a subscription is told that he has none. */
static void deny(struct user *u, const char *local)
{
	begin_as(u->gateway, local, u->jid, "unsubscribed");
	stanza_end(u->gateway->component);
}

/* A contact has one JID, whatever the user's settings become: who was asked for
 * by another spelling asks by that one. */
static void ask_instead(struct user *u, const struct target *t)
{
	char local[GATEWAY_JID_SIZE];
	deny(u, t->jid->local);
	if (gateway_local(
		    u->gateway, t->address.kind, "", t->address.name, local))
		contact_ask(u, local, t->address.name, NULL);
}

static void on_subscribe(
	struct user *u, const struct target *to, const struct stanza *s)
{
	const char *local = s->to.local;
	if (!user_is_registered(u)) {
		stanza_reply_error(u->gateway->component, s,
			ERR_REGISTRATION_REQUIRED,
			"Register with this gateway first; then you can add "
			"its contacts.");
		return;
	}
	if (contact_find(u, local) == NULL &&
		u->contacts.count >= LIMIT_CONTACTS) {
		stanza_reply_error(u->gateway->component, s,
			ERR_RESOURCE_CONSTRAINT,
			"You have too many contacts here. Remove some first.");
		return;
	}
	if (to->is_spelled) {
		ask_instead(u, to);
		return;
	}
	struct contact *c = contact_get(u, local);
	bool fresh = (c->state & CONTACT_TO_USER) == 0;
	c->state |= CONTACT_TO_USER;
	send_type(c, "subscribed");
	/* We want his presence too (XEP-0100 section 4.6). */
	struct target t;
	bool is_person = is_addressed(c, &t) && t.kind == TARGET_PERSON;
	contact_ask(u, local, is_person ? t.address.name : NULL, NULL);
	if (fresh) {
		save(c);
		c->show = GW_OFFLINE; /* so that what follows is news */
		answer_later(c, u->jid);
		watch(c, true);
	} else {
		send_presence(c, u->jid);
	}
}

void contact_subscription(
	struct user *u, const struct target *to, const struct stanza *s)
{
	const char *local = s->to.local;
	if (s->type == TYPE_SUBSCRIBE) {
		on_subscribe(u, to, s);
		return;
	}
	struct contact *c = contact_find(u, local);
	if (c == NULL)
		return;
	int before = c->state;
	if (s->type == TYPE_SUBSCRIBED) {
		c->state |= CONTACT_FROM_USER;
		c->state &= ~CONTACT_ASKED_USER;
		/* Prosody probes then, although he was told. */
		if (c->asker == NULL && (c->state & CONTACT_TO_USER) != 0)
			answer_later(c, "");
	} else if (s->type == TYPE_UNSUBSCRIBED) {
		c->state &= ~(CONTACT_FROM_USER | CONTACT_ASKED_USER);
	} else if ((c->state & CONTACT_TO_USER) != 0) {
		c->state &= ~CONTACT_TO_USER;
		drop_asker(c);
		send_type(c, "unsubscribed");
		watch(c, false);
	}
	if (c->state != before)
		save(c);
}

void contact_ask(
	struct user *u, const char *local, const char *nick, const char *words)
{
	struct contact *c = contact_get(u, local);
	if ((c->state & (CONTACT_FROM_USER | CONTACT_ASKED_USER)) != 0)
		return;
	c->state |= CONTACT_ASKED_USER;
	struct xml_writer *w = begin(c, u->jid, "subscribe");
	if (words != NULL)
		xml_put(w, "status", NULL, words);
	if (nick != NULL)
		xml_put(w, "nick", NS_NICK, nick);
	stanza_end(u->gateway->component);
	save(c);
}

void contact_farewell(
	const struct gateway *g, const char *user, const char *local)
{
	static const char *const types[] = { "unsubscribe", "unsubscribed",
		"unavailable" };
	for (size_t i = 0; i < COUNT(types); i++) {
		begin_as(g, local, user, types[i]);
		stanza_end(g->component);
	}
}

/* --- Probes -------------------------------------------------------------- */

/* To all when there is news, else to who asked. */
static void answer(struct contact *c)
{
	refresh(c, true);
	if (c->asker != NULL && c->asker->jid[0] != '\0')
		send_presence(c, c->asker->jid);
	drop_asker(c);
}

void contact_answer_probes(void *arg)
{
	struct gateway *g = arg;
	int64_t now = loop_now_ms(g->host->loop);
	while (!list_is_empty(&g->askers)) {
		const struct asker *first =
			CONTAINER(g->askers.next, struct asker, link);
		if (first->due_ms > now) {
			timer_start(&g->answers, first->due_ms - now);
			return;
		}
		answer(first->contact);
	}
}

void contact_probe(struct user *u, const char *local, const char *jid)
{
	struct contact *c = contact_find(u, local);
	if (c == NULL || (c->state & CONTACT_TO_USER) == 0) {
		deny(u, local);
		return;
	}
	if (c->asker != NULL) {
		const char *told = c->asker->jid;
		if (strcmp(told, u->jid) == 0 ||
			(told[0] == '\0' && strcmp(jid, u->jid) == 0))
			return;
		answer(c);
	}
	answer_later(c, jid);
}
