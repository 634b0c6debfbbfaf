/*
 * Lines are found from their end: what stands between two of CR and LF. A line
 * is complete with its end, so that nothing depends on how the bytes came.
 */
#include "sms_modem/at.h"

#include "base/encoding.h"

static bool is_end(char c)
{
	return c == '\r' || c == '\n';
}

/* What separates lines, or is noise of a modem that starts. */
static bool is_blank(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f;
}

static struct slice without(struct slice s, size_t len)
{
	return slice_make(s.data + len, s.len - len);
}

static size_t blanks_of(struct slice s)
{
	size_t n = 0;

	while (n < s.len && is_blank(s.data[n]))
		n++;
	return n;
}

/* The length of the line that `s` starts with; s.len when it has no end. */
static size_t line_len(struct slice s)
{
	size_t n = 0;

	while (n < s.len && !is_end(s.data[n]))
		n++;
	return n;
}

static bool is_hex(struct slice s)
{
	if (s.len == 0 || s.len % 2 != 0)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (hex_value(s.data[i]) < 0)
			return false;
	return true;
}

/* --- One line ------------------------------------------------------------ */

static bool starts_with(struct slice s, const char *start)
{
	size_t len = strlen(start);

	return s.len >= len &&
	       slice_equals_nocase(slice_make(s.data, len), start);
}

static bool is_any_of(struct slice s, const char *const *names)
{
	for (; *names != NULL; names++)
		if (slice_equals_nocase(s, *names))
			return true;
	return false;
}

/* "+CMTI: ..." has a name; "OK", "^RSSI:5" and digits have none. */
static void split_name(struct at_line *line)
{
	size_t n = 1;

	if (line->text.data[0] != '+')
		return;
	while (n < line->text.len && line->text.data[n] != ':')
		n++;
	line->name = slice_make(line->text.data, n);
	if (n < line->text.len)
		line->args = slice_trim(without(line->text, n + 1));
}

static void read_error(struct at_line *line)
{
	struct slice args = line->args;

	if (slice_equals_nocase(line->name, "+CMS ERROR"))
		line->error = AT_ERROR_CMS;
	else if (slice_equals_nocase(line->name, "+CME ERROR"))
		line->error = AT_ERROR_CME;
	else
		return;
	line->kind = AT_ERROR;
	line->code = at_number(&args);
}

static void read_line(struct slice text, struct at_line *line)
{
	/* The second is what some modems say instead of "ERROR". */
	static const char *const failures[] = { "ERROR", "COMMAND NOT SUPPORT",
		"TOO MANY PARAMETERS", NULL };

	*line = (struct at_line){ .text = text, .code = -1 };
	split_name(line);
	if (slice_equals_nocase(text, "OK"))
		line->kind = AT_OK;
	else if (is_any_of(text, failures))
		line->kind = AT_ERROR;
	else
		read_error(line);
}

/* --- The stream ---------------------------------------------------------- */

static bool announces_pdu(const struct at_line *line)
{
	static const char *const names[] = { "+CMGL", "+CMGR", "+CMT", "+CDS",
		NULL };

	return is_any_of(line->name, names);
}

/* The second line in `rest`, which begins with the end of the first. False:
 * it may still come. */
static bool take_pdu(struct slice rest, struct at_line *line, size_t *used_r)
{
	size_t blanks = blanks_of(rest);
	struct slice next = without(rest, blanks);
	size_t len = line_len(next);
	struct slice text = slice_make(next.data, len);

	*used_r = 0;
	if (len == next.len && len <= AT_LINE_MAX)
		return false;
	if (len > AT_LINE_MAX || !is_hex(slice_trim(text)))
		return true;
	line->pdu = slice_trim(text);
	*used_r = blanks + len;
	return true;
}

/* Drop what comes before a line: blanks, and the rest of a long one. */
static size_t skip(struct at_reader *r, struct slice input)
{
	size_t used = 0;

	if (r->is_skipping) {
		used = line_len(input);
		r->is_skipping = used == input.len;
	}
	if (r->is_skipping)
		return used;
	return used + blanks_of(without(input, used));
}

/* The line that `rest` starts with. */
static bool take_line(struct at_reader *r, struct slice rest,
	struct at_line *line_r, size_t *used_r)
{
	size_t len = line_len(rest);
	size_t pdu_len = 0;

	*used_r = 0;
	if (len > AT_LINE_MAX) {
		*used_r = len;
		r->is_skipping = true;
		return false;
	}
	if (len == rest.len)
		return false;
	read_line(slice_trim(slice_make(rest.data, len)), line_r);
	if (announces_pdu(line_r) &&
		!take_pdu(without(rest, len), line_r, &pdu_len))
		return false;
	*used_r = len + pdu_len;
	return true;
}

bool at_next(struct at_reader *r, struct slice input, struct at_line *line_r,
	size_t *used_r)
{
	size_t part;

	*used_r = 0;
	for (;;) {
		*used_r += skip(r, without(input, *used_r));
		struct slice rest = without(input, *used_r);
		if (rest.len == 0)
			return false;
		if (r->wants_prompt && rest.data[0] == '>') {
			r->wants_prompt = false;
			*line_r = (struct at_line){
				.kind = AT_PROMPT,
				.text = slice_make(rest.data, 1),
				.code = -1,
			};
			++*used_r;
			return true;
		}
		bool found = take_line(r, rest, line_r, &part);
		*used_r += part;
		if (found || part == 0)
			return found;
	}
}

/* --- News ---------------------------------------------------------------- */

enum at_news at_news(const struct at_line *line)
{
	static const struct {
		const char *name;
		enum at_news news;
	} named[] = {
		{ "+CMTI", AT_NEWS_STORED },
		{ "+CMT", AT_NEWS_TEXT },
		{ "+CDSI", AT_NEWS_STORED_REPORT },
		{ "+CDS", AT_NEWS_REPORT },
		{ "+CREG", AT_NEWS_NETWORK },
		{ "+CGREG", AT_NEWS_NONE },
		{ "+CPIN", AT_NEWS_SIM },
		{ "+CIEV", AT_NEWS_INDICATOR },
	};
	/* The words of some manufacturers. */
	static const char *const boots[] = { "RDY", "^SYSSTART", "^BOOT",
		"+PBREADY", NULL };

	for (size_t i = 0; i < COUNT(named); i++)
		if (slice_equals_nocase(line->name, named[i].name))
			return named[i].news;
	for (size_t i = 0; boots[i] != NULL; i++)
		if (starts_with(line->text, boots[i]))
			return AT_NEWS_BOOT;
	return AT_NEWS_NONE;
}

/* --- Values -------------------------------------------------------------- */

bool at_value(struct slice *args, struct slice *value_r)
{
	struct slice s = slice_trim(*args);

	if (args->data == NULL)
		return false;
	if (s.len == 0 || s.data[0] != '"') {
		*args = s;
		*value_r = slice_trim(slice_cut(args, ','));
		return true;
	}
	/* A comma inside of quotes is part of the value. */
	s = without(s, 1);
	*value_r = slice_cut(&s, '"');
	(void)slice_cut(&s, ',');
	*args = s;
	return true;
}

int at_number(struct slice *args)
{
	struct slice value;
	int number = 0;

	if (!at_value(args, &value) || value.len == 0 || value.len > 9)
		return -1;
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return -1;
		number = number * 10 + (value.data[i] - '0');
	}
	return number;
}
