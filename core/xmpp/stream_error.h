/*
 * The stream errors of RFC 6120 section 4.9.3: what each means to a
 * component and what the operator can do about it.
 */
#ifndef XMPP_STREAM_ERROR_H
#define XMPP_STREAM_ERROR_H

#include "base/arena.h"
#include "base/str.h"
#include "xmpp/xml.h"

enum stream_error_class {
	STREAM_ERROR_OTHER,    /* try again */
	STREAM_ERROR_CONFIG,   /* will not work before somebody mends it */
	STREAM_ERROR_CONFLICT, /* somebody else has our address */
	STREAM_ERROR_SHUTDOWN, /* an orderly end of the server */
};

struct stream_error {
	const char *name;
	enum stream_error_class class;
	const char *advice; /* NULL: nothing the operator could do */
};

/* Never NULL: an unknown name is undefined-condition. */
const struct stream_error *stream_error_by_name(const char *name);

/* What <stream:error/> says. The condition as it was written and the
 * server's text are appended to `words`. */
const struct stream_error *stream_error_read(
	const struct xml *error, struct arena *a, struct str *words);

#endif
