/*
 * Names of mailboxes: UTF-8 here, modified UTF-7 at the server (RFC 3501
 * section 5.1.3). Pure.
 */
#ifndef EMAIL_WORKER_IMAP_UTF7_H
#define EMAIL_WORKER_IMAP_UTF7_H

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

/* Append; -1 when the text is no UTF-8. */
int imap_utf7_encode(struct str *out, struct slice text) MUST_CHECK;
/* Append; -1 when the name is damaged or holds control characters. Then the
 * name itself is of no use. */
int imap_utf7_decode(struct str *out, struct slice name) MUST_CHECK;

#endif
