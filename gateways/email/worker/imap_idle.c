/*
 * Waiting for the server. IDLE (RFC 2177) in our own words: libetpan's gives
 * up when anything precedes the "+", and misses what follows it at once.
 */
#include "email_worker/imap.h"

/* NATs and servers forget quiet connections; RFC 2177 allows 29 minutes. */
#define IDLE_MS  (9 * 60 * 1000)
/* Without IDLE. */
#define POLL_MS  60000
/* Whatever a server says by itself, it is asked that often. */
#define SCAN_MS  600000
/* A link that watches nothing. */
#define QUIET_MS 120000

#define IDLE_BYTES ((size_t)1024 * 1024)

static int64_t now_of(const struct imap *m)
{
	return loop_now_ms(m->link->worker->loop);
}

/* Is there anything to do but wait? */
static bool is_wanted(const struct imap *m)
{
	/* Nothing is looked at until it is known how to go on. */
	bool is_watching =
		m->watched != NULL && m->uid_validity == m->watched_validity;

	return m->link->is_closing || link_next(m->link) != NULL ||
	       m->has_news || m->has_changes ||
	       (is_watching && m->mirror.is_due) || m->is_bye ||
	       stream_error(m->stream) != LINK_OK;
}

static void tell_state(struct imap *m, enum link_state state)
{
	if (m->told_state == state)
		return;
	m->told_state = state;
	link_state(m->link, state, "", "");
}

/* Listen for `ms`, or until something is wanted. */
static void listen_for(struct imap *m, int64_t ms)
{
	int64_t end_ms = now_of(m) + ms;

	while (!is_wanted(m) && now_of(m) < end_ms)
		(void)stream_feed(m->stream, end_ms - now_of(m));
}

static int check(struct imap *m)
{
	if (stream_error(m->stream) == LINK_OK)
		return 0;
	return imap_fail(m, stream_error(m->stream),
		"The connection to the mail server ended");
}

/* --- IDLE ---------------------------------------------------------------- */

static int idle(struct imap *m)
{
	enum link_error error;

	imap_begin(m, IDLE_BYTES, IMAP_COMMAND_MS);
	(void)!imap_write(m, slice_of("IDLE\r\n"));
	error = imap_await_go(m);
	if (error != LINK_OK) {
		m->has_no_idle = true;
		return check(m);
	}
	tell_state(m, LINK_IDLING);
	listen_for(m, IDLE_MS);
	m->is_scan_due |= now_of(m) - m->scanned_ms >= SCAN_MS - IDLE_MS;
	stream_set_budget(m->stream, IDLE_BYTES, IMAP_COMMAND_MS);
	(void)!imap_write(m, slice_of("DONE\r\n"));
	(void)imap_await(m);
	return check(m);
}

/* --- Without it ---------------------------------------------------------- */

static int ask(struct imap *m)
{
	imap_library_begin(m, IMAP_COMMAND_BYTES, IMAP_COMMAND_MS);
	(void)imap_library_end(m, mailimap_noop(m->library));
	m->is_scan_due |=
		m->watched != NULL && now_of(m) - m->scanned_ms >= SCAN_MS;
	return check(m);
}

/* What comes by itself is told, not passed: nobody in the library reads. */
static int listen_and_ask(struct imap *m, int64_t ms)
{
	m->filter.is_own = true;
	stream_set_budget(m->stream, IMAP_COMMAND_BYTES, ms);
	listen_for(m, ms);
	m->filter.is_own = false;
	if (check(m) != 0)
		return -1;
	return is_wanted(m) ? 0 : ask(m);
}

/* Until the daemon has taken mails, or wants something else. */
static int wait_for_daemon(struct imap *m)
{
	m->filter.is_own = true;
	stream_set_budget(m->stream, IMAP_COMMAND_BYTES, QUIET_MS);
	(void)stream_feed(m->stream, QUIET_MS);
	m->filter.is_own = false;
	return check(m);
}

int imap_wait(struct imap *m)
{
	bool is_watching =
		m->watched != NULL && m->uid_validity == m->watched_validity;

	if (imap_mirror_has_mails(m) ||
		(is_watching && m->found_at < m->found_count))
		return wait_for_daemon(m);
	if (!is_watching)
		return listen_and_ask(m, QUIET_MS);
	if (imap_can(m, "IDLE") && !m->has_no_idle)
		return idle(m);
	tell_state(m, LINK_POLLING);
	return listen_and_ask(m, POLL_MS);
}
