#include "email_worker/transfer.h"

#include "base/encoding.h"
#include "base/macros.h"
#include "email_worker/chars.h"

enum transfer_encoding transfer_by_name(struct slice name)
{
	static const struct {
		const char *name;
		enum transfer_encoding encoding;
	} rows[] = {
		{ "base64", TRANSFER_BASE64 },
		{ "quoted-printable", TRANSFER_QUOTED },
		{ "x-uuencode", TRANSFER_UU },
		{ "x-uue", TRANSFER_UU },
		{ "uuencode", TRANSFER_UU },
	};

	name = slice_trim(name);
	for (size_t i = 0; i < COUNT(rows); i++)
		if (slice_equals_nocase(name, rows[i].name))
			return rows[i].encoding;
	return TRANSFER_NONE;
}

/* ------------------------------------------------------------------------
 * Output in pieces
 * ------------------------------------------------------------------------ */

struct output {
	const struct mail_sink *sink;
	int64_t total;
	size_t len;
	bool failed;
	char piece[4096];
};

static void flush(struct output *out)
{
	if (out->len == 0)
		return;
	if (out->sink != NULL && !out->failed &&
		out->sink->write(out->sink->context,
			slice_make(out->piece, out->len)) != 0)
		out->failed = true;
	out->total += (int64_t)out->len;
	out->len = 0;
}

static void put(struct output *out, unsigned byte)
{
	if (out->len == sizeof(out->piece))
		flush(out);
	out->piece[out->len++] = (char)byte;
}

/* A line with its line break. */
static struct slice cut_line(struct slice *rest)
{
	struct slice line = *rest;
	const char *at =
		rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;

	if (at != NULL)
		line.len = (size_t)(at - rest->data) + 1;
	*rest = slice_make(rest->data + line.len, rest->len - line.len);
	return line;
}

/* ------------------------------------------------------------------------
 * Base64
 * ------------------------------------------------------------------------ */

/* Text that somebody appended in clear: behind an empty line, and not made of
 * this alphabet alone. */
static bool is_clear_text(struct slice line)
{
	line = slice_trim(line);
	for (size_t i = 0; i < line.len; i++)
		if (base64_value(line.data[i]) < 0 && line.data[i] != '=')
			return true;
	return false;
}

struct base64 {
	unsigned bits, count; /* of six bits each */
};

static void base64_line(struct output *out, struct base64 *b, struct slice line)
{
	for (size_t i = 0; i < line.len; i++) {
		int value = base64_value(line.data[i]);

		if (line.data[i] == '=')
			b->count = 0; /* the rest of a group is padding */
		if (value < 0)
			continue;
		b->bits = b->bits << 6 | (unsigned)value;
		b->count++;
		if (b->count > 1)
			put(out, b->bits >> (8 - 2 * b->count) & 0xff);
		b->count %= 4;
	}
}

static void decode_base64(struct output *out, struct slice raw)
{
	struct base64 b = { 0, 0 };
	bool after_gap = false, begun = false;

	while (raw.len > 0 && !out->failed) {
		struct slice line = cut_line(&raw);
		bool is_empty = slice_trim(line).len == 0;

		if (begun && after_gap && is_clear_text(line))
			return;
		base64_line(out, &b, line);
		begun = begun || !is_empty;
		after_gap = is_empty;
	}
}

/* ------------------------------------------------------------------------
 * Quoted-printable
 * ------------------------------------------------------------------------ */

/* Without its line break, and without the blanks that a relay padded it
 * with. */
static struct slice unpadded(struct slice line)
{
	while (line.len > 0 && char_is_in(line.data[line.len - 1], " \t\r\n"))
		line.len--;
	return line;
}

static void quoted_line(struct output *out, struct slice line)
{
	for (size_t i = 0; i < line.len; i++) {
		int high = -1, low = -1;

		if (line.data[i] == '=' && i + 2 < line.len) {
			high = hex_value(line.data[i + 1]);
			low = hex_value(line.data[i + 2]);
		}
		if (high < 0 || low < 0) {
			put(out, (unsigned char)line.data[i]);
			continue;
		}
		put(out, (unsigned)(high * 16 + low));
		i += 2;
	}
}

static void decode_quoted(struct output *out, struct slice raw)
{
	while (raw.len > 0 && !out->failed) {
		struct slice whole = cut_line(&raw);
		struct slice line = unpadded(whole);
		bool has_break = whole.data[whole.len - 1] == '\n';
		bool is_soft = line.len > 0 && line.data[line.len - 1] == '=' &&
			       has_break;

		if (is_soft)
			line.len--;
		quoted_line(out, line);
		if (has_break && !is_soft) {
			put(out, '\r');
			put(out, '\n');
		}
	}
}

/* ------------------------------------------------------------------------
 * The others
 * ------------------------------------------------------------------------ */

static unsigned uu_value(struct slice line, size_t at)
{
	return at < line.len ? ((unsigned char)line.data[at] - 0x20u) & 0x3f
			     : 0;
}

static void decode_uu(struct output *out, struct slice raw)
{
	while (raw.len > 0 && !out->failed) {
		struct slice line = unpadded(cut_line(&raw));
		unsigned left = uu_value(line, 0);

		if (slice_equals(line, "end"))
			return;
		if (line.len > 5 && memcmp(line.data, "begin ", 6) == 0)
			continue;
		for (size_t at = 1; left > 0; at += 4) {
			unsigned bits = uu_value(line, at) << 18 |
					uu_value(line, at + 1) << 12 |
					uu_value(line, at + 2) << 6 |
					uu_value(line, at + 3);

			for (int shift = 16; shift >= 0 && left > 0; left--) {
				put(out, bits >> shift & 0xff);
				shift -= 8;
			}
		}
	}
}

static void copy(struct output *out, struct slice raw)
{
	if (raw.len > 0 && out->sink != NULL &&
		out->sink->write(out->sink->context, raw) != 0)
		out->failed = true;
	out->total += (int64_t)raw.len;
}

int64_t transfer_decode(enum transfer_encoding encoding, struct slice raw,
	const struct mail_sink *sink)
{
	struct output out;

	out.sink = sink;
	out.total = 0;
	out.len = 0;
	out.failed = false;
	switch (encoding) {
	case TRANSFER_NONE:
		copy(&out, raw);
		break;
	case TRANSFER_BASE64:
		decode_base64(&out, raw);
		break;
	case TRANSFER_QUOTED:
		decode_quoted(&out, raw);
		break;
	case TRANSFER_UU:
		decode_uu(&out, raw);
		break;
	}
	flush(&out);
	return out.failed ? -1 : out.total;
}
