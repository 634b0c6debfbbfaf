/* What the operator says of mail providers, beside what is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/macros.h"
#include "email/provider_list.h"

static struct email_config *config;
static struct provider_list *list;

static int set_up(void **state UNUSED)
{
	struct str error = { .max = 1024 };

	config = cfg_parse(
		"providers = ("
		" { name = \"Example\"; domains = \"example.org example.net\";"
		"   mx = \"mx.example.org\"; imap_host = \"in.example.org\";"
		"   smtp_host = \"out.%EMAILDOMAIN%\"; smtp_tls = \"starttls\";"
		"   username = \"%EMAILLOCALPART%\"; saves_sent = true;"
		"   help = \"Ask at the desk.\"; },"
		" { name = \"Club\"; domains = \"club.example gmx.net\";"
		"   imap_host = \"imap.gmail.com\"; imap_port = 1993;"
		"   smtp_host = \"smtp.gmail.com\"; } );",
		"test", &email_config_group, &error);
	assert_string_equal(str_text(&error), "");
	list = provider_list_new(config);
	str_finish(&error);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	provider_list_free(&list);
	assert_null(list);
	cfg_free(config, &email_config_group);
	return 0;
}

static void servers_are_as_said(void **state UNUSED)
{
	const struct provider *p = provider_list_by_domain(list, "example.net");

	assert_non_null(p);
	assert_string_equal(p->title, "Example");
	assert_string_equal(p->imap.host, "in.example.org");
	assert_int_equal(p->imap.port, 993);
	assert_int_equal(p->imap.tls, TLS_REQUIRED);
	assert_string_equal(p->smtp.host, "out.%EMAILDOMAIN%");
	assert_int_equal(p->smtp.port, 587);
	assert_int_equal(p->smtp.tls, TLS_STARTTLS);
	assert_string_equal(p->user, "%EMAILLOCALPART%");
	assert_int_equal(p->flags, PROVIDER_SAVES_SENT);
	assert_string_equal(p->help, "Ask at the desk.");
	assert_null(p->oauth);
	assert_ptr_equal(p, provider_list_by_mx(list, "a.mx.example.org"));
	assert_ptr_equal(p, provider_list_by_host(list, "in.example.org"));
	assert_null(provider_list_by_domain(list, "sub.example.org"));
}

static void operator_comes_first(void **state UNUSED)
{
	const struct provider *p = provider_list_by_domain(list, "gmx.net");

	assert_string_equal(p->title, "Club");
	assert_int_equal(p->imap.port, 1993);
	p = provider_list_by_domain(list, "gmail.com");
	assert_string_equal(p->name, "gmail");
	p = provider_list_by_domain(NULL, "gmx.net");
	assert_string_equal(p->name, "gmx");
	assert_null(provider_list_by_mx(list, "mx.example.net"));
}

/* A domain of one's own, with a provider that wants an app password. */
static void known_servers_stay_known(void **state UNUSED)
{
	const struct provider *p =
		provider_list_by_domain(list, "club.example");

	assert_string_equal(p->oauth, "google");
	assert_true((p->flags & PROVIDER_APP_PASSWORD) != 0);
	assert_non_null(p->help);
	p = provider_list_by_host(list, "imap.gmail.com");
	assert_string_equal(p->name, "gmail");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_are_as_said),
		cmocka_unit_test(operator_comes_first),
		cmocka_unit_test(known_servers_stay_known),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
