/*
 * What a server said about itself in 005 RPL_ISUPPORT, with the defaults for
 * what it did not say. Pure data: who holds it decides whom it concerns.
 */
#ifndef IRC_ISUPPORT_H
#define IRC_ISUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "irc/casemap.h"
#include "irc/message.h"

#define IRC_PREFIX_MAX    15 /* ranks; letters and symbols are unique */
#define IRC_CHANTYPES_MAX 7

/* How a channel mode takes its parameter (CHANMODES=A,B,C,D and PREFIX). */
enum irc_mode_class {
	IRC_MODE_FLAG,   /* D: never; what we do not know counts as this */
	IRC_MODE_LIST,   /* A: adds to or removes from a list */
	IRC_MODE_ALWAYS, /* B: always */
	IRC_MODE_SET,    /* C: only when set */
	IRC_MODE_PREFIX, /* status of a member */
};

/* What an ISUPPORT line changed, for those who keep something derived. */
enum irc_isupport_change {
	IRC_CHANGED_CASEMAP = 1, /* keys must be made again */
	IRC_CHANGED_PREFIX = 2,
	IRC_CHANGED_CHANTYPES = 4,
	IRC_CHANGED_MODES = 8,
	IRC_CHANGED_OTHER = 16,
};

/* Commands whose number of targets is limited (TARGMAX, MAXTARGETS). */
enum irc_target_command {
	IRC_TARGETS_PRIVMSG,
	IRC_TARGETS_NOTICE,
	IRC_TARGETS_JOIN,
	IRC_TARGETS_PART,
	IRC_TARGETS_KICK,
	IRC_TARGETS_NAMES,
	IRC_TARGETS_WHOIS,
	IRC_TARGETS_MONITOR,
	IRC_TARGETS_COUNT
};

struct irc_isupport {
	enum irc_casemap casemap;
	const char *network; /* interned; NULL: not said. Only for people */

	char chantypes[IRC_CHANTYPES_MAX + 1];
	uint16_t chanlimit[IRC_CHANTYPES_MAX]; /* per type; 0: no limit */

	/* Status modes and their symbols, highest rank first. */
	char prefix_modes[IRC_PREFIX_MAX + 1];
	char prefix_symbols[IRC_PREFIX_MAX + 1];
	char statusmsg[IRC_PREFIX_MAX + 1];

	uint8_t mode_class[52]; /* enum irc_mode_class; see irc_mode_class() */
	uint8_t modes;          /* changes with parameter per line */
	char except_mode;       /* 0: no ban exceptions */
	char invite_mode;       /* 0: no invite exceptions */
	char quiet_mode;        /* 'q' where it is a list mode, otherwise 0 */
	char bot_mode;          /* 0: no bot mode */
	char extban_prefix;     /* 0: none, or no EXTBAN at all */
	char extban_types[32];  /* "": no EXTBAN */

	/* Lengths in bytes. */
	uint16_t nicklen, channellen, topiclen, awaylen, kicklen;
	uint16_t userlen, hostlen, keylen;
	uint16_t linelen; /* of a line with CR LF */

	uint16_t targmax[IRC_TARGETS_COUNT]; /* 0: no limit */
	uint16_t monitor;                    /* entries; 0: no MONITOR */
	uint16_t watch;                      /* entries; 0: no WATCH */
	uint16_t chathistory;                /* messages; 0: none */
	bool whox, utf8only, safelist;
	bool elist_users; /* LIST understands >n and <n */
};

/* The defaults of a server that never sends 005; release with finish. */
void irc_isupport_init(struct irc_isupport *s);
/* Frees its strings. */
void irc_isupport_finish(struct irc_isupport *s);

/* Apply all tokens of a 005 (the first parameter is our nick, the last one a
 * sentence). May come at any time, again, and with -TOKEN, which restores the
 * default. Values out of range are ignored or clamped. Returns the bits of
 * enum irc_isupport_change. */
unsigned irc_isupport_apply(
	struct irc_isupport *s, const struct irc_message *m);

/* Apply one token: "NAME", "NAME=value" or "-NAME". */
unsigned irc_isupport_token(struct irc_isupport *s, struct slice token);

/* Does `name` start like a channel? */
bool irc_is_channel(const struct irc_isupport *s, struct slice name);

/* May `name` be joined: starts like a channel, not too long, and no space,
 * comma, control character? */
bool irc_is_channel_name(const struct irc_isupport *s, struct slice name);

/* May `nick` be asked for: not empty, not too long, and nothing in it that
 * no server allows (space, comma, !, @, control characters, a first
 * character of '#', '&', ':', a digit, '-' or a prefix symbol)? */
bool irc_is_nick(const struct irc_isupport *s, struct slice nick);

/* Class of a channel mode letter; IRC_MODE_FLAG when unknown. */
enum irc_mode_class irc_mode_class(const struct irc_isupport *s, char letter);

/* Rank of a status mode letter or of a prefix symbol: 0 is the highest, -1
 * when there is none of this name. */
int irc_rank_of_mode(const struct irc_isupport *s, char letter);
/* By the symbol in front of a nick: '@'. */
int irc_rank_of_symbol(const struct irc_isupport *s, char symbol);

/* Take the prefix symbols off a NAMES entry ("@+nick"): returns them and
 * leaves the rest in `*name`. */
struct slice irc_cut_prefixes(const struct irc_isupport *s, struct slice *name);

/* Take a STATUSMSG prefix off the target of a message ("@#chan"): returns
 * its first symbol, or 0 when the target has none. */
char irc_cut_statusmsg(const struct irc_isupport *s, struct slice *target);

#endif
