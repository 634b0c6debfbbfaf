#include "irc/moderate.h"

#include <string.h>

#include "irc/channel.h"
#include "irc/mask.h"
#include "irc/member.h"
#include "irc/outbox.h"
#include "irc/request.h"

#define CHANGES_MAX 16

static const char words_syntax[] = "This cannot be said on IRC.";

/* The session and channel of a room that is in use; fails the request. */
static struct irc_channel *usable(struct gw_room *room, gw_request request)
{
	struct irc_channel *c = room->impl;

	if (irc_session_of(room->session) != NULL && irc_channel_is_shown(c))
		return c;
	gw_fail(room->session, request, GW_LOST, irc_not_connected);
	return NULL;
}

static struct irc_request *begin(struct irc_session *s, gw_request request,
	const char *command, const char *target, const char *other)
{
	return irc_request_new(s, IRC_REQUEST_CHANGE, request, command,
		(const char *const[]){ target, other });
}

/* The lines were sent, or could not be. */
static void follow(struct irc_session *s, struct irc_request *r, bool is_sent)
{
	if (is_sent)
		irc_request_follow(s, r);
	else
		irc_request_fail(s, r, GW_NOT_ACCEPTABLE, words_syntax);
}

/* One line of words, at most `max` bytes (0: as much as a line takes). */
static void one_line(char out[IRC_NAME_SIZE], const char *text, size_t max)
{
	if (max == 0 || max > 350)
		max = 350;
	(void)text_copy(out, max + 1, text);
	for (char *p = out; *p != '\0'; p++) {
		if (*p == '\r' || *p == '\n')
			*p = ' ';
	}
}

/* --- Nick, topic, kick, invitation --------------------------------------- */

void irc_change_nick(
	struct irc_session *s, gw_request request, const char *nick)
{
	struct irc_request *r;

	if (strcmp(s->nick, nick) == 0) {
		gw_done(s->core, request, NULL);
		return;
	}
	if (!irc_is_nick(irc_isupport_of(s), slice_of(nick))) {
		gw_fail(s->core, request, GW_NOT_ACCEPTABLE,
			"The network does not take such a nick. Choose "
			"another.");
		return;
	}
	r = begin(s, request, "NICK", nick, NULL);
	if (r != NULL)
		follow(s, r,
			irc_command(s, "NICK",
				(const char *const[]){ nick, NULL }, NULL));
}

void irc_change_topic(struct irc_session *s, gw_request request,
	const char *name, const char *text)
{
	size_t max = irc_isupport_of(s)->topiclen;
	struct irc_request *r;

	if (max > 0 && strlen(text) > max) {
		gw_fail(s->core, request, GW_NOT_ACCEPTABLE,
			"The topic is too long for this network. Shorten it.");
		return;
	}
	r = begin(s, request, "TOPIC", name, NULL);
	if (r != NULL)
		follow(s, r,
			irc_command(s, "TOPIC",
				(const char *const[]){ name, NULL }, text));
}

static bool send_kick(struct irc_session *s, const char *name, const char *nick,
	const char *reason)
{
	char text[IRC_NAME_SIZE];

	one_line(text, reason != NULL ? reason : "",
		irc_isupport_of(s)->kicklen);
	return irc_command(s, "KICK", (const char *const[]){ name, nick, NULL },
		text[0] != '\0' ? text : NULL);
}

void irc_kick(struct irc_session *s, gw_request request, const char *name,
	const char *nick, const char *reason)
{
	struct irc_request *r = begin(s, request, "KICK", name, nick);

	if (r != NULL)
		follow(s, r, send_kick(s, name, nick, reason));
}

void irc_invite_to(struct irc_session *s, gw_request request, const char *name,
	const char *nick)
{
	struct irc_request *r = begin(s, request, "INVITE", name, nick);

	if (r != NULL)
		follow(s, r,
			irc_command(s, "INVITE",
				(const char *const[]){ nick, name, NULL },
				NULL));
}

/* --- Modes --------------------------------------------------------------- */

static bool send_modes(struct irc_session *s, const char *name,
	const struct irc_mode_change *changes, size_t count)
{
	return irc_modes_write(irc_line_new(s), irc_isupport_of(s),
		       slice_of(name), changes, count) == 0 &&
	       irc_send(s) == 0;
}

void irc_change_modes(struct irc_session *s, gw_request request,
	const char *name, const struct irc_mode_change *changes, size_t count)
{
	struct irc_request *r = begin(s, request, "MODE", name, NULL);

	if (r != NULL)
		follow(s, r, send_modes(s, name, changes, count));
}

static bool differs(struct slice his, const char *own)
{
	return his.len > 0 && (own == NULL || !slice_equals_nocase(his, own));
}

/* A mask that keeps him out and us in: all users of a gateway come from the
 * same host. */
static void person_mask(const struct irc_session *s, const struct irc_person *p,
	struct str *mask)
{
	struct irc_origin origin = irc_person_origin(p);

	if (differs(origin.host, s->host))
		irc_mask_from_source(mask, slice_of(p->nick), origin.host);
	else if (origin.host.len > 0 && differs(origin.user, s->user))
		str_addf(
			mask, "*!%.*s", (int)origin.text.len, origin.text.data);
	else
		irc_mask_from_source(mask, slice_of(p->nick), slice_of(""));
}

/* Who is to be banned, as a mask; -1 when it is none. */
static int ban_mask(
	const struct irc_session *s, const char *who, struct str *mask)
{
	const struct irc_person *p = irc_person_find(s, slice_of(who));

	str_init(mask, IRC_MASK_MAX + 1);
	if (p != NULL)
		person_mask(s, p, mask);
	else if (irc_mask_complete(mask, irc_isupport_of(s), slice_of(who)) !=
		 0)
		return -1;
	return mask->overflow ? -1 : 0;
}

void irc_ban(struct irc_session *s, gw_request request, const char *name,
	const char *who, bool add)
{
	struct irc_mode_change change = { .add = add, .letter = 'b' };
	struct str mask;

	if (ban_mask(s, who, &mask) != 0) {
		gw_fail(s->core, request, GW_NOT_ACCEPTABLE,
			"This is neither a nick nor a mask. Write nick or "
			"nick!user@host.");
	} else {
		change.param = str_slice(&mask);
		irc_change_modes(s, request, name, &change, 1);
	}
	str_finish(&mask);
}

/* Ban and put out: one request, which fails with the first that is refused. */
static void ban_and_kick(struct irc_channel *c, gw_request request,
	const char *nick, const char *reason)
{
	struct irc_session *s = c->session;
	struct irc_request *r = begin(s, request, "KICK", c->name, nick);
	struct irc_mode_change change = { .add = true, .letter = 'b' };
	struct str mask;
	bool is_sent;

	if (r == NULL)
		return;
	is_sent = ban_mask(s, nick, &mask) == 0;
	change.param = str_slice(&mask);
	is_sent = is_sent && send_modes(s, c->name, &change, 1) &&
		  send_kick(s, c->name, nick, reason);
	str_finish(&mask);
	follow(s, r, is_sent);
}

/* --- Roles and affiliations ---------------------------------------------- */

/* The prefix mode with this letter, or one that does instead; 0: none. */
static char rank_letter(const struct irc_isupport *s, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		if (irc_rank_of_mode(s, *letters) >= 0)
			return *letters;
	}
	return '\0';
}

/* What is to be said so that `m` has rank `letter` and none above it. */
static size_t rank_changes(const struct irc_member *m, char letter,
	struct irc_mode_change changes[CHANGES_MAX])
{
	const struct irc_isupport *is = irc_isupport_of(m->channel->session);
	int wanted =
		letter != '\0' ? irc_rank_of_mode(is, letter) : IRC_PREFIX_MAX;
	struct slice nick = slice_of(m->person->nick);
	size_t count = 0;

	for (int rank = 0; rank < wanted && is->prefix_modes[rank] != '\0';
		rank++) {
		if ((m->ranks & 1u << rank) != 0)
			changes[count++] = (struct irc_mode_change){
				.letter = is->prefix_modes[rank],
				.param = nick,
			};
	}
	if (letter != '\0' && (m->ranks & 1u << wanted) == 0)
		changes[count++] = (struct irc_mode_change){
			.add = true,
			.letter = letter,
			.param = nick,
		};
	return count;
}

static void set_rank(struct irc_channel *c, gw_request request,
	const struct irc_member *m, char letter)
{
	struct irc_session *s = c->session;
	struct irc_mode_change changes[CHANGES_MAX];
	size_t count = rank_changes(m, letter, changes);
	struct irc_request *r;

	if (count == 0) {
		gw_done(s->core, request, NULL);
		return;
	}
	r = begin(s, request, "MODE", c->name, m->person->nick);
	if (r != NULL)
		follow(s, r, send_modes(s, c->name, changes, count));
}

/* The rank that goes with a role; 0: none. */
static char letter_of_role(const struct irc_member *m, enum gw_role role)
{
	const struct irc_channel *c = m->channel;
	const struct irc_isupport *is = irc_isupport_of(c->session);
	int voice = irc_rank_of_mode(is, 'v');

	if (role == GW_MODERATOR)
		return rank_letter(is, "oh");
	/* Where everybody may speak, voice is needed by nobody, but who has
	 * it keeps it. */
	if (role == GW_PARTICIPANT && voice >= 0 &&
		(irc_channel_is_moderated(c) || (m->ranks & 1u << voice) != 0))
		return 'v';
	return '\0';
}

static char letter_of_affiliation(
	const struct irc_channel *c, enum gw_affiliation affiliation)
{
	const struct irc_isupport *is = irc_isupport_of(c->session);

	switch (affiliation) {
	case GW_OWNER:
		return rank_letter(is, "qao");
	case GW_ADMIN:
		/* Operators are admins; they can make more of their kind, but
		 * none of those above them. */
		return rank_letter(is, "o");
	case GW_MEMBER:
		return rank_letter(is, "vh");
	case GW_NONE:
	case GW_OUTCAST:
		break;
	}
	return '\0';
}

/* Ban by mask; who is there is put out as well. */
static void set_outcast(struct irc_channel *c, gw_request request,
	const struct gw_moderation *m)
{
	struct irc_session *s = c->session;
	const char *who = m->nick != NULL ? m->nick : m->person;
	const struct irc_person *p = irc_person_find(s, slice_of(who));

	if (irc_member_find(c, p) != NULL)
		ban_and_kick(c, request, who, m->reason);
	else
		irc_ban(s, request, c->name, who, true);
}

static bool has_role(const struct irc_member *m, enum gw_role role)
{
	struct gw_occupant o;

	irc_member_describe(m, &o);
	return o.role == role;
}

/* Whatever rank it is that gives it to him. */
static bool has_affiliation(
	const struct irc_member *m, enum gw_affiliation affiliation)
{
	struct gw_occupant o;

	irc_member_describe(m, &o);
	return o.affiliation == affiliation;
}

static void set_affiliation(struct irc_channel *c, gw_request request,
	const struct gw_moderation *m, const struct irc_member *member)
{
	struct irc_session *s = c->session;

	if (m->nick == NULL && m->person == NULL)
		gw_fail(s->core, request, GW_NOT_ACCEPTABLE, words_syntax);
	else if (m->affiliation == GW_OUTCAST)
		set_outcast(c, request, m);
	else if (member != NULL && has_affiliation(member, m->affiliation))
		gw_done(s->core, request, NULL);
	else if (member != NULL)
		set_rank(c, request, member,
			letter_of_affiliation(c, m->affiliation));
	else if (m->affiliation == GW_NONE && m->person != NULL)
		irc_ban(s, request, c->name, m->person, false);
	else
		gw_fail(s->core, request, GW_NOT_ALLOWED,
			"On IRC only people in the channel have a rank.");
}

void irc_moderate(
	struct gw_room *room, gw_request request, const struct gw_moderation *m)
{
	struct irc_channel *c = usable(room, request);
	struct irc_member *member = NULL;
	struct irc_session *s;

	if (c == NULL)
		return;
	s = c->session;
	if (m->nick != NULL)
		member = irc_member_find(
			c, irc_person_find(s, slice_of(m->nick)));
	if (m->nick != NULL && member == NULL)
		gw_fail(s->core, request, GW_NO_SUCH,
			"Nobody of this nick is in the channel.");
	else if (m->verb == GW_SET_AFFILIATION)
		set_affiliation(c, request, m, member);
	else if (member == NULL)
		gw_fail(s->core, request, GW_NOT_ACCEPTABLE, words_syntax);
	else if (m->role == GW_ROLE_NONE)
		irc_kick(s, request, c->name, m->nick, m->reason);
	else if (has_role(member, m->role))
		gw_done(s->core, request, NULL);
	else
		set_rank(c, request, member, letter_of_role(member, m->role));
}

/* --- Configuration ------------------------------------------------------- */

static void add_flag(const struct irc_channel *c,
	struct irc_mode_change *changes, size_t *count, char letter, bool add)
{
	bool is_set = (c->modes & irc_mode_bit(letter)) != 0;

	if (is_set != add)
		changes[(*count)++] = (struct irc_mode_change){
			.add = add,
			.letter = letter,
		};
}

static void add_flags(const struct irc_channel *c,
	struct irc_mode_change *changes, size_t *count,
	const struct gw_room_info *wanted, unsigned fields)
{
	static const struct {
		unsigned field;
		char letter;
	} table[] = {
		{ GW_ROOM_MODERATED, 'm' },
		{ GW_ROOM_MEMBERS_ONLY, 'i' },
		{ GW_ROOM_HIDDEN, 's' },
		{ GW_ROOM_SUBJECT_LOCKED, 't' },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		if (fields & table[i].field)
			add_flag(c, changes, count, table[i].letter,
				(wanted->flags & table[i].field) != 0);
	}
	/* +p hides as well. */
	if ((fields & GW_ROOM_HIDDEN) && !(wanted->flags & GW_ROOM_HIDDEN))
		add_flag(c, changes, count, 'p', false);
}

static void add_password(const struct irc_channel *c,
	struct irc_mode_change *changes, size_t *count, const char *password)
{
	bool has_one = (c->modes & irc_mode_bit('k')) != 0;
	const char *old = c->password != NULL ? c->password : "*";

	if (password != NULL && password[0] == '\0')
		password = NULL;
	if (has_one && (password == NULL || strcmp(old, password) != 0))
		changes[(*count)++] = (struct irc_mode_change){
			.letter = 'k',
			.param = slice_of(old),
		};
	if (password != NULL && (!has_one || strcmp(old, password) != 0))
		changes[(*count)++] = (struct irc_mode_change){
			.add = true,
			.letter = 'k',
			.param = slice_of(password),
		};
}

void irc_configure(struct gw_room *room, gw_request request,
	const struct gw_room_info *wanted, unsigned fields)
{
	struct irc_channel *c = usable(room, request);
	struct irc_mode_change changes[CHANGES_MAX];
	size_t count = 0;
	char number[16];

	if (c == NULL)
		return;
	add_flags(c, changes, &count, wanted, fields);
	if (fields & GW_ROOM_PASSWORD)
		add_password(c, changes, &count, wanted->password);
	if ((fields & GW_ROOM_MAX_USERS) && wanted->max_users != c->max_users) {
		(void)text_format(
			number, sizeof(number), "%ld", wanted->max_users);
		changes[count++] = (struct irc_mode_change){
			.add = wanted->max_users > 0,
			.letter = 'l',
			.param =
				slice_of(wanted->max_users > 0 ? number : NULL),
		};
	}
	if (count == 0)
		gw_done(room->session, request, NULL);
	else
		irc_change_modes(c->session, request, c->name, changes, count);
}

/* --- The ops ------------------------------------------------------------- */

void irc_set_nick(struct gw_room *room, gw_request request, const char *nick)
{
	struct irc_channel *c = usable(room, request);

	if (c != NULL)
		irc_change_nick(c->session, request, nick);
}

void irc_set_subject(struct gw_room *room, gw_request request, const char *text)
{
	struct irc_channel *c = usable(room, request);
	char line[IRC_NAME_SIZE];

	if (c == NULL)
		return;
	if (strlen(text) >= sizeof(line)) {
		gw_fail(room->session, request, GW_NOT_ACCEPTABLE,
			"The topic is too long for IRC. Shorten it.");
		return;
	}
	(void)text_copy(line, sizeof(line), text);
	for (char *p = line; *p != '\0'; p++) {
		if (*p == '\r' || *p == '\n')
			*p = ' ';
	}
	irc_change_topic(c->session, request, c->name, line);
}

void irc_invite(struct gw_room *room, gw_request request, const char *person,
	const char *reason UNUSED)
{
	struct irc_channel *c = usable(room, request);

	if (c != NULL)
		irc_invite_to(c->session, request, c->name, person);
}
