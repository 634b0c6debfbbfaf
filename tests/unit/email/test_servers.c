/* Which servers are meant, of all that is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "email/servers.h"

#define ALICE "alice.b@example.org"

/* "imap.example.org:993 smtp.example.org:587* alice"; * for STARTTLS. */
static const char *text_of(const struct mail_servers *s)
{
	static char text[1024];

	snprintf(text, sizeof(text), "%s:%u%s %s:%u%s %s", s->imap.host,
		s->imap.port, s->imap.tls == TLS_STARTTLS ? "*" : "",
		s->smtp.host, s->smtp.port,
		s->smtp.tls == TLS_STARTTLS ? "*" : "", s->user);
	return text;
}

static void placeholders_are_replaced(void **state UNUSED)
{
	static const struct {
		const char *form, *text;
	} rows[] = {
		{ "%EMAILADDRESS%", ALICE },
		{ "%EMAILLOCALPART%", "alice.b" },
		{ "%EMAILDOMAIN%", "example.org" },
		{ "imap.%EMAILDOMAIN%", "imap.example.org" },
		{ "%EMAILLOCALPART%#%EMAILDOMAIN%", "alice.b#example.org" },
		{ "plain", "plain" },
		{ "%REALNAME%", NULL },
		{ "100%", NULL },
		{ "%EMAILDOMAIN", NULL },
		{ "", NULL },
		{ "0123456789012345678901234567890", NULL },
	};
	char out[31];

	for (size_t i = 0; i < COUNT(rows); i++) {
		bool good =
			servers_expand(rows[i].form, ALICE, out, sizeof(out));

		if (good != (rows[i].text != NULL))
			fail_msg("row %zu", i);
		if (good)
			assert_string_equal(out, rows[i].text);
	}
}

static void hosts_are_compared_by_label(void **state UNUSED)
{
	assert_true(host_is_below("example.org", "example.org"));
	assert_true(host_is_below("IMAP.example.org", "example.ORG"));
	assert_false(host_is_below("badexample.org", "example.org"));
	assert_false(host_is_below("example.org.evil.net", "example.org"));
	assert_false(host_is_below("org", "example.org"));
	assert_false(host_is_below("", "example.org"));
	assert_false(host_is_below("example.org", ""));
}

static void providers_have_servers(void **state UNUSED)
{
	static const struct {
		const char *provider, *address, *text;
	} rows[] = {
		{ "gmail", "a@gmail.com",
			"imap.gmail.com:993 smtp.gmail.com:465 a@gmail.com" },
		{ "netease", "a@126.com",
			"imap.126.com:993 smtp.126.com:465 a@126.com" },
		{ "free.fr", "a@free.fr",
			"imap.free.fr:993 smtp.free.fr:465 a" },
		{ "proton", "a@pm.me",
			"127.0.0.1:1143* 127.0.0.1:1025* a@pm.me" },
	};
	struct mail_servers out;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(
			servers_of_provider(provider_by_name(rows[i].provider),
				rows[i].address, &out));
		assert_string_equal(text_of(&out), rows[i].text);
	}
	assert_false(servers_of_provider(
		provider_by_name("tuta"), "a@tuta.com", &out));
}

static void documents_are_judged(void **state UNUSED)
{
#define IMAP(host, port, starttls)                                     \
	{                                                              \
		LINK_IMAP, host, "%EMAILLOCALPART%", port, starttls, 1 \
	}
#define SMTP(host, port, starttls)                                   \
	{                                                            \
		LINK_SMTP, host, "%EMAILADDRESS%", port, starttls, 1 \
	}
	static const struct {
		struct settings_server servers[4];
		const char *text; /* NULL: no */
	} rows[] = {
		{ { IMAP("imap.%EMAILDOMAIN%", 993, false),
			  SMTP("SMTP.example.org", 465, false) },
			"imap.example.org:993 smtp.example.org:465 alice.b" },
		/* TLS from the first byte goes first. */
		{ { IMAP("a.example.org", 143, true),
			  IMAP("b.example.org", 993, false),
			  SMTP("c.example.org", 587, true) },
			"b.example.org:993 c.example.org:587* alice.b" },
		/* What makes no sense is passed over. */
		{ { IMAP("a b", 993, false), IMAP("b.example.org", 0, false),
			  IMAP("c.example.org", 143, true),
			  SMTP("d.example.org", 587, true) },
			"c.example.org:143* d.example.org:587* alice.b" },
		{ { IMAP("a.example.org", 993, false) }, NULL },
		{ { SMTP("a.example.org", 465, false) }, NULL },
		{ { IMAP("a.example.org", 70000, false),
			  SMTP("a.example.org", 465, false) },
			NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings_server servers[4];
		struct settings s = { .servers = servers };
		struct mail_servers out = { .user = "" };

		memcpy(servers, rows[i].servers, sizeof(servers));
		while (s.server_count < 4 && servers[s.server_count].host)
			s.server_count++;
		if (servers_of_settings(&s, ALICE, &out) !=
			(rows[i].text != NULL))
			fail_msg("row %zu", i);
		if (rows[i].text != NULL)
			assert_string_equal(text_of(&out), rows[i].text);
	}
}

static void srv_records_are_judged(void **state UNUSED)
{
	/* Ports; 0: not offered, -1: no answer. */
	static const struct {
		int imaps, imap, submissions, submission;
		const char *text;
	} rows[] = {
		{ 993, 143, 465, 587, "h:993 h:465 " ALICE },
		{ 0, 143, 0, 587, "h:143* h:587* " ALICE },
		{ -1, 143, 465, -1, "h:143* h:465 " ALICE },
		{ 993, -1, 0, -1, NULL },
		{ 0, 0, 465, 587, NULL },
		{ -1, -1, -1, -1, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const int ports[SERVERS_SRV] = { rows[i].imaps, rows[i].imap,
			rows[i].submissions, rows[i].submission };
		static struct dns_result results[SERVERS_SRV];
		const struct dns_result *answers[SERVERS_SRV];
		struct mail_servers out = { .user = "" };

		for (size_t n = 0; n < SERVERS_SRV; n++) {
			results[n].error =
				ports[n] < 0 ? DNS_NO_RECORD : DNS_OK;
			results[n].count = ports[n] > 0;
			results[n].hosts[0].port = (uint16_t)ports[n];
			text_copy(results[n].hosts[0].host, 256, "h");
			answers[n] = &results[n];
		}
		if (servers_of_srv(answers, ALICE, &out) !=
			(rows[i].text != NULL))
			fail_msg("row %zu", i);
		if (rows[i].text != NULL)
			assert_string_equal(text_of(&out), rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placeholders_are_replaced),
		cmocka_unit_test(hosts_are_compared_by_label),
		cmocka_unit_test(providers_have_servers),
		cmocka_unit_test(documents_are_judged),
		cmocka_unit_test(srv_records_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
