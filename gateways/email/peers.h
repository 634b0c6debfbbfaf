/*
 * What is known of the programs of the people one writes with, and what the
 * user wishes for them: in memory while the session is there, as service
 * discovery asks for it at once. Only who is special is in it.
 */
#ifndef EMAIL_PEERS_H
#define EMAIL_PEERS_H

#include "email/email.h"

struct peers;

/* Kept: never give a number another meaning. */
enum peer_flag {
	PEER_CHAT = 1,   /* his last mail was Delta Chat's, or of its like */
	PEER_REACTS = 2, /* a reaction of his has come */
	/* Is he told when the user has read his mails (readback.h)? */
	PEER_TELL = 4,
	PEER_TELL_NOT = 8,
};

struct peers *peers_new(struct email_session *s);
/* Takes NULL inside, sets NULL. */
void peers_free(struct peers **slot);
/* What was kept under PEERS_KEPT. */
#define PEERS_KEPT "a/p/"
void peers_load(struct peers *p, struct slice data);

/* Does a program with these flags show reactions? */
static inline bool peers_react(unsigned flags)
{
	return (flags & (PEER_CHAT | PEER_REACTS)) != 0;
}

/* Of a person by his name in JIDs (email_person_name()); 0: nothing is
 * special. */
unsigned peers_get(const struct peers *p, const char *name);
/* The same by his address. */
unsigned peers_get_address(const struct peers *p, const char *address);
/* His picture; until something here changes. */
const struct gw_photo *peers_photo(const struct peers *p, const char *name);
/* Its type is one of photos_type(). */
void peers_set_photo(
	struct peers *p, const char *name, const struct gw_photo *photo);
/* Change the flags in `mask`. */
void peers_set(
	struct peers *p, const char *name, unsigned mask, unsigned flags);

#endif
