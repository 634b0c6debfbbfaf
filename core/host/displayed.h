/*
 * What the user has seen of a room with another client of the network, written
 * down in his own account, where his clients look for it (XEP-0490):
 * gw_room_displayed_elsewhere(). Only where his server lets us (XEP-0356).
 */
#ifndef HOST_DISPLAYED_H
#define HOST_DISPLAYED_H

#include "host/gateway.h"

/* At the end: drop what is under way. */
void displayed_forget(struct gateway *g);

#endif
