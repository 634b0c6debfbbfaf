/*
 * What a user types to the gateway while a command of his runs: it waits, and
 * is read in its order when the command has ended.
 */
#ifndef HOST_TYPEAHEAD_H
#define HOST_TYPEAHEAD_H

#include <stdbool.h>

#include "host/user.h"

/* Copies both; false when too many wait already. */
bool typeahead_add(struct user *u, const char *from, const char *line);

/* A command or question has ended: read on, after the current callback. */
void typeahead_resume(struct user *u);

/* Forget them. */
void typeahead_clear(struct user *u);

#endif
