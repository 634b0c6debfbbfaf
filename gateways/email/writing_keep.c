/*
 * A mail was written: its bytes, its record and what is remembered of it are
 * kept, all or none. The bytes never change again.
 */
#include "email/writing_private.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "email/dialect.h"
#include "email/late.h"

/* Beside the bytes: its record, the mail, the conversation. */
#define RECORDS 3

static void written(bool ok, void *arg)
{
	struct outgoing *m = arg;
	struct email_outbox *o = m->outbox;

	if (!ok) {
		email_outbox_tell(m, GW_FAILED, GW_BUSY,
			MEMORY_FAILED " Try again later.");
		email_outbox_drop(m);
		return;
	}
	email_outbox_wake(o);
}

static void requests_of(const struct outgoing *m, struct str *out)
{
	list_for_each(it, &m->lines) {
		gw_request request =
			CONTAINER(it, struct outgoing_line, link)->request;

		if (request != 0)
			str_addf(out, "%s%u", out->len > 0 ? " " : "", request);
	}
}

/* So that answers to it, and what is said about it, find their way. */
static void put_memory(
	const struct writing *w, struct str *mail, struct str *talk)
{
	const struct outgoing *m = w->mail;
	struct str requests = { .max = 64 * KIB };

	requests_of(m, &requests);
	const struct memory_mail record = {
		.message_id = m->message_id,
		.name = m->name,
		.in_room = m->in_room,
		.is_own = true,
		.thread = w->thread,
		.subject = w->base_subject,
		.references = str_text(&w->references),
		.requests = requests.len > 0 ? str_text(&requests) : NULL,
		.identity = m->from,
	};
	struct memory_talk now = w->talk;

	now.last_id = m->message_id;
	now.references = record.references;
	now.thread = w->thread;
	now.subject = w->base_subject;
	now.last_ms = clock_wall_ms();
	memory_mail_encode(mail, &record);
	memory_talk_encode(talk, &now);
	str_finish(&requests);
}

/* --- All in one ---------------------------------------------------------- */

struct keeping {
	struct gw_kept *items;
	char (*names)[MEMORY_NAME_SIZE];
	size_t count;
};

/* Borrows the data; the name is for the caller to fill in. */
static char *add(struct keeping *k, struct slice data, int days)
{
	char *name = k->names[k->count];

	k->items[k->count++] =
		(struct gw_kept){ name, data.data, data.len, days };
	return name;
}

static void add_bytes(struct keeping *k, const struct outgoing *m)
{
	for (uint32_t i = 0; i < m->chunks; i++) {
		size_t start = i * OUTBOX_CHUNK, left = m->bytes.len - start;
		struct slice chunk = slice_make(m->bytes.data + start,
			left < OUTBOX_CHUNK ? left : OUTBOX_CHUNK);

		text_format(add(k, chunk, 0), MEMORY_NAME_SIZE, "b/%s/%06u",
			m->id, i);
	}
}

void writing_keep(struct writing *w)
{
	struct outgoing *m = w->mail;
	bool is_message = m->kind == OUTGOING_TEXT;
	struct str record = { .max = LIMIT_KEPT }, mail = { .max = LIMIT_KEPT },
		   talk = { .max = LIMIT_KEPT };
	char id[MEMORY_ID_SIZE];
	struct keeping k = { .count = 0 };

	m->state = OUTGOING_READY;
	m->chunks =
		(uint32_t)((m->bytes.len + OUTBOX_CHUNK - 1) / OUTBOX_CHUNK);
	k.items = xcalloc(m->chunks + RECORDS, sizeof(*k.items));
	k.names = xcalloc(m->chunks + RECORDS, sizeof(*k.names));
	put_memory(w, &mail, &talk);
	outgoing_encode(&record, m);
	add_bytes(&k, m);
	memory_id(m->message_id, id);
	memory_mail_name(id, add(&k, str_slice(&mail), MEMORY_DAYS));
	/* What is no message is nothing to go on with. */
	if (is_message)
		memory_talk_name(m->name, add(&k, str_slice(&talk), 0));
	text_format(add(&k, str_slice(&record), 0), MEMORY_NAME_SIZE, "a/o/%s",
		m->id);
	if (is_message && dialect_is_spoken(m, w->group))
		late_keep(m);
	memory_keep(writing_session(w)->memory, k.items, k.count, written, m);
	str_finish(&record);
	str_finish(&mail);
	str_finish(&talk);
	xfree(k.names);
	xfree(k.items);
	writing_free(w);
}
