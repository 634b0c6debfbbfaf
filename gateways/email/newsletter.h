/*
 * What machines send to many: which mails are of that kind, and what is shown
 * of them.
 */
#ifndef EMAIL_NEWSLETTER_H
#define EMAIL_NEWSLETTER_H

#include "base/str.h"
#include "email/choices.h"
#include "email_wire/mail.h"

/* Does it come with the newsletters? The user's choice about its sender counts
 * first; an answer to a mail of his is none. */
bool newsletter_is_one(
	const struct choices *c, const struct mail *m, bool answers_user);

/* Its one-time code, sender, subject, and two lines; `hints`: and how to see
 * more. */
void newsletter_words(struct str *out, const struct mail *m, bool hints);

#endif
