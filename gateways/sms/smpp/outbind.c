/*
 * Few connections at a time, each with little memory and little time: until
 * it said the password it may be anybody's.
 */
#include "sms_smpp/outbind.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/log.h"
#include "net/listen.h"
#include "sms_smpp/pdu.h"
#include "sms_smpp/session.h"

#define CALLERS     4
#define PATIENCE_MS 10000
#define PAUSE_MS    1000

struct caller {
	struct smpp_outbind *outbind;
	struct conn *conn; /* NULL: the place is free */
	struct timer timer;
};

struct smpp_outbind {
	struct loop *loop;
	const char *name;
	const struct smpp_outbind_config *config;
	smpp_outbind_fn fn;
	void *arg;
	int fd;
	struct watch *watch;
	struct timer pause; /* no descriptors are left: try again */
	struct log_pause log;
	struct caller callers[CALLERS];
};

/* --- One caller ---------------------------------------------------------- */

static void hang_up(struct caller *c, const char *why)
{
	if (log_is_due(&c->outbind->log))
		log_warning("sms", "[%s] outbind refused why=\"%s\"",
			c->outbind->name, why);
	timer_stop(&c->timer);
	conn_close(&c->conn);
}

static bool knows_password(
	const struct smpp_outbind_config *config, struct slice password)
{
	return config->password == NULL ||
	       crypto_equals(secret_reveal(config->password), password);
}

static void hand_on(struct caller *c)
{
	struct smpp_outbind *o = c->outbind;
	struct conn *conn = c->conn;

	timer_stop(&c->timer);
	c->conn = NULL;
	conn_set_owner(conn, NULL, NULL);
	o->fn(conn, o->arg);
}

static void read_outbind(struct caller *c)
{
	struct slice input = conn_input(c->conn);
	long len = smpp_pdu_length(input);
	struct smpp_pdu pdu;

	if (len < 0) {
		hang_up(c, "this is not SMPP");
		return;
	}
	if (len == 0 || (size_t)len > input.len)
		return;
	if (smpp_pdu_decode(slice_make(input.data, (size_t)len), &pdu) != 0 ||
		pdu.command != SMPP_OUTBIND) {
		hang_up(c, "something else was said first");
	} else if (!knows_password(c->outbind->config, pdu.password)) {
		hang_up(c, "the password is wrong");
	} else {
		conn_consume(c->conn, (size_t)len);
		hand_on(c);
	}
}

static void on_conn(struct conn *conn UNUSED, enum conn_event event, void *arg)
{
	struct caller *c = arg;

	if (event == CONN_DATA)
		read_outbind(c);
	else if (event == CONN_EOF || event == CONN_ERROR)
		hang_up(c, "the connection ended");
}

static void on_timer(void *arg)
{
	hang_up(arg, "nothing was said");
}

/* --- Who may call -------------------------------------------------------- */

static bool is_peer(const struct smpp_outbind *o, const char *address)
{
	for (size_t i = 0; i < o->config->peers.count; i++) {
		if (strcmp(o->config->peers.items[i], address) == 0)
			return true;
	}
	return false;
}

/* As the operator writes addresses. */
static void put_address(
	const struct sockaddr_storage *from, char out[INET6_ADDRSTRLEN])
{
	const struct sockaddr_in *v4 = (const void *)from;
	const struct sockaddr_in6 *v6 = (const void *)from;
	const void *octets = from->ss_family == AF_INET
				     ? (const void *)&v4->sin_addr
				     : (const void *)&v6->sin6_addr;

	if (inet_ntop(from->ss_family, octets, out, INET6_ADDRSTRLEN) == NULL)
		out[0] = '\0';
}

static struct caller *free_place(struct smpp_outbind *o)
{
	for (size_t i = 0; i < CALLERS; i++) {
		if (o->callers[i].conn == NULL)
			return &o->callers[i];
	}
	return NULL;
}

static void listen_to(
	struct smpp_outbind *o, int fd, const struct sockaddr_storage *from)
{
	char address[INET6_ADDRSTRLEN];
	struct caller *c = free_place(o);

	put_address(from, address);
	if (c == NULL || !is_peer(o, address)) {
		if (log_is_due(&o->log))
			log_warning("sms", "[%s] outbind refused from=%s",
				o->name, address);
		close(fd);
		return;
	}
	c->conn = conn_new(
		o->loop, fd, "smpp outbind", &smpp_conn_limits, on_conn, c);
	timer_start(&c->timer, PATIENCE_MS);
}

/* --- The socket ---------------------------------------------------------- */

static void on_accept(int listener, void *arg)
{
	struct smpp_outbind *o = arg;
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	int fd = accept4(listener, (struct sockaddr *)&from, &len,
		SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		listen_to(o, fd, &from);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		watch_free(&o->watch);
		timer_start(&o->pause, PAUSE_MS);
	}
}

static void start_accepting(void *arg)
{
	struct smpp_outbind *o = arg;

	o->watch = watch_read(o->loop, "smpp outbind", o->fd, on_accept, o);
}

struct smpp_outbind *smpp_outbind_new(struct loop *loop, const char *name,
	const struct smpp_outbind_config *config, smpp_outbind_fn fn, void *arg,
	const char **reason_r)
{
	int fd = listen_at(config->listen, (uint16_t)config->port, reason_r);
	struct smpp_outbind *o;

	if (fd < 0)
		return NULL;
	o = xalloc(sizeof(*o));
	o->loop = loop;
	o->name = name;
	o->config = config;
	o->fn = fn;
	o->arg = arg;
	o->fd = fd;
	timer_init(&o->pause, loop, "smpp outbind", start_accepting, o);
	for (size_t i = 0; i < CALLERS; i++) {
		o->callers[i].outbind = o;
		timer_init(&o->callers[i].timer, loop, "smpp outbind", on_timer,
			&o->callers[i]);
	}
	start_accepting(o);
	return o;
}

void smpp_outbind_free(struct smpp_outbind **slot)
{
	struct smpp_outbind *o = *slot;

	if (o == NULL)
		return;
	*slot = NULL;
	for (size_t i = 0; i < CALLERS; i++) {
		timer_stop(&o->callers[i].timer);
		conn_close(&o->callers[i].conn);
	}
	timer_stop(&o->pause);
	watch_free(&o->watch);
	close(o->fd);
	xfree(o);
}
