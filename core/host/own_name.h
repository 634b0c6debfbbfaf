/*
 * What the user calls himself in public, as everybody can ask his server
 * (XEP-0054): see gw_user_name() in api/services.h.
 */
#ifndef HOST_OWN_NAME_H
#define HOST_OWN_NAME_H

#include "host/user.h"

/* He has logged in: ask again, if a network ever wanted to know. What it was
 * stays until that is answered. */
void own_name_renew(struct user *u);

#endif
