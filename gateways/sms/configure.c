#include "sms/configure.h"

#include <string.h>

#include "base/log.h"
#include "sms/audit.h"
#include "sms/backend.h"
#include "sms/claims.h"
#include "sms/owner.h"
#include "sms/queue.h"
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

static void needs_restart(const char *name)
{
	log_warning("sms",
		"changed in the file but needs a restart key=backends.%s",
		name);
}

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

/* An open one has other keys now. What its carrier was lent changes places with
 * what is new, and so lives on. */
static void change(struct backend *b, struct sms_backend_config *new)
{
	struct sms_backend_config *old = b->config;
	if (!is_carrier_equal(old, new))
		needs_restart(new->name);
	swap_texts(&old->kind, &new->kind);
	swap_texts(&old->name, &new->name);
	swap(&old->own, &new->own);
	b->config = new;
	if (b->is_left_over)
		cfg_free(old, &sms_backend_group);
	b->is_left_over = false;
	/* In the order of the configuration. */
	list_remove(&b->link);
	list_append(&b->sms->backends, &b->link);
}

static void open_another(struct sms *s, struct sms_backend_config *config)
{
	const char *reason = "";
	if (backend_open(s, config, NULL, &reason) == NULL)
		log_error("sms", "a new backend cannot be used name=%s why=%s",
			config->name, reason);
}

static bool is_in(const struct cfg_list *list, const void *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i] == item)
			return true;
	return false;
}

/* It is no longer in the configuration, and goes on with what it had. */
static void leave_over(struct backend *b, const struct cfg_list *old)
{
	for (size_t i = 0; i < old->count; i++)
		if (old->items[i] == b->config)
			old->items[i] = NULL;
	b->is_left_over = true;
	needs_restart(b->config->name);
	list_remove(&b->link);
	list_append(&b->sms->backends, &b->link);
}

static void change_backends(struct sms *s, const struct cfg_list *old)
{
	const struct cfg_list *new = &s->config->backends;
	for (size_t i = 0; i < new->count; i++) {
		struct sms_backend_config *config = new->items[i];
		struct backend *b = backend_find(s, config->name);
		if (b != NULL)
			change(b, config);
		else
			open_another(s, config);
	}
	struct list *last = s->backends.prev;
	list_for_each_safe(it, &s->backends) {
		struct backend *b = CONTAINER(it, struct backend, link);
		bool is_last = it == last;
		if (!is_in(new, b->config))
			leave_over(b, old);
		if (is_last)
			break;
	}
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
	change_backends(s, &old->backends);
	take_numbers_back(s);
	queue_routes_changed(s);
	status_link_changed(s);
}
