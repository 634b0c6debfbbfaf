/*
 * Content-Transfer-Encodings (RFC 2045 section 6) and uuencode, decoded as
 * people meet them: what is damaged costs itself, not the rest.
 */
#ifndef EMAIL_WORKER_TRANSFER_H
#define EMAIL_WORKER_TRANSFER_H

#include <stdint.h>

#include "base/slice.h"

enum transfer_encoding {
	TRANSFER_NONE,
	TRANSFER_BASE64,
	TRANSFER_QUOTED,
	TRANSFER_UU, /* the lines between `begin` and `end` */
};

/* Where decoded bytes go, piece by piece; not 0 ends the work. */
struct mail_sink {
	int (*write)(void *context, struct slice bytes);
	void *context;
};

/* "Base64", as in a header; what is unknown is TRANSFER_NONE. */
enum transfer_encoding transfer_by_name(struct slice name);

/* Decode all of `raw`; returns how many bytes that gave, or -1 when the sink
 * (NULL: only count) ended it. */
int64_t transfer_decode(enum transfer_encoding encoding, struct slice raw,
	const struct mail_sink *sink);

#endif
