/*
 * Changes to a channel and its people that the user asks for: who answers,
 * and that each request is completed, is request.h's matter.
 */
#ifndef IRC_MODERATE_H
#define IRC_MODERATE_H

#include "irc/modes.h"
#include "irc/session.h"

struct irc_channel;

/* ops of gateway.h with these names. */
void irc_set_nick(struct gw_room *room, gw_request request, const char *nick);
/* TOPIC; an empty text removes it. */
void irc_set_subject(
	struct gw_room *room, gw_request request, const char *text);
/* KICK, or the MODEs that make the role or affiliation. */
void irc_moderate(struct gw_room *room, gw_request request,
	const struct gw_moderation *m);
/* MODE: `fields` says which of `wanted` count. */
void irc_configure(struct gw_room *room, gw_request request,
	const struct gw_room_info *wanted, unsigned fields);
/* IRC has no place for the reason. */
void irc_invite(struct gw_room *room, gw_request request, const char *person,
	const char *reason);

/* The same without a room, for typed commands. `name` is a channel. */
void irc_change_nick(
	struct irc_session *s, gw_request request, const char *nick);
/* An empty text removes it. */
void irc_change_topic(struct irc_session *s, gw_request request,
	const char *name, const char *text);
/* All of them in one request. */
void irc_change_modes(struct irc_session *s, gw_request request,
	const char *name, const struct irc_mode_change *changes, size_t count);
/* `reason` NULL: none. */
void irc_kick(struct irc_session *s, gw_request request, const char *name,
	const char *nick, const char *reason);
/* `who` is a mask, or a nick of which one is made. */
void irc_ban(struct irc_session *s, gw_request request, const char *name,
	const char *who, bool add);
/* INVITE. */
void irc_invite_to(struct irc_session *s, gw_request request, const char *name,
	const char *nick);

#endif
