/*
 * The channels of a session and who is in them: keeps the state, and tells
 * the core what changed once the list of members is complete.
 *
 *	join() -> WAITING -> JOINING -> (JOIN seen) NAMING -> (366, 324) JOINED
 *
 * A channel lives on without a room while the server has still to confirm
 * that we left, and when the server put us there without being asked.
 */
#ifndef IRC_CHANNEL_H
#define IRC_CHANNEL_H

#include "irc/people.h"
#include "irc/session.h"

/* Channels the server may put us into unasked; more are ignored. */
#define IRC_FORCED_MAX 50

/* Channels of one session, whoever asked for them. */
#define IRC_CHANNELS_MAX 1000

enum irc_channel_state {
	IRC_CHANNEL_LEFT,    /* only waits for PART of ours */
	IRC_CHANNEL_WAITING, /* JOIN is to be sent */
	IRC_CHANNEL_JOINING, /* JOIN was sent */
	IRC_CHANNEL_NAMING,  /* we are in; NAMES and MODE are under way */
	IRC_CHANNEL_JOINED,
};

/* Only until the channel is JOINED. */
struct irc_entry {
	char *key;
	char *topic;
	char *topic_setter;
	struct str early; /* lines for the room, to be handled later */
	int64_t topic_ms;
	int64_t deadline_ms;
	bool is_named; /* 366 came */
};

struct irc_channel {
	struct list link;
	struct irc_session *session;
	struct gw_room *room; /* NULL: the core knows nothing of it */
	const char *name; /* interned; as we join it or the server wrote it */
	const char *key;  /* interned; folded */
	const char *own;  /* interned; who the core takes for us, once shown */
	enum irc_channel_state state;
	unsigned parts_expected;
	unsigned member_count;
	struct list members; /* of irc_member.link */
	struct irc_entry *entry;

	/* Modes, as far as the server told. */
	uint64_t modes;       /* irc_mode_bit() of what is set, no lists */
	bool wants_modes;     /* MODE is to be asked for */
	bool awaits_modes;    /* ... was, while entering */
	bool has_modes;       /* ... was answered */
	bool is_forced;       /* we did not ask for it */
	const char *password; /* interned; +k */
	long max_users;       /* +l */
	const char *last_ban; /* interned; mask of the newest +b */
	int64_t last_ban_ms;
};

/* The bit of a mode letter in irc_channel.modes; 0 for what is none. */
uint64_t irc_mode_bit(char letter);

/* Does nobody but members with voice or more speak there? */
static inline bool irc_channel_is_moderated(const struct irc_channel *c)
{
	return (c->modes & irc_mode_bit('m')) != 0;
}

/* The channel with this name, or NULL. */
struct irc_channel *irc_channel_find(
	const struct irc_session *s, struct slice name);

/* Is it one that the core was told everybody of? */
static inline bool irc_channel_is_shown(const struct irc_channel *c)
{
	return c != NULL && c->state == IRC_CHANNEL_JOINED && c->room != NULL;
}

/* ops->join and ops->leave. */
void irc_channel_join(
	struct gw_room *room, const char *nick, const char *password);
/* `text` NULL: without a reason. The room is over for the core at once. */
void irc_channel_leave(struct gw_room *room, const char *text);

/* The JOINs of this turn, as few lines as possible. */
void irc_channels_flush(struct irc_session *s);

/* Ask for the modes of channels that lack them, as flood control permits. */
void irc_channels_ask_modes(struct irc_session *s);

/* Fail joins that got no answer; returns when the next one is due, 0: none. */
int64_t irc_channels_check(struct irc_session *s, int64_t now_ms);

/* The session ends: forget all. */
void irc_channels_finish(struct irc_session *s);

/* PREFIX or the case mapping changed. */
void irc_channels_remap(
	struct irc_session *s, const struct irc_isupport *before);
/* All keys anew, for another case mapping. */
void irc_channels_rekey(struct irc_session *s);

/* --- What the server tells ----------------------------------------------- */

/* The line being handled belongs to a room that is not shown yet: handle it
 * again later. False when it is shown, or nobody will ask for it. */
bool irc_channel_holds(struct irc_channel *c);

/* Our own JOIN: `name` as the server spells it. */
void irc_channel_entered(struct irc_session *s, struct slice name);

/* JOIN was refused, or the channel is not there any more. True when somebody
 * waited for it. */
bool irc_channel_refused(
	struct irc_channel *c, enum gw_reason reason, const char *text);

/* The list of members is complete; the channel may be freed. */
void irc_channel_named(struct irc_channel *c);

/* So are the modes, which say what role the members have. */
void irc_channel_moded(struct irc_channel *c);

/* We are out: by PART, KICK. The channel is freed. */
void irc_channel_lost(struct irc_channel *c, const struct gw_gone *gone);

/* Our PART was confirmed. False when none was awaited. */
bool irc_channel_parted(struct irc_channel *c);

/* gw_room_info(), when the room is shown. */
void irc_channel_show_info(const struct irc_channel *c);

/* +m came or went: roles of those without voice changed. */
void irc_channel_show_roles(const struct irc_channel *c);

/* Reports the subject, or keeps it until the room is shown. */
void irc_channel_topic(struct irc_channel *c, const char *text,
	const char *setter, int64_t wall_ms);

/* Who set the topic that came just before. */
void irc_channel_topic_setter(
	struct irc_channel *c, const char *setter, int64_t wall_ms);

/* Leave a channel that the core does not know. */
void irc_channel_part(struct irc_session *s, struct slice name);

#endif
