/*
 * Texts that leave: one after the other, each with its PDU made when it came.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "sms_modem/cause.h"
#include "sms_modem/device.h"
#include "sms_modem/tpdu.h"

/* The network may take a minute and more. */
#define SEND_MS 120000

/* A PDU has at most some 360 digits. */
#define PDU_SIZE 512

/* What was not taken is not tried again before. */
#define WAIT_MS 5000

/* As many digits of a receiver's number are in the id of a text: those that
 * national and international forms have in common. */
#define ID_DIGITS 7
#define ID_SIZE   256

#define REFUSAL_SIZE 160

struct errand {
	struct list link;
	uint64_t token;
	char *to;
	char *pdu;         /* hexadecimal; NULL: it cannot be sent */
	const char *wrong; /* ... and why */
	size_t octets;
	int reference; /* as +CMGS said; -1: it did not */
};

static const struct carrier_events *events_of(const struct modem *m)
{
	return m->all->setup.events;
}

static void errand_free(struct errand *e)
{
	list_remove(&e->link);
	xfree(e->to);
	xfree(e->pdu);
	xfree(e);
}

/* --- What became of it --------------------------------------------------- */

void modem_put_id(const struct modem *m, struct str *out, int reference,
	const char *number)
{
	size_t end = strcspn(number, ";");
	size_t start = end;

	while (start > 0 && end - start < ID_DIGITS && number[start - 1] != '+')
		start--;
	str_addf(out, "%s:%d:", m->name, reference);
	str_add_bytes(out, number + start, end - start);
}

static void approve(struct modem *m, struct errand *e)
{
	struct str id;

	str_init(&id, ID_SIZE);
	if (e->reference >= 0)
		modem_put_id(m, &id, e->reference, e->to);
	events_of(m)->accepted(
		m->all->setup.arg, e->token, id.len > 0 ? str_text(&id) : NULL);
	str_finish(&id);
}

static void reject(struct modem *m, const struct errand *e,
	enum sms_class class, const char *text)
{
	struct carrier_refusal refusal = {
		.class = class,
		.text = text,
		.wait_ms = class == SMS_LINK ? WAIT_MS : 0,
	};

	events_of(m)->rejected(m->all->setup.arg, e->token, &refusal);
}

static void reject_by_code(struct modem *m, const struct errand *e,
	const struct modem_talk_result *r)
{
	static const char *const names[] = {
		[AT_ERROR_PLAIN] = "ERROR",
		[AT_ERROR_CMS] = "CMS ERROR",
		[AT_ERROR_CME] = "CME ERROR",
	};
	struct cause cause = cause_of_error(r->error, r->code);
	char text[REFUSAL_SIZE];

	if (r->code >= 0)
		(void)text_format(text, sizeof(text), "%s (%s %d)", cause.words,
			names[r->error], r->code);
	else
		(void)text_copy(text, sizeof(text), cause.words);
	if (cause_is_full(r->error, r->code)) {
		modem_read_memories(m);
		m->is_poll_due = true;
	}
	reject(m, e, cause.class, text);
}

static void lose(struct modem *m, const struct errand *e)
{
	events_of(m)->lost(m->all->setup.arg, e->token);
}

static void on_done(void *arg, const struct modem_talk_result *r)
{
	struct modem *m = arg;
	struct errand *e = m->errand;
	bool is_silent = r->end == TALK_SILENCE;

	m->errand = NULL;
	/* "+CMGS" says that it was taken; "OK" may still be missing. */
	if (r->end == TALK_OK || (r->end != TALK_ERROR && e->reference >= 0))
		approve(m, e);
	else if (r->was_given &&
		 (r->end != TALK_ERROR || cause_is_silence(r->error, r->code)))
		lose(m, e);
	else if (r->end == TALK_ERROR)
		reject_by_code(m, e, r);
	else
		reject(m, e, SMS_LINK, "the modem did not take it");
	errand_free(e);
	/* Nobody knows what it would take the next command for. */
	if (is_silent)
		modem_fail(m, 0, "it does not answer");
	modem_kick(m);
}

static void on_line(void *arg, const struct at_line *line)
{
	struct modem *m = arg;
	struct slice args = line->args;

	m->errand->reference = at_number(&args);
	if (m->errand->reference > 255)
		m->errand->reference = -1;
}

/* --- The queue ----------------------------------------------------------- */

static void make_pdu(
	const struct modem *m, struct errand *e, const struct carrier_submit *s)
{
	struct tpdu_submit t = {
		.centre = m->config->centre,
		.to = s->to,
		.alphabet = s->alphabet,
		.header = s->header,
		.data = s->data,
		.wants_report = s->wants_report && m->all->config->reports,
		.valid_ms = s->valid_ms,
	};
	struct str pdu;

	str_init(&pdu, PDU_SIZE);
	if (tpdu_put_submit(&pdu, &t, &e->octets, &e->wrong) == 0)
		e->pdu = xstrdup(str_text(&pdu));
	str_finish(&pdu);
}

void modem_submit(struct modem *m, const struct carrier_submit *s)
{
	struct errand *e = xalloc(sizeof(*e));

	e->token = s->token;
	e->to = xstrdup(s->to);
	e->reference = -1;
	make_pdu(m, e, s);
	list_append(&m->queue, &e->link);
	if (s->is_more)
		(void)text_copy(m->more_to, sizeof(m->more_to), s->to);
	else if (strcmp(m->more_to, s->to) == 0)
		m->more_to[0] = '\0';
	modem_kick(m);
}

static struct errand *first(const struct modem *m)
{
	return CONTAINER(m->queue.next, struct errand, link);
}

bool modem_send(struct modem *m)
{
	char text[32];
	struct errand *e = first(m);
	struct modem_talk_command command = {
		.text = text,
		.answer = "+CMGS",
		.timeout_ms = SEND_MS,
		.line = on_line,
		.done = on_done,
	};

	if (list_is_empty(&m->queue))
		return false;
	list_remove(&e->link);
	m->errand = e;
	(void)text_format(text, sizeof(text), "AT+CMGS=%zu", e->octets);
	command.payload = e->pdu;
	modem_talk_say(&m->talk, &command);
	return true;
}

void modem_send_check(struct modem *m)
{
	bool is_closed = !modem_is_up(m) || m->all->is_draining;
	struct list all;

	if (is_closed)
		m->more_to[0] = '\0';
	/* What is told of may bring more, which waits for the next turn. */
	list_init(&all);
	list_for_each_safe(it, &m->queue) {
		const struct errand *e = CONTAINER(it, struct errand, link);

		if (!is_closed && e->pdu != NULL)
			continue;
		list_remove(it);
		list_append(&all, it);
	}
	while (!list_is_empty(&all)) {
		struct errand *e = CONTAINER(all.next, struct errand, link);

		list_remove(&e->link);
		if (e->pdu == NULL)
			reject(m, e, SMS_BAD_CONTENT, e->wrong);
		else
			reject(m, e, SMS_LINK,
				m->why[0] != '\0' ? m->why
						  : "the modem is closed");
		errand_free(e);
	}
}

void modem_send_abandon(struct modem *m)
{
	/* modem_talk_close() ends it: what was given is lost. */
	if (m->errand != NULL)
		modem_talk_close(&m->talk);
}

void modem_send_finish(struct modem *m)
{
	list_for_each_safe(it, &m->queue) {
		errand_free(CONTAINER(it, struct errand, link));
	}
	if (m->errand != NULL)
		errand_free(m->errand);
	m->errand = NULL;
}

bool modem_has_for(const struct modem *m, const char *to)
{
	if (strcmp(m->more_to, to) == 0 ||
		(m->errand != NULL && strcmp(m->errand->to, to) == 0))
		return true;
	list_for_each(it, &m->queue)
		if (strcmp(CONTAINER(it, struct errand, link)->to, to) == 0)
			return true;
	return false;
}

size_t modem_queued(const struct modem *m)
{
	size_t n = m->errand != NULL;

	list_for_each(it, &m->queue)
		n++;
	return n;
}
