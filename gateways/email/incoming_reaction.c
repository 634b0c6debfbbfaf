/*
 * A reaction: it goes where the mail is that it is about.
 */
#include "email/incoming_private.h"

#include "email/group.h"
#include "email/names.h"
#include "email/peers.h"
#include "email/seen.h"
#include "email_wire/address.h"

/* To a message of this conversation: nothing new is said. */
static void tell_reaction(
	struct incoming *in, struct gw_room *room, const char *from)
{
	const char *reactions = in->mail.reactions;
	char parent[MEMORY_ID_SIZE];

	memory_id(in->parent_mail.message_id, parent);
	const struct gw_message m = {
		.kind = GW_REACTION,
		.from = from,
		.text = reactions != NULL ? reactions : "",
		.reply_to = parent,
		.network_id = in->id,
		.wall_ms = incoming_time(in),
		.durable = true,
	};

	in->messages++;
	gw_message(in->session->session, room, &m);
	seen_by_us(in->session->seen, in->uid, in->flags);
	incoming_finish(in);
}

static void reaction_entered(struct group *g, void *arg)
{
	struct incoming *in = arg;

	if (g->room == NULL)
		incoming_give_up(in);
	else
		tell_reaction(in, g->room, group_author(g, &in->mail.from));
}

static void reaction_group(struct group *g, void *arg)
{
	struct incoming *in = arg;

	if (g == NULL)
		incoming_give_up(in);
	else
		group_enter(g, "Mail to several people", reaction_entered, in);
}

void incoming_react(struct incoming *in)
{
	char person[ADDRESS_MAX + 1];
	bool is_person = email_person_name(
		in->mail.from.address, person, sizeof(person));

	if (is_person)
		peers_set(in->session->peers, person, PEER_REACTS, PEER_REACTS);
	if (in->parent_mail.in_room)
		group_find(
			in->session, in->parent_mail.name, reaction_group, in);
	else if (is_person)
		tell_reaction(in, NULL, person);
	else
		incoming_finish(in);
}
