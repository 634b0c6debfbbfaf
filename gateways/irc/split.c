/*
 * Pieces are found one by one and never copied. A piece ends, in order of
 * preference, at a line break, at a space, between two grapheme clusters,
 * between two code points.
 */
#include "irc/split.h"

#include <string.h>

#include "base/utf8.h"

size_t irc_split_budget(const struct irc_isupport *s, struct slice own_source,
	const char *command, struct slice target)
{
	struct slice nick, user, host;

	irc_source_split(own_source, &nick, &user, &host);
	size_t used = strlen(":!@   :\r\n") + strlen(command) + target.len;
	used += nick.len > 0 ? nick.len : s->nicklen > 0 ? s->nicklen : 32;
	/* One byte more for the '~' of an unverified user name. */
	used += user.len > 0 ? user.len : s->userlen + 1u;
	used += host.len > 0 ? host.len : s->hostlen;
	if (used + IRC_SPLIT_MIN > s->linelen)
		return 0;
	return s->linelen - used;
}

void irc_split_begin(struct irc_split *s, struct slice text, size_t budget)
{
	*s = (struct irc_split){ .rest = text, .budget = budget };
	if (budget < IRC_SPLIT_MIN)
		s->rest.len = 0;
}

static bool is_break(char c)
{
	return c == '\n' || c == '\r' || c == '\0';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || is_break(c);
}

/* Bytes up to the next line break, at most max + 1 of them. */
static size_t line_length(struct slice s, size_t max)
{
	size_t len = 0;

	while (len < s.len && len <= max && !is_break(s.data[len]))
		len++;
	return len;
}

/* Where to cut a line that is longer than `budget`. */
static size_t cut_at(struct slice line, size_t budget)
{
	/* A space right behind the budget is a fine place too. */
	for (size_t at = budget; at > 0; at--)
		if (line.data[at] == ' ')
			return at;
	size_t at = utf8_prefix_cluster(line, budget);
	return at > 0 ? at : budget;
}

static bool is_all_blank(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_blank(s.data[i]))
			return false;
	return true;
}

/* Take the next piece, which may be blank. */
static struct slice take_piece(struct irc_split *s)
{
	size_t len = line_length(s->rest, s->budget);
	size_t used = len;

	if (len > s->budget) {
		len = used = cut_at(
			slice_make(s->rest.data, s->rest.len), s->budget);
		if (s->rest.data[len] == ' ')
			used++;
	} else if (len < s->rest.len) {
		used++; /* the line break */
	}
	struct slice piece = slice_make(s->rest.data, len);
	s->rest = slice_make(s->rest.data + used, s->rest.len - used);
	return piece;
}

bool irc_split_next(struct irc_split *s, struct slice *piece_r)
{
	while (s->rest.len > 0) {
		*piece_r = take_piece(s);
		if (!is_all_blank(*piece_r))
			return true;
	}
	return false;
}

size_t irc_split_count(struct slice text, size_t budget, size_t max)
{
	struct irc_split s;
	struct slice piece;
	size_t count = 0;

	irc_split_begin(&s, text, budget);
	while (count <= max && irc_split_next(&s, &piece))
		count++;
	return count;
}
