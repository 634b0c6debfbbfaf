/*
 * Every mail of data/eml, read under the sanitizers, against what a person
 * should see of it.
 */
#include "email_worker/mime.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/macros.h"
#include "email_worker/arena_fixture.h"

#define NOON_MS INT64_C(1793786400000)

static struct mail mail;

struct row {
	const char *file, *subject, *base, *name, *from;
	enum mail_kind kind;
	unsigned warnings;
	const char *attachments, *inlines; /* names with commas; NULL: none */
	const char *text;
	bool is_start; /* `text` is only how it begins */
};

/* `base` NULL: the subject is that already. */
static const struct row rows[] = {
	{ "01-nested-multipart", .subject = "nested", .name = "Alice Example",
		.from = "alice@example.org", .attachments = "report.pdf",
		.inlines = "pix.png", .text = "Hello *Bob*" },
	{ "02-missing-close-boundary", .subject = "no close",
		.name = "Alice Example", .from = "alice@example.org",
		.attachments = "a.bin", .text = "body text" },
	{ "04-alternative-useless-plain", .subject = "useless plain",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "The meeting is moved to *15:00*." },
	{ "06-empty-body", .subject = "just a subject, no body (EOM)",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "" },
	{ "08-forward-rfc822", .subject = "Fwd: original", .base = "original",
		.name = "Alice Example", .from = "alice@example.org",
		.attachments = "original.eml", .text = "see below" },
	{ "09-digest", .subject = "list digest", .name = "Alice Example",
		.from = "alice@example.org", .kind = MAIL_LIST,
		.attachments = "message.eml,message.eml",
		.text = "one (Alice Example)\n"
			"two (Alice Example)" },
	{ "10-bomb-depth-400", .subject = "deep", .name = "Alice Example",
		.from = "alice@example.org", .warnings = MAIL_CUT, .text = "" },
	{ "11-bomb-10000-parts", .subject = "wide", .name = "Alice Example",
		.from = "alice@example.org", .warnings = MAIL_CUT,
		.text = "x\n\nx\n\nx\n", .is_start = true },
	{ "13-cp1252-as-latin1", .subject = "quotes", .name = "Alice Example",
		.from = "alice@example.org",
		.text = "\xe2\x80\x9csmart\xe2\x80\x9d quotes \xe2\x80\x93 and \xe2\x82\xac 100" },
	{ "14-utf8-declared-ascii", .subject = "utf8", .name = "Alice Example",
		.from = "alice@example.org",
		.text = "Gr\xc3\xbc\xc3\x9f"
			"e, \xe6\x97\xa5\xe6\x9c\xac" },
	{ "16-unknown-charset", .subject = "unknown", .name = "Alice Example",
		.from = "alice@example.org",
		.text = "na\xc3\xafve \xe2\x82\xac" },
	{ "18-iso-2022-jp",
		.subject = "\xe4\xbc\x9a\xe8\xad\xb0\xe3\x81\xae\xe4\xbb\xb6",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "\xe3\x81\x8a\xe4\xb8\x96\xe8\xa9\xb1\xe3\x81\xab\xe3\x81\xaa\xe3\x81\xa3\xe3\x81\xa6\xe3\x81\x8a\xe3\x82\x8a\xe3\x81\xbe\xe3\x81\x99\xe3\x80\x82" },
	{ "19-utf16-body", .subject = "utf16", .name = "Alice Example",
		.from = "alice@example.org", .text = "Hi there \xe2\x9c\x93" },
	{ "21-bad-qp", .subject = "bad qp", .name = "Alice Example",
		.from = "alice@example.org",
		.text = "100% =ZZ broken \xc3\xa9 url?a=b trailing softbreak and raw \xc3\xa9 and lone =" },
	{ "22-bad-base64", .subject = "bad b64", .name = "Alice Example",
		.from = "alice@example.org", .text = "Hello world" },
	{ "24-uuencode-inline", .subject = "uu", .name = "Alice Example",
		.from = "alice@example.org", .attachments = "a.txt",
		.text = "file below\n"
			"\n"
			"after" },
	{ "26-line-endings", .subject = "mixed", .from = "a@example.org",
		.text = "line1\n"
			"line2\n"
			"line3\n"
			"no newline at end" },
	{ "27-no-msgid-no-date", .subject = "bare", .from = "a@example.org",
		.text = "hello" },
	{ "28-encoded-words",
		.subject = "\xe6\x97\xa5\xe6\x9c\xac"
			   "caf\xc3\xa9 au lait\xc3\x9c plain=?utf-8?q?tail?=",
		.name = "J\xc3\xbcrgen M\xc3\xbcller", .from = "j@example.org",
		.text = "x" },
	{ "30-8bit-headers",
		.subject = "Gr\xc3\xbc\xc3\x9f"
			   "e roh latin1",
		.name = "J\xc3\xb6rg", .from = "joerg@example.org",
		.text = "x" },
	{ "31-huge-headers", .subject = "huge", .name = "Alice Example",
		.from = "alice@example.org", .warnings = MAIL_CUT,
		.text = "hi" },
	{ "33-spoofed-display", .subject = "pay now",
		.name = "boss@example.net", .from = "evil@attacker.example",
		.warnings = MAIL_SPOOFED_NAME | MAIL_REPLY_ELSEWHERE |
			    MAIL_NOT_AUTHENTIC,
		.text = "pay" },
	{ "35-no-from", .subject = "no from", .from = "",
		.warnings = MAIL_NO_SENDER, .text = "x" },
	{ "36-dup-headers", .subject = "one", .from = "real@example.org",
		.warnings = MAIL_DOUBLE_HEADERS, .text = "x" },
	{ "37-eai", .subject = "EAI \xe4\xbb\xb6\xe5\x90\x8d",
		.name = "\xe7\x94\xa8\xe6\x88\xb7",
		.from = "\xe7\x94\xa8\xe6\x88\xb7@xn--r8jz45g.example",
		.text = "privet" },
	{ "39-bad-dates", .subject = "date", .name = "Alice Example",
		.from = "alice@example.org", .warnings = MAIL_DOUBLE_HEADERS,
		.text = "x" },
	{ "41-outlook-msgid-rewrite", .subject = "Re: x", .base = "x",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "x" },
	{ "43-winmail-dat", .subject = "tnef", .name = "Alice Example",
		.from = "alice@example.org", .attachments = "hello.txt",
		.text = "Body inside TNEF" },
	{ "44-calendar-invite", .subject = "Invitation: Sync",
		.name = "Alice Example", .from = "alice@example.org",
		.attachments = "invite.ics",
		.text = "You are invited to Sync" },
	{ "45-format-flowed", .subject = "test", .name = "Alice Example",
		.from = "alice@example.org",
		.text = "Soft wrapped text that continues.\n"
			"> quoted flowed line.\n"
			">> deeper\n"
			"From stuffed line" },
	{ "47-html-only", .subject = "Newsletter", .name = "Alice Example",
		.from = "alice@example.org", .kind = MAIL_BULK,
		.text = "Big news\n"
			"\n"
			"Hello & welcome\n"
			"second line\n"
			"\n"
			"- one\n"
			"- two link text (https://example.org/x?utm_source=a&b=c)\n"
			"\n"
			"Qty | 2\n"
			"Sum | 5\xe2\x82\xac\n"
			"\n"
			"```\n"
			"  keep\n"
			"   spaces\n"
			"```\n"
			"\n"
			"Logo\n"
			"\n"
			"*bold* _it_ ~no~ `c`\n"
			"\n"
			"> quoted\n"
			"\n"
			"unclosed *tag*" },
	{ "50-gmail-en", .subject = "Re: lunch", .base = "lunch",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "Yes, works for me." },
	{ "52-gmail-fr", .subject = "Re: lunch", .base = "lunch",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "Oui." },
	{ "54-gmail-ja", .subject = "Re: lunch", .base = "lunch",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "\xe3\x81\xaf\xe3\x81\x84\xe3\x80\x82" },
	{ "56-outlook-en-plain", .subject = "Re: lunch", .base = "lunch",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "Fine with me.\n"
			"\n"
			"Regards,\n"
			"Alice" },
	{ "58-outlook-original-message", .subject = "Re: lunch",
		.base = "lunch", .name = "Alice Example",
		.from = "alice@example.org", .text = "ok" },
	{ "60-gmail-html", .subject = "Re: lunch", .base = "lunch",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "Yes" },
	{ "62-inline-reply", .subject = "Re: lunch", .base = "lunch",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "> Lunch at noon?\n"
			"\n"
			"Yes.\n"
			"\n"
			"> Which place?\n"
			"\n"
			"The usual." },
	{ "63-only-quote", .subject = "Re: lunch", .base = "lunch",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "> Lunch at noon?" },
	{ "66-gmail-forward", .subject = "Fwd: report", .base = "report",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "FYI\n"
			"\n"
			"---------- Forwarded message ---------\n"
			"From: Carol <carol@example.com>\n"
			"Date: Mon, Nov 2, 2026\n"
			"Subject: report\n"
			"To: Alice\n"
			"\n"
			"The report is late." },
	{ "70-dsn-failed", .subject = "Undelivered Mail",
		.name = "Mail Delivery System",
		.from = "MAILER-DAEMON@example.net", .kind = MAIL_BOUNCE,
		.text = "Delivery failed." },
	{ "71-dsn-delayed", .subject = "Delayed",
		.from = "MAILER-DAEMON@example.net", .kind = MAIL_DELAYED,
		.text = "Delivery delayed." },
	{ "74-mdn-displayed", .subject = "Read: lunch", .name = "Alice Example",
		.from = "alice@example.org", .kind = MAIL_RECEIPT,
		.text = "displayed" },
	{ "75-autoreply-vacation", .subject = "Automatic reply: lunch",
		.name = "Alice Example", .from = "alice@example.org",
		.kind = MAIL_AUTO_REPLY, .text = "I am away." },
	{ "76-mailing-list", .subject = "[dev] topic", .base = "topic",
		.name = "Alice", .from = "alice@example.org", .kind = MAIL_LIST,
		.text = "The text." },
	{ "77-noreply", .subject = "Your code", .name = "Shop",
		.from = "no-reply@shop.example", .kind = MAIL_MACHINE,
		.text = "Your code is 123456" },
	{ "79-delta-chat", .subject = "Message from Alice",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "Hi from DC" },
	{ "80-delta-group", .subject = "Team", .name = "Alice Example",
		.from = "alice@example.org", .text = "Hi all" },
	{ "81-reaction-rfc9078", .subject = "Re: lunch", .base = "lunch",
		.name = "Alice Example", .from = "alice@example.org",
		.kind = MAIL_REACTION, .text = "\xf0\x9f\x91\x8d" },
	{ "83-pgp-mime", .subject = "...", .name = "Alice Example",
		.from = "alice@example.org", .warnings = MAIL_ENCRYPTED,
		.attachments = "encrypted.asc", .text = "" },
	{ "84-pgp-signed", .subject = "signed", .name = "Alice Example",
		.from = "alice@example.org", .text = "signed text" },
	{ "86-smime-opaque", .subject = "smime", .name = "Alice Example",
		.from = "alice@example.org", .warnings = MAIL_ENCRYPTED,
		.attachments = "smime.p7m", .text = "" },
	{ "88-partial-external", .subject = "odd", .name = "Alice Example",
		.from = "alice@example.org", .warnings = MAIL_HAS_REMOTE,
		.text = "" },
	{ "89-meta-charset-html", .subject = "meta", .name = "Alice Example",
		.from = "alice@example.org",
		.text = "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82" },
	{ "90-outlook-zh",
		.subject = "\xe7\xad\x94\xe5\xa4\x8d: \xe5\x8d\x88\xe9\xa4\x90",
		.base = "\xe5\x8d\x88\xe9\xa4\x90", .name = "Alice Example",
		.from = "alice@example.org",
		.text = "\xe5\xa5\xbd\xe7\x9a\x84\xef\xbc\x8c\xe6\xb2\xa1\xe9\x97\xae\xe9\xa2\x98\xe3\x80\x82" },
	{ "91-outlook-de-html", .subject = "AW: Mittag", .base = "Mittag",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "Passt, bis sp\xc3\xa4ter.\n"
			"\n"
			"Gru\xc3\x9f" },
	{ "92-thunderbird-ru",
		.subject = "Re: \xd0\xbe\xd0\xb1\xd0\xb5\xd0\xb4",
		.base = "\xd0\xbe\xd0\xb1\xd0\xb5\xd0\xb4",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "\xd0\x94\xd0\xb0, \xd0\xbf\xd0\xbe\xd0\xb4\xd1\x85\xd0\xbe\xd0\xb4\xd0\xb8\xd1\x82." },
	{ "93-gmail-es", .subject = "Re: comida", .base = "comida",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "S\xc3\xad." },
	{ "94-thunderbird-pl", .subject = "Odp: obiad", .base = "obiad",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "Zgoda, za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87." },
	{ "95-apple-forward-de", .subject = "Fwd: Bericht", .base = "Bericht",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "Siehe unten.\n"
			"\n"
			"Anfang der weitergeleiteten Nachricht:\n"
			"\n"
			"Von: Carol <carol@example.com>\n"
			"Betreff: Bericht\n"
			"Datum: 2. November 2026\n"
			"An: Alice\n"
			"\n"
			"Der Bericht kommt." },
	{ "96-apple-mixed", .subject = "plan", .name = "Alice Example",
		.from = "alice@example.org",
		.attachments = "Pl\xc3\xa4ne 2026.pdf",
		.text = "See the plan." },
	{ "97-invite-twice", .subject = "Invitation", .name = "Alice Example",
		.from = "alice@example.org", .attachments = "invite.ics",
		.text = "You are invited." },
	{ "98-outlook-nl-web", .subject = "Betr: lunch",
		.name = "Alice Example", .from = "alice@example.org",
		.text = "Prima!" },
};

/* ------------------------------------------------------------------------
 * Reading
 * ------------------------------------------------------------------------ */

static struct slice load(const char *name)
{
	static char bytes[1 << 20];
	char path[512];

	text_format(path, sizeof(path), "%s/eml/%s.eml", TEST_DATA, name);
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("%s is missing", path);
	size_t len = fread(bytes, 1, sizeof(bytes), file);
	assert_in_range(len, 1, sizeof(bytes) - 1);
	fclose(file);
	return slice_make(bytes, len);
}

static const struct mail *read_fixture(const char *name)
{
	static const struct mail_read_context context = {
		.authserv_id = "mx.example.net", .now_ms = NOON_MS
	};
	struct slice bytes = load(name);

	/* A copy of that very size: reading beyond it is seen. */
	char *copy = xalloc(bytes.len);
	memcpy(copy, bytes.data, bytes.len);
	arena_reset(&arena);
	assert_int_equal(
		mail_read(slice_make(copy, bytes.len), &context, &arena, &mail),
		0);
	xfree(copy);
	return &mail;
}

static void check(const struct row *row, const char *what, const char *got,
	const char *want)
{
	if (!text_equals(got, want))
		fail_msg("%s: %s is '%s', not '%s'", row->file, what,
			got ? got : "(none)", want ? want : "(none)");
}

static void check_files(const struct row *row, bool is_inline, const char *want)
{
	struct str names;

	str_init(&names, 65536);
	for (size_t i = 0; i < mail.part_count; i++) {
		if (mail.parts[i].is_inline != is_inline)
			continue;
		str_addf(&names, "%s%s", names.len > 0 ? "," : "",
			mail.parts[i].name);
	}
	check(row, is_inline ? "inlines" : "attachments", str_text(&names),
		want ? want : "");
	str_finish(&names);
}

static void check_row(const struct row *row)
{
	const struct mail *m = read_fixture(row->file);

	check(row, "subject", m->subject, row->subject);
	check(row, "base subject", m->base_subject,
		row->base ? row->base : row->subject);
	check(row, "name", m->from.name, row->name);
	check(row, "from", m->from.address, row->from);
	if (m->kind != row->kind || m->warnings != row->warnings)
		fail_msg("%s: kind %d, warnings %u", row->file, m->kind,
			m->warnings);
	check_files(row, false, row->attachments);
	check_files(row, true, row->inlines);
	if (row->is_start)
		assert_memory_equal(m->text, row->text, strlen(row->text));
	else
		check(row, "text", m->text, row->text);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i]);
}

/* No mail in the folder without its row. */
static void test_complete(void **state)
{
	(void)state;
	DIR *folder = opendir(TEST_DATA "/eml");
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL)
		count += strstr(entry->d_name, ".eml") != NULL;
	closedir(folder);
	assert_int_equal(count, COUNT(rows));
}

/* ------------------------------------------------------------------------
 * Fields that few of them have
 * ------------------------------------------------------------------------ */

static void test_names(void **state)
{
	(void)state;
	const struct mail *m = read_fixture("50-gmail-en");

	assert_string_equal(m->message_id, "fx200@example.org");
	assert_string_equal(m->in_reply_to, "gw.1@example.net");
	assert_int_equal(m->reference_count, 1);
	assert_string_equal(m->references[0], "gw.1@example.net");
	assert_int_equal(m->date_ms, INT64_C(1793696400000));
	assert_true(m->text_is_cut);
	m = read_fixture("41-outlook-msgid-rewrite");
	assert_string_equal(m->original_id, "gw.k7f3a@example.net");
	m = read_fixture("36-dup-headers");
	assert_string_equal(m->message_id, "dup1@example.org");
	m = read_fixture("27-no-msgid-no-date");
	assert_null(m->message_id);
	assert_int_equal(strlen(m->key), 64);
	assert_int_equal(m->date_ms, 0);
	m = read_fixture("39-bad-dates");
	assert_int_equal(m->date_ms, 0);
}

static void test_people(void **state)
{
	(void)state;
	const struct mail *m = read_fixture("37-eai");

	assert_string_equal(m->to.items[0].address,
		"\xce\xb4\xce\xbf\xce\xba\xce\xb9\xce\xbc\xce\xae"
		"@xn--hxajbheg2az3al.example");
	assert_string_equal(m->to.items[1].address, "x@xn--e1afmkfd.example");
	m = read_fixture("31-huge-headers");
	assert_int_equal(m->to.count, 1000);
	assert_int_equal(m->to.left_out, 7000);
	assert_string_equal(m->to.items[999].address, "u00999@example.net");
	assert_int_equal(m->received, 500);
	assert_int_equal(m->reference_count, 100);
	m = read_fixture("33-spoofed-display");
	assert_string_equal(m->reply_to.items[0].address, "boss@evil2.example");
}

static void test_lists(void **state)
{
	(void)state;
	const struct mail *m = read_fixture("76-mailing-list");

	assert_string_equal(m->list_id, "dev.lists.example");
	assert_string_equal(m->list_name, "Development");
	assert_string_equal(m->list_post, "dev@lists.example");
	assert_string_equal(
		m->unsubscribe_mail, "mailto:dev-leave@lists.example");
	assert_string_equal(m->sender.address, "dev@lists.example");
	assert_true(m->is_automatic);
	assert_false(m->one_click);
	m = read_fixture("47-html-only");
	assert_string_equal(m->unsubscribe_url, "https://example.org/u");
	assert_string_equal(m->unsubscribe_mail, "mailto:u@example.org");
	assert_true(m->one_click);
	m = read_fixture("77-noreply");
	assert_string_equal(m->code, "123456");
	assert_true(m->is_automatic);
	assert_true(read_fixture("75-autoreply-vacation")->is_automatic);
	assert_false(read_fixture("50-gmail-en")->is_automatic);
}

static void test_reports(void **state)
{
	(void)state;
	const struct mail *m = read_fixture("70-dsn-failed");

	assert_string_equal(m->report.message_id, "gw.1@example.net");
	assert_string_equal(m->report.recipient, "nobody@example.org");
	assert_string_equal(m->report.status, "5.1.1");
	assert_string_equal(m->report.words, "550 5.1.1 no such user");
	m = read_fixture("71-dsn-delayed");
	assert_string_equal(m->report.message_id, "gw.1@example.net");
	assert_string_equal(m->report.status, "4.4.1");
	m = read_fixture("74-mdn-displayed");
	assert_string_equal(m->report.message_id, "gw.1@example.net");
	assert_string_equal(m->report.recipient, "alice@example.org");
	assert_null(m->report.status);
	assert_null(read_fixture("75-autoreply-vacation")->report.message_id);
}

static void test_special(void **state)
{
	(void)state;
	const struct mail *m = read_fixture("44-calendar-invite");

	assert_string_equal(m->event.method, "REQUEST");
	assert_string_equal(m->event.uid, "ev1@example.org");
	assert_string_equal(m->event.summary, "Sync, weekly");
	assert_string_equal(m->event.where, "Room 5");
	assert_string_equal(m->event.organizer, "alice@example.org");
	/* 15:00 in Berlin is 14:00 UTC. */
	assert_int_equal(m->event.start_ms, INT64_C(1793887200000));
	assert_int_equal(m->event.end_ms, INT64_C(1793889000000));
	m = read_fixture("79-delta-chat");
	assert_true(m->is_chat);
	assert_string_equal(m->wants_receipt, "alice@example.org");
	m = read_fixture("80-delta-group");
	assert_string_equal(m->chat_group_id, "abcdefghijkl");
	assert_string_equal(m->chat_group_name, "Team");
	m = read_fixture("81-reaction-rfc9078");
	assert_string_equal(m->reactions, "\xf0\x9f\x91\x8d");
	assert_true(read_fixture("66-gmail-forward")->is_forward);
	assert_true(read_fixture("08-forward-rfc822")->is_forward);
	assert_false(read_fixture("56-outlook-en-plain")->is_forward);
}

/* ------------------------------------------------------------------------
 * Files
 * ------------------------------------------------------------------------ */

static int collect(void *context, struct slice bytes)
{
	str_add_slice(context, bytes);
	return 0;
}

/* Every file can be had, and is as long as was said. */
static void test_files(void **state)
{
	(void)state;
	struct str out;
	struct mail_sink sink = { collect, &out };
	size_t seen = 0;

	str_init(&out, 1 << 20);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct mail *m = read_fixture(rows[i].file);

		for (size_t j = 0; j < m->part_count; j++, seen++) {
			str_reset(&out);
			assert_int_equal(mail_read_part(load(rows[i].file),
						 m->parts[j].number, &sink),
				0);
			assert_int_equal(out.len, m->parts[j].size);
		}
	}
	assert_true(seen > 10);
	str_finish(&out);
}

static void check_bytes(const char *name, size_t part, const char *want)
{
	struct str out;
	struct mail_sink sink = { collect, &out };
	const struct mail *m = read_fixture(name);

	str_init(&out, 1 << 20);
	assert_int_equal(
		mail_read_part(load(name), m->parts[part].number, &sink), 0);
	assert_string_equal(str_text(&out), want);
	str_finish(&out);
}

static void test_bytes(void **state)
{
	(void)state;
	check_bytes("24-uuencode-inline", 0, "Cat");
	check_bytes("43-winmail-dat", 0, "hello from tnef\n");
	check_bytes("01-nested-multipart", 1, "%PDF-1.4 fake");
	check_bytes("02-missing-close-boundary", 0,
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

/* Without cutting, quotes and signatures are there. */
static void test_full(void **state)
{
	(void)state;
	static const struct mail_read_context context = { .full = true };

	read_fixture("56-outlook-en-plain");
	assert_null(strstr(mail.text, "Lunch at noon?"));
	arena_reset(&arena);
	assert_int_equal(
		mail_read(load("56-outlook-en-plain"), &context, &arena, &mail),
		0);
	assert_non_null(strstr(mail.text, "Lunch at noon?"));
	assert_int_equal(
		mail_read(load("60-gmail-html"), &context, &arena, &mail), 0);
	assert_string_equal(mail.text,
		"Yes\n\nOn Tue, Bob <bob@example.net> wrote:\n\n> Lunch?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_special),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_full),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
