/*
 * The shapes of mail addresses, which mails and drafts share. For the files
 * of this folder.
 */
#ifndef EMAIL_WIRE_PEOPLE_H
#define EMAIL_WIRE_PEOPLE_H

#include "email_wire/shape.h"

extern const struct shape shape_address;   /* struct mail_address */
extern const struct shape shape_addresses; /* struct mail_addresses */

#endif
