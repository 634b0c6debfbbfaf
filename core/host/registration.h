/*
 * Registering, changing and removing accounts: one engine behind XEP-0077,
 * the ad-hoc command and the chat command.
 */
#ifndef HOST_REGISTRATION_H
#define HOST_REGISTRATION_H

#include "host/account.h"
#include "host/settings.h"
#include "host/target.h"
#include "xmpp/stanza.h"

/* The jabber:iq:register handler of gateway and network JIDs. */
void registration_iq(
	struct user *u, const struct target *t, const struct stanza *s);

struct registration_outcome {
	enum stanza_error error; /* ERR_NONE: done */
	const char *text;        /* for a person, or NULL */
	/* A setting that the network asks for, and its words alone; or NULL. */
	const struct gw_setting *wanted;
	const char *question;
	struct account *account; /* registered or changed */
};
typedef void (*registration_fn)(
	const struct registration_outcome *o, void *arg);

/* Create or change the account that the values name; `network` not NULL
 * fixes the account key. When the session has to start anew, it does so with
 * the new values first; when the network refuses them, or the store, nothing
 * has changed. Of a network that is silent too long the user is told later
 * (XEP-0100 section 4.1.2). Calls `fn` when it is stored or refused;
 * true: that is later, as the network is being asked. */
bool registration_apply(struct user *u, const char *network,
	const struct settings_values *values, registration_fn fn, void *arg);

/* Remove one account (or all: `key` NULL) and everything stored that belongs
 * to it: delete and log out, erase the archive, `fn` (the iq result), then the
 * farewells (XEP-0100 section 4.3). When the store refuses the first step,
 * nothing has changed; after it, a crash is made up for at the next start. */
void registration_remove(
	struct user *u, const char *key, registration_fn fn, void *arg);

/* A removal that an earlier process did not finish, from the store; the rest
 * is done when the stream is ready. `key` NULL: all accounts. */
void registration_loaded(struct gateway *g, const char *user, const char *key);
void registration_resume(struct gateway *g);
/* An account on trial came online, or did not; from account.c. */
void registration_tried(struct account *a);
/* The gateway closes: what waits for registration_resume() is forgotten, and
 * what waits for a network is refused. */
void registration_forget(struct gateway *g);

#endif
