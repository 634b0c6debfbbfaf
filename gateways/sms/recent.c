#include "sms/recent.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/pack.h"
#include "base/utf8.h"
#include "sms/ledger.h"
#include "sms_data/tapback.h"

/* So long the user can react to a text. */
#define KEEP_DAYS 30

/* What is older is not what a phone's reaction means; the core knows the ids of
 * the user's own messages for twice as long. */
#define QUOTED_MS (INT64_C(7) * 86400000)

#define RECORD_VERSION 1

/* Something that is looked up in what is kept. */
struct look_up {
	struct list link; /* recents->look_ups */
	struct owner *owner;
	uint64_t token;
	char *name;            /* of the one that is wanted; NULL: see */
	struct tapback quoted; /* ... this */
	recent_fn fn;
	void *arg;
	/* The best so far, and how many are as good. */
	enum tapback_match best;
	unsigned count;
	char *id, *head;
};

struct recents {
	struct list look_ups;
	uint64_t last_token;
};

/* --- Records --------------------------------------------------------------- */

/* Of a conversation; with an id behind it, of a text in it. */
static void name_of(
	const char *person, const char *id, char name[LEDGER_NAME_SIZE])
{
	unsigned char digest[SHA256_SIZE];
	struct str text = { .max = LEDGER_NAME_SIZE };
	crypto_sha256(slice_of(person), digest);
	str_add(&text, RECENT_PREFIX);
	hex_encode(&text, slice_make((const char *)digest, 16));
	str_addf(&text, "/%s", id);
	text_copy(name, LEDGER_NAME_SIZE, str_text(&text));
	str_finish(&text);
}

static void keep(struct owner *owner, const char *name, struct slice data)
{
	const struct gw_kept kept = { .name = name,
		.data = data.data,
		.len = data.len,
		.days = KEEP_DAYS };
	gw_keep(owner->session, &kept, 1, 0);
}

void recent_add(struct owner *owner, const char *person, const char *id,
	const char *text)
{
	char name[LEDGER_NAME_SIZE], digest[TAPBACK_DIGEST];
	char head[TAPBACK_HEAD + 1];
	struct str data = { .max = KIB };
	size_t len = utf8_prefix_cluster(slice_of(text), TAPBACK_HEAD);
	text_format(head, sizeof(head), "%.*s", (int)len, text);
	tapback_digest(text, digest);
	pack_number(&data, RECORD_VERSION);
	pack_number(&data, clock_wall_ms());
	pack_text(&data, id);
	pack_text(&data, digest);
	pack_text(&data, head);
	name_of(person, id, name);
	keep(owner, name, str_slice(&data));
	str_finish(&data);
}

void recent_drop(struct owner *owner, const char *person, const char *id)
{
	char name[LEDGER_NAME_SIZE];
	name_of(person, id, name);
	keep(owner, name, slice_make(NULL, 0));
}

/* --- Looking up ------------------------------------------------------------ */

static void look_up_free(struct look_up *l)
{
	list_remove(&l->link);
	str_finish(&l->quoted.quote);
	xfree(l->name);
	xfree(l->id);
	xfree(l->head);
	xfree(l);
}

static struct look_up *look_up_new(struct owner *owner, recent_fn fn, void *arg)
{
	struct recents *all = owner->sms->recents;
	struct look_up *l = xalloc(sizeof(*l));
	l->owner = owner;
	l->token = ++all->last_token;
	l->fn = fn;
	l->arg = arg;
	list_append(&all->look_ups, &l->link);
	return l;
}

void recent_find(struct owner *owner, const char *person, const char *id,
	recent_fn fn, void *arg)
{
	char name[LEDGER_NAME_SIZE];
	struct look_up *l = look_up_new(owner, fn, arg);
	name_of(person, id, name);
	l->name = xstrdup(name);
	gw_recall(owner->session, name, l->token);
}

bool recent_find_quoted(struct owner *owner, const char *person,
	const char *text, recent_fn fn, void *arg)
{
	char name[LEDGER_NAME_SIZE];
	struct tapback quoted;
	if (!tapback_read(text, &quoted)) {
		str_finish(&quoted.quote);
		return false;
	}
	struct look_up *l = look_up_new(owner, fn, arg);
	l->quoted = quoted;
	name_of(person, "", name);
	gw_recall(owner->session, name, l->token);
	return true;
}

static enum tapback_match match(const struct look_up *l, const char *name,
	const char *digest, const char *head)
{
	if (l->name == NULL)
		return tapback_match(&l->quoted, digest, head);
	return strcmp(l->name, name) == 0 ? TAPBACK_WHOLE : TAPBACK_OTHER;
}

static void look_at(struct look_up *l, const char *name, struct slice data)
{
	struct unpack u = { .rest = data };
	int64_t version = unpack_number(&u), at_ms = unpack_number(&u);
	const char *id = unpack_text(&u), *digest = unpack_text(&u);
	const char *head = unpack_text(&u);
	if (u.is_broken || version != RECORD_VERSION || id == NULL ||
		digest == NULL || head == NULL)
		return;
	enum tapback_match found = match(l, name, digest, head);
	if (l->name == NULL && at_ms < clock_wall_ms() - QUOTED_MS)
		return;
	if (found == TAPBACK_OTHER || found < l->best)
		return;
	l->count = found == l->best ? l->count + 1 : 1;
	l->best = found;
	xstrset(&l->id, id);
	xstrset(&l->head, head);
}

/* What is there twice is nothing that could be said for sure. */
static void tell(struct look_up *l, bool ok)
{
	bool is_sure = ok && l->count == 1;
	const struct recent_found found = {
		.id = is_sure ? l->id : NULL,
		.head = is_sure ? l->head : NULL,
		.emoji = l->quoted.emoji,
	};
	struct owner *owner = l->owner;
	list_remove(&l->link);
	l->fn(owner, &found, l->arg);
	look_up_free(l);
}

void recent_recalled(struct owner *owner, uint64_t token, const char *name,
	struct slice data, bool ok)
{
	list_for_each(it, &owner->sms->recents->look_ups) {
		struct look_up *l = CONTAINER(it, struct look_up, link);
		if (l->owner != owner || l->token != token)
			continue;
		if (name != NULL)
			look_at(l, name, data);
		else
			tell(l, ok);
		return;
	}
}

/* --- Life ------------------------------------------------------------------ */

void recent_forget(struct sms *s, const void *arg)
{
	list_for_each_safe(it, &s->recents->look_ups) {
		struct look_up *l = CONTAINER(it, struct look_up, link);
		if (l->arg == arg)
			look_up_free(l);
	}
}

void recent_close(struct owner *owner)
{
	list_for_each_safe(it, &owner->sms->recents->look_ups) {
		struct look_up *l = CONTAINER(it, struct look_up, link);
		if (l->owner == owner)
			look_up_free(l);
	}
}

struct recents *recents_new(void)
{
	struct recents *all = xalloc(sizeof(*all));
	list_init(&all->look_ups);
	return all;
}

void recents_free(struct recents **slot)
{
	struct recents *all = *slot;
	*slot = NULL;
	if (all == NULL)
		return;
	list_for_each_safe(it, &all->look_ups)
		look_up_free(CONTAINER(it, struct look_up, link));
	xfree(all);
}
