#include "email_wire/address.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"

/* RFC 5321 section 4.5.3.1.1. */
#define LOCAL_MAX 64
/* RFC 1035 section 2.3.4; U-labels can be longer than A-labels in bytes. */
#define LABEL_MAX 63

static bool is_atext(unsigned char c)
{
	return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool is_dot_atom(struct slice s)
{
	bool after_dot = true;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if (c == '.' ? after_dot : !is_atext(c))
			return false;
		after_dot = c == '.';
	}
	return !after_dot;
}

/* What stands between the quotes. */
static bool is_quoted_text(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if (c == '\\' && ++i == s.len)
			return false;
		if (c < ' ' || c == 0x7f || (c == '"') ||
			(c == '\\' && ((unsigned char)s.data[i] < ' ' ||
					      s.data[i] == 0x7f)))
			return false;
	}
	return true;
}

static bool is_quoted(struct slice s)
{
	return s.len > 2 && s.data[0] == '"' && s.data[s.len - 1] == '"' &&
	       is_quoted_text(slice_make(s.data + 1, s.len - 2));
}

static bool is_label(struct slice s)
{
	if (s.len == 0 || s.len > LABEL_MAX || s.data[0] == '-' ||
		s.data[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if (c != '-' && c != '_' && c < 0x80 &&
			!(c >= '0' && c <= '9') &&
			!((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
			return false;
	}
	return true;
}

/* Letters beyond ASCII, but no spaces, controls or invisible ones among
 * them: U+0080..U+00A0, U+2000..U+206F, U+3000, U+FE00..U+FEFF, U+FFF0... */
static bool has_only_letters(struct slice s)
{
	uint32_t code;
	size_t len;

	for (; s.len > 0; s.data += len, s.len -= len) {
		len = utf8_next(s, &code);
		if (len == 0 || (code >= 0x80 && code <= 0xa0) ||
			(code >= 0x2000 && code <= 0x206f) || code == 0x3000 ||
			(code >= 0xe000 && code <= 0xf8ff) ||
			(code >= 0xfe00 && code <= 0xfeff) ||
			(code >= 0xfff0 && code <= 0xffff) || code >= 0xe0000)
			return false;
	}
	return true;
}

bool address_is_domain(struct slice text)
{
	size_t labels = 0;

	if (text.len > ADDRESS_MAX || !has_only_letters(text))
		return false;
	while (text.data != NULL) {
		if (!is_label(slice_cut(&text, '.')))
			return false;
		labels++;
	}
	return labels > 0;
}

/* Position of the '@' that divides it; -1: there is none. */
static long divide(struct slice text)
{
	for (size_t i = text.len; i > 0; i--)
		if (text.data[i - 1] == '@')
			return (long)i - 1;
	return -1;
}

bool address_is_valid(struct slice text)
{
	long at = divide(text);

	if (at <= 0 || at > LOCAL_MAX || text.len > ADDRESS_MAX)
		return false;
	struct slice local = slice_make(text.data, (size_t)at);
	struct slice domain =
		slice_make(text.data + at + 1, text.len - (size_t)at - 1);

	return (is_dot_atom(local) || is_quoted(local)) &&
	       has_only_letters(local) && address_is_domain(domain);
}

/* "a.b" is a.b. */
static struct slice unquote(struct slice local)
{
	if (local.len < 3 || local.data[0] != '"')
		return local;
	struct slice inner = slice_make(local.data + 1, local.len - 2);

	return is_dot_atom(inner) ? inner : local;
}

int address_normalize(struct slice text, char *out, size_t size)
{
	text = slice_trim(text);
	if (!address_is_valid(text) || text.len >= size)
		return -1;
	size_t at = (size_t)divide(text);
	struct slice local = unquote(slice_make(text.data, at));
	size_t len = local.len;

	memcpy(out, local.data, len);
	for (size_t i = at; i < text.len; i++) {
		char c = text.data[i];

		out[len++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	out[len] = '\0';
	return 0;
}

const char *address_domain(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL ? at + 1 : "";
}

bool address_equals(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

bool address_needs_utf8(const char *address)
{
	const char *at = strrchr(address, '@');

	for (const char *p = address; p != at && *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return true;
	return false;
}
