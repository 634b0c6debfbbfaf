/*
 * Clocks real and virtual, and XEP-0082 stamps both ways.
 */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/macros.h"

#include <cmocka.h>

static void test_real(void **state)
{
	(void)state;
	int64_t before = clock_ms();
	int64_t wall = clock_wall_ms();

	assert_false(clock_is_virtual());
	assert_true(clock_ms() >= before);
	assert_true(wall / 1000 - (int64_t)time(NULL) < 5);
	assert_true((int64_t)time(NULL) - wall / 1000 < 5);
}

static void test_virtual(void **state)
{
	(void)state;
	clock_use_virtual(1700000000123);
	assert_true(clock_is_virtual());
	int64_t start = clock_ms();
	assert_true(clock_wall_ms() == 1700000000123);
	assert_true(clock_ms() == start);
	clock_advance(0);
	clock_advance(877);
	assert_true(clock_ms() == start + 877);
	assert_true(clock_wall_ms() == 1700000001000);
	clock_use_real();
	assert_false(clock_is_virtual());
	assert_true(clock_wall_ms() != 1700000001000);
}

static void test_format(void **state)
{
	(void)state;
	static const struct {
		int64_t ms;
		const char *want;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ 86399999, "1970-01-01T23:59:59.999Z" },
		{ 951782400000, "2000-02-29T00:00:00Z" },
		{ 951868800000, "2000-03-01T00:00:00Z" },
		{ 1078012800000, "2004-02-29T00:00:00Z" },
		{ 1732179600123, "2024-11-21T09:00:00.123Z" },
		{ 4107542400000, "2100-03-01T00:00:00Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
		{ -1, "1970-01-01T00:00:00Z" },
		{ INT64_MIN, "1970-01-01T00:00:00Z" },
		{ INT64_MAX, "9999-12-31T23:59:59.999Z" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[CLOCK_STAMP_SIZE];

		clock_format(out, rows[i].ms);
		if (strcmp(out, rows[i].want) != 0)
			fail_msg("row %zu: %s", i, out);
	}
}

/* Every day of 400 years and more, against the C library. */
static void test_format_every_day(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 160000; day++) {
		char got[CLOCK_STAMP_SIZE], want[CLOCK_STAMP_SIZE];
		time_t seconds = (time_t)(day * 86400 + day % 86400);
		struct tm tm;
		int64_t back;

		gmtime_r(&seconds, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm);
		clock_format(got, (int64_t)seconds * 1000);
		if (strcmp(got, want) != 0)
			fail_msg("%s instead of %s", got, want);
		assert_int_equal(clock_parse(slice_of(got), &back), 0);
		assert_true(back == (int64_t)seconds * 1000);
	}
}

static void test_parse(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ms; /* -1: refused */
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:00.5Z", 500 },
		{ "1970-01-01T00:00:00.05Z", 50 },
		{ "1970-01-01T00:00:00.123456789123456Z", 123 },
		{ "1970-01-01T02:00:00+02:00", 0 },
		{ "1969-12-31T22:30:00-01:30", 0 },
		{ "2002-09-10T23:08:25Z", 1031699305000 },
		{ "2016-12-31T23:59:60Z", 1483228800000 },
		{ "20020910T23:08:25", 1031699305000 }, /* XEP-0091 */
		{ "9999-12-31T23:59:59.999Z", 253402300799999 },
		{ "", -1 },
		{ "1970-01-01", -1 },
		{ "1970-01-01T00:00:00", -1 },
		{ "1970-01-01T00:00:00.Z", -1 },
		{ "1970-01-01T00:00:00z", -1 },
		{ "1970-01-01 00:00:00Z", -1 },
		{ "1970-01-01T00:00:00Z ", -1 },
		{ " 1970-01-01T00:00:00Z", -1 },
		{ "1970-1-01T00:00:00Z", -1 },
		{ "1970-0101T00:00:00Z", -1 },
		{ "197001-01T00:00:00Z", -1 },
		{ "1970-01-01T0:00:00Z", -1 },
		{ "1970-01-01T00:00:00+2:00", -1 },
		{ "1970-01-01T00:00:00+0200", -1 },
		{ "1970-01-01T00:00:00+24:00", -1 },
		{ "1970-01-01T00:00:00+00:60", -1 },
		{ "1970-01-01T00:00:00+00:01", -1 }, /* before 1970 */
		{ "1969-12-31T23:59:59Z", -1 },
		{ "9999-12-31T23:59:59-00:01", -1 },
		{ "0000-01-01T00:00:00Z", -1 },
		{ "-1970-01-01T00:00:00Z", -1 },
		{ "1970-00-01T00:00:00Z", -1 },
		{ "1970-13-01T00:00:00Z", -1 },
		{ "1970-01-00T00:00:00Z", -1 },
		{ "1970-01-32T00:00:00Z", -1 },
		{ "1970-02-29T00:00:00Z", -1 },
		{ "2000-02-29T00:00:00Z", 951782400000 },
		{ "2100-02-29T00:00:00Z", -1 },
		{ "1970-01-01T24:00:00Z", -1 },
		{ "1970-01-01T00:60:00Z", -1 },
		{ "1970-01-01T00:00:61Z", -1 },
		{ "20020910T23:08:25Z", -1 },
		{ "20020910T23:08", -1 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t ms = -7;
		int ret = clock_parse(slice_of(rows[i].text), &ms);
		int64_t want = rows[i].ms < 0 ? -7 : rows[i].ms;

		if (ret != (rows[i].ms < 0 ? -1 : 0) || ms != want)
			fail_msg("row %zu (%s): %d, %lld", i, rows[i].text, ret,
				(long long)ms);
	}
	int64_t ms;
	assert_int_equal(clock_parse(slice_of(NULL), &ms), -1);
}

/* Every prefix of a good stamp is refused without reading beyond it. */
static void test_parse_prefixes(void **state)
{
	(void)state;
	static const char *const texts[] = { "2002-09-10T23:08:25.1+02:00",
		"20020910T23:08:25" };
	for (size_t i = 0; i < COUNT(texts); i++) {
		for (size_t len = 0; len < strlen(texts[i]); len++) {
			char *exact = strndup(texts[i], len);
			int64_t ms;

			if (clock_parse(slice_make(exact, len), &ms) != -1)
				fail_msg("\"%s\"", exact);
			free(exact);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_virtual),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_every_day),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_prefixes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
