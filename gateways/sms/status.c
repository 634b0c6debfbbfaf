#include "sms/status.h"

#include <string.h>

#include "base/alloc.h"
#include "net/loop.h"
#include "sms/brought.h"
#include "sms/shared.h"

/* Links come back. */
#define PATIENCE_MS 30000

static const char no_way[] =
	"The telephone network cannot be reached. What you send waits.";

struct status {
	struct sms *sms;
	struct timer patience;
};

bool status_has_way(const struct owner *o)
{
	bool has_number = number_is_assigned(o->sms, o->account);
	if (o->way != NULL)
		return backend_is_up(brought_backend(o));
	list_for_each(it, &o->sms->backends) {
		const struct backend *b = CONTAINER(it, struct backend, link);
		if (b->state != CARRIER_DOWN &&
			backend_carries(b, o->user,
				has_number ? o->account : NULL, NULL))
			return true;
	}
	return false;
}

static void tell(struct owner *o, bool patient)
{
	bool is_away = !status_has_way(o);
	if (!o->is_online || is_away == o->is_away || (is_away && patient))
		return;
	o->is_away = is_away;
	gw_status(o->session, is_away ? GW_AWAY : GW_AVAILABLE,
		is_away ? no_way : NULL);
}

static void tell_all(struct sms *s, bool patient)
{
	size_t pos = 0;
	struct owner *o;
	while ((o = map_next(&s->owners, &pos)) != NULL)
		tell(o, patient);
}

static void on_patience(void *arg)
{
	struct status *status = arg;
	tell_all(status->sms, false);
}

static bool has_down(const struct list *backends)
{
	list_for_each(it, backends)
		if (CONTAINER(it, struct backend, link)->state == CARRIER_DOWN)
			return true;
	return false;
}

static bool is_any_down(const struct sms *s)
{
	return has_down(&s->backends) || has_down(&s->brought_backends);
}

void status_link_changed(struct sms *s)
{
	tell_all(s, true);
	if (is_any_down(s) && !timer_is_running(&s->status->patience))
		timer_start(&s->status->patience, PATIENCE_MS);
}

void status_online(struct owner *o)
{
	struct timer *patience = &o->sms->status->patience;
	o->is_away = false;
	if (!status_has_way(o) && !timer_is_running(patience))
		timer_start(patience, PATIENCE_MS);
}

struct status *status_new(struct sms *s)
{
	struct status *status = xalloc(sizeof(*status));
	status->sms = s;
	timer_init(&status->patience, s->gw->env->loop, "sms status",
		on_patience, status);
	return status;
}

void status_free(struct status **slot)
{
	struct status *status = *slot;
	*slot = NULL;
	if (status == NULL)
		return;
	timer_stop(&status->patience);
	xfree(status);
}
