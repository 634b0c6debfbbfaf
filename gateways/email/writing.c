/*
 * From the user's lines to the bytes of a mail: what is remembered of the
 * conversation, who gets it; a worker writes it (FRAME_COMPOSE).
 */
#include "email/writing_private.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "email/dialect.h"
#include "email/failure.h"
#include "email/guard.h"
#include "email_wire/address.h"

/* After a worker died. */
#define AGAIN_MS 1000

void writing_free(struct writing *w)
{
	memory_forget_calls(writing_session(w)->memory, w);
	group_forget_calls(writing_session(w), w);
	mail_request_cancel(&w->request);
	download_cancel(&w->download);
	arena_finish(&w->arena);
	str_finish(&w->text);
	str_finish(&w->subject);
	str_finish(&w->references);
	list_for_each(it, &w->mail->lines)
		str_finish(&CONTAINER(it, struct outgoing_line, link)->file);
	xfree(w->files);
	w->mail->writing = NULL;
	xfree(w);
}

void writing_stop(struct outgoing *m)
{
	if (m->writing != NULL)
		writing_free(m->writing);
}

void writing_refuse(struct writing *w, enum gw_reason reason, const char *text)
{
	struct outgoing *m = w->mail;

	writing_free(w);
	email_outbox_tell(m, GW_FAILED, reason, text);
	email_outbox_drop(m);
}

/* --- Composed ------------------------------------------------------------ */

/* The worker died; of this mail, if it is to blame. The timer of the mail
 * writes it again: at once there may be no worker yet. */
static void crashed(struct writing *w, bool is_blamed)
{
	struct outgoing *m = w->mail;

	if (is_blamed && outgoing_is_poison(m)) {
		writing_refuse(w, GW_NOT_ACCEPTABLE,
			"The gateway failed twice at writing this as a mail. "
			"It is not sent.");
		return;
	}
	writing_free(w);
	str_reset(&m->bytes);
	email_outbox_keep(m, NULL);
	timer_start(&m->timer, AGAIN_MS);
}

static void unwritable(struct writing *w, struct slice why)
{
	char said[FAILURE_WORDS], text[FAILURE_WORDS + 60];

	failure_words(why, said);
	text_format(text, sizeof(text),
		"This cannot be written as a mail%s%s%s",
		said[0] != '\0' ? ": " : "", said, text_stop(said));
	writing_refuse(w, GW_NOT_ACCEPTABLE, text);
}

static void composed(const struct frame *f, void *arg)
{
	struct writing *w = arg;
	struct outgoing *m = w->mail;

	if (f->type == FRAME_MORE) {
		writing_give_files(w, f->numbers[0]);
		return;
	}
	if (f->type == FRAME_DATA) {
		str_add_slice(&m->bytes, f->texts[0]);
		mail_request_used(w->request, f->texts[0].len);
		return;
	}
	if (f->type != FRAME_DONE)
		return;
	w->request = NULL;
	if (f->numbers[0] == LINK_CRASHED) {
		crashed(w, f->numbers[2] != 0);
	} else if (f->numbers[0] != LINK_OK || m->bytes.overflow) {
		unwritable(w, f->texts[0]);
	} else {
		writing_keep(w);
	}
}

static void compose(struct writing *w)
{
	struct str record = { .max = FRAME_MAX / 2 };

	draft_encode(&record, &w->draft);
	const struct frame f = {
		.type = FRAME_COMPOSE, .texts = { str_slice(&record) }, .fd = -1
	};

	w->request = mail_pool_ask(
		writing_session(w)->gateway->pool, &f, composed, w);
	str_finish(&record);
}

/* --- Who -------------------------------------------------------------------- */

/* An address of the user's that the other wrote to; only in the domain of the
 * mailbox, as what mails say is not to be trusted. */
static const char *identity(const struct writing *w)
{
	const char *own = email_own_address(writing_session(w));
	const char *other = w->has_parent ? w->parent.identity
			    : w->has_talk ? w->talk.identity
					  : NULL;

	if (other == NULL || !address_is_valid(slice_of(other)) ||
		strcasecmp(address_domain(other), address_domain(own)) != 0)
		return own;
	return other;
}

static const struct memory_talk *talk_of(const struct writing *w)
{
	return w->has_talk ? &w->talk : NULL;
}

static void address_group(struct writing *w, const struct group *g)
{
	const struct outgoing *m = w->mail;

	addressing_group(&w->people, &w->arena, g);
	/* Who is removed is told so. */
	if (m->kind == OUTGOING_REMOVED && m->value != NULL &&
		addressing_count(&w->people) < GROUP_MAX)
		addressing_person(&w->people, m->value, NULL);
}

static void put_envelope(struct writing *w)
{
	struct outgoing *m = w->mail;
	struct str all = { .max = 64 * KIB };
	bool needs_utf8 = addressing_envelope(&w->people, &all);

	needs_utf8 = needs_utf8 || address_needs_utf8(w->draft.from.address);
	xstrset(&m->from, w->draft.from.address);
	xstrset(&m->recipients, str_text(&all));
	m->flags = needs_utf8 ? SUBMIT_UTF8 : 0;
	if (writing_session(w)->gateway->config->receipt == RECEIPT_DSN &&
		m->kind == OUTGOING_TEXT && !m->in_room)
		m->flags |= SUBMIT_DSN;
	str_finish(&all);
}

static void put_sender(struct writing *w)
{
	struct gw_session *s = writing_session(w)->session;
	const char *name = gw_setting(s, "name");

	if (name[0] == '\0')
		name = gw_user_name(s);
	addressing_put(&w->people, &w->draft);
	w->draft.from.address = identity(w);
	w->draft.from.name =
		name[0] != '\0' ? arena_copy(&w->arena, slice_of(name)) : NULL;
}

/* Everybody in a group that nobody has written in yet is new. */
static unsigned new_people(const struct writing *w)
{
	if (w->mail->in_room && w->has_talk)
		return 0;
	return w->has_talk && w->mail->audience == NULL
		       ? 0
		       : (unsigned)addressing_new(&w->people, talk_of(w));
}

static bool may_leave(struct writing *w)
{
	struct outgoing *m = w->mail;

	switch (guard_check(
		writing_session(w)->guard, m->name, new_people(w))) {
	case GUARD_PASS:
		return true;
	case GUARD_ASKED:
		m->state = OUTGOING_ASKING;
		writing_free(w);
		return false;
	case GUARD_FULL:
		break;
	}
	writing_refuse(w, GW_BUSY,
		"This mailbox has sent as many mails today as the operator "
		"permits. Try again tomorrow.");
	return false;
}

void writing_draft(struct writing *w)
{
	struct outgoing *m = w->mail;
	const char *words;

	writing_list_files(w);
	outgoing_text(m, &w->text);
	writing_choose_thread(w);
	put_sender(w);
	put_envelope(w);
	w->draft.message_id = m->message_id;
	w->draft.date_ms = m->date_ms;
	w->draft.subject = str_text(&w->subject);
	w->draft.text = str_text(&w->text);
	memory_id(m->message_id, w->mark);
	w->draft.mark = w->mark;
	w->draft.calendar = m->calendar;
	if (m->calendar != NULL)
		w->draft.calendar_method = "REPLY";
	if (dialect_draft(&w->draft, m, w->group,
		    w->has_parent ? &w->parent : NULL, &w->arena, &words) == 0)
		compose(w);
	else
		writing_refuse(w, GW_NOT_ALLOWED, words);
}

static void begin(struct writing *w)
{
	if (may_leave(w))
		writing_fetch_files(w);
}

/* --- What is remembered -------------------------------------------------- */

static void on_group(struct group *g, void *arg)
{
	struct writing *w = arg;

	w->group = g;
	if (g != NULL)
		address_group(w, g);
	if (addressing_count(&w->people) > 0)
		begin(w);
	else
		writing_refuse(
			w, GW_NO_SUCH, "Nobody is in this group any more.");
}

/* He is answered where he asked for it (RFC 5322 section 3.6.2), if that is in
 * the domain he wrote from. */
static const char *wanted_place(const struct writing *w)
{
	const struct outgoing *m = w->mail;
	bool answers = m->reply_to == NULL
			       ? m->subject == NULL && writing_goes_on(w)
			       : text_equals(m->reply_to, w->talk.last_in);

	if (!w->has_talk || w->talk.answers_elsewhere || !answers ||
		m->kind != OUTGOING_TEXT)
		return NULL;
	return w->talk.answers_to;
}

static void find_recipients(struct writing *w)
{
	if (w->mail->in_room) {
		group_find(writing_session(w), w->mail->name, on_group, w);
		return;
	}
	const char *audience =
		w->mail->audience != NULL ? w->mail->audience : wanted_place(w);

	if (audience != NULL)
		addressing_audience(
			&w->people, &w->arena, audience, talk_of(w));
	if (addressing_count(&w->people) == 0)
		addressing_person(&w->people, w->mail->name, talk_of(w));
	begin(w);
}

static void no_memory(struct writing *w)
{
	writing_refuse(w, GW_BUSY, MEMORY_FAILED " Try again later.");
}

static void on_parent(const char *name, struct slice data, bool ok, void *arg)
{
	struct writing *w = arg;

	if (name != NULL)
		w->has_parent =
			memory_mail_decode(data, &w->arena, &w->parent) == 0 &&
			w->parent.message_id[0] != '\0';
	else if (!ok)
		no_memory(w);
	else
		find_recipients(w);
}

static void on_talk(const char *name, struct slice data, bool ok, void *arg)
{
	struct writing *w = arg;
	const char *parent = w->mail->reply_to;

	if (name != NULL) {
		w->has_talk =
			memory_talk_decode(data, &w->arena, &w->talk) == 0;
		return;
	}
	if (!ok)
		no_memory(w);
	else if (parent != NULL && memory_is_id(parent))
		memory_recall_mail(
			writing_session(w)->memory, parent, on_parent, w);
	else
		find_recipients(w);
}

void writing_start(struct outgoing *m)
{
	struct writing *w = xalloc(sizeof(*w));

	w->mail = m;
	m->writing = w;
	arena_init(&w->arena, 4 * MIB);
	str_init(&w->text, LIMIT_KEPT);
	str_init(&w->subject, 4 * KIB);
	str_init(&w->references, 64 * KIB);
	memory_recall_talk(writing_session(w)->memory, m->name, on_talk, w);
}
