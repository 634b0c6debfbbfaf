/*
 * Whom a mail reaches, and whether the user is one of them in all openness.
 */
#include "email/incoming_private.h"

#include "email/group.h"
#include "email_wire/address.h"

const char *incoming_identity(const struct incoming *in)
{
	if (in->is_sent && in->mail.from.address[0] != '\0')
		return in->mail.from.address;
	return in->mail.delivered_to != NULL ? in->mail.delivered_to
					     : email_own_address(in->session);
}

static bool is_self(const struct incoming *in, const char *address)
{
	return address_equals(address, email_own_address(in->session)) ||
	       address_equals(address, incoming_identity(in));
}

/* Who is removed hears of it, and is not in it any more. */
static bool is_leaving(const struct incoming *in, const char *address)
{
	const char *removed = in->mail.chat_member_removed;

	return removed != NULL && address_equals(removed, address);
}

static void add_person(struct incoming *in, const struct mail_address *who)
{
	if (who->address[0] == '\0' || is_self(in, who->address) ||
		is_leaving(in, who->address))
		return;
	for (size_t i = 0; i < in->people_count; i++)
		if (address_equals(in->people[i].address, who->address))
			return;
	if (in->people_count == COUNT(in->people))
		in->people_more++;
	else
		in->people[in->people_count++] = *who;
}

static bool is_addressed(
	const struct incoming *in, const struct mail_addresses *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (is_self(in, list->items[i].address))
			return true;
	return false;
}

/* A blind copy: that the user has it must not show, so nothing he says may go
 * to the others. */
static bool is_blind(const struct incoming *in)
{
	const struct mail *m = &in->mail;

	return !in->is_own && !in->is_removed &&
	       m->to.left_out + m->cc.left_out == 0 && in->people_count > 1 &&
	       !is_addressed(in, &m->to) && !is_addressed(in, &m->cc);
}

void incoming_list_people(struct incoming *in)
{
	const struct mail *m = &in->mail;

	in->is_own = in->is_sent || is_self(in, m->from.address);
	if (!in->is_own)
		add_person(in, &m->from);
	for (size_t i = 0; i < m->to.count; i++)
		add_person(in, &m->to.items[i]);
	for (size_t i = 0; i < m->cc.count; i++)
		add_person(in, &m->cc.items[i]);
	in->people_more += m->to.left_out + m->cc.left_out;
	if (in->people_count > GROUP_MAX)
		in->people_more++;
	in->is_removed = m->chat_member_removed != NULL &&
			 is_self(in, m->chat_member_removed);
	in->is_blind = is_blind(in);
}
