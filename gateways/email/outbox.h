/*
 * What the user writes becomes mails. Lines to the same person or room that
 * follow each other become one mail, which is held for a while, so that it can
 * still be corrected or withdrawn; then it is written, kept byte by byte, and
 * only then sent: again, if need be, for two days.
 *
 *	outbox.c	what the user says, holding, order
 *	outgoing.c	one mail, and what is kept of it
 *	writing.c	from lines to bytes (steps: writing_private.h)
 *	submit.c	to the server, and the copy in Sent
 *	recipients.c	who of several has it, and who not
 */
#ifndef EMAIL_OUTBOX_H
#define EMAIL_OUTBOX_H

#include "email/email.h"
#include "email/outgoing.h"

/* With what MIME makes of a file. */
#define OUTBOX_MAIL_MAX ((size_t)50 * 1024 * 1024)
/* Bytes kept under one name. */
#define OUTBOX_CHUNK    ((size_t)256 * 1024)

struct submitter; /* submit.c */

struct email_outbox {
	struct email_session *session;
	struct list mails; /* struct outgoing.link, oldest first */
	struct timer retry;
	struct submitter *submitter;
	struct list early; /* what came before what was kept is known */
	struct list late;  /* late.h: revisions of what has left */
	bool loaded;
};

struct email_outbox *email_outbox_new(struct email_session *s);
/* What is not sent stays kept. Takes NULL inside, sets NULL. */
void email_outbox_free(struct email_outbox **slot);

/* What was kept under a/o/<id>; then, once, that this was all. */
void email_outbox_load(
	struct email_outbox *o, const char *id, struct slice data);
void email_outbox_loaded(struct email_outbox *o);

/* ops->send and ops->typing: who still types is waited for. */
void email_outbox_send(struct email_outbox *o, const struct gw_outgoing *m);
void email_outbox_typing(struct email_outbox *o, const char *name, bool on);

/* A mail that a command asked for. */
struct letter {
	const char *to; /* name of a person */
	const char *subject, *text;
	/* It answers the invitation in the mail with this id (memory.h), with
	 * what calendars read of it (invitation_reply()); or NULL. */
	const char *mail_id, *calendar;
};
/* Send it. `fn` is called once, later: it is kept, or (not `ok`) there is no
 * such mail. If it fails after that, the chat with that person says so. */
void email_outbox_write(struct email_outbox *o, const struct letter *l,
	memory_kept_fn fn, void *arg);

/* Likewise, to all whom a mail reached (`mail_id`, which it answers); `name` is
 * the chat that it belongs to. */
void email_outbox_write_all(struct email_outbox *o, const char *name,
	const char *text, const char *audience, const char *mail_id,
	memory_kept_fn fn, void *arg);

/* A line for a person or room that is added like one of the user's; `request`
 * hears what becomes of it. */
void email_outbox_say(struct email_outbox *o, const char *name, bool in_room,
	gw_request request, const char *id, const char *text);

/* A mail that is not for reading alone: it leaves at once, but reactions. */
struct special {
	enum outgoing_kind kind;
	const char *reply_to; /* what it is about: id of a mail; or NULL */
	const char *value, *text;
	gw_request request; /* 0: nobody waits for it */
};
void email_outbox_special(struct email_outbox *o, const char *name,
	bool in_room, const struct special *s);
/* One of this kind about the same mail is still held: it says this instead.
 * False: there is none. */
bool email_outbox_change(
	struct email_outbox *o, const char *name, const struct special *s);

/* The user was asked about mails to new people, and said so. */
void email_outbox_confirmed(struct email_outbox *o, bool yes);

/* Something changed: look what can be sent. */
void email_outbox_wake(struct email_outbox *o);
/* The same, in a moment: who calls is in the middle of something. */
void email_outbox_wake_soon(struct email_outbox *o);

/* --- Between its parts --------------------------------------------------- */

/* Keep the record of a mail; `fn` (or NULL) hears when it is on disk. */
void email_outbox_keep(struct outgoing *m, memory_kept_fn fn);
/* All its messages have this outcome; `text` NULL: none. */
void email_outbox_tell(struct outgoing *m, enum gw_stage stage,
	enum gw_reason reason, const char *text);
/* Forget it, and what is kept of it. */
void email_outbox_drop(struct outgoing *m);
/* Nothing more is tried (recipients.h): the user hears who will not get it, or
 * that all have it; a mail that some have is SENT. */
void email_outbox_settle(struct outgoing *m);
/* Those who are left will not get it. */
void email_outbox_fail(
	struct outgoing *m, enum gw_reason reason, const char *text);
/* Try again later, or give up and say why. */
void email_outbox_retry(
	struct outgoing *m, enum gw_reason reason, const char *words);

/* writing.c: ends in READY, or in an error to the user. */
void writing_start(struct outgoing *m);
void writing_stop(struct outgoing *m);

/* submit.c */
struct submitter *submitter_new(struct email_outbox *o);
void submitter_free(struct submitter **slot);
/* Is it free to take a mail? */
bool submitter_is_idle(const struct submitter *s);
/* A mail that is READY and whose time has come. */
void submitter_take(struct submitter *s, struct outgoing *m);
/* Save the copy of a mail that all have, or some. */
void submitter_save(struct submitter *s, struct outgoing *m);
/* The link to the mailbox is over. */
void submitter_imap_lost(struct submitter *s);

#endif
