/*
 * Lines of a server: 005 changes what it announced, MODE is read by it and
 * written again, and anything else is taken as a name. Whatever was said, the
 * announcements hold to their ranges and a written MODE reads as it was.
 */
#include <assert.h>
#include <stdint.h>

#include "irc/line.h"
#include "irc/mask.h"
#include "irc/modes.h"
#include "irc/numeric.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHANGES_MAX 64

static void check_set(const char *set, size_t size)
{
	size_t len = strnlen(set, size);

	assert(len < size);
	for (size_t i = 0; i < len; i++) {
		assert(set[i] > ' ' && set[i] < 0x7f);
		assert(strchr(set + i + 1, set[i]) == NULL);
	}
}

static void check_announced(const struct irc_isupport *s)
{
	assert(s->casemap <= IRC_CASEMAP_ASCII);
	check_set(s->chantypes, sizeof(s->chantypes));
	check_set(s->prefix_modes, sizeof(s->prefix_modes));
	check_set(s->prefix_symbols, sizeof(s->prefix_symbols));
	check_set(s->statusmsg, sizeof(s->statusmsg));
	check_set(s->extban_types, sizeof(s->extban_types));
	assert(strlen(s->prefix_modes) == strlen(s->prefix_symbols));
	for (size_t i = 0; s->prefix_modes[i] != '\0'; i++)
		assert(irc_mode_class(s, s->prefix_modes[i]) ==
			IRC_MODE_PREFIX);
	assert(s->modes >= 1 && s->modes <= 20);
	assert(s->nicklen <= IRC_NAME_SIZE && s->channellen <= IRC_NAME_SIZE);
	assert(s->userlen >= 1 && s->userlen <= 128);
	assert(s->hostlen >= 1 && s->hostlen <= 255);
	assert(s->linelen >= 512 && s->linelen <= 16384);
	assert(s->network == NULL || strlen(s->network) <= 192);
}

static size_t read_changes(const struct irc_isupport *s,
	const struct irc_message *m, struct irc_mode_change *changes)
{
	struct irc_mode_iter it;
	size_t count = 0;

	irc_modes_begin(&it, s, m, 1);
	while (count < CHANGES_MAX && irc_modes_next(&it, &changes[count]))
		count++;
	return count;
}

/* Compare the changes of the written lines with those they came from. */
static void check_written(const struct irc_isupport *s, struct slice lines,
	const struct irc_mode_change *want, size_t count)
{
	struct irc_mode_change got[CHANGES_MAX];
	size_t at = 0;

	while (lines.len > 0) {
		struct irc_message m;
		struct slice line = slice_cut(&lines, '\n');

		assert(line.len + 1 <= IRC_LINE_LIMIT);
		line.len--;
		assert(irc_message_parse(&m, line) == 0);
		size_t n = read_changes(s, &m, got);
		for (size_t i = 0; i < n; i++, at++) {
			assert(at < count);
			assert(got[i].letter == want[at].letter);
			assert(got[i].add == want[at].add);
			assert(got[i].param.len == want[at].param.len);
			assert(got[i].param.len == 0 ||
				memcmp(got[i].param.data, want[at].param.data,
					got[i].param.len) == 0);
		}
	}
	assert(at == count);
}

/* Changes whose parameter is missing take that of another when they are
 * written in one line: no reason to compare then. */
static bool are_complete(const struct irc_mode_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (changes[i].class != IRC_MODE_FLAG &&
			!(changes[i].class == IRC_MODE_SET &&
				!changes[i].add) &&
			changes[i].param.data == NULL)
			return false;
	return true;
}

static void check_mode(
	const struct irc_isupport *s, const struct irc_message *m)
{
	struct irc_mode_change changes[CHANGES_MAX];
	size_t count = read_changes(s, m, changes);
	size_t with_param = 0;
	struct str out;

	for (size_t i = 0; i < count; i++)
		with_param += changes[i].param.data != NULL;
	assert(with_param + 2 <= m->count || with_param == 0);
	/* A line holds 32 parameters when it is read again. */
	str_init(&out, 65536);
	if (irc_modes_write(&out, s, slice_of("#c"), changes, count) != 0)
		assert(out.len == 0);
	else if (are_complete(changes, count))
		check_written(s, str_slice(&out), changes, count);
	str_finish(&out);
}

static void check_name(const struct irc_isupport *s, struct slice name)
{
	char folded[IRC_NAME_SIZE];
	struct slice rest = name;
	struct str mask;

	struct slice prefixes = irc_cut_prefixes(s, &rest);
	assert(prefixes.len + rest.len == name.len);
	rest = name;
	if (irc_cut_statusmsg(s, &rest) != '\0')
		assert(rest.len < name.len && irc_is_channel(s, rest));
	assert(!irc_is_nick(s, name) || !irc_is_channel(s, name));
	rest = irc_fold(s->casemap, name, folded, sizeof(folded));
	assert(rest.len == 0 || irc_same(s->casemap, name, rest));
	str_init(&mask, 2 * IRC_MASK_MAX);
	if (irc_mask_complete(&mask, s, name) == 0) {
		assert(irc_mask_is_valid(str_slice(&mask)));
		(void)irc_mask_matches(s->casemap, str_slice(&mask), name);
	}
	str_finish(&mask);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct irc_isupport s;
	struct slice rest = slice_make((const char *)data, size);

	irc_isupport_init(&s);
	while (rest.len > 0) {
		struct irc_message m;
		struct slice line = slice_cut(&rest, '\n');

		check_name(&s, line);
		if (irc_message_parse(&m, line) != 0)
			continue;
		if (m.numeric == IRC_RPL_ISUPPORT)
			irc_isupport_apply(&s, &m);
		else if (irc_is_command(&m, "MODE"))
			check_mode(&s, &m);
		check_announced(&s);
	}
	irc_isupport_finish(&s);
	return 0;
}
