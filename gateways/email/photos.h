/*
 * Pictures of people, as their mails carry them: kept under v/<hash>, the last
 * one of each; what it is stands with the other things known of him (peers.h).
 */
#ifndef EMAIL_PHOTOS_H
#define EMAIL_PHOTOS_H

#include "email/email.h"
#include "email_wire/mail.h"

/* A mail of the person of this name has come. */
void photos_note(
	struct email_session *s, const char *name, const struct mail *m);

/* The media types that pictures have, as a text that stays; NULL: it is none
 * of them. */
const char *photos_type(struct slice type);

/* Of what is kept: the item of a profile (api/types.h). Copied into `arena`;
 * NULL: it is damaged. */
const char *photos_item(struct slice data, struct arena *arena);
void photos_kept_name(const char *name, char out[MEMORY_NAME_SIZE]);

/* ops->photo_of. */
void email_photo_of(
	struct gw_session *s, const char *person, struct gw_photo *out);

#endif
