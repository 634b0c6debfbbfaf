/*
 * The XMPP server's side of a component stream, played by the test: it hears
 * everything and says what it is told to, on a loopback listener in the same
 * loop.
 */
#ifndef UNIT_XMPP_SERVER_H
#define UNIT_XMPP_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"
#include "net/conn.h"
#include "net/loop.h"

struct server {
	struct loop *loop;
	int fd;
	uint16_t port;
	struct watch *watch;
	struct conn *conn; /* the newest */
	struct str heard;  /* since server_forget() */
	unsigned accepted;
	bool is_closed; /* the component closed its end */
};

static inline void server_event(
	struct conn *conn, enum conn_event event, void *arg)
{
	struct server *s = arg;
	struct slice input = conn_input(conn);

	if (event == CONN_DATA) {
		str_add_slice(&s->heard, input);
		conn_consume(conn, input.len);
	} else if (event == CONN_EOF || event == CONN_ERROR) {
		s->is_closed = true;
		conn_close(&s->conn);
	}
}

static inline void server_accept(int fd, void *arg)
{
	static const struct conn_limits limits = { 64 * MIB, 64 * MIB, MIB };
	struct server *s = arg;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (peer < 0)
		return;
	conn_close(&s->conn);
	s->accepted++;
	s->is_closed = false;
	str_reset(&s->heard);
	s->conn = conn_new(s->loop, peer, "server", &limits, server_event, s);
}

/* Port 0: a free one. */
static inline void server_start(struct server *s, struct loop *l, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	socklen_t len = sizeof(address);
	int on = 1;

	*s = (struct server){ .loop = l };
	str_init(&s->heard, 512 * MIB);
	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(s->fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(s->fd, 16), 0);
	getsockname(s->fd, (struct sockaddr *)&address, &len);
	s->port = ntohs(address.sin_port);
	s->watch = watch_read(l, "listener", s->fd, server_accept, s);
}

static inline void server_stop(struct server *s)
{
	if (s->watch == NULL)
		return;
	watch_free(&s->watch);
	close(s->fd);
	conn_close(&s->conn);
	str_finish(&s->heard);
}

static inline void server_forget(struct server *s)
{
	str_reset(&s->heard);
}

static inline void server_say(struct server *s, const char *text)
{
	assert_non_null(s->conn);
	assert_int_equal(conn_write(s->conn, slice_of(text)), 0);
}

/* End the connection in order, without a word. */
static inline void server_hang_up(struct server *s)
{
	assert_non_null(s->conn);
	conn_close_gracefully(&s->conn, 1000);
}

#endif
