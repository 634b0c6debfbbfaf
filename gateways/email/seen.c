#include "email/seen.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "email/inbox.h"
#include "email/readback.h"

/* Marks of one scroll through a chat go together. */
#define GATHER_MS 2000

/* Unread mails of a session that are remembered, newest first to go. */
#define SHOWN_MAX 1000u

struct shown {
	struct list link; /* oldest first */
	uint32_t uid;
	char *name;
	bool marked; /* goes with the next mark */
};

struct seen {
	struct email_session *session;
	struct list marks; /* struct mark: being looked up */
	struct list shown;
	unsigned count;
	struct timer gather;
	struct mail_request *request;
};

static void drop(struct seen *seen, struct shown *s)
{
	list_remove(&s->link);
	seen->count--;
	xfree(s->name);
	xfree(s);
}

static void add(struct seen *seen, const char *name, uint32_t uid, bool marked)
{
	struct shown *s = xalloc(sizeof(*s));

	s->uid = uid;
	s->name = xstrdup(name);
	s->marked = marked;
	list_append(&seen->shown, &s->link);
	if (++seen->count > SHOWN_MAX)
		drop(seen, CONTAINER(seen->shown.next, struct shown, link));
}

void seen_shown(struct seen *seen, const char *name, uint32_t uid)
{
	add(seen, name, uid, false);
}

static void stored(const struct frame *f, void *arg)
{
	struct seen *seen = arg;

	if (f->type != FRAME_DONE)
		return;
	seen->request = NULL;
	if (f->numbers[0] == LINK_LOST || f->numbers[0] == LINK_CRASHED)
		return; /* with the next link */
	list_for_each_safe(it, &seen->shown) {
		struct shown *s = CONTAINER(it, struct shown, link);

		if (s->marked)
			drop(seen, s);
	}
}

static void send_marks(void *arg)
{
	struct seen *seen = arg;
	struct email_session *e = seen->session;
	struct str uids = { .max = 16 * KIB };

	if (e->state != EMAIL_ONLINE || seen->request != NULL)
		return;
	list_for_each(it, &seen->shown) {
		const struct shown *s = CONTAINER(it, struct shown, link);

		if (s->marked)
			str_addf(
				&uids, "%s%u", uids.len > 0 ? "," : "", s->uid);
	}
	const struct frame f = {
		.type = FRAME_STORE,
		.numbers = { 1, FLAG_SEEN },
		.texts = { str_slice(&uids) },
		.fd = -1,
	};

	if (uids.len > 0)
		seen->request = mail_link_ask(
			e->imap, &f, slice_make(NULL, 0), stored, seen);
	str_finish(&uids);
}

/* "Seen" of the user, while the UID is looked up. */
struct mark {
	struct list link;
	struct seen *seen;
	char *name;
	struct arena arena;
	uint32_t uid;
};

static void mark_free(struct mark *mark)
{
	list_remove(&mark->link);
	memory_forget_calls(mark->seen->session->memory, mark);
	arena_finish(&mark->arena);
	xfree(mark->name);
	xfree(mark);
}

static void mark_up_to(struct seen *seen, const char *name, uint32_t uid)
{
	bool found = false;

	list_for_each(it, &seen->shown) {
		struct shown *s = CONTAINER(it, struct shown, link);

		if (s->uid > uid || strcmp(s->name, name) != 0)
			continue;
		s->marked = true;
		found = found || s->uid == uid;
	}
	/* Shown before a restart. */
	if (!found)
		add(seen, name, uid, true);
	timer_start(&seen->gather, GATHER_MS);
}

void seen_by_us(struct seen *seen, uint32_t uid, unsigned flags)
{
	if ((flags & FLAG_SEEN) != 0)
		return;
	add(seen, "", uid, true);
	timer_start(&seen->gather, GATHER_MS);
}

static void recalled(const char *name, struct slice data, bool ok, void *arg)
{
	struct mark *mark = arg;
	struct seen *seen = mark->seen;
	struct memory_mail m;

	if (name != NULL) {
		if (memory_mail_decode(data, &mark->arena, &m) != 0)
			return;
		if (m.uidvalidity ==
			email_inbox_uidvalidity(seen->session->inbox))
			mark->uid = m.uid;
		readback_tell(seen->session, &m);
		return;
	}
	if (ok && mark->uid != 0)
		mark_up_to(seen, mark->name, mark->uid);
	mark_free(mark);
}

void seen_displayed(struct seen *seen, const char *name, const char *network_id)
{
	if (!memory_is_id(network_id))
		return;
	struct mark *mark = xalloc(sizeof(*mark));
	char kept[MEMORY_NAME_SIZE];

	mark->seen = seen;
	mark->name = xstrdup(name);
	arena_init(&mark->arena, 256 * KIB);
	list_append(&seen->marks, &mark->link);
	text_format(
		kept, sizeof(kept), "m/%.*s", MEMORY_ID_SIZE - 1, network_id);
	memory_recall_one(seen->session->memory, kept, recalled, mark);
}

void seen_renumbered(struct seen *seen)
{
	while (!list_is_empty(&seen->shown))
		drop(seen, CONTAINER(seen->shown.next, struct shown, link));
}

void seen_lost(struct seen *seen)
{
	mail_request_cancel(&seen->request);
}

void seen_wake(struct seen *seen)
{
	send_marks(seen);
}

struct seen *seen_new(struct email_session *s)
{
	struct seen *seen = xalloc(sizeof(*seen));

	seen->session = s;
	list_init(&seen->shown);
	list_init(&seen->marks);
	timer_init(&seen->gather, s->gateway->gw->env->loop, "mail seen",
		send_marks, seen);
	return seen;
}

void seen_free(struct seen **slot)
{
	struct seen *seen = *slot;

	if (seen == NULL)
		return;
	*slot = NULL;
	timer_stop(&seen->gather);
	mail_request_cancel(&seen->request);
	while (!list_is_empty(&seen->marks))
		mark_free(CONTAINER(seen->marks.next, struct mark, link));
	seen_renumbered(seen);
	xfree(seen);
}
