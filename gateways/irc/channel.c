/*
 * While a channel is entered its members are only collected: JOIN, PART,
 * NICK and MODE in between change the collection, and 366 shows the result;
 * with 324, when the modes could be asked for at once, so that everybody is
 * shown in his role.
 * After leave() the channel stays, without room and members, until the PART
 * is confirmed, so that what the server said before it knew is not taken for
 * news about a later visit.
 */
#include "irc/channel.h"

#include <string.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "base/limits.h"
#include "irc/dispatch.h"
#include "irc/member.h"
#include "irc/outbox.h"

#define JOIN_DEADLINE_MS 60000

/* How long a channel whose members are known waits for its modes. */
#define MODES_DEADLINE_MS 5000

/* Lines kept for a room that is being entered. */
#define EARLY_BYTES (64 * KIB)

/* Bytes of names and keys in one JOIN. */
#define JOIN_BYTES 400

uint64_t irc_mode_bit(char letter)
{
	if (letter >= 'a' && letter <= 'z')
		return UINT64_C(1) << (letter - 'a');
	if (letter >= 'A' && letter <= 'Z')
		return UINT64_C(1) << (letter - 'A' + 26);
	return 0;
}

/* --- Channels ------------------------------------------------------------ */

struct irc_channel *irc_channel_find(
	const struct irc_session *s, struct slice name)
{
	char buffer[IRC_NAME_SIZE];
	struct slice key = irc_session_fold(s, name, buffer);

	list_for_each(it, &s->channels) {
		struct irc_channel *c = CONTAINER(it, struct irc_channel, link);

		if (intern_len(c->key) == key.len &&
			memcmp(c->key, key.data, key.len) == 0)
			return c;
	}
	return NULL;
}

static struct irc_channel *channel_new(struct irc_session *s, struct slice name)
{
	char buffer[IRC_NAME_SIZE];
	struct slice key = irc_session_fold(s, name, buffer);
	struct irc_channel *c;

	if (key.len == 0 || s->channel_count >= IRC_CHANNELS_MAX)
		return NULL;
	c = xalloc(sizeof(*c));
	c->session = s;
	c->name = intern_slice(name);
	c->key = intern_slice(key);
	list_init(&c->members);
	list_append(&s->channels, &c->link);
	s->channel_count++;
	return c;
}

static struct irc_entry *entry_of(struct irc_channel *c)
{
	if (c->entry == NULL) {
		c->entry = xalloc(sizeof(*c->entry));
		str_init(&c->entry->early, EARLY_BYTES);
	}
	return c->entry;
}

static void entry_free(struct irc_entry *e)
{
	if (e == NULL)
		return;
	xfree(e->key);
	xfree(e->topic);
	xfree(e->topic_setter);
	str_finish(&e->early);
	xfree(e);
}

static void end_entry(struct irc_channel *c)
{
	struct irc_entry *e = c->entry;

	c->entry = NULL;
	entry_free(e);
}

static void detach_room(struct irc_channel *c)
{
	if (c->room != NULL)
		c->room->impl = NULL;
	c->room = NULL;
}

static void channel_free(struct irc_channel *c)
{
	detach_room(c);
	irc_members_clear(c);
	end_entry(c);
	list_remove(&c->link);
	c->session->channel_count--;
	intern_drop(&c->name);
	intern_drop(&c->key);
	intern_drop(&c->own);
	intern_drop(&c->password);
	intern_drop(&c->last_ban);
	xfree(c);
}

/* Nobody wants it any more: keep what a late PART of ours needs. */
static void abandon(struct irc_channel *c)
{
	detach_room(c);
	if (c->parts_expected == 0) {
		channel_free(c);
		return;
	}
	irc_members_clear(c);
	end_entry(c);
	c->state = IRC_CHANNEL_LEFT;
	c->is_forced = false;
	c->wants_modes = c->awaits_modes = c->has_modes = false;
	c->modes = 0;
	c->max_users = 0;
	intern_drop(&c->password);
	intern_drop(&c->last_ban);
}

void irc_channels_finish(struct irc_session *s)
{
	list_for_each_safe(it, &s->channels)
		channel_free(CONTAINER(it, struct irc_channel, link));
	map_finish(&s->people);
}

/* --- What the core is told ----------------------------------------------- */

void irc_channel_show_info(const struct irc_channel *c)
{
	char detail[64] = "+";
	struct gw_room_info info = { .detail = detail };
	size_t used = 1;

	if (!irc_channel_is_shown(c))
		return;
	for (int letter = 'A'; letter <= 'z'; letter++) {
		if ((c->modes & irc_mode_bit((char)letter)) != 0)
			detail[used++] = (char)letter;
	}
	detail[used] = '\0';
	if (irc_channel_is_moderated(c))
		info.flags |= GW_ROOM_MODERATED;
	if (c->modes & irc_mode_bit('i'))
		info.flags |= GW_ROOM_MEMBERS_ONLY;
	if (c->modes & (irc_mode_bit('s') | irc_mode_bit('p')))
		info.flags |= GW_ROOM_HIDDEN;
	if (c->modes & irc_mode_bit('t'))
		info.flags |= GW_ROOM_SUBJECT_LOCKED;
	if (c->modes & irc_mode_bit('k'))
		info.password = c->password != NULL ? c->password : "*";
	info.max_users = c->max_users;
	gw_room_info(c->room, &info);
}

void irc_channel_show_roles(const struct irc_channel *c)
{
	list_for_each(it, &c->members) {
		struct irc_member *m = CONTAINER(it, struct irc_member, link);

		if (m->ranks == 0)
			irc_member_show(m);
	}
}

void irc_channel_topic(struct irc_channel *c, const char *text,
	const char *setter, int64_t wall_ms)
{
	if (irc_channel_is_shown(c)) {
		gw_room_subject(c->room, text, setter, wall_ms);
		return;
	}
	if (c->state != IRC_CHANNEL_NAMING)
		return;
	xstrset(&entry_of(c)->topic, text);
	xstrset(&c->entry->topic_setter, setter);
	c->entry->topic_ms = wall_ms;
}

void irc_channel_topic_setter(
	struct irc_channel *c, const char *setter, int64_t wall_ms)
{
	if (c->entry == NULL)
		return;
	xstrset(&c->entry->topic_setter, setter);
	c->entry->topic_ms = wall_ms > 0 ? wall_ms : 0;
}

/* Everything about a channel that was just entered. */
static void show_all(struct irc_channel *c)
{
	struct irc_entry *e = c->entry;

	if (c->room == NULL)
		return;
	list_for_each(it, &c->members)
		irc_member_show(CONTAINER(it, struct irc_member, link));
	if (e != NULL && e->topic != NULL)
		gw_room_subject(
			c->room, e->topic, e->topic_setter, e->topic_ms);
	(void)intern_set(&c->own, c->session->nick);
	gw_room_joined(c->room, c->own);
	if (c->has_modes || c->modes != 0)
		irc_channel_show_info(c);
}

bool irc_channel_holds(struct irc_channel *c)
{
	struct slice line = c->session->line;
	struct str *early;

	if (c->state != IRC_CHANNEL_NAMING || c->room == NULL)
		return false;
	early = &entry_of(c)->early;
	if (early->len + line.len + 2 < early->max) {
		str_add_slice(early, line);
		str_add_char(early, '\n');
	}
	return true;
}

/* The room is shown now. */
static void handle_early(struct irc_session *s, struct str *early)
{
	struct slice rest = str_slice(early);
	struct irc_message m;

	while (rest.len > 0 && s->state != IRC_DEAD) {
		struct slice line = slice_cut(&rest, '\n');

		if (irc_message_parse(&m, line) == 0)
			irc_dispatch(s, &m);
	}
}

static void show(struct irc_channel *c)
{
	struct irc_session *s = c->session;
	struct irc_person *self;

	/* Some channels hide who is there, even from himself. */
	self = irc_person_get(s, slice_of(s->nick));
	if (self != NULL)
		(void)irc_member_get(c, self);
	c->state = IRC_CHANNEL_JOINED;
	show_all(c);
	if (c->room != NULL) {
		struct irc_entry *e = c->entry;

		c->entry = NULL;
		handle_early(s, &e->early); /* may free the channel */
		entry_free(e);
		return;
	}
	gw_invited(s->core, c->name, NULL,
		"The network put you into this channel.");
}

void irc_channel_named(struct irc_channel *c)
{
	if (c->state != IRC_CHANNEL_NAMING)
		return;
	if (!c->awaits_modes || c->room == NULL) {
		show(c);
		return;
	}
	entry_of(c)->is_named = true;
	c->entry->deadline_ms = irc_now_ms(c->session->irc) + MODES_DEADLINE_MS;
	irc_session_check_in(c->session, MODES_DEADLINE_MS);
}

void irc_channel_moded(struct irc_channel *c)
{
	c->awaits_modes = false;
	c->has_modes = true;
	if (c->state == IRC_CHANNEL_NAMING && c->entry->is_named)
		show(c);
	else
		irc_channel_show_info(c);
}

/* --- Entering ------------------------------------------------------------ */

static bool is_first_room(const struct irc_session *s)
{
	list_for_each(it, &s->channels) {
		if (CONTAINER(it, struct irc_channel, link)->room != NULL)
			return false;
	}
	return true;
}

/* The first room a user enters decides his nick on the network. */
static void take_nick(struct irc_session *s, const char *nick)
{
	if (nick == NULL || nick[0] == '\0' || irc_is_self(s, slice_of(nick)) ||
		!is_first_room(s))
		return;
	if (!irc_is_nick(irc_isupport_of(s), slice_of(nick)))
		return;
	(void)irc_command(s, "NICK", (const char *const[]){ nick, NULL }, NULL);
}

/* The server put us there before the core asked. */
static void attach(struct irc_channel *c)
{
	c->is_forced = false;
	if (c->state == IRC_CHANNEL_JOINED) {
		show_all(c);
		end_entry(c);
	}
}

void irc_channel_join(
	struct gw_room *room, const char *nick, const char *password)
{
	struct irc_session *s = irc_session_of(room->session);
	struct slice name = slice_of(room->name);
	struct irc_channel *c;

	if (s == NULL || s->state != IRC_ONLINE) {
		gw_room_failed(room, GW_LOST, irc_not_connected);
		return;
	}
	if (!irc_is_channel_name(irc_isupport_of(s), name)) {
		gw_room_failed(room, GW_BAD_ADDRESS,
			"This network has no channels with such a name. "
			"Most begin with #.");
		return;
	}
	take_nick(s, nick);
	c = irc_channel_find(s, name);
	if (c == NULL)
		c = channel_new(s, name);
	if (c == NULL || c->room != NULL) {
		gw_room_failed(room, c ? GW_CONFLICT : GW_BUSY,
			c ? "You are in this channel under another spelling "
			    "of its name. Use that one."
			  : "You are in too many channels. Leave one first.");
		return;
	}
	c->room = room;
	room->impl = c;
	if (c->is_forced) {
		attach(c);
		return;
	}
	c->state = IRC_CHANNEL_WAITING;
	xstrset(&entry_of(c)->key, password);
	s->joins_waiting = true;
	irc_session_defer(s);
}

void irc_channel_leave(struct gw_room *room, const char *text)
{
	struct irc_channel *c = room->impl;
	struct irc_session *s;

	if (c == NULL)
		return;
	s = c->session;
	if (c->state != IRC_CHANNEL_WAITING && s->state == IRC_ONLINE) {
		if (text != NULL && text[0] == '\0')
			text = NULL;
		if (!irc_command(s, "PART",
			    (const char *const[]){ c->name, NULL }, text))
			(void)irc_command_now(s, "PART",
				(const char *const[]){ c->name, NULL }, NULL);
		c->parts_expected++;
	}
	abandon(c);
}

void irc_channel_part(struct irc_session *s, struct slice name)
{
	const char *text = irc_session_text(s, name);
	struct irc_channel *c = irc_channel_find(s, name);

	if (!irc_is_channel(irc_isupport_of(s), name) ||
		(c != NULL && !c->is_forced && c->state != IRC_CHANNEL_LEFT))
		return;
	if (c == NULL)
		c = channel_new(s, slice_of(text));
	if (c == NULL)
		return;
	c->parts_expected++;
	(void)irc_command(s, "PART", (const char *const[]){ text, NULL }, NULL);
	abandon(c);
}

/* One JOIN line under construction. */
struct joins {
	struct str names, keys;
	unsigned count;
};

static void joins_send(struct irc_session *s, struct joins *j)
{
	const char *params[] = { str_text(&j->names), NULL, NULL };

	if (j->count == 0)
		return;
	if (j->keys.len > 0)
		params[1] = str_text(&j->keys);
	if (!irc_command(s, "JOIN", params, NULL)) {
		/* No room in the queue: JOIN is worth an exception. */
		(void)irc_command_now(s, "JOIN", params, NULL);
	}
	str_reset(&j->names);
	str_reset(&j->keys);
	j->count = 0;
}

static void joins_add(
	struct irc_session *s, struct joins *j, struct irc_channel *c)
{
	unsigned max = irc_isupport_of(s)->targmax[IRC_TARGETS_JOIN];
	const char *key = c->entry->key;
	size_t len = strlen(c->name) + (key != NULL ? strlen(key) : 0);

	if ((max > 0 && j->count >= max) ||
		j->names.len + j->keys.len + len > JOIN_BYTES)
		joins_send(s, j);
	if (j->count++ > 0)
		str_add_char(&j->names, ',');
	str_add(&j->names, c->name);
	if (key != NULL) {
		if (j->keys.len > 0)
			str_add_char(&j->keys, ',');
		str_add(&j->keys, key);
	}
	c->state = IRC_CHANNEL_JOINING;
	c->entry->deadline_ms = irc_now_ms(s->irc) + JOIN_DEADLINE_MS;
}

/* A key with a space or comma would move the ones behind it. */
static bool is_key(const char *key)
{
	return key[0] != ':' && key[strcspn(key, " ,\r\n")] == '\0';
}

static void check_key(struct irc_channel *c)
{
	char **key = &c->entry->key;

	if (*key != NULL && ((*key)[0] == '\0' || !is_key(*key)))
		xstrset(key, NULL);
}

void irc_channels_flush(struct irc_session *s)
{
	struct joins j = { .count = 0 };

	s->joins_waiting = false;
	str_init(&j.names, 2 * IRC_NAME_SIZE);
	str_init(&j.keys, 2 * IRC_NAME_SIZE);
	/* Keys are matched by position, so channels with one come first. */
	for (int keyed = 1; keyed >= 0; keyed--) {
		list_for_each(it, &s->channels) {
			struct irc_channel *c =
				CONTAINER(it, struct irc_channel, link);

			if (c->state != IRC_CHANNEL_WAITING)
				continue;
			check_key(c);
			if ((c->entry->key != NULL) == (keyed == 1))
				joins_add(s, &j, c);
		}
	}
	joins_send(s, &j);
	str_finish(&j.names);
	str_finish(&j.keys);
	irc_session_check_in(s, JOIN_DEADLINE_MS);
}

int64_t irc_channels_check(struct irc_session *s, int64_t now_ms)
{
	int64_t next = 0;

	list_for_each_safe(it, &s->channels) {
		struct irc_channel *c = CONTAINER(it, struct irc_channel, link);

		if (c->state != IRC_CHANNEL_JOINING &&
			c->state != IRC_CHANNEL_NAMING)
			continue;
		if (c->entry == NULL || c->entry->deadline_ms == 0)
			continue;
		if (c->entry->deadline_ms > now_ms) {
			if (next == 0 || c->entry->deadline_ms < next)
				next = c->entry->deadline_ms;
			continue;
		}
		if (c->state == IRC_CHANNEL_NAMING)
			show(c);
		else
			(void)irc_channel_refused(c, GW_UNREACHABLE,
				"The network did not answer. Try again "
				"later.");
	}
	return next;
}

void irc_channels_ask_modes(struct irc_session *s)
{
	bool is_left = false;

	list_for_each(it, &s->channels) {
		struct irc_channel *c = CONTAINER(it, struct irc_channel, link);

		if (!c->wants_modes)
			continue;
		if (!irc_is_idle(s)) {
			is_left = true;
			break;
		}
		c->wants_modes = false;
		c->awaits_modes = c->state == IRC_CHANNEL_NAMING;
		(void)irc_command(s, "MODE",
			(const char *const[]){ c->name, NULL }, NULL);
	}
	if (is_left)
		irc_outbox_wait_idle(s);
}

/* --- What the server says about ourselves -------------------------------- */

void irc_channel_entered(struct irc_session *s, struct slice name)
{
	struct irc_channel *c = irc_channel_find(s, name);
	unsigned forced = 0;

	if (c == NULL) {
		list_for_each(it, &s->channels)
			forced += CONTAINER(it, struct irc_channel, link)
					  ->is_forced;
		c = forced < IRC_FORCED_MAX ? channel_new(s, name) : NULL;
		if (c == NULL)
			return;
		c->is_forced = true;
		c->state = IRC_CHANNEL_JOINING;
	}
	/* A JOIN from before the PART that we wait for says nothing. */
	if (c->parts_expected > 0 || c->state == IRC_CHANNEL_NAMING ||
		c->state == IRC_CHANNEL_JOINED)
		return;
	c->state = IRC_CHANNEL_NAMING;
	entry_of(c)->deadline_ms = irc_now_ms(s->irc) + JOIN_DEADLINE_MS;
	c->wants_modes = true;
	irc_channels_ask_modes(s);
}

bool irc_channel_refused(
	struct irc_channel *c, enum gw_reason reason, const char *text)
{
	struct gw_room *room = c->room;

	if (c->state != IRC_CHANNEL_JOINING)
		return false;
	abandon(c);
	if (room != NULL)
		gw_room_failed(room, reason, text);
	return true;
}

void irc_channel_lost(struct irc_channel *c, const struct gw_gone *gone)
{
	struct gw_room *room = c->room;
	bool is_shown = irc_channel_is_shown(c);
	const char *own = is_shown ? intern_ref(c->own) : NULL;
	struct gw_gone ours = *gone;

	ours.nick = own;
	abandon(c);
	if (is_shown)
		gw_room_gone(room, &ours);
	else if (room != NULL)
		gw_room_failed(room, GW_NOT_ALLOWED,
			gone->text != NULL ? gone->text
					   : "You were put out of the "
					     "channel at once.");
	intern_drop(&own);
}

bool irc_channel_parted(struct irc_channel *c)
{
	if (c->parts_expected == 0)
		return false;
	c->parts_expected--;
	if (c->state == IRC_CHANNEL_LEFT)
		abandon(c);
	return true;
}

/* --- ISUPPORT changed ---------------------------------------------------- */

void irc_channels_remap(
	struct irc_session *s, const struct irc_isupport *before)
{
	list_for_each(it, &s->channels) {
		struct irc_channel *c = CONTAINER(it, struct irc_channel, link);

		list_for_each(at, &c->members)
			irc_member_remap(
				CONTAINER(at, struct irc_member, link), before);
	}
}

static void drop_person(struct irc_session *s, struct irc_person *p)
{
	struct gw_gone gone = { .how = GW_LEFT };

	irc_person_remove(s, p, &gone);
}

void irc_channels_rekey(struct irc_session *s)
{
	char buffer[IRC_NAME_SIZE];

	irc_people_rekey(s, drop_person);
	list_for_each(it, &s->channels) {
		struct irc_channel *c = CONTAINER(it, struct irc_channel, link);
		struct slice key =
			irc_session_fold(s, slice_of(c->name), buffer);

		intern_drop(&c->key);
		c->key = intern_slice(key);
	}
}
