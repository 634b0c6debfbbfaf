/*
 * The mails of a folder that are on their way to the user, in the order of
 * their UIDs: handed over to the core one after the other, and done when the
 * user's server has all messages of them.
 */
#ifndef EMAIL_ARRIVALS_H
#define EMAIL_ARRIVALS_H

#include "email/email.h"

/* One is handed over, or could not be: the next may begin. */
typedef void (*arrivals_fn)(void *arg);

struct arrivals {
	struct email_session *session;
	struct list mails;
	arrivals_fn fn;
	void *arg;
};

void arrivals_init(
	struct arrivals *a, struct email_session *s, arrivals_fn fn, void *arg);

/* A mail that was read (FRAME_MAIL, FRAME_SENT), whose UID is above those of
 * all others; `is_old`: it is no news. What cannot be understood is done. */
void arrivals_add(struct arrivals *a, const struct frame *f, bool is_old);
/* One that is not read at all, and done. */
void arrivals_add_done(struct arrivals *a, uint32_t uid);
/* The worker, which reads only so many ahead, need not count this one. */
void arrivals_tell_taken(const struct arrivals *a, uint32_t uid);

bool arrivals_are_empty(const struct arrivals *a);
bool arrivals_have(const struct arrivals *a, uint32_t uid);
/* Is any of them not handed over yet? */
bool arrivals_are_busy(const struct arrivals *a);

/* Hand over the first that is not under way yet, unless one is. */
void arrivals_go_on(struct arrivals *a);
/* The user's server has this message of one of them. */
void arrivals_settled(struct arrivals *a, const char *network_id);
/* Those at the beginning that are done leave; the UID of the last one, or 0. */
uint32_t arrivals_take_done(struct arrivals *a);

/* All leave, and are read again some day. */
void arrivals_drop(struct arrivals *a);
/* The same on a link that stays: its worker is told. */
void arrivals_give_back(struct arrivals *a);
/* From the first on that could not be handed over; its UID, or 0. */
uint32_t arrivals_drop_incomplete(struct arrivals *a);

#endif
