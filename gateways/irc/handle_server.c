/*
 * What a server says about the connection and about itself.
 */

#include "base/alloc.h"
#include "irc/channel.h"
#include "irc/dispatch.h"
#include "irc/line.h"
#include "irc/numeric.h"
#include "irc/outbox.h"
#include "irc/register.h"
#include "irc/request.h"
#include "irc/sasl.h"
#include "irc/watch.h"

#define MOTD_MAX (16 * 1024)

void irc_handle_ping(struct irc_session *s, const struct irc_message *m)
{
	struct irc_line line;

	irc_line_begin(&line, irc_line_new(s), "PONG");
	irc_line_trailing(&line, irc_param(m, 0));
	if (irc_line_end(&line) == 0)
		irc_send_now(s);
}

void irc_handle_pong(struct irc_session *s, const struct irc_message *m)
{
	(void)irc_request_pong(s, m->params[m->count - 1]);
}

/* Words by which servers say why they end a connection; the first one counts.
 * All but the last mean: do not come back soon. */
static const struct end {
	const char *word;
	enum gw_reason reason; /* before the login */
	enum gw_retry retry;
} ends[] = {
	{ "throttl", GW_UNREACHABLE, GW_RETRY_SLOWLY },
	{ "too fast", GW_UNREACHABLE, GW_RETRY_SLOWLY },
	{ "too many", GW_UNREACHABLE, GW_RETRY_SLOWLY },
	{ "banned", GW_BANNED, GW_RETRY_SLOWLY },
	{ "k-line", GW_BANNED, GW_RETRY_SLOWLY },
	{ "kline", GW_BANNED, GW_RETRY_SLOWLY },
	{ "k:line", GW_BANNED, GW_RETRY_SLOWLY },
	{ "g-line", GW_BANNED, GW_RETRY_SLOWLY },
	{ "gline", GW_BANNED, GW_RETRY_SLOWLY },
	{ "z-line", GW_BANNED, GW_RETRY_SLOWLY },
	{ "zline", GW_BANNED, GW_RETRY_SLOWLY },
	{ "d-line", GW_BANNED, GW_RETRY_SLOWLY },
	{ "dnsbl", GW_BANNED, GW_RETRY_SLOWLY },
	{ "blacklist", GW_BANNED, GW_RETRY_SLOWLY },
	{ "proxy", GW_BANNED, GW_RETRY_SLOWLY },
	{ "not authori", GW_BANNED, GW_RETRY_SLOWLY },
	{ "not welcome", GW_BANNED, GW_RETRY_SLOWLY },
	{ "killed", GW_UNREACHABLE, GW_RETRY_SLOWLY },
	/* ngIRCd has no numeric for it. */
	{ "bad password", GW_BAD_PASSWORD, GW_RETRY_NEVER },
};

static const struct end *find_end(const char *text)
{
	static const struct end other = { "", GW_UNREACHABLE, GW_RETRY };

	for (size_t i = 0; i < COUNT(ends); i++) {
		if (strcasestr(text, ends[i].word) != NULL)
			return &ends[i];
	}
	return &other;
}

void irc_handle_error(struct irc_session *s, const struct irc_message *m)
{
	const char *text = irc_params_text(s, m, 0);
	const struct end *end = find_end(text);

	if (text[0] == '\0')
		text = "The network ended the connection.";
	/* What a QUIT of the user is answered with. */
	irc_recent_answered(s);
	if (s->state != IRC_ONLINE)
		irc_session_die(s, end->reason, end->retry, text);
	else
		irc_session_die(s, GW_LOST,
			end->retry == GW_RETRY_NEVER ? GW_RETRY : end->retry,
			text);
}

void irc_handle_kill(struct irc_session *s, const struct irc_message *m)
{
	if (irc_is_self(s, m->params[0]))
		irc_session_die(s, GW_LOST, GW_RETRY_SLOWLY,
			m->count > 1 ? irc_params_text(s, m, 1)
				     : "You were removed from the network.");
}

void irc_handle_cap(struct irc_session *s, const struct irc_message *m)
{
	irc_login_cap(s, m);
}

void irc_handle_cap_failure(struct irc_session *s, const struct irc_message *m)
{
	if (s->state == IRC_ONLINE)
		irc_show_numeric(s, m);
	else
		irc_login_no_cap(s);
}

void irc_handle_sasl(struct irc_session *s, const struct irc_message *m)
{
	if (irc_sasl_is_for(m))
		irc_login_sasl(s, m);
}

void irc_handle_welcome(struct irc_session *s, const struct irc_message *m)
{
	if (s->state != IRC_REGISTERING)
		return;
	irc_set_self(s, irc_session_text(s, m->params[0]), NULL, NULL);
	irc_login_welcome(s);
}

void irc_handle_isupport(struct irc_session *s, const struct irc_message *m)
{
	struct irc_isupport before = *irc_isupport_of(s);
	struct irc_isupport *own = irc_isupport_own(&s->isupport);
	unsigned changed = irc_isupport_apply(own, m);

	if (changed & IRC_CHANGED_PREFIX)
		irc_channels_remap(s, &before);
	if (changed & IRC_CHANGED_CASEMAP) {
		irc_channels_rekey(s);
		irc_watch_rekey(s);
	}
	if (s->state == IRC_ONLINE)
		irc_isupport_share(s->irc, &s->isupport);
}

/* --- The message of the day: only for those who ask ---------------------- */

void irc_handle_motd(struct irc_session *s, const struct irc_message *m)
{
	if (s->motd == NULL)
		return;
	if (s->motd->len > 0)
		str_add_char(s->motd, '\n');
	str_add(s->motd, irc_params_text(s, m, 1));
}

void irc_handle_motd_end(struct irc_session *s, const struct irc_message *m)
{
	struct str *motd = s->motd;

	if (s->state != IRC_ONLINE) {
		irc_login_burst_over(s);
		return;
	}
	if (motd == NULL)
		return;
	s->motd = NULL;
	irc_show_text(
		s, motd->len > 0 ? str_text(motd) : irc_params_text(s, m, 1));
	str_finish(motd);
	xfree(motd);
}

void irc_want_motd(struct irc_session *s)
{
	if (s->motd != NULL)
		return;
	s->motd = xalloc(sizeof(*s->motd));
	str_init(s->motd, MOTD_MAX);
}

/* --- The rest ------------------------------------------------------------ */

/* 396: "nick host :is now your displayed host". */
void irc_handle_host(struct irc_session *s, const struct irc_message *m)
{
	struct slice nick, user, host = m->params[1];

	if (memchr(host.data, '@', host.len) == NULL) {
		irc_set_self(s, NULL, NULL, irc_session_text(s, host));
		return;
	}
	irc_source_split(m->params[1], &nick, &user, &host);
	/* "user@host" has no nick: what stands there is the user. */
	if (user.len == 0)
		user = nick;
	irc_set_self(s, NULL, irc_session_text_or_null(s, user),
		irc_session_text_or_null(s, host));
}

void irc_handle_starttls(
	struct irc_session *s, const struct irc_message *m UNUSED)
{
	if (s->state == IRC_STARTTLS)
		s->wants_tls = true;
}

void irc_handle_no_starttls(
	struct irc_session *s, const struct irc_message *m UNUSED)
{
	if (s->state == IRC_STARTTLS)
		irc_session_die(s, GW_UNREACHABLE, GW_RETRY_SLOWLY,
			"The network offers no encryption (TLS). Ask the "
			"gateway's operator.");
}

/* Part of every login; later on the user has asked for it. */
void irc_handle_greeting(struct irc_session *s, const struct irc_message *m)
{
	irc_show_numeric(s, m);
}

/* Of no use, and of no interest either. */
void irc_handle_quiet(
	struct irc_session *s UNUSED, const struct irc_message *m UNUSED)
{
}
