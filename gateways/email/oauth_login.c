/*
 * Device:  asking for a code --> shown --> polling --.
 * Paste:   a URL is shown --> pasted --> redeeming ---+--> granted, or failed
 *
 * A login ends by itself when the user has not come back in time.
 */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/log.h"
#include "base/magic.h"
#include "email/oauth_post.h"

#define LOGIN_MAGIC 0x6f6c6f67u

/* RFC 8628 sections 3.2 and 3.5. */
#define POLL_S      5
#define POLL_MAX_S  60
#define SLOW_DOWN_S 5

/* How long the user may take. */
#define PATIENCE_S     900
#define PATIENCE_MIN_S 60
#define PATIENCE_MAX_S 3600

#define VERIFIER_SIZE 44 /* 32 bytes in base64url */
#define CODE_MAX      4096

struct oauth_login {
	unsigned magic;
	struct oauth_side side;
	enum oauth_way way;
	char *address;
	oauth_login_fn fn; /* NULL: over */
	void *arg;
	struct oauth_post *post;
	struct timer patience;
	struct timer poll;
	struct deferred begin;
	char *device_code;
	int64_t interval_s;
	char verifier[VERIFIER_SIZE], state[CRYPTO_ID_SIZE];
	bool is_telling, is_cancelled;
};

/* --- The end ------------------------------------------------------------- */

static void destroy(struct oauth_login *l)
{
	oauth_post_cancel(&l->post);
	timer_stop(&l->patience);
	timer_stop(&l->poll);
	deferred_stop(&l->begin);
	oauth_side_finish(&l->side);
	xfree(l->address);
	xfree(l->device_code);
	crypto_wipe(l->verifier, sizeof(l->verifier));
	l->magic = 0;
	xfree(l);
}

/* False: the login is gone. */
static bool tell(struct oauth_login *l, const struct oauth_news *news)
{
	l->is_telling = true;
	l->fn(news, l->arg);
	l->is_telling = false;
	if (!l->is_cancelled && news->event == OAUTH_SHOW)
		return true;
	destroy(l);
	return false;
}

static void fail(struct oauth_login *l, enum gw_reason reason, const char *text)
{
	const struct oauth_news news = {
		.event = OAUTH_FAILED, .reason = reason, .text = text
	};

	log_info("email", "login in the browser failed provider=%s: %s",
		l->side.client.provider, text);
	(void)tell(l, &news);
}

static void on_patience(void *arg)
{
	struct oauth_login *l = arg;
	const struct oauth_news news = { .event = OAUTH_FAILED,
		.reason = GW_BAD_PASSWORD,
		.text = "nobody logged in in time; begin anew",
		.is_late = true };

	log_info("email", "login in the browser took too long provider=%s",
		l->side.client.provider);
	(void)tell(l, &news);
}

static void grant(struct oauth_login *l, const struct oauth_reply *reply)
{
	struct oauth_grant g = { .access = NULL };
	struct str text = { .max = (size_t)64 * 1024 };
	struct oauth_news news = { .event = OAUTH_GRANTED };

	if (!oauth_grant_take(&g, reply) || g.refresh == NULL) {
		oauth_grant_finish(&g);
		fail(l, GW_UNSUPPORTED,
			"the provider gave no lasting permission; the operator "
			"has to look at the scopes of this gateway");
		return;
	}
	oauth_grant_write(&text, &g);
	oauth_grant_finish(&g);
	news.grant = str_text(&text);
	(void)tell(l, &news);
	crypto_wipe(text.data, text.cap);
	str_finish(&text);
}

/* --- A code for another device ------------------------------------------- */

static void poll_later(struct oauth_login *l)
{
	timer_start(&l->poll, 1000 * l->interval_s);
}

static void slow_down(struct oauth_login *l, int64_t interval_s)
{
	l->interval_s = interval_s < POLL_MAX_S ? interval_s : POLL_MAX_S;
	poll_later(l);
}

static void on_polled(const struct oauth_reply *r, void *arg)
{
	struct oauth_login *l = arg;

	MAGIC_CHECK(l, LOGIN_MAGIC);
	l->post = NULL;
	if (r->outcome == OAUTH_GOOD)
		grant(l, r);
	else if (r->outcome == OAUTH_TROUBLE)
		/* RFC 8628 section 3.5: exponential backoff. */
		slow_down(l, 2 * l->interval_s);
	else if (strcmp(r->error, "authorization_pending") == 0)
		poll_later(l);
	else if (strcmp(r->error, "slow_down") == 0)
		slow_down(l, l->interval_s + SLOW_DOWN_S);
	else if (strcmp(r->error, "expired_token") == 0)
		on_patience(l);
	else
		fail(l, GW_BAD_PASSWORD, r->text);
}

static void on_poll(void *arg)
{
	struct oauth_login *l = arg;
	const struct oauth_parameter parameters[] = {
		{ "grant_type",
			"urn:ietf:params:oauth:grant-type:device_code" },
		{ "device_code", l->device_code },
		{ NULL, NULL },
	};

	l->post = oauth_post_start(
		&l->side, l->side.client.token_url, parameters, on_polled, l);
}

static int64_t within(int64_t value, int64_t low, int64_t high)
{
	if (value < low)
		return low;
	return value < high ? value : high;
}

static void on_code(const struct oauth_reply *r, void *arg)
{
	struct oauth_login *l = arg;
	struct oauth_news news = { .event = OAUTH_SHOW,
		.url = r->verification_url,
		.code = r->user_code,
		.whole_url = r->verification_url_complete };

	MAGIC_CHECK(l, LOGIN_MAGIC);
	l->post = NULL;
	if (r->outcome != OAUTH_GOOD) {
		fail(l,
			r->outcome == OAUTH_TROUBLE ? GW_UNREACHABLE
						    : GW_UNSUPPORTED,
			r->text);
		return;
	}
	if (news.url == NULL || news.code == NULL || r->device_code == NULL) {
		fail(l, GW_UNSUPPORTED, "the provider gave no code");
		return;
	}
	l->device_code = xstrdup(r->device_code);
	l->interval_s = within(
		r->interval_s > 0 ? r->interval_s : POLL_S, 1, POLL_MAX_S);
	news.expires_s =
		(int)within(r->expires_s > 0 ? r->expires_s : PATIENCE_S,
			PATIENCE_MIN_S, PATIENCE_MAX_S);
	timer_start(&l->patience, (int64_t)1000 * news.expires_s);
	poll_later(l);
	(void)tell(l, &news);
}

static void ask_for_code(struct oauth_login *l)
{
	const struct oauth_parameter parameters[] = {
		{ "scope", l->side.client.scopes },
		{ NULL, NULL },
	};

	l->post = oauth_post_start(
		&l->side, l->side.client.device_url, parameters, on_code, l);
}

/* --- A URL to paste ------------------------------------------------------ */

/* RFC 4648 section 5, without padding. */
static void base64url(
	const unsigned char *data, size_t len, char out[VERIFIER_SIZE])
{
	struct str text = { .max = 64 };
	size_t n = 0;

	base64_encode(&text, slice_make((const char *)data, len));
	for (const char *c = str_text(&text); *c != '\0' && *c != '='; c++)
		out[n++] = *c;
	out[n] = '\0';
	for (char *c = out; *c != '\0'; c++) {
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
	}
	str_finish(&text);
}

/* RFC 7636 section 4.2: S256. */
static void make_challenge(struct oauth_login *l, char out[VERIFIER_SIZE])
{
	unsigned char bytes[SHA256_SIZE];

	crypto_random(bytes, sizeof(bytes));
	base64url(bytes, sizeof(bytes), l->verifier);
	crypto_sha256(slice_of(l->verifier), bytes);
	base64url(bytes, sizeof(bytes), out);
	crypto_random_id(l->state);
}

static void show_url(struct oauth_login *l)
{
	const struct oauth_client *client = &l->side.client;
	char challenge[VERIFIER_SIZE];
	struct str url = { .max = (size_t)16 * 1024 };
	const struct oauth_parameter parameters[] = {
		{ "response_type", "code" },
		{ "client_id", client->client_id },
		{ "redirect_uri", client->redirect_url },
		{ "scope", client->scopes },
		{ "state", l->state },
		{ "code_challenge", challenge },
		{ "code_challenge_method", "S256" },
		{ "login_hint", l->address },
		{ NULL, NULL },
	};
	struct oauth_news news = { .event = OAUTH_SHOW,
		.expires_s = PATIENCE_S };

	make_challenge(l, challenge);
	str_add(&url, client->authorize_url);
	str_add_char(
		&url, strchr(client->authorize_url, '?') != NULL ? '&' : '?');
	oauth_add_parameters(&url, parameters);
	if (client->extra != NULL)
		str_addf(&url, "&%s", client->extra);
	news.url = str_text(&url);
	timer_start(&l->patience, (int64_t)1000 * PATIENCE_S);
	(void)tell(l, &news);
	str_finish(&url);
}

/* A value of a form: "+" is a space. */
static void unescape(struct slice in, struct str *out)
{
	while (in.len > 0) {
		struct slice word = slice_cut(&in, '+');

		percent_decode(out, word);
		if (in.data > word.data + word.len)
			str_add_char(out, ' ');
	}
}

/* The parameter `name` of a URL's query into `out`, "" if it is not there. */
static void take_parameter(struct slice url, const char *name, struct str *out)
{
	struct slice query = url;

	str_reset(out);
	(void)slice_cut(&query, '?');
	query = slice_cut(&query, '#');
	while (query.len > 0) {
		struct slice value = slice_cut(&query, '&');
		struct slice key = slice_cut(&value, '=');

		if (slice_equals(key, name)) {
			unescape(value, out);
			return;
		}
	}
}

/* A code is visible ASCII (RFC 6749 appendix A.11), and no URL. */
static bool is_code(struct slice text)
{
	if (text.len < 4 || text.len > CODE_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
	return memmem(text.data, text.len, "://", 3) == NULL;
}

/* The code in what was pasted; a reason for the user when there is none. */
static const char *find_code(
	const struct oauth_login *l, struct slice pasted, struct str *code)
{
	struct str value = { .max = CODE_MAX };
	const char *reason = NULL;

	if (memchr(pasted.data, '?', pasted.len) == NULL) {
		if (!is_code(pasted))
			return "this is not the address at which the browser "
			       "ends";
		/* The verifier ties it to this login. */
		str_add_slice(code, pasted);
		return NULL;
	}
	take_parameter(pasted, "state", &value);
	take_parameter(pasted, "code", code);
	if (!crypto_equals(str_slice(&value), slice_of(l->state)))
		reason = "this is the address of another login; open the link "
			 "again";
	else if (!is_code(str_slice(code)))
		reason = "the provider did not permit it; open the link again";
	str_finish(&value);
	return reason;
}

static void on_redeemed(const struct oauth_reply *r, void *arg)
{
	struct oauth_login *l = arg;

	MAGIC_CHECK(l, LOGIN_MAGIC);
	l->post = NULL;
	if (r->outcome == OAUTH_GOOD)
		grant(l, r);
	else
		fail(l,
			r->outcome == OAUTH_TROUBLE ? GW_UNREACHABLE
						    : GW_BAD_PASSWORD,
			r->text);
}

int oauth_login_answer(
	struct oauth_login *l, const char *pasted, const char **reason_r)
{
	struct str code = { .max = CODE_MAX + 1 };
	struct slice text = slice_trim(slice_of(pasted));

	MAGIC_CHECK(l, LOGIN_MAGIC);
	if (l->way != OAUTH_PASTE || l->post != NULL)
		*reason_r = "nothing is to be pasted now";
	else if (text.len == 0)
		*reason_r = "paste the address at which the browser ended";
	else
		*reason_r = find_code(l, text, &code);
	if (*reason_r == NULL) {
		const struct oauth_parameter parameters[] = {
			{ "grant_type", "authorization_code" },
			{ "code", str_text(&code) },
			{ "redirect_uri", l->side.client.redirect_url },
			{ "code_verifier", l->verifier },
			{ NULL, NULL },
		};

		l->post = oauth_post_start(&l->side, l->side.client.token_url,
			parameters, on_redeemed, l);
	}
	str_finish(&code);
	return *reason_r == NULL ? 0 : -1;
}

/* --- Life ---------------------------------------------------------------- */

static void on_begin(void *arg)
{
	struct oauth_login *l = arg;

	if (l->way == OAUTH_DEVICE)
		ask_for_code(l);
	else
		show_url(l);
}

struct oauth_login *oauth_login_start(const struct gw_env *env,
	const struct oauth_client *client, enum oauth_way way,
	const char *address, oauth_login_fn fn, void *arg)
{
	struct oauth_login *l = xalloc(sizeof(*l));

	assert(fn != NULL);
	assert((way == OAUTH_DEVICE ? client->device_url
				    : client->authorize_url) != NULL);
	l->magic = LOGIN_MAGIC;
	oauth_side_init(&l->side, env, client);
	l->way = way;
	l->address = xstrdup(address);
	l->fn = fn;
	l->arg = arg;
	timer_init(&l->patience, env->loop, "oauth", on_patience, l);
	timer_init(&l->poll, env->loop, "oauth", on_poll, l);
	deferred_init(&l->begin, env->loop, "oauth", on_begin, l);
	deferred_start(&l->begin);
	return l;
}

void oauth_login_cancel(struct oauth_login **slot)
{
	struct oauth_login *l;

	if (slot == NULL || *slot == NULL)
		return;
	l = *slot;
	*slot = NULL;
	MAGIC_CHECK(l, LOGIN_MAGIC);
	l->is_cancelled = true;
	if (!l->is_telling)
		destroy(l);
}
