/*
 * One connection of one user to one IRC network, from open() until it is
 * lost or closed; after gw_closed() nothing of it remains.
 */
#ifndef IRC_SESSION_H
#define IRC_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "irc/caps.h"
#include "irc/flood.h"
#include "irc/irc.h"
#include "irc/message.h"
#include "net/conn.h"
#include "net/dial.h"

enum irc_state {
	IRC_WAITING,     /* others connect first (queue.h) */
	IRC_DIALING,     /* no connection yet */
	IRC_STARTTLS,    /* STARTTLS was asked for */
	IRC_REGISTERING, /* CAP, SASL, NICK, USER */
	IRC_WELCOME,     /* 001 came; ISUPPORT and MOTD follow */
	IRC_ONLINE,      /* gw_online() was called */
	IRC_DEAD,        /* gw_closed() follows at the end of the turn */
};

struct irc_login;  /* register.h: only until online */
struct irc_outbox; /* outbox.h: only while something waits */
struct irc_recent; /* request.h: only after messages were sent */
struct irc_watch;  /* watch.h: only while somebody is watched */

/* How a dead session died. */
struct irc_death {
	enum gw_reason reason;
	enum gw_retry retry;
	char *text;
};

struct irc_session {
	unsigned magic;
	struct list link; /* irc->sessions */
	enum irc_state state;
	struct gw_session *core;
	struct irc_gateway *irc;
	struct conn *conn;
	struct dial *dial;
	struct irc_reader reader;
	struct irc_flood flood;
	struct irc_outbox *outbox;
	struct irc_caps caps;
	struct irc_login *login;
	struct irc_isupport_ref *isupport;
	enum charset charset;

	const char *nick; /* interned; our own, as the server spells it */
	const char *user, *host; /* interned; NULL while unknown */
	const char *source;      /* interned; nick!user@host as others see us */
	const char *away; /* interned; what the server was told, or NULL */
	const char *wanted_away; /* interned; what it is to be told */

	struct map people;    /* folded nick -> struct irc_person */
	struct list channels; /* of struct irc_channel.link */
	unsigned channel_count, member_count;
	unsigned request_count;
	struct list requests; /* of struct irc_request.link */
	uint32_t barrier;     /* number of the last one sent */
	struct irc_recent *recent;
	struct irc_watch *watch;
	struct str *motd; /* collected; NULL: the user did not ask for it */
	const char *told_away; /* interned; whose absence was reported last */
	int64_t told_away_ms;

	int64_t heard_ms;    /* when the server last said something */
	int64_t pinged_ms;   /* 0: no answer is awaited */
	int64_t deadline_ms; /* of the state; 0: none */
	int64_t due_ms;      /* in the wheel; 0: not there */
	struct list wheel;
	struct list pending;
	struct list turn; /* while WAITING */
	struct list rest; /* while its lines took long (pause.h) */
	int64_t ctcp_since_ms;
	uint8_t ctcp_answers; /* given since then */
	bool joins_waiting;   /* channels whose JOIN is not sent yet */
	bool wants_tls;       /* 670 came: the server waits for the handshake */
	bool is_secure;       /* by TLS, or the operator wants none */
	struct slice line;    /* the one that is being handled */
	struct irc_death *death;
};

/* ops->open and ops->close. */
void irc_session_open(struct gw_session *core);
/* `text` NULL: QUIT without words. Nothing is called about it afterwards. */
void irc_session_close(struct gw_session *core, const char *text);

/* Our session, or NULL when there is no connection (any more). */
struct irc_session *irc_session_of(const struct gw_session *core);

static inline const struct irc_isupport *irc_isupport_of(
	const struct irc_session *s)
{
	return &s->isupport->data;
}

/* What a user is told who asks for something while he is not online. */
extern const char irc_not_connected[];

/* End the session: nothing more is read or sent, and gw_closed() is called
 * when the current callback is over. The first reason stays. */
void irc_session_die(struct irc_session *s, enum gw_reason reason,
	enum gw_retry retry, const char *text);

/* Its turn has come: connect. */
void irc_session_dial(struct irc_session *s);

/* The server said enough: gw_online(). */
void irc_session_welcome(struct irc_session *s);

/* Look after a session whose time in the wheel has come. */
void irc_session_check(struct irc_session *s);

/* Have irc_session_check() called in `delay_ms` at the latest. */
void irc_session_check_in(struct irc_session *s, int64_t delay_ms);

/* The user asks for the message of the day, which is otherwise dropped. */
void irc_want_motd(struct irc_session *s);

/* Work for the end of the turn (irc.h: pending). */
void irc_session_defer(struct irc_session *s);
/* The work that was deferred. */
void irc_session_finish_turn(struct irc_session *s);

/* --- Who we are ---------------------------------------------------------- */

/* Is it our own nick? */
bool irc_is_self(const struct irc_session *s, struct slice nick);

/* We have a new nick, or learned how others see us. NULL: as before. */
void irc_set_self(struct irc_session *s, const char *nick, const char *user,
	const char *host);

/* --- Names and texts ----------------------------------------------------- */

/* The clean text of a part of a message; see irc_text(). */
const char *irc_session_text(struct irc_session *s, struct slice raw);

/* The same, NULL for one that is empty. */
const char *irc_session_text_or_null(struct irc_session *s, struct slice raw);

/* Fold a name with the server's case mapping into `buffer`. */
struct slice irc_session_fold(const struct irc_session *s, struct slice name,
	char buffer[IRC_NAME_SIZE]);

/* Milliseconds since the epoch of the server-time tag; 0: no tag, so now. */
int64_t irc_message_time(
	const struct irc_session *s, const struct irc_message *m);

#endif
