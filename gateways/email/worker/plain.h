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

/* A piece of ASCII in any case. */
bool plain_contains(struct slice text, const char *piece);

/* The next line without its line break. False at the end. */
bool plain_next_line(struct slice *rest, struct slice *line_r);

#endif
