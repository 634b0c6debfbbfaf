#include "email/addressing.h"

#include "base/str.h"
#include "email/audience.h"
#include "email_wire/address.h"

void addressing_person(
	struct addressing *a, const char *name, const struct memory_talk *talk)
{
	bool is_known = talk != NULL && talk->address != NULL;

	a->to[a->to_count++] = (struct mail_address){
		.address = is_known ? talk->address : name,
		.name = talk != NULL ? talk->display : NULL,
	};
}

void addressing_group(
	struct addressing *a, struct arena *arena, const struct group *g)
{
	if (group_is_list(g) && g->post != NULL) {
		a->to[a->to_count++].address =
			arena_copy(arena, slice_of(g->post));
		return;
	}
	for (size_t i = 0; i < g->count && i < GROUP_MAX; i++)
		a->to[a->to_count++] = (struct mail_address){
			.address = arena_copy(
				arena, slice_of(g->members[i].address)),
			.name = arena_copy(arena, slice_of(g->members[i].nick)),
		};
}

static void add(
	struct addressing *a, enum gw_copy as, const struct mail_address *who)
{
	switch ((int)as) {
	case GW_TO:
		if (a->to_count < COUNT(a->to))
			a->to[a->to_count++] = *who;
		break;
	case GW_CC:
		if (a->cc_count < COUNT(a->cc))
			a->cc[a->cc_count++] = *who;
		break;
	case GW_BCC:
		if (a->bcc_count < COUNT(a->bcc))
			a->bcc[a->bcc_count++] = who->address;
		break;
	default:
		a->reply_to = who->address;
		break;
	}
}

void addressing_audience(struct addressing *a, struct arena *arena,
	const char *audience, const struct memory_talk *talk)
{
	struct slice rest = slice_of(audience);
	struct audience_member m;

	while (audience_next(&rest, &m)) {
		struct mail_address who = { NULL,
			arena_copy(arena, slice_of(m.address)) };

		if (talk != NULL && talk->address != NULL &&
			address_equals(talk->address, m.address))
			who = (struct mail_address){ talk->display,
				talk->address };
		if (who.address != NULL)
			add(a, m.as, &who);
	}
}

size_t addressing_count(const struct addressing *a)
{
	return a->to_count + a->cc_count + a->bcc_count;
}

static bool is_new(const struct memory_talk *talk, const char *address)
{
	if (talk == NULL)
		return true;
	return (talk->address == NULL ||
		       !address_equals(talk->address, address)) &&
	       !audience_has(talk->audience, address);
}

size_t addressing_new(
	const struct addressing *a, const struct memory_talk *talk)
{
	size_t count = 0;

	for (size_t i = 0; i < a->to_count; i++)
		count += is_new(talk, a->to[i].address);
	for (size_t i = 0; i < a->cc_count; i++)
		count += is_new(talk, a->cc[i].address);
	for (size_t i = 0; i < a->bcc_count; i++)
		count += is_new(talk, a->bcc[i]);
	return count;
}

void addressing_put(struct addressing *a, struct draft *d)
{
	d->to = (struct mail_addresses){ a->to, a->to_count, 0 };
	d->cc = (struct mail_addresses){ a->cc, a->cc_count, 0 };
	d->reply_to = a->reply_to;
}

static bool put(struct str *out, const char *address)
{
	str_addf(out, "%s%s", out->len > 0 ? "\n" : "", address);
	return address_needs_utf8(address);
}

bool addressing_envelope(const struct addressing *a, struct str *out)
{
	bool needs_utf8 = false;

	for (size_t i = 0; i < a->to_count; i++)
		needs_utf8 |= put(out, a->to[i].address);
	for (size_t i = 0; i < a->cc_count; i++)
		needs_utf8 |= put(out, a->cc[i].address);
	for (size_t i = 0; i < a->bcc_count; i++)
		needs_utf8 |= put(out, a->bcc[i]);
	return needs_utf8;
}
