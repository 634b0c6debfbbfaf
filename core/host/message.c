/*
 * Private messages: to persons and networks, and from them.
 */
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "host/account.h"
#include "host/command.h"
#include "host/extras.h"
#include "host/handlers.h"
#include "host/history.h"
#include "host/inbox.h"
#include "host/outbox.h"
#include "host/privilege.h"
#include "host/receipt.h"
#include "host/request.h"
#include "host/rich.h"
#include "xmpp/ns.h"

/* A message this much older than now is shown with its time (XEP-0203). */
#define DELAY_MS 60000

/* Private messages that wait for a session to come online. */
#define WAITING_MAX 32

/* Bytes of a thread's name; longer ones are not made by clients. */
#define THREAD_MAX 512

static void refuse(struct user *u, const struct stanza *s,
	enum stanza_error error, const char *text)
{
	stanza_reply_error(u->gateway->component, s, error, text);
}

/* How well a text of this language fits a stanza of that one. */
static int fitness(const char *lang, const char *wanted)
{
	if (lang == NULL)
		return 2;
	return wanted != NULL && strcasecmp(lang, wanted) == 0 ? 3 : 1;
}

/* RFC 6121 section 5.2.3 lets a message say the same in several languages: that
 * of the stanza, else the one without any, else the first. NULL: none. */
static const char *text_of(const struct stanza *s, const char *name)
{
	const struct xml *best = NULL;
	int best_fitness = 0;
	for (const struct xml *it = xml_child(s->xml, name, NS_COMPONENT);
		it != NULL; it = xml_next(it, name, NS_COMPONENT)) {
		int fits = fitness(xml_lang(it), s->lang);
		if (fits <= best_fitness)
			continue;
		best = it;
		best_fitness = fits;
	}
	const char *text = best != NULL ? xml_text(best, s->arena) : NULL;
	return text != NULL && text[0] != '\0' ? text : NULL;
}

const char *message_body(const struct stanza *s)
{
	return text_of(s, "body");
}

const char *message_subject(
	const struct gateway_ops *ops, const struct stanza *s)
{
	return (ops->caps & GW_CAP_SUBJECT) != 0 ? text_of(s, "subject") : NULL;
}

const char *message_thread(const struct stanza *s)
{
	const char *thread = text_of(s, "thread");
	return thread != NULL && strlen(thread) <= THREAD_MAX ? thread : NULL;
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
	bool notice;
	unsigned wishes; /* enum receipt_wish */
	/* In `space`; gone when the network has taken them. */
	const char *to, *text, *subject, *thread;
	char space[];
};

static void reply_text(struct request *r, const char *text)
{
	const struct pending *p = r->arg;
	message_answer(
		account_gateway(r->account), r->to, r->from, p->thread, text);
}

static void record_sent(struct request *r, const struct gw_result *result)
{
	const struct pending *p = r->arg;
	const struct archive_message m = {
		.wall_ms = clock_wall_ms(),
		.kind = ARCHIVE_MESSAGE,
		.from = "",
		.text = result->text != NULL ? result->text : p->text,
		.network_id = result->network_id,
		.stanza_id = r->stanza_id,
	};
	history_record_chat(r->account, p->to, &m);
}

/* Only what the network may still tell of it is kept. */
static void shrink(struct request *r)
{
	struct pending *p = r->arg;
	p->to = p->text = p->subject = p->thread = NULL;
	r->arg = xrealloc(p, 1, sizeof(*p));
}

static void accepted(struct request *r, const struct gw_result *result)
{
	record_sent(r, result);
	if (r->owns_arg)
		shrink(r);
}

/* By a typed command: what it said to others may still fail. */
static void answered(struct request *r, const struct gw_result *result)
{
	if (result->text != NULL)
		reply_text(r, result->text);
	if (r->owns_arg)
		shrink(r);
}

static void tell_stage(struct request *r, enum gw_stage stage)
{
	struct pending *p = r->arg;
	if (!r->awaited)
		return;
	const struct receipt_sender sender = {
		.stream = account_gateway(r->account)->component,
		.from = r->from,
		.to = r->to,
		.id = r->stanza_id,
		.type = r->type
	};
	p->wishes = receipt_tell(&sender, p->wishes, stage);
	r->lasting = p->wishes != 0;
}

static void sent(struct request *r, const struct gw_result *result)
{
	const struct pending *p = r->arg;
	if (result->stage == GW_FAILED)
		request_reply_error(r, result->reason, result->text);
	else if (result->stage != GW_ACCEPTED)
		tell_stage(r, result->stage);
	else if (!r->accepted && p->slash)
		answered(r, result);
	else if (!r->accepted && p->kind == GW_PERSON)
		accepted(r, result);
}

static void hand_over(struct request *r, const struct pending *p)
{
	struct account *a = r->account;
	const struct gateway_ops *ops = account_ops(a);
	r->lasting = true;
	if (p->slash) {
		ops->slash(&a->session, r->id, NULL, p->to, p->text);
		return;
	}
	r->awaited = p->kind == GW_PERSON &&
		     (ops->caps & (GW_CAP_RECEIPTS | GW_CAP_DISPLAYED)) != 0;
	const struct gw_outgoing m = { .request = r->id,
		.kind = p->kind,
		.to = p->to,
		.text = p->text,
		.subject = p->subject,
		.thread = (ops->caps & GW_CAP_THREAD) != 0 ? p->thread : NULL,
		.notice = p->notice };
	ops->send(&a->session, &m);
}

static void send_now(struct request *r)
{
	struct account *a = r->account;
	struct pending *p = r->arg;
	gw_request id = r->id;
	p->waiting = false;
	account_touch(a);
	request_hold(r);
	hand_over(r, p);
	r = request_release(a, id, p);
	if (r != NULL && r->accepted)
		shrink(r);
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

static size_t size_of(const char *text)
{
	return text != NULL ? strlen(text) + 1 : 0;
}

/* Copy `prefix` and `text` to `*to` and move on; NULL stays NULL. */
static const char *place(char **to, const char *prefix, const char *text)
{
	if (text == NULL)
		return NULL;
	char *start = *to;
	size_t mark = strlen(prefix), len = strlen(text) + 1;
	memcpy(start, prefix, mark + 1);
	memcpy(start + mark, text, len);
	*to = start + mark + len;
	return start;
}

static struct request *make_request(struct account *a, const struct target *t,
	const struct stanza *s, const char *body)
{
	const struct gateway_ops *ops = account_ops(a);
	struct request *r = request_new(a, s, sent);
	if (r == NULL)
		return NULL;
	bool is_person = t->kind == TARGET_PERSON;
	const char *line = is_person ? message_slash_line(ops, body) : NULL;
	bool escaped = body[0] == '/' && body[1] == '/';
	const char *text = line != NULL ? line : body + (escaped ? 1 : 0);
	const char *prefix =
		line == NULL ? message_correction_prefix(s, &text) : "";
	const char *subject = message_subject(ops, s);
	const char *thread = message_thread(s);
	struct pending *p =
		xalloc(sizeof(*p) + size_of(t->address.name) + strlen(prefix) +
			size_of(text) + size_of(subject) + size_of(thread));
	char *space = p->space;
	p->kind = is_person ? GW_PERSON : GW_NETWORK;
	p->slash = line != NULL;
	p->notice = s->type == TYPE_HEADLINE;
	p->wishes = receipt_wishes(ops, s);
	p->to = place(&space, "", t->address.name);
	p->text = place(&space, prefix, text);
	p->subject = place(&space, "", subject);
	p->thread = place(&space, "", thread);
	r->arg = p;
	r->owns_arg = true;
	return r;
}

/* To a network that takes long: stored first. `body` NULL: there is none. */
static void send_stored(struct account *a, const struct target *t,
	const struct stanza *s, const char *body)
{
	const struct gateway_ops *ops = account_ops(a);
	struct str text = { .max = 2 * LIMIT_STANZA_IN };
	struct parcel p = {
		.kind = GW_PERSON,
		.type = s->type,
		.wishes = receipt_wishes(ops, s),
		.notice = s->type == TYPE_HEADLINE,
		.wall_ms = clock_wall_ms(),
		.from = s->from.full,
		.to = s->to.full,
		.id = s->id,
		.name = t->address.name,
		.subject = message_subject(ops, s),
		.thread = (ops->caps & GW_CAP_THREAD) != 0 ? message_thread(s)
							   : NULL,
	};
	extras_read(ops, s, body, &p, &text);
	outbox_send(a, &p);
	str_finish(&text);
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
	if (t->kind == TARGET_PERSON && outbox_is_used(a) &&
		(body == NULL ||
			message_slash_line(account_ops(a), body) == NULL)) {
		send_stored(a, t, s, body);
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
		inbox_returned(u, t, s);
		return;
	}
	if (s->type == TYPE_GROUPCHAT) {
		refuse(u, s, ERR_BAD_REQUEST, "This is not a room.");
		return;
	}
	if (t->kind == TARGET_PERSON && room_direct_invite(u, t, s))
		return;
	if (t->kind == TARGET_PERSON)
		receipt_read(u, t, s);
	const struct gateway_ops *ops = u->gateway->api.ops;
	const char *body = message_body(s);
	bool extras = t->kind == TARGET_PERSON && extras_are_enough(ops, s);
	if (body == NULL && !extras) {
		pass_typing(u, t, s);
		return;
	}
	const char *refusal = extras_refusal(ops, s);
	if (refusal != NULL) {
		refuse(u, s, ERR_FEATURE_NOT_IMPLEMENTED, refusal);
		return;
	}
	if (message_is_encrypted(s)) {
		refuse(u, s, ERR_NOT_ACCEPTABLE,
			"End-to-end encryption cannot cross this gateway. "
			"Turn encryption off for this chat.");
		return;
	}
	if (t->kind == TARGET_GATEWAY) {
		/* RFC 6121 section 5.2.2: news want no answer. */
		if (s->type != TYPE_HEADLINE)
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

static bool is_late(const struct gw_message *m)
{
	return m->wall_ms != 0 && clock_wall_ms() - m->wall_ms > DELAY_MS;
}

/* `from` is who delays. */
static void put_delay(struct xml_writer *w, const char *from, int64_t wall_ms)
{
	char stamp[CLOCK_STAMP_SIZE];
	clock_format(stamp, wall_ms);
	xml_open(w, "delay", NS_DELAY);
	xml_put_attr(w, "from", from);
	xml_put_attr(w, "stamp", stamp);
	xml_close(w);
}

/* `body` is rich_body(). */
static void put_content(struct xml_writer *w, const struct user *u,
	const struct gw_message *m, const char *body)
{
	if (m->subject != NULL)
		xml_put(w, "subject", NULL, m->subject);
	if (m->kind != GW_REACTION)
		xml_put(w, "body", NULL, body);
	if (m->thread != NULL)
		xml_put(w, "thread", NULL, m->thread);
	if (m->file == NULL && rich_has_xhtml(m) && wants_xhtml(u))
		rich_put_xhtml(w, m);
}

/* `own_id` is the id of the user's message that it answers; NULL: it answers one
 * of the same person, whose id can be made again. */
static void put_extras(struct xml_writer *w, const struct account *a,
	const char *from, const struct gw_message *m, const char *own_id)
{
	char id[RECEIPT_ID_SIZE];
	struct extras e = { .file = m->file, .description = m->text };
	const char *person = m->own ? m->to : m->from;
	if (m->reply_to != NULL && own_id != NULL) {
		e.reply = own_id;
		e.author = a->user->jid;
	} else if (m->reply_to != NULL && person != NULL) {
		if (!receipt_make_id(a, person, m->reply_to, id))
			receipt_make_short_id(a, person, m->reply_to, id);
		e.reply = id;
		e.author = from;
	}
	if (m->kind == GW_REACTION)
		e.reactions = m->text;
	extras_put(w, &e);
}

static void record_message(struct account *a, const char *person,
	const struct gw_message *m, const char *body, const char *id)
{
	const struct archive_message row = {
		.wall_ms = m->wall_ms != 0 ? m->wall_ms : clock_wall_ms(),
		.kind = m->kind == GW_NOTICE ? ARCHIVE_NOTICE : ARCHIVE_MESSAGE,
		.from = m->own ? "" : person,
		.text = body,
		.network_id = m->network_id,
		.stanza_id = id,
	};
	account_touch(a);
	history_record_chat(a, person, &row);
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
static void deliver_own(
	struct account *a, const struct gw_message *m, const char *body)
{
	struct user *u = a->user;
	char to[GATEWAY_JID_SIZE];
	if (m->kind != GW_REACTION)
		record_message(a, m->to, m, body, NULL);
	if (m->network_id == NULL || !privilege_may_send(u) ||
		!gateway_jid(u->gateway, GW_PERSON, a->key, m->to, to))
		return;
	struct xml_writer *w = privilege_message_begin(u, to, m->network_id);
	put_content(w, u, m, body);
	put_extras(w, a, to, m, NULL);
	if (is_late(m))
		put_delay(w, u->gateway->options->jid, m->wall_ms);
	privilege_message_end(u);
}

void message_send(struct account *a, const struct gw_message *m, bool is_new,
	const char *own_id)
{
	struct gateway *g = account_gateway(a);
	char from[GATEWAY_JID_SIZE], id[RECEIPT_ID_SIZE];
	enum gw_kind kind = m->from != NULL ? GW_PERSON : GW_NETWORK;
	const char *person = m->from != NULL ? m->from : "";
	const char *body = m->file != NULL ? m->file->url : rich_body(m);
	if (m->own) {
		if (m->to != NULL)
			deliver_own(a, m, body);
		return;
	}
	if (!gateway_jid(g, kind, a->key, person, from))
		return;
	/* Nobody wants to find a night of server notices. */
	if (m->from == NULL && !m->durable && !account_user_is_there(a))
		return;
	bool markable = message_id(a, m, id);
	if (m->from != NULL)
		target_remember(a, kind, person);
	if (m->from != NULL && is_new && m->kind != GW_REACTION)
		record_message(a, person, m, body, id);
	const struct stanza_head head = {
		.from = from, .to = a->user->jid, .type = "chat", .id = id
	};
	struct xml_writer *w =
		stanza_begin(g->component, STANZA_MESSAGE, &head);
	put_content(w, a->user, m, body);
	put_extras(w, a, from, m, own_id);
	if (is_late(m) || !is_new)
		put_delay(w, from, m->wall_ms);
	if (markable && m->kind != GW_REACTION)
		xml_put(w, "markable", NS_MARKERS, NULL);
	stanza_end(g->component);
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
