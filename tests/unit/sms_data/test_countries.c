/*
 * The tables hold together, and tell countries and dear numbers apart.
 */
#include "sms_data/countries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "sms_data/country_tables.h"

/* --- The tables ---------------------------------------------------------- */

/* Digits, single spaces between them, and what else is allowed. */
static bool is_list(const char *list, const char *others)
{
	const char *all = "0123456789 ";

	for (const char *s = list; *s != '\0'; s++)
		if (strchr(all, *s) == NULL && strchr(others, *s) == NULL)
			return false;
	return list[0] != ' ' && strstr(list, "  ") == NULL &&
	       (list[0] == '\0' || list[strlen(list) - 1] != ' ');
}

static void test_numberings(void **state)
{
	(void)state;

	for (const struct numbering *n = numbering_table; n->code; n++) {
		bool is_good = is_list(n->code, "") && is_list(n->trunk, "") &&
			       is_list(n->abroad, "") &&
			       is_list(n->premium, "/") && n->code[0] != '0' &&
			       strlen(n->code) <= 3 && n->lengths > 1 &&
			       n->lengths >> (16 - strlen(n->code)) == 0;

		if (!is_good)
			fail_msg("row +%s is no good", n->code);
		/* No code is the beginning of another. */
		for (const struct numbering *o = numbering_table; o->code; o++)
			if (o != n &&
				strncmp(o->code, n->code, strlen(n->code)) == 0)
				fail_msg("+%s and +%s", n->code, o->code);
		assert_ptr_equal(numbering_of(n->code), n);
	}
}

static void test_countries(void **state)
{
	(void)state;
	unsigned count = 0;

	for (const struct country *c = country_next(NULL); c != NULL;
		c = country_next(c)) {
		const struct country *after = country_next(c);
		const struct numbering *n = numbering_of(c->code);

		if (after != NULL && strcmp(c->iso, after->iso) >= 0)
			fail_msg("%s is before %s", c->iso, after->iso);
		if (strlen(c->iso) != 2 || c->name[0] == '\0' ||
			!is_list(c->leads, "-"))
			fail_msg("%s is no good", c->iso);
		if (n == NULL || strcmp(n->code, c->code) != 0 ||
			n->kind != NUMBERING_LAND)
			fail_msg("%s has no numbering", c->iso);
		assert_ptr_equal(country_by_iso(c->iso), c);
		count++;
	}
	/* ISO 3166-1 has 249, of which 5 have no numbers; Kosovo, Ascension
	 * and Tristan da Cunha are not in it. */
	assert_in_range(count, 240, 250);
}

/* Exactly one country has what is nobody else's. */
static void test_owners(void **state)
{
	(void)state;

	for (const struct numbering *n = numbering_table; n->code; n++) {
		int owners = 0;

		for (const struct country *c = country_table; c->iso; c++)
			owners += strcmp(c->code, n->code) == 0 &&
				  c->leads[0] == '\0';
		if (owners != (n->kind == NUMBERING_LAND))
			fail_msg("+%s has %d owners", n->code, owners);
	}
}

/* What a table says to be a country's is found to be. */
static void test_leads(void **state)
{
	(void)state;

	for (const struct country *c = country_table; c->iso; c++) {
		char number[32];
		int used = 0;

		if (c->leads[0] == '-')
			continue;
		for (const char *s = c->leads; *s != '\0'; s += used) {
			char lead[16];

			assert_int_equal(sscanf(s, "%15s%n", lead, &used), 1);
			snprintf(
				number, sizeof(number), "+%s%s", c->code, lead);
			if (country_of(number) != c)
				fail_msg("%s is not of %s", number, c->iso);
		}
	}
}

/* --- Numbers ------------------------------------------------------------- */

static void test_country_of(void **state)
{
	(void)state;
	static const struct {
		const char *number, *iso; /* NULL: none */
	} rows[] = {
		{ "+15551234567", "US" },
		{ "+12125551234", "US" },
		{ "+14165551234", "CA" },
		{ "+18765551234", "JM" },
		{ "+16585551234", "JM" },
		{ "+17875551234", "PR" },
		{ "+442079460018", "GB" },
		{ "+447700900123", "GB" },
		{ "+441481960194", "GG" },
		{ "+441534960123", "JE" },
		{ "+447624301234", "IM" },
		{ "+74951234567", "RU" },
		{ "+77011234567", "KZ" },
		{ "+390612345678", "IT" },
		{ "+390669812345", "VA" },
		{ "+4779123456", "SJ" },
		{ "+4721123456", "NO" },
		{ "+35818123456", "AX" },
		{ "+358501234567", "FI" },
		{ "+61891621234", "CC" },
		{ "+61891641234", "CX" },
		{ "+61412345678", "AU" },
		{ "+212528812345", "EH" },
		{ "+5999123456", "CW" },
		{ "+5997123456", "BQ" },
		{ "+262639123456", "YT" },
		{ "+38344123456", "XK" },
		{ "+590690001234", "GP" },
		{ "+6721123456", "AQ" },
		{ "+881612345678", NULL },
		{ "+870773123456", NULL },
		{ "+80012345678", NULL },
		{ "+999123456", NULL },
		{ "+", NULL },
		{ "", NULL },
		{ "12345;phone-context=us.sms.example.org", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct country *c = country_of(rows[i].number);

		if (c != country_by_iso(rows[i].iso))
			fail_msg("%s is of %s", rows[i].number,
				c != NULL ? c->iso : "nobody");
	}
	assert_ptr_equal(country_by_iso("de"), country_by_iso("DE"));
	assert_non_null(country_by_iso("de"));
	assert_null(country_by_iso("ZZ"));
	assert_null(country_by_iso(""));
	assert_null(country_by_iso("DEU"));
}

static void test_premium(void **state)
{
	(void)state;
	static const struct {
		const char *code, *national;
		size_t digits;
	} rows[] = {
		{ "1", "9005551234", 3 },
		{ "1", "2125551234", 0 },
		{ "44", "9012345678", 1 },
		{ "44", "7012345678", 2 },
		{ "44", "7912345678", 0 },
		{ "49", "9001123456", 3 },
		{ "49", "15112345678", 0 },
		{ "39", "899123456", 2 },
		{ "34", "806123456", 3 },
		/* Those of Dublin have 8 digits. */
		{ "353", "1520123456", 2 },
		{ "353", "15201234", 0 },
		{ "353", "", 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t digits = numbering_premium(
			numbering_of(rows[i].code), rows[i].national);

		if (digits != rows[i].digits)
			fail_msg("+%s %s: %zu", rows[i].code, rows[i].national,
				digits);
	}
}

static void test_lengths(void **state)
{
	(void)state;
	const struct numbering *us = numbering_of("1");
	const struct numbering *bj = numbering_of("229");

	assert_true(numbering_has_length(us, 10));
	assert_false(numbering_has_length(us, 9));
	assert_false(numbering_has_length(us, 0));
	assert_false(numbering_has_length(us, 100));
	assert_true(numbering_admits_length(us, 10));
	assert_false(numbering_admits_length(us, 11));
	/* Benin has 10, after it had 8; it may have more one day. */
	assert_false(numbering_has_length(bj, 11));
	assert_true(numbering_admits_length(bj, 11));
	assert_true(numbering_admits_length(bj, 12));
	assert_false(numbering_admits_length(bj, 13));
	assert_false(numbering_admits_length(bj, 8));
}

static void test_prefixes(void **state)
{
	(void)state;
	const struct numbering *de = numbering_of("49");
	const struct numbering *ru = numbering_of("7");
	const struct numbering *au = numbering_of("61");

	assert_string_equal(
		numbering_strip_trunk(de, "01711234567"), "1711234567");
	assert_string_equal(numbering_strip_trunk(de, "0171"), "0171");
	assert_true(numbering_keeps_trunk(de, "0171"));
	assert_false(numbering_keeps_trunk(numbering_of("39"), "0171"));
	/* 800 is an area code as well. */
	assert_string_equal(
		numbering_strip_trunk(ru, "8005551234"), "8005551234");
	assert_string_equal(
		numbering_strip_trunk(ru, "88005551234"), "8005551234");
	assert_string_equal(numbering_strip_abroad(au, "001149", 0), "49");
	assert_string_equal(numbering_strip_abroad(au, "001149", 1), "1149");
	assert_null(numbering_strip_abroad(au, "001149", 2));
	assert_string_equal(numbering_strip_abroad(au, "0049", 0), "49");
	assert_null(numbering_strip_abroad(au, "149", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numberings),
		cmocka_unit_test(test_countries),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_leads),
		cmocka_unit_test(test_country_of),
		cmocka_unit_test(test_premium),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_prefixes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
