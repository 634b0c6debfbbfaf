/*
 * How the user of a mailbox wants his mails shown: what he chose by a command
 * or a word, kept as one record.
 */
#ifndef EMAIL_CHOICES_H
#define EMAIL_CHOICES_H

#include "email/memory.h"

#define CHOICES_KEPT "a/choices"

/* Where mails of a sender go, whatever they look like. */
enum choices_place { PLACE_USUAL, PLACE_CONTACT, PLACE_NEWSLETTERS };

struct choices {
	bool flat;       /* mails to several people come from their senders */
	int digest_hour; /* of the day (UTC); -1: newsletters come at once */
	int64_t digest_day; /* the last one that had its digest; 0: none */
	struct str moved;   /* senders: lines of a letter and an address */
};

void choices_init(struct choices *c);
void choices_finish(struct choices *c);
/* What was kept under CHOICES_KEPT. */
void choices_load(struct choices *c, struct slice data);
void choices_keep(const struct choices *c, struct memory *m);

enum choices_place choices_place_of(
	const struct choices *c, const char *address);
/* False: there are too many already. */
bool choices_move(
	struct choices *c, const char *address, enum choices_place place);

#endif
