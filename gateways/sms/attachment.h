/*
 * What phones send that is no text: contacts, appointments, octets for
 * programs. It becomes a file; where there is no place for files, words.
 */
#ifndef SMS_ATTACHMENT_H
#define SMS_ATTACHMENT_H

#include "base/macros.h"
#include "base/pack.h"
#include "base/str.h"
#include "sms_data/content.h"

struct attachment {
	char *type, *name;
	char *words; /* what it is, for people */
	struct str octets;
};

/* NULL: it is a text, or nothing. */
struct attachment *attachment_new(
	const struct content *content, struct slice octets);
/* Takes NULL inside, sets NULL. */
void attachment_free(struct attachment **slot);

/* What is shown where there is no file. */
void attachment_fallback(
	struct str *out, const struct content *content, struct slice octets);

/* At the end of a record, behind the word "octets"; `a` NULL: nothing. */
void attachment_pack(struct str *out, const struct attachment *a);
/* What is behind that word. NULL: it is damaged. */
struct attachment *attachment_unpack(struct unpack *u) MUST_CHECK;

#endif
