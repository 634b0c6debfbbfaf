/*
 * Pictures of people, as their mails carry them: kept under v/<hash>, the last
 * one of each; its SHA-1 is with the other things known of him (peers.h).
 */
#ifndef EMAIL_PHOTOS_H
#define EMAIL_PHOTOS_H

#include "email/email.h"
#include "email_wire/mail.h"

/* A mail of the person of this name has come. */
void photos_note(
	struct email_session *s, const char *name, const struct mail *m);

/* Of what is kept: the item of a profile (api/types.h). Copied into `arena`;
 * NULL: it is damaged. */
const char *photos_item(struct slice data, struct arena *arena);
void photos_kept_name(const char *name, char out[MEMORY_NAME_SIZE]);

/* ops->photo_of. */
const char *email_photo_of(struct gw_session *s, const char *person);

#endif
