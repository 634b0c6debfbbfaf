/*
 * Users see with the gateway whether texts leave: a link that is down for a
 * moment is nothing to tell, one that stays down is.
 */
#ifndef SMS_STATUS_H
#define SMS_STATUS_H

#include "sms/owner.h"

struct status *status_new(struct sms *s);
/* Takes NULL inside, sets NULL. */
void status_free(struct status **slot);

/* A link went up or down. */
void status_link_changed(struct sms *s);
/* He is online now. */
void status_online(struct owner *o);

/* Is there a link for what he sends? */
bool status_has_way(const struct owner *o);

#endif
