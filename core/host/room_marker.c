/*
 * Displayed markers for messages of a room (XEP-0333): clients name them by
 * the archive's id, the network by its own, which the archive knows. A newer
 * marker takes the place of one that is being looked up, as it says more.
 */
#include "host/history.h"
#include "host/room_private.h"
#include "xmpp/ns.h"

bool room_is_markable(const struct gateway_ops *ops, const char *network_id,
	const char *own_id)
{
	return ops->displayed != NULL && network_id != NULL && own_id == NULL;
}

static void found(int status, const struct archive_page *page, void *arg)
{
	struct room *room = CONTAINER((char *)arg, struct room, marker);
	const struct gateway_ops *ops = room_ops(room);
	if (status != 0 || page->count != 1 || room->state != ROOM_JOINED ||
		!account_is_online(room->account))
		return;
	const struct archive_message *m = &page->messages[0];
	if (room_is_markable(ops, m->network_id, m->stanza_id))
		ops->displayed(&room->account->session, &room->room, NULL,
			m->network_id);
}

void room_displayed(struct room *room, const struct stanza *s)
{
	const char *id =
		xml_attr(xml_child(s->xml, "displayed", NS_MARKERS), "id");
	struct archive *archive =
		history_archive(account_gateway(room->account));
	struct archive_query q = { .reader = room->account->user->jid,
		.max = 1 };
	uint64_t number;
	if (id == NULL || room_ops(room)->displayed == NULL ||
		archive == NULL || seat_find(room, s->from.full) == NULL)
		return;
	channel_of_room(room, &q.channel);
	if (archive_id_parse(archive, &q.channel, id, &number) != 0)
		return;
	q.numbers = &number;
	q.number_count = 1;
	room_forget_marker(room);
	archive_query(archive, &q, found, &room->marker);
}

void room_forget_marker(struct room *room)
{
	struct archive *archive =
		history_archive(account_gateway(room->account));
	if (archive != NULL)
		archive_forget(archive, &room->marker);
}
