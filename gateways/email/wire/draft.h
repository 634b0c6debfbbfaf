/*
 * A mail to be composed: what the daemon knows of it; how it looks on the way
 * is the worker's business (worker/compose.c is the one place that writes
 * headers). The same draft gives the same bytes.
 */
#ifndef EMAIL_WIRE_DRAFT_H
#define EMAIL_WIRE_DRAFT_H

#include "email_wire/mail.h"

struct draft_file {
	const char *name, *type;
	int64_t size; /* its bytes follow as DATA */
};

struct draft {
	const char *message_id; /* without <> */
	int64_t date_ms;
	int zone_minutes; /* east of UTC */
	struct mail_address from;
	struct mail_addresses to, cc;
	const char *reply_to; /* or NULL */
	const char *subject;  /* or NULL */
	const char *text;
	const char *in_reply_to;
	const char **references;
	size_t reference_count;
	const char *language;   /* or NULL */
	const char *receipt_to; /* Disposition-Notification-To, or NULL */
	const char *mark;       /* X-Causeway: by it the mail is known when it
				   comes back under another Message-ID */
	struct draft_file *files;
	size_t file_count;
	/* --- special kinds --- */
	/* RFC 9078; `text` is the fall-back. " " (Delta Chat alone): taken
	 * back. */
	const char *reaction;
	const char *calendar; /* text/calendar, whole; with a method */
	const char *calendar_method;
	bool is_chat; /* speak Delta Chat's dialect */
	const char *chat_group_id, *chat_group_name;
	const char *chat_edit, *chat_delete;
	const char *unsubscribe_from; /* a mailto: subject and body are set */
	bool is_receipt;              /* an MDN for `in_reply_to` */
	/* With chat_group_id, of a mail that says only this. */
	const char *chat_member_added, *chat_member_removed;
	const char *chat_name_changed; /* the old name */
	const char
		*quote; /* of the mail that it answers, above `text`; or NULL */
};

void draft_encode(struct str *out, const struct draft *d);
/* As mail_decode(). */
int draft_decode(
	struct slice in, struct arena *arena, struct draft *d) MUST_CHECK;

#endif
