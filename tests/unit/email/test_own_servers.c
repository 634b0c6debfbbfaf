/*
 * Which servers a mailbox has: what was found, under what the user says; and
 * whether they have worked.
 */
#include "email/own_servers.h"

#include "email/email_fixture.h"
#include "email_wire/record.h"

static struct own_servers o;

static int setup(void **state)
{
	o = (struct own_servers){ .is_found = false };
	session = NULL;
	core = fake_core_new(&gateway_email, "hold = 20;");
	session = fake_session(core, ME);
	(void)state;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_core_free(&core);
	return 0;
}

/* A discovery has found these. */
static void found(void)
{
	const struct discovery_result r = {
		.reason = GW_OK,
		.imap = { "imap.example.org", 993, TLS_REQUIRED },
		.smtp = { "smtp.example.org", 465, TLS_REQUIRED },
		.user = "me",
	};

	own_servers_found(&o, &r, session);
}

static void nothing_is_known(void **state)
{
	(void)state;
	assert_false(own_servers_choose(&o, session));
	assert_string_equal(o.user, ME);
	/* One of them is not enough. */
	fake_set(session, "imap_host", "imap.example.com");
	assert_false(own_servers_choose(&o, session));
}

static void the_user_says_both(void **state)
{
	(void)state;
	fake_set(session, "imap_host", "imap.example.com");
	fake_set(session, "smtp_host", "smtp.example.com");
	fake_set(session, "smtp_tls", "starttls");
	fake_set(session, "username", "my login");
	assert_true(own_servers_choose(&o, session));
	assert_string_equal(o.imap.host, "imap.example.com");
	assert_int_equal(o.imap.port, 993);
	assert_int_equal(o.imap.tls, TLS_REQUIRED);
	assert_int_equal(o.smtp.port, 587);
	assert_int_equal(o.smtp.tls, TLS_STARTTLS);
	assert_string_equal(o.user, "my login");
	fake_set(session, "smtp_port", "2525");
	assert_true(own_servers_choose(&o, session));
	assert_int_equal(o.smtp.port, 2525);
}

static void what_he_says_is_above_what_was_found(void **state)
{
	(void)state;
	fake_set(session, "imap_host", "imap.example.com");
	found();
	assert_string_equal(o.imap.host, "imap.example.com");
	assert_string_equal(o.smtp.host, "smtp.example.org");
	assert_string_equal(o.user, "me");
	assert_true(own_servers_choose(&o, session));
	/* He takes it back: what was found there is not known any more. */
	fake_set(session, "imap_host", "");
	assert_false(own_servers_choose(&o, session));
	found();
	assert_true(own_servers_choose(&o, session));
	assert_string_equal(o.imap.host, "imap.example.org");
}

static void what_has_worked(void **state)
{
	(void)state;
	found();
	fake_set(session, "password", "secret");
	assert_false(own_servers_are_proven(&o, session));
	own_servers_prove(&o, session);
	assert_true(own_servers_are_proven(&o, session));
	assert_null(strstr(o.proof, "secret"));
	fake_set(session, "password", "another");
	assert_false(own_servers_are_proven(&o, session));
	fake_set(session, "password", "secret");
	o.smtp.port++;
	assert_false(own_servers_are_proven(&o, session));
}

/* The fields of a record that an earlier version wrote. */
static void what_was_kept(void **state)
{
	struct str data = { .max = 1024 };

	(void)state;
	record_put_text(&data, 1, "imap.example.org");
	record_put_number(&data, 2, 993);
	record_put_text(&data, 4, "smtp.example.org");
	record_put_number(&data, 5, 587);
	record_put_number(&data, 6, TLS_STARTTLS);
	record_put_text(&data, 7, "me");
	own_servers_load(&o, str_slice(&data));
	assert_true(o.is_found);
	assert_string_equal(o.imap.host, "imap.example.org");
	assert_int_equal(o.imap.tls, TLS_REQUIRED);
	assert_int_equal(o.smtp.port, 587);
	assert_int_equal(o.smtp.tls, TLS_STARTTLS);
	assert_true(own_servers_choose(&o, session));
	assert_string_equal(o.user, "me");
	/* Damaged: they have to be found again. */
	o = (struct own_servers){ .is_found = false };
	own_servers_load(&o, slice_make(data.data, data.len - 1));
	assert_false(o.is_found);
	assert_string_equal(o.imap.host, "");
	str_finish(&data);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_known),
		TEST(the_user_says_both),
		TEST(what_he_says_is_above_what_was_found),
		TEST(what_has_worked),
		TEST(what_was_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
