/*
 * Group texts: which there are, and what is kept of them. A group is one of
 * our numbers and the people it writes with; its name is that of the room in
 * which the users of the number see it (group_room.h). What a user calls it is
 * seen by him alone.
 */
#ifndef SMS_GROUP_H
#define SMS_GROUP_H

#include "sms/ledger.h"
#include "sms/owner.h"
#include "sms/sms.h"
#include "sms_data/participants.h"

struct group {
	struct sms *sms;
	char name[ROOM_NAME_SIZE];
	char *own;   /* the number of ours */
	char *scope; /* brought_scope() of whose own account it is; NULL: the
			number is the operator's */
	struct participants people;
	struct group_subject *subjects; /* group_record.c */
	size_t subject_count;
	int64_t saved_ms; /* wall clock; 0: not in this process */
};

#define GROUPS_PREFIX "g/"

/* Of one number: whoever writes to it makes them. */
#define GROUPS_OF_NUMBER 1000

struct groups *groups_new(void);
/* Takes NULL inside, sets NULL; what is kept stays. */
void groups_free(struct groups **slot);
void groups_load(struct sms *s, const char *name, struct slice data);

/* By the name of its room; NULL: there is none. */
struct group *groups_find(const struct sms *s, const char *name);

/* Is it seen by him? */
bool groups_is_of(const struct group *g, const struct owner *owner);

/* The group of this number (and account, `scope`) and these people, made if there is none yet; it is
 * kept, or will be with what is kept next. NULL: there is none, and the number
 * has too many. */
struct group *groups_of(struct sms *s, const char *scope, const char *own,
	const struct participants *people);

/* The group in which this text was said, between these numbers: more than one
 * of the people in it can be written to, and the number is no shared one. `owner`
 * (or NULL): by whose own account it came. NULL: in none. */
struct group *groups_of_text(struct sms *s, const struct owner *owner,
	const char *from, const char *to, const struct carrier_incoming *c);

/* Keep it; `fn` (or NULL) is told. What the store refuses is put in again. */
void groups_keep(struct group *g, ledger_fn fn, void *arg);

/* What this user calls it; NULL: nothing. */
const char *groups_subject(const struct group *g, const char *user);
/* "": nothing any more. It is not kept yet. */
void groups_set_subject(struct group *g, const char *user, const char *text);
/* Of his groups of this account, or (NULL) all: nothing any more, kept so. */
void groups_forget(struct sms *s, const char *user, const char *account);
/* Those of an account that is brought no longer; nothing refers to them. */
void groups_drop(struct sms *s, const char *scope);

#endif
