/*
 * What mail servers and mail programs report of a mail that was sent:
 * delivery status (RFC 3464), disposition (RFC 8098), and the bounces of
 * those who write them in words.
 */
#ifndef EMAIL_WORKER_REPORT_H
#define EMAIL_WORKER_REPORT_H

#include "base/arena.h"
#include "email_wire/mail.h"
#include "email_worker/tree.h"

enum report_kind {
	REPORT_NONE,
	REPORT_FAILED,
	REPORT_DELAYED,
	REPORT_DELIVERED, /* or passed on to where no more is heard */
	REPORT_DISPLAYED,
	REPORT_NOT_DISPLAYED, /* deleted unseen, and the like */
};

/* Of the multipart/report with this index. */
enum report_kind report_read(const struct tree *t, int index,
	struct arena *arena, struct mail_report *report);

/* Of the text of a mail from a mail server. */
enum report_kind report_read_text(const struct tree *t, struct slice text,
	struct arena *arena, struct mail_report *report);

#endif
