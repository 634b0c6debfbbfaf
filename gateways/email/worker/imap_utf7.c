/*
 * "&" stands for itself as "&-"; what is not printable ASCII is UTF-16 in a
 * base64 with "," for "/" and without padding, between "&" and "-".
 */
#include "email_worker/imap_utf7.h"

#include "base/utf8.h"

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* Bits that wait for the next digit, or the next 16 bits. */
struct bits {
	uint32_t value;
	unsigned count;
};

static void add_bits(struct bits *b, struct str *out, uint32_t unit)
{
	b->value = b->value << 16 | unit;
	b->count += 16;
	while (b->count >= 6) {
		b->count -= 6;
		str_add_char(out, digits[b->value >> b->count & 63]);
	}
}

static void end_shift(struct bits *b, struct str *out)
{
	if (b->count > 0)
		str_add_char(out, digits[b->value << (6 - b->count) & 63]);
	str_add_char(out, '-');
	*b = (struct bits){ 0 };
}

static void add_code(struct bits *b, struct str *out, uint32_t code)
{
	if (code < 0x10000) {
		add_bits(b, out, code);
		return;
	}
	add_bits(b, out, 0xd800 + ((code - 0x10000) >> 10));
	add_bits(b, out, 0xdc00 + ((code - 0x10000) & 0x3ff));
}

int imap_utf7_encode(struct str *out, struct slice text)
{
	struct bits bits = { 0 };
	bool is_shifted = false;

	while (text.len > 0) {
		uint32_t code;
		size_t len = utf8_next(text, &code);
		bool is_plain = code >= ' ' && code <= '~';

		if (len == 0)
			return -1;
		text.data += len;
		text.len -= len;
		if (is_plain && is_shifted)
			end_shift(&bits, out);
		if (!is_plain && !is_shifted)
			str_add_char(out, '&');
		is_shifted = !is_plain;
		if (is_shifted)
			add_code(&bits, out, code);
		else if (code == '&')
			str_add(out, "&-");
		else
			str_add_char(out, (char)code);
	}
	if (is_shifted)
		end_shift(&bits, out);
	return out->overflow ? -1 : 0;
}

/* --- Decoding ------------------------------------------------------------ */

static int digit_value(char c)
{
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* UTF-16 as it comes. */
struct units {
	uint32_t high; /* first half of a pair; 0: none */
};

static int add_unit(struct units *u, struct str *out, uint32_t unit)
{
	if (u->high != 0) {
		if (unit < 0xdc00 || unit > 0xdfff)
			return -1;
		utf8_add(out,
			0x10000 + ((u->high - 0xd800) << 10) + unit - 0xdc00);
		u->high = 0;
		return 0;
	}
	if (unit >= 0xd800 && unit <= 0xdbff) {
		u->high = unit;
		return 0;
	}
	if ((unit >= 0xdc00 && unit <= 0xdfff) || unit < ' ' || unit == 0x7f)
		return -1;
	utf8_add(out, unit);
	return 0;
}

/* What stands between "&" and "-". */
static int add_shifted(struct str *out, struct slice text)
{
	struct bits b = { 0 };
	struct units units = { 0 };

	for (size_t i = 0; i < text.len; i++) {
		int value = digit_value(text.data[i]);

		if (value < 0)
			return -1;
		b.value = b.value << 6 | (uint32_t)value;
		b.count += 6;
		if (b.count < 16)
			continue;
		b.count -= 16;
		if (add_unit(&units, out, b.value >> b.count & 0xffff) != 0)
			return -1;
	}
	return units.high == 0 ? 0 : -1;
}

int imap_utf7_decode(struct str *out, struct slice name)
{
	while (name.len > 0) {
		char c = name.data[0];
		struct slice shifted;

		name.data++;
		name.len--;
		if (c != '&') {
			if (c < ' ' || c == 0x7f)
				return -1;
			str_add_char(out, c);
			continue;
		}
		if (memchr(name.data, '-', name.len) == NULL)
			return -1;
		shifted = slice_cut(&name, '-');
		if (shifted.len == 0)
			str_add_char(out, '&');
		else if (add_shifted(out, shifted) != 0)
			return -1;
	}
	return out->overflow ? -1 : 0;
}
