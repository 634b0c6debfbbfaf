/*
 * Subjects, names of files, one-time codes.
 */
#include "email_worker/subject.h"

#include "email_worker/code.h"
#include "email_worker/filename.h"
#include "email_worker/rows.h"

static void base(struct str *out, struct slice in)
{
	str_add_slice(out, subject_base(in, false));
}

static void list_base(struct str *out, struct slice in)
{
	str_add_slice(out, subject_base(in, true));
}

static void test_base(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "", "" },
		{ "lunch", "lunch" },
		{ "Re: lunch", "lunch" },
		{ "RE : lunch", "lunch" },
		{ "Re[2]: lunch", "lunch" },
		{ "Re: Fwd: AW: lunch", "lunch" },
		{ "Antw: SV: Vs: lunch", "lunch" },
		{ "TR : Réf: midi", "Réf: midi" },
		{ "RV: comida", "comida" },
		{ "Odp: obiad", "obiad" },
		{ "YNT: yemek", "yemek" },
		{ "回复：午餐", "午餐" },
		{ "答复: 转发: 午餐", "午餐" },
		{ "返信: 昼食", "昼食" },
		{ "회신: 점심", "점심" },
		{ "Re:", "Re:" },
		{ "Re: Re:", "Re:" },
		{ "Regarding: lunch", "Regarding: lunch" },
		{ "Report: done", "Report: done" },
		{ "[ticket 5] x", "[ticket 5] x" },
	};
	static const struct text_row lists[] = {
		{ "[dev] topic", "topic" },
		{ "Re: [dev] Re: topic", "topic" },
		{ "[dev]", "[dev]" },
	};

	CHECK_ROWS(rows, base);
	CHECK_ROWS(lists, list_base);
}

static void test_forward(void **state)
{
	(void)state;
	static const struct {
		const char *subject;
		bool is_forward;
	} rows[] = {
		{ "Fwd: x", true },
		{ "FW: x", true },
		{ "WG: x", true },
		{ "TR: x", true },
		{ "[dev] Fwd: x", true },
		{ "转发: x", true },
		{ "Re: Fwd: x", false },
		{ "Re: x", false },
		{ "Forward: march", false },
		{ "", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(subject_is_forward(slice_of(rows[i].subject)),
			rows[i].is_forward);
}

static void name(struct str *out, struct slice in)
{
	filename_clean(out, in.data, "image/png");
}

static void test_filename(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "a.pdf", "a.pdf" },
		{ "../../etc/passwd", "passwd" },
		{ "C:\\dir\\a.doc", "a.doc" },
		{ "", "image.png" },
		{ "..", "image.png" },
		{ ".bashrc", "bashrc" },
		{ "a/", "image.png" },
		{ "a\x01\nb.txt", "a b.txt" },
		{ "inv\xe2\x80\xaegpj.exe", "invgpj.exe" },
		{ "a:b*c?.txt", "a_b_c_.txt" },
		{ "Отчёт.pdf", "Отчёт.pdf" },
	};

	CHECK_ROWS(rows, name);
	struct str out;
	char text[400];
	str_init(&out, 1000);
	memset(text, 'x', sizeof(text));
	text_copy(text + 300, 100, ".tar.gz");
	filename_clean(&out, text, "");
	assert_int_equal(out.len, FILENAME_MAX_BYTES);
	assert_string_equal(out.data + out.len - 3, ".gz");
	str_finish(&out);
	assert_string_equal(filename_type("a.JPG"), "image/jpeg");
	assert_string_equal(filename_type("a"), "application/octet-stream");
}

static void code(struct str *out, struct slice in)
{
	str_add_slice(out, code_find(in));
}

static void test_code(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "Your code is 123456", "123456" },
		{ "Your verification code: 12 34", "" },
		{ "123456 is your login code", "123456" },
		{ "G-123456 is your verification code", "123456" },
		{ "Use code 123-456 now", "123-456" },
		{ "Use code 123 456 now", "123 456" },
		{ "Code:\n\n*4821*\n", "4821" },
		{ "Ihr Bestätigungscode lautet 987654.", "987654" },
		{ "Su código es 5512", "5512" },
		{ "Ваш код: 7788", "7788" },
		{ "您的验证码是 665544，请勿泄露", "665544" },
		{ "認証コード：112233", "112233" },
		{ "no digits in this code", "" },
		{ "call 123456", "" },
		{ "code of conduct 2026", "" },
		{ "Your code costs $1234", "" },
		{ "Code on 2026-11-03", "" },
		{ "code https://x.y/?c=123456", "" },
		{ "code +491234567", "" },
		{ "code 123456789", "" },
		{ "Order ABC-12345, code 4711", "4711" },
	};

	CHECK_ROWS(rows, code);
	assert_true(code_is_meant(slice_of("Your login code")));
	assert_false(code_is_meant(slice_of("Encoder for sale")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_filename),
		cmocka_unit_test(test_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
