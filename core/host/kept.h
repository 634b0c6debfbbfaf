/*
 * gw_keep(), gw_recall() and gw_forget(): what gateways keep for an account, or
 * for themselves, and telling them what became of it.
 */
#ifndef HOST_KEPT_H
#define HOST_KEPT_H

#include "host/account.h"

/* The session is being closed: it is told nothing more. What it wanted to keep
 * is kept all the same. */
void kept_close(struct account *a);

/* The same for what is the gateway's own. */
void kept_close_own(struct gateway *g);

/* Whose the rows of this account are; lives as long as the account. */
struct store_owner account_owner(const struct account *a);

#endif
