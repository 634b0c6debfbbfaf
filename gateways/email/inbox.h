/*
 * A folder of a session whose mails are for the user: the inbox, or that of
 * sent mails (what he writes elsewhere). How far it has been read, and the
 * mails that are on their way to the user. What is done is kept as the UID up
 * to which the user's server has everything; a mail above it is read again
 * after a crash, and recognised by its id. The inbox waits for the other, so
 * that an answer comes after what it answers.
 */
#ifndef EMAIL_INBOX_H
#define EMAIL_INBOX_H

#include "email/email.h"

struct email_inbox;

struct email_inbox *email_inbox_new(struct email_session *s, bool is_sent);
/* Takes NULL inside, sets NULL. */
void email_inbox_free(struct email_inbox **slot);

/* Where that is kept. */
#define INBOX_KEPT      "a/f/INBOX"
#define INBOX_KEPT_SENT "a/f/SENT"

/* What was kept there. */
void email_inbox_load(struct email_inbox *in, struct slice data);

/* The link is logged in: watch. The folder of sent mails begins by itself,
 * when it is known which that is. The first look ends with email_looked();
 * mails wait until the session is online, and this is called again then. */
void email_inbox_start(struct email_inbox *in);
/* The link is over: what was not done comes again. */
void email_inbox_stop(struct email_inbox *in);

/* Frames of the link that are about the folder. */
void email_inbox_heard(struct email_inbox *in, const struct frame *f);

/* The user's server has this message. */
void email_inbox_settled(
	struct email_inbox *in, const char *network_id, bool ok);

/* The worker died while it read the mail with this UID. */
void email_inbox_blame(struct email_inbox *in, uint64_t uid);

/* A copy of what was sent from here is in the folder of sent mails, with this
 * UID (0: unknown): nothing to be read. */
void email_inbox_saved(struct email_inbox *in, uint64_t uid);

/* Go back to the newest `count` mails, up to INBOX_IMPORT_MAX: those that the
 * user does not have come in their order, quietly; kept over restarts. `fn` is
 * called once, later: so many are there, or (`text`) why it cannot be. */
#define INBOX_IMPORT_MAX 500
typedef void (*inbox_import_fn)(unsigned count, const char *text, void *arg);
void email_inbox_import(
	struct email_inbox *in, unsigned count, inbox_import_fn fn, void *arg);
/* Who waits with this argument does not any more. */
void email_inbox_forget(struct email_inbox *in, void *arg);

/* Is it on disk how far the folder has been read? What comes later is new
 * then, whatever happens. */
bool email_inbox_is_kept(const struct email_inbox *in);

/* Of the folder as it is now; for what is remembered about its mails. */
int64_t email_inbox_uidvalidity(const struct email_inbox *in);

#endif
