/*
 * libircclient strips by scanning once for the codes it knows. The others
 * are turned into one that it knows before, not into nothing: what stood on
 * both sides of a code must not become a colour code together.
 */
#include "irc/ircclient.h"

#include <assert.h>
#include <libirc_rfcnumeric.h>
#include <libircclient.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "irc/numeric.h"

/* A numeric that the library and we both name has to be the same. */
#define SAME(name) \
	static_assert(IRC_##name == LIBIRC_RFC_##name, "numeric " #name)

SAME(RPL_WELCOME);
SAME(RPL_YOURHOST);
SAME(RPL_CREATED);
SAME(RPL_MYINFO);
SAME(RPL_UMODEIS);
SAME(RPL_LUSERCLIENT);
SAME(RPL_LUSEROP);
SAME(RPL_LUSERUNKNOWN);
SAME(RPL_LUSERCHANNELS);
SAME(RPL_LUSERME);
SAME(RPL_TRYAGAIN);
SAME(RPL_MOTD);
SAME(RPL_MOTDSTART);
SAME(RPL_ENDOFMOTD);
SAME(RPL_YOUREOPER);
SAME(RPL_AWAY);
SAME(RPL_USERHOST);
SAME(RPL_ISON);
SAME(RPL_UNAWAY);
SAME(RPL_NOWAWAY);
SAME(RPL_WHOISUSER);
SAME(RPL_WHOISSERVER);
SAME(RPL_WHOISOPERATOR);
SAME(RPL_WHOWASUSER);
SAME(RPL_ENDOFWHO);
SAME(RPL_WHOISIDLE);
SAME(RPL_ENDOFWHOIS);
SAME(RPL_WHOISCHANNELS);
SAME(RPL_WHOREPLY);
SAME(RPL_ENDOFWHOWAS);
SAME(RPL_LIST);
SAME(RPL_LISTEND);
SAME(RPL_CHANNELMODEIS);
SAME(RPL_NOTOPIC);
SAME(RPL_TOPIC);
SAME(RPL_INVITING);
SAME(RPL_INVITELIST);
SAME(RPL_ENDOFINVITELIST);
SAME(RPL_EXCEPTLIST);
SAME(RPL_ENDOFEXCEPTLIST);
SAME(RPL_NAMREPLY);
SAME(RPL_ENDOFNAMES);
SAME(RPL_BANLIST);
SAME(RPL_ENDOFBANLIST);
SAME(RPL_VERSION);
SAME(RPL_LINKS);
SAME(RPL_ENDOFLINKS);
SAME(RPL_INFO);
SAME(RPL_ENDOFINFO);
SAME(RPL_TIME);
SAME(ERR_NOSUCHNICK);
SAME(ERR_NOSUCHSERVER);
SAME(ERR_NOSUCHCHANNEL);
SAME(ERR_CANNOTSENDTOCHAN);
SAME(ERR_TOOMANYCHANNELS);
SAME(ERR_WASNOSUCHNICK);
SAME(ERR_TOOMANYTARGETS);
SAME(ERR_NOSUCHSERVICE);
SAME(ERR_NOORIGIN);
SAME(ERR_NORECIPIENT);
SAME(ERR_NOTEXTTOSEND);
SAME(ERR_UNKNOWNCOMMAND);
SAME(ERR_NOMOTD);
SAME(ERR_NONICKNAMEGIVEN);
SAME(ERR_ERRONEUSNICKNAME);
SAME(ERR_NICKNAMEINUSE);
SAME(ERR_NICKCOLLISION);
SAME(ERR_UNAVAILRESOURCE);
SAME(ERR_USERNOTINCHANNEL);
SAME(ERR_NOTONCHANNEL);
SAME(ERR_USERONCHANNEL);
SAME(ERR_NOTREGISTERED);
SAME(ERR_NEEDMOREPARAMS);
SAME(ERR_NOPERMFORHOST);
SAME(ERR_PASSWDMISMATCH);
SAME(ERR_YOUREBANNEDCREEP);
SAME(ERR_KEYSET);
SAME(ERR_CHANNELISFULL);
SAME(ERR_UNKNOWNMODE);
SAME(ERR_INVITEONLYCHAN);
SAME(ERR_BANNEDFROMCHAN);
SAME(ERR_BADCHANNELKEY);
SAME(ERR_BADCHANMASK);
SAME(ERR_BANLISTFULL);
SAME(ERR_NOPRIVILEGES);
SAME(ERR_CHANOPRIVSNEEDED);
SAME(ERR_CANTKILLSERVER);
SAME(ERR_RESTRICTED);
SAME(ERR_UNIQOPPRIVSNEEDED);
SAME(ERR_NOOPERHOST);
SAME(ERR_UMODEUNKNOWNFLAG);
SAME(ERR_USERSDONTMATCH);
static_assert(IRC_ERR_ALREADYREGISTERED == LIBIRC_RFC_ERR_ALREADYREGISTRED,
	"the library has the spelling of RFC 1459");

#define BOLD      '\x02'
#define HEX_COLOR '\x04'
#define MONO      '\x11'
#define ITALIC    '\x1d'
#define STRIKE    '\x1e'

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

static size_t hex_run(struct slice s)
{
	size_t len = 0;

	while (len < 6 && len < s.len && is_hex(s.data[len]))
		len++;
	return len == 6 ? len : 0;
}

/* Length of a hex colour code at the start of `s` with its colours. */
static size_t hex_color_length(struct slice s)
{
	size_t len = 1 + hex_run(slice_make(s.data + 1, s.len - 1));

	if (len > 1 && len < s.len && s.data[len] == ',') {
		size_t more =
			hex_run(slice_make(s.data + len + 1, s.len - len - 1));

		if (more > 0)
			len += 1 + more;
	}
	return len;
}

/* Copy `raw`, with what the library does not know turned into bold. */
static void translate(char *out, struct slice raw)
{
	while (raw.len > 0) {
		size_t len = 1;
		char c = raw.data[0];

		if (c == HEX_COLOR)
			len = hex_color_length(raw);
		if (c == HEX_COLOR || c == MONO || c == ITALIC || c == STRIKE)
			c = BOLD;
		*out++ = c;
		raw = slice_make(raw.data + len, raw.len - len);
	}
	*out = '\0';
}

void irc_strip(struct str *out, struct slice raw)
{
	char *known = xalloc(raw.len + 1);

	translate(known, raw);
	char *text = irc_color_strip_from_mirc(known);
	xfree(known);
	assert(text != NULL);
	str_add(out, text);
	free(text);
}

bool irc_source_nick(struct slice source, char *out, size_t size)
{
	if (size == 0 || source.len == 0)
		return false;
	char *copy = xstrndup(source.data, source.len);
	irc_target_get_nick(copy, out, size);
	bool whole = strcspn(copy, "!") == strlen(out);
	xfree(copy);
	return whole && out[0] != '\0';
}
