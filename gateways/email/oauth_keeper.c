/*
 *	idle --> refreshing --> idle
 *	             |---> resting (trouble) --> idle
 *	             `---> revoked
 *
 * The access token is renewed before it expires, so that who wants one seldom
 * waits. Whoever wants one while the provider is in trouble is told so, and
 * causes no further request for a while.
 */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/magic.h"
#include "email/oauth_post.h"
#include "net/backoff.h"

#define KEEPER_MAGIC 0x6f6b6570u

#define AHEAD_MS ((int64_t)5 * 60 * 1000)
/* A token that lives shorter is good for this long at least when given. */
#define GOOD_MS  ((int64_t)30 * 1000)

#define REST_MIN_MS 15000
#define REST_MAX_MS ((int64_t)15 * 60 * 1000)

/* The longest that a timer is set; then it is looked at again. */
#define LOOK_MS ((int64_t)24 * 3600 * 1000)

struct oauth_keeper {
	unsigned magic;
	struct oauth_side side;
	struct oauth_grant grant;
	const struct oauth_keeper_events *events;
	void *arg;
	struct oauth_post *post;
	struct timer ahead; /* renew before it expires */
	struct timer rest;  /* no request meanwhile */
	struct deferred giving;
	struct backoff backoff;
	char trouble[256]; /* of the last refresh */
	bool is_wanted, is_stale, is_revoked;
	unsigned depth; /* inside a callback of the owner */
	bool is_freed;  /* ... who freed it */
};

static void destroy(struct oauth_keeper *k)
{
	oauth_post_cancel(&k->post);
	timer_stop(&k->ahead);
	timer_stop(&k->rest);
	deferred_stop(&k->giving);
	oauth_grant_finish(&k->grant);
	oauth_side_finish(&k->side);
	k->magic = 0;
	xfree(k);
}

/* After the owner was called: is the keeper still there? */
static bool is_alive(struct oauth_keeper *k)
{
	k->depth--;
	if (!k->is_freed)
		return true;
	if (k->depth == 0)
		destroy(k);
	return false;
}

static int64_t left_ms(const struct oauth_keeper *k)
{
	return k->grant.expires_ms - clock_wall_ms();
}

static bool is_good(const struct oauth_keeper *k)
{
	return !k->is_stale && k->grant.access[0] != '\0' &&
	       left_ms(k) >= GOOD_MS;
}

/* A token that lives for ten minutes or less is renewed at half time. */
static void plan(struct oauth_keeper *k)
{
	int64_t left = left_ms(k);
	int64_t delay = left > 2 * AHEAD_MS ? left - AHEAD_MS : left / 2;

	timer_start(&k->ahead, delay < LOOK_MS ? delay : LOOK_MS);
}

/* --- Telling ------------------------------------------------------------- */

static void give(struct oauth_keeper *k)
{
	k->is_wanted = false;
	k->depth++;
	k->events->token(k->grant.access, k->arg);
	(void)is_alive(k);
}

static void tell_failure(struct oauth_keeper *k, const char *text)
{
	if (!k->is_wanted)
		return;
	k->is_wanted = false;
	k->depth++;
	k->events->failed(text, k->arg);
	(void)is_alive(k);
}

static bool tell_change(struct oauth_keeper *k)
{
	struct str text = { .max = (size_t)64 * 1024 };

	oauth_grant_write(&text, &k->grant);
	k->depth++;
	k->events->changed(str_text(&text), k->arg);
	crypto_wipe(text.data, text.cap);
	str_finish(&text);
	return is_alive(k);
}

static void revoke(struct oauth_keeper *k, const char *text)
{
	log_info("email", "grant revoked provider=%s: %s",
		k->side.client.provider, text);
	k->is_revoked = true;
	k->is_wanted = false;
	timer_stop(&k->ahead);
	timer_stop(&k->rest);
	k->depth++;
	k->events->revoked(text, k->arg);
	(void)is_alive(k);
}

/* --- Refreshing ---------------------------------------------------------- */

/* The user has to agree again (RFC 6749 section 5.2; what Microsoft adds). */
static bool is_final(const struct oauth_reply *r)
{
	static const char *const errors[] = { "invalid_grant",
		"interaction_required", "consent_required", "login_required" };

	for (size_t i = 0; i < COUNT(errors); i++)
		if (strcmp(r->error, errors[i]) == 0)
			return true;
	return false;
}

/* Neither the user nor time will mend it. */
static bool is_ours(const struct oauth_reply *r)
{
	return strcmp(r->error, "invalid_client") == 0 ||
	       strcmp(r->error, "unauthorized_client") == 0;
}

static void on_trouble(struct oauth_keeper *k, const struct oauth_reply *r)
{
	if (is_ours(r))
		log_error("email",
			"the provider does not accept this gateway as a "
			"client: %s provider=%s",
			r->text, k->side.client.provider);
	text_copy(k->trouble, sizeof(k->trouble), r->text);
	timer_start(&k->rest, backoff_next_ms(&k->backoff) + REST_MIN_MS);
	tell_failure(k, k->trouble);
}

static void on_refreshed(const struct oauth_reply *r, void *arg)
{
	struct oauth_keeper *k = arg;

	MAGIC_CHECK(k, KEEPER_MAGIC);
	k->post = NULL;
	if (r->outcome == OAUTH_GOOD && oauth_grant_take(&k->grant, r)) {
		k->is_stale = false;
		backoff_reset(&k->backoff);
		plan(k);
		if (tell_change(k) && k->is_wanted)
			give(k);
	} else if (is_final(r)) {
		revoke(k, r->text);
	} else {
		struct oauth_reply trouble = *r;

		if (r->outcome == OAUTH_GOOD)
			trouble.text = "the provider gave no token";
		on_trouble(k, &trouble);
	}
}

static void refresh(struct oauth_keeper *k)
{
	const struct oauth_parameter parameters[] = {
		{ "grant_type", "refresh_token" },
		{ "refresh_token", k->grant.refresh },
		{ "scope", k->side.client.scopes },
		{ NULL, NULL },
	};

	if (k->post == NULL && !k->is_revoked)
		k->post = oauth_post_start(&k->side, k->side.client.token_url,
			parameters, on_refreshed, k);
}

static void on_ahead(void *arg)
{
	struct oauth_keeper *k = arg;

	if (left_ms(k) > 2 * AHEAD_MS)
		plan(k);
	else
		refresh(k);
}

/* The rest is over: renew what was to be renewed. */
static void on_rest(void *arg)
{
	struct oauth_keeper *k = arg;

	if (!is_good(k) || left_ms(k) <= AHEAD_MS)
		refresh(k);
}

/* --- Wanting ------------------------------------------------------------- */

static void on_giving(void *arg)
{
	struct oauth_keeper *k = arg;

	MAGIC_CHECK(k, KEEPER_MAGIC);
	if (!k->is_wanted || k->post != NULL)
		return; /* on_refreshed() tells */
	if (is_good(k))
		give(k);
	else if (timer_is_running(&k->rest))
		tell_failure(k, k->trouble);
	else
		refresh(k);
}

void oauth_keeper_want(struct oauth_keeper *k, bool fresh)
{
	MAGIC_CHECK(k, KEEPER_MAGIC);
	if (k->is_revoked)
		return;
	k->is_wanted = true;
	/* What is being asked for already is fresh. */
	if (fresh && k->post == NULL)
		k->is_stale = true;
	deferred_start(&k->giving);
}

/* --- Life ---------------------------------------------------------------- */

struct oauth_keeper *oauth_keeper_new(const struct gw_env *env,
	const struct oauth_client *client, const char *grant,
	const struct oauth_keeper_events *events, void *arg,
	const char **reason_r)
{
	struct oauth_keeper *k;
	struct oauth_grant g;

	if (oauth_grant_read(&g, grant) != 0) {
		oauth_grant_finish(&g);
		*reason_r = "what is stored is no permission of a provider; "
			    "log in again";
		return NULL;
	}
	k = xalloc(sizeof(*k));
	k->magic = KEEPER_MAGIC;
	oauth_side_init(&k->side, env, client);
	k->grant = g;
	k->events = events;
	k->arg = arg;
	timer_init(&k->ahead, env->loop, "oauth", on_ahead, k);
	timer_init(&k->rest, env->loop, "oauth", on_rest, k);
	deferred_init(&k->giving, env->loop, "oauth", on_giving, k);
	backoff_init(&k->backoff, REST_MIN_MS, REST_MAX_MS);
	/* One that has expired is renewed when somebody wants it: after a
	 * start there may be thousands. */
	if (is_good(k))
		plan(k);
	return k;
}

void oauth_keeper_free(struct oauth_keeper **slot)
{
	struct oauth_keeper *k;

	if (slot == NULL || *slot == NULL)
		return;
	k = *slot;
	*slot = NULL;
	MAGIC_CHECK(k, KEEPER_MAGIC);
	k->is_freed = true;
	if (k->depth == 0)
		destroy(k);
}
