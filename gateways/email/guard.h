/*
 * A stolen account must not become a spam cannon: how many mails an account
 * sends in an hour and in a day, how many people it writes to that it never
 * wrote to before, and how many mails to one person in a minute. Over the limit
 * of a day mails are refused; over the others the user is asked. What waits for
 * his answer is held again after a restart, and so he is asked again.
 */
#ifndef EMAIL_GUARD_H
#define EMAIL_GUARD_H

#include "email/email.h"

struct guard;

struct guard *guard_new(struct email_session *s);
/* Takes NULL inside, sets NULL. */
void guard_free(struct guard **slot);
/* What was kept under a/guard. */
void guard_load(struct guard *g, struct slice data);

enum guard_verdict {
	GUARD_PASS,  /* counted */
	GUARD_ASKED, /* the user was asked: email_outbox_confirmed() follows */
	GUARD_FULL,  /* no more today */
};

/* A mail wants to leave, to this person or room, and to so many people never
 * written to before. */
enum guard_verdict guard_check(struct guard *g, const char *name, unsigned new);

/* ops->answer. */
void guard_answer(
	struct guard *g, uint32_t question, const char *const *values);

#endif
