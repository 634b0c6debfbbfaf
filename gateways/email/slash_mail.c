#include "email/errand.h"

#include "base/utf8.h"
#include "email/inbox.h"

/* --- /full --------------------------------------------------------------- */

static void on_text(const struct frame *f, void *arg)
{
	struct errand *e = arg;

	if (f->type == FRAME_DATA) {
		str_add_slice(&e->text, f->texts[0]);
		mail_request_used(e->ask, f->texts[0].len);
		return;
	}
	if (!errand_is_answered(e, f))
		return;
	/* Each byte can become the three of U+FFFD. */
	struct str clean = { .max = 3 * e->text.max };

	utf8_clean(&clean, str_slice(&e->text));
	str_add(&clean, clean.len > 0 ? "" : "There is no text in it.");
	errand_done(e, str_text(&clean));
	str_finish(&clean);
}

void slash_full(struct errand *e)
{
	const struct frame f = {
		.type = FRAME_FETCH,
		.numbers = { e->mail.uid, FETCH_TEXT },
		.texts = { slice_of(errand_mail_folder(e)) },
		.fd = -1,
	};

	if (errand_is_online(e))
		errand_ask(e, &f, on_text);
}

/* --- Moving -------------------------------------------------------------- */

static void move_to(
	struct errand *e, const char *folder, unsigned add, unsigned remove)
{
	str_addf(&e->text, "Moved to %s: %s", folder,
		e->mail.subject != NULL ? e->mail.subject : "the last mail");
	errand_move_mail(e, folder, add, remove);
}

static void move_to_role(
	struct errand *e, enum folder_role role, unsigned add, unsigned remove)
{
	const char *folder = errand_folder(e, role);

	if (folder != NULL)
		move_to(e, folder, add, remove);
}

void slash_delete(struct errand *e)
{
	move_to_role(e, FOLDER_TRASH, 0, 0);
}

/* Keywords teach the server's filter (IANA's registry of IMAP keywords). */
void slash_junk(struct errand *e)
{
	move_to_role(e, FOLDER_JUNK, FLAG_JUNK, FLAG_NOT_JUNK);
}

void slash_archive(struct errand *e)
{
	move_to_role(e, FOLDER_ARCHIVE, 0, 0);
}

void slash_move(struct errand *e)
{
	char folder[512];

	if (!errand_is_online(e))
		return;
	if (folders_find(&e->session->folders, e->args, folder, sizeof(folder)))
		move_to(e, folder, 0, 0);
	else
		errand_fail(e, GW_NO_SUCH,
			"There is no such folder. Write its whole name, as in "
			"/move Work/Done.");
}
