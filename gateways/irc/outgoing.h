/*
 * Messages of the user, into as many lines as they need.
 */
#ifndef IRC_OUTGOING_H
#define IRC_OUTGOING_H

#include "irc/session.h"

/* ops->send. */
void irc_outgoing(struct gw_session *core, const struct gw_outgoing *m);

/* A message to a nick or channel; completes `request`. "/me " in front of
 * the text makes it an action, unless it is a notice. */
void irc_outgoing_text(struct irc_session *s, gw_request request,
	const char *target, const char *text, bool notice);

/* The same by a typed command, so that the core has to be told: a person is
 * written to in the way of every other private message. */
void irc_outgoing_typed(struct irc_session *s, gw_request request,
	const char *target, const char *text, bool notice);

/* A line as the user typed it; completes `request`. */
void irc_outgoing_raw(
	struct irc_session *s, gw_request request, const char *text);

#endif
