/* The HTTP client: what is asked and answered, and where it does not go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "certs.h"
#include "dns_server.h"
#include "net/http.h"
#include "net/http_client.h"
#include "web_server.h"

static const struct dns_record names[] = {
	{ "web.example.org", 0, 0, "127.0.0.1", 0, 0 },
	{ "other.example.org", 0, 0, "127.0.0.1", 0, 0 },
	{ "two.example.org", 0, 0, "127.0.0.9 127.0.0.1", 0, 0 },
	{ "private.example.org", 0, 0, "10.0.0.1", 0, 0 },
	{ "public.example.org", 0, 0, "192.0.1.1", 0, 0 },
	{ "mixed.example.org", 0, 0, "10.0.0.1 127.0.0.1", 0, 0 },
	{ "empty.example.org", 0, 0, "", 0, 0 },
	{ "down.example.org", DNS_FAILURE, DNS_FAILURE, "", 0, 0 },
	{ NULL, 0, 0, NULL, 0, 0 },
};

static struct loop *loop;
static struct certs certs;
static struct tls_client *tls;
static struct dns_server dns;
static struct resolver *resolver;
static struct policy *policy;
static struct http_client *client;
static struct web_server web;

/* --- One call ------------------------------------------------------------ */

static struct outcome {
	struct http_call *call;
	struct str body, type, url;
	char reason[1024];
	enum http_error error;
	int status;
	unsigned calls, asked;
	bool is_done, has_left;
	char retry[64]; /* Retry-After */
	/* What the test's callbacks do. */
	bool cancels, pauses;
	const char *to_send;
	size_t piece, sent, size;
	int64_t told_size;
} o;

static void on_done(const struct http_answer *answer, void *arg)
{
	assert_ptr_equal(arg, &o);
	o.calls++;
	o.is_done = true;
	o.error = answer->error;
	o.status = answer->status;
	str_reset(&o.type);
	str_reset(&o.url);
	str_add(&o.type, answer->type);
	str_add(&o.url, answer->url != NULL ? answer->url : "");
	str_add_slice(&o.body, answer->body);
	o.has_left = answer->has_left;
	struct slice retry = http_answer_header(answer, "retry-after");
	text_format(
		o.retry, sizeof(o.retry), "%.*s", (int)retry.len, retry.data);
	text_copy(o.reason, sizeof(o.reason), answer->reason);
	if (o.cancels)
		http_client_cancel(&o.call);
	o.call = NULL;
}

static void on_data(struct http_call *c, struct slice data, void *arg)
{
	assert_ptr_equal(arg, &o);
	str_add_slice(&o.body, data);
	o.told_size = http_call_size(c);
	if (o.cancels)
		http_client_cancel(&o.call);
	else if (o.pauses)
		http_call_pause(c);
}

/* Give less than was asked for, and each byte tells where it stands. */
static void on_more(struct http_call *c, size_t room, void *arg)
{
	char piece[65536];
	size_t len = o.piece != 0 && o.piece < room ? o.piece : room;

	assert_ptr_equal(arg, &o);
	o.asked++;
	assert_true(len <= sizeof(piece));
	if (o.cancels) {
		http_client_cancel(&o.call);
		return;
	}
	for (size_t i = 0; i < len; i++)
		piece[i] = (char)('a' + (o.sent + i) % 23);
	o.sent += len;
	http_call_write(c, slice_make(piece, len));
}

static void start(struct http_order *order)
{
	str_reset(&o.body);
	o.is_done = false;
	o.reason[0] = '\0';
	order->done = on_done;
	order->more = on_more;
	order->arg = &o;
	if (order->tls == NULL)
		order->tls = tls;
	o.call = http_client_start(client, order);
	assert_non_null(o.call);
}

static void run(struct http_order *order)
{
	start(order);
	loop_settle(loop, 120000, &o.is_done);
	assert_true(o.is_done);
}

/* "https://HOST:PORT/PATH"; valid until the next but three. */
static const char *at(const char *scheme, const char *host, const char *path)
{
	static char texts[4][512];
	static unsigned next;
	char *text = texts[next++ % 4];

	snprintf(text, 512, "%s://%s:%u%s", scheme, host, web.port, path);
	return text;
}

static void get(const char *host, const char *path)
{
	struct http_order order = { .url = at("https", host, path),
		.follow = true };

	run(&order);
}

static void expect(enum http_error error, const char *words)
{
	if (o.error != error || strstr(o.reason, words) == NULL)
		fail_msg("error %d: %s, not %d: %s", (int)o.error, o.reason,
			(int)error, words);
}

/* --- Set-up -------------------------------------------------------------- */

static int set_up_group(void **state UNUSED)
{
	certs_init(&certs, "causeway test");
	certs_issue(&certs, "web",
		"DNS:*.example.org,IP:127.0.0.1,DNS:localhost", -1, 1);
	certs_issue(&certs, "old", "DNS:web.example.org", -3, -1);
	return 0;
}

static int tear_down_group(void **state UNUSED)
{
	certs_finish(&certs);
	return 0;
}

static int set_up(void **state UNUSED)
{
	char ca[256];
	const char *reason;

	clock_use_virtual(1700000000000);
	loop = loop_new();
	dns_server_start(&dns, loop, names);
	resolver = resolver_new(loop, dns.address);
	policy = policy_new();
	assert_int_equal(policy_allow(policy, "127.0.0.0/8"), 0);
	text_copy(ca, sizeof(ca), certs_path(&certs, "ca"));
	tls = tls_client_new(ca, true, &reason);
	client =
		http_client_new(loop, resolver, policy, NULL, "causeway 1.2.3");
	memset(&o, 0, sizeof(o));
	str_init(&o.body, 64u << 20);
	str_init(&o.type, 256);
	str_init(&o.url, 4096);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	web_server_stop(&web);
	http_client_free(&client);
	http_client_free(&client);
	tls_client_free(&tls);
	policy_free(&policy);
	resolver_free(&resolver);
	dns_server_stop(&dns);
	loop_free(&loop);
	str_finish(&o.body);
	str_finish(&o.type);
	str_finish(&o.url);
	clock_use_real();
	return 0;
}

static void serve(const struct web_page *pages)
{
	web_server_start(&web, loop, certs_path(&certs, "web"), pages);
}

/* --- Answers ------------------------------------------------------------- */

static void a_page_is_fetched(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "GET /a", "200 OK\r\nContent-Type: text/xml\r\n\r\n<a/>" },
		{ "GET /none", "204 No Content\r\n\r\n" },
		{ "GET /gone", "410 Gone\r\n\r\nnot here" },
		{ "HEAD /a", "200 OK\r\nContent-Length: 4000\r\n\r\n" },
		{ NULL, NULL },
	};

	serve(pages);
	get("web.example.org", "/a?b=c#d");
	expect(HTTP_OK, "");
	assert_int_equal(o.status, 200);
	assert_string_equal(str_text(&o.type), "text/xml");
	assert_string_equal(str_text(&o.body), "<a/>");
	assert_non_null(strstr(str_text(&web.last), "GET /a?b=c HTTP/1.1\r\n"));
	assert_non_null(
		strstr(str_text(&web.last), "User-Agent: causeway 1.2.3\r\n"));
	assert_null(strstr(str_text(&web.last), "Cookie"));
	assert_null(strstr(str_text(&web.last), "Accept-Encoding"));
	get("web.example.org", "/none");
	assert_int_equal(o.status, 204);
	assert_string_equal(str_text(&o.body), "");
	get("127.0.0.1", "/gone");
	expect(HTTP_OK, "");
	assert_int_equal(o.status, 410);
	assert_string_equal(str_text(&o.body), "not here");
	struct http_order head = { .url = at("https", "localhost", "/a"),
		.method = "HEAD" };
	run(&head);
	expect(HTTP_OK, "");
	assert_int_equal(o.status, 200);
	assert_int_equal(o.calls, 4);
}

static void headers_of_answers_are_found(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "GET /one", "429 No\r\nRETRY-AFTER:  17 \r\nX: y\r\n\r\n" },
		{ "GET /none", "200 OK\r\nX-Retry-After: 1\r\n\r\n" },
		{ "GET /moved", "302 Found\r\nRetry-After: 1\r\n"
				"Location: /none\r\n\r\n" },
		{ NULL, NULL },
	};

	serve(pages);
	get("web.example.org", "/one");
	assert_string_equal(o.retry, "17");
	get("web.example.org", "/none");
	assert_string_equal(o.retry, "");
	get("web.example.org", "/moved");
	assert_int_equal(o.status, 200);
	assert_string_equal(o.retry, "");
}

/* What has not left can be tried again; what has, perhaps not. */
static void it_is_known_whether_something_left(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "GET /a", "200 OK\r\n\r\nhello" },
		{ "GET /silent", NULL },
		{ "GET /broken",
			"!HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" },
		{ NULL, NULL },
	};

	serve(pages);
	get("web.example.org", "/a");
	assert_true(o.has_left);
	get("web.example.org", "/silent");
	expect(HTTP_TIMEOUT, "");
	assert_true(o.has_left);
	get("web.example.org", "/broken");
	expect(HTTP_TIMEOUT, "");
	assert_true(o.has_left);
	get("nowhere.example.org", "/a");
	assert_false(o.has_left);
	get("wrong.example.com", "/a");
	assert_false(o.has_left);
	web_server_stop(&web);
	get("web.example.org", "/a");
	expect(HTTP_UNREACHABLE, "");
	assert_false(o.has_left);
}

static void headers_and_a_body_are_sent(void **state UNUSED)
{
	static const char *const headers[] = { "Authorization: Bearer x",
		"Content-Type: application/x-www-form-urlencoded", NULL };
	static const struct web_page pages[] = {
		{ "POST /token", "200 OK\r\n\r\n{}" },
		{ "PUT /empty", "201 Created\r\n\r\n" },
		{ NULL, NULL },
	};
	struct http_order order = {
		.method = "POST",
		.headers = headers,
		.body = slice_of("a=b&c=d"),
	};
	struct http_order empty = { .method = "PUT" };

	serve(pages);
	order.url = at("https", "web.example.org", "/token");
	run(&order);
	expect(HTTP_OK, "");
	assert_non_null(
		strstr(str_text(&web.last), "\r\nContent-Length: 7\r\n"));
	assert_non_null(strstr(str_text(&web.last), headers[0]));
	assert_non_null(strstr(str_text(&web.last), headers[1]));
	assert_non_null(strstr(str_text(&web.last), "\r\n\r\na=b&c=d"));
	empty.url = at("https", "web.example.org", "/empty");
	run(&empty);
	expect(HTTP_OK, "");
	assert_int_equal(o.status, 201);
	assert_non_null(
		strstr(str_text(&web.last), "\r\nContent-Length: 0\r\n"));
}

/* A body larger than what is kept, in odd pieces. */
static void a_body_is_streamed(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "PUT /file", "201 Created\r\n\r\n" },
		{ NULL, NULL },
	};
	static const size_t pieces[] = { 0, 1000, 65535 };

	serve(pages);
	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct http_order order = { .method = "PUT",
			.url = at("https", "web.example.org", "/file"),
			.body_size = 1000001 };
		const char *body;

		o.piece = pieces[i];
		o.sent = o.asked = 0;
		run(&order);
		expect(HTTP_OK, "");
		assert_int_equal(o.status, 201);
		assert_int_equal(o.sent, 1000001);
		assert_in_range(o.asked, 1000001 / 65536, 1002);
		assert_null(strstr(str_text(&web.last), "Expect"));
		body = strstr(str_text(&web.last), "\r\n\r\n") + 4;
		assert_int_equal(strlen(body), 1000001);
		for (size_t n = 0; n < 1000001; n++)
			if (body[n] != (char)('a' + n % 23))
				fail_msg("byte %zu of row %zu", n, i);
	}
}

static const char *big_page(struct web_server *s, const char *request UNUSED)
{
	return s->arg;
}

/* Both ways of taking an answer of a megabyte; and pauses in it. */
static void an_answer_is_streamed(void **state UNUSED)
{
	struct str page = { .max = 4u << 20 };
	struct http_order order = { .max = 1000000 };

	serve(NULL);
	str_add(&page, "200 OK\r\n\r\n");
	for (size_t i = 0; i < 100000; i++)
		str_add(&page, "0123456789");
	web.answer = big_page;
	web.arg = page.data;
	order.url = at("https", "web.example.org", "/");
	run(&order);
	expect(HTTP_OK, "");
	assert_int_equal(o.body.len, 1000000);
	order.data = on_data;
	run(&order);
	expect(HTTP_OK, "");
	assert_int_equal(o.body.len, 1000000);
	assert_int_equal(o.told_size, 1000000);
	o.pauses = true;
	start(&order);
	order.timeout_ms = 1 << 30;
	for (unsigned i = 0; !o.is_done && i < 1000; i++) {
		size_t before = o.body.len;

		/* A pause may be long: it is the caller's own. */
		loop_settle(loop, i == 0 ? 40000 : 10, &o.is_done);
		assert_true(o.is_done || o.body.len - before <= 65536);
		if (!o.is_done)
			http_call_resume(o.call);
	}
	assert_true(o.is_done);
	expect(HTTP_OK, "");
	assert_int_equal(o.body.len, 1000000);
	str_finish(&page);
}

static void bodies_of_errors_are_not_data(void **state UNUSED)
{
	static const struct web_page pages[] = { { NULL, NULL } };
	struct http_order order = { .data = on_data };

	serve(pages);
	order.url = at("https", "web.example.org", "/nothing");
	run(&order);
	expect(HTTP_OK, "");
	assert_int_equal(o.status, 404);
	assert_int_equal(o.body.len, 0);
}

/* --- Limits -------------------------------------------------------------- */

static void answers_have_an_end(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "GET /long", "200 OK\r\n\r\n0123456789" },
		{ "GET /chunks",
			"!HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			"8\r\n01234567\r\n8\r\n01234567\r\n" },
		{ "GET /cut",
			"!HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx" },
		{ "GET /silence", NULL },
		{ "GET /garbage", "!hello\r\n\r\n" },
		{ NULL, NULL },
	};
	static const struct {
		const char *path;
		enum http_error error;
		const char *words;
	} rows[] = {
		{ "/long", HTTP_TOO_MUCH, "longer than 9 bytes" },
		{ "/chunks", HTTP_TOO_MUCH, "longer than 9 bytes" },
		{ "/cut", HTTP_TIMEOUT, "does not answer" },
		{ "/silence", HTTP_TIMEOUT, "does not answer" },
		{ "/garbage", HTTP_LOST, "" },
	};

	serve(pages);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_order order = { .max = 9,
			.url = at("https", "web.example.org", rows[i].path) };

		print_message("%s\n", rows[i].path);
		run(&order);
		expect(rows[i].error, rows[i].words);
		assert_int_equal(o.body.len, 0);
	}
}

static const char *trickle_page(
	struct web_server *s UNUSED, const char *request UNUSED)
{
	return "!HTTP/1.1 200 OK\r\n\r\n";
}

static void trickle(void *arg)
{
	struct timer *t = arg;

	list_for_each(it, &web.conns) {
		struct web_conn *w = CONTAINER(it, struct web_conn, link);

		assert_int_equal(conn_write(w->conn, slice_of("x")), 0);
	}
	timer_start(t, 5000);
}

/* A byte now and then keeps it alive, but not for ever. */
static void everything_has_a_deadline(void **state UNUSED)
{
	struct http_order order = { .stall_ms = 10000, .timeout_ms = 45000 };
	struct timer timer;
	int64_t began = clock_ms();

	serve(NULL);
	web.answer = trickle_page;
	timer_init(&timer, loop, "trickle", trickle, &timer);
	timer_start(&timer, 5000);
	order.url = at("https", "web.example.org", "/");
	run(&order);
	timer_stop(&timer);
	expect(HTTP_TIMEOUT, "took too long");
	assert_int_equal(clock_ms() - began, 45000);
}

static void headers_have_an_end(void **state UNUSED)
{
	struct str page = { .max = 4u << 20 };

	serve(NULL);
	str_add(&page, "!HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 2000; i++)
		str_add(&page, "X: 0123456789012345678901234567890123456\r\n");
	web.answer = big_page;
	web.arg = page.data;
	get("web.example.org", "/");
	expect(HTTP_TOO_MUCH, "headers without an end");
	str_finish(&page);
}

/* --- TLS ----------------------------------------------------------------- */

static void certificates_are_verified(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "GET /", "200 OK\r\n\r\nhello" },
		{ NULL, NULL },
	};
	const char *reason;
	struct tls_client *system = tls_client_new(NULL, true, &reason);
	struct tls_client *any = tls_client_new(NULL, false, &reason);
	struct http_order order = { .url = NULL };

	serve(pages);
	order.url = at("https", "web.example.org", "/");
	run(&order);
	expect(HTTP_OK, "");
	/* The same with other rules, side by side. */
	order.tls = system;
	run(&order);
	expect(HTTP_TLS, "not to be trusted");
	order.tls = any;
	run(&order);
	expect(HTTP_OK, "");
	order.tls = NULL;
	order.url = at("https", "x.web.example.org", "/");
	order.is_operators = true;
	run(&order);
	expect(HTTP_NO_SUCH_HOST, "");
	order.url = at("https", "127.0.0.2", "/");
	run(&order);
	expect(HTTP_UNREACHABLE, "");
	tls_client_free(&system);
	tls_client_free(&any);
	web_server_stop(&web);
	web_server_start(&web, loop, certs_path(&certs, "old"), pages);
	get("web.example.org", "/");
	expect(HTTP_TLS, "expired");
	web_server_stop(&web);
	web_server_start(&web, loop, NULL, pages);
	get("web.example.org", "/");
	expect(HTTP_TIMEOUT, "");
}

/* --- Where it goes ------------------------------------------------------- */

static void some_urls_are_none(void **state UNUSED)
{
	static const char *const urls[] = { "", "x", "ftp://web.example.org/",
		"file:///etc/passwd", "http://web.example.org/",
		"https://user:word@web.example.org/", "https://",
		"https://b\xc3\xbc.example.org/", "https://web.example.org:0/",
		"https://web.example.org:99999/", "https://web example.org/",
		"gopher://web.example.org:70/",
		"https://web.example.org/\r\nX: y" };
	static const char *const bad[][2] = { { "X: a\r\nY: b", NULL },
		{ "no colon", NULL }, { ": x", NULL }, { "X:", NULL },
		{ "a b: c", NULL } };

	serve(NULL);
	for (size_t i = 0; i < COUNT(urls); i++) {
		struct http_order order = { .url = urls[i],
			.is_operators = true };

		print_message("%s\n", urls[i]);
		run(&order);
		expect(HTTP_BAD_URL, "");
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct http_order order = { .headers = bad[i] };

		order.url = at("https", "web.example.org", "/");
		run(&order);
		expect(HTTP_BAD_URL, "header");
	}
	struct http_order order = { .method = "GET / X" };
	order.url = at("https", "web.example.org", "/");
	run(&order);
	expect(HTTP_BAD_URL, "method");
	assert_int_equal(web.requests, 0);
	assert_int_equal(dns.questions, 0);
}

static void the_policy_decides(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "GET /", "200 OK\r\n\r\nhello" },
		{ NULL, NULL },
	};
	static const struct {
		const char *host;
		enum http_error error;
	} rows[] = {
		{ "private.example.org", HTTP_FORBIDDEN },
		{ "10.0.0.1", HTTP_FORBIDDEN },
		{ "[::1]", HTTP_FORBIDDEN },
		{ "[::ffff:10.0.0.1]", HTTP_FORBIDDEN },
		{ "0x7f.1", HTTP_OK }, /* is written 127.0.0.1 then */
		{ "0xa.1", HTTP_FORBIDDEN },
		/* A public address, but the port is not usual. */
		{ "public.example.org", HTTP_FORBIDDEN },
		{ "empty.example.org", HTTP_NO_SUCH_HOST },
		{ "nowhere.example.org", HTTP_NO_SUCH_HOST },
		{ "down.example.org", HTTP_UNREACHABLE },
		/* One address is forbidden: only the other one is tried. */
		{ "mixed.example.org", HTTP_OK },
	};

	serve(pages);
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("%s\n", rows[i].host);
		get(rows[i].host, "/");
		expect(rows[i].error, "");
	}
	policy_clear(policy);
	get("web.example.org", "/");
	expect(HTTP_FORBIDDEN, "outbound policy");
	struct http_order order = { .is_operators = true };
	order.url = at("https", "web.example.org", "/");
	run(&order);
	expect(HTTP_OK, "");
}

/* Nobody listens at the first. libcurl's pause before the next is one of real
 * time. */
static void the_next_address_is_tried(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "GET /", "200 OK\r\n\r\nhello" },
		{ NULL, NULL },
	};

	clock_use_real();
	serve(pages);
	get("two.example.org", "/");
	expect(HTTP_OK, "");
}

/* The second look-up of the name gives another address: there is none. */
static struct dns_record rebinding[] = {
	{ "web.example.org", 0, 0, "127.0.0.1", 0, 0 },
	{ NULL, 0, 0, NULL, 0, 0 },
};

static const char *rebind(
	struct web_server *s UNUSED, const char *request UNUSED)
{
	rebinding[0].addresses = "10.0.0.1";
	return "302 Found\r\nLocation: /again\r\n\r\n";
}

static void names_are_looked_up_once_for_each_step(void **state UNUSED)
{
	serve(NULL);
	dns.records = rebinding;
	web.answer = rebind;
	get("web.example.org", "/");
	/* Each redirect is checked with what its own look-up says. */
	expect(HTTP_FORBIDDEN, "outbound policy");
	assert_int_equal(web.requests, 1);
	/* Two questions, A and AAAA, for each of the two steps. */
	assert_int_equal(dns.questions, 4);
}

static void clear_text_only_where_it_is_opened(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "GET /", "200 OK\r\n\r\nhello" },
		{ "GET /away", "302 Found\r\nLocation: /\r\n\r\n" },
		{ NULL, NULL },
	};
	struct http_order order = { .allow_clear = true, .follow = true };

	web_server_start(&web, loop, NULL, pages);
	order.url = at("http", "web.example.org", "/");
	run(&order);
	expect(HTTP_OK, "");
	order.url = at("http", "web.example.org", "/away");
	run(&order);
	expect(HTTP_REDIRECT, "without TLS");
	order.url = "http://public.example.org/";
	run(&order);
	expect(HTTP_FORBIDDEN, "");
	policy_clear(policy);
	order.url = at("http", "web.example.org", "/");
	order.is_operators = true;
	run(&order);
	expect(HTTP_FORBIDDEN, "");
}

/* --- Redirects ----------------------------------------------------------- */

static struct str target; /* of redirects */

static const char *redirect(struct web_server *s, const char *request)
{
	static char answer[1024];

	if (strncmp(request, "GET /end ", 9) == 0)
		return "200 OK\r\n\r\nthe end";
	snprintf(answer, sizeof(answer),
		"302 Found\r\nLocation: %s\r\n\r\nelsewhere",
		str_text(&target));
	(void)s;
	return answer;
}

static void redirects_are_followed(void **state UNUSED)
{
	static const char *const headers[] = { "Authorization: Bearer x",
		NULL };
	const struct {
		const char *location;
		enum http_error error;
		bool keeps_headers;
	} rows[] = {
		{ "/end", HTTP_OK, true },
		{ "HOST:PORT/end", HTTP_OK, false },
		{ "/loop", HTTP_REDIRECT, true },
		{ "http://web.example.org/end", HTTP_REDIRECT, true },
		{ "file:///etc/passwd", HTTP_REDIRECT, true },
		{ "https://private.example.org/", HTTP_FORBIDDEN, true },
		{ "https://10.0.0.1/", HTTP_FORBIDDEN, true },
		{ "https://u:p@web.example.org/", HTTP_REDIRECT, true },
	};

	serve(NULL);
	web.answer = redirect;
	str_init(&target, 512);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_order order = { .follow = true,
			.headers = headers };

		str_reset(&target);
		str_add(&target, rows[i].location);
		if (strncmp(rows[i].location, "HOST", 4) == 0) {
			str_reset(&target);
			str_add(&target,
				at("https", "other.example.org", "/end"));
		}
		print_message("%s\n", str_text(&target));
		order.url = at("https", "web.example.org", "/begin");
		run(&order);
		expect(rows[i].error, "");
		assert_int_equal(strstr(str_text(&web.last), "Bearer") != NULL,
			rows[i].keeps_headers);
		if (rows[i].error == HTTP_OK) {
			assert_string_equal(str_text(&o.body), "the end");
			assert_non_null(strstr(str_text(&o.url), "/end"));
		}
	}
	/* The loop: the request and three redirects. */
	web.requests = 0;
	str_reset(&target);
	str_add(&target, "/loop");
	get("web.example.org", "/begin");
	expect(HTTP_REDIRECT, "too many");
	assert_int_equal(web.requests, 4);
	str_finish(&target);
}

static void redirects_may_be_unwanted(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "GET /", "302 Found\r\nLocation: /x\r\n\r\n" },
		{ "POST /", "307 Again\r\nLocation: /x\r\n\r\n" },
		{ NULL, NULL },
	};
	struct http_order order = { .follow = false };

	serve(pages);
	order.url = at("https", "web.example.org", "/");
	run(&order);
	expect(HTTP_REDIRECT, "points elsewhere");
	order.follow = true;
	order.method = "POST";
	order.body = slice_of("secret");
	run(&order);
	expect(HTTP_REDIRECT, "points elsewhere");
	assert_int_equal(web.requests, 2);
}

/* --- Cancelling ---------------------------------------------------------- */

static void cancelled_calls_are_silent(void **state UNUSED)
{
	static const struct web_page pages[] = {
		{ "GET /", "200 OK\r\n\r\nhello" },
		{ "PUT /", "200 OK\r\n\r\nhello" },
		{ NULL, NULL },
	};
	struct http_order order = { .data = on_data };

	serve(pages);
	order.url = at("https", "web.example.org", "/");
	http_client_cancel(NULL);
	/* After every number of turns of the loop that a call may take. */
	for (unsigned turns = 0; turns < 60; turns++) {
		start(&order);
		for (unsigned i = 0; i < turns && !o.is_done; i++)
			loop_settle(loop, 1, &o.is_done);
		http_client_cancel(&o.call);
		assert_null(o.call);
	}
	o.calls = 0;
	loop_settle(loop, 100000, NULL);
	assert_int_equal(o.calls, 0);
	/* In data(), in more(), in done(). */
	o.cancels = true;
	start(&order);
	loop_settle(loop, 100000, NULL);
	assert_string_equal(str_text(&o.body), "hello");
	assert_int_equal(o.calls, 0);
	order.method = "PUT";
	order.body_size = 100;
	start(&order);
	loop_settle(loop, 100000, NULL);
	assert_int_equal(o.asked, 1);
	assert_int_equal(o.calls, 0);
	order.method = "GET";
	order.data = NULL;
	start(&order);
	loop_settle(loop, 100000, NULL);
	assert_int_equal(o.calls, 1);
}

static void calls_end_with_the_client(void **state UNUSED)
{
	struct http_order order = { .url = NULL };

	serve(NULL);
	web.pages =
		(const struct web_page[]){ { "GET /", NULL }, { NULL, NULL } };
	order.url = at("https", "web.example.org", "/");
	start(&order);
	loop_settle(loop, 1000, NULL);
	assert_int_equal(web.requests, 1);
	start(&order);
	http_client_free(&client);
	loop_settle(loop, 100000, NULL);
	assert_int_equal(o.calls, 0);
}

/* --- Our own server ------------------------------------------------------ */

static void on_own(struct http_request *r, void *arg UNUSED)
{
	http_answer(r, 200, "text/plain", http_request_body(r));
}

static void it_talks_to_our_server(void **state UNUSED)
{
	struct http_server *own;
	struct http_order order = {
		.allow_clear = true, .method = "POST", .body_size = 500000
	};
	uint16_t port = 0;
	const char *reason;
	char url[128];

	serve(NULL);
	own = http_server_new(loop, "127.0.0.1", &port, &reason);
	http_server_handle(own, "/own", true, on_own, NULL);
	snprintf(url, sizeof(url), "http://localhost:%u/own", port);
	order.url = url;
	order.max = 600000;
	run(&order);
	expect(HTTP_OK, "");
	assert_int_equal(o.status, 200);
	assert_int_equal(o.body.len, 500000);
	http_server_free(&own);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_page_is_fetched),
		TEST(headers_of_answers_are_found),
		TEST(it_is_known_whether_something_left),
		TEST(headers_and_a_body_are_sent),
		TEST(a_body_is_streamed),
		TEST(an_answer_is_streamed),
		TEST(bodies_of_errors_are_not_data),
		TEST(answers_have_an_end),
		TEST(everything_has_a_deadline),
		TEST(headers_have_an_end),
		TEST(certificates_are_verified),
		TEST(some_urls_are_none),
		TEST(the_policy_decides),
		TEST(the_next_address_is_tried),
		TEST(names_are_looked_up_once_for_each_step),
		TEST(clear_text_only_where_it_is_opened),
		TEST(redirects_are_followed),
		TEST(redirects_may_be_unwanted),
		TEST(cancelled_calls_are_silent),
		TEST(calls_end_with_the_client),
		TEST(it_talks_to_our_server),
	};

	return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
