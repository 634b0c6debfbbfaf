/*
 * Whom a mail goes to: what its header says (To, Cc, Reply-To), and the
 * envelope, which alone knows of blind copies.
 */
#ifndef EMAIL_ADDRESSING_H
#define EMAIL_ADDRESSING_H

#include "base/limits.h"
#include "email/group.h"
#include "email/memory.h"
#include "email_wire/draft.h"

struct addressing {
	struct mail_address to[LIMIT_RECEIVERS], cc[LIMIT_RECEIVERS];
	const char *bcc[LIMIT_RECEIVERS];
	size_t to_count, cc_count, bcc_count;
	const char *reply_to; /* or NULL */
};

/* One of these fills it; texts are borrowed from `talk` (or NULL) and `name`,
 * or copied to the arena. */

/* The person of this name, as he writes his address. */
void addressing_person(
	struct addressing *a, const char *name, const struct memory_talk *talk);
/* All of a group; of a list the address to post to. */
void addressing_group(
	struct addressing *a, struct arena *arena, const struct group *g);
/* All of an audience (audience.h), which the person of `talk` may be in. */
void addressing_audience(struct addressing *a, struct arena *arena,
	const char *audience, const struct memory_talk *talk);

/* How many get it; and how many of them did not get or write the last mail of
 * this conversation. */
size_t addressing_count(const struct addressing *a);
size_t addressing_new(
	const struct addressing *a, const struct memory_talk *talk);

/* The header; `a` must live as long as the draft. */
void addressing_put(struct addressing *a, struct draft *d);
/* The envelope's recipients, one a line. True: one needs SMTPUTF8. */
bool addressing_envelope(const struct addressing *a, struct str *out);

#endif
