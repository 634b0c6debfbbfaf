/*
 * What refusals of mail servers mean.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "email/refusal.h"

static const struct row {
	unsigned code;
	const char *status, *words;
	enum gw_reason reason;
	bool is_temporary;
} rows[] = {
	{ 421, "", "Too busy", GW_UNREACHABLE, true },
	{ 450, "4.2.0", "Greylisted", GW_UNREACHABLE, true },
	{ 452, "4.2.2", "Quota", GW_UNREACHABLE, true },
	{ 550, "5.5.0", "Not now", GW_UNREACHABLE, true },
	{ 550, "5.1.1", "No such user", GW_NO_SUCH, false },
	{ 550, "5.1.10", "Null MX", GW_NO_SUCH, false },
	{ 550, "5.2.1", "Disabled", GW_NO_SUCH, false },
	{ 550, "", "No such user", GW_NO_SUCH, false },
	{ 550, "", "5.7.1 Spam", GW_POLICY, false },
	{ 551, "", "Moved", GW_NO_SUCH, false },
	{ 553, "", "Syntax", GW_NO_SUCH, false },
	{ 550, "5.1.2", "Bad domain", GW_NO_HOST, false },
	{ 550, "5.4.4", "No route", GW_NO_HOST, false },
	{ 552, "5.2.2", "Mailbox full", GW_BUSY, false },
	{ 550, "5.2.2", "Mailbox full", GW_BUSY, false },
	{ 552, "5.3.4", "Too big", GW_NOT_ACCEPTABLE, false },
	{ 552, "", "Too big", GW_NOT_ACCEPTABLE, false },
	{ 554, "", "Rejected", GW_POLICY, false },
	{ 554, "5.7.1", "Spam", GW_POLICY, false },
	{ 550, "5.6.7", "No SMTPUTF8", GW_NOT_ACCEPTABLE, false },
	{ 535, "5.7.8", "Bad password", GW_BAD_PASSWORD, true },
	{ 530, "", "Log in first", GW_BAD_PASSWORD, true },
	{ 0, "5.1.1", "From a bounce", GW_NO_SUCH, false },
};

static void refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct refusal r;

		refusal_read(&r, row->code, slice_of(row->status),
			slice_of(row->words));
		if (r.reason != row->reason ||
			r.is_temporary != row->is_temporary)
			fail_msg("%zu: %u %s gives %d, %d", i, row->code,
				row->status, (int)r.reason, r.is_temporary);
		assert_memory_equal(r.text, row->words, strlen(row->words));
		/* A final one says what to do. */
		const char *step = r.text + strlen(row->words);

		if (row->is_temporary)
			assert_string_equal(step, "");
		else
			assert_true(strncmp(step, ". ", 2) == 0 &&
				    step[strlen(step) - 1] == '.');
	}
}

static void hostile_words(void **state)
{
	struct refusal r;
	char words[5000];

	(void)state;
	memset(words, 0xff, sizeof(words));
	refusal_read(&r, 550, slice_of(""), slice_make(words, sizeof(words)));
	assert_true(strlen(r.text) < sizeof(r.text));
	refusal_read(&r, 550, slice_of(""), slice_of(""));
	assert_string_equal(r.text, "The mail server refused it. Check the "
				    "address.");
	refusal_read(&r, 550, slice_of(""), slice_make("a\0b\x01", 4));
	assert_non_null(strstr(r.text, "a\xef\xbf\xbd"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals),
		cmocka_unit_test(hostile_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
