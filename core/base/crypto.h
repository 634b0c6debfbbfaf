/*
 * Digests, random bytes, authenticated encryption and the text encodings
 * that go with them: the only place of `base` that knows OpenSSL.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "macros.h"
#include "slice.h"
#include "str.h"

#define SHA1_SIZE       20
#define SHA256_SIZE     32
#define SHA512_SIZE     64
#define CRYPTO_KEY_SIZE 32
/* Bytes that encryption adds: a 12-byte nonce and a 16-byte tag. */
#define CRYPTO_OVERHEAD 28

/* One digest of one run of bytes. */
void crypto_sha1(struct slice in, unsigned char out[SHA1_SIZE]);
/* FIPS 180-4. */
void crypto_sha256(struct slice in, unsigned char out[SHA256_SIZE]);
/* RFC 2104; a key of any length. */
void crypto_hmac_sha256(
	struct slice key, struct slice in, unsigned char out[SHA256_SIZE]);
/* The same with SHA-512. */
void crypto_hmac_sha512(
	struct slice key, struct slice in, unsigned char out[SHA512_SIZE]);
/* The same with SHA-1, for who still signs with it. */
void crypto_hmac_sha1(
	struct slice key, struct slice in, unsigned char out[SHA1_SIZE]);

/* Is it the signature of the owner of this public key (Ed25519, RFC 8032)?
 * False for a key or a signature of any other length. */
#define ED25519_KEY_SIZE       32
#define ED25519_SIGNATURE_SIZE 64
bool crypto_ed25519_verify(
	struct slice key, struct slice in, struct slice signature);

/* PBKDF2-HMAC-SHA256 (RFC 8018), for SCRAM. */
void crypto_pbkdf2_sha256(struct slice password, struct slice salt,
	unsigned iterations, unsigned char out[SHA256_SIZE]);

/* Unpredictable bytes; failure is fatal. */
void crypto_random(void *out, size_t len);

/* An unpredictable identifier of 22 base64url characters (128 bits). */
#define CRYPTO_ID_SIZE 23
/* Cheap: one call of the generator serves many. Any thread. */
void crypto_random_id(char out[CRYPTO_ID_SIZE]);

/* AES-256-GCM: nonce | ciphertext | tag is appended to `out`. `context` is
 * authenticated, not stored: a value moved to another row does not open. */
void crypto_seal(const unsigned char key[CRYPTO_KEY_SIZE], struct slice context,
	struct slice plain, struct str *out);

/* Appends the plain text; -1 (and nothing appended) when it was altered. */
int crypto_open(const unsigned char key[CRYPTO_KEY_SIZE], struct slice context,
	struct slice sealed, struct str *out) MUST_CHECK;

/* Constant-time comparison of secrets. */
bool crypto_equals(struct slice a, struct slice b);

/* Overwrite memory that held a secret. */
void crypto_wipe(void *data, size_t len);

/* A secret permutation of 16-byte blocks (AES-256 of one block), for opaque
 * numbers; never for text. One thread at a time. */
#define CRYPTO_BLOCK_SIZE 16
struct crypto_block;
/* The key is copied and may be wiped. */
struct crypto_block *crypto_block_new(
	const unsigned char key[CRYPTO_KEY_SIZE]) MUST_CHECK;
/* Takes NULL inside, sets NULL; the key is wiped. */
void crypto_block_free(struct crypto_block **b);
/* `in` and `out` may be the same block. */
void crypto_block_encrypt(struct crypto_block *b,
	const unsigned char in[CRYPTO_BLOCK_SIZE],
	unsigned char out[CRYPTO_BLOCK_SIZE]);
/* Likewise. Every block decrypts to something: the caller has to recognise
 * his own. */
void crypto_block_decrypt(struct crypto_block *b,
	const unsigned char in[CRYPTO_BLOCK_SIZE],
	unsigned char out[CRYPTO_BLOCK_SIZE]);

#endif
