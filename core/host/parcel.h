/*
 * A message of the user as it is stored: what the network is given, and what
 * is needed to tell its sender what became of it, whenever that is.
 */
#ifndef HOST_PARCEL_H
#define HOST_PARCEL_H

#include "base/limits.h"
#include "base/slice.h"
#include "base/str.h"
#include "host/account.h"
#include "host/receipt.h"
#include "xmpp/stanza.h"

struct parcel {
	enum gw_kind kind;
	enum stanza_type type;
	unsigned wishes; /* enum receipt_wish */
	bool notice, reaction;
	int64_t wall_ms;    /* when it came */
	const char *from;   /* full JID */
	const char *to;     /* JID as it was addressed */
	const char *id;     /* of the stanza, or NULL */
	const char *origin; /* XEP-0359 origin-id, or NULL */
	const char *name;   /* of the person or room */
	const char *text;
	const char *subject, *thread; /* these and what follows: or NULL */
	/* Ids as his clients know them: of the message it answers or reacts
	 * to, or (in rooms) withdraws; of his own that it corrects; ... */
	const char *ref, *replaces, *retracts;
	size_t cut_start, cut_end; /* of `text`: stands for what it answers */
	struct gw_file file;       /* url NULL: none */
	/* All who are to get it; none: `name` alone. */
	struct gw_receiver receivers[LIMIT_RECEIVERS];
	size_t receiver_count;
};

/* As bytes; `out` is made. */
void parcel_pack(const struct parcel *p, struct str *out);
/* The texts lie in `data`. -1: damaged. */
int parcel_unpack(struct parcel *p, struct slice data);

/* What two copies of one message have in common and no others have: in `out`
 * (empty when the message has no id). */
void parcel_pack_same(
	const struct parcel *p, const char *account, struct str *out);

/* It was accepted: nothing is kept of what it says but how it begins. */
#define PARCEL_EXCERPT_SIZE 80
void parcel_shrink(struct parcel *p, char excerpt[PARCEL_EXCERPT_SIZE]);

/* Its sender has asked so. */
struct receipt_sender parcel_sender(
	const struct gateway *g, const struct parcel *p);

/* To its sender: an error, and words where no client of his is there to show
 * it. `text` NULL: the condition alone. */
void parcel_fail(struct gateway *g, const struct parcel *p,
	enum gw_reason reason, const char *text);

#endif
