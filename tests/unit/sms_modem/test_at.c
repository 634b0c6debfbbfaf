/*
 * Lines of a modem: however they are cut, and whatever stands between them.
 */
#include "sms_modem/at.h"

#include "base/macros.h"
#include "base/str.h"
#include "sms_modem/rows.h"

/* What was read, as text: a kind, and the parts of the line. */
static void note(struct str *out, const struct at_line *line)
{
	static const char kinds[] = "LKEP";

	str_add_char(out, kinds[line->kind]);
	if (line->kind == AT_ERROR)
		str_addf(out, "%d,%d", (int)line->error, line->code);
	else
		str_add_slice(out, line->text);
	if (line->pdu.len > 0)
		str_addf(out, "/%.*s", (int)line->pdu.len, line->pdu.data);
	str_add_char(out, '|');
}

/* Feed `input` in pieces of `step` bytes. */
static void read_all(
	struct slice input, size_t step, bool wants_prompt, struct str *out)
{
	struct at_reader r = { .wants_prompt = wants_prompt };
	size_t start = 0;

	for (size_t end = 0; end < input.len;) {
		struct at_line line;
		size_t used;
		bool found = true;

		end = end + step < input.len ? end + step : input.len;
		while (found) {
			found = at_next(&r,
				slice_make(input.data + start, end - start),
				&line, &used);
			if (found)
				note(out, &line);
			start += used;
		}
	}
}

static void test_streams(void **state)
{
	(void)state;
	static const struct {
		const char *input, *want;
	} rows[] = {
		{ "", "" },
		{ "\r\n", "" },
		{ "OK", "" },
		{ "\r\nOK\r\n", "KOK|" },
		{ "ok\r", "Kok|" },
		{ "AT\r\r\nOK\r\n", "LAT|KOK|" },
		{ "\r\nERROR\r\n", "E0,-1|" },
		{ "\r\nCOMMAND NOT SUPPORT\r\n", "E0,-1|" },
		{ "\r\n+CMS ERROR: 322\r\n", "E1,322|" },
		{ "\r\n+CME ERROR: 10\r\n", "E2,10|" },
		{ "\r\n+CME ERROR: SIM busy\r\n", "E2,-1|" },
		{ "\r\n+CMS ERROR: 9999999999\r\n", "E1,-1|" },
		{ "\r\n+CMS ERROR:\r\n", "E1,-1|" },
		{ "\r\n+CPIN: READY\r\n\r\nOK\r\n", "L+CPIN: READY|KOK|" },
		{ "\r\n+CMTI: \"SM\",3\r\n", "L+CMTI: \"SM\",3|" },
		{ "\r\n+CMT: ,2\r\n0011\r\n", "L+CMT: ,2/0011|" },
		{ "\r\n+CDS: 2\r\n00aA\r\n", "L+CDS: 2/00aA|" },
		{ "\r\n+CMGL: 1,0,,2\r\n0011\r\n+CMGL: 2,0,,2\r\n22\r\nOK\r\n",
			"L+CMGL: 1,0,,2/0011|L+CMGL: 2,0,,2/22|KOK|" },
		/* The second line is missing, is none, is half a digit. */
		{ "\r\n+CMGR: 0,,0\r\n\r\nOK\r\n", "L+CMGR: 0,,0|KOK|" },
		{ "+CMT: ,2\r\nRING\r\n", "L+CMT: ,2|LRING|" },
		{ "+CMT: ,2\r\n001\r\n", "L+CMT: ,2|L001|" },
		{ "+CMT: ,2\r\n0011", "" },
		{ "+CMT: ,2\r\n", "" },
		/* Noise. */
		{ "\0\0\x7f \r\nOK\r\n", "" },
		{ "> \r\nOK\r\n", "L>|KOK|" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice input = slice_of(rows[i].input);
		struct str out;

		str_init(&out, 4096);
		for (size_t step = 1; step <= input.len + 1; step++) {
			str_reset(&out);
			read_all(input, step, false, &out);
			row_slice(i, "lines", str_slice(&out), rows[i].want);
		}
		str_finish(&out);
	}
}

static void test_prompt(void **state)
{
	(void)state;
	struct slice input =
		slice_of("AT+CMGS=1\r\r\n> \r\n+CMGS: 1\r\n> \r\n");
	struct str out;

	str_init(&out, 4096);
	for (size_t step = 1; step <= input.len; step++) {
		str_reset(&out);
		read_all(input, step, true, &out);
		/* Only the first is one. */
		assert_string_equal(
			str_text(&out), "LAT+CMGS=1|P>|L+CMGS: 1|L>|");
	}
	str_finish(&out);
}

static void test_long_lines(void **state)
{
	(void)state;
	struct str input, out;

	str_init(&input, 64 * 1024);
	str_init(&out, 64 * 1024);
	str_add(&input, "\r\nOK\r\n");
	for (int i = 0; i <= AT_LINE_MAX; i++)
		str_add_char(&input, '0');
	str_add(&input, "\r\nOK\r\n+CMT: ,2\r\n");
	for (int i = 0; i <= AT_LINE_MAX; i++)
		str_add_char(&input, '0');
	str_add(&input, "\r\nERROR\r\n");
	for (size_t step = 1; step < 5000; step += 499) {
		str_reset(&out);
		read_all(str_slice(&input), step, false, &out);
		assert_string_equal(str_text(&out), "KOK|KOK|L+CMT: ,2|E0,-1|");
	}
	str_finish(&input);
	str_finish(&out);
}

static struct at_line line_of(const char *text)
{
	struct at_reader r = { 0 };
	struct at_line line;
	size_t used;

	assert_true(at_next(&r, slice_of(text), &line, &used));
	return line;
}

static void test_news(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		enum at_news news;
	} rows[] = {
		{ "+CMTI: \"SM\",3\r", AT_NEWS_STORED },
		{ "+CMT: ,2\r\n00\r", AT_NEWS_TEXT },
		{ "+CDSI: \"SM\",3\r", AT_NEWS_STORED_REPORT },
		{ "+CDS: 2\r\n00\r", AT_NEWS_REPORT },
		{ "+CREG: 1\r", AT_NEWS_NETWORK },
		{ "+CPIN: NOT INSERTED\r", AT_NEWS_SIM },
		{ "+CIEV: 8,1\r", AT_NEWS_INDICATOR },
		{ "^SYSSTART\r", AT_NEWS_BOOT },
		{ "RDY\r", AT_NEWS_BOOT },
		{ "RING\r", AT_NEWS_NONE },
		{ "^RSSI: 5\r", AT_NEWS_NONE },
		{ "+CMTIX: 5\r", AT_NEWS_NONE },
		{ "OK\r", AT_NEWS_NONE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct at_line line = line_of(rows[i].line);

		row_number(i, "news", at_news(&line), rows[i].news);
	}
}

static void test_values(void **state)
{
	(void)state;
	struct at_line line =
		line_of("+X:  \"a,b\" , c ,, \"\",12,-1,1234567890,\"9\", \r");
	static const char *const texts[] = { "a,b", "c", "", "" };
	static const int numbers[] = { 12, -1, -1, 9, -1, -1 };
	struct slice value;

	assert_true(slice_equals(line.name, "+X"));
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_true(at_value(&line.args, &value));
		row_slice(i, "value", value, texts[i]);
	}
	for (size_t i = 0; i < COUNT(numbers); i++)
		row_number(i, "number", at_number(&line.args), numbers[i]);
	assert_false(at_value(&line.args, &value));
	/* No end, and nothing behind it. */
	line = line_of("+X: \"a\r");
	assert_true(at_value(&line.args, &value));
	assert_true(slice_equals(value, "a"));
	assert_false(at_value(&line.args, &value));
	line = line_of("+X\r");
	assert_false(at_value(&line.args, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_prompt),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
