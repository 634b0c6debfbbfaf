#include "sms/group_room.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "sms/inbound.h"

/* A room that a user's session has entered. */
struct seat {
	struct list link; /* owner->seats */
	struct group *group;
	struct gw_room *room;
	char *nick;          /* the user's own, or NULL */
	struct list namings; /* struct naming.link */
};

/* What the user calls it from now on; it is not kept yet. */
struct naming {
	struct list link; /* seat->namings */
	struct seat *seat;
	gw_request request;
	char *before; /* or NULL */
};

static void naming_free(struct naming *n)
{
	ledger_forget(n->seat->group->sms->ledger, n);
	list_remove(&n->link);
	xfree(n->before);
	xfree(n);
}

static void seat_free(struct seat *seat)
{
	list_for_each_safe(it, &seat->namings)
		naming_free(CONTAINER(it, struct naming, link));
	list_remove(&seat->link);
	xfree(seat->nick);
	xfree(seat);
}

void group_rooms_close(struct owner *owner)
{
	list_for_each_safe(it, &owner->seats)
		seat_free(CONTAINER(it, struct seat, link));
}

/* --- Showing -------------------------------------------------------------- */

static const char *nick_of(const struct seat *seat)
{
	return seat->nick != NULL ? seat->nick : seat->group->own;
}

static void show_info(const struct seat *seat)
{
	const char *user = seat->room->session->user;
	struct str people = { .max = 1 * KIB };
	struct gw_room_info info = {
		.flags = GW_ROOM_HIDDEN | GW_ROOM_MEMBERS_ONLY,
		.title = groups_subject(seat->group, user),
	};
	if (info.title == NULL) {
		participants_title(&seat->group->people, &people);
		info.title = str_text(&people);
	}
	gw_room_info(seat->room, &info);
	str_finish(&people);
}

static void show_person(
	struct gw_room *r, const char *nick, const char *number, bool is_self)
{
	const struct gw_occupant o = {
		.nick = nick,
		.person = number,
		.stable = number,
		.role = is_self ? GW_MODERATOR : GW_PARTICIPANT,
		.affiliation = is_self ? GW_ADMIN : GW_MEMBER,
		.show = GW_AVAILABLE,
	};
	gw_room_occupant(r, &o);
}

static void show_all(const struct seat *seat)
{
	const struct group *g = seat->group;
	const char *subject = groups_subject(g, seat->room->session->user);
	for (size_t i = 0; i < g->people.count; i++)
		show_person(seat->room, g->people.numbers[i],
			g->people.numbers[i], false);
	show_person(seat->room, nick_of(seat), g->own, true);
	show_info(seat);
	if (subject != NULL)
		gw_room_subject(seat->room, subject, NULL, 0);
	gw_room_joined(seat->room, nick_of(seat));
}

/* --- Entering ------------------------------------------------------------- */

/* Whoever is in it is called by his number. */
static bool is_free(const struct group *g, const char *nick)
{
	return nick[0] != '\0' && !participants_have(&g->people, nick);
}

void sms_join(struct gw_room *r, const char *nick, const char *password)
{
	struct owner *owner = owner_of(r->session);
	struct group *g = groups_find(owner->sms, r->name);
	(void)password;
	if (g == NULL || !groups_is_of(g, owner)) {
		gw_room_failed(r, GW_NO_SUCH,
			"There is no such group. Begin one with the command "
			"\"group\".");
		return;
	}
	struct seat *seat = xalloc(sizeof(*seat));
	list_init(&seat->namings);
	seat->group = g;
	seat->room = r;
	if (nick != NULL && is_free(g, nick))
		seat->nick = xstrdup(nick);
	list_append(&owner->seats, &seat->link);
	r->impl = seat;
	show_all(seat);
	inbound_give(owner);
}

void sms_leave(struct gw_room *r, const char *text)
{
	struct seat *seat = r->impl;
	(void)text;
	r->impl = NULL;
	if (seat != NULL)
		seat_free(seat);
}

struct gw_room *group_room_open(struct owner *owner, const struct group *g)
{
	struct str words = { .max = 1 * KIB };
	str_add(&words, "Group text with ");
	participants_title(&g->people, &words);
	gw_room_open(owner->session, g->name, str_text(&words));
	str_finish(&words);
	list_for_each(it, &owner->seats) {
		const struct seat *seat = CONTAINER(it, struct seat, link);
		if (seat->group == g)
			return seat->room;
	}
	return NULL;
}

/* --- Without rooms -------------------------------------------------------- */

bool group_wants_rooms(const struct owner *owner)
{
	return !gw_is_relayed(owner->session) &&
	       strcmp(gw_setting(owner->session, "groups"), "addresses") != 0;
}

size_t group_receivers(const struct group *g, const char *from,
	struct gw_receiver out[LIMIT_RECEIVERS])
{
	size_t count = 0;
	out[count++] = (struct gw_receiver){ GW_TO, g->own, NULL };
	for (size_t i = 0; i < g->people.count; i++)
		if (strcmp(g->people.numbers[i], from) != 0)
			out[count++] = (struct gw_receiver){ GW_TO,
				g->people.numbers[i], NULL };
	return count;
}

/* --- What the user changes ------------------------------------------------ */

void sms_set_nick(struct gw_room *r, gw_request request, const char *nick)
{
	struct seat *seat = r->impl;
	if (!is_free(seat->group, nick)) {
		gw_fail(r->session, request, GW_CONFLICT,
			"Somebody else in this room has that name.");
		return;
	}
	char *old = xstrdup(nick_of(seat));
	xstrset(&seat->nick, nick);
	if (strcmp(old, nick) != 0)
		gw_room_renamed(r, old, nick);
	gw_done(r->session, request, NULL);
	xfree(old);
}

static void named(bool ok, void *arg)
{
	struct naming *n = arg;
	const struct seat *seat = n->seat;
	struct gw_session *session = seat->room->session;
	if (ok) {
		const char *text = groups_subject(seat->group, session->user);
		gw_room_subject(
			seat->room, text != NULL ? text : "", nick_of(seat), 0);
		show_info(seat);
		gw_done(session, n->request, NULL);
	} else {
		groups_set_subject(seat->group, session->user,
			n->before != NULL ? n->before : "");
		groups_keep(seat->group, NULL, NULL);
		gw_fail(session, n->request, GW_BUSY,
			"That could not be stored. Try again later.");
	}
	naming_free(n);
}

void sms_set_subject(struct gw_room *r, gw_request request, const char *text)
{
	struct seat *seat = r->impl;
	struct naming *n = xalloc(sizeof(*n));
	n->seat = seat;
	n->request = request;
	xstrset(&n->before, groups_subject(seat->group, r->session->user));
	list_append(&seat->namings, &n->link);
	groups_set_subject(seat->group, r->session->user, text);
	groups_keep(seat->group, named, n);
}
