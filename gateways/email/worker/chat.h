/*
 * Delta Chat's headers. Some of them stand in front of the first part of a
 * multipart/mixed instead of the mail itself, where nobody on the way looks.
 */
#ifndef EMAIL_WORKER_CHAT_H
#define EMAIL_WORKER_CHAT_H

#include "base/arena.h"
#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"
#include "email_wire/mail.h"
#include "email_worker/tree.h"

/* Fill in `is_chat` and chat_*. */
void chat_read(const struct tree *t, struct arena *arena, struct mail *m);

/* The value of a header of this kind, in either place; or NULL. */
const char *chat_header(const struct tree *t, const char *name);

/* The text of such a mail: fill in `text`, and `chat_quote` with what stands
 * above it of the mail that it answers. A correction quotes what it corrects,
 * and has a sign before it, for other programs: both are left out, as is the
 * footer that the sender has under all his mails. -1 when `arena` is full. */
int chat_text(
	struct slice text, struct arena *arena, struct mail *m) MUST_CHECK;

/* Append such a text so that none of its lines is taken for the beginning of a
 * footer, and none at its beginning for a quote. */
void chat_write(struct str *out, struct slice text);

#endif
