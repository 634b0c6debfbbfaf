#include "irc/member.h"

#include "base/alloc.h"
#include "base/intern.h"
#include "base/limits.h"
#include "base/str.h"

struct irc_member *irc_member_find(
	const struct irc_channel *c, const struct irc_person *p)
{
	struct irc_member *m = p != NULL ? p->members : NULL;

	while (m != NULL && m->channel != c)
		m = m->next_of_person;
	return m;
}

struct irc_member *irc_member_get(struct irc_channel *c, struct irc_person *p)
{
	struct irc_member *m = irc_member_find(c, p);

	if (m != NULL || c->member_count >= LIMIT_OCCUPANTS ||
		c->session->member_count >= LIMIT_IRC_MEMBERS)
		return m;
	m = xalloc(sizeof(*m));
	m->channel = c;
	m->person = p;
	m->next_of_person = p->members;
	p->members = m;
	list_append(&c->members, &m->link);
	c->member_count++;
	c->session->member_count++;
	return m;
}

static void unlink_member(struct irc_member *m)
{
	struct irc_member **at = &m->person->members;

	while (*at != m)
		at = &(*at)->next_of_person;
	*at = m->next_of_person;
	list_remove(&m->link);
	m->channel->member_count--;
	m->channel->session->member_count--;
	xfree(m);
}

void irc_members_clear(struct irc_channel *c)
{
	while (!list_is_empty(&c->members)) {
		struct irc_member *m =
			CONTAINER(c->members.next, struct irc_member, link);
		struct irc_person *p = m->person;

		unlink_member(m);
		irc_person_release(c->session, p);
	}
}

/* A server may say of ourselves, under the name of others, what it likes. */
static bool is_own(const struct irc_channel *c, const char *nick)
{
	return irc_channel_is_shown(c) && text_equals(c->own, nick);
}

void irc_member_remove(struct irc_member *m, struct gw_gone *gone)
{
	struct irc_session *s = m->channel->session;
	struct irc_person *p = m->person;

	if (is_own(m->channel, p->nick))
		return;
	if (irc_channel_is_shown(m->channel)) {
		gone->nick = p->nick;
		gw_room_gone(m->channel->room, gone);
	}
	unlink_member(m);
	irc_person_release(s, p);
}

void irc_member_renamed(const struct irc_member *m, const char *before)
{
	struct irc_channel *c = m->channel;
	bool own = is_own(c, before);

	if (!irc_channel_is_shown(c))
		return;
	gw_room_renamed(c->room, before, m->person->nick);
	if (own)
		(void)intern_set(&c->own, m->person->nick);
}

void irc_person_remove(struct irc_session *s UNUSED, struct irc_person *p,
	struct gw_gone *gone)
{
	struct irc_member *m = p->members;

	/* He goes with his last channel; where he is ourselves he stays. */
	while (m != NULL) {
		struct irc_member *next = m->next_of_person;

		irc_member_remove(m, gone);
		m = next;
	}
}

void irc_member_remap(struct irc_member *m, const struct irc_isupport *before)
{
	const struct irc_isupport *after = irc_isupport_of(m->channel->session);
	unsigned ranks = 0;

	for (int i = 0; before->prefix_modes[i] != '\0'; i++) {
		int rank = irc_rank_of_mode(after, before->prefix_modes[i]);

		if ((m->ranks & 1u << i) != 0 && rank >= 0)
			ranks |= 1u << rank;
	}
	m->ranks = (uint16_t)ranks;
}

/* --- Towards the core ---------------------------------------------------- */

/* Hats, in the order of the gateway's table. */
enum hat { HAT_FOUNDER, HAT_ADMIN, HAT_OP, HAT_HALFOP, HAT_VOICE };

/* Networks name their ranks differently; what counts is where one stands
 * towards the channel operator. */
static enum hat hat_of_rank(const struct irc_isupport *s, int rank)
{
	int op = irc_rank_of_mode(s, 'o');
	char letter = s->prefix_modes[rank];

	if (op < 0)
		op = 0;
	if (rank == op)
		return HAT_OP;
	if (rank > op)
		return letter == 'v' ? HAT_VOICE : HAT_HALFOP;
	return rank + 1 == op && letter != 'q' ? HAT_ADMIN : HAT_FOUNDER;
}

static void describe_hat(enum hat hat, struct gw_occupant *o)
{
	static const struct {
		enum gw_role role;
		enum gw_affiliation affiliation;
	} table[] = {
		[HAT_FOUNDER] = { GW_MODERATOR, GW_OWNER },
		[HAT_ADMIN] = { GW_MODERATOR, GW_ADMIN },
		[HAT_OP] = { GW_MODERATOR, GW_ADMIN },
		[HAT_HALFOP] = { GW_MODERATOR, GW_MEMBER },
		[HAT_VOICE] = { GW_PARTICIPANT, GW_MEMBER },
	};

	o->hats |= 1u << hat;
	if (table[hat].role > o->role)
		o->role = table[hat].role;
	if (table[hat].affiliation > o->affiliation)
		o->affiliation = table[hat].affiliation;
}

void irc_member_describe(const struct irc_member *m, struct gw_occupant *o)
{
	const struct irc_isupport *is = irc_isupport_of(m->channel->session);
	const struct irc_person *p = m->person;

	*o = (struct gw_occupant){
		.nick = p->nick,
		.role = irc_channel_is_moderated(m->channel) ? GW_VISITOR
							     : GW_PARTICIPANT,
		.affiliation = GW_NONE,
		.show = p->away != NULL ? GW_AWAY : GW_AVAILABLE,
		.status = p->away,
	};
	for (int rank = 0; rank < IRC_PREFIX_MAX; rank++) {
		if ((m->ranks & 1u << rank) != 0 &&
			is->prefix_modes[rank] != '\0')
			describe_hat(hat_of_rank(is, rank), o);
	}
}

void irc_member_show(const struct irc_member *m)
{
	struct irc_origin origin = irc_person_origin(m->person);
	char host[2 * IRC_NAME_SIZE], account[2 * IRC_NAME_SIZE];
	struct gw_occupant o;

	if (!irc_channel_is_shown(m->channel))
		return;
	irc_member_describe(m, &o);
	if (origin.user.len > 0 && origin.host.len > 0 &&
		text_format(host, sizeof(host), "%.*s", (int)origin.text.len,
			origin.text.data))
		o.host = o.stable = host;
	/* With a space, which no user@host has. */
	if (origin.account.len > 0 &&
		text_format(account, sizeof(account), "account %.*s",
			(int)origin.account.len, origin.account.data))
		o.stable = account;
	gw_room_occupant(m->channel->room, &o);
}

void irc_person_show(const struct irc_person *p)
{
	for (const struct irc_member *m = p->members; m != NULL;
		m = m->next_of_person)
		irc_member_show(m);
}
