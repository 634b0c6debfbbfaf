/*
 * What writing and reading of accounts share.
 */
#ifndef STORE_LOAD_H
#define STORE_LOAD_H

#include "base/limits.h"
#include "base/str.h"
#include "store/accounts.h"

/* Names of a row (JIDs, capped where they came in), and a secret. */
#define ACCOUNT_CONTEXT_MAX ((size_t)16 * KIB)
#define ACCOUNT_SEALED_MAX  ((size_t)1 * MIB)

/* Put into `out` what a secret is sealed to: the names of its row. */
void account_context(
	struct str *out, const struct store_account *a, const char *setting);

#endif
