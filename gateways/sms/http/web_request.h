/*
 * A request of a provider to us, as it is looked into: from the HTTP server,
 * or from a file in which it was saved.
 */
#ifndef SMS_HTTP_WEB_REQUEST_H
#define SMS_HTTP_WEB_REQUEST_H

#include <stdint.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/slice.h"
#include "sms_http/json.h"

struct web_request {
	const char *url;    /* as the provider called it, with the query */
	struct slice query; /* of it, without "?" */
	struct slice body;
	const char *peer; /* the literal address that connected; or "" */
	int64_t wall_ms;  /* now; 0: when it was signed */
	/* The value of a header, its name in any case, or NULL. */
	const char *(*header)(const void *arg, const char *name);
	const void *arg;
};

/* What it says: a JSON body, or a form in the body with what the query has
 * besides. NULL: it is neither, or too long to be one. */
struct json *web_request_read(const struct web_request *r) MUST_CHECK;

/* Is the body JSON, by its Content-Type? */
bool web_request_is_json(const struct web_request *r);

/* What stands behind "?" in a URL; empty: nothing. */
struct slice web_query(const char *url);

/* One that was saved as it came: the line with method and path, headers, an
 * empty line, the body; lines may end with CR LF or LF. */
struct web_saved {
	char *text;
	const char *path; /* with the query */
	struct slice body;
	const char **names, **values;
	size_t count;
};

/* -1: it is none. Release with web_saved_finish() in either case. */
int web_saved_read(struct web_saved *out, struct slice text) MUST_CHECK;
void web_saved_finish(struct web_saved *s);
/* For web_request.header; `arg` is the struct web_saved. */
const char *web_saved_header(const void *arg, const char *name);

#endif
