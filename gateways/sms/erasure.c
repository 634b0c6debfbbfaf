#include "sms/erasure.h"

#include <string.h>

#include "base/alloc.h"
#include "sms/brought_record.h"
#include "sms/claims.h"
#include "sms/group.h"
#include "sms/inbound.h"
#include "sms/owner.h"
#include "sms/queue.h"
#include "sms/shared.h"

struct erasure {
	struct list link; /* sms->erasures */
	char *user, *account;
};

static bool is_meant(
	const struct owner *o, const char *user, const char *account)
{
	return strcmp(o->user, user) == 0 &&
	       (account == NULL || strcmp(o->account, account) == 0);
}

/* One that has something left; NULL: none. */
static struct owner *find_owner(
	const struct sms *s, const char *user, const char *account)
{
	size_t pos = 0;
	struct owner *o;
	while ((o = map_next(&s->owners, &pos)) != NULL)
		if (is_meant(o, user, account) &&
			(!list_is_empty(&o->messages) ||
				!list_is_empty(&o->texts)))
			return o;
	return NULL;
}

static void erase(struct sms *s, const char *user, const char *account)
{
	struct owner *o;
	while ((o = find_owner(s, user, account)) != NULL) {
		o->is_held = true;
		queue_forget(o);
		inbound_forget(o);
		o->is_held = false;
		owner_release(o);
	}
	shared_forget(s, user, account);
	claims_forget(s, user, account);
	brought_forget(s, user, account);
	groups_forget(s, user, account);
}

void sms_forget(struct gw *gw, const char *user, const char *account)
{
	struct sms *s = sms_of(gw);
	if (s->is_loaded) {
		erase(s, user, account);
		return;
	}
	struct erasure *e = xalloc(sizeof(*e));
	e->user = xstrdup(user);
	xstrset(&e->account, account);
	list_append(&s->erasures, &e->link);
}

static void erasure_free(struct erasure *e)
{
	list_remove(&e->link);
	xfree(e->user);
	xfree(e->account);
	xfree(e);
}

void erasures_loaded(struct sms *s)
{
	list_for_each_safe(it, &s->erasures) {
		struct erasure *e = CONTAINER(it, struct erasure, link);
		erase(s, e->user, e->account);
		erasure_free(e);
	}
}

void erasures_free(struct sms *s)
{
	list_for_each_safe(it, &s->erasures)
		erasure_free(CONTAINER(it, struct erasure, link));
}
