/*
 * Charsets of mails: what a label says, what it means in practice, and the
 * bytes as UTF-8. A table says which there are: all of them are opened before
 * the sandbox closes, and none later.
 *
 * Source: the Encoding Standard of the WHATWG (which labels mean a superset),
 * RFC 1345, RFC 2152.
 */
#ifndef EMAIL_WORKER_CHARSET_H
#define EMAIL_WORKER_CHARSET_H

#include "base/slice.h"
#include "base/str.h"

/* Open every charset of the table; again is harmless. */
void charset_preload(void);

/* The name by which iconv knows what this label means; NULL: unknown, to be
 * guessed from the bytes. Static. */
const char *charset_iconv_name(struct slice label);

/* Append `in`, in the charset of this label, as UTF-8; as much as fits.
 * Damaged characters become U+FFFD. A byte order mark wins over the label,
 * UTF-8 over a label that promises ASCII, windows-1252 over UTF-8 that is
 * none. Control characters are left in. False: it did not all fit. */
bool charset_to_utf8(struct str *out, struct slice in, struct slice label);

#endif
