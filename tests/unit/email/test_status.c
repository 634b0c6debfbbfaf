/*
 * What the contact list shows of a mailbox: told when it changed, and not
 * oftener than every ten seconds.
 */
#include "email/email_fixture.h"
#include "email/status.h"

#define PAUSE_MS 10000

static struct email_session *mailbox(void)
{
	return session->impl;
}

static void unread(uint64_t count)
{
	email_status_unread(mailbox(), count);
	fake_run(core, 10);
}

static size_t told(void)
{
	return fake_count(core, "status *");
}

/* The next of it has no reason to wait. */
static void rest(void)
{
	fake_run(core, PAUSE_MS + 10);
	fake_clear(core);
}

static void nothing_to_say_is_not_said(void **state)
{
	(void)state;
	be_online();
	rest();
	email_status_changed(mailbox());
	email_status_pushed(mailbox(), true);
	fake_expect_none(core, "status *", 2 * PAUSE_MS);
}

static void unread_mails_are_counted(void **state)
{
	(void)state;
	be_online();
	rest();
	unread(3);
	fake_expect(core, "status available 3 unread");
	rest();
	/* The same once more. */
	unread(3);
	fake_expect_none(core, "status *", 2 * PAUSE_MS);
	unread(0);
	fake_expect(core, "status available 0 unread");
	rest();
	unread(UINT64_MAX);
	fake_expect(core, "status available 18446744073709551615 unread");
}

static void the_last_of_many_counts(void **state)
{
	(void)state;
	be_online();
	rest();
	for (uint64_t i = 1; i <= 50; i++)
		unread(i);
	assert_int_equal(told(), 1);
	fake_expect(core, "status available 1 unread");
	fake_run(core, PAUSE_MS);
	fake_expect(core, "status available 50 unread");
	assert_int_equal(told(), 2);
	/* There and back again is no news. */
	unread(51);
	unread(50);
	fake_expect_none(core, "status *", 2 * PAUSE_MS);
}

static void a_server_that_has_to_be_asked(void **state)
{
	(void)state;
	be_online();
	unread(2);
	rest();
	pool_state(imap(), LINK_POLLING, LINK_OK, "");
	fake_run(core, 10);
	fake_expect(core, "status away polling");
	rest();
	pool_state(imap(), LINK_IDLING, LINK_OK, "");
	fake_run(core, 10);
	fake_expect(core, "status available 2 unread");
}

static void a_link_that_is_lost(void **state)
{
	(void)state;
	be_online();
	unread(2);
	rest();
	pool_state(imap(), LINK_FAILED, LINK_LOST, "");
	/* It may be back at once, which is no news. */
	fake_expect_none(core, "status *", 1000);
	fake_wait(core, "status away not connected*", 2 * PAUSE_MS);
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	fake_wait(core, "status available 2 unread", 2 * PAUSE_MS);
}

static void a_link_that_is_back_at_once(void **state)
{
	(void)state;
	be_online();
	unread(2);
	rest();
	imap_breaks();
	fake_expect_none(core, "status *", 3 * PAUSE_MS);
}

/* Who has to do something hears it without delay. */
static void a_login_that_is_over(void **state)
{
	(void)state;
	be_online();
	rest();
	unread(1);
	fake_expect(core, "status available 1 unread");
	email_status_login(mailbox(), "the provider says <no> & \xc3\xa9");
	fake_run(core, 10);
	fake_expect(core,
		"status xa login failed: the provider says <no> & \xc3\xa9");
	/* Other news are less important. */
	unread(7);
	fake_expect_none(core, "status *", 2 * PAUSE_MS);
	email_status_login(mailbox(), NULL);
	fake_run(core, 10);
	fake_expect(core, "status available 7 unread");
}

static void words_without_end_are_cut(void **state)
{
	char words[4000] = "";
	const char *line;

	(void)state;
	be_online();
	rest();
	/* Two bytes each; the fake core knows half a character. */
	for (size_t i = 0; i + 2 < sizeof(words); i += 2)
		memcpy(words + i, "\xc3\xa9", 3);
	email_status_login(mailbox(), words);
	fake_run(core, 10);
	line = fake_expect(core, "status xa login failed: *");
	assert_true(strlen(line) < 600);
}

/* What is closed is shown by the core, and nothing is left for the next. */
static void nothing_outlives_the_session(void **state)
{
	(void)state;
	be_online();
	rest();
	unread(5);
	unread(6);
	pool_state(imap(), LINK_FAILED, LINK_REFUSED, "No.");
	fake_run(core, 10);
	email_status_reset(mailbox());
	fake_clear(core);
	fake_expect_none(core, "status *", 2 * PAUSE_MS);
	fake_close(session, NULL);
	email_status_free(&(struct status *){ NULL });
}

/* Before it is online only a login is worth a word. */
static void while_it_is_opened(void **state)
{
	(void)state;
	fake_open(session);
	await_link(LINK_IMAP);
	unread(5);
	fake_expect_none(core, "status *", 2 * PAUSE_MS);
	email_status_login(mailbox(), "log in");
	fake_run(core, 10);
	fake_expect(core, "status xa login failed: log in");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMAIL_TEST(nothing_to_say_is_not_said),
		EMAIL_TEST(unread_mails_are_counted),
		EMAIL_TEST(the_last_of_many_counts),
		EMAIL_TEST(a_server_that_has_to_be_asked),
		EMAIL_TEST(a_link_that_is_lost),
		EMAIL_TEST(a_link_that_is_back_at_once),
		EMAIL_TEST(a_login_that_is_over),
		EMAIL_TEST(words_without_end_are_cut),
		EMAIL_TEST(nothing_outlives_the_session),
		EMAIL_TEST(while_it_is_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
