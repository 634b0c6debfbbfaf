/*
 * Asking a provider's token and device endpoints, and grants as text: the JSON
 * of OAuth. For the other oauth_*.c only.
 */
#ifndef EMAIL_OAUTH_POST_H
#define EMAIL_OAUTH_POST_H

#include "api/gateway.h"
#include "base/macros.h"
#include "base/str.h"
#include "email/oauth.h"
#include "net/loop.h"
#include "net/tls.h"

enum oauth_outcome {
	OAUTH_GOOD,
	OAUTH_REFUSED, /* with an error of RFC 6749 or RFC 8628 */
	OAUTH_TROUBLE, /* no answer, or none that makes sense: later perhaps */
};

/* What of it was there; else NULL and 0. */
struct oauth_reply {
	enum oauth_outcome outcome;
	const char *error; /* "invalid_grant"; "" when it was not refused */
	const char *text;  /* of a failure: why, for people */
	const char *access_token, *refresh_token;
	const char *device_code, *user_code;
	const char *verification_url, *verification_url_complete;
	int64_t expires_s, interval_s;
};

/* Borrowed for the call. */
typedef void (*oauth_reply_fn)(const struct oauth_reply *reply, void *arg);

/* Name and value; `value` NULL: left out. */
struct oauth_parameter {
	const char *name, *value;
};

/* "?a=b&c=d" without the first character, everything escaped. */
void oauth_add_parameters(
	struct str *out, const struct oauth_parameter *parameters);

/* --- One client at one provider ------------------------------------------ */

struct oauth_side {
	const struct gw_env *env;
	struct oauth_client client; /* a copy */
	struct tls_client *tls;     /* NULL: the system's authorities */
};

/* Copy `client`. */
void oauth_side_init(struct oauth_side *side, const struct gw_env *env,
	const struct oauth_client *client);
/* Frees what was copied. */
void oauth_side_finish(struct oauth_side *side);

struct oauth_post;

/* Post the parameters (the last has no name) and what says which client it is.
 * `side` must live until the end; `fn` is called once, never before this
 * returns, and the post is gone then. */
struct oauth_post *oauth_post_start(const struct oauth_side *side,
	const char *url, const struct oauth_parameter *parameters,
	oauth_reply_fn fn, void *arg) MUST_CHECK;
/* Nothing is called after this; takes NULL inside, sets NULL. */
void oauth_post_cancel(struct oauth_post **slot);

/* --- Grants -------------------------------------------------------------- */

struct oauth_grant {
	char *access, *refresh;
	int64_t expires_ms; /* wall clock: of `access` */
};

/* Take what a reply has; a refresh token that is not there stays. False: there
 * is no token in it. */
bool oauth_grant_take(struct oauth_grant *g, const struct oauth_reply *reply);
/* Append as text; secret. */
void oauth_grant_write(struct str *out, const struct oauth_grant *g);
/* -1: it is none. */
int oauth_grant_read(struct oauth_grant *g, const char *text) MUST_CHECK;
/* Wipe and free. */
void oauth_grant_finish(struct oauth_grant *g);

#endif
