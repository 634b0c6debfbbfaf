#include "host/host.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "host/gateway.h"
#include "host/handlers.h"
#include "host/user.h"

#define EXPIRE_MS    (6 * 3600 * 1000)
#define DAY_MS       (24LL * 3600 * 1000)
/* Both from the beginning; a service manager may have no more patience. */
#define DRAIN_MAX_MS 8000
#define STOP_MAX_MS  9500
#define SOFTWARE     "causeway " CAUSEWAY_VERSION

/* --- Access -------------------------------------------------------------- */

static bool holds(const struct cfg_list *list, const char *bare_jid)
{
	const char *at = strchr(bare_jid, '@');
	const char *domain = at != NULL ? at + 1 : bare_jid;
	for (size_t i = 0; i < list->count; i++) {
		const char *item = list->items[i];
		if (strcmp(item, "*") == 0 || strcmp(item, bare_jid) == 0 ||
			strcmp(item, domain) == 0)
			return true;
	}
	return false;
}

bool host_permits(
	const struct host *h, const struct gateway *g, const char *bare_jid)
{
	if (holds(&h->options->access.deny, bare_jid))
		return false;
	if (h->options->access.allow.count > 0)
		return holds(&h->options->access.allow, bare_jid);
	const char *at = strchr(bare_jid, '@');
	const char *domain = at != NULL ? at + 1 : bare_jid;
	const char *above = strchr(g->options->jid, '.');
	return above != NULL && strcmp(domain, above + 1) == 0;
}

bool host_is_relayed(const struct gateway *g, const char *bare_jid)
{
	const char *at = strchr(bare_jid, '@');
	const struct cfg_list *relays = &g->options->relays;
	for (size_t i = 0; at != NULL && i < relays->count; i++)
		if (strcmp(relays->items[i], at + 1) == 0)
			return true;
	return false;
}

bool host_is_admin(const struct host *h, const char *bare_jid)
{
	const struct cfg_list *admins = &h->options->admins;
	for (size_t i = 0; i < admins->count; i++)
		if (strcmp(admins->items[i], bare_jid) == 0)
			return true;
	return false;
}

/* --- Starting ------------------------------------------------------------ */

void host_fill_policy(struct host *h)
{
	const struct options *o = h->options;
	policy_clear(h->policy);
	for (size_t i = 0; i < o->network.allow.count; i++)
		if (policy_allow(h->policy, o->network.allow.items[i]) != 0)
			log_error("host", "bad range range=%s",
				(const char *)o->network.allow.items[i]);
	for (size_t i = 0; i < o->network.ports.count; i++)
		policy_allow_port(h->policy,
			(uint16_t) * (const int *)o->network.ports.items[i]);
}

static void expire(void *arg)
{
	struct host *h = arg;
	int days = h->options->archive.days;
	if (days > 0)
		archive_expire(
			h->archive, clock_wall_ms() - (int64_t)days * DAY_MS);
	store_expire(h->store, clock_wall_ms());
	timer_start(&h->expiry, EXPIRE_MS);
}

static int start_gateways(struct host *h, const char **reason_r)
{
	for (size_t i = 0; i < h->options->gateways.count; i++)
		if (gateway_new(h, h->options->gateways.items[i], reason_r) ==
			NULL)
			return -1;
	list_for_each(it, &h->gateways)
		gateway_start(CONTAINER(it, struct gateway, link));
	return 0;
}

/* A port that is not to be had is fatal. */
static void start_http_server(struct host *h)
{
	const char *reason;
	uint16_t port = (uint16_t)h->options->http.port;
	if (port == 0)
		return;
	h->http_server = http_server_new(
		h->loop, h->options->http.listen, &port, &reason);
	if (h->http_server == NULL)
		fatal("http: %s port %u: %s", h->options->http.listen, port,
			reason);
	metrics_serve(h);
}

/* The ways to the outside that gateways share. */
static int start_network(struct host *h, const char **reason_r)
{
	const char *nameserver = h->options->network.nameserver;
	const char *ca_file = h->options->network.ca_file;
	h->policy = policy_new();
	host_fill_policy(h);
	h->resolver = resolver_new(h->loop, nameserver);
	h->dns = dns_new(h->loop, nameserver);
	if (ca_file != NULL) {
		h->tls = tls_client_new(ca_file, true, reason_r);
		if (h->tls == NULL)
			return -1;
	}
	h->http = http_client_new(
		h->loop, h->resolver, h->policy, h->tls, SOFTWARE);
	start_http_server(h);
	h->env = (struct gw_env){ .loop = h->loop,
		.resolver = h->resolver,
		.policy = h->policy,
		.software = SOFTWARE,
		.http = h->http,
		.http_server = h->http_server,
		.dns = h->dns };
	return 0;
}

static int start(struct host *h, const char **reason_r)
{
	log_set_level((enum log_level)h->options->log.level);
	if (start_network(h, reason_r) != 0)
		return -1;
	h->store = store_open(h->loop, h->options->storage,
		h->options->secrets.key_file, reason_r);
	if (h->store == NULL)
		return -1;
	h->archive = archive_open(h->store);
	if (h->archive == NULL) {
		*reason_r = "the archive can't be read; see the log lines "
			    "above";
		return -1;
	}
	if (start_gateways(h, reason_r) != 0)
		return -1;
	timer_start(&h->expiry, EXPIRE_MS / 100);
	return 0;
}

static void drain_late(void *arg);
static void stop_late(void *arg);

struct host *host_start(
	struct loop *l, struct options *options, const char **reason_r)
{
	struct host *h = xalloc(sizeof(*h));
	h->loop = l;
	h->options = options;
	h->started_ms = loop_now_ms(l);
	crypto_random(&h->run, sizeof(h->run));
	list_init(&h->gateways);
	timer_init(&h->expiry, l, "expiry", expire, h);
	timer_init(&h->draining, l, "draining", drain_late, h);
	timer_init(&h->stopping, l, "stopping", stop_late, h);
	if (start(h, reason_r) != 0) {
		host_free(&h);
		return NULL;
	}
	return h;
}

bool host_is_ready(const struct host *h)
{
	list_for_each(it, &h->gateways) {
		const struct gateway *g = CONTAINER(it, struct gateway, link);
		if (component_state(g->component) != COMPONENT_READY)
			return false;
	}
	return true;
}

/* --- Stopping ------------------------------------------------------------ */

static void stopped(struct host *h)
{
	void (*done)(void *arg) = h->stop_done;
	timer_stop(&h->draining);
	timer_stop(&h->stopping);
	h->stop_done = NULL;
	if (done != NULL)
		done(h->stop_arg);
}

static void stop_late(void *arg)
{
	log_warning("host", "stopping although a stream did not end");
	stopped(arg);
}

static void drain_late(void *arg)
{
	host_hurry(arg);
}

void host_hurry(struct host *h)
{
	list_for_each(it, &h->gateways)
		gateway_hurry(CONTAINER(it, struct gateway, link));
}

static void gateway_stopped(void *arg)
{
	struct host *h = arg;
	if (--h->stopping_count == 0)
		stopped(h);
}

void host_stop(struct host *h, void (*done)(void *arg), void *arg)
{
	h->stop_done = done;
	h->stop_arg = arg;
	timer_stop(&h->expiry);
	h->stopping_count = 1;
	timer_start(&h->draining, DRAIN_MAX_MS);
	timer_start(&h->stopping, STOP_MAX_MS);
	list_for_each(it, &h->gateways) {
		h->stopping_count++;
		gateway_stop(CONTAINER(it, struct gateway, link),
			gateway_stopped, h);
	}
	gateway_stopped(h);
}

void host_free(struct host **slot)
{
	struct host *h = *slot;
	if (h == NULL)
		return;
	*slot = NULL;
	timer_stop(&h->expiry);
	timer_stop(&h->draining);
	timer_stop(&h->stopping);
	http_server_stop(h->http_server);
	list_for_each(it, &h->gateways)
		gateway_close(CONTAINER(it, struct gateway, link));
	if (h->archive != NULL)
		archive_close(&h->archive);
	/* Calls back for everything that is still under way. */
	if (h->store != NULL)
		store_close(&h->store);
	list_for_each_safe(it, &h->gateways) {
		struct gateway *g = CONTAINER(it, struct gateway, link);
		gateway_free(&g);
	}
	http_server_free(&h->http_server);
	http_client_free(&h->http);
	tls_client_free(&h->tls);
	dns_free(&h->dns);
	resolver_free(&h->resolver);
	policy_free(&h->policy);
	options_free(&h->options);
	xfree(h);
}
