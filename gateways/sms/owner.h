/*
 * A user's account as the gateway knows it between sessions: messages of his
 * that are under way, and texts for him, are there whether his session is open
 * or not.
 */
#ifndef SMS_OWNER_H
#define SMS_OWNER_H

#include "sms/sms.h"

struct owner {
	struct sms *sms;
	char *key;                  /* "user\naccount" */
	char *user;                 /* bare JID */
	char *account;              /* own number, canonical */
	struct gw_session *session; /* NULL: not open */
	struct way *way; /* his account at a provider (brought.h), or NULL */
	bool is_online;  /* it was let in */
	bool is_away;    /* he was told that nothing leaves */
	bool is_held;    /* not to be released yet */
	char *last_id;   /* of the newest text he got; NULL: not known */
	struct list messages; /* struct outbound.owned */
	struct list texts;    /* struct delivery.owned (inbound.h) */
	struct list seats;    /* rooms that his session is in (group_room.c) */
	struct list begun;    /* groups that he begins (group_begin.c) */
};

/* Find, or make. */
struct owner *owner_get(struct sms *s, const char *user, const char *account);
/* NULL: there is none. */
struct owner *owner_find(
	const struct sms *s, const char *user, const char *account);
/* Free it if nothing of his is left and no session is open. */
void owner_release(struct owner *o);
/* All of them, at the end: nothing is left by then. */
void owners_finish(struct sms *s);

/* May this user have this account: is the number assigned to him, or has he
 * proven that it is his? */
bool owner_is_allowed(const struct owner *o);

/* Is it nobody's, but for texts of the gateway itself? */
static inline bool owner_is_gateway(const struct owner *o)
{
	return o->user[0] == '\0';
}

static inline struct owner *owner_of(const struct gw_session *s)
{
	return s->impl;
}

#endif
