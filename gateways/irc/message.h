/*
 * One line of the IRC protocol taken apart without copying a byte, and the
 * reader that finds the lines in what a connection delivered. Knows the
 * syntax (modern-irc "Message Format", IRCv3 message-tags) and no command.
 */
#ifndef IRC_MESSAGE_H
#define IRC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

/* Servers send up to 15 parameters; the syntax sets no limit. */
#define IRC_MAX_PARAMS 32

/* All slices point into the line that was parsed and live as long as it. */
struct irc_message {
	struct slice tags;    /* raw, without '@'; empty when there are none */
	struct slice source;  /* without ':'; empty when there is none */
	struct slice nick;    /* the source up to '!' or '@': a server's name
				 stands here too */
	struct slice user;    /* empty when the source has none */
	struct slice host;    /* empty when the source has none */
	struct slice command; /* as sent; compare without regard to case */
	int numeric;          /* 1..999 when the command is one, otherwise 0 */
	size_t count;         /* parameters */
	struct slice params[IRC_MAX_PARAMS];
};

/* Take `line` (without CR LF) apart. Any number of parameters is accepted:
 * those beyond IRC_MAX_PARAMS stay together in the last. -1 when there is no
 * command (letters, or three digits), or the line holds NUL, CR or LF. */
int irc_message_parse(struct irc_message *m, struct slice line) MUST_CHECK;

/* Parameter `i`, empty (data NULL) when the message has fewer. */
static inline struct slice irc_param(const struct irc_message *m, size_t i)
{
	return i < m->count ? m->params[i] : (struct slice){ NULL, 0 };
}

/* Is this the command? ASCII letters compare without case. */
bool irc_is_command(const struct irc_message *m, const char *command);

/* True when the message has no source or a server's: no '!', no '@', and a
 * dot in the name (a nick cannot hold one). */
bool irc_is_from_server(const struct irc_message *m);

/* Cut `nick!user@host`; missing parts are empty. Also for the entries of
 * NAMES with userhost-in-names. */
void irc_source_split(struct slice source, struct slice *nick_r,
	struct slice *user_r, struct slice *host_r);

/* The raw value of a tag; the last of several counts. False when the tag is
 * missing; a tag without a value is there, with an empty value. */
bool irc_tag_find(
	const struct irc_message *m, const char *key, struct slice *value_r);

/* The same, with the escapes of message-tags undone: appends to `out`. */
bool irc_tag(const struct irc_message *m, const char *key, struct str *out);

/*
 * The reader. A line ends at LF, CR LF or a lone CR; empty lines are skipped;
 * a line of more than `limit` bytes is dropped whole and counted, and never
 * needs more than `limit` + 1 bytes of buffer. How the input was cut into
 * reads makes no difference to the lines.
 */
struct irc_reader {
	size_t limit;
	bool skipping;     /* inside a line that was too long */
	unsigned overlong; /* lines dropped so far */
};

/* `limit`: bytes of the longest line that is read, tags included. */
void irc_reader_init(struct irc_reader *r, size_t limit);

/* Look for the next line in `input`, the bytes not yet used. True: `line_r`
 * is one, inside `input`, and call again with the rest. False: wait for more
 * bytes. In both cases the first `*used_r` bytes are done with: drop them
 * before the next call (after the line has been dealt with). */
bool irc_reader_next(struct irc_reader *r, struct slice input,
	struct slice *line_r, size_t *used_r) MUST_CHECK;

#endif
