/*
 * Every decoder hands its characters to add_code(), so that line ends and what
 * XML cannot carry are handled in one place.
 */
#include "sms_data/alphabet.h"

#include "base/utf8.h"

#define REPLACEMENT 0xfffdu

/* What a decoder remembers from one character to the next. */
struct writer {
	struct str *out;
	bool after_cr;
};

static void add_code(struct writer *w, uint32_t code)
{
	bool is_second = w->after_cr && code == '\n';

	w->after_cr = code == '\r';
	if (code == 0 || is_second)
		return;
	if (code == '\r' || code == '\f')
		code = '\n';
	utf8_add(w->out, utf8_is_xml_char(code) ? code : REPLACEMENT);
}

/* The next character of a text that is expected to be clean. */
static uint32_t take_code(struct slice *text)
{
	uint32_t code;
	size_t len = utf8_next(*text, &code);

	if (len == 0) {
		len = 1;
		code = REPLACEMENT;
	}
	*text = slice_make(text->data + len, text->len - len);
	return code;
}

/* --- Septets ------------------------------------------------------------- */

size_t gsm_character(struct gsm_tables tables, uint32_t code, char out[2])
{
	int septet = national_find_locking(tables.locking, code);

	if (septet >= 0) {
		out[0] = (char)septet;
		return 1;
	}
	septet = national_find_single(tables.single, code);
	if (septet < 0)
		return 0;
	out[0] = GSM_ESCAPE;
	out[1] = (char)septet;
	return 2;
}

int gsm_count(struct gsm_tables tables, struct slice text, size_t *septets_r)
{
	size_t septets = 0;
	char unused[2];

	while (text.len > 0) {
		size_t more = gsm_character(tables, take_code(&text), unused);

		if (more == 0)
			return -1;
		septets += more;
	}
	*septets_r = septets;
	return 0;
}

bool gsm_subset_has(enum gsm_subset subset, struct slice text)
{
	uint32_t last = subset == GSM_OF_ASCII ? 0x7f : 0xff;

	if (subset == GSM_NOTHING)
		return false;
	for (size_t at = 0; at < text.len && subset != GSM_WHOLE;) {
		uint32_t code = 0xfffd;
		size_t len = utf8_next(
			slice_make(text.data + at, text.len - at), &code);

		if (len == 0 || code > last)
			return false;
		at += len;
	}
	return true;
}

int gsm_encode(struct str *out, struct gsm_tables tables, struct slice text)
{
	size_t before = out->len;
	char septets[2];

	while (text.len > 0) {
		size_t len = gsm_character(tables, take_code(&text), septets);

		if (len == 0) {
			str_truncate(out, before);
			return -1;
		}
		str_add_bytes(out, septets, len);
	}
	return 0;
}

/* What is not in an extension is shown as in the table it extends (the note
 * below the tables of section 6.2.1.1 and annex A.2). */
static uint32_t escaped(struct gsm_tables tables, unsigned char septet)
{
	if (septet == GSM_ESCAPE)
		return ' ';
	uint32_t code = national_single(tables.single, septet);
	return code != 0 ? code : national_locking(tables.locking, septet);
}

void gsm_decode(struct str *out, struct gsm_tables tables, struct slice septets)
{
	struct writer w = { .out = out };

	for (size_t i = 0; i < septets.len; i++) {
		unsigned char septet = (unsigned char)septets.data[i];
		uint32_t code;

		if (septet == GSM_ESCAPE) {
			if (++i == septets.len)
				break;
			code = escaped(tables, (unsigned char)septets.data[i]);
		} else {
			code = national_locking(tables.locking, septet);
		}
		add_code(&w, code != 0 ? code : REPLACEMENT);
	}
}

void gsm_pack(struct str *out, struct slice septets, unsigned fill)
{
	unsigned bits = 0, used = fill; /* of the octet in the making */

	for (size_t i = 0; i < septets.len; i++) {
		bits |= ((unsigned char)septets.data[i] & 0x7fu) << used;
		used += 7;
		if (used >= 8) {
			str_add_char(out, (char)(bits & 0xff));
			bits >>= 8;
			used -= 8;
		}
	}
	if (used > 0 && septets.len > 0)
		str_add_char(out, (char)bits);
}

void gsm_unpack(
	struct str *out, struct slice packed, size_t count, unsigned fill)
{
	size_t available = packed.len * 8;

	for (size_t at = fill; count > 0 && at + 7 <= available; at += 7) {
		const unsigned char *p =
			(const unsigned char *)packed.data + at / 8;
		unsigned bits = p[0];

		if (at % 8 > 1)
			bits |= (unsigned)p[1] << 8;
		str_add_char(out, (char)(bits >> at % 8 & 0x7f));
		count--;
	}
}

unsigned gsm_fill(size_t header)
{
	return (unsigned)((7 - header * 8 % 7) % 7);
}

/* --- UTF-16 -------------------------------------------------------------- */

size_t ucs2_count(struct slice text)
{
	size_t units = 0;

	while (text.len > 0)
		units += take_code(&text) > 0xffff ? 2 : 1;
	return units;
}

static void add_unit(struct str *out, uint32_t unit)
{
	char octets[2] = { (char)(unit >> 8), (char)unit };

	str_add_bytes(out, octets, sizeof(octets));
}

void ucs2_encode(struct str *out, struct slice text)
{
	while (text.len > 0) {
		uint32_t code = take_code(&text);

		if (code > 0xffff) {
			add_unit(out, 0xd800 + ((code - 0x10000) >> 10));
			code = 0xdc00 + (code & 0x3ff);
		}
		add_unit(out, code);
	}
}

static bool is_high(uint32_t unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(uint32_t unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

void ucs2_decode(struct str *out, struct slice octets)
{
	const unsigned char *p = (const unsigned char *)octets.data;
	struct writer w = { .out = out };
	size_t first = 0; /* of a unit's octets: which one counts 256 */
	uint32_t high = 0;

	for (size_t i = 0; i + 1 < octets.len; i += 2) {
		uint32_t unit = (uint32_t)p[i + first] << 8 | p[i + 1 - first];

		if (i == 0 && (unit == 0xfeff || unit == 0xfffe)) {
			first = unit == 0xfffe;
			continue;
		}
		if (high != 0 && is_low(unit)) {
			unit = 0x10000 + ((high - 0xd800) << 10) +
			       (unit - 0xdc00);
		} else if (high != 0) {
			add_code(&w, REPLACEMENT);
		}
		high = is_high(unit) ? unit : 0;
		if (high == 0)
			add_code(&w, unit);
	}
	if (high != 0 || octets.len % 2 != 0)
		add_code(&w, REPLACEMENT);
}

/* --- Octets -------------------------------------------------------------- */

int latin1_encode(struct str *out, struct slice text)
{
	size_t before = out->len;

	while (text.len > 0) {
		uint32_t code = take_code(&text);

		if (code > 0xff) {
			str_truncate(out, before);
			return -1;
		}
		str_add_char(out, (char)code);
	}
	return 0;
}

static bool is_special(char c)
{
	return c == '\0' || c == '\r' || c == '\f';
}

/* Append by `add` what is between the characters that add_code() handles. */
static void add_runs(struct str *out, struct slice octets,
	void (*add)(struct str *out, struct slice run))
{
	struct writer w = { .out = out };

	while (octets.len > 0) {
		size_t len = 0;

		if (is_special(octets.data[0]) || octets.data[0] == '\n') {
			len = 1;
			add_code(&w, (unsigned char)octets.data[0]);
		} else {
			while (len < octets.len && octets.data[len] != '\n' &&
				!is_special(octets.data[len]))
				len++;
			add(out, slice_make(octets.data, len));
			w.after_cr = false;
		}
		octets = slice_make(octets.data + len, octets.len - len);
	}
}

static void add_windows(struct str *out, struct slice run)
{
	charset_decode(out, run, CHARSET_WINDOWS_1252);
}

void latin1_decode(struct str *out, struct slice octets)
{
	add_runs(out, octets, add_windows);
}

void utf8_decode(struct str *out, struct slice octets)
{
	add_runs(out, octets, utf8_clean);
}
