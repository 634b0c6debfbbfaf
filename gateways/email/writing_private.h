/*
 * A mail that is being written, for the files that do it one after the other:
 *
 *	writing.c         what is remembered, who gets it, and the worker that
 *	                  writes it
 *	writing_thread.c  which mail it goes on from, and its subject
 *	writing_files.c   its files: fetched, listed, given to the worker
 *	writing_keep.c    the bytes are kept, and what is remembered of it
 */
#ifndef EMAIL_WRITING_PRIVATE_H
#define EMAIL_WRITING_PRIVATE_H

#include "base/arena.h"
#include "base/str.h"
#include "email/addressing.h"
#include "email/download.h"
#include "email/group.h"
#include "email/outbox.h"
#include "email_wire/draft.h"

struct writing {
	struct outgoing *mail;
	struct arena arena;
	bool has_talk, has_parent;
	struct group *group; /* of a room */
	struct memory_talk talk;
	struct memory_mail parent;
	struct draft draft;
	char mark[MEMORY_ID_SIZE]; /* of `draft` */
	struct addressing people;
	struct str text, subject, references;
	const char *base_subject, *thread;
	struct draft_file *files;
	struct outgoing_line *line; /* whose file is fetched, or given */
	struct download *download;
	size_t given; /* bytes of that file */
	uint64_t all_given;
	struct mail_request *request;
};

static inline struct email_session *writing_session(const struct writing *w)
{
	return w->mail->outbox->session;
}

/* --- writing.c ----------------------------------------------------------- */

/* The mail stays. */
void writing_free(struct writing *w);
/* All its messages fail with this text, and the mail is dropped. */
void writing_refuse(struct writing *w, enum gw_reason reason, const char *text);
/* Its files are there, or are not to be had: have it written. */
void writing_draft(struct writing *w);

/* --- writing_thread.c ---------------------------------------------------- */

/* From the text and what is remembered: thread, subject and references. */
void writing_choose_thread(struct writing *w);
/* Does it go on with what was said last? */
bool writing_goes_on(const struct writing *w);

/* --- writing_files.c ----------------------------------------------------- */

/* Calls writing_draft() in the end. */
void writing_fetch_files(struct writing *w);
/* Those that were fetched, in the draft. */
void writing_list_files(struct writing *w);
/* The worker takes so many bytes more. */
void writing_give_files(struct writing *w, uint64_t room);

/* --- writing_keep.c ------------------------------------------------------ */

/* The worker has written it: all of it is kept at once, after which it is
 * READY. `w` is gone. */
void writing_keep(struct writing *w);

#endif
