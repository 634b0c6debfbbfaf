/*
 * The daemon as one object: what all gateways share, the order of starting
 * and stopping. See gateway.h for one gateway.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "api/gateway.h"
#include "base/list.h"
#include "host/options.h"
#include "net/dns.h"
#include "net/http.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "net/policy.h"
#include "net/resolve.h"
#include "store/archive.h"
#include "store/store.h"

struct host {
	struct loop *loop;
	struct resolver *resolver;
	struct policy *policy;
	struct dns *dns;
	struct tls_client *tls; /* by network.ca_file; NULL: the system's */
	struct http_client *http;
	struct http_server *http_server; /* NULL: the operator wants none */
	struct store *store;
	struct archive *archive;
	struct options *options;
	struct gw_env env;    /* lent to the gateways */
	struct list gateways; /* struct gateway.link */
	int64_t started_ms;   /* loop time */
	int64_t run;          /* random: tells this process from others */
	/* Called when the host wants the process to reload or to end (an
	 * administrator's command), and when host_is_ready() may have
	 * changed. Set by main. */
	bool (*reload)(void *arg); /* false: all stays as it was */
	void (*stop)(void *arg);
	void (*ready_changed)(void *arg);
	void *arg;
	struct timer expiry;   /* of what is old in the store */
	struct timer draining; /* the longest that networks may take to end */
	struct timer stopping; /* the longest that all of stopping may take */
	int stopping_count;    /* streams that have not ended */
	void (*stop_done)(void *arg);
	void *stop_arg;
};

/* Open the store, load the accounts, start every component stream. NULL with
 * a reason when the operator has to mend something first. `options` belongs
 * to the host from then on. */
struct host *host_start(struct loop *l, struct options *options,
	const char **reason_r) MUST_CHECK;

/* What is under way on the networks ends, then farewells, sessions and streams
 * closed in order; `done` when all is sent or after 9.5 s. Then host_free(). */
void host_stop(struct host *h, void (*done)(void *arg), void *arg);
/* It takes too long: wait no longer for the networks. */
void host_hurry(struct host *h);
/* Closes what is still open; what the store has to write is written. Takes
 * NULL inside, sets NULL. */
void host_free(struct host **slot);

/* Apply a new configuration (taken over); keys that need a restart are
 * logged by name and stay as they were. */
void host_reload(struct host *h, struct options *new);

/* Bring the outbound policy in line with the options. */
void host_fill_policy(struct host *h);

/* True when every component stream is authenticated. */
bool host_is_ready(const struct host *h);

/* May this user use this gateway at all (access.register, access.deny)? */
struct gateway;
bool host_permits(
	const struct host *h, const struct gateway *g, const char *bare_jid);
/* Does a service stand between us and him (gateways.relays)? It hands on to him
 * what is addressed to him (XEP-0033) in messages to its domain, and nothing of
 * rooms. */
bool host_is_relayed(const struct gateway *g, const char *bare_jid);
/* Is he one of `admins`? */
bool host_is_admin(const struct host *h, const char *bare_jid);

#endif
