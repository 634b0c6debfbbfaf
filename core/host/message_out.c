/*
 * Private messages of users, to persons and networks. One to a network that
 * takes long is stored (outbox.h); others are requests, which wait here for the
 * session and for their answer.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/account.h"
#include "host/extras.h"
#include "host/history.h"
#include "host/message.h"
#include "host/outbox.h"
#include "host/receipt.h"
#include "host/receivers.h"
#include "host/request.h"

/* Private messages that wait for a session to come online. */
#define WAITING_MAX 32

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
	const struct stanza *s, const char *body,
	const struct receivers *several)
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
	p.receiver_count = several->count;
	memcpy(p.receivers, several->list,
		several->count * sizeof(several->list[0]));
	outbox_send(a, &p);
	str_finish(&text);
}

void message_send_text(struct user *u, const struct target *t,
	const struct stanza *s, const char *body,
	const struct receivers *several)
{
	enum gw_reason reason = GW_OK;
	const char *text = NULL;
	struct account *a = account_get(u, t->address.account, &reason, &text);
	if (a == NULL) {
		user_refuse(u, s, reason_error(reason), text);
		return;
	}
	if (t->kind == TARGET_PERSON && outbox_is_used(a) &&
		(body == NULL || several->count > 0 ||
			message_slash_line(account_ops(a), body) == NULL)) {
		send_stored(a, t, s, body, several);
		return;
	}
	bool online = account_is_online(a) && !a->fresh;
	if (!online && waiting_count(a) >= WAITING_MAX) {
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT,
			"The network is not connected yet and too many "
			"messages wait for it. Try again later.");
		return;
	}
	struct request *r = make_request(a, t, s, body);
	if (r == NULL) {
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT,
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
