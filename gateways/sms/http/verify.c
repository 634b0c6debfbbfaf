#include "sms_http/verify.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "net/policy.h"
#include "sms_http/verify_text.h"

#define TEXT_MAX ((size_t)2 * MIB)

struct check {
	const struct provider_verify *rules;
	const struct template_values *values;
	const struct web_request *request;
	const char *reason;
};

static bool refuse(struct check *c, const char *reason)
{
	c->reason = reason;
	return false;
}

static void wipe(struct str *s)
{
	if (s->data != NULL)
		crypto_wipe(s->data, s->cap);
	str_finish(s);
}

/* A template of the backend's; nothing when a part of it is not configured. */
static void expand(struct str *out, const char *text, const struct check *c)
{
	str_init(out, 4 * KIB);
	if (text != NULL && template_count(text, c->values) > 0)
		template_write(out, text, c->values, 0, TEMPLATE_PLAIN);
}

/* --- Passwords and addresses --------------------------------------------- */

static const char *header_of(const struct check *c, const char *usual)
{
	const char *name = c->rules->header;

	return c->request->header(c->request->arg, name != NULL ? name : usual);
}

/* What stands behind "Scheme " in a header. */
static const char *behind(const char *value, const char *scheme)
{
	size_t len = strlen(scheme);

	if (value == NULL || strncasecmp(value, scheme, len) != 0 ||
		value[len] != ' ')
		return NULL;
	return value + len + strspn(value + len, " ");
}

static bool check_basic(struct check *c)
{
	const char *given = behind(header_of(c, "Authorization"), "Basic");
	struct str user, password, pair;
	bool good;

	expand(&user, c->rules->user, c);
	expand(&password, c->rules->password, c);
	str_init(&pair, 16 * KIB);
	str_add_char(&user, ':');
	str_add_slice(&user, str_slice(&password));
	base64_encode(&pair, str_slice(&user));
	good = given != NULL && password.len > 0 &&
	       crypto_equals(str_slice(&pair), slice_of(given));
	wipe(&user);
	wipe(&password);
	wipe(&pair);
	return good || refuse(c, "the user or password is wrong");
}

static bool read_sockaddr(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;

	*out = (struct sockaddr_storage){ .ss_family = AF_INET };
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		return true;
	out->ss_family = AF_INET6;
	return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

bool verify_network_is_good(const char *cidr)
{
	struct policy *p = policy_new();
	bool good = policy_allow(p, cidr) == 0;

	policy_free(&p);
	return good;
}

static bool is_within(const struct cfg_list *networks, const char *address)
{
	struct policy *p = policy_new();
	struct sockaddr_storage a;
	bool good = read_sockaddr(address, &a);

	for (size_t i = 0; good && i < networks->count; i++)
		good = policy_allow(p, networks->items[i]) == 0;
	good = good && policy_is_opened(p, (const struct sockaddr *)&a);
	policy_free(&p);
	return good;
}

/* The last one of a list was written by the proxy next to us. */
static bool check_ip(struct check *c)
{
	const char *list = c->request->peer, *comma;
	char address[INET6_ADDRSTRLEN];

	if (c->rules->header != NULL)
		list = header_of(c, "");
	if (list == NULL)
		return refuse(c, "the proxy does not say who called");
	comma = strrchr(list, ',');
	if (comma != NULL)
		list = comma + 1 + strspn(comma + 1, " ");
	if (!text_copy(address, sizeof(address), list) ||
		!is_within(&c->rules->addresses, address))
		return refuse(c, "it came from another address");
	return true;
}

/* --- Signatures ---------------------------------------------------------- */

static bool is_recent(const struct check *c, const char *text)
{
	int64_t tolerance = (int64_t)c->rules->tolerance_s * 1000, then;
	char *end;

	if (text == NULL)
		return false;
	then = (int64_t)strtoll(text, &end, 10);
	if (end == text || *end != '\0' || then < 0 || then > INT64_MAX / 1000)
		return false;
	if (c->request->wall_ms == 0)
		return true;
	then = then * 1000 - c->request->wall_ms;
	return then <= tolerance && then >= -tolerance;
}

static int decode_signature(
	const struct check *c, const char *text, struct str *out)
{
	const char *prefix = c->rules->prefix;

	if (prefix != NULL) {
		if (strncmp(text, prefix, strlen(prefix)) != 0)
			return -1;
		text += strlen(prefix);
	}
	return c->rules->encoding == ENCODING_HEX
		       ? hex_decode(out, slice_of(text))
		       : base64_decode(out, slice_of(text));
}

static bool is_signature(
	const struct check *c, struct slice text, struct slice signature)
{
	unsigned char digest[SHA256_SIZE];
	struct str key, raw;
	bool good = false;

	expand(&key, c->rules->key, c);
	str_init(&raw, KIB);
	if (key.len > 0 && c->rules->kind == VERIFY_HMAC_SHA256) {
		crypto_hmac_sha256(str_slice(&key), text, digest);
		good = crypto_equals(
			slice_make((const char *)digest, sizeof(digest)),
			signature);
	} else if (base64_decode(&raw, str_slice(&key)) == 0) {
		good = crypto_ed25519_verify(str_slice(&raw), text, signature);
	}
	wipe(&key);
	str_finish(&raw);
	return good;
}

/* A signature in a header, over what the file says. */
static bool check_header(struct check *c)
{
	const struct web_request *r = c->request;
	const char *name = c->rules->timestamp;
	const char *time = name != NULL ? r->header(r->arg, name) : NULL;
	const char *given = header_of(c, "");
	struct template_values values = *c->values;
	struct str text, signature;
	bool good;

	if (given == NULL)
		return refuse(c, "it is not signed");
	if (name != NULL && !is_recent(c, time))
		return refuse(c, "it is too old, or the clock is wrong");
	values.values[TEMPLATE_BODY] = r->body;
	values.values[TEMPLATE_TIMESTAMP] = slice_of(time);
	str_init(&text, TEXT_MAX);
	str_init(&signature, KIB);
	template_write(
		&text, c->rules->signed_text, &values, 0, TEMPLATE_PLAIN);
	good = !text.overflow && decode_signature(c, given, &signature) == 0 &&
	       is_signature(c, str_slice(&text), str_slice(&signature));
	str_finish(&text);
	str_finish(&signature);
	return good || refuse(c, "the signature is wrong");
}

/* The text is signed as a whole: base64 of HMAC-SHA1. */
static bool is_of_twilio(
	const struct web_request *r, struct slice key, const char *given)
{
	unsigned char digest[SHA1_SIZE];
	struct str text, wanted;
	bool good;

	str_init(&text, TEXT_MAX);
	str_init(&wanted, 64);
	good = verify_text_twilio(&text, r) == 0;
	crypto_hmac_sha1(key, str_slice(&text), digest);
	base64_encode(
		&wanted, slice_make((const char *)digest, sizeof(digest)));
	good = good && key.len > 0 && !text.overflow &&
	       crypto_equals(str_slice(&wanted), slice_of(given));
	str_finish(&text);
	str_finish(&wanted);
	return good;
}

/* They sign the URL with its port, or without it, and their own libraries
 * take both. */
static bool check_twilio(struct check *c)
{
	const char *given = header_of(c, "X-Twilio-Signature");
	struct web_request other = *c->request;
	struct str key, url;
	bool good;

	if (given == NULL)
		return refuse(c, "it is not signed");
	expand(&key, c->rules->key, c);
	str_init(&url, 32 * KIB);
	verify_text_other_port(&url, other.url);
	other.url = str_text(&url);
	good = is_of_twilio(c->request, str_slice(&key), given) ||
	       is_of_twilio(&other, str_slice(&key), given);
	str_finish(&url);
	wipe(&key);
	return good || refuse(c, "the signature is wrong, or the URL that the "
				 "provider knows is not callback_url");
}

/* Which method the account has shows by the length. There is no MD5: it is
 * not what one would trust today. */
static bool is_of_vonage(
	struct slice key, struct slice text, struct slice given)
{
	unsigned char digest[SHA512_SIZE];

	if (given.len == SHA512_SIZE)
		crypto_hmac_sha512(key, text, digest);
	else if (given.len == SHA256_SIZE)
		crypto_hmac_sha256(key, text, digest);
	else if (given.len == SHA1_SIZE)
		crypto_hmac_sha1(key, text, digest);
	else
		return false;
	return crypto_equals(
		slice_make((const char *)digest, given.len), given);
}

/* A parameter has the signature: hexadecimal, of the other parameters. */
static bool check_vonage(struct check *c)
{
	struct json *form = web_request_read(c->request);
	struct str text, key, given;
	struct arena a;
	bool good, recent;

	if (form == NULL)
		return refuse(c, "it is not signed");
	arena_init(&a, TEXT_MAX);
	str_init(&text, TEXT_MAX);
	str_init(&given, SHA512_SIZE + 1);
	expand(&key, c->rules->key, c);
	verify_text_vonage(&text, form, &a);
	good = key.len > 0 && !text.overflow &&
	       hex_decode(&given, json_get(form, "sig", &a)) == 0 &&
	       is_of_vonage(
		       str_slice(&key), str_slice(&text), str_slice(&given));
	recent = is_recent(c, json_get(form, "timestamp", &a).data);
	arena_finish(&a);
	json_free(&form);
	str_finish(&text);
	str_finish(&given);
	wipe(&key);
	if (!good)
		return refuse(c, "the signature is wrong");
	return recent || refuse(c, "it is too old, or the clock is wrong");
}

/* RFC 7519, with what the payload says of the body. */
static bool check_jwt(struct check *c)
{
	const char *given = header_of(c, "Authorization");
	const char *token = behind(given, "Bearer");
	struct verify_jwt jwt;
	struct str key;
	bool good;

	if (token == NULL)
		token = c->rules->header != NULL ? given : NULL;
	if (token == NULL)
		return refuse(c, "it is not signed");
	expand(&key, c->rules->key, c);
	good = key.len > 0 &&
	       verify_text_jwt(&jwt, slice_of(token), str_slice(&key));
	wipe(&key);
	if (!good)
		return refuse(c, "the signature is wrong");
	if (!verify_jwt_is_of(&jwt, c->request->body))
		good = refuse(c, "the signature is of another body");
	else if (!is_recent(c, jwt.issued) ||
		 (c->request->wall_ms != 0 &&
			 !verify_jwt_is_valid(
				 &jwt, c->request->wall_ms / 1000)))
		good = refuse(c, "it is too old, or the clock is wrong");
	return good;
}

/* --- All ----------------------------------------------------------------- */

bool verify_request(const struct provider_verify *rules,
	const struct template_values *values, const struct web_request *r,
	const char **reason_r)
{
	struct check c = { rules, values, r, NULL };
	bool good = true;

	switch ((enum provider_verifier)rules->kind) {
	case VERIFY_NONE:
	case VERIFY_TOKEN:
		break;
	case VERIFY_BASIC:
		good = check_basic(&c);
		break;
	case VERIFY_IP:
		good = check_ip(&c);
		break;
	case VERIFY_HMAC_SHA256:
	case VERIFY_ED25519:
		good = check_header(&c);
		break;
	case VERIFY_TWILIO:
		good = check_twilio(&c);
		break;
	case VERIFY_VONAGE:
		good = check_vonage(&c);
		break;
	case VERIFY_JWT:
		good = check_jwt(&c);
		break;
	}
	*reason_r = c.reason;
	return good;
}
