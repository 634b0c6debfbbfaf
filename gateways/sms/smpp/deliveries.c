#include "sms_smpp/deliveries.h"

#include "base/alloc.h"

void smpp_deliveries_finish(struct smpp_deliveries *d)
{
	xfree(d->places);
	*d = (struct smpp_deliveries){ .places = NULL };
}

/* A handle is the index of a place, and 1. */
static uint32_t take_place(struct smpp_deliveries *d)
{
	uint32_t handle = d->free;

	if (handle != 0) {
		d->free = d->places[handle - 1].next;
		return handle;
	}
	if (d->used == d->cap) {
		d->cap = d->cap == 0 ? 8 : 2 * d->cap;
		d->places = xrealloc(d->places, d->cap, sizeof(*d->places));
	}
	return (uint32_t)++d->used;
}

uint32_t smpp_deliveries_add(
	struct smpp_deliveries *d, uint32_t command, uint32_t sequence)
{
	uint32_t handle = take_place(d);

	d->places[handle - 1] = (struct smpp_delivery){
		.sequence = sequence,
		.command = command,
	};
	d->count++;
	return handle;
}

bool smpp_deliveries_has(const struct smpp_deliveries *d, uint32_t handle)
{
	return handle != 0 && handle <= d->used &&
	       d->places[handle - 1].command != 0;
}

bool smpp_deliveries_take(struct smpp_deliveries *d, uint32_t handle,
	uint32_t *command_r, uint32_t *sequence_r)
{
	struct smpp_delivery *place;

	if (!smpp_deliveries_has(d, handle))
		return false;
	place = &d->places[handle - 1];
	*command_r = place->command;
	*sequence_r = place->sequence;
	*place = (struct smpp_delivery){ .next = d->free };
	d->free = handle;
	d->count--;
	return true;
}
