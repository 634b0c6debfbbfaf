/*
 *	looking up --> connecting --> shaking hands --> done
 *	                  |  \__ TLS_STARTTLS, TLS_NONE __/
 *	                  `--> next address after 250 ms, or when one failed
 *
 * Each phase has its deadline in the one timer of the dial; a second timer
 * starts the next attempt. A dial that is done frees itself after it has told
 * its owner.
 */
#include "net/dial.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/magic.h"
#include "base/str.h"

#define DIAL_MAGIC 0x6469616cu

#define PHASE_MS        15000
/* RFC 8305 section 8: Connection Attempt Delay. */
#define NEXT_ATTEMPT_MS 250

#define REASON_MAX 1024

/* One address that is being tried. */
struct attempt {
	struct dial *dial;
	struct event *event;
	int fd; /* -1: not begun, or over */
	struct sockaddr_storage address;
};

struct dial {
	unsigned magic;
	struct loop *loop;
	struct resolver *resolver;
	struct dial_target target; /* points to the copies that follow */
	char *host, *address;
	uint16_t *ports;
	dial_fn fn;
	void *arg;

	struct timer deadline;
	struct timer next_attempt;
	struct resolve *lookup;
	struct attempt attempts[RESOLVE_MAX];
	size_t count; /* of attempts, begun or not */
	size_t begun;
	struct conn *conn; /* shaking hands */
	struct str reason; /* of the failure */
	bool is_telling;
};

/* --- The end ------------------------------------------------------------- */

static void attempt_end(struct attempt *a)
{
	if (a->event != NULL)
		event_free(a->event);
	a->event = NULL;
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

static void stop(struct dial *d)
{
	timer_stop(&d->deadline);
	timer_stop(&d->next_attempt);
	resolve_cancel(&d->lookup);
	for (size_t i = 0; i < d->begun; i++)
		attempt_end(&d->attempts[i]);
}

static void destroy(struct dial *d)
{
	stop(d);
	conn_close(&d->conn);
	xfree(d->host);
	xfree(d->address);
	xfree(d->ports);
	str_finish(&d->reason);
	d->magic = 0;
	xfree(d);
}

/* Tell the owner, and be gone. `c` is his from now on. */
static void finish(struct dial *d, struct conn *c, enum dial_error error)
{
	stop(d);
	d->is_telling = true;
	d->fn(c, error, str_text(&d->reason), d->arg);
	destroy(d);
}

static void fail(struct dial *d, enum dial_error error)
{
	log_debug("net", "%s:%u can't be reached: %s", d->target.host,
		d->target.port, str_text(&d->reason));
	finish(d, NULL, error);
}

/* --- TLS ----------------------------------------------------------------- */

static void on_conn(struct conn *c, enum conn_event event, void *arg)
{
	struct dial *d = arg;

	MAGIC_CHECK(d, DIAL_MAGIC);
	if (event == CONN_SECURE) {
		d->conn = NULL;
		/* Nothing is read until the receiver has taken over. */
		conn_set_owner(c, NULL, NULL);
		finish(d, c, DIAL_OK);
	} else if (event == CONN_EOF || event == CONN_ERROR) {
		str_add(&d->reason, conn_reason(c));
		fail(d, DIAL_TLS);
	}
}

static void on_tls_deadline(struct dial *d)
{
	str_add(&d->reason, "the TLS handshake took too long");
	fail(d, DIAL_TLS);
}

static void begin_tls(struct dial *d, struct conn *c)
{
	d->conn = c;
	conn_set_owner(c, on_conn, d);
	timer_start(&d->deadline, PHASE_MS);
	if (conn_start_tls(c, d->target.tls_client, d->target.host) == 0)
		return;
	str_add(&d->reason, conn_reason(c));
	fail(d, DIAL_TLS);
}

/* --- Connecting ---------------------------------------------------------- */

/* Every address that failed appears in the reason. */
static void add_failure(struct dial *d, const struct attempt *a, int err)
{
	if (d->reason.len > 0)
		str_add(&d->reason, "; ");
	conn_put_address(&d->reason, &a->address);
	str_addf(&d->reason, ": %s", strerror(err));
}

static void on_connected(struct dial *d, struct attempt *a)
{
	int fd = a->fd;
	struct conn *c;

	a->fd = -1;
	stop(d);
	str_reset(&d->reason);
	c = conn_new(
		d->loop, fd, d->target.host, &d->target.limits, NULL, NULL);
	if (d->target.tls == TLS_REQUIRED)
		begin_tls(d, c);
	else
		finish(d, c, DIAL_OK);
}

static bool is_any_under_way(const struct dial *d)
{
	for (size_t i = 0; i < d->begun; i++) {
		if (d->attempts[i].fd >= 0)
			return true;
	}
	return false;
}

static void attempt_next(struct dial *d);

/* The socket became writable: connected, or failed. */
static void on_writable(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct attempt *a = arg;
	struct dial *d = a->dial;
	struct loop *l;
	int err = 0;
	socklen_t len = sizeof(err);

	MAGIC_CHECK(d, DIAL_MAGIC);
	l = d->loop;
	loop_enter(l, "dial");
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
		err = errno;
	if (err == 0) {
		on_connected(d, a);
	} else {
		add_failure(d, a, err);
		attempt_end(a);
		attempt_next(d);
	}
	loop_leave(l);
}

/* The kernel gives the lowest free number. */
bool dial_is_reserved(int fd)
{
	struct rlimit limit;
	rlim_t reserve;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return false;
	reserve = limit.rlim_cur / 8;
	if (reserve > LIMIT_FDS_RESERVED)
		reserve = LIMIT_FDS_RESERVED;
	return (rlim_t)fd >= limit.rlim_cur - reserve;
}

static int connect_to(const struct sockaddr_storage *address, bool is_vital)
{
	socklen_t len = address->ss_family == AF_INET
				? sizeof(struct sockaddr_in)
				: sizeof(struct sockaddr_in6);
	int fd = socket(address->ss_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	int err;

	if (fd < 0)
		return -1;
	if (!is_vital && dial_is_reserved(fd)) {
		close(fd);
		errno = EMFILE;
		return -1;
	}
	if (connect(fd, (const struct sockaddr *)address, len) == 0 ||
		errno == EINPROGRESS)
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

/* Returns -1 with errno when it failed at once. */
static int attempt_begin(struct dial *d, struct attempt *a)
{
	a->dial = d;
	a->fd = connect_to(&a->address, d->target.is_vital);
	if (a->fd < 0)
		return -1;
	a->event =
		event_new(loop_base(d->loop), a->fd, EV_WRITE, on_writable, a);
	if (a->event == NULL || event_add(a->event, NULL) != 0)
		fatal("libevent can't watch a socket");
	return 0;
}

/* Try further addresses until one is under way. */
static void attempt_next(struct dial *d)
{
	bool is_full = false;

	timer_stop(&d->next_attempt);
	while (d->begun < d->count) {
		struct attempt *a = &d->attempts[d->begun++];

		if (attempt_begin(d, a) == 0) {
			if (d->begun < d->count)
				timer_start(&d->next_attempt, NEXT_ATTEMPT_MS);
			return;
		}
		is_full |= errno == EMFILE || errno == ENFILE;
		add_failure(d, a, errno);
	}
	if (!is_any_under_way(d))
		fail(d, is_full ? DIAL_FULL : DIAL_UNREACHABLE);
}

static void on_next_attempt(void *arg)
{
	attempt_next(arg);
}

static void on_connect_deadline(struct dial *d)
{
	for (size_t i = 0; i < d->begun; i++) {
		if (d->attempts[i].fd >= 0)
			add_failure(d, &d->attempts[i], ETIMEDOUT);
	}
	fail(d, DIAL_UNREACHABLE);
}

/* --- Looking up ---------------------------------------------------------- */

static bool is_permitted(
	const struct dial *d, const struct sockaddr_storage *address)
{
	const struct policy *policy = d->target.policy;

	return policy == NULL ||
	       policy_permits(policy, (const struct sockaddr *)address,
		       d->target.ports);
}

static const char *looked_up(const struct dial *d)
{
	const char *address = d->target.address;

	return address != NULL ? address : d->target.host;
}

static void on_resolved(const struct resolve_result *result, void *arg)
{
	struct dial *d = arg;

	MAGIC_CHECK(d, DIAL_MAGIC);
	d->lookup = NULL;
	if (result->count == 0) {
		str_addf(&d->reason, "%s: %s", looked_up(d), result->reason);
		/* A name server that is down says nothing about the name. */
		fail(d, result->is_temporary ? DIAL_UNREACHABLE
					     : DIAL_NO_SUCH_HOST);
		return;
	}
	for (size_t i = 0; i < result->count; i++) {
		if (is_permitted(d, &result->addresses[i]))
			d->attempts[d->count++].address = result->addresses[i];
	}
	if (d->count == 0) {
		str_addf(&d->reason,
			"%s:%u: the outbound policy does not allow its "
			"addresses or this port",
			looked_up(d), d->target.port);
		fail(d, DIAL_FORBIDDEN);
		return;
	}
	timer_start(&d->deadline, PHASE_MS);
	attempt_next(d);
}

static void on_lookup_deadline(struct dial *d)
{
	str_addf(
		&d->reason, "%s: the name servers do not answer", looked_up(d));
	fail(d, DIAL_UNREACHABLE);
}

static void on_deadline(void *arg)
{
	struct dial *d = arg;

	MAGIC_CHECK(d, DIAL_MAGIC);
	if (d->lookup != NULL)
		on_lookup_deadline(d);
	else if (d->conn != NULL)
		on_tls_deadline(d);
	else
		on_connect_deadline(d);
}

/* --- Life ---------------------------------------------------------------- */

static uint16_t *copy_ports(const uint16_t *ports)
{
	size_t count = 0;
	uint16_t *copy;

	if (ports == NULL)
		return NULL;
	while (ports[count] != 0)
		count++;
	copy = xcalloc(count + 1, sizeof(*copy));
	memcpy(copy, ports, count * sizeof(*copy));
	return copy;
}

struct dial *dial_start(struct loop *l, struct resolver *r,
	const struct dial_target *target, dial_fn fn, void *arg)
{
	struct dial *d = xalloc(sizeof(*d));

	assert(fn != NULL && target->host != NULL);
	assert(target->tls == TLS_NONE || target->tls_client != NULL);
	d->magic = DIAL_MAGIC;
	d->loop = l;
	d->resolver = r;
	d->target = *target;
	d->target.host = d->host = xstrdup(target->host);
	d->target.address = d->address = xstrdup(target->address);
	d->target.ports = d->ports = copy_ports(target->ports);
	d->fn = fn;
	d->arg = arg;
	for (size_t i = 0; i < RESOLVE_MAX; i++)
		d->attempts[i].fd = -1;
	str_init(&d->reason, REASON_MAX);
	timer_init(&d->deadline, l, "dial", on_deadline, d);
	timer_init(&d->next_attempt, l, "dial", on_next_attempt, d);
	timer_start(&d->deadline, PHASE_MS);
	d->lookup =
		resolve_start(r, looked_up(d), target->port, on_resolved, d);
	return d;
}

void dial_cancel(struct dial **slot)
{
	struct dial *d;

	if (slot == NULL || *slot == NULL)
		return;
	d = *slot;
	*slot = NULL;
	MAGIC_CHECK(d, DIAL_MAGIC);
	/* In its owner's callback it is about to go anyway. */
	if (!d->is_telling)
		destroy(d);
}
