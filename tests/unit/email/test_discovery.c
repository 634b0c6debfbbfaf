/*
 * Discovery against a name server and web servers on loopback. In the place of
 * a worker stands a table: which document says what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "email/discovery.h"
#include "email/pool.h"
#include "net/certs.h"
#include "net/dns_server.h"
#include "net/http_client.h"
#include "net/web_server.h"

/* --- A worker ------------------------------------------------------------ */

struct mail_request {
	struct deferred done;
	char text[16];
	mail_fn fn;
	void *arg;
};

static struct loop *loop;
static unsigned reads;
static bool worker_dies;

static void encode(const char *text, struct str *out)
{
	static const char *const hosts[] = { "imap.example.org",
		"smtp.%EMAILDOMAIN%" };
	struct settings_server servers[2] = {
		{ LINK_IMAP, hosts[0], "%EMAILLOCALPART%", 993, false, 1 },
		{ LINK_SMTP, hosts[1], "%EMAILADDRESS%", 587, true, 1 },
	};
	struct settings s = { .servers = servers };

	if (strcmp(text, "good") == 0)
		s.server_count = 2;
	settings_encode(out, &s);
}

static void on_read(void *arg)
{
	struct mail_request *r = arg;
	struct str out = { .max = 4096 };
	struct frame f = { .type = FRAME_DONE, .fd = -1 };

	encode(r->text, &out);
	f.numbers[0] = strcmp(r->text, "bad") == 0 ? LINK_BAD : LINK_OK;
	f.texts[1] = str_slice(&out);
	r->fn(&f, r->arg);
	str_finish(&out);
	xfree(r);
}

struct mail_request *mail_pool_ask(
	struct mail_pool *p, const struct frame *f, mail_fn fn, void *arg)
{
	struct mail_request *r = xalloc(sizeof(*r));

	assert_null(p);
	assert_int_equal(f->type, FRAME_READ);
	assert_int_equal(f->numbers[0], READ_AUTOCONFIG);
	reads++;
	snprintf(r->text, sizeof(r->text), "%.*s", (int)f->texts[0].len,
		f->texts[0].data);
	r->fn = fn;
	r->arg = arg;
	deferred_init(&r->done, loop, "read", on_read, r);
	if (!worker_dies)
		deferred_start(&r->done);
	return r;
}

void mail_request_cancel(struct mail_request **slot)
{
	if (*slot == NULL)
		return;
	deferred_stop(&(*slot)->done);
	xfree(*slot);
	*slot = NULL;
}

/* --- The world ----------------------------------------------------------- */

static const struct dns_record names[] = {
	{ "autoconfig.example.org", 0, 0, "127.0.0.1", 0, 0 },
	{ "example.org", 0, 0, "127.0.0.1", 0, 0 },
	{ "db.example.net", 0, 0, "127.0.0.1", 0, 0 },
	{ "imap.example.org", 0, 0, "127.0.0.1", 0, 0 },
	{ "mail.example.org", 0, 0, "127.0.0.1", 0, 0 },
	{ "smtp.example.org", 0, 0, "127.0.0.1", 0, 0 },
	{ "private.example.net", 0, 0, "10.0.0.1", 0, 0 },
	{ "imap.bad.net", 0, 0, "127.0.0.1", 0, 0 },
	{ NULL, 0, 0, NULL, 0, 0 },
};

#define SRV(name, port, host)                                 \
	{                                                     \
		name, 33, DNS_ADDRESSES, { 0, 0, port }, host \
	}
#define MX(name, host)                                      \
	{                                                   \
		name, 15, DNS_ADDRESSES, { 10, 0, 0 }, host \
	}

static const struct dns_extra extras[] = {
	MX("example.org", "mx.example.org"),
	SRV("_imaps._tcp.srv.org", 993, "imap.srv.org"),
	SRV("_submission._tcp.srv.org", 587, "smtp.srv.org"),
	SRV("_imaps._tcp.far.org", 993, "imap.other.net"),
	SRV("_submissions._tcp.far.org", 465, "smtp.other.net"),
	SRV("_imaps._tcp.hosted.org", 993, "imap.gmail.com"),
	SRV("_submissions._tcp.hosted.org", 465, "smtp.gmail.com"),
	/* Not offered with TLS, and the half of what is needed. */
	SRV("_imaps._tcp.half.org", 993, "imap.half.org"),
	SRV("_submissions._tcp.half.org", 0, "."),
	MX("half.org", "mx.half.org"),
	MX("work.org", "aspmx.l.google.com"),
	MX("tuta.org", "mail.tutanota.de"),
	MX("shop.org", "mx1.mail.host.net"),
	MX("null.org", "."),
	{ "trouble.org", 15, DNS_FAILURE, { 0, 0, 0 }, NULL },
	MX("bad.net", "mx.bad.net"),
	{ NULL, 0, 0, { 0, 0, 0 }, NULL },
};

static struct certs certs;
static struct tls_client *tls;
static struct dns_server dns_server;
static struct resolver *resolver;
static struct policy *policy;
static struct http_client *http;
static struct dns *dns;
static struct web_server web;   /* https, and servers with TLS */
static struct web_server clear; /* one without */
static struct email_config config;
static char database[128];
static struct gw_env gw;
static struct discovery_env env;

static struct {
	struct discovery_result result;
	char words[2048], user[256];
	unsigned calls;
	bool is_done, cancels;
	struct discovery *d;
} o;

static void on_result(const struct discovery_result *result, void *arg)
{
	assert_ptr_equal(arg, &o);
	o.result = *result;
	o.calls++;
	o.is_done = true;
	snprintf(o.words, sizeof(o.words), "%s", result->words);
	snprintf(o.user, sizeof(o.user), "%s", result->user);
	if (o.cancels)
		discovery_cancel(&o.d);
	o.d = NULL;
}

static void discover(const char *address)
{
	o.is_done = false;
	o.d = discovery_start(&env, address, on_result, &o);
	assert_non_null(o.d);
	loop_settle(loop, 120000, &o.is_done);
	assert_true(o.is_done);
}

static void expect(enum gw_reason reason, enum discovery_source source,
	const char *imap, const char *smtp, const char *words)
{
	if (o.result.reason != reason || o.result.source != source ||
		strcmp(o.result.imap.host, imap) != 0 ||
		strcmp(o.result.smtp.host, smtp) != 0 ||
		strstr(o.words, words) == NULL)
		fail_msg("reason %d, source %d, %s, %s: %s",
			(int)o.result.reason, (int)o.result.source,
			o.result.imap.host, o.result.smtp.host, o.words);
}

static void expect_nothing(enum gw_reason reason, const char *words)
{
	expect(reason, DISCOVERED_NOWHERE, "", "", words);
}

static int set_up_group(void **state UNUSED)
{
	certs_init(&certs, "causeway test");
	certs_issue(&certs, "web",
		"DNS:*.example.org,DNS:example.org,DNS:*.example.net", -1, 1);
	return 0;
}

static int tear_down_group(void **state UNUSED)
{
	certs_finish(&certs);
	return 0;
}

static int set_up(void **state UNUSED)
{
	static const struct web_page none[] = { { NULL, NULL } };
	static const struct server_guess no_guesses[] = {
		{ false, { NULL, 0, TLS_NONE } },
	};
	char ca[256];
	const char *reason;

	clock_use_virtual(1700000000000);
	loop = loop_new();
	dns_server_start(&dns_server, loop, names);
	dns_server.extras = extras;
	resolver = resolver_new(loop, dns_server.address);
	dns = dns_new(loop, dns_server.address);
	policy = policy_new();
	assert_int_equal(policy_allow(policy, "127.0.0.0/8"), 0);
	snprintf(ca, sizeof(ca), "%s", certs_path(&certs, "ca"));
	tls = tls_client_new(ca, true, &reason);
	http = http_client_new(loop, resolver, policy, NULL, "causeway");
	web_server_start(&web, loop, certs_path(&certs, "web"), none);
	web_server_start(&clear, loop, NULL, none);
	snprintf(database, sizeof(database), "https://db.example.net:%u/v1.1/",
		web.port);
	config = (struct email_config){ .autoconfig = database };
	gw = (struct gw_env){ .loop = loop,
		.resolver = resolver,
		.policy = policy,
		.http = http,
		.dns = dns };
	env = (struct discovery_env){ .gw = &gw,
		.config = &config,
		.tls = tls,
		.https_port = web.port,
		.guesses = no_guesses };
	memset(&o, 0, sizeof(o));
	reads = 0;
	worker_dies = false;
	return 0;
}

static int tear_down(void **state UNUSED)
{
	web_server_stop(&web);
	web_server_stop(&clear);
	http_client_free(&http);
	tls_client_free(&tls);
	policy_free(&policy);
	dns_free(&dns);
	resolver_free(&resolver);
	dns_server_stop(&dns_server);
	loop_free(&loop);
	clock_use_real();
	return 0;
}

/* --- Steps --------------------------------------------------------------- */

static void known_providers_need_no_network(void **state UNUSED)
{
	discover("alice@gmail.com");
	expect(GW_OK, DISCOVERED_TABLE, "imap.gmail.com", "smtp.gmail.com",
		"Gmail");
	assert_string_equal(o.user, "alice@gmail.com");
	assert_string_equal(o.result.provider->name, "gmail");
	assert_string_equal(o.result.oauth, "google");
	discover("alice@tuta.com");
	expect_nothing(GW_NO_SUCH, "no IMAP");
	assert_string_equal(o.result.provider->name, "tuta");
	assert_int_equal(web.requests, 0);
	assert_int_equal(dns_server.questions, 0);
}

static void documents_of_the_domain_count(void **state UNUSED)
{
	static const struct web_page first[] = {
		{ "GET /mail/config-v1.1.xml", "200 OK\r\n\r\ngood" },
		{ NULL, NULL },
	};
	static const struct web_page second[] = {
		{ "GET /.well-known/autoconfig/mail/config-v1.1.xml",
			"200 OK\r\n\r\ngood" },
		{ NULL, NULL },
	};

	web.pages = first;
	discover("al+x@example.org");
	expect(GW_OK, DISCOVERED_AUTOCONFIG, "imap.example.org",
		"smtp.example.org", "found in https://autoconfig.example.org");
	assert_string_equal(o.user, "al+x");
	assert_int_equal(o.result.smtp.port, 587);
	assert_int_equal(o.result.smtp.tls, TLS_STARTTLS);
	assert_non_null(strstr(
		str_text(&web.last), "?emailaddress=al%2Bx%40example.org "));
	web.pages = second;
	discover("al+x@example.org");
	expect(GW_OK, DISCOVERED_AUTOCONFIG, "imap.example.org",
		"smtp.example.org", "found in https://example.org");
	assert_null(strstr(str_text(&web.last), "%40"));
}

static void the_database_learns_the_domain_only(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "GET /v1.1/elsewhere.net", "200 OK\r\n\r\ngood" },
		{ "GET /v1.1/host.net", "200 OK\r\n\r\ngood" },
		{ NULL, NULL },
	};

	web.pages = pages;
	discover("alice@elsewhere.net");
	expect(GW_OK, DISCOVERED_AUTOCONFIG, "imap.example.org",
		"smtp.elsewhere.net", "db.example.net");
	assert_null(strstr(str_text(&web.last), "alice"));
	/* By the domain of the MX host. */
	web.requests = 0;
	discover("alice@shop.org");
	expect(GW_OK, DISCOVERED_MX, "imap.example.org", "smtp.shop.org",
		"db.example.net");
	assert_int_equal(web.requests, 3);
	config.autoconfig = NULL;
	web.requests = 0;
	discover("alice@shop.org");
	expect_nothing(GW_NO_SUCH, "mx1.mail.host.net");
	assert_int_equal(web.requests, 0);
}

static void documents_may_be_useless(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "GET /mail/config-v1.1.xml", "200 OK\r\n\r\nbad" },
		{ "GET /.well-known/autoconfig/mail/config-v1.1.xml",
			"200 OK\r\n\r\nempty" },
		{ "GET /v1.1/example.org", "500 Broken\r\n\r\ngood" },
		{ NULL, NULL },
	};

	web.pages = pages;
	config.autoconfig = database;
	discover("alice@example.org");
	assert_int_equal(reads, 2);
	expect_nothing(GW_NO_SUCH, "names no servers with TLS");
}

static void srv_records_count(void **state UNUSED)
{
	discover("alice@srv.org");
	expect(GW_OK, DISCOVERED_SRV, "imap.srv.org", "smtp.srv.org",
		"SRV records of srv.org");
	assert_int_equal(o.result.imap.tls, TLS_REQUIRED);
	assert_int_equal(o.result.smtp.tls, TLS_STARTTLS);
	assert_string_equal(o.user, "alice@srv.org");
	assert_false(o.result.needs_consent);
	/* Only DNS says that these are servers of the domain. */
	discover("alice@far.org");
	expect(GW_OK, DISCOVERED_SRV, "imap.other.net", "smtp.other.net", "");
	assert_true(o.result.needs_consent);
	/* These are known. */
	discover("alice@hosted.org");
	expect(GW_OK, DISCOVERED_SRV, "imap.gmail.com", "smtp.gmail.com", "");
	assert_false(o.result.needs_consent);
	assert_string_equal(o.result.provider->name, "gmail");
	assert_string_equal(o.result.oauth, "google");
	discover("alice@half.org");
	expect_nothing(GW_NO_SUCH, "no SRV records");
}

static void the_mx_record_tells_the_provider(void **state UNUSED)
{
	discover("alice@work.org");
	expect(GW_OK, DISCOVERED_MX, "imap.gmail.com", "smtp.gmail.com",
		"the mail of work.org goes to Gmail");
	assert_string_equal(o.user, "alice@work.org");
	assert_string_equal(o.result.oauth, "google");
	discover("alice@tuta.org");
	expect_nothing(GW_NO_SUCH, "no IMAP");
	discover("alice@null.org");
	expect_nothing(GW_NO_HOST, "takes no mail");
	discover("alice@nowhere.org");
	expect_nothing(GW_NO_HOST, "There is no domain nowhere.org");
	discover("alice@trouble.org");
	expect_nothing(GW_UNREACHABLE, "trouble.org");
}

static void usual_names_are_tried(void **state UNUSED)
{
	struct server_guess guesses[] = {
		{ false, { "nothing.%EMAILDOMAIN%", web.port, TLS_REQUIRED } },
		{ false, { "imap.%EMAILDOMAIN%", clear.port, TLS_REQUIRED } },
		{ false, { "mail.%EMAILDOMAIN%", web.port, TLS_REQUIRED } },
		{ false, { "imap.%EMAILDOMAIN%", web.port, TLS_REQUIRED } },
		{ true, { "smtp.%EMAILDOMAIN%", clear.port, TLS_STARTTLS } },
		{ false, { NULL, 0, TLS_NONE } },
	};

	env.guesses = guesses;
	discover("alice@example.org");
	expect(GW_OK, DISCOVERED_GUESS, "mail.example.org", "smtp.example.org",
		"mail.example.org and smtp.example.org answer");
	assert_int_equal(o.result.imap.port, web.port);
	assert_int_equal(o.result.smtp.tls, TLS_STARTTLS);
	/* A certificate of another name is none. */
	discover("alice@bad.net");
	expect_nothing(GW_NO_SUCH, "no usual name of an IMAP server");
	guesses[4].server.host = "nothing.%EMAILDOMAIN%";
	discover("alice@example.org");
	expect_nothing(GW_NO_SUCH, "no usual name of an SMTP server");
	assert_non_null(strstr(o.words, "no autoconfig document"));
	assert_non_null(strstr(o.words, "no SRV records"));
	assert_non_null(strstr(o.words, "mx.example.org"));
}

/* --- Trouble ------------------------------------------------------------- */

static void some_addresses_are_none(void **state UNUSED)
{
	static const char *const rows[] = { "", "alice", "@example.org",
		"alice@", "alice@[127.0.0.1]", "alice@exa mple.org",
		"alice@example..org", "a\r\nb@example.org",
		"alice@b\xc3\xbc.org" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		discover(rows[i]);
		expect_nothing(GW_BAD_ADDRESS, "no mail address");
	}
	assert_int_equal(dns_server.questions, 0);
}

static void it_ends_in_time(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "GET /mail/config-v1.1.xml", "200 OK\r\n\r\ngood" },
		{ NULL, NULL },
	};
	int64_t began = clock_ms();

	web.pages = pages;
	worker_dies = true;
	discover("alice@example.org");
	expect_nothing(GW_UNREACHABLE, "took too long");
	assert_int_equal(clock_ms() - began, 60000);
}

static void a_cancelled_one_is_silent(void **state UNUSED)
{
	struct server_guess guesses[] = {
		{ false, { "mail.%EMAILDOMAIN%", web.port, TLS_REQUIRED } },
		{ true, { "smtp.%EMAILDOMAIN%", clear.port, TLS_STARTTLS } },
		{ false, { NULL, 0, TLS_NONE } },
	};

	env.guesses = guesses;
	discovery_cancel(NULL);
	for (unsigned turns = 0; turns < 400; turns += 7) {
		o.is_done = false;
		o.d = discovery_start(&env, "alice@example.org", on_result, &o);
		for (unsigned i = 0; i < turns && !o.is_done; i++)
			loop_settle(loop, 1, &o.is_done);
		discovery_cancel(&o.d);
		assert_null(o.d);
	}
	o.calls = 0;
	loop_settle(loop, 120000, NULL);
	assert_int_equal(o.calls, 0);
	o.cancels = true;
	discover("alice@example.org");
	assert_int_equal(o.calls, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(known_providers_need_no_network),
		TEST(documents_of_the_domain_count),
		TEST(the_database_learns_the_domain_only),
		TEST(documents_may_be_useless),
		TEST(srv_records_count),
		TEST(the_mx_record_tells_the_provider),
		TEST(usual_names_are_tried),
		TEST(some_addresses_are_none),
		TEST(it_ends_in_time),
		TEST(a_cancelled_one_is_silent),
	};

	return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
