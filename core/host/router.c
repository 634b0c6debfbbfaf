/*
 * The one entry of all stanzas: who may, to whom, and which handler.
 */
#include <string.h>

#include "base/intern.h"
#include "base/limits.h"
#include "host/account.h"
#include "host/command.h"
#include "host/contact.h"
#include "host/gateway.h"
#include "host/handlers.h"
#include "host/inbox.h"
#include "host/privilege.h"
#include "host/receivers.h"
#include "host/registration.h"
#include "host/room.h"
#include "host/target.h"
#include "host/user.h"
#include "xmpp/ns.h"

enum {
	TO_GATEWAY = 1 << TARGET_GATEWAY,
	TO_NETWORK = 1 << TARGET_NETWORK,
	TO_PERSON = 1 << TARGET_PERSON,
	TO_SERVICE = TO_GATEWAY | TO_NETWORK,
	TO_ALL = TO_SERVICE | TO_PERSON,
	BY_GET = 1 << 8,
	BY_SET = 1 << 9,
};

/* Requests to the gateway, its networks and persons; rooms have a table of
 * their own (room_iq). */
static const struct iq_row {
	const char *ns, *name;
	unsigned where;
	iq_handler_fn handler;
} iq_table[] = {
	{ NS_DISCO_INFO, "query", TO_ALL | BY_GET, disco_info_iq },
	{ NS_DISCO_ITEMS, "query", TO_ALL | BY_GET, disco_items_iq },
	{ NS_REGISTER, "query", TO_SERVICE | BY_GET | BY_SET, registration_iq },
	{ NS_COMMANDS, "command", TO_SERVICE | BY_SET, command_iq },
	{ NS_GATEWAY, "query", TO_SERVICE | BY_GET | BY_SET, prompt_iq },
	{ NS_PING, "ping", TO_ALL | BY_GET, ping_iq },
	{ NS_VERSION, "query", TO_ALL | BY_GET, version_iq },
	{ NS_LAST, "query", TO_ALL | BY_GET, last_iq },
	{ NS_TIME, "time", TO_ALL | BY_GET, time_iq },
	{ NS_VCARD, "vCard", TO_ALL | BY_GET, vcard_iq },
	{ NS_VCARD4, "vcard", TO_ALL | BY_GET, vcard4_iq },
	{ NS_PUBSUB, "pubsub", TO_PERSON | BY_GET | BY_SET, pubsub_iq },
};

static void refuse(const struct gateway *g, const struct stanza *s,
	enum stanza_error error, const char *text)
{
	stanza_reply_error(g->component, s, error, text);
}

static void route_iq(
	struct user *u, const struct target *t, const struct stanza *s)
{
	if (s->type != TYPE_GET && s->type != TYPE_SET)
		return;
	const struct xml *payload = xml_child(s->xml, NULL, NULL);
	unsigned by = s->type == TYPE_GET ? BY_GET : BY_SET;
	bool known = false;
	for (size_t i = 0; i < COUNT(iq_table); i++) {
		const struct iq_row *row = &iq_table[i];
		if (!xml_is(payload, row->name, row->ns) ||
			(row->where & (1u << t->kind)) == 0)
			continue;
		if ((row->where & by) != 0) {
			row->handler(u, t, s);
			return;
		}
		known = true;
	}
	if (known)
		refuse(u->gateway, s, ERR_NOT_ALLOWED,
			"This cannot be changed here.");
	else
		refuse(u->gateway, s, ERR_SERVICE_UNAVAILABLE, NULL);
}

static bool is_room(const struct target *t)
{
	return t->kind == TARGET_ROOM || t->kind == TARGET_OCCUPANT;
}

static void route_presence(
	struct user *u, const struct target *t, const struct stanza *s)
{
	switch ((int)s->type) {
	case TYPE_SUBSCRIBE:
		if (is_room(t)) {
			refuse(u->gateway, s, ERR_NOT_ALLOWED,
				"This is a room: join it instead of adding "
				"it as a contact.");
			return;
		}
		contact_subscription(u, t, s);
		return;
	case TYPE_SUBSCRIBED:
	case TYPE_UNSUBSCRIBE:
	case TYPE_UNSUBSCRIBED:
		contact_subscription(u, t, s);
		return;
	default:
		if (is_room(t))
			room_presence(u, t, s);
		else
			presence_stanza(u, t, s);
	}
}

static void route(
	struct user *u, const struct target *t, const struct stanza *s)
{
	switch (s->kind) {
	case STANZA_IQ:
		if (is_room(t))
			room_iq(u, t, s);
		else
			route_iq(u, t, s);
		break;
	case STANZA_MESSAGE:
		if (is_room(t))
			room_message(u, t, s);
		else
			message_stanza(u, t, s);
		break;
	case STANZA_PRESENCE:
		if (!receivers_each(u, t, s, route_presence))
			route_presence(u, t, s);
		break;
	}
}

static void remember_language(struct user *u, const struct stanza *s)
{
	if (s->lang == NULL || s->lang == u->lang)
		return;
	if (u->lang != NULL && strcmp(u->lang, s->lang) == 0)
		return;
	intern_drop(&u->lang);
	u->lang = intern(s->lang);
}

static bool joins(const struct stanza *s)
{
	return s->type == TYPE_AVAILABLE &&
	       xml_child(s->xml, "x", NS_MUC) != NULL;
}

/* Presence that changes nothing but what we know of the user. */
static bool is_broadcast(const struct stanza *s)
{
	return s->kind == STANZA_PRESENCE && !joins(s) &&
	       (s->type == TYPE_AVAILABLE || s->type == TYPE_UNAVAILABLE ||
		       s->type == TYPE_PROBE);
}

/* The sender; NULL when there is too much of him or of all, which he is told
 * if he asked for anything. */
static struct user *admit(struct gateway *g, const struct stanza *s)
{
	struct user *u = user_find(g, s->from.bare);
	const char *text = NULL;
	if (!quota_take(g, u, s))
		text = "You asked for too much at once. Wait a minute and "
		       "try again.";
	else if (s->kind != STANZA_PRESENCE && s->type != TYPE_ERROR &&
		 store_backlog(g->host->store) > LIMIT_STORE_QUEUE)
		text = "The gateway's storage does not keep up. Try again in "
		       "a minute.";
	else if (u == NULL && !quota_has_place(g, s->from.bare))
		text = "This gateway has too many users now. Try again "
		       "later.";
	if (text == NULL)
		return u != NULL ? u : user_get(g, s->from.bare);
	if (!is_broadcast(s))
		refuse(g, s, ERR_RESOURCE_CONSTRAINT, text);
	return NULL;
}

/* Servers and gateways have nothing to say; what they write is an answer to
 * ours, and would get one. */
static bool is_machine_talk(const struct stanza *s)
{
	return s->kind == STANZA_MESSAGE && s->from.local[0] == '\0';
}

void router_stanza(struct component *c, const struct stanza *s, void *arg)
{
	struct gateway *g = arg;
	(void)c;
	if (privilege_stanza(g, s))
		return;
	if (!host_permits(g->host, g, s->from.bare)) {
		/* Strangers' presence needs no answer unless it asks. */
		if (s->kind != STANZA_PRESENCE || s->type == TYPE_SUBSCRIBE ||
			joins(s))
			refuse(g, s, ERR_FORBIDDEN,
				"You may not use this gateway. Ask its "
				"operator for access.");
		return;
	}
	struct target t;
	const char *reason = NULL;
	if (is_machine_talk(s) && s->type != TYPE_ERROR) {
		refuse(g, s, ERR_NOT_ALLOWED,
			"Messages are taken from people only.");
		return;
	}
	if (target_read(g, user_find(g, s->from.bare), &s->to, &t, &reason) !=
		0) {
		if (s->kind != STANZA_PRESENCE || s->type != TYPE_UNAVAILABLE)
			refuse(g, s, ERR_JID_MALFORMED, reason);
		return;
	}
	if (is_machine_talk(s)) {
		inbox_relay_returned(g, &t, s);
		return;
	}
	struct user *u = admit(g, s);
	if (u == NULL)
		return;
	if (privilege_is_own(u, s)) {
		user_release_name(g, s->from.bare);
		return;
	}
	remember_language(u, s);
	target_settle(u, &t);
	route(u, &t, s);
	user_release_name(g, s->from.bare);
}
