/* Dialling: every phase, its failures and its deadline, on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "certs.h"
#include "dns_server.h"
#include "net/dial.h"

static const struct conn_limits limits = { 65536, 65536, 0 };

static const struct dns_record records[] = {
	{ "irc.example.org", 0, 0, "127.0.0.1", 0, 0 },
	{ "other.example.org", 0, 0, "127.0.0.1", 0, 0 },
	{ "two.example.org", 0, 0, "127.0.0.1 127.0.0.2", 0, 0 },
	{ "three.example.org", 0, 0, "127.0.0.1 127.0.0.2 127.0.0.3", 0, 0 },
	{ "mixed.example.org", 0, 0, "::1 10.255.255.1 127.0.0.2", 0, 0 },
	/* The kernel refuses to connect to the first, at once. */
	{ "odd.example.org", 0, 0, "255.255.255.255 127.0.0.1", 0, 0 },
	{ "public.example.org", 0, 0, "192.0.2.1", 0, 0 },
	{ "empty.example.org", 0, 0, "", 0, 0 },
	{ "broken.example.org", DNS_GARBAGE, DNS_GARBAGE, "", 0, 0 },
	{ "silent.example.org", DNS_SILENCE, DNS_SILENCE, "", 0, 0 },
	{ NULL, 0, 0, NULL, 0, 0 },
};

static struct loop *loop;
static struct certs certs;
static struct tls_client *client_tls;
static struct dns_server dns;
static struct resolver *resolver;
static uint16_t port; /* where the listeners of a test are */

/* --- Servers ------------------------------------------------------------- */

#define LISTENERS 3

struct listener {
	int fd;
	struct watch *watch;
	struct conn *conn;
	struct str got;
	unsigned accepted, ended;
	/* What it does with a connection. */
	struct tls_server *tls;
	const char *greeting;
	bool hangs_up;
};

static struct listener listeners[LISTENERS]; /* at 127.0.0.1, .2, .3 */

static void on_served(struct conn *c, enum conn_event event, void *arg)
{
	struct listener *s = arg;

	if (event == CONN_DATA) {
		str_add_slice(&s->got, conn_input(c));
		conn_consume(c, conn_input(c).len);
	} else if (event == CONN_EOF || event == CONN_ERROR) {
		s->ended++;
		conn_close(&s->conn);
	}
}

static void on_accept(int fd, void *arg)
{
	struct listener *s = arg;
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	assert_true(client >= 0);
	s->accepted++;
	conn_close(&s->conn);
	s->conn = conn_new(loop, client, "served", &limits, on_served, s);
	if (s->greeting != NULL)
		assert_int_equal(conn_write(s->conn, slice_of(s->greeting)), 0);
	if (s->tls != NULL)
		assert_int_equal(conn_accept_tls(s->conn, s->tls), 0);
	if (s->hangs_up)
		conn_close(&s->conn);
}

/* Bind 127.0.0.(1 + i) at `port`; 0 chooses one. */
static int bind_at(size_t i)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)i);
	assert_int_equal(bind(fd, (const void *)&address, len), 0);
	assert_int_equal(getsockname(fd, (void *)&address, &len), 0);
	port = ntohs(address.sin_port);
	return fd;
}

static struct listener *serve(size_t i)
{
	struct listener *s = &listeners[i];

	s->fd = bind_at(i);
	str_init(&s->got, 65536);
	assert_int_equal(listen(s->fd, 16), 0);
	s->watch = watch_read(loop, "accept", s->fd, on_accept, s);
	return s;
}

static void serve_tls(size_t i, const char *certificate)
{
	const char *path = certs_path(&certs, certificate);
	const char *reason;

	serve(i)->tls = tls_server_new(path, path, &reason);
	assert_non_null(listeners[i].tls);
}

/* A bound port where nobody listens: refused. */
static void refuse(size_t i)
{
	listeners[i].fd = bind_at(i);
}

/* A queue so full that the kernel drops further attempts: silence. */
static int fillers[LISTENERS][4];

static void hang(size_t i)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	listeners[i].fd = bind_at(i);
	assert_int_equal(listen(listeners[i].fd, 0), 0);
	address.sin_port = htons(port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)i);
	for (size_t n = 0; n < COUNT(fillers[i]); n++) {
		fillers[i][n] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(
			fillers[i][n], (const void *)&address, sizeof(address));
	}
}

static void stop_listener(size_t i)
{
	struct listener *s = &listeners[i];

	watch_free(&s->watch);
	conn_close(&s->conn);
	tls_server_free(&s->tls);
	str_finish(&s->got);
	if (s->fd >= 0)
		close(s->fd);
	for (size_t n = 0; n < COUNT(fillers[i]); n++) {
		if (fillers[i][n] >= 0)
			close(fillers[i][n]);
		fillers[i][n] = -1;
	}
	*s = (struct listener){ .fd = -1 };
}

/* --- One dial ------------------------------------------------------------ */

static struct outcome {
	struct dial *dial;
	struct conn *conn;
	struct str got;
	char reason[1024];
	enum dial_error error;
	int64_t started_ms, took_ms;
	unsigned calls;
	bool is_done, closes, cancels;
} o;

static void on_client(struct conn *c, enum conn_event event, void *arg UNUSED)
{
	if (event == CONN_DATA) {
		str_add_slice(&o.got, conn_input(c));
		conn_consume(c, conn_input(c).len);
	} else if (event == CONN_EOF || event == CONN_ERROR) {
		conn_close(&o.conn);
	}
}

static void on_dialled(
	struct conn *c, enum dial_error error, const char *reason, void *arg)
{
	assert_ptr_equal(arg, &o);
	assert_true((c != NULL) == (error == DIAL_OK));
	o.error = error;
	o.calls++;
	o.took_ms = clock_ms() - o.started_ms;
	(void)text_copy(o.reason, sizeof(o.reason), reason);
	o.is_done = true;
	if (o.cancels)
		dial_cancel(&o.dial);
	o.dial = NULL;
	o.conn = c;
	if (c != NULL)
		conn_set_owner(c, on_client, &o);
	if (o.closes)
		conn_close(&o.conn);
}

static struct dial_target target_of(const char *host, enum tls_mode tls)
{
	return (struct dial_target){ .host = host,
		.port = port,
		.tls = tls,
		.tls_client = client_tls,
		.limits = limits };
}

static void begin(const struct dial_target *target)
{
	o.started_ms = clock_ms();
	o.is_done = false;
	o.dial = dial_start(loop, resolver, target, on_dialled, &o);
	assert_non_null(o.dial);
	assert_false(o.is_done);
}

static void dial(const struct dial_target *target)
{
	begin(target);
	loop_settle(loop, 120000, &o.is_done);
	assert_int_equal(o.calls, 1);
}

static void dial_host(const char *host, enum tls_mode tls)
{
	struct dial_target target = target_of(host, tls);

	dial(&target);
}

static void assert_outcome(enum dial_error error, const char *part)
{
	if (o.error != error || strstr(o.reason, part) == NULL)
		fail_msg("%d: \"%s\"", (int)o.error, o.reason);
}

static void on_log(
	enum log_level level UNUSED, const char *line UNUSED, void *arg UNUSED)
{
}

static int set_up(void **state UNUSED)
{
	log_set_sink(on_log, NULL);
	clock_use_virtual(1700000000000);
	loop = loop_new();
	dns_server_start(&dns, loop, records);
	resolver = resolver_new(loop, dns.address);
	o = (struct outcome){ .error = DIAL_OK };
	str_init(&o.got, 65536);
	port = 0;
	for (size_t i = 0; i < LISTENERS; i++) {
		listeners[i] = (struct listener){ .fd = -1 };
		for (size_t n = 0; n < COUNT(fillers[i]); n++)
			fillers[i][n] = -1;
	}
	return 0;
}

static int tear_down(void **state UNUSED)
{
	dial_cancel(&o.dial);
	conn_close(&o.conn);
	str_finish(&o.got);
	for (size_t i = 0; i < LISTENERS; i++)
		stop_listener(i);
	resolver_free(&resolver);
	dns_server_stop(&dns);
	loop_free(&loop);
	clock_use_real();
	log_set_sink(NULL, NULL);
	return 0;
}

/* --- Plain --------------------------------------------------------------- */

static void a_host_is_reached(void **state UNUSED)
{
	static const char *const hosts[] = { "irc.example.org", "127.0.0.1",
		"localhost" };
	char expected[64];

	serve(0)->greeting = "welcome";
	for (size_t i = 0; i < COUNT(hosts); i++) {
		o.calls = 0;
		str_reset(&o.got);
		dial_host(hosts[i], TLS_NONE);
		assert_int_equal(o.error, DIAL_OK);
		assert_string_equal(o.reason, "");
		snprintf(expected, sizeof(expected), "-> 127.0.0.1:%u", port);
		assert_non_null(strstr(conn_peer(o.conn), expected));
		assert_int_equal(conn_write(o.conn, slice_of("hello")), 0);
		loop_settle(loop, 0, NULL);
		assert_string_equal(str_text(&o.got), "welcome");
		assert_int_equal(o.took_ms, 0);
		conn_close(&o.conn);
		loop_settle(loop, 0, NULL);
	}
	assert_string_equal(str_text(&listeners[0].got), "hellohellohello");
	assert_int_equal(o.calls, 1);
}

static void the_address_stands_in_for_the_host(void **state UNUSED)
{
	struct dial_target target;

	serve_tls(0, "good");
	target = target_of("irc.example.org", TLS_REQUIRED);
	target.address = "127.0.0.1";
	dial(&target);
	assert_int_equal(o.error, DIAL_OK);
	assert_true(conn_is_secure(o.conn));
	assert_int_equal(dns.questions, 0);
}

static void the_target_is_copied(void **state UNUSED)
{
	char host[] = "irc.example.org", address[] = "127.0.0.1";
	uint16_t ports[2];
	struct policy *policy = policy_new();
	struct dial_target target;

	serve_tls(0, "good");
	ports[0] = port;
	ports[1] = 0;
	assert_int_equal(policy_allow(policy, "127.0.0.0/8"), 0);
	target = target_of(host, TLS_REQUIRED);
	target.address = address;
	target.policy = policy;
	target.ports = ports;
	begin(&target);
	memset(host, 'x', sizeof(host) - 1);
	memset(address, 'x', sizeof(address) - 1);
	memset(ports, 0xff, sizeof(ports));
	memset(&target, 0xff, sizeof(target));
	loop_settle(loop, 1000, &o.is_done);
	assert_int_equal(o.error, DIAL_OK);
	policy_free(&policy);
}

static void refusal_is_unreachable(void **state UNUSED)
{
	char expected[64];

	refuse(0);
	dial_host("irc.example.org", TLS_NONE);
	snprintf(expected, sizeof(expected), "127.0.0.1:%u: Connection refused",
		port);
	assert_outcome(DIAL_UNREACHABLE, expected);
	assert_int_equal(o.took_ms, 0);
}

static void unknown_names_are_told(void **state UNUSED)
{
	static const struct {
		const char *host, *reason;
		enum dial_error error;
	} rows[] = {
		{ "none.example.org",
			"none.example.org: there is no host of that name",
			DIAL_NO_SUCH_HOST },
		{ "empty.example.org",
			"empty.example.org: the host has no address",
			DIAL_NO_SUCH_HOST },
		{ "no host", "no host: this is no host name",
			DIAL_NO_SUCH_HOST },
		{ "", ": this is no host name", DIAL_NO_SUCH_HOST },
		{ "127.1", "127.1: this is no host name", DIAL_NO_SUCH_HOST },
		{ "broken.example.org",
			"broken.example.org: the name servers can't answer",
			DIAL_UNREACHABLE },
	};

	port = 6667;
	for (size_t i = 0; i < COUNT(rows); i++) {
		o.calls = 0;
		dial_host(rows[i].host, TLS_NONE);
		assert_outcome(rows[i].error, rows[i].reason);
	}
}

/* --- Policy -------------------------------------------------------------- */

static void forbidden_targets_are_not_touched(void **state UNUSED)
{
	static const uint16_t usual[] = { 6667, 6697, 0 };
	static const char *const hosts[] = { "irc.example.org", "127.0.0.1",
		"localhost", "::1", "::ffff:127.0.0.1", "0.0.0.0",
		"::", "public.example.org" };
	struct policy *policy = policy_new();
	struct dial_target target;

	serve(0);
	for (size_t i = 0; i < COUNT(hosts); i++) {
		target = target_of(hosts[i], TLS_NONE);
		target.policy = policy;
		target.ports = usual;
		o.calls = 0;
		dial(&target);
		assert_outcome(DIAL_FORBIDDEN, "outbound policy");
	}
	/* A public address, but no port of the protocol. */
	target = target_of("8.8.8.8", TLS_NONE);
	target.policy = policy;
	target.ports = usual;
	target.port = 22;
	o.calls = 0;
	dial(&target);
	assert_outcome(DIAL_FORBIDDEN, "8.8.8.8:22: the outbound policy");
	assert_int_equal(listeners[0].accepted, 0);
	policy_free(&policy);
}

static void forbidden_addresses_are_skipped(void **state UNUSED)
{
	struct policy *policy = policy_new();
	struct dial_target target;

	serve(0);
	serve(1);
	serve(2);
	assert_int_equal(policy_allow(policy, "127.0.0.2"), 0);
	target = target_of("three.example.org", TLS_NONE);
	target.policy = policy;
	dial(&target);
	assert_int_equal(o.error, DIAL_OK);
	assert_int_equal(o.took_ms, 0);
	assert_int_equal(listeners[0].accepted, 0);
	loop_settle(loop, 0, NULL);
	assert_int_equal(listeners[1].accepted, 1);
	assert_int_equal(listeners[2].accepted, 0);
	conn_close(&o.conn);

	o.calls = 0;
	target = target_of("mixed.example.org", TLS_NONE);
	target.policy = policy;
	dial(&target);
	assert_int_equal(o.error, DIAL_OK);
	loop_settle(loop, 0, NULL);
	assert_int_equal(listeners[1].accepted, 2);
	policy_free(&policy);
}

/* --- The race ------------------------------------------------------------ */

static void a_silent_address_is_overtaken(void **state UNUSED)
{
	hang(0);
	serve(1);
	dial_host("two.example.org", TLS_NONE);
	assert_int_equal(o.error, DIAL_OK);
	assert_int_equal(o.took_ms, 250);
	assert_non_null(strstr(conn_peer(o.conn), "-> 127.0.0.2:"));
	/* Nothing of the loser is left to come. */
	loop_settle(loop, 60000, NULL);
	assert_int_equal(o.calls, 1);
}

static void a_refused_address_is_left_at_once(void **state UNUSED)
{
	refuse(0);
	serve(1);
	dial_host("two.example.org", TLS_NONE);
	assert_int_equal(o.error, DIAL_OK);
	assert_int_equal(o.took_ms, 0);
}

static void an_impossible_address_is_left_at_once(void **state UNUSED)
{
	serve(0);
	dial_host("odd.example.org", TLS_NONE);
	assert_int_equal(o.error, DIAL_OK);
	assert_int_equal(o.took_ms, 0);
	conn_close(&o.conn);
	o.calls = 0;
	dial_host("255.255.255.255", TLS_NONE);
	assert_outcome(DIAL_UNREACHABLE, "255.255.255.255:");
	assert_int_equal(o.took_ms, 0);
}

static void limit_descriptors(int count, struct rlimit *before)
{
	struct rlimit few;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, before), 0);
	few = *before;
	few.rlim_cur = (rlim_t)count;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
}

/* The last descriptors are for those whom everybody needs. */
static void some_descriptors_are_reserved(void **state UNUSED)
{
	struct dial_target target = target_of("127.0.0.1", TLS_NONE);
	struct rlimit before;
	int used[8], next;

	listeners[0].fd = bind_at(0);
	assert_int_equal(listen(listeners[0].fd, 16), 0);
	target.port = port;
	for (size_t i = 0; i < COUNT(used); i++)
		used[i] = dup(0);
	next = used[COUNT(used) - 1] + 1;
	limit_descriptors(next + 1, &before);
	dial(&target);
	assert_outcome(DIAL_FULL, "127.0.0.1:");
	assert_outcome(DIAL_FULL, "Too many open files");
	assert_int_equal(o.took_ms, 0);
	o.calls = 0;
	target.is_vital = true;
	dial(&target);
	assert_int_equal(o.error, DIAL_OK);
	conn_close(&o.conn);
	loop_settle(loop, 0, NULL);
	/* An eighth of all. */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	limit_descriptors(next + 1 + next, &before);
	o.calls = 0;
	target.is_vital = false;
	dial(&target);
	assert_int_equal(o.error, DIAL_OK);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	for (size_t i = 0; i < COUNT(used); i++)
		close(used[i]);
}

static void silent_and_refused_and_good(void **state UNUSED)
{
	hang(0);
	refuse(1);
	serve(2);
	dial_host("three.example.org", TLS_NONE);
	assert_int_equal(o.error, DIAL_OK);
	assert_int_equal(o.took_ms, 250);
	assert_non_null(strstr(conn_peer(o.conn), "-> 127.0.0.3:"));
}

static void a_silent_address_keeps_its_chance(void **state UNUSED)
{
	hang(0);
	refuse(1);
	begin(&(struct dial_target){ .host = "two.example.org",
		.port = port,
		.tls = TLS_NONE,
		.limits = limits });
	loop_settle(loop, 1000, &o.is_done);
	assert_false(o.is_done);
	loop_settle(loop, 14000, &o.is_done);
	assert_true(o.is_done);
	assert_outcome(DIAL_UNREACHABLE, "127.0.0.2");
	assert_outcome(DIAL_UNREACHABLE, "Connection timed out");
	assert_int_equal(o.took_ms, 15000);
}

static void silence_everywhere_has_an_end(void **state UNUSED)
{
	hang(0);
	hang(1);
	dial_host("two.example.org", TLS_NONE);
	assert_outcome(DIAL_UNREACHABLE, "Connection timed out; 127.0.0.2");
	assert_int_equal(o.took_ms, 15000);
}

static void silent_name_servers_have_an_end(void **state UNUSED)
{
	port = 6667;
	dial_host("silent.example.org", TLS_NONE);
	assert_outcome(DIAL_UNREACHABLE, "the name servers do not answer");
	assert_int_equal(o.took_ms, 15000);
}

/* --- TLS ----------------------------------------------------------------- */

static void tls_is_verified(void **state UNUSED)
{
	static const struct {
		const char *certificate, *host, *reason; /* NULL: accepted */
	} rows[] = {
		{ "good", "irc.example.org", NULL },
		{ "good", "127.0.0.1", NULL },
		{ "good", "other.example.org",
			"the certificate of other.example.org is not for "
			"that name" },
		{ "expired", "irc.example.org",
			"the certificate of irc.example.org has expired" },
		{ "stranger", "irc.example.org",
			"the certificate of irc.example.org is signed by an "
			"unknown authority" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		port = 0;
		serve_tls(0, rows[i].certificate);
		listeners[0].greeting = NULL;
		o.calls = 0;
		dial_host(rows[i].host, TLS_REQUIRED);
		if (rows[i].reason == NULL) {
			assert_int_equal(o.error, DIAL_OK);
			assert_true(conn_is_secure(o.conn));
		} else {
			assert_outcome(DIAL_TLS, rows[i].reason);
		}
		conn_close(&o.conn);
		loop_settle(loop, 0, NULL);
		stop_listener(0);
	}
}

/* Bytes that arrive together with the end of the handshake. */
static void a_greeting_over_tls_is_not_lost(void **state UNUSED)
{
	serve_tls(0, "good");
	begin(&(struct dial_target){ .host = "irc.example.org",
		.port = port,
		.tls = TLS_REQUIRED,
		.tls_client = client_tls,
		.limits = limits });
	while (listeners[0].conn == NULL)
		loop_settle(loop, 0, NULL);
	if (conn_is_secure(listeners[0].conn))
		assert_int_equal(
			conn_write(listeners[0].conn, slice_of("welcome")), 0);
	loop_settle(loop, 100, NULL);
	assert_int_equal(o.error, DIAL_OK);
	assert_string_equal(str_text(&o.got), "welcome");
}

/* Nothing is verified without a name, so nothing is secure. */
static void tls_needs_a_name(void **state UNUSED)
{
	struct dial_target target;

	serve_tls(0, "good");
	target = target_of("", TLS_REQUIRED);
	target.address = "127.0.0.1";
	dial(&target);
	assert_outcome(DIAL_TLS, "there is no name to verify the peer by");
}

static void a_peer_without_tls_is_told(void **state UNUSED)
{
	serve(0)->greeting = ":irc.example.org NOTICE * :hello\r\n";
	dial_host("irc.example.org", TLS_REQUIRED);
	assert_outcome(DIAL_TLS, "the peer does not speak TLS on this port");
}

static void a_peer_that_hangs_up_is_told(void **state UNUSED)
{
	serve(0)->hangs_up = true;
	dial_host("irc.example.org", TLS_REQUIRED);
	assert_int_equal(o.error, DIAL_TLS);
	assert_true(o.reason[0] != '\0');
}

static void a_silent_handshake_has_an_end(void **state UNUSED)
{
	serve(0);
	dial_host("irc.example.org", TLS_REQUIRED);
	assert_outcome(DIAL_TLS, "the TLS handshake took too long");
	assert_int_equal(o.took_ms, 15000);
	loop_settle(loop, 0, NULL);
	assert_int_equal(listeners[0].ended, 1);
}

static void starttls_is_delivered_plain(void **state UNUSED)
{
	const char *path = certs_path(&certs, "good");
	const char *reason;
	struct tls_server *tls = tls_server_new(path, path, &reason);

	serve(0)->greeting = "220 go";
	dial_host("irc.example.org", TLS_STARTTLS);
	assert_int_equal(o.error, DIAL_OK);
	assert_false(conn_is_secure(o.conn));
	loop_settle(loop, 0, NULL);
	assert_string_equal(str_text(&o.got), "220 go");
	assert_int_equal(conn_accept_tls(listeners[0].conn, tls), 0);
	assert_int_equal(
		conn_start_tls(o.conn, client_tls, "irc.example.org"), 0);
	loop_settle(loop, 0, NULL);
	assert_true(conn_is_secure(o.conn));
	tls_server_free(&tls);
}

/* --- Cancelling ---------------------------------------------------------- */

static void cancel_after(const char *host, enum tls_mode tls, int64_t ms)
{
	struct dial_target target = target_of(host, tls);

	begin(&target);
	if (ms >= 0)
		loop_settle(loop, ms, NULL);
	assert_int_equal(o.calls, 0);
	dial_cancel(&o.dial);
	assert_null(o.dial);
	loop_settle(loop, 60000, NULL);
	assert_int_equal(o.calls, 0);
}

static void cancel_before_anything(void **state UNUSED)
{
	serve(0);
	cancel_after("irc.example.org", TLS_NONE, -1);
	cancel_after("127.0.0.1", TLS_NONE, -1);
	cancel_after("no host", TLS_NONE, -1);
	assert_int_equal(listeners[0].accepted, 0);
	dial_cancel(&o.dial);
	dial_cancel(NULL);
}

static void cancel_while_looking_up(void **state UNUSED)
{
	port = 6667;
	cancel_after("silent.example.org", TLS_NONE, 100);
}

static void cancel_while_connecting(void **state UNUSED)
{
	hang(0);
	hang(1);
	cancel_after("two.example.org", TLS_NONE, 100);
	cancel_after("two.example.org", TLS_NONE, 300);
}

static void cancel_while_shaking_hands(void **state UNUSED)
{
	serve(0);
	cancel_after("irc.example.org", TLS_REQUIRED, 100);
	assert_int_equal(listeners[0].accepted, 1);
	assert_int_equal(listeners[0].ended, 1);
}

static void cancel_inside_the_callback(void **state UNUSED)
{
	o.cancels = true;
	serve_tls(0, "good");
	dial_host("irc.example.org", TLS_REQUIRED);
	assert_int_equal(o.error, DIAL_OK);
	conn_close(&o.conn);
	o.calls = 0;
	dial_host("none.example.org", TLS_REQUIRED);
	assert_int_equal(o.error, DIAL_NO_SUCH_HOST);
}

static void close_inside_the_callback(void **state UNUSED)
{
	static const enum tls_mode modes[] = { TLS_REQUIRED, TLS_NONE };

	o.closes = true;
	serve_tls(0, "good");
	for (size_t i = 0; i < COUNT(modes); i++) {
		o.calls = 0;
		dial_host("irc.example.org", modes[i]);
		assert_int_equal(o.error, DIAL_OK);
		assert_null(o.conn);
		loop_settle(loop, 0, NULL);
	}
	assert_int_equal(listeners[0].ended, 2);
}

/* --- Descriptors --------------------------------------------------------- */

static int count_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void no_descriptor_is_lost(void **state UNUSED)
{
	int before;

	hang(0);
	refuse(1);
	serve(2);
	before = count_fds();
	for (int i = 0; i < 5; i++) {
		o.calls = 0;
		dial_host("three.example.org", TLS_NONE);
		assert_int_equal(o.error, DIAL_OK);
		conn_close(&o.conn);
		o.calls = 0;
		dial_host("two.example.org", TLS_NONE);
		assert_int_equal(o.error, DIAL_UNREACHABLE);
		o.calls = 0;
		cancel_after("two.example.org", TLS_NONE, 100);
	}
	loop_settle(loop, 0, NULL);
	assert_int_equal(count_fds(), before);
}

static int set_up_group(void **state UNUSED)
{
	const char *reason = NULL;
	struct certs strangers;
	char command[256];

	certs_init(&certs, "Test Authority");
	certs_issue(&certs, "good", "DNS:irc.example.org,IP:127.0.0.1", -1, 1);
	certs_issue(&certs, "expired", "DNS:irc.example.org", -5, -1);
	certs_init(&strangers, "Strangers");
	certs_issue(&strangers, "stranger", "DNS:irc.example.org", -1, 1);
	snprintf(command, sizeof(command), "mv %s/stranger.pem %s/",
		strangers.dir, certs.dir);
	assert_int_equal(system(command), 0);
	certs_finish(&strangers);
	client_tls = tls_client_new(certs_path(&certs, "ca"), true, &reason);
	return client_tls == NULL;
}

static int tear_down_group(void **state UNUSED)
{
	tls_client_free(&client_tls);
	certs_finish(&certs);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_host_is_reached),
		TEST(the_address_stands_in_for_the_host),
		TEST(the_target_is_copied),
		TEST(refusal_is_unreachable),
		TEST(unknown_names_are_told),
		TEST(forbidden_targets_are_not_touched),
		TEST(forbidden_addresses_are_skipped),
		TEST(a_silent_address_is_overtaken),
		TEST(a_refused_address_is_left_at_once),
		TEST(an_impossible_address_is_left_at_once),
		TEST(some_descriptors_are_reserved),
		TEST(silent_and_refused_and_good),
		TEST(a_silent_address_keeps_its_chance),
		TEST(silence_everywhere_has_an_end),
		TEST(silent_name_servers_have_an_end),
		TEST(tls_is_verified),
		TEST(a_greeting_over_tls_is_not_lost),
		TEST(tls_needs_a_name),
		TEST(a_peer_without_tls_is_told),
		TEST(a_peer_that_hangs_up_is_told),
		TEST(a_silent_handshake_has_an_end),
		TEST(starttls_is_delivered_plain),
		TEST(cancel_before_anything),
		TEST(cancel_while_looking_up),
		TEST(cancel_while_connecting),
		TEST(cancel_while_shaking_hands),
		TEST(cancel_inside_the_callback),
		TEST(close_inside_the_callback),
		TEST(no_descriptor_is_lost),
	};

	return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
