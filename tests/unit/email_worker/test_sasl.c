/* Mechanisms: which is chosen, and what each says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "email_worker/sasl.h"

static struct str out;

static bool is_offered(const char *name, void *arg)
{
	return strstr(arg, name) != NULL;
}

static struct sasl *begin(
	enum link_login how, const char *offered, const char *last)
{
	struct sasl_login login = { how, "user", { "se\0cret", 3 } };
	char list[100];

	(void)text_copy(list, sizeof(list), offered);
	return sasl_new(&login, is_offered, list, last);
}

static int set_up(void **state)
{
	(void)state;
	str_init(&out, 4096);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	str_finish(&out);
	return 0;
}

static void test_choice(void **state)
{
	(void)state;
	static const struct {
		enum link_login how;
		const char *offered, *last, *chosen;
	} rows[] = {
		{ LOGIN_PASSWORD, "PLAIN LOGIN SCRAM-SHA-256", NULL,
			"SCRAM-SHA-256" },
		{ LOGIN_PASSWORD, "PLAIN LOGIN SCRAM-SHA-256", "SCRAM-SHA-256",
			"PLAIN" },
		{ LOGIN_PASSWORD, "LOGIN", NULL, "LOGIN" },
		{ LOGIN_PASSWORD, "LOGIN", "LOGIN", NULL },
		{ LOGIN_PASSWORD, "XOAUTH2 CRAM-MD5", NULL, NULL },
		{ LOGIN_OAUTH, "XOAUTH2 PLAIN", NULL, "XOAUTH2" },
		{ LOGIN_OAUTH, "XOAUTH2 OAUTHBEARER", NULL, "OAUTHBEARER" },
		{ LOGIN_OAUTH, "PLAIN", NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sasl *s =
			begin(rows[i].how, rows[i].offered, rows[i].last);

		if (rows[i].chosen == NULL)
			assert_null(s);
		else
			assert_string_equal(sasl_mechanism(s), rows[i].chosen);
		sasl_free(&s);
	}
}

static void test_plain(void **state)
{
	(void)state;
	struct sasl *s = begin(LOGIN_PASSWORD, "PLAIN", NULL);

	assert_true(sasl_first(s, &out));
	assert_int_equal(out.len, 9);
	assert_memory_equal(out.data, "\0user\0se\0", 9);
	assert_true(sasl_is_proved(s));
	assert_false(sasl_may_try_other(s));
	assert_int_equal(sasl_answer(s, slice_of("more"), &out), -1);
	sasl_free(&s);
}

static void test_login(void **state)
{
	(void)state;
	struct sasl *s = begin(LOGIN_PASSWORD, "LOGIN", NULL);

	assert_false(sasl_first(s, &out));
	assert_int_equal(sasl_answer(s, slice_of("Username:"), &out), 0);
	assert_string_equal(str_text(&out), "user");
	str_reset(&out);
	assert_int_equal(sasl_answer(s, slice_of("Password:"), &out), 0);
	assert_int_equal(out.len, 3);
	assert_int_equal(sasl_answer(s, slice_of("And?"), &out), -1);
	sasl_free(&s);
}

static void test_tokens(void **state)
{
	(void)state;
	struct sasl *s = begin(LOGIN_OAUTH, "XOAUTH2", NULL);

	assert_true(sasl_first(s, &out));
	assert_memory_equal(out.data,
		"user=user\x01"
		"auth=Bearer se\0\x01\x01",
		27);
	/* The reason of the failure, to which nothing is to be said. */
	str_reset(&out);
	assert_int_equal(sasl_answer(s, slice_of("{}"), &out), 0);
	assert_int_equal(out.len, 0);
	assert_int_equal(sasl_answer(s, slice_of("{}"), &out), -1);
	sasl_free(&s);
	s = begin(LOGIN_OAUTH, "OAUTHBEARER", NULL);
	assert_true(sasl_first(s, &out));
	assert_memory_equal(out.data,
		"n,a=user,\x01"
		"auth=Bearer se\0\x01\x01",
		27);
	str_reset(&out);
	assert_int_equal(sasl_answer(s, slice_of("{}"), &out), 0);
	assert_string_equal(str_text(&out), "\x01");
	sasl_free(&s);
}

/* A server that knows no password cannot say that it let us in. */
static void test_scram_is_proved_by_both(void **state)
{
	(void)state;
	struct sasl *s = begin(LOGIN_PASSWORD, "SCRAM-SHA-256", NULL);

	assert_true(sasl_first(s, &out));
	assert_memory_equal(out.data, "n,,n=user,r=", 12);
	assert_false(sasl_is_proved(s));
	assert_true(sasl_may_try_other(s));
	assert_int_equal(sasl_answer(s, slice_of("v=x"), &out), -1);
	assert_false(sasl_is_proved(s));
	sasl_free(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_choice),
		TEST(test_plain),
		TEST(test_login),
		TEST(test_tokens),
		TEST(test_scram_is_proved_by_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
