#include "email/late.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "email/peers.h"
#include "email_wire/record.h"

/* Who corrects something does it soon. */
#define LATE_DAYS 30

/* Who says nothing does not want it. */
#define ANSWER_MS 600000

enum {
	L_MESSAGE_ID = 1,
	L_TEXT, /* begins a line */
	L_ID,   /* of a message that is this line; several */
};

struct late {
	struct list link; /* outbox->late */
	struct email_outbox *outbox;
	char *name;
	bool in_room;
	gw_request request;
	char *id, *target, *text;  /* `text` NULL: it is withdrawn */
	char mail[MEMORY_ID_SIZE]; /* that it is in; "" */
	struct str lines;          /* the record of that */
	uint32_t question;
	struct timer timer; /* of the question */
};

static void late_free(struct late *l)
{
	list_remove(&l->link);
	timer_stop(&l->timer);
	memory_forget_calls(l->outbox->session->memory, l);
	str_finish(&l->lines);
	xfree(l->name);
	xfree(l->id);
	xfree(l->target);
	xfree(l->text);
	xfree(l);
}

static void fail(struct late *l, enum gw_reason reason, const char *text)
{
	gw_fail(l->outbox->session->session, l->request, reason, text);
	late_free(l);
}

/* --- Keeping ------------------------------------------------------------- */

static void index_name(
	const char *name, const char *id, char out[MEMORY_NAME_SIZE])
{
	struct str text = { .max = 8 * KIB };
	char hash[MEMORY_ID_SIZE];

	str_addf(&text, "%s\n%s", name, id);
	memory_id(str_text(&text), hash);
	text_format(out, MEMORY_NAME_SIZE, "e/%s", hash);
	str_finish(&text);
}

static void keep_index(const struct email_outbox *o, const char *name,
	const char *id, const char *mail)
{
	char kept[MEMORY_NAME_SIZE];

	index_name(name, id, kept);
	const struct gw_kept item = { kept, mail, strlen(mail), LATE_DAYS };

	memory_keep(o->session->memory, &item, 1, NULL, NULL);
}

static void keep_lines(
	const struct email_outbox *o, const char *mail, const struct str *lines)
{
	char kept[MEMORY_NAME_SIZE];

	text_format(kept, sizeof(kept), "l/%s", mail);
	const struct gw_kept item = { kept, lines->data, lines->len,
		LATE_DAYS };

	if (!lines->overflow)
		memory_keep(o->session->memory, &item, 1, NULL, NULL);
}

void late_keep(const struct outgoing *m)
{
	struct str lines = { .max = LIMIT_KEPT };
	char mail[MEMORY_ID_SIZE];

	memory_id(m->message_id, mail);
	record_put_text(&lines, L_MESSAGE_ID, m->message_id);
	list_for_each(it, &m->lines) {
		const struct outgoing_line *line =
			CONTAINER(it, struct outgoing_line, link);

		if (line->text == NULL || line->id == NULL || line->url != NULL)
			continue;
		record_put_text(&lines, L_TEXT, line->text);
		record_put_text(&lines, L_ID, line->id);
		keep_index(m->outbox, m->name, line->id, mail);
	}
	keep_lines(m->outbox, mail, &lines);
	str_finish(&lines);
}

/* --- In the dialect ------------------------------------------------------ */

/* Which line of the record has the id; -1: none. */
static int find_line(const struct late *l)
{
	struct slice rest = str_slice(&l->lines), value;
	uint8_t field;
	int line = -1;

	while (record_next(&rest, &field, &value)) {
		line += field == L_TEXT;
		if (field == L_ID && slice_equals(value, l->target))
			return line;
	}
	return -1;
}

/* The record and the whole text with that line changed. */
static void change_line(
	const struct late *l, int wanted, struct str *record, struct str *text)
{
	struct slice rest = str_slice(&l->lines), value;
	uint8_t field;
	int line = -1;

	while (record_next(&rest, &field, &value)) {
		line += field == L_TEXT;
		bool is_it = line == wanted && field != L_MESSAGE_ID;

		if (is_it && l->text == NULL)
			continue;
		if (is_it && field == L_TEXT)
			value = slice_of(l->text);
		record_put(record, field, value);
		if (is_it && field == L_TEXT && l->id != NULL)
			record_put_text(record, L_ID, l->id);
		if (field == L_TEXT)
			str_addf(text, "%s%.*s", text->len > 0 ? "\n" : "",
				(int)value.len, value.data);
	}
}

static void send_change(struct late *l, int line)
{
	struct email_outbox *o = l->outbox;
	struct str record = { .max = LIMIT_KEPT }, text = { .max = LIMIT_KEPT };

	change_line(l, line, &record, &text);
	const struct special change = {
		.kind = text.len > 0 ? OUTGOING_EDIT : OUTGOING_WITHDRAWAL,
		.reply_to = l->mail,
		.text = str_text(&text),
		.request = l->request,
	};

	keep_lines(o, l->mail, &record);
	if (l->text != NULL && l->id != NULL)
		keep_index(o, l->name, l->id, l->mail);
	email_outbox_special(o, l->name, l->in_room, &change);
	str_finish(&record);
	str_finish(&text);
	late_free(l);
}

/* --- Otherwise ----------------------------------------------------------- */

static void no_answer(void *arg)
{
	fail(arg, GW_NOT_ALLOWED,
		"The mail has left; the correction was not sent.");
}

static void ask(struct late *l)
{
	static const struct gw_setting fields[] = {
		{ .name = "send",
			.label = "Send it?",
			.type = GW_BOOL,
			.def = "0",
			.required = true },
		{ .name = NULL },
	};
	struct gw_session *s = l->outbox->session->session;
	size_t len = utf8_prefix_cluster(slice_of(l->text), 100);
	char text[600];

	text_format(text, sizeof(text),
		"Your mail to %s has left. The correction would be a mail of "
		"its own: \"Correction: %.*s\"",
		l->in_room ? "the group" : l->name, (int)len, l->text);
	timer_init(&l->timer, l->outbox->session->gateway->gw->env->loop,
		"mail correction", no_answer, l);
	timer_start(&l->timer, ANSWER_MS);
	l->question = gw_ask(s, text, fields);
}

bool late_answer(
	struct email_outbox *o, uint32_t question, const char *const *values)
{
	list_for_each(it, &o->late) {
		struct late *l = CONTAINER(it, struct late, link);

		if (l->question == 0 || l->question != question)
			continue;
		if (values == NULL || strcmp(values[0], "1") != 0) {
			no_answer(l);
			return true;
		}
		struct str text = { .max = LIMIT_KEPT };

		str_addf(&text, "Correction: %s", l->text);
		email_outbox_say(o, l->name, l->in_room, l->request, l->id,
			str_text(&text));
		str_finish(&text);
		late_free(l);
		return true;
	}
	return false;
}

static void has_left(struct late *l)
{
	if (l->text == NULL)
		fail(l, GW_NOT_ALLOWED,
			"The mail has left: it cannot be taken back.");
	else
		ask(l);
}

/* --- Finding it ---------------------------------------------------------- */

static void no_memory(struct late *l)
{
	fail(l, GW_BUSY, MEMORY_FAILED " Try again later.");
}

static void on_lines(const char *name, struct slice data, bool ok, void *arg)
{
	struct late *l = arg;

	if (name != NULL) {
		str_add_slice(&l->lines, data);
		return;
	}
	int line = find_line(l);

	if (!ok)
		no_memory(l);
	else if (line >= 0)
		send_change(l, line);
	else
		has_left(l);
}

static void on_index(const char *name, struct slice data, bool ok, void *arg)
{
	struct late *l = arg;
	char kept[MEMORY_NAME_SIZE];

	if (name != NULL) {
		text_format(l->mail, sizeof(l->mail), "%.*s", (int)data.len,
			data.data);
		return;
	}
	if (!ok) {
		no_memory(l);
	} else if (!memory_is_id(l->mail)) {
		has_left(l);
	} else {
		text_format(kept, sizeof(kept), "l/%s", l->mail);
		memory_recall_one(
			l->outbox->session->memory, kept, on_lines, l);
	}
}

void late_revise(
	struct email_outbox *o, const char *name, const struct gw_outgoing *m)
{
	struct late *l = xalloc(sizeof(*l));
	bool withdraws = m->retracts != NULL;
	char kept[MEMORY_NAME_SIZE];

	l->outbox = o;
	l->in_room = m->room != NULL;
	l->request = m->request;
	xstrset(&l->name, name);
	xstrset(&l->id, m->id);
	xstrset(&l->target, withdraws ? m->retracts : m->replaces);
	xstrset(&l->text, withdraws ? NULL : m->text);
	str_init(&l->lines, LIMIT_KEPT);
	list_append(&o->late, &l->link);
	/* A room of Delta Chat's stays one; a person may have changed. */
	if (!l->in_room &&
		(peers_get(o->session->peers, name) & PEER_CHAT) == 0) {
		has_left(l);
		return;
	}
	index_name(name, l->target, kept);
	memory_recall_one(o->session->memory, kept, on_index, l);
}

void late_stop_all(struct email_outbox *o)
{
	while (!list_is_empty(&o->late))
		late_free(CONTAINER(o->late.next, struct late, link));
}
