/*
 * What the user reads of a mail besides its own words.
 */
#ifndef EMAIL_WORDS_H
#define EMAIL_WORDS_H

#include "base/str.h"
#include "email_wire/mail.h"

/* The body of the message: a one-time code, warnings, the subject if it is
 * new in this conversation, what it quotes, unless the client shows that by
 * itself, the text. Never empty. */
void words_for_mail(struct str *out, const struct mail *m, bool subject_is_new,
	bool with_quote);

#endif
