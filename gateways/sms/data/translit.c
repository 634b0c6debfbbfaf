/*
 * Letters are in runs of one character for each code point, the rest in pairs;
 * both in the order of the code points that they begin with.
 */
#include "sms_data/translit.h"

#include "base/utf8.h"
#include "sms_data/alphabet.h"

/* From `first` on, one character for each; a blank where nothing stands for it
 * or it is in the alphabet. */
static const struct {
	uint32_t first;
	const char *letters;
} runs[] = {
	{ 0x00c0, "AAAA    E EEIIIID OOOO x UUU Y   aaa   Ç  ee iiid  ooo / "
		  " uu y y" },
	{ 0x0100, "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi  JjKkk"
		  "LlLlLlLlLlNnNnNn NnOoOoOo  RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUu"
		  "WwYyYZzZzZzs" },
	{ 0x0218, "SsTt" },
	{ 0x0386, "A EHI O YΩIAB  EZH IK MN O P  TY X  IYAEHIYABΓΔEZHΘIKΛMNΞO"
		  "ΠPΣΣTYΦXΨΩIYOYΩ" },
	{ 0x1e80, "WwWwWw" },
	{ 0x1ea0, "AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEeIiIiOoOoOoOoOoOoOo"
		  "OoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy" },
};

/* The code points from `first` to `last`. */
static const struct {
	uint32_t first, last;
	const char *text;
} others[] = {
	{ '\t', '\t', " " },
	{ '`', '`', "'" },
	{ 0x00a0, 0x00a0, " " },
	{ 0x00a2, 0x00a2, "c" },
	{ 0x00a6, 0x00a6, "|" },
	{ 0x00a8, 0x00a8, "\"" },
	{ 0x00a9, 0x00a9, "(C)" },
	{ 0x00aa, 0x00aa, "a" },
	{ 0x00ab, 0x00ab, "\"" },
	{ 0x00ad, 0x00ad, "" }, /* soft hyphen */
	{ 0x00ae, 0x00ae, "(R)" },
	{ 0x00af, 0x00af, "-" },
	{ 0x00b1, 0x00b1, "+/-" },
	{ 0x00b2, 0x00b2, "2" },
	{ 0x00b3, 0x00b3, "3" },
	{ 0x00b4, 0x00b4, "'" },
	{ 0x00b5, 0x00b5, "u" },
	{ 0x00b7, 0x00b7, "." },
	{ 0x00b8, 0x00b8, "," },
	{ 0x00b9, 0x00b9, "1" },
	{ 0x00ba, 0x00ba, "o" },
	{ 0x00bb, 0x00bb, "\"" },
	{ 0x00bc, 0x00bc, "1/4" },
	{ 0x00bd, 0x00bd, "1/2" },
	{ 0x00be, 0x00be, "3/4" },
	{ 0x00de, 0x00de, "Th" },
	{ 0x00fe, 0x00fe, "th" },
	{ 0x0132, 0x0132, "IJ" },
	{ 0x0133, 0x0133, "ij" },
	{ 0x0149, 0x0149, "'n" },
	{ 0x0152, 0x0152, "OE" },
	{ 0x0153, 0x0153, "oe" },
	{ 0x02bb, 0x02bd, "'" },
	{ 0x0300, 0x036f, "" }, /* combining accents */
	{ 0x1e9e, 0x1e9e, "ß" },
	{ 0x2000, 0x200a, " " },
	{ 0x200b, 0x200f, "" }, /* joiners, directions */
	{ 0x2010, 0x2015, "-" },
	{ 0x2018, 0x201b, "'" },
	{ 0x201c, 0x201f, "\"" },
	{ 0x2022, 0x2022, "*" },
	{ 0x2026, 0x2026, "..." },
	{ 0x2028, 0x2029, "\n" },
	{ 0x202a, 0x202e, "" }, /* directions */
	{ 0x202f, 0x202f, " " },
	{ 0x2032, 0x2032, "'" },
	{ 0x2033, 0x2033, "\"" },
	{ 0x2039, 0x203a, "'" },
	{ 0x205f, 0x205f, " " },
	{ 0x2060, 0x2060, "" },
	{ 0x2066, 0x2069, "" },
	{ 0x2116, 0x2116, "No." },
	{ 0x2122, 0x2122, "TM" },
	{ 0x2190, 0x2190, "<-" },
	{ 0x2192, 0x2192, "->" },
	{ 0x2212, 0x2212, "-" },
	{ 0x2260, 0x2260, "!=" },
	{ 0x2264, 0x2264, "<=" },
	{ 0x2265, 0x2265, ">=" },
	{ 0x3000, 0x3000, " " },
	{ 0xfb00, 0xfb00, "ff" },
	{ 0xfb01, 0xfb01, "fi" },
	{ 0xfb02, 0xfb02, "fl" },
	{ 0xfb03, 0xfb03, "ffi" },
	{ 0xfb04, 0xfb04, "ffl" },
	{ 0xfe00, 0xfe0f, "" }, /* variation selectors */
	{ 0xfeff, 0xfeff, "" },
};

static const struct slice nothing = { NULL, 0 };

static struct slice letter_of(const char *letters, uint32_t index)
{
	struct slice rest = slice_of(letters);
	uint32_t code;
	size_t len = utf8_next(rest, &code);

	for (; len > 0 && index > 0; index--) {
		rest = slice_make(rest.data + len, rest.len - len);
		len = utf8_next(rest, &code);
	}
	if (len == 0 || code == ' ')
		return nothing;
	return slice_make(rest.data, len);
}

struct slice translit_of(uint32_t code)
{
	struct slice letter = nothing;

	for (size_t i = 0; i < COUNT(others) && others[i].first <= code; i++)
		if (code <= others[i].last)
			return slice_of(others[i].text);
	for (size_t i = 0; i < COUNT(runs) && runs[i].first <= code; i++)
		letter = letter_of(runs[i].letters, code - runs[i].first);
	return letter;
}

int translit(struct str *out, struct slice text)
{
	static const struct gsm_tables plain = { 0 };
	size_t before = out->len;
	char septets[2];

	while (text.len > 0) {
		uint32_t code;
		size_t len = utf8_next(text, &code);
		struct slice use = slice_make(text.data, len);

		if (len > 0 && gsm_character(plain, code, septets) == 0)
			use = translit_of(code);
		if (len == 0 || use.data == NULL) {
			str_truncate(out, before);
			return -1;
		}
		str_add_slice(out, use);
		text = slice_make(text.data + len, text.len - len);
	}
	return 0;
}
