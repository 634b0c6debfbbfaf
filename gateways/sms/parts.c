#include "sms/parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/pack.h"
#include "net/loop.h"
#include "sms/inbound.h"
#include "sms/ledger.h"
#include "sms_data/reassembly.h"

#define RECORD_VERSION 1
#define KEEP_DAYS      2
#define NAME_SIZE      32
/* When the store failed. */
#define AGAIN_MS       5000

static const struct reassembly_limits limits = {
	.texts = 10000,
	.sender_texts = 10,
	.bytes = 32 * MIB,
	.wait_ms = 600000,
};

struct parts {
	struct sms *sms;
	struct reassembly *waiting;
	uint64_t last; /* token: names the record */
	struct list storing;
	struct list handing; /* struct handing.link: not on disk yet */
	struct list refused; /* ... which the store did not take */
	struct timer due;
	struct timer again; /* of those refused */
};

/* A part that is being stored. */
struct storing {
	struct list link; /* parts->storing */
	struct parts *parts;
	struct backend *backend;
	uint64_t ticket, token;
	struct str data; /* its record */
};

/* A whole text that is being kept in place of its parts. Nobody gives it again. */
struct handing {
	struct list link;
	struct parts *parts;
	struct reassembled *whole;
};

/* --- Records ------------------------------------------------------------- */

static void name_of(uint64_t token, char name[NAME_SIZE])
{
	text_format(name, NAME_SIZE, PARTS_PREFIX "%016" PRIx64, token);
}

static void forget(struct parts *p, uint64_t token)
{
	char name[NAME_SIZE];
	name_of(token, name);
	ledger_drop(p->sms->ledger, name);
}

static void pack_bytes(struct str *out, struct slice bytes)
{
	pack_number(out, (int64_t)bytes.len);
	str_add_slice(out, bytes);
}

static struct slice unpack_bytes(struct unpack *u)
{
	int64_t len = unpack_number(u);
	if (u->is_broken || len < 0 || (uint64_t)len > u->rest.len) {
		u->is_broken = true;
		return slice_make("", 0);
	}
	struct slice bytes = slice_make(u->rest.data, (size_t)len);
	u->rest = slice_make(u->rest.data + len, u->rest.len - (size_t)len);
	return bytes;
}

static void encode(struct str *out, const struct reassembly_part *part)
{
	pack_number(out, RECORD_VERSION);
	pack_text(out, part->backend);
	pack_text(out, part->from);
	pack_text(out, part->to);
	pack_number(out, part->part.total);
	pack_number(out, part->part.number);
	pack_number(out, part->part.ref);
	pack_number(out, part->part.method);
	pack_number(out, (int64_t)part->segment.alphabet);
	pack_number(out, part->wall_ms);
	pack_text(out, part->segment.text);
	pack_bytes(out, part->segment.header);
	pack_bytes(out, part->segment.data);
}

static unsigned unpack_unsigned(struct unpack *u, unsigned max)
{
	int64_t number = unpack_number(u);
	if (number < 0 || number > max)
		u->is_broken = true;
	return (unsigned)number;
}

/* -1: damaged. Borrows from `data`. */
static int decode(struct reassembly_part *part, struct slice data)
{
	struct unpack u = { .rest = data };
	if (unpack_number(&u) != RECORD_VERSION)
		return -1;
	*part = (struct reassembly_part){ .backend = ledger_unpack_text(&u) };
	part->from = ledger_unpack_text(&u);
	part->to = ledger_unpack_text(&u);
	part->part.total = unpack_unsigned(&u, UINT16_MAX);
	part->part.number = unpack_unsigned(&u, UINT16_MAX);
	part->part.ref = unpack_unsigned(&u, UINT32_MAX);
	part->part.method = (char)unpack_unsigned(&u, 127);
	part->segment.alphabet =
		(enum sms_alphabet)unpack_unsigned(&u, SMS_BINARY);
	part->wall_ms = unpack_number(&u);
	part->segment.text = unpack_text(&u);
	part->segment.header = unpack_bytes(&u);
	part->segment.data = unpack_bytes(&u);
	return u.is_broken || part->backend == NULL || part->from == NULL ||
			       part->to == NULL
		       ? -1
		       : 0;
}

/* --- Texts --------------------------------------------------------------- */

static void give(struct parts *p, const struct inbound_text *text,
	const uint64_t *tokens, size_t count)
{
	inbound_add(p->sms, text);
	/* In the same turn: both, or neither. */
	for (size_t i = 0; i < count; i++)
		forget(p, tokens[i]);
}

static void handing_free(struct handing *h)
{
	list_remove(&h->link);
	reassembled_free(&h->whole);
	xfree(h);
}

static void handed(bool ok, void *arg)
{
	struct handing *h = arg;
	struct parts *p = h->parts;
	if (ok) {
		handing_free(h);
		return;
	}
	list_remove(&h->link);
	list_append(&p->refused, &h->link);
	if (!timer_is_running(&p->again))
		timer_start(&p->again, AGAIN_MS);
}

static void hand_over(struct handing *h)
{
	const struct reassembled *whole = h->whole;
	const struct inbound_text text = { .from = whole->from,
		.to = whole->to,
		.body = whole->body,
		.backend_name = whole->backend,
		.segments = (unsigned)whole->count,
		.content = whole->content,
		.wall_ms = whole->wall_ms };
	char name[NAME_SIZE];
	list_append(&h->parts->handing, &h->link);
	give(h->parts, &text, whole->tokens, whole->count - 1);
	name_of(whole->tokens[whole->count - 1], name);
	ledger_put(
		h->parts->sms->ledger, name, slice_make(NULL, 0), 0, handed, h);
}

static void on_again(void *arg)
{
	struct parts *p = arg;
	struct list all;
	list_init(&all);
	while (!list_is_empty(&p->refused)) {
		struct list *first = p->refused.next;
		list_remove(first);
		list_append(&all, first);
	}
	while (!list_is_empty(&all)) {
		struct handing *h = CONTAINER(all.next, struct handing, link);
		list_remove(&h->link);
		hand_over(h);
	}
}

static void give_ready(struct parts *p)
{
	struct reassembled *whole;
	while ((whole = reassembly_take(p->waiting, clock_wall_ms())) != NULL) {
		struct handing *h = xalloc(sizeof(*h));
		h->parts = p;
		h->whole = whole;
		hand_over(h);
	}
	int64_t due = reassembly_due(p->waiting);
	int64_t delay = due - clock_wall_ms();
	if (due >= 0)
		timer_start(&p->due, delay > 0 ? delay : 0);
}

static void on_due(void *arg)
{
	give_ready(arg);
}

/* It belongs to no others. */
static void give_alone(struct parts *p, const struct reassembly_part *part)
{
	const struct content_segment *const segment = &part->segment;
	struct str body = { .max = LIMIT_KEPT };
	const struct content content = content_read(&body, &segment, 1);
	const struct inbound_text text = { .from = part->from,
		.to = part->to,
		.body = str_slice(&body),
		.backend_name = part->backend,
		.segments = 1,
		.content = content,
		.wall_ms = part->wall_ms };
	give(p, &text, &part->token, 1);
	str_finish(&body);
}

static void add(struct parts *p, uint64_t token, struct slice data)
{
	struct reassembly_part part;
	if (decode(&part, data) != 0) {
		log_error("sms", "a stored part is damaged");
		forget(p, token);
		return;
	}
	part.token = token;
	switch (reassembly_add(p->waiting, &part)) {
	case REASSEMBLY_SINGLE:
		give_alone(p, &part);
		break;
	case REASSEMBLY_REPEATED:
		forget(p, token);
		break;
	case REASSEMBLY_KEPT:
		break;
	}
}

/* --- Taking -------------------------------------------------------------- */

static void storing_free(struct storing *st)
{
	list_remove(&st->link);
	str_finish(&st->data);
	xfree(st);
}

static void stored(bool ok, void *arg)
{
	struct storing *st = arg;
	struct backend *b = st->backend;
	if (st->ticket != 0)
		b->carrier->ops->settle(b->carrier, st->ticket, ok);
	if (ok) {
		add(st->parts, st->token, str_slice(&st->data));
		give_ready(st->parts);
	}
	storing_free(st);
}

void parts_take(struct backend *b, const char *from, const char *to,
	const struct carrier_incoming *in)
{
	struct parts *p = b->sms->parts;
	const struct reassembly_part part = { .backend = b->config->name,
		.from = from,
		.to = to,
		.part = in->part,
		.segment = { .alphabet = in->alphabet,
			.header = in->header,
			.data = in->data,
			.text = in->text },
		.wall_ms = clock_wall_ms() };
	struct storing *st = xalloc(sizeof(*st));
	char name[NAME_SIZE];
	list_append(&p->storing, &st->link);
	st->parts = p;
	st->backend = b;
	st->ticket = in->ticket;
	st->token = ++p->last;
	st->data.max = LIMIT_KEPT;
	encode(&st->data, &part);
	name_of(st->token, name);
	ledger_put(b->sms->ledger, name, str_slice(&st->data), KEEP_DAYS,
		stored, st);
}

void parts_detach(const struct backend *b)
{
	list_for_each(it, &b->sms->parts->storing) {
		struct storing *st = CONTAINER(it, struct storing, link);
		if (st->backend == b)
			st->ticket = 0;
	}
}

void parts_load(struct sms *s, const char *name, struct slice data)
{
	uint64_t token = strtoull(name + strlen(PARTS_PREFIX), NULL, 16);
	if (s->parts->last < token)
		s->parts->last = token;
	add(s->parts, token, data);
}

void parts_loaded(struct sms *s)
{
	give_ready(s->parts);
}

/* --- Life ---------------------------------------------------------------- */

static void handings_free(struct list *list)
{
	list_for_each_safe(it, list)
		handing_free(CONTAINER(it, struct handing, link));
}

struct parts *parts_new(struct sms *s)
{
	struct parts *p = xalloc(sizeof(*p));
	p->sms = s;
	list_init(&p->storing);
	list_init(&p->handing);
	list_init(&p->refused);
	p->waiting = reassembly_new(&limits);
	p->last = (uint64_t)clock_wall_ms() * 1000;
	timer_init(&p->due, s->gw->env->loop, "sms parts", on_due, p);
	timer_init(&p->again, s->gw->env->loop, "sms parts", on_again, p);
	return p;
}

void parts_free(struct parts **slot)
{
	struct parts *p = *slot;
	*slot = NULL;
	if (p == NULL)
		return;
	timer_stop(&p->due);
	timer_stop(&p->again);
	list_for_each_safe(it, &p->storing)
		storing_free(CONTAINER(it, struct storing, link));
	handings_free(&p->handing);
	handings_free(&p->refused);
	reassembly_free(&p->waiting);
	xfree(p);
}
