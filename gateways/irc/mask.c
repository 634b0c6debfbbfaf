/*
 * Globs are matched with two pointers: on a mismatch only the last '*' takes
 * one byte more. That finds every match, because an earlier star never needs
 * to take more than it took when the later one was reached.
 */
#include "irc/mask.h"

#include <string.h>

static bool contains(struct slice s, char c)
{
	return s.len > 0 && memchr(s.data, c, s.len) != NULL;
}

void irc_mask_from_source(struct str *out, struct slice nick, struct slice host)
{
	if (host.len > 0) {
		str_add(out, "*!*@");
		str_add_slice(out, host);
	} else {
		str_add_slice(out, nick);
		str_add(out, "!*@*");
	}
}

bool irc_mask_is_valid(struct slice mask)
{
	if (mask.len == 0 || mask.len > IRC_MASK_MAX || mask.data[0] == ':')
		return false;
	for (size_t i = 0; i < mask.len; i++) {
		unsigned char c = (unsigned char)mask.data[i];

		if (c <= ' ' || c == ',' || c == 0x7f)
			return false;
	}
	return true;
}

/* "$a:account", "~a:account", "R:account" where the server has EXTBAN; a bare
 * "$a" too. */
static bool is_extended(const struct irc_isupport *s, struct slice text)
{
	size_t at = 0;

	if (s->extban_types[0] == '\0')
		return false;
	if (s->extban_prefix != '\0') {
		if (text.data[0] != s->extban_prefix)
			return false;
		at = 1;
		/* Freenode's $~a is the opposite of $a. */
		if (at < text.len && text.data[at] == '~')
			at++;
	}
	if (at >= text.len || strchr(s->extban_types, text.data[at]) == NULL)
		return false;
	return at + 1 < text.len ? text.data[at + 1] == ':'
				 : s->extban_prefix != '\0';
}

int irc_mask_complete(
	struct str *out, const struct irc_isupport *s, struct slice text)
{
	const char *before = "", *after = "";

	if (!irc_mask_is_valid(text))
		return -1;
	if (is_extended(s, text)) {
		/* As it is. */
	} else if (contains(text, '!')) {
		after = contains(text, '@') ? "" : "@*";
	} else if (contains(text, '@')) {
		before = "*!";
	} else if (contains(text, '.') || contains(text, ':')) {
		before = "*!*@";
	} else {
		after = "!*@*";
	}
	if (strlen(before) + text.len + strlen(after) > IRC_MASK_MAX)
		return -1;
	str_add(out, before);
	str_add_slice(out, text);
	str_add(out, after);
	return 0;
}

enum element_kind {
	ELEMENT_END,
	ELEMENT_BYTE,
	ELEMENT_ANY,  /* ? */
	ELEMENT_STAR, /* * */
};

struct element {
	enum element_kind kind;
	char byte;
	size_t next; /* where the following element starts */
};

static struct element element_at(struct slice mask, size_t at)
{
	struct element e = { ELEMENT_END, '\0', at + 1 };

	if (at == mask.len)
		return e;
	e.kind = ELEMENT_BYTE;
	e.byte = mask.data[at];
	if (e.byte == '*') {
		e.kind = ELEMENT_STAR;
	} else if (e.byte == '?') {
		e.kind = ELEMENT_ANY;
	} else if (e.byte == '\\' && at + 1 < mask.len &&
		   (mask.data[at + 1] == '*' || mask.data[at + 1] == '?')) {
		e.byte = mask.data[at + 1];
		e.next = at + 2;
	}
	return e;
}

static bool takes(enum irc_casemap map, const struct element *e, char c)
{
	return e->kind == ELEMENT_ANY ||
	       (e->kind == ELEMENT_BYTE &&
		       irc_fold_char(map, e->byte) == irc_fold_char(map, c));
}

bool irc_mask_matches(
	enum irc_casemap map, struct slice mask, struct slice source)
{
	size_t m = 0, s = 0;
	size_t star = 0, taken = 0; /* behind the last star; what it covers */
	bool has_star = false;

	while (s < source.len) {
		struct element e = element_at(mask, m);

		if (e.kind == ELEMENT_STAR) {
			has_star = true;
			star = m = e.next;
			taken = s;
		} else if (takes(map, &e, source.data[s])) {
			m = e.next;
			s++;
		} else if (has_star) {
			m = star;
			s = ++taken;
		} else {
			return false;
		}
	}
	while (m < mask.len && mask.data[m] == '*')
		m++;
	return m == mask.len;
}
