/*
 * What becomes of stored messages: one outcome after the other is read with its
 * message, told to the sender, and recorded. A crash in between tells twice
 * rather than never.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/extras.h"
#include "host/handlers.h"
#include "host/history.h"
#include "host/kept.h"
#include "host/outbox_private.h"
#include "host/room.h"

/* How long something may still be told of a message that was accepted: mail
 * servers try for some days. */
#define AWAITED_MS (INT64_C(14) * 86400000)

struct outcome {
	struct list link;
	uint32_t number;
	enum gw_stage stage;
	enum gw_reason reason;
	char *text, *network_id;
};

static void outcome_free(struct outcome *oc)
{
	list_remove(&oc->link);
	xfree(oc->text);
	xfree(oc->network_id);
	xfree(oc);
}

void outcome_drop_all(struct outbox *o)
{
	list_for_each_safe(it, &o->outcomes)
		outcome_free(CONTAINER(it, struct outcome, link));
}

/* --- Recording ----------------------------------------------------------- */

static int64_t expiry_ms(void)
{
	return clock_wall_ms() + AWAITED_MS;
}

static void record(
	struct outbox *o, uint32_t number, int stage, const struct parcel *p)
{
	const struct store_owner owner = account_owner(o->account);
	struct str data = { .max = 2 * LIMIT_STANZA_IN };
	parcel_pack(p, &data);
	const struct store_outgoing row = {
		.number = number, .stage = stage, .data = str_slice(&data)
	};
	store_outbox_change(outbox_store(o), &owner, &row, expiry_ms());
	str_finish(&data);
}

static void no_longer_waits(struct outbox *o)
{
	if (o->waiting > 0)
		o->waiting--;
	if (!outbox_waits(o->account))
		account_check(o->account);
}

/* --- Telling ------------------------------------------------------------- */

static void archive(struct account *a, const struct parcel *p,
	const struct outcome *oc, const char *text)
{
	const struct archive_message m = {
		.wall_ms = clock_wall_ms(),
		.kind = ARCHIVE_MESSAGE,
		.from = "",
		.text = text,
		.network_id = oc->network_id,
		.stanza_id = p->id,
	};
	history_record_chat(a, p->name, &m);
}

static bool has_text(const struct parcel *p)
{
	return !p->reaction && p->retracts == NULL;
}

static uint64_t reflect(struct room *room, const struct parcel *p,
	const struct outcome *oc, const char *text)
{
	const struct extras extras = {
		.reply = p->retracts == NULL ? p->ref : NULL,
		.replace = p->replaces,
		.retract = p->retracts,
		.reactions = p->reaction ? p->text : NULL,
		.file = p->file.url != NULL ? &p->file : NULL,
	};
	const struct room_said said = {
		.text = has_text(p) ? text : NULL,
		.id = p->id,
		.origin_id = p->origin,
		.network_id = oc->network_id,
		.extras = &extras,
	};
	return room_reflect(room, &said);
}

static void accepted(
	struct outbox *o, struct parcel *p, const struct outcome *oc)
{
	struct account *a = o->account;
	struct room *room = p->kind == GW_ROOM ? room_find(a, p->name) : NULL;
	const char *text = oc->text != NULL ? oc->text : p->text;
	if (p->file.url != NULL && text[0] == '\0')
		text = p->file.url;
	char excerpt[PARCEL_EXCERPT_SIZE];
	const struct store_owner owner = account_owner(a);
	uint64_t number = 0;
	if (p->kind == GW_PERSON && has_text(p))
		archive(a, p, oc, text);
	else if (room != NULL)
		number = reflect(room, p, oc, text);
	store_outbox_sent(
		outbox_store(o), &owner, oc->number, oc->network_id, number);
	parcel_shrink(p, excerpt);
	record(o, oc->number, GW_ACCEPTED, p);
	no_longer_waits(o);
}

static void went_on(
	struct outbox *o, struct parcel *p, const struct outcome *oc)
{
	const struct receipt_sender sender =
		parcel_sender(account_gateway(o->account), p);
	if (p->kind == GW_PERSON)
		p->wishes = receipt_tell(&sender, p->wishes, oc->stage);
	record(o, oc->number, (int)oc->stage, p);
}

static void failed(struct outbox *o, const struct store_outgoing *m,
	const struct parcel *p, const struct outcome *oc)
{
	const struct store_owner owner = account_owner(o->account);
	parcel_fail(account_gateway(o->account), p, oc->reason, oc->text);
	store_outbox_remove(outbox_store(o), &owner, m->number);
	if (m->stage == OUTBOX_WAITING)
		no_longer_waits(o);
}

/* What comes twice, or too late, is nothing new. */
static void tell(struct outbox *o, const struct store_outgoing *m,
	const struct outcome *oc)
{
	struct parcel p;
	if (parcel_unpack(&p, m->data) != 0)
		log_error("host", "a stored message is damaged number=%u",
			(unsigned)m->number);
	else if (oc->stage == GW_FAILED && m->stage != GW_DISPLAYED)
		failed(o, m, &p, oc);
	else if (oc->stage == GW_ACCEPTED && m->stage == OUTBOX_WAITING)
		accepted(o, &p, oc);
	else if (oc->stage > GW_ACCEPTED && m->stage >= GW_ACCEPTED &&
		 (int)oc->stage > m->stage)
		went_on(o, &p, oc);
}

/* --- One after the other ------------------------------------------------- */

static void settle_next(struct outbox *o);

static void found(int status, const struct store_outgoing *m, void *arg)
{
	struct outbox *o = arg;
	struct outcome *oc = CONTAINER(o->outcomes.next, struct outcome, link);
	if (o->account != NULL && m != NULL)
		tell(o, m, oc);
	else if (status != 0)
		log_warning("host",
			"an outcome is told again by the network, or is lost "
			"number=%u",
			(unsigned)oc->number);
	outcome_free(oc);
	settle_next(o);
	outbox_drop(&o);
}

static void settle_next(struct outbox *o)
{
	o->is_settling = o->account != NULL && !list_is_empty(&o->outcomes);
	if (!o->is_settling)
		return;
	const struct store_owner owner = account_owner(o->account);
	const struct outcome *oc =
		CONTAINER(o->outcomes.next, struct outcome, link);
	o->uses++;
	store_outbox_find(outbox_store(o), &owner, oc->number, found, o);
}

void outcome_add(
	struct outbox *o, uint32_t number, const struct gw_result *result)
{
	struct outcome *oc = xalloc(sizeof(*oc));
	oc->number = number;
	oc->stage = result->stage;
	oc->reason = result->reason;
	xstrset(&oc->text, result->text);
	xstrset(&oc->network_id, result->network_id);
	list_append(&o->outcomes, &oc->link);
	if (!o->is_settling)
		settle_next(o);
}

void outbox_result(
	struct account *a, gw_request request, const struct gw_result *result)
{
	outcome_add(outbox_get(a), request & ~OUTBOX_BIT, result);
}
