/* Connections: every event, limits, closing at every moment, TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pty.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "certs.h"
#include "net/conn.h"

#define BIG (1024 * 1024)

static const struct conn_limits limits = {
	.input_max = 4 * BIG,
	.output_max = 8 * BIG,
	.output_low = 0,
};

static struct loop *loop;
static struct certs certs;
static struct tls_client *client_tls; /* trusts our authority */

/* One end and what happened to it, one letter per event. */
struct end {
	struct conn *conn;
	struct str events;
	struct str got;
	int close_at; /* event at which it closes itself; -1: never */
	size_t leave; /* bytes left unread */
	size_t most;  /* bytes there were at once */
	const char *reason;
	char reason_text[256];
};

static struct end a, b;

static void on_end(struct conn *c, enum conn_event event, void *arg)
{
	static const char letters[] = "dSwfX";
	struct end *e = arg;
	struct slice in = conn_input(c);

	assert_ptr_equal(c, e->conn);
	str_add_char(&e->events, letters[event]);
	if (event == CONN_DATA) {
		size_t take = in.len > e->leave ? in.len - e->leave : 0;

		assert_true(in.len > 0);
		if (in.len > e->most)
			e->most = in.len;
		str_add_bytes(&e->got, in.data, take);
		conn_consume(c, take);
	}
	(void)text_copy(e->reason_text, sizeof(e->reason_text), conn_reason(c));
	if (e->close_at == (int)event) {
		conn_close(&e->conn);
		assert_null(e->conn);
	}
}

static void end_init(struct end *e)
{
	*e = (struct end){ .close_at = -1 };
	str_init(&e->events, 65536);
	str_init(&e->got, 4 * BIG);
}

static void end_finish(struct end *e)
{
	conn_close(&e->conn);
	str_finish(&e->events);
	str_finish(&e->got);
}

static void adopt(struct end *e, struct conn *c)
{
	e->conn = c;
	conn_set_owner(c, on_end, e);
}

static void pair(void)
{
	struct conn *ends[2];

	conn_pair(loop, ends, &limits);
	adopt(&a, ends[0]);
	adopt(&b, ends[1]);
}

/* `a` is a connection, the other end a bare descriptor. */
static int half_pair_limited(const struct conn_limits *of_a)
{
	int fds[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0, fds),
		0);
	a.conn = conn_new(loop, fds[0], "half", of_a, on_end, &a);
	return fds[1];
}

static int half_pair(void)
{
	return half_pair_limited(&limits);
}

static void pair_limited(
	const struct conn_limits *of_a, const struct conn_limits *of_b)
{
	int fd = half_pair_limited(of_a);

	b.conn = conn_new(loop, fd, "other half", of_b, on_end, &b);
}

static void settle(void)
{
	loop_settle(loop, 0, NULL);
}

static void say(struct end *e, const char *text)
{
	assert_int_equal(conn_write(e->conn, slice_of(text)), 0);
}

static void assert_events(const struct end *e, const char *events)
{
	assert_string_equal(str_text(&e->events), events);
}

static void assert_got(const struct end *e, const char *text)
{
	assert_string_equal(str_text(&e->got), text);
}

static int set_up(void **state UNUSED)
{
	clock_use_virtual(1700000000000);
	loop = loop_new();
	end_init(&a);
	end_init(&b);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	end_finish(&a);
	end_finish(&b);
	loop_free(&loop);
	clock_use_real();
	return 0;
}

/* --- Plain --------------------------------------------------------------- */

static void bytes_go_both_ways(void **state UNUSED)
{
	pair();
	say(&a, "hello ");
	say(&a, "world");
	say(&b, "and back");
	settle();
	assert_events(&b, "wd");
	assert_got(&b, "hello world");
	assert_got(&a, "and back");
	assert_string_equal(conn_reason(a.conn), "");
	assert_string_equal(conn_peer(a.conn), "");
	assert_false(conn_is_secure(a.conn));
	assert_int_equal(conn_input(a.conn).len, 0);
}

static void one_turn_is_one_write(void **state UNUSED)
{
	char buf[64];
	int waiting, fd = half_pair();

	say(&a, "one ");
	say(&a, "");
	say(&a, "two");
	assert_int_equal(conn_pending(a.conn), 7);
	assert_int_equal(ioctl(fd, FIONREAD, &waiting), 0);
	assert_int_equal(waiting, 0);
	settle();
	assert_int_equal(conn_pending(a.conn), 0);
	assert_int_equal(read(fd, buf, sizeof(buf)), 7);
	assert_memory_equal(buf, "one two", 7);
	close(fd);
}

static void unread_input_waits_for_more(void **state UNUSED)
{
	struct slice in;

	pair();
	b.leave = 3;
	say(&a, "abcde");
	settle();
	assert_events(&b, "d");
	assert_got(&b, "ab");
	settle();
	assert_events(&b, "d");
	in = conn_input(b.conn);
	assert_int_equal(in.len, 3);
	assert_memory_equal(in.data, "cde", 3);
	say(&a, "f");
	settle();
	assert_events(&b, "dd");
	assert_got(&b, "abc");
	conn_consume(b.conn, 3);
	assert_int_equal(conn_input(b.conn).len, 0);
}

/* However it was cut on the way, unread input is one run of bytes. */
static void input_is_contiguous(void **state UNUSED)
{
	char *big = xalloc(BIG);
	struct slice in;

	pair();
	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)(i * 7 + i / 4096);
	b.leave = 2 * BIG;
	assert_int_equal(conn_write(a.conn, slice_make(big, BIG)), 0);
	settle();
	in = conn_input(b.conn);
	assert_int_equal(in.len, BIG);
	assert_memory_equal(in.data, big, BIG);
	xfree(big);
}

static void too_much_unread_input_is_an_end(void **state UNUSED)
{
	struct conn_limits small = { 10, 100, 0 };

	pair_limited(&limits, &small);
	b.leave = 10;
	say(&a, "0123456789");
	settle();
	assert_events(&b, "d");
	say(&a, "x");
	settle();
	assert_events(&b, "dd");
	b.leave = 11;
	say(&a, "y");
	settle();
	assert_events(&b, "dddX");
	assert_string_equal(
		b.reason_text, "the peer sent too much data at once");
	assert_int_equal(conn_write(b.conn, slice_of("z")), -1);
}

/* A long run of bytes is no offence to an owner that keeps up. */
static void input_that_is_read_has_no_limit(void **state UNUSED)
{
	struct conn_limits small = { 10, 100, 0 };
	char *big = xalloc(BIG);

	pair_limited(&limits, &small);
	assert_int_equal(conn_write(a.conn, slice_make(big, BIG)), 0);
	settle();
	assert_int_equal(b.got.len, BIG);
	assert_null(strchr(str_text(&b.events), 'X'));
	xfree(big);
}

static void a_full_queue_refuses(void **state UNUSED)
{
	struct conn_limits small = { 100, 10, 0 };

	pair_limited(&small, &limits);
	assert_int_equal(conn_write(a.conn, slice_of("0123456")), 0);
	assert_int_equal(conn_write(a.conn, slice_of("789x")), -1);
	assert_int_equal(conn_pending(a.conn), 7);
	assert_int_equal(conn_write(a.conn, slice_of("789")), 0);
	assert_int_equal(conn_write(a.conn, slice_of("x")), -1);
	settle();
	assert_got(&b, "0123456789");
}

static size_t drain_fd(int fd)
{
	char buf[65536];
	size_t sum = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		sum += (size_t)n;
	return sum;
}

static void draining_is_told_once(void **state UNUSED)
{
	struct conn_limits low = { BIG, 8 * BIG, 1000 };
	char *big = xalloc(2 * BIG);
	size_t sum = 0;
	int fd = half_pair_limited(&low);

	/* Not above the mark: nothing to tell. */
	assert_int_equal(conn_write(a.conn, slice_make(big, 1000)), 0);
	settle();
	assert_events(&a, "");
	assert_int_equal(conn_write(a.conn, slice_make(big, 2 * BIG)), 0);
	settle();
	assert_events(&a, "");
	assert_true(conn_pending(a.conn) > 1000);
	while (sum < 2 * BIG + 1000) {
		assert_true(a.events.len == 0 || conn_pending(a.conn) <= 1000);
		sum += drain_fd(fd);
		settle();
	}
	assert_events(&a, "w");
	assert_int_equal(conn_pending(a.conn), 0);
	settle();
	assert_events(&a, "w");
	/* The fast path works again. */
	say(&a, "x");
	settle();
	assert_int_equal(drain_fd(fd), 1);
	assert_events(&a, "w");
	xfree(big);
	close(fd);
}

static void a_small_batch_drains_too(void **state UNUSED)
{
	pair();
	say(&a, "x");
	settle();
	assert_events(&a, "w");
}

static void a_paused_connection_is_silent(void **state UNUSED)
{
	pair();
	b.leave = 2;
	say(&a, "abc");
	settle();
	conn_pause(b.conn);
	say(&a, "defg");
	settle();
	assert_events(&b, "d");
	assert_got(&b, "a");
	conn_resume(b.conn);
	b.leave = 0;
	settle();
	assert_got(&b, "abcdefg");
	conn_resume(b.conn);
	settle();
	assert_got(&b, "abcdefg");
	/* What was left because of the pause is announced again. */
	b.events.len = 0;
	str_reset(&b.events);
	b.leave = 5;
	say(&a, "hijkl");
	settle();
	assert_events(&b, "d");
	conn_pause(b.conn);
	conn_resume(b.conn);
	b.leave = 0;
	settle();
	assert_events(&b, "dd");
	assert_got(&b, "abcdefghijkl");
}

static void on_pause_in_callback(
	struct conn *c, enum conn_event event, void *arg)
{
	if (event == CONN_DATA)
		conn_pause(c);
	on_end(c, event, arg);
}

static void pausing_in_the_callback_keeps_the_rest(void **state UNUSED)
{
	struct conn_limits small = { 2, 100, 0 };

	pair_limited(&limits, &small);
	conn_set_owner(b.conn, on_pause_in_callback, &b);
	b.leave = 5;
	say(&a, "abcde");
	settle();
	/* More than input_max, but it is the owner who does not want it. */
	assert_events(&b, "d");
	b.leave = 0;
	conn_resume(b.conn);
	settle();
	assert_events(&b, "dd");
	assert_got(&b, "abcde");
}

static void eof_comes_after_the_data(void **state UNUSED)
{
	pair();
	say(&a, "last words");
	settle();
	say(&a, "!");
	conn_close_gracefully(&a.conn, 1000);
	assert_null(a.conn);
	settle();
	assert_got(&b, "last words!");
	assert_events(&b, "ddf");
	assert_string_equal(b.reason_text, "the peer closed the connection");
	assert_int_equal(conn_write(b.conn, slice_of("x")), -1);
	settle();
	assert_events(&b, "ddf");
}

static void closing_drops_the_queue(void **state UNUSED)
{
	pair();
	say(&a, "never sent");
	conn_close(&a.conn);
	assert_null(a.conn);
	conn_close(&a.conn);
	conn_close(NULL);
	settle();
	assert_got(&b, "");
	assert_events(&b, "f");
}

static void writing_to_a_closed_peer_is_an_error(void **state UNUSED)
{
	int fd = half_pair();

	conn_pause(a.conn);
	close(fd);
	say(&a, "x");
	settle();
	assert_events(&a, "X");
	assert_string_equal(a.reason_text, "the connection broke: Broken pipe");
}

/* --- Owners -------------------------------------------------------------- */

static void nobody_hears_nothing(void **state UNUSED)
{
	struct conn *ends[2];

	conn_pair(loop, ends, &limits);
	adopt(&a, ends[0]);
	b.conn = ends[1];
	say(&a, "early");
	settle();
	assert_events(&b, "");
	conn_set_owner(b.conn, on_end, &b);
	settle();
	assert_got(&b, "early");
	/* A death that nobody was told of. */
	conn_set_owner(b.conn, NULL, NULL);
	conn_close(&a.conn);
	say(&b, "x");
	settle();
	assert_events(&b, "d");
	conn_set_owner(b.conn, on_end, &b);
	settle();
	assert_events(&b, "dX");
}

static struct end second;

static void on_hand_over(struct conn *c, enum conn_event event, void *arg)
{
	assert_int_equal(event, CONN_DATA);
	conn_consume(c, 2);
	*(struct conn **)arg = NULL;
	adopt(&second, c);
}

static void a_new_owner_sees_what_was_left(void **state UNUSED)
{
	struct conn_limits small = { 1, 100, 0 };
	struct conn *ends[2];

	end_init(&second);
	conn_pair(loop, ends, &small);
	adopt(&a, ends[0]);
	conn_set_owner(ends[1], on_hand_over, &ends[1]);
	say(&a, "abcdef");
	settle();
	assert_null(ends[1]);
	assert_got(&second, "cdef");
	assert_events(&second, "d");
	end_finish(&second);
}

/* --- Closing in the own callback ----------------------------------------- */

static void close_at_data(void **state UNUSED)
{
	pair();
	b.close_at = CONN_DATA;
	say(&a, "x");
	settle();
	assert_null(b.conn);
	assert_events(&b, "d");
	settle();
	assert_events(&a, "wf");
}

static void close_at_drained(void **state UNUSED)
{
	pair();
	a.close_at = CONN_DRAINED;
	say(&a, "x");
	settle();
	assert_null(a.conn);
	assert_events(&b, "df");
}

static void close_at_eof(void **state UNUSED)
{
	pair();
	b.close_at = CONN_EOF;
	conn_close(&a.conn);
	settle();
	assert_null(b.conn);
	assert_events(&b, "f");
}

static void close_at_error(void **state UNUSED)
{
	struct conn_limits none = { 0, 100, 0 };

	pair_limited(&limits, &none);
	b.close_at = CONN_ERROR;
	b.leave = 1;
	say(&a, "x");
	settle();
	assert_null(b.conn);
	assert_events(&b, "dX");
}

static void on_close_both(
	struct conn *c UNUSED, enum conn_event event UNUSED, void *arg UNUSED)
{
	str_add_char(&a.events, '!');
	conn_close(&a.conn);
	conn_close(&b.conn);
}

/* Both ends are ready in the same turn; the first callback closes both. */
static void one_end_may_close_another(void **state UNUSED)
{
	pair();
	say(&a, "x");
	say(&b, "y");
	conn_set_owner(a.conn, on_close_both, NULL);
	conn_set_owner(b.conn, on_close_both, NULL);
	settle();
	assert_null(a.conn);
	assert_null(b.conn);
	assert_events(&a, "!");
}

static void on_write_and_close(
	struct conn *c, enum conn_event event UNUSED, void *arg)
{
	struct end *e = arg;

	assert_int_equal(conn_write(c, slice_of("bye")), 0);
	conn_close_gracefully(&e->conn, 1000);
	assert_null(e->conn);
}

static void a_farewell_in_the_callback(void **state UNUSED)
{
	pair();
	conn_set_owner(b.conn, on_write_and_close, &b);
	say(&a, "x");
	settle();
	assert_got(&a, "bye");
	assert_events(&a, "wdf");
}

/* --- Farewells ----------------------------------------------------------- */

static void a_farewell_sends_everything(void **state UNUSED)
{
	char *big = xalloc(2 * BIG);
	size_t sum = 0;
	int fd = half_pair();

	assert_int_equal(conn_write(a.conn, slice_make(big, 2 * BIG)), 0);
	conn_close_gracefully(&a.conn, 5000);
	while (sum < 2 * BIG) {
		size_t n;

		settle();
		n = drain_fd(fd);
		assert_true(n > 0);
		sum += n;
	}
	assert_int_equal(sum, 2 * BIG);
	settle();
	errno = 0;
	assert_int_equal(read(fd, big, 1), 0);
	/* What the peer says meanwhile is nobody's, and no reset. */
	assert_int_equal(write(fd, "late", 4), 4);
	settle();
	close(fd);
	settle();
	xfree(big);
}

static void a_farewell_ends_in_time(void **state UNUSED)
{
	char *big = xalloc(2 * BIG);
	int fd = half_pair();

	assert_int_equal(conn_write(a.conn, slice_make(big, 2 * BIG)), 0);
	conn_close_gracefully(&a.conn, 5000);
	loop_settle(loop, 4999, NULL);
	assert_int_equal(write(fd, "x", 1), 1);
	loop_settle(loop, 1, NULL);
	settle();
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(fd);
	xfree(big);
}

/* A peer that never closes holds the connection for its time, no longer. */
static void a_silent_peer_does_not_keep_us(void **state UNUSED)
{
	int fd = half_pair();

	conn_close_gracefully(&a.conn, 5000);
	loop_settle(loop, 4999, NULL);
	assert_int_equal(write(fd, "x", 1), 1);
	loop_settle(loop, 2, NULL);
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
}

static void freeing_the_loop_ends_farewells(void **state UNUSED)
{
	struct loop *l = loop_new();
	struct conn *ends[2];

	conn_pair(l, ends, &limits);
	conn_close_gracefully(&ends[0], 100000);
	assert_int_equal(conn_write(ends[1], slice_of("x")), 0);
	conn_close(&ends[1]);
	loop_free(&l);
}

static void a_farewell_of_the_dead_is_short(void **state UNUSED)
{
	pair();
	conn_close(&a.conn);
	settle();
	assert_events(&b, "f");
	conn_close_gracefully(&b.conn, 1000);
	assert_null(b.conn);
	conn_close_gracefully(&b.conn, 1000);
	conn_close_gracefully(NULL, 1000);
}

/* --- TCP ----------------------------------------------------------------- */

/* A connected pair over TCP from `address`: `a`, and a bare descriptor. -1
 * when this machine does not have that. */
static int tcp_pair_at(struct sockaddr *address, socklen_t len)
{
	int fd, peer, listener;

	listener = socket(address->sa_family, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, address, len) != 0) {
		close(listener);
		return -1;
	}
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, address, &len), 0);
	fd = socket(address->sa_family, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, address, len), 0);
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	close(listener);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(peer, F_SETFL, O_NONBLOCK), 0);
	a.conn = conn_new(loop, fd, "tcp", &limits, on_end, &a);
	return peer;
}

static int tcp_pair(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int peer;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer = tcp_pair_at((struct sockaddr *)&address, sizeof(address));
	assert_true(peer >= 0);
	return peer;
}

static void reset(int peer)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	assert_int_equal(
		setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close(peer);
	settle();
}

static void a_reset_is_an_error(void **state UNUSED)
{
	reset(tcp_pair());
	assert_events(&a, "X");
	assert_string_equal(a.reason_text,
		"the connection broke: Connection reset by peer");
}

static void a_reset_is_an_error_of_tls_too(void **state UNUSED)
{
	int peer = tcp_pair();

	assert_int_equal(
		conn_start_tls(a.conn, client_tls, "irc.example.org"), 0);
	settle();
	reset(peer);
	assert_events(&a, "X");
	assert_string_equal(a.reason_text,
		"the connection broke: Connection reset by peer");
}

static void ipv6_addresses_have_brackets(void **state UNUSED)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int peer = tcp_pair_at((struct sockaddr *)&address, sizeof(address));

	if (peer < 0)
		skip();
	assert_memory_equal(conn_peer(a.conn), "[::1]:", 6);
	assert_non_null(strstr(conn_peer(a.conn), " -> [::1]:"));
	close(peer);
}

static void tcp_addresses_have_a_form(void **state UNUSED)
{
	struct sockaddr_in here, there;
	socklen_t len = sizeof(here);
	char expected[128];
	int peer = tcp_pair();

	assert_int_equal(getpeername(peer, (void *)&here, &len), 0);
	assert_int_equal(getsockname(peer, (void *)&there, &len), 0);
	snprintf(expected, sizeof(expected), "127.0.0.1:%u -> 127.0.0.1:%u",
		ntohs(here.sin_port), ntohs(there.sin_port));
	assert_string_equal(conn_peer(a.conn), expected);
	close(peer);
}

/* --- TLS ----------------------------------------------------------------- */

static struct tls_server *server_tls_of(const char *name)
{
	const char *path = certs_path(&certs, name);
	const char *reason = NULL;
	struct tls_server *t = tls_server_new(path, path, &reason);

	assert_non_null(t);
	return t;
}

/* `a` is the client and `b` the server with certificate `name`. */
static void secure_pair(
	const char *name, const char *host, struct tls_client *tls)
{
	struct tls_server *server = server_tls_of(name);

	pair();
	assert_int_equal(conn_accept_tls(b.conn, server), 0);
	assert_int_equal(conn_start_tls(a.conn, tls, host), 0);
	assert_false(conn_is_secure(a.conn));
	/* A connection keeps what it needs of its settings. */
	tls_server_free(&server);
}

static void tls_goes_both_ways(void **state UNUSED)
{
	char *big = xalloc(BIG);

	secure_pair("good", "irc.example.org", client_tls);
	/* Queued before the handshake, sent after it. */
	say(&a, "hello");
	settle();
	assert_true(conn_is_secure(a.conn));
	assert_true(conn_is_secure(b.conn));
	assert_int_equal(str_text(&a.events)[0], 'S');
	assert_int_equal(str_text(&b.events)[0], 'S');
	assert_got(&b, "hello");
	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)(i * 13 + i / 4096);
	assert_int_equal(conn_write(a.conn, slice_make(big, BIG)), 0);
	assert_int_equal(conn_write(b.conn, slice_make(big, BIG)), 0);
	settle();
	assert_int_equal(a.got.len, BIG);
	assert_int_equal(b.got.len, BIG + 5);
	assert_memory_equal(a.got.data, big, BIG);
	assert_memory_equal(b.got.data + 5, big, BIG);
	assert_null(strpbrk(str_text(&a.events), "fX"));
	xfree(big);
	conn_close(&a.conn);
	settle();
	assert_string_equal(b.reason_text, "the peer closed the connection");
	assert_non_null(strchr(str_text(&b.events), 'f'));
}

static void a_tls_farewell_is_complete(void **state UNUSED)
{
	char *big = xalloc(BIG);

	secure_pair("good", "irc.example.org", client_tls);
	settle();
	assert_int_equal(conn_write(a.conn, slice_make(big, BIG)), 0);
	conn_close_gracefully(&a.conn, 5000);
	settle();
	assert_int_equal(b.got.len, BIG);
	assert_string_equal(b.reason_text, "the peer closed the connection");
	xfree(big);
}

static void closing_in_the_middle_of_a_handshake(void **state UNUSED)
{
	secure_pair("good", "irc.example.org", client_tls);
	conn_close_gracefully(&a.conn, 1000);
	settle();
	assert_events(&b, "X");
	assert_string_equal(b.reason_text,
		"the peer closed the connection in the middle of the TLS "
		"handshake");
}

static void close_at_secure(void **state UNUSED)
{
	secure_pair("good", "irc.example.org", client_tls);
	a.close_at = CONN_SECURE;
	say(&a, "x");
	settle();
	assert_null(a.conn);
	assert_events(&a, "S");
}

static void close_at_secure_data_and_end(void **state UNUSED)
{
	static const enum conn_event events[] = { CONN_DATA, CONN_EOF };

	for (size_t i = 0; i < COUNT(events); i++) {
		secure_pair("good", "irc.example.org", client_tls);
		b.close_at = (int)events[i];
		settle();
		say(&a, "x");
		conn_close_gracefully(&a.conn, 100);
		settle();
		assert_null(b.conn);
	}
}

/* A turn of the loop ends although there is more. */
static void tiny_records_are_read_some_at_a_time(void **state UNUSED)
{
	secure_pair("good", "irc.example.org", client_tls);
	settle();
	conn_pause(b.conn);
	for (int i = 0; i < 200; i++) {
		say(&a, "x");
		settle();
	}
	conn_resume(b.conn);
	settle();
	assert_int_equal(b.got.len, 200);
	assert_in_range(b.most, 2, 64);
}

static void pausing_holds_tls_too(void **state UNUSED)
{
	secure_pair("good", "irc.example.org", client_tls);
	/* The handshake goes on nevertheless. */
	conn_pause(b.conn);
	settle();
	assert_events(&b, "S");
	say(&a, "x");
	settle();
	assert_events(&b, "S");
	conn_resume(b.conn);
	settle();
	assert_got(&b, "x");
}

static void certificates_are_verified(void **state UNUSED)
{
	static const struct {
		const char *cert, *host, *reason; /* NULL: accepted */
	} rows[] = {
		{ "good", "irc.example.org", NULL },
		{ "good", "IRC.Example.ORG", NULL },
		{ "good", "irc.example.org.", NULL },
		{ "good", "127.0.0.1", NULL },
		{ "good", "::1", NULL },
		{ "good", "[::1]", NULL },
		{ "good", "a.wild.example.org", NULL },
		{ "good", "wild.example.org",
			"the certificate of wild.example.org is not for that "
			"name" },
		{ "good", "a.b.wild.example.org",
			"the certificate of a.b.wild.example.org is not for "
			"that name" },
		{ "good", "part1.example.org",
			"the certificate of part1.example.org is not for that "
			"name" },
		{ "good", "good",
			"the certificate of good is not for that name" },
		{ "good", "irc.example.com",
			"the certificate of irc.example.com is not for that "
			"name" },
		{ "good", "127.0.0.2",
			"the certificate of 127.0.0.2 is not for that "
			"address" },
		{ "expired", "irc.example.org",
			"the certificate of irc.example.org has expired" },
		{ "future", "irc.example.org",
			"the certificate of irc.example.org is not valid "
			"yet" },
		{ "stranger", "irc.example.org",
			"the certificate of irc.example.org is signed by an "
			"unknown authority" },
		{ "impostor", "irc.example.org",
			"the certificate of irc.example.org is not signed by "
			"the authority that it names" },
		{ "ca", "irc.example.org",
			"the certificate of irc.example.org is not for that "
			"name" },
		{ "strangers-ca", "irc.example.org",
			"the certificate of irc.example.org is signed by "
			"itself, not by a known authority" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *reason = rows[i].reason;

		end_init(&a);
		end_init(&b);
		secure_pair(rows[i].cert, rows[i].host, client_tls);
		settle();
		if (strcmp(a.reason_text, reason != NULL ? reason : "") != 0)
			fail_msg("row %zu: \"%s\"", i, a.reason_text);
		if (strcmp(str_text(&a.events), reason ? "X" : "S") != 0)
			fail_msg("row %zu: %s", i, str_text(&a.events));
		end_finish(&a);
		end_finish(&b);
	}
	end_init(&a);
	end_init(&b);
}

static void verification_can_be_switched_off(void **state UNUSED)
{
	const char *reason = NULL;
	struct tls_client *trusting = tls_client_new(NULL, false, &reason);

	assert_non_null(trusting);
	secure_pair("stranger", "other.example.org", trusting);
	tls_client_free(&trusting);
	settle();
	assert_events(&a, "S");
}

static void the_system_does_not_know_us(void **state UNUSED)
{
	const char *reason = NULL;
	struct tls_client *usual = tls_client_new(NULL, true, &reason);

	assert_non_null(usual);
	secure_pair("good", "irc.example.org", usual);
	settle();
	assert_events(&a, "X");
	assert_string_equal(a.reason_text,
		"the certificate of irc.example.org is signed by an unknown "
		"authority");
	tls_client_free(&usual);
}

static void a_host_is_needed(void **state UNUSED)
{
	static const char *const hosts[] = { "", ".", "[]" };
	char longest[300];

	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i <= COUNT(hosts); i++) {
		const char *host = i < COUNT(hosts) ? hosts[i] : longest;

		pair();
		/* "." and "[]" are odd names that no certificate holds. */
		if (conn_start_tls(a.conn, client_tls, host) == 0)
			assert_true(i == 1 || i == 2);
		else
			assert_string_equal(conn_reason(a.conn),
				"there is no name to verify the peer by");
		conn_close(&a.conn);
		conn_close(&b.conn);
	}
}

static bool hello_holds(const char *host, const char *text)
{
	char hello[4096];
	int fd = half_pair();
	ssize_t n;

	assert_int_equal(conn_start_tls(a.conn, client_tls, host), 0);
	settle();
	n = read(fd, hello, sizeof(hello));
	assert_true(n > 0);
	conn_close(&a.conn);
	close(fd);
	return memmem(hello, (size_t)n, text, strlen(text)) != NULL;
}

static void names_are_sent_and_addresses_not(void **state UNUSED)
{
	assert_true(hello_holds("irc.example.org", "irc.example.org"));
	assert_true(hello_holds("irc.example.org.", "irc.example.org"));
	assert_false(hello_holds("irc.example.org.", "irc.example.org."));
	assert_false(hello_holds("127.0.0.1", "127.0.0.1"));
	assert_false(hello_holds("::1", "::1"));
}

/* What a peer says instead of a handshake. */
static void peers_without_tls_are_explained(void **state UNUSED)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *reason;
	} rows[] = {
		{ ":irc.example.org NOTICE * :hi\r\n", 31,
			"the peer does not speak TLS on this port" },
		/* An alert: protocol_version. */
		{ "\x15\x03\x01\x00\x02\x02\x46", 7,
			"the peer offers no version of TLS from 1.2 on" },
		/* An alert: handshake_failure. */
		{ "\x15\x03\x03\x00\x02\x02\x28", 7,
			"the peer refused every cipher we offered" },
		/* ServerHello of TLS 1.1. */
		{ "\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02"
		  "0123456789abcdef0123456789abcdef"
		  "\x00\x00\x2f\x00",
			47, "the peer offers no version of TLS from 1.2 on" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd;

		end_init(&a);
		fd = half_pair();
		assert_int_equal(
			conn_start_tls(a.conn, client_tls, "irc.example.org"),
			0);
		settle();
		assert_int_equal(
			write(fd, rows[i].bytes, rows[i].len), rows[i].len);
		settle();
		if (strcmp(a.reason_text, rows[i].reason) != 0)
			fail_msg("row %zu: \"%s\"", i, a.reason_text);
		assert_events(&a, "X");
		end_finish(&a);
		close(fd);
	}
	end_init(&a);
}

/* The server's descriptor is shut behind its back: no close_notify. */
static void an_unclean_end_is_an_end(void **state UNUSED)
{
	struct tls_server *server = server_tls_of("good");
	int fds[2], back_door;

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	back_door = dup(fds[1]);
	a.conn = conn_new(loop, fds[0], "a", &limits, on_end, &a);
	b.conn = conn_new(loop, fds[1], "b", &limits, on_end, &b);
	assert_int_equal(conn_accept_tls(b.conn, server), 0);
	assert_int_equal(
		conn_start_tls(a.conn, client_tls, "irc.example.org"), 0);
	settle();
	say(&b, "last words");
	settle();
	shutdown(back_door, SHUT_WR);
	settle();
	assert_got(&a, "last words");
	assert_events(&a, "Sdf");
	assert_string_equal(a.reason_text,
		"the peer closed the connection without ending TLS");
	close(back_door);
	tls_server_free(&server);
}

/* TLS ends right behind the data, while the descriptor stays open: nothing
 * but what was read with the data tells of it. */
static void the_end_of_tls_is_an_end(void **state UNUSED)
{
	struct tls_server *server = server_tls_of("good");
	int fds[2], back_door;

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	back_door = dup(fds[1]);
	a.conn = conn_new(loop, fds[0], "a", &limits, on_end, &a);
	b.conn = conn_new(loop, fds[1], "b", &limits, on_end, &b);
	assert_int_equal(conn_accept_tls(b.conn, server), 0);
	assert_int_equal(
		conn_start_tls(a.conn, client_tls, "irc.example.org"), 0);
	settle();
	conn_pause(a.conn);
	say(&b, "last words");
	settle();
	conn_close(&b.conn);
	conn_resume(a.conn);
	settle();
	assert_got(&a, "last words");
	assert_events(&a, "Sdf");
	assert_string_equal(a.reason_text, "the peer closed the connection");
	close(back_door);
	tls_server_free(&server);
}

static void garbage_after_the_handshake_is_an_error(void **state UNUSED)
{
	struct tls_server *server = server_tls_of("good");
	int fds[2], back_door;

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	back_door = dup(fds[1]);
	a.conn = conn_new(loop, fds[0], "a", &limits, on_end, &a);
	b.conn = conn_new(loop, fds[1], "b", &limits, on_end, &b);
	assert_int_equal(conn_accept_tls(b.conn, server), 0);
	assert_int_equal(
		conn_start_tls(a.conn, client_tls, "irc.example.org"), 0);
	settle();
	assert_int_equal(write(back_door, "PING :x\r\n", 9), 9);
	settle();
	assert_events(&a, "SX");
	assert_got(&a, "");
	close(back_door);
	tls_server_free(&server);
}

/* --- STARTTLS ------------------------------------------------------------ */

static void on_client(struct conn *c, enum conn_event event, void *arg)
{
	struct end *e = arg;

	on_end(c, event, arg);
	if (event == CONN_DATA && strcmp(str_text(&e->got), "220 go\r\n") == 0)
		assert_int_equal(
			conn_start_tls(c, client_tls, "irc.example.org"), 0);
}

static struct tls_server *starttls_server;

static void on_server(struct conn *c, enum conn_event event, void *arg)
{
	struct end *e = arg;

	on_end(c, event, arg);
	if (event == CONN_DATA && str_slice(&e->got).len == 10) {
		assert_int_equal(conn_write(c, slice_of("220 go\r\n")), 0);
		assert_int_equal(conn_accept_tls(c, starttls_server), 0);
	}
}

static void tls_starts_in_the_middle(void **state UNUSED)
{
	starttls_server = server_tls_of("good");
	pair();
	conn_set_owner(a.conn, on_client, &a);
	conn_set_owner(b.conn, on_server, &b);
	say(&a, "STARTTLS\r\n");
	settle();
	assert_true(conn_is_secure(a.conn));
	say(&a, "secret");
	settle();
	assert_got(&b, "STARTTLS\r\nsecret");
	assert_non_null(strchr(str_text(&a.events), 'S'));
	tls_server_free(&starttls_server);
}

static void bytes_before_tls_are_an_injection(void **state UNUSED)
{
	struct tls_server *server = server_tls_of("good");

	pair();
	a.leave = 6;
	b.leave = 4;
	say(&b, "220 go\r\n250 OK");
	say(&a, "STARTTLS\r\nQUIT");
	settle();
	assert_got(&a, "220 go\r\n");
	assert_int_equal(
		conn_start_tls(a.conn, client_tls, "irc.example.org"), -1);
	assert_string_equal(
		conn_reason(a.conn), "the peer sent data before TLS began");
	assert_int_equal(conn_write(a.conn, slice_of("x")), -1);
	assert_int_equal(
		conn_start_tls(a.conn, client_tls, "irc.example.org"), -1);
	assert_int_equal(conn_accept_tls(b.conn, server), -1);
	assert_string_equal(
		conn_reason(b.conn), "the peer sent data before TLS began");
	/* The caller knows; no event repeats it. */
	settle();
	assert_null(strchr(str_text(&a.events), 'X'));
	tls_server_free(&server);
}

/* Injected bytes still in the kernel are read as TLS, and are none. */
static void injected_bytes_in_flight_break_the_handshake(void **state UNUSED)
{
	int fd = half_pair();

	assert_int_equal(write(fd, "250 OK\r\n", 8), 8);
	assert_int_equal(
		conn_start_tls(a.conn, client_tls, "irc.example.org"), 0);
	settle();
	assert_events(&a, "X");
	assert_got(&a, "");
	close(fd);
}

/* --- Settings ------------------------------------------------------------ */

static void bad_tls_files_are_explained(void **state UNUSED)
{
	const char *reason = NULL;
	char good[256], empty[256], missing[256];

	snprintf(good, sizeof(good), "%s", certs_path(&certs, "good"));
	snprintf(empty, sizeof(empty), "%s", certs_path(&certs, "empty"));
	snprintf(missing, sizeof(missing), "%s", certs_path(&certs, "none"));
	fclose(fopen(empty, "w"));
	assert_null(tls_client_new(missing, true, &reason));
	assert_non_null(strstr(reason, "can't be read"));
	assert_null(tls_client_new(empty, true, &reason));
	assert_non_null(strstr(reason, "holds no certificate"));
	assert_null(tls_server_new(missing, good, &reason));
	assert_string_equal(reason, "the certificate can't be read");
	assert_null(tls_server_new(good, missing, &reason));
	assert_string_equal(
		reason, "the key can't be read, or is not the certificate's");
	reason = "";
	assert_null(
		tls_server_new(good, certs_path(&certs, "expired"), &reason));
	assert_string_equal(
		reason, "the key can't be read, or is not the certificate's");
	assert_string_equal(tls_mode_names[TLS_REQUIRED], "required");
	assert_string_equal(tls_mode_names[TLS_STARTTLS], "starttls");
	assert_string_equal(tls_mode_names[TLS_NONE], "none");
	assert_null(tls_mode_names[TLS_NONE + 1]);
}

/* `name`.pem of an authority that nobody trusts. */
static void issue_elsewhere(const char *authority, const char *name)
{
	struct certs strangers;
	char command[256];

	certs_init(&strangers, authority);
	certs_issue(&strangers, name, "DNS:irc.example.org", -1, 1);
	snprintf(command, sizeof(command),
		"mv %s/%s.pem %s/; mv %s/ca.pem %s/strangers-ca.pem",
		strangers.dir, name, certs.dir, strangers.dir, certs.dir);
	assert_int_equal(system(command), 0);
	certs_finish(&strangers);
}

static void make_certificates(void)
{
	certs_init(&certs, "Test Authority");
	certs_issue(&certs, "good",
		"DNS:irc.example.org,DNS:*.wild.example.org,"
		"DNS:part*.example.org,IP:127.0.0.1,IP:::1",
		-1, 1);
	certs_issue(&certs, "expired", "DNS:irc.example.org", -5, -1);
	certs_issue(&certs, "future", "DNS:irc.example.org", 1, 5);
	issue_elsewhere("Test Authority", "impostor");
	issue_elsewhere("Strangers", "stranger");
}

/* --- Descriptors --------------------------------------------------------- */

/* A descriptor that reads this text. */
static int readable(const char *text)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], text, strlen(text)), strlen(text));
	close(fds[1]);
	return fds[0];
}

static void assert_reads(int fd, const char *text)
{
	char buf[32];

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(read(fd, buf, sizeof(buf)), strlen(text));
	assert_memory_equal(buf, text, strlen(text));
	close(fd);
}

static void descriptors_go_beside_bytes(void **state UNUSED)
{
	pair();
	conn_pass_fds(a.conn);
	conn_pass_fds(b.conn);
	assert_int_equal(conn_read_fd(b.conn), -1);
	say(&a, "before ");
	for (int i = 0; i < 9; i++) {
		char name[2] = { (char)('0' + i), '\0' };

		conn_write_fd(a.conn, readable(name));
		say(&a, name);
		if (i % 3 == 0)
			say(&a, " and more ");
	}
	settle();
	assert_got(&b, "before 0 and more 123 and more 456 and more 78");
	for (int i = 0; i < 9; i++) {
		char name[2] = { (char)('0' + i), '\0' };

		assert_reads(conn_read_fd(b.conn), name);
	}
	assert_int_equal(conn_read_fd(b.conn), -1);
}

static void a_descriptor_is_there_with_its_byte(void **state UNUSED)
{
	pair();
	conn_pass_fds(a.conn);
	conn_pass_fds(b.conn);
	conn_write_fd(a.conn, readable("x"));
	settle();
	assert_int_equal(conn_read_fd(b.conn), -1);
	say(&a, "1");
	settle();
	assert_got(&b, "1");
	assert_reads(conn_read_fd(b.conn), "x");
}

static void descriptors_not_taken_are_closed(void **state UNUSED)
{
	int fds[2];
	char byte;

	pair();
	conn_pass_fds(a.conn);
	conn_pass_fds(b.conn);
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	/* One arrives, one stays on the way. */
	conn_write_fd(a.conn, dup(fds[1]));
	say(&a, "1");
	settle();
	conn_write_fd(a.conn, fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), -1);
	conn_close(&a.conn);
	assert_int_equal(read(fds[0], &byte, 1), -1);
	conn_close(&b.conn);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
}

static void who_asks_for_none_gets_none(void **state UNUSED)
{
	int fds[2];
	char byte;

	pair();
	conn_pass_fds(a.conn);
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	conn_write_fd(a.conn, fds[1]);
	say(&a, "1");
	settle();
	assert_got(&b, "1");
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
}

static void the_socket_itself_is_taken(void **state UNUSED)
{
	char buf[8];
	int fd, other = half_pair();

	assert_int_equal(write(other, "hello", 5), 5);
	/* Nobody read it yet. */
	fd = conn_take_fd(&a.conn);
	assert_null(a.conn);
	assert_true(fd >= 0);
	settle();
	assert_events(&a, "");
	assert_int_equal(read(fd, buf, sizeof(buf)), 5);
	assert_int_equal(write(fd, "back", 4), 4);
	assert_int_equal(read(other, buf, sizeof(buf)), 4);
	close(fd);
	assert_int_equal(read(other, buf, sizeof(buf)), 0);
	close(other);
}

static void a_used_socket_is_not_taken(void **state UNUSED)
{
	char buf[8];
	int other = half_pair();

	a.leave = 1;
	assert_int_equal(write(other, "hello", 5), 5);
	settle();
	assert_int_equal(conn_take_fd(&a.conn), -1);
	assert_null(a.conn);
	(void)!read(other, buf, sizeof(buf));
	close(other);
	a.leave = 0;
	other = half_pair();
	say(&a, "queued");
	assert_int_equal(conn_take_fd(&a.conn), -1);
	assert_int_equal(read(other, buf, sizeof(buf)), 0);
	close(other);
}

/* A terminal, which takes some KiB at once; its other end is bare. */
static void a_terminal_is_a_connection(void **state UNUSED)
{
	struct termios raw = { 0 };
	struct str all;
	int fds[2];
	size_t n = 0;

	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	assert_int_equal(openpty(&fds[0], &fds[1], NULL, &raw, NULL), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	a.conn = conn_new(loop, fds[1], "terminal", &limits, on_end, &a);
	str_init(&all, BIG);
	for (int i = 0; i < 10000; i++)
		str_addf(&all, "%d ", i);
	assert_int_equal(conn_write(a.conn, str_slice(&all)), 0);
	while (n < all.len) {
		char part[4096];
		ssize_t len;

		settle();
		len = read(fds[0], part, sizeof(part));
		assert_true(len > 0);
		assert_memory_equal(part, all.data + n, (size_t)len);
		n += (size_t)len;
	}
	assert_int_equal(write(fds[0], "hello", 5), 5);
	while (a.got.len < 5)
		settle();
	assert_string_equal(str_text(&a.got), "hello");
	close(fds[0]);
	while (a.reason_text[0] == '\0')
		settle();
	str_finish(&all);
}

static int set_up_group(void **state UNUSED)
{
	const char *reason = NULL;

	make_certificates();
	client_tls = tls_client_new(certs_path(&certs, "ca"), true, &reason);
	return client_tls == NULL;
}

static int tear_down_group(void **state UNUSED)
{
	tls_client_free(&client_tls);
	tls_client_free(&client_tls);
	tls_server_free(NULL);
	certs_finish(&certs);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_go_both_ways),
		TEST(one_turn_is_one_write),
		TEST(unread_input_waits_for_more),
		TEST(input_is_contiguous),
		TEST(too_much_unread_input_is_an_end),
		TEST(input_that_is_read_has_no_limit),
		TEST(a_full_queue_refuses),
		TEST(draining_is_told_once),
		TEST(a_small_batch_drains_too),
		TEST(a_paused_connection_is_silent),
		TEST(pausing_in_the_callback_keeps_the_rest),
		TEST(eof_comes_after_the_data),
		TEST(closing_drops_the_queue),
		TEST(writing_to_a_closed_peer_is_an_error),
		TEST(nobody_hears_nothing),
		TEST(a_new_owner_sees_what_was_left),
		TEST(close_at_data),
		TEST(close_at_drained),
		TEST(close_at_eof),
		TEST(close_at_error),
		TEST(one_end_may_close_another),
		TEST(a_farewell_in_the_callback),
		TEST(a_farewell_sends_everything),
		TEST(a_farewell_ends_in_time),
		TEST(a_silent_peer_does_not_keep_us),
		TEST(freeing_the_loop_ends_farewells),
		TEST(a_farewell_of_the_dead_is_short),
		TEST(a_reset_is_an_error),
		TEST(a_reset_is_an_error_of_tls_too),
		TEST(ipv6_addresses_have_brackets),
		TEST(tcp_addresses_have_a_form),
		TEST(descriptors_go_beside_bytes),
		TEST(a_descriptor_is_there_with_its_byte),
		TEST(descriptors_not_taken_are_closed),
		TEST(who_asks_for_none_gets_none),
		TEST(the_socket_itself_is_taken),
		TEST(a_used_socket_is_not_taken),
		TEST(tls_goes_both_ways),
		TEST(a_tls_farewell_is_complete),
		TEST(closing_in_the_middle_of_a_handshake),
		TEST(close_at_secure),
		TEST(close_at_secure_data_and_end),
		TEST(pausing_holds_tls_too),
		TEST(tiny_records_are_read_some_at_a_time),
		TEST(certificates_are_verified),
		TEST(verification_can_be_switched_off),
		TEST(the_system_does_not_know_us),
		TEST(a_host_is_needed),
		TEST(names_are_sent_and_addresses_not),
		TEST(peers_without_tls_are_explained),
		TEST(an_unclean_end_is_an_end),
		TEST(the_end_of_tls_is_an_end),
		TEST(garbage_after_the_handshake_is_an_error),
		TEST(tls_starts_in_the_middle),
		TEST(bytes_before_tls_are_an_injection),
		TEST(injected_bytes_in_flight_break_the_handshake),
		TEST(bad_tls_files_are_explained),
		TEST(a_terminal_is_a_connection),
	};

	return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
