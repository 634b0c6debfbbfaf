/*
 * A web server on loopback for tests of its clients: it notes each request
 * whole and answers what a table says for "METHOD path", byte by byte as it
 * stands there, over TLS or not. Runs on the loop under test.
 */
#ifndef TEST_NET_WEB_SERVER_H
#define TEST_NET_WEB_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/list.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/str.h"
#include "net/conn.h"

struct web_page {
	const char *request; /* "GET /path"; NULL ends the table: 404 */
	const char *answer;  /* "200 OK\r\nHeader: x\r\n\r\nbody"; with what is
				missing added; "!...": exactly that, and the
				connection stays; NULL: silence */
};

struct web_server {
	struct loop *loop;
	struct watch *watch;
	struct tls_server *tls; /* NULL: http */
	const struct web_page *pages;
	/* MAY. Called instead of `pages`: the answer, in the same form. */
	const char *(*answer)(struct web_server *s, const char *request);
	void *arg;
	struct list conns;
	struct str last; /* request: head and body */
	unsigned requests;
	uint16_t port;
	int fd;
};

struct web_conn {
	struct list link;
	struct web_server *server;
	struct conn *conn;
	struct str in;
};

static inline void web_conn_free(struct web_conn *w)
{
	conn_close(&w->conn);
	str_finish(&w->in);
	list_remove(&w->link);
	xfree(w);
}

/* How long the whole request is; 0: its head is not complete. */
static inline size_t web_length(const struct str *in)
{
	const char *end = strstr(str_text(in), "\r\n\r\n");
	const char *length = strcasestr(str_text(in), "\r\nContent-Length:");
	size_t head = end != NULL ? (size_t)(end + 4 - in->data) : 0;

	if (end == NULL)
		return 0;
	if (length == NULL || length > end)
		return head;
	return head + strtoul(length + 17, NULL, 10);
}

static inline const char *web_find(struct web_server *s, const char *request)
{
	if (s->answer != NULL)
		return s->answer(s, request);
	for (const struct web_page *p = s->pages; p->request != NULL; p++) {
		size_t len = strlen(p->request);

		if (strncmp(request, p->request, len) == 0 &&
			(request[len] == ' ' || request[len] == '?'))
			return p->answer;
	}
	return "404 Not Found\r\n\r\nno such page";
}

static inline void web_answer(struct web_conn *w)
{
	struct web_server *s = w->server;
	const char *answer, *end;
	struct str out = { .max = 16u << 20 };

	s->requests++;
	str_reset(&s->last);
	str_add_slice(&s->last, str_slice(&w->in));
	str_reset(&w->in);
	answer = web_find(s, str_text(&s->last));
	if (answer == NULL)
		return;
	end = strstr(answer, "\r\n\r\n");
	if (answer[0] == '!')
		str_add(&out, answer + 1);
	else if (strstr(answer, "Content-Length:") != NULL)
		str_addf(&out, "HTTP/1.1 %s", answer);
	else
		str_addf(&out, "HTTP/1.1 %.*s\r\nContent-Length: %zu%s",
			(int)(end - answer), answer, strlen(end + 4), end);
	if (conn_write(w->conn, str_slice(&out)) != 0)
		fatal("the answer is too long");
	str_finish(&out);
	if (answer[0] != '!')
		conn_close_gracefully(&w->conn, 1000);
	if (w->conn == NULL)
		web_conn_free(w);
}

static inline void web_on_conn(struct conn *c, enum conn_event event, void *arg)
{
	struct web_conn *w = arg;

	if (event == CONN_EOF || event == CONN_ERROR) {
		web_conn_free(w);
	} else if (event == CONN_DATA) {
		struct slice in = conn_input(c);
		size_t length;

		str_add_slice(&w->in, in);
		conn_consume(c, in.len);
		length = web_length(&w->in);
		if (length > 0 && w->in.len >= length)
			web_answer(w);
	}
}

static inline void web_on_accept(int fd, void *arg)
{
	static const struct conn_limits limits = { 1u << 20, 32u << 20, 0 };
	struct web_server *s = arg;
	struct web_conn *w = xalloc(sizeof(*w));
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	w->server = s;
	str_init(&w->in, 64u << 20);
	list_append(&s->conns, &w->link);
	w->conn = conn_new(s->loop, client, "web", &limits, web_on_conn, w);
	if (s->tls != NULL && conn_accept_tls(w->conn, s->tls) != 0)
		fatal("no TLS for the web server");
}

/* `identity`: a PEM file with certificate and key, or NULL for http. */
static inline void web_server_start(struct web_server *s, struct loop *l,
	const char *identity, const struct web_page *pages)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	socklen_t len = sizeof(here);
	const char *reason;

	*s = (struct web_server){ .loop = l, .pages = pages };
	list_init(&s->conns);
	str_init(&s->last, 64u << 20);
	if (identity != NULL)
		s->tls = tls_server_new(identity, identity, &reason);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(s->fd, (struct sockaddr *)&here, len) != 0 ||
		listen(s->fd, 64) != 0 ||
		getsockname(s->fd, (struct sockaddr *)&here, &len) != 0)
		fatal("no port for the web server");
	s->port = ntohs(here.sin_port);
	s->watch = watch_read(l, "web", s->fd, web_on_accept, s);
}

static inline void web_server_stop(struct web_server *s)
{
	list_for_each_safe(it, &s->conns)
		web_conn_free(CONTAINER(it, struct web_conn, link));
	watch_free(&s->watch);
	tls_server_free(&s->tls);
	str_finish(&s->last);
	close(s->fd);
}

#endif
