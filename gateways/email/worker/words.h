/*
 * Encoded words (RFC 2047, RFC 2231 section 5) as they are met: characters
 * split over two words, languages, raw bytes beside them.
 */
#ifndef EMAIL_WORKER_WORDS_H
#define EMAIL_WORKER_WORDS_H

#include "base/slice.h"
#include "base/str.h"

/* Append a header value in UTF-8: words decoded, white space between them
 * gone, other bytes guessed. */
void words_decode(struct str *out, struct slice raw);

/* Append the value with each run of words as one word in UTF-8: what a parser of addresses or parameters then makes of it no
 * longer depends on charsets. */
void words_recode(struct str *out, struct slice raw);

#endif
