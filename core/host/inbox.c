#include "host/inbox.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/blocklist.h"
#include "host/fence.h"
#include "host/inbox_private.h"
#include "host/kept.h"
#include "host/letter.h"
#include "host/message.h"
#include "host/privilege.h"

/* How often it is looked for what is past the grace. */
#define END_MS 60000

/* Of users behind a relay nobody hears that they are there: what came back is
 * tried again after this. */
#define RELAY_MS 300000

/* How long it is known that a message was there. */
#define KNOWN_MS (INT64_C(30) * 86400000)

struct inbox {
	struct gateway *gateway;
	struct fences fences;
	uint32_t sent;      /* the last one sent on this stream */
	uint32_t sent_ever; /* ... by this process */
	unsigned stream;    /* counts them */
	unsigned read_for;  /* the one that a page is read for */
	bool is_reading;
	bool is_behind;      /* more came meanwhile */
	struct timer end;    /* of the grace */
	int64_t grace_ms;    /* wall clock: nothing is in it afterwards */
	struct timer relays; /* something came back from one */
};

/* --- Telling the gateway ------------------------------------------------- */

struct account *inbox_account(
	const struct gateway *g, const struct store_owner *o)
{
	const struct user *u = user_find(g, o->user);
	return u != NULL ? account_find(u, o->account) : NULL;
}

void inbox_settled(const struct gateway *g, const struct store_owner *o,
	const char *network_id, bool ok)
{
	struct account *a = inbox_account(g, o);
	if (a != NULL && a->state != ACCOUNT_IDLE && !g->stopping)
		account_ops(a)->settled(&a->session, network_id, ok);
}

static void begin_grace(struct inbox *in)
{
	in->grace_ms = clock_wall_ms() + LIMIT_GRACE_MS;
	if (!timer_is_running(&in->end) && !in->gateway->closed)
		timer_start(&in->end, END_MS);
}

static void end_grace(void *arg)
{
	struct inbox *in = arg;
	int64_t now = clock_wall_ms();
	store_inbox_end(in->gateway->host->store, now - LIMIT_GRACE_MS);
	if (now <= in->grace_ms)
		timer_start(&in->end, END_MS);
}

/* Messages that passed their fence, being recorded as settled. */
struct batch {
	struct gateway *gateway;
	struct list list; /* struct fenced.link */
};

static void recorded(int status, void *arg)
{
	struct batch *b = arg;
	list_for_each_safe(it, &b->list) {
		struct fenced *one = CONTAINER(it, struct fenced, link);
		if (status == 0 && one->is_news)
			inbox_settled(b->gateway, &one->name.owner,
				one->network_id, true);
		list_remove(&one->link);
		xfree(one);
	}
	if (status == 0)
		begin_grace(b->gateway->inbox);
	xfree(b);
}

static void passed(struct gateway *g, struct list *list)
{
	struct batch *b = xalloc(sizeof(*b));
	size_t count = 0, i = 0;
	b->gateway = g;
	list_init(&b->list);
	while (!list_is_empty(list)) {
		struct list *it = list->next;
		list_remove(it);
		list_append(&b->list, it);
		count++;
	}
	struct inbox_name *names = xcalloc(count, sizeof(names[0]));
	list_for_each(it, &b->list)
		names[i++] = CONTAINER(it, struct fenced, link)->name;
	store_inbox_settle(
		g->host->store, names, count, clock_wall_ms(), recorded, b);
	xfree(names);
}

/* --- Sending ------------------------------------------------------------- */

static void send_one(struct inbox *in, const struct store_incoming *m)
{
	const struct gateway *g = in->gateway;
	struct account *a = inbox_account(g, &m->owner);
	const struct inbox_name name = { m->owner, m->key };
	bool is_new = m->run == g->host->run && m->number > in->sent_ever;
	struct letter l;
	if (a == NULL || letter_unpack(&l, m->data) != 0) {
		log_error("host", "a stored message can't be sent number=%u",
			(unsigned)m->number);
		return;
	}
	message_send(a, &l.m, is_new, m->own_id);
	fences_add(&in->fences, &name, l.m.network_id,
		m->state == INBOX_WAITING || m->state == INBOX_RETURNED);
	letter_finish(&l);
}

static void page_row(const struct store_incoming *m, void *arg)
{
	struct inbox *in = ((struct gateway *)arg)->inbox;
	if (in->gateway->stopping || in->stream != in->read_for)
		return;
	in->sent = m->number;
	send_one(in, m);
	if (m->number > in->sent_ever)
		in->sent_ever = m->number;
}

static void page_end(int status, bool is_last, void *arg)
{
	struct gateway *g = arg;
	struct inbox *in = g->inbox;
	bool again = status == 0 &&
		     (!is_last || in->is_behind || in->stream != in->read_for);
	in->is_reading = in->is_behind = false;
	if (g->stopping)
		return;
	fences_send(&in->fences);
	if (again)
		inbox_send(g);
}

void inbox_send(struct gateway *g)
{
	static const struct store_inbox_events events = { page_row, page_end };
	struct inbox *in = g->inbox;
	if (g->api.ops->settled == NULL || g->stopping ||
		component_state(g->component) != COMPONENT_READY ||
		component_is_stalled(g->component))
		return;
	if (in->is_reading) {
		in->is_behind = true;
		return;
	}
	in->is_reading = true;
	in->read_for = in->stream;
	store_inbox_page(g->host->store, g->options->jid, in->sent,
		clock_wall_ms() - LIMIT_GRACE_MS, &events, g);
}

/* What came back to an earlier process, or while the stream was away. */
static void retry_relayed(const struct gateway *g)
{
	size_t pos = 0;
	struct user *u;
	while ((u = map_next(&g->users, &pos)) != NULL)
		if (host_is_relayed(g, u->jid))
			inbox_user_is_there(u);
}

void inbox_stream_ready(struct gateway *g)
{
	begin_grace(g->inbox);
	retry_relayed(g);
	inbox_send(g);
}

void inbox_stream_lost(struct gateway *g)
{
	struct inbox *in = g->inbox;
	in->stream++;
	in->sent = 0;
	fences_clear(&in->fences);
}

unsigned inbox_count(const struct gateway *g)
{
	return g->inbox->fences.count;
}

/* --- Taking -------------------------------------------------------------- */

/* A message being stored. */
struct taking {
	struct gateway *gateway;
	char *user, *account, *network_id;
};

static void stored(int status, enum inbox_state before, void *arg)
{
	struct taking *t = arg;
	struct gateway *g = t->gateway;
	const struct store_owner owner = { g->options->jid, t->user,
		t->account };
	bool is_known = before != INBOX_NONE;
	bool is_on_its_way =
		before == INBOX_WAITING || before == INBOX_RETURNED;
	if (status != 0)
		inbox_settled(g, &owner, t->network_id, false);
	else if (!is_known)
		inbox_send(g);
	else if (!is_on_its_way)
		inbox_settled(g, &owner, t->network_id, true);
	xfree(t->user);
	xfree(t->account);
	xfree(t->network_id);
	xfree(t);
}

void inbox_key_of(enum gw_kind kind, const char *name, const char *id,
	struct inbox_key *out)
{
	struct str in = { .max = LIMIT_STANZA_IN };
	str_add_char(&in, (char)('0' + kind));
	str_add_bytes(&in, name, strlen(name) + 1);
	str_add(&in, id);
	crypto_sha256(str_slice(&in), out->bytes);
	str_finish(&in);
}

void inbox_take(struct account *a, const struct gw_message *m)
{
	struct gateway *g = account_gateway(a);
	char id[RECEIPT_ID_SIZE];
	struct store_incoming_new row = { .owner = account_owner(a),
		.run = g->host->run,
		.wall_ms = clock_wall_ms(),
		.expires_ms = clock_wall_ms() + KNOWN_MS,
		.ref = m->reply_to };
	if (m->own && !privilege_may_send(a->user)) {
		inbox_take_record(a, NULL, m);
		return;
	}
	message_id(a, m, id);
	/* His own are known by the same key, whether they are shown or not. */
	if (m->own)
		inbox_key_of(GW_PERSON, "", m->network_id, &row.key);
	else
		inbox_key_of(m->from != NULL ? GW_PERSON : GW_NETWORK,
			m->from != NULL ? m->from : "", id, &row.key);
	struct str data = { .max = LIMIT_LETTER };
	letter_pack(m, NULL, clock_wall_ms(), &data);
	row.data = str_slice(&data);
	struct taking *t = xalloc(sizeof(*t));
	t->gateway = g;
	t->user = xstrdup(a->user->jid);
	t->account = xstrdup(a->key);
	t->network_id = xstrdup(m->network_id);
	store_inbox_put(g->host->store, &row, stored, t);
	str_finish(&data);
}

/* --- What came back ------------------------------------------------------ */

/* A client of his takes what comes (RFC 6121 section 8.5.2.1.1). */
static bool can_be_reached(const struct user *u)
{
	list_for_each(it, &u->resources) {
		const struct resource *r = CONTAINER(it, struct resource, link);
		if (!r->stale && r->priority >= 0)
			return true;
	}
	return false;
}

/* His server does not want it, as of whom he has blocked (XEP-0191 section
 * 3.4 says it so): not that nobody was there to take it. */
static bool is_refused(const struct user *u, const struct stanza *s)
{
	const struct xml *error = xml_child(s->xml, "error", NULL);
	const char *type = xml_attr(error, "type");
	return can_be_reached(u) && (type == NULL || strcmp(type, "wait") != 0);
}

static void key_of(
	const struct target *t, const struct stanza *s, struct inbox_key *out)
{
	inbox_key_of(t->kind == TARGET_PERSON ? GW_PERSON : GW_NETWORK,
		t->address.name, s->id, out);
}

static void take_back(struct gateway *g, const struct inbox_name *name)
{
	struct user *u = user_find(g, name->owner.user);
	store_inbox_return(g->host->store, name);
	fences_remove(&g->inbox->fences, name);
	if (u == NULL || !host_is_relayed(g, u->jid))
		return;
	u->is_returned = true;
	if (!timer_is_running(&g->inbox->relays) && !g->closed)
		timer_start(&g->inbox->relays, RELAY_MS);
}

static void try_relayed(void *arg)
{
	const struct inbox *in = arg;
	size_t pos = 0;
	struct user *u;
	while ((u = map_next(&in->gateway->users, &pos)) != NULL)
		if (u->is_returned) {
			u->is_returned = false;
			inbox_user_is_there(u);
		}
}

void inbox_relay_returned(
	struct gateway *g, const struct target *t, const struct stanza *s)
{
	struct inbox_key key;
	if (g->api.ops->settled == NULL || s->id == NULL)
		return;
	key_of(t, s, &key);
	const struct inbox_name *name =
		fences_find(&g->inbox->fences, s->from.domain, &key);
	if (name != NULL)
		take_back(g, name);
}

void inbox_returned(
	struct user *u, const struct target *t, const struct stanza *s)
{
	struct gateway *g = u->gateway;
	const struct account *a = account_find(u, t->address.account);
	if (g->api.ops->settled == NULL || s->id == NULL || a == NULL)
		return;
	/* That ends it: it passes its fence, if it has not yet. */
	if (is_refused(u, s)) {
		blocklist_refused(u, t, s);
		return;
	}
	struct inbox_name name = { .owner = account_owner(a) };
	key_of(t, s, &name.key);
	take_back(g, &name);
}

struct retrying {
	struct gateway *gateway;
	char *user;
	unsigned stream;
	uint32_t last;
};

static void retry_row(const struct store_incoming *m, void *arg);
static void retry_end(int status, bool is_last, void *arg);

static const struct store_inbox_events retry_events = { retry_row, retry_end };

static void retry_row(const struct store_incoming *m, void *arg)
{
	struct retrying *r = arg;
	struct inbox *in = r->gateway->inbox;
	const struct inbox_name name = { m->owner, m->key };
	if (r->gateway->stopping || in->stream != r->stream)
		return;
	r->last = m->number;
	store_inbox_retry(r->gateway->host->store, &name, clock_wall_ms());
	send_one(in, m);
}

static void retry_end(int status, bool is_last, void *arg)
{
	struct retrying *r = arg;
	struct gateway *g = r->gateway;
	if (status == 0 && !is_last && !g->stopping &&
		g->inbox->stream == r->stream) {
		store_inbox_returned(g->host->store, g->options->jid, r->user,
			r->last, &retry_events, r);
		return;
	}
	struct user *u = user_find(g, r->user);
	if (u != NULL)
		u->is_retried = false;
	if (!g->stopping)
		fences_send(&g->inbox->fences);
	xfree(r->user);
	xfree(r);
}

void inbox_user_is_there(struct user *u)
{
	struct gateway *g = u->gateway;
	if (g->api.ops->settled == NULL || u->is_retried || g->stopping)
		return;
	u->is_retried = true;
	struct retrying *r = xalloc(sizeof(*r));
	r->gateway = g;
	r->user = xstrdup(u->jid);
	r->stream = g->inbox->stream;
	store_inbox_returned(
		g->host->store, g->options->jid, u->jid, 0, &retry_events, r);
}

/* --- Life ---------------------------------------------------------------- */

struct inbox *inbox_new(struct gateway *g)
{
	struct inbox *in = xalloc(sizeof(*in));
	in->gateway = g;
	fences_init(&in->fences, g, passed);
	timer_init(&in->end, g->host->loop, "inbox", end_grace, in);
	timer_init(&in->relays, g->host->loop, "relays", try_relayed, in);
	return in;
}

void inbox_stop(struct gateway *g)
{
	if (g->api.ops->settled != NULL)
		store_inbox_end_all(g->host->store, g->options->jid);
}

void inbox_close(struct gateway *g)
{
	timer_stop(&g->inbox->end);
	timer_stop(&g->inbox->relays);
	fences_clear(&g->inbox->fences);
}

void inbox_free(struct inbox **slot)
{
	xfree(*slot);
	*slot = NULL;
}
