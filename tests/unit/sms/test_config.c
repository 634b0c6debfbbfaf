/*
 * What an operator can get wrong in the configuration, and what he is told.
 */
#include "sms/fake_carrier.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "sms/config.h"

#define ASSIGN(number, user) \
	"assign = ( { number = \"" number "\"; users = ( \"" user "\" ); } );"
#define BACKEND(name, more) "{ kind = \"fake\"; name = \"" name "\"; " more " }"
#define BACKENDS(list)      "backends = ( " list " );"

static void operators_are_told(void **state)
{
	static const struct {
		const char *config, *error; /* NULL: it is right */
	} rows[] = {
		{ ASSIGN("+15551230000", "alice@example.test"), NULL },
		{ ASSIGN("+15551230000", "a\\\\40b@example.test"), NULL },
		{ ASSIGN("+15551230000", "Alice@example.test"),
			"small letters" },
		{ ASSIGN("+15551230000", "alice@example.test/phone"),
			"small letters" },
		{ ASSIGN("+15551230000", "example.test"), "small letters" },
		{ ASSIGN("15551230000", "alice@example.test"),
			"must look like" },
		{ "country = \"us\";", "two capital letters" },
		{ BACKENDS(BACKEND("a", "numbers = ( \"5551230000\" );")),
			"must look like" },
		{ BACKENDS(BACKEND("a", "languages = ( \"de\" );")),
			"languages without an alphabet" },
		{ BACKENDS(BACKEND("a", "") ", " BACKEND("a", "")),
			"a name of its own" },
		{ BACKENDS(BACKEND("a", "") ", " BACKEND("b", "")), NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str error = { .max = 4 * KIB };
		struct sms_config *config = cfg_parse(
			rows[i].config, "test", &sms_config_group, &error);
		if (rows[i].error == NULL)
			assert_string_equal(str_text(&error), "");
		else if (strstr(str_text(&error), rows[i].error) == NULL)
			fail_msg("%s: %s", rows[i].config, str_text(&error));
		assert_int_equal(config != NULL, rows[i].error == NULL);
		cfg_free(config, &sms_config_group);
		str_finish(&error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
