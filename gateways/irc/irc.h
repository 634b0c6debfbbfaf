/*
 * One IRC gateway: what its sessions share. Everything here belongs to the
 * process or to the operator; nothing that one user's connection learned is
 * visible to another through it, but equal constants (ISUPPORT) and strings.
 */
#ifndef IRC_IRC_H
#define IRC_IRC_H

#include "api/services.h"
#include "base/list.h"
#include "base/map.h"
#include "base/str.h"
#include "base/utf8.h"
#include "irc/config.h"
#include "irc/isupport.h"
#include "net/loop.h"

/* Texts that irc_text() keeps valid at the same time. */
#define IRC_TEXTS 8

/* One turn of the wheel; longer delays go round. */
#define IRC_WHEEL_SLOTS 128

/* ISUPPORT of a network, shared by the sessions that were told the same. */
struct irc_isupport_ref {
	struct list link;
	unsigned refs;
	bool is_shared; /* in the gateway's list: must not be changed */
	struct irc_isupport data;
};

/* A TLS client by the settings it was made from. */
struct irc_tls {
	struct list link;
	char *ca_file;
	bool verify;
	struct tls_client *client;
};

/*
 * The deadlines of all sessions: one timer, ticking once a second while there
 * is a session, looks at those whose slot has come. Deadlines are coarse and
 * mostly move away before they are reached, which costs nothing here.
 */
struct irc_wheel {
	struct list slots[IRC_WHEEL_SLOTS]; /* of irc_session.wheel */
	const struct irc_gateway *irc;
	struct timer timer;
	int64_t tick; /* the second that was looked at last */
	size_t count;
};

struct irc_gateway {
	struct gw *gw;
	struct list isupports; /* of irc_isupport_ref */
	struct list tls;       /* of irc_tls */
	struct list sessions;  /* of irc_session.link */
	struct irc_wheel wheel;
	struct map queues; /* queue.c: by host */

	/* Sessions with something to do when the current callback is over:
	 * joins to be sent in one line, a death to be reported. */
	struct list pending; /* of irc_session.pending */
	struct deferred flush;

	/* pause.h */
	bool is_paused;
	int64_t paused_ms;   /* when: irc_now_ms() until the end of it */
	int64_t lag_ms;      /* all pauses together */
	struct list resting; /* of irc_session.rest */
	struct timer rested;

	/* Scratch memory, so that a message costs no allocation. */
	struct str line; /* the line under construction */
	struct str body; /* the text of the message being handled */
	struct str texts[IRC_TEXTS];
	unsigned next_text;
};

/* Changes with a reload: not to be kept. */
const struct irc_config *irc_config_of(const struct irc_gateway *irc);

/* The time of all deadlines: the loop's, but it stands still while nothing is
 * read (pause.h). */
int64_t irc_now_ms(const struct irc_gateway *irc);

/* The clean text of what a server sent, decoded where it is not UTF-8. Valid
 * until IRC_TEXTS more were made. */
const char *irc_text(
	struct irc_gateway *irc, struct slice raw, enum charset charset);

/* A TLS client with these settings, kept until the gateway stops. NULL with
 * the reason when its certificates can't be read. */
struct tls_client *irc_tls_get(struct irc_gateway *irc, const char *ca_file,
	bool verify, const char **reason_r) MUST_CHECK;

/* The ISUPPORT of a server that has said nothing yet. */
struct irc_isupport_ref *irc_isupport_default(struct irc_gateway *irc);

/* One that may be changed: `*ref` itself or a copy that replaces it. */
struct irc_isupport *irc_isupport_own(struct irc_isupport_ref **ref);

/* Replace `*ref` by an equal one that others use, or offer it to them. */
void irc_isupport_share(struct irc_gateway *irc, struct irc_isupport_ref **ref);
/* Sets NULL; the last one frees it. */
void irc_isupport_drop(struct irc_isupport_ref **ref);

/* --- The wheel ----------------------------------------------------------- */

/* Its timer runs only while a session waits in it. */
void irc_wheel_init(struct irc_wheel *w, const struct irc_gateway *irc);
/* No session may be in it. */
void irc_wheel_finish(struct irc_wheel *w);

struct irc_session;

/* Have irc_session_check() called at about `due_ms` of irc_now_ms(), instead of
 * what was asked before. */
void irc_wheel_set(struct irc_wheel *w, struct irc_session *s, int64_t due_ms);
/* Does nothing when it is not there. */
void irc_wheel_remove(struct irc_wheel *w, struct irc_session *s);

#endif
