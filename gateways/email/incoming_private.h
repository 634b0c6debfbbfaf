/*
 * One mail on its way, for the files that deal with it one after the other:
 *
 *	incoming.c           is it known; which mail is it about
 *	incoming_people.c    whom it reaches
 *	incoming_talk.c      the conversation that it belongs to
 *	incoming_tell.c      what is said, and its files
 *	incoming_remember.c  ... and remembered
 *	incoming_reaction.c  of a reaction, instead of the four before
 *
 * Each step ends with one call of the next, or of incoming_finish() or
 * incoming_give_up(), after which `in` is gone.
 */
#ifndef EMAIL_INCOMING_PRIVATE_H
#define EMAIL_INCOMING_PRIVATE_H

#include "base/arena.h"
#include "base/str.h"
#include "email/group.h"
#include "email/incoming.h"
#include "email/invitation.h"

/* Ancestors that are looked for; a thread that was not seen before is not
 * found among older ones either. */
#define PARENTS_MAX 6

struct incoming {
	struct email_session *session;
	incoming_fn fn;
	void *arg;
	struct arena arena;
	struct mail mail;
	uint32_t uid;
	unsigned flags;
	int64_t internal_ms;
	char id[MEMORY_ID_SIZE];
	bool is_sent; /* of the folder of sent mails */
	bool is_ours; /* sent from here, and known already */
	bool is_gathered;
	bool is_old; /* the user asked for it: no news */
	/* Parents: Message-IDs still to be looked for, nearest first. */
	const char *parents[PARENTS_MAX];
	size_t parent_count, parent;
	bool has_parent;
	struct memory_mail parent_mail;
	/* The conversation. */
	char name[GW_NAME_SIZE];
	bool in_room;
	struct group *group; /* of a room */
	bool is_own;         /* the user sent it, from elsewhere */
	bool is_blind;       /* he got a blind copy */
	bool left_list;      /* he wrote about it, not to it */
	bool is_stranger;    /* to the group, before this mail */
	bool is_removed;     /* the user, from that group */
	struct mail_address
		people[GROUP_MAX + 1]; /* whom it reaches, but him */
	size_t people_count, people_more;
	struct str audience;   /* of a mail that is shown as its sender's */
	struct str answers_to; /* where it wants answers, if not there */
	struct str news;       /* of who was added or left out */
	bool has_talk;
	struct memory_talk talk;
	const char *thread;        /* as told to XMPP */
	struct invitation invited; /* what was known of it */
	bool was_invited;
	const char *own[3]; /* the user's addresses; ends with NULL */
	unsigned messages;
	bool is_incomplete;
	struct files *files;
	struct revision *revision;
};

/* --- incoming.c ---------------------------------------------------------- */

/* All of it was handed over. */
void incoming_finish(struct incoming *in);
/* The store failed, or the link: with the next one it comes again. */
void incoming_give_up(struct incoming *in);

/* --- incoming_people.c --------------------------------------------------- */

/* Of the user's addresses the one that it was sent to, or from. */
const char *incoming_identity(const struct incoming *in);
/* Fills in `people` and whether the user is the sender or got a blind copy. */
void incoming_list_people(struct incoming *in);

/* --- incoming_talk.c ----------------------------------------------------- */

/* What it is about is known: find its conversation. */
void incoming_choose(struct incoming *in);
/* Have the user in in->group, then tell. */
void incoming_enter_room(struct incoming *in);

/* --- incoming_tell.c ----------------------------------------------------- */

/* Milliseconds of wall time: its Date, if that can be. */
int64_t incoming_time(const struct incoming *in);
/* The conversation is known: say it. */
void incoming_tell(struct incoming *in);

/* --- incoming_remember.c ------------------------------------------------- */

/* What was known of the event in it; NULL: nothing. */
const struct invitation *incoming_event(const struct incoming *in);
/* For the mails that come after it; in->thread is chosen. */
void incoming_remember(struct incoming *in);

/* --- incoming_reaction.c ------------------------------------------------- */

void incoming_react(struct incoming *in);

#endif
