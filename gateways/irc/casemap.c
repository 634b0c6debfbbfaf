/*
 * In all three mappings the upper-case bytes are one run from 'A', and lower
 * case is 32 higher: only the end of the run differs.
 */
#include "irc/casemap.h"

#include "base/macros.h"

static const struct {
	const char *name;
	char last; /* upper-case byte */
} maps[] = {
	[IRC_CASEMAP_RFC1459] = { "rfc1459", '^' },
	[IRC_CASEMAP_RFC1459_STRICT] = { "rfc1459-strict", ']' },
	[IRC_CASEMAP_ASCII] = { "ascii", 'Z' },
};

enum irc_casemap irc_casemap_by_name(struct slice name)
{
	for (unsigned i = 0; i < COUNT(maps); i++)
		if (slice_equals_nocase(name, maps[i].name))
			return (enum irc_casemap)i;
	return IRC_CASEMAP_ASCII;
}

const char *irc_casemap_name(enum irc_casemap map)
{
	return maps[map].name;
}

static inline char fold(char c, char last)
{
	if (c < 'A' || c > last)
		return c;
	return (char)(c + 32);
}

char irc_fold_char(enum irc_casemap map, char c)
{
	return fold(c, maps[map].last);
}

struct slice irc_fold(
	enum irc_casemap map, struct slice name, char *out, size_t size)
{
	char last = maps[map].last;

	if (name.len > size)
		return slice_make(out, 0);
	for (size_t i = 0; i < name.len; i++)
		out[i] = fold(name.data[i], last);
	return slice_make(out, name.len);
}

bool irc_same(enum irc_casemap map, struct slice a, struct slice b)
{
	char last = maps[map].last;

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (fold(a.data[i], last) != fold(b.data[i], last))
			return false;
	return true;
}
