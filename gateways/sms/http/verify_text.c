#include "sms_http/verify_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/encoding.h"
#include "base/limits.h"

#define PAIRS_MAX 1000
#define TEXT_MAX  ((size_t)2 * MIB)

/* --- Parameters in order ------------------------------------------------- */

struct pair {
	const char *name;
	struct slice value;
};

struct pairs {
	struct pair *items;
	size_t count;
	struct arena *arena;
};

static int compare_bytes(struct slice a, struct slice b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.data, b.data, len) : 0;

	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : compare_bytes(x->value, y->value);
}

static void sort(struct pairs *p)
{
	if (p->count > 0)
		qsort(p->items, p->count, sizeof(*p->items), compare_pairs);
}

static void add_pair(const char *name, struct slice value, void *arg)
{
	struct pairs *p = arg;

	if (p->count < PAIRS_MAX)
		p->items[p->count++] = (struct pair){ name, value };
}

/* Decoded, in the arena; data NULL: there is no room. */
static struct slice decode(struct slice text, struct arena *a)
{
	struct slice copy;
	struct str out;

	str_init(&out, TEXT_MAX);
	form_decode(&out, text);
	copy = slice_make(arena_copy(a, str_slice(&out)), out.len);
	str_finish(&out);
	return copy;
}

static void read_pairs(struct pairs *p, struct slice form)
{
	while (form.len > 0) {
		struct slice value = slice_cut(&form, '&');
		struct slice name = decode(slice_cut(&value, '='), p->arena);

		value = decode(value, p->arena);
		if (name.data != NULL && value.data != NULL)
			add_pair(name.data, value, p);
	}
}

/* --- Twilio -------------------------------------------------------------- */

/* "bodySHA256=" in the query is the digest of the body. */
static int check_digest(const struct web_request *r, struct arena *a)
{
	struct json *query = json_new();
	unsigned char digest[SHA256_SIZE];
	struct str given;
	bool good;

	str_init(&given, SHA256_SIZE + 1);
	json_add_form(query, r->query);
	crypto_sha256(r->body, digest);
	good = hex_decode(&given, json_get(query, "bodySHA256", a)) == 0 &&
	       crypto_equals(str_slice(&given),
		       slice_make((const char *)digest, sizeof(digest)));
	str_finish(&given);
	json_free(&query);
	return good ? 0 : -1;
}

int verify_text_twilio(struct str *out, const struct web_request *r)
{
	struct pairs p = { .count = 0 };
	struct arena a;
	int ret = 0;

	arena_init(&a, TEXT_MAX);
	p.arena = &a;
	str_add(out, r->url);
	if (web_request_is_json(r)) {
		ret = check_digest(r, &a);
	} else {
		p.items = xcalloc(PAIRS_MAX, sizeof(*p.items));
		read_pairs(&p, r->body);
		sort(&p);
	}
	for (size_t i = 0; i < p.count; i++) {
		/* What is said twice is signed once. */
		if (i > 0 && compare_pairs(&p.items[i - 1], &p.items[i]) == 0)
			continue;
		str_add(out, p.items[i].name);
		str_add_slice(out, p.items[i].value);
	}
	xfree(p.items);
	arena_finish(&a);
	return ret;
}

void verify_text_other_port(struct str *out, const char *url)
{
	const char *host = strstr(url, "://");
	size_t len, at;
	bool has_port;

	host = host != NULL ? host + 3 : url;
	at = len = strcspn(host, "/?#");
	/* A colon in an IPv6 address is none of a port. */
	while (at > 0 && host[at - 1] != ':' && host[at - 1] != ']')
		at--;
	has_port = at > 0 && host[at - 1] == ':';
	str_add_bytes(
		out, url, (size_t)(host - url) + (has_port ? at - 1 : len));
	if (!has_port)
		str_add(out, strncmp(url, "https:", 6) == 0 ? ":443" : ":80");
	str_add(out, host + len);
}

/* --- Vonage -------------------------------------------------------------- */

void verify_text_vonage(
	struct str *out, const struct json *form, struct arena *a)
{
	struct pairs p = { .arena = a };

	p.items = xcalloc(PAIRS_MAX, sizeof(*p.items));
	json_members(form, a, add_pair, &p);
	sort(&p);
	for (size_t i = 0; i < p.count; i++) {
		struct slice value = p.items[i].value;

		if (strcmp(p.items[i].name, "sig") == 0)
			continue;
		str_addf(out, "&%s=", p.items[i].name);
		for (size_t k = 0; k < value.len; k++) {
			char c = value.data[k];
			bool separates = c == '&' || c == '=';

			str_add_char(out, (char)(separates ? '_' : c));
		}
	}
	xfree(p.items);
}

/* --- JSON web tokens ----------------------------------------------------- */

/* RFC 4648 section 5, without padding. */
static int base64url_decode(struct str *out, struct slice in)
{
	struct str plain;
	int ret;

	str_init(&plain, 16 * KIB);
	for (size_t i = 0; i < in.len; i++) {
		char c = in.data[i];

		if (c == '+' || c == '/' || c == '=')
			plain.overflow = true;
		if (c == '-')
			c = '+';
		else if (c == '_')
			c = '/';
		str_add_char(&plain, c);
	}
	while (plain.len % 4 != 0 && !plain.overflow)
		str_add_char(&plain, '=');
	ret = plain.overflow ? -1 : base64_decode(out, str_slice(&plain));
	str_finish(&plain);
	return ret;
}

static struct json *read_part(struct slice part)
{
	struct json *json = NULL;
	struct str text;

	str_init(&text, 16 * KIB);
	if (base64url_decode(&text, part) == 0)
		json = json_parse(str_slice(&text));
	str_finish(&text);
	return json;
}

static bool is_signed(
	struct slice text, struct slice signature, struct slice key)
{
	unsigned char digest[SHA256_SIZE];
	struct str given;
	bool good;

	str_init(&given, KIB);
	crypto_hmac_sha256(key, text, digest);
	good = base64url_decode(&given, signature) == 0 &&
	       crypto_equals(str_slice(&given),
		       slice_make((const char *)digest, sizeof(digest)));
	str_finish(&given);
	return good;
}

static bool has_algorithm(struct slice part, struct arena *a)
{
	struct json *header = read_part(part);
	bool good = header != NULL &&
		    slice_equals(json_get(header, "alg", a), "HS256");

	json_free(&header);
	return good;
}

static void copy_number(char out[24], struct slice text)
{
	if (text.data != NULL)
		(void)text_format(
			out, 24, "%.*s", (int)(text.len % 24), text.data);
}

static bool read_payload(
	struct verify_jwt *out, struct slice part, struct arena *a)
{
	struct json *payload = read_part(part);
	struct slice hash;
	struct str digest;

	if (payload == NULL)
		return false;
	copy_number(out->issued, json_get(payload, "iat", a));
	copy_number(out->expires, json_get(payload, "exp", a));
	hash = json_get(payload, "payload_hash", a);
	out->has_digest = hash.data != NULL;
	str_init(&digest, SHA256_SIZE + 1);
	if (hex_decode(&digest, hash) == 0 && digest.len == SHA256_SIZE)
		memcpy(out->body_digest, digest.data, SHA256_SIZE);
	str_finish(&digest);
	json_free(&payload);
	return true;
}

bool verify_text_jwt(
	struct verify_jwt *out, struct slice token, struct slice key)
{
	struct slice rest = token, header, payload, signature;
	struct arena a;
	bool good;

	*out = (struct verify_jwt){ .has_digest = false };
	header = slice_cut(&rest, '.');
	payload = slice_cut(&rest, '.');
	signature = rest;
	if (header.len == 0 || payload.len == 0 || signature.len == 0)
		return false;
	arena_init(&a, 64 * KIB);
	good = is_signed(slice_make(token.data, header.len + 1 + payload.len),
		       signature, key) &&
	       has_algorithm(header, &a) && read_payload(out, payload, &a);
	arena_finish(&a);
	return good;
}

bool verify_jwt_is_of(const struct verify_jwt *jwt, struct slice body)
{
	unsigned char digest[SHA256_SIZE];

	crypto_sha256(body, digest);
	return !jwt->has_digest ||
	       crypto_equals(slice_make((const char *)digest, sizeof(digest)),
		       slice_make((const char *)jwt->body_digest,
			       sizeof(jwt->body_digest)));
}

bool verify_jwt_is_valid(const struct verify_jwt *jwt, int64_t wall_s)
{
	return jwt->expires[0] == '\0' ||
	       strtoll(jwt->expires, NULL, 10) > wall_s;
}
