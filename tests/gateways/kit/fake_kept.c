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
	struct gw *gw;
	struct gw_session *session; /* NULL: it is about what is its own */
	uint64_t token;
	char *prefix;     /* to be recalled */
	char *network_id; /* to be settled */
	bool ok;
};

/* Whose it is that is the gateway's own: nobody is called so. */
#define OWN "\001"

/* Accounts of two users may have the same name. Until the next call. */
static const char *owner_of(const struct gw_session *s)
{
	static char owner[2 * GW_ACCOUNT_SIZE];

	text_format(owner, sizeof(owner), "%s\n%s", s->user, s->account);
	return owner;
}

#define LINE_SIZE (LIMIT_KEPT_NAME + 32)

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

static struct call *add_call(struct fake_kept *k, struct gw *gw,
	struct gw_session *s, uint64_t token, const char *prefix)
{
	struct call *c = xalloc(sizeof(*c));

	c->gw = gw;
	c->session = s;
	c->token = token;
	c->prefix = prefix != NULL ? xstrdup(prefix) : NULL;
	c->ok = !k->is_failing;
	list_append(&k->calls, &c->link);
	deferred_start(&k->answer);
	return c;
}

static struct call *call_later(
	struct gw_session *s, uint64_t token, const char *prefix)
{
	return add_call(fake_kept_of(s), s->gw, s, token, prefix);
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

/* What all calls of the gateway that keep have in common. */
static void keep_item(
	struct fake_kept *k, const char *account, const struct gw_kept *item)
{
	check_name(item->name);
	check(item->name[0] != '\0', "kept without a name");
	check(item->len <= LIMIT_KEPT, "too much to be kept");
	check(item->days >= 0, "kept for less than nothing");
	if (!k->is_failing && k->keeping != FAKE_KEEPS_NOT)
		put(k, account, item);
}

static void describe(
	const struct gw_kept *item, const char *verb, char line[LINE_SIZE])
{
	text_format(line, LINE_SIZE, "%s %s%s", verb, item->name,
		item->data != NULL ? "" : " (no longer)");
}

void gw_keep(struct gw_session *s, const struct gw_kept *items, size_t count,
	uint64_t token)
{
	struct fake_kept *k = fake_kept_of(s);
	char line[LINE_SIZE];

	check(token == 0 || s->gw->ops->kept != NULL, "ops->kept is missing");
	for (size_t i = 0; i < count; i++) {
		keep_item(k, owner_of(s), &items[i]);
		describe(&items[i], "keep", line);
		fake_note(s, line);
	}
	if (token == 0)
		return;
	struct call *c = call_later(s, token, NULL);

	c->ok = c->ok && k->keeping != FAKE_KEEPS_NOT;
}

void gw_own_keep(struct gw *gw, const struct gw_kept *items, size_t count,
	uint64_t token)
{
	struct fake_kept *k = fake_kept_of_gw(gw);
	char line[LINE_SIZE];

	check(token == 0 || gw->ops->own_kept != NULL,
		"ops->own_kept is missing");
	for (size_t i = 0; i < count; i++) {
		keep_item(k, OWN, &items[i]);
		describe(&items[i], "own-keep", line);
		fake_note_gw(gw, line);
	}
	if (token == 0)
		return;
	struct call *c = add_call(k, gw, NULL, token, NULL);

	c->ok = c->ok && k->keeping != FAKE_KEEPS_NOT;
}

void gw_own_recall(struct gw *gw, const char *prefix, uint64_t token)
{
	check(gw->ops->own_recalled != NULL, "ops->own_recalled is missing");
	check_name(prefix);
	add_call(fake_kept_of_gw(gw), gw, NULL, token, prefix);
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
	char line[LINE_SIZE];

	check_name(prefix);
	text_format(line, sizeof(line), "forget %s", prefix);
	fake_note(s, line);
	list_for_each_safe(it, &k->things) {
		struct thing *t = CONTAINER(it, struct thing, link);

		if (strcmp(t->account, owner_of(s)) == 0 &&
			begins_with(t->name, prefix))
			thing_free(t);
	}
}

/* --- Answers ------------------------------------------------------------- */

static const char *account_of_call(const struct call *c)
{
	return c->session != NULL ? owner_of(c->session) : OWN;
}

static void tell_one(const struct call *c, const char *name, const void *data,
	size_t len, bool ok)
{
	if (c->session != NULL)
		c->gw->ops->recalled(c->session, c->token, name, data, len, ok);
	else
		c->gw->ops->own_recalled(c->gw, c->token, name, data, len, ok);
}

/* The first of those it is about that comes behind `after`. */
static const struct thing *next_thing(
	const struct fake_kept *k, const struct call *c, const char *after)
{
	list_for_each(it, &k->things) {
		const struct thing *t = CONTAINER(it, struct thing, link);

		if (strcmp(t->account, account_of_call(c)) == 0 &&
			begins_with(t->name, c->prefix) &&
			strcmp(t->name, after) > 0)
			return t;
	}
	return NULL;
}

/* The gateway may keep and forget while it hears. */
static void tell_recalled(struct fake_kept *k, const struct call *c)
{
	char after[LIMIT_KEPT_NAME + 1] = "";
	const struct thing *next;

	while ((next = next_thing(k, c, after)) != NULL) {
		text_copy(after, sizeof(after), next->name);
		size_t len = next->len;
		void *data = xcalloc(len + 1, 1);
		memcpy(data, next->data, len);
		tell_one(c, after, data, len, true);
		xfree(data);
	}
	tell_one(c, NULL, NULL, 0, true);
}

static void tell_kept(const struct call *c)
{
	if (c->session != NULL)
		c->gw->ops->kept(c->session, c->token, c->ok);
	else
		c->gw->ops->own_kept(c->gw, c->token, c->ok);
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
			now.gw->ops->settled(
				now.session, now.network_id, now.ok);
		else if (now.prefix == NULL)
			tell_kept(&now);
		else if (now.ok)
			tell_recalled(k, &now);
		else
			tell_one(&now, NULL, NULL, 0, false);
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
	fake_kept_stop(k);
	list_for_each_safe(it, &k->things)
		thing_free(CONTAINER(it, struct thing, link));
}

void fake_kept_stop(struct fake_kept *k)
{
	list_for_each_safe(it, &k->calls)
		call_free(CONTAINER(it, struct call, link));
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

	put(fake_kept_of(s), owner_of(s), &item);
}

const void *fake_kept(
	const struct gw_session *s, const char *name, size_t *len_r)
{
	const struct thing *t = find(fake_kept_of(s), owner_of(s), name);

	if (len_r != NULL)
		*len_r = t != NULL ? t->len : 0;
	return t != NULL ? t->data : NULL;
}

void fake_own_keep(
	struct fake_core *core, const char *name, const void *data, size_t len)
{
	const struct gw_kept item = { .name = name, .data = data, .len = len };

	put(fake_kept_of_gw(fake_core_gw(core)), OWN, &item);
}

const void *fake_own_kept(
	struct fake_core *core, const char *name, size_t *len_r)
{
	const struct thing *t =
		find(fake_kept_of_gw(fake_core_gw(core)), OWN, name);

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
