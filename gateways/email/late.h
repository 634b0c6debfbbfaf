/*
 * Corrections and withdrawals of what has left: to Delta Chat they are mails
 * that change what is shown there; to others a correction is a mail of its own,
 * if the user says so.
 *
 * Kept: e/<hash> the mail that a message is in, l/<id> the lines of that mail.
 */
#ifndef EMAIL_LATE_H
#define EMAIL_LATE_H

#include "email/outbox.h"

/* A mail of several messages, in the dialect: so that they can be changed. */
void late_keep(const struct outgoing *m);

/* A message with `replaces` or `retracts` of which nothing is held. */
void late_revise(
	struct email_outbox *o, const char *name, const struct gw_outgoing *m);

/* ops->answer; false: it was another question. */
bool late_answer(
	struct email_outbox *o, uint32_t question, const char *const *values);

/* The session closes. */
void late_stop_all(struct email_outbox *o);

#endif
