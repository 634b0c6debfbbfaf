/*
 * JIDs of the gateway.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "email/names.h"
#include "gateways/kit/fake_core.h"

static const struct row {
	const char *local;
	int kind; /* -1: refused */
	const char *name;
} rows[] = {
	{ "alice@example.net", GW_PERSON, "alice@example.net" },
	{ "alice%example.net", GW_PERSON, "alice@example.net" },
	{ "a%b@example.net", GW_PERSON, "a%b@example.net" },
	{ "a%b%example.net", GW_PERSON, "a%b@example.net" },
	{ "Alice@Example.NET", GW_PERSON, "alice@example.net" },
	{ "\"a b\"@example.net", GW_PERSON, "\"a b\"@example.net" },
	{ "newsletters", GW_PERSON, "newsletters" },
	{ "g.0123456789abcdef", GW_ROOM, "g.0123456789abcdef" },
	{ "list.dev.example.org", GW_ROOM, "list.dev.example.org" },
	{ "g.roup@example.org", GW_PERSON, "g.roup@example.org" },
	{ "g.", -1, NULL },
	{ "list.", -1, NULL },
	{ "alice", -1, NULL },
	{ "alice@", -1, NULL },
	{ "@example.net", -1, NULL },
	{ "a\r\n@example.net", -1, NULL },
	{ "<a@example.net>", -1, NULL },
};

static void names(void **state)
{
	const struct gw gw = { .jid = "mail.example.org" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct gw_address a;
		const char *reason = NULL;
		char out[GW_NAME_SIZE];
		int status =
			email_parse_address(&gw, rows[i].local, &a, &reason);

		if ((status == 0) != (rows[i].kind >= 0))
			fail_msg("%zu: %s", i, rows[i].local);
		if (status != 0) {
			assert_non_null(reason);
			continue;
		}
		assert_int_equal(a.kind, rows[i].kind);
		assert_string_equal(a.name, rows[i].name);
		assert_string_equal(a.account, "");
		assert_int_equal(
			email_format_address(&gw, &a, out, sizeof(out)), 0);
		assert_string_equal(out, rows[i].name);
	}
}

static void what_people_type(void **state)
{
	static const char *const texts[] = {
		"alice@example.net",
		" alice@example.net ",
		"mailto:alice@example.net?subject=x",
		"MAILTO:Alice@example.net",
		"Alice <alice@example.net>",
		"\"Alice, B.\" <alice@EXAMPLE.net>",
	};
	const struct gw gw = { .jid = "mail.example.org" };
	struct gw_address a;
	const char *reason;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(
			email_read_input(&gw, texts[i], &a, &reason), 0);
		assert_string_equal(a.name, "alice@example.net");
	}
	assert_int_equal(email_read_input(&gw, "alice", &a, &reason), -1);
}

/* An address at the gateway is one of a contact, and no mailbox. */
static void no_circles(void **state)
{
	const struct gw gw = { .jid = "mail.example.org" };
	struct gw_address a;
	const char *reason;
	char out[GW_ACCOUNT_SIZE];

	(void)state;
	assert_int_equal(
		email_parse_address(&gw, "alice@Mail.example.org", &a, &reason),
		-1);
	assert_non_null(strstr(reason, "the gateways here"));
	assert_int_equal(
		email_parse_address(
			&gw, "alice%example.net@mail.example.org", &a, &reason),
		-1);
	assert_int_equal(
		email_read_input(&gw, "<alice@mail.example.org>", &a, &reason),
		-1);
	assert_int_equal(email_canonical_account(&gw, "me@mail.example.org",
				 out, sizeof(out), &reason),
		-1);
	assert_non_null(strstr(reason, "the gateways here"));
	assert_int_equal(email_parse_address(&gw,
				 "bob%x.test@" FAKE_OTHER_GATEWAY, &a, &reason),
		-1);
	assert_int_equal(
		email_parse_address(&gw, "alice@example.org", &a, &reason), 0);
}

static void accounts(void **state)
{
	const struct gw gw = { .jid = "mail.example.org" };
	char out[GW_ACCOUNT_SIZE];
	const char *reason;

	(void)state;
	assert_int_equal(email_canonical_account(&gw, "Me@Example.ORG", out,
				 sizeof(out), &reason),
		0);
	assert_string_equal(out, "me@example.org");
	assert_int_equal(email_canonical_account(
				 &gw, "example.org", out, sizeof(out), &reason),
		-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(what_people_type),
		cmocka_unit_test(no_circles),
		cmocka_unit_test(accounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
