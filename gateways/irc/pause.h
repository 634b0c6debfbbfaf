/*
 * Reading from the networks stops while the XMPP server does not keep up.
 *
 * One line can become a stanza for each client of a user, so the core is asked
 * before each line, and the first session that has to wait pauses them all.
 * Nothing is lost: what is unread stays where it is, in the connection or with
 * the server. Sending goes on.
 *
 * As answers wait unread too, the clock of all deadlines stands still.
 */
#ifndef IRC_PAUSE_H
#define IRC_PAUSE_H

#include "irc/session.h"

/* Must the next line stay unread? All sessions are paused then. */
bool irc_must_wait(struct irc_session *s);

/* The session has a connection: no reading from it during a pause. */
void irc_pause_new(struct irc_session *s);

/* ops->resume. */
void irc_resume(struct gw *gw);

#endif
