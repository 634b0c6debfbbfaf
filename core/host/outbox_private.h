/*
 * What outbox.c (giving) and outcome.c (what became of it) share.
 */
#ifndef HOST_OUTBOX_PRIVATE_H
#define HOST_OUTBOX_PRIVATE_H

#include "host/outbox.h"
#include "store/outbox.h"

/* A message for a room that cannot be spoken in yet. */
struct held_parcel {
	struct list link;
	uint32_t number;
	bool again;  /* as in struct gw_outgoing */
	bool is_due; /* being read */
	char room[];
};

/* Answers of the store come when the account may be gone: it is freed with the
 * last of them. */
struct outbox {
	struct account *account; /* NULL: gone */
	unsigned uses;           /* answers that are due, and the account */
	unsigned putting;        /* being stored */
	unsigned waiting;        /* stored, outcome not known */
	unsigned session;        /* counts those that were closed */
	unsigned read_for;       /* the one that a page is read for */
	uint32_t given;          /* the last one given to this session */
	uint32_t given_ever;     /* ... by this process */
	bool is_reading;         /* the next ones */
	bool is_behind;          /* more came meanwhile */
	bool is_stuck;           /* the rest of the page waits (refs.c) */
	struct list held;        /* struct held_parcel.link, by number */
	struct deferred ready;   /* a room is */
	struct list outcomes;    /* struct outcome.link */
	bool is_settling;        /* the first of them is */
	struct look_up *look_up; /* refs.c; NULL: none is under way */
};

/* The one of an account, made when there is none. */
struct outbox *outbox_get(struct account *a);
/* One answer is no longer due. */
void outbox_drop(struct outbox **slot);

static inline struct store *outbox_store(const struct outbox *o)
{
	return account_gateway(o->account)->host->store;
}

/* Something that giving waited for is there; the account may be gone. */
void outbox_go_on(struct outbox *o);

/* What a message is about; texts live until refs_drop(). */
struct refs {
	const char *network_id; /* of what it answers or reacts to; NULL: it is
				   not known (any more) */
	const char *retracts;   /* id of what it withdraws, as its sender named
				   it; NULL: it withdraws nothing */
};
/* False: the archive is asked (for this one or another), and giving goes on
 * later. */
bool refs_find(struct outbox *o, const struct store_outgoing *m,
	const struct parcel *p, struct refs *out);
/* This one was given, or is not given at all: forget the answer, if there is
 * one, and look for the others. 0: whichever. */
void refs_drop(struct outbox *o, uint32_t number);

/* One more outcome that is to be recorded and told. */
void outcome_add(
	struct outbox *o, uint32_t number, const struct gw_result *result);
/* Forget those that were not recorded. */
void outcome_drop_all(struct outbox *o);

#endif
