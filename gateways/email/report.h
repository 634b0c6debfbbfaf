/*
 * Mails about mails: a bounce is the failure of the very message that it is
 * about, a receipt (MDN) says that it was displayed, a delay is a quiet word.
 */
#ifndef EMAIL_REPORT_H
#define EMAIL_REPORT_H

#include "email/email.h"
#include "email_wire/mail.h"

/* Is it a mail of this kind that names the mail it is about? */
bool report_is_one(const struct mail *m);

/* `parent`: what is remembered of the mail that it is about. True when it was
 * one of ours, and its sender was told; else the report is to be shown. */
bool report_tell(struct email_session *s, const struct mail *m,
	const struct memory_mail *parent);

#endif
