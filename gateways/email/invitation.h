/*
 * Invitations (RFC 5546) and what the user answered: what he reads of them,
 * and the answer as a calendar object (RFC 6047). What is known of one is kept
 * under i/<hash of its UID and instance>, so that a cancellation, a change or
 * an answer finds it. Only whoever sent it can change it: the next mail about
 * it has to come from the same address, or from its organizer.
 */
#ifndef EMAIL_INVITATION_H
#define EMAIL_INVITATION_H

#include "email/memory.h"
#include "email_wire/mail.h"

/* How long one is remembered; as mails are. */
#define INVITATION_DAYS 400

struct invitation {
	const char *uid, *summary;
	const char *organizer; /* who gets the answer */
	const char *sender;    /* of the mail that it came with */
	const char *attendee;  /* which address of the user's is invited */
	const char *mail;      /* id of that mail (memory.h) */
	const char *answer;    /* "ACCEPTED"; NULL: none yet */
	int64_t sequence, stamp_ms;
	int64_t start_ms, end_ms, instance_ms;
	bool is_all_day, instance_is_day, is_repeating, is_cancelled;
};

/* Under which name it is kept. */
void invitation_name(const struct mail_event *e, char out[MEMORY_NAME_SIZE]);
void invitation_encode(struct str *out, const struct invitation *i);
/* Texts are copied into the arena; -1: damaged. */
int invitation_decode(
	struct slice in, struct arena *arena, struct invitation *i) MUST_CHECK;

/* What a mail with an event says about what was known before (or NULL). */
enum invitation_news {
	INVITATION_NONE,    /* nothing that can be answered or cancelled */
	INVITATION_NEW,     /* the first of it */
	INVITATION_SAME,    /* the same once more */
	INVITATION_CHANGED, /* a later version */
	INVITATION_CANCELLED,
	INVITATION_OLD,     /* an earlier version that came late */
	INVITATION_FOREIGN, /* somebody else speaks about it */
};
enum invitation_news invitation_news(
	const struct mail *m, const struct invitation *before);

/* What is to be known of it afterwards; false: what was known stays. `own` are
 * the user's addresses, the likeliest first, ending with NULL. Texts are
 * borrowed. */
bool invitation_learn(struct invitation *out, const struct mail *m,
	const char *id, const char *const *own,
	const struct invitation *before);

/* Append what the user reads of it: what, when, where, what is odd, and how to
 * answer it. */
void invitation_words(struct str *out, const struct mail *m,
	const char *const *own, const struct invitation *before);

/* Append METHOD:REPLY with `answer` ("ACCEPTED", "TENTATIVE", "DECLINED") and
 * a comment (or ""). */
void invitation_reply(struct str *out, const struct invitation *i,
	const char *answer, const char *comment, int64_t now_ms);

#endif
