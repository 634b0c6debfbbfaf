#include "host/spelling.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "xmpp/jid.h"

/* Most digits of a code point. */
#define DIGITS 6

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The length of \uHEX; at the start of `text`; 0: there is none. */
static size_t read_code(struct slice text, uint32_t *code_r)
{
	size_t at = 2;
	if (text.len < 4 || text.data[0] != '\\' || text.data[1] != 'u')
		return 0;
	*code_r = 0;
	for (; at < text.len && digit(text.data[at]) >= 0; at++) {
		if (at == 2 + DIGITS)
			return 0;
		*code_r = *code_r << 4 | (uint32_t)digit(text.data[at]);
	}
	bool is_scalar = *code_r > 0 && *code_r <= 0x10ffff &&
			 (*code_r < 0xd800 || *code_r > 0xdfff);
	bool ends = at > 2 && at < text.len && text.data[at] == ';';
	return is_scalar && ends ? at + 1 : 0;
}

static bool is_printable(uint32_t code)
{
	return code >= 0x20 && code < 0x7f;
}

/* What would be read as a code is written as one; with `all`, so is every
 * character that is not printable ASCII. */
static void write_codes(struct str *out, struct slice name, bool all)
{
	while (name.len > 0) {
		uint32_t code, ignored;
		size_t len = utf8_next(name, &code);
		if (len == 0)
			return;
		if ((all && !is_printable(code)) ||
			read_code(name, &ignored) > 0)
			str_addf(out, "\\u%x;", (unsigned)code);
		else
			str_add_bytes(out, name.data, len);
		name = slice_make(name.data + len, name.len - len);
	}
}

static void read_codes(struct str *out, struct slice text)
{
	while (text.len > 0) {
		uint32_t code = 0;
		size_t len = read_code(text, &code);
		if (len > 0)
			utf8_add(out, code);
		else
			str_add_char(out, text.data[0]);
		if (len == 0)
			len = 1;
		text = slice_make(text.data + len, text.len - len);
	}
}

int spell_local(struct str *out, struct slice name)
{
	struct str codes = { .max = 8 * LIMIT_JID_PART };
	struct str local = { .max = LIMIT_JID_PART + 1 };
	bool good = false;
	for (int all = 0; all < 2 && !good; all++) {
		str_reset(&codes);
		str_reset(&local);
		write_codes(&codes, name, all == 1);
		good = !codes.overflow &&
		       jid_escape(&local, str_slice(&codes)) == 0 &&
		       jid_is_portable_local(str_slice(&local));
	}
	if (good)
		str_add_slice(out, str_slice(&local));
	str_finish(&codes);
	str_finish(&local);
	return good ? 0 : -1;
}

int spell_resource(struct str *out, struct slice name)
{
	struct str codes = { .max = 8 * LIMIT_JID_PART };
	bool good = false;
	for (int all = 0; all < 2 && !good; all++) {
		str_reset(&codes);
		write_codes(&codes, name, all == 1);
		good = !codes.overflow &&
		       jid_is_portable_resource(str_slice(&codes));
	}
	if (good)
		str_add_slice(out, str_slice(&codes));
	str_finish(&codes);
	return good ? 0 : -1;
}

void spell_read_local(struct str *out, struct slice local)
{
	struct str codes = { .max = LIMIT_JID_PART + 1 };
	jid_unescape(&codes, local);
	read_codes(out, str_slice(&codes));
	str_finish(&codes);
}

void spell_read_resource(struct str *out, struct slice resource)
{
	read_codes(out, resource);
}
