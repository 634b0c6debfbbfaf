/*
 * What is kept of a mail on its way out, as it may be read from a damaged
 * database: what can be read is written to the same as is read again. Then the
 * server says something of its recipients.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "email/outbox.h"
#include "email/recipients.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const struct gateway_ops *const gateway_list[] = { NULL };

static struct email_outbox outbox;

static size_t count(const char *list)
{
	struct slice rest = slice_of(list);
	size_t n = 0;

	while (rest.len > 0)
		n += slice_cut(&rest, '\n').len > 0;
	return n;
}

static void check_record(const struct outgoing *m)
{
	struct str once = { .max = 8 * MIB }, twice = { .max = 8 * MIB };
	struct outgoing *again;

	outgoing_encode(&once, m);
	again = outgoing_decode(&outbox, "id", str_slice(&once));
	if (again == NULL)
		abort();
	outgoing_encode(&twice, again);
	if (once.len != twice.len ||
		memcmp(once.data, twice.data, once.len) != 0)
		abort();
	outgoing_free(&again);
	str_finish(&once);
	str_finish(&twice);
}

/* Every second one for now, the others for good. */
static void refuse(struct outgoing *m)
{
	struct str asked = { .max = 8 * MIB };
	struct slice rest;

	str_add(&asked, m->recipients != NULL ? m->recipients : "");
	rest = str_slice(&asked);
	recipients_begin(m);
	for (size_t i = 0; rest.len > 0; i++) {
		struct refusal r;
		size_t before = count(m->recipients);

		refusal_read(&r, i % 2 == 0 ? 451 : 550, slice_of(""),
			slice_of("No."));
		if (recipients_refuse(m, slice_cut(&rest, '\n'), &r) &&
			count(m->recipients) > before - !r.is_temporary)
			abort();
	}
	str_finish(&asked);
}

static void check_recipients(struct outgoing *m)
{
	refuse(m);
	if (count(m->again) > count(m->recipients))
		abort();
	check_record(m);
	recipients_taken(m);
	if (count(m->again) != count(m->recipients) || recipients_are_all(m))
		abort();
	recipients_give_up(m, GW_LOST, "It did not work.");
	if (recipients_are_left(m) || m->refusals == NULL)
		abort();
	check_record(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outgoing *m = outgoing_decode(
		&outbox, "id", slice_make((const char *)data, size));

	if (m == NULL)
		return 0;
	if (m->state > OUTGOING_SENT || m->refused_as >= GW_REASON_COUNT)
		abort();
	check_record(m);
	check_recipients(m);
	outgoing_free(&m);
	return 0;
}
