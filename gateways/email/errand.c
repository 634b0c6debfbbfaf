#include "email/errand.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "email/advice.h"
#include "email/failure.h"
#include "email/files.h"
#include "email/group.h"
#include "net/http_client.h"

struct errand *errand_new(struct email_session *s, gw_request request,
	const char *name, struct slice args)
{
	struct errand *e = xalloc(sizeof(*e));

	e->session = s;
	e->request = request;
	e->name = xstrdup(name);
	e->args = xalloc(args.len + 1);
	if (args.len > 0)
		memcpy(e->args, args.data, args.len);
	arena_init(&e->arena, 256 * KIB);
	str_init(&e->text, MIB);
	list_append(&s->errands, &e->link);
	return e;
}

void errand_free(struct errand *e)
{
	list_remove(&e->link);
	memory_forget_calls(e->session->memory, e);
	group_forget_calls(e->session, e);
	mail_request_cancel(&e->ask);
	files_stop(&e->files);
	http_client_cancel(&e->call);
	arena_finish(&e->arena);
	str_finish(&e->text);
	xfree(e->name);
	xfree(e->folder);
	xfree(e->args);
	xfree(e->said);
	xfree(e);
}

void errand_done(struct errand *e, const char *text)
{
	gw_done(e->session->session, e->request, text);
	errand_free(e);
}

void errand_fail(struct errand *e, enum gw_reason reason, const char *text)
{
	gw_fail(e->session->session, e->request, reason, text);
	errand_free(e);
}

void errand_kept(bool ok, void *arg)
{
	struct errand *e = arg;

	if (ok) {
		errand_done(e, e->text.len > 0 ? str_text(&e->text) : NULL);
		return;
	}
	if (e->undo != NULL)
		e->undo(e);
	errand_fail(e, GW_BUSY, MEMORY_RETRY);
}

void errand_await(struct errand *e, void (*undo)(struct errand *e))
{
	e->undo = undo;
	memory_await(e->session->memory, errand_kept, e);
}

void errand_fail_link(struct errand *e, const struct frame *f)
{
	enum gw_reason reason = failure_reason((enum link_error)f->numbers[0]);
	char said[FAILURE_WORDS];
	struct str text = { .max = 2 * FAILURE_WORDS };

	failure_words(f->texts[0], said);
	if (said[0] != '\0')
		str_addf(&text, "The mail server said: %s", said);
	else
		str_add(&text, "The mail server did not do it.");
	advice_add(&text, ADVICE_WORD, reason);
	errand_fail(e, reason, str_text(&text));
	str_finish(&text);
}

bool errand_is_online(struct errand *e)
{
	if (e->session->state == EMAIL_ONLINE)
		return true;
	errand_fail(e, GW_UNREACHABLE,
		"The mailbox cannot be reached now. Try again later.");
	return false;
}

void errand_ask(struct errand *e, const struct frame *f, mail_fn fn)
{
	e->ask = mail_link_ask(e->session->imap, f, slice_make(NULL, 0), fn, e);
}

bool errand_is_answered(struct errand *e, const struct frame *f)
{
	if (f->type != FRAME_DONE)
		return false;
	e->ask = NULL;
	if (f->numbers[0] == LINK_OK)
		return true;
	errand_fail_link(e, f);
	return false;
}

const char *errand_folder(struct errand *e, enum folder_role role)
{
	const char *folder = folders_get(&e->session->folders, role);

	if (!errand_is_online(e))
		return NULL;
	if (folder == NULL)
		errand_fail(
			e, GW_NO_SUCH, "Your mailbox has no folder for that.");
	return folder;
}

const char *errand_mail_folder(const struct errand *e)
{
	return e->mail.folder != NULL ? e->mail.folder : ERRAND_INBOX;
}

/* It is moved, whatever else does not work. */
static void on_place_kept(bool ok, void *arg)
{
	struct errand *e = arg;

	(void)ok;
	errand_done(e, str_text(&e->text));
}

static void on_moved(const struct frame *f, void *arg)
{
	struct errand *e = arg;

	if (!errand_is_answered(e, f))
		return;
	if (e->moved_to == NULL) {
		errand_done(e, str_text(&e->text));
		return;
	}
	e->mail.folder = e->moved_to;
	memory_keep_mail(e->session->memory, e->talk.last_in, &e->mail);
	memory_await(e->session->memory, on_place_kept, e);
}

void errand_move_mail(
	struct errand *e, const char *to, unsigned add, unsigned remove)
{
	e->moved_to = arena_copy(&e->arena, slice_of(to));
	errand_move(e, e->mail.uid, errand_mail_folder(e), to, add, remove);
}

void errand_move(struct errand *e, uint32_t uid, const char *from,
	const char *to, unsigned add, unsigned remove)
{
	char text[16];

	text_format(text, sizeof(text), "%u", uid);
	const struct frame f = {
		.type = FRAME_MOVE,
		.numbers = { add, remove },
		.texts = { slice_of(text), slice_of(to), slice_of(from) },
		.fd = -1,
	};

	errand_ask(e, &f, on_moved);
}
