#include "email/outbox.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "email/audience.h"
#include "email/late.h"
#include "email/react.h"
#include "email/recipients.h"
#include "email_wire/address.h"

/* Who goes on typing is waited for, but not for ever. */
#define HOLD_MAX_MS 120000

/* Minutes between attempts; then hourly (RFC 5321 section 4.5.4.1). */
static const int64_t retry_ms[] = { 30000, 120000, 300000, 900000, 1800000,
	3600000 };
#define GIVE_UP_MS (48 * 3600000LL)

/* A message that came while what was kept was still being read. */
struct early {
	struct list link;
	struct arena arena;
	struct gw_outgoing m;
	struct gw_file file;
	struct gw_receiver receivers[LIMIT_RECEIVERS];
};

/* --- Keeping ------------------------------------------------------------- */

void email_outbox_keep(struct outgoing *m, memory_kept_fn fn)
{
	struct str data = { .max = LIMIT_KEPT };
	char name[MEMORY_NAME_SIZE];

	outgoing_encode(&data, m);
	text_format(name, sizeof(name), "a/o/%s", m->id);
	const struct gw_kept item = {
		.name = name, .data = data.data, .len = data.len
	};

	memory_keep(m->outbox->session->memory, &item, 1, fn, m);
	str_finish(&data);
}

void email_outbox_drop(struct outgoing *m)
{
	struct email_session *s = m->outbox->session;
	char name[MEMORY_NAME_SIZE];

	text_format(name, sizeof(name), "a/o/%s", m->id);
	const struct gw_kept item = { .name = name };

	memory_keep(s->memory, &item, 1, NULL, NULL);
	if (m->chunks > 0) {
		text_format(name, sizeof(name), "b/%s/", m->id);
		gw_forget(s->session, name);
	}
	memory_forget_calls(s->memory, m);
	outgoing_free(&m);
}

/* What nobody waits for was said behind a slash, or asked for by a command:
 * that it failed is said in the chat. */
static void say_failed(const struct outgoing *m, const char *text)
{
	const struct email_session *s = m->outbox->session;
	struct str words = { .max = OUTGOING_WORDS_MAX + KIB };
	char id[64];

	list_for_each(it, &m->lines)
		if (CONTAINER(it, struct outgoing_line, link)->request != 0)
			return;
	if (m->in_room || !s->is_announced)
		return;
	text_format(id, sizeof(id), "failed-%s", m->id);
	str_addf(&words, "Your mail was not delivered: %s", text);
	const struct gw_message notice = {
		.kind = GW_NOTICE,
		.from = m->name,
		.text = str_text(&words),
		.network_id = id,
		.durable = true,
	};

	gw_message(s->session, NULL, &notice);
	str_finish(&words);
}

void email_outbox_tell(struct outgoing *m, enum gw_stage stage,
	enum gw_reason reason, const char *text)
{
	const struct gw_result result = {
		.stage = stage, .reason = reason, .text = text
	};

	list_for_each(it, &m->lines) {
		const struct outgoing_line *line =
			CONTAINER(it, struct outgoing_line, link);

		if (line->request != 0)
			gw_result(m->outbox->session->session, line->request,
				&result);
	}
	if (stage == GW_FAILED)
		say_failed(m, text);
}

/* --- Sending in order ---------------------------------------------------- */

/* Mails to one person leave in their order. Of several people, who takes mails
 * does not wait for who refuses one. */
static bool has_one_before(const struct outgoing *m)
{
	list_for_each(it, &m->outbox->mails) {
		const struct outgoing *other =
			CONTAINER(it, struct outgoing, link);

		if (other == m)
			return false;
		if (other->state != OUTGOING_SENT && !other->some_have_it &&
			strcmp(other->name, m->name) == 0)
			return true;
	}
	return false;
}

static void wake(void *arg)
{
	email_outbox_wake(arg);
}

/* Its copy in Sent is made when the first of them have it. */
static bool lacks_copy(const struct outgoing *m)
{
	return m->state == OUTGOING_SENT ? m->is_told
					 : m->some_have_it && !m->is_saved;
}

static bool may_leave(const struct outgoing *m)
{
	return (m->state == OUTGOING_READY || m->state == OUTGOING_WAITING) &&
	       !has_one_before(m);
}

void email_outbox_wake(struct email_outbox *o)
{
	int64_t now = clock_wall_ms(), next = 0;

	list_for_each_safe(it, &o->mails) {
		struct outgoing *m = CONTAINER(it, struct outgoing, link);
		bool is_sent = m->state == OUTGOING_SENT;

		if (submitter_is_idle(o->submitter) && lacks_copy(m))
			submitter_save(o->submitter, m);
		if (!submitter_is_idle(o->submitter))
			return;
		if (is_sent || !may_leave(m))
			continue;
		if (m->next_ms <= now)
			submitter_take(o->submitter, m);
		else if (next == 0 || m->next_ms < next)
			next = m->next_ms;
	}
	if (next != 0)
		timer_start(&o->retry, next - now);
}

void email_outbox_wake_soon(struct email_outbox *o)
{
	timer_start(&o->retry, 0);
}

/* --- Outcomes ------------------------------------------------------------ */

static void sent_kept(bool ok, void *arg)
{
	struct outgoing *m = arg;

	(void)ok;
	if (m->refusals == NULL &&
		m->outbox->session->gateway->config->receipt == RECEIPT_SMTP)
		email_outbox_tell(m, GW_DELIVERED, GW_OK, NULL);
	m->is_told = true;
	email_outbox_wake(m->outbox);
}

void email_outbox_settle(struct outgoing *m)
{
	struct email_outbox *o = m->outbox;

	/* A failure rather twice than never: before it is kept. */
	if (m->refusals != NULL)
		email_outbox_tell(m, GW_FAILED, m->refused_as, m->refusals);
	if (m->some_have_it) {
		m->state = OUTGOING_SENT;
		email_outbox_keep(m, sent_kept);
	} else {
		email_outbox_drop(m);
	}
	email_outbox_wake_soon(o);
}

void email_outbox_fail(
	struct outgoing *m, enum gw_reason reason, const char *text)
{
	struct email_outbox *o = m->outbox;

	if (!recipients_are_all(m)) {
		recipients_give_up(m, reason, text);
		email_outbox_settle(m);
		return;
	}
	email_outbox_tell(m, GW_FAILED, reason, text);
	email_outbox_drop(m);
	email_outbox_wake_soon(o);
}

static void give_up(struct outgoing *m, enum gw_reason reason)
{
	struct str text = { .max = OUTGOING_WORDS_MAX };

	str_addf(&text, "It could not be sent for two days: %s", m->last_words);
	email_outbox_fail(m, reason, str_text(&text));
	str_finish(&text);
}

/* What lay here while the daemon was off has its chances, too. */
static bool is_over(const struct outgoing *m)
{
	return clock_wall_ms() - m->date_ms > GIVE_UP_MS &&
	       m->attempts >= COUNT(retry_ms);
}

void email_outbox_retry(
	struct outgoing *m, enum gw_reason reason, const char *words)
{
	struct email_outbox *o = m->outbox;
	size_t step = m->attempts < COUNT(retry_ms) ? m->attempts
						    : COUNT(retry_ms) - 1;

	xstrset(&m->last_words, words);
	if (is_over(m)) {
		give_up(m, reason);
		return;
	}
	m->attempts++;
	m->state = OUTGOING_WAITING;
	m->next_ms = clock_wall_ms() + retry_ms[step];
	log_info("email", "[%s] mail %s waits %lld s: %s",
		o->session->session->id, m->id,
		(long long)retry_ms[step] / 1000, m->last_words);
	email_outbox_keep(m, NULL);
	email_outbox_wake_soon(o);
}

/* --- Holding ------------------------------------------------------------- */

static int64_t hold_ms(const struct email_outbox *o)
{
	return o->session->gateway->config->hold * 1000LL;
}

static int64_t hold_for(const struct outgoing *m)
{
	return m->kind == OUTGOING_TEXT || m->kind == OUTGOING_REACTION
		       ? hold_ms(m->outbox)
		       : 0;
}

static void hold_over(void *arg)
{
	struct outgoing *m = arg;

	if (m->kind == OUTGOING_TEXT && !outgoing_has_text(m)) {
		email_outbox_drop(m);
		return;
	}
	m->state = OUTGOING_WRITING;
	writing_start(m);
}

void email_outbox_confirmed(struct email_outbox *o, bool yes)
{
	list_for_each_safe(it, &o->mails) {
		struct outgoing *m = CONTAINER(it, struct outgoing, link);

		if (m->state != OUTGOING_ASKING)
			continue;
		if (yes) {
			hold_over(m);
			continue;
		}
		email_outbox_tell(m, GW_FAILED, GW_POLICY,
			"You did not confirm it: it was not sent.");
		email_outbox_drop(m);
	}
}

static void hold(struct outgoing *m, int64_t delay_ms)
{
	struct loop *l = m->outbox->session->gateway->gw->env->loop;
	int64_t left = m->held_until_ms - loop_now_ms(l);

	timer_start(&m->timer, delay_ms < left ? delay_ms
			       : left > 0      ? left
					       : 0);
}

static void begin_hold(struct outgoing *m)
{
	struct loop *l = m->outbox->session->gateway->gw->env->loop;

	timer_init(&m->timer, l, "mail hold", hold_over, m);
	m->held_until_ms = loop_now_ms(l) + hold_ms(m->outbox) + HOLD_MAX_MS;
}

/* The last mail to this person or room, when it can still be changed. */
static struct outgoing *held(const struct email_outbox *o, const char *name)
{
	for (struct list *it = o->mails.prev; it != &o->mails; it = it->prev) {
		struct outgoing *m = CONTAINER(it, struct outgoing, link);

		if (strcmp(m->name, name) == 0)
			return m->state == OUTGOING_HELD ? m : NULL;
	}
	return NULL;
}

void email_outbox_typing(struct email_outbox *o, const char *name, bool on)
{
	struct outgoing *m = held(o, name);

	if (m != NULL && timer_is_running(&m->timer))
		hold(m, on ? HOLD_MAX_MS : hold_ms(o));
}

/* --- What the user says -------------------------------------------------- */

/* True: somebody was told. */
static bool tell_asker(struct outgoing *m, bool ok)
{
	memory_kept_fn fn = m->asked;

	m->asked = NULL;
	if (fn != NULL)
		fn(ok, m->asked_arg);
	return fn != NULL;
}

/* All accepted lines are kept; those not yet accepted hear so now. */
static void line_kept(bool ok, void *arg)
{
	struct outgoing *m = arg;
	struct gw_session *s = m->outbox->session->session;
	char id[MEMORY_ID_SIZE];
	const struct gw_result accepted = { .stage = GW_ACCEPTED,
		.network_id = id };

	memory_id(m->message_id, id);
	if (!tell_asker(m, ok) && !ok)
		email_outbox_tell(m, GW_FAILED, GW_BUSY, MEMORY_RETRY);
	if (!ok) {
		email_outbox_drop(m);
		return;
	}
	list_for_each(it, &m->lines) {
		struct outgoing_line *line =
			CONTAINER(it, struct outgoing_line, link);

		if (!line->accepted && line->request != 0)
			gw_result(s, line->request, &accepted);
		line->accepted = true;
	}
	if (m->state == OUTGOING_HELD && !timer_is_running(&m->timer))
		hold(m, hold_for(m));
}

/* NULL: it is for one alone. */
static char *audience_of(const struct gw_outgoing *m)
{
	struct str all = { .max = 32 * KIB };

	audience_add_all(&all, m->receivers, m->receiver_count);
	char *text = all.len > 0 ? xstrdup(str_text(&all)) : NULL;

	str_finish(&all);
	return text;
}

static bool is_for_same(
	const struct outgoing *held, const struct gw_outgoing *m)
{
	char *audience = audience_of(m);
	bool same = text_equals(held->audience, audience);

	xfree(audience);
	return same;
}

static bool continues(const struct outgoing *held, const struct gw_outgoing *m)
{
	return held->calendar == NULL && held->kind == OUTGOING_TEXT &&
	       is_for_same(held, m) &&
	       (m->subject == NULL || text_equals(m->subject, held->subject)) &&
	       (m->reply_to == NULL ||
		       text_equals(m->reply_to, held->reply_to)) &&
	       (m->thread == NULL || text_equals(m->thread, held->thread));
}

static struct outgoing *start_mail(struct email_outbox *o, const char *name,
	bool in_room, const struct gw_outgoing *m)
{
	struct outgoing *mail = outgoing_new(o, name, in_room);
	char id[CRYPTO_ID_SIZE], message_id[400];

	crypto_random_id(id);
	text_format(message_id, sizeof(message_id), "%s@%s", id,
		address_domain(email_own_address(o->session)));
	mail->message_id = xstrdup(message_id);
	mail->date_ms = m->wall_ms != 0 ? m->wall_ms : clock_wall_ms();
	xstrset(&mail->subject, m->subject);
	xstrset(&mail->thread, m->thread);
	xstrset(&mail->reply_to, m->reply_to);
	xstrset(&mail->quote, m->quote);
	mail->audience = audience_of(m);
	list_append(&o->mails, &mail->link);
	begin_hold(mail);
	return mail;
}

static void add(struct email_outbox *o, const char *name, bool in_room,
	const struct gw_outgoing *m, const char *text)
{
	struct outgoing *mail = held(o, name);

	if (mail == NULL || !continues(mail, m))
		mail = start_mail(o, name, in_room, m);
	struct outgoing_line *line =
		outgoing_add_line(mail, m->request, m->id, text);

	if (m->file != NULL) {
		xstrset(&line->url, m->file->url);
		xstrset(&line->file_name, m->file->name);
		xstrset(&line->file_type, m->file->type);
	}
	timer_stop(&mail->timer);
	email_outbox_keep(mail, line_kept);
}

void email_outbox_write(struct email_outbox *o, const struct letter *l,
	memory_kept_fn fn, void *arg)
{
	const struct gw_outgoing m = { .subject = l->subject,
		.reply_to = l->mail_id };
	struct outgoing *mail = start_mail(o, l->to, false, &m);

	mail->asked = fn;
	mail->asked_arg = arg;
	xstrset(&mail->calendar, l->calendar);
	outgoing_add_line(mail, 0, NULL, l->text)->accepted = true;
	email_outbox_keep(mail, line_kept);
}

void email_outbox_write_all(struct email_outbox *o, const char *name,
	const char *text, const char *audience, const char *mail_id,
	memory_kept_fn fn, void *arg)
{
	const struct gw_outgoing m = { .reply_to = mail_id };
	struct outgoing *mail = start_mail(o, name, false, &m);

	mail->asked = fn;
	mail->asked_arg = arg;
	xstrset(&mail->audience, audience);
	outgoing_add_line(mail, 0, NULL, text)->accepted = true;
	email_outbox_keep(mail, line_kept);
}

void email_outbox_say(struct email_outbox *o, const char *name, bool in_room,
	gw_request request, const char *id, const char *text)
{
	const struct gw_outgoing m = { .request = request, .id = id };

	add(o, name, in_room, &m, text);
}

void email_outbox_special(struct email_outbox *o, const char *name,
	bool in_room, const struct special *s)
{
	const struct gw_outgoing m = { .reply_to = s->reply_to };
	struct outgoing *mail = start_mail(o, name, in_room, &m);

	mail->kind = s->kind;
	xstrset(&mail->value, s->value);
	outgoing_add_line(mail, s->request, NULL, s->text)->accepted =
		s->request == 0;
	email_outbox_keep(mail, line_kept);
}

bool email_outbox_change(
	struct email_outbox *o, const char *name, const struct special *s)
{
	list_for_each(it, &o->mails) {
		struct outgoing *m = CONTAINER(it, struct outgoing, link);

		if (m->state != OUTGOING_HELD || m->kind != s->kind ||
			strcmp(m->name, name) != 0 ||
			!text_equals(m->reply_to, s->reply_to))
			continue;
		timer_stop(&m->timer);
		xstrset(&m->value, s->value);
		outgoing_add_line(m, s->request, NULL, s->text);
		email_outbox_keep(m, line_kept);
		return true;
	}
	return false;
}

static struct outgoing *mail_with_line(struct email_outbox *o, const char *name,
	const char *id, struct outgoing_line **line_r)
{
	list_for_each(it, &o->mails) {
		struct outgoing *m = CONTAINER(it, struct outgoing, link);

		if (m->state != OUTGOING_HELD || strcmp(m->name, name) != 0)
			continue;
		*line_r = outgoing_find_line(m, id);
		if (*line_r != NULL)
			return m;
	}
	return NULL;
}

static void change(struct outgoing *mail, struct outgoing_line *line,
	const struct gw_outgoing *m)
{
	timer_stop(&mail->timer);
	if (m->retracts != NULL) {
		xstrset(&line->text, NULL);
		outgoing_add_line(mail, m->request, NULL, NULL);
	} else {
		/* The correction is what can be corrected next. */
		xstrset(&line->text, m->text);
		xstrset(&line->id, m->id != NULL ? m->id : m->replaces);
		outgoing_add_line(mail, m->request, NULL, NULL);
	}
	email_outbox_keep(mail, line_kept);
}

/* A correction or retraction. */
static void revise(
	struct email_outbox *o, const char *name, const struct gw_outgoing *m)
{
	struct outgoing_line *line = NULL;
	const char *id = m->retracts != NULL ? m->retracts : m->replaces;
	struct outgoing *mail = mail_with_line(o, name, id, &line);

	if (mail != NULL)
		change(mail, line, m);
	else
		late_revise(o, name, m);
}

/* Given again after a restart: the mail that it is in, if it was kept. */
static bool is_known(const struct email_outbox *o, gw_request request)
{
	list_for_each(it, &o->mails)
		if (outgoing_has_request(
			    CONTAINER(it, struct outgoing, link), request))
			return true;
	return false;
}

static void take(struct email_outbox *o, const struct gw_outgoing *m)
{
	const char *name = m->room != NULL ? m->room->name : m->to;

	if (m->again && is_known(o, m->request))
		gw_done(o->session->session, m->request, NULL);
	else if (m->reaction)
		react(o, m);
	else if (m->replaces != NULL || m->retracts != NULL)
		revise(o, name, m);
	else
		add(o, name, m->room != NULL, m, m->text);
}

static const char *copy(struct early *e, const char *text)
{
	return text != NULL ? arena_copy(&e->arena, slice_of(text)) : NULL;
}

static void wait_for_load(struct email_outbox *o, const struct gw_outgoing *m)
{
	struct early *e = xalloc(sizeof(*e));

	arena_init(&e->arena, 2 * MIB);
	e->m = *m;
	e->m.to = copy(e, m->to);
	e->m.text = copy(e, m->text);
	e->m.subject = copy(e, m->subject);
	e->m.thread = copy(e, m->thread);
	e->m.id = copy(e, m->id);
	e->m.reply_to = copy(e, m->reply_to);
	e->m.quote = copy(e, m->quote);
	e->m.replaces = copy(e, m->replaces);
	e->m.retracts = copy(e, m->retracts);
	if (m->file != NULL) {
		e->file.url = copy(e, m->file->url);
		e->file.name = copy(e, m->file->name);
		e->file.type = copy(e, m->file->type);
		e->m.file = &e->file;
	}
	for (size_t i = 0; i < m->receiver_count; i++)
		e->receivers[i] = (struct gw_receiver){ m->receivers[i].as,
			copy(e, m->receivers[i].person), NULL };
	e->m.receivers = e->receivers;
	list_append(&o->early, &e->link);
}

static void early_free(struct early *e)
{
	list_remove(&e->link);
	arena_finish(&e->arena);
	xfree(e);
}

void email_outbox_send(struct email_outbox *o, const struct gw_outgoing *m)
{
	if (o->loaded)
		take(o, m);
	else
		wait_for_load(o, m);
}

/* --- Life ---------------------------------------------------------------- */

void email_outbox_load(
	struct email_outbox *o, const char *id, struct slice data)
{
	struct outgoing *m = outgoing_decode(o, id, data);

	if (m == NULL) {
		log_warning("email", "[%s] bad record of mail %s",
			o->session->session->id, id);
		return;
	}
	struct list *it = o->mails.prev;

	while (it != &o->mails &&
		CONTAINER(it, struct outgoing, link)->date_ms > m->date_ms)
		it = it->prev;
	list_insert(it, &m->link);
}

void email_outbox_loaded(struct email_outbox *o)
{
	o->loaded = true;
	list_for_each_safe(it, &o->mails) {
		struct outgoing *m = CONTAINER(it, struct outgoing, link);

		if (m->state != OUTGOING_HELD)
			continue;
		begin_hold(m);
		hold(m, hold_for(m));
	}
	while (!list_is_empty(&o->early)) {
		struct early *e = CONTAINER(o->early.next, struct early, link);

		take(o, &e->m);
		early_free(e);
	}
	email_outbox_wake(o);
}

struct email_outbox *email_outbox_new(struct email_session *s)
{
	struct email_outbox *o = xalloc(sizeof(*o));

	o->session = s;
	list_init(&o->mails);
	list_init(&o->early);
	list_init(&o->late);
	timer_init(&o->retry, s->gateway->gw->env->loop, "mail retry", wake, o);
	o->submitter = submitter_new(o);
	return o;
}

void email_outbox_free(struct email_outbox **slot)
{
	struct email_outbox *o = *slot;

	if (o == NULL)
		return;
	*slot = NULL;
	timer_stop(&o->retry);
	late_stop_all(o);
	submitter_free(&o->submitter);
	while (!list_is_empty(&o->mails)) {
		struct outgoing *m =
			CONTAINER(o->mails.next, struct outgoing, link);

		memory_forget_calls(o->session->memory, m);
		outgoing_free(&m);
	}
	while (!list_is_empty(&o->early))
		early_free(CONTAINER(o->early.next, struct early, link));
	xfree(o);
}
