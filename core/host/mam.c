/*
 * XEP-0313 at the bare JID of a room. A user reads what his own connection
 * saw, also of rooms he has left: the archive knows the times he was there.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "host/message.h"
#include "host/room_private.h"
#include "host/withdrawal.h"
#include "xmpp/form.h"
#include "xmpp/ns.h"
#include "xmpp/rsm.h"

/* --- One call: who asked, until the store has answered ------------------- */

struct call {
	struct host *host;
	struct gateway *gateway;
	struct archive_channel_id channel;
	bool flip;
	bool count_only;
	char *queryid; /* or NULL */
	/* The stanza, to answer it. */
	char *from, *from_bare, *to, *to_bare, *id;
	struct gw_address address;
};

static struct call *call_new(
	struct user *u, const struct target *t, const struct stanza *s)
{
	struct call *call = xalloc(sizeof(*call));
	call->host = u->gateway->host;
	call->gateway = u->gateway;
	channel_make_id(u->gateway, t->address.account, t->address.name,
		&call->channel);
	call->from = xstrdup(s->from.full);
	call->from_bare = xstrdup(s->from.bare);
	call->to = xstrdup(s->to.full);
	call->to_bare = xstrdup(s->to.bare);
	call->id = xstrdup(s->id);
	call->address = t->address;
	return call;
}

static void call_free(struct call *call)
{
	xfree(call->queryid);
	xfree(call->from);
	xfree(call->from_bare);
	xfree(call->to);
	xfree(call->to_bare);
	xfree(call->id);
	xfree(call);
}

/* The store finishes its work after the gateways are gone. */
static bool is_orphan(const struct call *call)
{
	list_for_each(it, &call->host->gateways)
		if (CONTAINER(it, struct gateway, link) == call->gateway)
			return false;
	return true;
}

static struct component *stream(const struct call *call)
{
	return call->gateway->component;
}

static void fail(
	const struct call *call, enum stanza_error error, const char *text)
{
	const struct stanza_head head = { .from = call->to,
		.to = call->from,
		.type = "error",
		.id = call->id };
	const struct stanza_error_detail detail = { .error = error,
		.text = text };
	struct xml_writer *w = stanza_begin(stream(call), STANZA_IQ, &head);
	stanza_put_error(w, &detail);
	(void)stanza_end(stream(call));
}

static struct xml_writer *result_begin(const struct call *call)
{
	const struct stanza_head head = { .from = call->to,
		.to = call->from,
		.type = "result",
		.id = call->id };
	return stanza_begin(stream(call), STANZA_IQ, &head);
}

/* --- Reading a query ----------------------------------------------------- */

struct query {
	struct archive_query q;
	struct rsm rsm;
	bool nothing; /* no message can match */
	uint64_t numbers[LIMIT_FORM_VALUES];
	char with[OCCUPANT_RESOURCE_SIZE];
	enum stanza_error error; /* ERR_NONE: it is good */
	const char *text;
};

static void spoil(struct query *q, enum stanza_error error, const char *text)
{
	if (q->error != ERR_NONE)
		return;
	q->error = error;
	q->text = text;
}

/* Section 4.1.3: an id that is not in the archive is an error. */
static uint64_t read_id(
	const struct gateway *g, struct query *q, const char *text)
{
	uint64_t number = 0;
	if (archive_id_parse(g->host->archive, &q->q.channel, text, &number) !=
		0)
		spoil(q, ERR_ITEM_NOT_FOUND,
			"There is no such message in this archive.");
	return number;
}

static int64_t read_time(struct query *q, const char *text)
{
	int64_t when = 0;
	if (clock_parse(slice_of(text), &when) != 0)
		spoil(q, ERR_BAD_REQUEST, "A time is malformed.");
	return when;
}

/* A person by his own JID, or an occupant of this room; in the archive both
 * are a nick. */
static void read_with(struct user *u, const struct target *t,
	const struct stanza *s, struct query *q, const char *text)
{
	struct jid jid;
	struct target who;
	const char *reason;
	const struct room *room = room_of_target(u, t);
	if (jid_parse(&jid, slice_of(text), s->arena) != 0) {
		spoil(q, ERR_JID_MALFORMED, "That is no address.");
		return;
	}
	if (strcmp(jid.bare, s->to.bare) == 0) {
		if (jid.resource[0] != '\0')
			q->q.with = jid.resource;
		return;
	}
	const struct occupant *o = NULL;
	if (strcmp(jid.bare, u->jid) == 0) {
		o = room != NULL ? room_self(room) : NULL;
	} else if (strcmp(jid.domain, u->gateway->options->jid) == 0 &&
		   target_of(u, &jid, &who, &reason) == 0 &&
		   who.kind == TARGET_PERSON &&
		   strcmp(who.address.account, t->address.account) == 0) {
		o = room != NULL ? occupant_by_person(room, who.address.name)
				 : NULL;
		if (o == NULL) {
			const char *nick =
				nick_resource(who.address.name, q->with);
			text_copy(q->with, sizeof(q->with), nick);
			q->q.with = q->with;
			return;
		}
	}
	if (o != NULL)
		q->q.with = occupant_resource(o);
	else
		q->nothing = true;
}

static void read_ids(const struct gateway *g, struct query *q,
	const struct form_value *field)
{
	for (size_t i = 0; i < field->count && i < LIMIT_FORM_VALUES; i++)
		q->numbers[i] = read_id(g, q, field->values[i]);
	q->q.numbers = q->numbers;
	q->q.number_count = field->count;
	q->nothing |= field->count == 0;
}

static void read_field(struct user *u, const struct target *t,
	const struct stanza *s, struct query *q, const struct form_value *field)
{
	const struct gateway *g = u->gateway;
	const char *value = field->count > 0 ? field->values[0] : "";
	if (strcmp(field->var, "FORM_TYPE") == 0)
		return;
	if (strcmp(field->var, "ids") == 0)
		read_ids(g, q, field);
	else if (strcmp(field->var, "with") == 0)
		read_with(u, t, s, q, value);
	else if (strcmp(field->var, "start") == 0)
		q->q.start_ms = read_time(q, value);
	else if (strcmp(field->var, "end") == 0)
		q->q.end_ms = read_time(q, value);
	else if (strcmp(field->var, "before-id") == 0)
		q->q.below = read_id(g, q, value);
	else if (strcmp(field->var, "after-id") == 0)
		q->q.above = read_id(g, q, value);
	else
		spoil(q, ERR_FEATURE_NOT_IMPLEMENTED,
			"The archive does not know one of these fields.");
}

static void read_form(struct user *u, const struct target *t,
	const struct stanza *s, struct query *q, const struct xml *query)
{
	struct form form;
	const struct xml *x = xml_child(query, "x", NS_DATA_FORM);
	if (x == NULL)
		return;
	if (form_read(&form, x, s->arena) != 0 ||
		(form.form_type != NULL &&
			strcmp(form.form_type, NS_MAM) != 0)) {
		spoil(q, ERR_BAD_REQUEST, "The form is malformed.");
		return;
	}
	for (size_t i = 0; i < form.count; i++)
		read_field(u, t, s, q, &form.fields[i]);
}

static void read_rsm(const struct gateway *g, const struct stanza *s,
	struct query *q, const struct xml *query)
{
	if (rsm_read(&q->rsm, query, s->arena) != 0) {
		spoil(q, ERR_BAD_REQUEST, "The page is malformed.");
		return;
	}
	const struct rsm *rsm = &q->rsm;
	if (rsm->index >= 0)
		spoil(q, ERR_FEATURE_NOT_IMPLEMENTED,
			"Pages are found by id here, not by index.");
	if (rsm->after != NULL && rsm->after[0] != '\0')
		q->q.after = read_id(g, q, rsm->after);
	if (rsm->before != NULL && rsm->before[0] != '\0')
		q->q.before = read_id(g, q, rsm->before);
	q->q.from_end = rsm->before != NULL && rsm->after == NULL;
	q->q.max = rsm->max >= 0 && rsm->max < (long)LIMIT_PAGE
			   ? (size_t)rsm->max
			   : LIMIT_PAGE;
	/* Section 2.6 of XEP-0059: the number, where it costs little. */
	q->q.count_if_cheap = true;
	if (q->q.max == 0) {
		/* XEP-0059 section 2.6: only the number is wanted. */
		q->q.count = true;
		q->q.max = 1;
	}
}

/* --- Answering ------------------------------------------------------------ */

/* Section 6.1.2: in a room where people are known, who it was, as far as the
 * one under that name now is the same. */
static void put_sender(struct xml_writer *w, const struct call *call,
	const struct archive_message *m)
{
	const struct user *u = user_find(call->gateway, call->from_bare);
	const struct account *a =
		u != NULL ? account_find(u, call->address.account) : NULL;
	const struct room *room =
		a != NULL ? room_find(a, call->address.name) : NULL;
	struct occupant *o =
		room != NULL ? occupant_by_resource(room, m->from) : NULL;
	char jid[GATEWAY_JID_SIZE];
	if (o == NULL || m->occupant == NULL ||
		strcmp(occupant_id(room, o), m->occupant) != 0)
		return;
	if (o == room_self(room))
		text_copy(jid, sizeof(jid), u->jid);
	else if (!occupant_real_jid(room, o, true, jid))
		return;
	xml_open(w, "x", NS_MUC_USER);
	xml_open(w, "item", NULL);
	xml_put_attr(w, "affiliation", affiliation_name(o->affiliation));
	xml_put_attr(w, "role", role_name(o->role));
	xml_put_attr(w, "jid", jid);
	xml_close(w);
	xml_close(w);
}

static void put_inner(struct xml_writer *w, const struct call *call,
	const struct archive_message *m, const char *archive_id)
{
	char from[GATEWAY_JID_SIZE];
	bool subject = m->kind == ARCHIVE_SUBJECT;
	const struct room_text text = {
		.body = withdrawal_has_text(m) ? m->text : NULL,
		.subject = subject ? m->text : NULL,
		.occupant = m->occupant,
		.markable = !subject && withdrawal_has_text(m) &&
			    room_is_markable(call->gateway->api.ops,
				    m->network_id, m->stanza_id),
	};
	text_format(from, sizeof(from), "%s%s%s", call->to_bare,
		m->from[0] != '\0' ? "/" : "", m->from);
	xml_open(w, "message", NS_CLIENT);
	xml_put_attr(w, "from", from);
	xml_put_attr(w, "type", "groupchat");
	xml_put_attr(w, "id", m->stanza_id != NULL ? m->stanza_id : archive_id);
	room_put_text(w, call->to_bare, &text, archive_id);
	withdrawal_put(w, call->host->archive, &call->channel, m);
	put_sender(w, call, m);
	xml_close(w);
}

static void send_message(
	const struct call *call, const struct archive_message *m)
{
	char id[ARCHIVE_ID_SIZE];
	archive_id_format(call->host->archive, &call->channel, m->number, id);
	const struct stanza_head head = {
		.from = call->to_bare, .to = call->from, .id = id
	};
	struct component *c = stream(call);
	struct xml_writer *w = stanza_begin(c, STANZA_MESSAGE, &head);
	xml_open(w, "result", NS_MAM);
	xml_put_attr(w, "queryid", call->queryid);
	xml_put_attr(w, "id", id);
	xml_open(w, "forwarded", NS_FORWARD);
	message_put_delay(w, NULL, m->wall_ms);
	put_inner(w, call, m, id);
	xml_close(w);
	xml_close(w);
	(void)stanza_end(c);
}

static void finish(const struct call *call, const struct archive_page *page)
{
	char first[ARCHIVE_ID_SIZE], last[ARCHIVE_ID_SIZE];
	bool empty = page->count == 0 || call->count_only;
	struct rsm_page rsm = { .first_index = -1, .count = page->total };
	if (!empty) {
		archive_id_format(call->host->archive, &call->channel,
			page->messages[0].number, first);
		archive_id_format(call->host->archive, &call->channel,
			page->messages[page->count - 1].number, last);
		rsm.first = first;
		rsm.last = last;
		rsm.first_index = page->first_index;
	}
	bool complete = call->count_only ? page->count == 0 : page->complete;
	struct xml_writer *w = result_begin(call);
	xml_open(w, "fin", NS_MAM);
	xml_put_attr(w, "complete", complete ? "true" : NULL);
	rsm_put(w, &rsm);
	xml_close(w);
	(void)stanza_end(stream(call));
}

static void answer(const struct call *call, const struct archive_page *page)
{
	for (size_t i = 0; i < page->count && !call->count_only; i++)
		send_message(call,
			&page->messages[call->flip ? page->count - 1 - i : i]);
	finish(call, page);
}

static void got_page(int status, const struct archive_page *page, void *arg)
{
	struct call *call = arg;
	if (is_orphan(call))
		;
	else if (status != 0)
		fail(call, ERR_INTERNAL_SERVER_ERROR,
			"The archive could not be read.");
	else if (page->missing)
		fail(call, ERR_ITEM_NOT_FOUND,
			"There is no such message in this archive.");
	else
		answer(call, page);
	call_free(call);
}

static void search(struct user *u, const struct target *t,
	const struct stanza *s, const struct xml *query)
{
	struct gateway *g = u->gateway;
	struct query q = { .q = { .reader = u->jid } };
	channel_make_id(g, t->address.account, t->address.name, &q.q.channel);
	read_form(u, t, s, &q, query);
	read_rsm(g, s, &q, query);
	if (q.error != ERR_NONE) {
		user_refuse(u, s, q.error, q.text);
		return;
	}
	struct call *call = call_new(u, t, s);
	call->queryid = xstrdup(xml_attr(query, "queryid"));
	call->flip = xml_child(query, "flip-page", NULL) != NULL;
	call->count_only = q.rsm.max == 0;
	if (q.nothing) {
		const struct archive_page empty = { .complete = true,
			.total = q.q.count ? 0 : -1,
			.first_index = -1 };
		answer(call, &empty);
		call_free(call);
		return;
	}
	archive_query(g->host->archive, &q.q, got_page, call);
}

/* --- Form and metadata --------------------------------------------------- */

static void answer_form(struct user *u, const struct stanza *s)
{
	static const struct {
		const char *var;
		enum form_field_type type;
	} fields[] = { { "with", FORM_JID }, { "start", FORM_TEXT },
		{ "end", FORM_TEXT }, { "before-id", FORM_TEXT },
		{ "after-id", FORM_TEXT } };
	struct component *c = u->gateway->component;
	struct xml_writer *w = iq_result_begin(c, s);
	xml_open(w, "query", NS_MAM);
	form_open(w, "form", NS_MAM, NULL, NULL);
	for (size_t i = 0; i < COUNT(fields); i++) {
		const struct form_field field = { .var = fields[i].var,
			.type = fields[i].type };
		form_put(w, &field);
	}
	/* A list that is open to any value (section 4.1.5). */
	xml_open(w, "field", NULL);
	xml_put_attr(w, "type", "list-multi");
	xml_put_attr(w, "var", "ids");
	xml_open(w, "validate", NS_FORM_VALIDATE);
	xml_put_attr(w, "datatype", "xs:string");
	xml_put(w, "open", NULL, NULL);
	xml_close(w);
	xml_close(w);
	xml_close(w);
	xml_close(w);
	(void)stanza_end(c);
}

static void put_bound(struct xml_writer *w, const struct call *call,
	const char *name, const struct archive_message *m)
{
	char id[ARCHIVE_ID_SIZE], stamp[CLOCK_STAMP_SIZE];
	archive_id_format(call->host->archive, &call->channel, m->number, id);
	clock_format(stamp, m->wall_ms);
	xml_open(w, name, NULL);
	xml_put_attr(w, "id", id);
	xml_put_attr(w, "timestamp", stamp);
	xml_close(w);
}

static void put_metadata(
	const struct call *call, const struct archive_page *page)
{
	struct xml_writer *w = result_begin(call);
	xml_open(w, "metadata", NS_MAM);
	if (page->count > 0) {
		put_bound(w, call, "start", &page->messages[0]);
		put_bound(w, call, "end", &page->messages[page->count - 1]);
	}
	xml_close(w);
	(void)stanza_end(stream(call));
}

static void got_bounds(int status, const struct archive_page *page, void *arg)
{
	struct call *call = arg;
	if (is_orphan(call))
		;
	else if (status != 0)
		fail(call, ERR_INTERNAL_SERVER_ERROR,
			"The archive could not be read.");
	else
		put_metadata(call, page);
	call_free(call);
}

void mam_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	const struct xml *query = xml_child(s->xml, "query", NS_MAM);
	if (query != NULL && s->type == TYPE_SET) {
		search(u, t, s, query);
	} else if (query != NULL) {
		answer_form(u, s);
	} else {
		struct call *call = call_new(u, t, s);
		archive_bounds(u->gateway->host->archive, &call->channel,
			u->jid, got_bounds, call);
	}
}
