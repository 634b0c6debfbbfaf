/*
 * Mails and drafts through their records: everything arrives as it left.
 */
#include "email_wire/mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/macros.h"
#include "email_wire/draft.h"
#include "email_wire/record.h"

#define ROOM ((size_t)1 << 20)

static struct mail_address people[] = {
	{ "Alice", "alice@example.org" },
	{ NULL, "bob@example.net" },
	{ "", "" },
};
static const char *references[] = { "a@x", "b@x", "c@x" };
static struct mail_part parts[] = {
	{ 3, "report.pdf", "application/pdf", 14, false },
	{ 4, "pix.png", "image/png", (int64_t)5 << 32, true },
};
static struct draft_file files[] = {
	{ "r\xc3\xa9sum\xc3\xa9.txt", "text/plain", 5 },
	{ "b", "image/png", 0 },
};

static struct mail full_mail(void)
{
	return (struct mail){
		.message_id = "1@x",
		.key = "00ff",
		.original_id = "2@x",
		.in_reply_to = "c@x",
		.references = references,
		.reference_count = COUNT(references),
		.date_ms = 1793700000000,
		.from = people[0],
		.sender = people[1],
		.reply_to = { people, 1, 0 },
		.to = { people, COUNT(people), 7 },
		.delivered_to = "bob@example.net",
		.kind = MAIL_MACHINE,
		.warnings = MAIL_CUT | MAIL_HAS_REMOTE,
		.list_id = "dev.lists.example",
		.list_name = "dev",
		.list_post = "dev@lists.example",
		.unsubscribe_url = "https://example.org/u",
		.unsubscribe_mail = "mailto:u@example.org",
		.one_click = true,
		.is_automatic = true,
		.our_mark = "mark",
		.received = 51,
		.code = "123456",
		.wants_receipt = "alice@example.org",
		.subject = "Re: lunch",
		.base_subject = "lunch",
		.text = "line\n\tnext",
		.text_is_cut = true,
		.is_forward = true,
		.language = "en",
		.parts = parts,
		.part_count = COUNT(parts),
		.report = { "3@x", "c@x", "5.1.1", "no" },
		.event = { "REQUEST", "u", 2, "s", "w", "o", 1, 2, true, "r",
			"a", "ACCEPTED" },
		.reactions = "\xf0\x9f\x91\x8d",
		.is_chat = true,
		.chat_group_id = "g",
		.chat_group_name = "n",
		.chat_member_added = "a",
		.chat_member_removed = "r",
		.chat_edit = "e",
		.chat_delete = "d",
		.gmail_thread = "17",
		.chat_quote = "q",
	};
}

/* What was read, written again, is the same record; so no field is lost that
 * the fields above do not name twice. */
static void test_mail(void **state)
{
	(void)state;
	struct mail before = full_mail(), after;
	struct arena arena;
	struct str first, second;

	arena_init(&arena, ROOM);
	str_init(&first, ROOM);
	str_init(&second, ROOM);
	mail_encode(&first, &before);
	assert_int_equal(mail_decode(str_slice(&first), &arena, &after), 0);
	mail_encode(&second, &after);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);

	assert_string_equal(after.references[2], "c@x");
	assert_int_equal(after.reference_count, 3);
	assert_string_equal(after.to.items[0].name, "Alice");
	assert_null(after.to.items[1].name);
	assert_string_equal(after.to.items[2].name, "");
	assert_int_equal(after.to.left_out, 7);
	assert_int_equal(after.cc.count, 0);
	assert_int_equal(after.kind, MAIL_MACHINE);
	assert_int_equal(after.warnings, MAIL_CUT | MAIL_HAS_REMOTE);
	assert_true(after.parts[1].size == (int64_t)5 << 32);
	assert_true(after.parts[1].is_inline);
	assert_string_equal(after.event.answer, "ACCEPTED");
	assert_true(after.event.is_all_day);
	assert_string_equal(after.gmail_thread, "17");
	assert_string_equal(after.text, "line\n\tnext");
	str_finish(&first);
	str_finish(&second);
	arena_finish(&arena);
}

static void test_empty(void **state)
{
	(void)state;
	struct mail m;
	struct draft d;
	struct arena arena;

	arena_init(&arena, ROOM);
	assert_int_equal(mail_decode(slice_of(""), &arena, &m), 0);
	assert_string_equal(m.text, "");
	assert_string_equal(m.key, "");
	assert_string_equal(m.from.address, "");
	assert_null(m.from.name);
	assert_null(m.subject);
	assert_int_equal(draft_decode(slice_of(""), &arena, &d), 0);
	assert_string_equal(d.message_id, "");
	assert_string_equal(d.from.address, "");
	arena_finish(&arena);
}

static void test_draft(void **state)
{
	(void)state;
	struct draft before = {
		.message_id = "1@x",
		.date_ms = 1,
		.zone_minutes = -90,
		.from = people[0],
		.to = { people, 2, 0 },
		.cc = { people + 1, 1, 0 },
		.reply_to = "r@x",
		.subject = "s",
		.text = "t",
		.in_reply_to = "c@x",
		.references = references,
		.reference_count = COUNT(references),
		.language = "de",
		.receipt_to = "r@x",
		.mark = "m",
		.files = files,
		.file_count = COUNT(files),
		.reaction = "r",
		.calendar = "c",
		.calendar_method = "REPLY",
		.is_chat = true,
		.chat_group_id = "g",
		.chat_group_name = "n",
		.chat_edit = "e",
		.chat_delete = "d",
		.unsubscribe_from = "mailto:u@x",
		.is_receipt = true,
		.quote = "q",
	};
	struct draft after;
	struct arena arena;
	struct str first, second;

	arena_init(&arena, ROOM);
	str_init(&first, ROOM);
	str_init(&second, ROOM);
	draft_encode(&first, &before);
	assert_int_equal(draft_decode(str_slice(&first), &arena, &after), 0);
	draft_encode(&second, &after);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
	assert_int_equal(after.zone_minutes, -90);
	assert_int_equal(after.file_count, 2);
	assert_string_equal(after.files[0].name, files[0].name);
	assert_string_equal(after.unsubscribe_from, "mailto:u@x");
	assert_true(after.is_receipt);
	str_finish(&first);
	str_finish(&second);
	arena_finish(&arena);
}

static int decode_one(uint8_t field, struct slice value)
{
	struct str out;
	struct mail m;
	struct arena arena;

	arena_init(&arena, ROOM);
	str_init(&out, ROOM);
	record_put(&out, field, value);
	int result = mail_decode(str_slice(&out), &arena, &m);
	str_finish(&out);
	arena_finish(&arena);
	return result;
}

static void test_damage(void **state)
{
	(void)state;
	static const char ten[8] = { 0, 0, 0, 0, 0, 0, 0, 10 };
	static const char one[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };
	static const char minus[8] = { -1, -1, -1, -1, -1, -1, -1, -1 };

	assert_int_equal(decode_one(200, slice_of("unknown")), 0);
	assert_int_equal(decode_one(1, slice_make("a\0b", 3)), -1);
	assert_int_equal(decode_one(1, slice_of("\xff")), -1);
	assert_int_equal(decode_one(6, slice_of("12")), -1);
	assert_int_equal(decode_one(13, slice_make(one, 8)), 0);
	assert_int_equal(decode_one(13, slice_make(ten, 8)), -1);
	assert_int_equal(decode_one(14, slice_make(minus, 8)), -1);
	assert_int_equal(decode_one(20, slice_make(ten, 8)), -1);
	assert_int_equal(decode_one(7, slice_of("x")), -1);
	assert_int_equal(decode_one(10, slice_of("\1")), -1);
}

/* Cut anywhere: an error, or what was there before the cut; never more. */
static void test_cut(void **state)
{
	(void)state;
	struct mail before = full_mail();
	struct str out;
	unsigned whole = 0;

	str_init(&out, ROOM);
	mail_encode(&out, &before);
	for (size_t cut = 0; cut < out.len; cut++) {
		struct mail m;
		struct arena arena;

		arena_init(&arena, ROOM);
		if (mail_decode(slice_make(out.data, cut), &arena, &m) == 0)
			whole++;
		arena_finish(&arena);
	}
	assert_in_range(whole, 40, 60);

	struct mail m;
	struct arena small;
	arena_init(&small, 512);
	assert_int_equal(mail_decode(str_slice(&out), &small, &m), -1);
	arena_finish(&small);
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mail),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_draft),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
