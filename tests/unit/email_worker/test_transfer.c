/*
 * Transfer encodings, whole and damaged.
 */
#include "email_worker/transfer.h"

#include "email_worker/rows.h"

static int add(void *context, struct slice piece)
{
	str_add_slice(context, piece);
	return 0;
}

static void decode(
	struct str *out, struct slice in, enum transfer_encoding encoding)
{
	struct mail_sink sink = { add, out };
	int64_t size = transfer_decode(encoding, in, &sink);

	assert_int_equal(size, out->len);
	assert_int_equal(transfer_decode(encoding, in, NULL), size);
}

static void base64(struct str *out, struct slice in)
{
	decode(out, in, TRANSFER_BASE64);
}

static void quoted(struct str *out, struct slice in)
{
	decode(out, in, TRANSFER_QUOTED);
}

static void uu(struct str *out, struct slice in)
{
	decode(out, in, TRANSFER_UU);
}

static void test_base64(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "", "" },
		{ "aGVsbG8=", "hello" },
		{ "aGVs\r\nbG8=\r\n", "hello" },
		{ "aGVsbG8", "hello" },
		{ "aGVs!!bG8=", "hello" },
		{ "aGVs bG8=", "hello" },
		{ "aGVsbG8=aGVsbG8=", "hellohello" },
		{ "\r\n\r\naGVsbG8=", "hello" },
		{ "aGVsbG8=\n\n-- \na footer", "hello" },
		{ "aGVs\n\nbG8=\n", "hello" },
		{ "a", "" },
		{ "====", "" },
	};

	CHECK_ROWS(rows, base64);
}

static void test_quoted(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "", "" },
		{ "a=20b", "a b" },
		{ "a=3D=c3=BC", "a=ü" },
		{ "soft=\r\nbreak", "softbreak" },
		{ "soft=\nbreak", "softbreak" },
		{ "soft= \t\r\nbreak", "softbreak" },
		{ "a  \r\nb", "a\r\nb" },
		{ "a=20\r\nb", "a \r\nb" },
		{ "=ZZ =4 =", "=ZZ =4 =" },
		{ "a=", "a=" },
		{ "a\n\nb", "a\r\n\r\nb" },
	};

	CHECK_ROWS(rows, quoted);
}

static void test_uu(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "", "" },
		{ "begin 644 a\n#0V%T\n`\nend\n", "Cat" },
		{ "#0V%T\r\n`\r\nend\r\nrest", "Cat" },
		{ "#0V%\n", "Ca@" },
	};

	CHECK_ROWS(rows, uu);
}

static int stop(void *context, struct slice piece)
{
	(void)context;
	(void)piece;
	return -1;
}

static void test_stop(void **state)
{
	(void)state;
	struct mail_sink sink = { stop, NULL };

	for (int e = TRANSFER_NONE; e <= TRANSFER_QUOTED; e++)
		assert_int_equal(transfer_decode((enum transfer_encoding)e,
					 slice_of("aGVsbG8="), &sink),
			-1);
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(
		transfer_by_name(slice_of(" BASE64 ")), TRANSFER_BASE64);
	assert_int_equal(transfer_by_name(slice_of("Quoted-Printable")),
		TRANSFER_QUOTED);
	assert_int_equal(transfer_by_name(slice_of("8bit")), TRANSFER_NONE);
	assert_int_equal(transfer_by_name(slice_of(NULL)), TRANSFER_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_uu),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
