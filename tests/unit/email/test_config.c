/* The operator's keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/macros.h"
#include "email/config.h"

static struct email_config *load(const char *text, struct str *error)
{
	return cfg_parse(text, "test", &email_config_group, error);
}

static void there_are_defaults(void **state UNUSED)
{
	struct str error = { .max = 1024 };
	struct email_config *c = load("", &error);

	assert_non_null(c);
	assert_int_equal(c->hold, 20);
	assert_null(c->ca_file);
	assert_true(c->verify);
	assert_string_equal(
		c->autoconfig, "https://autoconfig.thunderbird.net/v1.1/");
	assert_int_equal(c->oauth.count, 0);
	cfg_free(c, &email_config_group);
	str_finish(&error);
}

static void clients_are_read(void **state UNUSED)
{
	struct str error = { .max = 1024 };
	struct email_config *c = load(
		"autoconfig = \"\";"
		"oauth = ( { provider = \"google\"; client_id = \"x\";"
		" client_secret = \"y\"; hosts = ( \"imap.example.org\" ); } );",
		&error);
	const struct email_oauth_config *o;

	assert_non_null(c);
	assert_null(c->autoconfig);
	assert_int_equal(c->oauth.count, 1);
	o = c->oauth.items[0];
	assert_string_equal(o->provider, "google");
	assert_true(slice_equals(secret_reveal(o->client_secret), "y"));
	assert_string_equal(o->redirect_url, "http://localhost/");
	assert_int_equal(o->hosts.count, 1);
	cfg_free(c, &email_config_group);
	str_finish(&error);
}

static void mistakes_are_named(void **state UNUSED)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "hold = 601;", "600" },
		{ "hold = -1;", "hold" },
		{ "autoconfig = \"http://x/\";", "https://" },
		{ "oauth = ( { provider = \"x\"; } );", "client_id" },
		{ "oauth = ( { provider = \"x\"; client_id = \"y\";"
		  " token_url = \"http://x/\"; } );",
			"https://" },
		{ "providers = ( { name = \"x\"; domains = \"x.org\";"
		  " smtp_host = \"y\"; } );",
			"imap_host" },
		{ "providers = ( { name = \"x\"; domains = \"x.org\";"
		  " imap_host = \"y\"; imap_tls = \"none\"; } );",
			"starttls" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str error = { .max = 1024 };

		assert_null(load(rows[i].text, &error));
		if (strstr(str_text(&error), rows[i].words) == NULL)
			fail_msg("row %zu: %s", i, str_text(&error));
		str_finish(&error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_are_defaults),
		cmocka_unit_test(clients_are_read),
		cmocka_unit_test(mistakes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
