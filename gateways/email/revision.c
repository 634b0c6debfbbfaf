#include "email/revision.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "email/group.h"
#include "email/names.h"
#include "email_wire/address.h"

struct revision {
	struct email_session *session;
	const struct mail *mail;
	const char *id;
	int64_t wall_ms;
	revision_fn fn;
	void *arg;
	struct slice left; /* Message-IDs not looked at yet */
	struct arena arena;
	bool is_found;
	struct memory_mail original;
	unsigned messages;
};

bool revision_is_one(const struct mail *m)
{
	return m->chat_edit != NULL || m->chat_delete != NULL;
}

static void next(struct revision *r);

static void end(struct revision *r, bool ok)
{
	revision_fn fn = r->fn;
	void *arg = r->arg;
	unsigned messages = r->messages;

	revision_cancel(&r);
	fn(messages, ok, arg);
}

/* Anybody can name a mail: only who wrote it changes it. */
static bool is_by_sender(const struct revision *r)
{
	const struct memory_mail *o = &r->original;
	const char *from = r->mail->from.address;
	char person[ADDRESS_MAX + 1];

	if (o->is_own || (r->mail->warnings & MAIL_NOT_AUTHENTIC) != 0)
		return false;
	if (o->author != NULL)
		return address_equals(o->author, from);
	return !o->in_room && email_person_name(from, person, sizeof(person)) &&
	       strcmp(person, o->name) == 0;
}

static void tell(struct revision *r, struct gw_room *room, const char *from)
{
	bool corrects = r->mail->chat_edit != NULL;
	char about[MEMORY_ID_SIZE], id[MEMORY_ID_SIZE + 16];

	memory_id(r->original.message_id, about);
	/* Like those of files; it has none. */
	text_format(id, sizeof(id), r->messages > 0 ? "%s.%u" : "%s", r->id,
		r->messages);
	const struct gw_message m = {
		.kind = GW_MESSAGE,
		.from = from,
		.text = corrects ? r->mail->text : "",
		.network_id = id,
		.wall_ms = r->wall_ms,
		.thread = r->original.thread,
		.durable = true,
		.replaces = corrects ? about : NULL,
		.retracts = corrects ? NULL : about,
	};

	r->messages++;
	gw_message(r->session->session, room, &m);
}

static void on_entered(struct group *g, void *arg)
{
	struct revision *r = arg;

	if (g->room == NULL) {
		end(r, false);
		return;
	}
	tell(r, g->room, group_author(g, &r->mail->from));
	next(r);
}

static void on_group(struct group *g, void *arg)
{
	struct revision *r = arg;

	if (g != NULL)
		group_enter(g, "Mail to several people", on_entered, r);
	else
		end(r, false);
}

static void on_original(const char *name, struct slice data, bool ok, void *arg)
{
	struct revision *r = arg;

	if (name != NULL) {
		r->is_found =
			memory_mail_decode(data, &r->arena, &r->original) == 0;
		return;
	}
	if (!ok) {
		end(r, false);
	} else if (!r->is_found || !is_by_sender(r)) {
		next(r);
	} else if (r->original.in_room) {
		group_find(r->session, r->original.name, on_group, r);
	} else {
		tell(r, NULL, r->original.name);
		next(r);
	}
}

static void next(struct revision *r)
{
	struct slice word = slice_cut(&r->left, ' ');
	char id[MEMORY_ID_SIZE];

	if (word.len == 0) {
		end(r, true);
		return;
	}
	arena_reset(&r->arena);
	r->is_found = false;
	const char *text = arena_copy(&r->arena, word);

	memory_id(text != NULL ? text : "", id);
	memory_recall_mail(r->session->memory, id, on_original, r);
}

struct revision *revision_start(struct email_session *s, const struct mail *m,
	const char *id, int64_t wall_ms, revision_fn fn, void *arg)
{
	struct revision *r = xalloc(sizeof(*r));

	r->session = s;
	r->mail = m;
	r->id = id;
	r->wall_ms = wall_ms;
	r->fn = fn;
	r->arg = arg;
	r->left =
		slice_of(m->chat_edit != NULL ? m->chat_edit : m->chat_delete);
	arena_init(&r->arena, 256 * KIB);
	next(r);
	return r;
}

void revision_cancel(struct revision **slot)
{
	struct revision *r = *slot;

	if (r == NULL)
		return;
	*slot = NULL;
	memory_forget_calls(r->session->memory, r);
	group_forget_calls(r->session, r);
	arena_finish(&r->arena);
	xfree(r);
}
