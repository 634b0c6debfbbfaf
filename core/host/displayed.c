/*
 * Three steps: which message of the archive it is, what stands in his account,
 * and, if that is an older one or none, the new one. Only messages that came
 * are known by the network's id.
 */
#include "host/displayed.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host/history.h"
#include "host/inbox_private.h"
#include "host/kept.h"
#include "host/privilege.h"
#include "xmpp/form.h"
#include "xmpp/ns.h"

struct mark {
	struct list link; /* gateway->marks */
	struct gateway *gateway;
	struct archive_channel_id channel;
	uint64_t number; /* of the message in the archive */
	char *user, *room;
};

static void mark_free(struct mark *m)
{
	list_remove(&m->link);
	xfree(m->user);
	xfree(m->room);
	xfree(m);
}

/* The user, if there is any use in going on. */
static struct user *still_wanted(const struct mark *m)
{
	const struct gateway *g = m->gateway;
	struct user *u =
		g->closed || g->stopping ? NULL : user_find(g, m->user);
	return u != NULL && privilege_may_change(u, PRIVILEGE_PUBSUB) ? u
								      : NULL;
}

/* --- Writing ------------------------------------------------------------- */

static void published(const struct stanza *answer, void *arg)
{
	struct mark *m = arg;
	const struct xml *iq = privilege_answer(answer);
	if (iq == NULL || !text_equals(xml_attr(iq, "type"), "result"))
		log_info("host",
			"what was displayed could not be written "
			"down user=%s",
			m->user);
	mark_free(m);
}

/* Section 3.2: nobody else may see it, all items are kept, none is pushed to
 * who comes online. */
static void put_options(struct xml_writer *w)
{
	static const struct form_field fields[] = {
		{ .var = "pubsub#persist_items", .value = "true" },
		{ .var = "pubsub#max_items", .value = "max" },
		{ .var = "pubsub#send_last_published_item", .value = "never" },
		{ .var = "pubsub#access_model", .value = "whitelist" },
	};
	xml_open(w, "publish-options", NULL);
	form_open(w, "submit", NS_PUBLISH_OPTIONS, NULL, NULL);
	for (size_t i = 0; i < COUNT(fields); i++)
		form_put(w, &fields[i]);
	xml_close(w);
	xml_close(w);
}

/* The item of the room, in what is to be done with it. */
static void open_item(
	struct xml_writer *w, const struct mark *m, const char *action)
{
	xml_open(w, "pubsub", NS_PUBSUB);
	xml_open(w, action, NULL);
	xml_put_attr(w, "node", NS_MDS);
	xml_open(w, "item", NULL);
	xml_put_attr(w, "id", m->room);
}

static void publish(struct user *u, struct mark *m)
{
	char id[ARCHIVE_ID_SIZE];
	archive_id_format(
		history_archive(m->gateway), &m->channel, m->number, id);
	struct xml_writer *w = privilege_iq_begin(u, "set", published, m);
	open_item(w, m, "publish");
	xml_open(w, "displayed", NS_MDS);
	xml_open(w, "stanza-id", NS_SID);
	xml_put_attr(w, "by", m->room);
	xml_put_attr(w, "id", id);
	for (int i = 0; i < 4; i++)
		xml_close(w);
	put_options(w);
	privilege_iq_end(u);
}

/* --- What is there ------------------------------------------------------- */

/* The number of the message up to which it is displayed; 0: none of ours. */
static uint64_t read_number(const struct mark *m, const struct xml *items)
{
	const struct xml *item = xml_child(items, "item", NULL);
	uint64_t number = 0;
	while (item != NULL && !text_equals(xml_attr(item, "id"), m->room))
		item = xml_next(item, "item", NULL);
	const char *id =
		xml_attr(xml_child(xml_child(item, "displayed", NS_MDS),
				 "stanza-id", NS_SID),
			"id");
	if (id == NULL || archive_id_parse(history_archive(m->gateway),
				  &m->channel, id, &number) != 0)
		return 0;
	return number;
}

/* There is no such node or item yet. */
static bool is_empty(const struct xml *iq)
{
	const struct xml *error = xml_child(iq, "error", NULL);
	return xml_child(error, "item-not-found", NULL) != NULL;
}

static void got(const struct stanza *answer, void *arg)
{
	struct mark *m = arg;
	struct user *u = still_wanted(m);
	const struct xml *iq = privilege_answer(answer);
	const struct xml *items =
		xml_child(xml_child(iq, "pubsub", NS_PUBSUB), "items", NULL);
	if (u != NULL && (items != NULL || is_empty(iq)) &&
		read_number(m, items) < m->number)
		publish(u, m);
	else
		mark_free(m);
}

static void ask(struct user *u, struct mark *m)
{
	struct xml_writer *w = privilege_iq_begin(u, "get", got, m);
	open_item(w, m, "items");
	privilege_iq_end(u);
}

/* --- Which message ------------------------------------------------------- */

static void found(
	int status, enum inbox_state before, uint64_t number, void *arg)
{
	struct mark *m = arg;
	struct user *u = still_wanted(m);
	(void)before;
	m->number = number;
	if (u != NULL && status == 0 && number != 0 &&
		history_archive(m->gateway) != NULL)
		ask(u, m);
	else
		mark_free(m);
}

void gw_room_displayed_elsewhere(
	struct gw_session *s, const char *room, const char *network_id)
{
	const struct account *a = account_of(s);
	struct gateway *g = account_gateway(a);
	struct inbox_name name = { .owner = account_owner(a) };
	char jid[GATEWAY_JID_SIZE];
	if (!privilege_may_change(a->user, PRIVILEGE_PUBSUB) ||
		!gateway_jid(g, GW_ROOM, a->key, room, jid))
		return;
	struct mark *m = xalloc(sizeof(*m));
	m->gateway = g;
	m->user = xstrdup(a->user->jid);
	m->room = xstrdup(jid);
	channel_make_id(g, a->key, room, &m->channel);
	list_append(&g->marks, &m->link);
	inbox_key_of(GW_ROOM, room, network_id, &name.key);
	store_inbox_find(
		g->host->store, &name, network_id, &name.key, found, m);
}

bool gw_shares_displayed(struct gw_session *s)
{
	const struct user *u = account_of(s)->user;
	return privilege_may_send(u) ||
	       privilege_may_change(u, PRIVILEGE_PUBSUB);
}

void displayed_forget(struct gateway *g)
{
	while (!list_is_empty(&g->marks)) {
		struct mark *m = CONTAINER(g->marks.next, struct mark, link);
		iq_forget(g->component, m);
		mark_free(m);
	}
}
