/*
 * Private messages: to persons and networks, and from them.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/account.h"
#include "host/command.h"
#include "host/handlers.h"
#include "host/history.h"
#include "host/request.h"
#include "host/rich.h"
#include "xmpp/ns.h"

/* A message this much older than now is shown with its time (XEP-0203). */
#define DELAY_MS 60000

/* Private messages that wait for a session to come online. */
#define WAITING_MAX 32

static void refuse(struct user *u, const struct stanza *s,
	enum stanza_error error, const char *text)
{
	stanza_reply_error(u->gateway->component, s, error, text);
}

const char *message_body(const struct stanza *s)
{
	const struct xml *first = NULL;
	for (const struct xml *it = xml_child(s->xml, "body", NS_COMPONENT);
		it != NULL; it = xml_next(it, "body", NS_COMPONENT)) {
		const char *lang = xml_lang(it);
		if (first == NULL || lang == NULL ||
			(s->lang != NULL && strcmp(lang, s->lang) == 0))
			first = it;
	}
	const char *text = first != NULL ? xml_text(first, s->arena) : NULL;
	return text != NULL && text[0] != '\0' ? text : NULL;
}

bool message_is_encrypted(const struct stanza *s)
{
	static const char *const spaces[] = {
		"eu.siacs.conversations.axolotl",
		"urn:xmpp:omemo:2",
		"urn:xmpp:openpgp:0",
		"jabber:x:encrypted",
	};
	if (xml_child(s->xml, "encryption", NS_EME) != NULL)
		return true;
	for (size_t i = 0; i < COUNT(spaces); i++)
		if (xml_child(s->xml, NULL, spaces[i]) != NULL)
			return true;
	return false;
}

/* --- Outgoing ------------------------------------------------------------ */

/* What a message needs besides its request, while the request is open. */
struct pending {
	enum gw_kind kind;
	bool waiting; /* for the session */
	bool slash;
	char to[]; /* person, then the text, each NUL-terminated */
};

static const char *pending_text(const struct pending *p)
{
	return p->to + strlen(p->to) + 1;
}

static void reply_text(struct request *r, const char *text)
{
	message_say(account_gateway(r->account), r->to, r->from, text);
}

static void record_sent(struct request *r, const struct gw_result *result)
{
	const struct pending *p = r->arg;
	if (p->kind != GW_PERSON)
		return;
	const struct archive_message m = {
		.wall_ms = clock_wall_ms(),
		.kind = ARCHIVE_MESSAGE,
		.from = "",
		.text = result->text != NULL ? result->text : pending_text(p),
		.network_id = result->network_id,
		.stanza_id = r->stanza_id,
	};
	history_record_chat(r->account, p->to, &m);
}

static void sent(struct request *r, const struct gw_result *result)
{
	const struct pending *p = r->arg;
	if (result->stage == GW_FAILED)
		request_reply_error(r, result->reason, result->text);
	else if (result->stage != GW_ACCEPTED)
		return; /* receipts come with the networks that have them */
	else if (p->slash && result->text != NULL)
		reply_text(r, result->text);
	else if (!p->slash)
		record_sent(r, result);
}

static void send_now(struct request *r)
{
	struct account *a = r->account;
	struct pending *p = r->arg;
	p->waiting = false;
	account_touch(a);
	if (p->slash) {
		account_ops(a)->slash(
			&a->session, r->id, NULL, pending_text(p));
		return;
	}
	r->lasting = true;
	const struct gw_outgoing m = { .request = r->id,
		.kind = p->kind,
		.to = p->to,
		.text = pending_text(p) };
	account_ops(a)->send(&a->session, &m);
}

void message_send_waiting(struct account *a)
{
	/* Sending may complete a request and take it out of the ring. */
	for (;;) {
		struct request *found = NULL;
		list_for_each(it, &a->requests) {
			struct request *r = CONTAINER(it, struct request, link);
			const struct pending *p = r->arg;
			if (r->done == sent && p->waiting) {
				found = r;
				break;
			}
		}
		if (found == NULL)
			return;
		send_now(found);
	}
}

static unsigned waiting_count(const struct account *a)
{
	unsigned count = 0;
	list_for_each(it, &a->requests)
		count += CONTAINER(it, struct request, link)->done == sent;
	return count;
}

const char *message_slash_line(const struct gateway_ops *ops, const char *body)
{
	if (ops->slash == NULL || body[0] != '/' || body[1] == '/' ||
		body[1] == ' ' || body[1] == '\0' ||
		strncmp(body, "/me ", 4) == 0)
		return NULL;
	return body + 1;
}

const char *message_correction_prefix(const struct stanza *s, const char **body)
{
	if (xml_child(s->xml, "replace", NS_CORRECT) == NULL)
		return "";
	if (strncmp(*body, "/me ", 4) != 0)
		return "(correction) ";
	*body += 4;
	return "/me (correction) ";
}

bool message_corrects_itself(const struct stanza *s)
{
	const char *replaced =
		xml_attr(xml_child(s->xml, "replace", NS_CORRECT), "id");
	return replaced != NULL && s->id != NULL &&
	       strcmp(replaced, s->id) == 0;
}

static struct request *make_request(struct account *a, const struct target *t,
	const struct stanza *s, const char *body)
{
	struct request *r = request_new(a, s, sent);
	if (r == NULL)
		return NULL;
	const char *line = t->kind == TARGET_PERSON
				   ? message_slash_line(account_ops(a), body)
				   : NULL;
	bool escaped = body[0] == '/' && body[1] == '/';
	const char *text = line != NULL ? line : body + (escaped ? 1 : 0);
	const char *prefix =
		line == NULL ? message_correction_prefix(s, &text) : "";
	size_t to = strlen(t->address.name) + 1, len = strlen(text) + 1;
	size_t mark = strlen(prefix);
	struct pending *p = xalloc(sizeof(*p) + to + mark + len);
	p->kind = t->kind == TARGET_PERSON ? GW_PERSON : GW_NETWORK;
	p->slash = line != NULL;
	memcpy(p->to, t->address.name, to);
	memcpy(p->to + to, prefix, mark);
	memcpy(p->to + to + mark, text, len);
	r->arg = p;
	r->owns_arg = true;
	return r;
}

static void send_text(struct user *u, const struct target *t,
	const struct stanza *s, const char *body)
{
	enum gw_reason reason = GW_OK;
	const char *text = NULL;
	struct account *a = account_get(u, t->address.account, &reason, &text);
	if (a == NULL) {
		refuse(u, s, reason_error(reason), text);
		return;
	}
	bool online = account_is_online(a) && !a->fresh;
	if (!online && waiting_count(a) >= WAITING_MAX) {
		refuse(u, s, ERR_RESOURCE_CONSTRAINT,
			"The network is not connected yet and too many "
			"messages wait for it. Try again later.");
		return;
	}
	struct request *r = make_request(a, t, s, body);
	if (r == NULL) {
		refuse(u, s, ERR_RESOURCE_CONSTRAINT,
			"Too many messages at once. Try again in a moment.");
		return;
	}
	if (online) {
		send_now(r);
		return;
	}
	struct pending *p = r->arg;
	p->waiting = true;
	account_touch(a);
	account_open(a);
}

/* Chat states to a person (XEP-0085), where the network carries them. */
static void pass_typing(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const struct gateway_ops *ops = u->gateway->api.ops;
	const struct xml *state = xml_child(s->xml, NULL, NS_CHAT_STATES);
	if (ops->typing == NULL || state == NULL || t->kind != TARGET_PERSON)
		return;
	struct account *a = account_find(u, t->address.account);
	if (a != NULL && account_is_online(a))
		ops->typing(&a->session, NULL, t->address.name,
			strcmp(state->name, "composing") == 0);
}

void message_stanza(
	struct user *u, const struct target *t, const struct stanza *s)
{
	if (s->type == TYPE_ERROR) {
		log_debug("host", "message error user=%s from=%s", u->jid,
			s->from.full);
		return;
	}
	if (s->type == TYPE_GROUPCHAT) {
		refuse(u, s, ERR_BAD_REQUEST, "This is not a room.");
		return;
	}
	if (t->kind == TARGET_PERSON && room_direct_invite(u, t, s))
		return;
	const char *body = message_body(s);
	if (body == NULL) {
		pass_typing(u, t, s);
		return;
	}
	if (message_is_encrypted(s)) {
		refuse(u, s, ERR_NOT_ACCEPTABLE,
			"End-to-end encryption cannot cross this gateway. "
			"Turn encryption off for this chat.");
		return;
	}
	if (t->kind == TARGET_GATEWAY) {
		chat_message(u, t, s, body);
		return;
	}
	if (message_corrects_itself(s)) {
		refuse(u, s, ERR_BAD_REQUEST,
			"This message says that it corrects itself.");
		return;
	}
	if (component_is_congested(u->gateway->component) ||
		!bucket_take(&u->sends, 1)) {
		refuse(u, s, ERR_RESOURCE_CONSTRAINT,
			"You are sending too much at once. Try again in a "
			"minute.");
		return;
	}
	send_text(u, t, s, body);
}

/* --- Incoming ------------------------------------------------------------ */

static bool wants_xhtml(const struct user *u)
{
	list_for_each(it, &u->resources)
		if (CONTAINER(it, struct resource, link)->has_xhtml_im)
			return true;
	return false;
}

/* `body` is rich_body(); `from` is who delays. */
static void put_content(struct xml_writer *w, const struct user *u,
	const char *from, const struct gw_message *m, const char *body)
{
	xml_put(w, "body", NULL, body);
	if (rich_has_xhtml(m) && wants_xhtml(u))
		rich_put_xhtml(w, m);
	if (m->wall_ms != 0 && clock_wall_ms() - m->wall_ms > DELAY_MS) {
		char stamp[CLOCK_STAMP_SIZE];
		clock_format(stamp, m->wall_ms);
		xml_open(w, "delay", NS_DELAY);
		xml_put_attr(w, "from", from);
		xml_put_attr(w, "stamp", stamp);
		xml_close(w);
	}
}

void message_deliver(struct account *a, const struct gw_message *m)
{
	struct gateway *g = account_gateway(a);
	char from[GATEWAY_JID_SIZE];
	enum gw_kind kind = m->from != NULL ? GW_PERSON : GW_NETWORK;
	const char *person = m->from != NULL ? m->from : "";
	if (m->own || !gateway_jid(g, kind, a->key, person, from))
		return;
	const char *body = rich_body(m);
	char id[CRYPTO_ID_SIZE];
	crypto_random_id(id);
	if (m->from != NULL) {
		account_touch(a);
		const struct archive_message row = {
			.wall_ms =
				m->wall_ms != 0 ? m->wall_ms : clock_wall_ms(),
			.kind = m->kind == GW_NOTICE ? ARCHIVE_NOTICE
						     : ARCHIVE_MESSAGE,
			.from = person,
			.text = body,
			.network_id = m->network_id,
			.stanza_id = id,
		};
		history_record_chat(a, person, &row);
	}
	const struct stanza_head head = {
		.from = from, .to = a->user->jid, .type = "chat", .id = id
	};
	struct xml_writer *w =
		stanza_begin(g->component, STANZA_MESSAGE, &head);
	put_content(w, a->user, from, m, body);
	stanza_end(g->component);
}

void message_say(
	struct gateway *g, const char *from, const char *to, const char *text)
{
	char id[CRYPTO_ID_SIZE];
	crypto_random_id(id);
	const struct stanza_head head = {
		.from = from, .to = to, .type = "chat", .id = id
	};
	struct xml_writer *w =
		stanza_begin(g->component, STANZA_MESSAGE, &head);
	xml_put(w, "body", NULL, text);
	stanza_end(g->component);
}

void message_notice(struct user *u, const struct account *a, const char *text)
{
	struct gateway *g = u->gateway;
	char from[GATEWAY_JID_SIZE];
	if (a == NULL || !gateway_jid(g, GW_NETWORK, a->key, "", from))
		gateway_address_jid(g, NULL, from);
	message_say(g, from, u->jid, text);
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
