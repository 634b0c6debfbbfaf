/*
 * Which of the user's contacts are on the network. A server that has MONITOR
 * (or WATCH) tells; the others, and those for whom its list has no room, are
 * asked for slowly with ISON. What shared channels show of a contact counts as
 * well, and somebody who is seen there is not asked for.
 *
 * A session that never watched anybody owns nothing of this. Deadlines are
 * those of the session in the wheel, and lines leave when nothing else waits.
 */
#ifndef IRC_WATCH_H
#define IRC_WATCH_H

#include "irc/session.h"

/* Contacts of one session; more are shown as offline. */
#define IRC_WATCH_MAX 2000

/* ops->watch. Contacts that differ only in case are one person: the first
 * spelling is reported. */
void irc_watch(struct gw_session *core, const char *person, bool on);

/* Ask for what is still to be asked for, as flood control permits. */
void irc_watch_flush(struct irc_session *s);

/* Begin a round of ISON when it is time; returns when the next one is, 0:
 * never. */
int64_t irc_watch_check(struct irc_session *s, int64_t now_ms);

/* The case mapping changed. */
void irc_watch_rekey(struct irc_session *s);

/* The session ends. */
void irc_watch_finish(struct irc_session *s);

/* --- What was seen elsewhere; nothing happens when nobody watches -------- */

/* He is on the network. */
void irc_watch_seen(struct irc_session *s, struct slice nick);

/* He is not, or not under this nick. */
void irc_watch_gone(struct irc_session *s, struct slice nick);

/* He is away; `text` NULL: he is back. */
void irc_watch_away(struct irc_session *s, struct slice nick, const char *text);

#endif
