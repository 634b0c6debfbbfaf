/*
 * From an address to the servers of its provider, without asking the user:
 *
 *	1. the table of known providers (providers.h), by the domain
 *	2. Thunderbird's autoconfig: at the provider, then in the database
 *	3. SRV records (RFC 6186, RFC 8314)
 *	4. the MX record: its host's provider, by the table or the database
 *	5. names that are usual (imap., mail., smtp.), tried by connecting
 *
 * The first that names both servers counts. Servers without TLS are never
 * taken. That a login works there is for the caller to find out. Nothing but
 * the domain, and the address to the domain's own autoconfig, is told anybody.
 */
#ifndef EMAIL_DISCOVERY_H
#define EMAIL_DISCOVERY_H

#include <stdint.h>

#include "api/gateway.h"
#include "base/macros.h"
#include "email/config.h"
#include "email/provider_list.h"
#include "email/servers.h"
#include "net/tls.h"

struct discovery;
struct mail_pool; /* pool.h */

/* What it works with; lives as long as any discovery. */
struct discovery_env {
	const struct gw_env *gw;
	const struct email_config *config;
	struct tls_client *tls; /* by the configuration's ca_file, verify */
	struct mail_pool *pool; /* reads documents */
	const struct provider_list *providers;
	/* Not 0 and NULL for tests only: instead of 443, and of the usual
	 * names. */
	uint16_t https_port;
	const struct server_guess *guesses;
};

enum discovery_source {
	DISCOVERED_NOWHERE,
	DISCOVERED_TABLE,
	DISCOVERED_AUTOCONFIG, /* of the domain or of the database */
	DISCOVERED_SRV,
	DISCOVERED_MX, /* the table or the database, by the MX's name */
	DISCOVERED_GUESS,
};

struct discovery_result {
	/* GW_OK; GW_BAD_ADDRESS; GW_NO_HOST: there is no such domain, or it
	 * takes no mail; GW_NO_SUCH: nothing was found; GW_UNREACHABLE: later
	 * perhaps. */
	enum gw_reason reason;
	/* What was found where; of a failure: what was tried. For people. */
	const char *words;
	/* The rest is for GW_OK only, but for `provider`: one that is known
	 * but offers no IMAP. */
	enum discovery_source source;
	struct mail_server imap, smtp;
	const char *user;                /* login name of this user */
	const char *oauth;               /* as in struct provider; or NULL */
	const struct provider *provider; /* or NULL */
	/* Only DNS says that the servers are the domain's, and they are
	 * another's: the user has to agree before his password is sent there
	 * (RFC 6186 section 6). */
	bool needs_consent;
};

/* `result` and its texts are borrowed for the call. */
typedef void (*discovery_fn)(const struct discovery_result *result, void *arg);

/* Find the servers of `address` (local@domain, the domain as A-label). `fn` is
 * called once, never before this returns, at the latest after a minute; the
 * discovery is gone then. */
struct discovery *discovery_start(const struct discovery_env *env,
	const char *address, discovery_fn fn, void *arg) MUST_CHECK;
/* Nothing is called after this; takes NULL inside, sets NULL. */
void discovery_cancel(struct discovery **slot);

#endif
