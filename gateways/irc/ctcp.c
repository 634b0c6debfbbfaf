/*
 * CTCP as clients of today speak it (modern-irc "Client-to-Client
 * Protocol"): the whole text is one message, without quoting.
 */
#include "irc/ctcp.h"

#include <string.h>

#define DELIMITER '\1'

bool irc_ctcp_parse(struct slice text, struct irc_ctcp *ctcp_r)
{
	if (text.len < 2 || text.data[0] != DELIMITER)
		return false;
	text = slice_make(text.data + 1, text.len - 1);
	/* Whatever follows the second delimiter is no part of it. */
	text = slice_cut(&text, DELIMITER);
	ctcp_r->command = slice_cut(&text, ' ');
	ctcp_r->args = text;
	return ctcp_r->command.len > 0;
}

static bool contains_any(struct slice s, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (s.len > 0 && memchr(s.data, bytes[i], s.len) != NULL)
			return true;
	return false;
}

int irc_ctcp_add(struct str *out, const char *command, struct slice args)
{
	static const char forbidden[] = { '\0', DELIMITER, '\r', '\n', ' ' };
	struct slice name = slice_of(command);

	if (name.len == 0 || contains_any(name, forbidden, 5) ||
		contains_any(args, forbidden, 4))
		return -1;
	size_t len = 2 + name.len + (args.len > 0 ? 1 + args.len : 0);
	char *at = str_reserve(out, len);
	if (at == NULL)
		return -1;
	*at++ = DELIMITER;
	memcpy(at, name.data, name.len);
	at += name.len;
	if (args.len > 0) {
		*at++ = ' ';
		memcpy(at, args.data, args.len);
		at += args.len;
	}
	*at = DELIMITER;
	str_commit(out, len);
	return 0;
}
