/*
 * One line that a user typed behind a slash (slash.h), while it is worked on,
 * and the words that there are, by what they are about. Each ends its errand
 * with errand_done() or errand_fail().
 */
#ifndef EMAIL_ERRAND_H
#define EMAIL_ERRAND_H

#include "email/email.h"
#include "email/invitation.h"

#define ERRAND_INBOX "INBOX"

struct row;   /* slash.c */
struct files; /* files.h */

struct errand {
	struct list link; /* session->errands */
	struct email_session *session;
	gw_request request;
	const struct row *row;
	char *name; /* of the person or room */
	bool in_room;
	char *args; /* what follows the word, "" if nothing */
	struct arena arena;
	/* Set for words that need them (slash.c). */
	struct memory_talk talk;
	struct memory_mail mail;
	bool has_talk, has_mail;
	const char *moved_to; /* where e->mail goes; NULL: it stays */
	/* Of errand_await(); and what `undo` needs to know. */
	void (*undo)(struct errand *e);
	const char *whom, *nick;
	unsigned before;
	/* Files that are asked for. */
	struct files *files;
	bool is_promised; /* they follow: the request was answered */
	struct mail offer;
	bool has_offer;
	char file_id[64];
	struct invitation invitation;
	bool is_invited;
	const char *choice; /* the answer to it that is being sent */
	struct mail_request *ask;
	struct http_call *call;
	struct str text; /* of the answer */
	/* Mails that are looked at one after the other (errand_search()). */
	char *folder;
	char uids[FOUND_MAX * 12];
	struct slice left;   /* of them */
	uint32_t uid;        /* the one that is looked at */
	uint32_t *listed;    /* if they are numbered: their UIDs; or NULL */
	size_t listed_count; /* of these */
	/* How many were looked at, and are in the answer; what the server said
	 * of the last one that is not, or NULL. */
	unsigned looked_at, shown;
	char *said;
	const char *none, *end; /* said when there are none, or at last */
};

/* About this person or room; `args` is what follows the word. */
struct errand *errand_new(struct email_session *s, gw_request request,
	const char *name, struct slice args);

/* The end of it: the answer, or why not. `e` is gone. */
void errand_done(struct errand *e, const char *text);
void errand_fail(struct errand *e, enum gw_reason reason, const char *text);
/* The end of it, when what it changed is kept: the answer is e->text (none if
 * it is empty). If that fails, `undo` (or NULL) takes back what was changed in
 * memory, and the user hears that nothing is done. */
void errand_await(struct errand *e, void (*undo)(struct errand *e));
/* A memory_kept_fn for whose `arg` is the errand: ends it likewise. */
void errand_kept(bool ok, void *arg);
/* What the mail server said in a FRAME_DONE. */
void errand_fail_link(struct errand *e, const struct frame *f);
/* Its session closes. */
void errand_free(struct errand *e);

/* Is the mailbox there? False: that was its end. */
bool errand_is_online(struct errand *e);
/* A request to the mailbox; `fn` sets e->ask to NULL at FRAME_DONE. */
void errand_ask(struct errand *e, const struct frame *f, mail_fn fn);
/* For `fn`: was that the last frame, and it went well? False: more is to come,
 * or the answer was no, and that was the end of the errand. */
bool errand_is_answered(struct errand *e, const struct frame *f);

/* The mailbox's folder for this; NULL: it has none, or cannot be reached, and
 * that was the end. */
const char *errand_folder(struct errand *e, enum folder_role role);
/* Where e->mail is, whose UID there is e->mail.uid. */
const char *errand_mail_folder(const struct errand *e);
/* Move that one; it is remembered where it is then. */
void errand_move_mail(
	struct errand *e, const char *to, unsigned add, unsigned remove);

/* Move a mail; `from` NULL: it is in the inbox. `add` and `remove` are flags
 * (enum mail_flag). Ends with e->text. */
void errand_move(struct errand *e, uint32_t uid, const char *from,
	const char *to, unsigned add, unsigned remove);

/* --- slash_mail.c: the last mail that came ---------------------------------- */

void slash_full(struct errand *e);
void slash_delete(struct errand *e);
void slash_archive(struct errand *e);
void slash_junk(struct errand *e);
void slash_move(struct errand *e);

/* --- slash_files.c: files that were not sent -------------------------------- */

void slash_fetch(struct errand *e);
/* The session closes: if files were promised, they do not come. */
void slash_fetch_stops(const struct errand *e);

/* --- slash_list.c: mailing lists and newsletters ---------------------------- */

void slash_unsubscribe(struct errand *e);

/* --- slash_calendar.c: the last invitation that came ------------------------ */

void slash_accept(struct errand *e);
void slash_tentative(struct errand *e);
void slash_decline(struct errand *e);

/* --- slash_block.c: people who are not to be heard -------------------------- */

void slash_block(struct errand *e);
void slash_unblock(struct errand *e);
void slash_blocked(struct errand *e);

/* --- slash_spam.c: the Junk folder ------------------------------------------ */

void slash_spam(struct errand *e);
void slash_notspam(struct errand *e);

/* --- slash_sender.c: where mails of a sender go ------------------------------ */

void slash_contact(struct errand *e);
void slash_newsletter(struct errand *e);

/* --- slash_search.c: the whole mailbox -------------------------------------- */

/* Answer with a list of the newest mails of a folder that fit these keys
 * (FRAME_SEARCH), then with `end` (or NULL); or with `none`. */
void errand_search(struct errand *e, const char *folder, const char *keys,
	const char *none, const char *end);
void slash_search(struct errand *e);

/* --- slash_receipts.c: what others hear of having read ---------------------- */

void slash_receipts(struct errand *e);

/* --- slash_room.c: groups --------------------------------------------------- */

void slash_who(struct errand *e);
void slash_add(struct errand *e);
void slash_drop(struct errand *e);
/* In a chat: to all whom its last mail reached. */
void slash_all(struct errand *e);
/* In a chat: to where its last mail wants answers. */
void slash_replyto(struct errand *e);

#endif
