/*
 * One mail on its way out, from the user's first line until the server has
 * it and a copy is in Sent. What it is in memory is also what is kept of it.
 *
 *	HELD -> WRITING -> READY -> SENDING -> SENT
 *	                     ^          |
 *	                     +-- WAITING (refused for now, by some or all)
 */
#ifndef EMAIL_OUTGOING_H
#define EMAIL_OUTGOING_H

#include "api/services.h"
#include "base/list.h"
#include "base/str.h"
#include "email/memory.h"
#include "net/loop.h"

enum outgoing_state {
	OUTGOING_HELD,    /* can be corrected, withdrawn, continued */
	OUTGOING_WRITING, /* becomes bytes */
	OUTGOING_ASKING,  /* may it leave? The user was asked (guard.h) */
	OUTGOING_READY,   /* its bytes are kept and never change again */
	OUTGOING_SENDING,
	OUTGOING_WAITING,
	OUTGOING_SENT, /* the server has it; only Sent lacks its copy */
};

/* What kind of mail it is; kept, so never give a number another meaning. Those
 * about another mail name it in `reply_to`. */
enum outgoing_kind {
	OUTGOING_TEXT = 0,
	OUTGOING_EDIT = 1,       /* that mail says this now */
	OUTGOING_WITHDRAWAL = 2, /* ... says nothing any more */
	/* News of Delta Chat's groups, of which others hear nothing. */
	OUTGOING_ADDED = 3,   /* `value`: an address */
	OUTGOING_REMOVED = 4, /* likewise */
	OUTGOING_RENAMED = 5, /* `value`: the old name */
	/* `value`: the user's reactions to that mail, "" when he took them
	 * back. */
	OUTGOING_REACTION = 6,
	OUTGOING_RECEIPT = 7, /* the user has read that mail */
};

/* One message of the user in it. */
struct outgoing_line {
	struct list link;
	gw_request request; /* of the message; it hears the outcome. 0: it is
			       nobody's, but was asked for otherwise */
	char *id;           /* as its sender named it, or NULL */
	char *text;         /* NULL: nothing of it is in the mail (any more) */
	char *url;          /* `text` describes this file; or NULL */
	char *file_name, *file_type; /* of it, or NULL */
	struct str file; /* WRITING: its bytes, when they were fetched */
	bool accepted;   /* its sender was told, or by an earlier process */
};

struct email_outbox;
struct writing;

struct outgoing {
	struct list link; /* outbox->mails, oldest first */
	struct email_outbox *outbox;
	char id[24]; /* in the names of what is kept */
	enum outgoing_state state;
	char *name; /* of the person or room */
	bool in_room;
	char *subject, *thread, *reply_to; /* as the user said; or NULL */
	char *audience;                    /* audience.h; NULL: `name` alone */
	char *calendar;   /* it answers an invitation with this; or NULL */
	char *message_id; /* set with the first line */
	/* Whoever asked for it waits for it to be kept; NULL: nobody. */
	memory_kept_fn asked;
	void *asked_arg;
	int64_t date_ms; /* likewise */
	struct list lines;
	/* From WRITING on. */
	char *from;       /* of the envelope */
	char *recipients; /* ... who are still to get it, one a line */
	struct str bytes; /* empty: only kept */
	uint32_t chunks;
	unsigned flags;     /* enum submit_flag */
	bool maybe_sent;    /* the last byte went out, no answer came */
	bool perhaps_saved; /* by an earlier process */
	unsigned attempts;
	unsigned doubts;         /* how often that happened */
	unsigned crashes;        /* workers that died of it */
	int64_t next_ms;         /* wall clock: of the next attempt */
	char *last_words;        /* why the last attempt failed, or NULL */
	struct writing *writing; /* of WRITING (writing.c) */
	struct timer timer;      /* of HELD */
	int64_t held_until_ms;   /* loop time: not later */
	enum outgoing_kind kind;
	char *value; /* of some kinds, or NULL */
	char *quote; /* of `reply_to`, as the user's client showed it; or NULL */
	/* recipients.h: of several, who will not get it and why, one a line,
	 * and the reason of the last; or NULL. */
	char *refusals;
	enum gw_reason refused_as;
	char *again; /* of `recipients`: refused for now by the last attempt */
	bool some_have_it; /* `recipients` are the others */
	bool is_saved;     /* ... and the copy is in Sent */
	bool is_told;      /* SENT: that is kept, and the user heard */
};

/* Bytes of what is said about the recipients of one mail. */
#define OUTGOING_WORDS_MAX ((size_t)64 * 1024)

struct outgoing *outgoing_new(
	struct email_outbox *o, const char *name, bool in_room);
/* Takes NULL inside, sets NULL. */
void outgoing_free(struct outgoing **slot);

struct outgoing_line *outgoing_add_line(struct outgoing *m, gw_request request,
	const char *id, const char *text);
/* By the sender's id; NULL: none. */
struct outgoing_line *outgoing_find_line(
	const struct outgoing *m, const char *id);
bool outgoing_has_request(const struct outgoing *m, gw_request request);
/* Has any line something to say? */
bool outgoing_has_text(const struct outgoing *m);
/* All lines as one text; a file whose bytes are not there is its URL. */
void outgoing_text(const struct outgoing *m, struct str *out);

/* A worker died of it: was it one too many? */
bool outgoing_is_poison(struct outgoing *m);

/* The record under a/o/<id>. */
void outgoing_encode(struct str *out, const struct outgoing *m);
/* NULL when it is damaged. */
struct outgoing *outgoing_decode(
	struct email_outbox *o, const char *id, struct slice in) MUST_CHECK;

#endif
