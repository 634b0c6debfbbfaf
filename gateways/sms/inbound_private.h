/*
 * What the files of texts that come share: inbound.c (which there are, and whose),
 * inbound_take.c (what the network says), inbound_record.c (on disk) and
 * inbound_give.c (to the user).
 */
#ifndef SMS_INBOUND_PRIVATE_H
#define SMS_INBOUND_PRIVATE_H

#include "base/map.h"
#include "sms/inbound.h"

/* That the network waits for an answer; by which backend. */
struct inbound_ticket {
	struct list link;
	struct backend *backend;
	uint64_t ticket;
};

/* ... though nothing of the text is kept: until what it has changed is. */
struct inbound_change {
	struct list link; /* inbounds->changes */
	struct backend *backend;
	uint64_t ticket;
};

struct inbounds {
	struct sms *sms;
	struct map texts; /* struct inbound by id */
	struct inherited *inherited;
	struct list storing; /* struct inbound.storing: not on disk yet */
	struct list changes;
	uint64_t last; /* number: microseconds when it came, or more */
};

/* --- inbound.c ----------------------------------------------------------- */

/* For nobody yet. The ids of two texts differ. */
struct inbound *inbound_new(
	struct inbounds *all, uint64_t number, const char *id);
/* It is gone; its record stays. */
void inbound_end(struct inbound *in);
/* All who were to have it have it, or the network gives it again. */
void inbound_drop(struct inbound *in);
/* This user has it. */
void inbound_finish(struct delivery *d);
/* inbound_add() without STOP and the like. */
struct inbound *inbound_make(
	struct sms *s, const struct inbound_text *text, struct slice body);

/* Between these numbers (inbound.is_held). */
size_t inbound_count_held(
	const struct sms *s, const char *from, const char *to);

/* Does the network wait for our answer? */
bool inbound_is_waiting(const struct inbound_ticket *t);
/* Octets are not compared, and are rather there twice. */
bool inbound_is_comparable(const struct inbound *in);
/* Tell the network that we have it, or not. */
void inbound_settle(struct inbound *in, bool ok);

/* --- inbound_take.c ------------------------------------------------------ */

void inbound_change_free(struct inbounds *all, struct inbound_change *c);

/* --- inbound_record.c ---------------------------------------------------- */

#define INBOUND_NAME_SIZE 32
void inbound_record_name(
	const struct inbound *in, char name[INBOUND_NAME_SIZE]);
/* When that is done the network is answered, and it is given. */
void inbound_save(struct inbound *in);

/* --- inbound_give.c ------------------------------------------------------ */

/* If he is there, has not got it yet, and it is on disk. */
void inbound_deliver(struct delivery *d);

#endif
