/*
 * Roles and affiliations (XEP-0045 sections 8 and 9): lists of what is, and
 * changes, which the network makes or refuses. The items of one request are
 * all checked first, then asked for one after the other; the answer comes
 * when the last is done or one was refused.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "host/room_private.h"
#include "xmpp/ns.h"

/* Items of one request. */
#define ITEMS_MAX 100

/* --- Lists ---------------------------------------------------------------- */

static void put_occupant(struct xml_writer *w, const struct room *room,
	const struct seat *seat, const struct occupant *o, bool by_role)
{
	char jid[GATEWAY_JID_SIZE];
	bool known = true;
	if (o == room_self(room))
		text_copy(jid, sizeof(jid),
			by_role ? seat->jid : room->account->user->jid);
	else
		known = occupant_real_jid(room, o, by_role, jid);
	xml_open(w, "item", NULL);
	xml_put_attr(w, "affiliation", affiliation_name(o->affiliation));
	if (by_role)
		xml_put_attr(w, "role", role_name(o->role));
	xml_put_attr(w, "jid", known ? jid : NULL);
	xml_put_attr(w, "nick", occupant_resource(o));
	xml_close(w);
}

static void list_occupants(struct user *u, const struct seat *seat,
	const struct stanza *s, int role, int affiliation)
{
	const struct room *room = seat->room;
	struct component *c = u->gateway->component;
	size_t count;
	struct occupant **all = occupant_sorted(room, &count);
	struct xml_writer *w = iq_result_begin(c, s);
	xml_open(w, "query", NS_MUC_ADMIN);
	for (size_t i = 0; i < count; i++)
		if ((int)all[i]->role == role ||
			(int)all[i]->affiliation == affiliation)
			put_occupant(w, room, seat, all[i], role >= 0);
	xml_close(w);
	if (stanza_end(c) != 0)
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT,
			"This list is too long for one answer.");
	xfree(all);
}

/* One line each: mask, TAB, who set it. */
static void collect_ban(struct request *r, const struct gw_item *item)
{
	if (r->items <= LIMIT_BAN_LIST)
		str_addf(&r->lines, "%s\t%s\n", item->key,
			item->value != NULL ? item->value : "");
}

static void put_ban(
	struct xml_writer *w, const struct account *a, struct slice line)
{
	char mask[GW_NAME_SIZE], jid[GATEWAY_JID_SIZE];
	struct slice key = slice_cut(&line, '\t');
	if (!text_format(mask, sizeof(mask), "%.*s", (int)key.len, key.data) ||
		!gateway_jid(account_gateway(a), GW_PERSON, a->key, mask, jid))
		return;
	xml_open(w, "item", NULL);
	xml_put_attr(w, "affiliation", "outcast");
	xml_put_attr(w, "jid", jid);
	if (line.len > 0) {
		char words[512];
		text_format(words, sizeof(words), "%s, set by %.*s", mask,
			(int)line.len, line.data);
		xml_put(w, "reason", NULL, words);
	}
	xml_close(w);
}

static void bans_listed(struct request *r, const struct gw_result *result)
{
	if (result->stage == GW_FAILED) {
		request_reply_error(r, result->reason, result->text);
		return;
	}
	struct slice rest = str_slice(&r->lines);
	struct xml_writer *w = request_result_begin(r);
	xml_open(w, "query", NS_MUC_ADMIN);
	while (rest.data != NULL && rest.len > 0)
		put_ban(w, r->account, slice_cut(&rest, '\n'));
	xml_close(w);
	if (stanza_end(account_gateway(r->account)->component) != 0)
		request_reply_error(
			r, GW_BUSY, "This list is too long for one answer.");
}

static void list_bans(struct user *u, struct room *room, const struct stanza *s)
{
	if (room_ops(room)->list_bans == NULL) {
		struct component *c = u->gateway->component;
		xml_put(iq_result_begin(c, s), "query", NS_MUC_ADMIN, NULL);
		(void)stanza_end(c);
		return;
	}
	struct request *r = request_new(room->account, s, bans_listed);
	if (r == NULL) {
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
		return;
	}
	r->item = collect_ban;
	room_ops(room)->list_bans(&room->room, r->id);
}

static void get(struct user *u, const struct seat *seat, const struct stanza *s,
	const struct xml *item)
{
	const char *role = xml_attr(item, "role"),
		   *affiliation = xml_attr(item, "affiliation");
	int r = role != NULL ? role_by_name(role) : -1;
	int a = affiliation != NULL ? affiliation_by_name(affiliation) : -1;
	if ((r < 0) == (a < 0)) {
		user_refuse(u, s, ERR_BAD_REQUEST,
			"Ask for one role or one affiliation.");
		return;
	}
	if (a == GW_OUTCAST)
		list_bans(u, seat->room, s);
	else
		list_occupants(u, seat, s, r, a);
}

/* --- Changes: checking --------------------------------------------------- */

/* One request of a user, from its first item to its answer. */
struct job {
	char *room; /* its name: the room may go meanwhile */
	size_t count, next;
	struct gw_moderation items[ITEMS_MAX]; /* strings owned */
};

struct fault {
	enum stanza_error error;
	const char *text;
};

static char *owned(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

static void free_text(const char *text)
{
	char *mine;
	memcpy(&mine, &text, sizeof(mine));
	xfree(mine);
}

static void job_free(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		free_text(job->items[i].nick);
		free_text(job->items[i].person);
		free_text(job->items[i].reason);
	}
	xfree(job->room);
	xfree(job);
}

static struct fault fault(enum stanza_error error, const char *text)
{
	return (struct fault){ error, text };
}

/* Whom a `jid` means: an occupant, or a person or mask who is not here. */
static struct fault find_jid(const struct user *u, const struct room *room,
	const char *text, struct arena *arena, struct gw_moderation *m)
{
	struct jid jid;
	struct target t;
	const char *reason = NULL;
	if (jid_parse(&jid, slice_of(text), arena) != 0)
		return fault(ERR_JID_MALFORMED, "That is no address.");
	const struct occupant *o = NULL;
	if (strcmp(jid.bare, u->jid) == 0) {
		o = room_self(room);
	} else if (strcmp(jid.domain, u->gateway->options->jid) != 0) {
		return fault(ERR_ITEM_NOT_FOUND,
			"Only people of the network can be named here.");
	} else if (target_of(u, &jid, &t, &reason) != 0) {
		return fault(ERR_JID_MALFORMED, reason);
	} else if (strcmp(t.address.account, room->account->key) != 0 ||
		   (t.kind != TARGET_PERSON && t.kind != TARGET_OCCUPANT)) {
		return fault(
			ERR_ITEM_NOT_FOUND, "That is nobody of this network.");
	} else if (t.kind == TARGET_OCCUPANT) {
		o = occupant_find(room, t.nick);
	} else {
		o = occupant_by_person(room, t.address.name);
		if (o == NULL)
			m->person = xstrdup(t.address.name);
	}
	if (o != NULL)
		m->nick = xstrdup(o->nick);
	else if (m->person == NULL)
		return fault(ERR_ITEM_NOT_FOUND,
			"Nobody in this room has that name.");
	return fault(ERR_NONE, NULL);
}

static struct fault find_nick(
	const struct room *room, const char *nick, struct gw_moderation *m)
{
	const struct occupant *o = occupant_by_resource(room, nick);
	if (o == NULL)
		return fault(ERR_ITEM_NOT_FOUND,
			"Nobody in this room has that name.");
	m->nick = xstrdup(o->nick);
	return fault(ERR_NONE, NULL);
}

static struct fault read_verb(const struct xml *item, struct gw_moderation *m)
{
	const char *role = xml_attr(item, "role"),
		   *affiliation = xml_attr(item, "affiliation");
	/* XEP-0045 section 17.4: one of them, never both. */
	if ((role == NULL) == (affiliation == NULL))
		return fault(ERR_BAD_REQUEST,
			"Change a role or an affiliation, not both.");
	int value = role != NULL ? role_by_name(role)
				 : affiliation_by_name(affiliation);
	if (value < 0)
		return fault(ERR_BAD_REQUEST,
			"There is no such role or affiliation.");
	m->verb = role != NULL ? GW_SET_ROLE : GW_SET_AFFILIATION;
	m->role = role != NULL ? (enum gw_role)value : GW_ROLE_NONE;
	m->affiliation = role == NULL ? (enum gw_affiliation)value : GW_NONE;
	return fault(ERR_NONE, NULL);
}

static struct fault read_item(const struct user *u, const struct room *room,
	const struct xml *item, struct arena *arena, struct gw_moderation *m)
{
	struct fault f = read_verb(item, m);
	const char *nick = xml_attr(item, "nick"), *jid = xml_attr(item, "jid");
	if (f.error != ERR_NONE)
		return f;
	if (jid != NULL && m->verb == GW_SET_AFFILIATION)
		f = find_jid(u, room, jid, arena, m);
	else if (nick != NULL)
		f = find_nick(room, nick, m);
	else
		f = fault(ERR_BAD_REQUEST, "Whose role shall be changed?");
	if (f.error != ERR_NONE)
		return f;
	m->reason = owned(xml_child_text(item, "reason", NULL, arena));
	bool self = m->nick != NULL && strcmp(m->nick, room->nick) == 0;
	if (self && m->verb == GW_SET_AFFILIATION &&
		m->affiliation == GW_OUTCAST)
		return fault(ERR_CONFLICT, "You cannot ban yourself.");
	return f;
}

/* The network shows no change where there is none: it would be waited for in
 * vain. */
static bool is_done(const struct room *room, const struct gw_moderation *m)
{
	const struct occupant *o =
		m->nick != NULL ? occupant_find(room, m->nick) : NULL;
	if (o == NULL)
		return m->nick != NULL;
	return m->verb == GW_SET_ROLE ? o->role == m->role
				      : o->affiliation == m->affiliation;
}

/* --- Changes: doing ------------------------------------------------------ */

static void go_on(struct account *a, const struct stanza *s, struct job *job);

static void changed(struct request *r, const struct gw_result *result)
{
	struct job *job = r->arg;
	if (result->stage == GW_FAILED) {
		request_reply_error(r, result->reason, result->text);
		job_free(job);
		return;
	}
	const struct stanza again = { .kind = r->kind,
		.type = r->type,
		.id = r->stanza_id,
		.from = { .full = r->from },
		.to = { .full = r->to } };
	job->next++;
	go_on(r->account, &again, job);
}

static void go_on(struct account *a, const struct stanza *s, struct job *job)
{
	struct component *c = account_gateway(a)->component;
	struct room *room = room_find(a, job->room);
	while (room != NULL && job->next < job->count &&
		is_done(room, &job->items[job->next]))
		job->next++;
	if (job->next == job->count) {
		iq_result(c, s);
		job_free(job);
		return;
	}
	struct request *r = NULL;
	if (room == NULL || room->state != ROOM_JOINED)
		stanza_reply_error(c, s, ERR_NOT_ACCEPTABLE, TEXT_NOT_HERE);
	else if ((r = request_new(a, s, changed)) == NULL)
		stanza_reply_error(c, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
	if (r == NULL) {
		job_free(job);
		return;
	}
	r->arg = job;
	room_ops(room)->moderate(&room->room, r->id, &job->items[job->next]);
}

static void set(struct user *u, const struct room *room, const struct stanza *s,
	const struct xml *query)
{
	if (room_ops(room)->moderate == NULL) {
		user_refuse(u, s, ERR_NOT_ALLOWED,
			"Roles cannot be changed on this network.");
		return;
	}
	struct job *job = xalloc(sizeof(*job));
	struct fault f = fault(ERR_NONE, NULL);
	job->room = xstrdup(room->name);
	for (const struct xml *it = xml_child(query, "item", NULL);
		it != NULL && f.error == ERR_NONE;
		it = xml_next(it, "item", NULL)) {
		if (job->count == ITEMS_MAX)
			f = fault(ERR_NOT_ACCEPTABLE,
				"Too many changes at once.");
		else
			f = read_item(u, room, it, s->arena,
				&job->items[job->count++]);
	}
	if (f.error == ERR_NONE) {
		go_on(room->account, s, job);
		return;
	}
	user_refuse(u, s, f.error, f.text);
	job_free(job);
}

void room_admin_iq(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const struct xml *query = xml_child(s->xml, "query", NS_MUC_ADMIN);
	const struct xml *item = xml_child(query, "item", NULL);
	const struct seat *seat = room_need_member(u, t, s);
	if (seat == NULL)
		return;
	if (item == NULL)
		user_refuse(u, s, ERR_BAD_REQUEST, "The request is empty.");
	else if (s->type == TYPE_GET)
		get(u, seat, s, item);
	else
		set(u, seat->room, s, query);
}
