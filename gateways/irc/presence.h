/*
 * The user's own presence as AWAY.
 */
#ifndef IRC_PRESENCE_H
#define IRC_PRESENCE_H

#include "irc/session.h"

/* ops->presence. */
void irc_presence(
	struct gw_session *core, enum gw_show show, const char *status);

/* Tell the server what it does not know yet. */
void irc_presence_send(struct irc_session *s);

#endif
