#include "email/errand.h"

#include <string.h>

#include "email/names.h"
#include "email_wire/address.h"

static void move_back(struct errand *e)
{
	(void)choices_move(
		&e->session->choices, e->whom, (enum choices_place)e->before);
}

static void move_sender(
	struct errand *e, const char *address, enum choices_place place)
{
	struct choices *c = &e->session->choices;
	char clean[ADDRESS_MAX + 1];

	if (address == NULL || address_normalize(slice_of(address), clean,
				       sizeof(clean)) != 0) {
		errand_fail(e, GW_NOT_ACCEPTABLE,
			"Say whose mails, as in /contact shop@example.net.");
		return;
	}
	e->whom = arena_copy(&e->arena, slice_of(clean));
	e->before = choices_place_of(c, clean);
	if (!choices_move(c, clean, place)) {
		errand_fail(e, GW_FULL,
			"You moved too many senders already: this one stays "
			"where it is.");
		return;
	}
	choices_keep(c, e->session->memory);
	str_addf(&e->text,
		place == PLACE_CONTACT
			? "Mails of %s come from their own contact now."
			: "Mails of %s come with the newsletters now.",
		clean);
	errand_await(e, move_back);
}

/* The last one whose newsletter came. */
static void on_talk(const char *name, struct slice data, bool ok, void *arg)
{
	struct errand *e = arg;

	if (!ok)
		errand_fail(e, GW_BUSY, MEMORY_RETRY);
	else if (name == NULL)
		move_sender(e, e->talk.address, PLACE_CONTACT);
	else if (memory_talk_decode(data, &e->arena, &e->talk) != 0)
		e->talk.address = NULL;
}

void slash_contact(struct errand *e)
{
	if (e->args[0] != '\0')
		move_sender(e, e->args, PLACE_CONTACT);
	else if (e->in_room || strcmp(e->name, NAME_NEWSLETTERS) != 0)
		move_sender(e, e->name, PLACE_CONTACT);
	else
		memory_recall_talk(e->session->memory, e->name, on_talk, e);
}

void slash_newsletter(struct errand *e)
{
	move_sender(
		e, e->args[0] != '\0' ? e->args : e->name, PLACE_NEWSLETTERS);
}
