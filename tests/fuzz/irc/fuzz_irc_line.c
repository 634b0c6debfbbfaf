/*
 * A byte stream from a server: the lines do not depend on how it was cut into
 * reads, every slice of a message lies in its line, and whatever is built
 * from the pieces is one line with the command and parameters it was built
 * from. The first two bytes say where the stream is cut.
 */
#include <assert.h>
#include <stdint.h>

#include "irc/ctcp.h"
#include "irc/line.h"
#include "irc/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT 600

static void check_inside(struct slice line, struct slice part)
{
	if (part.data == NULL) {
		assert(part.len == 0);
		return;
	}
	assert(part.data >= line.data);
	assert(part.data + part.len <= line.data + line.len);
}

/* Exactly one line, at the end of which stands the only CR LF. */
static void check_one_line(const struct str *out)
{
	assert(out->len > 2 && out->len <= IRC_LINE_LIMIT);
	for (size_t i = 0; i < out->len - 2; i++)
		assert(out->data[i] != '\0' && out->data[i] != '\r' &&
			out->data[i] != '\n');
	assert(memcmp(out->data + out->len - 2, "\r\n", 2) == 0);
}

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Send what was received, as a line of our own. */
static void rebuild(const struct irc_message *m)
{
	struct irc_line l;
	struct irc_message again;
	struct str out;
	char command[LIMIT + 1];

	memcpy(command, m->command.data, m->command.len);
	command[m->command.len] = '\0';
	str_init(&out, 4096);
	irc_line_begin(&l, &out, command);
	for (size_t i = 0; i + 1 < m->count; i++)
		irc_line_param(&l, m->params[i]);
	if (m->count > 0)
		irc_line_trailing(&l, m->params[m->count - 1]);
	if (irc_line_end(&l) != 0) {
		assert(out.len == 0 && !out.overflow);
	} else {
		check_one_line(&out);
		assert(irc_message_parse(
			       &again, slice_make(out.data, out.len - 2)) == 0);
		assert(again.source.len == 0 && again.tags.len == 0);
		assert(same(again.command, m->command));
		assert(again.numeric == m->numeric);
		assert(again.count == m->count);
		for (size_t i = 0; i < m->count; i++)
			assert(same(again.params[i], m->params[i]));
	}
	str_finish(&out);
}

/* Any bytes as each argument of the builder. */
static void build_from(struct slice bytes)
{
	struct irc_message m;
	struct irc_line l;
	struct str out;

	str_init(&out, 4096);
	irc_line_begin(&l, &out, "PRIVMSG");
	irc_line_param(&l, bytes);
	irc_line_trailing(&l, bytes);
	if (irc_line_end(&l) == 0) {
		check_one_line(&out);
		assert(irc_message_parse(
			       &m, slice_make(out.data, out.len - 2)) == 0);
		assert(m.count == 2);
		assert(same(m.params[0], bytes) && same(m.params[1], bytes));
	} else {
		assert(out.len == 0);
	}
	str_reset(&out);
	if (irc_line_add_raw(&out, bytes) == 0)
		check_one_line(&out);
	str_reset(&out);
	if (irc_ctcp_add(&out, "ACTION", bytes) == 0) {
		struct irc_ctcp ctcp;

		assert(irc_ctcp_parse(str_slice(&out), &ctcp));
		assert(same(ctcp.args, bytes));
	}
	str_finish(&out);
}

static void check_message(struct slice line)
{
	struct irc_message m;
	struct irc_ctcp ctcp;
	struct str value;

	if (irc_message_parse(&m, line) != 0)
		return;
	check_inside(line, m.tags);
	check_inside(line, m.source);
	check_inside(m.source, m.nick);
	check_inside(m.source, m.user);
	check_inside(m.source, m.host);
	check_inside(line, m.command);
	assert(m.numeric >= 0 && m.numeric <= 999);
	assert(m.count <= IRC_MAX_PARAMS);
	for (size_t i = 0; i < m.count; i++) {
		check_inside(line, m.params[i]);
		if (irc_ctcp_parse(m.params[i], &ctcp))
			check_inside(m.params[i], ctcp.command);
	}
	str_init(&value, LIMIT);
	if (irc_tag(&m, "time", &value))
		assert(value.len <= m.tags.len);
	else
		assert(value.len == 0);
	str_finish(&value);
	(void)irc_is_from_server(&m);
	rebuild(&m);
}

/* Read all lines of a stream that comes in two parts. */
static void read_stream(struct slice all, size_t cut, struct str *lines)
{
	struct irc_reader r;
	size_t at = 0;
	struct slice line;

	irc_reader_init(&r, LIMIT);
	for (int part = 0; part < 2; part++) {
		size_t end = part == 0 ? cut : all.len;

		for (;;) {
			size_t used;
			bool is_line = irc_reader_next(&r,
				slice_make(all.data + at, end - at), &line,
				&used);

			assert(used <= end - at);
			at += used;
			if (!is_line)
				break;
			assert(line.len > 0 && line.len <= LIMIT);
			str_add_slice(lines, line);
			str_add_char(lines, '\n');
		}
		assert(end - at <= LIMIT);
	}
	str_addf(lines, "%u", r.overlong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str whole, parts;

	if (size < 2)
		return 0;
	struct slice all = slice_make((const char *)data + 2, size - 2);
	size_t cut = (size_t)data[0] << 8 | data[1];
	str_init(&whole, 2 * size + 20);
	str_init(&parts, 2 * size + 20);
	read_stream(all, all.len, &whole);
	read_stream(all, cut % (all.len + 1), &parts);
	assert(!whole.overflow && whole.len == parts.len);
	assert(memcmp(whole.data, parts.data, whole.len) == 0);

	struct slice rest = str_slice(&whole);
	while (rest.len > 0)
		check_message(slice_cut(&rest, '\n'));
	check_message(all.len <= LIMIT ? all : slice_make(all.data, LIMIT));
	build_from(all);
	str_finish(&whole);
	str_finish(&parts);
	return 0;
}
