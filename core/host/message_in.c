/*
 * Messages to users: private ones from persons, networks and ourselves. Those
 * that a gateway hands over go their ways from here: into a room, and over the
 * store if they must not get lost.
 */
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "host/account.h"
#include "host/contact.h"
#include "host/extras.h"
#include "host/history.h"
#include "host/inbox.h"
#include "host/message.h"
#include "host/privilege.h"
#include "host/receipt.h"
#include "host/receivers.h"
#include "host/rich.h"
#include "host/room.h"
#include "xmpp/ns.h"

/* A message this much older than now is shown with its time (XEP-0203). */
#define DELAY_MS 60000

static bool wants_xhtml(const struct user *u)
{
	list_for_each(it, &u->resources)
		if (CONTAINER(it, struct resource, link)->has_xhtml_im)
			return true;
	return false;
}

static bool is_late(const struct gw_message *m)
{
	return m->wall_ms != 0 && clock_wall_ms() - m->wall_ms > DELAY_MS;
}

void message_put_delay(struct xml_writer *w, const char *from, int64_t wall_ms)
{
	char stamp[CLOCK_STAMP_SIZE];
	clock_format(stamp, wall_ms);
	xml_open(w, "delay", NS_DELAY);
	xml_put_attr(w, "from", from);
	xml_put_attr(w, "stamp", stamp);
	xml_close(w);
}

static void put_time_if_late(struct xml_writer *w, const char *from,
	const struct gw_message *m, bool is_new)
{
	if (is_late(m) || !is_new)
		message_put_delay(w, from, m->wall_ms);
}

bool message_has_text(const struct gw_message *m)
{
	return m->kind != GW_REACTION && m->retracts == NULL;
}

/* `body` is rich_body(). */
static void put_content(struct xml_writer *w, const struct user *u,
	const struct gw_message *m, const char *body)
{
	if (m->subject != NULL)
		xml_put(w, "subject", NULL, m->subject);
	if (message_has_text(m))
		xml_put(w, "body", NULL, body);
	if (m->thread != NULL)
		xml_put(w, "thread", NULL, m->thread);
	if (m->file == NULL && rich_has_xhtml(m) && wants_xhtml(u))
		rich_put_xhtml(w, m);
}

const char *message_about(const struct gw_message *m)
{
	return m->replaces != NULL   ? m->replaces
	       : m->retracts != NULL ? m->retracts
				     : m->reply_to;
}

/* `own_id` is the id of the user's message that it answers; NULL: it is about
 * one of the same person, whose id can be made again. */
static void put_extras(struct xml_writer *w, const struct account *a,
	const char *from, const struct gw_message *m, const char *own_id)
{
	char id[RECEIPT_ID_SIZE];
	struct extras e = { .file = m->file, .description = m->text };
	const char *person = m->own ? m->to : m->from;
	const char *about = message_about(m);
	bool is_known = about != NULL && person != NULL;
	if (is_known && !receipt_make_id(a, person, about, id))
		receipt_make_short_id(a, person, about, id);
	if (m->replaces != NULL || m->retracts != NULL) {
		e.replace = is_known && m->replaces != NULL ? id : NULL;
		e.retract = is_known && m->retracts != NULL ? id : NULL;
	} else if (m->reply_to != NULL && own_id != NULL) {
		e.reply = own_id;
		e.author = a->user->jid;
	} else if (is_known) {
		e.reply = id;
		e.author = from;
	}
	if (m->kind == GW_REACTION)
		e.reactions = m->text;
	extras_put(w, &e);
	receivers_put(w, a, m);
}

const char *message_as_record(
	const struct gw_message *m, const char *body, struct str *space)
{
	if (m->replaces == NULL)
		return body;
	str_reset(space);
	str_addf(space, "(correction) %s", body);
	return str_text(space);
}

static void record_message(struct account *a, const char *person,
	const struct gw_message *m, const char *body, const char *id)
{
	struct str space = { .max = 2 * LIMIT_STANZA_OUT };
	const struct archive_message row = {
		.wall_ms = m->wall_ms != 0 ? m->wall_ms : clock_wall_ms(),
		.kind = m->kind == GW_NOTICE ? ARCHIVE_NOTICE : ARCHIVE_MESSAGE,
		.from = m->own ? "" : person,
		.text = message_as_record(m, body, &space),
		.network_id = m->network_id,
		.stanza_id = id,
	};
	account_touch(a);
	history_record_chat(a, person, &row);
	str_finish(&space);
}

bool message_id(const struct account *a, const struct gw_message *m,
	char id[RECEIPT_ID_SIZE])
{
	const char *person = m->from != NULL ? m->from : "";
	bool markable = account_ops(a)->displayed != NULL && m->from != NULL &&
			m->network_id != NULL;
	if (m->network_id == NULL || (!markable && !m->durable)) {
		crypto_random_id(id);
		return false;
	}
	if (receipt_make_id(a, person, m->network_id, id))
		return markable;
	receipt_make_short_id(a, person, m->network_id, id);
	return false;
}

/* What he wrote elsewhere: only his server can show it as his own. */
static void deliver_own(struct account *a, const struct gw_message *m,
	const char *body, bool is_new)
{
	struct user *u = a->user;
	char to[GATEWAY_JID_SIZE];
	if (m->kind != GW_REACTION && is_new)
		record_message(a, m->to, m, body, NULL);
	if (m->network_id == NULL || !privilege_may_send(u) ||
		!gateway_jid(u->gateway, GW_PERSON, a->key, m->to, to))
		return;
	struct xml_writer *w = privilege_message_begin(u, to, m->network_id);
	put_content(w, u, m, body);
	put_extras(w, a, to, m, NULL);
	put_time_if_late(w, u->gateway->options->jid, m, is_new);
	privilege_message_end(u);
}

/* The user's marker, with an id that no message of his has. For clients that
 * are away it is to be kept, as a receipt is. */
void gw_displayed_elsewhere(
	struct gw_session *s, const char *person, const char *network_id)
{
	struct account *a = account_of(s);
	struct user *u = a->user;
	char to[GATEWAY_JID_SIZE], shown[RECEIPT_ID_SIZE];
	char id[RECEIPT_ID_SIZE + 8];
	if (account_ops(a)->displayed == NULL || !privilege_may_send(u) ||
		!receipt_make_id(a, person, network_id, shown) ||
		!gateway_jid(u->gateway, GW_PERSON, a->key, person, to))
		return;
	text_format(id, sizeof(id), "read.%s", network_id);
	struct xml_writer *w = privilege_message_begin(u, to, id);
	xml_open(w, "displayed", NS_MARKERS);
	xml_put_attr(w, "id", shown);
	xml_close(w);
	xml_put(w, "store", NS_HINTS, NULL);
	privilege_message_end(u);
}

/* Nobody wants to find a night of server notices. */
static bool is_worth_it(const struct account *a, const struct gw_message *m)
{
	return m->from != NULL || m->durable || account_user_is_there(a);
}

/* Who it is from can be answered, and found in the archive. */
static void remember(struct account *a, const struct gw_message *m,
	const char *body, bool is_new, const char *id)
{
	if (m->from == NULL)
		return;
	target_remember(a, GW_PERSON, m->from);
	if (is_new && message_has_text(m))
		record_message(a, m->from, m, body, id);
}

/* XEP-0172 section 4.3: who is no contact has no name yet, and his JID is not
 * for people to read. */
static void put_nick(struct xml_writer *w, const struct user *u,
	const char *from, const struct gw_message *m)
{
	char local[GATEWAY_JID_SIZE];
	const struct contact *c;
	if (m->from == NULL || !message_has_text(m))
		return;
	text_format(
		local, sizeof(local), "%.*s", (int)strcspn(from, "@"), from);
	c = contact_find(u, local);
	if (c == NULL || (c->state & CONTACT_TO_USER) == 0)
		xml_put(w, "nick", NS_NICK,
			m->name != NULL ? m->name : m->from);
}

/* Where it goes: what several got goes to the service before the user, if there
 * is one, which knows him by the addresses (XEP-0033 section 2.3). */
static const char *receiver_of(
	const struct account *a, const struct gw_message *m)
{
	const char *jid = a->user->jid;
	bool is_handed_on = m->receiver_count > 0 &&
			    host_is_relayed(account_gateway(a), jid);
	return is_handed_on ? strchr(jid, '@') + 1 : jid;
}

static void deliver(struct account *a, const struct gw_message *m,
	const char *body, bool is_new, const char *own_id)
{
	struct gateway *g = account_gateway(a);
	char from[GATEWAY_JID_SIZE], id[RECEIPT_ID_SIZE];
	enum gw_kind kind = m->from != NULL ? GW_PERSON : GW_NETWORK;
	const char *person = m->from != NULL ? m->from : "";
	if (!gateway_jid(g, kind, a->key, person, from) || !is_worth_it(a, m))
		return;
	bool markable = message_id(a, m, id);
	remember(a, m, body, is_new, id);
	const struct stanza_head head = {
		.from = from, .to = receiver_of(a, m), .type = "chat", .id = id
	};
	struct xml_writer *w =
		stanza_begin(g->component, STANZA_MESSAGE, &head);
	put_content(w, a->user, m, body);
	put_extras(w, a, from, m, own_id);
	put_time_if_late(w, from, m, is_new);
	if (markable && message_has_text(m))
		xml_put(w, "markable", NS_MARKERS, NULL);
	put_nick(w, a->user, from, m);
	stanza_end(g->component);
}

void message_send(struct account *a, const struct gw_message *m, bool is_new,
	const char *own_id)
{
	const char *body = m->file != NULL ? m->file->url : rich_body(m);
	if (!m->own)
		deliver(a, m, body, is_new, own_id);
	else if (m->to != NULL)
		deliver_own(a, m, body, is_new);
}

void message_answer(struct gateway *g, const char *from, const char *to,
	const char *thread, const char *text)
{
	char id[CRYPTO_ID_SIZE];
	crypto_random_id(id);
	const struct stanza_head head = {
		.from = from, .to = to, .type = "chat", .id = id
	};
	struct xml_writer *w =
		stanza_begin(g->component, STANZA_MESSAGE, &head);
	xml_put(w, "body", NULL, text);
	if (thread != NULL)
		xml_put(w, "thread", NULL, thread);
	stanza_end(g->component);
}

void message_notice(struct user *u, const struct account *a, const char *text)
{
	struct gateway *g = u->gateway;
	char from[GATEWAY_JID_SIZE];
	if (a == NULL || !gateway_jid(g, GW_NETWORK, a->key, "", from))
		gateway_address_jid(g, NULL, from);
	message_answer(g, from, u->jid, NULL, text);
}

void gw_typing(
	struct gw_session *s, struct gw_room *room, const char *person, bool on)
{
	struct account *a = account_of(s);
	struct gateway *g = account_gateway(a);
	char from[GATEWAY_JID_SIZE];
	if (room != NULL) {
		room_typing(room_of(room), person, on);
		return;
	}
	if (!gateway_jid(g, GW_PERSON, a->key, person, from))
		return;
	const struct stanza_head head = {
		.from = from, .to = a->user->jid, .type = "chat"
	};
	struct xml_writer *w =
		stanza_begin(g->component, STANZA_MESSAGE, &head);
	xml_put(w, on ? "composing" : "active", NS_CHAT_STATES, NULL);
	xml_put(w, "no-store", NS_HINTS, NULL);
	stanza_end(g->component);
}

void gw_tell(struct gw_session *s, const char *text)
{
	struct account *a = account_of(s);
	message_notice(a->user, a, text);
}

void gw_message(
	struct gw_session *s, struct gw_room *room, const struct gw_message *m)
{
	bool durable = m->durable && m->network_id != NULL &&
		       s->gw->ops->settled != NULL;
	if (durable && room != NULL)
		inbox_take_room(room_of(room), m);
	else if (durable)
		inbox_take(account_of(s), m);
	else if (room != NULL)
		(void)room_deliver(room_of(room), m, 0);
	else
		message_send(account_of(s), m, true, NULL);
}
