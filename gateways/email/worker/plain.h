/*
 * Plain text as mails carry it.
 */
#ifndef EMAIL_WORKER_PLAIN_H
#define EMAIL_WORKER_PLAIN_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

/* Append with flowed lines joined (RFC 3676); `delete_space` as its DelSp.
 * Lines end in \n. */
void plain_unflow(struct str *out, struct slice text, bool delete_space);

/* Without the armour of a clear-signed text (RFC 9580 section 7), if that is
 * what it is: appends what was signed, and true; or nothing. */
bool plain_unarmour(struct str *out, struct slice text);

/* A file among the lines of a text, as uuencode writes it. */
struct plain_file {
	struct slice name, lines; /* `lines`: for TRANSFER_UU */
	struct slice whole;       /* from "begin" to "end" */
};
/* The first one in `text`; false when there is none. */
bool plain_find_file(struct slice text, struct plain_file *file);

/* A piece of ASCII in any case. */
bool plain_contains(struct slice text, const char *piece);

/* The next line without its line break. False at the end. */
bool plain_next_line(struct slice *rest, struct slice *line_r);

#endif
