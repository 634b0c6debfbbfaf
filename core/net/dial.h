/*
 * Opening a connection to a host by name: look-up, outbound policy on every
 * address, happy eyeballs (RFC 8305: the next address after 250 ms), TLS.
 * It connects to the checked address, never again by name.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "base/macros.h"
#include "net/conn.h"
#include "net/policy.h"
#include "net/resolve.h"

/* Why no connection came about; the caller's words for the user depend on
 * the class alone, so that the gateway is no port scanner. */
enum dial_error {
	DIAL_OK,
	DIAL_NO_SUCH_HOST, /* there is no such name, or it has no address */
	DIAL_FORBIDDEN,    /* the policy forbids every address or the port */
	DIAL_UNREACHABLE,  /* refused, timed out, no route, or the name
			      servers are down: a later try may succeed */
	DIAL_TLS,          /* reached, but no trusted TLS connection */
	DIAL_FULL,         /* no file descriptors for it; a later try may
			      succeed */
};

struct dial_target {
	const char *host;    /* name for TLS and for the log */
	const char *address; /* connect here instead; NULL: `host` */
	uint16_t port;
	/* STARTTLS: delivered before the upgrade. NONE: also for a socket
	 * that another process will use, TLS or not (conn_take_fd()). */
	enum tls_mode tls;
	struct tls_client *tls_client; /* not for TLS_NONE */
	/* NULL: the operator named the host and anything goes. */
	const struct policy *policy;
	const uint16_t *ports; /* the protocol's usual ones, 0 at the end */
	struct conn_limits limits;
	bool is_vital; /* may use LIMIT_FDS_RESERVED */
};

struct dial;

/* On success `c` is connected (and verified), reading is on as soon as the
 * receiver set itself as owner in the callback with conn_set_owner(). On
 * failure `c` is NULL and `reason` says why, for a log or an operator. */
typedef void (*dial_fn)(
	struct conn *c, enum dial_error error, const char *reason, void *arg);

/* `target`, its strings and its ports are copied; policy and TLS settings
 * must live until the end. `fn` is called once, never before this returns,
 * and the dial is gone after that. Look-up, connect and TLS have 15 s each. */
struct dial *dial_start(struct loop *l, struct resolver *r,
	const struct dial_target *target, dial_fn fn, void *arg) MUST_CHECK;
/* Is this descriptor, just got from the kernel, one of the last
 * LIMIT_FDS_RESERVED, which are not for connections that users cause? */
bool dial_is_reserved(int fd);

/* Nothing is called after this; takes NULL inside, sets NULL. */
void dial_cancel(struct dial **slot);

#endif
