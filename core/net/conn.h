/*
 * One stream connection, plain or TLS, behind one callback.
 *
 * Input is read into memory that grows with what the owner leaves unread,
 * up to `input_max`; then the connection fails with "too much data" (the
 * owner's protocol is line- or frame-based and must always make progress).
 * An idle connection holds no buffers. The owner may close the connection in
 * its own callback: nothing is called after conn_close().
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"
#include "net/loop.h"
#include "net/tls.h"

struct conn;

enum conn_event {
	CONN_DATA,    /* there is (more) unread input */
	CONN_SECURE,  /* the TLS handshake succeeded and was verified */
	CONN_DRAINED, /* the queue went to the kernel, down to output_low;
			   only after it was above that */
	CONN_EOF,     /* the peer closed; the connection is dead, but input
			   may be left to read */
	CONN_ERROR,   /* see conn_reason(); the connection is dead */
};

typedef void (*conn_fn)(struct conn *c, enum conn_event event, void *arg);

struct conn_limits {
	size_t input_max;  /* unread bytes */
	size_t output_max; /* queued bytes; conn_write() fails beyond */
	size_t output_low; /* CONN_DRAINED when the queue falls below */
};

/* Take over a connected socket or a terminal, non-blocking. `name` appears in
 * the log. Without `fn` nothing is read until conn_set_owner(). */
struct conn *conn_new(struct loop *l, int fd, const char *name,
	const struct conn_limits *limits, conn_fn fn, void *arg) MUST_CHECK;

/* Hand the connection to another owner, who is then called for input that is
 * still unread and for an end that nobody heard of. `fn` NULL: nobody. */
void conn_set_owner(struct conn *c, conn_fn fn, void *arg);

/* TLS as client, from the next byte on; `host` is sent as SNI and verified.
 * Plain bytes already received and unread are an injection: -1, and the
 * connection is dead (CVE-2020-15953 class). CONN_SECURE follows. */
int conn_start_tls(
	struct conn *c, struct tls_client *tls, const char *host) MUST_CHECK;
/* TLS as server, under the same rule: for the test tree. */
int conn_accept_tls(struct conn *c, struct tls_server *tls) MUST_CHECK;
/* Has the handshake succeeded? */
bool conn_is_secure(const struct conn *c);

/* All unread input as one run of bytes, valid until the callback returns or
 * conn_consume(). Who leaves some is called again when there is more. */
struct slice conn_input(struct conn *c);
/* `len` bytes of it were understood; not more than there are. */
void conn_consume(struct conn *c, size_t len);

/* Queue bytes (copied). -1 when the queue would pass output_max: nothing was
 * queued then. Bytes leave at the end of the loop's turn. */
int conn_write(struct conn *c, struct slice data) MUST_CHECK;
/* Bytes queued that the kernel has not taken yet. */
size_t conn_pending(const struct conn *c);

/* Stop and resume reading. While paused the peer's end goes unnoticed, and
 * input_max does not count; what is unread then is announced again. */
void conn_pause(struct conn *c);
/* The other half of conn_pause(). */
void conn_resume(struct conn *c);

/* Why the connection is dead, in words for a person; "" while it lives. */
const char *conn_reason(const struct conn *c);

/* Append "192.0.2.1:80" or "[2001:db8::1]:80"; nothing of other families. */
void conn_put_address(struct str *out, const struct sockaddr_storage *address);

/* "address:port -> address:port" of both ends, ours first, for the log; ""
 * when unknown. Valid until the next call for any connection. */
const char *conn_peer(const struct conn *c);

/* Descriptors beside the bytes of a local socket (unix(7)); from the first
 * byte on, and never with TLS. Whoever does not ask for them gets none. */
void conn_pass_fds(struct conn *c);
/* `fd` goes beside the first byte that is written next, and is the
 * connection's from now on. */
void conn_write_fd(struct conn *c, int fd);
/* The next one that came, in their order; it is there as soon as the byte is
 * beside which it came. The caller's; -1: none. */
int conn_read_fd(struct conn *c);

/* The plain socket itself, for another process, if nothing was read from it
 * yet and nothing waits to be written; else it is closed, and -1. Sets NULL. */
int conn_take_fd(struct conn **slot) MUST_CHECK;

/* Close: queued bytes are dropped. Takes NULL inside, sets NULL. */
void conn_close(struct conn **slot);

/* Close after what is queued has been sent and the peer has closed too, at
 * most `timeout_ms` later; the owner hears nothing more. */
void conn_close_gracefully(struct conn **slot, int64_t timeout_ms);

/* Two connected ends inside the process, for tests. */
void conn_pair(struct loop *l, struct conn *ends_r[2],
	const struct conn_limits *limits);

#endif
