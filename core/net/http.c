/*
 * evhttp with its limits set: it has none by default. It tells nobody about
 * connections that come and go, so a reference to the stream of each is kept.
 * TLS is the business of the proxy in front.
 */
#include "net/http.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/log.h"
#include "base/magic.h"
#include "net/listen.h"

#define SERVER_MAGIC  0x68747470u
#define REQUEST_MAGIC 0x72657175u

#define BODY_MAX    (ssize_t)(1 * MIB)
#define INPUT_MAX   (2 * MIB)
#define HEADERS_MAX (ssize_t)(16 * KIB)

/* For a request to come and its answer to go, and between two requests. */
#define CLIENT_MS       30000
#define SWEEP_MS        1000
/* Until the next attempt to accept, when there are no file descriptors. */
#define ACCEPT_PAUSE_MS 1000

struct handler {
	struct list link;
	char *path;
	bool post;
	http_fn fn;
	void *arg;
};

struct http_server {
	unsigned magic;
	struct list link;
	struct loop *loop;
	struct evhttp *http;
	struct list handlers;
	struct evconnlistener *listener;
	struct timer accept_pause;
	struct log_pause accept_log;
	struct list clients; /* struct client; quiet for longest first */
	size_t client_count;
	struct timer sweep; /* runs while there are clients */
};

struct client {
	struct list link;
	struct http_server *server;
	struct bufferevent *stream; /* with a reference of ours */
	int64_t deadline_ms;
};

/* libevent gives the callback of a failed accept() nothing but its evhttp. */
static struct list servers = { &servers, &servers };

struct http_request {
	unsigned magic;
	struct evhttp_request *request; /* NULL: its client is gone */
	bool is_answered;
	bool is_later;               /* allocated; its handler has returned */
	struct http_request **later; /* of the one that its handler sees */
};

/* --- Clients ------------------------------------------------------------- */

static void forget(struct client *c)
{
	bufferevent_decref(c->stream);
	list_remove(&c->link);
	c->server->client_count--;
	xfree(c);
}

/* evhttp takes its callbacks off a stream when it is done with it. */
static bool is_gone(const struct client *c)
{
	bufferevent_event_cb cb;

	bufferevent_getcb(c->stream, NULL, NULL, &cb, NULL);
	return cb == NULL;
}

/* evhttp then sees the end, and is done with it. */
static void hang_up(struct client *c)
{
	(void)shutdown(bufferevent_getfd(c->stream), SHUT_RDWR);
}

static void sweep(void *arg)
{
	struct http_server *s = arg;

	list_for_each_safe(item, &s->clients) {
		struct client *c = CONTAINER(item, struct client, link);

		if (is_gone(c))
			forget(c);
		else if (loop_now_ms(s->loop) >= c->deadline_ms)
			hang_up(c);
	}
	if (s->client_count > 0)
		timer_start(&s->sweep, SWEEP_MS);
}

/* It has all its time (again). */
static void refresh(struct client *c)
{
	c->deadline_ms = loop_now_ms(c->server->loop) + CLIENT_MS;
	list_remove(&c->link);
	list_append(&c->server->clients, &c->link);
}

static struct client *find_client(
	const struct http_server *s, struct evhttp_request *request)
{
	struct bufferevent *stream = evhttp_connection_get_bufferevent(
		evhttp_request_get_connection(request));

	list_for_each(item, &s->clients) {
		struct client *c = CONTAINER(item, struct client, link);

		if (c->stream == stream)
			return c;
	}
	return NULL;
}

static void make_room(struct http_server *s)
{
	if (s->client_count < LIMIT_HTTP_CLIENTS)
		return;
	sweep(s);
	if (s->client_count < LIMIT_HTTP_CLIENTS)
		return;
	struct client *quiet = CONTAINER(s->clients.next, struct client, link);
	hang_up(quiet);
	/* The next newcomer takes another's place. */
	list_remove(&quiet->link);
	list_append(&s->clients, &quiet->link);
}

/* The stream of a connection that was just accepted. */
static struct bufferevent *on_client(struct event_base *base, void *arg)
{
	struct http_server *s = arg;
	struct client *c;

	MAGIC_CHECK(s, SERVER_MAGIC);
	make_room(s);
	c = xalloc(sizeof(*c));
	c->server = s;
	c->stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (c->stream == NULL)
		fatal("out of memory");
	/* evhttp reads on while an answer waits to be sent. */
	bufferevent_setwatermark(c->stream, EV_READ, 0, INPUT_MAX);
	bufferevent_incref(c->stream);
	list_init(&c->link);
	s->client_count++;
	refresh(c);
	if (!timer_is_running(&s->sweep))
		timer_start(&s->sweep, SWEEP_MS);
	return c->stream;
}

/* --- Answers ------------------------------------------------------------- */

static bool is_head(const struct evhttp_request *request)
{
	return evhttp_request_get_command(request) == EVHTTP_REQ_HEAD;
}

static void add_header(
	struct http_request *r, const char *name, const char *value)
{
	evhttp_add_header(
		evhttp_request_get_output_headers(r->request), name, value);
}

static void send_answer(
	struct http_request *r, int status, const char *type, struct slice body)
{
	struct evbuffer *out = evbuffer_new();
	char length[32];

	if (out == NULL)
		fatal("out of memory");
	add_header(r, "Content-Type", type);
	add_header(r, "Cache-Control", "no-store");
	add_header(r, "X-Content-Type-Options", "nosniff");
	/* evhttp would send the body of an answer to HEAD, too. */
	if (is_head(r->request)) {
		snprintf(length, sizeof(length), "%zu", body.len);
		add_header(r, "Content-Length", length);
	} else if (evbuffer_add(out, body.data, body.len) != 0) {
		fatal("out of memory");
	}
	evhttp_send_reply(r->request, status, NULL, out);
	evbuffer_free(out);
}

/* evhttp frees the request with its connection. */
static void on_closed(struct evhttp_connection *connection UNUSED, void *arg)
{
	struct http_request *r = arg;

	MAGIC_CHECK(r, REQUEST_MAGIC);
	r->request = NULL;
}

struct http_request *http_answer_later(const struct http_request *r)
{
	struct http_request *later = xalloc(sizeof(*later));

	MAGIC_CHECK(r, REQUEST_MAGIC);
	assert(!r->is_answered && !r->is_later);
	*later = *r;
	later->is_later = true;
	later->later = NULL;
	*r->later = later;
	evhttp_connection_set_closecb(
		evhttp_request_get_connection(r->request), on_closed, later);
	return later;
}

void http_answer(
	struct http_request *r, int status, const char *type, struct slice body)
{
	MAGIC_CHECK(r, REQUEST_MAGIC);
	assert(!r->is_answered);
	r->is_answered = true;
	if (r->is_later && r->request != NULL)
		evhttp_connection_set_closecb(
			evhttp_request_get_connection(r->request), NULL, NULL);
	if (r->request != NULL)
		send_answer(r, status, type, body);
	if (r->is_later) {
		r->magic = 0;
		xfree(r);
	}
}

static void refuse(struct http_request *r, int status, const char *text)
{
	http_answer(r, status, "text/plain; charset=utf-8", slice_of(text));
}

/* --- Requests ------------------------------------------------------------ */

const char *http_request_header(const struct http_request *r, const char *name)
{
	MAGIC_CHECK(r, REQUEST_MAGIC);
	return evhttp_find_header(
		evhttp_request_get_input_headers(r->request), name);
}

const char *http_request_method(const struct http_request *r)
{
	MAGIC_CHECK(r, REQUEST_MAGIC);
	switch ((unsigned)evhttp_request_get_command(r->request)) {
	case EVHTTP_REQ_POST:
		return "POST";
	case EVHTTP_REQ_HEAD:
		return "HEAD";
	default:
		return "GET";
	}
}

const char *http_request_peer(const struct http_request *r)
{
	char *address = NULL;
	uint16_t port;

	MAGIC_CHECK(r, REQUEST_MAGIC);
	evhttp_connection_get_peer(
		evhttp_request_get_connection(r->request), &address, &port);
	return address != NULL ? address : "";
}

const char *http_request_uri(const struct http_request *r)
{
	MAGIC_CHECK(r, REQUEST_MAGIC);
	return evhttp_request_get_uri(r->request);
}

struct slice http_request_body(struct http_request *r)
{
	struct evbuffer *in;
	size_t len;

	MAGIC_CHECK(r, REQUEST_MAGIC);
	in = evhttp_request_get_input_buffer(r->request);
	len = evbuffer_get_length(in);
	if (len == 0)
		return slice_make("", 0);
	return slice_make((const char *)evbuffer_pullup(in, -1), len);
}

static bool is_above(const struct handler *h, const char *path)
{
	size_t len = strlen(h->path);

	return h->path[len - 1] == '/' && strncmp(h->path, path, len) == 0;
}

static const struct handler *find_handler(
	const struct http_server *s, const struct evhttp_request *request)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
	const struct handler *above = NULL;

	if (path == NULL)
		return NULL;
	list_for_each(item, &s->handlers) {
		const struct handler *h = CONTAINER(item, struct handler, link);

		if (strcmp(h->path, path) == 0)
			return h;
		if (is_above(h, path))
			above = h;
	}
	return above;
}

static void on_request(struct evhttp_request *request, void *arg)
{
	struct http_server *s = arg;
	struct http_request *later = NULL;
	struct http_request r = {
		.magic = REQUEST_MAGIC, .request = request, .later = &later
	};
	const struct handler *h;
	bool is_post = evhttp_request_get_command(request) == EVHTTP_REQ_POST;

	MAGIC_CHECK(s, SERVER_MAGIC);
	refresh(find_client(s, request));
	h = find_handler(s, request);
	if (h == NULL) {
		refuse(&r, 404, "There is nothing here.\n");
		return;
	}
	if (is_post && !h->post) {
		add_header(&r, "Allow", "GET, HEAD");
		refuse(&r, 405, "This can only be read.\n");
		return;
	}
	loop_enter(s->loop, "http");
	h->fn(&r, h->arg);
	loop_leave(s->loop);
	assert(r.is_answered || later != NULL);
}

/* --- The server ---------------------------------------------------------- */

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 v6 = { 0 };
	struct sockaddr_in v4;
	socklen_t len = sizeof(v6);

	if (getsockname(fd, (struct sockaddr *)&v6, &len) != 0)
		return 0;
	if (v6.sin6_family == AF_INET6)
		return ntohs(v6.sin6_port);
	memcpy(&v4, &v6, sizeof(v4));
	return ntohs(v4.sin_port);
}

/* A failed accept() would be tried again in every turn of the loop. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	const char *reason = strerror(errno);

	(void)evconnlistener_disable(listener);
	list_for_each(item, &servers) {
		struct http_server *s =
			CONTAINER(item, struct http_server, link);

		if (s->http != arg)
			continue;
		timer_start(&s->accept_pause, ACCEPT_PAUSE_MS);
		if (log_is_due(&s->accept_log))
			log_warning("http", "connections are not accepted: %s",
				reason);
	}
}

static void accept_again(void *arg)
{
	struct http_server *s = arg;

	(void)evconnlistener_enable(s->listener);
}

static void start_accepting(struct http_server *s, int fd)
{
	struct evhttp_bound_socket *bound =
		evhttp_accept_socket_with_handle(s->http, fd);

	if (bound == NULL)
		fatal("libevent can't serve HTTP");
	s->listener = evhttp_bound_socket_get_listener(bound);
	evconnlistener_set_error_cb(s->listener, on_accept_error);
	timer_init(&s->accept_pause, s->loop, "http accept", accept_again, s);
}

struct http_server *http_server_new(struct loop *l, const char *address,
	uint16_t *port_r, const char **reason_r)
{
	struct http_server *s;
	int fd = listen_at(address, *port_r, reason_r);

	if (fd < 0)
		return NULL;
	*port_r = port_of(fd);
	s = xalloc(sizeof(*s));
	s->magic = SERVER_MAGIC;
	s->loop = l;
	list_init(&s->handlers);
	list_init(&s->clients);
	list_append(&servers, &s->link);
	timer_init(&s->sweep, l, "http sweep", sweep, s);
	s->http = evhttp_new(loop_base(l));
	if (s->http == NULL)
		fatal("libevent can't serve HTTP");
	evhttp_set_bevcb(s->http, on_client, s);
	start_accepting(s, fd);
	evhttp_set_max_body_size(s->http, BODY_MAX);
	evhttp_set_max_headers_size(s->http, HEADERS_MAX);
	evhttp_set_allowed_methods(
		s->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST);
	evhttp_set_gencb(s->http, on_request, s);
	return s;
}

static void handler_free(struct handler *h)
{
	list_remove(&h->link);
	xfree(h->path);
	xfree(h);
}

void http_server_stop(struct http_server *s)
{
	if (s == NULL || s->http == NULL)
		return;
	MAGIC_CHECK(s, SERVER_MAGIC);
	timer_stop(&s->accept_pause);
	evhttp_free(s->http);
	s->http = NULL;
	while (!list_is_empty(&s->clients))
		forget(CONTAINER(s->clients.next, struct client, link));
	timer_stop(&s->sweep);
}

void http_server_free(struct http_server **slot)
{
	struct http_server *s;

	if (slot == NULL || *slot == NULL)
		return;
	s = *slot;
	MAGIC_CHECK(s, SERVER_MAGIC);
	http_server_stop(s);
	list_remove(&s->link);
	while (!list_is_empty(&s->handlers))
		handler_free(CONTAINER(s->handlers.next, struct handler, link));
	s->magic = 0;
	xfree(s);
	*slot = NULL;
}

void http_server_handle(struct http_server *s, const char *path, bool post,
	http_fn fn, void *arg)
{
	struct handler *h = xalloc(sizeof(*h));

	MAGIC_CHECK(s, SERVER_MAGIC);
	assert(path[0] == '/');
	h->path = xstrdup(path);
	h->post = post;
	h->fn = fn;
	h->arg = arg;
	list_append(&s->handlers, &h->link);
}

void http_server_forget(struct http_server *s, const char *path)
{
	MAGIC_CHECK(s, SERVER_MAGIC);
	list_for_each_safe(item, &s->handlers) {
		struct handler *h = CONTAINER(item, struct handler, link);

		if (strcmp(h->path, path) == 0)
			handler_free(h);
	}
}
