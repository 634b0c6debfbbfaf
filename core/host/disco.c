/*
 * Service discovery of the gateway, its networks and its people. Only what
 * works is announced.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "host/account.h"
#include "host/command.h"
#include "host/handlers.h"
#include "host/pep.h"
#include "host/request.h"
#include "host/room.h"
#include "xmpp/disco.h"
#include "xmpp/ns.h"
#include "xmpp/rsm.h"

#define FEATURES_MAX 32

struct feature_list {
	const char *items[FEATURES_MAX];
	size_t count;
};

static void add(struct feature_list *list, const char *feature)
{
	if (list->count < FEATURES_MAX)
		list->items[list->count++] = feature;
}

static void add_service_features(
	struct feature_list *list, const struct gateway *g)
{
	static const char *const always[] = { NS_DISCO_INFO, NS_DISCO_ITEMS,
		NS_REGISTER, NS_COMMANDS, NS_GATEWAY, NS_PING, NS_VERSION,
		NS_LAST, NS_TIME, NS_VCARD, NS_VCARD4, NS_CAPS, NS_ROSTER_X,
		FEATURE_JID_ESCAPING };
	for (size_t i = 0; i < COUNT(always); i++)
		add(list, always[i]);
	if ((g->api.ops->caps & GW_CAP_ROOMS) != 0) {
		add(list, NS_MUC);
		add(list, NS_MUC_STABLE_ID);
	}
}

/* --- disco#info ---------------------------------------------------------- */

struct service_info {
	char name[128];
	struct disco_identity identities[3];
	struct feature_list features;
	struct disco_form_field fields[3];
	struct disco_form form;
	struct disco_info info;
};

static const char *const *uris(const struct cfg_list *list)
{
	/* A NULL-terminated view needs a copy; the lists are short. */
	static const char *views[3][LIMIT_PAGE + 1];
	static unsigned next;
	const char **view = views[next++ % 3];
	size_t count = 0;
	for (; count < list->count && count < LIMIT_PAGE; count++)
		view[count] = list->items[count];
	view[count] = NULL;
	return view;
}

/* XEP-0157: where to reach the people behind this service. */
static void add_contacts(struct service_info *s, const struct options *o)
{
	const struct {
		const char *var;
		const struct cfg_list *list;
	} rows[] = { { "abuse-addresses", &o->contact.abuse },
		{ "admin-addresses", &o->contact.admin },
		{ "support-addresses", &o->contact.support } };
	size_t count = 0;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].list->count > 0)
			s->fields[count++] =
				(struct disco_form_field){ rows[i].var,
					uris(rows[i].list) };
	s->form = (struct disco_form){
		.form_type = NS_SERVERINFO, .fields = s->fields, .count = count
	};
	s->info.forms = &s->form;
	s->info.form_count = count > 0 ? 1 : 0;
}

/* A place where rooms are looked for, and not only come by invitation. Its own type comes first: some clients
 * (Gajim) take a service for what the first identity says. */
static size_t add_conference(
	struct disco_identity *out, const char *own_type, const char *name)
{
	size_t count = 0;
	if (own_type != NULL)
		out[count++] = (struct disco_identity){
			.category = "conference", .type = own_type, .name = name
		};
	out[count++] = (struct disco_identity){
		.category = "conference", .type = "text", .name = name
	};
	return count;
}

/* Of a network, or (NULL) of the gateway itself. */
static void fill_service(
	struct service_info *s, const struct gateway *g, const char *network)
{
	const struct gateway_ops *ops = g->api.ops;
	memset(s, 0, sizeof(*s));
	const char *name = network != NULL ? network : s->name;
	size_t count = 0;
	text_format(s->name, sizeof(s->name), "%s gateway", ops->title);
	s->identities[count++] = (struct disco_identity){
		.category = "gateway", .type = ops->disco_type, .name = name
	};
	if ((ops->caps & GW_CAP_ROOMS) != 0 && ops->list_rooms != NULL)
		count += add_conference(
			&s->identities[count], ops->room_type, name);
	add_service_features(&s->features, g);
	if (network == NULL && (ops->caps & GW_CAP_ADDRESSES) != 0)
		add(&s->features, NS_ADDRESS);
	s->info = (struct disco_info){ .identities = s->identities,
		.identity_count = count,
		.features = s->features.items,
		.feature_count = s->features.count };
	add_contacts(s, g->host->options);
}

unsigned disco_caps_of(const struct gateway *g, struct account *a,
	struct gw_room *room, const char *person)
{
	const struct gateway_ops *ops = g->api.ops;
	if (ops->caps_of == NULL || a == NULL || a->state == ACCOUNT_IDLE)
		return ops->caps;
	return ops->caps & ops->caps_of(&a->session, room, person);
}

const char *disco_message_feature(unsigned caps, size_t index)
{
	static const struct {
		const char *feature;
		unsigned cap;
	} rows[] = {
		{ NS_REPLY, GW_CAP_REPLY },
		{ NS_FALLBACK, GW_CAP_REPLY },
		{ NS_CORRECT, GW_CAP_CORRECT },
		{ NS_RETRACT, GW_CAP_RETRACT },
		{ NS_REACTIONS, GW_CAP_REACT },
		{ NS_FILE_SHARING, GW_CAP_FILES },
		{ NS_OOB, GW_CAP_FILES },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		if ((caps & rows[i].cap) != 0 && index-- == 0)
			return rows[i].feature;
	return NULL;
}

const char *disco_person_feature(
	const struct gateway_ops *ops, unsigned caps, size_t index)
{
	static const struct {
		const char *feature;
		bool is_lookup;
		unsigned caps;
	} rows[] = {
		{ NS_DISCO_INFO, false, 0 },
		{ NS_DISCO_ITEMS, false, 0 },
		{ NS_PING, true, 0 },
		{ NS_VERSION, true, 0 },
		{ NS_LAST, true, 0 },
		{ NS_TIME, true, 0 },
		{ NS_VCARD, true, 0 },
		{ NS_VCARD4, true, 0 },
		{ NS_CHAT_STATES, false, GW_CAP_TYPING },
		{ NS_RECEIPTS, false, GW_CAP_RECEIPTS },
		{ NS_MARKERS, false, GW_CAP_DISPLAYED },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool has = (!rows[i].is_lookup || ops->lookup != NULL) &&
			   (caps & rows[i].caps) == rows[i].caps;
		if (has && index-- == 0)
			return rows[i].feature;
	}
	if ((ops->caps & ~caps & GW_CAP_WRITE) != 0 && index-- == 0)
		return NS_NO_REPLY;
	return disco_message_feature(caps, index);
}

struct person_info {
	struct disco_identity identities[2];
	struct feature_list features;
	struct disco_info info;
};

/* The same for everybody with the same capabilities, so without a name: clients
 * ask about one of them and know all (XEP-0115). */
static void fill_person(
	struct person_info *p, const struct gateway_ops *ops, unsigned caps)
{
	memset(p, 0, sizeof(*p));
	p->identities[0] = (struct disco_identity){ .category = "client",
		.type = ops->person_type };
	p->identities[1] =
		(struct disco_identity){ .category = "pubsub", .type = "pep" };
	add(&p->features, NS_CAPS);
	const char *feature;
	for (size_t i = 0;
		(feature = disco_person_feature(ops, caps, i)) != NULL; i++)
		add(&p->features, feature);
	for (size_t i = 0; (feature = pep_feature(ops, i)) != NULL; i++)
		add(&p->features, feature);
	p->info = (struct disco_info){ .identities = p->identities,
		.identity_count = pep_feature(ops, 0) != NULL ? 2 : 1,
		.features = p->features.items,
		.feature_count = p->features.count };
}

/* --- XEP-0115 ------------------------------------------------------------ */

static void hash_service(
	const struct gateway *g, const char *network, struct str *out)
{
	struct service_info s;
	fill_service(&s, g, network);
	str_reset(out);
	disco_hash(&s.info, out);
}

bool disco_update_caps(struct gateway *g)
{
	struct person_info p;
	char old[64];
	text_copy(old, sizeof(old), str_text(&g->caps));
	hash_service(g, NULL, &g->caps);
	fill_person(&p, g->api.ops, g->api.ops->caps);
	str_reset(&g->person_caps);
	disco_hash(&p.info, &g->person_caps);
	return strcmp(old, str_text(&g->caps)) != 0;
}

static unsigned target_caps(const struct user *u, const struct target *t)
{
	return disco_caps_of(u->gateway, account_find(u, t->address.account),
		NULL, t->address.name);
}

static void caps_of(
	const struct user *u, const struct target *t, struct str *out)
{
	const struct gateway *g = u->gateway;
	struct person_info p;
	unsigned caps =
		t->kind == TARGET_PERSON ? target_caps(u, t) : g->api.ops->caps;
	if (t->kind == TARGET_NETWORK) {
		hash_service(g, t->address.account, out);
	} else if (caps != g->api.ops->caps) {
		fill_person(&p, g->api.ops, caps);
		disco_hash(&p.info, out);
	} else
		str_add_slice(out,
			str_slice(t->kind == TARGET_GATEWAY ? &g->caps
							    : &g->person_caps));
}

void disco_put_presence_caps(
	struct xml_writer *w, const struct user *u, const struct target *t)
{
	struct str hash = { .max = 64 };
	caps_of(u, t, &hash);
	disco_put_caps(w, CAPS_NODE, str_text(&hash));
	str_finish(&hash);
}

static bool is_caps_node(
	const struct user *u, const struct target *t, const char *node)
{
	size_t len = sizeof(CAPS_NODE "#") - 1;
	struct str hash = { .max = 64 };
	caps_of(u, t, &hash);
	bool good = strncmp(node, CAPS_NODE "#", len) == 0 &&
		    strcmp(node + len, str_text(&hash)) == 0;
	str_finish(&hash);
	return good;
}

/* --- Answers ------------------------------------------------------------- */

static void answer(struct user *u, const struct stanza *s,
	const struct disco_info *info, const char *node)
{
	struct component *c = u->gateway->component;
	struct xml_writer *w = iq_result_begin(c, s);
	disco_put_info(w, info, node);
	stanza_end(c);
}

static void service_info(struct user *u, const struct target *t,
	const struct stanza *s, const char *node)
{
	struct service_info info;
	fill_service(&info, u->gateway,
		t->kind == TARGET_NETWORK ? t->address.account : NULL);
	answer(u, s, &info.info, node);
}

static void person_info(struct user *u, const struct target *t,
	const struct stanza *s, const char *node)
{
	struct person_info p;
	fill_person(&p, u->gateway->api.ops, target_caps(u, t));
	answer(u, s, &p.info, node);
}

/* XEP-0060 section 5.3. */
static void leaf_info(struct user *u, const struct stanza *s, const char *node)
{
	static const struct disco_identity leaf = { .category = "pubsub",
		.type = "leaf" };
	static const char *const features[] = { NS_PUBSUB };
	const struct disco_info info = { .identities = &leaf,
		.identity_count = 1,
		.features = features,
		.feature_count = COUNT(features) };
	answer(u, s, &info, node);
}

void disco_info_iq(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const char *node =
		xml_attr(xml_child(s->xml, "query", NS_DISCO_INFO), "node");
	bool whole = node == NULL || is_caps_node(u, t, node);
	if (t->kind == TARGET_PERSON && whole)
		person_info(u, t, s, node);
	else if (t->kind == TARGET_PERSON && pep_has_node(u, t, node))
		leaf_info(u, s, node);
	else if (t->kind == TARGET_PERSON)
		stanza_reply_error(
			u->gateway->component, s, ERR_ITEM_NOT_FOUND, NULL);
	else if (whole)
		service_info(u, t, s, node);
	else
		command_disco_info(u, t, s, node);
}

/* --- disco#items --------------------------------------------------------- */

/* The networks everybody can reach, and the user's own. */
static void gateway_items(struct user *u, const struct stanza *s)
{
	struct gateway *g = u->gateway;
	const struct gateway_ops *ops = g->api.ops;
	struct xml_writer *w = iq_result_begin(g->component, s);
	xml_open(w, "query", NS_DISCO_ITEMS);
	char jid[GATEWAY_JID_SIZE];
	const char *key, *title;
	for (size_t i = 0; ops->known_account != NULL && i < LIMIT_PAGE &&
			   ops->known_account(&g->api, i, &key, &title);
		i++)
		if (gateway_jid(g, GW_NETWORK, key, "", jid))
			disco_put_item(w, jid, NULL, title);
	list_for_each(it, &u->accounts) {
		const struct account *a = CONTAINER(it, struct account, link);
		bool known = false;
		for (size_t i = 0; ops->known_account != NULL &&
				   ops->known_account(&g->api, i, &key, &title);
			i++)
			known |= strcmp(key, a->key) == 0;
		if (!known && gateway_jid(g, GW_NETWORK, a->key, "", jid))
			disco_put_item(w, jid, NULL, a->key);
	}
	xml_close(w);
	stanza_end(g->component);
}

/* --- The rooms of a network ---------------------------------------------- */

struct listed_room {
	char *name, *topic;
	long people;
};

struct room_list {
	struct listed_room *rooms;
	size_t count, cap;
	long max;
	char *after, *before;
};

static void list_free(struct room_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		xfree(l->rooms[i].name);
		xfree(l->rooms[i].topic);
	}
	xfree(l->rooms);
	xfree(l->after);
	xfree(l->before);
	xfree(l);
}

static void room_item(struct request *r, const struct gw_item *item)
{
	struct room_list *l = r->arg;
	if (l->count >= LIMIT_CHANNEL_LIST)
		return;
	if (l->count == l->cap) {
		l->cap = l->cap == 0 ? 64 : l->cap * 2;
		l->rooms = xrealloc(l->rooms, l->cap, sizeof(l->rooms[0]));
	}
	l->rooms[l->count++] = (struct listed_room){
		.name = xstrdup(item->key),
		.topic = xstrdup(item->value),
		.people = item->number,
	};
}

static int by_name(const void *a, const void *b)
{
	const struct listed_room *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/* The page [first, end) that the request asked for. */
static void choose_page(
	const struct room_list *l, size_t *first_r, size_t *end_r)
{
	size_t max = l->max >= 0 && l->max < (long)LIMIT_PAGE ? (size_t)l->max
							      : LIMIT_PAGE;
	size_t first = 0, end = l->count;
	if (l->after != NULL)
		while (first < end &&
			strcmp(l->rooms[first].name, l->after) <= 0)
			first++;
	if (l->before != NULL && l->before[0] != '\0')
		while (end > first &&
			strcmp(l->rooms[end - 1].name, l->before) >= 0)
			end--;
	if (l->before != NULL && end - first > max)
		first = end - max;
	else if (end - first > max)
		end = first + max;
	*first_r = first;
	*end_r = end;
}

static void put_rooms(struct xml_writer *w, const struct request *r,
	const struct room_list *l)
{
	const struct gateway *g = account_gateway(r->account);
	size_t first, end;
	choose_page(l, &first, &end);
	for (size_t i = first; i < end; i++) {
		const struct listed_room *room = &l->rooms[i];
		char jid[GATEWAY_JID_SIZE], name[2048];
		if (!gateway_jid(g, GW_ROOM, r->account->key, room->name, jid))
			continue;
		text_format(name, sizeof(name), "%s (%ld)", room->name,
			room->people);
		disco_put_item(w, jid, NULL, name);
	}
	const struct rsm_page page = {
		.first = end > first ? l->rooms[first].name : NULL,
		.last = end > first ? l->rooms[end - 1].name : NULL,
		.first_index = (long)first,
		.count = (long)l->count,
	};
	rsm_put(w, &page);
}

static void rooms_listed(struct request *r, const struct gw_result *result)
{
	struct room_list *l = r->arg;
	if (result->stage == GW_FAILED) {
		request_reply_error(r, result->reason, result->text);
	} else {
		if (l->count > 0)
			qsort(l->rooms, l->count, sizeof(l->rooms[0]), by_name);
		struct xml_writer *w = request_result_begin(r);
		xml_open(w, "query", NS_DISCO_ITEMS);
		put_rooms(w, r, l);
		xml_close(w);
		stanza_end(account_gateway(r->account)->component);
	}
	list_free(l);
}

static void network_items(
	struct user *u, const struct target *t, const struct stanza *s)
{
	struct component *c = u->gateway->component;
	struct account *a = account_find(u, t->address.account);
	struct rsm rsm;
	const struct xml *query = xml_child(s->xml, "query", NS_DISCO_ITEMS);
	if (rsm_read(&rsm, query, s->arena) != 0) {
		stanza_reply_error(c, s, ERR_BAD_REQUEST, NULL);
		return;
	}
	if (a == NULL || !account_is_online(a) ||
		account_ops(a)->list_rooms == NULL) {
		struct xml_writer *w = iq_result_begin(c, s);
		xml_put(w, "query", NS_DISCO_ITEMS, NULL);
		stanza_end(c);
		return;
	}
	struct request *r = request_new(a, s, rooms_listed);
	if (r == NULL) {
		stanza_reply_error(c, s, ERR_RESOURCE_CONSTRAINT,
			"Too much at once. Try again in a moment.");
		return;
	}
	struct room_list *l = xalloc(sizeof(*l));
	l->max = rsm.present ? rsm.max : -1;
	l->after = xstrdup(rsm.present ? rsm.after : NULL);
	l->before = xstrdup(rsm.present ? rsm.before : NULL);
	r->arg = l;
	r->item = room_item;
	account_ops(a)->list_rooms(&a->session, r->id);
}

void disco_items_iq(
	struct user *u, const struct target *t, const struct stanza *s)
{
	struct component *c = u->gateway->component;
	const char *node =
		xml_attr(xml_child(s->xml, "query", NS_DISCO_ITEMS), "node");
	if (node != NULL && strcmp(node, NS_COMMANDS) == 0 &&
		t->kind != TARGET_PERSON) {
		command_disco_items(u, t, s);
	} else if (node != NULL) {
		stanza_reply_error(c, s, ERR_ITEM_NOT_FOUND, NULL);
	} else if (t->kind == TARGET_GATEWAY) {
		gateway_items(u, s);
	} else if (t->kind == TARGET_NETWORK) {
		network_items(u, t, s);
	} else {
		struct xml_writer *w = iq_result_begin(c, s);
		xml_open(w, "query", NS_DISCO_ITEMS);
		pep_put_nodes(w, u, t);
		stanza_end(c);
	}
}
