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

static void take_back_block(struct errand *e)
{
	(void)block_remove(e->session->block, e->whom);
}

void slash_block(struct errand *e)
{
	char person[GW_NAME_SIZE];

	if (!find_person(e, person))
		return;
	bool is_new = !block_has(e->session->block, person);

	if (!block_add(e->session->block, person)) {
		errand_fail(e, GW_FULL,
			"You have blocked too many people. /unblock somebody "
			"first.");
		return;
	}
	e->whom = arena_copy(&e->arena, slice_of(person));
	str_addf(&e->text,
		"Mails of %s are not shown any more. /unblock ends that.",
		person);
	errand_await(e, is_new ? take_back_block : NULL);
}

static void take_back_unblock(struct errand *e)
{
	(void)block_add(e->session->block, e->whom);
}

void slash_unblock(struct errand *e)
{
	char person[GW_NAME_SIZE];

	if (!find_person(e, person))
		return;
	if (!block_remove(e->session->block, person)) {
		errand_fail(e, GW_NO_SUCH,
			"Nobody of that name is blocked. /blocked shows who "
			"is.");
		return;
	}
	e->whom = arena_copy(&e->arena, slice_of(person));
	str_addf(&e->text, "Mails of %s are shown again from now on.", person);
	errand_await(e, take_back_unblock);
}

void slash_blocked(struct errand *e)
{
	block_list(e->session->block, &e->text);
	errand_done(
		e, e->text.len > 0 ? str_text(&e->text) : "Nobody is blocked.");
}
