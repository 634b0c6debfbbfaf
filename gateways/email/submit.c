/*
 * The one mail of a session that is being sent, its link to the SMTP server,
 * and the copies in Sent. The link stays for a while after the last mail.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "email/approach.h"
#include "email/failure.h"
#include "email/inbox.h"
#include "email/outbox.h"
#include "email/recipients.h"

#define IDLE_MS    30000
/* Attempts at which the last byte went out and no answer came. */
#define DOUBTS_MAX 5
/* A store that fails is not asked at once. */
#define STORE_MS   60000

struct submitter {
	struct email_outbox *outbox;
	struct outgoing *mail;   /* being sent, or saved */
	bool saves, is_doubtful; /* ... or looked for among the sent ones */
	struct approach *approach;
	struct mail_link *link;
	bool ready;
	struct mail_request *request;
	struct timer idle;
	enum gw_reason again_as; /* of the last refusal for now */
};

static struct email_session *session_of(const struct submitter *s)
{
	return s->outbox->session;
}

bool submitter_is_idle(const struct submitter *s)
{
	return s->mail == NULL;
}

static void close_link(struct submitter *s)
{
	approach_cancel(&s->approach);
	mail_link_close(&s->link);
	s->ready = false;
}

/* --- Outcomes ------------------------------------------------------------ */

static struct outgoing *done_with(struct submitter *s)
{
	struct outgoing *m = s->mail;

	s->mail = NULL;
	timer_start(&s->idle, IDLE_MS);
	return m;
}

/* Whom the server did not refuse has it. Who was refused for now is tried again
 * alone, and from the beginning: a server that lists him grey knows him now. */
static void accepted(struct submitter *s)
{
	struct outgoing *m = done_with(s);

	recipients_taken(m);
	if (!recipients_are_left(m)) {
		log_info("email", "[%s] mail %s sent",
			session_of(s)->session->id, m->id);
		email_outbox_settle(m);
		return;
	}
	m->attempts = 0;
	email_outbox_retry(m, s->again_as, m->last_words);
}

static void later(struct submitter *s, enum gw_reason reason, const char *words)
{
	email_outbox_retry(done_with(s), reason, words);
}

static void failed(struct submitter *s, enum gw_reason reason, const char *text)
{
	email_outbox_fail(done_with(s), reason, text);
}

/* The worker died, of this mail or of what the server said about it. False:
 * it may be tried again. */
static bool is_given_up(struct submitter *s)
{
	if (!outgoing_is_poison(s->mail))
		return false;
	failed(s, GW_NOT_ACCEPTABLE,
		s->mail->maybe_sent
			? "The gateway failed twice at sending this mail. It "
			  "may have been sent."
			: "The gateway failed twice at sending this mail. It "
			  "is not sent.");
	return true;
}

/* It may have arrived: the same bytes again, a little later. A server that
 * knows its Message-ID takes it once; others are not asked for ever. */
static void unknown(struct submitter *s)
{
	s->mail->maybe_sent = true;
	if (++s->mail->doubts < DOUBTS_MAX)
		later(s, GW_LOST, "The mail server did not confirm it.");
	else
		failed(s, GW_LOST,
			"The mail server did not confirm that it took this "
			"mail, however often it was sent. It may have "
			"arrived.");
}

/* Kept at once: should nobody hear what the server says of the mail, it is
 * known of whom it says nothing. */
static void on_refused(struct submitter *s, const struct frame *f)
{
	struct outgoing *m = s->mail;
	struct refusal r;

	refusal_read(&r, (unsigned)f->numbers[0], f->texts[1], f->texts[2]);
	if (!recipients_refuse(m, f->texts[0], &r))
		return;
	if (r.is_temporary)
		s->again_as = r.reason;
	email_outbox_keep(m, NULL);
}

static void nobody_is_taken(struct submitter *s)
{
	struct outgoing *m = done_with(s);

	if (recipients_are_left(m))
		email_outbox_retry(m, s->again_as, m->last_words);
	else
		email_outbox_settle(m);
}

/* The mail itself is refused, whatever was said of its recipients. */
static void mail_is_refused(struct submitter *s, const struct frame *f)
{
	bool is_unfit = f->numbers[0] == LINK_BAD;
	struct refusal r;

	refusal_read(&r, (unsigned)f->numbers[1],
		slice_of(is_unfit ? "5.6.7" : ""), f->texts[0]);
	if (r.is_temporary)
		later(s, r.reason, r.text);
	else
		failed(s, r.reason, r.text);
}

/* The server read it and said no, or would have said so. */
static bool is_refusal(const struct frame *f)
{
	switch ((int)f->numbers[0]) {
	case LINK_NO:
	case LINK_LATER:
	case LINK_BAD:
		return true;
	case LINK_TOO_MUCH: /* its limit, or it goes on for ever */
		return f->numbers[1] != 0;
	default:
		return false;
	}
}

static void on_done(struct submitter *s, const struct frame *f)
{
	bool is_unknown = f->numbers[0] == LINK_UNKNOWN;

	if (f->numbers[0] == LINK_OK) {
		accepted(s);
	} else if (is_refusal(f) && recipients_were_refused(s->mail)) {
		nobody_is_taken(s);
	} else if (is_refusal(f)) {
		mail_is_refused(s, f);
	} else {
		close_link(s);
		s->mail->maybe_sent |= is_unknown;
		if (f->numbers[2] != 0 && is_given_up(s))
			return;
		if (is_unknown)
			unknown(s);
		else
			later(s, GW_UNREACHABLE,
				"The connection to the mail server broke.");
	}
}

static void submit_heard(const struct frame *f, void *arg)
{
	struct submitter *s = arg;

	if (f->type == FRAME_REFUSED)
		on_refused(s, f);
	if (f->type != FRAME_DONE)
		return;
	s->request = NULL;
	on_done(s, f);
}

/* --- Sending ------------------------------------------------------------- */

static void submit(struct submitter *s)
{
	struct outgoing *m = s->mail;
	const struct frame f = {
		.type = FRAME_SUBMIT,
		.numbers = { m->bytes.len, m->flags },
		.texts = { slice_of(m->from), slice_of(m->recipients) },
		.fd = -1,
	};

	recipients_begin(m);
	s->again_as = GW_UNREACHABLE;
	s->request = mail_link_ask(
		s->link, &f, str_slice(&m->bytes), submit_heard, s);
}

static void link_heard(const struct frame *f, void *arg)
{
	struct submitter *s = arg;
	struct failure failure;

	if (f->type != FRAME_STATE)
		return;
	if (f->numbers[0] == LINK_READY) {
		s->ready = true;
		if (s->mail != NULL && !s->saves)
			submit(s);
		return;
	}
	if (f->numbers[0] != LINK_FAILED)
		return;
	failure_read(&failure, "SMTP", session_of(s)->servers.smtp.host,
		(enum link_error)f->numbers[1], f->texts[0]);
	close_link(s);
	if (s->mail == NULL || s->saves)
		return;
	if (f->numbers[1] != LINK_CRASHED || f->numbers[2] == 0 ||
		!is_given_up(s))
		later(s, failure.reason, failure.text);
}

static void link_open(struct mail_link *link, enum gw_reason reason,
	const char *text, void *arg)
{
	struct submitter *s = arg;

	s->approach = NULL;
	s->link = link;
	if (link == NULL)
		later(s, reason, text);
}

static void go(struct submitter *s)
{
	if (s->ready)
		submit(s);
	else if (s->link == NULL && s->approach == NULL)
		s->approach = approach_start(
			session_of(s), LINK_SMTP, link_heard, link_open, s);
}

/* --- Was it sent? --------------------------------------------------------- */

/* Is there a mail among the sent ones whose header `key` has its id? */
static void find_in_sent(struct submitter *s, const char *key, mail_fn fn)
{
	struct email_session *e = session_of(s);
	const char *sent = folders_get(&e->folders, FOLDER_SENT);
	char keys[500];

	text_format(keys, sizeof(keys), "%s\n<%s>\n", key, s->mail->message_id);
	const struct frame f = {
		.type = FRAME_SEARCH,
		.numbers = { 1, 0 },
		.texts = { slice_of(sent), slice_of(keys) },
		.fd = -1,
	};

	s->request = mail_link_ask(e->imap, &f, slice_make(NULL, 0), fn, s);
}

/* A provider that saves what it sends knows whether it took it; but not for
 * whom, when some have it. */
static bool can_be_found(const struct submitter *s)
{
	const struct email_session *e = session_of(s);

	return s->mail->maybe_sent && !s->mail->some_have_it &&
	       e->state == EMAIL_ONLINE &&
	       (e->servers.flags & PROVIDER_SAVES_SENT) != 0 &&
	       folders_get(&e->folders, FOLDER_SENT) != NULL;
}

static bool was_found(struct submitter *s, const struct frame *f)
{
	s->request = NULL;
	s->is_doubtful = false;
	if (f->numbers[0] != LINK_OK || f->texts[1].len == 0)
		return false;
	log_info("email", "[%s] mail %s was sent before",
		session_of(s)->session->id, s->mail->id);
	accepted(s);
	return true;
}

static void found_renamed(const struct frame *f, void *arg)
{
	struct submitter *s = arg;

	if (f->type == FRAME_DONE && !was_found(s, f))
		go(s);
}

static void found(const struct frame *f, void *arg)
{
	struct submitter *s = arg;

	if (f->type != FRAME_DONE || was_found(s, f))
		return;
	if (f->numbers[0] != LINK_OK) {
		go(s);
		return;
	}
	s->is_doubtful = true;
	find_in_sent(s, "ORIGINAL-MESSAGE-ID", found_renamed);
}

/* Its bytes are there. */
static void go_unless_sent(struct submitter *s)
{
	s->is_doubtful = can_be_found(s);
	if (s->is_doubtful)
		find_in_sent(s, "MESSAGE-ID", found);
	else
		go(s);
}

/* --- The bytes ----------------------------------------------------------- */

/* A copy is nothing to send again. */
static void not_loaded(struct submitter *s)
{
	str_finish(&s->mail->bytes);
	if (!s->saves) {
		later(s, GW_UNREACHABLE, MEMORY_FAILED);
		return;
	}
	s->saves = false;
	done_with(s);
	timer_start(&s->outbox->retry, STORE_MS);
}

static void on_bytes(const char *name, struct slice data, bool ok, void *arg)
{
	struct submitter *s = arg;
	struct outgoing *m = s->mail;

	if (name != NULL) {
		str_add_slice(&m->bytes, data);
	} else if (!ok || m->bytes.len == 0) {
		not_loaded(s);
	} else if (s->saves) {
		s->saves = false;
		submitter_save(s, done_with(s));
	} else {
		go_unless_sent(s);
	}
}

static void load_bytes(struct submitter *s)
{
	char prefix[MEMORY_NAME_SIZE];

	str_reset(&s->mail->bytes);
	text_format(prefix, sizeof(prefix), "b/%s/", s->mail->id);
	memory_recall(session_of(s)->memory, prefix, on_bytes, s);
}

void submitter_take(struct submitter *s, struct outgoing *m)
{
	timer_stop(&s->idle);
	s->mail = m;
	s->saves = false;
	m->state = OUTGOING_SENDING;
	if (m->bytes.len == 0)
		load_bytes(s);
	else
		go_unless_sent(s);
}

/* --- The copy ------------------------------------------------------------ */

/* There is one, or none is wanted. */
static void copy_done(struct outgoing *m)
{
	if (m->state == OUTGOING_SENT) {
		email_outbox_drop(m);
		return;
	}
	m->is_saved = true;
	email_outbox_keep(m, NULL);
}

static void saved(const struct frame *f, void *arg)
{
	struct submitter *s = arg;

	if (f->type != FRAME_DONE)
		return;
	s->request = NULL;
	s->saves = false;
	struct outgoing *m = done_with(s);

	if (f->numbers[0] == LINK_LOST || f->numbers[0] == LINK_CRASHED)
		return; /* with the next link */
	if (f->numbers[0] != LINK_OK)
		log_info("email", "[%s] no copy in Sent: %.*s",
			session_of(s)->session->id, (int)f->texts[0].len,
			f->texts[0].data);
	copy_done(m);
	email_outbox_wake(s->outbox);
}

static void appended(const struct frame *f, void *arg)
{
	struct submitter *s = arg;

	if (f->type == FRAME_DONE && f->numbers[0] == LINK_OK)
		email_inbox_saved(session_of(s)->sent, f->numbers[1]);
	saved(f, s);
}

static void append(struct submitter *s)
{
	struct email_session *e = session_of(s);
	const struct outgoing *m = s->mail;
	const char *sent = folders_get(&e->folders, FOLDER_SENT);
	const struct frame f = {
		.type = FRAME_APPEND,
		.numbers = { m->bytes.len, FLAG_SEEN, (uint64_t)m->date_ms },
		.texts = { slice_of(sent) },
		.fd = -1,
	};

	s->request =
		mail_link_ask(e->imap, &f, str_slice(&m->bytes), appended, s);
}

/* One copy is enough: is it there? */
static void looked(const struct frame *f, void *arg)
{
	struct submitter *s = arg;

	if (f->type != FRAME_DONE)
		return;
	s->request = NULL;
	if (f->numbers[0] != LINK_OK || f->texts[1].len > 0) {
		saved(f, s);
		return;
	}
	s->mail->perhaps_saved = false;
	append(s);
}

static void look(struct submitter *s)
{
	find_in_sent(s, "MESSAGE-ID", looked);
}

void submitter_save(struct submitter *s, struct outgoing *m)
{
	struct email_session *e = session_of(s);
	const char *sent = folders_get(&e->folders, FOLDER_SENT);

	if (m->is_saved || (e->servers.flags & PROVIDER_SAVES_SENT) != 0 ||
		(folders_are_known(&e->folders) && sent == NULL)) {
		copy_done(m);
		return;
	}
	if (e->state != EMAIL_ONLINE || sent == NULL)
		return;
	s->mail = m;
	s->saves = true;
	if (m->bytes.len == 0)
		load_bytes(s);
	else if (m->perhaps_saved)
		look(s);
	else
		append(s);
}

void submitter_imap_lost(struct submitter *s)
{
	if (s->is_doubtful) {
		mail_request_cancel(&s->request);
		s->is_doubtful = false;
		later(s, GW_UNREACHABLE,
			"The connection to the mail server broke.");
		return;
	}
	if (s->saves) {
		mail_request_cancel(&s->request);
		memory_forget_calls(session_of(s)->memory, s);
		str_finish(&s->mail->bytes);
		s->saves = false;
		done_with(s);
	}
	email_outbox_wake_soon(s->outbox);
}

/* --- Life ---------------------------------------------------------------- */

static void idle_over(void *arg)
{
	close_link(arg);
}

struct submitter *submitter_new(struct email_outbox *o)
{
	struct submitter *s = xalloc(sizeof(*s));

	s->outbox = o;
	timer_init(&s->idle, o->session->gateway->gw->env->loop,
		"mail link idle", idle_over, s);
	return s;
}

void submitter_free(struct submitter **slot)
{
	struct submitter *s = *slot;

	if (s == NULL)
		return;
	*slot = NULL;
	timer_stop(&s->idle);
	memory_forget_calls(session_of(s)->memory, s);
	mail_request_cancel(&s->request);
	close_link(s);
	xfree(s);
}
