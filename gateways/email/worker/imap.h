/*
 * An IMAP session (RFC 3501): what all its parts share. Commands go one after
 * the other, either by libetpan ("library"), or in our own words ("own"):
 * where it has no function, or one that servers can break
 * (imap_filter.h says who sees what).
 */
#ifndef EMAIL_WORKER_IMAP_H
#define EMAIL_WORKER_IMAP_H

#include <libetpan/mailimap.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "email_worker/imap_filter.h"
#include "email_worker/imap_response.h"
#include "email_worker/link.h"

/* For most commands. */
#define IMAP_COMMAND_BYTES ((size_t)1024 * 1024)
#define IMAP_COMMAND_MS    60000

/* A mail as the server lists it. */
struct imap_found {
	uint32_t uid, size;
	unsigned flags;
	int64_t date_ms;
	uint64_t mod_seq; /* 0: not said */
};

struct imap_seen {
	uint32_t uid;
	unsigned flags;
};

/* A folder that is looked at now and then. */
struct imap_mirror {
	char *folder; /* UTF-8; NULL: none */
	uint64_t validity, done_uid;
	bool is_due;
	int64_t looked_ms;        /* when that was last done; 0: never */
	struct imap_found *found; /* new mails that are not told yet */
	size_t found_count, found_at;
	/* Of its last STATUS; 0: not said. */
	uint64_t status_validity, status_next;
};

struct imap {
	struct link *link;
	struct stream *stream;
	mailimap *library;
	struct imap_filter filter;

	/* --- The answer to the last command ------------------------------ */
	unsigned tag; /* of own commands */
	bool is_answered;
	bool is_continued;      /* "+" came; its words are in `words` */
	enum imap_kind answer;  /* OK, NO, BAD */
	enum link_error reason; /* of an answer that is not OK */
	struct str words;       /* of the server */
	uint64_t appended;      /* UID of APPENDUID, 0: none */
	bool is_bye;

	/* Also hears what is told, for the command under way; or NULL. */
	void (*hear)(struct imap *m, const struct imap_response *r,
		struct slice response);
	void *hear_arg;

	/* --- The server -------------------------------------------------- */
	char *capabilities; /* in capitals, a space around each; or NULL */
	struct str folders; /* as in FRAME_MAILBOX */
	bool has_folders;

	/* --- The folder that is selected --------------------------------- */
	char *selected; /* UTF-8; NULL: none */
	uint64_t uid_validity, uid_next, mod_seq;
	uint32_t exists;
	bool has_news;    /* something arrived */
	bool has_changes; /* flags, or something is gone */

	/* --- What is watched --------------------------------------------- */
	char *watched;             /* folder; NULL: none */
	uint64_t watched_validity; /* other than uid_validity: wait */
	uint64_t done_uid, done_mod_seq;
	unsigned watch_flags;
	bool is_scan_due;
	int64_t scanned_ms;       /* when that was last done */
	struct imap_found *found; /* new mails that are not told yet */
	size_t found_count, found_at;
	struct imap_seen *seen; /* flags that were told, without CONDSTORE */
	size_t seen_count;
	bool is_count_due;    /* of the unread mails */
	bool has_told_unread; /* ... it was told: */
	uint64_t unread;
	bool has_no_idle; /* whatever it says */
	enum link_state told_state;
	struct imap_mirror mirror; /* beside it */
};

/* For stream_new() of this link; freed by imap_finish(). */
void imap_prepare(struct link *link, struct stream_options *options);
void imap_finish(struct link *link);
/* The link's life: log in, then work until it is closed or fails. */
void imap_run(struct link *link);

/* --- Commands ------------------------------------------------------------ */

/* Does the server have it ("IDLE")? */
bool imap_can(const struct imap *m, const char *capability);

/* An own command, without tag and line end; answered OK, or why not. Words of
 * the server are in m->words. */
enum link_error imap_command(struct imap *m, struct slice command);

/* A library command begins: own the budget, listen. */
void imap_library_begin(struct imap *m, size_t bytes, int64_t ms);
/* ... and ended with this result of the library. */
enum link_error imap_library_end(struct imap *m, int result);

/* The pieces of an own command with a literal or a dialogue: begin; write;
 * wait for "+" (LINK_OK) or an answer that comes instead; wait for the answer.
 * After the last of them the command is over. */
void imap_begin(struct imap *m, size_t bytes, int64_t ms);
int imap_write(struct imap *m, struct slice bytes) MUST_CHECK;
enum link_error imap_await_go(struct imap *m);
enum link_error imap_await(struct imap *m);

/* Append a name or text as the protocol wants it: quoted. -1: it cannot be
 * said so. */
int imap_add_quoted(struct str *out, struct slice text) MUST_CHECK;

/* The link is over because of this error; returns -1. */
int imap_fail(struct imap *m, enum link_error error, const char *what);

/* --- The parts of a session ---------------------------------------------- */

/* Greeting, TLS, login, capabilities. -1: the link failed. */
int imap_login(struct imap *m) MUST_CHECK;

/* Read the list of folders, once. */
enum link_error imap_read_folders(struct imap *m);

/* Open this folder (UTF-8), unless it is open. */
enum link_error imap_select(struct imap *m, const char *folder);

/* Begin to watch as the request says; -1: the link failed. */
int imap_watch(struct imap *m, const struct request *r) MUST_CHECK;
/* Go on with that: bring the daemon up to date, then wait for news or requests,
 * by IDLE or by asking again and again; -1: the link failed. */
int imap_keep_watch(struct imap *m) MUST_CHECK;
/* The second half of it. */
int imap_wait(struct imap *m) MUST_CHECK;

/* Read a mail and tell it, by FRAME_MAIL or FRAME_SENT. LINK_NO_SUCH: it is
 * gone. */
enum link_error imap_tell_mail(
	struct imap *m, const struct imap_found *f, enum frame_type type);

/* --- A folder beside the watched one ------------------------------------- */

/* Begin to look at it, as the request says. */
void imap_mirror(struct imap *m, const struct request *r);
void imap_mirror_finish(struct imap *m);
/* The server told the numbers of a folder, asked or not. */
void imap_mirror_told(struct imap *m, const struct imap_response *r);
/* A copy was saved in this folder, with this UID (0: unknown). */
void imap_mirror_saved(struct imap *m, struct slice folder, uint64_t uid);
/* Is it time to look? */
bool imap_mirror_is_due(const struct imap *m);
/* Ask for its numbers, and list what is new: another folder may be selected
 * then. */
enum link_error imap_mirror_look(struct imap *m);
/* The same, but not sooner than makes sense. */
enum link_error imap_mirror_go_on(struct imap *m);
/* Is there something to tell? */
bool imap_mirror_has_mails(const struct imap *m);
enum link_error imap_mirror_tell_next(struct imap *m);

/* --- Mails --------------------------------------------------------------- */

/* What the server lists of these mails: UIDs, or (`by_number`) positions, from
 * `first` to `last` (0: the last there is), up to IMAP_FOUND_MAX of them, in
 * order of their UIDs. With `changed_since` only those (0: all). Freed by the
 * caller. */
#define IMAP_FOUND_MAX 20000
enum link_error imap_list_mails(struct imap *m, bool by_number, uint32_t first,
	uint32_t last, uint64_t changed_since, struct imap_found **found_r,
	size_t *count_r);

/* Bytes of a mail, up to IMAP_SLICE of them from `offset` on; fewer at its end
 * only. LINK_NO_SUCH: there is no such mail. `out` is appended to. */
#define IMAP_SLICE IMAP_LITERAL_MAX
enum link_error imap_fetch_slice(
	struct imap *m, uint32_t uid, uint32_t offset, struct str *out);

/* Count what is unread in the selected folder, and tell it if it changed. What
 * a server cannot count is not told. */
enum link_error imap_count_unread(struct imap *m);

/* Work on a request, and answer it; -1: the link failed. */
int imap_serve(struct imap *m, struct request *r) MUST_CHECK;

#endif
