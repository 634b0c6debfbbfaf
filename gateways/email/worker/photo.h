/*
 * The picture of its sender that a mail carries: `Face` (a PNG of 48 by 48), or
 * Delta Chat's `Chat-User-Avatar`, which is "base64:...", "0" (he has none any
 * more), or the name of an attached file. Hostile: known by its first bytes,
 * capped in bytes and pixels, never decoded.
 */
#ifndef EMAIL_WORKER_PHOTO_H
#define EMAIL_WORKER_PHOTO_H

#include "base/arena.h"
#include "base/slice.h"
#include "email_wire/mail.h"

struct tree; /* tree.h */

/* Bytes, and pixels in each direction. */
#define PHOTO_MAX    ((size_t)60 * 1024)
#define PHOTO_PIXELS 1024u

/* Fill in photo*, after chat_read(). The index of the part that is nothing but
 * the picture, or -1. */
int photo_read(const struct tree *t, struct arena *arena, struct mail *m);

struct photo_facts {
	const char *type; /* media type */
	unsigned width, height;
};

/* What kind of image these bytes begin; false: none, or none of acceptable
 * size. */
bool photo_look(struct slice bytes, struct photo_facts *out);

#endif
