/*
 * The alphabets against the tables as they are printed, cell by cell.
 */
#include "sms_data/national.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"

struct printed {
	char kind[10], language[4];
	unsigned long cells[128];
};

/* The next table; false at the end. */
static bool read_table(FILE *file, struct printed *t)
{
	char line[200];

	do {
		if (fgets(line, sizeof(line), file) == NULL)
			return false;
	} while (line[0] == '#');
	assert_int_equal(sscanf(line, "%9s %3s", t->kind, t->language), 2);
	for (size_t low = 0; low < 16; low++) {
		char *at = line;

		assert_non_null(fgets(line, sizeof(line), file));
		for (size_t high = 0; high < 8; high++)
			t->cells[high * 16 + low] = strtoul(at, &at, 16);
	}
	return true;
}

static void check_cell(
	const struct printed *t, unsigned language, unsigned char septet)
{
	bool is_single = strcmp(t->kind, "single") == 0;
	uint32_t want = (uint32_t)t->cells[septet];
	uint32_t got = is_single ? national_single(language, septet)
				 : national_locking(language, septet);
	int back = is_single ? national_find_single(language, want)
			     : national_find_locking(language, want);

	if (got != want)
		fail_msg("%s %s 0x%02x: U+%04X, not U+%04X", t->kind,
			t->language, septet, got, want);
	if (want == 0)
		return;
	/* Some are there twice; the first is used. */
	if (back < 0 || back > septet || t->cells[back] != want)
		fail_msg("%s %s U+%04X: 0x%02x", t->kind, t->language, want,
			(unsigned)back);
}

static void test_cells(void **state)
{
	(void)state;
	FILE *file = fopen(TEST_DATA "/gsm_tables.txt", "r");
	struct printed t;
	int count = 0;

	assert_non_null(file);
	for (; read_table(file, &t); count++) {
		int language = strcmp(t.language, "-") == 0
				       ? LANGUAGE_DEFAULT
				       : language_by_code(t.language);

		assert_true(language >= 0);
		for (unsigned char septet = 0; septet < 128; septet++)
			check_cell(&t, (unsigned)language, septet);
	}
	fclose(file);
	/* Spanish has one, the others have two. */
	assert_int_equal(count, 2 * LANGUAGE_COUNT - 1);
}

static void test_nothing_else(void **state)
{
	(void)state;
	for (unsigned l = 0; l < LANGUAGE_COUNT; l++) {
		for (unsigned septet = 128; septet < 256; septet++) {
			assert_int_equal(
				national_locking(l, (unsigned char)septet), 0);
			assert_int_equal(
				national_single(l, (unsigned char)septet), 0);
		}
		assert_int_equal(national_locking(l, GSM_ESCAPE), 0);
		assert_int_equal(national_find_locking(l, 0), -1);
		assert_int_equal(national_find_single(l, 0x1f600), -1);
		assert_int_equal(national_find_locking(l, 0x10ffff), -1);
	}
	/* Spanish borrows one, unknown languages both. */
	for (unsigned char septet = 0; septet < 128; septet++) {
		assert_int_equal(national_locking(LANGUAGE_SPANISH, septet),
			national_locking(LANGUAGE_DEFAULT, septet));
		assert_int_equal(national_locking(LANGUAGE_COUNT, septet),
			national_locking(LANGUAGE_DEFAULT, septet));
		assert_int_equal(national_single(255, septet),
			national_single(LANGUAGE_DEFAULT, septet));
	}
	assert_int_equal(national_find_single(200, 0x20ac), 0x65);
	/* What a language says takes the place of the default. */
	assert_int_equal(national_find_locking(LANGUAGE_TURKISH, 0xe8), -1);
}

static void test_codes(void **state)
{
	(void)state;
	assert_int_equal(language_by_code("tr"), LANGUAGE_TURKISH);
	assert_int_equal(language_by_code("ur"), LANGUAGE_URDU);
	assert_int_equal(language_by_code(""), -1);
	assert_int_equal(language_by_code("en"), -1);
	for (int l = 1; l < LANGUAGE_COUNT; l++)
		assert_int_equal(
			language_by_code(language_code((enum language)l)), l);
	assert_string_equal(language_code(LANGUAGE_DEFAULT), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_nothing_else),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
