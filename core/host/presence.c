/*
 * The user's own presence (XEP-0100 sections 4.4, 4.5 and 8): who is online,
 * logging in and out with it, probing after the stream came up.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "host/account.h"
#include "host/contact.h"
#include "host/handlers.h"
#include "host/inbox.h"
#include "host/own_name.h"
#include "host/pep.h"
#include "host/room.h"
#include "store/accounts.h"
#include "xmpp/ns.h"

/* Probes a second after the stream came up: each brings a user's presence
 * and perhaps his login. */
#define PROBES_PER_TICK 50
#define PROBE_TICK_MS   250

/* Who has not answered his probe by then is not there any more. */
#define PROBE_WAIT_MS 60000

/* A client may take so long to say what it can do. */
#define CAPS_WAIT_MS 60000

static enum gw_show show_of(const struct stanza *s)
{
	static const struct {
		const char *name;
		enum gw_show show;
	} names[] = { { "away", GW_AWAY }, { "chat", GW_CHAT },
		{ "dnd", GW_DND }, { "xa", GW_XA } };
	const char *text = xml_child_text(s->xml, "show", NULL, s->arena);
	for (size_t i = 0; text != NULL && i < COUNT(names); i++)
		if (strcmp(text, names[i].name) == 0)
			return names[i].show;
	return GW_AVAILABLE;
}

static char *status_of(const struct stanza *s)
{
	const char *text = xml_child_text(s->xml, "status", NULL, s->arena);
	if (text == NULL)
		return NULL;
	return xstrndup(text, utf8_prefix(slice_of(text), LIMIT_STATUS));
}

static signed char priority_of(const struct stanza *s)
{
	const char *text = xml_child_text(s->xml, "priority", NULL, s->arena);
	long value = text != NULL ? strtol(text, NULL, 10) : 0;
	bool valid = value >= -128 && value <= 127; /* RFC 6121 4.7.2.3 */
	return (signed char)(valid ? value : 0);
}

/* --- Capabilities of the client ------------------------------------------ */

static void take_features(struct resource *r, const struct stanza *answer)
{
	const struct xml *query =
		xml_child(answer->xml, "query", NS_DISCO_INFO);
	for (const struct xml *f = xml_child(query, "feature", NULL); f != NULL;
		f = xml_next(f, "feature", NULL)) {
		const char *var = xml_attr(f, "var");
		if (var == NULL)
			continue;
		r->has_xhtml_im |= strcmp(var, NS_XHTML_IM) == 0;
		r->has_roster_x |= strcmp(var, NS_ROSTER_X) == 0;
		r->has_avatars |=
			strcmp(var, NS_AVATAR_METADATA "+notify") == 0;
	}
	r->caps_known = true;
	if (r->has_avatars)
		pep_tell_client(r);
}

static void learned(const struct stanza *answer, void *arg);

/* Ask for what `caps` says; one question to a client at a time. */
static void ask_caps(struct resource *r)
{
	struct gateway *g = r->user->gateway;
	int64_t now = clock_ms();
	r->caps_new = r->asked_ms != 0 && now - r->asked_ms < CAPS_WAIT_MS;
	if (r->caps_new)
		return; /* as soon as the answer is here */
	r->asked_ms = now;
	const struct stanza_head head = {
		.from = g->options->jid,
		.to = r->jid,
		.type = "get",
		.id = iq_track(g->component, r->jid, CAPS_WAIT_MS, learned, g),
	};
	struct xml_writer *w = stanza_begin(g->component, STANZA_IQ, &head);
	xml_open(w, "query", NS_DISCO_INFO);
	xml_put_attr(w, "node", r->caps);
	xml_close(w);
	stanza_end(g->component);
}

static void learned(const struct stanza *answer, void *arg)
{
	struct gateway *g = arg;
	if (answer == NULL)
		return;
	const struct user *u = user_find(g, answer->from.bare);
	struct resource *r =
		u != NULL ? resource_find(u, answer->from.full) : NULL;
	if (r == NULL)
		return;
	r->asked_ms = 0;
	if (r->caps_new)
		ask_caps(r);
	else if (answer->type == TYPE_RESULT)
		take_features(r, answer);
}

/* Ask what a client can do when its XEP-0115 hash is new to us. The answer
 * is believed of this client alone, so nobody can poison it for others. */
static void learn_caps(struct resource *r, const struct stanza *s)
{
	const struct xml *c = xml_child(s->xml, "c", NS_CAPS);
	const char *node = xml_attr(c, "node"), *ver = xml_attr(c, "ver");
	if (c == NULL || node == NULL || ver == NULL)
		return;
	char caps[512];
	if (!text_format(caps, sizeof(caps), "%s#%s", node, ver))
		return;
	bool changed = r->caps == NULL || strcmp(r->caps, caps) != 0;
	if (changed) {
		xstrset(&r->caps, caps);
		r->caps_known = r->has_xhtml_im = r->has_roster_x = false;
		r->has_avatars = false;
	}
	if (changed || r->caps_new)
		ask_caps(r);
}

/* --- Available and unavailable ------------------------------------------- */

/* Log in or out, and tell the networks, when the sum of all resources is not
 * what it was. */
static void user_changed(
	struct user *u, enum gw_show old_show, const char *old_status)
{
	const char *status;
	enum gw_show show = user_presence(u, &status);
	if (show == old_show && text_equals(status, old_status))
		return;
	if (old_show == GW_OFFLINE)
		own_name_renew(u);
	list_for_each(it, &u->accounts) {
		struct account *a = CONTAINER(it, struct account, link);
		if (show == GW_OFFLINE && a->registered)
			a->used_ms = 0;
		account_tell_presence(a);
		account_check(a); /* and then what is shown of it */
	}
}

static void on_available(struct user *u, const struct stanza *s)
{
	const char *old = NULL;
	enum gw_show old_show = user_presence(u, &old);
	char *old_status = xstrdup(old);
	bool is_new = resource_find(u, s->from.full) == NULL;
	struct resource *r = resource_get(u, s->from.full);
	r->stale = false;
	r->show = show_of(s);
	r->priority = priority_of(s);
	xfree(r->status);
	r->status = status_of(s);
	learn_caps(r, s);
	user_changed(u, old_show, old_status);
	xfree(old_status);
	if (is_new)
		inbox_user_is_there(u);
}

static void remove_client(struct user *u, const char *full_jid)
{
	struct resource *r = resource_find(u, full_jid);
	if (r == NULL)
		return;
	const char *old = NULL;
	enum gw_show old_show = user_presence(u, &old);
	char *old_status = xstrdup(old);
	resource_remove(&r);
	user_changed(u, old_show, old_status);
	xfree(old_status);
}

/* Going offline is broadcast to every JID the user is subscribed with; the
 * gateway's own counts, or any where he has no subscription to that one. A
 * contact alone may be told "unavailable" without logging out (4.5.2). */
static void on_unavailable(
	struct user *u, const struct target *t, const struct stanza *s)
{
	if (s->from.resource[0] == '\0')
		return; /* Prosody's echo of a subscription, no logout */
	const struct contact *c = contact_find(u, "");
	bool subscribed = c != NULL && (c->state & CONTACT_FROM_USER) != 0;
	if (t->kind != TARGET_GATEWAY && subscribed)
		return;
	const char *status = xml_child_text(s->xml, "status", NULL, s->arena);
	room_resource_gone(u, s->from.full, status);
	remove_client(u, s->from.full);
}

void presence_stanza(
	struct user *u, const struct target *t, const struct stanza *s)
{
	switch ((int)s->type) {
	case TYPE_AVAILABLE:
		if (xml_child(s->xml, "x", NS_MUC) != NULL)
			stanza_reply_error(u->gateway->component, s,
				ERR_ITEM_NOT_FOUND,
				"This is the address of no room.");
		else if (s->from.resource[0] != '\0')
			on_available(u, s);
		break;
	case TYPE_UNAVAILABLE:
		on_unavailable(u, t, s);
		break;
	case TYPE_PROBE:
		contact_probe(u, s->to.local, s->from.full);
		break;
	case TYPE_ERROR:
		room_resource_gone(u, s->from.full, NULL);
		remove_client(u, s->from.full);
		break;
	default:
		break;
	}
}

/* --- The stream came up -------------------------------------------------- */

static void probe(struct user *u)
{
	struct gateway *g = u->gateway;
	const struct stanza_head head = {
		.from = g->options->jid, .to = u->jid, .type = "probe"
	};
	if (stanza_begin(g->component, STANZA_PRESENCE, &head) != NULL)
		stanza_end(g->component);
}

/* Does his server answer a probe of ours? */
static bool shares_presence(const struct user *u)
{
	const struct contact *c = contact_find(u, "");
	return c != NULL && (c->state & CONTACT_FROM_USER) != 0;
}

static struct resource *find_stale(const struct user *u)
{
	list_for_each(it, &u->resources) {
		struct resource *r = CONTAINER(it, struct resource, link);
		if (r->stale)
			return r;
	}
	return NULL;
}

/* Clients that left while the stream was down. Their rooms find out by
 * themselves (room_stream_ready). */
static void drop_stale(struct gateway *g)
{
	size_t pos = 0;
	struct user *u;
	while ((u = map_next(&g->users, &pos)) != NULL) {
		const struct resource *r;
		while (shares_presence(u) && (r = find_stale(u)) != NULL)
			remove_client(u, r->jid);
	}
}

void presence_probe_more(void *arg)
{
	struct gateway *g = arg;
	if (g->probed) {
		drop_stale(g);
		return;
	}
	int sent = 0;
	size_t pos = 0;
	struct user *u;
	while (sent < PROBES_PER_TICK &&
		(u = map_next(&g->users, &pos)) != NULL) {
		if (!u->probe_due)
			continue;
		u->probe_due = false;
		contact_catch_up(u, g->crashed);
		probe(u);
		sent++;
	}
	g->probed = sent < PROBES_PER_TICK;
	if (g->probed)
		g->crashed = false;
	timer_start(&g->probes, g->probed ? PROBE_WAIT_MS : PROBE_TICK_MS);
}

static void doubt_everybody(struct gateway *g)
{
	size_t pos = 0;
	struct user *u;
	while ((u = map_next(&g->users, &pos)) != NULL) {
		u->probe_due = user_is_registered(u);
		list_for_each(it, &u->resources)
			CONTAINER(it, struct resource, link)->stale = true;
	}
}

/* A row of its own says that a process runs: who finds one follows a crash. */
static void mark_running(struct gateway *g, bool on)
{
	const char *jid = g->options->jid;
	if (on)
		store_announced_put(g->host->store, jid, "", jid);
	else
		store_announced_remove(g->host->store, jid, "", jid);
}

static void withdraw(const char *to, const char *jid, void *arg)
{
	struct gateway *g = arg;
	if (to[0] == '\0') {
		g->crashed = true;
		return;
	}
	size_t len = strlen(g->options->jid);
	const char *at = strchr(jid, '@');
	const char *domain = at != NULL ? at + 1 : jid;
	if (strncmp(domain, g->options->jid, len) != 0 ||
		(domain[len] != '\0' && domain[len] != '/'))
		return; /* the row is of another time's configuration */
	const struct stanza_head head = {
		.from = jid, .to = to, .type = "unavailable"
	};
	struct xml_writer *w =
		stanza_begin(g->component, STANZA_PRESENCE, &head);
	if (strchr(domain, '/') != NULL) {
		xml_open(w, "x", NS_MUC_USER);
		xml_open(w, "item", NULL);
		xml_put_attr(w, "affiliation", "none");
		xml_put_attr(w, "role", "none");
		xml_close(w);
		xml_open(w, "status", NULL);
		xml_put_attr(w, "code", "110");
		xml_close(w);
		xml_open(w, "status", NULL);
		xml_put_attr(w, "code", "332");
		xml_close(w);
		xml_close(w);
	}
	stanza_end(g->component);
}

static void begin_probing(struct gateway *g)
{
	g->probed = false;
	timer_start(&g->probes, 0);
}

static void withdrawn(int status, void *arg)
{
	struct gateway *g = arg;
	if (status != 0)
		g->withdrawn = false; /* try again with the next stream */
	if (component_state(g->component) == COMPONENT_READY)
		begin_probing(g);
}

/* No server tells anybody that a component died: take back what an earlier
 * process announced and could not withdraw, then find out who is online. */
void presence_stream_ready(struct gateway *g)
{
	doubt_everybody(g);
	room_stream_ready(g);
	if (g->withdrawn) {
		begin_probing(g);
		return;
	}
	g->withdrawn = true;
	store_announced_take(
		g->host->store, g->options->jid, withdraw, withdrawn, g);
	mark_running(g, true);
}

void presence_farewell(struct gateway *g)
{
	if (component_state(g->component) == COMPONENT_READY)
		mark_running(g, false);
	size_t pos = 0;
	struct user *u;
	while ((u = map_next(&g->users, &pos)) != NULL) {
		size_t at = 0;
		struct contact *c;
		while ((c = map_next(&u->contacts, &at)) != NULL)
			contact_announce(
				c, GW_OFFLINE, "The gateway is stopping.");
	}
}
