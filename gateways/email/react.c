#include "email/react.h"

#include <string.h>

#include "email/group.h"
#include "email/peers.h"

static bool all_react(const struct email_session *s, const struct group *g)
{
	if (g == NULL || group_is_list(g) || g->count == 0)
		return false;
	for (size_t i = 0; i < g->count; i++)
		if (!peers_react(
			    peers_get_address(s->peers, g->members[i].address)))
			return false;
	return true;
}

unsigned email_caps_of(
	struct gw_session *s, struct gw_room *room, const char *person)
{
	const struct email_session *e = s->impl;
	bool reacts = false;

	if (e != NULL && room != NULL)
		reacts = all_react(e, room->impl);
	else if (e != NULL && person != NULL)
		reacts = peers_react(peers_get(e->peers, person));
	return reacts ? ~0u : ~(unsigned)GW_CAP_REACT;
}

void react(struct email_outbox *o, const struct gw_outgoing *m)
{
	struct gw_session *s = o->session->session;
	const char *name = m->room != NULL ? m->room->name : m->to;
	const struct special reaction = {
		.kind = OUTGOING_REACTION,
		.reply_to = m->reply_to,
		.value = m->text,
		.text = "",
		.request = m->request,
	};

	if ((email_caps_of(s, m->room, m->to) & GW_CAP_REACT) == 0)
		gw_fail(s, m->request, GW_UNSUPPORTED,
			m->room != NULL
				? "Not everybody here has a mail program that "
				  "shows reactions: nothing was sent."
				: "As far as is known his mail program shows "
				  "no reactions: nothing was sent.");
	else if (m->reply_to == NULL || !memory_is_id(m->reply_to))
		gw_fail(s, m->request, GW_NO_SUCH,
			"This message is not known any more.");
	else if (!email_outbox_change(o, name, &reaction))
		email_outbox_special(o, name, m->room != NULL, &reaction);
}
