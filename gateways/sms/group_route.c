#include "sms/group_route.h"

#include "sms/brought.h"
#include "sms/shared.h"

/* 0: as many as one likes. */
static size_t max_of(const struct backend *b)
{
	const struct carrier_ops *ops = b->carrier->ops;
	return ops->group_max != NULL ? ops->group_max(b->carrier) : 0;
}

/* Takes it texts of groups from this number? */
static bool has_groups(
	const struct backend *b, const char *user, const char *from)
{
	unsigned needed = CARRIER_GROUPS | CARRIER_CUTS;
	return (backend_caps(b) & needed) == needed &&
	       backend_carries(b, user, from, NULL);
}

bool group_route_fits(const struct backend *b, const char *user,
	const char *from, const struct participants *people)
{
	size_t max = max_of(b);
	if (!has_groups(b, user, from) || (max > 0 && people->count > max))
		return false;
	for (size_t i = 0; i < people->count; i++)
		if (!backend_carries(b, user, from, people->numbers[i]))
			return false;
	return true;
}

/* By the account that he brought. */
static bool is_possible_there(const struct owner *owner,
	const struct participants *people, struct str *why)
{
	const struct backend *b = brought_backend(owner);
	if (group_route_fits(b, owner->user, owner->account, people))
		return true;
	if (has_groups(b, owner->user, owner->account))
		str_addf(why,
			"A group text can go to %zu people at most by your "
			"account at your provider. Write to fewer.",
			max_of(b));
	else
		str_add(why, "Group texts do not go by your account at your "
			     "provider. Write to each person instead.");
	return false;
}

bool group_is_possible(const struct owner *owner,
	const struct participants *people, struct str *why)
{
	size_t max = 0;
	bool has_any = false;
	if (owner->way != NULL)
		return is_possible_there(owner, people, why);
	if (!number_is_assigned(owner->sms, owner->account)) {
		str_add(why, "Group texts need a number that is yours alone, "
			     "and you write from one that several people "
			     "share. Write to each person instead, or ask the "
			     "operator for a number.");
		return false;
	}
	list_for_each(it, &owner->sms->backends) {
		const struct backend *b = CONTAINER(it, struct backend, link);
		if (group_route_fits(b, owner->user, owner->account, people))
			return true;
		if (!has_groups(b, owner->user, owner->account))
			continue;
		has_any = true;
		if (max_of(b) > max)
			max = max_of(b);
	}
	if (!has_any)
		str_add(why, "No provider of this gateway sends group texts "
			     "from your number. Write to each person instead.");
	else if (max > 0 && people->count > max)
		str_addf(why,
			"A group text can go to %zu people at most from here. "
			"Write to fewer.",
			max);
	else
		str_add(why, "No provider of this gateway sends group texts to "
			     "all of these numbers. Write to each person "
			     "instead.");
	return false;
}
