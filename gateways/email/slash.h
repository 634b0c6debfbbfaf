/*
 * What users type behind a slash, in a chat or room: about the last mail that
 * came there, or about the room.
 */
#ifndef EMAIL_SLASH_H
#define EMAIL_SLASH_H

#include "email/email.h"

/* ops->slash. */
void email_slash(struct gw_session *gw, gw_request request,
	struct gw_room *room, const char *person, const char *line);

/* The link to the mailbox is over: what waits for it fails. */
void slash_imap_lost(struct email_session *s);

/* What is under way of this session; when it closes. */
void slash_stop_all(struct email_session *s);

#endif
