/*
 * Which handler gets which message: one table of commands, one of numerics,
 * each row with the parameters its handler relies on. A message with fewer is
 * dropped here.
 */
#ifndef IRC_DISPATCH_H
#define IRC_DISPATCH_H

#include "irc/session.h"

typedef void (*irc_handler_fn)(
	struct irc_session *s, const struct irc_message *m);

/* Call the handler of a message, which may kill the session. */
void irc_dispatch(struct irc_session *s, const struct irc_message *m);

/* A numeric for the user's eyes: all parameters behind his nick, as a message
 * of the network. */
void irc_show_numeric(struct irc_session *s, const struct irc_message *m);

/* Words of the network for the user. */
void irc_show_text(struct irc_session *s, const char *text);

/* Parameters `first` to the last as one clean text without formatting; valid
 * until the next message is handled. */
const char *irc_params_text(
	struct irc_session *s, const struct irc_message *m, size_t first);

/* --- Handlers, by file: the number of parameters is guaranteed. ---------- */

/* handle_server.c */
/* PING. */
void irc_handle_ping(struct irc_session *s, const struct irc_message *m);
/* PONG. */
void irc_handle_pong(struct irc_session *s, const struct irc_message *m);
/* ERROR: the server ends the connection. */
void irc_handle_error(struct irc_session *s, const struct irc_message *m);
/* KILL. */
void irc_handle_kill(struct irc_session *s, const struct irc_message *m);
/* CAP. */
void irc_handle_cap(struct irc_session *s, const struct irc_message *m);
/* AUTHENTICATE and 900 to 908. */
void irc_handle_sasl(struct irc_session *s, const struct irc_message *m);
/* 001. */
void irc_handle_welcome(struct irc_session *s, const struct irc_message *m);
/* 005, at any time. */
void irc_handle_isupport(struct irc_session *s, const struct irc_message *m);
/* 372. */
void irc_handle_motd(struct irc_session *s, const struct irc_message *m);
/* 376 and 422. */
void irc_handle_motd_end(struct irc_session *s, const struct irc_message *m);
/* 396: how others see us. */
void irc_handle_host(struct irc_session *s, const struct irc_message *m);
/* 670. */
void irc_handle_starttls(struct irc_session *s, const struct irc_message *m);
/* 691. */
void irc_handle_no_starttls(struct irc_session *s, const struct irc_message *m);
/* What comes with every login, and when the user asks. */
void irc_handle_greeting(struct irc_session *s, const struct irc_message *m);
/* What nobody wants to read. */
void irc_handle_quiet(struct irc_session *s, const struct irc_message *m);

/* handle_channel.c */
/* JOIN. */
void irc_handle_join(struct irc_session *s, const struct irc_message *m);
/* PART. */
void irc_handle_part(struct irc_session *s, const struct irc_message *m);
/* KICK. */
void irc_handle_kick(struct irc_session *s, const struct irc_message *m);
/* MODE. */
void irc_handle_mode(struct irc_session *s, const struct irc_message *m);
/* 324: all modes of a channel. */
void irc_handle_modes(struct irc_session *s, const struct irc_message *m);
/* TOPIC. */
void irc_handle_topic(struct irc_session *s, const struct irc_message *m);
/* 331. */
void irc_handle_no_topic(struct irc_session *s, const struct irc_message *m);
/* 332. */
void irc_handle_topic_is(struct irc_session *s, const struct irc_message *m);
/* 333. */
void irc_handle_topic_by(struct irc_session *s, const struct irc_message *m);
/* 353. */
void irc_handle_names(struct irc_session *s, const struct irc_message *m);
/* 366. */
void irc_handle_names_end(struct irc_session *s, const struct irc_message *m);
/* INVITE. */
void irc_handle_invite(struct irc_session *s, const struct irc_message *m);
/* 341: our INVITE went out. */
void irc_handle_inviting(struct irc_session *s, const struct irc_message *m);

/* handle_people.c */
/* NICK. */
void irc_handle_nick(struct irc_session *s, const struct irc_message *m);
/* QUIT. */
void irc_handle_quit(struct irc_session *s, const struct irc_message *m);
/* AWAY (away-notify). */
void irc_handle_away(struct irc_session *s, const struct irc_message *m);
/* ACCOUNT: somebody logged in or out. */
void irc_handle_account(struct irc_session *s, const struct irc_message *m);
/* CHGHOST. */
void irc_handle_chghost(struct irc_session *s, const struct irc_message *m);
/* SETNAME. */
void irc_handle_setname(struct irc_session *s, const struct irc_message *m);
/* 301. */
void irc_handle_is_away(struct irc_session *s, const struct irc_message *m);

/* handle_message.c */
/* PRIVMSG. */
void irc_handle_privmsg(struct irc_session *s, const struct irc_message *m);
/* NOTICE. */
void irc_handle_notice(struct irc_session *s, const struct irc_message *m);

/* watch.c */
/* 730, 731. */
void irc_handle_monitor(struct irc_session *s, const struct irc_message *m);
/* 600, 601, 604, 605. */
void irc_handle_watch(struct irc_session *s, const struct irc_message *m);
/* 512, 734. */
void irc_handle_monitor_full(
	struct irc_session *s, const struct irc_message *m);
/* 303. */
void irc_handle_ison(struct irc_session *s, const struct irc_message *m);

/* lookup.c */
/* One fact of a WHOIS. */
void irc_handle_whois(struct irc_session *s, const struct irc_message *m);
/* 318. */
void irc_handle_whois_end(struct irc_session *s, const struct irc_message *m);
/* 322. */
void irc_handle_list(struct irc_session *s, const struct irc_message *m);
/* 323. */
void irc_handle_list_end(struct irc_session *s, const struct irc_message *m);
/* 367. */
void irc_handle_ban(struct irc_session *s, const struct irc_message *m);
/* 368. */
void irc_handle_bans_end(struct irc_session *s, const struct irc_message *m);
/* 351. */
void irc_handle_version(struct irc_session *s, const struct irc_message *m);
/* 391. */
void irc_handle_time(struct irc_session *s, const struct irc_message *m);

/* handle_error.c */
/* Any numeric that says no. */
void irc_handle_failure(struct irc_session *s, const struct irc_message *m);
/* 431 to 438, 447. */
void irc_handle_nick_failure(
	struct irc_session *s, const struct irc_message *m);
/* 463 to 466. */
void irc_handle_refused(struct irc_session *s, const struct irc_message *m);
/* 410. */
void irc_handle_cap_failure(struct irc_session *s, const struct irc_message *m);
/* 451. */
void irc_handle_unregistered(
	struct irc_session *s, const struct irc_message *m);
/* 421. */
void irc_handle_unknown_command(
	struct irc_session *s, const struct irc_message *m);

#endif
