#include "sms/owner.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "sms/claims.h"
#include "sms/shared.h"

static char *key_of(const char *user, const char *account)
{
	struct str key = { .max = 8 * KIB };
	str_addf(&key, "%s\n%s", user, account);
	char *text = xstrdup(str_text(&key));
	str_finish(&key);
	return text;
}

struct owner *owner_find(
	const struct sms *s, const char *user, const char *account)
{
	char *key = key_of(user, account);
	struct owner *o = map_get_text(&s->owners, key);
	xfree(key);
	return o;
}

struct owner *owner_get(struct sms *s, const char *user, const char *account)
{
	struct owner *o = owner_find(s, user, account);
	if (o != NULL)
		return o;
	o = xalloc(sizeof(*o));
	o->sms = s;
	o->key = key_of(user, account);
	o->user = xstrdup(user);
	o->account = xstrdup(account);
	list_init(&o->messages);
	list_init(&o->texts);
	list_init(&o->seats);
	list_init(&o->begun);
	map_put_text(&s->owners, o->key, o);
	return o;
}

static void owner_free(struct owner *o)
{
	xfree(o->key);
	xfree(o->user);
	xfree(o->account);
	xfree(o->last_id);
	xfree(o);
}

void owner_release(struct owner *o)
{
	if (o->is_held || o->session != NULL || !list_is_empty(&o->messages) ||
		!list_is_empty(&o->texts))
		return;
	map_remove_text(&o->sms->owners, o->key);
	owner_free(o);
}

void owners_finish(struct sms *s)
{
	size_t pos = 0;
	struct owner *o;
	while ((o = map_next(&s->owners, &pos)) != NULL)
		owner_free(o);
	map_finish(&s->owners);
}

bool owner_is_allowed(const struct owner *o)
{
	const struct cfg_list *assign = &o->sms->config->assign;
	for (size_t i = 0; i < assign->count; i++) {
		const struct sms_assign_config *a = assign->items[i];
		if (strcmp(a->number, o->account) != 0)
			continue;
		for (size_t j = 0; j < a->users.count; j++)
			if (strcmp(a->users.items[j], o->user) == 0)
				return true;
	}
	/* The operator's own numbers are nobody's phones. */
	return !number_is_assigned(o->sms, o->account) &&
	       !number_is_shared(o->sms, o->account) &&
	       claims_holds(o->sms, o->account, o->user);
}
