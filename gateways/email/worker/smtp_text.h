/*
 * The texts of SMTP (RFC 5321): replies, and the bytes of a mail. Pure.
 */
#ifndef EMAIL_WORKER_SMTP_TEXT_H
#define EMAIL_WORKER_SMTP_TEXT_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

/* Append mail bytes as DATA wants them (RFC 5321 section 4.5.2): line ends are
 * CR LF, whatever they were, so that no bare one can be taken for the end of
 * the mail; a dot that begins a line is doubled. `last` is the byte before
 * these, 0 at the beginning; returns the one to give next. */
char smtp_add_data(struct str *out, struct slice bytes, char last);

/* What ends it all, after such a `last`. */
const char *smtp_data_end(char last);

/* "5.1.1 No such user": the enhanced code (RFC 3463) in front of a reply's
 * words, cut off; empty when there is none. */
struct slice smtp_cut_code(struct slice *words);

/* An address that may stand in a command: no blank, control or angle bracket,
 * at most 254 bytes (RFC 5321 section 4.5.3.1); 8-bit bytes only `utf8`. */
bool smtp_is_address(struct slice address, bool utf8);

#endif
