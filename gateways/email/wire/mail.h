/*
 * A mail as a worker read it: what is in it, in clean UTF-8 without control
 * characters (texts: line breaks and tabs are left), capped, judged. Plain
 * data; the daemon decides what becomes of it.
 */
#ifndef EMAIL_WIRE_MAIL_H
#define EMAIL_WIRE_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/str.h"

/* A mailbox (RFC 5322 section 3.4). The address is valid, its domain in lower
 * case (A-label); or "" when there is none to be had. */
struct mail_address {
	const char *name; /* display name, or NULL */
	const char *address;
};

struct mail_addresses {
	struct mail_address *items;
	size_t count;
	size_t left_out; /* beyond the limit */
};

/* A part that is offered as a file. */
struct mail_part {
	uint32_t number;  /* for FRAME_FETCH */
	const char *name; /* of a file: no path, never empty */
	const char *type; /* "image/png" */
	int64_t size;     /* bytes when decoded */
	bool is_inline;   /* a picture of the HTML that need not be shown: its
			     text was used, or it is small */
};

/* What kind of sender is behind it; the first that fits. */
enum mail_kind {
	MAIL_PERSON,
	MAIL_BOUNCE,     /* DSN, or a bounce that looks like one */
	MAIL_DELAYED,    /* the same about a delay */
	MAIL_RECEIPT,    /* MDN: displayed */
	MAIL_REACTION,   /* RFC 9078, or Gmail's */
	MAIL_AUTO_REPLY, /* a vacation notice and the like */
	MAIL_LIST,       /* a mailing list of people */
	MAIL_BULK,       /* newsletter */
	MAIL_MACHINE,    /* no-reply senders, notifications */
	MAIL_DELIVERED,  /* DSN: it arrived, or went where no more is heard */
};

enum mail_warning {
	MAIL_SPOOFED_NAME = 1,    /* the display name holds another address */
	MAIL_REPLY_ELSEWHERE = 2, /* Reply-To in another domain */
	MAIL_DOUBLE_HEADERS = 4,  /* two From, Subject and the like */
	MAIL_NOT_AUTHENTIC = 8,   /* our server says dmarc or all of dkim and
				     spf failed */
	MAIL_NO_SENDER = 16,      /* no From that could be read */
	MAIL_CUT = 32,            /* over a limit: not all of it is here */
	MAIL_ENCRYPTED = 64,      /* PGP or S/MIME: attached as it is */
	MAIL_HAS_REMOTE = 128,    /* refers to a body elsewhere, not fetched */
};

/* Of MAIL_BOUNCE, MAIL_DELAYED and MAIL_RECEIPT. */
struct mail_report {
	const char *message_id; /* of the mail it is about; or NULL */
	const char *recipient;  /* who did not get it, or displayed it */
	const char *status;     /* "5.1.1", or NULL */
	const char *words;      /* of the server */
};

/* An invitation (RFC 5545, 5546). Times in milliseconds UTC, 0: none. */
struct mail_event {
	const char *method; /* "REQUEST", "CANCEL", "REPLY", "PUBLISH" */
	const char *uid;
	int64_t sequence;
	const char *summary, *where, *organizer;
	int64_t start_ms, end_ms;
	bool is_all_day;
	const char *recurrence;        /* words for a person, or NULL */
	const char *attendee, *answer; /* of a REPLY: who, "ACCEPTED" */
	int64_t stamp_ms;              /* DTSTAMP */
	int64_t instance_ms;   /* RECURRENCE-ID: only this one is meant */
	bool instance_is_day;  /* ... which is a date */
	bool is_repeating;     /* has a rule */
	const char *zone;      /* of the start, as the calendar names it */
	int64_t offset_s;      /* east of UTC at the start */
	const char *attendees; /* of the others: addresses, one a line */
};

struct mail {
	/* --- names --- */
	const char *message_id;  /* without <>, or NULL */
	const char *key;         /* tells mails apart, also those without id:
				   hex of SHA-256, the same at every reading */
	const char *original_id; /* X-Microsoft-Original-Message-ID */
	const char *in_reply_to;
	const char **references; /* oldest first */
	size_t reference_count;
	int64_t date_ms; /* Date, 0: none that can be */

	/* --- people --- */
	/* Of a list that puts itself in From, `from` is the author whom it
	 * names elsewhere, and `sender` the list. */
	struct mail_address from, sender;
	struct mail_addresses reply_to, to, cc;
	/* Which of the user's addresses, as a server noted; or NULL. */
	const char *delivered_to;

	/* --- list and machine headers --- */
	enum mail_kind kind;
	unsigned warnings; /* enum mail_warning */
	const char *list_id, *list_name, *list_post;
	const char *unsubscribe_url, *unsubscribe_mail;
	bool one_click;       /* RFC 8058 */
	bool is_automatic;    /* Auto-Submitted and the like: never answer */
	const char *our_mark; /* our own X-Causeway header; NULL: it has none */
	unsigned received;    /* number of Received headers */
	const char *code;     /* a one-time code found in it, or NULL */
	const char *wants_receipt; /* Disposition-Notification-To */

	/* --- text --- */
	const char *subject;      /* decoded, or NULL */
	const char *base_subject; /* without Re:, Fwd:, [list] */
	const char *text;         /* what was newly written; of a mail that
				     only holds others, their subjects */
	bool text_is_cut;         /* quotes or a signature were left out */
	bool is_forward;
	const char *language; /* Content-Language, or NULL */
	struct mail_part *parts;
	size_t part_count;

	/* --- special kinds --- */
	struct mail_report report;
	struct mail_event event; /* uid NULL: none */
	const char *reactions;   /* of MAIL_REACTION, separated by spaces */

	/* --- Delta Chat's headers --- */
	bool is_chat; /* Chat-Version */
	const char *chat_group_id, *chat_group_name;
	const char *chat_member_added, *chat_member_removed;
	const char *chat_edit;   /* Message-ID of the mail that says this now */
	const char *chat_delete; /* ... of those withdrawn: "a b c" */
	const char *gmail_thread; /* X-GM-THRID */

	/* --- the sender's picture --- */
	const char *photo, *photo_type;     /* base64, "image/png"; or NULL */
	uint32_t photo_width, photo_height; /* pixels */
	bool is_photo_gone;                 /* he says that he has none */

	/* Of Delta Chat: what it quotes of the mail that it answers, above
	 * `text`; or NULL. */
	const char *chat_quote;
};

/* Append as a record. */
void mail_encode(struct str *out, const struct mail *m);
/* The record's data in `arena`; -1 when it is damaged. What is not in it is
 * NULL or 0; names and texts that are never NULL are "" then. */
int mail_decode(
	struct slice in, struct arena *arena, struct mail *m) MUST_CHECK;

#endif
