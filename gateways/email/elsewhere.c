#include "email/elsewhere.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "email/inbox.h"

struct elsewhere {
	struct email_session *session;
	struct list readings; /* struct reading: being looked up */
};

/* From a UID to the last message of the mail, in three steps:
 * conversation, mail, its files. */
struct reading {
	struct list link;
	struct elsewhere *owner;
	struct arena arena;
	char *name;
	uint32_t uid;
	bool is_it;              /* the mail of that UID */
	bool in_room;            /* ... and of a room */
	char id[MEMORY_ID_SIZE]; /* of the last mail; "": none */
	char last[GW_NAME_SIZE]; /* id of its last message */
};

static void reading_free(struct reading *r)
{
	list_remove(&r->link);
	memory_forget_calls(r->owner->session->memory, r);
	arena_finish(&r->arena);
	xfree(r->name);
	xfree(r);
}

static void tell(const struct reading *r)
{
	struct gw_session *s = r->owner->session->session;

	if (r->in_room)
		gw_room_displayed_elsewhere(s, r->name, r->last);
	else
		gw_displayed_elsewhere(s, r->name, r->last);
}

/* "u/<id>.<n>", and the files are sent in the order of their numbers. */
static void on_file(const char *name, struct slice data, bool ok, void *arg)
{
	struct reading *r = arg;
	const char *id = name != NULL ? name + strlen("u/") : NULL;

	(void)data;
	if (id == NULL) {
		if (ok && r->owner->session->state == EMAIL_ONLINE)
			tell(r);
		reading_free(r);
		return;
	}
	size_t len = strlen(id), last_len = strlen(r->last);

	if (len > last_len || (len == last_len && strcmp(id, r->last) > 0))
		text_copy(r->last, sizeof(r->last), id);
}

static void on_mail(const char *name, struct slice data, bool ok, void *arg)
{
	struct reading *r = arg;
	struct email_session *s = r->owner->session;
	struct memory_mail m;
	char files[MEMORY_NAME_SIZE];

	if (name != NULL) {
		r->is_it = memory_mail_decode(data, &r->arena, &m) == 0 &&
			   m.uid == r->uid && !m.is_own &&
			   text_equals(m.name, r->name) &&
			   m.uidvalidity == email_inbox_uidvalidity(s->inbox);
		r->in_room = r->is_it && m.in_room;
		return;
	}
	if (!ok || !r->is_it) {
		reading_free(r);
		return;
	}
	text_copy(r->last, sizeof(r->last), r->id);
	text_format(files, sizeof(files), "u/%s.", r->id);
	memory_recall(s->memory, files, on_file, r);
}

static void on_talk(const char *name, struct slice data, bool ok, void *arg)
{
	struct reading *r = arg;
	struct memory_talk talk;

	if (name != NULL) {
		if (memory_talk_decode(data, &r->arena, &talk) == 0 &&
			talk.last_in != NULL)
			text_copy(r->id, sizeof(r->id), talk.last_in);
		return;
	}
	if (!ok || r->id[0] == '\0') {
		reading_free(r);
		return;
	}
	memory_recall_mail(r->owner->session->memory, r->id, on_mail, r);
}

void elsewhere_read(struct elsewhere *e, const char *name, uint32_t uid)
{
	if (!gw_shares_displayed(e->session->session))
		return;
	struct reading *r = xalloc(sizeof(*r));

	r->owner = e;
	r->name = xstrdup(name);
	r->uid = uid;
	arena_init(&r->arena, 512 * KIB);
	list_append(&e->readings, &r->link);
	memory_recall_talk(e->session->memory, name, on_talk, r);
}

/* --- Life ---------------------------------------------------------------- */

struct elsewhere *elsewhere_new(struct email_session *s)
{
	struct elsewhere *e = xalloc(sizeof(*e));

	e->session = s;
	list_init(&e->readings);
	return e;
}

void elsewhere_free(struct elsewhere **slot)
{
	struct elsewhere *e = *slot;

	if (e == NULL)
		return;
	*slot = NULL;
	while (!list_is_empty(&e->readings))
		reading_free(CONTAINER(e->readings.next, struct reading, link));
	xfree(e);
}
