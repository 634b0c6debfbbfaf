/*
 * What may be a mail address.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "email_wire/address.h"

static const struct row {
	const char *text;
	const char *normal; /* NULL: not valid */
} rows[] = {
	{ "alice@example.org", "alice@example.org" },
	{ "Alice.B+tag@EXAMPLE.Org", "Alice.B+tag@example.org" },
	{ "  alice@example.org ", "alice@example.org" },
	{ "\"a b\"@example.org", "\"a b\"@example.org" },
	{ "\"a.b\"@example.org", "a.b@example.org" },
	{ "\"a@b\"@example.org", "\"a@b\"@example.org" },
	{ "\"a\\\"b\"@example.org", "\"a\\\"b\"@example.org" },
	{ "o'neill@example.org", "o'neill@example.org" },
	{ "x@localhost", "x@localhost" },
	{ "\xe7\x94\xa8\xe6\x88\xb7@\xe4\xbe\x8b.jp",
		"\xe7\x94\xa8\xe6\x88\xb7@\xe4\xbe\x8b.jp" },
	{ "", NULL },
	{ "alice", NULL },
	{ "@example.org", NULL },
	{ "alice@", NULL },
	{ ".a@example.org", NULL },
	{ "a..b@example.org", NULL },
	{ "a.@example.org", NULL },
	{ "a b@example.org", NULL },
	{ "a@b@example.org", NULL },
	{ "<a@example.org>", NULL },
	{ "a@example..org", NULL },
	{ "a@-example.org", NULL },
	{ "a@example.org\r\nDATA", NULL },
	{ "a\r\n@example.org", NULL },
	{ "\"a\r\nb\"@example.org", NULL },
	{ "\"a\\\nb\"@example.org", NULL },
	{ "\"\"@example.org", NULL },
	{ "\"a\"b\"@example.org", NULL },
	{ "\"a\\\"@example.org", NULL },
	{ "a@[127.0.0.1]", NULL },
	{ "a@exa mple.org", NULL },
	{ "a\x80@example.org", NULL },
	{ "a\xe2\x80\x8b@example.org", NULL }, /* zero width space */
	{ "a@exa\xe2\x80\xaemple.org", NULL }, /* writes backwards */
	{ "0123456789012345678901234567890123456789012345678901234567890123"
	  "x@example.org",
		NULL },
};

static void addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[ADDRESS_MAX + 1];
		int status = address_normalize(
			slice_of(rows[i].text), out, sizeof(out));

		if ((status == 0) != (rows[i].normal != NULL))
			fail_msg("%zu: %s", i, rows[i].text);
		if (status == 0)
			assert_string_equal(out, rows[i].normal);
	}
}

static void parts(void **state)
{
	(void)state;
	assert_string_equal(
		address_domain("\"a@b\"@example.org"), "example.org");
	assert_true(address_equals("Alice@example.org", "alice@example.org"));
	assert_false(address_equals("alice@example.org", "alice@example.com"));
	assert_false(address_needs_utf8("a@\xe4\xbe\x8b.jp"));
	assert_true(address_needs_utf8("\xe7\x94\xa8@example.jp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
