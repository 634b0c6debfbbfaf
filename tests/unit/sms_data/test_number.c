/*
 * One person has one address, however his number is written.
 */
#include "sms_data/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/str.h"
#include "sms_data/countries.h"

#define DOMAIN "sms.example.org"
#define US     ";phone-context=us." DOMAIN
#define DE     ";phone-context=de." DOMAIN
#define ALPHA  ";phone-context=alpha." DOMAIN
#define NONE   ";phone-context=none." DOMAIN

static struct number_place place_of(const char *country)
{
	return (struct number_place){ .country = country, .domain = DOMAIN };
}

/* Once read it stays, everywhere. */
static void check_stable(const char *number)
{
	static const char *const countries[] = { "US", "DE", "IT", "RU", NULL };
	char again[NUMBER_SIZE];
	const char *reason = NULL;

	for (size_t i = 0; i < COUNT(countries); i++) {
		struct number_place place = place_of(countries[i]);

		if (!number_is_canonical(&place, number) ||
			number_read(&place, number, again, &reason) != 0 ||
			strcmp(again, number) != 0)
			fail_msg("%s does not stay", number);
	}
}

/* --- What people write --------------------------------------------------- */

struct row {
	const char *country, *text, *want; /* want NULL: refused */
};

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct number_place place = place_of(rows[i].country);
		char number[NUMBER_SIZE] = "";
		const char *reason = NULL;
		const char *got = number;

		if (number_read(&place, rows[i].text, number, &reason) != 0) {
			assert_non_null(reason);
			got = NULL;
		}
		if (!text_equals(got, rows[i].want))
			fail_msg("'%s' is '%s'", rows[i].text,
				got != NULL ? got : reason);
		if (got != NULL)
			check_stable(number);
	}
}

static void test_lenient(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "US", "+15551234567", "+15551234567" },
		{ "US", "15551234567", "+15551234567" },
		{ "US", "(555) 123-4567", "+15551234567" },
		{ "US", "1-555-123-4567", "+15551234567" },
		{ "US", "+1 (555) 123-4567", "+15551234567" },
		{ "US", "555.123.4567", "+15551234567" },
		{ "US", " 555 123 4567 ", "+15551234567" },
		{ "US", "011 49 171 1234567", "+491711234567" },
		{ "US", "0049 171 1234567", "+491711234567" },
		{ "GB", "020 7946 0018", "+442079460018" },
		{ "GB", "+44 (0)20 7946 0018", "+442079460018" },
		{ "GB", "+44 020 7946 0018", "+442079460018" },
		{ "DE", "0171 1234567", "+491711234567" },
		{ "DE", "0171/123 45-67", "+491711234567" },
		{ "DE", "491711234567", "+491711234567" },
		{ "DE", "1711234567", "+491711234567" },
		{ "DE", "00 1 555 123 4567", "+15551234567" },
		{ "IT", "06 1234 5678", "+390612345678" },
		{ "IT", "+39 06 1234 5678", "+390612345678" },
		{ "IT", "+39 (0)6 1234 5678", "+390612345678" },
		{ "IT", "347 1234567", "+393471234567" },
		{ "IT", "393 1234567", "+393931234567" },
		{ "IT", "393471234567", "+393471234567" },
		{ "DK", "12 34 56 78", "+4512345678" },
		{ "DK", "+45 (0) 12 34 56 78", "+4512345678" },
		{ "RU", "8 (912) 345-67-89", "+79123456789" },
		{ "RU", "7 912 345 67 89", "+79123456789" },
		{ "RU", "800 555 12 34", "+78005551234" },
		{ "RU", "810 49 171 1234567", "+491711234567" },
		{ "BY", "8 029 491-19-11", "+375294911911" },
		{ "HU", "06 20 123 4567", "+36201234567" },
		{ "BR", "0 15 11 96123-4567", "+5511961234567" },
		{ "BR", "(11) 96123-4567", "+5511961234567" },
		{ "MX", "+52 1 55 1234 5678", "+525512345678" },
		{ "MX", "044 55 1234 5678", "+525512345678" },
		{ "AR", "011 15-2345-6789", "+5491123456789" },
		{ "AR", "0223 15-123-4567", "+5492231234567" },
		{ "AR", "02966 15-12-3456", "+5492966123456" },
		{ "AU", "0011 1 555 123 4567", "+15551234567" },
		{ "AU", "0412 345 678", "+61412345678" },
		{ "JP", "010 49 171 1234567", "+491711234567" },
		{ "KE", "000 49 171 1234567", "+491711234567" },
		{ "CI", "01 23 45 67 89", "+2250123456789" },
		{ NULL, "+491711234567", "+491711234567" },
		{ NULL, "+49 171 1234567", "+491711234567" },
		/* Satellites and services are numbers as well. */
		{ "US", "+881 6 1234 5678", "+881612345678" },
	};
	check_rows(rows, COUNT(rows));
}

static void test_scripts(void **state)
{
	(void)state;
	static const struct row rows[] = {
		/* Arabic, Persian, Devanagari, full width. */
		{ "SA", "٠٥٠ ١٢٣ ٤٥٦٧", "+966501234567" },
		{ "IR", "۰۹۱۲ ۳۴۵ ۶۷۸۹", "+989123456789" },
		{ "IN", "०९८७६५४३२१०", "+919876543210" },
		{ "US", "＋１５５５１２３４５６７", "+15551234567" },
		/* As copied from a list of contacts. */
		{ "US",
			"\xe2\x80\xaa+1\xc2\xa0"
			"555\xe2\x80\x91"
			"123\xe2\x80\x93"
			"4567\xe2\x80\xac",
			"+15551234567" },
	};
	check_rows(rows, COUNT(rows));
}

static void test_uris(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "DE", "tel:+1-555-123-4567", "+15551234567" },
		{ "DE", "TEL:+15551234567;ext=12;isub=3", "+15551234567" },
		{ "DE", "sms:+15551234567?body=hello%20there", "+15551234567" },
		{ "DE", "smsto:%2B15551234567", "+15551234567" },
		{ "DE", "mms:+15551234567", "+15551234567" },
		{ "US", "tel:7042;phone-context=+1-555-123", "+15551237042" },
		{ "US", "tel:5551234567", "+15551234567" },
		{ "US", "tel:12345;phone-context=us." DOMAIN, "12345" US },
		{ "US", "tel:12345;phone-context=example.com", NULL },
		{ "US", "tel:12345;phone-context=com", NULL },
		{ "US", "sms:+15551234567,+15551234568", NULL },
		{ "US", "tel:", NULL },
		/* Numbers of France and Germany without their codes. */
		{ "US", "0612345678", NULL },
		{ "US", "+11612345678", NULL },
		{ "US", "sms:?body=x", NULL },
	};
	check_rows(rows, COUNT(rows));
}

static void test_short_codes(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "US", "12345", "12345" US },
		{ "US", "123-456", "123456" US },
		{ "US", "911", "911" US },
		{ "DE", "22333", "22333" DE },
		{ "DE", "112", "112" DE },
		{ "AU", "000", "000;phone-context=au." DOMAIN },
		{ "DE", "12345" US, "12345" US },
		{ "US", "12345;phone-context=US.SMS.example.org", "12345" US },
		{ "US", "12345678" US, "12345678" US },
		{ "US", "12345;phone-context=ca-us.phone-context.soprani.ca",
			"12345" US },
		{ "CA", "12345;phone-context=ca-us.phone-context.soprani.ca",
			"12345;phone-context=ca." DOMAIN },
		{ "US", "12345;phone-context=gb.phone-context.soprani.ca",
			"12345;phone-context=gb." DOMAIN },
		/* Faroese numbers have six digits. */
		{ "FO", "211234", "+298211234" },
		{ "US", "12", NULL },
		{ "US", "12" US, NULL },
		{ "US", "123456789" US, NULL },
		{ "US", "+12345" US, NULL },
		{ "US", "12a45" US, NULL },
		{ "US", "12345;phone-context=zz." DOMAIN, NULL },
		{ "US", "12345;phone-context=us.example.net", NULL },
		{ "US", "12345;phone-context=" DOMAIN, NULL },
		{ NULL, "12345", NULL },
	};
	check_rows(rows, COUNT(rows));
}

static void test_words(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "US", "ACME", "acme" ALPHA },
		{ "US", "O2", "o2" ALPHA },
		{ "US", "My Bank", "my bank" ALPHA },
		{ "US", "7-Eleven", "7-eleven" ALPHA },
		{ "US", "ACME" ALPHA, "acme" ALPHA },
		{ "US", "acme;phone-context=ALPHA.sms.example.org",
			"acme" ALPHA },
		{ "US", "Z\xc3\xbcrich", "z%c3%bcrich" ALPHA },
		{ "US", "z%C3%BCrich" ALPHA, "z%c3%bcrich" ALPHA },
		{ "US", "100%" ALPHA, "100%25" ALPHA },
		{ "US", "hidden" NONE, "hidden" NONE },
		{ "US", "x" NONE, "hidden" NONE },
		{ "US", ALPHA, "hidden" NONE },
		{ "US", "1;phone-context=anonymous.phone-context.soprani.ca",
			"hidden" NONE },
		{ "US", "1-800-FLOWERS", NULL },
		{ "US", "this is no number at all", NULL },
		{ "US", "*100#", NULL },
	};
	check_rows(rows, COUNT(rows));
}

static void test_refused(void **state)
{
	(void)state;
	char longest[2 * NUMBER_SIZE];
	static const struct row rows[] = {
		{ "US", "", NULL },
		{ "US", " ", NULL },
		{ "US", "+", NULL },
		{ "US", "()", NULL },
		{ "US", "5551234", NULL },
		{ "US", "555-1234", NULL },
		{ "US", "+1 555 123", NULL },
		{ "US", "+1 555 123 45678", NULL },
		{ "US", "+155512345678", NULL },
		{ "US", "+999 123 4567", NULL },
		{ "US", "+0049 171 1234567", NULL },
		{ "US", "+1555123+4567", NULL },
		{ "US", "++15551234567", NULL },
		{ "DE", "0171 12", NULL },
		{ "DE", "00 171 1234567", NULL },
		{ "DE", "+49", NULL },
		{ "DE", "+49 0", NULL },
		{ "AU", "9123 4567", NULL },
		{ "US", "12345678901234567890", NULL },
		{ "US", "12345678901234567890123456789012345678901234567890",
			NULL },
		{ NULL, "5551234567", NULL },
		{ "ZZ", "5551234567", NULL },
	};

	check_rows(rows, COUNT(rows));
	memset(longest, '1', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	const struct row row = { "US", longest, NULL };
	check_rows(&row, 1);
}

/* --- What networks say --------------------------------------------------- */

static void test_received(void **state)
{
	(void)state;
	static const struct {
		const char *country;
		enum number_origin origin;
		const char *text, *want;
	} rows[] = {
		{ "US", NUMBER_INTERNATIONAL, "15551234567", "+15551234567" },
		{ "US", NUMBER_INTERNATIONAL, "+15551234567", "+15551234567" },
		{ "US", NUMBER_ANY, "15551234567", "+15551234567" },
		{ "US", NUMBER_NATIONAL, "15551234567", "+15551234567" },
		{ "US", NUMBER_NATIONAL, "5551234567", "+15551234567" },
		{ "US", NUMBER_ANY, "5551234567", "+15551234567" },
		{ "US", NUMBER_ANY, "491711234567", "+491711234567" },
		{ "US", NUMBER_ANY, "0049 171 1234567", "+491711234567" },
		{ "US", NUMBER_ANY, "tel:+1-555-123-4567", "+15551234567" },
		/* Said to be what they are not. */
		{ "DE", NUMBER_NATIONAL, "491711234567", "+491711234567" },
		{ "DE", NUMBER_INTERNATIONAL, "01711234567", "+491711234567" },
		{ "DE", NUMBER_INTERNATIONAL, "00491711234567",
			"+491711234567" },
		{ "DE", NUMBER_ANY, "01711234567", "+491711234567" },
		{ "DE", NUMBER_NATIONAL, "1711234567", "+491711234567" },
		{ "DE", NUMBER_ANY, "15551234567", "+15551234567" },
		{ "DE", NUMBER_NATIONAL, "15112345678", "+4915112345678" },
		{ "DE", NUMBER_ALPHANUMERIC, "491711234567", "+491711234567" },
		{ "RU", NUMBER_ANY, "89123456789", "+79123456789" },
		/* Short codes. */
		{ "US", NUMBER_ABBREVIATED, "12345", "12345" US },
		{ "US", NUMBER_ANY, "12345", "12345" US },
		{ "US", NUMBER_INTERNATIONAL, "12345", "12345" US },
		{ "US", NUMBER_INTERNATIONAL, "+12345", "12345" US },
		{ "US", NUMBER_ALPHANUMERIC, "12345", "12345" US },
		{ "US", NUMBER_ANY, "12345678", "12345678" US },
		{ "DE", NUMBER_ABBREVIATED, "12345678", "12345678" DE },
		{ "DE", NUMBER_ANY, "112", "112" DE },
		/* A plan that grew: it is somebody all the same. */
		{ "US", NUMBER_INTERNATIONAL, "22901234567890",
			"+22901234567890" },
		/* Words, and who is nobody. */
		{ "US", NUMBER_ALPHANUMERIC, "ACME", "acme" ALPHA },
		{ "US", NUMBER_ANY, "ACME", "acme" ALPHA },
		{ "US", NUMBER_ALPHANUMERIC, "A;B%C", "a%3bb%25c" ALPHA },
		{ "US", NUMBER_ALPHANUMERIC,
			" \x01 A\x7f"
			"B ",
			"ab" ALPHA },
		{ "US", NUMBER_ALPHANUMERIC, "\xff", "%ef%bf%bd" ALPHA },
		{ "US", NUMBER_ALPHANUMERIC, "12345" US,
			"12345%3bphone-context=us.sms.example.org" ALPHA },
		{ "US", NUMBER_ANY, "*100#", "*100#" ALPHA },
		{ "US", NUMBER_ANY, "12", "12" ALPHA },
		{ "US", NUMBER_ANY, "99912345678901234567",
			"99912345678901234567" ALPHA },
		{ NULL, NUMBER_ANY, "12345", "12345" ALPHA },
		{ NULL, NUMBER_ANY, "15551234567", "+15551234567" },
		{ "US", NUMBER_ANY, "", "hidden" NONE },
		{ "US", NUMBER_ANY, NULL, "hidden" NONE },
		{ "US", NUMBER_ALPHANUMERIC, "Anonymous", "hidden" NONE },
		{ "US", NUMBER_ALPHANUMERIC, "\xe2\x80\x8b", "hidden" NONE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct number_place place = place_of(rows[i].country);
		char number[NUMBER_SIZE];

		number_receive(&place, rows[i].origin, rows[i].text, number);
		if (strcmp(number, rows[i].want) != 0)
			fail_msg("row %zu: '%s' is '%s'", i, rows[i].text,
				number);
		check_stable(number);
	}
}

static bool is_the_one(const char *number, void *arg)
{
	return strcmp(number, arg) == 0;
}

/* Digits that may be several numbers are the one that is known. */
static void test_known(void **state)
{
	(void)state;
	static const struct {
		const char *country, *text, *known, *want;
	} rows[] = {
		{ "DE", "15551234567", "+4915551234567", "+4915551234567" },
		{ "DE", "15551234567", "+15551234567", "+15551234567" },
		{ "DE", "15551234567", "+491711234567", "+15551234567" },
		{ "US", "4512345678", "+4512345678", "+4512345678" },
		{ "US", "4512345678", "", "+14512345678" },
		/* What has "+", or is a word, is clear. */
		{ "DE", "+15551234567", "+4915551234567", "+15551234567" },
		{ "DE", "ACME", "+4915551234567", "acme" ALPHA },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct number_place place = place_of(rows[i].country);
		char known[32], number[NUMBER_SIZE];

		text_copy(known, sizeof(known), rows[i].known);
		number_receive_known(&place, NUMBER_ANY, rows[i].text,
			is_the_one, known, number);
		assert_string_equal(number, rows[i].want);
	}
}

/* --- All countries ------------------------------------------------------- */

/* A number of each country, in each of the ways in which it is dialled. */
static void check_country(const struct country *c, size_t len)
{
	const struct numbering *n = numbering_of(c->code);
	struct number_place here = place_of(c->iso);
	struct number_place nowhere = place_of(NULL);
	char number[NUMBER_SIZE], plain[64], text[64];
	char out[NUMBER_SIZE];
	const char *reason = "";
	char digits[16] = "612345678912345";

	digits[len] = '\0';
	text_format(plain, sizeof(plain), "+%s%s", c->code, digits);
	text_format(text, sizeof(text), "+%s (%.2s) %s", c->code, digits,
		digits + 2);
	if (number_read(&nowhere, text, number, &reason) != 0 ||
		strcmp(number, plain) != 0)
		fail_msg("%s: '%s' is %s", c->iso, text, reason);
	check_stable(number);
	text_format(text, sizeof(text), "%.*s %s", (int)strcspn(n->trunk, " "),
		n->trunk, digits);
	if (number_read(&here, text, out, &reason) != 0 ||
		(len > 6 && strcmp(out, number) != 0))
		fail_msg("%s: '%s' is %s", c->iso, text, reason);
	text_format(text, sizeof(text), "%.*s %s-%s",
		(int)strcspn(n->abroad, " "), n->abroad, c->code, digits);
	if (number_read(&here, text, out, &reason) != 0 ||
		strcmp(out, number) != 0)
		fail_msg("%s: '%s' is %s", c->iso, text, reason);
}

static void test_all_countries(void **state)
{
	(void)state;

	for (const struct country *c = country_next(NULL); c != NULL;
		c = country_next(c))
		for (size_t len = 4; len <= 15; len++)
			if (numbering_has_length(numbering_of(c->code), len))
				check_country(c, len);
}

/* --- One number ---------------------------------------------------------- */

static void test_parts(void **state)
{
	(void)state;
	static const struct {
		const char *number;
		enum number_kind kind;
		const char *bare, *title;
	} rows[] = {
		{ "+15551234567", NUMBER_E164, "15551234567", "+15551234567" },
		{ "12345" US, NUMBER_SHORT, "12345", "12345" },
		{ "my bank" ALPHA, NUMBER_WORD, "my bank", "MY BANK" },
		{ "z%c3%bc%3b" ALPHA, NUMBER_WORD, "z%c3%bc%3b", "Z\xc3\xbc;" },
		{ "hidden" NONE, NUMBER_HIDDEN, "hidden", "Hidden number" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[NUMBER_SIZE];

		assert_int_equal(number_kind(rows[i].number), rows[i].kind);
		number_bare(rows[i].number, out);
		assert_string_equal(out, rows[i].bare);
		number_title(rows[i].number, out);
		assert_string_equal(out, rows[i].title);
	}
}

static void test_canonical(void **state)
{
	(void)state;
	struct number_place place = place_of("US");
	static const char *const wrong[] = { "", "+", "15551234567",
		"+1555123456", "+1 5551234567", "+4901711234567",
		"+5215512345678", "+999123456789", "+1555123456x", "12345",
		"12345;phone-context=US." DOMAIN,
		"12345;phone-context=us.example.net", "12345;phone-context=us",
		"12" US, "ACME" ALPHA, " acme" ALPHA, "acme " ALPHA,
		"z%C3%BC" ALPHA, "a%" ALPHA, "%41" ALPHA, "a;b" ALPHA,
		"%00" ALPHA, ALPHA, "x" NONE, "a\xc3\xa9" ALPHA,
		"+15551234567;phone-context=us." DOMAIN };

	for (size_t i = 0; i < COUNT(wrong); i++)
		if (number_is_canonical(&place, wrong[i]))
			fail_msg("'%s' passes", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_uris),
		cmocka_unit_test(test_short_codes),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_received),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_all_countries),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_canonical),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
