/* Autoconfig documents: what is taken from them, and what they may not do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/macros.h"
#include "email_wire/settings.h"
#include "email_worker/autoconfig.h"

#define CONFIG(inside)                                              \
	"<clientConfig version='1.1'><emailProvider id='x'>" inside \
	"</emailProvider></clientConfig>"
#define IMAP(inside) "<incomingServer type='imap'>" inside "</incomingServer>"
#define SMTP(inside) "<outgoingServer type='smtp'>" inside "</outgoingServer>"
#define HOST         "<hostname>imap.example.org</hostname>"
#define PORT         "<port>993</port>"
#define SSL          "<socketType>SSL</socketType>"

static struct arena arena;
static struct settings settings;

static int read_text(const char *text, size_t len)
{
	static struct str out = { .max = (size_t)64 * 1024 };
	int status;

	str_reset(&out);
	arena_finish(&arena);
	arena_init(&arena, (size_t)64 * 1024);
	status = autoconfig_read(slice_make(text, len), &out);
	if (status == 0)
		assert_int_equal(
			settings_decode(str_slice(&out), &arena, &settings), 0);
	else
		assert_int_equal(out.len, 0);
	str_finish(&out);
	return status;
}

static void expect_server(size_t i, enum link_protocol protocol,
	const char *host, unsigned port, bool is_starttls, const char *user,
	unsigned logins)
{
	const struct settings_server *s = &settings.servers[i];

	assert_true(i < settings.server_count);
	assert_int_equal(s->protocol, protocol);
	assert_string_equal(s->host, host);
	assert_int_equal(s->port, port);
	assert_int_equal(s->is_starttls, is_starttls);
	assert_string_equal(s->user, user);
	assert_int_equal(s->logins, logins);
}

static void a_usual_document_is_read(void **state UNUSED)
{
	static const char text[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" CONFIG(
		"<domain>example.org</domain>"
		"<displayName> Example &amp; Sons </displayName>"
		"<incomingServer type='pop3'>" HOST "<port>995</port>" SSL
		"</incomingServer>" IMAP(
			"<hostname>imap.%EMAILDOMAIN%</hostname>"
			"<port> 993\n</port>" SSL
			"<authentication>OAuth2</authentication>"
			"<authentication>password-cleartext"
			"</authentication>"
			"<username>%EMAILLOCALPART%</username>")
			SMTP("<hostname>smtp.example.org</hostname>"
			     "<port>587</port>"
			     "<socketType>STARTTLS</socketType>") "<documentation url='https://x/'/>");

	assert_int_equal(read_text(text, strlen(text)), 0);
	assert_string_equal(settings.title, "Example & Sons");
	assert_int_equal(settings.server_count, 2);
	expect_server(0, LINK_IMAP, "imap.%EMAILDOMAIN%", 993, false,
		"%EMAILLOCALPART%", SETTINGS_PASSWORD | SETTINGS_OAUTH);
	expect_server(1, LINK_SMTP, "smtp.example.org", 587, true,
		"%EMAILADDRESS%", SETTINGS_PASSWORD);
}

/* Whatever the declaration says. */
static void other_charsets_are_read(void **state UNUSED)
{
	static const char *const rows[] = {
		"<?xml version='1.0' encoding='ISO-8859-1'?>" CONFIG(
			"<displayName>M\xfcller</displayName>" IMAP(
				HOST PORT SSL)),
		"<?xml version='1.0' encoding='windows-1251'?>" CONFIG(
			"<displayName>M\xc3\xbcller</displayName>" IMAP(
				HOST PORT SSL)),
		"\xef\xbb\xbf" CONFIG(
			"<displayName>M\xc3\xbcller</displayName>" IMAP(
				HOST PORT SSL)),
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(read_text(rows[i], strlen(rows[i])), 0);
		assert_int_equal(settings.server_count, 1);
		assert_string_equal(settings.title, "M\xc3\xbcller");
	}
}

/* The document is one; the server is not for us. */
static void odd_servers_are_left_out(void **state UNUSED)
{
	static const char *const rows[] = {
		CONFIG(""),
		CONFIG(IMAP("")),
		CONFIG(IMAP(HOST PORT)),
		CONFIG(IMAP(HOST SSL)),
		CONFIG(IMAP(PORT SSL)),
		CONFIG(IMAP(HOST PORT "<socketType>plain</socketType>")),
		CONFIG(IMAP(HOST PORT "<socketType>ssl</socketType>")),
		CONFIG(IMAP(HOST "<port>0</port>" SSL)),
		CONFIG(IMAP(HOST "<port>65536</port>" SSL)),
		CONFIG(IMAP(HOST "<port>-1</port>" SSL)),
		CONFIG(IMAP(HOST "<port>99x</port>" SSL)),
		CONFIG(IMAP("<hostname></hostname>" PORT SSL)),
		CONFIG(IMAP("<hostname>a b</hostname>" PORT SSL)),
		CONFIG(IMAP(HOST PORT SSL "<username>a\nb</username>")),
		/* At another depth, below another element. */
		"<clientConfig>" IMAP(HOST PORT SSL) "</clientConfig>",
		CONFIG("<x>" IMAP(HOST PORT SSL) "</x>"),
		CONFIG(IMAP("<x>" HOST "</x>" PORT SSL)),
		"<clientConfig><x>" IMAP(HOST PORT SSL) "</x></clientConfig>",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (read_text(rows[i], strlen(rows[i])) != 0 ||
			settings.server_count != 0)
			fail_msg("row %zu: %s", i, rows[i]);
	}
}

static void what_is_no_such_document_is_refused(void **state UNUSED)
{
	static const char *const rows[] = {
		"",
		"hello",
		"<html><body/></html>",
		"<clientConfig>",
		"<clientConfig></x>",
		"<x>" CONFIG("") "</x>",
		CONFIG("&nothing;"),
		"<!DOCTYPE clientConfig>" CONFIG(""),
		"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>" CONFIG(
			"<displayName>&b;</displayName>"),
		"<!DOCTYPE x SYSTEM 'file:///etc/passwd'>" CONFIG(""),
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (read_text(rows[i], strlen(rows[i])) == 0)
			fail_msg("row %zu: %s", i, rows[i]);
	}
}

static void there_is_an_end_to_everything(void **state UNUSED)
{
	struct str text = { .max = (size_t)1 << 20 };

	/* Too many servers. */
	str_add(&text, "<clientConfig><emailProvider>");
	for (int i = 0; i < 100; i++)
		str_add(&text, IMAP(HOST PORT SSL));
	str_add(&text, "</emailProvider></clientConfig>");
	assert_int_equal(read_text(text.data, text.len), 0);
	assert_int_equal(settings.server_count, SETTINGS_SERVERS_MAX);
	/* A name that is too long. */
	str_reset(&text);
	str_add(&text, "<clientConfig><emailProvider>"
		       "<incomingServer type='imap'><hostname>");
	for (int i = 0; i < 300; i++)
		str_add(&text, "x");
	str_add(&text, "</hostname>" PORT SSL "</incomingServer>"
		       "</emailProvider></clientConfig>");
	assert_int_equal(read_text(text.data, text.len), 0);
	assert_int_equal(settings.server_count, 0);
	/* Too deep, too long. */
	str_reset(&text);
	for (int i = 0; i < 20000; i++)
		str_add(&text, "<clientConfig>");
	assert_int_equal(read_text(text.data, text.len), -1);
	str_reset(&text);
	str_add(&text, CONFIG(""));
	while (text.len <= AUTOCONFIG_MAX)
		str_add(&text, " ");
	assert_int_equal(read_text(text.data, text.len), -1);
	str_finish(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_usual_document_is_read),
		cmocka_unit_test(other_charsets_are_read),
		cmocka_unit_test(odd_servers_are_left_out),
		cmocka_unit_test(what_is_no_such_document_is_refused),
		cmocka_unit_test(there_is_an_end_to_everything),
	};
	int status = cmocka_run_group_tests(tests, NULL, NULL);

	arena_finish(&arena);
	return status;
}
