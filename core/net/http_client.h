/*
 * The HTTP client of the daemon, for hosts that users or operators name. It
 * looks names up itself, asks the outbound policy about every address and
 * connects to an address that was asked about, never again by name; so it is
 * with every redirect. HTTP/1.1 and https only; no cookies, no proxies, no
 * compression, no passwords from elsewhere. A connection serves one call.
 */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/slice.h"
#include "net/loop.h"
#include "net/policy.h"
#include "net/resolve.h"
#include "net/tls.h"

struct http_client;
struct http_call;

/* Why there is no answer. What a user is told depends on the class alone. */
enum http_error {
	HTTP_OK,
	HTTP_BAD_URL,      /* or method, or header: nothing was tried */
	HTTP_NO_SUCH_HOST, /* there is no such name, or it has no address */
	HTTP_FORBIDDEN,    /* the policy forbids every address or the port */
	HTTP_UNREACHABLE,  /* refused, no route, name servers are down */
	HTTP_TLS,          /* reached, but no trusted TLS connection */
	HTTP_TIMEOUT,
	HTTP_LOST,     /* the connection broke, or it spoke no HTTP */
	HTTP_TOO_MUCH, /* the answer is longer than what was wanted */
	HTTP_REDIRECT, /* too often, to where we do not go, or not wanted */
	HTTP_FULL,     /* too much of our own is under way; later */
};

struct http_answer {
	enum http_error error; /* HTTP_OK whatever the status */
	const char *reason;    /* in words, for a log or an operator */
	int status;
	const char *type;  /* Content-Type; "" without one */
	const char *url;   /* after redirects; NULL: it was none */
	struct slice head; /* its headers, for http_answer_header() */
	struct slice body; /* empty when it went to data() */
	/* Something of the request was sent: without an answer nobody knows
	 * whether the server did what it was asked for. */
	bool has_left;
};

struct http_order {
	const char *url;
	const char *method;         /* NULL: "GET" */
	const char *const *headers; /* "Name: value"; NULL at the end. Not sent
				       to another host after a redirect */
	struct slice body;          /* of the request, or ... */
	int64_t body_size;          /* ... > 0: it comes by http_call_write() */

	struct tls_client *tls; /* NULL: the client's own */
	const uint16_t *ports;  /* usual ones, 0 at the end; NULL: 443 */
	/* The operator named the host: it may be any address and port. */
	bool is_operators;
	/* http too, but only to addresses that `network.allow` opens. */
	bool allow_clear;
	bool follow; /* up to 3 redirects, to https only; GET and HEAD only */

	size_t max;         /* bytes of the answer's body; 0: 64 KiB */
	int64_t timeout_ms; /* for everything; 0: a minute */
	int64_t stall_ms;   /* without a byte from or to them; 0: 30 s */

	/* Called once, and the call is gone after that. */
	void (*done)(const struct http_answer *answer, void *arg);
	/* MAY. The body of an answer 2xx, as it comes; else it is collected. */
	void (*data)(struct http_call *c, struct slice data, void *arg);
	/* MUST with body_size: give up to `room` bytes, now or later. */
	void (*more)(struct http_call *c, size_t room, void *arg);
	void *arg;
};

/* What is lent must live longer; `tls` NULL: the system's authorities.
 * `software` is sent as User-Agent. */
struct http_client *http_client_new(struct loop *l, struct resolver *r,
	const struct policy *policy, struct tls_client *tls,
	const char *software);
/* Calls under way just end: nobody is told. Takes NULL inside, sets NULL. */
void http_client_free(struct http_client **slot);

/* `order` and what it points to is copied, but for `tls`, which must live as
 * long as the call. No callback runs before this returns. */
struct http_call *http_client_start(
	struct http_client *h, const struct http_order *order) MUST_CHECK;
/* Also in a callback. Nothing is called after this; takes NULL inside, sets
 * NULL. */
void http_client_cancel(struct http_call **slot);

/* The value of a header of the answer, its name in any case; empty without
 * one. Lives as long as the answer. */
struct slice http_answer_header(
	const struct http_answer *answer, const char *name);

/* The next bytes of the body, not more than more() asked for; who gave some is
 * asked again when they have left. */
void http_call_write(struct http_call *c, struct slice data);

/* Stop and resume reading the answer; until then it costs no memory. */
void http_call_pause(struct http_call *c);
/* The other half of http_call_pause(). */
void http_call_resume(struct http_call *c);

/* In data(): the whole length of the body, -1 when it was not told. */
int64_t http_call_size(const struct http_call *c);
/* In data(): Content-Type, or "". */
const char *http_call_type(const struct http_call *c);

#endif
