/*
 * The end of a user's session.
 */
#ifndef SMS_SESSION_H
#define SMS_SESSION_H

#include "sms/owner.h"

/* Nothing that was begun in it goes on. The owner stays. */
void session_clear(struct owner *o);

/* The number is his no longer: the session ends with these words, and nothing
 * leaves or comes until he registers again. */
void session_refuse(struct owner *o, const char *words);

#endif
