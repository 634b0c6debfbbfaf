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
/* Ends every connection. Takes NULL inside, sets NULL. */
void http_server_free(struct http_server **slot);

/* `fn` answers GET and HEAD of exactly `path` (POST too if `post`). */
void http_server_handle(struct http_server *s, const char *path, bool post,
	http_fn fn, void *arg);

/* A header of the request, its name in any case; NULL: there is none. Like
 * the following, it is as it came, and valid until the answer. */
const char *http_request_header(const struct http_request *r, const char *name);
/* With the query. */
const char *http_request_uri(const struct http_request *r);
/* Empty without one. */
struct slice http_request_body(struct http_request *r);

/* Every request is answered exactly once, before its handler returns. */
void http_answer(struct http_request *r, int status, const char *type,
	struct slice body);

#endif
