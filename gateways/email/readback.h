/*
 * What the user and others tell each other of having read mails (RFC 8098):
 * only those who wish so. He asks by the setting `ask_read`; he tells by
 * `tell_read`, or per person.
 */
#ifndef EMAIL_READBACK_H
#define EMAIL_READBACK_H

#include "email/email.h"
#include "email_wire/mail.h"

/* Whom the user may tell that he has read this mail; NULL: nobody asks who may
 * be told at all. */
const char *readback_asked(const struct mail *m);

/* Is that to be told to the person of this name? */
bool readback_is_wished(const struct email_session *s, const char *name);

/* The user has seen the mail; `record` is what is remembered of it, which is
 * written anew: one is told once. */
void readback_tell(struct email_session *s, const struct memory_mail *record);

#endif
