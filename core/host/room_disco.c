/*
 * What a room is and can do (XEP-0045 section 6): only what is true of this
 * room on this network.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "host/handlers.h"
#include "host/room_private.h"
#include "host/settings.h"
#include "xmpp/disco.h"
#include "xmpp/ns.h"
#include "xmpp/rsm.h"

#define NODE_ROOMUSER "x-roomuser-item"
#define NODE_TRAFFIC  "http://jabber.org/protocol/muc#traffic"

static void answer(struct user *u, const struct stanza *s,
	const struct disco_info *info, const char *node)
{
	struct component *c = u->gateway->component;
	struct xml_writer *w = iq_result_begin(c, s);
	disco_put_info(w, info, node);
	(void)stanza_end(c);
}

/* --- The room itself ----------------------------------------------------- */

/* Features that follow from a flag of struct gw_room_info. */
static const struct {
	unsigned flag;
	const char *set, *unset;
} flag_features[] = {
	{ GW_ROOM_MODERATED, "muc_moderated", "muc_unmoderated" },
	{ GW_ROOM_MEMBERS_ONLY, "muc_membersonly", "muc_open" },
	{ GW_ROOM_HIDDEN, "muc_hidden", "muc_public" },
};

struct features {
	const char *list[32];
	size_t count;
};

static void add(struct features *f, const char *feature)
{
	f->list[f->count++] = feature;
}

static unsigned room_caps(struct room *room)
{
	return disco_caps_of(account_gateway(room->account), room->account,
		&room->room, NULL);
}

static void add_features(
	struct features *f, const struct user *u, struct room *room)
{
	static const char *const always[] = { NS_DISCO_INFO, NS_DISCO_ITEMS,
		NS_MUC, NS_MUC_STABLE_ID, NS_MUC_SELF_PING, NS_OCCUPANT_ID,
		NS_PING, "muc_nonanonymous", "muc_persistent" };
	const struct gateway_ops *ops = u->gateway->api.ops;
	unsigned caps = room != NULL ? room_caps(room) : ops->caps;
	for (size_t i = 0; i < COUNT(always); i++)
		add(f, always[i]);
	const char *feature;
	for (size_t i = 0; (feature = disco_message_feature(caps, i)) != NULL;
		i++)
		add(f, feature);
	if (ops->hats != NULL)
		add(f, NS_HATS);
	if (history_archive(u->gateway) != NULL) {
		add(f, NS_SID);
		add(f, NS_MAM);
		add(f, NS_MAM_EXTENDED);
		if ((caps & GW_CAP_RETRACT) != 0)
			add(f, NS_TOMBSTONE);
	}
	if (room == NULL || !room->configured)
		return;
	const struct gw_room_info *info = &room->info;
	for (size_t i = 0; i < COUNT(flag_features); i++)
		add(f, (info->flags & flag_features[i].flag) != 0
				? flag_features[i].set
				: flag_features[i].unset);
	add(f, info->password != NULL ? "muc_passwordprotected"
				      : "muc_unsecured");
}

/* The form muc#roominfo of section 6.4. */
#define ROOMINFO_FIELDS 6
struct roominfo {
	struct disco_form_field fields[ROOMINFO_FIELDS];
	struct disco_form form;
	char occupants[24], history[24];
	const char *values[ROOMINFO_FIELDS][2];
};

static void put_field(struct roominfo *i, const char *var, const char *value)
{
	size_t at = i->form.count++;
	i->values[at][0] = value;
	i->fields[at] = (struct disco_form_field){ .var = var,
		.values = i->values[at] };
}

static void fill_roominfo(struct roominfo *i, const struct room *room)
{
	*i = (struct roominfo){ .form = { .form_type = NS_MUC_ROOMINFO,
					.fields = i->fields } };
	const char *subject = room->subject != NULL ? room->subject : "";
	snprintf(i->occupants, sizeof(i->occupants), "%u",
		room->occupants.count);
	snprintf(i->history, sizeof(i->history), "%d", HISTORY_MAX);
	put_field(i, "muc#roominfo_description", subject);
	put_field(i, "muc#roominfo_subject", subject);
	put_field(i, "muc#roominfo_occupants", i->occupants);
	if (room->configured)
		put_field(i, "muc#roominfo_subjectmod",
			(room->info.flags & GW_ROOM_SUBJECT_LOCKED) != 0 ? "0"
									 : "1");
	if (room->info.logs != NULL)
		put_field(i, "muc#roominfo_logs", room->info.logs);
	if (history_archive(account_gateway(room->account)) != NULL)
		put_field(i, "muc#maxhistoryfetch", i->history);
}

static void answer_room(
	struct user *u, const struct target *t, const struct stanza *s)
{
	struct room *room = room_of_target(u, t);
	bool inside = room != NULL && room->state != ROOM_JOINING;
	const char *own_type = u->gateway->api.ops->room_type;
	const char *title = inside && room->info.title != NULL
				    ? room->info.title
				    : t->address.name;
	const struct disco_identity identities[] = {
		{ .category = "conference", .type = "text", .name = title },
		{ .category = "conference", .type = own_type, .name = title },
	};
	struct features f = { .count = 0 };
	struct roominfo roominfo;
	add_features(&f, u, inside ? room : NULL);
	if (inside)
		fill_roominfo(&roominfo, room);
	const struct disco_info info = {
		.identities = identities,
		.identity_count = own_type != NULL ? 2 : 1,
		.features = f.list,
		.feature_count = f.count,
		.forms = inside ? &roominfo.form : NULL,
		.form_count = inside ? 1 : 0,
	};
	answer(u, s, &info, NULL);
}

/* The nick of an account that was registered; NULL: none. */
static const char *registered_nick(const struct user *u, const char *key)
{
	const struct account *a = account_find(u, key);
	int row = settings_by_use(u->gateway->api.ops->settings, GW_USE_NICK);
	if (a == NULL || !a->registered || a->values == NULL || row < 0)
		return NULL;
	return a->values[row];
}

/* Section 7.12: the nick he has there, or is known by on that network. */
static void answer_nick(
	struct user *u, const struct target *t, const struct stanza *s)
{
	char space[OCCUPANT_RESOURCE_SIZE];
	const struct room *room = room_of_target(u, t);
	const struct occupant *self = room != NULL ? room_self(room) : NULL;
	const char *nick = self != NULL
				   ? self->nick
				   : registered_nick(u, t->address.account);
	const struct disco_identity identity = {
		.category = "conference",
		.type = "text",
		.name = nick != NULL ? nick_resource(nick, space) : NULL,
	};
	const struct disco_info info = {
		.identities = &identity,
		.identity_count = nick != NULL ? 1 : 0,
	};
	answer(u, s, &info, NODE_ROOMUSER);
}

/* Section 17.1.1: what a message to the room may hold and keep. */
static void answer_traffic(struct user *u, const struct stanza *s)
{
	const struct gateway_ops *ops = u->gateway->api.ops;
	struct features f = { .count = 0 };
	add(&f, NS_SID);
	add(&f, NS_CORRECT);
	if (ops->typing != NULL && (ops->caps & GW_CAP_TYPING) != 0)
		add(&f, NS_CHAT_STATES);
	const struct disco_info info = { .features = f.list,
		.feature_count = f.count };
	answer(u, s, &info, NODE_TRAFFIC);
}

/* --- An occupant --------------------------------------------------------- */

static void answer_occupant(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const struct seat *seat = seat_of_target(u, t, s);
	const struct gateway_ops *ops = u->gateway->api.ops;
	if (seat == NULL) {
		/* Section 6.6. */
		user_refuse(u, s, ERR_BAD_REQUEST, TEXT_NOT_HERE);
		return;
	}
	const struct occupant *o = occupant_find(seat->room, t->nick);
	if (o == NULL) {
		user_refuse(u, s, ERR_ITEM_NOT_FOUND,
			"Nobody in this room has that name.");
		return;
	}
	const struct disco_identity identity = {
		.category = "account", .type = "registered", .name = o->nick
	};
	struct features f = { .count = 0 };
	const char *feature;
	unsigned caps = room_caps(seat->room);
	for (size_t i = 0;
		(feature = disco_person_feature(ops, caps, i)) != NULL; i++)
		add(&f, feature);
	/* The user himself is asked by XEP-0410, on every network. */
	if (ops->lookup == NULL && o == room_self(seat->room))
		add(&f, NS_PING);
	const struct disco_info info = { .identities = &identity,
		.identity_count = 1,
		.features = f.list,
		.feature_count = f.count };
	answer(u, s, &info, NULL);
}

void room_disco_info(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const char *node =
		xml_attr(xml_child(s->xml, "query", NS_DISCO_INFO), "node");
	if (t->kind == TARGET_OCCUPANT)
		answer_occupant(u, t, s);
	else if (node == NULL || node[0] == '\0')
		answer_room(u, t, s);
	else if (strcmp(node, NODE_ROOMUSER) == 0)
		answer_nick(u, t, s);
	else if (strcmp(node, NODE_TRAFFIC) == 0)
		answer_traffic(u, s);
	else
		user_refuse(u, s, ERR_ITEM_NOT_FOUND, NULL);
}

/* --- Who is in the room -------------------------------------------------- */

/* The part [*from_r, *to_r) of the sorted list that RSM asks for; -1 when it
 * names an occupant who is not there. */
static int find_page(const struct room *room, struct occupant *const *all,
	size_t count, const struct rsm *rsm, size_t range[2])
{
	size_t max = rsm->max >= 0 && rsm->max < (long)LIMIT_PAGE
			     ? (size_t)rsm->max
			     : LIMIT_PAGE;
	const char *mark = rsm->after != NULL ? rsm->after : rsm->before;
	size_t at = count;
	if (mark != NULL && mark[0] != '\0') {
		const struct occupant *o = occupant_by_resource(room, mark);
		for (at = 0; at < count && all[at] != o; at++)
			;
		if (at == count)
			return -1;
	}
	if (rsm->after != NULL) {
		range[0] = at + 1;
		range[1] = range[0] + max < count ? range[0] + max : count;
	} else if (rsm->before != NULL) {
		range[1] = at;
		range[0] = at > max ? at - max : 0;
	} else {
		range[0] = rsm->index > 0 ? (size_t)rsm->index : 0;
		if (range[0] > count)
			range[0] = count;
		range[1] = range[0] + max < count ? range[0] + max : count;
	}
	return 0;
}

static void put_occupants(struct xml_writer *w, const struct room *room,
	struct occupant *const *all, const size_t range[2])
{
	for (size_t i = range[0]; i < range[1]; i++) {
		char jid[GATEWAY_JID_SIZE];
		if (room_occupant_jid(room, occupant_resource(all[i]), jid))
			disco_put_item(w, jid, NULL, all[i]->nick);
	}
}

static void answer_items(struct user *u, const struct room *room,
	const struct stanza *s, const struct rsm *rsm)
{
	struct component *c = u->gateway->component;
	size_t count, range[2];
	struct occupant **all = occupant_sorted(room, &count);
	if (find_page(room, all, count, rsm, range) != 0) {
		user_refuse(u, s, ERR_ITEM_NOT_FOUND, NULL);
		xfree(all);
		return;
	}
	struct xml_writer *w = iq_result_begin(c, s);
	xml_open(w, "query", NS_DISCO_ITEMS);
	put_occupants(w, room, all, range);
	bool empty = range[0] >= range[1];
	const struct rsm_page page = {
		.first = empty ? NULL : occupant_resource(all[range[0]]),
		.last = empty ? NULL : occupant_resource(all[range[1] - 1]),
		.first_index = empty ? -1 : (long)range[0],
		.count = (long)count,
	};
	if (rsm->present || range[1] - range[0] < count)
		rsm_put(w, &page);
	xml_close(w);
	(void)stanza_end(c);
	xfree(all);
}

/* Section 6.5: whoever is outside sees nobody. */
void room_disco_items(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const struct xml *query = xml_child(s->xml, "query", NS_DISCO_ITEMS);
	const struct seat *seat = seat_of_target(u, t, s);
	struct component *c = u->gateway->component;
	struct rsm rsm;
	if (t->kind == TARGET_OCCUPANT && seat == NULL) {
		user_refuse(u, s, ERR_BAD_REQUEST, TEXT_NOT_HERE);
	} else if (rsm_read(&rsm, query, s->arena) != 0) {
		user_refuse(u, s, ERR_BAD_REQUEST, NULL);
	} else if (t->kind == TARGET_ROOM && seat != NULL &&
		   xml_attr(query, "node") == NULL) {
		answer_items(u, seat->room, s, &rsm);
	} else {
		struct xml_writer *w = iq_result_begin(c, s);
		xml_open(w, "query", NS_DISCO_ITEMS);
		xml_put_attr(w, "node", xml_attr(query, "node"));
		xml_close(w);
		(void)stanza_end(c);
	}
}
