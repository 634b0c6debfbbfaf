#include "email/outgoing.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "email/outbox.h"
#include "email_wire/record.h"

/* Of workers that died of a mail. */
#define CRASHES_MAX 2

enum {
	F_STATE = 1,
	F_NAME,
	F_IN_ROOM,
	F_SUBJECT,
	F_THREAD,
	F_REPLY_TO,
	F_MESSAGE_ID,
	F_DATE,
	F_FROM,
	F_RECIPIENTS,
	F_CHUNKS,
	F_FLAGS,
	F_MAYBE_SENT,
	F_ATTEMPTS,
	F_NEXT,
	F_LAST_WORDS,
	F_LINE_REQUEST, /* begins a line */
	F_LINE_ID,
	F_LINE_TEXT,
	F_LINE_URL,
	F_LINE_FILE_NAME,
	F_LINE_FILE_TYPE,
	F_CRASHES,
	F_CALENDAR,
	F_AUDIENCE,
	F_KIND = 60,
	F_VALUE,
	F_QUOTE,
	F_REFUSALS,
	F_REFUSED_AS,
	F_AGAIN,
	F_SOME_HAVE_IT,
	F_IS_SAVED,
	F_DOUBTS,
};

static struct outgoing *make(struct email_outbox *o, const char *id)
{
	struct outgoing *m = xalloc(sizeof(*m));

	m->outbox = o;
	text_copy(m->id, sizeof(m->id), id);
	list_init(&m->lines);
	str_init(&m->bytes, OUTBOX_MAIL_MAX);
	return m;
}

struct outgoing *outgoing_new(
	struct email_outbox *o, const char *name, bool in_room)
{
	char id[CRYPTO_ID_SIZE];

	crypto_random_id(id);
	struct outgoing *m = make(o, id);

	m->name = xstrdup(name);
	m->in_room = in_room;
	return m;
}

static void line_free(struct outgoing_line *line)
{
	list_remove(&line->link);
	xfree(line->id);
	xfree(line->text);
	xfree(line->url);
	xfree(line->file_name);
	xfree(line->file_type);
	str_finish(&line->file);
	xfree(line);
}

void outgoing_free(struct outgoing **slot)
{
	struct outgoing *m = *slot;

	if (m == NULL)
		return;
	*slot = NULL;
	timer_stop(&m->timer);
	writing_stop(m);
	list_remove(&m->link);
	while (!list_is_empty(&m->lines))
		line_free(CONTAINER(m->lines.next, struct outgoing_line, link));
	xfree(m->name);
	xfree(m->subject);
	xfree(m->thread);
	xfree(m->reply_to);
	xfree(m->calendar);
	xfree(m->audience);
	xfree(m->message_id);
	xfree(m->from);
	xfree(m->recipients);
	xfree(m->last_words);
	xfree(m->value);
	xfree(m->quote);
	xfree(m->refusals);
	xfree(m->again);
	str_finish(&m->bytes);
	xfree(m);
}

struct outgoing_line *outgoing_add_line(struct outgoing *m, gw_request request,
	const char *id, const char *text)
{
	struct outgoing_line *line = xalloc(sizeof(*line));

	line->request = request;
	xstrset(&line->id, id);
	xstrset(&line->text, text);
	list_append(&m->lines, &line->link);
	return line;
}

struct outgoing_line *outgoing_find_line(
	const struct outgoing *m, const char *id)
{
	list_for_each(it, &m->lines) {
		struct outgoing_line *line =
			CONTAINER(it, struct outgoing_line, link);

		if (line->text != NULL && text_equals(line->id, id))
			return line;
	}
	return NULL;
}

bool outgoing_has_request(const struct outgoing *m, gw_request request)
{
	list_for_each(it, &m->lines)
		if (CONTAINER(it, struct outgoing_line, link)->request ==
			request)
			return true;
	return false;
}

bool outgoing_has_text(const struct outgoing *m)
{
	list_for_each(it, &m->lines)
		if (CONTAINER(it, struct outgoing_line, link)->text != NULL)
			return true;
	return false;
}

void outgoing_text(const struct outgoing *m, struct str *out)
{
	list_for_each(it, &m->lines) {
		const struct outgoing_line *line =
			CONTAINER(it, struct outgoing_line, link);

		if (line->text != NULL && line->text[0] != '\0')
			str_addf(out, "%s%s", out->len > 0 ? "\n" : "",
				line->text);
		if (line->text != NULL && line->url != NULL &&
			line->file.data == NULL)
			str_addf(out, "%s%s", out->len > 0 ? "\n" : "",
				line->url);
	}
}

bool outgoing_is_poison(struct outgoing *m)
{
	return ++m->crashes >= CRASHES_MAX;
}

/* --- The record ---------------------------------------------------------- */

/* It begins the line, also where nobody asked for it. */
static void put_request(struct str *out, gw_request request)
{
	if (request != 0)
		record_put_number(out, F_LINE_REQUEST, request);
	else
		record_put(out, F_LINE_REQUEST, slice_of(""));
}

static void encode_recipients(struct str *out, const struct outgoing *m)
{
	record_put_text(out, F_RECIPIENTS, m->recipients);
	record_put_text(out, F_REFUSALS, m->refusals);
	record_put_number(out, F_REFUSED_AS, m->refused_as);
	record_put_text(out, F_AGAIN, m->again);
	record_put_number(out, F_SOME_HAVE_IT, m->some_have_it);
	record_put_number(out, F_IS_SAVED, m->is_saved);
}

static void encode_lines(struct str *out, const struct outgoing *m)
{
	list_for_each(it, &m->lines) {
		const struct outgoing_line *line =
			CONTAINER(it, struct outgoing_line, link);

		put_request(out, line->request);
		record_put_text(out, F_LINE_ID, line->id);
		/* One that is withdrawn has none; a file may have "". */
		if (line->text != NULL)
			record_put(out, F_LINE_TEXT, slice_of(line->text));
		record_put_text(out, F_LINE_URL, line->url);
		record_put_text(out, F_LINE_FILE_NAME, line->file_name);
		record_put_text(out, F_LINE_FILE_TYPE, line->file_type);
	}
}

void outgoing_encode(struct str *out, const struct outgoing *m)
{
	/* What was under way begins again after a crash. */
	enum outgoing_state state =
		m->state == OUTGOING_WRITING || m->state == OUTGOING_ASKING
			? OUTGOING_HELD
		: m->state == OUTGOING_SENDING ? OUTGOING_READY
					       : m->state;

	record_put_number(out, F_STATE, state);
	record_put_text(out, F_NAME, m->name);
	record_put_number(out, F_IN_ROOM, m->in_room);
	record_put_text(out, F_SUBJECT, m->subject);
	record_put_text(out, F_THREAD, m->thread);
	record_put_text(out, F_REPLY_TO, m->reply_to);
	record_put_text(out, F_CALENDAR, m->calendar);
	record_put_text(out, F_AUDIENCE, m->audience);
	record_put_text(out, F_MESSAGE_ID, m->message_id);
	record_put_number(out, F_DATE, m->date_ms);
	record_put_text(out, F_FROM, m->from);
	record_put_number(out, F_CHUNKS, m->chunks);
	record_put_number(out, F_FLAGS, m->flags);
	/* Who is asked for the last byte may have it when we die. */
	record_put_number(out, F_MAYBE_SENT,
		m->maybe_sent || m->state == OUTGOING_SENDING);
	record_put_number(out, F_ATTEMPTS, m->attempts);
	record_put_number(out, F_NEXT, m->next_ms);
	record_put_text(out, F_LAST_WORDS, m->last_words);
	record_put_number(out, F_KIND, m->kind);
	if (m->value != NULL)
		record_put(out, F_VALUE, slice_of(m->value));
	record_put_text(out, F_QUOTE, m->quote);
	record_put_number(out, F_CRASHES, m->crashes);
	record_put_number(out, F_DOUBTS, m->doubts);
	encode_recipients(out, m);
	encode_lines(out, m);
}

static void take_text(char **out, struct slice value)
{
	xfree(*out);
	*out = xalloc(value.len + 1);
	memcpy(*out, value.data, value.len);
}

static char **text_of(struct outgoing *m, uint8_t field)
{
	switch (field) {
	case F_NAME:
		return &m->name;
	case F_SUBJECT:
		return &m->subject;
	case F_THREAD:
		return &m->thread;
	case F_REPLY_TO:
		return &m->reply_to;
	case F_CALENDAR:
		return &m->calendar;
	case F_AUDIENCE:
		return &m->audience;
	case F_MESSAGE_ID:
		return &m->message_id;
	case F_FROM:
		return &m->from;
	case F_RECIPIENTS:
		return &m->recipients;
	case F_LAST_WORDS:
		return &m->last_words;
	case F_VALUE:
		return &m->value;
	case F_QUOTE:
		return &m->quote;
	case F_REFUSALS:
		return &m->refusals;
	case F_AGAIN:
		return &m->again;
	default:
		return NULL;
	}
}

static bool *flag_of(struct outgoing *m, uint8_t field)
{
	switch (field) {
	case F_IN_ROOM:
		return &m->in_room;
	case F_MAYBE_SENT:
		return &m->maybe_sent;
	case F_SOME_HAVE_IT:
		return &m->some_have_it;
	case F_IS_SAVED:
		return &m->is_saved;
	default:
		return NULL;
	}
}

static void take_number(struct outgoing *m, uint8_t field, int64_t number)
{
	switch (field) {
	case F_STATE:
		m->state = (enum outgoing_state)number;
		break;
	case F_DATE:
		m->date_ms = number;
		break;
	case F_CHUNKS:
		m->chunks = (uint32_t)number;
		break;
	case F_FLAGS:
		m->flags = (unsigned)number;
		break;
	case F_ATTEMPTS:
		m->attempts = (unsigned)number;
		break;
	case F_NEXT:
		m->next_ms = number;
		break;
	case F_KIND:
		m->kind = (enum outgoing_kind)number;
		break;
	case F_CRASHES:
		m->crashes = (unsigned)number;
		break;
	case F_DOUBTS:
		m->doubts = (unsigned)number;
		break;
	case F_REFUSED_AS:
		m->refused_as = number > GW_OK && number < GW_REASON_COUNT
					? (enum gw_reason)number
					: GW_NOT_ALLOWED;
		break;
	default:
		break;
	}
}

static struct outgoing_line *take_line(struct outgoing *m, gw_request request)
{
	struct outgoing_line *line = outgoing_add_line(m, request, NULL, NULL);

	line->accepted = true;
	return line;
}

/* Which line this field is of. In older records nothing begins one that nobody
 * asked for. */
static struct outgoing_line *line_of(struct outgoing *m, uint8_t field)
{
	bool begins = field == F_LINE_ID || field == F_LINE_TEXT;

	if (list_is_empty(&m->lines))
		return begins ? take_line(m, 0) : NULL;
	struct outgoing_line *last =
		CONTAINER(m->lines.prev, struct outgoing_line, link);

	return begins && last->text != NULL ? take_line(m, 0) : last;
}

static void take_field(struct outgoing *m, uint8_t field, struct slice value)
{
	char **text = text_of(m, field);
	int64_t number = 0;
	struct outgoing_line *last = line_of(m, field);

	if (text != NULL)
		take_text(text, value);
	else if (field == F_LINE_ID && last != NULL)
		take_text(&last->id, value);
	else if (field == F_LINE_TEXT && last != NULL)
		take_text(&last->text, value);
	else if (field == F_LINE_URL && last != NULL)
		take_text(&last->url, value);
	else if (field == F_LINE_FILE_NAME && last != NULL)
		take_text(&last->file_name, value);
	else if (field == F_LINE_FILE_TYPE && last != NULL)
		take_text(&last->file_type, value);
	else if (value.len > 0 && record_number(value, &number) != 0)
		return;
	else if (field == F_LINE_REQUEST)
		(void)take_line(m, (gw_request)number);
	else if (flag_of(m, field) != NULL)
		*flag_of(m, field) = number != 0;
	else
		take_number(m, field, number);
}

struct outgoing *outgoing_decode(
	struct email_outbox *o, const char *id, struct slice in)
{
	struct outgoing *m = make(o, id);
	uint8_t field;
	struct slice value;

	while (record_next(&in, &field, &value))
		take_field(m, field, value);
	m->is_told = m->state == OUTGOING_SENT;
	m->perhaps_saved = m->state == OUTGOING_SENT || m->some_have_it;
	if (in.len != 0 || m->name == NULL || m->message_id == NULL ||
		(unsigned)m->state > OUTGOING_SENT)
		outgoing_free(&m);
	return m;
}
