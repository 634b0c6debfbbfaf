/*
 * Writing mails: what compose() wrote, mail_read() reads the same, and no
 * value gets out of its field.
 */
#include "email_worker/compose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macros.h"
#include "email_worker/mime.h"

static struct arena arena;
static struct mail mail;
static struct str bytes;
static const char *error;

static int collect(void *context, struct slice piece)
{
	str_add_slice(context, piece);
	return 0;
}

/* Files of a hundred bytes "a", then a hundred "b" and so on, some at once. */
struct letters {
	size_t at;
};

static long read_letters(void *context, char *buffer, size_t size)
{
	struct letters *letters = context;
	size_t len = size < 7 ? size : 7;

	for (size_t i = 0; i < len; i++)
		buffer[i] = (char)('a' + letters->at++ / 100);
	return (long)len;
}

static int write_draft(const struct draft *d)
{
	struct letters letters = { 0 };
	struct compose_source source = { read_letters, &letters };
	struct mail_sink sink = { collect, &bytes };

	str_reset(&bytes);
	return compose(d, &source, &sink, &error);
}

static const struct mail *read_back(void)
{
	static const struct mail_read_context context = { .now_ms = 0 };

	arena_reset(&arena);
	assert_int_equal(
		mail_read(str_slice(&bytes), &context, &arena, &mail), 0);
	return &mail;
}

/* For a second opinion (tests/integration/test_mail_compose.py): each mail,
 * and what mail_read() makes of it, in the folder that it names. */
static void keep_sample(void)
{
	static unsigned number;
	const char *folder = getenv("CAUSEWAY_MAIL_SAMPLES");
	char path[600];

	if (folder == NULL)
		return;
	text_format(path, sizeof(path), "%s/%u.eml", folder, ++number);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	fwrite(bytes.data, 1, bytes.len, file);
	fclose(file);
	text_format(path, sizeof(path), "%s/%u.txt", folder, number);
	file = fopen(path, "wb");
	assert_non_null(file);
	fprintf(file, "subject %s\n", mail.subject ? mail.subject : "");
	fprintf(file, "id %s\n", mail.message_id);
	fprintf(file, "from %s|%s\n", mail.from.name ? mail.from.name : "",
		mail.from.address);
	for (size_t i = 0; i < mail.to.count; i++)
		fprintf(file, "to %s|%s\n",
			mail.to.items[i].name ? mail.to.items[i].name : "",
			mail.to.items[i].address);
	for (size_t i = 0; i < mail.part_count; i++)
		fprintf(file, "size %lld\n", (long long)mail.parts[i].size);
	fprintf(file, "text\n%s", mail.text);
	fclose(file);
}

static const struct mail *round_trip(const struct draft *d)
{
	if (write_draft(d) != 0)
		fail_msg("%s", error);
	read_back();
	keep_sample();
	return &mail;
}

static struct mail_address alice = { "Alice", "alice@example.org" };
static struct mail_address bob = { NULL, "bob@example.net" };

static struct draft plain_draft(const char *text)
{
	return (struct draft){
		.message_id = "1.gw@example.org",
		.date_ms = INT64_C(1793696400000),
		.zone_minutes = 60,
		.from = alice,
		.to = { &bob, 1, 0 },
		.subject = "lunch",
		.text = text,
	};
}

static void test_bytes(void **state)
{
	(void)state;
	struct draft d = plain_draft("Hello Bob");

	d.in_reply_to = "2@x";
	d.mark = "mark";
	assert_int_equal(write_draft(&d), 0);
	assert_string_equal(str_text(&bytes),
		"Date: Tue, 03 Nov 2026 10:00:00 +0100\r\n"
		"From: Alice <alice@example.org>\r\n"
		"To: bob@example.net\r\n"
		"Subject: lunch\r\n"
		"Message-ID: <1.gw@example.org>\r\n"
		"In-Reply-To: <2@x>\r\n"
		"References: <2@x>\r\n"
		"X-Causeway: mark\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8; format=flowed\r\n"
		"Content-Transfer-Encoding: 7bit\r\n"
		"\r\n"
		"Hello Bob\r\n");
}

/* ------------------------------------------------------------------------
 * Texts
 * ------------------------------------------------------------------------ */

static void test_texts(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"short",
		"two\nlines",
		"a paragraph\n\nand another",
		"Gr\xc3\xbc\xc3\x9f"
		"e \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
		"From here on",
		" a leading blank inside\n  two",
		"x\n From\nFrom x",
		".\n..\n.dot",
		"a\tb",
		"= is =3D and =\nno soft break=",
		"aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd eeeeeeeeee "
		"ffffffffff gggggggggg hhhhhhhhhh iiiiiiiiii jjjjjjjjjj",
		"aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd eeeeeeeeee "
		"ffffffffff >ggggggggg From hhhhhhhh iiiiiiiiii jjjjjjjjjj",
		"https://example.org/"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5"
		"\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac"
		"\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5"
		"\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct draft d = plain_draft(rows[i]);
		const struct mail *m = round_trip(&d);

		if (strcmp(m->text, rows[i]) != 0)
			fail_msg("row %zu: '%s' is '%s'", i, rows[i], m->text);
	}
}

/* Lines end in CRLF, none is too long, no byte is beyond ASCII. */
static void check_wire(void)
{
	size_t len = 0;

	assert_true(bytes.len > 2);
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.data[i];

		assert_true(c < 0x7f);
		assert_true(c != '\0');
		if (c == '\n') {
			assert_true(i > 0 && bytes.data[i - 1] == '\r');
			len = 0;
		} else if (++len > 999) {
			fail_msg("a line of over 998 bytes");
		}
		if (c == '\r')
			assert_true(bytes.data[i + 1] == '\n');
	}
	assert_memory_equal(bytes.data + bytes.len - 2, "\r\n", 2);
}

static void test_long(void **state)
{
	(void)state;
	char text[5000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	struct draft d = plain_draft(text);
	d.subject = text;
	assert_string_equal(round_trip(&d)->text, text);
	check_wire();
	text[0] = '\xff';
	assert_int_equal(write_draft(&d), 0);
	check_wire();
}

/* ------------------------------------------------------------------------
 * Headers
 * ------------------------------------------------------------------------ */

static void test_subjects(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "plain", NULL },
		{ "Gr\xc3\xbc\xc3\x9f"
		  "e aus \xe6\x97\xa5\xe6\x9c\xac und noch viel mehr davon, "
		  "damit es zwei W\xc3\xb6rter werden und sogar drei",
			NULL },
		{ "=?utf-8?q?no?= word", NULL },
		{ "a long subject that goes on and on until it is folded at "
		  "a blank, and then goes on for another line of its own",
			NULL },
		{ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
			NULL },
		{ "two\r\nBcc: x@example.org", "two Bcc: x@example.org" },
		{ "tab\tand\x01 control", "tab and control" },
		{ "  blanks   inside ", "blanks inside" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct draft d = plain_draft("x");

		d.subject = rows[i][0];
		assert_string_equal(round_trip(&d)->subject,
			rows[i][1] ? rows[i][1] : rows[i][0]);
		check_wire();
	}
}

static void test_people(void **state)
{
	(void)state;
	struct mail_address to[] = {
		{ "Bob \"the\" B\xc3\xbc"
		  "ttner",
			"bob@example.net" },
		{ "Doe, John (x) <y>", "\"john doe\"@example.org" },
		{ "a\r\nBcc: evil@example.org", "carol@example.com" },
		{ "\xe7\x94\xa8\xe6\x88\xb7", "dave@b\xc3\xbc"
					      "cher.example" },
		{ "A. Name With Dots And A Comma, And Much More Than A Line "
		  "Of Seventy-Eight Characters Can Hold In One",
			"erin@example.org" },
	};
	struct draft d = plain_draft("x");

	d.to = (struct mail_addresses){ to, COUNT(to), 0 };
	d.cc = (struct mail_addresses){ &bob, 1, 0 };
	d.reply_to = "list@example.org";
	const struct mail *m = round_trip(&d);
	check_wire();
	assert_int_equal(m->to.count, COUNT(to));
	assert_string_equal(m->to.items[0].name, to[0].name);
	assert_string_equal(m->to.items[1].name, to[1].name);
	assert_string_equal(m->to.items[1].address, to[1].address);
	assert_string_equal(m->to.items[2].name, "a Bcc: evil@example.org");
	assert_string_equal(m->to.items[3].name, to[3].name);
	assert_string_equal(
		m->to.items[3].address, "dave@xn--bcher-kva.example");
	assert_string_equal(m->to.items[4].name, to[4].name);
	assert_string_equal(m->cc.items[0].address, "bob@example.net");
	assert_string_equal(m->reply_to.items[0].address, "list@example.org");
	assert_string_equal(m->from.name, "Alice");
}

static void test_bad_addresses(void **state)
{
	(void)state;
	static const char *const rows[] = { "", "x", "a@b\r\nRCPT TO:<c@d>",
		"a b@example.org", "a@b>c", "<a@b>", "a@", "@b", "a@@b",
		"a,b@example.org", "a@exa mple.org", "a@b;c" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mail_address to = { "Name", rows[i] };
		struct draft d = plain_draft("x");

		d.to = (struct mail_addresses){ &to, 1, 0 };
		assert_int_equal(write_draft(&d), -1);
		assert_non_null(error);
		assert_int_equal(bytes.len, 0);
		d = plain_draft("x");
		d.receipt_to = rows[i];
		assert_int_equal(write_draft(&d), -1);
		d = plain_draft("x");
		d.from = to;
		assert_int_equal(write_draft(&d), -1);
	}
}

static void test_ids(void **state)
{
	(void)state;
	char ids[40][16];
	const char *references[40];
	struct draft d = plain_draft("x");

	for (unsigned i = 0; i < 40; i++) {
		text_format(ids[i], sizeof(ids[i]), "%u@x", i);
		references[i] = ids[i];
	}
	references[39] = "bad id\r\nBcc: x@y";
	d.references = references;
	d.reference_count = 40;
	d.in_reply_to = "parent@x";
	const struct mail *m = round_trip(&d);
	assert_string_equal(m->message_id, "1.gw@example.org");
	assert_string_equal(m->in_reply_to, "parent@x");
	assert_string_equal(m->references[0], "0@x");
	assert_string_equal(m->references[1], "20@x");
	assert_string_equal(m->references[m->reference_count - 1], "parent@x");
	assert_in_range(m->reference_count, 20, 22);
	assert_null(strstr(str_text(&bytes), "Bcc"));
	d.message_id = "no good\r\nX: y";
	assert_int_equal(write_draft(&d), -1);
}

static void test_headers(void **state)
{
	(void)state;
	struct draft d = plain_draft("x");

	d.language = "de";
	d.receipt_to = "alice@example.org";
	d.mark = "some.mark";
	d.zone_minutes = -90;
	const struct mail *m = round_trip(&d);
	assert_string_equal(m->language, "de");
	assert_string_equal(m->wants_receipt, "alice@example.org");
	assert_string_equal(m->our_mark, "some.mark");
	assert_int_equal(m->date_ms, d.date_ms);
	assert_non_null(strstr(str_text(&bytes), " -0130\r\n"));
	assert_false(m->is_automatic);
	d.language = "x\r\nBcc: y";
	assert_null(round_trip(&d)->language);
	d.to.count = 0;
	assert_int_equal(round_trip(&d)->to.count, 0);
	assert_non_null(strstr(str_text(&bytes), "undisclosed"));
}

/* ------------------------------------------------------------------------
 * Files
 * ------------------------------------------------------------------------ */

static void test_files(void **state)
{
	(void)state;
	struct draft_file files[] = {
		{ "a.txt", "text/plain", 100 },
		{ "\xd0\x9e\xd1\x82\xd1\x87\xd1\x91\xd1\x82 \"2026\".pdf",
			"application/pdf", 100 },
		{ "x\r\nBcc: y", "bad type\r\nX: y", 0 },
		{ "mail.eml", "message/rfc822", 100 },
	};
	struct draft d = plain_draft("with files");
	struct str out;
	struct mail_sink sink = { collect, &out };

	d.files = files;
	d.file_count = COUNT(files);
	const struct mail *m = round_trip(&d);
	check_wire();
	assert_string_equal(m->text, "with files");
	assert_int_equal(m->part_count, COUNT(files));
	assert_string_equal(m->parts[0].name, "a.txt");
	assert_string_equal(m->parts[0].type, "text/plain");
	assert_string_equal(m->parts[1].name,
		"\xd0\x9e\xd1\x82\xd1\x87\xd1\x91\xd1\x82 _2026_.pdf");
	assert_string_equal(m->parts[1].type, "application/pdf");
	assert_string_equal(m->parts[2].type, "application/octet-stream");
	assert_string_equal(m->parts[3].type, "application/octet-stream");
	str_init(&out, 1000);
	assert_int_equal(
		mail_read_part(str_slice(&bytes), m->parts[1].number, &sink),
		0);
	assert_int_equal(out.len, 100);
	assert_true(out.data[0] == 'b' && out.data[99] == 'b');
	str_finish(&out);
}

static long read_nothing(void *context, char *buffer, size_t size)
{
	(void)context;
	(void)buffer;
	(void)size;
	return -1;
}

static void test_no_file(void **state)
{
	(void)state;
	struct draft_file file = { "a", "text/plain", 5 };
	struct draft d = plain_draft("x");
	struct compose_source source = { read_nothing, NULL };
	struct mail_sink sink = { collect, &bytes };

	d.files = &file;
	d.file_count = 1;
	str_reset(&bytes);
	assert_int_equal(compose(&d, &source, &sink, &error), -1);
	assert_non_null(error);
	assert_int_equal(compose(&d, NULL, &sink, &error), -1);
}

/* ------------------------------------------------------------------------
 * Special kinds
 * ------------------------------------------------------------------------ */

static void test_reaction(void **state)
{
	(void)state;
	struct draft d = plain_draft("Alice reacted");

	d.reaction = "\xf0\x9f\x91\x8d \xe2\x9d\xa4\xef\xb8\x8f";
	d.in_reply_to = "2@x";
	const struct mail *m = round_trip(&d);
	assert_int_equal(m->kind, MAIL_REACTION);
	assert_string_equal(m->reactions, d.reaction);
	assert_string_equal(m->in_reply_to, "2@x");
	assert_null(strstr(str_text(&bytes), "email-reaction+json"));
	/* Gmail takes one at a time. */
	d.reaction = "\xf0\x9f\x91\x8d";
	assert_string_equal(round_trip(&d)->reactions, d.reaction);
	assert_non_null(strstr(str_text(&bytes), "email-reaction+json"));
	d.reaction = "\",\"x\":\"";
	assert_int_equal(write_draft(&d), 0);
	assert_null(strstr(str_text(&bytes), "email-reaction+json"));
	/* To Delta Chat: nothing else, or taken back. */
	d.is_chat = true;
	d.reaction = "\xf0\x9f\x91\x8d";
	assert_string_equal(round_trip(&d)->reactions, d.reaction);
	assert_null(strstr(str_text(&bytes), "multipart"));
	d.reaction = " ";
	m = round_trip(&d);
	assert_int_equal(m->kind, MAIL_REACTION);
	assert_string_equal(m->reactions, "");
}

static void test_calendar(void **state)
{
	(void)state;
	struct draft d = plain_draft("Alice accepts");

	d.calendar = "BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:u@x\n"
		     "ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.org\n"
		     "END:VEVENT\nEND:VCALENDAR\n";
	d.calendar_method = "REPLY";
	const struct mail *m = round_trip(&d);
	assert_string_equal(m->event.method, "REPLY");
	assert_string_equal(m->event.uid, "u@x");
	assert_string_equal(m->event.attendee, "alice@example.org");
	assert_string_equal(m->event.answer, "ACCEPTED");
}

static void test_receipt(void **state)
{
	(void)state;
	struct draft d = plain_draft("The mail was displayed.");

	d.is_receipt = true;
	d.in_reply_to = "2@x";
	const struct mail *m = round_trip(&d);
	assert_int_equal(m->kind, MAIL_RECEIPT);
	assert_string_equal(m->report.message_id, "2@x");
	assert_string_equal(m->report.recipient, "alice@example.org");
	assert_true(m->is_automatic);
}

/* What it would take for a quote or a footer is none; what is one, is. */
static void test_chat_text(void **state)
{
	(void)state;
	struct draft d = plain_draft("> said\n--\n-- so\n--- too");

	d.is_chat = true;
	const struct mail *m = round_trip(&d);
	assert_string_equal(m->text, "> said\n--\n-- so\n--- too");
	assert_null(m->chat_quote);
	assert_null(strstr(str_text(&bytes), "\n--\r\n"));
	d.quote = "You?\n\n> I \xc3\xa9\r\nX: y ";
	m = round_trip(&d);
	check_wire();
	assert_string_equal(m->text, "> said\n--\n-- so\n--- too");
	assert_string_equal(m->chat_quote, "You?\n\n> I \xc3\xa9\nX: y");
	d.is_chat = false;
	d.text = "Yes";
	d.quote = "You?\nMe?";
	m = round_trip(&d);
	assert_string_equal(m->text, "> You?\n> Me?\n\nYes");
	char longest[2000];
	memset(longest, 'q', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	d.is_chat = true;
	d.quote = longest;
	assert_int_equal(strlen(round_trip(&d)->chat_quote), 500);
}

static void test_chat(void **state)
{
	(void)state;
	struct draft d = plain_draft("\xe2\x9c\x8f\xef\xb8\x8f> said\n\nso");

	d.is_chat = true;
	d.chat_group_id = "abc";
	d.chat_group_name = "T\xc3\xa9"
			    "am";
	d.chat_edit = "e@x";
	d.chat_delete = "d@x";
	d.receipt_to = "alice@example.org";
	const struct mail *m = round_trip(&d);
	assert_true(m->is_chat);
	assert_string_equal(m->chat_group_id, "abc");
	assert_string_equal(m->chat_group_name, d.chat_group_name);
	assert_string_equal(m->chat_edit, "e@x");
	assert_string_equal(m->chat_delete, "d@x");
	assert_string_equal(m->wants_receipt, "alice@example.org");
	assert_string_equal(m->text, "> said\n\nso");
	/* Delta Chat does not believe them elsewhere. */
	const char *body = strstr(str_text(&bytes), "\r\n\r\n");
	assert_null(memmem(str_text(&bytes), (size_t)(body - str_text(&bytes)),
		"Chat-Edit", 9));
	d.chat_edit = d.chat_delete = NULL;
	d.chat_member_added = "dave@example.com";
	d.chat_name_changed = "Old";
	m = round_trip(&d);
	assert_string_equal(m->chat_member_added, "dave@example.com");
	d.chat_member_added = NULL;
	d.chat_member_removed = "bob@example.com";
	assert_string_equal(
		round_trip(&d)->chat_member_removed, "bob@example.com");
	d.chat_member_removed = "no address";
	assert_int_not_equal(write_draft(&d), 0);
}

static void test_unsubscribe(void **state)
{
	(void)state;
	struct draft d = plain_draft("");

	d.to.count = 0;
	d.unsubscribe_from = "mailto:leave%2Bx@lists.example"
			     "?subject=leave%20%C3%A9&body=token%0D%0A1";
	const struct mail *m = round_trip(&d);
	assert_string_equal(m->to.items[0].address, "leave+x@lists.example");
	assert_string_equal(m->subject, "leave \xc3\xa9");
	assert_string_equal(m->text, "token\n1");
	d.unsubscribe_from = "mailto:leave@lists.example";
	assert_string_equal(round_trip(&d)->subject, "lunch");
	d.subject = NULL;
	assert_string_equal(round_trip(&d)->subject, "unsubscribe");
	d.unsubscribe_from = "mailto:a%0D%0ABcc:x@lists.example";
	assert_int_equal(write_draft(&d), -1);
}

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, MAIL_ARENA_MAX);
	str_init(&bytes, 1 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_finish(&arena);
	str_finish(&bytes);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_subjects),
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_bad_addresses),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_reaction),
		cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_receipt),
		cmocka_unit_test(test_chat),
		cmocka_unit_test(test_chat_text),
		cmocka_unit_test(test_unsubscribe),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
