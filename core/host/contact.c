/*
 * RFC 6121 section 3 from the side of a contact that approves everybody who
 * registered: no network here has an approval of its own.
 */
#include "host/contact.h"

#include <string.h>

#include "base/alloc.h"
#include "host/account.h"
#include "host/target.h"
#include "store/accounts.h"
#include "xmpp/disco.h"
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
	c->show = GW_OFFLINE;
	map_put_text(&u->contacts, c->local, c);
	return c;
}

void contact_free(struct contact **slot)
{
	struct contact *c = *slot;
	*slot = NULL;
	xfree(c->local);
	xfree(c->name);
	xfree(c->status);
	xfree(c);
}

/* Write the state to the store, or forget a contact that has none left. */
static void save(struct contact *c)
{
	struct gateway *g = c->user->gateway;
	if (c->state == 0) {
		store_contact_remove(g->host->store, g->options->jid,
			c->user->jid, c->local, NULL, NULL);
		map_remove_text(&c->user->contacts, c->local);
		contact_free(&c);
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

static void jid_of(const struct contact *c, char out[GATEWAY_JID_SIZE])
{
	text_format(out, GATEWAY_JID_SIZE, "%s%s%s", c->local,
		c->local[0] != '\0' ? "@" : "", c->user->gateway->options->jid);
}

static struct xml_writer *begin(
	const struct contact *c, const char *to, const char *type)
{
	char jid[GATEWAY_JID_SIZE];
	jid_of(c, jid);
	const struct stanza_head head = { .from = jid, .to = to, .type = type };
	return stanza_begin(
		c->user->gateway->component, STANZA_PRESENCE, &head);
}

static void send_type(const struct contact *c, const char *type)
{
	begin(c, c->user->jid, type);
	stanza_end(c->user->gateway->component);
}

static void send_presence(const struct contact *c, const char *to)
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
	if (c->show != GW_OFFLINE && c->local[0] == '\0')
		disco_put_caps(w, CAPS_NODE, str_text(&g->caps));
	stanza_end(g->component);
}

/* Whoever is subscribed sees it; and the gateway itself is shown to everybody
 * who registered and logs in with directed presence (XEP-0100 4.4). */
static bool is_shown(const struct contact *c)
{
	return (c->state & CONTACT_TO_USER) != 0 ||
	       (c->local[0] == '\0' && user_is_registered(c->user) &&
		       !list_is_empty(&c->user->resources));
}

void contact_announce(struct contact *c, enum gw_show show, const char *status)
{
	if (c->show == show && text_equals(c->status, status))
		return;
	c->show = show;
	xstrset(&c->status, status);
	if (is_shown(c))
		send_presence(c, c->user->jid);
}

/* --- What a contact's presence is ---------------------------------------- */

static void network_presence(
	const struct account *a, enum gw_show *show_r, char words[1024])
{
	struct str text = { .max = 1024 };
	account_describe(a, &text);
	text_copy(words, 1024, str_text(&text));
	str_finish(&text);
	*show_r = account_is_online(a) ? GW_AVAILABLE : GW_XA;
	if (a->state == ACCOUNT_IDLE)
		*show_r = GW_OFFLINE;
}

/* The gateway is there; how its accounts fare is the status. */
static void announce_gateway(struct contact *c)
{
	const struct user *u = c->user;
	const struct account *worst = NULL;
	list_for_each(it, &u->accounts) {
		const struct account *a = CONTAINER(it, struct account, link);
		if (a->state != ACCOUNT_ONLINE && a->state != ACCOUNT_IDLE)
			worst = a;
	}
	if (worst == NULL) {
		contact_announce(c, GW_AVAILABLE, NULL);
		return;
	}
	char words[1024];
	enum gw_show show;
	network_presence(worst, &show, words);
	contact_announce(c, show, words);
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
	const struct jid jid = { .local = c->local, .resource = "" };
	struct target t;
	const char *reason;
	if (target_read(g, &jid, &t, &reason) != 0)
		return;
	const struct account *a = account_find(c->user, t.address.account);
	char words[1024] = "";
	enum gw_show show = GW_OFFLINE;
	if (a != NULL)
		network_presence(a, &show, words);
	if (t.kind == TARGET_NETWORK)
		contact_announce(c, show, words[0] != '\0' ? words : NULL);
	else if (show != GW_AVAILABLE)
		contact_announce(c, GW_OFFLINE, NULL);
	else if (g->api.ops->watch == NULL && c->show == GW_OFFLINE)
		/* Until the network happens to tell more. */
		contact_announce(c, GW_AVAILABLE, NULL);
}

void contact_refresh_all(struct user *u)
{
	size_t pos = 0;
	struct contact *c;
	while ((c = map_next(&u->contacts, &pos)) != NULL)
		refresh(c, false);
}

static void watch(const struct contact *c, bool on)
{
	const struct gateway *g = c->user->gateway;
	const struct jid jid = { .local = c->local, .resource = "" };
	struct target t;
	const char *reason;
	if (g->api.ops->watch == NULL ||
		target_read(g, &jid, &t, &reason) != 0 ||
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

/* --- Subscriptions ------------------------------------------------------- */

static void on_subscribe(
	struct user *u, const char *local, const struct stanza *s)
{
	if (!user_is_registered(u)) {
		stanza_reply_error(u->gateway->component, s,
			ERR_REGISTRATION_REQUIRED,
			"Register with this gateway first; then you can add "
			"its contacts.");
		return;
	}
	struct contact *c = contact_get(u, local);
	bool fresh = (c->state & CONTACT_TO_USER) == 0;
	c->state |= CONTACT_TO_USER;
	send_type(c, "subscribed");
	/* We want his presence too (XEP-0100 section 4.6). */
	if ((c->state & (CONTACT_FROM_USER | CONTACT_ASKED_USER)) == 0) {
		c->state |= CONTACT_ASKED_USER;
		send_type(c, "subscribe");
	}
	if (fresh) {
		save(c);
		watch(c, true);
		c->show = GW_OFFLINE; /* so that what follows is news */
		refresh(c, true);
	} else {
		send_presence(c, u->jid);
	}
}

void contact_subscription(
	struct user *u, const char *local, const struct stanza *s)
{
	if (s->type == TYPE_SUBSCRIBE) {
		on_subscribe(u, local, s);
		return;
	}
	struct contact *c = contact_find(u, local);
	if (c == NULL)
		return;
	int before = c->state;
	if (s->type == TYPE_SUBSCRIBED) {
		c->state |= CONTACT_FROM_USER;
		c->state &= ~CONTACT_ASKED_USER;
	} else if (s->type == TYPE_UNSUBSCRIBED) {
		c->state &= ~(CONTACT_FROM_USER | CONTACT_ASKED_USER);
	} else if ((c->state & CONTACT_TO_USER) != 0) {
		c->state &= ~CONTACT_TO_USER;
		send_type(c, "unsubscribed");
		watch(c, false);
	}
	if (c->state != before)
		save(c);
}

void contact_ask(struct user *u, const char *local, const char *nick)
{
	struct contact *c = contact_get(u, local);
	if ((c->state & (CONTACT_FROM_USER | CONTACT_ASKED_USER)) != 0)
		return;
	c->state |= CONTACT_ASKED_USER;
	struct xml_writer *w = begin(c, u->jid, "subscribe");
	if (nick != NULL)
		xml_put(w, "nick", NS_NICK, nick);
	stanza_end(u->gateway->component);
	save(c);
}

void contact_farewell(struct contact **slot)
{
	struct contact *c = *slot;
	*slot = NULL;
	send_type(c, "unsubscribe");
	send_type(c, "unsubscribed");
	send_type(c, "unavailable");
	c->state = 0;
	save(c);
}

void contact_probe(struct user *u, const char *local, const char *full_jid)
{
	struct contact *c = contact_find(u, local);
	if (c != NULL && (c->state & CONTACT_TO_USER) != 0) {
		refresh(c, true);
		send_presence(c, full_jid);
		return;
	}
	/* RFC 6121 section 4.3.2: whoever asks without a subscription is
	 * told that he has none. */
	char jid[GATEWAY_JID_SIZE];
	text_format(jid, sizeof(jid), "%s%s%s", local,
		local[0] != '\0' ? "@" : "", u->gateway->options->jid);
	const struct stanza_head head = {
		.from = jid, .to = u->jid, .type = "unsubscribed"
	};
	struct xml_writer *w =
		stanza_begin(u->gateway->component, STANZA_PRESENCE, &head);
	(void)w;
	stanza_end(u->gateway->component);
}
