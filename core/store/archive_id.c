/*
 * An id is the number and the beginning of the channel, encrypted as one
 * block: nobody can make one up (64 bits have to fit) or tell what is in
 * it, the same message always has the same one, and nothing is looked up.
 */
#include <string.h>

#include "base/encoding.h"
#include "base/magic.h"
#include "store/archive_private.h"

#define NUMBER_SIZE 8
#define CHARS       22 /* 128 bits in base64url without padding */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789-_";

struct crypto_block *archive_id_cipher(const struct vault *v)
{
	unsigned char key[CRYPTO_KEY_SIZE];
	struct crypto_block *cipher;

	vault_derive(v, "archive ids", key);
	cipher = crypto_block_new(key);
	crypto_wipe(key, sizeof(key));
	return cipher;
}

static void encode(const unsigned char in[CRYPTO_BLOCK_SIZE], char *out)
{
	unsigned word = 0;
	int have = 0;
	size_t next = 0;

	for (int i = 0; i < CHARS; i++) {
		if (have < 6) {
			word = word << 8 |
			       (next < CRYPTO_BLOCK_SIZE ? in[next] : 0u);
			next++;
			have += 8;
		}
		have -= 6;
		*out++ = digits[word >> have & 63];
	}
	*out = '\0';
}

/* Base64url (RFC 4648 section 5). */
static int digit_value(char c)
{
	if (c == '-' || c == '_')
		return c == '-' ? 62 : 63;
	return c == '+' || c == '/' ? -1 : base64_value(c);
}

static int decode(const char *text, unsigned char out[CRYPTO_BLOCK_SIZE])
{
	unsigned word = 0;
	int have = 0;
	size_t next = 0;

	if (strlen(text) != CHARS)
		return -1;
	for (int i = 0; i < CHARS; i++) {
		int value = digit_value(text[i]);

		if (value < 0)
			return -1;
		word = word << 6 | (unsigned)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[next++] = (unsigned char)(word >> have);
		}
	}
	/* One text for one id: the bits left over are zero. */
	return (word & ((1u << have) - 1)) == 0 ? 0 : -1;
}

void archive_id_format(const struct archive *a,
	const struct archive_channel_id *channel, uint64_t number,
	char out[ARCHIVE_ID_SIZE])
{
	unsigned char block[CRYPTO_BLOCK_SIZE];

	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	for (int i = 0; i < NUMBER_SIZE; i++)
		block[i] = (unsigned char)(number >> 8 * i);
	memcpy(block + NUMBER_SIZE, channel->bytes,
		CRYPTO_BLOCK_SIZE - NUMBER_SIZE);
	crypto_block_encrypt(a->ids, block, block);
	encode(block, out);
}

int archive_id_parse(const struct archive *a,
	const struct archive_channel_id *channel, const char *text,
	uint64_t *number_r)
{
	unsigned char block[CRYPTO_BLOCK_SIZE];
	uint64_t number = 0;

	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	if (decode(text, block) != 0)
		return -1;
	crypto_block_decrypt(a->ids, block, block);
	if (memcmp(block + NUMBER_SIZE, channel->bytes,
		    CRYPTO_BLOCK_SIZE - NUMBER_SIZE) != 0)
		return -1;
	for (int i = NUMBER_SIZE - 1; i >= 0; i--)
		number = number << 8 | block[i];
	if (number == 0 || number > INT64_MAX)
		return -1;
	*number_r = number;
	return 0;
}
