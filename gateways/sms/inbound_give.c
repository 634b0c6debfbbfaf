#include <string.h>

#include "base/alloc.h"
#include "sms/enclosed.h"
#include "sms/group_room.h"
#include "sms/inbound_private.h"
#include "sms/person.h"
#include "sms/recent.h"
#include "sms/uploads.h"

/* The conversation that it belongs to. */
static const char *talk_of(const struct inbound *in)
{
	return in->group != NULL ? in->group->name : in->from;
}

/* Into the room of its group, or to all who are named; false: the room is not
 * there (any more), and it is given when it is. */
static bool address(const struct delivery *d, struct gw_message *m,
	struct gw_receiver receivers[LIMIT_RECEIVERS], struct gw_room **room_r)
{
	const struct group *g = d->text->group;
	*room_r = NULL;
	if (g != NULL && group_wants_rooms(d->owner)) {
		*room_r = group_room_open(d->owner, g);
		m->name = NULL;
		return *room_r != NULL;
	}
	if (g != NULL) {
		m->receivers = receivers;
		m->receiver_count = group_receivers(g, m->from, receivers);
	}
	return true;
}

/* As a reaction to that, or (NULL) as a text. */
static void hand_over(struct delivery *d, const struct recent_found *about)
{
	const struct inbound *in = d->text;
	struct gw_receiver receivers[LIMIT_RECEIVERS];
	char name[NUMBER_SIZE];
	struct gw_room *room;
	struct gw_message m = {
		.kind = about != NULL ? GW_REACTION : GW_MESSAGE,
		.from = in->from,
		.name = person_name(in->from, name),
		.text = about != NULL ? about->emoji : in->body,
		.network_id = in->id,
		.wall_ms = in->wall_ms,
		.reply_to = about != NULL ? about->id : NULL,
		.durable = true,
	};
	d->is_given = address(d, &m, receivers, &room);
	if (!d->is_given)
		return;
	d->is_reaction = about != NULL;
	if (about == NULL)
		recent_add(d->owner, talk_of(in), in->id, in->body);
	gw_message(d->owner->session, room, &m);
}

/* His, which waits for what is looked up or uploaded. */
static struct delivery *find_given(
	struct inbound *in, const struct owner *owner)
{
	for (size_t i = 0; i < in->delivery_count; i++) {
		struct delivery *d = &in->deliveries[i];
		if (!d->is_done && d->is_given && d->owner == owner)
			return d;
	}
	return NULL;
}

static void reaction_found(
	struct owner *owner, const struct recent_found *found, void *arg)
{
	struct delivery *d = find_given(arg, owner);
	if (d != NULL)
		hand_over(d, found->id != NULL ? found : NULL);
}

void inbound_give_file(struct inbound *text, struct owner *owner,
	const struct gw_file *file, const char *words)
{
	struct gw_receiver receivers[LIMIT_RECEIVERS];
	char name[NUMBER_SIZE];
	struct gw_room *room;
	struct delivery *d = find_given(text, owner);
	struct gw_message m = {
		.kind = GW_MESSAGE,
		.from = text->from,
		.name = person_name(text->from, name),
		.text = words != NULL ? words : "",
		.file = file,
		.network_id = text->id,
		.wall_ms = text->wall_ms,
		.durable = true,
	};
	if (d == NULL)
		return;
	d->is_given = address(d, &m, receivers, &room);
	if (d->is_given)
		gw_message(owner->session, room, &m);
}

/* What is said in a room waits until that is there. */
static bool has_place(const struct delivery *d)
{
	const struct group *g = d->text->group;
	return g == NULL || !group_wants_rooms(d->owner) ||
	       group_room_open(d->owner, g) != NULL;
}

static void uploaded(struct owner *owner, const char *url, void *arg)
{
	struct inbound *in = arg;
	const struct attachment *a = in->attached;
	const struct gw_file file = { .url = url,
		.name = a->name,
		.type = a->type,
		.size = (int64_t)a->octets.len };
	struct delivery *d = find_given(in, owner);
	if (d != NULL && url != NULL)
		inbound_give_file(in, owner, &file, a->words);
	else if (d != NULL)
		hand_over(d, NULL);
}

void inbound_deliver(struct delivery *d)
{
	struct inbound *in = d->text;
	if (d->is_done || d->is_given || !in->is_stored ||
		d->owner->session == NULL || !d->owner->is_online ||
		!has_place(d))
		return;
	d->is_given = true;
	if (in->file.url != NULL)
		enclosed_start(in, d->owner);
	else if (in->attached != NULL)
		uploads_add(d->owner, in->attached->name, in->attached->type,
			str_slice(&in->attached->octets), uploaded, in);
	else if (!recent_find_quoted(
			 d->owner, talk_of(in), in->body, reaction_found, in))
		hand_over(d, NULL);
}

void inbound_give(struct owner *owner)
{
	list_for_each(it, &owner->texts)
		inbound_deliver(CONTAINER(it, struct delivery, owned));
}

void inbound_close(struct owner *owner)
{
	enclosed_stop(owner->sms, NULL, owner);
	list_for_each(it, &owner->texts)
		CONTAINER(it, struct delivery, owned)->is_given = false;
}

void inbound_settled(struct owner *owner, const char *network_id, bool ok)
{
	list_for_each(it, &owner->texts) {
		struct delivery *d = CONTAINER(it, struct delivery, owned);
		struct inbound *in = d->text;
		if (strcmp(in->id, network_id) != 0)
			continue;
		d->is_given = false;
		if (!ok)
			return;
		if (!d->is_reaction)
			xstrset(&owner->last_id, in->id);
		inbound_finish(d);
		if (in->left == 0)
			inbound_drop(in);
		return;
	}
}
