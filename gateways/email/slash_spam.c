#include "email/errand.h"

#include <stdlib.h>

/* The folder where spam is; NULL: there is none, and that was the end of it. */
static const char *spam_folder(struct errand *e)
{
	const char *folder = folders_get(&e->session->folders, FOLDER_JUNK);

	if (!errand_is_online(e))
		return NULL;
	if (folder == NULL)
		errand_fail(
			e, GW_NO_SUCH, "Your mailbox has no folder for that.");
	return folder;
}

void slash_spam(struct errand *e)
{
	const char *folder = spam_folder(e);

	if (folder == NULL)
		return;
	for (size_t i = 0; i < FOUND_MAX; i++)
		e->session->spam[i] = 0;
	e->listed = e->session->spam;
	errand_search(e, folder, "", "There is no spam.",
		"\nOne that is none comes back with its number: /notspam 1");
}

static void on_moved(const struct frame *f, void *arg)
{
	struct errand *e = arg;

	if (f->type != FRAME_DONE)
		return;
	e->ask = NULL;
	if (f->numbers[0] != LINK_OK)
		errand_fail_link(e, f);
	else
		errand_done(e, "It is in your inbox again, and comes as a "
			       "message unless it did before.");
}

void slash_notspam(struct errand *e)
{
	unsigned long number = strtoul(e->args, NULL, 10);
	const char *folder = spam_folder(e);
	char uid[16];

	if (folder == NULL)
		return;
	if (number == 0 || number > FOUND_MAX ||
		e->session->spam[number - 1] == 0) {
		errand_fail(e, GW_NO_SUCH,
			"Say its number in the list that /spam gives.");
		return;
	}
	text_format(uid, sizeof(uid), "%u", e->session->spam[number - 1]);
	const struct frame f = {
		.type = FRAME_MOVE,
		.numbers = { FLAG_NOT_JUNK, FLAG_JUNK },
		.texts = { slice_of(uid), slice_of(ERRAND_INBOX),
			slice_of(folder) },
		.fd = -1,
	};

	errand_ask(e, &f, on_moved);
}
