/*
 * What the user has read here is read in his mailbox, and the other way round:
 * marks of several messages go out together, a moment later. What was unread
 * before the daemon was started is not known any more.
 */
#ifndef EMAIL_SEEN_H
#define EMAIL_SEEN_H

#include "email/email.h"

struct seen;

struct seen *seen_new(struct email_session *s);
/* Takes NULL inside, sets NULL. */
void seen_free(struct seen **slot);

/* A mail that is unread was shown in this conversation. */
void seen_shown(struct seen *seen, const char *name, uint32_t uid);
/* The user has seen the one with this id, and so all shown before it. */
void seen_displayed(
	struct seen *seen, const char *name, const char *network_id);
/* One that the user has nothing to read in; `flags` of FRAME_MAIL. */
void seen_by_us(struct seen *seen, uint32_t uid, unsigned flags);
/* The flags of a mail as they are now, whoever changed them; it `is_coming`:
 * seen_shown() may still follow. What was read elsewhere is told (elsewhere.h)
 * when nothing else of the conversation is unread. */
void seen_flagged(
	struct seen *seen, uint32_t uid, unsigned flags, bool is_coming);
/* Mails are numbered anew: what was shown is not known any more. */
void seen_renumbered(struct seen *seen);
/* The link is about to be closed. */
void seen_lost(struct seen *seen);
/* The link is there (again). */
void seen_wake(struct seen *seen);

#endif
