/*
 * Plain texts: flowed ones both ways, signed ones, files among the lines.
 */
#include "email_worker/plain.h"

#include "email_worker/flow.h"
#include "email_worker/rows.h"

static void unflow(struct str *out, struct slice in)
{
	plain_unflow(out, in, false);
}

static void unflow_cjk(struct str *out, struct slice in)
{
	plain_unflow(out, in, true);
}

static void test_unflow(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "", "" },
		{ "a\nb", "a\nb" },
		{ "a \nb", "a b" },
		{ "a \r\nb \r\nc\r\nd", "a b c\nd" },
		{ " From x\n >y", "From x\n>y" },
		{ ">a \n>b\n>>c", "> a b\n>> c" },
		{ "> a \n> b", "> a b" },
		{ "> a \nb", "> a \nb" },
		{ "a \n-- \nb", "a \n-- \nb" },
		{ "a\n\nb", "a\n\nb" },
		{ "\na", "\na" },
	};
	static const struct text_row cjk[] = { { "a \nb", "ab" } };

	CHECK_ROWS(rows, unflow);
	CHECK_ROWS(cjk, unflow_cjk);
}

static void test_flow(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "", "" },
		{ "a", "a\r\n" },
		{ "a\n\nb\n", "a\r\n\r\nb\r\n" },
		{ "a  ", "a\r\n" },
		{ "From x", " From x\r\n" },
		{ " x", "  x\r\n" },
		{ "> x", "> x\r\n" },
		{ "-- ", "--\r\n" },
		{ "a\rb\x01", "a\r\nb\r\n" },
	};

	CHECK_ROWS(rows, flow_text);
}

static void test_quote(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "a\r\n", "a\r\n" },
		{ "a=b\r\n", "a=3Db\r\n" },
		{ "a \r\n", "a=20\r\n" },
		{ "ü\r\n", "=C3=BC\r\n" },
		{ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "xxxxxxxxxxxxxxxxxxxxüx\r\n",
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"xxxxxxxxxxxxxxxxxxxxxxx=\r\n=C3=BCx\r\n" },
	};

	CHECK_ROWS(rows, flow_quote);
}

static void unarmour(struct str *out, struct slice in)
{
	if (!plain_unarmour(out, in))
		str_reset(out);
}

static void test_unarmour(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "a", "" },
		{ "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
		  "a\n- -- b\n-----BEGIN PGP SIGNATURE-----\n\nx\n"
		  "-----END PGP SIGNATURE-----\n",
			"a\n-- b\n" },
		{ "-----BEGIN PGP MESSAGE-----\n\nx\n", "" },
	};

	CHECK_ROWS(rows, unarmour);
}

static void file_name(struct str *out, struct slice in)
{
	struct plain_file file;

	if (plain_find_file(in, &file))
		str_add_slice(out, file.name);
}

static void test_file(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "a\nbegin 644 x.txt\n#0V%T\n`\nend\n", "x.txt" },
		{ "begin 644 a b.txt\n`\nend", "a b.txt" },
		{ "begin 644 x\nno such line, surely not\nend", "" },
		{ "begin 644 x\n#0V%T\n", "" },
		{ "begin the day\n#0V%T\nend\n", "" },
		{ "begin 999 x\nend\n", "" },
		{ "begin 644 x\n\nend\n", "" },
	};

	CHECK_ROWS(rows, file_name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unflow),
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_unarmour),
		cmocka_unit_test(test_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
