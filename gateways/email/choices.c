#include "email/choices.h"

#include "base/limits.h"
#include "email_wire/address.h"
#include "email_wire/record.h"

/* Of all senders that were moved: some hundreds. */
#define MOVED_MAX (32 * KIB)

enum { CHOICES_FLAT = 1, CHOICES_MOVED, CHOICES_HOUR, CHOICES_DAY };

static const char letters[] = {
	[PLACE_USUAL] = '-',
	[PLACE_CONTACT] = 'c',
	[PLACE_NEWSLETTERS] = 'n',
};

void choices_init(struct choices *c)
{
	c->flat = false;
	c->digest_hour = -1;
	c->digest_day = 0;
	str_init(&c->moved, MOVED_MAX);
}

void choices_finish(struct choices *c)
{
	str_finish(&c->moved);
}

void choices_load(struct choices *c, struct slice data)
{
	uint8_t field;
	struct slice value;
	int64_t number;

	while (record_next(&data, &field, &value)) {
		if (field == CHOICES_MOVED) {
			str_reset(&c->moved);
			str_add_slice(&c->moved, value);
		} else if (record_number(value, &number) != 0) {
			continue;
		} else if (field == CHOICES_FLAT) {
			c->flat = number != 0;
		} else if (field == CHOICES_HOUR) {
			c->digest_hour = (int)((number - 1) % 24);
		} else if (field == CHOICES_DAY) {
			c->digest_day = number;
		}
	}
}

void choices_keep(const struct choices *c, struct memory *m)
{
	struct str data = { .max = 2 * MOVED_MAX };

	record_put_number(&data, CHOICES_FLAT, c->flat);
	record_put_number(&data, CHOICES_HOUR, c->digest_hour + 1);
	record_put_number(&data, CHOICES_DAY, c->digest_day);
	record_put_text(&data, CHOICES_MOVED, str_text(&c->moved));
	const struct gw_kept item = { CHOICES_KEPT, data.data, data.len, 0 };

	memory_keep(m, &item, 1, NULL, NULL);
	str_finish(&data);
}

static bool is_of(struct slice line, const char *address)
{
	char text[ADDRESS_MAX + 1];

	return line.len > 2 &&
	       address_normalize(slice_make(line.data + 2, line.len - 2), text,
		       sizeof(text)) == 0 &&
	       address_equals(text, address);
}

enum choices_place choices_place_of(
	const struct choices *c, const char *address)
{
	struct slice rest = str_slice(&c->moved);

	while (rest.data != NULL && rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');

		if (!is_of(line, address))
			continue;
		return line.data[0] == letters[PLACE_CONTACT]
			       ? PLACE_CONTACT
			       : PLACE_NEWSLETTERS;
	}
	return PLACE_USUAL;
}

bool choices_move(
	struct choices *c, const char *address, enum choices_place place)
{
	struct str next;
	struct slice rest = str_slice(&c->moved);

	str_init(&next, MOVED_MAX);
	while (rest.data != NULL && rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');

		if (line.len > 0 && !is_of(line, address))
			str_addf(&next, "%.*s\n", (int)line.len, line.data);
	}
	if (place != PLACE_USUAL)
		str_addf(&next, "%c %s\n", letters[place], address);
	if (next.overflow) {
		str_finish(&next);
		return false;
	}
	str_finish(&c->moved);
	c->moved = next;
	return true;
}
