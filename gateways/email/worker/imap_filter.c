/*
 * A response is lines and literals: "{5}" at the end of a line announces five
 * bytes, after which the line goes on. Each line is collected as a whole; what
 * is passed leaves line by line, its literals as they come.
 */
#include "email_worker/imap_filter.h"

#include <string.h>

#include "email_worker/imap_response.h"

static const char too_long[] = "the mail server sends lines without an end";
static const char too_deep[] = "the mail server sends lists without an end";
static const char too_big[] = "the mail server sends more than was asked for";
static const char nonsense[] = "the mail server does not speak IMAP";

void imap_filter_init(struct imap_filter *f, imap_told_fn told, void *arg)
{
	*f = (struct imap_filter){ .told = told, .arg = arg };
	str_init(&f->line, IMAP_TOLD_MAX);
}

void imap_filter_finish(struct imap_filter *f)
{
	str_finish(&f->line);
}

bool imap_filter_is_clear(const struct imap_filter *f)
{
	return f->line.len == 0 && f->literal_left == 0 && !f->is_passing;
}

/* The response is over. */
static void begin_next(struct imap_filter *f)
{
	str_release(&f->line, 512);
	f->scanned = 0;
	f->is_passing = false;
	f->literals = 0;
	f->depth = 0;
}

/* --- Literals ------------------------------------------------------------ */

/* Does the line (without its end) announce a literal? Its length, or -1. */
static long announced(struct slice line)
{
	size_t at = line.len, digits = 0;
	long size = 0;

	if (at < 3 || line.data[--at] != '}')
		return -1;
	while (at > 0 && line.data[at - 1] >= '0' && line.data[at - 1] <= '9')
		at--, digits++;
	if (digits == 0 || at == 0 || line.data[at - 1] != '{')
		return -1;
	for (; line.data[at] != '}'; at++) {
		size = size * 10 + (line.data[at] - '0');
		if (size > (long)IMAP_TOLD_MAX)
			size = (long)IMAP_TOLD_MAX;
	}
	return size;
}

static int expect_literal(
	struct imap_filter *f, long size, const char **words_r)
{
	size_t max = f->is_passing ? IMAP_LITERAL_MAX : IMAP_LITERAL_TOLD_MAX;

	if ((size_t)size > max || ++f->literals > IMAP_LITERALS_MAX) {
		*words_r = too_big;
		return -1;
	}
	f->literal_left = (size_t)size;
	return 0;
}

/* How many bytes of `in` belong to the literal. */
static size_t take_literal(
	struct imap_filter *f, struct slice in, struct str *out)
{
	size_t len = in.len < f->literal_left ? in.len : f->literal_left;

	/* As much as there is room for; the rest comes again. */
	if (f->is_passing) {
		size_t room = out->max - 1 - out->len;

		if (len > room)
			len = room;
		str_add_bytes(out, in.data, len);
	} else {
		str_add_bytes(&f->line, in.data, len);
		f->scanned = f->line.len;
	}
	f->literal_left -= len;
	return len;
}

/* --- Responses that are passed ------------------------------------------- */

/* A parenthesis outside quotes; false: too deep, or one too many. */
static bool count_depth(struct imap_filter *f, char c)
{
	if (c == '(')
		return ++f->depth <= IMAP_DEPTH_MAX;
	if (c == ')')
		return f->depth-- > 0;
	return true;
}

/* Depth of parentheses after this line; quoted strings end in their line. */
static int check_line(
	struct imap_filter *f, struct slice line, const char **words_r)
{
	bool is_quoted = false, is_good = true;

	for (size_t i = 0; i < line.len && is_good; i++) {
		char c = line.data[i];

		if (c == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted)
			is_good = count_depth(f, c);
		else if (c == '\\')
			i++;
	}
	if (!is_quoted && is_good)
		return 0;
	*words_r = is_good ? nonsense : too_deep;
	return -1;
}

/* One line of a response that is passed, `line` without its end. */
static int pass_line(struct imap_filter *f, struct slice line, struct str *out,
	const char **words_r)
{
	long literal = announced(line);

	if (line.len > IMAP_LINE_MAX) {
		*words_r = too_long;
		return -1;
	}
	f->is_passing = true;
	if (check_line(f, line, words_r) != 0)
		return -1;
	str_add_slice(out, line);
	str_add(out, "\r\n");
	str_release(&f->line, 512);
	f->scanned = 0;
	if (literal >= 0)
		return expect_literal(f, literal, words_r);
	if (f->depth > 0) {
		*words_r = nonsense;
		return -1;
	}
	begin_next(f);
	return 0;
}

/* A state, without what the server has to say to it. */
static void pass_state(const struct imap_response *r, struct str *out)
{
	if (r->kind == IMAP_CONTINUE) {
		str_add(out, "+ go on\r\n");
		return;
	}
	str_add_slice(out, r->tag);
	str_addf(out, " %s done\r\n", imap_state_name(r->kind));
}

/* --- One response -------------------------------------------------------- */

static int tell(struct imap_filter *f, const struct imap_response *r,
	struct slice line, struct str *out)
{
	if (!f->is_own && imap_state_name(r->kind)[0] != '\0')
		pass_state(r, out);
	if (!f->is_own && (r->kind == IMAP_EXISTS || r->kind == IMAP_EXPUNGE)) {
		str_add_slice(out, line);
		str_add(out, "\r\n");
	}
	f->told(line, f->arg);
	begin_next(f);
	return 1;
}

static bool is_passed(const struct imap_filter *f, enum imap_kind kind)
{
	return !f->is_own && (kind == IMAP_FETCH || kind == IMAP_SEARCH ||
				     kind == IMAP_RECENT);
}

/* A whole line is in f->line, `len` without its end. 1: a response was told. */
static int take_line(struct imap_filter *f, size_t len, struct str *out,
	const char **words_r)
{
	struct slice line = slice_make(f->line.data, len);
	struct imap_response r;
	long literal;

	if (f->is_passing)
		return pass_line(f, line, out, words_r);
	if (imap_response_parse(line, &r) != 0) {
		*words_r = nonsense;
		return -1;
	}
	if (is_passed(f, r.kind))
		return pass_line(f, line, out, words_r);
	literal = imap_state_name(r.kind)[0] == '\0' ? announced(line) : -1;
	if (literal >= 0)
		return expect_literal(f, literal, words_r);
	return tell(f, &r, line, out);
}

/* Add to the line what `in` has of it. Its length without its end, or -1 if it
 * is not complete. */
static long add_to_line(struct imap_filter *f, struct slice in, size_t *used_r)
{
	const char *end = memchr(in.data, '\n', in.len);
	size_t len;

	*used_r = end == NULL ? in.len : (size_t)(end - in.data) + 1;
	str_add_bytes(&f->line, in.data, *used_r);
	if (end == NULL || f->line.overflow)
		return -1;
	len = f->line.len - 1;
	if (len > f->scanned && f->line.data[len - 1] == '\r')
		len--;
	return (long)len;
}

int imap_filter_feed(struct imap_filter *f, struct slice in, size_t *used_r,
	struct str *out, const char **words_r)
{
	int result = 0;

	*used_r = 0;
	while (result == 0 && *used_r < in.len) {
		struct slice rest =
			slice_make(in.data + *used_r, in.len - *used_r);
		size_t used;
		long len;

		if (f->literal_left > 0) {
			used = take_literal(f, rest, out);
			*used_r += used;
			if (used == 0)
				break;
			continue;
		}
		/* A line of its own must fit, whatever else is there. */
		if (out->len > 0 && out->max - out->len < 2 * IMAP_LINE_MAX)
			break;
		len = add_to_line(f, rest, &used);
		*used_r += used;
		if (f->line.overflow || memchr(rest.data, '\0', used) != NULL) {
			*words_r = f->line.overflow ? too_long : nonsense;
			return -1;
		}
		if (len >= 0)
			result = take_line(f, (size_t)len, out, words_r);
	}
	return result < 0 ? -1 : 0;
}
