/*
 * MODE: the changes in a received one, one by one, and the lines for changes
 * we ask for. Which letters take a parameter comes from ISUPPORT.
 */
#ifndef IRC_MODES_H
#define IRC_MODES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"
#include "irc/isupport.h"
#include "irc/message.h"

struct irc_mode_change {
	bool add; /* '+' */
	char letter;
	enum irc_mode_class class;
	struct slice param; /* data NULL: none */
};

/* Where an iteration stands; the message must outlive it. */
struct irc_mode_iter {
	const struct irc_isupport *isupport;
	const struct irc_message *message;
	struct slice letters; /* not yet read */
	size_t next;          /* parameter for the next that needs one */
	bool add;
};

/* Iterate over the changes in `m`, whose mode string is parameter `first`
 * (1 in MODE, 2 in 324). `s` is NULL for the modes of a user, which never
 * take a parameter. */
void irc_modes_begin(struct irc_mode_iter *it, const struct irc_isupport *s,
	const struct irc_message *m, size_t first);

/* The next change; false at the end. A mode whose parameter is missing comes
 * without one: a list mode then asks for the list, any other is to be
 * ignored by whoever needs the parameter. */
bool irc_modes_next(
	struct irc_mode_iter *it, struct irc_mode_change *change_r) MUST_CHECK;

/* Append the MODE lines that make `changes` on `target`, in order: at most
 * MODES changes with a parameter per line, each within the line limit. -1 and
 * nothing appended when a letter or parameter cannot be sent. `class` of the
 * changes is not read. */
int irc_modes_write(struct str *out, const struct irc_isupport *s,
	struct slice target, const struct irc_mode_change *changes,
	size_t count) MUST_CHECK;

#endif
