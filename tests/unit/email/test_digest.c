/*
 * Newsletters: which mails are some, where they go, and once a day all of them
 * in one message, whatever happens meanwhile.
 */
#include "email/email_fixture.h"

#include "email/newsletter.h"

#define DAY_MS INT64_C(86400000)

static struct mail news(const char *id, const char *subject)
{
	struct mail m = mail_from_alice(id, "One.\n\nTwo.\nThree.\n");

	m.kind = MAIL_BULK;
	m.from = (struct mail_address){ "Shop", "news@shop.example" };
	m.subject = m.base_subject = subject;
	return m;
}

static void wants_digest_of(struct gw_session *s, const char *hour)
{
	const char *const values[] = { hour };
	gw_request request = fake_request(s);
	size_t i = 0;

	while (strcmp(gateway_email.commands[i].name, "digest") != 0)
		i++;
	gateway_email.command(s, request, i, values);
}

static void wants_digest(const char *hour)
{
	wants_digest_of(session, hour);
}

static void two_lines_are_shown(void **state)
{
	const struct mail m = news("n1@shop", "Sale");

	(void)state;
	be_online();
	comes(10, &m);
	fake_expect(core, "message newsletters: Shop <news@shop.example>*"
			  "\\*Sale\\**One.*Two.*/full*[[]quiet]*noreply=*");
	assert_int_equal(fake_count(core, "*Three.*"), 0);
}

static void a_code_is_never_late(void **state)
{
	struct mail m = news("n1@shop", "Log in");

	(void)state;
	m.code = "123456";
	be_online();
	wants_digest("7");
	comes(10, &m);
	fake_expect(core, "message newsletters: 123456*Log in*");
}

static void one_message_a_day(void **state)
{
	const struct mail one = news("n1@shop", "First");
	struct mail two = news("n2@shop", "Second");

	(void)state;
	two.date_ms += 1;
	be_online();
	wants_digest("7");
	comes(10, &one);
	comes(11, &two);
	comes(11, &two);
	assert_int_equal(fake_count(core, "message newsletters:*"), 0);
	fake_run(core, DAY_MS);
	assert_int_equal(
		fake_count(core,
			"message newsletters: \\*2 newsletters\\**First*"
			"Second*[[]durable]*"),
		1);
	/* Nothing came: there is nothing to say. */
	fake_run(core, 2 * DAY_MS);
	assert_int_equal(fake_count(core, "message newsletters:*"), 1);
}

static void what_waits_comes_when_it_ends(void **state)
{
	const struct mail one = news("n1@shop", "First");

	(void)state;
	be_online();
	wants_digest("7");
	comes(10, &one);
	wants_digest("off");
	fake_run(core, 1000);
	assert_int_equal(
		fake_count(core, "message newsletters: \\*1 newsletter\\**"),
		1);
	const struct mail two = news("n2@shop", "Second");

	comes(11, &two);
	fake_expect(core, "message newsletters: Shop*Second*");
}

static void outlives_the_process(void **state)
{
	const struct mail one = news("n1@shop", "First");

	(void)state;
	be_online();
	wants_digest("7");
	comes(10, &one);
	fake_close(session, NULL);
	fake_run(core, DAY_MS);
	be_online();
	fake_run(core, 1000);
	assert_int_equal(
		fake_count(core, "message newsletters: \\*1 newsletter\\**"),
		1);
	/* Read again, it is in no second one. */
	comes(10, &one);
	fake_run(core, 2 * DAY_MS);
	assert_int_equal(fake_count(core, "message newsletters:*"), 1);
}

/* One timer for all of them; who is not there waits. */
static void several_want_it(void **state)
{
	const struct mail one = news("n1@shop", "First");
	struct gw_session *other;

	(void)state;
	be_online();
	other = fake_session(core, "you@example.org");
	fake_set(other, "password", "secret");
	fake_set(other, "imap_host", "127.0.0.1");
	fake_set(other, "smtp_host", "127.0.0.1");
	fake_open(other);
	wants_digest("7");
	wants_digest_of(other, "7");
	wants_digest("8");
	comes(10, &one);
	fake_run(core, DAY_MS);
	assert_int_equal(
		fake_count(core, "*newsletters: \\*1 newsletter\\**"), 1);
	fake_close(other, NULL);
	fake_run(core, DAY_MS);
}

static void the_user_says_who_is_what(void **state)
{
	struct mail m = news("n1@shop", "Sale");

	(void)state;
	be_online();
	gateway_email.slash(session, fake_request(session), NULL, "newsletters",
		"contact news@shop.example");
	fake_expect(core, "accepted * Mails of news@shop.example come from*");
	comes(10, &m);
	fake_expect(core, "message news@shop.example: *Sale*");
	m = mail_from_alice("a1@example.net", "Hello");
	gateway_email.slash(session, fake_request(session), NULL,
		"alice@example.net", "newsletter");
	comes(11, &m);
	fake_expect(core, "message newsletters: Alice <alice@example.net>*");
}

static void machines_that_answer_are_people(void **state)
{
	struct choices c;
	struct mail m = mail_from_alice("a", "Done");

	(void)state;
	choices_init(&c);
	assert_false(newsletter_is_one(&c, &m, false));
	m.kind = MAIL_MACHINE;
	assert_true(newsletter_is_one(&c, &m, false));
	assert_false(newsletter_is_one(&c, &m, true));
	m.event.uid = "meeting";
	assert_false(newsletter_is_one(&c, &m, false));
	choices_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMAIL_TEST(two_lines_are_shown),
		EMAIL_TEST(a_code_is_never_late),
		EMAIL_TEST(one_message_a_day),
		EMAIL_TEST(what_waits_comes_when_it_ends),
		EMAIL_TEST(outlives_the_process),
		EMAIL_TEST(several_want_it),
		EMAIL_TEST(the_user_says_who_is_what),
		cmocka_unit_test(machines_that_answer_are_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
