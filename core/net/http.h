/*
 * The HTTP server of the daemon: metrics, health, provider callbacks.
 * Answers are complete bodies; bodies in are at most 1 MiB. A client has 30
 * seconds for each request and its answer.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/slice.h"
#include "net/loop.h"

struct http_server;
struct http_request;

typedef void (*http_fn)(struct http_request *r, void *arg);

/* `address` is a literal one. NULL with a reason when it can't be bound. Port
 * 0 in `port_r` on input means: any free port; the real one is stored there. */
struct http_server *http_server_new(struct loop *l, const char *address,
	uint16_t *port_r, const char **reason_r) MUST_CHECK;
/* Ends every connection, and takes no more; requests to be answered later still
 * have to be, to nobody. NULL does nothing. */
void http_server_stop(struct http_server *s);
/* The same, if need be; nobody calls about it any more. Takes NULL inside, sets
 * NULL. */
void http_server_free(struct http_server **slot);

/* `fn` answers GET and HEAD of exactly `path` (POST too if `post`). One that
 * ends with "/" is of everything below it, too, that nobody else handles. */
void http_server_handle(struct http_server *s, const char *path, bool post,
	http_fn fn, void *arg);

/* Nothing comes there any more. Harmless when it was never handled. */
void http_server_forget(struct http_server *s, const char *path);

/* A header of the request, its name in any case; NULL: there is none. Like
 * the following, it is as it came, and valid until the answer. */
const char *http_request_header(const struct http_request *r, const char *name);
/* "GET", "HEAD" or "POST". */
const char *http_request_method(const struct http_request *r);
/* The address of the client, or of the proxy in front; "" when it is gone. */
const char *http_request_peer(const struct http_request *r);
/* With the query. */
const char *http_request_uri(const struct http_request *r);
/* Empty without one. */
struct slice http_request_body(struct http_request *r);

/* The answer comes after the handler has returned, which calls this once and
 * keeps what it returns until http_answer(). Nothing more can be read of the
 * request; if the client does not wait, the answer goes nowhere. */
struct http_request *http_answer_later(const struct http_request *r);

/* Every request is answered exactly once, before its handler returns unless it
 * called http_answer_later(). */
void http_answer(struct http_request *r, int status, const char *type,
	struct slice body);

#endif
