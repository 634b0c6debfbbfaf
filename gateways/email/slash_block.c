#include "email/errand.h"

#include "email/block.h"
#include "email/names.h"

/* Whom it is about: who is named, else the person of the chat. False: that was
 * the end of it. */
static bool find_person(struct errand *e, char out[GW_NAME_SIZE])
{
	const char *said = e->args[0] != '\0' ? e->args : e->name;

	if (email_person_name(said, out, GW_NAME_SIZE))
		return true;
	errand_fail(e, GW_NOT_ACCEPTABLE,
		"Say whose mails, as in /block alice@example.org.");
	return false;
}

void slash_block(struct errand *e)
{
	char person[GW_NAME_SIZE];

	if (!find_person(e, person))
		return;
	if (!block_add(e->session->block, person)) {
		errand_fail(e, GW_FULL, "You have blocked too many people.");
		return;
	}
	str_addf(&e->text,
		"Mails of %s are not shown any more. /unblock ends that.",
		person);
	errand_done(e, str_text(&e->text));
}

void slash_unblock(struct errand *e)
{
	char person[GW_NAME_SIZE];

	if (!find_person(e, person))
		return;
	if (!block_remove(e->session->block, person)) {
		errand_fail(e, GW_NO_SUCH, "Nobody of that name is blocked.");
		return;
	}
	str_addf(&e->text, "Mails of %s are shown again from now on.", person);
	errand_done(e, str_text(&e->text));
}

void slash_blocked(struct errand *e)
{
	block_list(e->session->block, &e->text);
	errand_done(
		e, e->text.len > 0 ? str_text(&e->text) : "Nobody is blocked.");
}
