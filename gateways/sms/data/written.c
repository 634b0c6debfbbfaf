#include "sms_data/written.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/utf8.h"

/* A sender has 11 characters by radio and 20 bytes in SMPP; providers by HTTP
 * have what they like. */
#define WORD_BYTES 60

/* --- Characters ---------------------------------------------------------- */

struct range {
	uint32_t first, last;
};

static bool is_in(const struct range *ranges, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

/* Marks of direction come with numbers copied from contact lists. */
static bool is_invisible(uint32_t code)
{
	static const struct range ranges[] = {
		{ 0x00, 0x1f },
		{ 0x7f, 0x9f },
		{ 0xad, 0xad },     /* soft hyphen */
		{ 0x061c, 0x061c }, /* marks of direction */
		{ 0x200b, 0x200f },
		{ 0x2028, 0x202e },
		{ 0x2060, 0x206f },
		{ 0xfeff, 0xfeff },
	};

	return is_in(ranges, COUNT(ranges), code);
}

static bool is_space(uint32_t code)
{
	static const struct range ranges[] = {
		{ ' ', ' ' },
		{ 0xa0, 0xa0 },
		{ 0x1680, 0x1680 },
		{ 0x2000, 0x200a },
		{ 0x202f, 0x202f },
		{ 0x205f, 0x205f },
		{ 0x3000, 0x3000 },
	};

	return is_in(ranges, COUNT(ranges), code);
}

/* What people put between digits (RFC 3966 section 5.1.1 has some). */
static bool is_separator(uint32_t code)
{
	static const struct range ranges[] = {
		{ '(', ')' },
		{ '-', '/' },
		{ '[', '[' },
		{ ']', ']' },
		{ '~', '~' },
		{ 0xb7, 0xb7 },
		{ 0x2010, 0x2015 }, /* hyphens and dashes */
		{ 0x2212, 0x2212 }, /* minus */
		{ 0x30fc, 0x30fc }, /* in Japan's numbers */
		{ 0xff08, 0xff09 }, /* full width: brackets, hyphen to slash */
		{ 0xff0d, 0xff0f },
	};

	return is_space(code) || is_invisible(code) ||
	       is_in(ranges, COUNT(ranges), code);
}

static bool is_plus(uint32_t code)
{
	return code == '+' || code == 0xff0b;
}

/* Of any script, and what else is not ASCII. */
static bool is_letter(uint32_t code)
{
	static const struct range ranges[] = { { 'A', 'Z' }, { 'a', 'z' },
		{ 0xa1, UINT32_MAX } };

	return !is_separator(code) && is_in(ranges, COUNT(ranges), code);
}

/* The value of a decimal digit; -1: it is none. */
static int digit_of(uint32_t code)
{
	static const uint32_t zeros[] = {
		'0', 0x0660, /* Arabic */
		0x06f0,      /* Persian, Urdu */
		0x0966,      /* Devanagari */
		0x09e6,      /* Bengali */
		0x0e50,      /* Thai */
		0xff10,      /* full width */
	};

	for (size_t i = 0; i < COUNT(zeros); i++)
		if (code >= zeros[i] && code < zeros[i] + 10)
			return (int)(code - zeros[i]);
	return -1;
}

/* The next character; a byte that is not UTF-8 is U+FFFD. */
static uint32_t next(struct slice *text)
{
	uint32_t code;
	size_t len = utf8_next(*text, &code);

	if (len == 0) {
		len = 1;
		code = 0xfffd;
	}
	*text = slice_make(text->data + len, text->len - len);
	return code;
}

/* --- Numbers ------------------------------------------------------------- */

static void add_digit(struct written *w, int digit)
{
	if (w->count < WRITTEN_DIGITS)
		w->digits[w->count] = (char)('0' + digit);
	w->count++;
}

void written_read(struct written *w, struct slice text)
{
	*w = (struct written){ .zero = SIZE_MAX };
	while (text.len > 0) {
		bool in_brackets =
			text.len >= 3 && memcmp(text.data, "(0)", 3) == 0;
		uint32_t code = next(&text);
		int digit = digit_of(code);

		if (in_brackets)
			w->zero = w->count;
		if (digit >= 0)
			add_digit(w, digit);
		else if (is_plus(code) && w->count == 0 && !w->has_plus)
			w->has_plus = true;
		else if (is_letter(code))
			w->has_letter = true;
		else if (!is_separator(code))
			w->has_sign = true;
	}
}

bool written_take_scheme(struct slice *text)
{
	static const char *const schemes[] = {
		"tel:", "sms:", "smsto:", "mms:", "mmsto:", "callto:"
	};

	for (size_t i = 0; i < COUNT(schemes); i++) {
		struct slice scheme = slice_of(schemes[i]);

		if (text->len < scheme.len ||
			strncasecmp(text->data, scheme.data, scheme.len) != 0)
			continue;
		*text = slice_make(
			text->data + scheme.len, text->len - scheme.len);
		return true;
	}
	return false;
}

/* --- Words --------------------------------------------------------------- */

static void add_small(struct str *out, uint32_t code)
{
	if (is_space(code))
		code = ' ';
	if (code == ' ' && out->len == 0)
		return;
	if (code >= 'A' && code <= 'Z')
		code += 'a' - 'A';
	if (!is_invisible(code))
		utf8_add(out, code);
}

static void clean(struct str *out, struct slice text)
{
	while (text.len > 0)
		add_small(out, next(&text));
	if (out->len == 0)
		return;
	str_truncate(out, utf8_prefix(str_slice(out), WORD_BYTES));
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		str_truncate(out, out->len - 1);
}

void written_word(struct str *out, struct slice text)
{
	struct str word;

	str_init(&word, 4 * text.len + 1);
	clean(&word, text);
	for (size_t i = 0; i < word.len; i++) {
		char c = word.data[i];

		/* Servers make letters small, those of a percent code too.
		 * What begins with "+" is a number. */
		if (c >= ' ' && c < 0x7f && strchr(";%+", c) == NULL)
			str_add_char(out, c);
		else
			str_addf(out, "%%%02x", (unsigned char)c);
	}
	str_finish(&word);
}
