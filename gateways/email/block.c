#include "email/block.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "email/inbox.h"
#include "email/names.h"
#include "email_wire/address.h"

struct blocked {
	struct list link;
	char *person;
};

/* A mail on its way to Junk. */
struct moving {
	struct list link;
	struct mail_request *request;
};

struct block {
	struct email_session *session;
	struct list people; /* struct blocked */
	size_t count;
	struct list movings;
	struct list refusals; /* struct refusal */
};

/* A mail that the user's server refused, while it is looked up. */
struct refusal {
	struct list link;
	struct block *block;
	struct arena arena;
	char *person;
	uint32_t uid;
};

static struct blocked *find(const struct block *b, const char *person)
{
	list_for_each(it, &b->people) {
		struct blocked *one = CONTAINER(it, struct blocked, link);

		if (strcmp(one->person, person) == 0)
			return one;
	}
	return NULL;
}

static void add(struct block *b, const char *person)
{
	struct blocked *one = xalloc(sizeof(*one));

	one->person = xstrdup(person);
	list_append(&b->people, &one->link);
	b->count++;
}

static void drop(struct block *b, struct blocked *one)
{
	list_remove(&one->link);
	b->count--;
	xfree(one->person);
	xfree(one);
}

static void keep(const struct block *b, const char *person, bool on)
{
	char name[MEMORY_NAME_SIZE], hash[MEMORY_ID_SIZE];

	memory_id(person, hash);
	text_format(name, sizeof(name), BLOCK_KEPT "%s", hash);
	const struct gw_kept item = { name, on ? person : NULL,
		on ? strlen(person) : 0, 0 };

	memory_keep(b->session->memory, &item, 1, NULL, NULL);
}

void block_load(struct block *b, struct slice data)
{
	char address[ADDRESS_MAX + 1], person[GW_NAME_SIZE];

	text_format(address, sizeof(address), "%.*s", (int)data.len, data.data);
	if (email_person_name(address, person, sizeof(person)) &&
		find(b, person) == NULL)
		add(b, person);
}

bool block_has(const struct block *b, const char *address)
{
	char person[GW_NAME_SIZE];

	return b->count > 0 && address != NULL &&
	       email_person_name(address, person, sizeof(person)) &&
	       find(b, person) != NULL;
}

bool block_add(struct block *b, const char *person)
{
	if (find(b, person) != NULL)
		return true;
	if (b->count == BLOCK_MAX)
		return false;
	add(b, person);
	keep(b, person, true);
	return true;
}

bool block_remove(struct block *b, const char *person)
{
	struct blocked *one = find(b, person);

	if (one == NULL)
		return false;
	keep(b, person, false);
	drop(b, one);
	return true;
}

void block_list(const struct block *b, struct str *out)
{
	list_for_each(it, &b->people)
		str_addf(out, "%s%s", out->len > 0 ? "\n" : "",
			CONTAINER(it, struct blocked, link)->person);
}

/* --- Their mails --------------------------------------------------------- */

static void moving_free(struct moving *m)
{
	list_remove(&m->link);
	mail_request_cancel(&m->request);
	xfree(m);
}

/* Where that fails it stays where it is: unread, and not shown. */
static void moved(const struct frame *f, void *arg)
{
	struct moving *m = arg;

	if (f->type != FRAME_DONE)
		return;
	m->request = NULL;
	moving_free(m);
}

void block_dispose(struct block *b, uint32_t uid)
{
	struct email_session *s = b->session;
	const char *junk = folders_get(&s->folders, FOLDER_JUNK);
	char text[16];

	log_debug("email", "[%s] UID %u is of somebody blocked", s->session->id,
		uid);
	if (strcmp(gw_setting(s->session, "blocked"), "junk") != 0 ||
		junk == NULL || s->state != EMAIL_ONLINE)
		return;
	text_format(text, sizeof(text), "%u", uid);
	const struct frame f = {
		.type = FRAME_MOVE,
		.texts = { slice_of(text), slice_of(junk) },
		.fd = -1,
	};
	struct moving *m = xalloc(sizeof(*m));

	list_append(&b->movings, &m->link);
	m->request = mail_link_ask(s->imap, &f, slice_make(NULL, 0), moved, m);
}

void block_imap_lost(struct block *b)
{
	while (!list_is_empty(&b->movings))
		moving_free(CONTAINER(b->movings.next, struct moving, link));
}

/* --- Blocked at his own server ------------------------------------------- */

static void refusal_free(struct refusal *r)
{
	list_remove(&r->link);
	memory_forget_calls(r->block->session->memory, r);
	arena_finish(&r->arena);
	xfree(r->person);
	xfree(r);
}

static void on_refused_mail(
	const char *name, struct slice data, bool ok, void *arg)
{
	struct refusal *r = arg;
	struct email_session *s = r->block->session;
	struct memory_mail m;

	if (name == NULL) {
		if (ok && r->uid != 0)
			block_dispose(r->block, r->uid);
		refusal_free(r);
		return;
	}
	if (memory_mail_decode(data, &r->arena, &m) == 0 && !m.in_room &&
		!m.is_own && text_equals(m.name, r->person) &&
		m.uidvalidity == email_inbox_uidvalidity(s->inbox))
		r->uid = m.uid;
}

/* Who blocks the contact of all newsletters means no sender. */
void block_refused(struct block *b, const char *person, const char *network_id)
{
	char id[MEMORY_ID_SIZE];

	if (!memory_is_id(network_id) || strcmp(person, NAME_NEWSLETTERS) == 0)
		return;
	struct refusal *r = xalloc(sizeof(*r));

	r->block = b;
	r->person = xstrdup(person);
	arena_init(&r->arena, 256 * KIB);
	list_append(&b->refusals, &r->link);
	text_format(id, sizeof(id), "%.*s", MEMORY_ID_SIZE - 1, network_id);
	memory_recall_mail(b->session->memory, id, on_refused_mail, r);
}

/* --- Life ---------------------------------------------------------------- */

struct block *block_new(struct email_session *s)
{
	struct block *b = xalloc(sizeof(*b));

	b->session = s;
	list_init(&b->people);
	list_init(&b->movings);
	list_init(&b->refusals);
	return b;
}

void block_free(struct block **slot)
{
	struct block *b = *slot;

	if (b == NULL)
		return;
	*slot = NULL;
	while (!list_is_empty(&b->people))
		drop(b, CONTAINER(b->people.next, struct blocked, link));
	while (!list_is_empty(&b->refusals))
		refusal_free(CONTAINER(b->refusals.next, struct refusal, link));
	block_imap_lost(b);
	xfree(b);
}
