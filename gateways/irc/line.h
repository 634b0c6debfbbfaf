/*
 * Outgoing lines, the only way bytes get onto an IRC connection. Whatever the
 * arguments hold, one line is one command: NUL, CR and LF never get in, a
 * middle parameter cannot become two, and the length is bounded. One wrong
 * argument makes the whole line invalid and nothing of it is kept.
 */
#ifndef IRC_LINE_H
#define IRC_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

/* Bytes of a line with CR LF (RFC 1459 section 2.3). */
#define IRC_LINE_LIMIT 512

/* A line under construction at the end of `out`. */
struct irc_line {
	struct str *out;
	size_t start;  /* of the line in `out` */
	size_t limit;  /* may be changed after begin, for LINELEN */
	bool bad;      /* some part was refused */
	bool closed;   /* a trailing parameter was added */
	bool was_full; /* `out` had overflowed before */
};

/* Start a line with `command` (letters or digits) at the end of `out`. */
void irc_line_begin(struct irc_line *l, struct str *out, const char *command);

/* Add a middle parameter: not empty, no space, not starting with ':'. */
void irc_line_param(struct irc_line *l, struct slice param);
/* The same for a C string. */
void irc_line_text(struct irc_line *l, const char *param);

/* Add the last parameter, which may hold spaces or be empty. */
void irc_line_trailing(struct irc_line *l, struct slice text);

/* Finish with CR LF. -1 when any part was refused or the line is too long;
 * `out` is then as it was before begin. */
int irc_line_end(struct irc_line *l) MUST_CHECK;

/* A whole line in one call: `params` is a NULL-terminated list of middle
 * parameters, `trailing` is left out when NULL. */
int irc_line_add(struct str *out, const char *command,
	const char *const params[], const char *trailing) MUST_CHECK;

/* A line that the user typed himself. -1 when it is not exactly one command
 * (it has a line break, tags, a source, or nothing) or is too long. */
int irc_line_add_raw(struct str *out, struct slice text) MUST_CHECK;

#endif
