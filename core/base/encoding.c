#include "base/encoding.h"

#include <stdint.h>

/* --- Base 16 ------------------------------------------------------------- */

int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void hex_encode(struct str *out, struct slice in)
{
	static const char digits[] = "0123456789abcdef";
	char *at;

	if (in.len > SIZE_MAX / 4)
		return;
	at = str_reserve(out, in.len * 2);
	if (at == NULL)
		return;
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = (unsigned char)in.data[i];

		at[2 * i] = digits[c >> 4];
		at[2 * i + 1] = digits[c & 15];
	}
	str_commit(out, in.len * 2);
}

int hex_decode(struct str *out, struct slice in)
{
	size_t size = in.len / 2;
	char *to;

	if (in.len % 2 != 0)
		return -1;
	to = str_reserve(out, size);
	if (to == NULL)
		return -1;
	for (size_t i = 0; i < size; i++) {
		int high = hex_value(in.data[2 * i]);
		int low = hex_value(in.data[2 * i + 1]);

		if (high < 0 || low < 0) {
			str_truncate(out, out->len);
			return -1;
		}
		to[i] = (char)(high << 4 | low);
	}
	str_commit(out, size);
	return 0;
}

/* --- Base 64 ------------------------------------------------------------- */

int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

void base64_encode(struct str *out, struct slice in)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/=";
	size_t groups = in.len / 3 + (in.len % 3 != 0);
	const unsigned char *from = (const unsigned char *)in.data;
	char *at;

	at = str_reserve(
		out, groups > SIZE_MAX / 8 ? SIZE_MAX / 2 : groups * 4);
	if (at == NULL)
		return;
	for (size_t i = 0; i < in.len; i += 3) {
		size_t have = in.len - i;
		unsigned word = (unsigned)from[i] << 16;

		if (have > 1)
			word |= (unsigned)from[i + 1] << 8;
		if (have > 2)
			word |= from[i + 2];
		*at++ = digits[word >> 18];
		*at++ = digits[word >> 12 & 63];
		*at++ = digits[have > 1 ? word >> 6 & 63 : 64];
		*at++ = digits[have > 2 ? word & 63 : 64];
	}
	str_commit(out, groups * 4);
}

/* Decode `digits` of the four characters of one group into `out`; the
 * padding is already known to be right. Bits behind the last byte must be
 * zero (RFC 4648 section 3.5), so that there is one text for one value. */
static int base64_group(const char *in, size_t digits, unsigned char *out)
{
	unsigned word = 0;

	for (size_t i = 0; i < digits; i++) {
		int digit = base64_value(in[i]);

		if (digit < 0)
			return -1;
		word |= (unsigned)digit << (18 - 6 * i);
	}
	out[0] = (unsigned char)(word >> 16);
	if (digits == 2)
		return (word & 0xffff) == 0 ? 0 : -1;
	out[1] = (unsigned char)(word >> 8);
	if (digits == 3)
		return (word & 0xff) == 0 ? 0 : -1;
	out[2] = (unsigned char)word;
	return 0;
}

int base64_decode(struct str *out, struct slice in)
{
	const char *from = in.data;
	size_t padding = 0;

	if (in.len % 4 != 0)
		return -1;
	if (in.len > 0 && from[in.len - 1] == '=')
		padding = from[in.len - 2] == '=' ? 2 : 1;
	size_t size = in.len / 4 * 3;
	unsigned char *to = (unsigned char *)str_reserve(out, size - padding);
	if (to == NULL)
		return -1;
	for (size_t i = 0; i < in.len; i += 4, to += 3) {
		size_t digits = i + 4 == in.len ? 4 - padding : 4;

		if (base64_group(from + i, digits, to) != 0) {
			str_truncate(out, out->len);
			return -1;
		}
	}
	str_commit(out, size - padding);
	return 0;
}

/* --- Percent signs ------------------------------------------------------- */

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void percent_encode(struct str *out, struct slice in)
{
	for (size_t i = 0; i < in.len; i++) {
		char c = in.data[i];

		if (is_unreserved(c))
			str_add_char(out, c);
		else
			str_addf(out, "%%%02X", (unsigned char)c);
	}
}

void percent_decode(struct str *out, struct slice in)
{
	for (size_t i = 0; i < in.len; i++) {
		bool is_code = in.data[i] == '%' && in.len - i > 2;
		int high = is_code ? hex_value(in.data[i + 1]) : -1;
		int low = is_code ? hex_value(in.data[i + 2]) : -1;
		char c = in.data[i];

		if (high >= 0 && low >= 0) {
			c = (char)(high << 4 | low);
			i += 2;
		}
		str_add_bytes(out, &c, 1);
	}
}
