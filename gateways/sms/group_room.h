/*
 * Groups as rooms of the core's engine: one for each user of the number, who
 * is there under any name that he likes, as nobody else sees it. Or, for who
 * wants no rooms (the setting `groups`), as texts of their senders that name
 * all who got them.
 */
#ifndef SMS_GROUP_ROOM_H
#define SMS_GROUP_ROOM_H

#include "base/limits.h"
#include "sms/group.h"
#include "sms/owner.h"

/* Open the room of this group for him, unless it is, and invite him once. NULL:
 * not yet; inbound_give() follows when it is. */
struct gw_room *group_room_open(struct owner *owner, const struct group *g);

/* Does he want rooms? */
bool group_wants_rooms(const struct owner *owner);

/* All who got a text in the group besides its sender, the user first. */
size_t group_receivers(const struct group *g, const char *from,
	struct gw_receiver out[LIMIT_RECEIVERS]);

/* His session is closed. */
void group_rooms_close(struct owner *owner);

/* --- Ops ------------------------------------------------------------------ */

void sms_join(struct gw_room *r, const char *nick, const char *password);
void sms_leave(struct gw_room *r, const char *text);
void sms_set_nick(struct gw_room *r, gw_request request, const char *nick);
/* What he calls the group; seen by him alone. */
void sms_set_subject(struct gw_room *r, gw_request request, const char *text);

#endif
