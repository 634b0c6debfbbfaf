#include "host/outbox.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/handlers.h"
#include "host/kept.h"
#include "host/outbox_private.h"
#include "host/room.h"

/* How long a message that comes again with its id is the same one: what a
 * client sends again after XEP-0198 failed, and what one keeps to send when it
 * is back. */
#define SAME_MS INT64_C(86400000)

/* --- Life ---------------------------------------------------------------- */

static void give_held(void *arg);

struct outbox *outbox_get(struct account *a)
{
	struct outbox *o = a->outbox;
	if (o != NULL)
		return o;
	o = xalloc(sizeof(*o));
	o->account = a;
	o->uses = 1;
	list_init(&o->held);
	list_init(&o->outcomes);
	deferred_init(&o->ready, account_gateway(a)->host->loop,
		"outgoing to rooms", give_held, o);
	a->outbox = o;
	return o;
}

void outbox_drop(struct outbox **slot)
{
	struct outbox *o = *slot;
	*slot = NULL;
	if (--o->uses > 0)
		return;
	outcome_drop_all(o);
	xfree(o);
}

static void drop_held(struct held_parcel *h)
{
	list_remove(&h->link);
	xfree(h);
}

static void drop_all_held(struct outbox *o)
{
	list_for_each_safe(it, &o->held)
		drop_held(CONTAINER(it, struct held_parcel, link));
}

void outbox_closed(struct account *a)
{
	struct outbox *o = a->outbox;
	if (o == NULL)
		return;
	o->session++;
	o->given = 0;
	drop_all_held(o);
	refs_drop(o, 0);
}

void outbox_free(struct account *a)
{
	struct outbox *o = a->outbox;
	if (o == NULL)
		return;
	a->outbox = NULL;
	o->account = NULL;
	drop_all_held(o);
	refs_drop(o, 0);
	deferred_stop(&o->ready);
	outbox_drop(&o);
}

void outbox_loaded(struct account *a, unsigned count)
{
	outbox_get(a)->waiting += count;
}

bool outbox_waits(const struct account *a)
{
	const struct outbox *o = a->outbox;
	return o != NULL && o->waiting + o->putting > 0;
}

unsigned outbox_count(const struct account *a)
{
	return a->outbox != NULL ? a->outbox->waiting : 0;
}

/* --- Storing ------------------------------------------------------------- */

/* What its sender is told when it can't be stored. */
struct putting {
	struct outbox *outbox;
	struct gateway *gateway;
	struct str data; /* of the parcel */
};

static void refuse(struct gateway *g, const struct str *data)
{
	struct parcel p;
	if (!g->closed && parcel_unpack(&p, str_slice(data)) == 0)
		parcel_fail(g, &p, GW_BUSY,
			"The message could not be stored, and was not sent. "
			"Try again later.");
}

static void put_end(struct putting *put)
{
	outbox_drop(&put->outbox);
	str_finish(&put->data);
	xfree(put);
}

static void stored(int status, uint32_t number, bool is_new, void *arg)
{
	struct putting *put = arg;
	struct outbox *o = put->outbox;
	struct account *a = o->account;
	o->putting--;
	if (status != 0)
		refuse(put->gateway, &put->data);
	else if (!is_new)
		log_debug("host", "a message came again number=%u",
			(unsigned)number);
	if (a != NULL && status == 0 && is_new) {
		o->waiting++;
		account_open(a);
		outbox_give(a);
	}
	if (a != NULL && !outbox_waits(a))
		account_check(a);
	put_end(put);
}

void outbox_send(struct account *a, const struct parcel *p)
{
	struct gateway *g = account_gateway(a);
	struct outbox *o = outbox_get(a);
	struct str same = { .max = 64 };
	if (o->waiting + o->putting >= LIMIT_OUTBOX ||
		store_backlog(g->host->store) > LIMIT_STORE_QUEUE) {
		parcel_fail(g, p, GW_BUSY,
			"Too many messages wait for the network already. Try "
			"again later.");
		return;
	}
	struct putting *put = xalloc(sizeof(*put));
	put->outbox = o;
	put->gateway = g;
	put->data.max = 2 * LIMIT_STANZA_IN;
	parcel_pack(p, &put->data);
	parcel_pack_same(p, a->key, &same);
	const struct store_outgoing_new row = {
		.owner = account_owner(a),
		.run = g->host->run,
		.wall_ms = p->wall_ms,
		.since_ms = p->wall_ms - SAME_MS,
		.same = str_slice(&same),
		.data = str_slice(&put->data),
		.id = p->id,
		.ref = p->kind == GW_PERSON ? p->ref : NULL,
	};
	o->uses++;
	o->putting++;
	account_touch(a);
	store_outbox_put(g->host->store, &row, stored, put);
	str_finish(&same);
}

/* --- Giving -------------------------------------------------------------- */

static void hold(
	struct outbox *o, uint32_t number, const char *room, bool again)
{
	size_t size = strlen(room) + 1;
	struct held_parcel *h = xalloc(sizeof(*h) + size);
	h->number = number;
	h->again = again;
	memcpy(h->room, room, size);
	list_append(&o->held, &h->link);
}

static struct held_parcel *find_held(const struct outbox *o, uint32_t number)
{
	list_for_each(it, &o->held) {
		struct held_parcel *h = CONTAINER(it, struct held_parcel, link);
		if (h->number == number)
			return h;
	}
	return NULL;
}

/* The text without what stands for the message that it answers; NULL: all of
 * it. */
static char *cut_text(const struct parcel *p)
{
	if (p->cut_start == p->cut_end)
		return NULL;
	char *text = xstrdup(p->text);
	memmove(text + p->cut_start, text + p->cut_end,
		strlen(p->text) - p->cut_end + 1);
	return text;
}

/* What stands for it, without the sign in front of each line; NULL: nothing. */
static char *quoted_text(const struct parcel *p)
{
	struct slice rest =
		slice_make(p->text + p->cut_start, p->cut_end - p->cut_start);
	struct str quote = { .max = LIMIT_STANZA_IN };
	while (rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');
		size_t sign = line.len > 0 && line.data[0] == '>';
		sign += sign > 0 && line.len > 1 && line.data[1] == ' ';
		str_addf(&quote, "%s%.*s", quote.len > 0 ? "\n" : "",
			(int)(line.len - sign), line.data + sign);
	}
	char *text = quote.len > 0 ? xstrdup(str_text(&quote)) : NULL;
	str_finish(&quote);
	return text;
}

static void hand_over(struct account *a, uint32_t number,
	const struct parcel *p, const struct refs *refs, struct gw_room *room,
	bool again)
{
	char *cut = refs->network_id != NULL ? cut_text(p) : NULL;
	char *quote = refs->network_id != NULL ? quoted_text(p) : NULL;
	const struct gw_outgoing out = {
		.request = OUTBOX_BIT | number,
		.kind = p->kind,
		.room = room,
		.to = p->kind == GW_PERSON ? p->name : NULL,
		.text = cut != NULL ? cut : p->text,
		.subject = p->subject,
		.thread = p->thread,
		.notice = p->notice,
		.id = p->id,
		.wall_ms = p->wall_ms,
		.again = again,
		.reply_to = refs->network_id,
		.replaces = p->replaces,
		.retracts = refs->retracts,
		.reaction = p->reaction,
		.file = p->file.url != NULL ? &p->file : NULL,
		.receivers = p->receivers,
		.receiver_count = p->receiver_count,
		.quote = quote,
	};
	account_ops(a)->send(&a->session, &out);
	xfree(cut);
	xfree(quote);
}

static void fail_damaged(struct outbox *o, uint32_t number)
{
	log_error("host", "a stored message is damaged number=%u",
		(unsigned)number);
	const struct store_owner owner = account_owner(o->account);
	store_outbox_remove(outbox_store(o), &owner, number);
	o->waiting--;
}

static void fail_reaction(struct outbox *o, uint32_t number)
{
	const struct gw_result result = { .stage = GW_FAILED,
		.reason = GW_NO_SUCH,
		.text = "It is not known any more which message this reaction "
			"is for." };
	outcome_add(o, number, &result);
}

static void give_parcel(struct outbox *o, uint32_t number,
	const struct parcel *p, const struct refs *refs, bool again)
{
	struct account *a = o->account;
	if (p->reaction && refs->network_id == NULL) {
		fail_reaction(o, number);
		return;
	}
	if (p->kind == GW_PERSON) {
		hand_over(a, number, p, refs, NULL, again);
		return;
	}
	struct room *room = room_find(a, p->name);
	if (room != NULL && room->state == ROOM_JOINED && room->known) {
		hand_over(a, number, p, refs, &room->room, again);
		return;
	}
	hold(o, number, p->name, again);
	if (account_is_online(a))
		room_need(a, p->name);
}

/* False: later, when it is known what it is about. */
static bool give_one(
	struct outbox *o, const struct store_outgoing *m, bool again)
{
	struct parcel p;
	struct refs refs;
	if (parcel_unpack(&p, m->data) != 0) {
		fail_damaged(o, m->number);
		return true;
	}
	if (!refs_find(o, m, &p, &refs))
		return false;
	give_parcel(o, m->number, &p, &refs, again);
	refs_drop(o, m->number);
	return true;
}

static bool is_open(const struct account *a)
{
	return a->state != ACCOUNT_IDLE && !a->on_trial && !a->is_leaving &&
	       !account_gateway(a)->stopping;
}

static void page_row(const struct store_outgoing *m, void *arg)
{
	struct outbox *o = arg;
	/* A session that was opened meanwhile starts from the first. */
	if (o->account == NULL || !is_open(o->account) ||
		o->session != o->read_for || o->is_stuck)
		return;
	bool again = m->run != account_gateway(o->account)->host->run ||
		     m->number <= o->given_ever;
	if (!give_one(o, m, again)) {
		o->is_stuck = true;
		return;
	}
	o->given = m->number;
	if (m->number > o->given_ever)
		o->given_ever = m->number;
}

/* One that is stuck calls outbox_go_on(). */
static void page_end(int status, bool is_last, void *arg)
{
	struct outbox *o = arg;
	bool is_over = is_last || o->is_stuck;
	bool again = status == 0 &&
		     (!is_over || o->is_behind || o->session != o->read_for);
	o->is_reading = o->is_behind = o->is_stuck = false;
	if (again && o->account != NULL)
		outbox_give(o->account);
	outbox_drop(&o);
}

void outbox_go_on(struct outbox *o)
{
	if (o->account == NULL)
		return;
	if (!list_is_empty(&o->held))
		deferred_start(&o->ready);
	outbox_give(o->account);
}

void outbox_give(struct account *a)
{
	static const struct store_outbox_events events = { page_row, page_end };
	struct outbox *o = a->outbox;
	if (o == NULL || o->waiting == 0 || !is_open(a))
		return;
	if (o->is_reading) {
		o->is_behind = true;
		return;
	}
	const struct store_owner owner = account_owner(a);
	o->is_reading = true;
	o->read_for = o->session;
	o->uses++;
	store_outbox_page(outbox_store(o), &owner, o->given, &events, o);
}

/* --- Rooms --------------------------------------------------------------- */

static void found_held(int status, const struct store_outgoing *m, void *arg)
{
	struct outbox *o = arg;
	if (o->account != NULL && status == 0 && m != NULL &&
		m->stage == OUTBOX_WAITING) {
		struct held_parcel *h = find_held(o, m->number);
		if (h != NULL)
			h->is_due = false;
		if (h != NULL && is_open(o->account)) {
			/* It may be held anew. */
			list_remove(&h->link);
			if (give_one(o, m, h->again))
				xfree(h);
			else
				list_append(&o->held, &h->link);
		}
	}
	outbox_drop(&o);
}

static void give_held(void *arg)
{
	struct outbox *o = arg;
	const struct store_owner owner = account_owner(o->account);
	list_for_each(it, &o->held) {
		struct held_parcel *h = CONTAINER(it, struct held_parcel, link);
		const struct room *room = room_find(o->account, h->room);
		if (h->is_due || room == NULL || room->state != ROOM_JOINED)
			continue;
		h->is_due = true;
		o->uses++;
		store_outbox_find(
			outbox_store(o), &owner, h->number, found_held, o);
	}
}

void outbox_room_ready(const struct room *room)
{
	struct outbox *o = room->account->outbox;
	if (o != NULL && !list_is_empty(&o->held))
		deferred_start(&o->ready);
}

void outbox_online(struct account *a)
{
	struct outbox *o = a->outbox;
	if (o == NULL)
		return;
	/* What the network says to one may fail others. */
	unsigned count = 0;
	list_for_each(it, &o->held)
		count++;
	for (; count > 0 && !list_is_empty(&o->held); count--) {
		struct list *first = o->held.next;
		list_remove(first);
		list_append(&o->held, first);
		room_need(a, CONTAINER(first, struct held_parcel, link)->room);
	}
	outbox_give(a);
}

void outbox_room_failed(
	const struct room *room, enum gw_reason reason, const char *text)
{
	struct outbox *o = room->account->outbox;
	const struct gw_result result = {
		.stage = GW_FAILED, .reason = reason, .text = text
	};
	bool passes = reason == GW_UNREACHABLE || reason == GW_LOST ||
		      reason == GW_BUSY;
	if (o == NULL || passes)
		return;
	list_for_each_safe(it, &o->held) {
		struct held_parcel *h = CONTAINER(it, struct held_parcel, link);
		if (strcmp(h->room, room->name) != 0)
			continue;
		outcome_add(o, h->number, &result);
		refs_drop(o, h->number);
		drop_held(h);
	}
}
