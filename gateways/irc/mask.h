/*
 * Masks of bans and exceptions: nick!user@host with * and ?.
 */
#ifndef IRC_MASK_H
#define IRC_MASK_H

#include <stdbool.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"
#include "irc/casemap.h"
#include "irc/isupport.h"

/* A mask longer than this is refused; servers cut at less. */
#define IRC_MASK_MAX 255

/* Append the mask to ban a person with: *!*@host, so that a new nick does not
 * help; nick!*@* while the host is not known. */
void irc_mask_from_source(
	struct str *out, struct slice nick, struct slice host);

/* Can this be sent as the parameter of a list mode: not empty, not too long,
 * no space, comma or control character, not starting with ':'? */
bool irc_mask_is_valid(struct slice mask);

/* Append what a person typed as a whole mask: nick -> nick!*@*, user@host ->
 * *!user@host, host.name -> *!*@host.name; extended bans (EXTBAN) as they
 * are. -1 and nothing appended when it is no valid mask. */
int irc_mask_complete(struct str *out, const struct irc_isupport *s,
	struct slice text) MUST_CHECK;

/* Does `source` (nick!user@host) match? * is any run of bytes, ? any one,
 * \* and \? themselves. Takes at most length times length steps, whatever the
 * mask. */
bool irc_mask_matches(
	enum irc_casemap map, struct slice mask, struct slice source);

#endif
