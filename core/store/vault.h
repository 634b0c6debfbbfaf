/*
 * Secrets at rest. Keys live in a file outside the database, one a line,
 *	ID:64 hexadecimal digits
 * the last one seals, all of them open. To rotate, append a line; secrets
 * are sealed again when they are next read, after which the old line can go.
 * The first line also gives the keys of identifiers (vault_derive), which
 * therefore change when it is removed.
 */
#ifndef STORE_VAULT_H
#define STORE_VAULT_H

#include "base/crypto.h"
#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

#define VAULT_KEY_ID_MAX 32

struct vault;

/* Read the key file, or make one with a new key and mode 0600. NULL with a
 * reason (static memory). */
struct vault *vault_open(const char *path, const char **reason_r) MUST_CHECK;
/* Wipes the keys. Takes NULL inside, sets NULL. */
void vault_close(struct vault **v);

/* Id of the key that seals; lives as long as the vault. */
const char *vault_key_id(const struct vault *v);

/* Append `plain` sealed to `out`. It opens only with the same `context`,
 * which names the row. Any thread. */
void vault_seal(const struct vault *v, struct slice context, struct slice plain,
	struct str *out);

/* -1 when the key is unknown or the seal broken; `out` is as before. */
int vault_unseal(const struct vault *v, struct slice key_id,
	struct slice context, struct slice sealed, struct str *out) MUST_CHECK;

/* A key for another purpose; the same each time. */
void vault_derive(const struct vault *v, const char *purpose,
	unsigned char key[CRYPTO_KEY_SIZE]);

#endif
