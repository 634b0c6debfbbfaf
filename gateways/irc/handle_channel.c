/*
 * What happens in channels.
 */
#include <stdlib.h>

#include "base/intern.h"
#include "irc/channel.h"
#include "irc/dispatch.h"
#include "irc/ircclient.h"
#include "irc/mask.h"
#include "irc/member.h"
#include "irc/modes.h"
#include "irc/numeric.h"
#include "irc/request.h"
#include "irc/watch.h"

/* A ban this long before a kick of the same person was its reason. */
#define BAN_KICK_MS 10000

/* extended-join, or account-tag; a server without them knows no accounts. */
static void learn_account(struct irc_session *s, struct irc_person *p,
	const struct irc_message *m)
{
	struct slice account;

	if (irc_has_cap(&s->caps, IRC_CAP_EXTENDED_JOIN) && m->count > 1)
		irc_person_set_account(s, p, m->params[1]);
	else if (irc_has_cap(&s->caps, IRC_CAP_ACCOUNT_TAG))
		irc_person_set_account(s, p,
			irc_tag_find(m, "account", &account)
				? account
				: slice_make("", 0));
}

/* The person behind a JOIN, with what it tells of him; NULL when it does not
 * name one. */
static struct irc_person *sender(
	struct irc_session *s, const struct irc_message *m)
{
	struct irc_person *p;

	if (m->nick.len == 0)
		return NULL;
	p = irc_person_get(s, slice_of(irc_session_text(s, m->nick)));
	if (p != NULL) {
		(void)irc_person_learn(s, p, m->user, m->host);
		learn_account(s, p, m);
	}
	return p;
}

/* --- JOIN, PART, KICK ---------------------------------------------------- */

static void join_one(
	struct irc_session *s, const struct irc_message *m, struct slice name)
{
	struct irc_channel *c;
	struct irc_person *p;
	struct irc_member *member;

	name = slice_of(irc_session_text(s, name));
	if (!irc_is_channel(irc_isupport_of(s), name))
		return;
	if (irc_is_self(s, m->nick)) {
		irc_set_self(s, NULL, irc_session_text_or_null(s, m->user),
			irc_session_text_or_null(s, m->host));
		irc_channel_entered(s, name);
	}
	c = irc_channel_find(s, name);
	if (c == NULL || c->state < IRC_CHANNEL_NAMING)
		return;
	p = sender(s, m);
	if (p == NULL)
		return;
	member = irc_member_find(c, p);
	if (member == NULL)
		member = irc_member_get(c, p);
	if (member != NULL)
		irc_member_show(member);
	else
		irc_person_release(s, p);
	irc_watch_seen(s, m->nick);
}

void irc_handle_join(struct irc_session *s, const struct irc_message *m)
{
	struct slice names = m->params[0];

	/* Bouncers and oper commands put us into channels early. */
	if (s->state == IRC_WELCOME)
		irc_session_welcome(s);
	if (s->state != IRC_ONLINE || m->nick.len == 0)
		return;
	while (names.len > 0)
		join_one(s, m, slice_cut(&names, ','));
}

/* Somebody is not in a channel any more. */
static void leave_one(struct irc_session *s, struct irc_channel *c,
	struct slice nick, struct gw_gone *gone)
{
	struct irc_member *member;

	if (irc_is_self(s, nick)) {
		if (c->state >= IRC_CHANNEL_NAMING)
			irc_channel_lost(c, gone);
		return;
	}
	member = irc_member_find(c, irc_person_find(s, nick));
	if (member != NULL)
		irc_member_remove(member, gone);
}

void irc_handle_part(struct irc_session *s, const struct irc_message *m)
{
	struct slice names = m->params[0];
	struct gw_gone gone = { .how = GW_LEFT };

	if (m->count > 1 && m->params[1].len > 0)
		gone.text = irc_params_text(s, m, 1);
	while (names.len > 0) {
		struct irc_channel *c =
			irc_channel_find(s, slice_cut(&names, ','));

		if (c == NULL)
			continue;
		if (irc_is_self(s, m->nick) && irc_channel_parted(c))
			continue;
		leave_one(s, c, m->nick, &gone);
	}
}

/* Was the ban that came just before meant for him? */
static bool was_banned(const struct irc_channel *c, const struct irc_person *p)
{
	const struct irc_session *s = c->session;
	struct str source;
	bool matches;

	if (c->last_ban == NULL || p == NULL ||
		irc_now_ms(s->irc) - c->last_ban_ms > BAN_KICK_MS)
		return false;
	str_init(&source, 4 * IRC_NAME_SIZE);
	irc_person_source(p, &source);
	matches = irc_mask_matches(irc_isupport_of(s)->casemap,
		slice_of(c->last_ban), str_slice(&source));
	str_finish(&source);
	return matches;
}

void irc_handle_kick(struct irc_session *s, const struct irc_message *m)
{
	struct irc_channel *c = irc_channel_find(s, m->params[0]);
	struct gw_gone gone = { .how = GW_KICKED };

	if (c == NULL)
		return;
	if (was_banned(c, irc_person_find(s, m->params[1])))
		gone.how = GW_WAS_BANNED;
	if (!irc_is_from_server(m))
		gone.actor = irc_session_text_or_null(s, m->nick);
	if (m->count > 2 && m->params[2].len > 0)
		gone.text = irc_params_text(s, m, 2);
	/* Out is out, however often we asked for it. */
	if (irc_is_self(s, m->params[1]) && irc_channel_parted(c))
		return;
	leave_one(s, c, m->params[1], &gone);
}

/* --- Modes --------------------------------------------------------------- */

/* The member whose rank is changed, or NULL. */
static struct irc_member *ranked(
	const struct irc_channel *c, const struct irc_mode_change *change)
{
	return change->class == IRC_MODE_PREFIX
		       ? irc_member_find(
				 c, irc_person_find(c->session, change->param))
		       : NULL;
}

static void change_rank(
	struct irc_channel *c, const struct irc_mode_change *change)
{
	struct irc_member *member = ranked(c, change);
	int rank =
		irc_rank_of_mode(irc_isupport_of(c->session), change->letter);
	uint16_t bit;

	if (member == NULL || rank < 0)
		return;
	bit = (uint16_t)(1u << rank);
	if (((member->ranks & bit) != 0) == change->add)
		return;
	member->ranks = (uint16_t)(member->ranks ^ bit);
	member->is_changed = true;
}

/* Once each, however many of his ranks one line changed. */
static void show_ranked(
	struct irc_channel *c, const struct irc_message *m, size_t first)
{
	struct irc_mode_iter it;
	struct irc_mode_change change;

	irc_modes_begin(&it, irc_isupport_of(c->session), m, first);
	while (irc_modes_next(&it, &change)) {
		struct irc_member *member = ranked(c, &change);

		if (member == NULL || !member->is_changed)
			continue;
		member->is_changed = false;
		irc_member_show(member);
	}
}

static void set_password(struct irc_channel *c, const char *password)
{
	intern_drop(&c->password);
	if (password != NULL)
		c->password = intern(password);
}

/* Bans are no occupants, so people read of them. */
static void show_ban(const struct irc_channel *c, const struct irc_message *m,
	const struct irc_mode_change *change)
{
	struct irc_session *s = c->session;
	struct gw_message message = { .kind = GW_NOTICE };
	struct str *text = &s->irc->line;

	if (!irc_channel_is_shown(c))
		return;
	str_reset(text);
	str_addf(text, "%s %s %s", irc_session_text(s, m->nick),
		change->add ? "bans" : "lifts the ban of",
		irc_session_text(s, change->param));
	message.text = str_text(text);
	gw_message(s->core, c->room, &message);
}

static void change_ban(struct irc_channel *c, const struct irc_message *m,
	const struct irc_mode_change *change)
{
	struct irc_session *s = c->session;

	if (change->letter != 'b' || change->param.len == 0)
		return;
	show_ban(c, m, change);
	intern_drop(&c->last_ban);
	if (!change->add)
		return;
	c->last_ban = intern(irc_session_text(s, change->param));
	c->last_ban_ms = irc_now_ms(s->irc);
}

/* True when the room's configuration changed. */
static bool change_setting(
	struct irc_channel *c, const struct irc_mode_change *change)
{
	struct irc_session *s = c->session;
	uint64_t before = c->modes;
	char number[16];

	if (change->add)
		c->modes |= irc_mode_bit(change->letter);
	else
		c->modes &= ~irc_mode_bit(change->letter);
	if (change->letter == 'k') {
		set_password(c,
			change->add ? irc_session_text_or_null(s, change->param)
				    : NULL);
		return true;
	}
	if (change->letter == 'l') {
		(void)text_format(number, sizeof(number), "%.*s",
			(int)(change->param.len < 9 ? change->param.len : 9),
			change->param.len > 0 ? change->param.data : "");
		c->max_users = change->add ? strtol(number, NULL, 10) : 0;
		if (c->max_users < 0)
			c->max_users = 0;
		return true;
	}
	return c->modes != before;
}

/* True when the room's configuration changed. */
static bool apply_modes(
	struct irc_channel *c, const struct irc_message *m, size_t first)
{
	bool was_moderated = irc_channel_is_moderated(c);
	struct irc_mode_iter it;
	struct irc_mode_change change;
	bool is_changed = false;

	irc_modes_begin(&it, irc_isupport_of(c->session), m, first);
	while (irc_modes_next(&it, &change)) {
		switch (change.class) {
		case IRC_MODE_PREFIX:
			change_rank(c, &change);
			break;
		case IRC_MODE_LIST:
			change_ban(c, m, &change);
			break;
		case IRC_MODE_FLAG:
		case IRC_MODE_ALWAYS:
		case IRC_MODE_SET:
			is_changed = change_setting(c, &change) || is_changed;
			break;
		}
	}
	show_ranked(c, m, first);
	if (irc_channel_is_moderated(c) != was_moderated)
		irc_channel_show_roles(c);
	return is_changed;
}

void irc_handle_mode(struct irc_session *s, const struct irc_message *m)
{
	struct irc_channel *c = irc_channel_find(s, m->params[0]);

	if (c != NULL && c->state >= IRC_CHANNEL_NAMING && apply_modes(c, m, 1))
		irc_channel_show_info(c);
}

static bool says_moderated(
	const struct irc_channel *c, const struct irc_message *m)
{
	struct irc_mode_iter it;
	struct irc_mode_change change;
	bool found = false;

	irc_modes_begin(&it, irc_isupport_of(c->session), m, 2);
	while (irc_modes_next(&it, &change))
		found = found || (change.letter == 'm' && change.add);
	return found;
}

/* 324: all modes of a channel. */
void irc_handle_modes(struct irc_session *s, const struct irc_message *m)
{
	struct irc_channel *c = irc_channel_find(s, m->params[1]);
	struct irc_request *r =
		irc_request_find(s, IRC_REQUEST_MODES, m->params[1]);
	bool was_moderated;

	if (r != NULL)
		irc_request_done(s, r, irc_params_text(s, m, 1));
	if (c == NULL || c->state < IRC_CHANNEL_NAMING) {
		if (r == NULL)
			irc_show_numeric(s, m);
		return;
	}
	/* Without what is not said now; but +m stays until it is known to be
	 * gone, so that roles change once at most. */
	was_moderated = irc_channel_is_moderated(c);
	c->modes &= irc_mode_bit('m');
	c->max_users = 0;
	set_password(c, NULL);
	(void)apply_modes(c, m, 2);
	if (was_moderated && !says_moderated(c, m)) {
		c->modes &= ~irc_mode_bit('m');
		irc_channel_show_roles(c);
	}
	irc_channel_moded(c);
}

/* --- Topic --------------------------------------------------------------- */

void irc_handle_topic(struct irc_session *s, const struct irc_message *m)
{
	struct irc_channel *c = irc_channel_find(s, m->params[0]);

	if (c != NULL)
		irc_channel_topic(c, irc_params_text(s, m, 1),
			irc_session_text_or_null(s, m->nick),
			irc_message_time(s, m));
}

void irc_handle_no_topic(struct irc_session *s, const struct irc_message *m)
{
	struct irc_request *r =
		irc_request_find(s, IRC_REQUEST_TOPIC, m->params[1]);

	if (r != NULL)
		irc_request_done(s, r, "There is no topic.");
}

void irc_handle_topic_is(struct irc_session *s, const struct irc_message *m)
{
	struct irc_channel *c = irc_channel_find(s, m->params[1]);
	struct irc_request *r =
		irc_request_find(s, IRC_REQUEST_TOPIC, m->params[1]);

	if (r != NULL)
		irc_request_done(s, r, irc_params_text(s, m, 2));
	else if (c != NULL && c->state == IRC_CHANNEL_NAMING)
		irc_channel_topic(c, irc_params_text(s, m, 2), NULL, 0);
	else if (c == NULL)
		irc_show_numeric(s, m);
}

/* 333: who set the topic, and when. */
void irc_handle_topic_by(struct irc_session *s, const struct irc_message *m)
{
	struct irc_channel *c = irc_channel_find(s, m->params[1]);
	char nick[IRC_NAME_SIZE];
	char number[16];

	if (c == NULL || c->state != IRC_CHANNEL_NAMING ||
		!irc_source_nick(m->params[2], nick, sizeof(nick)))
		return;
	(void)text_format(number, sizeof(number), "%.*s",
		(int)(m->params[3].len < 12 ? m->params[3].len : 12),
		m->params[3].data);
	irc_channel_topic_setter(c, irc_session_text_or_null(s, slice_of(nick)),
		strtoll(number, NULL, 10) * 1000);
}

/* --- NAMES --------------------------------------------------------------- */

static void name_one(
	struct irc_session *s, struct irc_channel *c, struct slice entry)
{
	const struct irc_isupport *is = irc_isupport_of(s);
	struct slice symbols = irc_cut_prefixes(is, &entry);
	struct slice nick, user, host;
	struct irc_person *p;
	struct irc_member *member;
	unsigned ranks = 0;

	irc_source_split(entry, &nick, &user, &host);
	if (nick.len == 0)
		return;
	p = irc_person_get(s, slice_of(irc_session_text(s, nick)));
	if (p == NULL)
		return;
	(void)irc_person_learn(s, p, user, host);
	member = irc_member_get(c, p);
	irc_watch_seen(s, nick);
	if (member == NULL) {
		irc_person_release(s, p);
		return;
	}
	for (size_t i = 0; i < symbols.len; i++) {
		int rank = irc_rank_of_symbol(is, symbols.data[i]);

		if (rank >= 0)
			ranks |= 1u << rank;
	}
	if (member->ranks == ranks && member->is_known)
		return;
	/* Without multi-prefix only the highest is told. */
	if (!irc_has_cap(&s->caps, IRC_CAP_MULTI_PREFIX))
		ranks |= member->ranks;
	member->ranks = (uint16_t)ranks;
	member->is_known = true;
	irc_member_show(member);
}

/* The user asked: nicks with their symbols, without user and host. */
static void list_names(
	struct irc_session *s, struct irc_request *r, struct slice names)
{
	while (names.len > 0) {
		struct slice name = slice_cut(&names, ' ');
		struct slice nick = slice_cut(&name, '!');

		if (nick.len > 0)
			str_addf(&r->text, "%s%s", r->text.len > 0 ? " " : "",
				irc_session_text(s, nick));
	}
}

void irc_handle_names(struct irc_session *s, const struct irc_message *m)
{
	struct irc_channel *c = irc_channel_find(s, m->params[2]);
	struct irc_request *r =
		irc_request_find(s, IRC_REQUEST_NAMES, m->params[2]);
	struct slice names = m->params[3];

	if (r != NULL)
		list_names(s, r, names);
	else if (c == NULL)
		irc_show_numeric(s, m);
	if (c == NULL || c->state < IRC_CHANNEL_NAMING)
		return;
	while (names.len > 0)
		name_one(s, c, slice_cut(&names, ' '));
}

void irc_handle_names_end(struct irc_session *s, const struct irc_message *m)
{
	struct irc_channel *c = irc_channel_find(s, m->params[1]);
	struct irc_request *r =
		irc_request_find(s, IRC_REQUEST_NAMES, m->params[1]);

	if (r != NULL)
		irc_request_done(s, r, NULL);
	if (c != NULL)
		irc_channel_named(c);
}

/* --- INVITE -------------------------------------------------------------- */

void irc_handle_invite(struct irc_session *s, const struct irc_message *m)
{
	if (s->state != IRC_ONLINE || !irc_is_self(s, m->params[0]) ||
		!irc_is_channel(irc_isupport_of(s), m->params[1]))
		return;
	gw_invited(s->core, irc_session_text(s, m->params[1]),
		irc_session_text_or_null(s, m->nick), NULL);
}

/* 341: our INVITE went out. */
void irc_handle_inviting(struct irc_session *s, const struct irc_message *m)
{
	struct irc_request *r = irc_request_about(s, m->params[1], "INVITE");

	if (r == NULL)
		r = irc_request_about(s, m->params[2], "INVITE");
	if (r != NULL)
		irc_request_done(s, r, NULL);
	else
		irc_show_numeric(s, m);
}
