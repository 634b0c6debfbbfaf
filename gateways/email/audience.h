/*
 * Who gets a mail, besides the user, as it is kept: a text of lines, each a
 * letter (t, c, b: To, Cc, Bcc; r: where answers are wanted), a space, and an
 * address.
 */
#ifndef EMAIL_AUDIENCE_H
#define EMAIL_AUDIENCE_H

#include "api/types.h"
#include "base/slice.h"
#include "base/str.h"

/* Append one; addresses that are none are left out. */
void audience_add(struct str *out, enum gw_copy as, const char *address);
/* Those of a message of the user. */
void audience_add_all(
	struct str *out, const struct gw_receiver *list, size_t count);

/* Cut the next one off; false: there is no more. `address` is valid. */
struct audience_member {
	enum gw_copy as;
	char address[256];
};
bool audience_next(struct slice *rest, struct audience_member *m);

/* Does this address get it? `audience` may be NULL: then nobody does. */
bool audience_has(const char *audience, const char *address);
/* How many get it. */
size_t audience_count(const char *audience);

#endif
