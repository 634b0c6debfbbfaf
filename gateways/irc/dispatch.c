#include "irc/dispatch.h"

#include <stdlib.h>
#include <strings.h>

#include "base/limits.h"
#include "irc/ircclient.h"
#include "irc/numeric.h"
#include "irc/request.h"

/* `count` parameters at least. Rows are sorted by name. */
static const struct command {
	const char *name;
	size_t count;
	irc_handler_fn fn;
} commands[] = {
	{ "ACCOUNT", 1, irc_handle_account },
	{ "AUTHENTICATE", 1, irc_handle_sasl },
	{ "AWAY", 0, irc_handle_away },
	{ "CAP", 2, irc_handle_cap },
	{ "CHGHOST", 2, irc_handle_chghost },
	{ "ERROR", 0, irc_handle_error },
	{ "INVITE", 2, irc_handle_invite },
	{ "JOIN", 1, irc_handle_join },
	{ "KICK", 2, irc_handle_kick },
	{ "KILL", 1, irc_handle_kill },
	{ "MODE", 2, irc_handle_mode },
	{ "NICK", 1, irc_handle_nick },
	{ "NOTICE", 2, irc_handle_notice },
	{ "PART", 1, irc_handle_part },
	{ "PING", 0, irc_handle_ping },
	{ "PONG", 1, irc_handle_pong },
	{ "PRIVMSG", 2, irc_handle_privmsg },
	{ "QUIT", 0, irc_handle_quit },
	{ "SETNAME", 1, irc_handle_setname },
	{ "TOPIC", 1, irc_handle_topic },
};

/* Sorted by number; ranges are `first` to `last`. Our own nick is the first
 * parameter and counts. What is in no row: 400 to 599 is a failure, the rest
 * is shown. */
static const struct numeric {
	int first, last;
	size_t count;
	irc_handler_fn fn;
} numerics[] = {
	{ 1, 1, 1, irc_handle_welcome },
	{ 2, 4, 0, irc_handle_greeting },
	{ 5, 5, 2, irc_handle_isupport },
	{ 10, 10, 0, irc_handle_greeting },
	{ 42, 42, 0, irc_handle_greeting },
	{ 221, 221, 0, irc_handle_greeting },
	{ 250, 255, 0, irc_handle_greeting },
	{ 263, 263, 1, irc_handle_failure },
	{ 265, 266, 0, irc_handle_greeting },
	{ 276, 276, 2, irc_handle_whois },
	{ 301, 301, 2, irc_handle_is_away },
	{ 303, 303, 2, irc_handle_ison },
	{ 305, 306, 0, irc_handle_quiet },
	{ 307, 308, 2, irc_handle_whois },
	{ 310, 313, 2, irc_handle_whois },
	{ 315, 315, 0, irc_handle_quiet },
	{ 316, 317, 2, irc_handle_whois },
	{ 318, 318, 2, irc_handle_whois_end },
	{ 319, 320, 2, irc_handle_whois },
	{ 321, 321, 0, irc_handle_quiet },
	{ 322, 322, 3, irc_handle_list },
	{ 323, 323, 0, irc_handle_list_end },
	{ 324, 324, 3, irc_handle_modes },
	{ 328, 329, 0, irc_handle_quiet },
	{ 330, 330, 2, irc_handle_whois },
	{ 331, 331, 2, irc_handle_no_topic },
	{ 332, 332, 3, irc_handle_topic_is },
	{ 333, 333, 4, irc_handle_topic_by },
	{ 335, 335, 2, irc_handle_whois },
	{ 338, 338, 2, irc_handle_whois },
	{ 341, 341, 3, irc_handle_inviting },
	{ 351, 351, 2, irc_handle_version },
	{ 353, 353, 4, irc_handle_names },
	{ 366, 366, 2, irc_handle_names_end },
	{ 367, 367, 3, irc_handle_ban },
	{ 368, 368, 2, irc_handle_bans_end },
	{ 372, 372, 1, irc_handle_motd },
	{ 375, 375, 0, irc_handle_quiet },
	{ 376, 376, 0, irc_handle_motd_end },
	{ 378, 379, 2, irc_handle_whois },
	{ 391, 391, 2, irc_handle_time },
	{ 396, 396, 2, irc_handle_host },
	{ 410, 410, 0, irc_handle_cap_failure },
	{ 421, 421, 2, irc_handle_unknown_command },
	{ 422, 422, 0, irc_handle_motd_end },
	{ 431, 433, 1, irc_handle_nick_failure },
	{ 435, 438, 1, irc_handle_nick_failure },
	{ 447, 447, 1, irc_handle_nick_failure },
	{ 451, 451, 0, irc_handle_unregistered },
	{ 463, 466, 0, irc_handle_refused },
	{ 512, 512, 2, irc_handle_monitor_full },
	{ 600, 601, 2, irc_handle_watch },
	{ 602, 602, 0, irc_handle_quiet },
	{ 604, 605, 2, irc_handle_watch },
	{ 670, 670, 0, irc_handle_starttls },
	{ 671, 672, 2, irc_handle_whois },
	{ 691, 691, 0, irc_handle_no_starttls },
	{ 696, 698, 0, irc_handle_failure },
	{ 716, 716, 0, irc_handle_failure },
	{ 717, 717, 0, irc_handle_quiet },
	{ 723, 723, 0, irc_handle_failure },
	{ 730, 731, 2, irc_handle_monitor },
	{ 734, 734, 3, irc_handle_monitor_full },
	{ 742, 742, 0, irc_handle_failure },
	{ 900, 908, 0, irc_handle_sasl },
};

static int compare_command(const void *key, const void *row)
{
	const struct irc_message *m = key;
	const struct command *c = row;
	int order = strncasecmp(m->command.data, c->name, m->command.len);

	if (order == 0 && c->name[m->command.len] != '\0')
		return -1;
	return order;
}

static int compare_numeric(const void *key, const void *row)
{
	const int *numeric = key;
	const struct numeric *n = row;

	if (*numeric < n->first)
		return -1;
	return *numeric > n->last;
}

static void dispatch_numeric(struct irc_session *s, const struct irc_message *m)
{
	const struct numeric *n = bsearch(&m->numeric, numerics,
		COUNT(numerics), sizeof(numerics[0]), compare_numeric);

	irc_recent_answered(s);
	if (n != NULL) {
		if (m->count >= n->count)
			n->fn(s, m);
	} else if (m->numeric >= 400 && m->numeric <= 599) {
		irc_handle_failure(s, m);
	} else {
		irc_show_numeric(s, m);
	}
}

void irc_dispatch(struct irc_session *s, const struct irc_message *m)
{
	const struct command *c;

	if (m->numeric != 0) {
		dispatch_numeric(s, m);
		return;
	}
	c = bsearch(m, commands, COUNT(commands), sizeof(commands[0]),
		compare_command);
	if (c != NULL && m->count >= c->count)
		c->fn(s, m);
}

/* --- Texts --------------------------------------------------------------- */

/* Without control characters there is nothing to strip. */
static bool is_formatted(struct slice raw)
{
	for (size_t i = 0; i < raw.len; i++) {
		if ((unsigned char)raw.data[i] < ' ')
			return true;
	}
	return false;
}

static void add_plain(struct irc_session *s, struct str *body, struct slice raw)
{
	struct str text;

	if (!is_formatted(raw)) {
		charset_decode(body, raw, s->charset);
		return;
	}
	str_init(&text, LIMIT_IRC_LINE);
	irc_strip(&text, raw);
	charset_decode(body, str_slice(&text), s->charset);
	str_finish(&text);
}

const char *irc_params_text(
	struct irc_session *s, const struct irc_message *m, size_t first)
{
	struct str *body = &s->irc->body;

	str_reset(body);
	for (size_t i = first; i < m->count; i++) {
		if (i > first)
			str_add_char(body, ' ');
		add_plain(s, body, m->params[i]);
	}
	return str_text(body);
}

void irc_show_text(struct irc_session *s, const char *text)
{
	const struct gw_message message = { .kind = GW_NOTICE, .text = text };

	if (s->state == IRC_ONLINE && text[0] != '\0')
		gw_message(s->core, NULL, &message);
}

void irc_show_numeric(struct irc_session *s, const struct irc_message *m)
{
	if (s->state == IRC_ONLINE)
		irc_show_text(s, irc_params_text(s, m, 1));
}
