/*
 * Numbers that no user has for himself: those of the backends that are not
 * assigned. Users with a phone of their own send from them, and what is
 * answered goes back by conversation (sharing.h). Whoever cannot be answered for
 * sure is asked, and his texts wait until he has said whom they are for.
 */
#ifndef SMS_SHARED_H
#define SMS_SHARED_H

#include "sms/inbound.h"

#define SHARING_PREFIX "c/"

struct shared *shared_new(struct sms *s);
/* Takes NULL inside, sets NULL; what is kept stays. */
void shared_free(struct shared **slot);
void shared_load(struct sms *s, const char *name, struct slice data);

/* Is it assigned to somebody? */
bool number_is_assigned(const struct sms *s, const char *number);
/* Is it one that is shared? */
bool number_is_shared(const struct sms *s, const char *number);

/* The number by which an owner without one of his own writes to this one: that
 * of their conversation, or of the first route. NULL: there is none. Lives as
 * long as the configuration. */
const char *shared_sender(
	const struct sms *s, const struct owner *owner, const char *to);
/* He does so now. */
void shared_wrote(struct sms *s, const struct owner *owner, const char *from,
	const char *to);

/* He is in no conversation any more; `account` NULL: by none of his. */
void shared_forget(struct sms *s, const char *user, const char *account);

/* The network took a text of his, perhaps long after he wrote it: what is
 * answered now may be to him. */
void shared_left(struct sms *s, const struct owner *owner, const char *from,
	const char *to);

/* A notice is for all who wrote to that person. False: nobody did. */
bool shared_tell_all(struct inbound *in);

/* Give a text that came to a shared number to whom it is for; or hold it, and
 * ask; or take it as an answer to that. False: it is for nobody. */
bool shared_route(struct inbound *in);

#endif
