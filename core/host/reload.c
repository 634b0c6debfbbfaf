/*
 * SIGHUP: values that may change while running are taken from the new
 * configuration in place; the rest is reported by name.
 */
#include <string.h>

#include "base/log.h"
#include "host/contact.h"
#include "host/gateway.h"
#include "host/handlers.h"
#include "host/host.h"
#include "host/user.h"

/* Two lists change places, so that the old one is freed with the new tree. */
static void swap_lists(struct cfg_list *a, struct cfg_list *b)
{
	struct cfg_list t = *a;
	*a = *b;
	*b = t;
}

static void report(bool changed, const char *key)
{
	if (changed)
		log_warning("host",
			"changed in the file but needs a restart key=%s", key);
}

static bool differs(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") != 0;
}

static void report_fixed(const struct options *old, const struct options *new)
{
	report(differs(old->xmpp.host, new->xmpp.host) ||
			old->xmpp.port != new->xmpp.port,
		"xmpp");
	report(differs(old->storage, new->storage), "storage");
	report(differs(old->secrets.key_file, new->secrets.key_file),
		"secrets.key_file");
	report(differs(old->http.listen, new->http.listen) ||
			old->http.port != new->http.port,
		"http");
	report(old->archive.enabled != new->archive.enabled, "archive.enabled");
	report(differs(old->network.nameserver, new->network.nameserver),
		"network.nameserver");
	report(differs(old->network.ca_file, new->network.ca_file),
		"network.ca_file");
	report(differs(old->upload.service, new->upload.service),
		"upload.service");
	report(old->gateways.count != new->gateways.count, "gateways");
}

static struct gateway_options *find(const struct options *o, const char *jid)
{
	for (size_t i = 0; i < o->gateways.count; i++) {
		struct gateway_options *g = o->gateways.items[i];
		if (strcmp(g->jid, jid) == 0)
			return g;
	}
	return NULL;
}

static void limit_sends(struct gateway *g)
{
	size_t pos = 0;
	struct user *u;
	while ((u = map_next(&g->users, &pos)) != NULL)
		user_limit_sends(u);
}

/* The whole of a gateway's options is replaced: by exchanging the structs, so
 * that pointers to them stay good. What the stream uses was copied by it. */
static void reload_gateway(struct gateway *g, const struct options *new)
{
	struct gateway_options *mine = find(g->host->options, g->options->jid);
	struct gateway_options *other = find(new, g->options->jid);
	if (other == NULL || strcmp(other->type, mine->type) != 0) {
		report(true, g->options->jid);
		return;
	}
	report(!secret_equals(mine->secret, other->secret), "secret");
	if (g->api.ops->reload == NULL) {
		void *own = mine->own;
		mine->own = other->own;
		other->own = own;
	}
	struct gateway_options t = *mine;
	*mine = *other;
	*other = t;
	char *jid = mine->jid; /* lent to the gateway: keep the old text */
	mine->jid = other->jid;
	other->jid = jid;
	if (mine->sends_per_minute != other->sends_per_minute)
		limit_sends(g);
	if (g->api.ops->reload != NULL) {
		g->api.config = mine->own;
		g->api.ops->reload(&g->api);
	}
}

/* XEP-0115 section 5.3: clients learn of new features by presence. */
static void announce_caps(struct gateway *g)
{
	size_t pos = 0;
	const struct user *u;
	while ((u = map_next(&g->users, &pos)) != NULL)
		contact_renew_gateway(u);
}

void host_reload(struct host *h, struct options *new)
{
	struct options *old = h->options;
	report_fixed(old, new);
	swap_lists(&old->admins, &new->admins);
	swap_lists(&old->access.allow, &new->access.allow);
	swap_lists(&old->access.deny, &new->access.deny);
	swap_lists(&old->network.allow, &new->network.allow);
	swap_lists(&old->network.ports, &new->network.ports);
	swap_lists(&old->contact.abuse, &new->contact.abuse);
	swap_lists(&old->contact.admin, &new->contact.admin);
	swap_lists(&old->contact.support, &new->contact.support);
	old->archive.days = new->archive.days;
	old->log.level = new->log.level;
	log_set_level((enum log_level)old->log.level);
	host_fill_policy(h);
	list_for_each(it, &h->gateways) {
		struct gateway *g = CONTAINER(it, struct gateway, link);
		reload_gateway(g, new);
		if (disco_update_caps(g))
			announce_caps(g);
	}
	options_free(&new);
	log_info("host", "configuration reloaded");
}
