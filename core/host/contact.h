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
	int state;         /* of enum contact_flag */
	enum gw_show show; /* last presence announced to the user */
	char *status;
};

struct contact *contact_find(const struct user *u, const char *local);
/* Find or make (not stored until its state changes). */
struct contact *contact_get(struct user *u, const char *local);

/* Forget it in memory; nothing is sent or stored. */
void contact_free(struct contact **slot);

/* A subscription stanza of the user to this JID. */
void contact_subscription(
	struct user *u, const char *local, const struct stanza *s);

/* We ask the user for a subscription (after registration, or for a person
 * who wrote first); does nothing when it is there or was asked. */
void contact_ask(struct user *u, const char *local, const char *nick);

/* Announce the presence of a contact to all who may see it; says nothing
 * when it is what was announced last. */
void contact_announce(struct contact *c, enum gw_show show, const char *status);
/* A client's probe of this JID (RFC 6121 section 4.3.2). */
void contact_probe(struct user *u, const char *local, const char *full_jid);

/* unsubscribe, unsubscribed, unavailable; then forget (XEP-0100 4.3). */
void contact_farewell(struct contact **slot);

/* The user, or a session of his, came or went: bring what is announced of
 * all contacts in line. */
void contact_refresh_all(struct user *u);
/* The session is online: let the network watch the user's contacts. */
void contact_watch_all(struct account *a);

#endif
