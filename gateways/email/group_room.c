/*
 * Groups as rooms: entering, and what the user does there.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "email/group_private.h"
#include "email/outbox.h"

/* So many are named in the title of a room. */
#define NAMED_MAX 3

void group_enter(struct group *g, const char *words, group_fn fn, void *arg)
{
	struct waiter *w = group_waiter_new(g->session, NULL, fn, arg);

	gw_room_open(g->session->session, g->name, words);
	if (g->room != NULL) {
		group_waiter_answer(w, g);
		return;
	}
	list_remove(&w->link);
	list_append(&g->waiting, &w->link);
}

/* What people call it that has no name: who is in it besides the user. */
static void name_people(const struct group *g, struct str *out)
{
	for (size_t i = 0; i < g->count && i < NAMED_MAX; i++)
		str_addf(out, "%s%s", i > 0 ? ", " : "", g->members[i].nick);
	if (g->count > NAMED_MAX)
		str_addf(out, " and %zu more", g->count - NAMED_MAX);
}

void group_show_info(const struct group *g)
{
	struct str people = { .max = 1 * KIB };
	struct gw_room_info info = {
		.flags = GW_ROOM_HIDDEN | GW_ROOM_MEMBERS_ONLY,
		.detail = group_is_list(g) ? g->title : NULL,
		.title = g->title,
	};

	if (g->room == NULL)
		return;
	if (g->title == NULL && !group_is_list(g) && g->count > 0) {
		name_people(g, &people);
		info.title = str_text(&people);
	}
	gw_room_info(g->room, &info);
	str_finish(&people);
}

void group_name(struct group *g, const char *title)
{
	if (text_equals(g->title, title))
		return;
	xstrset(&g->title, title);
	group_keep(g);
	group_show_info(g);
}

/* Shows all and tells who waited. */
static void entered(struct group *g)
{
	struct gw_room *r = g->room;
	const struct gw_occupant self = {
		.nick = group_own_nick(g),
		.person = email_own_address(g->session),
		.stable = email_own_address(g->session),
		.role = GW_MODERATOR,
		.affiliation = GW_ADMIN,
		.show = GW_AVAILABLE,
	};

	for (size_t i = 0; i < g->count; i++)
		group_show_member(g, &g->members[i]);
	gw_room_occupant(r, &self);
	group_show_info(g);
	if (g->subject != NULL)
		gw_room_subject(r, g->subject, NULL, 0);
	gw_room_joined(r, self.nick);
	while (!list_is_empty(&g->waiting))
		group_waiter_answer(
			CONTAINER(g->waiting.next, struct waiter, link), g);
}

static void found_for_room(struct group *g, void *arg)
{
	struct gw_room *r = arg;

	if (g == NULL) {
		gw_room_failed(r, GW_NO_SUCH,
			"There is no such group. Begin one with the command "
			"\"group\".");
		return;
	}
	g->room = r;
	r->impl = g;
	entered(g);
}

void email_join(struct gw_room *r, const char *nick, const char *password)
{
	(void)password;
	group_find_as(
		email_session_of(r->session), r->name, nick, found_for_room, r);
}

void email_leave(struct gw_room *r, const char *text)
{
	struct group *g = r->impl;

	(void)text;
	group_forget_calls(email_session_of(r->session), r);
	if (g != NULL)
		g->room = NULL;
	r->impl = NULL;
}

void group_leave_all(struct email_session *s)
{
	list_for_each(it, &s->groups)
		CONTAINER(it, struct group, link)->room = NULL;
}

void group_tell_chat(struct group *g, enum outgoing_kind kind,
	const char *value, const char *words, const char *name)
{
	char text[600];

	if (g->chat_id == NULL &&
		(kind != OUTGOING_RENAMED || !group_speaks_chat(g)))
		return;
	text_format(text, sizeof(text), "%s%s", words, name);
	const struct special news = {
		.kind = kind, .value = value, .text = text
	};

	email_outbox_special(g->session->outbox, g->name, true, &news);
}

/* What ends when the group is kept. */
static struct errand *errand_of(struct gw_room *r, gw_request request)
{
	return errand_new(email_session_of(r->session), request, r->name,
		slice_make(NULL, 0));
}

static bool is_entered(struct gw_room *r, gw_request request)
{
	if (r->impl == NULL)
		gw_fail(r->session, request, GW_UNREACHABLE,
			"The room is not there yet.");
	return r->impl != NULL;
}

void email_invite(struct gw_room *r, gw_request request, const char *person,
	const char *reason)
{
	(void)reason;
	if (is_entered(r, request))
		group_change_add(errand_of(r, request), r->impl, person);
}

void email_moderate(
	struct gw_room *r, gw_request request, const struct gw_moderation *m)
{
	bool drops = m->verb == GW_SET_ROLE ? m->role == GW_ROLE_NONE
					    : m->affiliation <= GW_NONE;

	if (!is_entered(r, request))
		return;
	if (drops)
		group_change_drop(errand_of(r, request), r->impl,
			m->nick != NULL ? m->nick : m->person, GW_KICKED,
			m->reason);
	else
		gw_fail(r->session, request, GW_NOT_ALLOWED,
			"People of a group can only be left out.");
}

/* Nobody else sees it. */
void email_set_nick(struct gw_room *r, gw_request request, const char *nick)
{
	struct group *g = r->impl;
	char old[GW_NAME_SIZE];

	if (!is_entered(r, request))
		return;
	if (nick[0] == '\0' || group_nick_is_taken(g, nick)) {
		gw_fail(r->session, request, GW_CONFLICT,
			"Somebody else in this room has that name.");
		return;
	}
	text_copy(old, sizeof(old), group_own_nick(g));
	xstrset(&g->nick, nick);
	if (strcmp(old, nick) != 0)
		gw_room_renamed(r, old, nick);
	gw_done(r->session, request, NULL);
}

static const char *copy(struct errand *e, const char *text)
{
	return text != NULL ? arena_copy(&e->arena, slice_of(text)) : NULL;
}

static void restore_subject(struct group *g, void *arg)
{
	const struct errand *e = arg;

	if (g == NULL)
		return;
	xstrset(&g->subject, e->whom);
	group_name(g, e->nick);
	if (g->room != NULL)
		gw_room_subject(
			g->room, e->whom != NULL ? e->whom : "", NULL, 0);
}

static void subject_back(struct errand *e)
{
	group_find(e->session, e->name, restore_subject, e);
}

void email_set_subject(struct gw_room *r, gw_request request, const char *text)
{
	struct group *g = r->impl;

	if (!is_entered(r, request))
		return;
	struct errand *e = errand_of(r, request);

	e->whom = copy(e, g->subject);
	e->nick = copy(e, g->title);
	if (group_speaks_chat(g) && text[0] != '\0' &&
		!text_equals(g->title, text)) {
		group_tell_chat(g, OUTGOING_RENAMED,
			g->title != NULL ? g->title : g->subject,
			"The group is called now: ", text);
		group_name(g, text);
	}
	xstrset(&g->subject, text);
	group_keep(g);
	gw_room_subject(r, text, group_own_nick(g), 0);
	errand_await(e, subject_back);
}
