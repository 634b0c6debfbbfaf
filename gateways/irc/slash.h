/*
 * Commands that people type: "/kick nick reason". What is not in the table is
 * explained, and never sent to a channel.
 */
#ifndef IRC_SLASH_H
#define IRC_SLASH_H

#include "irc/session.h"

/* ops->slash. */
void irc_slash(struct gw_session *core, gw_request request,
	struct gw_room *room, const char *person, const char *line);

#endif
