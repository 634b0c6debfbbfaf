#include "email/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "email/names.h"
#include "email/outbox.h"
#include "email_wire/address.h"
#include "email_wire/record.h"

/* A display name that would be a bad nick is cut. */
#define NICK_MAX 60

/* People of a list whose nicks are kept. */
#define AUTHORS_MAX 500

struct waiter {
	struct list link; /* group->waiting, or session->group_calls */
	struct email_session *session;
	group_fn fn;
	void *arg;
	char *name; /* of the room looked for */
	struct group *group;
	struct arena arena;          /* of the people */
	struct mail_address *people; /* to make it of */
	size_t count;
	char *title, *post, *chat_id;
	bool found;
};

enum {
	G_TITLE = 1,
	G_POST,
	G_SUBJECT,
	G_ADDRESS, /* begins a member */
	G_NICK,
	G_CHAT_ID,
};

/* --- Members ------------------------------------------------------------- */

static struct group_member *find_member(
	const struct group *g, const char *address)
{
	for (size_t i = 0; i < g->count; i++)
		if (address_equals(g->members[i].address, address))
			return &g->members[i];
	return NULL;
}

static const char *own_nick(const struct email_session *s)
{
	const char *name = gw_setting(s->session, "name");

	return name[0] != '\0' ? name : email_own_address(s);
}

static bool nick_is_taken(const struct group *g, const char *nick)
{
	if (strcmp(nick, own_nick(g->session)) == 0)
		return true;
	for (size_t i = 0; i < g->count; i++)
		if (text_equals(g->members[i].nick, nick))
			return true;
	return false;
}

/* The name, or the local part, or the whole address: the first that is free
 * and says nothing wrong. */
static char *choose_nick(const struct group *g, const struct mail_address *who)
{
	char nick[NICK_MAX + 1];

	if (who->name != NULL && strchr(who->name, '@') == NULL) {
		text_copy(nick, sizeof(nick), who->name);
		if (nick[0] != '\0' && !nick_is_taken(g, nick))
			return xstrdup(nick);
	}
	text_format(nick, sizeof(nick), "%.*s", (int)strcspn(who->address, "@"),
		who->address);
	if (!nick_is_taken(g, nick))
		return xstrdup(nick);
	return xstrdup(who->address);
}

static struct group_member *add_member(
	struct group *g, const char *address, char *nick)
{
	g->members = xrealloc(g->members, g->count + 1, sizeof(g->members[0]));
	struct group_member *m = &g->members[g->count++];

	m->address = xstrdup(address);
	m->nick = nick;
	return m;
}

static void drop_member(struct group *g, size_t i)
{
	xfree(g->members[i].address);
	xfree(g->members[i].nick);
	g->members[i] = g->members[--g->count];
}

static void show_member(const struct group *g, const struct group_member *m)
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

static void show_gone(const struct group *g, const char *nick)
{
	const struct gw_gone gone = { .nick = nick, .how = GW_LEFT };

	if (g->room != NULL)
		gw_room_gone(g->room, &gone);
}

const char *group_author(struct group *g, const struct mail_address *from)
{
	struct group_member *m = find_member(g, from->address);

	if (m != NULL)
		return m->nick;
	if (group_is_list(g) && g->count >= AUTHORS_MAX) {
		show_gone(g, g->members[0].nick);
		drop_member(g, 0);
	}
	m = add_member(g, from->address, choose_nick(g, from));
	show_member(g, m);
	return m->nick;
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
	return find_member(g, address) != NULL;
}

void group_empty(struct group *g)
{
	while (g->count > 0) {
		show_gone(g, g->members[0].nick);
		drop_member(g, 0);
	}
	group_keep(g);
}

void group_reach(struct group *g, const struct mail_address *people,
	size_t count, struct str *news)
{
	for (size_t i = 0; i < count; i++) {
		if (find_member(g, people[i].address) != NULL)
			continue;
		struct group_member *m = add_member(
			g, people[i].address, choose_nick(g, &people[i]));

		str_addf(news, "%s%s <%s> was added.",
			news->len > 0 ? "\n" : "", m->nick, m->address);
		show_member(g, m);
	}
	for (size_t i = g->count; i > 0; i--) {
		const struct group_member *m = &g->members[i - 1];

		if (is_among(m->address, people, count))
			continue;
		str_addf(news, "%s%s <%s> was left out.",
			news->len > 0 ? "\n" : "", m->nick, m->address);
		show_gone(g, m->nick);
		drop_member(g, i - 1);
	}
}

/* --- Keeping ------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A hash of who is in it, whatever the order, and of whose mailbox. */
static void people_id(const struct email_session *s,
	const struct mail_address *people, size_t count,
	char out[MEMORY_ID_SIZE])
{
	char(*sorted)[ADDRESS_MAX + 1] = xcalloc(count + 1, sizeof(*sorted));
	struct str all = { .max = (GROUP_MAX + 2) * (ADDRESS_MAX + 2) };

	for (size_t i = 0; i < count; i++)
		if (!email_person_name(
			    people[i].address, sorted[i], sizeof(sorted[i])))
			sorted[i][0] = '\0';
	qsort(sorted, count, sizeof(*sorted), by_text);
	str_add(&all, email_own_address(s));
	for (size_t i = 0; i < count; i++)
		str_addf(&all, "\n%s", sorted[i]);
	memory_id(str_text(&all), out);
	str_finish(&all);
	xfree(sorted);
}

/* Names of rooms can be anything, those of what is kept cannot. */
static void kept_name(const char *room, char out[MEMORY_NAME_SIZE])
{
	char id[MEMORY_ID_SIZE];

	memory_id(room, id);
	text_format(out, MEMORY_NAME_SIZE, "g/%s", id);
}

void group_keep(struct group *g)
{
	struct str data = { .max = LIMIT_KEPT };
	char name[MEMORY_NAME_SIZE], people[MEMORY_NAME_SIZE];
	char id[MEMORY_ID_SIZE];
	struct mail_address *all = xcalloc(g->count + 1, sizeof(*all));
	size_t count = 1;

	record_put_text(&data, G_TITLE, g->title);
	record_put_text(&data, G_POST, g->post);
	record_put_text(&data, G_SUBJECT, g->subject);
	record_put_text(&data, G_CHAT_ID, g->chat_id);
	for (size_t i = 0; i < g->count; i++) {
		record_put_text(&data, G_ADDRESS, g->members[i].address);
		record_put_text(&data, G_NICK, g->members[i].nick);
		all[i].address = g->members[i].address;
	}
	kept_name(g->name, name);
	struct gw_kept items[2] = { { name, data.data, data.len, 0 } };

	if (!group_is_list(g) && g->chat_id == NULL && g->count <= GROUP_MAX) {
		people_id(g->session, all, g->count, id);
		text_format(people, sizeof(people), "p/%s", id);
		items[count++] =
			(struct gw_kept){ people, g->name, strlen(g->name), 0 };
	}
	memory_keep(g->session->memory, items, count, NULL, NULL);
	str_finish(&data);
	xfree(all);
}

static char *text_of(struct slice value)
{
	char *text = xalloc(value.len + 1);

	if (value.len > 0)
		memcpy(text, value.data, value.len);
	return text;
}

static void load(struct group *g, struct slice data)
{
	uint8_t field;
	struct slice value;

	while (record_next(&data, &field, &value)) {
		char *text = text_of(value);
		char **slot = NULL;

		switch (field) {
		case G_TITLE:
			slot = &g->title;
			break;
		case G_POST:
			slot = &g->post;
			break;
		case G_SUBJECT:
			slot = &g->subject;
			break;
		case G_CHAT_ID:
			slot = &g->chat_id;
			break;
		case G_ADDRESS:
			add_member(g, text, xstrdup(text));
			break;
		case G_NICK:
			if (g->count > 0)
				slot = &g->members[g->count - 1].nick;
			break;
		default:
			break;
		}
		if (slot != NULL)
			xstrset(slot, text);
		xfree(text);
	}
}

bool group_is_list(const struct group *g)
{
	return strncmp(g->name, NAME_LIST, strlen(NAME_LIST)) == 0;
}

/* --- Life ---------------------------------------------------------------- */

static struct group *known(const struct email_session *s, const char *name)
{
	list_for_each(it, &s->groups) {
		struct group *g = CONTAINER(it, struct group, link);

		if (strcmp(g->name, name) == 0)
			return g;
	}
	return NULL;
}

static struct group *make(struct email_session *s, const char *name)
{
	struct group *g = xalloc(sizeof(*g));

	g->session = s;
	g->name = xstrdup(name);
	list_init(&g->waiting);
	list_append(&s->groups, &g->link);
	return g;
}

static void waiter_free(struct waiter *w)
{
	list_remove(&w->link);
	memory_forget_calls(w->session->memory, w);
	arena_finish(&w->arena);
	xfree(w->name);
	xfree(w->title);
	xfree(w->post);
	xfree(w->chat_id);
	xfree(w);
}

static void group_free(struct group *g)
{
	list_remove(&g->link);
	while (!list_is_empty(&g->waiting))
		waiter_free(CONTAINER(g->waiting.next, struct waiter, link));
	while (g->count > 0)
		drop_member(g, g->count - 1);
	xfree(g->members);
	xfree(g->name);
	xfree(g->title);
	xfree(g->post);
	xfree(g->subject);
	xfree(g->chat_id);
	xfree(g);
}

void group_free_all(struct email_session *s)
{
	while (!list_is_empty(&s->group_calls))
		waiter_free(
			CONTAINER(s->group_calls.next, struct waiter, link));
	while (!list_is_empty(&s->groups))
		group_free(CONTAINER(s->groups.next, struct group, link));
}

void group_forget_calls(struct email_session *s, void *arg)
{
	list_for_each_safe(it, &s->group_calls) {
		struct waiter *w = CONTAINER(it, struct waiter, link);

		if (w->arg == arg)
			waiter_free(w);
	}
	list_for_each(g, &s->groups) {
		struct group *group = CONTAINER(g, struct group, link);

		list_for_each_safe(it, &group->waiting) {
			struct waiter *w = CONTAINER(it, struct waiter, link);

			if (w->arg == arg)
				waiter_free(w);
		}
	}
}

/* --- Finding ------------------------------------------------------------- */

static struct waiter *new_waiter(
	struct email_session *s, const char *name, group_fn fn, void *arg)
{
	struct waiter *w = xalloc(sizeof(*w));

	w->session = s;
	w->fn = fn;
	w->arg = arg;
	arena_init(&w->arena, 256 * KIB);
	xstrset(&w->name, name);
	list_append(&s->group_calls, &w->link);
	return w;
}

static void answer(struct waiter *w, struct group *g)
{
	group_fn fn = w->fn;
	void *arg = w->arg;

	waiter_free(w);
	fn(g, arg);
}

/* There is none of that name: made, if somebody says of what. */
static struct group *make_wanted(struct waiter *w)
{
	if (w->people == NULL && w->title == NULL && w->post == NULL)
		return NULL;
	struct group *g = make(w->session, w->name);

	xstrset(&g->title, w->title);
	xstrset(&g->post, w->post);
	xstrset(&g->chat_id, w->chat_id);
	for (size_t i = 0; i < w->count; i++)
		if (find_member(g, w->people[i].address) == NULL)
			add_member(g, w->people[i].address,
				choose_nick(g, &w->people[i]));
	group_keep(g);
	return g;
}

static void on_group(const char *name, struct slice data, bool ok, void *arg)
{
	struct waiter *w = arg;
	struct group *g = known(w->session, w->name);

	if (name != NULL) {
		if (g == NULL)
			load(make(w->session, w->name), data);
		return;
	}
	if (g == NULL && ok)
		g = make_wanted(w);
	answer(w, g);
}

static void look_for(struct waiter *w)
{
	char kept[MEMORY_NAME_SIZE];

	kept_name(w->name, kept);
	memory_recall_one(w->session->memory, kept, on_group, w);
}

void group_find(
	struct email_session *s, const char *name, group_fn fn, void *arg)
{
	struct group *g = known(s, name);

	if (g != NULL)
		fn(g, arg);
	else
		look_for(new_waiter(s, name, fn, arg));
}

static void on_people(const char *name, struct slice data, bool ok, void *arg)
{
	struct waiter *w = arg;

	if (name != NULL) {
		xfree(w->name);
		w->name = text_of(data);
		w->found = true;
	} else if (!ok) {
		answer(w, NULL);
	} else {
		look_for(w);
	}
}

static void copy_people(
	struct waiter *w, const struct mail_address *people, size_t count)
{
	w->people = arena_alloc(&w->arena, (count + 1) * sizeof(*w->people));
	for (size_t i = 0; w->people != NULL && i < count; i++) {
		const char *whose = people[i].name;

		w->people[i].address =
			arena_copy(&w->arena, slice_of(people[i].address));
		if (whose != NULL)
			w->people[i].name =
				arena_copy(&w->arena, slice_of(whose));
		w->count++;
	}
}

void group_of_people(struct email_session *s, const struct mail_address *people,
	size_t count, group_fn fn, void *arg)
{
	char id[MEMORY_ID_SIZE], name[MEMORY_NAME_SIZE];

	people_id(s, people, count, id);
	text_format(name, sizeof(name), NAME_GROUP "%.20s", id);
	struct waiter *w = new_waiter(s, name, fn, arg);

	copy_people(w, people, count);
	text_format(name, sizeof(name), "p/%s", id);
	memory_recall_one(s->memory, name, on_people, w);
}

void group_of_chat(struct email_session *s, const char *chat_id,
	const char *title, const struct mail_address *people, size_t count,
	group_fn fn, void *arg)
{
	struct str text = { .max = 4 * KIB };
	char id[MEMORY_ID_SIZE], name[MEMORY_NAME_SIZE];

	str_addf(&text, "chat\n%s\n%s", email_own_address(s), chat_id);
	memory_id(str_text(&text), id);
	str_finish(&text);
	text_format(name, sizeof(name), NAME_GROUP "%.20s", id);
	struct waiter *w = new_waiter(s, name, fn, arg);

	xstrset(&w->chat_id, chat_id);
	xstrset(&w->title, title);
	copy_people(w, people, count);
	look_for(w);
}

void group_of_list(struct email_session *s, const char *list_id,
	const char *title, const char *post, group_fn fn, void *arg)
{
	char name[GW_NAME_SIZE];

	text_format(name, sizeof(name), NAME_LIST "%s", list_id);
	for (char *p = name; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	struct waiter *w = new_waiter(s, name, fn, arg);

	xstrset(&w->title, title != NULL ? title : list_id);
	xstrset(&w->post, post);
	look_for(w);
}

/* --- Rooms --------------------------------------------------------------- */

void group_enter(struct group *g, const char *words, group_fn fn, void *arg)
{
	struct waiter *w = new_waiter(g->session, NULL, fn, arg);

	gw_room_open(g->session->session, g->name, words);
	if (g->room != NULL) {
		answer(w, g);
		return;
	}
	list_remove(&w->link);
	list_append(&g->waiting, &w->link);
}

static void show_info(const struct group *g)
{
	const struct gw_room_info info = {
		.flags = GW_ROOM_HIDDEN | GW_ROOM_MEMBERS_ONLY,
		.detail = group_is_list(g) ? g->title : NULL,
		.title = g->title,
	};

	if (g->room != NULL)
		gw_room_info(g->room, &info);
}

void group_name(struct group *g, const char *title)
{
	if (text_equals(g->title, title))
		return;
	xstrset(&g->title, title);
	group_keep(g);
	show_info(g);
}

/* Shows all and tells who waited. */
static void entered(struct group *g)
{
	struct gw_room *r = g->room;
	const struct gw_occupant self = {
		.nick = own_nick(g->session),
		.person = email_own_address(g->session),
		.stable = email_own_address(g->session),
		.role = GW_MODERATOR,
		.affiliation = GW_ADMIN,
		.show = GW_AVAILABLE,
	};

	for (size_t i = 0; i < g->count; i++)
		show_member(g, &g->members[i]);
	gw_room_occupant(r, &self);
	show_info(g);
	if (g->subject != NULL)
		gw_room_subject(r, g->subject, NULL, 0);
	gw_room_joined(r, self.nick);
	while (!list_is_empty(&g->waiting))
		answer(CONTAINER(g->waiting.next, struct waiter, link), g);
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
	(void)nick, (void)password;
	group_find(email_session_of(r->session), r->name, found_for_room, r);
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

/* Delta Chat has the list of members, and its name, in all programs alike;
 * people in other groups hear nothing of such things. */
static void tell_chat(struct group *g, enum outgoing_kind kind,
	const char *value, const char *words, const char *name)
{
	char text[600];

	if (g->chat_id == NULL)
		return;
	text_format(text, sizeof(text), "%s%s", words, name);
	const struct special news = {
		.kind = kind, .value = value, .text = text
	};

	email_outbox_special(g->session->outbox, g->name, true, &news);
}

void email_invite(struct gw_room *r, gw_request request, const char *person,
	const char *reason)
{
	struct group *g = r->impl;
	const struct mail_address who = { NULL, person };

	(void)reason;
	if (g == NULL || group_is_list(g)) {
		gw_fail(r->session, request, GW_NOT_ALLOWED,
			"Nobody can be added to a mailing list from here.");
		return;
	}
	if (!address_is_valid(slice_of(person))) {
		gw_fail(r->session, request, GW_BAD_ADDRESS,
			"This is not a mail address.");
		return;
	}
	if (g->count >= GROUP_MAX) {
		gw_fail(r->session, request, GW_FULL,
			"There are too many people in this group.");
		return;
	}
	group_author(g, &who);
	group_keep(g);
	tell_chat(g, OUTGOING_ADDED, person, "Member added: ", person);
	gw_done(r->session, request, NULL);
}

void email_moderate(
	struct gw_room *r, gw_request request, const struct gw_moderation *m)
{
	struct group *g = r->impl;
	bool drops = m->verb == GW_SET_ROLE ? m->role == GW_ROLE_NONE
					    : m->affiliation <= GW_NONE;

	if (g == NULL || group_is_list(g) || !drops) {
		gw_fail(r->session, request, GW_NOT_ALLOWED,
			"People of a group can only be left out.");
		return;
	}
	for (size_t i = 0; i < g->count; i++) {
		char person[ADDRESS_MAX + 1];
		const struct group_member *who = &g->members[i];

		if (!email_person_name(who->address, person, sizeof(person)) ||
			!(text_equals(who->nick, m->nick) ||
				text_equals(person, m->person)))
			continue;
		const struct gw_gone gone = {
			.nick = who->nick, .how = GW_KICKED, .text = m->reason
		};

		gw_room_gone(r, &gone);
		drop_member(g, i);
		group_keep(g);
		tell_chat(g, OUTGOING_REMOVED, person,
			"Member removed: ", person);
		gw_done(r->session, request, NULL);
		return;
	}
	gw_fail(r->session, request, GW_NO_SUCH, "He is not in this group.");
}

void email_set_subject(struct gw_room *r, gw_request request, const char *text)
{
	struct group *g = r->impl;

	if (g == NULL)
		return;
	if (g->chat_id != NULL && text[0] != '\0' &&
		!text_equals(g->title, text)) {
		tell_chat(g, OUTGOING_RENAMED, g->title,
			"The group is called now: ", text);
		group_name(g, text);
	}
	xstrset(&g->subject, text);
	group_keep(g);
	gw_room_subject(r, text, own_nick(g->session), 0);
	gw_done(r->session, request, NULL);
}
