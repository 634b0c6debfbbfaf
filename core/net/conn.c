/*
 * A connection over one event of libevent and, once TLS has started, one
 * session of OpenSSL on the same descriptor.
 *
 *	open --> shaking hands --> open (secure) --> dead --> closed
 *	  \______________________________________/
 *	           `--> saying farewell --> closed
 *
 * Input is read into one place that all connections share; only what the
 * owner leaves is kept. Output waits for a deferred call, which writes what
 * one turn has queued with one system call; only when the kernel does not
 * take all is the descriptor watched for room.
 *
 * The loop calls us, between enter() and leave(), and we call the owner.
 * Closing meanwhile only marks the connection, which leave() frees.
 */
#include "net/conn.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fifo.h"
#include "base/intern.h"
#include "base/log.h"
#include "base/magic.h"
#include "base/str.h"
#include "net/handover.h"
#include "net/tls_private.h"

#define CONN_MAGIC 0x636f6e6eu

/* What is read in one turn of the loop, and of one record of TLS. */
#define READ_TURN  65536
#define TLS_RECORD SSL3_RT_MAX_PLAIN_LENGTH

/* Records of TLS read in one turn: a peer that sends single bytes would keep
 * the loop with some ten thousand. */
#define RECORDS_TURN 64

/* Longest text of conn_reason(). */
#define REASON_MAX 512

/* An orderly end without an owner: see conn_close_gracefully(). */
struct farewell {
	struct timer timer;
	struct loop_cleanup cleanup;
	bool is_half_closed; /* all was sent; the peer's end is awaited */
};

struct conn {
	unsigned magic;
	int fd;
	struct event *event;
	short watched;    /* EV_READ, EV_WRITE: what `event` waits for */
	bool is_entered;  /* between enter() and leave() */
	bool is_blocked;  /* the kernel takes no more for now */
	bool is_shaking;  /* TLS handshake under way */
	bool is_paused;   /* by the owner */
	bool is_dead;     /* `end` and `reason` are valid */
	bool is_end_told; /* ... and the owner knows */
	bool is_above;    /* the queue passed output_low: DRAINED is owed */
	bool is_unheard;  /* there is input the owner was not called for */
	bool is_closed;   /* by the owner, who hears nothing more */
	bool is_socket;   /* or a terminal */

	conn_fn fn; /* NULL: nobody, and nothing is read */
	void *arg;
	struct slice fresh; /* input still where all is read into */
	struct fifo *in;    /* ... and what was left of it */
	struct fifo *out;
	SSL *ssl;             /* NULL: plain */
	struct deferred kick; /* flush, and events that have to be repeated */
	struct conn_limits limits;
	const char *name; /* interned */
	struct farewell *farewell;
	struct handover *handover; /* NULL: no descriptors come or go */
	char *reason;
	enum conn_event end; /* how it died */
};

static struct loop *loop_of(const struct conn *c)
{
	return c->kick.loop;
}

static bool is_over(const struct conn *c)
{
	return c->is_dead || c->is_closed;
}

/* --- Life ---------------------------------------------------------------- */

static void watch(struct conn *c, short what)
{
	if (what == c->watched)
		return;
	if (c->watched != 0)
		(void)event_del(c->event);
	c->watched = what;
	if (what == 0)
		return;
	if (event_assign(c->event, event_get_base(c->event), c->fd,
		    (short)(what | EV_PERSIST), event_get_callback(c->event),
		    c) != 0 ||
		event_add(c->event, NULL) != 0)
		fatal("libevent can't watch a connection");
}

/* Shall input be read? A handshake needs it whoever owns the connection, and
 * a farewell waits for the peer's end. */
static bool wants_input(const struct conn *c)
{
	if (is_over(c))
		return false;
	return (c->fn != NULL && !c->is_paused) || c->is_shaking ||
	       c->farewell != NULL;
}

static void watch_what_is_wanted(struct conn *c)
{
	watch(c, (short)((wants_input(c) ? EV_READ : 0) |
			 (c->is_blocked && !is_over(c) ? EV_WRITE : 0)));
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
	if (c->ssl == NULL || c->is_shaking || c->is_dead || c->out != NULL)
		return;
	(void)SSL_shutdown(c->ssl);
	ERR_clear_error();
}

static void destroy(struct conn *c)
{
	if (c->farewell == NULL)
		end_tls(c);
	free_farewell(c);
	event_free(c->event);
	SSL_free(c->ssl);
	handover_free(&c->handover);
	/* close(2) waits, for up to half a minute, until a serial line has sent
	 * what it was given, which a dead one never does. */
	if (c->fd >= 0 && !c->is_socket)
		(void)tcflush(c->fd, TCOFLUSH);
	if (c->fd >= 0)
		close(c->fd);
	fifo_clear(&c->in);
	fifo_clear(&c->out);
	intern_drop(&c->name);
	xfree(c->reason);
	c->magic = 0;
	xfree(c);
}

static void enter(struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	c->is_entered = true;
	loop_enter(loop_of(c), c->name);
}

static void leave(struct conn *c)
{
	loop_leave(loop_of(c));
	c->is_entered = false;
	if (c->is_closed)
		destroy(c);
	else
		watch_what_is_wanted(c);
}

static void close_now(struct conn *c)
{
	c->is_closed = true;
	c->fn = NULL;
	deferred_stop(&c->kick);
	if (!c->is_entered)
		destroy(c);
}

/* --- The end ------------------------------------------------------------- */

/* Note how and why the connection ended; the first reason stays. */
static void set_end(struct conn *c, enum conn_event end, const char *reason)
{
	if (c->is_dead)
		return;
	c->is_dead = true;
	c->is_shaking = false;
	c->end = end;
	c->reason = xstrdup(reason);
	watch(c, 0);
}

/* The last event, once there is somebody to hear it. */
static void tell_end(struct conn *c)
{
	if (!c->is_dead || c->is_end_told || c->fn == NULL)
		return;
	c->is_end_told = true;
	c->fn(c, c->end, c->arg);
}

/* Not for what the owner calls: he is told. */
static void die(struct conn *c, enum conn_event end, const char *reason)
{
	if (is_over(c))
		return;
	set_end(c, end, reason);
	if (c->farewell != NULL)
		close_now(c);
	else
		tell_end(c);
}

static void die_of_errno(struct conn *c, int err)
{
	char reason[REASON_MAX];

	(void)text_format(reason, sizeof(reason), "the connection broke: %s",
		strerror(err));
	die(c, CONN_ERROR, reason);
}

static void die_shaking(struct conn *c)
{
	die(c, CONN_ERROR,
		"the peer closed the connection in the middle of the TLS "
		"handshake");
}

/* For what the owner calls: the return value tells him. */
static int fail(struct conn *c, const char *reason)
{
	set_end(c, CONN_ERROR, reason);
	c->is_end_told = true;
	return -1;
}

/* --- Calls of OpenSSL ---------------------------------------------------- */

/* Why a call of OpenSSL did not succeed. */
struct refusal {
	int kind; /* of SSL_get_error(3) */
	int err;
	unsigned long error; /* the first: the later ones follow from it */
};

static void before_tls_call(void)
{
	errno = 0;
	ERR_clear_error();
}

static struct refusal refusal_of(const struct conn *c, int result)
{
	int err = errno;

	return (struct refusal){ SSL_get_error(c->ssl, result), err,
		ERR_peek_error() };
}

static void die_of_tls(struct conn *c, const struct refusal *r)
{
	bool is_unclean =
		tls_is_unclean_eof(r->error) || (r->error == 0 && r->err == 0);
	struct str reason;

	if (is_unclean && c->is_shaking) {
		die_shaking(c);
	} else if (is_unclean) {
		/* Nothing is lost: the protocols here frame what they say,
		 * and many servers just close. */
		die(c, CONN_EOF,
			"the peer closed the connection without ending TLS");
	} else if (r->error == 0) {
		die_of_errno(c, r->err);
	} else {
		str_init(&reason, REASON_MAX);
		tls_explain(c->ssl, r->error, &reason);
		die(c, CONN_ERROR, str_text(&reason));
		str_finish(&reason);
	}
}

/* Wait for the descriptor, or die. */
static void on_refusal(struct conn *c, const struct refusal *r)
{
	switch (r->kind) {
	case SSL_ERROR_WANT_READ:
		/* Input is read whenever anybody wants it; writing never
		 * needs any, because renegotiation is off. */
		break;
	case SSL_ERROR_WANT_WRITE:
		c->is_blocked = true;
		break;
	case SSL_ERROR_ZERO_RETURN:
		if (c->is_shaking)
			die_shaking(c);
		else
			die(c, CONN_EOF, "the peer closed the connection");
		break;
	default:
		die_of_tls(c, r);
	}
}

static void shake(struct conn *c)
{
	struct refusal why;
	int result;

	c->is_blocked = false;
	before_tls_call();
	result = SSL_do_handshake(c->ssl);
	if (result != 1) {
		why = refusal_of(c, result);
		on_refusal(c, &why);
		return;
	}
	c->is_shaking = false;
	/* What was queued meanwhile. */
	deferred_start(&c->kick);
	if (c->fn != NULL)
		c->fn(c, CONN_SECURE, c->arg);
}

/* --- Output -------------------------------------------------------------- */

static ssize_t send_some(const struct conn *c, struct slice data)
{
	if (c->handover != NULL)
		return handover_send(c->handover, c->fd, data);
	if (!c->is_socket)
		return write(c->fd, data.data, data.len);
	return send(c->fd, data.data, data.len, MSG_NOSIGNAL);
}

/* How many bytes the kernel took; -1 with errno when it is broken. */
static ssize_t send_plain(const struct conn *c, struct slice data)
{
	ssize_t n = send_some(c, data);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n;
}

static void flush_plain(struct conn *c)
{
	ssize_t n = send_plain(c, fifo_slice(c->out));

	if (n < 0) {
		die_of_errno(c, errno);
		return;
	}
	fifo_take(&c->out, (size_t)n);
	c->is_blocked = c->out != NULL;
}

static void flush_tls(struct conn *c)
{
	while (c->out != NULL) {
		struct slice part = fifo_slice(c->out);
		struct refusal why;
		int n;

		if (part.len > TLS_RECORD)
			part.len = TLS_RECORD;
		before_tls_call();
		n = SSL_write(c->ssl, part.data, (int)part.len);
		if (n > 0) {
			fifo_take(&c->out, (size_t)n);
			continue;
		}
		why = refusal_of(c, n);
		on_refusal(c, &why);
		return;
	}
}

/* Write what is queued, as far as the kernel takes it. */
static void flush(struct conn *c)
{
	if (c->out == NULL || c->is_blocked || c->is_shaking || is_over(c))
		return;
	if (c->ssl != NULL)
		flush_tls(c);
	else
		flush_plain(c);
}

static void half_close(struct conn *c)
{
	end_tls(c);
	c->farewell->is_half_closed = true;
	/* Closing at once would reset the connection, and take from the
	 * peer what it has not read yet, if it still sends. */
	shutdown(c->fd, SHUT_WR);
}

/* The queue became shorter. */
static void check_drained(struct conn *c)
{
	if (is_over(c))
		return;
	if (c->farewell != NULL) {
		if (c->out == NULL && !c->farewell->is_half_closed)
			half_close(c);
		return;
	}
	if (!c->is_above || fifo_len(c->out) > c->limits.output_low)
		return;
	c->is_above = false;
	if (c->fn != NULL)
		c->fn(c, CONN_DRAINED, c->arg);
}

/* --- Input --------------------------------------------------------------- */

static size_t input_len(const struct conn *c)
{
	return c->fresh.len + fifo_len(c->in);
}

static void tell_input(struct conn *c)
{
	c->is_unheard = false;
	if (input_len(c) == 0)
		return;
	c->fn(c, CONN_DATA, c->arg);
	/* An owner that paused has his reason to leave input unread; a new
	 * one has not seen it yet. */
	if (!c->is_paused && !c->is_unheard && c->fn != NULL &&
		input_len(c) > c->limits.input_max)
		die(c, CONN_ERROR, "the peer sent too much data at once");
}

/* `data` arrived, in memory that others will use next. */
static void take_input(struct conn *c, struct slice data)
{
	if (data.len == 0 || c->farewell != NULL)
		return;
	if (c->in != NULL)
		fifo_add(&c->in, data);
	else
		c->fresh = data;
	tell_input(c);
	fifo_add(&c->in, c->fresh);
	c->fresh.len = 0;
}

static ssize_t receive_some(const struct conn *c, char *space)
{
	if (c->handover != NULL)
		return handover_recv(c->handover, c->fd, space, READ_TURN);
	if (!c->is_socket)
		return read(c->fd, space, READ_TURN);
	return recv(c->fd, space, READ_TURN, 0);
}

static void read_plain(struct conn *c, char *space)
{
	ssize_t n = receive_some(c, space);

	if (n > 0)
		take_input(c, slice_make(space, (size_t)n));
	else if (n == 0)
		die(c, CONN_EOF, "the peer closed the connection");
	else if (errno != EAGAIN && errno != EINTR)
		die_of_errno(c, errno);
}

/* Whole records, so that OpenSSL keeps none that no descriptor tells of: it
 * reads no further than the record it is asked for. */
static void read_tls(struct conn *c, char *space)
{
	struct refusal why = { .kind = SSL_ERROR_WANT_READ };
	size_t len = 0;

	for (int i = 0; i < RECORDS_TURN && READ_TURN - len >= TLS_RECORD;
		i++) {
		int n;

		before_tls_call();
		n = SSL_read(c->ssl, space + len, TLS_RECORD);
		if (n <= 0) {
			why = refusal_of(c, n);
			break;
		}
		len += (size_t)n;
	}
	take_input(c, slice_make(space, len));
	on_refusal(c, &why);
}

static void read_input(struct conn *c)
{
	static char space[READ_TURN];

	if (c->ssl != NULL)
		read_tls(c, space);
	else
		read_plain(c, space);
}

/* --- Called by the loop -------------------------------------------------- */

static void on_kick(void *arg)
{
	struct conn *c = arg;

	enter(c);
	if (c->is_shaking)
		shake(c);
	flush(c);
	if (c->is_unheard && !c->is_paused && !c->is_end_told && c->fn != NULL)
		tell_input(c);
	tell_end(c);
	check_drained(c);
	leave(c);
}

static void on_ready(evutil_socket_t fd UNUSED, short what, void *arg)
{
	struct conn *c = arg;

	enter(c);
	if (c->is_shaking)
		shake(c);
	else if (wants_input(c))
		read_input(c);
	if (what & EV_WRITE) {
		c->is_blocked = false;
		flush(c);
		check_drained(c);
	}
	leave(c);
}

/* --- The owner ----------------------------------------------------------- */

static bool is_socket(int fd)
{
	struct stat info;

	return fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode);
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
	c->fd = fd;
	c->is_socket = is_socket(fd);
	c->name = intern(name);
	c->limits = *limits;
	deferred_init(&c->kick, l, c->name, on_kick, c);
	if (c->is_socket)
		set_options(fd);
	c->event = event_new(loop_base(l), fd, 0, on_ready, c);
	if (c->event == NULL)
		fatal("libevent can't open a connection");
	conn_set_owner(c, fn, arg);
	return c;
}

void conn_set_owner(struct conn *c, conn_fn fn, void *arg)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	c->fn = fn;
	c->arg = arg;
	watch_what_is_wanted(c);
	if (fn == NULL)
		return;
	/* Tell the new owner what the one before left, or nobody heard. */
	c->is_unheard = input_len(c) > 0;
	if (c->is_unheard || (c->is_dead && !c->is_end_told))
		deferred_start(&c->kick);
}

void conn_close(struct conn **slot)
{
	struct conn *c;

	if (slot == NULL || *slot == NULL)
		return;
	c = *slot;
	*slot = NULL;
	MAGIC_CHECK(c, CONN_MAGIC);
	close_now(c);
}

static void end_farewell(void *arg)
{
	struct conn *c = arg;

	close_now(c);
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
	conn_consume(c, input_len(c));
	watch_what_is_wanted(c);
	deferred_start(&c->kick);
}

/* --- TLS ----------------------------------------------------------------- */

static int check_upgrade(struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	assert(c->ssl == NULL && c->farewell == NULL);
	if (c->is_dead)
		return -1;
	/* What came in the clear must not be taken for what came secured. */
	if (input_len(c) > 0)
		return fail(c, "the peer sent data before TLS began");
	if (c->out == NULL)
		return 0;
	ssize_t n = send_plain(c, fifo_slice(c->out));
	if (n < 0 || (size_t)n < fifo_len(c->out))
		return fail(c, "the connection broke before TLS began");
	fifo_clear(&c->out);
	return 0;
}

/* The handshake begins at the end of this turn. */
static void upgrade(struct conn *c, SSL *ssl)
{
	if (SSL_set_fd(ssl, c->fd) != 1)
		fatal("OpenSSL can't take a connection over");
	c->ssl = ssl;
	c->is_shaking = true;
	watch_what_is_wanted(c);
	deferred_start(&c->kick);
}

int conn_start_tls(struct conn *c, struct tls_client *tls, const char *host)
{
	SSL *ssl;

	if (check_upgrade(c) != 0)
		return -1;
	ssl = tls_client_session(tls, host);
	if (ssl == NULL)
		return fail(c, "there is no name to verify the peer by");
	SSL_set_connect_state(ssl);
	upgrade(c, ssl);
	return 0;
}

int conn_accept_tls(struct conn *c, struct tls_server *tls)
{
	SSL *ssl;

	if (check_upgrade(c) != 0)
		return -1;
	ssl = tls_server_session(tls);
	SSL_set_accept_state(ssl);
	upgrade(c, ssl);
	return 0;
}

bool conn_is_secure(const struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	return c->ssl != NULL && !c->is_shaking;
}

/* --- Reading and writing ------------------------------------------------- */

struct slice conn_input(struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	return c->fresh.len > 0 ? c->fresh : fifo_slice(c->in);
}

void conn_consume(struct conn *c, size_t len)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	if (c->fresh.len == 0) {
		fifo_take(&c->in, len);
		return;
	}
	assert(len <= c->fresh.len);
	c->fresh.data += len;
	c->fresh.len -= len;
}

int conn_write(struct conn *c, struct slice data)
{
	size_t queued;

	MAGIC_CHECK(c, CONN_MAGIC);
	if (is_over(c))
		return -1;
	queued = fifo_len(c->out);
	if (queued > c->limits.output_max ||
		data.len > c->limits.output_max - queued)
		return -1;
	if (data.len == 0)
		return 0;
	fifo_add(&c->out, data);
	if (queued + data.len > c->limits.output_low)
		c->is_above = true;
	if (!c->is_blocked)
		deferred_start(&c->kick);
	return 0;
}

size_t conn_pending(const struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	return fifo_len(c->out);
}

void conn_pause(struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	c->is_paused = true;
	watch_what_is_wanted(c);
}

void conn_resume(struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	if (!c->is_paused)
		return;
	c->is_paused = false;
	watch_what_is_wanted(c);
	/* The owner left input because he paused, not because he needs more. */
	if (input_len(c) > 0) {
		c->is_unheard = true;
		deferred_start(&c->kick);
	}
}

/* --- Descriptors --------------------------------------------------------- */

void conn_pass_fds(struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	assert(c->ssl == NULL && c->handover == NULL && c->out == NULL);
	c->handover = handover_new();
}

void conn_write_fd(struct conn *c, int fd)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	assert(c->handover != NULL);
	handover_add(c->handover, fd, fifo_len(c->out));
}

int conn_read_fd(struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	assert(c->handover != NULL);
	return handover_take(c->handover);
}

int conn_take_fd(struct conn **slot)
{
	struct conn *c = *slot;
	int fd = -1;

	MAGIC_CHECK(c, CONN_MAGIC);
	if (c->ssl == NULL && !is_over(c) && input_len(c) == 0 &&
		c->out == NULL) {
		watch(c, 0);
		fd = c->fd;
		c->fd = -1;
	}
	conn_close(slot);
	return fd;
}

/* --- What people see ----------------------------------------------------- */

const char *conn_reason(const struct conn *c)
{
	MAGIC_CHECK(c, CONN_MAGIC);
	return c->reason != NULL ? c->reason : "";
}

void conn_put_address(struct str *out, const struct sockaddr_storage *address)
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

	MAGIC_CHECK(c, CONN_MAGIC);
	str_reset(&text);
	if (getsockname(c->fd, (struct sockaddr *)&here, &here_len) != 0 ||
		getpeername(c->fd, (struct sockaddr *)&there, &there_len) !=
			0 ||
		there.ss_family == AF_UNIX)
		return "";
	conn_put_address(&text, &here);
	str_add(&text, " -> ");
	conn_put_address(&text, &there);
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
