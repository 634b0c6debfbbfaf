#include "email/seen.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "email/elsewhere.h"
#include "email/inbox.h"
#include "email/readback.h"

/* Marks of one scroll through a chat go together. */
#define GATHER_MS 2000

/* Mails of a session that are remembered, oldest first to go. */
#define SHOWN_MAX 1000u

struct shown {
	struct list link; /* oldest first */
	uint32_t uid;
	char *name;     /* "": not known yet, or of no interest */
	bool marked;    /* goes with the next mark */
	bool elsewhere; /* another client has read it */
	bool is_news;   /* ... and what is before it was not looked at */
	bool told;      /* ... and that was told: it stays, as the last one */
};

struct seen {
	struct email_session *session;
	struct elsewhere *elsewhere;
	struct list marks; /* struct mark: being looked up */
	struct list shown;
	unsigned count;
	struct timer gather;
	struct mail_request *request, *look;
	uint32_t look_uid;
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

static struct shown *find(struct seen *seen, uint32_t uid)
{
	list_for_each(it, &seen->shown) {
		struct shown *s = CONTAINER(it, struct shown, link);

		if (s->uid == uid)
			return s;
	}
	return NULL;
}

void seen_shown(struct seen *seen, const char *name, uint32_t uid)
{
	struct shown *s = find(seen, uid);

	if (s == NULL || !s->elsewhere) {
		add(seen, name, uid, false);
		return;
	}
	/* It was read while it came. */
	xstrset(&s->name, name);
	timer_start(&seen->gather, GATHER_MS);
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

static void send_marks(struct seen *seen)
{
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

/* --- Read elsewhere ------------------------------------------------------ */

static bool is_unread(const struct shown *s)
{
	return !s->elsewhere && !s->marked;
}

/* The newest one of its conversation, with all of it read and not told yet. */
static bool is_last(const struct seen *seen, const struct shown *s)
{
	if (!s->elsewhere || s->told || s->name[0] == '\0')
		return false;
	list_for_each(it, &seen->shown) {
		const struct shown *o = CONTAINER(it, struct shown, link);

		if (strcmp(o->name, s->name) == 0 &&
			(o->uid > s->uid || is_unread(o)))
			return false;
	}
	return true;
}

static void drop_before(struct seen *seen, const struct shown *last)
{
	list_for_each_safe(it, &seen->shown) {
		struct shown *s = CONTAINER(it, struct shown, link);

		if (s != last && !s->marked && strcmp(s->name, last->name) == 0)
			drop(seen, s);
	}
}

static void tell_elsewhere(struct seen *seen)
{
	if (seen->session->state != EMAIL_ONLINE)
		return;
	list_for_each(it, &seen->shown) {
		struct shown *s = CONTAINER(it, struct shown, link);

		if (!is_last(seen, s))
			continue;
		s->told = true;
		drop_before(seen, s);
		elsewhere_read(seen->elsewhere, s->name, s->uid);
	}
}

/* What keeps this one from being told; NULL: nothing. */
static struct shown *before(const struct seen *seen, const struct shown *s)
{
	list_for_each(it, &seen->shown) {
		struct shown *o = CONTAINER(it, struct shown, link);

		if (o->uid < s->uid && is_unread(o) &&
			strcmp(o->name, s->name) == 0)
			return o;
	}
	return NULL;
}

static void looked(const struct frame *f, void *arg);

/* Unread mails that another client removed are in the way, and nobody says
 * that they are gone: each time that one was read, ask for the oldest. */
static void look(struct seen *seen)
{
	struct shown *o = NULL;

	if (seen->session->state != EMAIL_ONLINE || seen->look != NULL ||
		!gw_shares_displayed(seen->session->session))
		return;
	for (struct list *it = seen->shown.next;
		o == NULL && it != &seen->shown; it = it->next) {
		struct shown *s = CONTAINER(it, struct shown, link);

		if (s->is_news)
			o = before(seen, s);
		s->is_news = false;
	}
	if (o == NULL)
		return;
	const struct frame f = {
		.type = FRAME_FETCH,
		.numbers = { o->uid, FETCH_SUMMARY },
		.texts = { slice_of("") },
		.fd = -1,
	};

	seen->look_uid = o->uid;
	seen->look = mail_link_ask(
		seen->session->imap, &f, slice_make(NULL, 0), looked, seen);
}

static void looked(const struct frame *f, void *arg)
{
	struct seen *seen = arg;
	struct shown *o = find(seen, seen->look_uid);

	if (f->type == FRAME_DATA)
		mail_request_used(seen->look, f->texts[0].len);
	if (f->type != FRAME_DONE)
		return;
	seen->look = NULL;
	if (f->numbers[0] == LINK_NO_SUCH && o != NULL && is_unread(o)) {
		list_for_each(it, &seen->shown) {
			struct shown *s = CONTAINER(it, struct shown, link);

			s->is_news |= s->elsewhere && !s->told &&
				      strcmp(s->name, o->name) == 0;
		}
		drop(seen, o);
	}
	tell_elsewhere(seen);
	look(seen);
}

void seen_flagged(
	struct seen *seen, uint32_t uid, unsigned flags, bool is_coming)
{
	bool is_read = (flags & FLAG_SEEN) != 0;
	struct shown *s = find(seen, uid);

	if (s == NULL && is_read && is_coming) {
		add(seen, "", uid, false);
		s = find(seen, uid);
	}
	/* What is marked by us comes back. */
	if (s == NULL || s->marked || s->elsewhere == is_read)
		return;
	s->elsewhere = is_read;
	s->is_news = is_read;
	s->told = false;
	timer_start(&seen->gather, GATHER_MS);
}

static void gathered(void *arg)
{
	send_marks(arg);
	tell_elsewhere(arg);
	look(arg);
}

/* --- Read here ----------------------------------------------------------- */

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
		s->marked = !s->elsewhere;
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

	mark->seen = seen;
	mark->name = xstrdup(name);
	arena_init(&mark->arena, 256 * KIB);
	list_append(&seen->marks, &mark->link);
	memory_recall_mail(seen->session->memory, network_id, recalled, mark);
}

void seen_renumbered(struct seen *seen)
{
	while (!list_is_empty(&seen->shown))
		drop(seen, CONTAINER(seen->shown.next, struct shown, link));
}

void seen_lost(struct seen *seen)
{
	mail_request_cancel(&seen->request);
	mail_request_cancel(&seen->look);
}

void seen_wake(struct seen *seen)
{
	gathered(seen);
}

struct seen *seen_new(struct email_session *s)
{
	struct seen *seen = xalloc(sizeof(*seen));

	seen->session = s;
	seen->elsewhere = elsewhere_new(s);
	list_init(&seen->shown);
	list_init(&seen->marks);
	timer_init(&seen->gather, s->gateway->gw->env->loop, "mail seen",
		gathered, seen);
	return seen;
}

void seen_free(struct seen **slot)
{
	struct seen *seen = *slot;

	if (seen == NULL)
		return;
	*slot = NULL;
	timer_stop(&seen->gather);
	elsewhere_free(&seen->elsewhere);
	seen_lost(seen);
	while (!list_is_empty(&seen->marks))
		mark_free(CONTAINER(seen->marks.next, struct mark, link));
	seen_renumbered(seen);
	xfree(seen);
}
