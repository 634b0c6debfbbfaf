/*
 * Texts of which their users were told that nobody knows whether they were
 * sent, and what turns out later: by an answer of the network that came too
 * late, or by a report. A text that failed is not delivered any more in XMPP,
 * so the gateway tells it in words. They are kept as long as reports may come.
 */
#ifndef SMS_DOUBT_H
#define SMS_DOUBT_H

#include "sms/backend.h"
#include "sms/outbound.h"

/* A segment of it is lost: it is looked for from now on. */
void doubt_add(struct outbound *o);

/* What a report is about that has an id which was never given: the lost
 * segments of one message to this number, the first of them. NULL: there is
 * none, or they are of several. */
struct outbound_segment *doubt_find(
	const struct backend *b, const char *number);

/* Of backend.c: an answer to what was lost (carrier.h). */
void doubt_answer(struct backend *b, uint64_t token, const char *id,
	const struct carrier_refusal *refusal);

/* Was the user told just now that it is not known what became of it? */
bool doubt_is_open(const struct outbound *o);

/* Tell him what turned out, if it did, and his session is open. Says whether
 * there is nothing more to tell. */
bool doubt_tell(struct outbound *o);

#endif
