/*
 * The picture of its sender that a mail carries: `Face` (a PNG of 48 by 48), or
 * Delta Chat's `Chat-User-Avatar`. Hostile: known by its first bytes, capped in
 * bytes and pixels, never decoded.
 */
#ifndef EMAIL_WORKER_PHOTO_H
#define EMAIL_WORKER_PHOTO_H

#include "base/arena.h"
#include "base/slice.h"
#include "email_wire/mail.h"

struct tree; /* tree.h */

/* Bytes, and pixels in each direction. */
#define PHOTO_MAX    ((size_t)48 * 1024)
#define PHOTO_PIXELS 1024u

/* Fill in `photo` and `photo_type`. */
void photo_read(const struct tree *t, struct arena *arena, struct mail *m);

/* The media type of these bytes as an image of acceptable size; NULL: they are
 * none. */
const char *photo_type(struct slice bytes);

#endif
