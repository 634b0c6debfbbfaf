/*
 * The people a session's own connection sees in its channels. What is known
 * of them belongs to the session; only the strings are shared with others.
 */
#ifndef IRC_PEOPLE_H
#define IRC_PEOPLE_H

#include "irc/session.h"

struct irc_member;

struct irc_person {
	const char *key;            /* interned: the folded nick */
	const char *nick;           /* interned, as are the rest */
	const char *origin;         /* irc_person_origin(); NULL: nothing */
	const char *away;           /* words; NULL: present, or unknown */
	struct irc_member *members; /* his channels, by next_of_person */
};

/* The person with this nick, or NULL. `nick` as the server or the core wrote
 * it. */
struct irc_person *irc_person_find(
	const struct irc_session *s, struct slice nick);

/* The same, made when missing; NULL for what is no nick. */
struct irc_person *irc_person_get(struct irc_session *s, struct slice nick);

/* Learn user and host; empty ones are ignored. True when that was new. */
bool irc_person_learn(struct irc_session *s, struct irc_person *p,
	struct slice user, struct slice host);

/* His account with the network's services; "*" or nothing: he is logged out. */
void irc_person_set_account(
	struct irc_session *s, struct irc_person *p, struct slice account);

/* `text` NULL: he is back. True when that changed something. */
bool irc_person_set_away(struct irc_person *p, const char *text);

/* Give him a new nick; the caller has made sure that it is free. */
void irc_person_rename(
	struct irc_session *s, struct irc_person *p, struct slice nick);

/* Forget him when he is in no channel any more. */
void irc_person_release(struct irc_session *s, struct irc_person *p);

/* The case mapping changed: make all keys again. Of people whose nicks are
 * now the same one stays; `drop` is called for the others before they go. */
void irc_people_rekey(struct irc_session *s,
	void (*drop)(struct irc_session *s, struct irc_person *p));

/* What is known of user, host and account with the services; empty: nothing.
 * `text` is "user@host". */
struct irc_origin {
	struct slice user, host, text, account;
};
struct irc_origin irc_person_origin(const struct irc_person *p);

/* "nick!user@host" with * for what is not known, appended to `out`. */
void irc_person_source(const struct irc_person *p, struct str *out);

#endif
