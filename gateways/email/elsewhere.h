/*
 * What the user read with another mail client is read in his XMPP clients, too,
 * where his server lets the gateway say so (gw_shares_displayed()).
 */
#ifndef EMAIL_ELSEWHERE_H
#define EMAIL_ELSEWHERE_H

#include "email/email.h"

struct elsewhere;

struct elsewhere *elsewhere_new(struct email_session *s);
/* Takes NULL inside, sets NULL. */
void elsewhere_free(struct elsewhere **slot);

/* This mail of the inbox was read elsewhere, as all before it in the
 * conversation of this name were. That is told if the mail is the last one that
 * came in it: its id is known then. */
void elsewhere_read(struct elsewhere *e, const char *name, uint32_t uid);

#endif
