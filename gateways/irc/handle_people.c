/*
 * What happens to people, wherever we see them.
 */
#include <string.h>

#include "base/intern.h"
#include "irc/channel.h"
#include "irc/dispatch.h"
#include "irc/lookup.h"
#include "irc/member.h"
#include "irc/watch.h"

/* How often one person's absence is worth a message. */
#define TOLD_AWAY_MS (10 * 60 * 1000)

static struct irc_person *known(
	const struct irc_session *s, const struct irc_message *m)
{
	return m->nick.len > 0 ? irc_person_find(s, m->nick) : NULL;
}

/* --- NICK ---------------------------------------------------------------- */

static void rename_person(
	struct irc_session *s, struct irc_person *p, const char *nick)
{
	struct irc_person *other = irc_person_find(s, slice_of(nick));
	struct gw_gone gone = { .how = GW_QUIT };
	const char *before;

	/* Nobody can take the nick of somebody who is there: we missed that
	 * he left; but not when he is ourselves. */
	if (other != NULL && other != p)
		irc_person_remove(s, other, &gone);
	if (other != p && irc_person_find(s, slice_of(nick)) != NULL)
		return;
	before = intern_ref(p->nick);
	if (!irc_same(irc_isupport_of(s)->casemap, slice_of(before),
		    slice_of(nick)))
		irc_watch_gone(s, slice_of(before));
	irc_person_rename(s, p, slice_of(nick));
	irc_watch_seen(s, slice_of(nick));
	for (const struct irc_member *m = p->members; m != NULL;
		m = m->next_of_person) {
		if (strcmp(before, p->nick) != 0)
			irc_member_renamed(m, before);
	}
	intern_drop(&before);
}

void irc_handle_nick(struct irc_session *s, const struct irc_message *m)
{
	struct slice nick = m->params[0];
	struct irc_person *p = known(s, m);
	const char *text;

	if (nick.len == 0 || nick.len >= IRC_NAME_SIZE || m->nick.len == 0)
		return;
	text = irc_session_text(s, nick);
	if (text[strcspn(text, " ,!@")] != '\0' ||
		irc_is_channel(irc_isupport_of(s), slice_of(text)))
		return;
	if (irc_is_self(s, m->nick)) {
		irc_set_self(s, text, NULL, NULL);
		if (s->state == IRC_ONLINE)
			gw_online(s->core, s->nick);
	}
	if (p != NULL)
		rename_person(s, p, text);
}

/* --- QUIT ---------------------------------------------------------------- */

static bool is_server_name(struct slice name)
{
	bool has_dot = false;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		has_dot = has_dot || c == '.';
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
			!(c >= '0' && c <= '9') && c != '.' && c != '-' &&
			c != '*')
			return false;
	}
	return has_dot && name.data[0] != '.' && name.data[name.len - 1] != '.';
}

/* "a.example b.example": the link between two servers broke. Anybody can
 * write that himself, but servers put "Quit: " in front of what he writes. */
static bool is_split(struct slice text)
{
	struct slice rest = text;
	struct slice first = slice_cut(&rest, ' ');

	return first.len > 0 && rest.len > 0 && is_server_name(first) &&
	       is_server_name(rest);
}

void irc_handle_quit(struct irc_session *s, const struct irc_message *m)
{
	struct irc_person *p = known(s, m);
	struct gw_gone gone = { .how = GW_QUIT };

	if (p == NULL || irc_is_self(s, m->nick))
		return;
	if (is_split(irc_param(m, 0)))
		gone.how = GW_SPLIT;
	if (irc_param(m, 0).len > 0)
		gone.text = irc_params_text(s, m, 0);
	irc_person_remove(s, p, &gone);
	irc_watch_gone(s, m->nick);
}

/* --- ACCOUNT, AWAY, CHGHOST, SETNAME ------------------------------------- */

void irc_handle_account(struct irc_session *s, const struct irc_message *m)
{
	struct irc_person *p = known(s, m);

	if (p != NULL)
		irc_person_set_account(s, p, m->params[0]);
}

void irc_handle_away(struct irc_session *s, const struct irc_message *m)
{
	struct irc_person *p = known(s, m);
	const char *text = NULL;

	if (p == NULL)
		return;
	if (m->count > 0 && m->params[0].len > 0)
		text = irc_params_text(s, m, 0);
	if (!irc_person_set_away(p, text))
		return;
	irc_person_show(p);
	irc_watch_away(s, m->nick, text);
}

void irc_handle_chghost(struct irc_session *s, const struct irc_message *m)
{
	struct irc_person *p = known(s, m);

	if (irc_is_self(s, m->nick))
		irc_set_self(s, NULL, irc_session_text_or_null(s, m->params[0]),
			irc_session_text_or_null(s, m->params[1]));
	if (p != NULL && irc_person_learn(s, p, m->params[0], m->params[1]))
		irc_person_show(p);
}

/* Real names are asked for when somebody wants them. */
void irc_handle_setname(
	struct irc_session *s UNUSED, const struct irc_message *m UNUSED)
{
}

/* --- 301 ----------------------------------------------------------------- */

static bool was_told(struct irc_session *s, const char *nick)
{
	const char *before = s->told_away;
	bool is_same = before != NULL && strcmp(before, nick) == 0 &&
		       s->heard_ms - s->told_away_ms < TOLD_AWAY_MS;

	if (is_same)
		return true;
	s->told_away = intern(nick);
	s->told_away_ms = s->heard_ms;
	intern_drop(&before);
	return false;
}

/* The answer to a message to somebody who is away; part of WHOIS as well. */
void irc_handle_is_away(struct irc_session *s, const struct irc_message *m)
{
	const char *nick = irc_session_text(s, m->params[1]);
	const char *text = irc_params_text(s, m, 2);
	struct irc_person *p = irc_person_find(s, m->params[1]);
	struct str *told = &s->irc->line;
	struct gw_message message = { .kind = GW_NOTICE, .from = nick };

	if (s->state != IRC_ONLINE || irc_whois_away(s, m->params[1], text))
		return;
	if (p != NULL && irc_person_set_away(p, text))
		irc_person_show(p);
	irc_watch_away(s, m->params[1], text);
	if (was_told(s, nick))
		return;
	str_reset(told);
	str_addf(told, "(away) %s", text);
	message.text = str_text(told);
	gw_message(s->core, NULL, &message);
}
