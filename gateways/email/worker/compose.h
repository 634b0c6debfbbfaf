/*
 * From a draft to the bytes of a mail: the one place that writes headers.
 * The same draft and files give the same bytes. Whatever the values hold, no
 * header comes out of them but the one that they are for.
 *
 * Source: RFC 5322, 2045 to 2047, 2231, 3676, 3834, 8098, 9078, 6047.
 */
#ifndef EMAIL_WORKER_COMPOSE_H
#define EMAIL_WORKER_COMPOSE_H

#include <stddef.h>

#include "email_wire/draft.h"
#include "email_worker/transfer.h"

/* Where the bytes of the draft's files come from, one after the other:
 * returns how many were put into `buffer` (at least 1, at most `size`), or -1
 * when there will be no more. May take its time. */
struct compose_source {
	long (*read)(void *context, char *buffer, size_t size);
	void *context;
};

/* Write the mail, with CRLF line ends and no line over 998 bytes, 7-bit unless
 * an address needs SMTPUTF8. `source` may be NULL without files. -1, with words for
 * the user, when an address is none or the source or the sink failed; what was
 * written so far is then nothing. */
int compose(const struct draft *d, const struct compose_source *source,
	const struct mail_sink *sink, const char **error_r) MUST_CHECK;

#endif
