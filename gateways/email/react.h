/*
 * Reactions of the user (XEP-0444) as mails (RFC 9078, with Gmail's form beside
 * it): only to people whose programs are known to show them; everybody else
 * would get a mail for each thumb. In a room all have to.
 */
#ifndef EMAIL_REACT_H
#define EMAIL_REACT_H

#include "email/outbox.h"

/* ops->caps_of. */
unsigned email_caps_of(
	struct gw_session *s, struct gw_room *room, const char *person);

/* A message that is a reaction; it is held like others, so that it can be
 * changed. */
void react(struct email_outbox *o, const struct gw_outgoing *m);

#endif
