/*
 * The folders of a mailbox, as FRAME_MAILBOX lists them, by what they are for.
 */
#ifndef EMAIL_FOLDERS_H
#define EMAIL_FOLDERS_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

enum folder_role {
	FOLDER_SENT,
	FOLDER_JUNK,
	FOLDER_TRASH,
	FOLDER_ARCHIVE,
	FOLDER_ROLES
};

struct folders {
	struct str list; /* one a line: role, tab, name */
	char *by_role[FOLDER_ROLES];
};

void folders_init(struct folders *f);
void folders_finish(struct folders *f);

/* The list is this now; an empty one changes nothing. */
void folders_set(struct folders *f, struct slice list);

/* Is it known which there are? */
bool folders_are_known(const struct folders *f);

/* NULL: there is none for it. */
const char *folders_get(const struct folders *f, enum folder_role role);

/* The folder of this name, however its case; false: there is none. */
bool folders_find(
	const struct folders *f, const char *name, char *out, size_t size);

#endif
