/*
 * Reading from the networks stops while the XMPP server does not keep up.
 *
 * One line can become a stanza for each client of a user, so the core is asked
 * before each line, and the first session that has to wait pauses them all.
 * Nothing is lost: what is unread stays where it is, in the connection or with
 * the server. Sending goes on.
 *
 * As answers wait unread too, the clock of all deadlines stands still.
 *
 * A session also waits by itself when its lines took long, so that one network
 * does not stop the others: a line can be work for each of 30 000 people.
 */
#ifndef IRC_PAUSE_H
#define IRC_PAUSE_H

#include "irc/session.h"

/* Must the next line stay unread? All sessions are paused then. */
bool irc_must_wait(struct irc_session *s);

/* The session has a connection: no reading from it during a pause. */
void irc_pause_new(struct irc_session *s);

/* Has this session read for long enough, since `start_ms` of clock_ms()? It
 * reads on after a moment, with all others that rest. */
bool irc_must_rest(struct irc_session *s, int64_t start_ms);

void irc_pause_init(struct irc_gateway *irc);
void irc_pause_finish(struct irc_gateway *irc);

/* ops->resume. */
void irc_resume(struct gw *gw);

#endif
