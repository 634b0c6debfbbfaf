/*
 * Where texts may go, and what they cost.
 */
#include "sms_law/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"

#define DOMAIN "sms.example.org"
#define US     ";phone-context=us." DOMAIN
#define GB     ";phone-context=gb." DOMAIN

static struct sms_policy_config *parse(const char *text)
{
	struct str error;
	str_init(&error, 1000);
	void *config = cfg_parse(text, "test", &sms_policy_group, &error);

	if (config == NULL)
		fail_msg("%s", str_text(&error));
	str_finish(&error);
	return config;
}

struct row {
	const char *number;
	const char *words; /* NULL: open; else part of the refusal */
};

static void check(const char *text, const struct row *rows, size_t count)
{
	struct sms_policy_config *config = parse(text);

	for (size_t i = 0; i < count; i++) {
		struct sms_verdict v;

		sms_policy_check(config, "US", rows[i].number, &v);
		if (v.is_allowed != (rows[i].words == NULL) ||
			(rows[i].words != NULL &&
				strstr(v.words, rows[i].words) == NULL) ||
			(rows[i].words == NULL && v.words[0] != '\0'))
			fail_msg(
				"{%s} %s: '%s'", text, rows[i].number, v.words);
	}
	cfg_free(config, &sms_policy_group);
}

static void test_closed(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "+15551234567", NULL },
		{ "+491711234567", "Germany (+49)" },
		{ "+14165551234", "Canada (+1)" },
		{ "+18765551234", "Jamaica (+1)" },
		{ "+19005551234", "Premium" },
		{ "+881612345678", "satellites" },
		{ "+870773123456", "satellites" },
		{ "+979123456789", "satellites" },
		{ "12345" US, "Short codes" },
		{ "911" US, "Emergency" },
		{ "acme;phone-context=alpha." DOMAIN, "word" },
		{ "hidden;phone-context=none." DOMAIN, "hides" },
	};
	check("", rows, COUNT(rows));
}

static void test_countries(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "+15551234567", "United States" },
		{ "+491711234567", NULL },
		{ "+14165551234", NULL },
		{ "+499001123456", "Premium" },
		{ "12345;phone-context=de." DOMAIN, NULL },
		{ "112;phone-context=de." DOMAIN, "Emergency" },
		{ "12345" US, "Short codes" },
	};
	check("countries = ( \"DE\", \"ca\" ); short_codes = true;", rows,
		COUNT(rows));
}

static void test_everywhere(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "+15551234567", NULL },
		{ "+491711234567", NULL },
		{ "12345" GB, NULL },
		{ "+881612345678", "satellites" },
		{ "+447012345678", "Premium" },
	};
	check("countries = ( \"*\" ); short_codes = true;", rows, COUNT(rows));
}

static void test_prefixes(void **state)
{
	(void)state;
	static const struct row rows[] = {
		/* The longest counts, and of two the one that closes. */
		{ "+12125551234", "begin like this" },
		{ "+12135551234", NULL },
		{ "+12145551234", "begin like this" },
		{ "+4930123456", NULL },
		{ "+4989123456", "Germany" },
		/* What opens much does not open what is dear. */
		{ "+442079460018", NULL },
		{ "+449012345678", "Premium" },
		{ "+19005551234", NULL },
		{ "+881612345678", NULL },
		{ "+881812345678", "satellites" },
		{ "+870773123456", "satellites" },
		{ "12345" GB, NULL },
		{ "12346" US, "Short codes" },
		{ "911" US, "Emergency" },
	};
	check("allow = ( \"+1213\", \"+1214\", \"+4930\", \"+44\", \"+1900\", "
	      "\"+8816\", \"+8\", \"12345\", \"911\" );"
	      "deny = ( \"+121\", \"+1214\", \"+1212\" );",
		rows, COUNT(rows));
}

static void test_prices(void **state)
{
	(void)state;
	struct sms_policy_config *config = parse(
		"price = 0.1; prices = ( { prefix = \"+1\"; price = 0.008; }, "
		"{ prefix = \"+1907\"; price = 0; }, "
		"{ prefix = \"123\"; price = 1; } );");
	static const struct {
		const char *number;
		int64_t price;
	} rows[] = {
		{ "+15551234567", 8000 },
		{ "+19071234567", 0 },
		{ "+491711234567", 100000 },
		{ "12345" US, 1000000 },
		{ "22345" US, 100000 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sms_verdict v;

		sms_policy_check(config, NULL, rows[i].number, &v);
		assert_int_equal(v.price, rows[i].price);
	}
	cfg_free(config, &sms_policy_group);
}

static void test_nowhere(void **state)
{
	(void)state;
	struct sms_policy_config *config = parse("");
	struct sms_verdict v;

	sms_policy_check(config, NULL, "+15551234567", &v);
	assert_false(v.is_allowed);
	cfg_free(config, &sms_policy_group);
}

static void test_mistakes(void **state)
{
	(void)state;
	static const struct {
		const char *text, *key;
	} rows[] = {
		{ "countries = ( \"UK\" );", "countries" },
		{ "allow = ( \"49\", \"+49x\" );", "allow" },
		{ "allow = ( \"+\" );", "allow" },
		{ "deny = ( \"0 49\" );", "deny" },
		{ "prices = ( { prefix = \"*\"; price = 1; } );", "prefix" },
		{ "price = -1;", "price" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str error;
		str_init(&error, 1000);
		void *config = cfg_parse(
			rows[i].text, "test", &sms_policy_group, &error);

		if (config != NULL ||
			strstr(str_text(&error), rows[i].key) == NULL)
			fail_msg("{%s}: %s", rows[i].text, str_text(&error));
		str_finish(&error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_countries),
		cmocka_unit_test(test_everywhere),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_prices),
		cmocka_unit_test(test_nowhere),
		cmocka_unit_test(test_mistakes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
