/*
 * Splitting any text: pieces are in order, within the budget and not blank,
 * only separators are missing between them, none holds a line break, and
 * valid UTF-8 stays valid. The first byte chooses the length of the target.
 */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "irc/ctcp.h"
#include "irc/line.h"
#include "irc/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char source[] = "somebody!~user@host.example";

static bool is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0';
}

/* The line with this piece, and what others receive, is in the limit. */
static void check_line(struct slice piece, struct slice target, bool action)
{
	struct str text, out;
	struct irc_line l;

	str_init(&text, 1024);
	str_init(&out, 1024);
	if (!action)
		str_add_slice(&text, piece);
	else if (irc_ctcp_add(&text, "ACTION", piece) != 0)
		str_add(&text, "refused");
	irc_line_begin(&l, &out, "PRIVMSG");
	irc_line_param(&l, target);
	irc_line_trailing(&l, str_slice(&text));
	assert(irc_line_end(&l) == 0);
	assert(1 + strlen(source) + 1 + out.len <= IRC_LINE_LIMIT);
	str_finish(&text);
	str_finish(&out);
}

static void check(struct slice text, struct slice target, bool action)
{
	struct irc_isupport isupport;
	struct irc_split s;
	struct slice piece;
	size_t count = 0;
	const char *at = text.data;
	bool valid = utf8_is_valid(text);

	irc_isupport_init(&isupport);
	size_t budget = irc_split_budget(
		&isupport, slice_of(source), "PRIVMSG", target);
	if (action)
		budget = budget > IRC_ACTION_OVERHEAD
				 ? budget - IRC_ACTION_OVERHEAD
				 : 0;
	irc_split_begin(&s, text, budget);
	while (irc_split_next(&s, &piece)) {
		assert(piece.len > 0 && piece.len <= budget);
		assert(!valid || utf8_is_valid(piece));
		for (; at < piece.data; at++)
			assert(is_separator(*at));
		at += piece.len;
		assert(at <= text.data + text.len);
		check_line(piece, target, action);
		count++;
	}
	if (budget >= IRC_SPLIT_MIN)
		for (; at < text.data + text.len; at++)
			assert(is_separator(*at));
	assert(irc_split_count(text, budget, count) == count);
	assert(count == 0 || irc_split_count(text, budget, count - 1) == count);
	irc_isupport_finish(&isupport);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[512];
	struct str clean;

	if (size < 1)
		return 0;
	struct slice text = slice_make((const char *)data + 1, size - 1);
	struct slice target = slice_make(name, 1 + 2 * (size_t)data[0]);
	memset(name, '#', sizeof(name));
	str_init(&clean, 3 * size + 1);
	utf8_clean(&clean, text);
	check(text, target, (data[0] & 1) != 0);
	check(str_slice(&clean), target, (data[0] & 1) != 0);
	str_finish(&clean);
	return 0;
}
