/*
 * Numerics that say no. Each goes to the request, join or message that caused
 * it; what nothing caused is shown as words of the network.
 */
#include <stdlib.h>
#include <string.h>

#include "irc/channel.h"
#include "irc/dispatch.h"
#include "irc/numeric.h"
#include "irc/register.h"
#include "irc/request.h"
#include "irc/watch.h"

/* Sorted by number. `reason` where a request, join or message fails by it. */
static const struct meaning {
	int numeric;
	enum gw_reason reason;
} meanings[] = {
	{ IRC_RPL_TRYAGAIN, GW_BUSY },
	{ IRC_ERR_UNKNOWNERROR, GW_NOT_ACCEPTABLE },
	{ IRC_ERR_NOSUCHNICK, GW_NO_SUCH },
	{ IRC_ERR_NOSUCHSERVER, GW_NO_SUCH },
	{ IRC_ERR_NOSUCHCHANNEL, GW_NO_SUCH },
	{ IRC_ERR_CANNOTSENDTOCHAN, GW_FORBIDDEN },
	{ IRC_ERR_TOOMANYCHANNELS, GW_BUSY },
	{ IRC_ERR_WASNOSUCHNICK, GW_NO_SUCH },
	{ IRC_ERR_TOOMANYTARGETS, GW_BUSY },
	{ IRC_ERR_NOSUCHSERVICE, GW_NO_SUCH },
	{ IRC_ERR_NICKTOOFAST_UNREAL, GW_BUSY },
	{ IRC_ERR_NONICKNAMEGIVEN, GW_NOT_ACCEPTABLE },
	{ IRC_ERR_ERRONEUSNICKNAME, GW_NOT_ACCEPTABLE },
	{ IRC_ERR_NICKNAMEINUSE, GW_CONFLICT },
	{ IRC_ERR_BANNICKCHANGE, GW_FORBIDDEN },
	{ IRC_ERR_NICKCOLLISION, GW_CONFLICT },
	{ IRC_ERR_UNAVAILRESOURCE, GW_BUSY },
	{ IRC_ERR_NICKTOOFAST, GW_BUSY },
	{ IRC_ERR_TARGETTOOFAST, GW_BUSY },
	{ IRC_ERR_USERNOTINCHANNEL, GW_NO_SUCH },
	{ IRC_ERR_NOTONCHANNEL, GW_NOT_ACCEPTABLE },
	{ IRC_ERR_USERONCHANNEL, GW_CONFLICT },
	{ IRC_ERR_NONICKCHANGE, GW_FORBIDDEN },
	{ IRC_ERR_KEYSET, GW_CONFLICT },
	{ IRC_ERR_LINKCHANNEL, GW_NOT_ALLOWED },
	{ IRC_ERR_CHANNELISFULL, GW_FULL },
	{ IRC_ERR_INVITEONLYCHAN, GW_MEMBERS_ONLY },
	{ IRC_ERR_BANNEDFROMCHAN, GW_BANNED },
	{ IRC_ERR_BADCHANNELKEY, GW_NOT_AUTHORIZED },
	{ IRC_ERR_BADCHANMASK, GW_BAD_ADDRESS },
	{ IRC_ERR_NEEDREGGEDNICK, GW_MEMBERS_ONLY },
	{ IRC_ERR_BANLISTFULL, GW_BUSY },
	{ IRC_ERR_BADCHANNAME, GW_BAD_ADDRESS },
	{ IRC_ERR_NOPRIVILEGES, GW_FORBIDDEN },
	{ IRC_ERR_CHANOPRIVSNEEDED, GW_FORBIDDEN },
	{ IRC_ERR_CANTKILLSERVER, GW_NOT_ALLOWED },
	{ IRC_ERR_RESTRICTED, GW_FORBIDDEN },
	{ IRC_ERR_UNIQOPPRIVSNEEDED, GW_NOT_ALLOWED },
	{ IRC_ERR_SECUREONLYCHAN, GW_NOT_ALLOWED },
	{ IRC_ERR_NOOPERHOST, GW_FORBIDDEN },
	{ IRC_ERR_CHANOWNPRIVNEEDED, GW_FORBIDDEN },
	{ IRC_ERR_OPERONLY, GW_FORBIDDEN },
	{ IRC_ERR_CANTSENDTOUSER, GW_NOT_ALLOWED },
	{ IRC_RPL_TARGUMODEG, GW_NOT_ALLOWED },
	{ IRC_ERR_NOPRIVS, GW_FORBIDDEN },
	{ IRC_ERR_MLOCKRESTRICTED, GW_NOT_ALLOWED },
};

static int compare(const void *key, const void *row)
{
	const int *numeric = key;
	const struct meaning *m = row;

	return *numeric - m->numeric;
}

static enum gw_reason reason_of(int numeric)
{
	const struct meaning *m = bsearch(&numeric, meanings, COUNT(meanings),
		sizeof(meanings[0]), compare);

	return m != NULL ? m->reason : GW_NOT_ACCEPTABLE;
}

/* The words of the server, without the names in front of them, but for one
 * that begins the sentence: "bob is already on channel". */
static const char *words(struct irc_session *s, const struct irc_message *m)
{
	const char *text =
		m->count > 1 ? irc_params_text(s, m, m->count - 1) : "";
	struct str *whole = &s->irc->line;

	if (text[0] == '\0')
		return "The network refused.";
	if (strncmp(text, "is ", 3) != 0 || m->count < 3)
		return text;
	str_reset(whole);
	str_addf(whole, "%s %s", irc_session_text(s, m->params[1]), text);
	return str_text(whole);
}

/* 470 names the channel we are put into instead: leave it again, nobody will
 * look into it. */
static void fail_forward(struct irc_session *s, struct irc_channel *c,
	const struct irc_message *m)
{
	struct str *text = &s->irc->line;

	str_reset(text);
	str_addf(text, "This channel forwards to %s. Join that one.",
		irc_session_text(s, m->params[2]));
	(void)irc_channel_refused(c, GW_NOT_ALLOWED, str_text(text));
	irc_channel_part(s, m->params[2]);
}

/* A join, or a PART of ours that came too late. */
static bool fail_channel(struct irc_session *s, const struct irc_message *m)
{
	struct irc_channel *c = irc_channel_find(s, irc_param(m, 1));

	if (c == NULL)
		return false;
	if (m->numeric == IRC_ERR_NOTONCHANNEL && irc_channel_parted(c))
		return true;
	if (m->numeric == IRC_ERR_LINKCHANNEL && m->count > 3 &&
		c->state == IRC_CHANNEL_JOINING) {
		fail_forward(s, c, m);
		return true;
	}
	/* Could not be about a JOIN. */
	if (m->numeric == IRC_ERR_CANNOTSENDTOCHAN ||
		m->numeric == IRC_ERR_CHANOPRIVSNEEDED ||
		m->numeric == IRC_ERR_NOTONCHANNEL)
		return false;
	return irc_channel_refused(c, reason_of(m->numeric), words(s, m));
}

static bool fail_request(struct irc_session *s, const struct irc_message *m)
{
	struct irc_request *r = NULL;

	for (size_t i = 1; i + 1 < m->count && r == NULL; i++)
		r = irc_request_about(s, m->params[i], NULL);
	/* 461, 481 and others name the command, or nothing. */
	if (r == NULL && m->count > 2)
		r = irc_request_of_command(s, m->params[1]);
	if (r == NULL && m->numeric == IRC_ERR_UNKNOWNMODE)
		r = irc_request_of_command(s, slice_of("MODE"));
	if (r == NULL)
		return false;
	/* WHOIS names the nick twice: old servers look for a server first. */
	irc_request_refused(s, r, reason_of(m->numeric),
		m->numeric == IRC_ERR_NOSUCHSERVER &&
				r->kind == IRC_REQUEST_WHOIS
			? "There is nobody with this nick."
			: words(s, m));
	return true;
}

static bool fail_message(struct irc_session *s, const struct irc_message *m)
{
	struct gw_result result = {
		.stage = GW_FAILED,
		.reason = reason_of(m->numeric),
	};
	gw_request request;

	if (m->count < 3 || !irc_recent_take(s, m->params[1], &request))
		return false;
	result.text = words(s, m);
	if (request != 0)
		gw_result(s->core, request, &result);
	return true;
}

void irc_handle_failure(struct irc_session *s, const struct irc_message *m)
{
	if (s->state != IRC_ONLINE)
		return;
	if (m->numeric == IRC_ERR_NOSUCHNICK)
		irc_watch_gone(s, irc_param(m, 1));
	if (!fail_channel(s, m) && !fail_request(s, m) && !fail_message(s, m))
		irc_show_numeric(s, m);
}

void irc_handle_nick_failure(struct irc_session *s, const struct irc_message *m)
{
	struct irc_request *r;

	if (s->state != IRC_ONLINE) {
		irc_login_next_nick(s, m->numeric != IRC_ERR_ERRONEUSNICKNAME);
		return;
	}
	/* 437 is about a channel or a nick. */
	if (fail_channel(s, m))
		return;
	r = irc_request_of_command(s, slice_of("NICK"));
	if (r != NULL)
		irc_request_refused(s, r, reason_of(m->numeric), words(s, m));
	else
		irc_show_numeric(s, m);
}

/* 463 to 466: not us, not from here, wrong server password. */
void irc_handle_refused(struct irc_session *s, const struct irc_message *m)
{
	if (s->state == IRC_ONLINE) {
		irc_handle_failure(s, m);
		return;
	}
	if (m->numeric == IRC_ERR_PASSWDMISMATCH)
		irc_session_die(
			s, GW_BAD_PASSWORD, GW_RETRY_NEVER, words(s, m));
	else
		irc_session_die(s, GW_BANNED, GW_RETRY_SLOWLY, words(s, m));
}

/* 421: to the user's own line, or a server of old that knows no CAP. */
void irc_handle_unknown_command(
	struct irc_session *s, const struct irc_message *m)
{
	if (s->state == IRC_ONLINE)
		irc_handle_failure(s, m);
	else if (slice_equals_nocase(m->params[1], "CAP"))
		irc_login_no_cap(s);
	else if (s->state == IRC_STARTTLS)
		irc_handle_no_starttls(s, m);
}

/* 451: some servers say it to CAP, or to STARTTLS. */
void irc_handle_unregistered(struct irc_session *s, const struct irc_message *m)
{
	if (s->state == IRC_STARTTLS)
		irc_handle_no_starttls(s, m);
	else if (s->state == IRC_REGISTERING)
		irc_login_no_cap(s);
}
