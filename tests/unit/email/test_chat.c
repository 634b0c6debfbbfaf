/*
 * Mails of two people, in both directions.
 */
#include "email/email_fixture.h"

static void comes_in(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "Shall we?");

	(void)state;
	be_online();
	pool_mail(imap(), 10, 0, &m);
	fake_expect(core,
		"message alice@example.net: \\*Lunch\\**Shall we\\? id=* "
		"subject=Lunch thread=t.* \\[durable\\]");
	fake_run(core, 10);
	assert_non_null(pool_sent(FRAME_TAKEN));
	/* The subject once per thread; an answer is one only if it is not to
	 * the last mail. */
	m = mail_from_alice("2@example.net", "Or not?");
	m.in_reply_to = "1@example.net";
	pool_mail(imap(), 11, 0, &m);
	fake_expect(core,
		"message alice@example.net: Or not\\? id=* thread=t.* "
		"\\[durable\\]");
}

/* The cursor moves when the user's server has it. */
static void is_settled(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "Shall we?");
	char id[40];

	(void)state;
	be_online();
	fake_hold_settled(session, true);
	pool_mail(imap(), 10, 0, &m);
	take_id(fake_expect(core, "message*"), id);
	fake_run(core, 1000);
	fake_clear(core);
	fake_expect_none(core, "keep a/f/INBOX", 1000);
	gateway_email.settled(session, id, true);
	fake_expect(core, "keep a/f/INBOX");
}

/* The whole way out. */
static void goes_out(void **state)
{
	struct mail_request *r;

	(void)state;
	be_online();
	gw_request q = fake_send(session, "alice@example.net", "Hello there");
	char line[64];

	snprintf(line, sizeof(line), "accepted %u id=*", q);
	fake_expect(core, line);
	fake_run(core, 19000);
	assert_null(pool_request(FRAME_COMPOSE));
	await_request(FRAME_COMPOSE);
	pool_compose();
	fake_run(core, 100);
	if (pool_link(LINK_SMTP) != NULL)
		pool_state(pool_link(LINK_SMTP), LINK_READY, LINK_OK, "");
	r = await_request(FRAME_SUBMIT);
	assert_true(slice_equals(pool_frame(r)->texts[0], ME));
	assert_true(slice_equals(pool_frame(r)->texts[1], "alice@example.net"));
	assert_true(slice_equals(
		pool_body(r), "Hello there|alice@example.net|-|Hello there"));
	pool_done(r, LINK_OK, 250, "2.0.0 OK", "");
	snprintf(line, sizeof(line), "delivered %u", q);
	fake_expect(core, line);
	r = await_request(FRAME_APPEND);
	assert_true(slice_equals(pool_frame(r)->texts[0], "Sent"));
	pool_done(r, LINK_OK, 5, "", "");
	fake_run(core, 1000);
	assert_null(pool_request(FRAME_SUBMIT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMAIL_TEST(comes_in),
		EMAIL_TEST(is_settled),
		EMAIL_TEST(goes_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
