/*
 * OpenSSL 3 through EVP. Algorithms are fetched once: a fetch by name costs
 * more than hashing a short string. Failures of OpenSSL that do not depend
 * on outside bytes mean a broken installation and end the process.
 */
#include "base/crypto.h"

#include <assert.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pthread.h>

#include "base/alloc.h"
#include "base/log.h"

#define NONCE_SIZE 12
#define TAG_SIZE   16

static struct {
	EVP_MD *sha1, *sha256, *sha512;
	EVP_MAC_CTX *hmac; /* HMAC-SHA256 without a key, to be copied */
	EVP_CIPHER *gcm;
} algorithms;

static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static void check(bool ok, const char *what)
{
	if (!ok)
		fatal("OpenSSL cannot do %s", what);
}

static void fetch_all(void)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
			OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	algorithms.sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	check(algorithms.sha1 != NULL, "SHA-1");
	algorithms.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	check(algorithms.sha256 != NULL, "SHA-256");
	algorithms.sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
	check(algorithms.sha512 != NULL, "SHA-512");
	algorithms.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	check(algorithms.gcm != NULL, "AES-256-GCM");
	algorithms.hmac = EVP_MAC_CTX_new(mac);
	check(algorithms.hmac != NULL &&
			EVP_MAC_CTX_set_params(algorithms.hmac, params),
		"HMAC-SHA256");
	EVP_MAC_free(mac);
}

static void fetch(void)
{
	pthread_once(&fetch_once, fetch_all);
}

void crypto_sha1(struct slice in, unsigned char out[SHA1_SIZE])
{
	fetch();
	check(EVP_Digest(in.data, in.len, out, NULL, algorithms.sha1, NULL),
		"SHA-1");
}

void crypto_sha256(struct slice in, unsigned char out[SHA256_SIZE])
{
	fetch();
	check(EVP_Digest(in.data, in.len, out, NULL, algorithms.sha256, NULL),
		"SHA-256");
}

void crypto_hmac_sha256(
	struct slice key, struct slice in, unsigned char out[SHA256_SIZE])
{
	size_t len;

	fetch();
	/* A NULL key would mean "the key of before". */
	if (key.len == 0)
		key = slice_make("", 0);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(algorithms.hmac);
	check(ctx != NULL &&
			EVP_MAC_init(ctx, (const unsigned char *)key.data,
				key.len, NULL) &&
			EVP_MAC_update(
				ctx, (const unsigned char *)in.data, in.len) &&
			EVP_MAC_final(ctx, out, &len, SHA256_SIZE),
		"HMAC-SHA256");
	EVP_MAC_CTX_free(ctx);
}

/* `out` has room for what the algorithm gives. */
static void hmac(const EVP_MD *algorithm, struct slice key, struct slice in,
	unsigned char *out)
{
	assert(key.len <= INT_MAX);
	check(HMAC(algorithm, key.len > 0 ? key.data : "", (int)key.len,
		      (const unsigned char *)in.data, in.len, out,
		      NULL) != NULL,
		"HMAC");
}

void crypto_hmac_sha512(
	struct slice key, struct slice in, unsigned char out[SHA512_SIZE])
{
	fetch();
	hmac(algorithms.sha512, key, in, out);
}

void crypto_hmac_sha1(
	struct slice key, struct slice in, unsigned char out[SHA1_SIZE])
{
	fetch();
	hmac(algorithms.sha1, key, in, out);
}

bool crypto_ed25519_verify(
	struct slice key, struct slice in, struct slice signature)
{
	EVP_PKEY *public;
	EVP_MD_CTX *ctx;
	bool good;

	if (key.len != ED25519_KEY_SIZE ||
		signature.len != ED25519_SIGNATURE_SIZE)
		return false;
	public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
		(const unsigned char *)key.data, key.len);
	ctx = EVP_MD_CTX_new();
	check(ctx != NULL, "Ed25519");
	good = public != NULL &&
	       EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, public) == 1 &&
	       EVP_DigestVerify(ctx, (const unsigned char *)signature.data,
		       signature.len, (const unsigned char *)in.data,
		       in.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(public);
	return good;
}

void crypto_pbkdf2_sha256(struct slice password, struct slice salt,
	unsigned iterations, unsigned char out[SHA256_SIZE])
{
	assert(password.len <= INT_MAX && salt.len <= INT_MAX);
	assert(iterations > 0 && iterations <= INT_MAX);
	fetch();
	check(PKCS5_PBKDF2_HMAC(password.len ? password.data : "",
		      (int)password.len, (const unsigned char *)salt.data,
		      (int)salt.len, (int)iterations, algorithms.sha256,
		      SHA256_SIZE, out),
		"PBKDF2");
}

void crypto_random(void *out, size_t len)
{
	unsigned char *at = out;

	while (len > 0) {
		size_t part = len > 65536 ? 65536 : len;

		check(RAND_bytes(at, (int)part) == 1, "random numbers");
		at += part;
		len -= part;
	}
}

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz0123456789-_";

void crypto_random_id(char out[CRYPTO_ID_SIZE])
{
	/* One call of the generator serves many ids: messages need them. */
	static _Thread_local unsigned char pool[16 * 32];
	static _Thread_local size_t left;

	if (left == 0) {
		crypto_random(pool, sizeof(pool));
		left = sizeof(pool);
	}
	left -= 16;
	unsigned char *bits = pool + left;
	unsigned word = 0;
	int have = 0;
	size_t in = 0;

	for (size_t i = 0; i < CRYPTO_ID_SIZE - 1; i++) {
		if (have < 6) {
			word = word << 8 | (in < 16 ? bits[in] : 0u);
			in++;
			have += 8;
		}
		have -= 6;
		out[i] = base64url[word >> have & 63];
	}
	out[CRYPTO_ID_SIZE - 1] = '\0';
	OPENSSL_cleanse(bits, 16);
}

/* Start with the key, the nonce and the authenticated context. */
static EVP_CIPHER_CTX *cipher_start(const unsigned char *key,
	const unsigned char *nonce, struct slice context, int encrypt)
{
	int len;

	fetch();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	check(ctx != NULL &&
			EVP_CipherInit_ex2(ctx, algorithms.gcm, key, nonce,
				encrypt, NULL) &&
			EVP_CipherUpdate(ctx, NULL, &len,
				(const unsigned char *)context.data,
				(int)context.len),
		"AES-256-GCM");
	return ctx;
}

void crypto_seal(const unsigned char key[CRYPTO_KEY_SIZE], struct slice context,
	struct slice plain, struct str *out)
{
	int len = 0;

	assert(plain.len <= INT_MAX - CRYPTO_OVERHEAD);
	assert(context.len <= INT_MAX);
	unsigned char *nonce =
		(unsigned char *)str_reserve(out, plain.len + CRYPTO_OVERHEAD);
	if (nonce == NULL)
		return;
	unsigned char *text = nonce + NONCE_SIZE;
	unsigned char *tag = text + plain.len;

	crypto_random(nonce, NONCE_SIZE);
	EVP_CIPHER_CTX *ctx = cipher_start(key, nonce, context, 1);
	if (plain.len > 0)
		check(EVP_CipherUpdate(ctx, text, &len,
			      (const unsigned char *)plain.data,
			      (int)plain.len),
			"AES-256-GCM");
	check(EVP_CipherFinal_ex(ctx, tag, &len) &&
			EVP_CIPHER_CTX_ctrl(
				ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag),
		"AES-256-GCM");
	EVP_CIPHER_CTX_free(ctx);
	str_commit(out, plain.len + CRYPTO_OVERHEAD);
}

int crypto_open(const unsigned char key[CRYPTO_KEY_SIZE], struct slice context,
	struct slice sealed, struct str *out)
{
	unsigned char tag[TAG_SIZE];
	int len;

	if (sealed.len < CRYPTO_OVERHEAD || sealed.len > INT_MAX)
		return -1;
	assert(context.len <= INT_MAX);
	size_t plain_len = sealed.len - CRYPTO_OVERHEAD;
	const unsigned char *nonce = (const unsigned char *)sealed.data;
	unsigned char *plain = (unsigned char *)str_reserve(out, plain_len);
	if (plain == NULL)
		return -1;
	memcpy(tag, nonce + NONCE_SIZE + plain_len, TAG_SIZE);

	EVP_CIPHER_CTX *ctx = cipher_start(key, nonce, context, 0);
	bool ok = true;
	if (plain_len > 0)
		ok = EVP_CipherUpdate(
			ctx, plain, &len, nonce + NONCE_SIZE, (int)plain_len);
	ok = ok &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) &&
	     EVP_CipherFinal_ex(ctx, plain + plain_len, &len);
	EVP_CIPHER_CTX_free(ctx);
	if (!ok) {
		crypto_wipe(plain, plain_len);
		return -1;
	}
	str_commit(out, plain_len);
	return 0;
}

bool crypto_equals(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	return a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0;
}

void crypto_wipe(void *data, size_t len)
{
	if (len > 0)
		OPENSSL_cleanse(data, len);
}

struct crypto_block {
	EVP_CIPHER_CTX *encrypt, *decrypt;
};

static EVP_CIPHER_CTX *block_start(
	EVP_CIPHER *cipher, const unsigned char *key, int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	check(ctx != NULL &&
			EVP_CipherInit_ex2(
				ctx, cipher, key, NULL, encrypt, NULL) &&
			EVP_CIPHER_CTX_set_padding(ctx, 0),
		"AES-256");
	return ctx;
}

struct crypto_block *crypto_block_new(const unsigned char key[CRYPTO_KEY_SIZE])
{
	struct crypto_block *b = xalloc(sizeof(*b));
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);

	check(cipher != NULL, "AES-256");
	b->encrypt = block_start(cipher, key, 1);
	b->decrypt = block_start(cipher, key, 0);
	EVP_CIPHER_free(cipher);
	return b;
}

void crypto_block_free(struct crypto_block **b)
{
	if (b == NULL || *b == NULL)
		return;
	EVP_CIPHER_CTX_free((*b)->encrypt);
	EVP_CIPHER_CTX_free((*b)->decrypt);
	xfree(*b);
	*b = NULL;
}

void crypto_block_encrypt(struct crypto_block *b,
	const unsigned char in[CRYPTO_BLOCK_SIZE],
	unsigned char out[CRYPTO_BLOCK_SIZE])
{
	int len;

	check(EVP_CipherUpdate(b->encrypt, out, &len, in, CRYPTO_BLOCK_SIZE),
		"AES-256");
}

void crypto_block_decrypt(struct crypto_block *b,
	const unsigned char in[CRYPTO_BLOCK_SIZE],
	unsigned char out[CRYPTO_BLOCK_SIZE])
{
	int len;

	check(EVP_CipherUpdate(b->decrypt, out, &len, in, CRYPTO_BLOCK_SIZE),
		"AES-256");
}
