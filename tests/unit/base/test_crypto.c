/*
 * Digests against known values, and sealing against every alteration.
 */
#include "base/crypto.h"
#include "base/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *hex(const unsigned char *bytes, size_t len)
{
	static char text[256];
	struct str out;

	str_init(&out, sizeof(text));
	hex_encode(&out, slice_make((const char *)bytes, len));
	assert_int_equal(out.len, len * 2);
	memcpy(text, out.data, out.len + 1);
	str_finish(&out);
	return text;
}

static void test_digests(void **state)
{
	(void)state;
	unsigned char out[SHA256_SIZE];

	crypto_sha1(slice_of("abc"), out);
	assert_string_equal(hex(out, SHA1_SIZE),
		"a9993e364706816aba3e25717850c26c9cd0d89d");
	crypto_sha1(slice_of(NULL), out);
	assert_string_equal(hex(out, SHA1_SIZE),
		"da39a3ee5e6b4b0d3255bfef95601890afd80709");
	/* A handshake of XEP-0114: stream id and secret. */
	crypto_sha1(slice_of("3BF96D32secret"), out);
	assert_string_equal(hex(out, SHA1_SIZE),
		"b09ea9b3b7f586be8a08d0a3dd7466f110aeb136");
	crypto_sha256(slice_of("abc"), out);
	assert_string_equal(hex(out, SHA256_SIZE),
		"ba7816bf8f01cfea414140de5dae2223"
		"b00361a396177a9cb410ff61f20015ad");
	crypto_sha256(slice_of(""), out);
	assert_string_equal(hex(out, SHA256_SIZE),
		"e3b0c44298fc1c149afbf4c8996fb924"
		"27ae41e4649b934ca495991b7852b855");
}

static void test_hmac(void **state)
{
	(void)state;
	/* RFC 4231 cases 1 and 2, then empty and longer than a block. */
	static const struct {
		const char *key, *data, *want;
	} rows[] = {
		{ "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
		  "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b",
			"Hi There",
			"b0344c61d8db38535ca8afceaf0bf12b"
			"881dc200c9833da726e9376c2e32cff7" },
		{ "Jefe", "what do ya want for nothing?",
			"5bdcc146bf60754e6a042426089575c7"
			"5a003f089d2739839dec58b964ec3843" },
		{ "", "",
			"b613679a0814d9ec772f95d778c35fc5"
			"ff1697c493715653c6c712144292c5ad" },
	};
	unsigned char out[SHA256_SIZE];

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT(rows); i++) {
			crypto_hmac_sha256(slice_of(rows[i].key),
				slice_of(rows[i].data), out);
			if (strcmp(hex(out, sizeof(out)), rows[i].want) != 0)
				fail_msg("row %zu", i);
		}
	}
	crypto_hmac_sha256(slice_of(NULL), slice_of(NULL), out);
	assert_string_equal(hex(out, sizeof(out)), rows[2].want);
	char key[200];
	memset(key, 'k', sizeof(key));
	crypto_hmac_sha256(slice_make(key, 200), slice_of("data"), out);
	assert_string_equal(hex(out, sizeof(out)),
		"0163658d479ec73f2b801df07141db14"
		"26aaae2c6b5e8e6d9e6789f92f5e2b4f");
}

static void test_hmac_sha512(void **state)
{
	(void)state;
	/* RFC 4231 cases 2 and 6. */
	char key[131];
	unsigned char out[SHA512_SIZE];

	crypto_hmac_sha512(slice_of("Jefe"),
		slice_of("what do ya want for nothing?"), out);
	assert_string_equal(hex(out, sizeof(out)),
		"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
		"9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
	memset(key, 0xaa, sizeof(key));
	crypto_hmac_sha512(slice_make(key, sizeof(key)),
		slice_of("Test Using Larger Than Block-Size Key - Hash Key "
			 "First"),
		out);
	assert_string_equal(hex(out, sizeof(out)),
		"80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
		"6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

static void test_hmac_sha1(void **state)
{
	(void)state;
	/* RFC 2202 cases 2 and 6, then no key. */
	char key[80];
	unsigned char out[SHA1_SIZE];

	crypto_hmac_sha1(slice_of("Jefe"),
		slice_of("what do ya want for nothing?"), out);
	assert_string_equal(hex(out, sizeof(out)),
		"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	memset(key, 0xaa, sizeof(key));
	crypto_hmac_sha1(slice_make(key, 80),
		slice_of("Test Using Larger Than Block-Size Key - Hash Key "
			 "First"),
		out);
	assert_string_equal(hex(out, sizeof(out)),
		"aa4ae5e15272d00e95705637ce8a3b55ed402112");
	crypto_hmac_sha1(slice_of(NULL), slice_of(NULL), out);
	assert_string_equal(hex(out, sizeof(out)),
		"fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}

/* RFC 8032 section 7.1, test 2, and what is nearly that. */
static void test_ed25519(void **state)
{
	(void)state;
	struct str key, signature;

	str_init(&key, 256);
	str_init(&signature, 256);
	assert_int_equal(
		hex_decode(&key, slice_of("3d4017c3e843895a92b70aa74d1b7ebc"
					  "9c982ccf2ec4968cc0cd55f12af4660c")),
		0);
	assert_int_equal(hex_decode(&signature,
				 slice_of("92a009a9f0d4cab8720e820b5f642540"
					  "a2b27b5416503f8fb3762223ebdb69da"
					  "085ac1e43e15996e458f3613d0f11d8c"
					  "387b2eaeb4302aeeb00d291612bb0c00")),
		0);
	assert_true(crypto_ed25519_verify(
		str_slice(&key), slice_of("r"), str_slice(&signature)));
	assert_false(crypto_ed25519_verify(
		str_slice(&key), slice_of("s"), str_slice(&signature)));
	assert_false(crypto_ed25519_verify(
		str_slice(&key), slice_of(""), str_slice(&signature)));
	assert_false(crypto_ed25519_verify(slice_make(key.data, 31),
		slice_of("r"), str_slice(&signature)));
	assert_false(crypto_ed25519_verify(str_slice(&key), slice_of("r"),
		slice_make(signature.data, 63)));
	signature.data[5] ^= 1;
	assert_false(crypto_ed25519_verify(
		str_slice(&key), slice_of("r"), str_slice(&signature)));
	memset(key.data, 0xff, key.len);
	assert_false(crypto_ed25519_verify(
		str_slice(&key), slice_of("r"), str_slice(&signature)));
	str_finish(&key);
	str_finish(&signature);
}

static void test_pbkdf2(void **state)
{
	(void)state;
	static const struct {
		const char *password, *salt;
		unsigned iterations;
		const char *want;
	} rows[] = {
		{ "password", "salt", 1,
			"120fb6cffcf8b32c43e7225256c4f837"
			"a86548c92ccc35480805987cb70be17b" },
		{ "password", "salt", 4096,
			"c5e478d59288c841aa530db6845c4c8d"
			"962893a001ce4e11a4963873aa98134a" },
		{ "", "", 2,
			"97398411d6aea43a77acef92226ab827"
			"8d4db0668bd1d7a76a725f7680ac45c5" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned char out[SHA256_SIZE];

		crypto_pbkdf2_sha256(slice_of(rows[i].password),
			slice_of(rows[i].salt), rows[i].iterations, out);
		if (strcmp(hex(out, sizeof(out)), rows[i].want) != 0)
			fail_msg("row %zu: %s", i, hex(out, sizeof(out)));
	}
}

static void test_random(void **state)
{
	(void)state;
	static unsigned char big[200000];
	size_t zeros = 0;

	crypto_random(big, 0);
	crypto_random(big, sizeof(big));
	for (size_t i = 0; i < sizeof(big); i++)
		zeros += big[i] == 0;
	/* 781 are expected; far more means that a part was left out. */
	assert_in_range(zeros, 500, 1100);
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void test_random_id(void **state)
{
	(void)state;
	static char ids[2000][CRYPTO_ID_SIZE];
	size_t seen[256] = { 0 };

	for (size_t i = 0; i < COUNT(ids); i++) {
		crypto_random_id(ids[i]);
		assert_int_equal(strlen(ids[i]), CRYPTO_ID_SIZE - 1);
		for (const char *c = ids[i]; *c != '\0'; c++)
			seen[(unsigned char)*c]++;
		/* 128 bits are 21 digits and 2 bits. */
		assert_non_null(strchr("AQgw", ids[i][21]));
	}
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijk"
				       "lmnopqrstuvwxyz0123456789-_";
	size_t total = 0;
	for (const char *c = alphabet; *c != '\0'; c++) {
		assert_true(seen[(unsigned char)*c] > 300);
		total += seen[(unsigned char)*c];
	}
	assert_int_equal(total, 2000 * 22);
	qsort(ids, COUNT(ids), sizeof(ids[0]), compare_ids);
	for (size_t i = 1; i < COUNT(ids); i++)
		assert_string_not_equal(ids[i - 1], ids[i]);
}

static const unsigned char key[CRYPTO_KEY_SIZE] = { 0, 1, 2, 3, 4, 5, 6, 7, 8,
	9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	27, 28, 29, 30, 31 };

/* A value sealed by another implementation. */
static void test_open_known(void **state)
{
	(void)state;
	static const unsigned char sealed[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
		10, 11, 0x26, 0x76, 0xa2, 0x7a, 0xa6, 0x8e, 0xe2, 0x7a, 0xf9,
		0x61, 0xf3, 0xea, 0xc6, 0x87, 0xca, 0x30, 0x36, 0x6e, 0x7a,
		0x4e, 0x94, 0xe5, 0xe4, 0x70, 0xf0, 0x15, 0x03, 0xeb, 0x74,
		0x08 };
	struct str out;

	str_init(&out, 100);
	str_add(&out, ">");
	assert_int_equal(
		crypto_open(key, slice_of("row 7"),
			slice_make((const char *)sealed, sizeof(sealed)), &out),
		0);
	assert_string_equal(str_text(&out), ">attack at dawn");
	str_finish(&out);
}

static void test_seal_and_open(void **state)
{
	(void)state;
	char plain[300];

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (char)i;
	for (size_t len = 0; len < sizeof(plain); len += 7) {
		struct str sealed, out;
		struct slice context = slice_make(plain, len % 50);

		str_init(&sealed, 1000);
		str_init(&out, 1000);
		crypto_seal(key, context, slice_make(plain, len), &sealed);
		assert_int_equal(sealed.len, len + CRYPTO_OVERHEAD);
		assert_int_equal(
			crypto_open(key, context, str_slice(&sealed), &out), 0);
		assert_int_equal(out.len, len);
		assert_memory_equal(str_text(&out), plain, len);
		str_finish(&sealed);
		str_finish(&out);
	}
}

static void test_nonces_differ(void **state)
{
	(void)state;
	struct str a, b;

	str_init(&a, 100);
	str_init(&b, 100);
	crypto_seal(key, slice_of(""), slice_of("x"), &a);
	crypto_seal(key, slice_of(""), slice_of("x"), &b);
	assert_memory_not_equal(a.data, b.data, 12);
	str_finish(&a);
	str_finish(&b);
}

static void test_altered(void **state)
{
	(void)state;
	struct str sealed, out;
	unsigned char other[CRYPTO_KEY_SIZE] = { 1 };

	str_init(&sealed, 1000);
	str_init(&out, 1000);
	str_add(&out, "kept");
	crypto_seal(key, slice_of("row 1"), slice_of("secret"), &sealed);
	struct slice whole = str_slice(&sealed);

	for (size_t i = 0; i < sealed.len; i++) {
		sealed.data[i] ^= 0x10;
		if (crypto_open(key, slice_of("row 1"), whole, &out) != -1)
			fail_msg("byte %zu", i);
		sealed.data[i] ^= 0x10;
	}
	for (size_t len = 0; len < sealed.len; len++) {
		if (crypto_open(key, slice_of("row 1"),
			    slice_make(sealed.data, len), &out) != -1)
			fail_msg("length %zu", len);
	}
	assert_int_equal(crypto_open(key, slice_of("row 2"), whole, &out), -1);
	assert_int_equal(crypto_open(key, slice_of(""), whole, &out), -1);
	assert_int_equal(
		crypto_open(other, slice_of("row 1"), whole, &out), -1);
	assert_int_equal(
		crypto_open(key, slice_of("row 1"), slice_of(NULL), &out), -1);
	assert_string_equal(str_text(&out), "kept");
	assert_false(out.overflow);
	assert_int_equal(crypto_open(key, slice_of("row 1"), whole, &out), 0);
	assert_string_equal(str_text(&out), "keptsecret");
	str_finish(&sealed);
	str_finish(&out);
}

static void test_seal_overflow(void **state)
{
	(void)state;
	struct str sealed, out;

	str_init(&sealed, CRYPTO_OVERHEAD + 6);
	crypto_seal(key, slice_of(""), slice_of("secret"), &sealed);
	assert_true(sealed.overflow);
	assert_int_equal(sealed.len, 0);
	str_finish(&sealed);

	str_init(&sealed, 100);
	crypto_seal(key, slice_of(""), slice_of("secret"), &sealed);
	str_init(&out, 6);
	assert_int_equal(
		crypto_open(key, slice_of(""), str_slice(&sealed), &out), -1);
	assert_true(out.overflow);
	str_finish(&out);
	str_finish(&sealed);
}

static void test_equals_and_wipe(void **state)
{
	(void)state;
	char text[] = "secret";

	assert_true(crypto_equals(slice_of("a"), slice_of("a")));
	assert_true(crypto_equals(slice_of(""), slice_of(NULL)));
	assert_false(crypto_equals(slice_of("a"), slice_of("b")));
	assert_false(crypto_equals(slice_of("a"), slice_of("ab")));
	crypto_wipe(text, 4);
	assert_memory_equal(text, "\0\0\0\0et", 7);
	crypto_wipe(NULL, 0);
}

/* FIPS 197, appendix C.3 */
static void test_block(void **state)
{
	(void)state;
	struct crypto_block *b = crypto_block_new(key);
	unsigned char plain[CRYPTO_BLOCK_SIZE], out[CRYPTO_BLOCK_SIZE];

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (unsigned char)(i * 0x11);
	for (int round = 0; round < 3; round++) {
		crypto_block_encrypt(b, plain, out);
		assert_string_equal(hex(out, sizeof(out)),
			"8ea2b7ca516745bfeafc49904b496089");
		crypto_block_decrypt(b, out, out);
		assert_memory_equal(out, plain, sizeof(plain));
	}
	crypto_block_free(&b);
	assert_null(b);
	crypto_block_free(&b);
	crypto_block_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_hmac_sha512),
		cmocka_unit_test(test_hmac_sha1),
		cmocka_unit_test(test_ed25519),
		cmocka_unit_test(test_pbkdf2),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_id),
		cmocka_unit_test(test_open_known),
		cmocka_unit_test(test_seal_and_open),
		cmocka_unit_test(test_nonces_differ),
		cmocka_unit_test(test_altered),
		cmocka_unit_test(test_seal_overflow),
		cmocka_unit_test(test_equals_and_wipe),
		cmocka_unit_test(test_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
