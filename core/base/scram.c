/*
 * The computation is that of RFC 5802 section 3; the messages are read
 * strictly in the order of section 7, so that an extension we would have to
 * understand (m=) is an error.
 */
#include "base/scram.h"

#include <string.h>

#include "base/encoding.h"
void scram_init(struct scram *s)
{
	*s = (struct scram){ 0 };
	str_init(&s->nonce, SCRAM_MESSAGE_MAX);
	str_init(&s->first_bare, SCRAM_MESSAGE_MAX);
}

void scram_finish(struct scram *s)
{
	str_finish(&s->nonce);
	str_finish(&s->first_bare);
	crypto_wipe(s->signature, sizeof(s->signature));
}

/* saslname: '=' and ',' are escaped (RFC 5802 section 5.1). */
static void add_saslname(struct str *out, const char *name)
{
	for (; *name != '\0'; name++) {
		if (*name == '=')
			str_add(out, "=3D");
		else if (*name == ',')
			str_add(out, "=2C");
		else
			str_add_char(out, *name);
	}
}

void scram_first(struct scram *s, const char *username, const char *nonce,
	struct str *reply)
{
	char random[CRYPTO_ID_SIZE];

	if (nonce == NULL) {
		crypto_random_id(random);
		nonce = random;
	}
	str_add(&s->nonce, nonce);
	str_add(&s->first_bare, "n=");
	add_saslname(&s->first_bare, username);
	str_add(&s->first_bare, ",r=");
	str_add(&s->first_bare, nonce);
	str_add(reply, "n,,");
	str_add_slice(reply, str_slice(&s->first_bare));
}

/* Take the attribute `name` from the front of a SCRAM message. */
static int take_attribute(
	struct slice *message, char name, struct slice *value_r)
{
	struct slice part = slice_cut(message, ',');

	if (part.len < 2 || part.data[0] != name || part.data[1] != '=')
		return -1;
	*value_r = slice_make(part.data + 2, part.len - 2);
	return 0;
}

static bool starts_with(struct slice s, struct slice start)
{
	return s.len >= start.len && memcmp(s.data, start.data, start.len) == 0;
}

/* Rounds of PBKDF2; 0 when it is no number in range. */
static unsigned read_rounds(struct slice text)
{
	unsigned rounds = 0;

	if (text.len == 0 || text.len > 6)
		return 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return 0;
		rounds = rounds * 10 + (unsigned)(text.data[i] - '0');
	}
	return rounds >= SCRAM_ROUNDS_MIN && rounds <= SCRAM_ROUNDS_MAX ? rounds
									: 0;
}

static struct slice bytes(const unsigned char *data, size_t len)
{
	return slice_make((const char *)data, len);
}

/* Proof, and the signature to expect, for an AuthMessage. */
static void compute(struct scram *s, const struct secret *password,
	struct slice salt, unsigned rounds, struct slice auth,
	unsigned char proof[SHA256_SIZE])
{
	struct {
		unsigned char salted[SHA256_SIZE];
		unsigned char client[SHA256_SIZE];
		unsigned char stored[SHA256_SIZE];
		unsigned char server[SHA256_SIZE];
	} key;

	crypto_pbkdf2_sha256(secret_reveal(password), salt, rounds, key.salted);
	crypto_hmac_sha256(bytes(key.salted, SHA256_SIZE),
		slice_of("Client Key"), key.client);
	crypto_sha256(bytes(key.client, SHA256_SIZE), key.stored);
	crypto_hmac_sha256(bytes(key.stored, SHA256_SIZE), auth, proof);
	for (size_t i = 0; i < SHA256_SIZE; i++)
		proof[i] ^= key.client[i];
	crypto_hmac_sha256(bytes(key.salted, SHA256_SIZE),
		slice_of("Server Key"), key.server);
	crypto_hmac_sha256(bytes(key.server, SHA256_SIZE), auth, s->signature);
	crypto_wipe(&key, sizeof(key));
}

/* What a server-first-message says. */
struct server_first {
	struct slice nonce;
	struct str salt;
	unsigned rounds;
};

static int read_server_first(const struct scram *s, struct slice message,
	struct server_first *first, const char **reason_r)
{
	struct slice salt, rounds;
	struct slice ours = str_slice(&s->nonce);

	*reason_r = "The server's SCRAM message is malformed.";
	if (take_attribute(&message, 'r', &first->nonce) != 0 ||
		take_attribute(&message, 's', &salt) != 0 ||
		take_attribute(&message, 'i', &rounds) != 0)
		return -1;
	*reason_r = "The server changed the SCRAM nonce.";
	if (!starts_with(first->nonce, ours) || first->nonce.len == ours.len)
		return -1;
	*reason_r = "The server asks for an unacceptable number of SCRAM "
		    "rounds.";
	first->rounds = read_rounds(rounds);
	if (first->rounds == 0)
		return -1;
	*reason_r = "The server's SCRAM salt is malformed.";
	if (base64_decode(&first->salt, salt) != 0 || first->salt.len == 0)
		return -1;
	return 0;
}

/* Append the client-final-message. */
static void prove(struct scram *s, const struct secret *password,
	struct slice challenge, const struct server_first *first,
	struct str *reply)
{
	struct str auth;
	unsigned char proof[SHA256_SIZE];
	size_t start = reply->len;

	/* "biws" is the base64 of "n,,". */
	str_add(reply, "c=biws,r=");
	str_add_slice(reply, first->nonce);
	str_init(&auth, 4ul * SCRAM_MESSAGE_MAX);
	str_add_slice(&auth, str_slice(&s->first_bare));
	str_add_char(&auth, ',');
	str_add_slice(&auth, challenge);
	str_add_char(&auth, ',');
	str_add(&auth, str_text(reply) + start);
	compute(s, password, str_slice(&first->salt), first->rounds,
		str_slice(&auth), proof);
	str_finish(&auth);
	str_add(reply, ",p=");
	base64_encode(reply, bytes(proof, sizeof(proof)));
}

int scram_final(struct scram *s, const struct secret *password,
	struct slice challenge, struct str *reply, const char **reason_r)
{
	struct server_first first = { 0 };

	str_init(&first.salt, SCRAM_MESSAGE_MAX);
	int result = read_server_first(s, challenge, &first, reason_r);
	if (result == 0)
		prove(s, password, challenge, &first, reply);
	str_finish(&first.salt);
	return result;
}

int scram_verify(
	const struct scram *s, struct slice challenge, const char **reason_r)
{
	struct slice signature64;
	struct str signature;

	*reason_r = "The server rejected the login. Check user name and "
		    "password in your settings.";
	if (take_attribute(&challenge, 'v', &signature64) != 0)
		return -1;
	*reason_r = "The server could not prove that it knows the password.";
	str_init(&signature, SCRAM_MESSAGE_MAX);
	bool proved = base64_decode(&signature, signature64) == 0 &&
		      crypto_equals(str_slice(&signature),
			      bytes(s->signature, SHA256_SIZE));
	str_finish(&signature);
	return proved ? 0 : -1;
}
