/* The HTTP server: methods, paths, limits, and requests cut anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "net/http.h"

static struct loop *loop;
static struct http_server *server;
static uint16_t port;
static struct str seen; /* what the handler was given */

static void on_peer(struct http_request *r, void *arg UNUSED)
{
	http_answer(r, 200, "text/plain", slice_of(http_request_peer(r)));
}

static void on_echo(struct http_request *r, void *arg)
{
	const char *header = http_request_header(r, "x-token");
	struct slice body = http_request_body(r);

	assert_ptr_equal(arg, &seen);
	str_reset(&seen);
	str_addf(&seen, "%s|%s|%zu", http_request_uri(r),
		header != NULL ? header : "-", body.len);
	http_answer(r, 200, "text/plain", str_slice(&seen));
}

static void on_health(struct http_request *r, void *arg UNUSED)
{
	http_answer(r, 503, "application/json", slice_of("{}"));
}

static struct http_request *waiting;

static void on_later(struct http_request *r, void *arg UNUSED)
{
	waiting = http_answer_later(r);
}

static int set_up(void **state UNUSED)
{
	const char *reason = NULL;

	clock_use_virtual(1700000000000);
	loop = loop_new();
	str_init(&seen, 4096);
	port = 0;
	server = http_server_new(loop, "127.0.0.1", &port, &reason);
	assert_non_null(server);
	assert_true(port != 0);
	http_server_handle(server, "/echo", true, on_echo, &seen);
	http_server_handle(server, "/healthz", false, on_health, NULL);
	http_server_handle(server, "/later", true, on_later, NULL);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	http_server_free(&server);
	http_server_free(&server);
	http_server_free(NULL);
	loop_free(&loop);
	str_finish(&seen);
	clock_use_real();
	return 0;
}

static int open_client(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(
		connect(fd, (const void *)&address, sizeof(address)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* Send all, handling requests meanwhile. Ends early on a closed peer. */
static void send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		loop_settle(loop, 0, NULL);
		if (n < 0 && errno != EAGAIN)
			return;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	loop_settle(loop, 0, NULL);
}

static void read_all(int fd, struct str *out)
{
	char buf[4096];
	ssize_t n;

	str_reset(out);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		str_add_bytes(out, buf, (size_t)n);
}

static void request(const char *text, struct str *answer)
{
	int fd = open_client();

	send_all(fd, text, strlen(text));
	read_all(fd, answer);
	close(fd);
	loop_settle(loop, 0, NULL);
}

static const char *body_of(const struct str *answer)
{
	const char *end = strstr(str_text(answer), "\r\n\r\n");

	return end != NULL ? end + 4 : "(no body)";
}

static void requests_are_answered(void **state UNUSED)
{
	static const struct {
		const char *request, *status, *body;
	} rows[] = {
		{ "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK",
			"/echo|-|0" },
		{ "GET /echo?a=b&c=%20 HTTP/1.1\r\nHost: x\r\n"
		  "X-Token: secret\r\n\r\n",
			"HTTP/1.1 200 OK", "/echo?a=b&c=%20|secret|0" },
		{ "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
		  "hello",
			"HTTP/1.1 200 OK", "/echo|-|5" },
		{ "POST /echo HTTP/1.1\r\nHost: x\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n"
		  "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
			"HTTP/1.1 200 OK", "/echo|-|7" },
		{ "HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK",
			"" },
		{ "GET /healthz HTTP/1.0\r\n\r\n",
			"HTTP/1.0 503 Service Unavailable", "{}" },
		{ "GET /echo/ HTTP/1.1\r\nHost: x\r\n\r\n",
			"HTTP/1.1 404 Not Found", "There is nothing here.\n" },
		{ "GET /ech HTTP/1.1\r\nHost: x\r\n\r\n",
			"HTTP/1.1 404 Not Found", "There is nothing here.\n" },
		{ "GET /ECHO HTTP/1.1\r\nHost: x\r\n\r\n",
			"HTTP/1.1 404 Not Found", "There is nothing here.\n" },
		{ "GET /%65cho HTTP/1.1\r\nHost: x\r\n\r\n",
			"HTTP/1.1 404 Not Found", "There is nothing here.\n" },
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 Not Found",
			"There is nothing here.\n" },
		{ "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
			"HTTP/1.1 404 Not Found", "" },
		{ "POST /healthz HTTP/1.1\r\nHost: x\r\n"
		  "Content-Length: 1\r\n\r\nx",
			"HTTP/1.1 405 Method Not Allowed",
			"This can only be read.\n" },
	};
	struct str answer;

	str_init(&answer, 65536);
	for (size_t i = 0; i < COUNT(rows); i++) {
		request(rows[i].request, &answer);
		if (strncmp(str_text(&answer), rows[i].status,
			    strlen(rows[i].status)) != 0)
			fail_msg("row %zu: %s", i, str_text(&answer));
		if (strcmp(body_of(&answer), rows[i].body) != 0)
			fail_msg("row %zu: %s", i, body_of(&answer));
	}
	str_finish(&answer);
}

static void other_methods_are_refused(void **state UNUSED)
{
	static const char *const methods[] = { "PUT", "DELETE", "OPTIONS",
		"TRACE", "CONNECT", "PATCH", "FOO", "get" };
	struct str answer;

	str_init(&answer, 65536);
	for (size_t i = 0; i < COUNT(methods); i++) {
		char text[128];

		str_reset(&seen);
		snprintf(text, sizeof(text),
			"%s /echo HTTP/1.1\r\nHost: x\r\n\r\n", methods[i]);
		request(text, &answer);
		if (seen.len > 0 ||
			strncmp(str_text(&answer), "HTTP/1.1 2", 10) == 0)
			fail_msg("row %zu: %s", i, str_text(&answer));
	}
	str_finish(&answer);
}

static void what_is_below_is_answered(void **state UNUSED)
{
	static const struct {
		const char *path, *body;
	} rows[] = {
		{ "/echo", "/echo|-|0" },
		{ "/echo/", "127.0.0.1" },
		{ "/echo/a/b?c", "127.0.0.1" },
		{ "/echo/own", "/echo/own|-|0" },
		{ "/echoes", "There is nothing here.\n" },
	};
	struct str answer;
	char text[128];

	str_init(&answer, 65536);
	http_server_handle(server, "/echo/", false, on_peer, NULL);
	http_server_handle(server, "/echo/own", false, on_echo, &seen);
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(text, sizeof(text),
			"GET %s HTTP/1.1\r\nHost: x\r\n\r\n", rows[i].path);
		request(text, &answer);
		assert_string_equal(body_of(&answer), rows[i].body);
	}
	http_server_forget(server, "/echo/");
	request("GET /echo/a HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
	assert_string_equal(body_of(&answer), "There is nothing here.\n");
	str_finish(&answer);
}

/* Again and again, also when it is handled anew. */
static void a_path_is_forgotten(void **state UNUSED)
{
	struct str answer;

	str_init(&answer, 65536);
	for (int i = 0; i < 2; i++) {
		request("GET /peer HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
		assert_int_equal(
			strncmp(str_text(&answer), "HTTP/1.1 404", 12), 0);
		http_server_handle(server, "/peer", false, on_peer, NULL);
		request("GET /peer HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
		assert_string_equal(body_of(&answer), "127.0.0.1");
		http_server_forget(server, "/peer");
		http_server_forget(server, "/peer");
	}
	request("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
	assert_string_equal(body_of(&answer), "/echo|-|0");
	str_finish(&answer);
}

static void head_tells_the_length(void **state UNUSED)
{
	struct str answer;

	str_init(&answer, 65536);
	request("HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
	assert_non_null(strstr(str_text(&answer), "Content-Length: 9\r\n"));
	request("POST /healthz HTTP/1.1\r\nContent-Length: 0\r\n\r\n", &answer);
	assert_non_null(strstr(str_text(&answer), "Allow: GET, HEAD\r\n"));
	str_finish(&answer);
}

/* Two requests on one connection, cut at every place. */
static void requests_may_come_in_pieces(void **state UNUSED)
{
	static const char text[] =
		"POST /echo HTTP/1.1\r\nHost: x\r\nX-Token: t\r\n"
		"Content-Length: 5\r\n\r\nhello"
		"GET /echo?2 HTTP/1.1\r\nHost: x\r\n\r\n";
	struct str answer;

	str_init(&answer, 65536);
	for (size_t cut = 0; cut < sizeof(text); cut++) {
		int fd = open_client();

		send_all(fd, text, cut);
		send_all(fd, text + cut, sizeof(text) - 1 - cut);
		read_all(fd, &answer);
		if (strstr(str_text(&answer), "/echo|t|5") == NULL ||
			strstr(str_text(&answer), "/echo?2|-|0") == NULL)
			fail_msg("cut %zu: %s", cut, str_text(&answer));
		close(fd);
		loop_settle(loop, 0, NULL);
	}
	str_finish(&answer);
}

static void bodies_have_a_limit(void **state UNUSED)
{
	static const struct {
		size_t size;
		bool is_accepted;
	} rows[] = {
		{ 1024 * 1024, true },
		{ 1024 * 1024 + 1, false },
		{ 3 * 1024 * 1024, false },
	};
	struct str answer;

	str_init(&answer, 65536);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char head[128], *body = xalloc(rows[i].size);
		int fd = open_client();

		str_reset(&seen);
		snprintf(head, sizeof(head),
			"POST /echo HTTP/1.1\r\nContent-Length: %zu\r\n\r\n",
			rows[i].size);
		send_all(fd, head, strlen(head));
		send_all(fd, body, rows[i].size);
		read_all(fd, &answer);
		if ((seen.len > 0) != rows[i].is_accepted)
			fail_msg("row %zu: %s", i, str_text(&answer));
		close(fd);
		loop_settle(loop, 0, NULL);
		xfree(body);
	}
	str_finish(&answer);
}

static void headers_have_a_limit(void **state UNUSED)
{
	char *header = xalloc(64 * 1024);
	struct str answer;
	int fd = open_client();

	str_init(&answer, 65536);
	memset(header, 'x', 64 * 1024);
	send_all(fd, "GET /echo HTTP/1.1\r\nX-Token: ", 29);
	send_all(fd, header, 64 * 1024);
	send_all(fd, "\r\n\r\n", 4);
	read_all(fd, &answer);
	assert_int_equal(seen.len, 0);
	close(fd);
	/* And a request line without an end. */
	fd = open_client();
	send_all(fd, header, 64 * 1024);
	assert_int_equal(seen.len, 0);
	close(fd);
	loop_settle(loop, 0, NULL);
	request("GET /echo HTTP/1.1\r\n\r\n", &answer);
	assert_string_equal(body_of(&answer), "/echo|-|0");
	str_finish(&answer);
	xfree(header);
}

static void garbage_is_survived(void **state UNUSED)
{
	static const char *const rows[] = { "\r\n\r\n", "GET\r\n\r\n",
		"GET  HTTP/1.1\r\n\r\n", "GET /echo\r\n\r\n",
		"GET /echo HTTP/9.9\r\n\r\n", "GET echo HTTP/1.1\r\n\r\n",
		"GET * HTTP/1.1\r\n\r\n", "GET http:///echo HTTP/1.1\r\n\r\n",
		"GET :// HTTP/1.1\r\n\r\n", "GET //[ HTTP/1.1\r\n\r\n",
		"GET /echo HTTP/1.1\r\nno colon\r\n\r\n",
		"GET /echo HTTP/1.1\r\n folded\r\n\r\n",
		"POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		"POST /echo HTTP/1.1\r\nContent-Length: x\r\n\r\n",
		"POST /echo HTTP/1.1\r\nContent-Length: "
		"99999999999999999999\r\n\r\n",
		"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		"zz\r\n",
		"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		"7fffffffffffffff\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" };
	struct str answer;

	str_init(&answer, 65536);
	for (size_t i = 0; i < COUNT(rows); i++) {
		request(rows[i], &answer);
		request("GET /echo HTTP/1.1\r\n\r\n", &answer);
		if (strcmp(body_of(&answer), "/echo|-|0") != 0)
			fail_msg("row %zu", i);
	}
	str_finish(&answer);
}

static void clients_may_leave_at_any_time(void **state UNUSED)
{
	static const char text[] = "POST /echo HTTP/1.1\r\nHost: x\r\n"
				   "Content-Length: 5\r\n\r\nhello";

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		int fd = open_client();

		send_all(fd, text, cut);
		close(fd);
		loop_settle(loop, 0, NULL);
	}
}

static void the_server_may_go_first(void **state UNUSED)
{
	int fd = open_client();

	send_all(fd, "GET /ec", 7);
	http_server_free(&server);
	assert_null(server);
	loop_settle(loop, 0, NULL);
	close(fd);
}

/* Whether the server ended it; what it answered is thrown away. */
static bool has_ended(int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	return n == 0 || errno == ECONNRESET;
}

/* Whoever had asked for requests takes that back afterwards. */
static void a_stopped_server_takes_nothing(void **state UNUSED)
{
	static const char text[] = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";
	int fd = open_client();

	send_all(fd, text, strlen(text));
	http_server_stop(server);
	http_server_stop(server);
	http_server_stop(NULL);
	loop_settle(loop, INT64_C(120000), NULL);
	assert_true(has_ended(fd));
	http_answer(waiting, 200, "text/plain", slice_of("too late"));
	http_server_forget(server, "/later");
	close(fd);
}

static void answers_may_come_later(void **state UNUSED)
{
	static const char text[] = "POST /later HTTP/1.1\r\nHost: x\r\n"
				   "Content-Length: 2\r\n\r\nhi";
	struct str answer;
	int fd = open_client();

	str_init(&answer, 4096);
	for (int i = 0; i < 3; i++) {
		send_all(fd, text, strlen(text));
		read_all(fd, &answer);
		assert_int_equal(answer.len, 0);
		http_answer(waiting, 200, "text/plain", slice_of("stored"));
		loop_settle(loop, 0, NULL);
		read_all(fd, &answer);
		assert_string_equal(body_of(&answer), "stored");
	}
	close(fd);
	str_finish(&answer);
}

/* The client breaks off, is ended for its slowness, or the server goes: who
 * answers then answers to nobody. */
static void late_answers_may_have_no_client(void **state UNUSED)
{
	static const char text[] = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";
	static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	for (int way = 0; way < 3; way++) {
		int fd = open_client();

		send_all(fd, text, strlen(text));
		if (way == 0)
			assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER,
						 &reset, sizeof(reset)),
				0);
		if (way < 2)
			close(fd);
		else
			loop_settle(loop, INT64_C(120000), NULL);
		loop_settle(loop, 0, NULL);
		http_answer(waiting, 200, "text/plain", slice_of("late"));
		loop_settle(loop, INT64_C(120000), NULL);
		if (way == 2)
			close(fd);
	}
	int fd = open_client();

	send_all(fd, text, strlen(text));
	http_server_free(&server);
	http_answer(waiting, 200, "text/plain", slice_of("too late"));
	close(fd);
}

static void bad_addresses_are_explained(void **state UNUSED)
{
	const char *reason = NULL;
	uint16_t taken = port, any = 0;

	assert_null(http_server_new(loop, "127.0.0.1", &taken, &reason));
	assert_string_equal(reason, "the address and port are in use");
	assert_null(http_server_new(loop, "192.0.2.1", &any, &reason));
	assert_string_equal(reason, "this machine has no such address");
	assert_null(http_server_new(loop, "localhost", &any, &reason));
	assert_string_equal(reason, "this is no literal address");
	assert_null(http_server_new(loop, "", &any, &reason));
	assert_string_equal(reason, "this is no literal address");
}

/* A client has 30 seconds for a request, however busy it looks. */
static void slow_clients_are_ended(void **state UNUSED)
{
	static const char text[] = "GET /echo HTTP/1.1\r\n\r\n";
	int silent = open_client(), slow = open_client(), good = open_client();

	for (int i = 0; i < 15; i++) {
		send_all(slow, text + i, 1);
		send_all(good, text, sizeof(text) - 1);
		if (has_ended(silent) || has_ended(slow))
			fail_msg("after %d seconds", 2 * i);
		loop_settle(loop, 2000, NULL);
	}
	loop_settle(loop, 1000, NULL);
	assert_true(has_ended(silent));
	assert_true(has_ended(slow));
	assert_false(has_ended(good));
	loop_settle(loop, 26000, NULL);
	assert_false(has_ended(good));
	loop_settle(loop, 2000, NULL);
	assert_true(has_ended(good));
	close(silent);
	close(slow);
	close(good);
}

/* Who asks for much and reads nothing is ended as well. */
static void clients_that_do_not_read_are_ended(void **state UNUSED)
{
	struct str text;
	int fd = open_client();
	ssize_t n;

	str_init(&text, 1024 * 1024);
	while (!text.overflow && text.len < 1000000)
		str_add(&text, "GET /echo?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			       "aaaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\n\r\n");
	/* Until the server takes no more. */
	do {
		n = write(fd, text.data, text.len);
		loop_settle(loop, 0, NULL);
	} while (n > 0);
	loop_settle(loop, 31000, NULL);
	loop_settle(loop, 0, NULL);
	assert_true(has_ended(fd));
	close(fd);
	str_finish(&text);
}

static void connections_have_a_limit(void **state UNUSED)
{
	int fds[3 * LIMIT_HTTP_CLIENTS];
	struct str answer;
	size_t open = 0;

	str_init(&answer, 65536);
	for (size_t i = 0; i < COUNT(fds); i++) {
		fds[i] = open_client();
		send_all(fds[i], "GET /e", 6);
		/* The first one stays, as it is used. */
		send_all(fds[0], "GET /echo HTTP/1.1\r\n\r\n", 22);
		loop_settle(loop, 0, NULL);
	}
	for (size_t i = 0; i < COUNT(fds); i++) {
		bool is_open = !has_ended(fds[i]);

		open += is_open;
		if (is_open != (i == 0 || i > COUNT(fds) - LIMIT_HTTP_CLIENTS))
			fail_msg("client %zu", i);
	}
	assert_int_equal(open, LIMIT_HTTP_CLIENTS);
	request("GET /echo HTTP/1.1\r\n\r\n", &answer);
	assert_string_equal(body_of(&answer), "/echo|-|0");
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	loop_settle(loop, 0, NULL);
	str_finish(&answer);
}

/* Newcomers of one moment do not hang up one and the same. */
static void bursts_have_the_limit_too(void **state UNUSED)
{
	int fds[2 * LIMIT_HTTP_CLIENTS];
	size_t open = 0;

	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = open_client();
	loop_settle(loop, 0, NULL);
	for (size_t i = 0; i < COUNT(fds); i++)
		open += !has_ended(fds[i]);
	assert_int_equal(open, LIMIT_HTTP_CLIENTS);
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	loop_settle(loop, 0, NULL);
}

static unsigned complaints;

static void on_log(enum log_level level, const char *line, void *arg UNUSED)
{
	assert_int_equal(level, LOG_WARNING);
	assert_non_null(strstr(line, "connections are not accepted: Too many"));
	complaints++;
}

/* The loop sleeps meanwhile: in virtual time a busy one would not get on. */
static void missing_descriptors_are_waited_for(void **state UNUSED)
{
	struct rlimit before, few;
	struct str answer;
	int64_t start_ms;
	int fd = open_client(), next = dup(fd);

	close(next);
	complaints = 0;
	log_set_sink(on_log, NULL);
	str_init(&answer, 65536);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	send_all(fd, "GET /echo HTTP/1.1\r\n\r\n", 22);
	start_ms = clock_ms();
	loop_settle(loop, 10 * 1000, NULL);
	assert_int_equal(clock_ms() - start_ms, 10 * 1000);
	assert_int_equal(complaints, 1);
	read_all(fd, &answer);
	assert_int_equal(answer.len, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	loop_settle(loop, 1000, NULL);
	loop_settle(loop, 0, NULL);
	read_all(fd, &answer);
	assert_string_equal(body_of(&answer), "/echo|-|0");
	log_set_sink(NULL, NULL);
	close(fd);
	str_finish(&answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(requests_are_answered),
		TEST(other_methods_are_refused),
		TEST(what_is_below_is_answered),
		TEST(a_path_is_forgotten),
		TEST(head_tells_the_length),
		TEST(requests_may_come_in_pieces),
		TEST(bodies_have_a_limit),
		TEST(headers_have_a_limit),
		TEST(garbage_is_survived),
		TEST(clients_may_leave_at_any_time),
		TEST(the_server_may_go_first),
		TEST(a_stopped_server_takes_nothing),
		TEST(answers_may_come_later),
		TEST(late_answers_may_have_no_client),
		TEST(bad_addresses_are_explained),
		TEST(slow_clients_are_ended),
		TEST(clients_that_do_not_read_are_ended),
		TEST(connections_have_a_limit),
		TEST(bursts_have_the_limit_too),
		TEST(missing_descriptors_are_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
