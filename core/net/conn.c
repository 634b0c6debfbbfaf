/*
 * A connection over a bufferevent of libevent: a socket one, replaced by an
 * OpenSSL one on the same descriptor when TLS starts.
 *
 *	open --> shaking hands --> open (secure) --> dead --> closed
 *	  \______________________________________/
 *	           `--> saying farewell --> closed
 *
 * Plain output does not go through the bufferevent's write event: a deferred
 * call writes what one turn has queued with one system call, and only what
 * the kernel does not take waits for the descriptor to become writable.
 *
 * libevent calls us, we call the owner, and nothing of ours runs afterwards
 * if the owner closed: closing inside a callback only marks the connection.
 */
#include "net/conn.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "base/log.h"
#include "base/magic.h"
#include "base/str.h"
#include "net/tls_private.h"

#define CONN_MAGIC 0x636f6e6eu

/* What libevent hands to the kernel in one write of its own; its default of
 * 16 KiB would cut a long queue into many turns. */
#define WRITE_MAX ((size_t)256 * 1024)

/* Longest text of conn_reason(). */
#define REASON_MAX 512

/* An orderly end without an owner: see conn_close_gracefully(). */
struct farewell {
	struct timer timer;
	struct loop_cleanup cleanup;
	bool is_half_closed; /* all was sent; the peer's end is awaited */
};

/* What libevent's evbuffer takes from a socket at once, and what we take in
 * one turn of the loop. */
#define READ_STEP 4096
#define READ_TURN 65536

struct conn {
	unsigned magic;
	unsigned depth; /* callbacks of the owner that are running */
	struct bufferevent *bev;
	const char *name; /* interned */
	conn_fn fn;       /* NULL: nobody, and nothing is read */
	void *arg;
	struct conn_limits limits;
	struct deferred kick; /* flush, and events that have to be repeated */
	struct farewell *farewell;
	char *reason;
	enum conn_event end; /* how it died */

	bool is_tls;      /* `bev` is the OpenSSL one */
	bool is_shaking;  /* TLS handshake under way */
	bool is_paused;   /* by the owner */
	bool is_dead;     /* `end` and `reason` are valid */
	bool is_end_told; /* ... and the owner knows */
	bool is_above;    /* the queue passed output_low: DRAINED is owed */
	bool is_unheard;  /* there is input the owner was not called for */
	bool is_closed;   /* freed when the callback returns */
};

static void destroy(struct conn *c);

static struct loop *loop_of(const struct conn *c)
{
	return c->kick.loop;
}

static struct evbuffer *input_of(const struct conn *c)
{
	return bufferevent_get_input(c->bev);
}

static struct evbuffer *output_of(const struct conn *c)
{
	return bufferevent_get_output(c->bev);
}

/* --- Telling the owner --------------------------------------------------- */

/* Call the owner. Returns false when the connection is gone. */
static bool emit(struct conn *c, enum conn_event event)
{
	if (c->fn == NULL)
		return true;
	c->depth++;
	loop_enter(loop_of(c), c->name);
	c->fn(c, event, c->arg);
	loop_leave(loop_of(c));
	if (--c->depth > 0 || !c->is_closed)
		return true;
	destroy(c);
	return false;
}

static void update_reading(struct conn *c)
{
	bool wanted = c->fn != NULL && !c->is_paused;

	/* A handshake needs both directions, a farewell waits for the end. */
	wanted = wanted || c->is_shaking || c->farewell != NULL;
	if (c->is_dead || c->is_closed)
		wanted = false;
	if (wanted)
		bufferevent_enable(c->bev, EV_READ);
	else
		bufferevent_disable(c->bev, EV_READ);
}

/* Note how and why the connection ended; the first reason stays. */
static void set_end(struct conn *c, enum conn_event end, const char *reason)
{
	if (c->is_dead)
		return;
	c->is_dead = true;
	c->is_shaking = false;
	c->end = end;
	c->reason = xstrdup(reason);
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
}

/* The last event, once there is somebody to hear it. */
static void tell_end(struct conn *c)
{
	if (!c->is_dead || c->is_end_told || c->fn == NULL)
		return;
	c->is_end_told = true;
	(void)emit(c, c->end);
}

/* Not for callers inside a callback of the owner. */
static void die(struct conn *c, enum conn_event end, const char *reason)
{
	set_end(c, end, reason);
	if (c->farewell != NULL)
		destroy(c);
	else
		tell_end(c);
}

static int fail(struct conn *c, const char *reason)
{
	set_end(c, CONN_ERROR, reason);
	c->is_end_told = true; /* by the return value */
	return -1;
}

/* Returns false when the connection is gone. */
static bool tell_input(struct conn *c)
{
	c->is_unheard = false;
	if (evbuffer_get_length(input_of(c)) == 0)
		return true;
	if (!emit(c, CONN_DATA))
		return false;
	/* An owner that paused has his reason to leave input unread; a new
	 * one has not seen it yet. */
	if (!c->is_dead && !c->is_paused && !c->is_unheard && c->fn != NULL &&
		evbuffer_get_length(input_of(c)) > c->limits.input_max) {
		die(c, CONN_ERROR, "the peer sent too much data at once");
		return false;
	}
	return true;
}

/* --- Output -------------------------------------------------------------- */

/* Write what is queued, as far as the kernel takes it. -1 with errno when
 * the connection is broken. */
static int write_out(struct conn *c)
{
	struct evbuffer *out = output_of(c);

	while (evbuffer_get_length(out) > 0) {
		int n;

		/* The bufferevent guards the front of its output. */
		evbuffer_unfreeze(out, 1);
		n = evbuffer_write(out, bufferevent_getfd(c->bev));
		evbuffer_freeze(out, 1);
		if (n > 0)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		bufferevent_enable(c->bev, EV_WRITE);
		return 0;
	}
	return 0;
}

static void half_close(struct conn *c)
{
	c->farewell->is_half_closed = true;
	if (c->is_tls) {
		SSL_shutdown(bufferevent_openssl_get_ssl(c->bev));
		ERR_clear_error();
	}
	/* Closing at once would reset the connection, and take from the
	 * peer what it has not read yet, if it still sends. */
	shutdown(bufferevent_getfd(c->bev), SHUT_WR);
}

/* The queue became shorter. */
static void check_drained(struct conn *c)
{
	size_t len = evbuffer_get_length(output_of(c));

	if (c->farewell != NULL) {
		if (len == 0 && !c->farewell->is_half_closed)
			half_close(c);
		return;
	}
	if (!c->is_above || len > c->limits.output_low)
		return;
	c->is_above = false;
	(void)emit(c, CONN_DRAINED);
}

static void die_of_errno(struct conn *c, int err)
{
	char reason[REASON_MAX];

	(void)text_format(reason, sizeof(reason), "the connection broke: %s",
		strerror(err));
	die(c, CONN_ERROR, reason);
}

/* Returns false when the connection is gone. */
static bool flush(struct conn *c)
{
	bool is_waiting = bufferevent_get_enabled(c->bev) & EV_WRITE;

	if (c->is_tls || c->is_dead || is_waiting)
		return true;
	if (write_out(c) != 0) {
		die_of_errno(c, errno);
		return false;
	}
	return true;
}

static void on_kick(void *arg)
{
	struct conn *c = arg;

	MAGIC_CHECK(c, CONN_MAGIC);
	/* Whoever writes in this callback is flushed in the next turn. */
	if (!flush(c))
		return;
	if (c->is_unheard && !c->is_paused && c->fn != NULL && !tell_input(c))
		return;
	if (c->is_dead)
		tell_end(c);
	else
		check_drained(c);
}

/* --- Callbacks of libevent ----------------------------------------------- */

/* libevent reads at most READ_STEP bytes a turn. When that was full there is
 * more: take it now, so that what the owner answers leaves in few writes. */
static void read_more(struct conn *c)
{
	struct evbuffer *in = input_of(c);
	size_t most = c->limits.input_max / 2;

	if (c->is_tls || evbuffer_get_length(in) < READ_STEP)
		return;
	if (most > READ_TURN)
		most = READ_TURN;
	evbuffer_unfreeze(in, 0);
	while (evbuffer_get_length(in) < most &&
		evbuffer_read(in, bufferevent_getfd(c->bev), -1) >= READ_STEP)
		continue;
	evbuffer_freeze(in, 0);
}

static void on_read(struct bufferevent *bev UNUSED, void *arg)
{
	struct conn *c = arg;

	MAGIC_CHECK(c, CONN_MAGIC);
	read_more(c);
	if (c->farewell != NULL)
		evbuffer_drain(input_of(c), evbuffer_get_length(input_of(c)));
	else if (c->fn != NULL && !c->is_paused)
		(void)tell_input(c);
	else
		c->is_unheard = true;
}

static void on_write(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	MAGIC_CHECK(c, CONN_MAGIC);
	if (!c->is_tls && evbuffer_get_length(output_of(c)) == 0)
		bufferevent_disable(bev, EV_WRITE);
	check_drained(c);
}

/* OpenSSL's first error of the failure: the later ones follow from it. */
static unsigned long first_error(struct bufferevent *bev)
{
	unsigned long error, first = 0;

	/* libevent puts SSL_get_error()'s small number in front. */
	while ((error = bufferevent_get_openssl_error(bev)) != 0) {
		if (ERR_GET_LIB(error) != 0)
			first = error;
	}
	return first;
}

static void on_tls_failure(struct conn *c, int err)
{
	unsigned long error = first_error(c->bev);
	bool is_unclean = tls_is_unclean_eof(error) || (error == 0 && err == 0);
	struct str reason;

	str_init(&reason, REASON_MAX);
	if (is_unclean && c->is_shaking) {
		die(c, CONN_ERROR,
			"the peer closed the connection in the middle of the "
			"TLS handshake");
	} else if (is_unclean) {
		/* Nothing is lost: the protocols here frame what they say,
		 * and many servers just close. */
		die(c, CONN_EOF,
			"the peer closed the connection without ending TLS");
	} else if (error == 0) {
		die_of_errno(c, err);
	} else {
		tls_explain(
			bufferevent_openssl_get_ssl(c->bev), error, &reason);
		die(c, CONN_ERROR, str_text(&reason));
	}
	str_finish(&reason);
}

static void on_secure(struct conn *c)
{
	c->is_shaking = false;
	update_reading(c);
	(void)emit(c, CONN_SECURE);
}

static void on_event(struct bufferevent *bev UNUSED, short what, void *arg)
{
	int err = errno;
	struct conn *c = arg;

	MAGIC_CHECK(c, CONN_MAGIC);
	if (what & BEV_EVENT_CONNECTED)
		on_secure(c);
	else if ((what & BEV_EVENT_EOF) && c->is_shaking)
		die(c, CONN_ERROR,
			"the peer closed the connection in the middle of the "
			"TLS handshake");
	else if (what & BEV_EVENT_EOF)
		die(c, CONN_EOF, "the peer closed the connection");
	else if (c->is_tls)
		on_tls_failure(c, err);
	else
		die_of_errno(c, err);
}

/* --- Life ---------------------------------------------------------------- */

static void begin(struct conn *c, struct bufferevent *bev)
{
	if (bev == NULL)
		fatal("libevent can't open a connection");
	c->bev = bev;
	bufferevent_setcb(bev, on_read, on_write, on_event, c);
	bufferevent_setwatermark(bev, EV_WRITE, c->limits.output_low, 0);
	bufferevent_set_max_single_write(bev, WRITE_MAX);
}

static void set_options(int fd)
{
	int on = 1;

	/* Fails for the local sockets of tests, and matters not there. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

struct conn *conn_new(struct loop *l, int fd, const char *name,
	const struct conn_limits *limits, conn_fn fn, void *arg)
{
	struct conn *c = xalloc(sizeof(*c));

	c->magic = CONN_MAGIC;
	c->name = intern(name);
	c->limits = *limits;
	deferred_init(&c->kick, l, c->name, on_kick, c);
	set_options(fd);
	begin(c, bufferevent_socket_new(
			 loop_base(l), fd, BEV_OPT_CLOSE_ON_FREE));
	bufferevent_disable(c->bev, EV_WRITE);
	conn_set_owner(c, fn, arg);
	return c;
}

void conn_set_owner(struct conn *c, conn_fn fn, void *arg)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	c->fn = fn;
	c->arg = arg;
	update_reading(c);
	if (fn == NULL)
		return;
	/* Tell the new owner what the one before left, or nobody heard. */
	c->is_unheard = evbuffer_get_length(input_of(c)) > 0;
	if (c->is_unheard || (c->is_dead && !c->is_end_told))
		deferred_start(&c->kick);
}

void conn_set_limits(struct conn *c, const struct conn_limits *limits)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	c->limits = *limits;
	bufferevent_setwatermark(c->bev, EV_WRITE, limits->output_low, 0);
}

static void free_farewell(struct conn *c)
{
	if (c->farewell == NULL)
		return;
	timer_stop(&c->farewell->timer);
	loop_remove_cleanup(&c->farewell->cleanup);
	xfree(c->farewell);
	c->farewell = NULL;
}

/* Tell the peer that this is no truncation (RFC 8446 section 6.1). */
static void end_tls(struct conn *c)
{
	if (!c->is_tls || c->is_shaking || c->is_dead ||
		evbuffer_get_length(output_of(c)) > 0)
		return;
	SSL_shutdown(bufferevent_openssl_get_ssl(c->bev));
	ERR_clear_error();
}

static void destroy(struct conn *c)
{
	deferred_stop(&c->kick);
	if (c->farewell == NULL)
		end_tls(c);
	free_farewell(c);
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	bufferevent_free(c->bev);
	intern_drop(&c->name);
	xfree(c->reason);
	c->magic = 0;
	xfree(c);
}

void conn_close(struct conn **slot)
{
	struct conn *c;

	if (slot == NULL || *slot == NULL)
		return;
	c = *slot;
	*slot = NULL;
	MAGIC_CHECK(c, CONN_MAGIC);
	if (c->depth == 0) {
		destroy(c);
		return;
	}
	c->is_closed = true;
	c->fn = NULL;
	bufferevent_setcb(c->bev, NULL, NULL, NULL, NULL);
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	deferred_stop(&c->kick);
}

static void end_farewell(void *arg)
{
	struct conn *c = arg;

	destroy(c);
}

void conn_close_gracefully(struct conn **slot, int64_t timeout_ms)
{
	struct conn *c;

	if (slot == NULL || *slot == NULL)
		return;
	c = *slot;
	MAGIC_CHECK(c, CONN_MAGIC);
	if (c->is_dead || c->is_shaking) {
		conn_close(slot);
		return;
	}
	*slot = NULL;
	c->fn = NULL;
	c->farewell = xalloc(sizeof(*c->farewell));
	timer_init(&c->farewell->timer, loop_of(c), c->name, end_farewell, c);
	timer_start(&c->farewell->timer, timeout_ms);
	loop_add_cleanup(loop_of(c), &c->farewell->cleanup, end_farewell, c);
	evbuffer_drain(input_of(c), evbuffer_get_length(input_of(c)));
	update_reading(c);
	deferred_start(&c->kick);
}

/* --- TLS ----------------------------------------------------------------- */

/* Give the descriptor back, without its bufferevent. */
static int release_fd(struct conn *c)
{
	int fd = bufferevent_getfd(c->bev);

	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	bufferevent_setfd(c->bev, -1);
	bufferevent_free(c->bev);
	c->bev = NULL;
	return fd;
}

static int check_upgrade(struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	assert(!c->is_tls && c->farewell == NULL);
	if (c->is_dead)
		return -1;
	/* What came in the clear must not be taken for what came secured. */
	if (evbuffer_get_length(input_of(c)) > 0)
		return fail(c, "the peer sent data before TLS began");
	if (write_out(c) != 0 || evbuffer_get_length(output_of(c)) > 0)
		return fail(c, "the connection broke before TLS began");
	return 0;
}

static void upgrade(struct conn *c, SSL *ssl, enum bufferevent_ssl_state state)
{
	int fd = release_fd(c);

	/* Deferred: libevent must not call us from inside an SSL call. */
	begin(c, bufferevent_openssl_socket_new(loop_base(loop_of(c)), fd, ssl,
			 state,
			 BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS));
	c->is_tls = true;
	c->is_shaking = true;
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

int conn_start_tls(struct conn *c, struct tls_client *tls, const char *host)
{
	SSL *ssl;

	if (check_upgrade(c) != 0)
		return -1;
	ssl = tls_client_session(tls, host);
	if (ssl == NULL)
		return fail(c, "there is no name to verify the peer by");
	upgrade(c, ssl, BUFFEREVENT_SSL_CONNECTING);
	return 0;
}

int conn_accept_tls(struct conn *c, struct tls_server *tls)
{
	if (check_upgrade(c) != 0)
		return -1;
	upgrade(c, tls_server_session(tls), BUFFEREVENT_SSL_ACCEPTING);
	return 0;
}

bool conn_is_secure(const struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	return c->is_tls && !c->is_shaking;
}

/* --- Reading and writing ------------------------------------------------- */

struct slice conn_input(struct conn *c)
{
	struct evbuffer *in;
	size_t len;

	MAGIC_CHECK(c, CONN_MAGIC);
	in = input_of(c);
	len = evbuffer_get_length(in);
	if (len == 0)
		return slice_make("", 0);
	return slice_make((const char *)evbuffer_pullup(in, -1), len);
}

void conn_consume(struct conn *c, size_t len)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	assert(len <= evbuffer_get_length(input_of(c)));
	evbuffer_drain(input_of(c), len);
}

int conn_write(struct conn *c, struct slice data)
{
	size_t queued;

	MAGIC_CHECK(c, CONN_MAGIC);
	if (c->is_dead || c->is_closed)
		return -1;
	queued = evbuffer_get_length(output_of(c));
	if (queued > c->limits.output_max ||
		data.len > c->limits.output_max - queued)
		return -1;
	if (data.len == 0)
		return 0;
	if (evbuffer_add(output_of(c), data.data, data.len) != 0)
		fatal("out of memory");
	if (queued + data.len > c->limits.output_low)
		c->is_above = true;
	if (!c->is_tls)
		deferred_start(&c->kick);
	return 0;
}

size_t conn_pending(const struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	return evbuffer_get_length(output_of(c));
}

void conn_pause(struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	c->is_paused = true;
	update_reading(c);
}

void conn_resume(struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	if (!c->is_paused)
		return;
	c->is_paused = false;
	update_reading(c);
	/* The owner left input because he paused, not because he needs more. */
	if (evbuffer_get_length(input_of(c)) > 0) {
		c->is_unheard = true;
		deferred_start(&c->kick);
	}
}

/* --- What people see ----------------------------------------------------- */

const char *conn_reason(const struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	return c->reason != NULL ? c->reason : "";
}

static void add_address(struct str *out, const struct sockaddr_storage *address)
{
	char text[INET6_ADDRSTRLEN];
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	if (address->ss_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
		str_addf(out, "%s:%u", text, ntohs(v4->sin_port));
	} else if (address->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
		str_addf(out, "[%s]:%u", text, ntohs(v6->sin6_port));
	}
}

const char *conn_peer(const struct conn *c)
{
	static struct str text = { .max = 128 };
	struct sockaddr_storage here = { 0 }, there = { 0 };
	socklen_t here_len = sizeof(here), there_len = sizeof(there);
	int fd;

	MAGIC_CHECK(c, CONN_MAGIC);
	str_reset(&text);
	fd = bufferevent_getfd(c->bev);
	if (getsockname(fd, (struct sockaddr *)&here, &here_len) != 0 ||
		getpeername(fd, (struct sockaddr *)&there, &there_len) != 0 ||
		there.ss_family == AF_UNIX)
		return "";
	add_address(&text, &here);
	str_add(&text, " -> ");
	add_address(&text, &there);
	return str_text(&text);
}

void conn_pair(struct loop *l, struct conn *ends_r[2],
	const struct conn_limits *limits)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		    fds) != 0)
		fatal("a pair of sockets can't be made: %s", strerror(errno));
	for (int i = 0; i < 2; i++)
		ends_r[i] = conn_new(l, fds[i], "pair", limits, NULL, NULL);
}
