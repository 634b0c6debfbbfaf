#include "gateways/kit/fake_kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"

struct thing {
	struct list link;
	char *account, *name;
	void *data;
	size_t len;
};

/* A call of the gateway: one of the texts, or it kept something. */
struct call {
	struct list link;
	struct gw_session *session;
	uint64_t token;
	char *prefix;     /* to be recalled */
	char *network_id; /* to be settled */
	bool ok;
};

static void thing_free(struct thing *t)
{
	list_remove(&t->link);
	xfree(t->account);
	xfree(t->name);
	xfree(t->data);
	xfree(t);
}

static int compare(const struct thing *t, const char *account, const char *name)
{
	int order = strcmp(t->account, account);

	return order != 0 ? order : strcmp(t->name, name);
}

static struct thing *find(
	const struct fake_kept *k, const char *account, const char *name)
{
	list_for_each(it, &k->things) {
		struct thing *t = CONTAINER(it, struct thing, link);

		if (compare(t, account, name) == 0)
			return t;
	}
	return NULL;
}

static void put(
	struct fake_kept *k, const char *account, const struct gw_kept *item)
{
	struct thing *t = find(k, account, item->name);
	struct list *at = &k->things;

	if (t != NULL)
		thing_free(t);
	if (item->data == NULL)
		return;
	while (at->next != &k->things &&
		compare(CONTAINER(at->next, struct thing, link), account,
			item->name) < 0)
		at = at->next;
	t = xalloc(sizeof(*t));
	t->account = xstrdup(account);
	t->name = xstrdup(item->name);
	t->data = xcalloc(item->len + 1, 1);
	memcpy(t->data, item->data, item->len);
	t->len = item->len;
	list_insert(at, &t->link);
}

static bool begins_with(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* --- Services ------------------------------------------------------------ */

static struct call *call_later(
	struct gw_session *s, uint64_t token, const char *prefix)
{
	struct fake_kept *k = fake_kept_of(s);
	struct call *c = xalloc(sizeof(*c));

	c->session = s;
	c->token = token;
	c->prefix = prefix != NULL ? xstrdup(prefix) : NULL;
	c->ok = !k->is_failing;
	list_append(&k->calls, &c->link);
	deferred_start(&k->answer);
	return c;
}

void fake_settle_later(struct gw_session *s, const char *network_id)
{
	if (!fake_kept_of(s)->holds_settled)
		call_later(s, 0, NULL)->network_id = xstrdup(network_id);
}

/* Of gw_keep(). */
static bool is_keep(const struct call *c)
{
	return c->prefix == NULL && c->network_id == NULL;
}

static void check(bool good, const char *rule)
{
	if (good)
		return;
	fprintf(stderr, "fake core: %s\n", rule);
	abort();
}

static void check_name(const char *name)
{
	size_t len = strlen(name);

	check(len <= LIMIT_KEPT_NAME, "a name of what is kept is too long");
	for (size_t i = 0; i < len; i++)
		check(name[i] > ' ' && name[i] <= '~',
			"a name of what is kept is not printable ASCII");
}

void gw_keep(struct gw_session *s, const struct gw_kept *items, size_t count,
	uint64_t token)
{
	struct fake_kept *k = fake_kept_of(s);
	char line[LIMIT_KEPT_NAME + 16];

	check(token == 0 || s->gw->ops->kept != NULL, "ops->kept is missing");
	for (size_t i = 0; i < count; i++) {
		check_name(items[i].name);
		check(items[i].name[0] != '\0', "kept without a name");
		check(items[i].len <= LIMIT_KEPT, "too much to be kept");
		check(items[i].days >= 0, "kept for less than nothing");
		text_format(line, sizeof(line), "keep %s%s", items[i].name,
			items[i].data != NULL ? "" : " (no longer)");
		fake_note(s, line);
		if (!k->is_failing && k->keeping != FAKE_KEEPS_NOT)
			put(k, s->account, &items[i]);
	}
	if (token == 0)
		return;
	struct call *c = call_later(s, token, NULL);

	c->ok = c->ok && k->keeping != FAKE_KEEPS_NOT;
}

void gw_recall(struct gw_session *s, const char *prefix, uint64_t token)
{
	fake_check_open(s, "gw_recall");
	check(s->gw->ops->recalled != NULL, "ops->recalled is missing");
	check_name(prefix);
	call_later(s, token, prefix);
}

void gw_forget(struct gw_session *s, const char *prefix)
{
	struct fake_kept *k = fake_kept_of(s);
	char line[LIMIT_KEPT_NAME + 16];

	check_name(prefix);
	text_format(line, sizeof(line), "forget %s", prefix);
	fake_note(s, line);
	list_for_each_safe(it, &k->things) {
		struct thing *t = CONTAINER(it, struct thing, link);

		if (strcmp(t->account, s->account) == 0 &&
			begins_with(t->name, prefix))
			thing_free(t);
	}
}

/* --- Answers ------------------------------------------------------------- */

/* The gateway may keep and forget while it hears. */
static void tell_recalled(struct fake_kept *k, const struct call *c)
{
	const struct gateway_ops *ops = c->session->gw->ops;
	char after[LIMIT_KEPT_NAME + 1] = "";
	struct thing *next;

	do {
		next = NULL;
		list_for_each(it, &k->things) {
			struct thing *t = CONTAINER(it, struct thing, link);

			if (next == NULL &&
				strcmp(t->account, c->session->account) == 0 &&
				begins_with(t->name, c->prefix) &&
				strcmp(t->name, after) > 0)
				next = t;
		}
		if (next == NULL)
			break;
		text_copy(after, sizeof(after), next->name);
		void *data = xcalloc(next->len + 1, 1);
		memcpy(data, next->data, next->len);
		ops->recalled(
			c->session, c->token, after, data, next->len, true);
		xfree(data);
	} while (true);
	ops->recalled(c->session, c->token, NULL, NULL, 0, true);
}

static void call_free(struct call *c)
{
	list_remove(&c->link);
	xfree(c->prefix);
	xfree(c->network_id);
	xfree(c);
}

static struct call *next_call(const struct fake_kept *k)
{
	list_for_each(it, &k->calls) {
		struct call *c = CONTAINER(it, struct call, link);

		if (k->keeping != FAKE_KEEPS_LATER || !is_keep(c))
			return c;
	}
	return NULL;
}

static void answer_all(void *arg)
{
	struct fake_kept *k = arg;

	struct call *c;

	while ((c = next_call(k)) != NULL) {
		struct call now = *c;

		c->prefix = c->network_id = NULL;
		call_free(c);
		if (now.network_id != NULL)
			now.session->gw->ops->settled(
				now.session, now.network_id, now.ok);
		else if (now.prefix == NULL)
			now.session->gw->ops->kept(
				now.session, now.token, now.ok);
		else if (now.ok)
			tell_recalled(k, &now);
		else
			now.session->gw->ops->recalled(
				now.session, now.token, NULL, NULL, 0, false);
		xfree(now.prefix);
		xfree(now.network_id);
	}
}

/* --- Life ---------------------------------------------------------------- */

void fake_kept_init(struct fake_kept *k, struct loop *loop)
{
	list_init(&k->things);
	list_init(&k->calls);
	deferred_init(&k->answer, loop, "fake store", answer_all, k);
}

void fake_kept_finish(struct fake_kept *k)
{
	deferred_stop(&k->answer);
	list_for_each_safe(it, &k->calls)
		call_free(CONTAINER(it, struct call, link));
	list_for_each_safe(it, &k->things)
		thing_free(CONTAINER(it, struct thing, link));
}

void fake_kept_close(struct fake_kept *k, const struct gw_session *s)
{
	list_for_each_safe(it, &k->calls) {
		struct call *c = CONTAINER(it, struct call, link);

		if (c->session == s)
			call_free(c);
	}
}

void fake_keep(struct gw_session *s, const char *name, const char *text)
{
	const struct gw_kept item = { .name = name,
		.data = text,
		.len = text != NULL ? strlen(text) : 0 };

	put(fake_kept_of(s), s->account, &item);
}

const void *fake_kept(
	const struct gw_session *s, const char *name, size_t *len_r)
{
	const struct thing *t = find(fake_kept_of(s), s->account, name);

	if (len_r != NULL)
		*len_r = t != NULL ? t->len : 0;
	return t != NULL ? t->data : NULL;
}

void fake_hold_settled(struct gw_session *s, bool on)
{
	fake_kept_of(s)->holds_settled = on;
}

void fake_fail_store(struct gw_session *s, bool on)
{
	fake_kept_of(s)->is_failing = on;
}

void fake_keeping(struct gw_session *s, enum fake_keeping how)
{
	struct fake_kept *k = fake_kept_of(s);

	k->keeping = how;
	deferred_start(&k->answer);
}
