/*
 * What is in a group, as bytes that can be kept, and back; and what users call
 * it, which is in there. Pure.
 */
#ifndef SMS_GROUP_RECORD_H
#define SMS_GROUP_RECORD_H

#include "sms/group.h"

void group_record_encode(const struct group *g, struct str *out);
/* Into a zeroed one, with its name. -1: it is damaged; there may be something
 * in it to be finished. */
int group_record_decode(struct group *g, struct slice data) MUST_CHECK;
/* Sets its name, by whose it is and who is in it. */
void group_record_name(struct group *g);
/* Releases what is in it. */
void group_record_finish(struct group *g);

#endif
