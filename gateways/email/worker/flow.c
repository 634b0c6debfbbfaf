#include "email_worker/flow.h"

#include <stdint.h>

#include "base/utf8.h"
#include "email_worker/chars.h"
#include "email_worker/clean.h"
#include "email_worker/plain.h"

/* Characters of a flowed line, with its blank at the end. */
#define FLOW_WIDTH 72
/* RFC 5322 section 2.1.1, without CRLF. */
#define LINE_MAX   998
/* RFC 2045 section 6.7, rule 5: 76 with the '='. */
#define QUOTED_MAX 76

/* ------------------------------------------------------------------------
 * format=flowed
 * ------------------------------------------------------------------------ */

static void begin_flowed(struct str *out, struct slice line, bool is_quote)
{
	if (line.len == 0)
		return;
	if (line.data[0] == ' ' || (line.data[0] == '>' && !is_quote) ||
		(line.len >= 5 && memcmp(line.data, "From ", 5) == 0))
		str_add_char(out, ' ');
}

/* How many bytes go on this line: all, or up to behind a blank. */
static size_t fitting(struct slice line)
{
	size_t at = 0, width = 0, last = 0;

	while (at < line.len) {
		uint32_t code;
		size_t len = utf8_next(
			slice_make(line.data + at, line.len - at), &code);

		len = len > 0 ? len : 1;
		at += len;
		width++;
		/* Only where a word follows: else blanks would be lost. */
		if (code == ' ' && at < line.len && line.data[at] != ' ')
			last = at;
		if (width >= FLOW_WIDTH && last > 0)
			return last;
	}
	return line.len;
}

/* Lines that people quote themselves stay as they are. */
static void flow_line(struct str *out, struct slice line)
{
	bool is_quote = line.len > 0 && line.data[0] == '>';

	while (line.len > 0 && char_is_blank(line.data[line.len - 1]))
		line.len--;
	do {
		size_t len = is_quote ? line.len : fitting(line);
		struct slice piece = slice_make(line.data, len);

		/* "-- " alone begins a signature. */
		if (slice_equals(piece, "-- ") && len < line.len) {
			len = line.len;
			piece = line;
		}
		begin_flowed(out, piece, is_quote);
		str_add_slice(out, piece);
		str_add(out, "\r\n");
		line = slice_make(line.data + len, line.len - len);
	} while (line.len > 0);
}

void flow_text(struct str *out, struct slice text)
{
	struct str clean;
	struct slice rest, line;

	str_init(&clean, 4 * text.len + 16);
	clean_text(&clean, text);
	rest = str_slice(&clean);
	while (plain_next_line(&rest, &line))
		flow_line(out, line);
	str_finish(&clean);
}

/* ------------------------------------------------------------------------
 * Quoted-printable
 * ------------------------------------------------------------------------ */

bool flow_needs_quoting(struct slice lines)
{
	size_t len = 0;

	for (size_t i = 0; i < lines.len; i++) {
		len = lines.data[i] == '\n' ? 0 : len + 1;
		if ((unsigned char)lines.data[i] >= 0x80 || len > LINE_MAX)
			return true;
	}
	return false;
}

static bool is_literal(struct slice line, size_t at)
{
	unsigned char c = (unsigned char)line.data[at];

	if (c == ' ' || c == '\t')
		return at + 1 < line.len;
	return c > ' ' && c < 0x7f && c != '=';
}

/* How much room the character takes: its bytes stay on one line. */
static size_t quoted_len(struct slice line, size_t at, size_t bytes)
{
	size_t len = 0;

	for (size_t i = at; i < at + bytes; i++)
		len += is_literal(line, i) ? 1 : 3;
	return len;
}

static void quote_line(struct str *out, struct slice line)
{
	size_t used = 0, at = 0;

	while (at < line.len) {
		uint32_t code;
		size_t bytes = utf8_next(
			slice_make(line.data + at, line.len - at), &code);

		bytes = bytes > 0 ? bytes : 1;
		size_t len = quoted_len(line, at, bytes);
		if (used + len > QUOTED_MAX - 1) {
			str_add(out, "=\r\n");
			used = 0;
		}
		for (; bytes > 0; bytes--, at++) {
			if (is_literal(line, at))
				str_add_bytes(out, line.data + at, 1);
			else
				str_addf(out, "=%02X",
					(unsigned char)line.data[at]);
		}
		used += len;
	}
	str_add(out, "\r\n");
}

void flow_quote(struct str *out, struct slice lines)
{
	struct slice line;

	while (plain_next_line(&lines, &line))
		quote_line(out, line);
}
