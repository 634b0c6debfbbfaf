/*
 * CTCP: commands inside the text of PRIVMSG (requests) and NOTICE (replies),
 * between two \x01. Only the syntax; who answers what is not decided here.
 */
#ifndef IRC_CTCP_H
#define IRC_CTCP_H

#include <stdbool.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

/* Bytes that wrapping as an ACTION adds to a text: "\1ACTION " and "\1". */
#define IRC_ACTION_OVERHEAD 9

struct irc_ctcp {
	struct slice command; /* compare without regard to case */
	struct slice args;    /* what follows the first space; may be empty */
};

/* Is `text` a CTCP message? The final \x01 may be missing. False for text
 * that is not, and for one without a command. */
bool irc_ctcp_parse(struct slice text, struct irc_ctcp *ctcp_r);

/* Append `\1command args\1` (without the space when `args` is empty), ready
 * for irc_line_trailing(). -1 and nothing appended when the command is not a
 * word or `args` holds \1, NUL, CR or LF. */
int irc_ctcp_add(
	struct str *out, const char *command, struct slice args) MUST_CHECK;

#endif
