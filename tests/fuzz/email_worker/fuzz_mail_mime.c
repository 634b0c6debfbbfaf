/*
 * Any bytes as a mail: it is read, what is read is clean, goes over the wire
 * and back, and every file can be had.
 */
#include "email_worker/mime.h"

#include "mail_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count(void *context, struct slice bytes)
{
	*(int64_t *)context += (int64_t)bytes.len;
	return 0;
}

static void check_mail(const struct mail *m)
{
	const char *const lines[] = { m->message_id, m->key, m->original_id,
		m->in_reply_to, m->delivered_to, m->list_id, m->list_name,
		m->list_post, m->unsubscribe_url, m->unsubscribe_mail,
		m->our_mark, m->code, m->wants_receipt, m->subject,
		m->base_subject, m->language, m->reactions, m->chat_group_id,
		m->chat_group_name, m->chat_member_added,
		m->chat_member_removed, m->chat_edit, m->chat_delete,
		m->report.message_id, m->report.recipient, m->report.status,
		m->report.words, m->event.method, m->event.uid,
		m->event.summary, m->event.where, m->event.organizer,
		m->event.recurrence, m->event.attendee, m->event.answer };

	for (size_t i = 0; i < COUNT(lines); i++)
		if (lines[i] != NULL)
			check_text(lines[i], true);
	check_text(m->text, false);
	check_address(&m->from);
	check_address(&m->sender);
	check_addresses(&m->reply_to);
	check_addresses(&m->to);
	check_addresses(&m->cc);
	assert(m->reference_count <= 100);
	for (size_t i = 0; i < m->reference_count; i++)
		check_text(m->references[i], true);
	assert(m->kind <= MAIL_DELIVERED);
	assert((m->photo == NULL) == (m->photo_type == NULL));
	assert(m->photo == NULL || strlen(m->photo) < 85000);
	assert((m->photo == NULL) ==
		(m->photo_width == 0 || m->photo_height == 0));
	assert((m->base_subject == NULL) == (m->subject == NULL));
}

static void check_wire(const struct mail *m)
{
	struct arena arena;
	struct str out;
	struct mail copy;

	arena_init(&arena, 2 * MAIL_ARENA_MAX);
	str_init(&out, MAIL_ARENA_MAX);
	mail_encode(&out, m);
	assert(!out.overflow);
	assert(mail_decode(str_slice(&out), &arena, &copy) == 0);
	assert(strcmp(copy.text, m->text) == 0);
	str_finish(&out);
	arena_finish(&arena);
}

static void check_parts(struct slice bytes, const struct mail *m)
{
	for (size_t i = 0; i < m->part_count; i++) {
		int64_t len = 0;
		struct mail_sink sink = { count, &len };

		check_text(m->parts[i].name, true);
		assert(m->parts[i].name[0] != '\0');
		assert(strlen(m->parts[i].name) <= 120);
		check_text(m->parts[i].type, true);
		if (i >= 8)
			continue;
		assert(mail_read_part(bytes, m->parts[i].number, &sink) == 0);
		assert(len == m->parts[i].size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = slice_make((const char *)data, size);
	struct mail_read_context context = { .authserv_id = "mx.example.net",
		.full = size % 2 != 0 };
	struct arena arena;
	struct mail m;

	arena_init(&arena, MAIL_ARENA_MAX);
	assert(mail_read(bytes, &context, &arena, &m) == 0);
	check_mail(&m);
	check_wire(&m);
	check_parts(bytes, &m);
	arena_finish(&arena);
	return 0;
}
