/*
 * What a mail says besides its text to programs that understand it: Delta
 * Chat's headers, reactions. The kind of the mail says which (outgoing.h).
 */
#ifndef EMAIL_DIALECT_H
#define EMAIL_DIALECT_H

#include "email/group.h"
#include "email/outgoing.h"
#include "email_wire/draft.h"

/* Fill in `d`, whose text is there; `group` is that of a room, or NULL,
 * `parent` the mail that it is about, or NULL. Texts are borrowed or in `arena`.
 * -1 with words for the user: those people's programs do not understand it. */
int dialect_draft(struct draft *d, const struct outgoing *m,
	const struct group *group, const struct memory_mail *parent,
	struct arena *arena, const char **words_r) MUST_CHECK;

/* Does the person, or everybody in the group of the room, understand Delta
 * Chat's dialect? */
bool dialect_is_spoken(const struct outgoing *m, const struct group *group);

#endif
