/*
 * The recipients of one mail that is being sent, of whom a server may take some
 * and refuse others (RFC 5321 section 3.3): who has it is never sent to again,
 * who was refused for good is noted with the reason, and the others are tried
 * again alone. All of it is in the record of the mail (outgoing.h).
 */
#ifndef EMAIL_RECIPIENTS_H
#define EMAIL_RECIPIENTS_H

#include "email/outgoing.h"
#include "email/refusal.h"

/* An attempt begins with all who are left. */
void recipients_begin(struct outgoing *m);
/* The server refuses this one. False: he is none of them, or was before. */
bool recipients_refuse(
	struct outgoing *m, struct slice address, const struct refusal *r);
/* It has taken the mail for all whom it did not refuse. */
void recipients_taken(struct outgoing *m);
/* Those who are left will not get it, for this reason. */
void recipients_give_up(
	struct outgoing *m, enum gw_reason reason, const char *text);

/* Is anybody left who may still get it? */
bool recipients_are_left(const struct outgoing *m);
/* Did the last attempt end with a refusal of each of them? Then
 * `m->last_words` names them; all others of the attempt had it before, or were
 * refused for good. */
bool recipients_were_refused(const struct outgoing *m);
/* Is what becomes of those who are left all that is to be told? */
bool recipients_are_all(const struct outgoing *m);

#endif
