/*
 * What a server says about the connection and about itself.
 */
#include <strings.h>

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

/* Words by which servers say: do not come back soon. */
static bool is_unwelcome(const char *text)
{
	static const char *const words[] = { "banned", "k-line", "kline",
		"k:line", "g-line", "gline", "z-line", "zline", "d-line",
		"throttl", "too fast", "too many", "dnsbl", "blacklist",
		"proxy", "not authori", "not welcome", "killed", NULL };

	for (size_t i = 0; words[i] != NULL; i++) {
		if (strcasestr(text, words[i]) != NULL)
			return true;
	}
	return false;
}

void irc_handle_error(struct irc_session *s, const struct irc_message *m)
{
	const char *text = irc_params_text(s, m, 0);
	bool was_online = s->state == IRC_ONLINE;

	if (text[0] == '\0')
		text = "The network ended the connection.";
	irc_session_die(s, was_online ? GW_LOST : GW_UNREACHABLE,
		is_unwelcome(text) ? GW_RETRY_SLOWLY : GW_RETRY, text);
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
