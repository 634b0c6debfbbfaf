/*
 * Asking the network: about people (WHOIS, CTCP), channels (LIST), bans, and
 * the server itself.
 */
#ifndef IRC_LOOKUP_H
#define IRC_LOOKUP_H

#include "irc/ctcp.h"
#include "irc/session.h"

/* ops->lookup, ops->list_rooms, ops->list_bans. */
void irc_lookup(struct gw_session *core, gw_request request,
	enum gw_lookup what, const char *person);
/* LIST: one item a channel. Busy while another list is under way. */
void irc_list_rooms(struct gw_session *core, gw_request request);
/* MODE +b: one item a mask. */
void irc_list_bans(struct gw_room *room, gw_request request);

/* WHOIS whose answer is one text. */
void irc_lookup_text(
	struct irc_session *s, gw_request request, const char *person);

/* A CTCP reply came. */
void irc_lookup_ctcp(
	struct irc_session *s, struct slice nick, const struct irc_ctcp *ctcp);

/* 301 as a part of WHOIS; false when no WHOIS of this nick is under way. */
bool irc_whois_away(struct irc_session *s, struct slice nick, const char *text);

#endif
