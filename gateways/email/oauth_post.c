#include "email/oauth_post.h"

#include <jansson.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/log.h"
#include "base/utf8.h"
#include "net/http_client.h"

/* Tokens of some providers have 2 to 4 KiB. */
#define TOKEN_MAX ((size_t)16 * 1024)
#define FORM_MAX  ((size_t)64 * 1024)
#define REPLY_MAX ((size_t)64 * 1024)
#define WORDS_MAX 400

/* Without a word about it (RFC 6749 section 4.2.2), and the bounds. */
#define EXPIRES_DEFAULT_S 3600
#define EXPIRES_MIN_S     60
#define EXPIRES_MAX_S     ((int64_t)366 * 24 * 3600)

struct oauth_post {
	struct http_call *call;
	oauth_reply_fn fn;
	void *arg;
};

/* --- Forms --------------------------------------------------------------- */

void oauth_add_parameters(
	struct str *out, const struct oauth_parameter *parameters)
{
	bool is_first = true;

	for (; parameters->name != NULL; parameters++) {
		if (parameters->value == NULL)
			continue;
		if (!is_first)
			str_add_char(out, '&');
		is_first = false;
		str_add(out, parameters->name);
		str_add_char(out, '=');
		percent_encode(out, slice_of(parameters->value));
	}
}

static void wipe(struct str *s)
{
	if (s->data != NULL)
		crypto_wipe(s->data, s->cap);
	str_finish(s);
}

/* --- Replies ------------------------------------------------------------- */

/* A text of a sane length without control characters, or NULL. */
static const char *text_at(const json_t *root, const char *key)
{
	const json_t *value = json_object_get(root, key);
	const char *text = json_string_value(value);

	if (text == NULL || text[0] == '\0' ||
		json_string_length(value) > TOKEN_MAX ||
		strlen(text) != json_string_length(value))
		return NULL;
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return NULL;
	return text;
}

/* Some say numbers as texts. */
static int64_t number_at(const json_t *root, const char *key)
{
	const json_t *value = json_object_get(root, key);
	const char *text = json_string_value(value);
	double number = json_number_value(value);
	size_t len = text != NULL ? strlen(text) : 0;

	if (len > 0 && len < 10 && strspn(text, "0123456789") == len)
		return strtol(text, NULL, 10);
	return number > 0 && number < 1e9 ? (int64_t)number : 0;
}

/* Links are shown to people: https, and nothing that ends them early. */
static const char *url_at(const json_t *root, const char *key)
{
	const char *text = text_at(root, key);

	if (text == NULL || strncmp(text, "https://", 8) != 0 ||
		strpbrk(text, " <>\"") != NULL || strlen(text) > 2000)
		return NULL;
	return text;
}

static void read_tokens(const json_t *root, struct oauth_reply *r)
{
	r->access_token = text_at(root, "access_token");
	r->refresh_token = text_at(root, "refresh_token");
	r->device_code = text_at(root, "device_code");
	r->user_code = text_at(root, "user_code");
	r->verification_url = url_at(root, "verification_uri");
	if (r->verification_url == NULL) /* before RFC 8628 */
		r->verification_url = url_at(root, "verification_url");
	r->verification_url_complete =
		url_at(root, "verification_uri_complete");
	r->expires_s = number_at(root, "expires_in");
	r->interval_s = number_at(root, "interval");
}

static void explain_refusal(
	const json_t *root, struct oauth_reply *r, struct str *words)
{
	const char *description = text_at(root, "error_description");
	struct str clean = { .max = (size_t)4 * TOKEN_MAX };

	r->error = text_at(root, "error");
	if (r->error == NULL)
		return;
	r->outcome = OAUTH_REFUSED;
	utf8_clean(
		&clean, slice_of(description != NULL ? description : r->error));
	str_add_slice(
		words, slice_make(clean.data,
			       utf8_prefix(str_slice(&clean), WORDS_MAX / 2)));
	str_finish(&clean);
}

static void judge(const struct http_answer *answer, const json_t *root,
	struct oauth_reply *r, struct str *words)
{
	r->outcome = OAUTH_TROUBLE;
	r->error = "";
	if (answer->error != HTTP_OK) {
		/* Why is for the operator. */
		log_warning("email", "no answer from %s: %s",
			answer->url != NULL ? answer->url : "a provider",
			answer->reason);
		str_add(words, "the provider cannot be reached");
	} else if (answer->status == 200 && json_is_object(root)) {
		r->outcome = OAUTH_GOOD;
		read_tokens(root, r);
	} else {
		if (json_is_object(root))
			explain_refusal(root, r, words);
		if (words->len == 0)
			str_addf(words, "the provider answers with an error %d",
				answer->status);
		if (r->error == NULL)
			r->error = "";
	}
	r->text = str_text(words);
}

static void on_answer(const struct http_answer *answer, void *arg)
{
	struct oauth_post *p = arg;
	struct oauth_reply reply = { .error = "" };
	struct str words = { .max = WORDS_MAX };
	json_t *root =
		json_loadb(answer->body.data != NULL ? answer->body.data : "",
			answer->body.len, JSON_REJECT_DUPLICATES, NULL);

	p->call = NULL;
	judge(answer, root, &reply, &words);
	p->fn(&reply, p->arg);
	json_decref(root);
	str_finish(&words);
	xfree(p);
}

struct oauth_post *oauth_post_start(const struct oauth_side *side,
	const char *url, const struct oauth_parameter *parameters,
	oauth_reply_fn fn, void *arg)
{
	static const char *const headers[] = {
		"Content-Type: application/x-www-form-urlencoded",
		"Accept: application/json", NULL
	};
	const struct secret *secret = side->client.client_secret;
	const struct oauth_parameter identity[] = {
		{ "client_id", side->client.client_id },
		{ "client_secret",
			secret != NULL ? secret_reveal(secret).data : NULL },
		{ NULL, NULL },
	};
	struct oauth_post *p = xalloc(sizeof(*p));
	struct str form = { .max = FORM_MAX };
	struct http_order order = {
		.url = url,
		.method = "POST",
		.headers = headers,
		.tls = side->tls,
		.is_operators = true,
		.max = REPLY_MAX,
		.timeout_ms = 30000,
		.done = on_answer,
		.arg = p,
	};

	oauth_add_parameters(&form, parameters);
	str_add_char(&form, '&');
	oauth_add_parameters(&form, identity);
	p->fn = fn;
	p->arg = arg;
	order.body = str_slice(&form);
	p->call = http_client_start(side->env->http, &order);
	wipe(&form);
	return p;
}

void oauth_post_cancel(struct oauth_post **slot)
{
	struct oauth_post *p;

	if (slot == NULL || *slot == NULL)
		return;
	p = *slot;
	*slot = NULL;
	/* In its own callback it is about to go anyway. */
	if (p->call == NULL)
		return;
	http_client_cancel(&p->call);
	xfree(p);
}

/* --- Clients ------------------------------------------------------------- */

/* The texts of a client, which are borrowed in a client and owned in a copy. */
static const char **texts_of(struct oauth_client *c, size_t i)
{
	const char **const texts[] = { &c->provider, &c->client_id,
		&c->authorize_url, &c->device_url, &c->token_url, &c->scopes,
		&c->redirect_url, &c->extra, &c->ca_file };

	return i < COUNT(texts) ? texts[i] : NULL;
}

void oauth_side_init(struct oauth_side *side, const struct gw_env *env,
	const struct oauth_client *client)
{
	struct oauth_client *copy = &side->client;
	const char *reason;
	const char **text;

	*side = (struct oauth_side){ .env = env, .client = *client };
	for (size_t i = 0; (text = texts_of(copy, i)) != NULL; i++)
		*text = xstrdup(*text);
	copy->client_secret = secret_dup(client->client_secret);
	if (copy->ca_file == NULL)
		return;
	side->tls = tls_client_new(copy->ca_file, true, &reason);
	if (side->tls == NULL)
		log_error("email", "%s: %s", copy->ca_file, reason);
}

void oauth_side_finish(struct oauth_side *side)
{
	const char **text;

	for (size_t i = 0; (text = texts_of(&side->client, i)) != NULL; i++) {
		char *owned;

		memcpy(&owned, text, sizeof(owned));
		xfree(owned);
		*text = NULL;
	}
	secret_free(&side->client.client_secret);
	tls_client_free(&side->tls);
}

/* --- Grants -------------------------------------------------------------- */

static void set_token(char **slot, const char *token)
{
	if (*slot != NULL)
		crypto_wipe(*slot, strlen(*slot));
	xstrset(slot, token);
}

bool oauth_grant_take(struct oauth_grant *g, const struct oauth_reply *reply)
{
	int64_t expires_s = reply->expires_s;

	if (reply->access_token == NULL)
		return false;
	if (expires_s == 0)
		expires_s = EXPIRES_DEFAULT_S;
	if (expires_s < EXPIRES_MIN_S)
		expires_s = EXPIRES_MIN_S;
	if (expires_s > EXPIRES_MAX_S)
		expires_s = EXPIRES_MAX_S;
	set_token(&g->access, reply->access_token);
	if (reply->refresh_token != NULL)
		set_token(&g->refresh, reply->refresh_token);
	g->expires_ms = clock_wall_ms() + 1000 * expires_s;
	return true;
}

void oauth_grant_write(struct str *out, const struct oauth_grant *g)
{
	json_t *root = json_pack("{s:s, s:s, s:I}", "access", g->access,
		"refresh", g->refresh, "expires", (json_int_t)g->expires_ms);
	char *text = json_dumps(root, JSON_COMPACT);

	str_add(out, text);
	crypto_wipe(text, strlen(text));
	free(text);
	json_decref(root);
}

int oauth_grant_read(struct oauth_grant *g, const char *text)
{
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const char *access = text_at(root, "access");
	const char *refresh = text_at(root, "refresh");

	*g = (struct oauth_grant){ .access = NULL };
	if (refresh != NULL) {
		g->access = xstrdup(access != NULL ? access : "");
		g->refresh = xstrdup(refresh);
		g->expires_ms =
			json_integer_value(json_object_get(root, "expires"));
	}
	json_decref(root);
	return g->refresh != NULL ? 0 : -1;
}

void oauth_grant_finish(struct oauth_grant *g)
{
	set_token(&g->access, NULL);
	set_token(&g->refresh, NULL);
}
