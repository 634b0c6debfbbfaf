/*
 * Messages on their way out: one after the other for each pair of numbers, by
 * the first of their routes that is up, again when they are refused for a
 * while, and never twice when it is not known whether they were sent.
 *
 * A lane is what goes from one number to another. Its first message alone is
 * submitted, all its segments at once; the next follows when the network has
 * said something about each.
 */
#ifndef SMS_QUEUE_H
#define SMS_QUEUE_H

#include "sms/backend.h"
#include "sms/outbound.h"

struct queue *queue_new(struct sms *s);
/* With all messages that are under way; their records stay. */
void queue_free(struct queue **slot);

/* ops->send. */
void queue_send(
	struct sms *s, struct owner *owner, const struct gw_outgoing *m);
/* Is (something of) the message of this request under way? */
bool queue_has(const struct sms *s, gw_request request);
/* By what number a text of this owner to this person leaves; NULL: there is
 * none. */
const char *queue_sender(const struct owner *owner, const char *to);
/* A text of the gateway itself: it is tried like any other, and whether it
 * arrives is told to nobody. */
void queue_post(
	struct sms *s, const char *from, const char *to, const char *text);
/* What an earlier process kept. */
void queue_load(struct sms *s, const char *name, struct slice data);
/* The configuration is another one: what waits may have another way. */
void queue_routes_changed(struct sms *s);
/* Backends were opened: these messages went by them. */
void queue_find_backends(struct sms *s);
/* That was all: what came meanwhile goes on. */
void queue_loaded(struct sms *s);
/* The session is open: it hears what it has not heard. */
void queue_tell(struct owner *owner);
/* It is closed: what is not submitted is forgotten, the core gives it again. */
void queue_close(struct owner *owner);

/* He has this number no longer: what is not submitted fails, with these words. */
void queue_refuse(struct owner *owner, const char *words);

/* Nothing is known any longer of what he has sent. His session is closed. */
void queue_forget(struct owner *owner);

/* The message with this number, and the segment of a token; NULL: it is not
 * known (any more). */
struct outbound_segment *queue_segment(const struct sms *s, uint64_t token);

/* Something about this one changed: keep it, then tell. */
void queue_save(struct outbound *o);

/* Why something of it fails, or will if nothing better comes: words for the
 * user, with those of the network (or NULL) behind them. */
struct fate;
void queue_note(struct outbound *o, const struct fate *f, const char *text);

/* This backend of the owner's is being closed: what it was given and did not
 * answer is lost, the core gives again what is due. */
void queue_detach(struct backend *b, struct owner *owner);
/* The same for one of the operator's. What is due of these messages waits at it
 * until queue_left(), when it is no longer among those that carry. */
void queue_leave(struct backend *b);
void queue_left(struct backend *b);

/* Of backend.c. */
void queue_pump(struct backend *b);
void queue_link_changed(struct backend *b);
void queue_accepted(struct backend *b, uint64_t token, const char *id);
void queue_rejected(struct backend *b, uint64_t token,
	const struct carrier_refusal *refusal);
void queue_lost(struct backend *b, uint64_t token);

#endif
