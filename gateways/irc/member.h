/*
 * Who is in which channel, with which ranks, and as whom the core sees him.
 */
#ifndef IRC_MEMBER_H
#define IRC_MEMBER_H

#include "irc/channel.h"

struct irc_member {
	struct list link; /* in the channel */
	struct irc_channel *channel;
	struct irc_person *person;
	struct irc_member *next_of_person;
	bool is_known;   /* his ranks are */
	bool is_changed; /* they are, and not shown yet */
	uint16_t ranks;  /* bit i: prefix of rank i (ISUPPORT PREFIX) */
};

/* The member of this channel, or NULL. */
struct irc_member *irc_member_find(
	const struct irc_channel *c, const struct irc_person *p);

/* The same, made when missing; NULL when the channel is too full. */
struct irc_member *irc_member_get(struct irc_channel *c, struct irc_person *p);

/* All of them, without a word to the core. */
void irc_members_clear(struct irc_channel *c);

/* Take him out; tells the core when the room is shown, with `gone` (its nick
 * is filled in here). Forgets the person with his last channel. Nothing happens
 * to ourselves in a room that is shown: for the core it would be the end of it,
 * and that is said by irc_channel_lost(). */
void irc_member_remove(struct irc_member *m, struct gw_gone *gone);

/* He has another nick now. */
void irc_member_renamed(const struct irc_member *m, const char *before);

/* His ranks, after PREFIX changed. */
void irc_member_remap(struct irc_member *m, const struct irc_isupport *before);

/* Tell the core of him, when the room is shown. */
void irc_member_show(const struct irc_member *m);

/* The same in all his channels. */
void irc_person_show(const struct irc_person *p);

/* He quit, or was lost: out of all channels. */
void irc_person_remove(
	struct irc_session *s, struct irc_person *p, struct gw_gone *gone);

/* Role and affiliation in the words of the core. */
void irc_member_describe(const struct irc_member *m, struct gw_occupant *o);

#endif
