/*
 * Who is behind a mail, what is odd about it, and what servers report in
 * words: mails of a few headers each.
 */
#include "email_worker/arena_fixture.h"
#include "email_worker/mime.h"
#include "email_worker/rows.h"

static struct mail mail;

static const struct mail *read_mail(const char *text)
{
	static const struct mail_read_context context = {
		.authserv_id = "mx.example.net"
	};

	arena_reset(&arena);
	assert_int_equal(mail_read(slice_of(text), &context, &arena, &mail), 0);
	return &mail;
}

static void test_kinds(void **state)
{
	(void)state;
	static const struct {
		const char *headers;
		enum mail_kind kind;
		bool is_automatic;
	} rows[] = {
		{ "", MAIL_PERSON, false },
		{ "Auto-Submitted: no\n", MAIL_PERSON, false },
		{ "Auto-Submitted: auto-replied (vacation)\n", MAIL_AUTO_REPLY,
			true },
		{ "Auto-Submitted: auto-generated\n", MAIL_MACHINE, true },
		{ "X-Autoreply: yes\n", MAIL_AUTO_REPLY, true },
		{ "Subject: Automatische Antwort: x\n", MAIL_AUTO_REPLY, true },
		{ "Subject: Réponse automatique : x\n", MAIL_AUTO_REPLY, true },
		{ "Precedence: bulk\n", MAIL_BULK, true },
		{ "X-Auto-Response-Suppress: All\n", MAIL_PERSON, true },
		{ "List-Id: <l.x>\nList-Post: <mailto:l@x.y>\n", MAIL_LIST,
			true },
		{ "List-Id: <l.x>\nPrecedence: list\n", MAIL_LIST, true },
		{ "List-Id: <l.x>\nList-Unsubscribe: <https://x.y>\n",
			MAIL_BULK, true },
		{ "List-Unsubscribe: <mailto:u@x.y>\n", MAIL_BULK, true },
		{ "Reply-To: <>\n", MAIL_PERSON, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[500];

		text_format(text, sizeof(text), "From: a@b.c\n%s\nx\n",
			rows[i].headers);
		read_mail(text);
		if (mail.kind != rows[i].kind ||
			mail.is_automatic != rows[i].is_automatic)
			fail_msg("row %zu: kind %d, automatic %d", i, mail.kind,
				mail.is_automatic);
	}
	assert_int_equal(
		read_mail("From: no-reply@x.y\n\nx")->kind, MAIL_MACHINE);
	assert_int_equal(
		read_mail("From: Notifications <notify@x.y>\n\nx")->kind,
		MAIL_MACHINE);
}

static void test_warnings(void **state)
{
	(void)state;
#define AR      "Authentication-Results: mx.example.net; "
#define INSIDE  "Received: by 2002:a05:1 with SMTP id 1\n"
#define BORDER  "Received: from else.test (1.2.3.4)\n\tby mx.example.net; x\n"
#define FOREIGN "Received: from pc by mail.else.test with ESMTP; x\n"
	static const struct {
		const char *headers;
		unsigned warnings;
	} rows[] = {
		{ "From: A <a@b.c>\n", 0 },
		{ "From: \"x@y.z\" <a@b.c>\n", MAIL_SPOOFED_NAME },
		{ "From: \"The Boss (x@y.z)\" <a@b.c>\n", MAIL_SPOOFED_NAME },
		{ "From: \"a@b.c\" <a@b.c>\n", 0 },
		{ "From: \"A@B.C\" <a@b.c>\n", 0 },
		{ "From: a@b.c\nReply-To: x@y.z\n", MAIL_REPLY_ELSEWHERE },
		{ "From: a@b.c\nReply-To: x@b.c\n", 0 },
		{ "From: a@mail.b.c\nReply-To: x@b.c\n", 0 },
		{ "From: a@b.c\nReply-To: x@evilb.c\n", MAIL_REPLY_ELSEWHERE },
		{ "From: a@b.c\nFrom: d@e.f\n", MAIL_DOUBLE_HEADERS },
		{ "From: a@b.c\nSubject: x\nsubject: y\n",
			MAIL_DOUBLE_HEADERS },
		{ "To: a@b.c\n", MAIL_NO_SENDER },
		{ "From: <>\n", MAIL_NO_SENDER },
		{ "From: a@b.c\n" AR "dmarc=fail\n", MAIL_NOT_AUTHENTIC },
		{ "From: a@b.c\n" AR "dmarc=pass; spf=fail; dkim=pass\n", 0 },
		{ "From: a@b.c\n" AR "spf=softfail;\n dkim=fail (bad)\n",
			MAIL_NOT_AUTHENTIC },
		{ "From: a@b.c\n" AR "spf=none; dkim=none\n", 0 },
		{ "From: a@b.c\nAuthentication-Results: other.example; "
		  "dmarc=fail\n",
			0 },
		/* Above or below the own server's Received. */
		{ "From: a@b.c\n" AR "dmarc=fail\n" BORDER,
			MAIL_NOT_AUTHENTIC },
		{ "From: a@b.c\n" INSIDE BORDER AR "dmarc=fail\n" FOREIGN,
			MAIL_NOT_AUTHENTIC },
		/* Forged ones: below what a stranger wrote, or below ours. */
		{ "From: a@b.c\n" BORDER FOREIGN AR "dmarc=fail\n", 0 },
		{ "From: a@b.c\n" AR "spf=fail; dkim=fail\n" BORDER AR
		  "dkim=pass\n",
			MAIL_NOT_AUTHENTIC },
		/* One after the other, each by another filter. */
		{ "From: a@b.c\n" AR "spf=fail\n" AR "dkim=pass\n" BORDER, 0 },
		{ "From: a@b.c\nAuthentication-Results: mx.example.net 1;\n "
		  "dmarc=fail\n",
			MAIL_NOT_AUTHENTIC },
		{ "From: a@b.c\nAuthentication-Results: "
		  "a.mx.example.net; dmarc=fail\n",
			MAIL_NOT_AUTHENTIC },
		{ "From: a@b.c\nAuthentication-Results: "
		  "evilmx.example.net; dmarc=fail\n",
			0 },
		{ "From: a@b.c\nAuthentication-Results: spf=fail; "
		  "dmarc=fail\n",
			0 },
		{ "From: a@b.c\nAuthentication-Results:\n", 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[500];

		text_format(text, sizeof(text), "%s\nx\n", rows[i].headers);
		if (read_mail(text)->warnings != rows[i].warnings)
			fail_msg("row %zu: %u", i, mail.warnings);
	}
}

static void test_senders(void **state)
{
	(void)state;
	assert_string_equal(
		read_mail("Return-Path: <p@x.y>\n\nx")->from.address, "p@x.y");
	assert_string_equal(read_mail("From: undisclosed\nSender: s@x.y\n\nx")
				    ->from.address,
		"s@x.y");
	assert_string_equal(read_mail("From: \n\nx")->from.address, "");
	read_mail("From: a@b.c\nTo: ok@x.y, broken@, <also ok@x.y>, z@x.y\n"
		  "Cc: friends: c@x.y, d@x.y;, Undisclosed:;\n"
		  "Delivered-To: me@x.y\n\nx");
	assert_string_equal(mail.to.items[0].address, "ok@x.y");
	assert_string_equal(mail.to.items[mail.to.count - 1].address, "z@x.y");
	assert_int_equal(mail.cc.count, 2);
	assert_string_equal(mail.delivered_to, "me@x.y");
	read_mail("From: a@b.c (Old Style)\n\nx");
	assert_string_equal(mail.from.name, "Old Style");
	read_mail("From: \"quoted local\"@b.c\n\nx");
	assert_string_equal(mail.from.address, "\"quoted local\"@b.c");
	read_mail("From: =?utf-8?q?Evil=0D=0ABcc=3A?= <a@b.c>\n\nx");
	assert_string_equal(mail.from.name, "Evil Bcc:");
	read_mail("From: =?utf-8?b?4oCuZXZpbA==?= <a@b.c>\n\nx");
	assert_string_equal(mail.from.name, "evil");
}

/* ------------------------------------------------------------------------
 * Bounces in words
 * ------------------------------------------------------------------------ */

static void test_bounces(void **state)
{
	(void)state;
	static const struct {
		const char *mail;
		enum mail_kind kind;
		const char *id, *recipient, *status;
	} rows[] = {
		{ "From: MAILER-DAEMON@x.y\n\n"
		  "Hi. This is the qmail-send program at x.y.\n"
		  "I'm afraid I wasn't able to deliver your message to the\n"
		  "following addresses.\n\n<nobody@y.z>:\n"
		  "192.0.2.1 does not like recipient.\n"
		  "Remote host said: 550 5.1.1 no such user\n\n"
		  "--- Below this line is a copy of the message.\n\n"
		  "Return-Path: <a@b.c>\nMessage-ID: <1@b.c>\n",
			MAIL_BOUNCE, "1@b.c", "nobody@y.z", "5.1.1" },
		{ "From: postmaster@x.y\nSubject: Undeliverable: lunch\n\n"
		  "Delivery has failed to these recipients or groups:\n\n"
		  "nobody@y.z<mailto:nobody@y.z>\n"
		  "#< #5.1.10 smtp;550 5.1.10 RESOLVER.ADR not found>\n\n"
		  "Message-ID: <1@b.c>\n",
			MAIL_BOUNCE, "1@b.c", NULL, "5.1.10" },
		{ "From: Mail Delivery System <Mailer-Daemon@x.y>\n"
		  "X-Failed-Recipients: nobody@y.z\n\n"
		  "A message that you sent could not be delivered.\n\n"
		  "  nobody@y.z\n    unrouteable address\n\n"
		  "------ This is a copy of the message ------\n\n"
		  "Message-ID: <1@b.c>\n",
			MAIL_BOUNCE, "1@b.c", "nobody@y.z", NULL },
		{ "From: Mail Delivery System <Mailer-Daemon@x.y>\n\n"
		  "A message that you sent has not yet been delivered to\n"
		  "<nobody@y.z> after more than 24 hours.\n"
		  "Message-ID: <1@b.c>\n",
			MAIL_DELAYED, "1@b.c", "nobody@y.z", NULL },
		/* People who speak of bounces. */
		{ "From: alice@x.y\n\nThe mail could not be delivered.\n",
			MAIL_PERSON, NULL, NULL, NULL },
		{ "From: postmaster@x.y\n\nYour box moves on Monday.\n",
			MAIL_MACHINE, NULL, NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct mail *m = read_mail(rows[i].mail);

		if (m->kind != rows[i].kind)
			fail_msg("row %zu: kind %d", i, m->kind);
		if (!text_equals(m->report.message_id, rows[i].id) ||
			!text_equals(m->report.status, rows[i].status) ||
			(rows[i].recipient != NULL &&
				!text_equals(m->report.recipient,
					rows[i].recipient)))
			fail_msg("row %zu: %s, %s, %s", i, m->report.message_id,
				m->report.recipient, m->report.status);
	}
}

static void test_gmail_reaction(void **state)
{
	(void)state;
	static const char text[] =
		"From: a@b.c\nIn-Reply-To: <1@x>\nMIME-Version: 1.0\n"
		"Content-Type: multipart/alternative; boundary=x\n\n"
		"--x\n\nA reacted\n--x\n"
		"Content-Type: text/vnd.google.email-reaction+json\n\n"
		"{ \"version\": 1, \"emoji\": \"\\ud83d\\ude00\" }\n--x--\n";

	assert_string_equal(read_mail(text)->reactions, "\xf0\x9f\x98\x80");
	assert_int_equal(mail.kind, MAIL_REACTION);
	read_mail("From: a@b.c\nIn-Reply-To: <1@x>\n"
		  "Content-Disposition: reaction\n\nnot an emoji\n");
	assert_int_equal(mail.kind, MAIL_PERSON);
	assert_null(mail.reactions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_senders),
		cmocka_unit_test(test_bounces),
		cmocka_unit_test(test_gmail_reaction),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
