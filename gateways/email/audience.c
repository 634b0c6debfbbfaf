#include "email/audience.h"

#include <string.h>

#include "base/macros.h"
#include "email_wire/address.h"

static const char letters[] = {
	[GW_TO] = 't',
	[GW_CC] = 'c',
	[GW_BCC] = 'b',
	[GW_REPLY_TO] = 'r',
};

void audience_add(struct str *out, enum gw_copy as, const char *address)
{
	if (address == NULL || (size_t)as >= sizeof(letters) ||
		!address_is_valid(slice_of(address)))
		return;
	str_addf(
		out, "%s%c %s", out->len > 0 ? "\n" : "", letters[as], address);
}

void audience_add_all(
	struct str *out, const struct gw_receiver *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		audience_add(out, list[i].as, list[i].person);
}

bool audience_next(struct slice *rest, struct audience_member *m)
{
	while (rest->data != NULL && rest->len > 0) {
		struct slice line = slice_cut(rest, '\n');
		const char *letter =
			line.len > 2
				? memchr(letters, line.data[0], sizeof(letters))
				: NULL;

		if (letter == NULL ||
			address_normalize(
				slice_make(line.data + 2, line.len - 2),
				m->address, sizeof(m->address)) != 0)
			continue;
		m->as = (enum gw_copy)(letter - letters);
		return true;
	}
	return false;
}

bool audience_has(const char *audience, const char *address)
{
	struct slice rest = slice_of(audience);
	struct audience_member m;

	while (audience_next(&rest, &m))
		if (m.as != GW_REPLY_TO && address_equals(m.address, address))
			return true;
	return false;
}

size_t audience_count(const char *audience)
{
	struct slice rest = slice_of(audience);
	struct audience_member m;
	size_t count = 0;

	while (audience_next(&rest, &m))
		count += m.as != GW_REPLY_TO;
	return count;
}
