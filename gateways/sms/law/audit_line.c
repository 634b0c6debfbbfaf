#include "sms_law/audit_line.h"

#include <string.h>

#include "base/utf8.h"

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("+-.,:;@/_*", c) != NULL);
}

static bool is_all_plain(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!is_plain(value.data[i]))
			return false;
	return true;
}

/* Controls, line and paragraph separators, marks and overrides of direction. */
static bool is_harmful(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c ||
	       (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

static void put_bytes(struct str *line, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		str_addf(line, "\\x%02x", (unsigned char)bytes.data[i]);
}

static void put_quoted(struct str *line, struct slice rest)
{
	while (rest.len > 0) {
		uint32_t code = 0;
		size_t len = utf8_next(rest, &code);
		struct slice one = slice_make(rest.data, len > 0 ? len : 1);
		if (len == 0 || is_harmful(code)) {
			put_bytes(line, one);
		} else {
			if (code == '"' || code == '\\')
				str_add(line, "\\");
			str_add_slice(line, one);
		}
		rest = slice_make(rest.data + one.len, rest.len - one.len);
	}
}

void audit_put(struct str *line, const char *key, struct slice value)
{
	str_addf(line, " %s=", key);
	if (value.len == 0) {
		str_add(line, "-");
	} else if (is_all_plain(value)) {
		str_add_slice(line, value);
	} else {
		str_add(line, "\"");
		put_quoted(line, value);
		str_add(line, "\"");
	}
}

void audit_put_text(struct str *line, const char *key, const char *value)
{
	audit_put(line, key, slice_of(value != NULL ? value : ""));
}
