/*
 * Header fields of a mail: the first of each name counts.
 */
#ifndef EMAIL_WORKER_HEADER_H
#define EMAIL_WORKER_HEADER_H

#include "base/arena.h"
#include "email_wire/mail.h"
#include "email_worker/tree.h"

/* People beyond these are counted only. */
#define HEADER_PEOPLE_MAX     1000
#define HEADER_REFERENCES_MAX 100
#define HEADER_TEXT_MAX       1000

/* The value as it was sent, still folded; NULL when there is none. */
const char *header_raw(const struct tree *t, const char *name);

/* How often it is there. */
unsigned header_count(const struct tree *t, const char *name);

/* The value for people: decoded (RFC 2047) and clean; NULL when there is none
 * or it is empty. */
const char *header_text(
	const struct tree *t, const char *name, struct arena *arena);
/* The same of a value that was got elsewhere. */
const char *header_decode(const char *raw, struct arena *arena);

/* The value without comments and white space around it, in lower case, for
 * comparing: "auto-replied" of "Auto-Submitted: Auto-Replied (x)". Up to the
 * first ';'. NULL when there is none. */
const char *header_word(
	const struct tree *t, const char *name, struct arena *arena);

/* The first message id in it, without <>; or NULL. */
const char *header_id(
	const struct tree *t, const char *name, struct arena *arena);
/* The same of a value that was got elsewhere. */
const char *header_first_id(const char *raw, struct arena *arena);

/* All message ids in it, in order; of too many the first and the last. */
const char **header_ids(const struct tree *t, const char *name,
	struct arena *arena, size_t *count_r);

/* Milliseconds since 1970; 0 when there is no date that can be. */
int64_t header_date(const struct tree *t, int64_t now_ms);

/* Mailboxes in it, groups taken apart, without those that have no valid
 * address. */
void header_people(const struct tree *t, const char *name, struct arena *arena,
	struct mail_addresses *out);
/* The same of a value that was got elsewhere. */
void header_parse_people(const struct tree *t, const char *raw,
	struct arena *arena, struct mail_addresses *out);

#endif
