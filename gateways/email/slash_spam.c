#include "email/errand.h"

#include <stdlib.h>

void slash_spam(struct errand *e)
{
	const char *folder = errand_folder(e, FOLDER_JUNK);

	if (folder == NULL)
		return;
	for (size_t i = 0; i < FOUND_MAX; i++)
		e->session->spam[i] = 0;
	e->listed = e->session->spam;
	errand_search(e, folder, "", "There is no spam.",
		"\nOne that is none comes back with its number: /notspam 1");
}

void slash_notspam(struct errand *e)
{
	unsigned long number = strtoul(e->args, NULL, 10);
	const char *folder = errand_folder(e, FOLDER_JUNK);

	if (folder == NULL)
		return;
	if (number == 0 || number > FOUND_MAX ||
		e->session->spam[number - 1] == 0) {
		errand_fail(e, GW_NO_SUCH,
			"Say its number in the list that /spam gives.");
		return;
	}
	str_add(&e->text, "It is in your inbox again, and comes as a message "
			  "unless it did before.");
	errand_move(e, e->session->spam[number - 1], folder, ERRAND_INBOX,
		FLAG_NOT_JUNK, FLAG_JUNK);
}
