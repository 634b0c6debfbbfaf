#include "sms_law/sharing.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/pack.h"
#include "base/utf8.h"

#define DAY_MS         INT64_C(86400000)
/* Writing again so soon after is not worth a record. */
#define FRESH_MS       INT64_C(3600000)
/* A name is shown up to this. */
#define NAME_MAX_BYTES 32
#define RECORD_VERSION 2

/* What is said to him from now on is for nobody, as long as it may be. */
static void forget(struct sharing *t, size_t index)
{
	if (t->gone_ms < t->users[index].wrote_ms)
		t->gone_ms = t->users[index].wrote_ms;
	if (text_equals(t->chosen, t->users[index].user))
		xstrset(&t->chosen, NULL);
	xfree(t->users[index].user);
	xfree(t->users[index].account);
	t->users[index] = t->users[--t->count];
	t->users[t->count] = (struct sharing_user){ 0 };
}

void sharing_finish(struct sharing *t)
{
	while (t->count > 0)
		forget(t, t->count - 1);
	xfree(t->chosen);
	*t = (struct sharing){ 0 };
}

static struct sharing_user *find(struct sharing *t, const char *user)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->users[i].user, user) == 0)
			return &t->users[i];
	return NULL;
}

static struct sharing_user *add(struct sharing *t, const char *user)
{
	size_t oldest = 0;
	for (size_t i = 1; i < t->count; i++)
		if (t->users[i].wrote_ms < t->users[oldest].wrote_ms)
			oldest = i;
	if (t->count == SHARING_USERS)
		forget(t, oldest);
	struct sharing_user *u = &t->users[t->count++];
	u->user = xstrdup(user);
	return u;
}

bool sharing_wrote(struct sharing *t, const char *user, const char *account,
	int64_t wall_ms)
{
	struct sharing_user *u = find(t, user);
	bool is_chosen = text_equals(t->chosen, user);
	bool is_fresh = u != NULL && wall_ms - u->wrote_ms < FRESH_MS &&
			(t->chosen == NULL || is_chosen) &&
			text_equals(u->account, account);
	if (u == NULL)
		u = add(t, user);
	if (!is_fresh)
		u->wrote_ms = wall_ms;
	xstrset(&u->account, account);
	if (t->chosen != NULL && !is_chosen)
		xstrset(&t->chosen, NULL);
	return !is_fresh;
}

bool sharing_forget(struct sharing *t, const char *user, const char *account)
{
	struct sharing_user *u = find(t, user);
	if (u == NULL || (account != NULL && strcmp(u->account, account) != 0))
		return false;
	forget(t, (size_t)(u - t->users));
	return true;
}

/* --- Whose it is ---------------------------------------------------------- */

static bool is_late(int64_t wrote_ms, int64_t wall_ms)
{
	return wrote_ms + SHARING_DAYS * DAY_MS <= wall_ms;
}

bool sharing_is_recent(const struct sharing_user *u, int64_t wall_ms)
{
	return !is_late(u->wrote_ms, wall_ms);
}

static bool is_one_gone(const struct sharing *t, int64_t wall_ms)
{
	return t->gone_ms != 0 && !is_late(t->gone_ms, wall_ms);
}

enum sharing_route sharing_route(const struct sharing *t, int64_t wall_ms,
	const struct sharing_user **user_r)
{
	size_t recent = 0;
	for (size_t i = 0; i < t->count; i++) {
		const struct sharing_user *u = &t->users[i];
		if (!sharing_is_recent(u, wall_ms))
			continue;
		*user_r = u;
		if (text_equals(t->chosen, u->user))
			return SHARING_USER;
		recent++;
	}
	if (recent == 0)
		return SHARING_NOBODY;
	return recent == 1 && !is_one_gone(t, wall_ms) ? SHARING_USER
						       : SHARING_ASK;
}

/* --- Names ---------------------------------------------------------------- */

/* What a user is called: his JID's localpart. */
static struct slice name_of(const struct sharing_user *u)
{
	return slice_make(u->user, strcspn(u->user, "@"));
}

static bool is_called(const struct sharing_user *u, struct slice name)
{
	struct slice own = name_of(u);
	return own.len == name.len && own.len > 0 &&
	       strncasecmp(own.data, name.data, name.len) == 0;
}

/* The only one of that name who wrote lately; NULL: none, or several. */
static struct sharing_user *find_called(
	struct sharing *t, struct slice name, int64_t wall_ms)
{
	struct sharing_user *found = NULL;
	for (size_t i = 0; i < t->count; i++) {
		struct sharing_user *u = &t->users[i];
		if (!sharing_is_recent(u, wall_ms) || !is_called(u, name))
			continue;
		if (found != NULL)
			return NULL;
		found = u;
	}
	return found;
}

/* --- The question --------------------------------------------------------- */

static void put_name(struct str *out, const struct sharing_user *u, bool whole)
{
	struct slice name = whole ? slice_of(u->user) : name_of(u);
	size_t shown = utf8_prefix(name, whole ? 64 : NAME_MAX_BYTES);
	str_add_bytes(out, name.data, shown);
}

void sharing_ask(struct str *out, struct sharing *t, int64_t wall_ms)
{
	const char *before = "Who is your text for? Answer ";
	t->listed = 0;
	t->asked_ms = wall_ms;
	for (size_t i = 0; i < t->count; i++) {
		struct sharing_user *u = &t->users[i];
		u->listed = 0;
		if (!sharing_is_recent(u, wall_ms))
			continue;
		u->listed = ++t->listed;
		str_addf(out, "%s%d for ", before, u->listed);
		put_name(out, u, find_called(t, name_of(u), wall_ms) == NULL);
		before = ", ";
	}
	if (is_one_gone(t, wall_ms))
		str_addf(out, "%s0 for somebody else", before);
	str_add(out, ".");
}

static struct sharing_user *find_listed(
	struct sharing *t, int number, int64_t wall_ms)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->users[i].listed == number &&
			sharing_is_recent(&t->users[i], wall_ms))
			return &t->users[i];
	return NULL;
}

static enum sharing_reply choose(struct sharing *t,
	const struct sharing_user *u, int64_t wall_ms,
	const struct sharing_user **user_r)
{
	*user_r = u;
	t->asked_ms = 0;
	xstrset(&t->chosen, u != NULL ? u->user : NULL);
	t->chosen_ms = wall_ms;
	return u != NULL ? SHARING_REPLY : SHARING_REPLY_GONE;
}

/* To a question that was asked. */
static enum sharing_reply read_reply(struct sharing *t, struct slice words,
	int64_t wall_ms, const struct sharing_user **user_r)
{
	while (words.len > 0 && words.data[words.len - 1] == '.')
		words.len--;
	if (words.len == 1 && words.data[0] >= '0' && words.data[0] <= '9') {
		int number = words.data[0] - '0';
		if (number > t->listed)
			return SHARING_NO_REPLY;
		return choose(t,
			number > 0 ? find_listed(t, number, wall_ms) : NULL,
			wall_ms, user_r);
	}
	const struct sharing_user *u = find_called(t, words, wall_ms);
	return u != NULL ? choose(t, u, wall_ms, user_r) : SHARING_NO_REPLY;
}

/* "@name text", also "@name: text". */
static const struct sharing_user *read_address(struct sharing *t,
	struct slice words, int64_t wall_ms, struct slice *rest_r)
{
	size_t len = 0;
	while (len < words.len && !strchr(" \t\r\n", words.data[len]))
		len++;
	struct slice name = slice_make(words.data, len);
	*rest_r = slice_trim(slice_make(words.data + len, words.len - len));
	if (name.len > 0 && strchr(":,", name.data[name.len - 1]) != NULL)
		name.len--;
	return find_called(t, name, wall_ms);
}

enum sharing_reply sharing_read(struct sharing *t, const char *text,
	int64_t wall_ms, const struct sharing_user **user_r,
	const char **text_r)
{
	struct slice words = slice_trim(slice_of(text)), rest;
	if (words.len > 0 && words.data[0] == '@') {
		words = slice_make(words.data + 1, words.len - 1);
		const struct sharing_user *u =
			read_address(t, words, wall_ms, &rest);
		if (u != NULL && rest.len > 0) {
			*user_r = u;
			*text_r = rest.data;
			return SHARING_ADDRESSED;
		}
	}
	return t->asked_ms != 0 ? read_reply(t, words, wall_ms, user_r)
				: SHARING_NO_REPLY;
}

/* --- As bytes ------------------------------------------------------------- */

void sharing_encode(struct str *out, const struct sharing *t)
{
	pack_number(out, RECORD_VERSION);
	pack_text(out, t->chosen);
	pack_number(out, t->chosen_ms);
	pack_number(out, t->asked_ms);
	pack_number(out, t->listed);
	pack_number(out, t->gone_ms);
	pack_number(out, (int64_t)t->count);
	for (size_t i = 0; i < t->count; i++) {
		pack_text(out, t->users[i].user);
		pack_text(out, t->users[i].account);
		pack_number(out, t->users[i].wrote_ms);
		pack_number(out, t->users[i].listed);
	}
}

int sharing_decode(struct sharing *t, struct slice data)
{
	struct unpack u = { .rest = data };
	*t = (struct sharing){ 0 };
	if (unpack_number(&u) != RECORD_VERSION)
		return -1;
	xstrset(&t->chosen, unpack_text(&u));
	t->chosen_ms = unpack_number(&u);
	t->asked_ms = unpack_number(&u);
	int64_t listed = unpack_number(&u);
	t->gone_ms = unpack_number(&u);
	int64_t count = unpack_number(&u);
	if (listed < 0 || listed > SHARING_USERS)
		u.is_broken = true;
	t->listed = (int)listed;
	for (int64_t i = 0; i < count && !u.is_broken; i++) {
		const char *user = unpack_text(&u);
		const char *account = unpack_text(&u);
		int64_t wrote_ms = unpack_number(&u);
		int64_t number = unpack_number(&u);
		if (user == NULL || account == NULL || number < 0 ||
			number > SHARING_USERS || t->count == SHARING_USERS)
			u.is_broken = true;
		else
			t->users[t->count++] =
				(struct sharing_user){ xstrdup(user),
					xstrdup(account), wrote_ms,
					(int)number };
	}
	if (!u.is_broken)
		return 0;
	sharing_finish(t);
	return -1;
}
