/*
 * What is kept comes back as it was, and damage is noticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "email/memory.h"
#include "email/outbox.h"
#include "email_wire/record.h"

static void mails(void **state)
{
	const struct memory_mail m = {
		.message_id = "x@example.org",
		.name = "g.123",
		.in_room = true,
		.is_own = true,
		.thread = "t.1",
		.subject = "S",
		.references = "a@b c@d",
		.requests = "7 8",
		.identity = "me@example.org",
		.uid = 4000000000u,
		.uidvalidity = 1700000000,
	};
	struct memory_mail back;
	struct str data = { .max = 4096 };
	struct arena arena;

	(void)state;
	arena_init(&arena, 64 * KIB);
	memory_mail_encode(&data, &m);
	assert_int_equal(
		memory_mail_decode(str_slice(&data), &arena, &back), 0);
	assert_string_equal(back.message_id, m.message_id);
	assert_string_equal(back.name, m.name);
	assert_string_equal(back.requests, m.requests);
	assert_string_equal(back.identity, m.identity);
	assert_true(back.in_room && back.is_own);
	assert_int_equal(back.uid, m.uid);
	assert_int_equal(back.uidvalidity, m.uidvalidity);
	for (size_t len = 0; len < data.len; len++) {
		struct slice part = slice_make(data.data, len);

		/* Cut between two fields it is whole, and lacks some. */
		if (memory_mail_decode(part, &arena, &back) == 0)
			assert_non_null(back.name);
	}
	assert_int_equal(
		memory_mail_decode(slice_make(data.data, 7), &arena, &back),
		-1);
	str_finish(&data);
	arena_finish(&arena);
}

static void talks(void **state)
{
	const struct memory_talk t = { .address = "A@b.c",
		.last_id = "x@y",
		.subject = "S",
		.last_ms = 1790000000000 };
	struct memory_talk back;
	struct str data = { .max = 4096 };
	struct arena arena;

	(void)state;
	arena_init(&arena, 64 * KIB);
	memory_talk_encode(&data, &t);
	assert_int_equal(
		memory_talk_decode(str_slice(&data), &arena, &back), 0);
	assert_string_equal(back.address, "A@b.c");
	assert_string_equal(back.last_id, "x@y");
	assert_null(back.display);
	assert_int_equal(back.last_ms, t.last_ms);
	str_finish(&data);
	arena_finish(&arena);
}

static void outgoing_mails(void **state)
{
	struct email_outbox o = { .loaded = true };
	struct outgoing *m, *back;
	struct str data = { .max = 64 * KIB }, text = { .max = 1024 };

	(void)state;
	list_init(&o.mails);
	m = outgoing_new(&o, "alice@example.net", false);
	m->message_id = xstrdup("id@example.org");
	m->state = OUTGOING_SENDING;
	m->chunks = 3;
	m->next_ms = 12;
	outgoing_add_line(m, 7, "a", "first")->accepted = true;
	outgoing_add_line(m, 8, NULL, NULL);
	outgoing_add_line(m, 9, "c", "third");
	outgoing_add_line(m, 0, NULL, "nobody's");
	outgoing_encode(&data, m);
	back = outgoing_decode(&o, m->id, str_slice(&data));
	assert_non_null(back);
	/* Perhaps it was sent just when we died. */
	assert_int_equal(back->state, OUTGOING_READY);
	assert_true(back->maybe_sent);
	assert_int_equal(back->chunks, 3);
	assert_true(outgoing_has_request(back, 8));
	assert_false(outgoing_has_request(back, 10));
	outgoing_text(back, &text);
	assert_string_equal(str_text(&text), "first\nthird\nnobody's");
	assert_non_null(outgoing_find_line(back, "c"));
	assert_null(outgoing_find_line(back, "b"));
	outgoing_free(&back);
	assert_null(outgoing_decode(
		&o, m->id, slice_make(data.data, data.len - 1)));
	outgoing_free(&m);
	str_finish(&data);
	str_finish(&text);
}

/* What nobody asked for by a message has lines as well. */
static void lines_of_nobody(void **state)
{
	struct email_outbox o = { .loaded = true };
	struct outgoing *m, *back;
	struct str data = { .max = 64 * KIB }, text = { .max = 1024 };

	(void)state;
	list_init(&o.mails);
	m = outgoing_new(&o, "alice@example.net", false);
	m->message_id = xstrdup("id@example.org");
	outgoing_add_line(m, 0, NULL, "first");
	outgoing_add_line(m, 7, "b", "second");
	outgoing_add_line(m, 0, NULL, "third");
	outgoing_encode(&data, m);
	back = outgoing_decode(&o, m->id, str_slice(&data));
	assert_non_null(back);
	outgoing_text(back, &text);
	assert_string_equal(str_text(&text), "first\nsecond\nthird");
	assert_true(outgoing_has_request(back, 7));
	assert_true(outgoing_has_request(back, 0));
	outgoing_free(&back);
	outgoing_free(&m);
	str_finish(&data);
	str_finish(&text);
}

/* Older records do not say where they begin: a text is enough. */
static void lines_of_older_records(void **state)
{
	enum { NAME = 2, MESSAGE_ID = 7, ID = 18, TEXT = 19 };
	struct email_outbox o = { .loaded = true };
	struct outgoing *back;
	struct str data = { .max = 4 * KIB }, text = { .max = 1024 };

	(void)state;
	list_init(&o.mails);
	record_put_text(&data, NAME, "alice@example.net");
	record_put_text(&data, MESSAGE_ID, "id@example.org");
	record_put_text(&data, TEXT, "first");
	record_put_text(&data, ID, "b");
	record_put_text(&data, TEXT, "second");
	back = outgoing_decode(&o, "1", str_slice(&data));
	assert_non_null(back);
	outgoing_text(back, &text);
	assert_string_equal(str_text(&text), "first\nsecond");
	assert_non_null(outgoing_find_line(back, "b"));
	outgoing_free(&back);
	str_finish(&data);
	str_finish(&text);
}

/* Some have it, some do not yet, some never will. */
static void partly_sent_mails(void **state)
{
	struct email_outbox o = { .loaded = true };
	struct outgoing *m, *back;
	struct str data = { .max = 64 * KIB };

	(void)state;
	list_init(&o.mails);
	m = outgoing_new(&o, "g.123", true);
	m->message_id = xstrdup("id@example.org");
	m->state = OUTGOING_WAITING;
	m->recipients = xstrdup("b@x.test\nc@x.test");
	m->refusals = xstrdup("d@x.test: Unknown.");
	m->refused_as = GW_NO_SUCH;
	m->again = xstrdup("c@x.test");
	m->some_have_it = true;
	m->doubts = 3;
	outgoing_encode(&data, m);
	back = outgoing_decode(&o, m->id, str_slice(&data));
	assert_non_null(back);
	assert_string_equal(back->recipients, m->recipients);
	assert_string_equal(back->refusals, m->refusals);
	assert_int_equal(back->refused_as, GW_NO_SUCH);
	assert_string_equal(back->again, "c@x.test");
	assert_true(back->some_have_it);
	assert_int_equal(back->doubts, 3);
	/* Its copy may be there; that it is, is kept, too. */
	assert_true(back->perhaps_saved && !back->is_saved);
	back->is_saved = true;
	str_reset(&data);
	outgoing_encode(&data, back);
	outgoing_free(&back);
	back = outgoing_decode(&o, m->id, str_slice(&data));
	assert_true(back->is_saved);
	outgoing_free(&back);
	outgoing_free(&m);
	str_finish(&data);
}

/* As it was written before mails could be partly sent. */
static void old_records(void **state)
{
	struct email_outbox o = { .loaded = true };
	struct outgoing *m;
	struct str data = { .max = 64 * KIB };

	(void)state;
	list_init(&o.mails);
	record_put_number(&data, 1, OUTGOING_WAITING);
	record_put_text(&data, 2, "g.123");
	record_put_number(&data, 3, 1);
	record_put_text(&data, 7, "id@example.org");
	record_put_text(&data, 10, "a@x.test\nb@x.test");
	record_put_number(&data, 14, 4);
	record_put_text(&data, 16, "b@x.test: Later.");
	record_put_number(&data, 17, 7);
	record_put_text(&data, 19, "Text.");
	m = outgoing_decode(&o, "id", str_slice(&data));
	assert_non_null(m);
	assert_int_equal(m->state, OUTGOING_WAITING);
	assert_string_equal(m->recipients, "a@x.test\nb@x.test");
	assert_int_equal(m->attempts, 4);
	assert_null(m->refusals);
	assert_null(m->again);
	assert_false(m->some_have_it || m->is_saved || m->perhaps_saved);
	assert_true(outgoing_has_request(m, 7) && outgoing_has_text(m));
	outgoing_free(&m);
	/* No such reason; and no such state. */
	record_put_number(&data, 64, 1000);
	m = outgoing_decode(&o, "id", str_slice(&data));
	assert_in_range(m->refused_as, GW_OK + 1, GW_REASON_COUNT - 1);
	outgoing_free(&m);
	record_put_number(&data, 1, OUTGOING_SENT + 1);
	assert_null(outgoing_decode(&o, "id", str_slice(&data)));
	str_finish(&data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mails),
		cmocka_unit_test(talks),
		cmocka_unit_test(outgoing_mails),
		cmocka_unit_test(lines_of_nobody),
		cmocka_unit_test(lines_of_older_records),
		cmocka_unit_test(partly_sent_mails),
		cmocka_unit_test(old_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
