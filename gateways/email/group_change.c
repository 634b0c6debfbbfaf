/*
 * What the user changes in a group, answered when it is kept. If that fails
 * the group is as it was.
 */
#include "email/group_private.h"
#include "email_wire/address.h"

static void restore(struct group *g, void *arg)
{
	struct errand *e = arg;

	if (g != NULL)
		group_restore(g, e->whom, e->nick);
}

static void take_back(struct errand *e)
{
	group_find(e->session, e->name, restore, e);
}

static void end_change(struct errand *e, const struct group *g, const char *why)
{
	if (why != NULL) {
		errand_fail(e, GW_NOT_ALLOWED, why);
		return;
	}
	str_addf(&e->text, "What you write here goes to %zu %s now.", g->count,
		g->count == 1 ? "person" : "people");
	errand_await(e, take_back);
}

void group_change_add(struct errand *e, struct group *g, const char *address)
{
	e->whom = arena_copy(&e->arena, slice_of(address));
	end_change(e, g, group_add(g, address));
}

void group_change_drop(struct errand *e, struct group *g, const char *who,
	enum gw_leaving how, const char *reason)
{
	const struct group_member *m = group_meant_member(g, who);

	if (m != NULL) {
		e->whom = arena_copy(&e->arena, slice_of(m->address));
		e->nick = arena_copy(&e->arena, slice_of(m->nick));
	}
	end_change(e, g, group_drop(g, who, how, reason));
}
