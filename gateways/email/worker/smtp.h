/*
 * Submission of mails (RFC 6409, 5321): log in, then one SUBMIT after the
 * other.
 */
#ifndef EMAIL_WORKER_SMTP_H
#define EMAIL_WORKER_SMTP_H

#include "email_worker/link.h"

/* The link's life: log in, then work until it is closed or fails. */
void smtp_run(struct link *link);

#endif
