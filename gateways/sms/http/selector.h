/*
 * Where the file of a provider says that something stands in an answer:
 *
 *	json:PATH	see json.h
 *	regex:PATTERN	POSIX extended; what is in its first ( ), or all of it
 *	header:NAME
 *	own		what we called it ourselves: ${id}
 */
#ifndef SMS_HTTP_SELECTOR_H
#define SMS_HTTP_SELECTOR_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/slice.h"
#include "sms_http/json.h"

/* An answer, as it is looked into. */
struct selector_source {
	const struct json *json; /* NULL: it is none */
	struct slice body;
	/* The value of a header; empty: there is none. */
	struct slice (*header)(const void *arg, const char *name);
	const void *arg;
	const char *own;
};

/* False with a reason. */
bool selector_is_good(const char *text, const char **reason_r);
/* Is it a path that may lead to several values? */
bool selector_is_list(const char *text);

/* The first value; data NULL: there is none. Lives as long as the source and
 * the arena. */
struct slice selector_get(
	const char *text, const struct selector_source *from, struct arena *a);

#endif
