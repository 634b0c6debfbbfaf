#include "email/reached.h"

#include <string.h>

#include "base/macros.h"
#include "email/audience.h"
#include "email/names.h"
#include "email_wire/address.h"

/* People in the line of words; more are a number. */
#define WORDS_MAX    12
/* Addresses of one Reply-To that are written to. */
#define REPLY_TO_MAX 5

static bool is_among(const char *address, const struct mail_addresses *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (address_equals(list->items[i].address, address))
			return true;
	return false;
}

static void add(
	struct reached *r, enum gw_copy as, const struct mail_address *who)
{
	char *name;

	if (r->count == COUNT(r->list))
		return;
	name = r->names[r->count];
	if (email_person_name(who->address, name, sizeof(r->names[0])))
		r->list[r->count++] =
			(struct gw_receiver){ as, name, who->name };
}

void reached_list(struct reached *r, const struct mail *m,
	const struct mail_address *people, size_t count)
{
	r->count = 0;
	for (size_t i = 0; people != NULL && i < count; i++)
		if (is_among(people[i].address, &m->to))
			add(r, GW_TO, &people[i]);
		else if (is_among(people[i].address, &m->cc))
			add(r, GW_CC, &people[i]);
	for (size_t i = 0; i < m->reply_to.count; i++)
		if (!address_equals(
			    m->reply_to.items[i].address, m->from.address))
			add(r, GW_REPLY_TO, &m->reply_to.items[i]);
	if ((m->kind == MAIL_BULK || m->kind == MAIL_MACHINE) &&
		m->reply_to.count == 0 && r->count < COUNT(r->list))
		r->list[r->count++] =
			(struct gw_receiver){ GW_NO_REPLY, NULL, NULL };
}

void reached_keep(struct str *out, const struct mail *m,
	const struct mail_address *people, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *address = people[i].address;
		bool is_copy = is_among(address, &m->cc) &&
			       !is_among(address, &m->to) &&
			       !address_equals(address, m->from.address);

		audience_add(out, is_copy ? GW_CC : GW_TO, address);
	}
}

void reached_answers(
	struct str *out, const struct mail *m, const char *const *own)
{
	if (m->kind == MAIL_LIST || m->from.address[0] == '\0')
		return;
	for (size_t i = 0; i < m->reply_to.count && i < REPLY_TO_MAX; i++) {
		const char *address = m->reply_to.items[i].address;
		bool is_own = false;

		for (size_t j = 0; own[j] != NULL; j++)
			is_own |= address_equals(address, own[j]);
		/* Who can be answered where he wrote from is answered there. */
		if (address_equals(address, m->from.address)) {
			str_reset(out);
			return;
		}
		if (!is_own)
			audience_add(out, GW_TO, address);
	}
}

static void list(
	struct str *out, const char *word, const struct mail_addresses *people)
{
	for (size_t i = 0; i < people->count && i < WORDS_MAX; i++) {
		const struct mail_address *who = &people->items[i];

		str_addf(out, "%s%s", i == 0 ? word : ", ",
			who->name != NULL && strchr(who->name, '@') == NULL
				? who->name
				: who->address);
	}
	if (people->count > WORDS_MAX)
		str_addf(out, " and %zu more", people->count - WORDS_MAX);
}

void reached_words(struct str *out, const struct mail *m)
{
	list(out, "\nTo: ", &m->to);
	list(out, m->to.count > 0 ? " Cc: " : "\nCc: ", &m->cc);
}
