/*
 * The command `group`: a group with people whom the user names.
 */
#ifndef SMS_GROUP_BEGIN_H
#define SMS_GROUP_BEGIN_H

#include "sms/owner.h"

/* The people are one a line of the text, in any form that number.h reads. The
 * same ones have one room, which is open when the group is kept. */
void group_begin(struct owner *owner, gw_request request, const char *text);

/* His session is closed. */
void group_begin_close(struct owner *owner);

#endif
