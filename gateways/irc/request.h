/*
 * Which answer of the server belongs to which request of the core.
 *
 * IRC answers in order, but many commands are not answered when they succeed
 * and some not at all. So requests wait in a queue; an error goes to the
 * oldest one that names the same target, and behind commands that may stay
 * unanswered goes a PING, whose PONG says that all before it have succeeded.
 * Messages are remembered for a moment after they left, so that "cannot send"
 * finds the one it is about. They have arrived when something sent behind them
 * was answered; when nothing was, a PING follows after a while. A link that
 * breaks fails the others: they may not have arrived.
 */
#ifndef IRC_REQUEST_H
#define IRC_REQUEST_H

#include "irc/session.h"

enum irc_request_kind {
	IRC_REQUEST_CHANGE, /* done when the PONG is there: NICK, MODE, ... */
	IRC_REQUEST_WHOIS,
	IRC_REQUEST_LIST,
	IRC_REQUEST_BANS,
	IRC_REQUEST_NAMES,
	IRC_REQUEST_MODES,
	IRC_REQUEST_TOPIC,   /* what it is, not a change */
	IRC_REQUEST_CTCP,    /* `command` is the CTCP's */
	IRC_REQUEST_PROOF,   /* a PING behind messages */
	IRC_REQUEST_PING,    /* the server */
	IRC_REQUEST_VERSION, /* the server's */
	IRC_REQUEST_TIME,    /* the server's */
};

struct irc_request {
	struct list link;
	enum irc_request_kind kind;
	enum gw_lookup lookup; /* of WHOIS, CTCP */
	gw_request id;
	bool is_text;        /* a typed command: the answer is one text */
	bool is_found;       /* something of the answer came */
	const char *command; /* static: "KICK" */
	const char *target, *other; /* interned, folded; NULL: none */
	uint32_t barrier;           /* 0: none */
	unsigned after;             /* irc_recent: how many lines before it */
	unsigned items;
	int64_t sent_ms;
	int64_t deadline_ms;
	struct str text; /* answer so far, with is_text */
};

/* A request that is on its way; 0 as `id` is fine. `target` and `other` are
 * names in any spelling, or NULL. NULL when too many wait: the request was
 * failed as busy then. */
struct irc_request *irc_request_new(struct irc_session *s,
	enum irc_request_kind kind, gw_request id, const char *command,
	const char *const names[2]);

/* Send the PING that follows a CHANGE. */
void irc_request_follow(struct irc_session *s, struct irc_request *r);

/* Complete: the request is gone. `text` is the answer to a typed command. */
void irc_request_done(
	struct irc_session *s, struct irc_request *r, const char *text);
/* The same with a reason. */
void irc_request_fail(struct irc_session *s, struct irc_request *r,
	enum gw_reason reason, const char *text);

/* The server said no. One command may earn several errors: the request goes
 * on to take them until its PONG, when it has one. */
void irc_request_refused(struct irc_session *s, struct irc_request *r,
	enum gw_reason reason, const char *text);

/* One fact of the answer: an item, or a line of the text. `label` names it
 * for people. */
void irc_request_item(struct irc_session *s, struct irc_request *r,
	const struct gw_item *item, const char *label);

/* The oldest of a kind, with this target (empty: any); or NULL. */
struct irc_request *irc_request_find(const struct irc_session *s,
	enum irc_request_kind kind, struct slice target);

/* The oldest that names `target` (with `command`, unless that is NULL). */
struct irc_request *irc_request_about(
	const struct irc_session *s, struct slice target, const char *command);

/* The oldest whose command this is. */
struct irc_request *irc_request_of_command(
	const struct irc_session *s, struct slice command);

/* PONG of ours: everything before it is done. False when it is none. */
bool irc_request_pong(struct irc_session *s, struct slice token);

/* Fail what waited too long; returns when the next is due, 0: none. */
int64_t irc_requests_check(struct irc_session *s, int64_t now_ms);

/* Forget all: the core fails them itself. */
void irc_requests_finish(struct irc_session *s);

/* --- Messages that left -------------------------------------------------- */

#define IRC_RECENT    32
#define IRC_RECENT_MS 30000

/* A number that stands for a target. */
uint64_t irc_recent_target(const struct irc_session *s, struct slice target);

/* A line to this target (0: to the server) left, for `request` (0: ours). */
void irc_recent_add(struct irc_session *s, uint64_t target, gw_request request);

/* The newest one to this target is taken as the one that failed. False when
 * there is none; `*request_r` may be 0. */
bool irc_recent_take(
	struct irc_session *s, struct slice target, gw_request *request_r);

/* The server answers a command: the user's own lines to it were heard. */
void irc_recent_answered(struct irc_session *s);

/* Ask for a proof when one is due; returns when it is next, 0: none is. */
int64_t irc_recent_check(struct irc_session *s, int64_t now_ms);

/* The link broke: fail what may not have arrived. */
void irc_recent_doubt(struct irc_session *s);

#endif
