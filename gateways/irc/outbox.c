/*
 * Lines wait in the session's flood queue, which keeps their order; what is
 * to be done when they left waits beside it, in the same order. A cookie of 1
 * says that the line has such a parcel. All this exists only for a session
 * that once had to wait.
 */
#include "irc/outbox.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "irc/channel.h"
#include "irc/line.h"
#include "irc/request.h"
#include "irc/watch.h"

#define HAS_PARCEL 1

struct irc_outbox {
	struct timer timer;
	struct list waiting; /* of struct waiting */
};

/* A parcel that waits, with a copy of its text. */
struct waiting {
	struct list link;
	struct irc_parcel parcel;
	char *text, *person, *words;
};

struct str *irc_line_new(struct irc_session *s)
{
	str_reset(&s->irc->line);
	return &s->irc->line;
}

/* --- Parcels ------------------------------------------------------------- */

/* The line of this parcel went to the network. */
static void parcel_left(struct irc_session *s, const struct irc_parcel *p)
{
	if (s->state == IRC_DEAD)
		return;
	irc_recent_add(s, p->target, p->request);
	if (!p->is_last)
		return;
	gw_done(s->core, p->request, p->text);
	if (p->person == NULL)
		return;
	const struct gw_message m = {
		.from = s->nick, .text = p->words, .own = true, .to = p->person
	};
	gw_message(s->core, NULL, &m);
}

/* --- Sending ------------------------------------------------------------- */

static void write_out(struct irc_session *s, struct slice bytes)
{
	if (s->state == IRC_DEAD || s->conn == NULL)
		return;
	if (conn_write(s->conn, bytes) != 0)
		irc_session_die(s, GW_LOST, GW_RETRY,
			"The network stopped reading what we send.");
}

static void on_timer(void *arg);

static struct irc_outbox *outbox_of(struct irc_session *s)
{
	if (s->outbox == NULL) {
		s->outbox = xalloc(sizeof(*s->outbox));
		list_init(&s->outbox->waiting);
		timer_init(&s->outbox->timer, s->core->gw->env->loop,
			"irc flood control", on_timer, s);
	}
	return s->outbox;
}

/* Runs in `delay_ms` at the latest. */
static void start_timer(struct irc_session *s, int64_t delay_ms)
{
	int64_t due_ms = loop_now_ms(s->core->gw->env->loop) + delay_ms;
	struct timer *timer = &outbox_of(s)->timer;

	if (!timer_is_running(timer) || timer->due_ms > due_ms)
		timer_start(timer, delay_ms > 0 ? delay_ms : 1);
}

static void wait_for_token(struct irc_session *s)
{
	int64_t wait_ms = irc_flood_wait_ms(&s->flood);

	if (wait_ms >= 0)
		start_timer(s, wait_ms);
	else if (s->outbox != NULL)
		timer_stop(&s->outbox->timer);
}

static void waiting_add(struct irc_session *s, const struct irc_parcel *p)
{
	struct waiting *w = xalloc(sizeof(*w));

	w->parcel = *p;
	w->text = xstrdup(p->text);
	w->parcel.text = w->text;
	w->person = xstrdup(p->person);
	w->parcel.person = w->person;
	w->words = xstrdup(p->words);
	w->parcel.words = w->words;
	list_append(&outbox_of(s)->waiting, &w->link);
}

/* The first one; it belongs to the line that is taken from the queue. */
static struct waiting *waiting_take(struct irc_session *s)
{
	struct waiting *w =
		CONTAINER(s->outbox->waiting.next, struct waiting, link);

	list_remove(&w->link);
	return w;
}

static void waiting_free(struct waiting *w)
{
	xfree(w->text);
	xfree(w->person);
	xfree(w->words);
	xfree(w);
}

static void pump(struct irc_session *s)
{
	struct str *out = irc_line_new(s);
	uint64_t cookie;

	while (s->state != IRC_DEAD && irc_flood_pop(&s->flood, out, &cookie)) {
		write_out(s, str_slice(out));
		if (cookie == HAS_PARCEL) {
			struct waiting *w = waiting_take(s);

			parcel_left(s, &w->parcel);
			waiting_free(w);
		}
		out = irc_line_new(s);
	}
}

static void on_timer(void *arg)
{
	struct irc_session *s = arg;

	pump(s);
	if (s->state == IRC_DEAD)
		return;
	wait_for_token(s);
	if (s->state == IRC_ONLINE) {
		irc_channels_ask_modes(s);
		irc_watch_flush(s);
	}
}

static int queue(
	struct irc_session *s, struct slice line, const struct irc_parcel *p)
{
	if (irc_flood_push(&s->flood, line, p != NULL ? HAS_PARCEL : 0) != 0)
		return -1;
	if (p != NULL)
		waiting_add(s, p);
	wait_for_token(s);
	return 0;
}

int irc_send(struct irc_session *s)
{
	struct slice rest = str_slice(&s->irc->line);

	while (rest.len > 0) {
		const char *end = memchr(rest.data, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.data) + 1 : rest.len;
		struct slice line = slice_make(rest.data, len);

		if (irc_flood_pass(&s->flood))
			write_out(s, line);
		else if (queue(s, line, NULL) != 0)
			return -1;
		rest.data += len;
		rest.len -= len;
	}
	return 0;
}

int irc_send_parcel(struct irc_session *s, const struct irc_parcel *p)
{
	struct slice line = str_slice(&s->irc->line);

	if (!irc_flood_pass(&s->flood))
		return queue(s, line, p);
	write_out(s, line);
	parcel_left(s, p);
	return 0;
}

void irc_send_now(struct irc_session *s)
{
	write_out(s, str_slice(&s->irc->line));
}

bool irc_command(struct irc_session *s, const char *command,
	const char *const params[], const char *trailing)
{
	struct str *line = irc_line_new(s);

	return irc_line_add(line, command, params, trailing) == 0 &&
	       irc_send(s) == 0;
}

bool irc_command_now(struct irc_session *s, const char *command,
	const char *const params[], const char *trailing)
{
	struct str *line = irc_line_new(s);

	if (irc_line_add(line, command, params, trailing) != 0)
		return false;
	irc_send_now(s);
	return true;
}

bool irc_has_room(const struct irc_session *s, size_t lines)
{
	return s->flood.lines + lines <= LIMIT_IRC_QUEUE_LINES;
}

bool irc_is_idle(struct irc_session *s)
{
	struct bucket *b = &s->flood.bucket;
	double spare = b->burst >= 2 ? 2 : 1;

	return s->flood.head == NULL &&
	       (b->burst <= 0 || bucket_wait_ms(b, spare) == 0);
}

void irc_outbox_wait_idle(struct irc_session *s)
{
	struct bucket *b = &s->flood.bucket;

	/* While lines wait, the timer runs for them anyway. */
	if (s->flood.head == NULL)
		start_timer(s, bucket_wait_ms(b, b->burst >= 2 ? 2 : 1));
}

void irc_outbox_finish(struct irc_session *s)
{
	struct irc_outbox *o = s->outbox;

	irc_flood_finish(&s->flood);
	s->outbox = NULL;
	if (o == NULL)
		return;
	timer_stop(&o->timer);
	list_for_each_safe(it, &o->waiting)
		waiting_free(CONTAINER(it, struct waiting, link));
	xfree(o);
}
