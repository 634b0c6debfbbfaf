/*
 * The files of a mail, one after the other: fetched from the mailbox piece by
 * piece, and at the same pace uploaded to where the user can get them. The URL
 * is kept, so that a mail that is read again is not uploaded again.
 */
#ifndef EMAIL_FILES_H
#define EMAIL_FILES_H

#include "email/email.h"
#include "email_wire/mail.h"

struct files;

/* One file is there (`file`), or it is not, and why (`words`): to be shown
 * under `network_id`. */
typedef void (*files_each_fn)(const struct gw_file *file, const char *words,
	const char *network_id, void *arg);
typedef void (*files_done_fn)(void *arg);

/* Of which mail: `folder` is copied, `mail` and `id` are borrowed until the
 * end. */
struct files_source {
	const struct mail *mail; /* it has some */
	const char *id;
	const char *folder;
	uint32_t uid;
	/* MAY. One of them is on its way, or waits for the mailbox: what is
	 * left may take long. Perhaps repeatedly, never before this returns.
	 */
	void (*begun)(void *arg);
};

/* `done` is called once, and never before this returns; then comes
 * files_stop(). */
struct files *files_start(struct email_session *s,
	const struct files_source *source, files_each_fn each,
	files_done_fn done, void *arg);
/* The same for files that were not there, and are asked for now: `mail` is
 * what was kept under the name of files_offer_name(). */
struct files *files_again(struct email_session *s,
	const struct files_source *source, files_each_fn each,
	files_done_fn done, void *arg);
/* Where it is kept which files of the mail with this id were not there: as a
 * struct mail with these parts and nothing else. */
void files_offer_name(const char *id, char out[MEMORY_NAME_SIZE]);

/* Nothing is called after this. Takes NULL inside, sets NULL. */
void files_stop(struct files **slot);

/* ops->upload_more and uploaded. */
void files_more(struct email_session *s, uint32_t upload, size_t room);
void files_uploaded(struct email_session *s, uint32_t upload, const char *url,
	enum gw_reason reason, const char *text);

/* The link to the mailbox is over: what is fetched begins anew with the next. */
void files_imap_lost(struct email_session *s);
/* The link to the mailbox is there again: what waited for it goes on. */
void files_wake(struct email_session *s);

#endif
