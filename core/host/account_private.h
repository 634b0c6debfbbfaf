/*
 * What the parts of an account share: account.c has its life, its settings and
 * whether it should be connected; account_link.c how its link fares, as the
 * gateway tells it.
 */
#ifndef HOST_ACCOUNT_PRIVATE_H
#define HOST_ACCOUNT_PRIVATE_H

#include "host/account.h"

/* Every change of state goes through here; `why` (or NULL) is logged. */
void account_set_state(
	struct account *a, enum account_state state, const char *why);

/* How a live link fares: GW_AVAILABLE, or in which words it does not. */
void account_set_fare(struct account *a, enum gw_show show, const char *words);

#endif
