/*
 * Looking at and cutting borrowed text, ASCII rules only.
 */
#include "base/slice.h"

bool slice_equals_nocase(struct slice s, const char *text)
{
	if (s.len != strlen(text))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char a = (unsigned char)s.data[i];
		unsigned char b = (unsigned char)text[i];

		if (a == b)
			continue;
		if ((a ^ b) != 0x20 || (a | 0x20) < 'a' || (a | 0x20) > 'z')
			return false;
	}
	return true;
}

struct slice slice_cut(struct slice *rest, char sep)
{
	struct slice whole = *rest;
	const char *at = NULL;

	if (whole.len > 0)
		at = memchr(whole.data, sep, whole.len);
	if (at == NULL) {
		*rest = (struct slice){ NULL, 0 };
		return whole;
	}
	size_t before = (size_t)(at - whole.data);
	*rest = slice_make(at + 1, whole.len - before - 1);
	return slice_make(whole.data, before);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct slice slice_trim(struct slice s)
{
	while (s.len > 0 && is_space(s.data[0])) {
		s.data++;
		s.len--;
	}
	while (s.len > 0 && is_space(s.data[s.len - 1]))
		s.len--;
	return s;
}
