/*
 * One mail on its way to the user: which conversation it belongs to, what is
 * said, then its files. Mails of a session pass one after the other, so that
 * their order is kept.
 *
 *	known? -> parents -> conversation -> text -> files -> handed over
 *
 * Whoever knows what the user already has is the core (gw_message.durable): a
 * mail that comes a second time is handed over a second time, with the same
 * ids.
 */
#ifndef EMAIL_INCOMING_H
#define EMAIL_INCOMING_H

#include "email/email.h"
#include "email_wire/mail.h"

struct incoming;

/* Called once, as the last of it, when all was handed over, `messages` of
 * them; each is settled later. Not `complete`: the store or the link failed
 * meanwhile, the mail has to come again. */
typedef void (*incoming_fn)(
	struct incoming *in, unsigned messages, bool complete, void *arg);

/* A mail of FRAME_MAIL; NULL when its record is damaged. Nothing happens
 * before incoming_start(). */
struct incoming *incoming_new(struct email_session *s, const struct frame *f,
	incoming_fn fn, void *arg) MUST_CHECK;
void incoming_start(struct incoming *in);
/* The user asked for it: it is no news, and needs no attention. */
void incoming_set_old(struct incoming *in);
/* Takes NULL inside, sets NULL. */
void incoming_free(struct incoming **slot);

/* The UID of FRAME_MAIL. */
uint32_t incoming_uid(const struct incoming *in);
/* Begins every `network_id` of its messages. */
const char *incoming_id(const struct incoming *in);

#endif
