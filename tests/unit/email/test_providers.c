/* The table of providers: every row makes sense, and is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/macros.h"
#include "base/slice.h"
#include "email/providers.h"
#include "net/resolve.h"

static const char *name_of(const struct provider *p)
{
	return p != NULL ? p->name : "-";
}

static void check_server(
	const struct provider *p, const struct provider_server *s)
{
	if (p->flags & PROVIDER_NO_IMAP) {
		assert_null(s->host);
		return;
	}
	assert_non_null(s->host);
	assert_true(strchr(s->host, '%') != NULL || resolve_is_host(s->host));
	assert_true(s->port != 0);
	assert_true(s->tls == TLS_REQUIRED || s->tls == TLS_STARTTLS);
}

static void check_names(const struct provider *p)
{
	struct slice rest = slice_of(p->domains);

	while (rest.len > 0) {
		char domain[256];
		struct slice pattern = slice_cut(&rest, ' ');

		assert_in_range(pattern.len, 3, 200);
		memcpy(domain, pattern.data, pattern.len);
		domain[pattern.len] = '\0';
		if (domain[pattern.len - 1] == '*')
			memcpy(domain + pattern.len - 1, "fr", 3);
		assert_string_equal(
			name_of(provider_by_domain(domain)), p->name);
	}
}

static void every_row_makes_sense(void **state UNUSED)
{
	const struct provider *p;

	for (size_t i = 0; (p = provider_at(i)) != NULL; i++) {
		print_message("%s\n", p->name);
		assert_ptr_equal(provider_by_name(p->name), p);
		assert_true(p->domains != NULL || p->mx != NULL);
		check_server(p, &p->imap);
		check_server(p, &p->smtp);
		check_names(p);
		if (p->flags & (PROVIDER_APP_PASSWORD | PROVIDER_TURN_ON |
				       PROVIDER_OAUTH_ONLY | PROVIDER_LOCAL |
				       PROVIDER_NO_IMAP))
			assert_non_null(p->help);
		if (p->flags & PROVIDER_OAUTH_ONLY)
			assert_non_null(p->oauth);
		if (p->help_url != NULL)
			assert_int_equal(
				strncmp(p->help_url, "https://", 8), 0);
	}
	assert_null(provider_by_name("nobody"));
}

static void domains_are_matched(void **state UNUSED)
{
	static const struct {
		const char *domain, *name;
	} rows[] = {
		{ "gmail.com", "gmail" },
		{ "GMAIL.com", "gmail" },
		{ "notgmail.com", "-" },
		{ "mail.gmail.com", "-" },
		{ "yahoo.co.uk", "yahoo" },
		{ "yahoo.com.br", "yahoo" },
		{ "yahoo.fr", "yahoo" },
		{ "yahoo.", "-" },
		{ "yahoo.evil.org", "-" },
		{ "yahoo.com.evil.org", "-" },
		{ "example.org", "-" },
		{ "", "-" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(name_of(provider_by_domain(rows[i].domain)),
			rows[i].name);
}

static void hosts_are_matched(void **state UNUSED)
{
	static const struct {
		const char *host, *name;
	} mx[] = {
		{ "aspmx.l.google.com", "gmail" },
		{ "alt1.aspmx.l.GOOGLE.com", "gmail" },
		{ "google.com", "gmail" },
		{ "notgoogle.com", "-" },
		{ "google.com.evil.org", "-" },
		{ "example-org.mail.protection.outlook.com", "microsoft365" },
		{ "hotmail-com.olc.protection.outlook.com", "outlook" },
		{ "in1-smtp.messagingengine.com", "fastmail" },
		{ "mxbiz1.qq.com", "exmail" },
		{ "", "-" },
	};

	for (size_t i = 0; i < COUNT(mx); i++)
		assert_string_equal(
			name_of(provider_by_mx(mx[i].host)), mx[i].name);
	assert_string_equal(
		name_of(provider_by_host("imap.gmail.com")), "gmail");
	assert_string_equal(name_of(provider_by_host("SMTP.office365.com")),
		"microsoft365");
	assert_string_equal(name_of(provider_by_host("127.0.0.1")), "-");
	assert_string_equal(name_of(provider_by_host("")), "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_makes_sense),
		cmocka_unit_test(domains_are_matched),
		cmocka_unit_test(hosts_are_matched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
