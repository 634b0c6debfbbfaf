/*
 * Presence subscriptions between a user and the JIDs of a gateway (RFC 6121
 * section 3), and the presence that the user is shown.
 */
#ifndef HOST_CONTACT_H
#define HOST_CONTACT_H

#include <stdbool.h>

#include "host/user.h"
#include "xmpp/stanza.h"

struct account;
struct asker;
struct target;

/* Seen from the contact: does the user get its presence (FROM), does it get
 * the user's (TO), and what was asked and not answered yet. */
enum contact_flag {
	CONTACT_TO_USER = 1,    /* we send presence: user is subscribed */
	CONTACT_FROM_USER = 2,  /* we get the user's presence */
	CONTACT_ASKED_USER = 4, /* our subscribe is unanswered */
};

struct contact {
	struct user *user;
	char *local;       /* localpart; "" the gateway itself */
	char *name;        /* or NULL */
	char *status;      /* of the last presence */
	int state;         /* of enum contact_flag */
	enum gw_show show; /* last presence announced to the user */
	enum gw_show seen; /* what the network last told (ops->watch) */
	char *seen_status;
	bool unsent;            /* ... while there was no stream */
	struct gw_photo *photo; /* as clients were told (pep.h); NULL: none */
	struct asker *asker;    /* a probe that is not answered yet */
};

/* NULL: the user has nothing to do with this JID. */
struct contact *contact_find(const struct user *u, const char *local);
/* Find or make (not stored until its state changes). */
struct contact *contact_get(struct user *u, const char *local);

/* Free it, after its user has none any more. */
void contact_free(struct contact **slot);
/* Forget it in memory; nothing is sent or stored. */
void contact_forget(struct contact **slot);

/* A subscription stanza of the user to this target. */
void contact_subscription(
	struct user *u, const struct target *to, const struct stanza *s);

/* We ask the user for a subscription (after registration, or for a person
 * who wrote first), in these words; does nothing when it is there or was
 * asked. `nick` and `words` may be NULL. */
void contact_ask(
	struct user *u, const char *local, const char *nick, const char *words);

/* Announce the presence of a contact to all who may see it; says nothing
 * when it is what was announced last. */
void contact_announce(struct contact *c, enum gw_show show, const char *status);
/* The network told of this person, see gw_presence(). */
void contact_seen(struct contact *c, enum gw_show show, const char *status);

/* The presence once more: what else is in it changed. */
void contact_renew(struct contact *c);
/* The gateway's own presence once more: its capabilities changed. */
void contact_renew_gateway(const struct user *u);
/* A probe of this JID (RFC 6121 section 4.3.2) by a client, or by the user's
 * server in his name. It is answered a moment later, when what a login brings
 * has been seen, and not at all when that told him all there is. */
void contact_probe(struct user *u, const char *local, const char *jid);
/* Answer what is due; gateway->answers calls it. */
void contact_answer_probes(void *arg);

/* The login of one of the user's accounts failed: a presence error of the
 * gateway's JID to his clients (XEP-0100 section 4.4.2). */
void contact_login_failed(
	struct user *u, enum gw_reason reason, const char *text);

/* The stream is back: tell what could not be told without it. With `crashed`
 * an earlier process died without a farewell, so everybody who is not there
 * now is withdrawn. */
void contact_catch_up(struct user *u, bool crashed);

/* unsubscribe, unsubscribed, unavailable from this JID (XEP-0100 4.3), of
 * which there is no contact any more. */
void contact_farewell(
	const struct gateway *g, const char *user, const char *local);

/* The user, or a session of his, came or went: bring what is announced of
 * all contacts in line. */
void contact_refresh_all(struct user *u);
/* How this account fares changed, but nobody came or went. */
void contact_refresh_account(const struct account *a);
/* The session is online: let the network watch the user's contacts. */
void contact_watch_all(struct account *a);

#endif
