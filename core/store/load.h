/*
 * What writing and reading of accounts share.
 */
#ifndef STORE_LOAD_H
#define STORE_LOAD_H

#include "base/str.h"
#include "store/accounts.h"

/* Put into `out` what a secret is sealed to: the names of its row. */
void account_context(struct str *out, const struct store_account *a,
	const char *setting);

#endif
