/* Texts of SMTP: bytes of mails however they are cut, codes, addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "email_worker/smtp_text.h"

static const struct {
	const char *in, *out;
} mails[] = {
	{ "", "\r\n.\r\n" },
	{ "a", "a\r\n.\r\n" },
	{ "a\r\n", "a\r\n.\r\n" },
	{ "a\nb\rc\r\n", "a\r\nb\r\nc\r\n.\r\n" },
	{ ".", "..\r\n.\r\n" },
	{ "..\r\n.x\r\n", "...\r\n..x\r\n.\r\n" },
	{ "a.b\r\n", "a.b\r\n.\r\n" },
	/* What was tried to smuggle a second mail in. */
	{ "a\n.\nMAIL FROM:<x>\r\n", "a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n" },
	{ "a\r.\rb", "a\r\n..\r\nb\r\n.\r\n" },
	{ "a\r\n.\n\r\n", "a\r\n..\r\n\r\n.\r\n" },
	{ "a\r\r\n\n", "a\r\n\r\n\r\n.\r\n" },
};

static void check_mail(size_t i, size_t cut)
{
	struct slice in = slice_of(mails[i].in);
	struct str out;
	char last;

	str_init(&out, 200);
	last = smtp_add_data(&out, slice_make(in.data, cut), '\0');
	last = smtp_add_data(
		&out, slice_make(in.data + cut, in.len - cut), last);
	str_add(&out, smtp_data_end(last));
	if (strcmp(str_text(&out), mails[i].out) != 0)
		fail_msg("mail %zu cut at %zu: %s", i, cut, str_text(&out));
	str_finish(&out);
}

static void test_data(void **state)
{
	(void)state;

	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		for (size_t cut = 0; cut <= strlen(mails[i].in); cut++)
			check_mail(i, cut);
	}
}

static void test_codes(void **state)
{
	(void)state;
	static const char *const rows[][3] = {
		{ "5.1.1 No such user", "5.1.1", "No such user" },
		{ "4.7.123 x", "4.7.123", "x" },
		{ "2.0.0", "2.0.0", "" },
		{ "5.1 x", "", "5.1 x" },
		{ "5.1.1x", "", "5.1.1x" },
		{ "5.1.1234 x", "", "5.1.1234 x" },
		{ "5..1 x", "", "5..1 x" },
		{ "no", "", "no" },
		{ "", "", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice words = slice_of(rows[i][0]);
		struct slice code = smtp_cut_code(&words);

		assert_true(slice_equals(code, rows[i][1]));
		assert_true(slice_equals(words, rows[i][2]));
	}
}

static void test_addresses(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool ascii, utf8;
	} rows[] = {
		{ "a@b", true, true },
		{ "", true, true },
		{ "\"a b\"@c", true, true },
		{ "\xc3\xbc@b", false, true },
		{ "a@b\r\nRCPT TO:<c", false, false },
		{ "a@b\n", false, false },
		{ "a>@b", false, false },
		{ "<a@b", false, false },
		{ "a\x01@b", false, false },
		{ "a\x7f@b", false, false },
	};
	char longest[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice text = slice_of(rows[i].text);

		assert_int_equal(smtp_is_address(text, false), rows[i].ascii);
		assert_int_equal(smtp_is_address(text, true), rows[i].utf8);
	}
	assert_false(smtp_is_address(slice_make("a\0b", 3), true));
	memset(longest, 'a', sizeof(longest));
	assert_true(smtp_is_address(slice_make(longest, 254), false));
	assert_false(smtp_is_address(slice_make(longest, 255), false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
