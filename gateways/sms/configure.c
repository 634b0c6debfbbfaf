#include "sms/configure.h"

#include <string.h>

#include "base/log.h"
#include "sms/audit.h"
#include "sms/backend.h"
#include "sms/claims.h"
#include "sms/inbound.h"
#include "sms/owner.h"
#include "sms/parts.h"
#include "sms/queue.h"
#include "sms/receipts.h"
#include "sms/session.h"
#include "sms/shared.h"
#include "sms/status.h"
#include "sms_data/countries.h"

/* The one of the configuration, or of the first number. */
static const char *home_of(const struct sms_config *c)
{
	const struct country *country = NULL;
	if (c->country != NULL)
		return c->country;
	for (size_t i = 0; i < c->assign.count && country == NULL; i++) {
		const struct sms_assign_config *a = c->assign.items[i];
		country = country_of(a->number);
	}
	for (size_t i = 0; i < c->backends.count && country == NULL; i++) {
		const struct sms_backend_config *b = c->backends.items[i];
		if (b->numbers.count > 0)
			country = country_of(b->numbers.items[0]);
	}
	return country != NULL ? country->iso : NULL;
}

void sms_configure(struct sms *s)
{
	s->config = s->gw->config;
	s->home = home_of(s->config);
	s->place.country = s->config->country;
	s->place.domain = s->gw->jid;
}

/* --- Backends ------------------------------------------------------------- */

static void swap(void **a, void **b)
{
	void *t = *a;
	*a = *b;
	*b = t;
}

static void swap_texts(char **a, char **b)
{
	char *t = *a;
	*a = *b;
	*b = t;
}

static bool is_carrier_equal(
	const struct sms_backend_config *a, const struct sms_backend_config *b)
{
	return strcmp(a->kind, b->kind) == 0 &&
	       cfg_equal(a->own, b->own, sms_carrier_find(a->kind)->config);
}

/* An open one has other keys now, but for those of its carrier. What that was lent
 * changes places with what is new, and so lives on. */
static void change(struct backend *b, struct sms_backend_config *new)
{
	struct sms_backend_config *old = b->config;
	swap_texts(&old->kind, &new->kind);
	swap_texts(&old->name, &new->name);
	swap(&old->own, &new->own);
	b->config = new;
}

static void open_another(struct sms *s, struct sms_backend_config *config)
{
	const char *reason = "";
	if (backend_open(s, config, NULL, &reason) == NULL)
		log_error("sms", "a new backend cannot be used name=%s why=%s",
			config->name, reason);
}

/* In the order of the configuration, as it says what is tried first; behind them
 * those that leave. */
static void sort_backends(struct sms *s)
{
	for (size_t i = s->config->backends.count; i > 0; i--) {
		const struct sms_backend_config *config =
			s->config->backends.items[i - 1];
		struct backend *b = backend_find(s, config->name);
		if (b == NULL || b->is_leaving)
			continue;
		list_remove(&b->link);
		list_insert(&s->backends, &b->link);
	}
	queue_find_backends(s);
}

static struct sms_backend_config *find_config(
	const struct sms *s, const char *name)
{
	for (size_t i = 0; i < s->config->backends.count; i++) {
		struct sms_backend_config *config =
			s->config->backends.items[i];
		if (strcmp(config->name, name) == 0)
			return config;
	}
	return NULL;
}

/* Nothing is under way by it any more: what is to take its place (path of
 * callbacks, device, the only bind that an SMSC grants) is free. */
static void replace(struct backend *b)
{
	struct sms *s = b->sms;
	struct sms_backend_config *config = find_config(s, b->config->name);
	log_info("sms", "closed backend=%s", b->config->name);
	list_remove(&b->link);
	queue_leave(b);
	receipts_detach(b);
	inbound_detach(b);
	parts_detach(b);
	backend_stop(b);
	if (config != NULL)
		open_another(s, config);
	sort_backends(s);
	queue_routes_changed(s);
	queue_left(b);
	backend_close(&b);
	status_link_changed(s);
}

/* It ends what is under way, with the keys that it has. */
static void leave(struct backend *b, const struct cfg_list *old)
{
	for (size_t i = 0; i < old->count; i++)
		if (old->items[i] == b->config)
			old->items[i] = NULL;
	backend_leave(b, replace);
}

static void change_backends(struct sms *s, const struct cfg_list *old)
{
	const struct cfg_list *new = &s->config->backends;
	list_for_each_safe(it, &s->backends) {
		struct backend *b = CONTAINER(it, struct backend, link);
		struct sms_backend_config *config =
			find_config(s, b->config->name);
		if (b->is_leaving)
			continue;
		if (config != NULL && is_carrier_equal(b->config, config))
			change(b, config);
		else
			leave(b, old);
	}
	for (size_t i = 0; i < new->count; i++) {
		struct sms_backend_config *config = new->items[i];
		if (backend_find(s, config->name) == NULL)
			open_another(s, config);
	}
	sort_backends(s);
}

/* --- Users ---------------------------------------------------------------- */

/* What was proven or brought is not his once it is the operator's own. */
static bool stays_his(const struct owner *o)
{
	if (o->way == NULL)
		return owner_is_allowed(o);
	return !number_is_assigned(o->sms, o->account) &&
	       !number_is_shared(o->sms, o->account);
}

static void take_numbers_back(struct sms *s)
{
	size_t pos = 0;
	struct owner *o;
	while ((o = map_next(&s->owners, &pos)) != NULL) {
		if (o->is_online && !stays_his(o))
			session_refuse(o,
				"This number is not yours here any more. Ask "
				"the operator of this gateway.");
	}
}

/* --- All of it ------------------------------------------------------------ */

void sms_reload(struct gw *gw)
{
	struct sms *s = sms_of(gw);
	const struct sms_config *old = s->config;
	sms_configure(s);
	claims_configure(s);
	audit_configure(s);
	if (!s->is_loaded || s->is_draining)
		return;
	/* What waits is not to leave from the number of somebody else. */
	take_numbers_back(s);
	change_backends(s, &old->backends);
	queue_routes_changed(s);
	status_link_changed(s);
}
