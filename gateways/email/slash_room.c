#include "email/errand.h"

#include "email/group.h"

static void on_who(struct group *g, void *arg)
{
	struct errand *e = arg;

	if (g == NULL) {
		errand_fail(e, GW_NO_SUCH, "This is not a group.");
		return;
	}
	if (g->post != NULL)
		str_addf(&e->text, "The list is %s.", g->post);
	for (size_t i = 0; i < g->count; i++)
		str_addf(&e->text, "%s%s <%s>", e->text.len > 0 ? "\n" : "",
			g->members[i].nick, g->members[i].address);
	errand_done(
		e, e->text.len > 0 ? str_text(&e->text) : "Nobody but you.");
}

void slash_who(struct errand *e)
{
	group_find(e->session, e->name, on_who, e);
}
