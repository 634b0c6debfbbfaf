/*
 * How fast connections to one network are made, for all users together: a
 * network sees one address, and throttles or bans it when everybody comes
 * back at once after a restart. Sessions above the pace (`connects` of the
 * configuration) wait in line in the order they came.
 *
 * A network is in the table only while somebody waits or its burst is not
 * full again; it has one timer, a session that waits has none.
 */
#ifndef IRC_QUEUE_H
#define IRC_QUEUE_H

#include <stdint.h>

#include "irc/session.h"

/* Ask for the turn of `s`. 0: it is now. Otherwise irc_session_dial() is
 * called when it comes, in about as many milliseconds as are returned. */
int64_t irc_queue_enter(struct irc_session *s);

/* The session waits no longer; harmless when it does not. */
void irc_queue_leave(struct irc_session *s);

/* The configuration was replaced: who waits does so at the new pace. */
void irc_queue_reload(struct irc_gateway *irc);

/* At the end, when nobody waits. */
void irc_queue_finish(struct irc_gateway *irc);

#endif
