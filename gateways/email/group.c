#include "email/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "email/group_private.h"
#include "email/names.h"
#include "email_wire/address.h"
#include "email_wire/record.h"

/* What of a title tells groups apart. */
#define TITLE_MAX 500

enum {
	G_TITLE = 1,
	G_POST,
	G_SUBJECT,
	G_ADDRESS, /* begins a member */
	G_NICK,
	G_CHAT_ID,
};

/* --- Keeping ------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A hash of who is in it, whatever the order, of whose mailbox, and of what
 * they call it, or NULL. */
static void people_id(const struct email_session *s,
	const struct mail_address *people, size_t count, const char *title,
	char out[MEMORY_ID_SIZE])
{
	char(*sorted)[ADDRESS_MAX + 1] = xcalloc(count + 1, sizeof(*sorted));
	struct str all = { .max = (GROUP_MAX + 2) * (ADDRESS_MAX + 2) +
				  TITLE_MAX };

	for (size_t i = 0; i < count; i++)
		if (!email_person_name(
			    people[i].address, sorted[i], sizeof(sorted[i])))
			sorted[i][0] = '\0';
	qsort(sorted, count, sizeof(*sorted), by_text);
	str_add(&all, email_own_address(s));
	for (size_t i = 0; i < count; i++)
		str_addf(&all, "\n%s", sorted[i]);
	if (title != NULL)
		str_addf(&all, "\n\n%.*s", TITLE_MAX - 2, title);
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
		people_id(g->session, all, g->count, g->title, id);
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
			group_add_member(g,
				&(struct mail_address){ NULL, text },
				xstrdup(text));
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
	xfree(w->nick);
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
		group_drop_member(g, g->count - 1);
	xfree(g->members);
	xfree(g->name);
	xfree(g->title);
	xfree(g->post);
	xfree(g->subject);
	xfree(g->nick);
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

struct waiter *group_waiter_new(
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

/* The user's nick in it, unless somebody has it. */
static void name_user(struct group *g, const char *nick)
{
	if (g != NULL && nick != NULL && nick[0] != '\0' &&
		!group_nick_is_taken(g, nick))
		xstrset(&g->nick, nick);
}

void group_waiter_answer(struct waiter *w, struct group *g)
{
	group_fn fn = w->fn;
	void *arg = w->arg;

	name_user(g, w->nick);
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
		if (group_find_member(g, w->people[i].address) == NULL)
			group_add_member(g, &w->people[i], NULL);
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
	group_waiter_answer(w, g);
}

static void look_for(struct waiter *w)
{
	char kept[MEMORY_NAME_SIZE];

	kept_name(w->name, kept);
	memory_recall_one(w->session->memory, kept, on_group, w);
}

void group_find_as(struct email_session *s, const char *name, const char *nick,
	group_fn fn, void *arg)
{
	struct group *g = known(s, name);

	if (g != NULL) {
		name_user(g, nick);
		fn(g, arg);
		return;
	}
	struct waiter *w = group_waiter_new(s, name, fn, arg);

	xstrset(&w->nick, nick);
	look_for(w);
}

void group_find(
	struct email_session *s, const char *name, group_fn fn, void *arg)
{
	group_find_as(s, name, NULL, fn, arg);
}

static void on_people(const char *name, struct slice data, bool ok, void *arg)
{
	struct waiter *w = arg;

	if (name != NULL) {
		xfree(w->name);
		w->name = text_of(data);
	} else if (!ok) {
		group_waiter_answer(w, NULL);
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
	size_t count, const char *title, group_fn fn, void *arg)
{
	char id[MEMORY_ID_SIZE], name[MEMORY_NAME_SIZE];

	people_id(s, people, count, title, id);
	text_format(name, sizeof(name), NAME_GROUP "%.20s", id);
	struct waiter *w = group_waiter_new(s, name, fn, arg);

	xstrset(&w->title, title);
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
	struct waiter *w = group_waiter_new(s, name, fn, arg);

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
	struct waiter *w = group_waiter_new(s, name, fn, arg);

	xstrset(&w->title, title != NULL ? title : list_id);
	xstrset(&w->post, post);
	look_for(w);
}
