/*
 * Invitations: what is said of them, and what goes back.
 */
#include "email/email_fixture.h"
#include "email/invitation.h"

#define BOB "bob@example.net"

static const char *const own[] = { "me+x@example.org", ME, NULL };

static const struct mail_event lunch = {
	.method = "REQUEST",
	.uid = "u,1@example.net",
	.sequence = 2,
	.stamp_ms = 1793491200000,
	.summary = "Lunch; or not",
	.where = "Room 5",
	.organizer = BOB,
	.start_ms = 1793887200000,
	.end_ms = 1793890800000,
	.zone = "Europe/Berlin",
	.offset_s = 3600,
	.attendees = BOB "\n" ME,
};

static struct mail invite(const struct mail_event *e)
{
	struct mail m = mail_from_alice("1@example.net", "Please come.");

	m.from.address = BOB;
	m.sender.address = "";
	m.event = *e;
	return m;
}

static void expect_words(const struct mail *m, const struct invitation *before,
	const char *words)
{
	struct str text = { .max = 4096 };

	invitation_words(&text, m, own, before);
	assert_string_equal(str_text(&text), words);
	str_finish(&text);
}

static void what_is_read(void **state)
{
	struct mail m = invite(&lunch);

	(void)state;
	expect_words(&m, NULL,
		"📅 Lunch; or not\n"
		"Thu 2026-11-05 15:00–16:00 Europe/Berlin (14:00 UTC)\n"
		"Room 5\nAnswer with /accept, /tentative or /decline.");
	m.event.zone = NULL;
	m.event.offset_s = 0;
	m.event.where = NULL;
	m.event.end_ms += 86400000;
	m.event.recurrence = "every week";
	m.event.organizer = "carol@else.test";
	expect_words(&m, NULL,
		"📅 Lunch; or not\n"
		"Thu 2026-11-05 14:00–Fri 2026-11-06 15:00 UTC, every week\n"
		"⚠ It says that carol@else.test invites, who is not its "
		"sender: an answer goes to carol@else.test.\n"
		"Answer with /accept, /tentative or /decline.");
	m.event = (struct mail_event){ .method = "PUBLISH",
		.uid = "u",
		.organizer = BOB,
		.is_all_day = true,
		.start_ms = 1793836800000,
		.end_ms = 1793836800000 + 2 * 86400000 };
	expect_words(&m, NULL, "📅 An event\nThu 2026-11-05–Fri 2026-11-06");
	m.event = (struct mail_event){ .method = "REPLY",
		.uid = "u",
		.summary = "Lunch",
		.attendee = BOB,
		.answer = "DECLINED" };
	expect_words(&m, NULL, "📅 bob@example.net declines: Lunch");
	m.event.uid = NULL;
	expect_words(&m, NULL, "");
}

/* RFC 5546 section 2.1.5; who may change it. */
static void what_is_new(void **state)
{
	static const struct {
		const char *method, *from;
		int64_t sequence, stamp_ms;
		unsigned warnings;
		enum invitation_news news;
	} rows[] = {
		{ "REQUEST", BOB, 2, 5, 0, INVITATION_SAME },
		{ "REQUEST", BOB, 3, 1, 0, INVITATION_CHANGED },
		{ "request", BOB, 2, 6, 0, INVITATION_CHANGED },
		{ "REQUEST", BOB, 2, 4, 0, INVITATION_OLD },
		{ "REQUEST", BOB, 1, 9, 0, INVITATION_OLD },
		{ "CANCEL", BOB, 1, 9, 0, INVITATION_OLD },
		{ "CANCEL", BOB, 2, 5, 0, INVITATION_CANCELLED },
		{ "CANCEL", "carol@else.test", 3, 9, 0, INVITATION_CANCELLED },
		{ "CANCEL", "eve@else.test", 3, 9, 0, INVITATION_FOREIGN },
		{ "CANCEL", BOB, 3, 9, MAIL_NOT_AUTHENTIC, INVITATION_FOREIGN },
		{ "PUBLISH", BOB, 3, 9, 0, INVITATION_NONE },
		{ NULL, BOB, 3, 9, 0, INVITATION_NONE },
	};
	const struct invitation before = { .uid = "u",
		.sender = BOB,
		.organizer = "carol@else.test",
		.sequence = 2,
		.stamp_ms = 5 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mail m = invite(&lunch);
		struct invitation after;

		m.from.address = rows[i].from;
		m.warnings = rows[i].warnings;
		m.event.method = rows[i].method;
		m.event.sequence = rows[i].sequence;
		m.event.stamp_ms = rows[i].stamp_ms;
		if (invitation_news(&m, &before) != rows[i].news)
			fail_msg("row %zu", i);
		assert_int_equal(
			invitation_learn(&after, &m, "id", own, &before),
			rows[i].news == INVITATION_CHANGED ||
				rows[i].news == INVITATION_CANCELLED);
	}
}

static void expect_reply(
	const struct invitation *i, const char *comment, const char *expected)
{
	struct str text = { .max = 8192 };

	invitation_reply(&text, i, "ACCEPTED", comment, 1793500000000);
	assert_string_equal(str_text(&text), expected);
	str_finish(&text);
}

static void what_goes_back(void **state)
{
	struct mail m = invite(&lunch);
	struct invitation i, back;
	struct str data = { .max = 4096 };
	struct arena arena;

	(void)state;
	arena_init(&arena, 64 * KIB);
	assert_true(invitation_learn(&i, &m, "id", own, NULL));
	i.answer = "DECLINED";
	invitation_encode(&data, &i);
	assert_int_equal(invitation_decode(str_slice(&data), &arena, &back), 0);
	assert_string_equal(back.answer, "DECLINED");
	/* Not the alias, which was not invited. */
	expect_reply(&back, "Late; 5 min\nEND:VEVENT",
		"BEGIN:VCALENDAR\nPRODID:-//Causeway//EN\nVERSION:2.0\n"
		"METHOD:REPLY\nBEGIN:VEVENT\nUID:u\\,1@example.net\n"
		"SEQUENCE:2\nDTSTAMP:20261101T022640Z\n"
		"DTSTART:20261105T140000Z\nDTEND:20261105T150000Z\n"
		"ORGANIZER:mailto:bob@example.net\n"
		"ATTENDEE;PARTSTAT=ACCEPTED:mailto:me@example.org\n"
		"SUMMARY:Lunch\\; or not\n"
		"COMMENT:Late\\; 5 min\\nEND:VEVENT\n"
		"END:VEVENT\nEND:VCALENDAR\n");
	/* One of a series, and lines that are folded between characters. */
	i = (struct invitation){ .uid = "u",
		.organizer = BOB,
		.attendee = ME,
		.is_repeating = true,
		.start_ms = 1793887200000,
		.instance_ms = 1793836800000,
		.instance_is_day = true,
		.summary = "ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ" };
	expect_reply(&i, "",
		"BEGIN:VCALENDAR\nPRODID:-//Causeway//EN\nVERSION:2.0\n"
		"METHOD:REPLY\nBEGIN:VEVENT\nUID:u\n"
		"SEQUENCE:0\nDTSTAMP:20261101T022640Z\n"
		"RECURRENCE-ID;VALUE=DATE:20261105\n"
		"ORGANIZER:mailto:bob@example.net\n"
		"ATTENDEE;PARTSTAT=ACCEPTED:mailto:me@example.org\n"
		"SUMMARY:ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ\n ÄÄÄÄÄÄÄÄ\n"
		"END:VEVENT\nEND:VCALENDAR\n");
	str_finish(&data);
	arena_finish(&arena);
}

/* --- In a mailbox -------------------------------------------------------- */

static void say(const char *line)
{
	gateway_email.slash(session, fake_request(session), NULL, BOB, line);
	fake_run(core, 100);
}

static struct slice submitted(void)
{
	await_request(FRAME_COMPOSE);
	pool_compose();
	return pool_body(await_submit());
}

static void is_answered(void **state)
{
	struct mail m = invite(&lunch);

	(void)state;
	be_online();
	say("accept");
	fake_expect(core, "failed*No mail has come here yet.");
	pool_mail(imap(), 10, 0, &m);
	fake_expect(core, "message*/accept, /tentative or /decline*");
	say("tentative Perhaps, later");
	fake_expect(
		core, "*You perhaps come: Lunch; or not. " BOB " gets a mail*");
	assert_non_null(strstr(submitted().data,
		"Tentative: Lunch; or not|bob@example.net|1@example.net|"
		"Tentative: Lunch; or not\n\nPerhaps, later|REPLY|BEGIN:"));
	pool_done(pool_request(FRAME_SUBMIT), LINK_OK, 250, "", "");
	pool_done(await_request(FRAME_APPEND), LINK_OK, 5, "", "");
	say("tentative");
	fake_expect(core, "*You have said so already.");
	/* What else is said to Bob is no part of the answer. */
	say("decline");
	fake_send(session, BOB, "Sorry!");
	assert_null(strstr(submitted().data, "Sorry!"));
	pool_done(pool_request(FRAME_SUBMIT), LINK_OK, 250, "", "");
	pool_done(await_request(FRAME_APPEND), LINK_OK, 6, "", "");
	m.message_id = m.key = "2@example.net";
	m.event.method = "CANCEL";
	m.event.sequence = 3;
	pool_mail(imap(), 11, 0, &m);
	fake_expect(core, "message*It is cancelled.*");
	say("accept");
	fake_expect(core, "failed*It was cancelled.");
	m.message_id = m.key = "3@example.net";
	m.event = lunch;
	pool_mail(imap(), 12, 0, &m);
	fake_expect(core, "message*older version*");
}

static void a_change_is_answered_anew(void **state)
{
	struct mail m = invite(&lunch);

	(void)state;
	be_online();
	pool_mail(imap(), 10, 0, &m);
	fake_expect(core, "message*");
	say("accept");
	fake_expect(core, "*You have accepted*");
	m.message_id = m.key = "2@example.net";
	m.event.sequence++;
	pool_mail(imap(), 11, 0, &m);
	fake_expect(core,
		"message*changed version*Your answer was to the earlier "
		"version.*");
	say("accept");
	fake_expect(core, "*You have accepted*");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read),
		cmocka_unit_test(what_is_new),
		cmocka_unit_test(what_goes_back),
		EMAIL_TEST(is_answered),
		EMAIL_TEST(a_change_is_answered_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
