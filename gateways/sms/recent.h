/*
 * What a user and a person have said lately: enough of each text to know it
 * again when one of them reacts to it. Kept with the user's account.
 */
#ifndef SMS_RECENT_H
#define SMS_RECENT_H

#include "sms/owner.h"

#define RECENT_PREFIX "t/"

struct recents *recents_new(void);
/* Takes NULL inside, sets NULL; nobody is called any more. */
void recents_free(struct recents **slot);

/* The text with this id is shown to the user, or was sent by him; his session
 * is open. */
void recent_add(struct owner *owner, const char *person, const char *id,
	const char *text);
/* It did not arrive. */
void recent_drop(struct owner *owner, const char *person, const char *id);

struct recent_found {
	const char *id;    /* NULL: nothing, or not for sure */
	const char *head;  /* how it begins */
	const char *emoji; /* the reaction of a quotation; "": taken back */
};
/* Called later, unless it is forgotten before. */
typedef void (*recent_fn)(
	struct owner *owner, const struct recent_found *found, void *arg);

/* The text with this id. */
void recent_find(struct owner *owner, const char *person, const char *id,
	recent_fn fn, void *arg);
/* The one that a phone's reaction quotes (tapback.h), if it is one alone.
 * False: `text` is no reaction, and nobody is called. */
bool recent_find_quoted(struct owner *owner, const char *person,
	const char *text, recent_fn fn, void *arg) MUST_CHECK;

/* Nobody with this argument is called any more. */
void recent_forget(struct sms *s, const void *arg);
/* The owner's session is closed: nobody is called about him. */
void recent_close(struct owner *owner);

/* ops->recalled. */
void recent_recalled(struct owner *owner, uint64_t token, const char *name,
	struct slice data, bool ok);

#endif
