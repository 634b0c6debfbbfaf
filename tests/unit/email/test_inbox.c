/*
 * What is new, what is done, what comes again; rooms; reports.
 */
#include "email/email_fixture.h"

static void first_login(void **state)
{
	const struct frame *f;

	(void)state;
	fake_open(session);
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	assert_string_equal(pool_secret(imap()), "secret");
	pool_state(await_link(LINK_SMTP), LINK_READY, LINK_OK, "");
	f = pool_sent(FRAME_WATCH);
	assert_int_equal(f->numbers[0], 0);
	assert_int_equal(pool_link_count(), 1);
	/* Not before it is certain what is new. */
	fake_expect_none(core, "online*", 1000);
	pool_mailbox(imap(), 77, 10, FOLDERS);
	fake_expect(core, "online " ME);
	/* From now on only what is new, and SMTP is known to work. */
	fake_close(session, NULL);
	fake_open(session);
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	fake_run(core, 100);
	f = pool_sent(FRAME_WATCH);
	assert_non_null(f);
	assert_int_equal(f->numbers[0], 77);
	assert_int_equal(f->numbers[1], 9);
}

static void login_fails(void **state)
{
	static const struct {
		enum link_error error;
		const char *line;
	} rows[] = {
		{ LINK_REFUSED, "closed GW_BAD_PASSWORD never The IMAP server "
				"127.0.0.1 did not accept the login: Bad*" },
		{ LINK_TLS, "closed GW_UNREACHABLE slowly *" },
		{ LINK_NO_WAY, "closed GW_NOT_ACCEPTABLE never *" },
		{ LINK_LOST, "closed GW_UNREACHABLE retry *" },
		{ LINK_BUSY, "closed GW_BUSY slowly *" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		fake_open(session);
		pool_state(await_link(LINK_IMAP), LINK_FAILED, rows[i].error,
			"Bad");
		fake_expect(core, rows[i].line);
	}
	fake_open(session);
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	pool_state(await_link(LINK_SMTP), LINK_FAILED, LINK_REFUSED, "Bad");
	fake_expect(core, "closed GW_BAD_PASSWORD never The SMTP server *");
}

static void lost_link(void **state)
{
	(void)state;
	be_online();
	pool_state(imap(), LINK_FAILED, LINK_LOST, "");
	assert_null(imap());
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	/* Nobody was told, and it goes on. */
	fake_expect_none(core, "closed*", 1000);
	assert_non_null(pool_sent(FRAME_WATCH));
	assert_int_equal(fake_count(core, "online*"), 1);
	/* For long: then it is said. */
	for (int i = 0; i < 400; i++) {
		if (imap() != NULL)
			pool_state(imap(), LINK_FAILED, LINK_LOST, "");
		if (fake_count(core, "closed*") > 0)
			break;
		fake_run(core, 10000);
	}
	fake_expect(core, "closed GW_UNREACHABLE retry *");
}

static void numbered_anew(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "one");
	struct mail_request *r;
	const struct frame *f;

	(void)state;
	be_online();
	comes(10, &m);
	pool_mailbox(imap(), 78, 5, FOLDERS);
	r = await_request(FRAME_SEARCH);
	pool_done(r, LINK_OK, 0, "", "3 4");
	fake_run(core, 10);
	f = pool_sent(FRAME_WATCH);
	assert_int_equal(f->numbers[0], 78);
	assert_int_equal(f->numbers[1], 2);
	/* It comes again, with its id. */
	fake_clear(core);
	comes(3, &m);
	fake_expect(core, "message alice@example.net: * id=*");
}

/* A link that is lost before that was found out changes nothing. */
static void numbered_anew_twice(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "one");
	const struct frame *f;

	(void)state;
	be_online();
	/* Under way, with a number of before. */
	pool_mail(imap(), 10, 0, &m);
	pool_mailbox(imap(), 78, 5, FOLDERS);
	await_request(FRAME_SEARCH);
	pool_state(imap(), LINK_FAILED, LINK_LOST, "");
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	fake_run(core, 10);
	f = pool_sent(FRAME_WATCH);
	assert_int_equal(f->numbers[0], 77);
	pool_mailbox(imap(), 78, 5, FOLDERS);
	pool_done(await_request(FRAME_SEARCH), LINK_OK, 0, "", "3 4");
	fake_run(core, 10);
	f = pool_sent(FRAME_WATCH);
	assert_int_equal(f->numbers[0], 78);
	assert_int_equal(f->numbers[1], 2);
	/* That mail's number says nothing now. */
	fake_run(core, 1000);
	fake_close(session, NULL);
	fake_open(session);
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	fake_run(core, 100);
	assert_int_equal(pool_sent(FRAME_WATCH)->numbers[1], 2);
}

/* Logged in at both, and the inbox is to be looked at. */
static void be_looking(void)
{
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	if (pool_sent(FRAME_WATCH) == NULL) {
		pool_state(await_link(LINK_SMTP), LINK_READY, LINK_OK, "");
		assert_non_null(pool_sent(FRAME_WATCH));
	}
}

/* What comes while he registers is new, and waits until he is. */
static void first_look(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "one");

	(void)state;
	fake_open(session);
	be_looking();
	pool_state(imap(), LINK_FAILED, LINK_NO, "No such folder");
	fake_expect(core, "closed * The IMAP server *No such folder*");
	fake_open(session);
	be_looking();
	pool_mailbox(imap(), 77, 10, FOLDERS);
	pool_mail(imap(), 10, 0, &m);
	fake_expect(core, "online " ME);
	fake_expect(core, "message alice@example.net: * id=*");
}

/* Known, but nobody knows whether it is kept. */
static void first_look_again(void **state)
{
	(void)state;
	fake_open(session);
	be_looking();
	pool_mailbox(imap(), 77, 10, FOLDERS);
	pool_state(imap(), LINK_FAILED, LINK_LOST, "");
	fake_expect(core, "closed GW_UNREACHABLE retry *");
	fake_expect_none(core, "online*", 1000);
	fake_open(session);
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	fake_run(core, 10);
	assert_int_equal(pool_sent(FRAME_WATCH)->numbers[1], 9);
	pool_mailbox(imap(), 77, 10, FOLDERS);
	fake_expect(core, "online " ME);
}

static void first_look_is_not_kept(void **state)
{
	(void)state;
	fake_open(session);
	be_looking();
	fake_fail_store(session, true);
	pool_mailbox(imap(), 77, 10, FOLDERS);
	fake_expect(core, "closed GW_UNREACHABLE retry *storage*");
	fake_fail_store(session, false);
	fake_open(session);
	be_looking();
	pool_mailbox(imap(), 77, 10, FOLDERS);
	fake_expect(core, "online " ME);
}

static void worker_dies(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "one");

	(void)state;
	be_online();
	comes(10, &m);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(fake_count(core, "notice*"), 0);
		pool_crash(imap(), true, 11);
		pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
		fake_run(core, 100);
	}
	/* Set aside: the next watch begins behind it. */
	fake_expect(core, "notice newsletters: A mail came *");
	assert_int_equal(pool_sent(FRAME_WATCH)->numbers[1], 11);
}

static void worker_dies_of_the_server(void **state)
{
	(void)state;
	be_online();
	/* Another's fault counts for nothing. */
	for (int i = 0; i < 3; i++) {
		pool_crash(imap(), false, 0);
		pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	}
	pool_crash(imap(), true, 0);
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	/* Nor does what was long ago. */
	for (int i = 0; i < 25; i++)
		fake_run(core, 3600000);
	pool_crash(imap(), true, 0);
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	fake_expect_none(core, "closed*", 1000);
	pool_crash(imap(), true, 0);
	fake_expect(core, "closed GW_LOST never The IMAP server 127.0.0.1 "
			  "sent something that could not be read. This "
			  "happened twice; *");
}

static void to_several(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "Hi all");

	(void)state;
	be_online();
	m.to = (struct mail_addresses){ people, 2, 0 };
	pool_mail(imap(), 10, 0, &m);
	struct gw_room *r = enter_group("*");
	fake_expect(core, "g.*: occupant Alice *");
	fake_expect(core, "g.*: occupant Bob *");
	fake_expect(core, "g.*: occupant me* moderator*");
	fake_expect(core, "g.*: joined me@example.org");
	fake_expect(core, "g.*: message Alice: *Hi all*");
	/* All but the user are answered. */
	gw_request q = fake_send_room(r, "Fine");
	char accepted[40];
	snprintf(accepted, sizeof(accepted), "accepted %u *", q);
	fake_expect(core, accepted);
	await_request(FRAME_COMPOSE);
	pool_compose();
	struct mail_request *s = await_submit();
	assert_true(slice_equals(pool_body(s),
			    "Re: Lunch|alice@example.net,bob@example.com|"
			    "1@example.net|Fine") ||
		    slice_equals(pool_body(s),
			    "Re: Lunch|bob@example.com,alice@example.net|"
			    "1@example.net|Fine"));
	/* Carol comes in, Bob is left out: the same room, and it is said. */
	m = mail_from_alice("2@example.net", "And Carol");
	struct mail_address now[] = { people[0], people[2] };
	m.to = (struct mail_addresses){ now, 2, 0 };
	m.in_reply_to = "1@example.net";
	pool_mail(imap(), 11, 0, &m);
	fake_expect(core, "g.*: occupant Carol *");
	fake_expect(core, "g.*: gone Bob *");
	fake_expect(
		core, "g.*: notice: Carol * was added.*Bob * was left out.*");
	fake_expect(core, "g.*: message Alice: And Carol*");
	/* To the user alone: not in the room. */
	m = mail_from_alice("3@example.net", "Between us");
	m.in_reply_to = "1@example.net";
	comes(12, &m);
	fake_expect(
		core, "message alice@example.net: *Between us*only to you*");
}

/* Nobody may learn that the user has it. */
static void blind_copy(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "Psst");

	(void)state;
	be_online();
	m.to = (struct mail_addresses){ people + 1, 2, 0 };
	pool_mail(imap(), 10, 0, &m);
	fake_expect(core, "message alice@example.net: *Psst*blind copy*");
	assert_int_equal(fake_count(core, "room-open*"), 0);
	fake_send(session, "alice@example.net", "I see");
	await_request(FRAME_COMPOSE);
	pool_compose();
	assert_true(slice_equals(
		pool_frame(await_submit())->texts[1], "alice@example.net"));
}

static void list_mail(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "Hi list");
	struct mail_address to = { NULL, "dev@lists.example.org" };

	(void)state;
	be_online();
	m.kind = MAIL_LIST;
	m.list_id = "dev.lists.example.org";
	m.list_name = "Developers";
	m.list_post = "dev@lists.example.org";
	m.to = (struct mail_addresses){ &to, 1, 0 };
	pool_mail(imap(), 10, 0, &m);
	fake_expect(core, "room-open list.dev.lists.example.org*");
	struct gw_room *r =
		fake_join(session, "list.dev.lists.example.org", NULL, NULL);
	fake_expect(core, "list.*: joined *");
	fake_expect(core, "list.*: message Alice: *Hi list*");
	fake_send_room(r, "Hello");
	await_request(FRAME_COMPOSE);
	pool_compose();
	struct mail_request *s = await_submit();
	assert_true(
		slice_equals(pool_frame(s)->texts[1], "dev@lists.example.org"));
}

/* A mail of ours that has been sent; returns its Message-ID. */
static const char *send_one(gw_request *q)
{
	static char id[200];

	*q = fake_send(session, "alice@example.net", "x");
	snprintf(id, sizeof(id), "%s", next_draft()->message_id);
	is_sent();
	return id;
}

/* Bounces, delays, receipts: about the very message. */
static void reports(void **state)
{
	struct mail m = mail_from_alice("b@example.net", "It bounced");
	char line[100];
	gw_request q;

	(void)state;
	be_online();
	const char *own_id = send_one(&q);
	fake_expect(core, about("delivered", q));
	/* Displayed, said by somebody else: not believed. */
	m.kind = MAIL_RECEIPT;
	m.report.message_id = own_id;
	m.from.address = "mallory@example.com";
	comes(10, &m);
	snprintf(line, sizeof(line), "displayed %u", q);
	assert_int_equal(fake_count(core, line), 0);
	m.message_id = m.key = "c@example.net";
	m.from.address = "alice@example.net";
	comes(11, &m);
	fake_expect(core, line);
	/* What is about no mail of ours is shown. */
	m = mail_from_alice("d@example.net", "About another");
	m.kind = MAIL_BOUNCE;
	m.report.message_id = "unknown@example.net";
	comes(12, &m);
	fake_expect(core, "message alice@example.net: *About another*");
}

static void bounces(void **state)
{
	static const struct {
		const char *status, *words, *text, *outcome;
	} rows[] = {
		{ "5.1.1", "550 no such user", "",
			"GW_NO_SUCH *no such user. Check the address." },
		{ "5.0.0", NULL, "It failed:\n  552 5.2.2 Mailbox full\nBye",
			"GW_BUSY *552 5.2.2 Mailbox full. Try again*" },
		{ NULL, NULL, "Sorry.", "GW_NO_SUCH *" },
		{ NULL, NULL, "On 15.5.2026 it failed", "GW_NO_SUCH *" },
	};

	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char key[40], line[200];
		gw_request q;
		const char *id = send_one(&q);
		struct mail m = mail_from_alice(key, rows[i].text);

		snprintf(key, sizeof(key), "b%zu@example.net", i);
		m.kind = MAIL_BOUNCE;
		m.report.message_id = id;
		m.report.status = rows[i].status;
		m.report.words = rows[i].words;
		pool_mail(imap(), 10 + (uint32_t)i, 0, &m);
		snprintf(
			line, sizeof(line), "failed %u %s", q, rows[i].outcome);
		fake_expect(core, line);
	}
}

/* A mail that was moved is looked for by its Message-ID, and is there. */
static void is_found_again(void)
{
	pool_done(await_request(FRAME_SEARCH), LINK_OK, 1, "", "4");
}

/* What is typed behind a slash is about the last mail. */
static void slashes(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "one");
	struct mail_request *r;

	(void)state;
	be_online();
	types("full");
	fake_expect(core, "failed * GW_NO_SUCH No mail has come here yet.");
	m.unsubscribe_mail = "mailto:leave@example.net?subject=off&x=y";
	comes(10, &m);
	types("full");
	r = await_request(FRAME_FETCH);
	assert_int_equal(pool_frame(r)->numbers[0], 10);
	assert_int_equal(pool_frame(r)->numbers[1], FETCH_TEXT);
	pool_data(r, "All of it");
	pool_done(r, LINK_OK, 0, "", "");
	fake_expect(core, "accepted * All of it");
	types("delete");
	r = await_request(FRAME_MOVE);
	assert_true(slice_equals(pool_frame(r)->texts[0], "10"));
	assert_true(slice_equals(pool_frame(r)->texts[1], "Trash"));
	pool_done(r, LINK_OK, 0, "", "");
	fake_expect(core, "accepted * Moved to Trash: Lunch");
	/* It is followed. */
	types("move nowhere");
	r = await_request(FRAME_SEARCH);
	assert_true(slice_equals(pool_frame(r)->texts[0], "Trash"));
	assert_true(slice_equals(
		pool_frame(r)->texts[1], "MESSAGE-ID\n<1@example.net>\n"));
	pool_done(r, LINK_OK, 1, "", "4");
	fake_expect(core, "failed * GW_NO_SUCH There is no such folder*");
	types("full");
	is_found_again();
	r = await_request(FRAME_FETCH);
	assert_int_equal(pool_frame(r)->numbers[0], 4);
	assert_true(slice_equals(pool_frame(r)->texts[0], "Trash"));
	pool_done(r, LINK_OK, 0, "", "");
	fake_expect(core, "accepted * There is no text*");
	types("full");
	pool_done(await_request(FRAME_SEARCH), LINK_OK, 0, "", "");
	fake_expect(core, "failed * GW_NO_SUCH You moved that mail to Trash*");
	types("move trash");
	is_found_again();
	r = await_request(FRAME_MOVE);
	assert_true(slice_equals(pool_frame(r)->texts[2], "Trash"));
	pool_done(r, LINK_NO, 0, "Quota", "");
	fake_expect(
		core, "failed * GW_NOT_ALLOWED *Quota. Try it with a mail *");
	types("archive");
	is_found_again();
	fake_expect(core, "failed * GW_NO_SUCH Your mailbox has no *");
	types("search lunch");
	r = await_request(FRAME_SEARCH);
	assert_true(slice_equals(pool_frame(r)->texts[1], "TEXT\nlunch\n"));
	pool_done(r, LINK_OK, 0, "", "");
	fake_expect(core, "accepted * Nothing was found.");
	types("help");
	fake_expect(core, "accepted * */unsubscribe*");
	types("nonsense");
	fake_expect(core, "failed * GW_NOT_ACCEPTABLE *");
	types("unsubscribe");
	fake_expect(core, "accepted * *leave@example.net.");
	await_request(FRAME_COMPOSE);
	pool_compose();
	r = await_submit();
	assert_true(slice_equals(
		pool_body(r), "off|leave@example.net|-|unsubscribe"));
	pool_done(r, LINK_OK, 250, "", "");
	fake_run(core, 1000);
}

static void is_seen(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "one");
	char id[40];

	(void)state;
	be_online();
	comes(10, &m);
	m = mail_from_alice("2@example.net", "two");
	comes(11, &m);
	take_id(fake_expect(core, "message*two*"), id);
	gateway_email.displayed(session, NULL, "alice@example.net", id);
	struct mail_request *r = await_request(FRAME_STORE);
	assert_true(slice_equals(pool_frame(r)->texts[0], "10,11"));
	assert_int_equal(pool_frame(r)->numbers[1], FLAG_SEEN);
	pool_done(r, LINK_OK, 0, "", "");
	fake_run(core, 10000);
	assert_null(pool_request(FRAME_STORE));
	/* After a restart the one alone is known. */
	fake_close(session, NULL);
	be_online();
	gateway_email.displayed(session, NULL, "alice@example.net", id);
	r = await_request(FRAME_STORE);
	assert_true(slice_equals(pool_frame(r)->texts[0], "11"));
	pool_done(r, LINK_OK, 0, "", "");
	/* What somebody made up. */
	gateway_email.displayed(session, NULL, "alice@example.net", "nonsense");
	fake_run(core, 10000);
	assert_null(pool_request(FRAME_STORE));
}

static void is_flagged(uint32_t uid, unsigned flags)
{
	const struct frame f = {
		.type = FRAME_FLAGGED, .numbers = { uid, flags, 1 }, .fd = -1
	};

	tell(imap(), &f);
}

/* Another client of the user reads mails of a chat. */
static void is_read_elsewhere(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "one");
	char id[40], line[80];

	(void)state;
	fake_show_own(core, true);
	be_online();
	comes(10, &m);
	m = mail_from_alice("2@example.net", "two");
	comes(11, &m);
	take_id(fake_expect(core, "message*two*"), id);
	snprintf(line, sizeof(line), "elsewhere alice@example.net id=%s", id);
	/* The first is unread. */
	is_flagged(11, FLAG_SEEN);
	fake_expect_none(core, "elsewhere*", 5000);
	is_flagged(10, FLAG_SEEN | FLAG_ANSWERED);
	fake_expect(core, line);
	/* Once; and what a client says of it afterwards is known. */
	is_flagged(11, FLAG_SEEN | FLAG_FLAGGED);
	gateway_email.displayed(session, NULL, "alice@example.net", id);
	fake_expect_none(core, "elsewhere*", 5000);
	assert_null(pool_request(FRAME_STORE));
	/* What he reads here is told to the mailbox alone. */
	m = mail_from_alice("3@example.net", "three");
	comes(12, &m);
	take_id(fake_expect(core, "message*three*"), id);
	gateway_email.displayed(session, NULL, "alice@example.net", id);
	struct mail_request *r = await_request(FRAME_STORE);

	assert_true(slice_equals(pool_frame(r)->texts[0], "12"));
	is_flagged(12, FLAG_SEEN);
	pool_done(r, LINK_OK, 0, "", "");
	is_flagged(12, FLAG_SEEN);
	fake_expect_none(core, "elsewhere*", 5000);
}

/* The oldest unread one is in the way, until it turns out to be gone. */
static void is_removed_elsewhere(void **state)
{
	struct mail m;
	char id[40];

	(void)state;
	fake_show_own(core, true);
	be_online();
	for (uint32_t i = 0; i < 3; i++) {
		snprintf(id, sizeof(id), "%u@example.net", i);
		m = mail_from_alice(id, "more");
		comes(10 + i, &m);
	}
	is_flagged(12, FLAG_SEEN);
	struct mail_request *r = await_request(FRAME_FETCH);

	assert_int_equal(pool_frame(r)->numbers[0], 10);
	pool_done(r, LINK_NO_SUCH, 0, "", "");
	r = await_request(FRAME_FETCH);
	assert_int_equal(pool_frame(r)->numbers[0], 11);
	pool_done(r, LINK_OK, 0, "", "");
	fake_expect_none(core, "elsewhere*", 5000);
	assert_null(pool_request(FRAME_FETCH));
	/* Until then it has been read, while a fourth came and was. */
	m = mail_from_alice("4@example.net", "fourth");
	pool_mail(imap(), 13, 0, &m);
	is_flagged(13, FLAG_SEEN);
	is_flagged(11, FLAG_SEEN);
	fake_expect(core, "message*fourth*");
	fake_expect(core, "elsewhere alice@example.net id=*");
}

static void reactions(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "one");

	(void)state;
	be_online();
	pool_mail(imap(), 10, 0, &m);
	fake_expect(core, "message*");
	m = mail_from_alice("2@example.net", "");
	m.kind = MAIL_REACTION;
	m.reactions = "+";
	m.in_reply_to = "1@example.net";
	pool_mail(imap(), 11, 0, &m);
	fake_expect(core, "reaction alice@example.net: + * reply=*");
	/* To what nobody remembers: a mail like any other. */
	m.message_id = m.key = "3@example.net";
	m.in_reply_to = "9@example.net";
	pool_mail(imap(), 12, 0, &m);
	fake_expect(core, "message alice@example.net: *");
}

static void begins_a_group(void **state)
{
	(void)state;
	be_online();
	runs("group", "bob@example.com\n\n Carol@example.com \n");
	fake_expect(core, "room-open g.*");
	runs("group", "bob@example.com");
	fake_expect(core, "failed * GW_NOT_ACCEPTABLE *");
	runs("group", "bob@example.com\nnobody");
	fake_expect(core, "failed * GW_BAD_ADDRESS *");
}

static void who_is_it(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "one");

	(void)state;
	be_online();
	comes(10, &m);
	gateway_email.lookup(session, fake_request(session), GW_PROFILE,
		"alice@example.net");
	fake_expect(core, "item * email=alice@example.net");
	fake_expect(core, "item * realname=Alice");
	gateway_email.lookup(
		session, fake_request(session), GW_PING, "alice@example.net");
	fake_expect(core, "failed * GW_UNSUPPORTED *");
}

/* --- What is sent from elsewhere ------------------------------------------ */

static struct mail mail_to(struct mail_address *to, size_t count)
{
	struct mail m = mail_from_alice("sent@phone.example", "Hello.");

	m.from = (struct mail_address){ NULL, "alias@example.org" };
	m.to = (struct mail_addresses){ to, count, 0 };
	return m;
}

static void follow_sent(void)
{
	const struct frame *f;

	be_online();
	f = pool_sent(FRAME_MIRROR);
	assert_non_null(f);
	assert_true(slice_equals(f->texts[0], "Sent"));
	assert_int_equal(f->numbers[0], 0);
	pool_mirrored(imap(), 5, 20);
	fake_run(core, 50);
}

static void sends(uint32_t uid, unsigned flags, const struct mail *m)
{
	pool_tell_mail(imap(), FRAME_SENT, uid, flags, m);
	fake_run(core, 50);
}

static void sent_elsewhere(void **state)
{
	struct mail m = mail_to(&people[1], 1);

	(void)state;
	fake_show_own(core, true);
	follow_sent();
	sends(21, 0, &m);
	fake_expect(core, "message bob@example.com: *Lunch*Hello.*own* "
			  "to=bob@example.com*");
	/* The answer is in its thread, and goes to Bob. */
	m = mail_from_alice("answer@x", "Yes.");
	m.from = people[1];
	m.in_reply_to = "sent@phone.example";
	comes(10, &m);
	fake_expect(core, "message bob@example.com: Yes. *");
	fake_close(session, NULL);
	be_online();
	const struct frame *f = pool_sent(FRAME_MIRROR);

	assert_int_equal(f->numbers[0], 5);
	assert_int_equal(f->numbers[1], 21);
}

/* Nobody can show them; who wants it is told. */
static void sent_unseen(void **state)
{
	struct mail m = mail_to(&people[1], 1);

	(void)state;
	follow_sent();
	sends(21, 0, &m);
	fake_expect(core, "message bob@example.com: * to=bob@example.com*");
	fake_expect_none(core, "*message*", 50);
	fake_set(session, "sent_notes", "1");
	m.message_id = m.key = "second@phone.example";
	sends(22, 0, &m);
	fake_expect(core, "message bob@example.com: * to=bob@example.com*");
	fake_expect(core, "notice bob@example.com: (you wrote elsewhere)*");
}

static void sent_to_nobody(void **state)
{
	static const struct {
		unsigned flags, more;
		enum mail_kind kind;
		size_t people;
	} rows[] = {
		{ FLAG_DRAFT, 0, MAIL_PERSON, 1 },
		{ FLAG_DELETED, 0, MAIL_PERSON, 1 },
		{ 0, 100, MAIL_PERSON, 1 },
		{ 0, 0, MAIL_AUTO_REPLY, 1 },
		{ 0, 0, MAIL_RECEIPT, 1 },
		{ 0, 0, MAIL_PERSON, 0 },
	};

	(void)state;
	follow_sent();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mail m = mail_to(&people[1], rows[i].people);
		char id[32];

		snprintf(id, sizeof(id), "%zu@phone.example", i);
		m.message_id = m.key = id;
		m.kind = rows[i].kind;
		m.to.left_out = rows[i].more;
		sends(21 + (uint32_t)i, rows[i].flags, &m);
		fake_expect_none(core, "*message*", 50);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMAIL_TEST(first_login),
		EMAIL_TEST(login_fails),
		EMAIL_TEST(lost_link),
		EMAIL_TEST(numbered_anew),
		EMAIL_TEST(numbered_anew_twice),
		EMAIL_TEST(first_look),
		EMAIL_TEST(first_look_again),
		EMAIL_TEST(first_look_is_not_kept),
		EMAIL_TEST(worker_dies),
		EMAIL_TEST(worker_dies_of_the_server),
		EMAIL_TEST(to_several),
		EMAIL_TEST(blind_copy),
		EMAIL_TEST(list_mail),
		EMAIL_TEST(reports),
		EMAIL_TEST(bounces),
		EMAIL_TEST(slashes),
		EMAIL_TEST(is_seen),
		EMAIL_TEST(is_read_elsewhere),
		EMAIL_TEST(is_removed_elsewhere),
		EMAIL_TEST(reactions),
		EMAIL_TEST(begins_a_group),
		EMAIL_TEST(who_is_it),
		EMAIL_TEST(sent_elsewhere),
		EMAIL_TEST(sent_unseen),
		EMAIL_TEST(sent_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
