#include "email_worker/quote.h"

#include "base/alloc.h"
#include "email_worker/chars.h"
#include "email_worker/plain.h"
#include "email_worker/quote_words.h"

/* Lines of an attribution that was wrapped. */
#define ATTRIBUTION_MAX  3
#define ATTRIBUTION_SIZE 400
/* A signature, and what a list adds, are no longer. */
#define SIGNATURE_MAX    30
#define FOOTER_MAX       15
/* Fields of a quoted header stand within these many lines. */
#define HEADER_MAX       7

struct lines {
	struct slice *items;
	size_t count; /* those that are left */
};

/* ------------------------------------------------------------------------
 * Lines
 * ------------------------------------------------------------------------ */

static void split(struct slice text, struct lines *lines)
{
	size_t room = 0;
	struct slice line;

	*lines = (struct lines){ NULL, 0 };
	while (plain_next_line(&text, &line)) {
		if (lines->count == room) {
			room = room * 2 + 64;
			lines->items = xrealloc(
				lines->items, room, sizeof(*lines->items));
		}
		lines->items[lines->count++] = line;
	}
}

static bool is_blank(struct slice line)
{
	return slice_trim(line).len == 0;
}

static bool is_quoted(struct slice line)
{
	return line.len > 0 && line.data[0] == '>';
}

static void drop_blank_end(struct lines *lines)
{
	while (lines->count > 0 && is_blank(lines->items[lines->count - 1]))
		lines->count--;
}

static bool is_rule(struct slice line, char c, size_t least)
{
	line = slice_trim(line);
	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] != c)
			return false;
	return line.len >= least;
}

/* Is there anything before line `end`? */
static bool has_text(const struct lines *lines, size_t end)
{
	for (size_t i = 0; i < end; i++)
		if (!is_blank(lines->items[i]))
			return true;
	return false;
}

/* ------------------------------------------------------------------------
 * Earlier mails without '>'
 * ------------------------------------------------------------------------ */

/* "From:" with two other fields among the lines after it. */
struct header_search {
	size_t from;  /* line of the last "From:" */
	bool is_open; /* ... and it is near enough */
	unsigned others;
};

static bool is_header(
	const struct lines *lines, size_t at, struct header_search *search)
{
	enum quote_label label = quote_label(lines->items[at]);

	if (label == LABEL_FROM)
		*search = (struct header_search){ at, true, 0 };
	if (search->is_open && at >= search->from + HEADER_MAX)
		search->is_open = false;
	if (search->is_open && label == LABEL_OTHER)
		search->others++;
	return search->is_open && search->others >= 2;
}

/* Where a mail that is passed on begins; or `count`. */
static size_t find_forward(const struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		if (quote_is_forward(lines->items[i]))
			return i;
	return lines->count;
}

/* Where an earlier mail begins; or `count`. */
static size_t find_original(const struct lines *lines)
{
	struct header_search search = { 0, false, 0 };

	for (size_t i = 0; i < lines->count; i++) {
		if (quote_is_original(lines->items[i]))
			return i;
		if (is_header(lines, i, &search))
			return search.from;
	}
	return lines->count;
}

static void cut_original(struct lines *lines, size_t at)
{
	lines->count = at;
	drop_blank_end(lines);
	if (lines->count > 0 &&
		is_rule(lines->items[lines->count - 1], '_', 10))
		lines->count--;
	drop_blank_end(lines);
}

/* ------------------------------------------------------------------------
 * Quotes
 * ------------------------------------------------------------------------ */

static bool has_digit_or_at(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (char_is_digit(text.data[i]) || text.data[i] == '@')
			return true;
	return false;
}

/* An address and a date before a colon, in whatever language. */
static bool has_address_and_date(struct slice text)
{
	bool digit = false, at = false;

	text = slice_trim(text);
	for (size_t i = 0; i < text.len; i++) {
		digit = digit || char_is_digit(text.data[i]);
		at = at || text.data[i] == '@';
	}
	return digit && at && text.len > 0 && text.data[text.len - 1] == ':';
}

static struct slice join(
	const struct lines *lines, size_t from, size_t to, struct str *out)
{
	str_reset(out);
	for (size_t i = from; i < to; i++) {
		str_add_slice(out, slice_trim(lines->items[i]));
		str_add_char(out, i + 1 < to ? ' ' : '\0');
	}
	if (out->len > 0)
		str_truncate(out, out->len - 1);
	return out->overflow ? slice_of(NULL) : str_slice(out);
}

static bool is_certain(struct slice text)
{
	return (quote_has_verb(text) || has_address_and_date(text)) &&
	       quote_has_opening(text);
}

static bool is_likely(struct slice text)
{
	if (has_address_and_date(text) && text.data[text.len - 2] == '>')
		return true;
	return quote_has_verb(text) && has_digit_or_at(text);
}

/* Two words at least: who, and that he wrote. */
static bool is_possible(struct slice text)
{
	return quote_ends_in_verb(text) &&
	       memchr(text.data, ' ', text.len) != NULL;
}

/* How many lines before `end` say who wrote what follows. */
static size_t attribution_len(const struct lines *lines, size_t end)
{
	static bool (*const tests[])(
		struct slice) = { is_certain, is_likely, is_possible };
	struct str text;
	size_t found = 0;

	str_init(&text, ATTRIBUTION_SIZE);
	for (size_t t = 0; t < 3 && found == 0; t++) {
		size_t most = t < 2 ? ATTRIBUTION_MAX : 1;

		for (size_t len = 1; len <= most && len <= end && found == 0;
			len++) {
			struct slice line = lines->items[end - len];

			if (is_blank(line) || is_quoted(line))
				break;
			if (tests[t](join(lines, end - len, end, &text)))
				found = len;
		}
	}
	str_finish(&text);
	return found;
}

/* First line of the quote that ends the text; `count` when there is none. */
static size_t find_last_quote(const struct lines *lines)
{
	size_t start = lines->count;

	for (size_t i = lines->count; i > 0; i--) {
		if (is_quoted(lines->items[i - 1]))
			start = i - 1;
		else if (!is_blank(lines->items[i - 1]))
			break;
	}
	return start;
}

static bool has_quote_before(const struct lines *lines, size_t end)
{
	for (size_t i = 0; i < end; i++)
		if (is_quoted(lines->items[i]))
			return true;
	return false;
}

/* Before line `quote`: without empty lines and without the attribution. */
static size_t before_attribution(const struct lines *lines, size_t quote)
{
	size_t end = quote;

	while (end > 0 && is_blank(lines->items[end - 1]))
		end--;
	size_t len = attribution_len(lines, end);
	return len > 0 ? end - len : quote;
}

static bool cut_last_quote(struct lines *lines)
{
	size_t start = find_last_quote(lines);

	if (start == lines->count)
		return false;
	size_t end = before_attribution(lines, start);
	if (has_quote_before(lines, end) || !has_text(lines, end))
		return false;
	lines->count = end;
	return true;
}

/* The reply stands between the quotes: they stay, who wrote them goes. */
static bool drop_first_attribution(struct lines *lines)
{
	size_t quote = 0;

	while (quote < lines->count && !is_quoted(lines->items[quote]))
		quote++;
	if (quote == lines->count)
		return false;
	size_t from = before_attribution(lines, quote);
	if (from == quote || has_text(lines, from))
		return false;
	memmove(lines->items, lines->items + quote,
		(lines->count - quote) * sizeof(*lines->items));
	lines->count -= quote;
	return true;
}

/* ------------------------------------------------------------------------
 * What stands at the end
 * ------------------------------------------------------------------------ */

static bool is_signature_mark(struct slice line)
{
	return slice_equals(line, "-- ") || slice_equals(line, "--") ||
	       slice_equals(line, "--  ");
}

static bool cut_signature(struct lines *lines)
{
	for (size_t i = lines->count; i > 0 && i + SIGNATURE_MAX > lines->count;
		i--) {
		if (is_quoted(lines->items[i - 1]))
			return false;
		if (is_signature_mark(lines->items[i - 1]) &&
			has_text(lines, i - 1)) {
			lines->count = i - 1;
			return true;
		}
	}
	return false;
}

static bool cut_device(struct lines *lines)
{
	if (lines->count < 2 ||
		!quote_is_device(lines->items[lines->count - 1]) ||
		!has_text(lines, lines->count - 1))
		return false;
	lines->count--;
	return true;
}

/* "____" and how to leave the list. */
static bool cut_footer(struct lines *lines)
{
	bool says_how = false;

	for (size_t i = lines->count; i > 0 && i + FOOTER_MAX > lines->count;
		i--) {
		struct slice line = lines->items[i - 1];

		if (is_rule(line, '_', 20) || is_rule(line, '-', 20)) {
			if (!says_how || !has_text(lines, i - 1))
				return false;
			lines->count = i - 1;
			return true;
		}
		says_how = says_how || plain_contains(line, "list") ||
			   plain_contains(line, "unsubscribe") ||
			   plain_contains(line, "http");
	}
	return false;
}

static void cut_end(struct lines *lines, bool is_list)
{
	bool again = true;

	for (unsigned round = 0; again && round < 6; round++) {
		drop_blank_end(lines);
		again = (is_list && cut_footer(lines)) ||
			cut_signature(lines) || cut_last_quote(lines) ||
			cut_device(lines);
	}
	drop_blank_end(lines);
}

/* ------------------------------------------------------------------------
 * All of it
 * ------------------------------------------------------------------------ */

static void add_lines(struct str *out, const struct lines *lines)
{
	size_t i = 0;

	while (i < lines->count && is_blank(lines->items[i]))
		i++;
	for (size_t first = i; i < lines->count; i++) {
		if (i > first)
			str_add_char(out, '\n');
		str_add_slice(out, lines->items[i]);
	}
}

/* What is new stays in `lines`. */
static void cut_all(struct lines *lines, bool is_forward, bool is_list,
	struct quote_result *result)
{
	size_t original = find_original(lines);

	result->is_forward = is_forward || find_forward(lines) < original;
	if (result->is_forward)
		return;
	if (original < lines->count) {
		if (!has_text(lines, original))
			return;
		cut_original(lines, original);
	}
	cut_end(lines, is_list);
	drop_first_attribution(lines);
}

void quote_cut(struct str *out, struct slice text, bool is_forward,
	bool is_list, struct quote_result *result)
{
	struct lines lines;

	split(text, &lines);
	drop_blank_end(&lines);
	size_t all = lines.count;
	cut_all(&lines, is_forward, is_list, result);
	result->is_cut = lines.count < all;
	if (!has_text(&lines, lines.count)) {
		xfree(lines.items);
		split(text, &lines);
		drop_blank_end(&lines);
		result->is_cut = false;
	}
	add_lines(out, &lines);
	xfree(lines.items);
}
