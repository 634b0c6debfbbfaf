/*
 * Any bytes as a field of addresses: each that is found is valid, and written
 * and read again it is the same.
 */
#include "email_worker/field.h"
#include "email_worker/mime.h"
#include "mail_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_to(struct slice mail, struct arena *arena, struct mail *m)
{
	struct mail_read_context context = { 0 };

	assert(mail_read(mail, &context, arena, m) == 0);
	check_addresses(&m->to);
}

static void check_same(
	const struct mail_address *a, const struct mail_address *b)
{
	assert(address_equals(a->address, b->address));
	assert((a->name == NULL) == (b->name == NULL));
	assert(a->name == NULL || strcmp(a->name, b->name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct mail first, second;
	struct str mail;

	arena_init(&arena, MAIL_ARENA_MAX);
	str_init(&mail, 1 << 20);
	str_add(&mail, "To: ");
	str_add_bytes(&mail, data, size);
	str_add(&mail, "\n\n");
	read_to(str_slice(&mail), &arena, &first);
	str_reset(&mail);
	if (field_people(&mail, "To", first.to.items, first.to.count) == 0 &&
		first.to.count > 0) {
		str_add(&mail, "\r\n");
		read_to(str_slice(&mail), &arena, &second);
		assert(first.to.count == second.to.count);
		for (size_t i = 0; i < first.to.count; i++)
			check_same(&first.to.items[i], &second.to.items[i]);
	}
	str_finish(&mail);
	arena_finish(&arena);
	return 0;
}
