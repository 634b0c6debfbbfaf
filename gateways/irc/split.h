/*
 * Cutting an outgoing text into pieces that fit into IRC lines *as the others
 * will see them*: the server puts `:nick!user@host ` in front before it
 * relays a line, and cuts what is then too long.
 */
#ifndef IRC_SPLIT_H
#define IRC_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/slice.h"
#include "irc/isupport.h"

/* Less room for text than this is no room: the target is absurdly long. */
#define IRC_SPLIT_MIN 16

/* Bytes of text that fit into one `command` (PRIVMSG or NOTICE) to `target`.
 * `own_source` is our nick!user@host as others see it; parts that are empty
 * there count with the most the server allows (USERLEN, HOSTLEN). Subtract
 * IRC_ACTION_OVERHEAD for an action. 0 when no useful room is left. */
size_t irc_split_budget(const struct irc_isupport *s, struct slice own_source,
	const char *command, struct slice target);

/* An iteration over the pieces of a text. */
struct irc_split {
	struct slice rest;
	size_t budget;
};

/* Iterate over `text` (UTF-8) in pieces of at most `budget` bytes. CR, LF and
 * NUL always end a piece and are in none; blank lines give no piece. A line
 * that is too long is cut at its last space that fits (this one space is
 * dropped), otherwise between two grapheme clusters, otherwise between two
 * code points. Pieces are slices of `text`: joined, they are the text
 * without what separated them. A budget under IRC_SPLIT_MIN gives none. */
void irc_split_begin(struct irc_split *s, struct slice text, size_t budget);

/* The next piece, never empty or blank; false at the end. */
bool irc_split_next(struct irc_split *s, struct slice *piece_r) MUST_CHECK;

/* How many pieces there will be, counted up to `max` + 1: more than `max`
 * means that the caller should refuse, or put the text elsewhere. */
size_t irc_split_count(struct slice text, size_t budget, size_t max);

#endif
