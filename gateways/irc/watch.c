/*
 *	NEW -> LISTED			(the server tells)
 *	NEW, LISTED -> POLLED		(no such command, or its list is full)
 *	POLLED -> NEW			(somebody left the list)
 */
#include "irc/watch.h"

#include "base/alloc.h"
#include "base/intern.h"
#include "irc/channel.h"
#include "irc/dispatch.h"
#include "irc/line.h"
#include "irc/numeric.h"
#include "irc/outbox.h"

#define POLL_MS    60000
#define NICK_MAX   100 /* bytes; nobody has a longer one */
#define NAME_BYTES 380 /* of nicks in one line */

/* A line has 15 parameters at most, and each nick of WATCH is one. */
#define WATCH_NAMES 12
#define ISON_NAMES  15

enum watch_state { WATCH_NEW, WATCH_LISTED, WATCH_POLLED };

struct irc_watched {
	struct list link;
	const char *key;  /* interned, folded */
	const char *name; /* interned; as the core calls him */
	enum watch_state state;
	bool is_on;
	bool is_due;   /* to be asked for by ISON in this round */
	bool is_asked; /* ... and is in the line that is under way */
};

struct irc_watch {
	struct map people; /* folded nick -> struct irc_watched */
	struct list order; /* of struct irc_watched.link */
	unsigned fresh, listed, polled, due; /* how many are in which state */
	bool is_asking;                      /* an ISON is under way */
	int64_t poll_ms;                     /* next round; 0: none */
};

/* --- Who ----------------------------------------------------------------- */

static struct irc_watched *find(const struct irc_session *s, struct slice nick)
{
	char buffer[IRC_NAME_SIZE];

	if (s->watch == NULL)
		return NULL;
	return map_get(&s->watch->people, irc_session_fold(s, nick, buffer));
}

static unsigned *counter(struct irc_watch *w, enum watch_state state)
{
	switch (state) {
	case WATCH_NEW:
		return &w->fresh;
	case WATCH_LISTED:
		return &w->listed;
	case WATCH_POLLED:
		break;
	}
	return &w->polled;
}

static void set_state(
	struct irc_watch *w, struct irc_watched *p, enum watch_state state)
{
	--*counter(w, p->state);
	p->state = state;
	++*counter(w, p->state);
}

static void set_due(struct irc_watch *w, struct irc_watched *p, bool is_due)
{
	if (p->is_due == is_due)
		return;
	p->is_due = is_due;
	w->due += is_due ? 1u : -1u;
}

static void insert(struct irc_session *s, struct irc_watched *p)
{
	char buffer[IRC_NAME_SIZE];
	struct slice key = irc_session_fold(s, slice_of(p->name), buffer);

	p->key = intern_slice(key);
	(void)map_put(&s->watch->people, slice_make(p->key, key.len), p);
}

static void watched_free(struct irc_watch *w, struct irc_watched *p)
{
	struct slice key = slice_make(p->key, intern_len(p->key));

	if (map_get(&w->people, key) == p)
		(void)map_remove(&w->people, key);
	set_due(w, p, false);
	--*counter(w, p->state);
	list_remove(&p->link);
	intern_drop(&p->key);
	intern_drop(&p->name);
	xfree(p);
}

static struct irc_watch *watch_of(struct irc_session *s)
{
	if (s->watch == NULL) {
		s->watch = xalloc(sizeof(*s->watch));
		list_init(&s->watch->order);
	}
	return s->watch;
}

void irc_watch_finish(struct irc_session *s)
{
	struct irc_watch *w = s->watch;

	if (w == NULL)
		return;
	list_for_each_safe(it, &w->order)
		watched_free(w, CONTAINER(it, struct irc_watched, link));
	map_finish(&w->people);
	xfree(w);
	s->watch = NULL;
}

void irc_watch_rekey(struct irc_session *s)
{
	struct irc_watch *w = s->watch;

	if (w == NULL)
		return;
	map_finish(&w->people);
	list_for_each_safe(it, &w->order) {
		struct irc_watched *p = CONTAINER(it, struct irc_watched, link);

		if (find(s, slice_of(p->name)) != NULL) {
			watched_free(w, p);
			continue;
		}
		intern_drop(&p->key);
		insert(s, p);
	}
}

/* --- What is told -------------------------------------------------------- */

static void set_on(struct irc_session *s, struct irc_watched *p, bool is_on)
{
	const struct irc_person *seen;
	const char *away;

	if (p->is_on == is_on)
		return;
	p->is_on = is_on;
	if (!is_on) {
		gw_presence(s->core, p->name, GW_OFFLINE, NULL);
		return;
	}
	seen = irc_person_find(s, slice_of(p->name));
	away = seen != NULL ? seen->away : NULL;
	gw_presence(
		s->core, p->name, away != NULL ? GW_AWAY : GW_AVAILABLE, away);
}

void irc_watch_seen(struct irc_session *s, struct slice nick)
{
	struct irc_watched *p = find(s, nick);

	if (p != NULL)
		set_on(s, p, true);
}

void irc_watch_gone(struct irc_session *s, struct slice nick)
{
	struct irc_watched *p = find(s, nick);

	if (p != NULL)
		set_on(s, p, false);
}

void irc_watch_away(struct irc_session *s, struct slice nick, const char *text)
{
	struct irc_watched *p = find(s, nick);

	if (p == NULL)
		return;
	p->is_on = true;
	gw_presence(
		s->core, p->name, text != NULL ? GW_AWAY : GW_AVAILABLE, text);
}

/* --- What is asked ------------------------------------------------------- */

/* A line under construction: the people it names. */
struct question {
	struct str names;
	const char *sign; /* before each name */
	char between;
	unsigned count, max;
};

static void question_init(struct question *q, const char *sign, char between)
{
	*q = (struct question){ .sign = sign, .between = between };
	str_init(&q->names, 2 * IRC_NAME_SIZE);
}

/* False when the line is full. */
static bool add_name(struct question *q, const struct irc_watched *p)
{
	size_t len = intern_len(p->name) + 2;

	if ((q->max > 0 && q->count >= q->max) ||
		q->names.len + len > NAME_BYTES)
		return false;
	if (q->count++ > 0)
		str_add_char(&q->names, q->between);
	str_add(&q->names, q->sign);
	str_add(&q->names, p->name);
	return true;
}

static void send_question(struct irc_session *s, struct question *q,
	const char *command, const char *verb)
{
	struct irc_line line;
	struct slice rest = str_slice(&q->names);

	irc_line_begin(&line, irc_line_new(s), command);
	if (verb != NULL)
		irc_line_text(&line, verb);
	while (rest.len > 0)
		irc_line_param(&line, slice_cut(&rest, ' '));
	/* There is room in the queue: nothing waits there. */
	if (q->count > 0 && irc_line_end(&line) == 0)
		(void)!irc_send(s);
	str_finish(&q->names);
}

static void poll(struct irc_watch *w, struct irc_watched *p)
{
	set_state(w, p, WATCH_POLLED);
	set_due(w, p, true);
}

/* Put the next of the new ones on the server's list, or see that it has no
 * room for them. */
static void list_more(struct irc_session *s)
{
	const struct irc_isupport *is = irc_isupport_of(s);
	struct irc_watch *w = s->watch;
	bool has_monitor = is->monitor > 0;
	unsigned size = has_monitor ? is->monitor : is->watch;
	struct question q;

	question_init(&q, has_monitor ? "" : "+", has_monitor ? ',' : ' ');
	q.max = has_monitor ? is->targmax[IRC_TARGETS_MONITOR] : WATCH_NAMES;
	list_for_each(it, &w->order) {
		struct irc_watched *p = CONTAINER(it, struct irc_watched, link);

		if (p->state != WATCH_NEW)
			continue;
		if (w->listed >= size)
			poll(w, p);
		else if (add_name(&q, p))
			set_state(w, p, WATCH_LISTED);
		else
			break;
	}
	send_question(s, &q, has_monitor ? "MONITOR" : "WATCH",
		has_monitor ? "+" : NULL);
}

static void ask_more(struct irc_session *s)
{
	struct irc_watch *w = s->watch;
	struct question q;

	question_init(&q, "", ' ');
	q.max = ISON_NAMES;
	list_for_each(it, &w->order) {
		struct irc_watched *p = CONTAINER(it, struct irc_watched, link);

		if (!p->is_due)
			continue;
		if (!add_name(&q, p))
			break;
		set_due(w, p, false);
		p->is_asked = true;
	}
	w->is_asking = q.count > 0;
	send_question(s, &q, "ISON", NULL);
}

/* One ISON at a time, so that its answer needs no matching. */
static bool has_question(const struct irc_watch *w)
{
	return w->fresh > 0 || (w->due > 0 && !w->is_asking);
}

void irc_watch_flush(struct irc_session *s)
{
	struct irc_watch *w = s->watch;

	while (w != NULL && s->state == IRC_ONLINE && has_question(w)) {
		if (!irc_is_idle(s)) {
			irc_outbox_wait_idle(s);
			return;
		}
		if (w->fresh > 0)
			list_more(s);
		else
			ask_more(s);
	}
	if (w == NULL || w->polled == 0 || w->poll_ms != 0)
		return;
	w->poll_ms = irc_now_ms(s->irc) + POLL_MS;
	irc_session_check_in(s, POLL_MS);
}

int64_t irc_watch_check(struct irc_session *s, int64_t now_ms)
{
	struct irc_watch *w = s->watch;

	if (w == NULL || w->poll_ms == 0 || w->poll_ms > now_ms)
		return w != NULL ? w->poll_ms : 0;
	w->poll_ms = 0;
	w->is_asking = false; /* an answer would have come by now */
	list_for_each(it, &w->order) {
		struct irc_watched *p = CONTAINER(it, struct irc_watched, link);

		p->is_asked = false;
		set_due(w, p,
			p->state == WATCH_POLLED &&
				irc_person_find(s, slice_of(p->name)) == NULL);
	}
	irc_watch_flush(s);
	if (w->polled > 0)
		w->poll_ms = now_ms + POLL_MS;
	return w->poll_ms;
}

/* There is room for one more on the server's list. */
static void fill_gap(struct irc_watch *w)
{
	list_for_each(it, &w->order) {
		struct irc_watched *p = CONTAINER(it, struct irc_watched, link);

		if (p->state != WATCH_POLLED)
			continue;
		set_due(w, p, false);
		p->is_asked = false;
		set_state(w, p, WATCH_NEW);
		return;
	}
}

static void forget(struct irc_session *s, struct irc_watched *p)
{
	const char *const monitor[] = { "-", p->name, NULL };
	char name[IRC_NAME_SIZE];
	bool has_gap;

	if (p->state == WATCH_LISTED && irc_isupport_of(s)->monitor > 0) {
		(void)irc_command(s, "MONITOR", monitor, NULL);
	} else if (p->state == WATCH_LISTED &&
		   text_format(name, sizeof(name), "-%s", p->name)) {
		(void)irc_command(
			s, "WATCH", (const char *const[]){ name, NULL }, NULL);
	}
	has_gap = p->state == WATCH_LISTED;
	watched_free(s->watch, p);
	if (!has_gap)
		return;
	fill_gap(s->watch);
	irc_session_defer(s);
}

void irc_watch(struct gw_session *core, const char *person, bool on)
{
	struct irc_session *s = irc_session_of(core);
	struct slice nick = slice_of(person);
	struct irc_watched *p;

	if (s == NULL || s->state != IRC_ONLINE)
		return;
	p = find(s, nick);
	if (!on && p != NULL)
		forget(s, p);
	if (!on || p != NULL || nick.len > NICK_MAX ||
		!irc_is_nick(irc_isupport_of(s), nick) ||
		watch_of(s)->people.count >= IRC_WATCH_MAX)
		return;
	p = xalloc(sizeof(*p));
	p->name = intern(person);
	insert(s, p);
	list_append(&s->watch->order, &p->link);
	s->watch->fresh++;
	if (irc_person_find(s, nick) != NULL)
		set_on(s, p, true);
	irc_session_defer(s);
}

/* --- What the server answers --------------------------------------------- */

static void hear(struct irc_session *s, struct slice source, bool is_on)
{
	struct slice nick, user, host;
	struct irc_watched *p;

	irc_source_split(source, &nick, &user, &host);
	p = find(s, nick);
	if (p != NULL)
		set_on(s, p, is_on);
}

/* 730, 731: who is there, who is not; several with commas between. */
void irc_handle_monitor(struct irc_session *s, const struct irc_message *m)
{
	struct slice rest = m->params[1];

	/* The user asked for something himself. */
	if (s->watch == NULL)
		irc_show_numeric(s, m);
	while (rest.len > 0)
		hear(s, slice_cut(&rest, ','), m->numeric == IRC_RPL_MONONLINE);
}

/* 600, 604: there; 601, 605: not there. */
void irc_handle_watch(struct irc_session *s, const struct irc_message *m)
{
	struct irc_watched *p = find(s, m->params[1]);

	if (p == NULL)
		irc_show_numeric(s, m);
	else
		set_on(s, p,
			m->numeric == IRC_RPL_LOGON ||
				m->numeric == IRC_RPL_NOWON);
}

/* 734, 512: the server's list has no room for these. */
void irc_handle_monitor_full(struct irc_session *s, const struct irc_message *m)
{
	size_t at = m->numeric == IRC_ERR_MONLISTFULL ? 2 : 1;
	struct slice rest = m->params[at];
	bool is_ours = false;

	while (rest.len > 0) {
		struct irc_watched *p = find(s, slice_cut(&rest, ','));

		if (p == NULL || p->state != WATCH_LISTED)
			continue;
		poll(s->watch, p);
		is_ours = true;
	}
	if (is_ours)
		irc_watch_flush(s);
	else
		irc_handle_failure(s, m);
}

/* 303: those of our question who are there. */
void irc_handle_ison(struct irc_session *s, const struct irc_message *m)
{
	struct irc_watch *w = s->watch;
	struct slice rest = m->params[m->count - 1];

	if (w == NULL || !w->is_asking) {
		irc_show_numeric(s, m);
		return;
	}
	while (rest.len > 0) {
		struct irc_watched *p = find(s, slice_cut(&rest, ' '));

		if (p == NULL)
			continue;
		p->is_asked = false;
		set_on(s, p, true);
	}
	list_for_each(it, &w->order) {
		struct irc_watched *p = CONTAINER(it, struct irc_watched, link);

		if (p->is_asked)
			set_on(s, p, false);
		p->is_asked = false;
	}
	w->is_asking = false;
	irc_watch_flush(s);
}
