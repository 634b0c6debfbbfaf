/*
 * Logging in to a provider in the browser (OAuth 2.0, RFC 6749), and keeping
 * the grant alive. Two ways to a grant: a code that the user types on another
 * device (RFC 8628), and the URL at which his browser ends, which he pastes
 * (authorization code with PKCE, RFC 7636). The client is the operator's own
 * (configuration); none is built in.
 */
#ifndef EMAIL_OAUTH_H
#define EMAIL_OAUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "api/gateway.h"
#include "base/macros.h"
#include "base/str.h"
#include "email/config.h"

/* --- Providers ----------------------------------------------------------- */

/* A client at a provider, with the provider's own URLs where the configuration
 * has none. Borrowed from the configuration. */
struct oauth_client {
	const char *provider, *client_id;
	struct secret *client_secret; /* or NULL */
	const char *authorize_url;    /* NULL: that way is not there */
	const char *device_url;       /* likewise */
	const char *token_url, *scopes, *redirect_url;
	const char *extra;   /* further parameters of authorize_url; or NULL */
	const char *ca_file; /* NULL: the system's */
};

/* The operator's client for `provider` ("google"), or for the provider that
 * serves this IMAP host (either may be NULL). False: he has set up none. */
bool oauth_client_get(const struct email_config *config, const char *provider,
	const char *imap_host, struct oauth_client *client_r);

/* --- Getting a grant ----------------------------------------------------- */

struct oauth_login;

enum oauth_event {
	OAUTH_SHOW,    /* the user has to open `url`; where `code` is set,
			  type it there; without it, paste the URL at which
			  his browser ends into oauth_login_answer() */
	OAUTH_GRANTED, /* `grant` is to be stored as a secret; over */
	OAUTH_FAILED,  /* over; `reason` and `text` say why */
};

struct oauth_news {
	enum oauth_event event;
	const char *url;
	const char *code;
	const char *whole_url; /* with the code in it; or NULL */
	int expires_s;         /* how long the user may take */
	const char *grant;     /* opaque text for oauth_keeper_new() */
	enum gw_reason reason;
	const char *text; /* for the user */
	bool is_late;     /* of a failure: he did not come back in time */
};

/* OAUTH_SHOW once, then one of the others. Borrowed for the call. */
typedef void (*oauth_login_fn)(const struct oauth_news *news, void *arg);

enum oauth_way { OAUTH_DEVICE, OAUTH_PASTE };

/* Begin; `client` (copied) must have the way; `address` is a hint for the
 * provider. `fn` is never called before this returns; the login is gone after
 * OAUTH_GRANTED and OAUTH_FAILED. */
struct oauth_login *oauth_login_start(const struct gw_env *env,
	const struct oauth_client *client, enum oauth_way way,
	const char *address, oauth_login_fn fn, void *arg) MUST_CHECK;
/* What the user pasted: a URL, or only the code. -1 with a reason for him when
 * it is of no use; then he may try again. */
int oauth_login_answer(struct oauth_login *l, const char *pasted,
	const char **reason_r) MUST_CHECK;
/* Nothing is called after this; takes NULL inside, sets NULL. */
void oauth_login_cancel(struct oauth_login **slot);

/* --- Keeping it ---------------------------------------------------------- */

/* One per account: it is the only one that refreshes its grant. */
struct oauth_keeper;

struct oauth_keeper_events {
	/* An access token that is good for some minutes at least, after
	 * oauth_keeper_want(); secret, borrowed for the call. */
	void (*token)(const char *access, void *arg);
	/* The wanted token cannot be had now; try again later. */
	void (*failed)(const char *text, void *arg);
	/* The grant changed and has to be stored, before anything else. */
	void (*changed)(const char *grant, void *arg);
	/* The grant is worth nothing any more: the user must log in again.
	 * The keeper asks the provider nothing from now on. */
	void (*revoked)(const char *text, void *arg);
};

/* NULL with a reason when `grant` is none. Tokens are renewed five minutes
 * before they expire, as long as the keeper is there. */
struct oauth_keeper *oauth_keeper_new(const struct gw_env *env,
	const struct oauth_client *client, const char *grant,
	const struct oauth_keeper_events *events, void *arg,
	const char **reason_r) MUST_CHECK;
/* A token is needed: token(), failed() or revoked() follows, never before this
 * returns. `fresh`: the server refused the last one, get another. */
void oauth_keeper_want(struct oauth_keeper *k, bool fresh);
/* Nothing is called after this; takes NULL inside, sets NULL. */
void oauth_keeper_free(struct oauth_keeper **slot);

#endif
