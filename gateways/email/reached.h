/*
 * Who else got a mail that comes as a message of its sender, and where answers
 * are wanted: for clients (gw_message.receivers), in words for those that do
 * not know of such a thing, and for an answer to all.
 */
#ifndef EMAIL_REACHED_H
#define EMAIL_REACHED_H

#include "api/types.h"
#include "base/limits.h"
#include "base/str.h"
#include "email_wire/mail.h"

struct reached {
	struct gw_receiver list[LIMIT_RECEIVERS];
	size_t count;
	char names[LIMIT_RECEIVERS][256];
};

/* `people`: all whom it reached, its sender among them, the user not; NULL:
 * they are not to be named. Display names are borrowed from the mail. */
void reached_list(struct reached *r, const struct mail *m,
	const struct mail_address *people, size_t count);
/* The same as an audience (audience.h), with the sender. */
void reached_keep(struct str *out, const struct mail *m,
	const struct mail_address *people, size_t count);

/* Where answers are wanted instead of its sender's address (Reply-To), as an
 * audience; nothing is appended when that is where it came from, and none of
 * the user's addresses (`own`, ends with NULL). Of a list nothing either. */
void reached_answers(
	struct str *out, const struct mail *m, const char *const *own);

/* "To: Alice, me@example.org Cc: Bob", as a last line. */
void reached_words(struct str *out, const struct mail *m);

#endif
