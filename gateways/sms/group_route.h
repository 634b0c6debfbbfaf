/*
 * By what ways group texts can leave.
 */
#ifndef SMS_GROUP_ROUTE_H
#define SMS_GROUP_ROUTE_H

#include "sms/backend.h"
#include "sms/owner.h"
#include "sms_data/participants.h"

/* Can this one carry a text of this user from this number to all of them, as
 * one? Whether it is up does not matter. */
bool group_route_fits(const struct backend *b, const char *user,
	const char *from, const struct participants *people);

/* Is there a way for this owner? If not, words of what he can do instead. */
bool group_is_possible(const struct owner *owner,
	const struct participants *people, struct str *why);

#endif
