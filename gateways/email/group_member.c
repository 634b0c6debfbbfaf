/*
 * Who is in a group, and what they are called there.
 */
#include <string.h>

#include "base/alloc.h"
#include "email/group_private.h"
#include "email/names.h"
#include "email/peers.h"
#include "email_wire/address.h"

/* A display name that would be a bad nick is cut. */
#define NICK_MAX 60

/* People of a list whose nicks are kept. */
#define AUTHORS_MAX 500

struct group_member *group_find_member(
	const struct group *g, const char *address)
{
	for (size_t i = 0; i < g->count; i++)
		if (address_equals(g->members[i].address, address))
			return &g->members[i];
	return NULL;
}

const char *group_own_nick(const struct group *g)
{
	const char *name = gw_setting(g->session->session, "name");

	if (g->nick != NULL)
		return g->nick;
	return name[0] != '\0' ? name : email_own_address(g->session);
}

bool group_nick_is_taken(const struct group *g, const char *nick)
{
	for (size_t i = 0; i < g->count; i++)
		if (text_equals(g->members[i].nick, nick))
			return true;
	return false;
}

static bool is_free(const struct group *g, const char *nick)
{
	return nick[0] != '\0' && strcmp(nick, group_own_nick(g)) != 0 &&
	       !group_nick_is_taken(g, nick);
}

/* The name, or the local part, or the whole address: the first that is free
 * and says nothing wrong. */
static char *choose_nick(const struct group *g, const struct mail_address *who)
{
	char nick[NICK_MAX + 1];

	if (email_nick(who) != NULL) {
		text_copy(nick, sizeof(nick), email_nick(who));
		if (is_free(g, nick))
			return xstrdup(nick);
	}
	text_format(nick, sizeof(nick), "%.*s", (int)strcspn(who->address, "@"),
		who->address);
	if (is_free(g, nick))
		return xstrdup(nick);
	return xstrdup(who->address);
}

struct group_member *group_add_member(
	struct group *g, const struct mail_address *who, char *nick)
{
	if (nick == NULL)
		nick = choose_nick(g, who);
	g->members = xrealloc(g->members, g->count + 1, sizeof(g->members[0]));
	struct group_member *m = &g->members[g->count++];

	m->address = xstrdup(who->address);
	m->nick = nick;
	return m;
}

void group_drop_member(struct group *g, size_t i)
{
	xfree(g->members[i].address);
	xfree(g->members[i].nick);
	g->members[i] = g->members[--g->count];
}

void group_show_member(const struct group *g, const struct group_member *m)
{
	char person[ADDRESS_MAX + 1];

	if (g->room == NULL ||
		!email_person_name(m->address, person, sizeof(person)))
		return;
	const struct gw_occupant o = {
		.nick = m->nick,
		.person = person,
		.stable = person,
		.role = GW_PARTICIPANT,
		.affiliation = GW_MEMBER,
		.show = GW_AVAILABLE,
	};

	gw_room_occupant(g->room, &o);
}

static void show_gone(const struct group *g, const char *nick,
	enum gw_leaving how, const char *text)
{
	const struct gw_gone gone = { .nick = nick, .how = how, .text = text };

	if (g->room != NULL)
		gw_room_gone(g->room, &gone);
}

const char *group_author(struct group *g, const struct mail_address *from)
{
	struct group_member *m = group_find_member(g, from->address);

	if (m != NULL)
		return m->nick;
	if (group_is_list(g) && g->count >= AUTHORS_MAX) {
		show_gone(g, g->members[0].nick, GW_LEFT, NULL);
		group_drop_member(g, 0);
	}
	m = group_add_member(g, from, NULL);
	group_show_member(g, m);
	return m->nick;
}

const char *group_nick_of(struct group *g, const char *address)
{
	const struct group_member *m =
		address != NULL ? group_find_member(g, address) : NULL;

	return m != NULL ? m->nick : NULL;
}

static bool is_among(
	const char *address, const struct mail_address *people, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (address_equals(people[i].address, address))
			return true;
	return false;
}

bool group_has(const struct group *g, const char *address)
{
	return group_find_member(g, address) != NULL;
}

bool group_speaks_chat(const struct group *g)
{
	if (g->chat_id != NULL || group_is_list(g) || g->count == 0)
		return g->chat_id != NULL;
	for (size_t i = 0; i < g->count; i++)
		if ((peers_get_address(
			     g->session->peers, g->members[i].address) &
			    PEER_CHAT) == 0)
			return false;
	return true;
}

void group_empty(struct group *g)
{
	while (g->count > 0) {
		show_gone(g, g->members[0].nick, GW_LEFT, NULL);
		group_drop_member(g, 0);
	}
	group_keep(g);
}

void group_reach(struct group *g, const struct mail_address *people,
	size_t count, struct str *news)
{
	for (size_t i = 0; i < count; i++) {
		if (group_find_member(g, people[i].address) != NULL)
			continue;
		struct group_member *m = group_add_member(g, &people[i], NULL);

		str_addf(news, "%s%s <%s> was added.",
			news->len > 0 ? "\n" : "", m->nick, m->address);
		group_show_member(g, m);
	}
	for (size_t i = g->count; i > 0; i--) {
		const struct group_member *m = &g->members[i - 1];

		if (is_among(m->address, people, count))
			continue;
		str_addf(news, "%s%s <%s> was left out.",
			news->len > 0 ? "\n" : "", m->nick, m->address);
		show_gone(g, m->nick, GW_LEFT, NULL);
		group_drop_member(g, i - 1);
	}
	group_show_info(g);
}

/* --- By the user --------------------------------------------------------- */

const char *group_add(struct group *g, const char *address)
{
	char clean[ADDRESS_MAX + 1];
	const struct mail_address who = { NULL, clean };

	if (group_is_list(g))
		return "Nobody can be added to a mailing list from here.";
	if (address_normalize(slice_of(address), clean, sizeof(clean)) != 0)
		return "This is not a mail address. Write it like "
		       "alice@example.org.";
	if (group_find_member(g, clean) != NULL)
		return "He is in this group already.";
	if (g->count >= GROUP_MAX)
		return "There are too many people in this group.";
	group_show_member(g, group_add_member(g, &who, NULL));
	group_show_info(g);
	group_keep(g);
	group_tell_chat(g, OUTGOING_ADDED, clean, "Member added: ", clean);
	return NULL;
}

const struct group_member *group_meant_member(
	const struct group *g, const char *who)
{
	for (size_t i = 0; who != NULL && i < g->count; i++) {
		const struct group_member *m = &g->members[i];

		if (text_equals(m->nick, who) ||
			address_equals(m->address, who))
			return m;
	}
	return NULL;
}

const char *group_drop(struct group *g, const char *who, enum gw_leaving how,
	const char *reason)
{
	const struct group_member *m = group_meant_member(g, who);
	char address[ADDRESS_MAX + 1];

	if (group_is_list(g))
		return "Nobody can be left out of a mailing list.";
	if (m == NULL)
		return "He is not in this group. /who shows who is.";
	if (g->count == 1)
		return "Nobody would be left in this group.";
	text_copy(address, sizeof(address), m->address);
	show_gone(g, m->nick, how, reason);
	group_drop_member(g, (size_t)(m - g->members));
	group_show_info(g);
	group_keep(g);
	group_tell_chat(
		g, OUTGOING_REMOVED, address, "Member removed: ", address);
	return NULL;
}

void group_restore(struct group *g, const char *address, const char *nick)
{
	const struct mail_address who = { NULL, address };
	const struct group_member *m = group_find_member(g, address);

	if (m == NULL && nick != NULL) {
		group_show_member(g, group_add_member(g, &who, xstrdup(nick)));
	} else if (m != NULL && nick == NULL) {
		show_gone(g, m->nick, GW_LEFT, NULL);
		group_drop_member(g, (size_t)(m - g->members));
	} else {
		return;
	}
	group_show_info(g);
	group_keep(g);
}
