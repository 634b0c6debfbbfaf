#include "email/audience.h"
#include "email/errand.h"
#include "email/group_private.h"
#include "email/outbox.h"

/* --- Who is in it -------------------------------------------------------- */

static bool is_group(struct errand *e, const struct group *g)
{
	if (g == NULL)
		errand_fail(e, GW_NO_SUCH, "This is not a group.");
	return g != NULL;
}

static void on_who(struct group *g, void *arg)
{
	struct errand *e = arg;

	if (!is_group(e, g))
		return;
	if (g->post != NULL)
		str_addf(&e->text, "The list is %s.", g->post);
	for (size_t i = 0; i < g->count; i++)
		str_addf(&e->text, "%s%s <%s>", e->text.len > 0 ? "\n" : "",
			g->members[i].nick, g->members[i].address);
	errand_done(
		e, e->text.len > 0 ? str_text(&e->text) : "Nobody but you.");
}

/* In a chat: whom its last mail reached. */
static void list_audience(struct errand *e)
{
	struct slice rest = slice_of(e->talk.audience);
	struct audience_member m;

	while (audience_next(&rest, &m))
		str_addf(&e->text, "%s%s",
			e->text.len > 0 ? ", " : "/all: ", m.address);
	if (e->text.len == 0)
		str_add(&e->text, "The last mail here went to you alone, or to "
				  "too many.");
	errand_done(e, str_text(&e->text));
}

static void on_talk(const char *name, struct slice data, bool ok, void *arg)
{
	struct errand *e = arg;

	if (!ok)
		errand_fail(e, GW_BUSY, MEMORY_RETRY);
	else if (name == NULL)
		list_audience(e);
	else if (memory_talk_decode(data, &e->arena, &e->talk) != 0)
		e->talk.audience = NULL;
}

void slash_who(struct errand *e)
{
	if (e->in_room)
		group_find(e->session, e->name, on_who, e);
	else
		memory_recall_talk(e->session->memory, e->name, on_talk, e);
}

/* --- Changing it --------------------------------------------------------- */

static void on_add(struct group *g, void *arg)
{
	struct errand *e = arg;

	if (is_group(e, g))
		group_change_add(e, g, e->args);
}

static void on_drop(struct group *g, void *arg)
{
	struct errand *e = arg;

	if (is_group(e, g))
		group_change_drop(e, g, e->args, GW_LEFT, NULL);
}

static void change(struct errand *e, group_fn fn)
{
	if (e->in_room)
		group_find(e->session, e->name, fn, e);
	else
		errand_fail(e, GW_NOT_ACCEPTABLE,
			"This is no room. The command \"group\" begins one.");
}

void slash_add(struct errand *e)
{
	change(e, on_add);
}

void slash_drop(struct errand *e)
{
	change(e, on_drop);
}

/* --- To all -------------------------------------------------------------- */

void slash_replyto(struct errand *e)
{
	const char *audience = e->talk.answers_to;

	if (e->args[0] == '\0') {
		errand_fail(e, GW_NOT_ACCEPTABLE,
			"Say what, as in /replyto I agree.");
	} else if (e->in_room || audience == NULL) {
		errand_fail(e, GW_NOT_ALLOWED,
			"The last mail here names no other address for "
			"answers. Just write.");
	} else {
		struct slice rest = slice_of(audience);
		struct audience_member m;

		while (audience_next(&rest, &m))
			str_addf(&e->text, "%s%s",
				e->text.len > 0 ? ", " : "This goes to ",
				m.address);
		str_add(&e->text, ".");
		email_outbox_write_all(e->session->outbox, e->name, e->args,
			audience, e->talk.last_in, errand_kept, e);
	}
}

void slash_all(struct errand *e)
{
	const char *audience = e->talk.audience;

	if (e->in_room) {
		errand_fail(e, GW_NOT_ACCEPTABLE,
			"What you write in a room goes to all anyway.");
	} else if (e->args[0] == '\0') {
		errand_fail(
			e, GW_NOT_ACCEPTABLE, "Say what, as in /all I agree.");
	} else if (audience == NULL) {
		errand_fail(e, GW_NOT_ALLOWED,
			"The last mail here went to you alone, or to too "
			"many.");
	} else {
		str_addf(&e->text, "This goes to %zu people.",
			audience_count(audience));
		email_outbox_write_all(e->session->outbox, e->name, e->args,
			audience, e->talk.last_in, errand_kept, e);
	}
}
