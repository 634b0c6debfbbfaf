/*
 * Logging in to a network: STARTTLS, capabilities, SASL, nick, NickServ, up
 * to the moment the session is online.
 */
#ifndef IRC_REGISTER_H
#define IRC_REGISTER_H

#include "irc/session.h"

struct irc_network;

/* Prepare for a network; settings are read now. */
void irc_login_new(struct irc_session *s, const struct irc_network *network);

/* Wipe and forget; takes NULL. */
void irc_login_free(struct irc_session *s);

/* The connection is there: say hello. */
void irc_login_start(struct irc_session *s);

/* TLS is on after STARTTLS. */
void irc_login_secured(struct irc_session *s);

/* The nick that was asked for is not to be had (`is_taken`), or is none. */
void irc_login_next_nick(struct irc_session *s, bool is_taken);

/* 001. */
void irc_login_welcome(struct irc_session *s);

/* The MOTD is over: online, unless NickServ is still to answer. */
void irc_login_burst_over(struct irc_session *s);

/* A NOTICE during login: is it NickServ's answer? Then online. */
void irc_login_notice(struct irc_session *s, const struct irc_message *m);

/* A CAP message, 410 or 421 about CAP. */
void irc_login_cap(struct irc_session *s, const struct irc_message *m);
/* The server has no CAP: go on without. */
void irc_login_no_cap(struct irc_session *s);

/* AUTHENTICATE and 900-908. */
void irc_login_sasl(struct irc_session *s, const struct irc_message *m);

#endif
