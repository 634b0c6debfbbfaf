/*
 * Into how many texts a message goes: one to a person, one to a group, or, of
 * one that is addressed to several (XEP-0033), one to the group of those who
 * see each other where a network can do that, and else one to each.
 */
#ifndef SMS_LEGS_H
#define SMS_LEGS_H

#include "base/limits.h"
#include "sms/outbound.h"

struct leg {
	const char *from; /* NULL: not chosen yet */
	const char *to;   /* a number, or the room of a group */
	const struct group *group;
};

/* Of one message; lives as long as that. */
struct legs {
	size_t count;
	struct leg items[LIMIT_RECEIVERS];
};

/* Who is to get it. `known`: it went into so many when it was given before; 0:
 * it was not. False: nobody, and why. */
bool legs_plan(struct legs *legs, struct owner *owner,
	const struct gw_outgoing *m, size_t known, enum gw_reason *reason_r,
	struct str *words);

/* Choose from which number those leave that have none yet, whether they may,
 * and count them: all or none. */
bool legs_permit(struct legs *legs, struct owner *owner,
	const struct gw_outgoing *m, enum gw_reason *reason_r,
	struct str *words);

/* What is known of a message of which these are all texts. False: not enough
 * yet. `words` hold those of the result. */
bool legs_outcome(struct outbound *const *legs, size_t count,
	struct gw_result *result_r, struct str *words);

#endif
