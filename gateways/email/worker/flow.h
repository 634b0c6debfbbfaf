/*
 * A typed text as the body of a mail: format=flowed (RFC 3676), and
 * quoted-printable (RFC 2045 section 6.7) where it is not plain ASCII in
 * lines.
 */
#ifndef EMAIL_WORKER_FLOW_H
#define EMAIL_WORKER_FLOW_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

/* Append `text` as flowed lines that end in CRLF: without control characters,
 * wrapped at blanks, nothing that looks like a signature or an mbox. */
void flow_text(struct str *out, struct slice text);

/* Bytes over 127, or a line that is too long. */
bool flow_needs_quoting(struct slice lines);

/* Append lines that end in CRLF in quoted-printable. */
void flow_quote(struct str *out, struct slice lines);

#endif
