#include "email/memory.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "email_wire/shape.h"

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
	uint64_t kept_last; /* token of the last memory_keep(); 0: it is over */
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

static struct call *new_call(struct memory *m, uint64_t token, void *arg)
{
	struct call *call = xalloc(sizeof(*call));

	call->token = token;
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
	struct call *call = new_call(m, ++m->last, arg);

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
	m->kept_last = ++m->last;
	if (fn != NULL)
		memory_await(m, fn, arg);
	gw_keep(m->session, items, count, m->kept_last);
}

void memory_await(struct memory *m, memory_kept_fn fn, void *arg)
{
	if (m->kept_last == 0) {
		fn(true, arg);
		return;
	}
	struct call *call = new_call(m, m->kept_last, arg);

	call->kept = fn;
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
	struct call *call;

	if (token == m->kept_last)
		m->kept_last = 0;
	/* Several may wait for it, and each may end what others are part of. */
	while ((call = find(m, token)) != NULL && call->kept != NULL) {
		memory_kept_fn fn = call->kept;
		void *arg = call->arg;

		drop(call);
		fn(ok, arg);
	}
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

void memory_mail_name(const char *id, char out[MEMORY_NAME_SIZE])
{
	text_format(out, MEMORY_NAME_SIZE, "m/%.*s", MEMORY_ID_SIZE - 1, id);
}

void memory_talk_name(const char *whose, char out[MEMORY_NAME_SIZE])
{
	char hash[MEMORY_ID_SIZE];

	memory_id(whose, hash);
	text_format(out, MEMORY_NAME_SIZE, "c/%s", hash);
}

/* --- Records ------------------------------------------------------------- */

static const struct shape_field mail_fields[] = {
	SHAPE_FIELD(1, SHAPE_TEXT, struct memory_mail, message_id),
	SHAPE_FIELD(2, SHAPE_TEXT, struct memory_mail, name),
	SHAPE_FIELD(3, SHAPE_TEXT, struct memory_mail, thread),
	SHAPE_FIELD(4, SHAPE_TEXT, struct memory_mail, subject),
	SHAPE_FIELD(5, SHAPE_TEXT, struct memory_mail, references),
	SHAPE_FIELD(6, SHAPE_TEXT, struct memory_mail, requests),
	SHAPE_FIELD(7, SHAPE_TEXT, struct memory_mail, identity),
	SHAPE_FIELD(20, SHAPE_BOOL, struct memory_mail, in_room),
	SHAPE_FIELD(21, SHAPE_BOOL, struct memory_mail, is_own),
	SHAPE_FIELD(22, SHAPE_SMALL, struct memory_mail, uid),
	SHAPE_FIELD(23, SHAPE_NUMBER, struct memory_mail, uidvalidity),
	SHAPE_FIELD(30, SHAPE_TEXT, struct memory_mail, author),
	SHAPE_FIELD(31, SHAPE_BOOL, struct memory_mail, is_gathered),
	SHAPE_FIELD(32, SHAPE_TEXT, struct memory_mail, receipt_to),
	SHAPE_FIELD(33, SHAPE_TEXT, struct memory_mail, folder),
};

static const struct shape mail_shape = { mail_fields, COUNT(mail_fields),
	sizeof(struct memory_mail) };

static const struct shape_field talk_fields[] = {
	SHAPE_FIELD(1, SHAPE_TEXT, struct memory_talk, address),
	SHAPE_FIELD(2, SHAPE_TEXT, struct memory_talk, display),
	SHAPE_FIELD(3, SHAPE_TEXT, struct memory_talk, last_id),
	SHAPE_FIELD(4, SHAPE_TEXT, struct memory_talk, references),
	SHAPE_FIELD(5, SHAPE_TEXT, struct memory_talk, thread),
	SHAPE_FIELD(6, SHAPE_TEXT, struct memory_talk, subject),
	SHAPE_FIELD(7, SHAPE_TEXT, struct memory_talk, identity),
	SHAPE_FIELD(8, SHAPE_TEXT, struct memory_talk, last_in),
	SHAPE_FIELD(9, SHAPE_TEXT, struct memory_talk, unsubscribe_url),
	SHAPE_FIELD(10, SHAPE_TEXT, struct memory_talk, unsubscribe_mail),
	SHAPE_FIELD(20, SHAPE_NUMBER, struct memory_talk, last_ms),
	SHAPE_FIELD(21, SHAPE_BOOL, struct memory_talk, one_click),
	SHAPE_FIELD(22, SHAPE_TEXT, struct memory_talk, invitation),
	SHAPE_FIELD(23, SHAPE_TEXT, struct memory_talk, audience),
	SHAPE_FIELD(24, SHAPE_TEXT, struct memory_talk, answers_to),
	SHAPE_FIELD(25, SHAPE_BOOL, struct memory_talk, answers_elsewhere),
};

static const struct shape talk_shape = { talk_fields, COUNT(talk_fields),
	sizeof(struct memory_talk) };

void memory_mail_encode(struct str *out, const struct memory_mail *m)
{
	shape_encode(out, &mail_shape, m);
}

int memory_mail_decode(
	struct slice in, struct arena *arena, struct memory_mail *m)
{
	*m = (struct memory_mail){ .message_id = NULL };
	if (shape_decode(in, &mail_shape, arena, m) != 0)
		return -1;
	/* A mail without Message-ID is known by its contents alone. */
	if (m->message_id == NULL)
		m->message_id = "";
	return m->name != NULL ? 0 : -1;
}

void memory_recall_mail(
	struct memory *m, const char *id, memory_fn fn, void *arg)
{
	char name[MEMORY_NAME_SIZE];

	memory_mail_name(id, name);
	memory_recall_one(m, name, fn, arg);
}

void memory_keep_mail(
	struct memory *m, const char *id, const struct memory_mail *record)
{
	struct str data = { .max = 128 * KIB };
	char name[MEMORY_NAME_SIZE];

	memory_mail_encode(&data, record);
	memory_mail_name(id, name);
	const struct gw_kept item = { name, data.data, data.len, MEMORY_DAYS };

	memory_keep(m, &item, 1, NULL, NULL);
	str_finish(&data);
}

void memory_talk_encode(struct str *out, const struct memory_talk *t)
{
	shape_encode(out, &talk_shape, t);
}

int memory_talk_decode(
	struct slice in, struct arena *arena, struct memory_talk *t)
{
	*t = (struct memory_talk){ .address = NULL };
	return shape_decode(in, &talk_shape, arena, t);
}

void memory_recall_talk(
	struct memory *m, const char *whose, memory_fn fn, void *arg)
{
	char name[MEMORY_NAME_SIZE];

	memory_talk_name(whose, name);
	memory_recall_one(m, name, fn, arg);
}
