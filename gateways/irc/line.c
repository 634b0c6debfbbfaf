/*
 * The line grows at the end of `out`; one refused part marks it as bad, and
 * end() then takes everything back. So no caller has to check every step.
 */
#include "irc/line.h"

#include <string.h>

#include "irc/message.h"

static bool contains(struct slice s, char c)
{
	return s.len > 0 && memchr(s.data, c, s.len) != NULL;
}

/* Bytes that no part of a line may hold: they would end it. */
static bool breaks_line(struct slice s)
{
	return contains(s, '\0') || contains(s, '\r') || contains(s, '\n');
}

static bool is_command(const char *command)
{
	size_t i = 0;

	for (; command[i] != '\0'; i++) {
		char c = command[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			    (c >= '0' && c <= '9')))
			return false;
	}
	return i > 0;
}

void irc_line_begin(struct irc_line *l, struct str *out, const char *command)
{
	*l = (struct irc_line){
		.out = out,
		.start = out->len,
		.limit = IRC_LINE_LIMIT,
		.bad = out->overflow || !is_command(command),
		.was_full = out->overflow,
	};
	str_add(out, command);
}

void irc_line_param(struct irc_line *l, struct slice param)
{
	if (l->closed || param.len == 0 || param.data[0] == ':' ||
		contains(param, ' ') || breaks_line(param))
		l->bad = true;
	if (l->bad)
		return;
	str_add_char(l->out, ' ');
	str_add_slice(l->out, param);
}

void irc_line_text(struct irc_line *l, const char *param)
{
	irc_line_param(l, slice_of(param));
}

void irc_line_trailing(struct irc_line *l, struct slice text)
{
	if (l->closed || breaks_line(text))
		l->bad = true;
	if (l->bad)
		return;
	l->closed = true;
	str_add(l->out, " :");
	str_add_slice(l->out, text);
}

int irc_line_end(struct irc_line *l)
{
	str_add(l->out, "\r\n");
	if (!l->bad && !l->out->overflow && l->out->len - l->start <= l->limit)
		return 0;
	str_truncate(l->out, l->start);
	/* What did not fit has been taken back: `out` is whole again. */
	l->out->overflow = l->was_full;
	return -1;
}

int irc_line_add(struct str *out, const char *command,
	const char *const params[], const char *trailing)
{
	struct irc_line l;

	irc_line_begin(&l, out, command);
	for (size_t i = 0; params != NULL && params[i] != NULL; i++)
		irc_line_text(&l, params[i]);
	if (trailing != NULL)
		irc_line_trailing(&l, slice_of(trailing));
	return irc_line_end(&l);
}

int irc_line_add_raw(struct str *out, struct slice text)
{
	struct irc_message m;
	size_t start = out->len;

	if (out->overflow || text.len + 2 > IRC_LINE_LIMIT)
		return -1;
	if (irc_message_parse(&m, text) != 0 || m.tags.len > 0 ||
		m.command.data != text.data)
		return -1;
	str_add_slice(out, text);
	str_add(out, "\r\n");
	if (!out->overflow)
		return 0;
	str_truncate(out, start);
	out->overflow = false;
	return -1;
}
