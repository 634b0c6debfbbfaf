/* Numbers of failures, and what they mean. */
#include "sms_modem/cause.h"

#include "base/macros.h"
#include "sms_modem/rows.h"

static void test_errors(void **state)
{
	(void)state;
	static const struct {
		enum at_error error;
		int code;
		enum sms_class class;
	} rows[] = {
		{ AT_ERROR_CMS, 1, SMS_BAD_DEST },
		{ AT_ERROR_CMS, 8, SMS_BLOCKED },
		{ AT_ERROR_CMS, 21, SMS_BLOCKED },
		{ AT_ERROR_CMS, 28, SMS_AUTH },
		{ AT_ERROR_CMS, 38, SMS_RETRY },
		{ AT_ERROR_CMS, 42, SMS_THROTTLE },
		{ AT_ERROR_CMS, 192, SMS_THROTTLE },
		{ AT_ERROR_CMS, 195, SMS_BAD_DEST },
		{ AT_ERROR_CMS, 208, SMS_PERM }, /* the centre's own */
		{ AT_ERROR_CMS, 304, SMS_BAD_CONTENT },
		{ AT_ERROR_CMS, 310, SMS_LINK },
		{ AT_ERROR_CMS, 331, SMS_RETRY },
		{ AT_ERROR_CMS, 9999, SMS_RETRY },
		{ AT_ERROR_CME, 10, SMS_LINK },
		{ AT_ERROR_CME, 30, SMS_RETRY },
		{ AT_ERROR_CME, 1, SMS_RETRY }, /* not the network's */
		{ AT_ERROR_PLAIN, -1, SMS_RETRY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cause cause =
			cause_of_error(rows[i].error, rows[i].code);

		row_number(i, "class", cause.class, rows[i].class);
		assert_non_null(cause.words);
	}
	assert_true(cause_is_full(AT_ERROR_CMS, 322));
	assert_true(cause_is_full(AT_ERROR_CME, 20));
	assert_false(cause_is_full(AT_ERROR_CME, 322));
	assert_true(cause_is_silence(AT_ERROR_CMS, 332));
	assert_false(cause_is_silence(AT_ERROR_CMS, 331));
}

static void test_reports(void **state)
{
	(void)state;
	static const struct {
		unsigned status;
		enum sms_state state;
		enum sms_class class;
	} rows[] = {
		{ 0x00, SMS_DELIVERED, SMS_OK },
		{ 0x01, SMS_ACCEPTED, SMS_OK }, /* not known to be there */
		{ 0x02, SMS_DELETED, SMS_OK },
		{ 0x1f, SMS_ACCEPTED, SMS_OK },
		{ 0x20, SMS_ENROUTE, SMS_OK },
		{ 0x3f, SMS_ENROUTE, SMS_OK },
		{ 0x40, SMS_UNDELIVERABLE, SMS_OK },
		{ 0x42, SMS_REJECTED, SMS_BLOCKED },
		{ 0x43, SMS_UNDELIVERABLE, SMS_OK },
		{ 0x46, SMS_EXPIRED, SMS_OK },
		{ 0x48, SMS_DELETED, SMS_OK },
		{ 0x5f, SMS_UNDELIVERABLE, SMS_OK },
		{ 0x60, SMS_EXPIRED, SMS_OK },
		{ 0x7f, SMS_EXPIRED, SMS_OK },
		{ 0x80, SMS_UNKNOWN, SMS_OK },
		{ 0xff, SMS_UNKNOWN, SMS_OK },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cause_state s = cause_of_status(rows[i].status);

		row_number(i, "state", s.state, rows[i].state);
		row_number(i, "class", s.cause.class, rows[i].class);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
