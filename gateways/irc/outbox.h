/*
 * The way out: lines leave at once while flood control allows it, and wait
 * in its queue otherwise. Who wants to know when a line left gives it a
 * parcel.
 */
#ifndef IRC_OUTBOX_H
#define IRC_OUTBOX_H

#include "irc/session.h"

/* A message of the user: its request is completed when its last line left. */
struct irc_parcel {
	gw_request request;
	uint64_t target;  /* irc_recent_target() */
	bool is_last;     /* of the message's lines */
	const char *text; /* what was really sent, when it was changed */
	/* Of a typed command that writes to a person, which the core cannot
	 * know: to whom, and what; else NULL. */
	const char *person, *words;
};

/* The line that the gateway builds; empty. */
struct str *irc_line_new(struct irc_session *s);

/* Send the line (or lines) in irc->line. -1 when the queue is full: nothing
 * was sent or queued of the line that did not fit. */
int irc_send(struct irc_session *s) MUST_CHECK;

/* The same for one line with a parcel, which is copied. */
int irc_send_parcel(
	struct irc_session *s, const struct irc_parcel *p) MUST_CHECK;

/* Send what is in irc->line at once, past flood control: for registration,
 * PONG, PING and QUIT. */
void irc_send_now(struct irc_session *s);

/* Shorthands: build and send one line, ignoring a full queue. `params` as
 * in irc_line_add(). False when the line cannot be sent. */
bool irc_command(struct irc_session *s, const char *command,
	const char *const params[], const char *trailing);
/* The same past flood control: for what the protocol waits for. */
bool irc_command_now(struct irc_session *s, const char *command,
	const char *const params[], const char *trailing);

/* Room for `lines` more in the queue? */
bool irc_has_room(const struct irc_session *s, size_t lines);

/* Nothing waits and there are tokens to spare: lines that are only nice to
 * have may be sent. */
bool irc_is_idle(struct irc_session *s);

/* Call irc_channels_ask_modes() and irc_watch_flush() when that may be so. */
void irc_outbox_wait_idle(struct irc_session *s);

/* Forget all that waits. */
void irc_outbox_finish(struct irc_session *s);

#endif
