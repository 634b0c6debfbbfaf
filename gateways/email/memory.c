#include "email/memory.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "email_wire/record.h"

struct call {
	struct list link;
	uint64_t token;
	memory_fn recalled;
	memory_kept_fn kept;
	void *arg;
	char *name; /* the only one wanted; NULL: all */
};

struct memory {
	struct gw_session *session;
	struct list calls;
	uint64_t last;
};

struct memory *memory_new(struct gw_session *s)
{
	struct memory *m = xalloc(sizeof(*m));

	m->session = s;
	list_init(&m->calls);
	return m;
}

static void drop(struct call *call)
{
	list_remove(&call->link);
	xfree(call->name);
	xfree(call);
}

void memory_free(struct memory **slot)
{
	struct memory *m = *slot;

	if (m == NULL)
		return;
	*slot = NULL;
	while (!list_is_empty(&m->calls))
		drop(CONTAINER(m->calls.next, struct call, link));
	xfree(m);
}

static struct call *new_call(struct memory *m, void *arg)
{
	struct call *call = xalloc(sizeof(*call));

	call->token = ++m->last;
	call->arg = arg;
	list_append(&m->calls, &call->link);
	return call;
}

static struct call *find(struct memory *m, uint64_t token)
{
	list_for_each(it, &m->calls) {
		struct call *call = CONTAINER(it, struct call, link);

		if (call->token == token)
			return call;
	}
	return NULL;
}

static void recall(struct memory *m, const char *name, bool is_whole,
	memory_fn fn, void *arg)
{
	struct call *call = new_call(m, arg);

	call->recalled = fn;
	if (is_whole)
		call->name = xstrdup(name);
	gw_recall(m->session, name, call->token);
}

void memory_recall(
	struct memory *m, const char *prefix, memory_fn fn, void *arg)
{
	recall(m, prefix, false, fn, arg);
}

void memory_recall_one(
	struct memory *m, const char *name, memory_fn fn, void *arg)
{
	recall(m, name, true, fn, arg);
}

void memory_keep(struct memory *m, const struct gw_kept *items, size_t count,
	memory_kept_fn fn, void *arg)
{
	uint64_t token = 0;

	if (fn != NULL) {
		struct call *call = new_call(m, arg);

		call->kept = fn;
		token = call->token;
	}
	gw_keep(m->session, items, count, token);
}

void memory_forget_calls(struct memory *m, void *arg)
{
	list_for_each_safe(it, &m->calls) {
		struct call *call = CONTAINER(it, struct call, link);

		if (call->arg == arg)
			drop(call);
	}
}

void memory_kept(struct memory *m, uint64_t token, bool ok)
{
	struct call *call = find(m, token);

	if (call == NULL || call->kept == NULL)
		return;
	memory_kept_fn fn = call->kept;
	void *arg = call->arg;

	drop(call);
	fn(ok, arg);
}

void memory_recalled(struct memory *m, uint64_t token, const char *name,
	struct slice data, bool ok)
{
	struct call *call = find(m, token);

	if (call == NULL || call->recalled == NULL)
		return;
	if (name != NULL && call->name != NULL && strcmp(name, call->name) != 0)
		return;
	memory_fn fn = call->recalled;
	void *arg = call->arg;

	if (name == NULL)
		drop(call);
	fn(name, data, ok, arg);
}

/* --- Names --------------------------------------------------------------- */

void memory_id(const char *text, char out[MEMORY_ID_SIZE])
{
	unsigned char digest[SHA256_SIZE];
	struct str hex = { .max = MEMORY_ID_SIZE };

	crypto_sha256(slice_of(text), digest);
	hex_encode(&hex,
		slice_make((const char *)digest, (MEMORY_ID_SIZE - 1) / 2));
	text_copy(out, MEMORY_ID_SIZE, str_text(&hex));
	str_finish(&hex);
}

bool memory_is_id(const char *text)
{
	return strspn(text, "0123456789abcdef") >= MEMORY_ID_SIZE - 1;
}

/* --- Records ------------------------------------------------------------- */

/* Fields are told apart by where their text stands in the struct. */
struct text_field {
	uint8_t number;
	size_t offset;
};

#define TEXT_AT(struct_name, member, number)                 \
	{                                                    \
		number, offsetof(struct struct_name, member) \
	}

static const struct text_field mail_texts[] = {
	TEXT_AT(memory_mail, message_id, 1),
	TEXT_AT(memory_mail, name, 2),
	TEXT_AT(memory_mail, thread, 3),
	TEXT_AT(memory_mail, subject, 4),
	TEXT_AT(memory_mail, references, 5),
	TEXT_AT(memory_mail, requests, 6),
	TEXT_AT(memory_mail, identity, 7),
};

enum { MAIL_IN_ROOM = 20, MAIL_IS_OWN, MAIL_UID, MAIL_UIDVALIDITY };

static const struct text_field talk_texts[] = {
	TEXT_AT(memory_talk, address, 1),
	TEXT_AT(memory_talk, display, 2),
	TEXT_AT(memory_talk, last_id, 3),
	TEXT_AT(memory_talk, references, 4),
	TEXT_AT(memory_talk, thread, 5),
	TEXT_AT(memory_talk, subject, 6),
	TEXT_AT(memory_talk, identity, 7),
	TEXT_AT(memory_talk, last_in, 8),
	TEXT_AT(memory_talk, unsubscribe_url, 9),
	TEXT_AT(memory_talk, unsubscribe_mail, 10),
};

enum { TALK_LAST_MS = 20, TALK_ONE_CLICK };

static void put_texts(struct str *out, const struct text_field *fields,
	size_t count, const void *data)
{
	for (size_t i = 0; i < count; i++) {
		const char *text;

		memcpy(&text, (const char *)data + fields[i].offset,
			sizeof(text));
		record_put_text(out, fields[i].number, text);
	}
}

static bool take_text(const struct text_field *fields, size_t count,
	uint8_t number, struct slice value, struct arena *arena, void *data)
{
	for (size_t i = 0; i < count; i++) {
		if (fields[i].number != number)
			continue;
		const char *text = arena_copy(arena, value);

		memcpy((char *)data + fields[i].offset, &text, sizeof(text));
		return true;
	}
	return false;
}

void memory_mail_encode(struct str *out, const struct memory_mail *m)
{
	put_texts(out, mail_texts, COUNT(mail_texts), m);
	record_put_number(out, MAIL_IN_ROOM, m->in_room);
	record_put_number(out, MAIL_IS_OWN, m->is_own);
	record_put_number(out, MAIL_UID, m->uid);
	record_put_number(out, MAIL_UIDVALIDITY, m->uidvalidity);
}

int memory_mail_decode(
	struct slice in, struct arena *arena, struct memory_mail *m)
{
	uint8_t field;
	struct slice value;
	int64_t number;

	*m = (struct memory_mail){ .message_id = NULL };
	while (record_next(&in, &field, &value)) {
		if (take_text(mail_texts, COUNT(mail_texts), field, value,
			    arena, m))
			continue;
		if (record_number(value, &number) != 0)
			return -1;
		switch (field) {
		case MAIL_IN_ROOM:
			m->in_room = number != 0;
			break;
		case MAIL_IS_OWN:
			m->is_own = number != 0;
			break;
		case MAIL_UID:
			m->uid = (uint32_t)number;
			break;
		case MAIL_UIDVALIDITY:
			m->uidvalidity = number;
			break;
		default:
			break;
		}
	}
	return in.len == 0 && m->message_id != NULL && m->name != NULL ? 0 : -1;
}

void memory_talk_encode(struct str *out, const struct memory_talk *t)
{
	put_texts(out, talk_texts, COUNT(talk_texts), t);
	record_put_number(out, TALK_LAST_MS, t->last_ms);
	record_put_number(out, TALK_ONE_CLICK, t->one_click);
}

int memory_talk_decode(
	struct slice in, struct arena *arena, struct memory_talk *t)
{
	uint8_t field;
	struct slice value;

	*t = (struct memory_talk){ .address = NULL };
	while (record_next(&in, &field, &value)) {
		if (take_text(talk_texts, COUNT(talk_texts), field, value,
			    arena, t))
			continue;
		int64_t number;

		if (record_number(value, &number) != 0)
			return -1;
		if (field == TALK_LAST_MS)
			t->last_ms = number;
		else if (field == TALK_ONE_CLICK)
			t->one_click = number != 0;
	}
	return in.len == 0 ? 0 : -1;
}
