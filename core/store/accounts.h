/*
 * Registered accounts with their settings, contacts with their subscription
 * state, and what each user chose for a room.
 */
#ifndef STORE_ACCOUNTS_H
#define STORE_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/* One setting of an account; secrets are sealed before they are stored. */
struct store_setting {
	const char *name;
	const char *value;
	bool secret;
};

/* Unique by gateway, user and account. */
struct store_account {
	const char *gateway; /* its JID */
	const char *user;    /* bare JID */
	const char *account; /* "irc.libera.chat" */
	const struct store_setting *settings;
	size_t setting_count;
};

/* Subscription of a contact in both directions (RFC 6121 section 3, as the
 * contact's side sees it). Unique by gateway, user and contact. */
struct store_contact {
	const char *gateway, *user;
	const char *contact; /* localpart of its JID, "" the gateway itself */
	const char *name;    /* or NULL */
	int state;           /* the host's encoding */
};

/* A user's choices for one room; unique likewise. */
struct store_room_choice {
	const char *gateway, *user;
	const char *room; /* localpart */
	const char *name, *value;
};

/* Everywhere here: what is passed is copied, and `fn` may be NULL. */

/* Store an account; these settings replace all it had. */
void store_account_put(struct store *s, const struct store_account *a,
	store_done_fn fn, void *arg);
/* Remove one account, or all of a user with `account` NULL, and note that the
 * rest of what belongs to it (archive_erase(), contacts, choices) has to go:
 * the note is loaded until store_removal_done() was called, so that a crash
 * in between loses nothing. A new account of that name takes it back. */
void store_account_remove(struct store *s, const char *gateway,
	const char *user, const char *account, store_done_fn fn, void *arg);

/* The rest has gone. A user without accounts loses here what is left of his
 * contacts and choices. */
void store_removal_done(struct store *s, const char *gateway, const char *user,
	const char *account, store_done_fn fn, void *arg);

/* Store or change; removing what is not there is no error. */
void store_contact_put(struct store *s, const struct store_contact *c,
	store_done_fn fn, void *arg);
/* By the localpart of the contact. */
void store_contact_remove(struct store *s, const char *gateway,
	const char *user, const char *contact, store_done_fn fn, void *arg);

/* `value` NULL removes it. */
void store_room_choice_put(struct store *s, const struct store_room_choice *c,
	store_done_fn fn, void *arg);

/* Everything of one gateway, read at start-up: accounts first (secrets
 * opened), then contacts, room choices, removals that were not done, and how many outgoing
 * messages wait (outbox.h). Row
 * pointers live for the call. A row whose secret does not open is delivered
 * without the secret. */
struct store_load_events {
	void (*account)(const struct store_account *a, void *arg);
	void (*contact)(const struct store_contact *c, void *arg);
	void (*room_choice)(const struct store_room_choice *c, void *arg);
	/* `account` NULL: all of the user */
	void (*removal)(const char *user, const char *account, void *arg);
	void (*waiting)(const char *user, const char *account, int64_t count,
		void *arg);
	void (*done)(int status, void *arg);
};
/* Called back on the loop, in this order; `done` last, with status -1 after a
 * failure. */
void store_load(struct store *s, const char *gateway,
	const struct store_load_events *events, void *arg);

/* --- Farewells: what we announced and may have to take back -------------- */

/* Presence that we announced from `jid` to `to` and that nobody withdraws
 * for us when the process dies; in rooms `jid` is the occupant's JID. */
void store_announced_put(
	struct store *s, const char *gateway, const char *to, const char *jid);
/* It was withdrawn. */
void store_announced_remove(
	struct store *s, const char *gateway, const char *to, const char *jid);

/* Deliver and delete all rows of a gateway that were put before this call; a
 * crash in between makes some come again. */
typedef void (*store_announced_fn)(const char *to, const char *jid, void *arg);
/* `each` is called before `done`. */
void store_announced_take(struct store *s, const char *gateway,
	store_announced_fn each, store_done_fn done, void *arg);

#endif
