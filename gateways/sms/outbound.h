/*
 * One message of a user on its way: its segments, and what became of each.
 *
 *	segment: DUE -> SUBMITTED -> ACCEPTED -> DELIVERED
 *	          ^         |            +-----> FAILED
 *	          +---------+----> LOST, FAILED     ^
 *	                            +---------------+ late (doubt.h)
 *
 * The record says SUBMITTED before the carrier is given a segment: what a crash
 * finds in that state may have been sent, and is not sent again. The text is
 * not in the record; a message of which nothing was submitted is in the core's
 * hands alone, which gives it again after a restart.
 *
 * One that goes to several people is one for the group (group.h) or one for
 * each, its legs (legs.h).
 */
#ifndef SMS_OUTBOUND_H
#define SMS_OUTBOUND_H

#include "sms/owner.h"
#include "sms_data/segment.h"

struct backend;
struct lane;

/* Kept: never give a number another meaning. */
enum segment_state {
	SEGMENT_DUE = 0,
	SEGMENT_SUBMITTED = 1,
	SEGMENT_ACCEPTED = 2,
	SEGMENT_DELIVERED = 3,
	SEGMENT_LOST = 4, /* perhaps sent: the link broke */
	SEGMENT_FAILED = 5,
};

struct outbound_segment {
	struct outbound *message;
	enum segment_state state;
	bool is_held; /* SUBMITTED, and not with the carrier yet */
	char *id;     /* as the carrier calls it; NULL: not, or not known */
};

/* A report that is settled when what it said is on disk. */
struct outbound_ticket {
	struct list link;
	struct backend *backend;
	uint64_t ticket;
};

struct outbound {
	struct list owned;    /* owner->messages */
	struct list over;     /* queue->over, or in none */
	struct list queued;   /* lane->messages, or in none */
	struct list handing;  /* backend->ready, or in none */
	struct list doubtful; /* queue->doubtful, or in none */
	struct owner *owner;
	gw_request request;
	unsigned leg, legs; /* one of so many, from 1; 0, 0: it is whole */
	uint64_t key;       /* of the two: queue->messages has it */
	char *from, *to;    /* `to` may be the room of a group, then: */
	const struct group *group;
	struct lane *lane;       /* NULL: nothing of it is to be submitted */
	struct backend *backend; /* that has, or had, segments of it; or NULL */
	char *backend_name;      /* ... as it was called; it may be gone */
	int64_t made_ms;         /* wall clock */
	unsigned ref;            /* of the concatenation */
	unsigned tries;          /* that failed for a while */
	unsigned waits;          /* ... that were none: it was not taken yet */
	unsigned tried;          /* backends that refused it: bit by index */
	unsigned saves;          /* under way */
	bool is_kept;            /* there is a record, or will be */
	bool is_unsaved;         /* the store failed; it is tried again */
	bool is_wide;            /* in UCS2, as nothing else was taken */
	bool is_starting;        /* DUE became SUBMITTED, and is being stored */
	struct list tickets;     /* struct outbound_ticket.link */
	/* From the core, until all is accepted. */
	char *text;
	bool is_named; /* by its sender, so that others can refer to it */
	char *file;    /* a URL, with which the text ends; or NULL */
	struct segments cut;
	/* What the core was told: TOLD_NOTHING or an enum gw_stage. */
	int told;
	int audited;           /* the same of the audit log */
	bool is_over;          /* nothing more can be told */
	int64_t over_ms;       /* loop time: since when */
	bool is_doubtful;      /* ... but what turns out (doubt.h) */
	enum gw_reason reason; /* of what failed */
	char *words;
	const char *class; /* ... as logs name it; NULL: none, or not known */
	size_t count;
	struct outbound_segment *segments;
};

#define OUTBOUND_PREFIX "o/"
#define TOLD_NOTHING    (-1)

static inline uint64_t outbound_key(gw_request request, unsigned leg)
{
	return (uint64_t)leg << 32 | request;
}

struct outbound *outbound_new(
	struct owner *owner, gw_request request, unsigned leg, unsigned legs);
/* Not what is kept of it. Takes NULL inside, sets NULL. */
void outbound_free(struct outbound **slot);

/* So many segments, all DUE. */
void outbound_set_count(struct outbound *o, size_t count);

/* How many are in this state? */
size_t outbound_count(const struct outbound *o, enum segment_state state);

/* What was not submitted of it is not submitted any more. */
void outbound_fail_rest(struct outbound *o);

/* What is known of all of it. False: nothing yet that is worth telling. */
bool outbound_outcome(const struct outbound *o, struct gw_result *result_r);

/* What the core is told as its network_id. */
#define OUTBOUND_ID_SIZE 32
void outbound_id(const struct outbound *o, char id[OUTBOUND_ID_SIZE]);

/* The name of its record, and what is in it. */
void outbound_name(const struct outbound *o, char name[32]);
void outbound_encode(struct str *out, const struct outbound *o);
/* Its owner is made when there is none. NULL when it is damaged, or for a group
 * that is not known any more. */
struct outbound *outbound_decode(
	struct sms *s, const char *name, struct slice data) MUST_CHECK;

#endif
