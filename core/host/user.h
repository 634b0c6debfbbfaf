/*
 * A user of one gateway: his resources, accounts and contacts. Users who
 * registered live as long as the daemon; guests until they have left.
 */
#ifndef HOST_USER_H
#define HOST_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "api/types.h"
#include "base/bucket.h"
#include "base/list.h"
#include "base/map.h"
#include "host/gateway.h"
#include "xmpp/stanza.h"

/* One connected client, as far as its presence reached us. */
struct resource {
	struct list link;
	struct user *user;
	char *jid; /* full */
	char *status;
	char *caps; /* "node#ver", NULL: none */
	enum gw_show show;
	signed char priority;
	bool stale;       /* not heard of since the stream came back */
	bool caps_known;  /* features below were asked for and answered */
	bool caps_new;    /* they changed while they were asked for */
	int64_t asked_ms; /* for them, unanswered; 0: not */
	int64_t since_ms; /* loop time when we first heard of it */
	bool has_xhtml_im;
	bool has_roster_x;
	bool has_avatars;  /* wants to know of pictures (XEP-0084) */
	bool avatars_told; /* ... and was told of those there were */
};

/* What a user chose for one room, or person; in user->choices by its key,
 * "local\nname". */
struct room_choice {
	char *key, *value;
	const char *name; /* in the key */
	char *local;
};

/* By which account he speaks to somebody, where addresses do not say it. */
#define CHOICE_ACCOUNT "causeway#account"

struct user {
	struct gateway *gateway;
	char *jid;                 /* bare */
	struct list resources;     /* struct resource.link */
	struct list accounts;      /* struct account.link */
	struct list questions;     /* chat.c: of networks, not asked yet */
	struct map contacts;       /* struct contact by localpart */
	struct map choices;        /* struct room_choice by its key */
	struct bucket sends;       /* messages towards the network */
	struct bucket stanzas;     /* requests to us (quota.h) */
	const char *lang;          /* interned, of the last stanza, or NULL */
	struct dialogue *dialogue; /* chat.c: a command asking for values */
	struct typeahead *typed;   /* typeahead.c: lines, or NULL */
	char *own_name;            /* own_name.c: what he is called, or NULL */
	char *thread;              /* chat.c: of his last message, or NULL */
	unsigned commands;         /* ad-hoc sessions open (command.c) */
	bool is_retried;           /* inbox.c: what came back is being read */
	bool is_returned;     /* inbox.c: something did, by way of a relay */
	bool own_name_wanted; /* a network asked for it */
	bool probe_due;       /* after the stream came up */
	bool login_due;       /* after the start: perhaps he stays */
};

/* NULL: unknown. */
struct user *user_find(const struct gateway *g, const char *bare_jid);
/* Find or create. */
struct user *user_get(struct gateway *g, const char *bare_jid);
/* Free a user who has nothing left: no account, no resource, no contact, no
 * choice for a room, no command under way. Call when one of these has gone. */
void user_release(struct user *u);
/* The same for whom may be gone already. */
void user_release_name(struct gateway *g, const char *bare_jid);
/* With all he has; the store keeps what it has of him. Takes NULL inside,
 * sets NULL. */
void user_free(struct user **slot);

/* Answer a stanza of his with this error; `text` is for him to read. */
void user_refuse(struct user *u, const struct stanza *s,
	enum stanza_error error, const char *text);

/* A user's choice for a room, or NULL; set with `value` NULL removes it. Only
 * in memory. */
const char *room_choice(
	const struct user *u, const char *local, const char *name);
/* Copies what it keeps. */
void room_choice_set(
	struct user *u, const char *local, const char *name, const char *value);
/* The same, and keep it. */
void room_choice_keep(
	struct user *u, const char *local, const char *name, const char *value);

/* The operator's limit of messages is this from now on. */
void user_limit_sends(struct user *u);

/* Has he an account in the store? */
bool user_is_registered(const struct user *u);

/* NULL: this client is not known to be there. */
struct resource *resource_find(const struct user *u, const char *full_jid);
/* Find or make; with LIMIT_RESOURCES the oldest makes room. */
struct resource *resource_get(struct user *u, const char *full_jid);
/* Forget a client. Takes NULL inside, sets NULL. */
void resource_remove(struct resource **slot);

/* The presence summed over all resources: the most available one, of these
 * the one of highest priority; GW_OFFLINE without any. */
enum gw_show user_presence(const struct user *u, const char **status_r);

#endif
