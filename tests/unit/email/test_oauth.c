/* OAuth against a provider that answers what the test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "email/oauth.h"
#include "net/certs.h"
#include "net/dns_server.h"
#include "net/http_client.h"
#include "net/web_server.h"

#define GRANT                                                 \
	"200 OK\r\nContent-Type: application/json\r\n\r\n"    \
	"{\"access_token\":\"a1\",\"token_type\":\"Bearer\"," \
	"\"refresh_token\":\"r1\",\"expires_in\":3600}"
#define ERROR(error)                                       \
	"400 Bad Request\r\n\r\n{\"error\":\"" error "\"," \
	"\"error_description\":\"words about " error "\"}"
#define CODE                                                              \
	"200 OK\r\n\r\n{\"device_code\":\"d&1\",\"user_code\":\"AB-CD\"," \
	"\"verification_uri\":\"https://login.example.org/device\","      \
	"\"verification_uri_complete\":"                                  \
	"\"https://login.example.org/device?c=AB-CD\","                   \
	"\"expires_in\":600,\"interval\":5}"

static const struct dns_record names[] = {
	{ "login.example.org", 0, 0, "127.0.0.1", 0, 0 },
	{ NULL, 0, 0, NULL, 0, 0 },
};

static struct certs certs;
static struct loop *loop;
static struct dns_server dns;
static struct resolver *resolver;
static struct policy *policy;
static struct http_client *http;
static struct web_server web;
static struct gw_env env;
static char ca[256], device_url[128], token_url[128], authorize_url[128];
static struct oauth_client client;

/* --- The provider -------------------------------------------------------- */

static const char *const *answers; /* one for each request; the last stays */
static struct str asked;           /* the bodies, one a line */
static int64_t asked_ms[64];

static const char *next_answer(struct web_server *s, const char *request)
{
	const char *body = strstr(request, "\r\n\r\n") + 4;

	asked_ms[s->requests % 64] = clock_ms();
	str_addf(&asked, "%.*s %s\n", (int)strcspn(request + 5, " "),
		request + 5, body);
	if (answers[1] != NULL)
		return *answers++;
	return *answers;
}

/* The n-th request, counted from 0; valid until the next. */
static const char *request(unsigned n)
{
	static char line[4096];
	const char *at = str_text(&asked);

	while (n-- > 0 && at != NULL) {
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	if (at == NULL || *at == '\0')
		return "(none)";
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
	return line;
}

static void expect_request(unsigned n, const char *words)
{
	if (strstr(request(n), words) == NULL)
		fail_msg("request %u is %s", n, request(n));
}

/* --- The user of it ------------------------------------------------------ */

static struct {
	struct oauth_login *login;
	struct oauth_keeper *keeper;
	unsigned shown, granted, failed, tokens, failures, changes, revoked;
	char url[4096], code[64], grant[4096], text[512], token[64];
	enum gw_reason reason;
	int expires_s;
	bool is_over, cancels;
} o;

static void on_news(const struct oauth_news *news, void *arg)
{
	assert_ptr_equal(arg, &o);
	if (news->event == OAUTH_SHOW) {
		o.shown++;
		snprintf(o.url, sizeof(o.url), "%s", news->url);
		snprintf(o.code, sizeof(o.code), "%s",
			news->code != NULL ? news->code : "-");
		o.expires_s = news->expires_s;
	} else if (news->event == OAUTH_GRANTED) {
		o.granted++;
		snprintf(o.grant, sizeof(o.grant), "%s", news->grant);
	} else {
		o.failed++;
		o.reason = news->reason;
		snprintf(o.text, sizeof(o.text), "%s", news->text);
	}
	o.is_over = true;
	if (o.cancels)
		oauth_login_cancel(&o.login);
	if (news->event != OAUTH_SHOW)
		o.login = NULL;
}

static void start(enum oauth_way way)
{
	o.login = oauth_login_start(
		&env, &client, way, "alice@example.org", on_news, &o);
	assert_non_null(o.login);
}

/* Until something is told. */
static void run(void)
{
	o.is_over = false;
	loop_settle(loop, 7200000, &o.is_over);
	assert_true(o.is_over);
}

static void on_token(const char *access, void *arg)
{
	assert_ptr_equal(arg, &o);
	/* What is new was to be stored first. */
	assert_true(o.changes == 0 || strstr(o.grant, access) != NULL);
	o.tokens++;
	o.is_over = true;
	snprintf(o.token, sizeof(o.token), "%s", access);
	if (o.cancels)
		oauth_keeper_free(&o.keeper);
}

static void on_failure(const char *text, void *arg UNUSED)
{
	o.failures++;
	o.is_over = true;
	snprintf(o.text, sizeof(o.text), "%s", text);
	if (o.cancels)
		oauth_keeper_free(&o.keeper);
}

static void on_change(const char *grant, void *arg UNUSED)
{
	o.changes++;
	snprintf(o.grant, sizeof(o.grant), "%s", grant);
	if (o.cancels)
		oauth_keeper_free(&o.keeper);
}

static void on_revoked(const char *text, void *arg UNUSED)
{
	o.revoked++;
	o.is_over = true;
	snprintf(o.text, sizeof(o.text), "%s", text);
	if (o.cancels)
		oauth_keeper_free(&o.keeper);
}

static const struct oauth_keeper_events events = { on_token, on_failure,
	on_change, on_revoked };

static void keep(const char *access, const char *refresh, int64_t left_ms)
{
	const char *reason;
	char grant[512];

	snprintf(grant, sizeof(grant),
		"{\"access\":\"%s\",\"refresh\":\"%s\",\"expires\":%lld}",
		access, refresh, (long long)(clock_wall_ms() + left_ms));
	o.keeper = oauth_keeper_new(&env, &client, grant, &events, &o, &reason);
	assert_non_null(o.keeper);
}

/* --- Set-up -------------------------------------------------------------- */

static int set_up_group(void **state UNUSED)
{
	certs_init(&certs, "causeway test");
	certs_issue(&certs, "web", "DNS:login.example.org", -1, 1);
	return 0;
}

static int tear_down_group(void **state UNUSED)
{
	certs_finish(&certs);
	return 0;
}

static int set_up(void **state UNUSED)
{
	clock_use_virtual(1700000000000);
	loop = loop_new();
	dns_server_start(&dns, loop, names);
	resolver = resolver_new(loop, dns.address);
	policy = policy_new();
	http = http_client_new(loop, resolver, policy, NULL, "causeway");
	web_server_start(&web, loop, certs_path(&certs, "web"), NULL);
	web.answer = next_answer;
	snprintf(ca, sizeof(ca), "%s", certs_path(&certs, "ca"));
	snprintf(device_url, 128, "https://login.example.org:%u/device",
		web.port);
	snprintf(
		token_url, 128, "https://login.example.org:%u/token", web.port);
	snprintf(authorize_url, 128, "https://login.example.org:%u/authorize",
		web.port);
	client = (struct oauth_client){ .provider = "test",
		.client_id = "us & co",
		.authorize_url = authorize_url,
		.device_url = device_url,
		.token_url = token_url,
		.scopes = "mail offline",
		.redirect_url = "http://localhost/",
		.extra = "prompt=consent",
		.ca_file = ca };
	env = (struct gw_env){ .loop = loop,
		.resolver = resolver,
		.policy = policy,
		.http = http };
	str_init(&asked, 1u << 20);
	memset(&o, 0, sizeof(o));
	return 0;
}

static int tear_down(void **state UNUSED)
{
	oauth_login_cancel(&o.login);
	oauth_keeper_free(&o.keeper);
	web_server_stop(&web);
	http_client_free(&http);
	policy_free(&policy);
	resolver_free(&resolver);
	dns_server_stop(&dns);
	loop_free(&loop);
	str_finish(&asked);
	clock_use_real();
	return 0;
}

/* --- Clients ------------------------------------------------------------- */

static void clients_come_from_the_configuration(void **state UNUSED)
{
	struct str error = { .max = 1024 };
	struct email_config *c =
		cfg_parse("oauth = ("
			  " { provider = \"microsoft\"; client_id = \"m\"; },"
			  " { provider = \"own\"; client_id = \"o\";"
			  "   token_url = \"https://x/t\";"
			  "   device_url = \"https://x/d\";"
			  "   hosts = ( \"imap.example.org\" ); },"
			  " { provider = \"broken\"; client_id = \"b\"; } );",
			"test", &email_config_group, &error);
	struct oauth_client out;

	assert_non_null(c);
	assert_true(oauth_client_get(c, "microsoft", NULL, &out));
	assert_string_equal(out.client_id, "m");
	assert_non_null(strstr(out.token_url, "login.microsoftonline.com"));
	assert_non_null(out.device_url);
	assert_non_null(strstr(out.scopes, "SMTP.Send"));
	assert_true(oauth_client_get(c, NULL, "outlook.office365.com", &out));
	assert_string_equal(out.client_id, "m");
	assert_true(oauth_client_get(c, NULL, "IMAP.example.org", &out));
	assert_string_equal(out.client_id, "o");
	assert_null(out.authorize_url);
	assert_string_equal(out.redirect_url, "http://localhost/");
	assert_false(oauth_client_get(c, "google", NULL, &out));
	assert_false(oauth_client_get(c, NULL, "imap.gmail.com", &out));
	assert_false(oauth_client_get(c, NULL, NULL, &out));
	/* Without URLs it is of no use. */
	assert_false(oauth_client_get(c, "broken", NULL, &out));
	cfg_free(c, &email_config_group);
	str_finish(&error);
}

/* --- Device codes -------------------------------------------------------- */

static void a_device_is_granted(void **state UNUSED)
{
	static const char *const script[] = { CODE,
		ERROR("authorization_pending"), ERROR("slow_down"),
		ERROR("authorization_pending"), GRANT, NULL };

	answers = script;
	start(OAUTH_DEVICE);
	assert_int_equal(o.shown, 0);
	run();
	assert_int_equal(o.shown, 1);
	assert_string_equal(o.url, "https://login.example.org/device");
	assert_string_equal(o.code, "AB-CD");
	assert_int_equal(o.expires_s, 600);
	run();
	assert_int_equal(o.granted, 1);
	assert_non_null(strstr(o.grant, "\"access\":\"a1\""));
	assert_non_null(strstr(o.grant, "\"refresh\":\"r1\""));
	assert_int_equal(web.requests, 5);
	expect_request(0, "/device scope=mail%20offline&"
			  "client_id=us%20%26%20co");
	expect_request(1, "/token grant_type=urn%3Aietf%3Aparams%3Aoauth%3A"
			  "grant-type%3Adevice_code&device_code=d%261&"
			  "client_id=us%20%26%20co");
	/* The interval, and what slow_down adds to it. */
	assert_int_equal(asked_ms[2] - asked_ms[1], 5000);
	assert_int_equal(asked_ms[3] - asked_ms[2], 5000);
	assert_int_equal(asked_ms[4] - asked_ms[3], 10000);
	assert_int_equal(asked_ms[5] - asked_ms[4], 10000);
}

static void a_device_is_not_granted(void **state UNUSED)
{
	static const struct {
		const char *script[4];
		enum gw_reason reason;
		const char *words;
	} rows[] = {
		{ { ERROR("invalid_scope"), NULL }, GW_UNSUPPORTED,
			"words about invalid_scope" },
		{ { "500 Oh\r\n\r\n", NULL }, GW_UNREACHABLE, "error 500" },
		{ { "200 OK\r\n\r\n[]", NULL }, GW_UNREACHABLE, "200" },
		{ { "200 OK\r\n\r\n{}", NULL }, GW_UNSUPPORTED, "no code" },
		{ { "200 OK\r\n\r\n{\"device_code\":\"d\",\"user_code\":\"u\","
		    "\"verification_uri\":\"http://login.example.org/\"}",
			  NULL },
			GW_UNSUPPORTED, "no code" },
		{ { CODE, ERROR("authorization_pending"),
			  ERROR("access_denied"), NULL },
			GW_BAD_PASSWORD, "words about access_denied" },
		{ { CODE, ERROR("expired_token"), NULL }, GW_BAD_PASSWORD,
			"in time" },
		{ { CODE, ERROR("authorization_pending"), NULL },
			GW_BAD_PASSWORD, "in time" },
		/* No refresh token. */
		{ { CODE, "200 OK\r\n\r\n{\"access_token\":\"a\"}", NULL },
			GW_UNSUPPORTED, "no lasting permission" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		o.failed = 0;
		o.shown = 0;
		answers = rows[i].script;
		start(OAUTH_DEVICE);
		while (o.failed == 0)
			run();
		assert_int_equal(o.reason, rows[i].reason);
		if (strstr(o.text, rows[i].words) == NULL)
			fail_msg("%s", o.text);
		assert_int_equal(o.shown, strcmp(rows[i].script[0], CODE) == 0);
	}
}

/* The provider has a pause meanwhile. */
static void polling_survives_trouble(void **state UNUSED)
{
	static const char *const script[] = { CODE, "503 Later\r\n\r\n",
		"502 Later\r\n\r\n<html>", GRANT, NULL };

	answers = script;
	start(OAUTH_DEVICE);
	run();
	run();
	assert_int_equal(o.granted, 1);
	assert_int_equal(asked_ms[3] - asked_ms[2], 10000);
	assert_int_equal(asked_ms[4] - asked_ms[3], 20000);
}

/* --- Pasting ------------------------------------------------------------- */

/* A parameter of o.url, as it stands there. */
static const char *parameter(const char *name)
{
	static char value[512];
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "%s=", name);
	at = strstr(o.url, key);
	assert_non_null(at);
	at += strlen(key);
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "&"), at);
	return value;
}

/* STATE stands for it. */
static int paste(const char *form, const char *state, const char **reason)
{
	const char *at = strstr(form, "STATE");
	char pasted[2048];

	if (at == NULL)
		snprintf(pasted, sizeof(pasted), "%s", form);
	else
		snprintf(pasted, sizeof(pasted), "%.*s%s%s", (int)(at - form),
			form, state, at + 5);
	return oauth_login_answer(o.login, pasted, reason);
}

/* RFC 7636 section 4.6: what the server does. */
static void check_verifier(const char *challenge)
{
	const char *at = strstr(request(0), "code_verifier=");
	struct str text = { .max = 128 };
	unsigned char digest[SHA256_SIZE];

	assert_non_null(at);
	at += strlen("code_verifier=");
	crypto_sha256(slice_make(at, strcspn(at, "&")), digest);
	base64_encode(&text, slice_make((char *)digest, sizeof(digest)));
	for (char *c = text.data; *c != '\0'; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	assert_int_equal(strlen(challenge), 43);
	assert_memory_equal(challenge, text.data, 43);
	str_finish(&text);
}

static void a_url_is_pasted(void **state UNUSED)
{
	static const char *const script[] = { GRANT, NULL };
	static const char *const useless[] = {
		"",
		"  ",
		"what is this",
		"http://localhost/",
		"http://localhost/?code=abcd&state=other",
		"http://localhost/?code=abcd",
		"http://localhost/?state=STATE",
		"http://localhost/?error=access_denied&state=STATE",
		"http://localhost/?code=a%0ab&state=STATE",
		"http://localhost/?x=code=abcd#state=STATE",
	};
	char ours[64], challenge[64];
	const char *reason;

	answers = script;
	start(OAUTH_PASTE);
	run();
	assert_int_equal(o.shown, 1);
	assert_string_equal(o.code, "-");
	assert_int_equal(
		strncmp(o.url, authorize_url, strlen(authorize_url)), 0);
	assert_string_equal(parameter("response_type"), "code");
	assert_string_equal(parameter("client_id"), "us%20%26%20co");
	assert_string_equal(
		parameter("redirect_uri"), "http%3A%2F%2Flocalhost%2F");
	assert_string_equal(parameter("code_challenge_method"), "S256");
	assert_string_equal(parameter("login_hint"), "alice%40example.org");
	assert_string_equal(parameter("prompt"), "consent");
	snprintf(challenge, 64, "%s", parameter("code_challenge"));
	snprintf(ours, 64, "%s", parameter("state"));
	for (size_t i = 0; i < COUNT(useless); i++) {
		reason = NULL;
		if (paste(useless[i], ours, &reason) != -1 || reason == NULL)
			fail_msg("row %zu", i);
	}
	assert_int_equal(web.requests, 0);
	assert_int_equal(paste(" http://localhost/?state=STATE&code=a%2Fb%3D1"
			       "&scope=x#y ",
				 ours, &reason),
		0);
	assert_int_equal(paste("abcdef", ours, &reason), -1);
	run();
	assert_int_equal(o.granted, 1);
	assert_int_equal(web.requests, 1);
	expect_request(0, "/token grant_type=authorization_code&code=a%2Fb%3D1"
			  "&redirect_uri=http%3A%2F%2Flocalhost%2F");
	check_verifier(challenge);
}

static void a_bare_code_is_pasted(void **state UNUSED)
{
	static const char *const script[] = { ERROR("invalid_grant"), NULL };
	const char *reason;

	answers = script;
	start(OAUTH_PASTE);
	run();
	assert_int_equal(paste("4/0Abc-def", "", &reason), 0);
	run();
	assert_int_equal(o.failed, 1);
	assert_int_equal(o.reason, GW_BAD_PASSWORD);
	expect_request(0, "code=4%2F0Abc-def&");
	/* Nobody comes back. */
	start(OAUTH_PASTE);
	run();
	run();
	assert_int_equal(o.failed, 2);
	assert_non_null(strstr(o.text, "in time"));
}

static void logins_are_cancelled(void **state UNUSED)
{
	static const char *const script[] = { CODE,
		ERROR("authorization_pending"), GRANT, NULL };

	oauth_login_cancel(NULL);
	for (unsigned turns = 0; turns < 80; turns++) {
		answers = script;
		start(OAUTH_DEVICE);
		for (unsigned i = 0; i < turns && o.login != NULL; i++)
			loop_settle(loop, 100, NULL);
		oauth_login_cancel(&o.login);
	}
	memset(&o, 0, sizeof(o));
	loop_settle(loop, 7200000, NULL);
	assert_int_equal(o.shown + o.granted + o.failed, 0);
	o.cancels = true;
	answers = script;
	start(OAUTH_DEVICE);
	run();
	loop_settle(loop, 7200000, NULL);
	assert_int_equal(o.shown, 1);
	assert_int_equal(o.granted + o.failed, 0);
	static const char *const refusal[] = { ERROR("invalid_scope"), NULL };
	answers = refusal;
	start(OAUTH_DEVICE);
	run();
	assert_int_equal(o.failed, 1);
}

/* --- Keeping ------------------------------------------------------------- */

static void a_good_token_is_given(void **state UNUSED)
{
	static const char *const script[] = { GRANT, NULL };

	answers = script;
	keep("a0", "r0", 3600000);
	oauth_keeper_want(o.keeper, false);
	assert_int_equal(o.tokens, 0);
	run();
	assert_string_equal(o.token, "a0");
	assert_int_equal(web.requests, 0);
	/* Five minutes before it expires it is renewed, unasked. */
	loop_settle(loop, 3299000, NULL);
	assert_int_equal(web.requests, 0);
	loop_settle(loop, 2000, NULL);
	assert_int_equal(web.requests, 1);
	expect_request(0, "/token grant_type=refresh_token&refresh_token=r0"
			  "&scope=mail%20offline&client_id=");
	assert_int_equal(o.changes, 1);
	assert_int_equal(o.tokens, 1);
	assert_non_null(strstr(o.grant, "\"access\":\"a1\""));
	/* The refresh token was replaced. */
	assert_non_null(strstr(o.grant, "\"refresh\":\"r1\""));
	oauth_keeper_want(o.keeper, false);
	run();
	assert_string_equal(o.token, "a1");
	assert_int_equal(web.requests, 1);
}

static void one_request_serves_all(void **state UNUSED)
{
	static const char *const script[] = {
		"200 OK\r\n\r\n{\"access_token\":\"a2\",\"expires_in\":\"600\"}",
		NULL
	};

	answers = script;
	keep("a0", "r0", -1000);
	loop_settle(loop, 3600000, NULL);
	/* Nobody wants it. */
	assert_int_equal(web.requests, 0);
	for (int i = 0; i < 5; i++)
		oauth_keeper_want(o.keeper, i % 2 == 1);
	run();
	assert_string_equal(o.token, "a2");
	assert_int_equal(o.tokens, 1);
	assert_int_equal(web.requests, 1);
	/* No new refresh token: the old one stays. */
	assert_non_null(strstr(o.grant, "\"refresh\":\"r0\""));
	/* The mail server does not take it: another one. */
	oauth_keeper_want(o.keeper, true);
	run();
	assert_int_equal(o.tokens, 2);
	assert_int_equal(web.requests, 2);
}

static void a_revoked_grant_is_asked_for_no_more(void **state UNUSED)
{
	static const char *const script[] = { ERROR("invalid_grant"), NULL };

	answers = script;
	keep("", "r0", 0);
	oauth_keeper_want(o.keeper, false);
	run();
	assert_int_equal(o.revoked, 1);
	assert_string_equal(o.text, "words about invalid_grant");
	oauth_keeper_want(o.keeper, true);
	loop_settle(loop, 7200000, NULL);
	assert_int_equal(web.requests, 1);
	assert_int_equal(o.revoked, 1);
	assert_int_equal(o.tokens + o.failures, 0);
}

static void trouble_is_no_revocation(void **state UNUSED)
{
	static const char *const script[] = { "503 Later\r\n\r\n",
		ERROR("invalid_client"), "200 OK\r\n\r\n{}", GRANT, NULL };

	answers = script;
	keep("a0", "r0", 0);
	oauth_keeper_want(o.keeper, false);
	run();
	assert_int_equal(o.failures, 1);
	assert_non_null(strstr(o.text, "503"));
	/* Whoever wants one now is told the same, without a request. */
	for (unsigned i = 0; i < 5; i++) {
		oauth_keeper_want(o.keeper, false);
		run();
	}
	assert_int_equal(o.failures, 6);
	assert_int_equal(web.requests, 1);
	/* It is tried again by itself. */
	loop_settle(loop, 4000000, NULL);
	assert_int_equal(web.requests, 4 + o.changes - 1);
	assert_true(o.changes >= 1);
	assert_int_equal(o.revoked, 0);
	oauth_keeper_want(o.keeper, false);
	run();
	assert_string_equal(o.token, "a1");
}

static void nonsense_is_no_grant(void **state UNUSED)
{
	static const char *const rows[] = { "", "x", "[]", "{}",
		"{\"access\":\"a\"}", "{\"refresh\":\"\"}", "{\"refresh\":1}" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *reason = NULL;

		assert_null(oauth_keeper_new(
			&env, &client, rows[i], &events, &o, &reason));
		assert_non_null(reason);
	}
}

/* In each callback; and in the middle of a request. */
static void keepers_are_freed(void **state UNUSED)
{
	static const char *const good[] = { GRANT, NULL };
	static const char *const bad[] = { ERROR("invalid_grant"), NULL };
	static const char *const trouble[] = { "500 x\r\n\r\n", NULL };
	static const char *const *const scripts[] = { good, bad, trouble };

	oauth_keeper_free(NULL);
	o.cancels = true;
	for (size_t i = 0; i < COUNT(scripts); i++) {
		answers = scripts[i];
		keep("a0", "r0", 0);
		oauth_keeper_want(o.keeper, false);
		loop_settle(loop, 100000, NULL);
		assert_null(o.keeper);
	}
	assert_int_equal(o.changes + o.revoked + o.failures, 3);
	assert_int_equal(o.tokens, 0);
	o.changes = 0;
	keep("a0", "r0", 3600000);
	oauth_keeper_want(o.keeper, false);
	loop_settle(loop, 1000, NULL);
	assert_int_equal(o.tokens, 1);
	o.cancels = false;
	o.tokens = o.changes = 0;
	for (unsigned turns = 0; turns < 40; turns++) {
		answers = good;
		keep("a0", "r0", 0);
		oauth_keeper_want(o.keeper, false);
		for (unsigned i = 0; i < turns; i++)
			loop_settle(loop, 1, NULL);
		oauth_keeper_free(&o.keeper);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_come_from_the_configuration),
		TEST(a_device_is_granted),
		TEST(a_device_is_not_granted),
		TEST(polling_survives_trouble),
		TEST(a_url_is_pasted),
		TEST(a_bare_code_is_pasted),
		TEST(logins_are_cancelled),
		TEST(a_good_token_is_given),
		TEST(one_request_serves_all),
		TEST(a_revoked_grant_is_asked_for_no_more),
		TEST(trouble_is_no_revocation),
		TEST(nonsense_is_no_grant),
		TEST(keepers_are_freed),
	};

	return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
