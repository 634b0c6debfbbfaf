/*
 * Case mapping of nicks and channel names, as the server announces it
 * (ISUPPORT CASEMAPPING). Bytes outside ASCII are left alone.
 */
#ifndef IRC_CASEMAP_H
#define IRC_CASEMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum irc_casemap {
	IRC_CASEMAP_RFC1459,        /* the default: {}|~ are lower []\^ */
	IRC_CASEMAP_RFC1459_STRICT, /* {}| are lower []\ */
	IRC_CASEMAP_ASCII,
};

/* No name is longer: it came in one line of a server that keeps to 512. */
#define IRC_NAME_SIZE 512

/* The mapping of this name; what we do not know is taken as ASCII, the only
 * part all mappings have in common. */
enum irc_casemap irc_casemap_by_name(struct slice name);
/* As in CASEMAPPING; static. */
const char *irc_casemap_name(enum irc_casemap map);

/* Lower case of one byte. */
char irc_fold_char(enum irc_casemap map, char c);

/* Fold `name` into `out` (of `size` bytes, not terminated) and return it as
 * a key for a map. A name that does not fit gives an empty key, which is the
 * name of nothing. */
struct slice irc_fold(
	enum irc_casemap map, struct slice name, char *out, size_t size);

/* Do both name the same nick or channel? */
bool irc_same(enum irc_casemap map, struct slice a, struct slice b);

#endif
