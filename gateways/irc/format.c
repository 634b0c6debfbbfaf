/*
 * The text is cut into runs at the control codes; each run is decoded and,
 * when its format is not the default one, becomes a span. Cutting before
 * decoding is right: the codes are ASCII, so no UTF-8 sequence has one.
 */
#include "irc/format.h"

#include <stdbool.h>

#include "base/encoding.h"
#define BOLD      0x02
#define COLOR     0x03
#define HEX_COLOR 0x04
#define RESET     0x0f
#define MONO      0x11
#define REVERSE   0x16
#define ITALIC    0x1d
#define STRIKE    0x1e
#define UNDERLINE 0x1f

#define DEFAULT_COLOR (-1)
#define WHITE         0xffffff
#define BLACK         0x000000

/* 0-15 as mIRC shows them, 16-98 as modern-irc lists them; 99: default. */
static const int palette[] = {
	0xffffff,
	0x000000,
	0x00007f,
	0x009300,
	0xff0000,
	0x7f0000,
	0x9c009c,
	0xfc7f00,
	0xffff00,
	0x00fc00,
	0x009393,
	0x00ffff,
	0x0000fc,
	0xff00ff,
	0x7f7f7f,
	0xd2d2d2,
	0x470000,
	0x472100,
	0x474700,
	0x324700,
	0x004700,
	0x00472c,
	0x004747,
	0x002747,
	0x000047,
	0x2e0047,
	0x470047,
	0x47002a,
	0x740000,
	0x743a00,
	0x747400,
	0x517400,
	0x007400,
	0x007449,
	0x007474,
	0x004074,
	0x000074,
	0x4b0074,
	0x740074,
	0x740045,
	0xb50000,
	0xb56300,
	0xb5b500,
	0x7db500,
	0x00b500,
	0x00b571,
	0x00b5b5,
	0x0063b5,
	0x0000b5,
	0x7500b5,
	0xb500b5,
	0xb5006b,
	0xff0000,
	0xff8c00,
	0xffff00,
	0xb2ff00,
	0x00ff00,
	0x00ffa0,
	0x00ffff,
	0x008cff,
	0x0000ff,
	0xa500ff,
	0xff00ff,
	0xff0098,
	0xff5959,
	0xffb459,
	0xffff71,
	0xcfff60,
	0x6fff6f,
	0x65ffc9,
	0x6dffff,
	0x59b4ff,
	0x5959ff,
	0xc459ff,
	0xff66ff,
	0xff59bc,
	0xff9c9c,
	0xffd39c,
	0xffff9c,
	0xe2ff9c,
	0x9cff9c,
	0x9cffdb,
	0x9cffff,
	0x9cd3ff,
	0x9c9cff,
	0xdc9cff,
	0xff9cff,
	0xff94d3,
	0x000000,
	0x131313,
	0x282828,
	0x363636,
	0x4d4d4d,
	0x656565,
	0x818181,
	0x9f9f9f,
	0xbcbcbc,
	0xe2e2e2,
	0xffffff,
	DEFAULT_COLOR,
};

/* The format in force. */
struct format {
	unsigned style;
	bool reverse;
	int fg, bg;
};

static const struct format plain = { .fg = DEFAULT_COLOR, .bg = DEFAULT_COLOR };

/* Reads one colour at the start of `s`: its length, 0 when there is none. */
typedef size_t (*color_reader)(struct slice s, int *color_r);

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One or two digits; two are always taken when they are there. */
static size_t read_digits(struct slice s, int *color_r)
{
	if (s.len == 0 || !is_digit(s.data[0]))
		return 0;
	int number = s.data[0] - '0';
	size_t len = 1;
	if (s.len > 1 && is_digit(s.data[1])) {
		number = number * 10 + (s.data[1] - '0');
		len = 2;
	}
	*color_r = palette[number];
	return len;
}

static size_t read_hex(struct slice s, int *color_r)
{
	int color = 0;

	if (s.len < 6)
		return 0;
	for (size_t i = 0; i < 6; i++) {
		int digit = hex_value(s.data[i]);

		if (digit < 0)
			return 0;
		color = color * 16 + digit;
	}
	*color_r = color;
	return 6;
}

/* What follows a colour code: nothing (both colours back to default), a
 * foreground, or foreground, comma and background. Returns its length. */
static size_t read_colors(struct format *f, struct slice s, color_reader read)
{
	size_t len = read(s, &f->fg);

	if (len == 0) {
		f->fg = f->bg = DEFAULT_COLOR;
		return 0;
	}
	if (len + 1 < s.len && s.data[len] == ',') {
		size_t more = read(
			slice_make(s.data + len + 1, s.len - len - 1), &f->bg);

		/* A comma without a colour behind it is text. */
		if (more > 0)
			len += 1 + more;
	}
	return len;
}

/* Apply the code at the start of `s` to the format. Returns its length. */
static size_t read_code(struct format *f, struct slice s)
{
	struct slice rest = slice_make(s.data + 1, s.len - 1);

	switch (s.data[0]) {
	case BOLD:
		f->style ^= IRC_STYLE_BOLD;
		break;
	case ITALIC:
		f->style ^= IRC_STYLE_ITALIC;
		break;
	case UNDERLINE:
		f->style ^= IRC_STYLE_UNDERLINE;
		break;
	case STRIKE:
		f->style ^= IRC_STYLE_STRIKE;
		break;
	case MONO:
		f->style ^= IRC_STYLE_MONO;
		break;
	case REVERSE:
		f->reverse = !f->reverse;
		break;
	case COLOR:
		return 1 + read_colors(f, rest, read_digits);
	case HEX_COLOR:
		return 1 + read_colors(f, rest, read_hex);
	default:
		*f = plain;
		break;
	}
	return 1;
}

static bool is_code(char c)
{
	switch (c) {
	case BOLD:
	case COLOR:
	case HEX_COLOR:
	case RESET:
	case MONO:
	case REVERSE:
	case ITALIC:
	case STRIKE:
	case UNDERLINE:
		return true;
	default:
		return false;
	}
}

/* Bytes up to the next code. */
static size_t text_length(struct slice s)
{
	size_t len = 0;

	while (len < s.len &&
		((unsigned char)s.data[len] >= 0x20 || !is_code(s.data[len])))
		len++;
	return len;
}

/* A span of this format, without the reverse: readers get colours to show. */
static struct irc_span resolve(const struct format *f, size_t start, size_t end)
{
	struct irc_span span = { start, end, f->style, f->fg, f->bg };

	if (f->reverse) {
		/* The defaults are black on white to whoever reads it. */
		span.fg = f->bg != DEFAULT_COLOR ? f->bg : WHITE;
		span.bg = f->fg != DEFAULT_COLOR ? f->fg : BLACK;
	}
	return span;
}

static bool same_format(const struct irc_span *a, const struct irc_span *b)
{
	return a->style == b->style && a->fg == b->fg && a->bg == b->bg;
}

/* Add a span; one that just continues the last is joined with it. */
static size_t add_span(
	struct irc_span *spans, size_t count, struct irc_span span)
{
	if (span.style == 0 && span.fg == DEFAULT_COLOR &&
		span.bg == DEFAULT_COLOR)
		return count;
	if (count > 0 && spans[count - 1].end == span.start &&
		same_format(&spans[count - 1], &span)) {
		spans[count - 1].end = span.end;
		return count;
	}
	if (count == IRC_MAX_SPANS)
		return count;
	spans[count] = span;
	return count + 1;
}

size_t irc_format_parse(struct slice raw, enum charset fallback,
	struct str *out, struct irc_span spans[IRC_MAX_SPANS])
{
	struct format format = plain;
	size_t count = 0;

	while (raw.len > 0) {
		size_t len = text_length(raw);
		size_t start = out->len;

		if (len > 0)
			charset_decode(
				out, slice_make(raw.data, len), fallback);
		if (out->len > start)
			count = add_span(spans, count,
				resolve(&format, start, out->len));
		raw = slice_make(raw.data + len, raw.len - len);
		if (raw.len > 0)
			len = read_code(&format, raw);
		else
			len = 0;
		raw = slice_make(raw.data + len, raw.len - len);
	}
	return count;
}
