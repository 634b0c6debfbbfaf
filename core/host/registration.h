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
	const char *text;        /* for a person */
	struct account *account; /* registered or changed */
};
typedef void (*registration_fn)(
	const struct registration_outcome *o, void *arg);

/* Create or change the account that the values name; `network` not NULL
 * fixes the account key. Calls `fn` once it is stored. */
void registration_apply(struct user *u, const char *network,
	const struct settings_values *values, registration_fn fn, void *arg);

/* Remove one account (or all: `key` NULL) in the order of XEP-0100 section
 * 4.3: log out, delete, `fn` (the iq result), then the farewells. */
void registration_remove(
	struct user *u, const char *key, registration_fn fn, void *arg);

#endif
