#include "email_worker/reaction.h"

#include <strings.h>

#include "base/encoding.h"
#include "base/utf8.h"
#include "email_worker/chars.h"
#include "email_worker/charset.h"
#include "email_worker/clean.h"

#define REACTION_MAX ((size_t)200)

/* Only what could be emoji: no letters of any alphabet that names things. */
static bool is_emoji(struct slice text)
{
	bool has_symbol = false;

	while (text.len > 0) {
		uint32_t code;
		size_t len = utf8_next(text, &code);

		if (len == 0 ||
			(code < 0x80 && code != ' ' && code != '#' &&
				code != '*' && !char_is_digit((char)code)) ||
			(code >= 0xc0 && code < 0x2000))
			return false;
		has_symbol = has_symbol || code >= 0x80;
		text = slice_make(text.data + len, text.len - len);
	}
	return has_symbol;
}

static uint32_t hex4(const char *p)
{
	uint32_t value = 0;

	for (size_t i = 0; i < 4; i++) {
		int digit = hex_value(p[i]);

		if (digit < 0)
			return 0xfffd;
		value = value * 16 + (uint32_t)digit;
	}
	return value;
}

/* A string of JSON from behind its opening quote on. */
static void read_string(struct str *out, struct slice s)
{
	for (size_t i = 0; i < s.len && s.data[i] != '"'; i++) {
		if (s.data[i] != '\\') {
			str_add_bytes(out, s.data + i, 1);
			continue;
		}
		if (s.len - i < 6 || s.data[i + 1] != 'u')
			return;
		uint32_t code = hex4(s.data + i + 2);
		i += 5;
		if (code >= 0xd800 && code < 0xdc00 && s.len - i > 6 &&
			s.data[i + 1] == '\\' && s.data[i + 2] == 'u') {
			code = 0x10000 + ((code - 0xd800) << 10) +
			       (hex4(s.data + i + 3) - 0xdc00);
			i += 6;
		}
		utf8_add(out, code);
	}
}

/* {"version":1,"emoji":"x"} */
static void read_gmail(struct str *out, struct slice json)
{
	static const char key[] = "\"emoji\"";
	const char *at = NULL;

	if (json.len > 0)
		at = memmem(json.data, json.len, key, strlen(key));
	if (at == NULL)
		return;
	at += strlen(key);
	const char *end = json.data + json.len;
	while (at < end && char_is_in(*at, " \t\r\n:"))
		at++;
	if (at < end && *at == '"')
		read_string(out, slice_make(at + 1, (size_t)(end - at) - 1));
}

static bool is_gmail(const struct tree_part *p)
{
	return tree_is(p, "text/vnd.google.email-reaction+json");
}

const char *reaction_read(const struct tree *t, struct arena *arena)
{
	const struct tree_part *p = NULL;
	struct str bytes, text, line;
	const char *found = NULL;

	for (size_t i = 0; i < t->count && p == NULL; i++)
		if (is_gmail(&t->parts[i]) ||
			strcasecmp(tree_disposition(&t->parts[i]),
				"reaction") == 0)
			p = &t->parts[i];
	if (p == NULL)
		return NULL;
	str_init(&bytes, 4096);
	str_init(&text, 4096);
	str_init(&line, 4 * REACTION_MAX);
	tree_read(p, &bytes);
	if (is_gmail(p))
		read_gmail(&text, str_slice(&bytes));
	else
		charset_to_utf8(&text, str_slice(&bytes),
			slice_of(tree_parameter(p, "charset")));
	clean_line(&line, str_slice(&text), REACTION_MAX);
	/* Delta Chat: none any more. */
	if (line.len == 0 && text.len <= 2 && !is_gmail(p))
		found = "";
	else if (is_emoji(str_slice(&line)))
		found = arena_copy(arena, str_slice(&line));
	str_finish(&bytes);
	str_finish(&text);
	str_finish(&line);
	return found;
}
