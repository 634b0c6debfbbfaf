/* The operator's keys, and what is wrong with some. */
#include "sms_modem/config.h"

#include "base/macros.h"
#include "sms_modem/rows.h"

#define DEVICE "device = \"/dev/ttyUSB0\"; "

static void test_good(void **state)
{
	(void)state;
	struct str error;
	struct modem_backend_config *config;
	const struct modem_config *m;

	str_init(&error, 4096);
	config = cfg_parse("modems = ( { " DEVICE "}, { device = \"/dev/x/\"; "
			   "name = \"two\"; pin = \"1234\"; speed = 9600; "
			   "number = \"+15551234567\"; memory = \"ME\"; "
			   "init = ( \"at+x\" ); } );",
		"test", &modem_config_group, &error);
	assert_string_equal(str_text(&error), "");
	assert_int_equal(config->modems.count, 2);
	assert_true(config->reports);
	m = config->modems.items[0];
	assert_string_equal(modem_config_name(m), "ttyUSB0");
	assert_int_equal(m->speed, 115200);
	assert_null(m->pin);
	m = config->modems.items[1];
	assert_string_equal(modem_config_name(m), "two");
	cfg_free(config, &modem_config_group);
	str_finish(&error);
}

static void test_bad(void **state)
{
	(void)state;
	static const struct {
		const char *keys, *blamed;
	} rows[] = {
		{ "", "device" },
		{ DEVICE "speed = 115201;", "speed" },
		{ DEVICE "pin = \"123\";", "pin" },
		{ DEVICE "pin = \"123456789\";", "pin" },
		{ DEVICE "pin = \"12\\\"34\";", "pin" },
		{ DEVICE "number = \"15551234567\";", "number" },
		{ DEVICE "number = \"+1555123456712345\";", "number" },
		{ DEVICE "service_centre = \"+1 555\";", "service_centre" },
		{ DEVICE "memory = \"SM\\\"\";", "memory" },
		{ DEVICE "memory = \"sm\";", "memory" },
		{ DEVICE "init = ( \"+CFUN=1\" );", "init" },
		{ DEVICE "name = \"a\\\"b\";", "name" },
		{ DEVICE "}, { " DEVICE, "modems" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str text, error;

		str_init(&text, 4096);
		str_init(&error, 4096);
		str_addf(&text, "modems = ( { %s } );", rows[i].keys);
		if (cfg_parse(str_text(&text), "test", &modem_config_group,
			    &error) != NULL)
			fail_msg("row %zu is taken", i);
		if (strstr(str_text(&error), rows[i].blamed) == NULL)
			fail_msg("row %zu: '%s' blames others", i,
				str_text(&error));
		str_finish(&text);
		str_finish(&error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
