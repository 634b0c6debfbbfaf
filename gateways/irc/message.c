/*
 * message = ["@" tags SPACE] [":" source SPACE] command {SPACE param}, by
 * modern-irc, read as leniently as it asks for: any number of spaces between
 * the parts, any number of parameters, a last parameter with or without ':'.
 * Everything is found with memchr(), because this runs for every line of
 * every session.
 */
#include "irc/message.h"

#include <string.h>

static const char *find(struct slice s, char c)
{
	return s.len > 0 ? memchr(s.data, c, s.len) : NULL;
}

static struct slice skip(struct slice s, size_t len)
{
	return slice_make(s.data + len, s.len - len);
}

static struct slice skip_spaces(struct slice s)
{
	while (s.len > 0 && s.data[0] == ' ')
		s = skip(s, 1);
	return s;
}

/* Take the word up to the next space, and the spaces behind it. */
static struct slice cut_word(struct slice *rest)
{
	const char *space = find(*rest, ' ');
	size_t len = space ? (size_t)(space - rest->data) : rest->len;
	struct slice word = slice_make(rest->data, len);

	*rest = skip_spaces(skip(*rest, len));
	return word;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_letter(s.data[i]))
			return false;
	return s.len > 0;
}

/* The number of a three-digit command, or -1. */
static int number_of(struct slice s)
{
	if (s.len != 3 || !is_digit(s.data[0]) || !is_digit(s.data[1]) ||
		!is_digit(s.data[2]))
		return -1;
	return (s.data[0] - '0') * 100 + (s.data[1] - '0') * 10 +
	       (s.data[2] - '0');
}

static int parse_command(struct irc_message *m, struct slice *rest)
{
	m->command = cut_word(rest);
	int number = number_of(m->command);
	if (number < 0 && !is_word(m->command))
		return -1;
	m->numeric = number > 0 ? number : 0;
	return 0;
}

static void parse_params(struct irc_message *m, struct slice rest)
{
	while (rest.len > 0) {
		if (rest.data[0] == ':') {
			m->params[m->count++] = skip(rest, 1);
			return;
		}
		if (m->count == IRC_MAX_PARAMS - 1) {
			m->params[m->count++] = rest;
			return;
		}
		m->params[m->count++] = cut_word(&rest);
	}
}

int irc_message_parse(struct irc_message *m, struct slice line)
{
	struct slice rest = line;

	/* Not the parameters: `count` says how many of them are valid. */
	memset(m, 0, offsetof(struct irc_message, params));
	if (find(line, '\0') || find(line, '\r') || find(line, '\n'))
		return -1;
	if (rest.len > 0 && rest.data[0] == '@') {
		rest = skip(rest, 1);
		m->tags = cut_word(&rest);
	}
	if (rest.len > 0 && rest.data[0] == ':') {
		rest = skip(rest, 1);
		m->source = cut_word(&rest);
		irc_source_split(m->source, &m->nick, &m->user, &m->host);
	}
	if (parse_command(m, &rest) != 0)
		return -1;
	parse_params(m, rest);
	return 0;
}

bool irc_is_command(const struct irc_message *m, const char *command)
{
	return slice_equals_nocase(m->command, command);
}

bool irc_is_from_server(const struct irc_message *m)
{
	if (m->source.len == 0)
		return true;
	return !find(m->source, '!') && !find(m->source, '@') &&
	       find(m->source, '.');
}

void irc_source_split(struct slice source, struct slice *nick_r,
	struct slice *user_r, struct slice *host_r)
{
	const char *bang = find(source, '!');

	*nick_r = source;
	*user_r = *host_r = slice_make(NULL, 0);
	if (bang != NULL) {
		*nick_r = slice_make(source.data, (size_t)(bang - source.data));
		source = skip(source, nick_r->len + 1);
	}
	/* A host has no '@'; a user name may have got one from identd. */
	const char *at =
		source.len > 0 ? memrchr(source.data, '@', source.len) : NULL;
	struct slice before = source;
	if (at != NULL) {
		before.len = (size_t)(at - source.data);
		*host_r = skip(source, before.len + 1);
	}
	*(bang != NULL ? user_r : nick_r) = before;
}

bool irc_tag_find(
	const struct irc_message *m, const char *key, struct slice *value_r)
{
	struct slice rest = m->tags;
	size_t key_len = strlen(key);
	bool found = false;

	while (rest.len > 0) {
		struct slice tag = slice_cut(&rest, ';');

		if (tag.len < key_len || memcmp(tag.data, key, key_len) != 0)
			continue;
		if (tag.len > key_len && tag.data[key_len] != '=')
			continue;
		/* The last of several is the one that counts. */
		found = true;
		*value_r = skip(tag, key_len);
		if (value_r->len > 0)
			*value_r = skip(*value_r, 1);
	}
	return found;
}

/* What stands behind the backslash of a tag value. */
static char unescaped(char c)
{
	switch (c) {
	case ':':
		return ';';
	case 's':
		return ' ';
	case 'r':
		return '\r';
	case 'n':
		return '\n';
	default:
		return c;
	}
}

bool irc_tag(const struct irc_message *m, const char *key, struct str *out)
{
	struct slice value;

	if (!irc_tag_find(m, key, &value))
		return false;
	for (;;) {
		const char *slash = find(value, '\\');
		size_t plain = slash ? (size_t)(slash - value.data) : value.len;

		str_add_bytes(out, value.data, plain);
		value = skip(value, plain);
		/* A backslash at the very end is dropped. */
		if (value.len < 2)
			return true;
		str_add_char(out, unescaped(value.data[1]));
		value = skip(value, 2);
	}
}

void irc_reader_init(struct irc_reader *r, size_t limit)
{
	*r = (struct irc_reader){ .limit = limit };
}

/* Where the first CR or LF stands; s.len when there is none. */
static size_t line_end(struct slice s)
{
	const char *lf = find(s, '\n');

	if (lf != NULL)
		s.len = (size_t)(lf - s.data);
	const char *cr = find(s, '\r');
	return cr != NULL ? (size_t)(cr - s.data) : s.len;
}

static bool is_break(char c)
{
	return c == '\r' || c == '\n';
}

bool irc_reader_next(struct irc_reader *r, struct slice input,
	struct slice *line_r, size_t *used_r)
{
	struct slice rest = input;

	for (;;) {
		if (r->skipping) {
			rest = skip(rest, line_end(rest));
			r->skipping = rest.len == 0;
		}
		/* An empty line, and the LF of a CR LF, is just skipped. */
		while (rest.len > 0 && is_break(rest.data[0]))
			rest = skip(rest, 1);
		*used_r = input.len - rest.len;

		/* Look no farther than a line may reach, so that many short
		 * lines that end in CR do not cost a scan of everything. */
		struct slice window = rest;
		if (window.len > r->limit)
			window.len = r->limit + 1;
		size_t end = line_end(window);
		if (end < window.len) {
			*line_r = slice_make(rest.data, end);
			*used_r += end + 1;
			return true;
		}
		if (window.len <= r->limit)
			return false;
		r->skipping = true;
		r->overlong++;
	}
}
