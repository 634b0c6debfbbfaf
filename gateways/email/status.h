/*
 * How a mailbox fares, as the user's contact list shows it: how many mails are
 * unread while they are pushed, "away" while they are asked for now and then,
 * "xa" when its login does not work. Told when it changed, and not oftener than
 * every ten seconds; nothing runs while nothing changes.
 */
#ifndef EMAIL_STATUS_H
#define EMAIL_STATUS_H

#include "email/email.h"

struct status;

struct status *email_status_new(struct email_session *s);
/* Takes NULL inside, sets NULL. */
void email_status_free(struct status **slot);

/* So many mails of the inbox are unread, whoever read the others. The worker
 * counts them after every change of the folder (FRAME_UNREAD). */
void email_status_unread(struct email_session *s, uint64_t count);

/* Are mails pushed, or does the server have to be asked? */
void email_status_pushed(struct email_session *s, bool pushed);

/* The user has to log in again, because of this; NULL: not any more. */
void email_status_login(struct email_session *s, const char *why);

/* The session is down for the core, which shows that by itself. */
void email_status_reset(struct email_session *s);

/* session->state is another one. */
void email_status_changed(struct email_session *s);

#endif
