/*
 * A number is 8 bytes, lowest first. A text is its length as a number (-1 for
 * NULL), its bytes and a NUL.
 */
#include "pack.h"

#include <string.h>

#include "utf8.h"

void pack_number(struct str *out, int64_t number)
{
	uint64_t rest = (uint64_t)number;

	for (int i = 0; i < 8; i++, rest >>= 8)
		str_add_char(out, (char)(rest & 0xff));
}

static void put(struct str *out, const char *text, size_t len)
{
	pack_number(out, text != NULL ? (int64_t)len : -1);
	if (text == NULL)
		return;
	str_add_bytes(out, text, len);
	str_add_char(out, '\0');
}

void pack_text(struct str *out, const char *text)
{
	put(out, text, text != NULL ? strlen(text) : 0);
}

void pack_text_max(struct str *out, const char *text, size_t max)
{
	put(out, text, text != NULL ? utf8_prefix(slice_of(text), max) : 0);
}

static const char *take(struct unpack *u, size_t len)
{
	const char *data = u->rest.data;

	if (u->is_broken || u->rest.len < len) {
		u->is_broken = true;
		return NULL;
	}
	u->rest = slice_make(data + len, u->rest.len - len);
	return data;
}

int64_t unpack_number(struct unpack *u)
{
	const char *bytes = take(u, 8);
	uint64_t number = 0;

	for (int i = 7; bytes != NULL && i >= 0; i--)
		number = number << 8 | (unsigned char)bytes[i];
	return (int64_t)number;
}

const char *unpack_text(struct unpack *u)
{
	int64_t len = unpack_number(u);

	if (u->is_broken || len == -1)
		return NULL;
	if (len < 0 || (uint64_t)len >= u->rest.len ||
		u->rest.data[len] != '\0') {
		u->is_broken = true;
		return NULL;
	}
	return take(u, (size_t)len + 1);
}
