#include "sms/shared.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/pack.h"
#include "sms/ledger.h"
#include "sms/queue.h"
#include "sms/rules.h"
#include "sms_law/sharing.h"

/* A question that was not answered is asked again after this. */
#define ASK_AGAIN_MS INT64_C(86400000)

struct conversation {
	struct sms *sms;
	char *key; /* "own\npeer" */
	char *own, *peer;
	struct sharing talk;
	int64_t asked_ms; /* in it until he answered, which is not kept yet */
};

struct shared {
	struct sms *sms;
	struct map conversations; /* by key */
};

/* --- Which numbers -------------------------------------------------------- */

bool number_is_assigned(const struct sms *s, const char *number)
{
	const struct cfg_list *assign = &s->config->assign;
	for (size_t i = 0; i < assign->count; i++) {
		const struct sms_assign_config *a = assign->items[i];
		if (strcmp(a->number, number) == 0)
			return true;
	}
	return false;
}

static bool has_number(const struct sms_backend_config *c, const char *number)
{
	return sms_list_has(&c->numbers, number);
}

bool number_is_shared(const struct sms *s, const char *number)
{
	if (number_is_assigned(s, number))
		return false;
	for (size_t i = 0; i < s->config->backends.count; i++)
		if (has_number(s->config->backends.items[i], number))
			return true;
	return false;
}

/* --- Conversations -------------------------------------------------------- */

static struct conversation *find(
	const struct sms *s, const char *own, const char *peer)
{
	char key[2 * NUMBER_SIZE];
	text_format(key, sizeof(key), "%s\n%s", own, peer);
	return map_get_text(&s->shared->conversations, key);
}

static struct conversation *get(
	struct sms *s, const char *own, const char *peer)
{
	struct conversation *c = find(s, own, peer);
	if (c != NULL)
		return c;
	char key[2 * NUMBER_SIZE];
	text_format(key, sizeof(key), "%s\n%s", own, peer);
	c = xalloc(sizeof(*c));
	c->sms = s;
	c->key = xstrdup(key);
	c->own = xstrdup(own);
	c->peer = xstrdup(peer);
	map_put_text(&s->shared->conversations, c->key, c);
	return c;
}

static void conversation_free(struct sms *s, struct conversation *c)
{
	ledger_forget(s->ledger, c);
	sharing_finish(&c->talk);
	xfree(c->key);
	xfree(c->own);
	xfree(c->peer);
	xfree(c);
}

static void name_of(const struct sms *s, const struct conversation *c,
	char name[LEDGER_NAME_SIZE])
{
	char hash[LEDGER_HASH_SIZE];
	ledger_hash(s->ledger, c->key, hash);
	text_format(name, LEDGER_NAME_SIZE, SHARING_PREFIX "%s", hash);
}

static void save(struct sms *s, const struct conversation *c)
{
	char name[LEDGER_NAME_SIZE];
	struct str data = { .max = LIMIT_KEPT };
	name_of(s, c, name);
	pack_text(&data, c->own);
	pack_text(&data, c->peer);
	sharing_encode(&data, &c->talk);
	ledger_put(s->ledger, name, str_slice(&data), SHARING_DAYS + 1, NULL,
		NULL);
	str_finish(&data);
}

void shared_load(struct sms *s, const char *name, struct slice data)
{
	struct unpack u = { .rest = data };
	struct sharing talk;
	const char *own = unpack_text(&u), *peer = unpack_text(&u);
	if (u.is_broken || own == NULL || peer == NULL ||
		find(s, own, peer) != NULL ||
		sharing_decode(&talk, u.rest) != 0) {
		log_error("sms", "a record is damaged name=%s", name);
		ledger_drop(s->ledger, name);
		return;
	}
	get(s, own, peer)->talk = talk;
}

/* Nobody who is there has a part in it: what was held is nobody's. */
static void drop(struct sms *s, struct conversation *c)
{
	char name[LEDGER_NAME_SIZE];
	inbound_drop_held(s, c->peer, c->own);
	name_of(s, c, name);
	ledger_drop(s->ledger, name);
	map_remove_text(&s->shared->conversations, c->key);
	conversation_free(s, c);
}

/* One in which he is, but for him; NULL: there is none. */
static struct conversation *forget_one(
	struct sms *s, const char *user, const char *account)
{
	size_t pos = 0;
	struct conversation *c;
	while ((c = map_next(&s->shared->conversations, &pos)) != NULL)
		if (sharing_forget(&c->talk, user, account))
			return c;
	return NULL;
}

void shared_forget(struct sms *s, const char *user, const char *account)
{
	struct conversation *c;
	while ((c = forget_one(s, user, account)) != NULL) {
		if (c->talk.count > 0)
			save(s, c);
		else
			drop(s, c);
	}
}

/* --- Out ------------------------------------------------------------------ */

static bool takes_part(const struct conversation *c, const struct owner *owner)
{
	for (size_t i = 0; c != NULL && i < c->talk.count; i++)
		if (strcmp(c->talk.users[i].user, owner->user) == 0)
			return true;
	return false;
}

/* The first shared number of a backend, or the one of the conversation. */
static const char *number_of(const struct sms *s, const struct backend *b,
	const struct owner *owner, const char *to, bool known)
{
	const struct cfg_list *numbers = &b->config->numbers;
	for (size_t i = 0; i < numbers->count; i++) {
		const char *number = numbers->items[i];
		if (number_is_assigned(s, number))
			continue;
		if (!known || takes_part(find(s, number, to), owner))
			return number;
	}
	return NULL;
}

const char *shared_sender(
	const struct sms *s, const struct owner *owner, const char *to)
{
	const char *number = NULL;
	for (int known = 1; known >= 0; known--)
		list_for_each(it, &s->backends) {
			struct backend *b = CONTAINER(it, struct backend, link);
			if (number == NULL &&
				backend_carries(b, owner->user, NULL, to))
				number = number_of(s, b, owner, to, known != 0);
		}
	return number;
}

void shared_wrote(struct sms *s, const struct owner *owner, const char *from,
	const char *to)
{
	struct conversation *c = get(s, from, to);
	if (sharing_wrote(
		    &c->talk, owner->user, owner->account, clock_wall_ms()))
		save(s, c);
}

void shared_left(struct sms *s, const struct owner *owner, const char *from,
	const char *to)
{
	if (!owner_is_gateway(owner) && number_is_shared(s, from))
		shared_wrote(s, owner, from, to);
}

/* --- In ------------------------------------------------------------------- */

static void ask(struct sms *s, struct conversation *c)
{
	int64_t now = clock_wall_ms();
	bool was_asked =
		c->talk.asked_ms != 0 && c->talk.asked_ms + ASK_AGAIN_MS > now;
	/* Who said STOP gets nothing more, this neither. */
	if (was_asked || rules_is_stopped(s, c->own, c->peer))
		return;
	struct str question = { .max = KIB };
	sharing_ask(&question, &c->talk, now);
	queue_post(s, c->own, c->peer, str_text(&question));
	str_finish(&question);
	save(s, c);
}

/* He may have another phone by now, and so another account. */
static struct owner *owner_of_user(struct sms *s, const struct sharing_user *u)
{
	struct owner *same = owner_find(s, u->user, u->account);
	if (same != NULL && same->is_online)
		return same;
	size_t pos = 0;
	struct owner *o;
	while ((o = map_next(&s->owners, &pos)) != NULL)
		if (o->is_online && strcmp(o->user, u->user) == 0)
			return o;
	return owner_get(s, u->user, u->account);
}

/* The network gives an answer again that could not be kept: it is one to the
 * same question then, and no text. */
static void answer_kept(bool ok, void *arg)
{
	struct conversation *c = arg;
	if (ok || c->talk.asked_ms != 0)
		return;
	c->talk.asked_ms = c->asked_ms;
	save(c->sms, c);
}

/* True: that was all. */
static bool take_reply(struct inbound *in, struct conversation *c)
{
	int64_t asked_ms = c->talk.asked_ms;
	const struct sharing_user *u = NULL;
	const char *rest = NULL;
	struct sms *s = in->sms;
	struct owner *o;
	switch (sharing_read(&c->talk, in->body, clock_wall_ms(), &u, &rest)) {
	case SHARING_NO_REPLY:
		return false;
	case SHARING_REPLY:
		o = owner_of_user(s, u);
		inbound_release(s, in->from, in->to, o);
		owner_release(o);
		break;
	case SHARING_REPLY_GONE:
		inbound_drop_held(s, in->from, in->to);
		break;
	case SHARING_ADDRESSED: {
		char *body = xstrdup(rest);
		xfree(in->body);
		in->body = body;
		inbound_assign(in, owner_of_user(s, u));
		return true;
	}
	}
	c->asked_ms = asked_ms;
	save(s, c);
	ledger_wait(s->ledger, answer_kept, c);
	in->is_answer = true;
	return true;
}

bool shared_route(struct inbound *in)
{
	struct sms *s = in->sms;
	struct conversation *c = find(s, in->to, in->from);
	const struct sharing_user *u;
	if (c == NULL)
		return false;
	if (take_reply(in, c))
		return true;
	switch (sharing_route(&c->talk, clock_wall_ms(), &u)) {
	case SHARING_USER:
		inbound_assign(in, owner_of_user(s, u));
		return true;
	case SHARING_ASK:
		in->is_held = true;
		ask(s, c);
		return true;
	case SHARING_NOBODY:
		break;
	}
	return false;
}

bool shared_tell_all(struct inbound *in)
{
	struct sms *s = in->sms;
	const struct conversation *c = find(s, in->to, in->from);
	for (size_t i = 0; c != NULL && i < c->talk.count; i++)
		if (sharing_is_recent(&c->talk.users[i], clock_wall_ms()))
			inbound_assign(in, owner_of_user(s, &c->talk.users[i]));
	return in->left > 0;
}

/* --- Life ----------------------------------------------------------------- */

struct shared *shared_new(struct sms *s)
{
	struct shared *all = xalloc(sizeof(*all));
	all->sms = s;
	return all;
}

void shared_free(struct shared **slot)
{
	struct shared *all = *slot;
	*slot = NULL;
	if (all == NULL)
		return;
	size_t pos = 0;
	struct conversation *c;
	while ((c = map_next(&all->conversations, &pos)) != NULL)
		conversation_free(all->sms, c);
	map_finish(&all->conversations);
	xfree(all);
}
