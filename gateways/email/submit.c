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
#include "email/refusal.h"

#define IDLE_MS    30000
/* After the last byte went out and no answer came. */
#define UNKNOWN_MS 60000

struct submitter {
	struct email_outbox *outbox;
	struct outgoing *mail;   /* being sent, or saved */
	bool saves, is_doubtful; /* ... or looked for among the sent ones */
	struct approach *approach;
	struct mail_link *link;
	bool ready;
	struct mail_request *request;
	struct timer idle;
	struct refusal refusal; /* of the recipients; the last one counts */
	unsigned refused;
	struct str refused_words;
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

static void sent_kept(bool ok, void *arg)
{
	struct outgoing *m = arg;

	(void)ok;
	if (m->outbox->session->gateway->config->receipt == RECEIPT_SMTP)
		email_outbox_tell(m, GW_DELIVERED, GW_OK, NULL);
	email_outbox_wake(m->outbox);
}

static void accepted(struct submitter *s)
{
	struct outgoing *m = done_with(s);

	m->state = OUTGOING_SENT;
	log_info("email", "[%s] mail %s sent", session_of(s)->session->id,
		m->id);
	if (s->refused > 0)
		email_outbox_tell(m, GW_FAILED, s->refusal.reason,
			str_text(&s->refused_words));
	email_outbox_keep(m, sent_kept);
}

static void later(struct submitter *s, enum gw_reason reason, const char *words)
{
	email_outbox_retry(done_with(s), reason, words);
}

static void failed(struct submitter *s, enum gw_reason reason, const char *text)
{
	struct outgoing *m = done_with(s);
	struct email_outbox *o = s->outbox;

	email_outbox_tell(m, GW_FAILED, reason, text);
	email_outbox_drop(m);
	email_outbox_wake(o);
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
 * knows its Message-ID takes it once. */
static void unknown(struct submitter *s)
{
	struct outgoing *m = done_with(s);

	m->maybe_sent = true;
	m->state = OUTGOING_WAITING;
	m->next_ms = clock_wall_ms() + UNKNOWN_MS;
	email_outbox_keep(m, NULL);
	email_outbox_wake(s->outbox);
}

/* What is refused for now is worth another try, whatever else is. */
static void on_refused(struct submitter *s, const struct frame *f)
{
	struct refusal r;

	refusal_read(&r, (unsigned)f->numbers[0], f->texts[1], f->texts[2]);
	if (s->refused == 0 || r.is_temporary || !s->refusal.is_temporary)
		s->refusal = r;
	str_addf(&s->refused_words, "%s%.*s: %s", s->refused > 0 ? "\n" : "",
		(int)f->texts[0].len, f->texts[0].data, r.text);
	s->refused++;
}

/* Nobody gets it: of several each is named. */
static void nobody_takes(struct submitter *s, const struct frame *f)
{
	struct refusal r = s->refusal;
	const char *text =
		s->refused > 1 ? str_text(&s->refused_words) : r.text;

	if (s->refused == 0) {
		refusal_read(&r, (unsigned)f->numbers[1], slice_make("", 0),
			f->texts[0]);
		text = r.text;
	}
	if (r.is_temporary)
		later(s, r.reason, text);
	else
		failed(s, r.reason, text);
}

static void on_done(struct submitter *s, const struct frame *f)
{
	enum link_error error = (enum link_error)f->numbers[0];

	switch ((int)error) {
	case LINK_OK:
		accepted(s);
		return;
	case LINK_UNKNOWN:
		close_link(s);
		s->mail->maybe_sent = true;
		if (f->numbers[2] == 0 || !is_given_up(s))
			unknown(s);
		return;
	case LINK_NO:
	case LINK_LATER:
	case LINK_BAD:
		nobody_takes(s, f);
		return;
	default:
		close_link(s);
		if (f->numbers[2] == 0 || !is_given_up(s))
			later(s, GW_UNREACHABLE,
				"The connection to the mail server broke.");
		return;
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

	s->refused = 0;
	str_reset(&s->refused_words);
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

/* A provider that saves what it sends knows whether it took it. */
static bool can_be_found(const struct submitter *s)
{
	const struct email_session *e = session_of(s);

	return s->mail->maybe_sent && e->state == EMAIL_ONLINE &&
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
	s->refused = 0;
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

static void on_bytes(const char *name, struct slice data, bool ok, void *arg)
{
	struct submitter *s = arg;
	struct outgoing *m = s->mail;

	if (name != NULL) {
		str_add_slice(&m->bytes, data);
	} else if (!ok) {
		str_reset(&m->bytes);
		later(s, GW_UNREACHABLE, MEMORY_FAILED);
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
	email_outbox_drop(m);
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

	if ((e->servers.flags & PROVIDER_SAVES_SENT) != 0 ||
		(folders_are_known(&e->folders) && sent == NULL)) {
		email_outbox_drop(m);
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
	if (!s->saves)
		return;
	mail_request_cancel(&s->request);
	s->saves = false;
	done_with(s);
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
	str_init(&s->refused_words, 4 * KIB);
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
	str_finish(&s->refused_words);
	xfree(s);
}
