/*
 * What came, as the gateway is told of it.
 */
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/log.h"
#include "sms_data/udh.h"
#include "sms_modem/cause.h"
#include "sms_modem/device.h"
#include "sms_modem/tpdu.h"

#define ID_BYTES 16

/* The same for the same text in the same place, so that one that is read
 * again, because it could not be deleted, is recognised. */
static void put_own_id(
	const struct modem *m, struct str *out, const struct modem_place *place)
{
	unsigned char digest[SHA256_SIZE];
	struct str all;

	str_init(&all, 2 * AT_LINE_MAX);
	str_addf(&all, "%s %s %d ", m->name, place->index >= 0 ? m->chosen : "",
		place->index);
	str_add_slice(&all, place->pdu);
	crypto_sha256(str_slice(&all), digest);
	hex_encode(out, slice_make((const char *)digest, ID_BYTES));
	str_finish(&all);
}

static struct carrier_address own_number(const struct modem *m)
{
	const char *number = m->config->number;

	return (struct carrier_address){
		.origin = number != NULL ? NUMBER_INTERNATIONAL : NUMBER_ANY,
		.text = number != NULL ? number : "",
	};
}

static void tell_incoming(struct modem *m, struct carrier_incoming *in,
	const struct modem_place *place)
{
	struct str id;

	str_init(&id, 2 * ID_BYTES + 1);
	put_own_id(m, &id, place);
	in->ticket = place->ticket;
	in->to = own_number(m);
	in->id = str_text(&id);
	m->all->setup.events->incoming(m->all->setup.arg, in);
	str_finish(&id);
}

static void tell_text(
	struct modem *m, const struct modem_place *place, const struct tpdu *t)
{
	struct udh udh;
	struct carrier_incoming in = {
		.from = { t->who.origin, t->who.text },
		.alphabet = t->alphabet,
		.header = tpdu_header(t),
		.data = tpdu_data(t),
		.wall_ms = t->sent_ms,
	};

	udh_read(in.header, &udh);
	in.part = udh.part;
	tell_incoming(m, &in, place);
}

/* Nobody can read it, but it takes a place, and may be missed. */
static void tell_garbage(struct modem *m, const struct modem_place *place)
{
	struct str raw;
	struct carrier_incoming in = {
		.from = { NUMBER_ANY, "" },
		.alphabet = SMS_BINARY,
	};

	log_warning("sms", "[%s] a text cannot be read digits=%zu", m->name,
		place->pdu.len);
	str_init(&raw, AT_LINE_MAX);
	/* They are digits: the line would have had none otherwise. */
	if (hex_decode(&raw, place->pdu) == 0)
		in.data = str_slice(&raw);
	tell_incoming(m, &in, place);
	str_finish(&raw);
}

static void tell_report(struct modem *m, uint64_t ticket, const struct tpdu *t)
{
	struct cause_state state = cause_of_status(t->status);
	struct carrier_report report = {
		.ticket = ticket,
		.to = { t->who.origin, t->who.text },
		.state = state.state,
		.class = state.cause.class,
		.wall_ms = t->done_ms,
	};
	char text[128];
	struct str id;

	if (state.cause.words != NULL)
		(void)text_format(text, sizeof(text), "%s (status %u)",
			state.cause.words, t->status);
	else
		(void)text_format(text, sizeof(text), "status %u", t->status);
	str_init(&id, 256);
	modem_put_id(m, &id, t->reference, t->who.text);
	report.id = str_text(&id);
	report.text = text;
	m->all->setup.events->report(m->all->setup.arg, &report);
	str_finish(&id);
}

void modem_tell(
	struct modem *m, const struct tpdu *t, const struct modem_place *place)
{
	if (t == NULL)
		tell_garbage(m, place);
	else if (t->kind == TPDU_REPORT)
		tell_report(m, place->ticket, t);
	else
		tell_text(m, place, t);
}
