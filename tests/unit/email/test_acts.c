/*
 * What the user does about mails: blocking people, spam.
 */
#include "email/email_fixture.h"

static void alice_says(uint32_t uid, const char *text)
{
	char id[64];
	struct mail m;

	snprintf(id, sizeof(id), "%u@example.net", uid);
	m = mail_from_alice(id, text);
	m.from.address = "Alice@Example.net";
	pool_mail(imap(), uid, 0, &m);
}

static void who_is_blocked_is_not_heard(void **state)
{
	(void)state;
	be_online();
	alice_says(10, "one");
	fake_expect(core, "message*one*");
	types("block");
	fake_expect(core, "accepted * Mails of alice@example.net are not*");
	fake_clear(core);
	alice_says(11, "two");
	fake_expect(core, "keep a/f/INBOX");
	fake_expect_none(core, "message*", 1000);
	assert_null(pool_request(FRAME_MOVE));
	fake_send(session, ALICE, "Hello");
	fake_expect(core, "failed * GW_NOT_ACCEPTABLE You have blocked*");
	/* In groups as well, and after a restart. */
	fake_close(session, NULL);
	be_online();
	types("blocked");
	fake_expect(core, "accepted * alice@example.net");
	fake_clear(core);
	struct mail m = mail_from_alice("12@example.net", "three");
	struct mail_address all[] = { { NULL, ME },
		{ NULL, "bob@example.net" } };

	m.to = (struct mail_addresses){ all, 2, 0 };
	pool_mail(imap(), 12, 0, &m);
	fake_expect_none(core, "message*", 1000);
	types("unblock ALICE@example.net");
	fake_expect(core, "accepted * Mails of alice@example.net are shown*");
	alice_says(13, "four");
	fake_expect(core, "message*four*");
	types("unblock");
	fake_expect(core, "failed * GW_NO_SUCH *");
	types("block nobody");
	fake_expect(core, "failed * GW_NOT_ACCEPTABLE *");
	runs("block", "bob@example.net");
	runs("blocked", NULL);
	fake_expect(core, "accepted * bob@example.net");
}

static void their_mails_may_go_to_junk(void **state)
{
	struct mail_request *r;

	(void)state;
	fake_set(session, "blocked", "junk");
	be_online();
	types("block");
	alice_says(10, "one");
	r = await_request(FRAME_MOVE);
	assert_true(slice_equals(pool_frame(r)->texts[0], "10"));
	assert_true(slice_equals(pool_frame(r)->texts[1], "Spam"));
	pool_done(r, LINK_NO, 0, "Quota", "");
	fake_expect_none(core, "message*", 100);
	/* Closed meanwhile. */
	alice_says(11, "two");
	await_request(FRAME_MOVE);
}

static void give_summary(const char *name, const char *subject)
{
	struct mail_request *r = await_request(FRAME_FETCH);
	struct mail m = mail_from_alice("x@example.net", "");
	struct str record = { .max = 4096 };

	m.from.name = name;
	m.subject = subject;
	mail_encode(&record, &m);
	assert_true(slice_equals(pool_frame(r)->texts[0], "Spam"));
	pool_bytes(r, str_slice(&record));
	pool_done(r, LINK_OK, 0, "", "");
	str_finish(&record);
}

static void spam_is_shown(void **state)
{
	struct mail_request *r;

	(void)state;
	be_online();
	types("notspam 1");
	fake_expect(core, "failed * GW_NO_SUCH *");
	types("spam");
	r = await_request(FRAME_SEARCH);
	assert_true(slice_equals(pool_frame(r)->texts[0], "Spam"));
	pool_done(r, LINK_OK, 0, "", "70 72");
	give_summary(NULL, "Money");
	give_summary("Your bank", "Lunch");
	fake_expect(core, "accepted * 1. 2023-11-14 alice@example.net: Money*"
			  "2. 2023-11-14 Your bank: Lunch <alice@example.net>*"
			  "/notspam 1");
	types("notspam 3");
	fake_expect(core, "failed * GW_NO_SUCH *");
	runs("not-spam", "2");
	r = await_request(FRAME_MOVE);
	assert_true(slice_equals(pool_frame(r)->texts[0], "72"));
	assert_true(slice_equals(pool_frame(r)->texts[1], "INBOX"));
	assert_true(slice_equals(pool_frame(r)->texts[2], "Spam"));
	assert_int_equal(pool_frame(r)->numbers[0], FLAG_NOT_JUNK);
	assert_int_equal(pool_frame(r)->numbers[1], FLAG_JUNK);
	pool_done(r, LINK_OK, 0, "", "");
	fake_expect(core, "accepted * It is in your inbox again*");
	types("spam");
	pool_done(await_request(FRAME_SEARCH), LINK_OK, 0, "", "");
	fake_expect(core, "accepted * There is no spam.");
	alice_says(10, "one");
	fake_expect(core, "message*one*");
	types("junk");
	r = await_request(FRAME_MOVE);
	assert_int_equal(pool_frame(r)->numbers[0], FLAG_JUNK);
	pool_done(r, LINK_OK, 0, "", "");
	fake_expect(core, "accepted * Moved to Spam*");
}

/* What the server does not show was found all the same. */
static void what_is_not_shown_is_counted(void **state)
{
	struct mail_request *r;

	(void)state;
	be_online();
	types("search lunch");
	pool_done(await_request(FRAME_SEARCH), LINK_OK, 0, "", "7 8");
	r = await_request(FRAME_FETCH);
	pool_done(r, LINK_NO, 0, "Not \xff today", "");
	/* This one is nothing that a worker should say. */
	r = await_request(FRAME_FETCH);
	pool_data(r, "no record");
	pool_done(r, LINK_OK, 0, "", "");
	fake_expect(core,
		"failed * GW_NOT_ALLOWED 2 mails were found and cannot be "
		"shown. The mail server said: Not \xef\xbf\xbd today*");
	types("spam");
	pool_done(await_request(FRAME_SEARCH), LINK_OK, 0, "", "7 8");
	give_summary(NULL, "Money");
	pool_done(await_request(FRAME_FETCH), LINK_NO, 0, "", "");
	fake_expect(core, "accepted * 1. *: Money*1 mail more was found and "
			  "cannot be shown.*/notspam 1");
}

/* Workers are not trusted to give text that is clean. */
static void words_of_workers_are_cleaned(void **state)
{
	struct mail_request *r;

	(void)state;
	be_online();
	alice_says(10, "one");
	fake_expect(core, "message*one*");
	types("full");
	r = await_request(FRAME_FETCH);
	pool_data(r, "all \x01\xc3");
	pool_done(r, LINK_OK, 0, "", "");
	fake_expect(core, "accepted * all \xef\xbf\xbd\xef\xbf\xbd");
	fake_send(session, ALICE, "Hello");
	pool_done(await_request(FRAME_COMPOSE), LINK_BAD, 0, "too \xc3", "");
	fake_expect(core, "failed * GW_NOT_ACCEPTABLE This cannot be written "
			  "as a mail: too \xef\xbf\xbd.");
	/* Nor is a folder one that could not be named. */
	pool_mailbox(imap(), 77, 10, "inbox\tINBOX\ntrash\tT\xc3\n");
	types("delete");
	fake_expect(core, "failed * GW_NO_SUCH Your mailbox has no folder*");
	types("move T\xc3");
	fake_expect(core, "failed * GW_NO_SUCH There is no such folder*");
}

static void goes_out(void)
{
	fake_send(session, ALICE, "Hello");
	is_sent();
}

/* Two machines that answer each other. */
static void who_writes_too_fast_is_asked(void **state)
{
	(void)state;
	be_online();
	for (int i = 0; i < 10; i++)
		goes_out();
	fake_clear(core);
	fake_send(session, ALICE, "Hello");
	const char *line = fake_expect(core, "ask*More than 10 mails*");
	uint32_t question = (uint32_t)strtoul(line + 4, NULL, 10);
	const char *const yes[] = { "1", NULL };

	assert_null(pool_request(FRAME_COMPOSE));
	gateway_email.answer(session, question, yes);
	await_request(FRAME_COMPOSE);
	pool_compose();
	pool_done(await_submit(), LINK_OK, 250, "", "");
	pool_done(await_request(FRAME_APPEND), LINK_OK, 5, "", "");
	goes_out();
}

static int setup_without_hold(void **state)
{
	return email_setup_with(state, "hold = 0;");
}

static void upload_is_over(uint32_t upload, const char *url)
{
	gateway_email.uploaded(session, upload, url,
		url != NULL ? GW_OK : GW_BUSY, url != NULL ? NULL : "full");
	fake_run(core, 100);
}

/* Files that were too big, or that the server did not take at first. */
static void files_are_asked_for(void **state)
{
	struct mail m = mail_from_alice("10@example.net", "two files");
	struct mail_part parts[] = { { 2, "a.txt", "text/plain", 5, false },
		{ 3, "b.txt", "text/plain", 5000, false } };

	(void)state;
	fake_allow_uploads(session, 1000);
	be_online();
	m.parts = parts;
	m.part_count = 2;
	pool_mail(imap(), 10, 0, &m);
	await_request(FRAME_FETCH);
	upload_is_over(1, NULL);
	fake_expect(core, "message*a.txt*(full)*/fetch 1 tries again.*");
	fake_expect(core, "message*b.txt*takes 1000 bytes*/fetch 2 tries*");
	fake_run(core, 100);
	types("fetch 3");
	fake_expect(core, "failed * GW_NO_SUCH *");
	types("fetch");
	await_request(FRAME_FETCH);
	/* That may take long: the answer does not wait. */
	fake_expect(core, "accepted * The files follow.");
	upload_is_over(2, "https://x.test/a");
	fake_expect(core, "message " ALICE "*https://x.test/a*");
	fake_expect(core, "message " ALICE "*b.txt*too big for your server*");
	fake_allow_uploads(session, 100000);
	types("fetch 2");
	struct mail_request *r = await_request(FRAME_FETCH);

	fake_expect(core, "accepted * The file follows.");
	assert_int_equal(pool_frame(r)->numbers[0], 10);
	assert_int_equal(pool_frame(r)->numbers[1], 3);
	gateway_email.upload_more(session, 3, 1000);
	pool_data(r, "bytes");
	fake_expect(core, "upload 3: bytes");
	/* The link breaks, and with the next it begins anew. */
	imap_breaks();
	await_request(FRAME_FETCH);
	upload_is_over(4, "https://x.test/b");
	fake_expect(core, "message " ALICE "*https://x.test/b*");
	alice_says(11, "no files");
	fake_expect(core, "message*no files*");
	types("fetch");
	fake_expect(core, "failed * GW_NO_SUCH All files*");
}

/* The request for them was answered; what becomes of them is told. */
static void promised_files_that_do_not_come(void **state)
{
	struct mail m = mail_from_alice("10@example.net", "a file");
	struct mail_part part = { 2, "a.txt", "text/plain", 5, false };

	(void)state;
	be_online();
	m.parts = &part;
	m.part_count = 1;
	comes(10, &m);
	fake_expect(core, "message*a.txt*no place for files*");
	types("fetch");
	fake_expect(core, "accepted * *a.txt*no place for files*");
	fake_allow_uploads(session, 1000);
	types("fetch");
	struct mail_request *r = await_request(FRAME_FETCH);

	fake_expect(core, "accepted * The file follows.");
	pool_done(r, LINK_NO, 0, "No", "");
	fake_expect(core, "message " ALICE "*a.txt*could not be read*");
	types("fetch");
	await_request(FRAME_FETCH);
	fake_expect(core, "accepted * The file follows.");
	/* Without a link it waits; when the mailbox is closed it is over. */
	pool_state(imap(), LINK_FAILED, LINK_LOST, "");
	fake_run(core, 10);
	fake_expect_none(core, "tell*", 10);
	fake_close(session, NULL);
	fake_expect(core, "tell *before all files came*/fetch*");
}

/* A file that is asked for in a room comes from who sent it. */
static void fetched_in_a_room(void **state)
{
	struct mail m = mail_from_alice("10@example.net", "two files");
	struct mail_part part = { 2, "a.txt", "text/plain", 5000, false };

	(void)state;
	fake_allow_uploads(session, 1000);
	be_online();
	m.to = (struct mail_addresses){ people, 2, 0 };
	m.parts = &part;
	m.part_count = 1;
	pool_mail(imap(), 10, 0, &m);
	struct gw_room *r = enter_group("*");

	fake_expect(core, "g.*: message Alice: *two files*");
	fake_expect(core, "g.*: message Alice: *a.txt*/fetch 1*");
	fake_run(core, 100);
	fake_allow_uploads(session, 100000);
	gateway_email.slash(session, fake_request(session), r, NULL, "fetch");
	await_request(FRAME_FETCH);
	fake_expect(core, "accepted * The file follows.");
	upload_is_over(1, "https://x.test/a");
	fake_expect(core, "g.*: message Alice: *x.test/a*");
	fake_expect_none(core, "tell*", 10);
}

/* A mail that servers pass around for ever. */
static void loops_are_not_shown(void **state)
{
	struct mail m = mail_from_alice("10@example.net", "round and round");

	(void)state;
	be_online();
	m.received = 51;
	pool_mail(imap(), 10, 0, &m);
	fake_expect(core, "keep a/f/INBOX");
	fake_expect_none(core, "message*", 100);
	m.message_id = m.key = "11@example.net";
	m.received = 50;
	pool_mail(imap(), 11, 0, &m);
	fake_expect(core, "message*round and round*");
}

/* Whatever waits for the mailbox when its link is closed. */
static void nothing_waits_for_a_link_that_is_gone(void **state)
{
	struct mail m = mail_from_alice("10@example.net", "one");
	struct mail_part part = { 2, "a.txt", "text/plain", 5, false };

	(void)state;
	fake_set(session, "blocked", "junk");
	fake_allow_uploads(session, 1000);
	be_online();
	alice_says(10, "one");
	char id[40];

	take_id(fake_expect(core, "message*one*"), id);
	gateway_email.displayed(session, NULL, ALICE, id);
	runs("block", "bob@example.net");
	m.from.address = "bob@example.net";
	pool_mail(imap(), 11, 0, &m);
	m.from.address = "carol@example.net";
	m.message_id = m.key = "12@example.net";
	m.parts = &part;
	m.part_count = 1;
	pool_mail(imap(), 12, 0, &m);
	types("search x");
	await_request(FRAME_SEARCH);
	await_request(FRAME_MOVE);
	await_request(FRAME_STORE);
	await_request(FRAME_FETCH);
	gateway_email.settled(session, id, false);
	fake_expect(core, "failed * GW_LOST *");
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	types("search x");
	await_request(FRAME_SEARCH);
	/* The rest is the business of the teardown. */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMAIL_TEST(who_is_blocked_is_not_heard),
		EMAIL_TEST(their_mails_may_go_to_junk),
		EMAIL_TEST(spam_is_shown),
		EMAIL_TEST(what_is_not_shown_is_counted),
		EMAIL_TEST(words_of_workers_are_cleaned),
		cmocka_unit_test_setup_teardown(who_writes_too_fast_is_asked,
			setup_without_hold, email_teardown),
		EMAIL_TEST(files_are_asked_for),
		EMAIL_TEST(promised_files_that_do_not_come),
		EMAIL_TEST(fetched_in_a_room),
		EMAIL_TEST(loops_are_not_shown),
		EMAIL_TEST(nothing_waits_for_a_link_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
