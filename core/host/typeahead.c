/*
 * Lines typed ahead: a list that exists only while there are some.
 */
#include "host/typeahead.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "host/command.h"
#include "host/gateway.h"

struct typeahead {
	struct user *user;
	struct deferred read;
	struct list lines; /* struct line.link */
	unsigned count;
};

struct line {
	struct list link;
	char *from;
	char *text;
};

static struct line *take_first(struct typeahead *t)
{
	struct line *l = CONTAINER(t->lines.next, struct line, link);
	list_remove(&l->link);
	t->count--;
	return l;
}

/* It may have been a password. */
static void line_free(struct line *l)
{
	crypto_wipe(l->text, strlen(l->text));
	xfree(l->text);
	xfree(l->from);
	xfree(l);
}

void typeahead_clear(struct user *u)
{
	struct typeahead *t = u->typed;
	if (t == NULL)
		return;
	u->typed = NULL;
	while (!list_is_empty(&t->lines))
		line_free(take_first(t));
	deferred_stop(&t->read);
	xfree(t);
}

/* One line; the next one in a callback of its own, if this user is still
 * there then. */
static void read_line(void *arg)
{
	struct typeahead *t = arg;
	struct user *u = t->user;
	if (!chat_is_ready(u))
		return;
	struct line *l = take_first(t);
	if (t->count == 0)
		typeahead_clear(u);
	else
		deferred_start(&t->read);
	chat_typed(u, l->from, l->text);
	line_free(l);
}

static struct typeahead *get(struct user *u)
{
	if (u->typed == NULL) {
		struct typeahead *t = xalloc(sizeof(*t));
		t->user = u;
		list_init(&t->lines);
		deferred_init(&t->read, u->gateway->host->loop,
			"read what was typed ahead", read_line, t);
		u->typed = t;
	}
	return u->typed;
}

bool typeahead_add(struct user *u, const char *from, const char *line)
{
	struct typeahead *t = get(u);
	if (t->count >= LIMIT_TYPEAHEAD)
		return false;
	struct line *l = xalloc(sizeof(*l));
	l->from = xstrdup(from);
	l->text = xstrdup(line);
	list_append(&t->lines, &l->link);
	t->count++;
	return true;
}

void typeahead_resume(struct user *u)
{
	if (u->typed != NULL)
		deferred_start(&u->typed->read);
}
