/*
 * Messages: taken from the core, kept, and told about.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "sms/audit.h"
#include "sms/doubt.h"
#include "sms/early.h"
#include "sms/fate.h"
#include "sms/ledger.h"
#include "sms/legs.h"
#include "sms/preview.h"
#include "sms/queue_private.h"
#include "sms/receipts.h"
#include "sms/recent.h"
#include "sms/shared.h"

/* The core may ask again about a message of which it was told everything, if
 * there was a crash before it wrote that down; then its record is still there. */
#define LINGER_MS 30000

/* Receipts come this much later than the network tried. */
#define RECEIPT_HOURS 48

/* The core's requests about messages have it, those of our own texts do not. */
#define POST_BIT UINT32_C(0x80000000)

#define RETRY_SAVE_MS 5000
#define SWEEP_MS      600000

static struct slice key_of(const uint64_t *key)
{
	return slice_make((const char *)key, sizeof(*key));
}

static struct outbound *find(const struct queue *q, uint64_t key)
{
	return map_get(&q->messages, key_of(&key));
}

struct outbound_segment *queue_segment(const struct sms *s, uint64_t token)
{
	struct outbound *o = find(s->queue, token >> 8);
	size_t index = token & 0xff;
	return o != NULL && index < o->count ? &o->segments[index] : NULL;
}

/* --- Telling ------------------------------------------------------------- */

static void drop(struct outbound *o)
{
	struct sms *s = o->owner->sms;
	struct owner *owner = o->owner;
	char name[32];
	if (o->saves > 0)
		ledger_forget(s->ledger, o);
	outbound_name(o, name);
	if (o->is_kept)
		ledger_drop(s->ledger, name);
	receipts_remove(o);
	submit_remove(o);
	map_remove(&s->queue->messages, key_of(&o->key));
	outbound_free(&o);
	owner_release(owner);
}

static void on_linger(void *arg)
{
	struct queue *q = arg;
	list_for_each_safe(it, &q->over) {
		struct outbound *o = CONTAINER(it, struct outbound, over);
		if (o->over_ms + LINGER_MS > queue_now_ms(q))
			break;
		drop(o);
	}
	if (!list_is_empty(&q->over))
		timer_start(&q->linger, LINGER_MS / 4);
}

static void linger(struct outbound *o)
{
	struct queue *q = o->owner->sms->queue;
	o->over_ms = queue_now_ms(q);
	list_append(&q->over, &o->over);
	if (!timer_is_running(&q->linger))
		timer_start(&q->linger, LINGER_MS);
}

static void end(struct outbound *o)
{
	o->is_over = true;
	o->is_doubtful = doubt_is_open(o);
	if (o->is_doubtful)
		queue_save(o);
	else
		linger(o);
}

static void tell_doubt(struct outbound *o)
{
	if (!doubt_tell(o))
		return;
	queue_save(o);
	linger(o);
}

static void say(struct outbound *o, const struct gw_result *result)
{
	gw_result(o->owner->session, o->request, result);
	o->told = (int)result->stage;
}

/* Its receiver may react to it. */
static void remember(const struct outbound *o, const struct gw_result *result,
	const char *id)
{
	if (result->stage == GW_FAILED && o->told == (int)GW_ACCEPTED)
		recent_drop(o->owner, o->to, id);
	if (result->stage != GW_FAILED && o->told == TOLD_NOTHING &&
		o->is_named && o->text != NULL)
		recent_add(o->owner, o->to, id, o->text);
}

/* Nothing of it is to be submitted any more, once it has left its lane. */
static void release(struct outbound *o)
{
	if (o->lane != NULL)
		return;
	xstrset(&o->text, NULL);
	segments_finish(&o->cut);
}

static bool is_final(const struct gw_result *result)
{
	return result->stage == GW_FAILED || result->stage == GW_DELIVERED;
}

/* All texts of the message that this is one of; false: not all are there. */
static bool find_legs(
	const struct outbound *o, struct outbound *legs[LIMIT_RECEIVERS])
{
	const struct queue *q = o->owner->sms->queue;
	for (unsigned i = 0; i < o->legs; i++) {
		legs[i] = find(q, outbound_key(o->request, i + 1));
		if (legs[i] == NULL || legs[i]->legs != o->legs)
			return false;
	}
	return o->legs > 0;
}

/* The user is told once of all of them. */
static void tell_legs(const struct outbound *o)
{
	struct outbound *legs[LIMIT_RECEIVERS];
	struct str words = { .max = 4 * KIB };
	struct gw_result result;
	if (o->owner->session == NULL || !find_legs(o, legs) ||
		!legs_outcome(legs, o->legs, &result, &words) ||
		legs[0]->told == (int)result.stage) {
		str_finish(&words);
		return;
	}
	if (result.stage == GW_DELIVERED && legs[0]->told < (int)GW_ACCEPTED)
		say(legs[0], &(struct gw_result){ .stage = GW_ACCEPTED });
	say(legs[0], &result);
	for (unsigned i = 0; i < o->legs; i++) {
		legs[i]->told = (int)result.stage;
		if (is_final(&result))
			end(legs[i]);
		release(legs[i]);
	}
	str_finish(&words);
}

/* To the sender of a whole message, who is here. */
static void tell_sender(struct outbound *o, const struct gw_result *result)
{
	char id[OUTBOUND_ID_SIZE];
	const struct gw_result accepted = { .stage = GW_ACCEPTED,
		.network_id = o->is_named ? id : NULL };
	outbound_id(o, id);
	remember(o, result, id);
	if (result->stage >= GW_ACCEPTED && o->told < (int)GW_ACCEPTED)
		say(o, &accepted);
	if (result->stage != GW_ACCEPTED)
		say(o, result);
	if (is_final(result))
		end(o);
	release(o);
}

/* What is on disk about it, if the user's session is open. */
static void tell(struct outbound *o)
{
	struct gw_result result;
	if (o->saves > 0 || o->is_unsaved)
		return;
	if (o->is_doubtful)
		tell_doubt(o);
	if (o->saves > 0 || o->is_over || !outbound_outcome(o, &result) ||
		(o->legs == 0 && o->told == (int)result.stage))
		return;
	audit_out(o, &result);
	if (o->legs > 0) {
		tell_legs(o);
		return;
	}
	if (owner_is_gateway(o->owner))
		end(o);
	if (o->owner->session != NULL)
		tell_sender(o, &result);
}

static void settle_tickets(struct outbound *o, bool ok)
{
	list_for_each_safe(it, &o->tickets) {
		struct outbound_ticket *t =
			CONTAINER(it, struct outbound_ticket, link);
		list_remove(&t->link);
		t->backend->carrier->ops->settle(
			t->backend->carrier, t->ticket, ok);
		xfree(t);
	}
}

/* --- Keeping ------------------------------------------------------------- */

static void saved(bool ok, void *arg)
{
	struct outbound *o = arg;
	struct queue *q = o->owner->sms->queue;
	o->saves--;
	o->is_unsaved = !ok;
	if (!ok && !timer_is_running(&q->retry))
		timer_start(&q->retry, RETRY_SAVE_MS);
	if (o->saves > 0)
		return;
	settle_tickets(o, ok);
	if (o->is_starting)
		submit_saved(o, ok);
	tell(o);
}

static int days_of(const struct sms *s)
{
	return (s->config->validity + RECEIPT_HOURS) / 24 + 1;
}

void queue_save(struct outbound *o)
{
	struct sms *s = o->owner->sms;
	struct str data = { .max = LIMIT_KEPT };
	char name[32];
	outbound_name(o, name);
	outbound_encode(&data, o);
	o->saves++;
	o->is_kept = true;
	ledger_put(s->ledger, name, str_slice(&data), days_of(s), saved, o);
	str_finish(&data);
}

/* The store failed for these: again. */
static void save_again(struct queue *q)
{
	size_t pos = 0;
	struct outbound *o;
	while ((o = map_next(&q->messages, &pos)) != NULL)
		if (o->is_unsaved && o->saves == 0)
			queue_save(o);
}

static void on_retry(void *arg)
{
	save_again(arg);
	submit_retry(arg);
}

static void on_sweep(void *arg)
{
	struct queue *q = arg;
	const struct sms *s = q->sms;
	int64_t oldest =
		clock_wall_ms() -
		(int64_t)(s->config->validity + RECEIPT_HOURS) * 3600000;
	submit_sweep(q);
	bool any = true;
	while (any) {
		size_t pos = 0;
		struct outbound *o;
		any = false;
		while (!any && (o = map_next(&q->messages, &pos)) != NULL)
			any = o->made_ms < oldest && o->lane == NULL;
		if (any)
			drop(o);
	}
	if (q->messages.count > 0)
		timer_start(&q->sweep, SWEEP_MS);
}

static void add(struct queue *q, struct outbound *o)
{
	map_put(&q->messages, key_of(&o->key), o);
	if (!timer_is_running(&q->sweep))
		timer_start(&q->sweep, SWEEP_MS);
}

void queue_note(struct outbound *o, const struct fate *f, const char *text)
{
	struct str words = { .max = 1000 };
	str_add(&words, f->words);
	if (text != NULL && text[0] != '\0') {
		str_add(&words, " (");
		utf8_clean(&words, slice_make(text, strnlen(text, 200)));
		str_add(&words, ")");
	}
	o->reason = f->reason;
	o->class = f->name;
	xstrset(&o->words, str_text(&words));
	str_finish(&words);
}

void queue_fail(struct outbound *o, enum gw_reason reason, const char *words)
{
	outbound_fail_rest(o);
	o->reason = reason;
	if (words != o->words)
		xstrset(&o->words, words);
	if (o->is_kept)
		queue_save(o);
	else
		tell(o);
}

/* --- From the core ------------------------------------------------------- */

/* `leg` NULL: it stays whole. */
static struct outbound *take_new(struct owner *owner, gw_request request,
	const struct leg *to, unsigned leg, unsigned legs, const char *text)
{
	struct sms *s = owner->sms;
	struct outbound *o = outbound_new(owner, request, leg, legs);
	o->from = xstrdup(to->from != NULL ? to->from : "");
	o->to = xstrdup(to->to);
	o->group = to->group;
	o->text = xstrdup(text);
	o->ref = ++s->last_ref & 0xffff;
	add(s->queue, o);
	return o;
}

/* By others; a correction is part of what it corrects. */
static bool can_be_named(const struct gw_outgoing *m)
{
	return m->id != NULL && m->replaces == NULL;
}

static void set_file(struct outbound *o, const struct gw_outgoing *m)
{
	xstrset(&o->file, m->file != NULL ? m->file->url : NULL);
}

/* The core does not know what became of it. */
static void take_again(struct outbound *o, const struct gw_outgoing *m)
{
	/* The process before was about to tell it, and the core did not write
	 * it down. */
	if (o->is_doubtful && o->told == TOLD_NOTHING)
		o->is_over = o->is_doubtful = false;
	if (!o->is_over)
		o->told = TOLD_NOTHING;
	o->is_named = o->legs == 0 && can_be_named(m);
	if (o->text != NULL)
		return;
	o->text = xstrdup(m->text);
	set_file(o, m);
}

static const char not_his[] =
	"This number is not yours here any more. Register it again.";

static void go_on(struct outbound *o)
{
	struct gw_result result;
	if (!outbound_outcome(o, &result) && o->lane == NULL) {
		if (owner_is_gateway(o->owner) || o->owner->is_online)
			submit_add(o);
		else
			queue_fail(o, GW_NOT_ALLOWED, not_his);
	}
	tell(o);
}

const char *queue_sender(const struct owner *owner, const char *to)
{
	struct sms *s = owner->sms;
	if (owner->way != NULL || number_is_assigned(s, owner->account))
		return owner->account;
	return shared_sender(s, owner, to);
}

/* Into how many it went when it was given before; 0: it was not, or nothing of
 * it was submitted. */
static size_t known_legs(const struct queue *q, gw_request request)
{
	for (unsigned leg = 0; leg <= LIMIT_RECEIVERS; leg++) {
		const struct outbound *o = find(q, outbound_key(request, leg));
		if (o != NULL)
			return o->legs > 0 ? o->legs : 1;
	}
	return 0;
}

bool queue_has(const struct sms *s, gw_request request)
{
	return known_legs(s->queue, request) > 0;
}

static uint64_t key_of_leg(
	const struct gw_outgoing *m, const struct legs *legs, size_t i)
{
	return outbound_key(m->request, legs->count > 1 ? (unsigned)i + 1 : 0);
}

/* Those that are not under way already begin. False: none is, and none may. */
static bool begin(struct owner *owner, const struct gw_outgoing *m,
	struct legs *legs, size_t known, enum gw_reason *reason_r,
	struct str *words)
{
	const struct queue *q = owner->sms->queue;
	unsigned count = legs->count > 1 ? (unsigned)legs->count : 0;
	for (size_t i = 0; i < legs->count; i++) {
		struct outbound *o = find(q, key_of_leg(m, legs, i));
		if (o != NULL)
			legs->items[i].from = o->from;
	}
	bool may = legs_permit(legs, owner, m, reason_r, words);
	if (!may && known == 0)
		return false;
	for (size_t i = 0; i < legs->count; i++) {
		struct outbound *o = find(q, key_of_leg(m, legs, i));
		if (o != NULL) {
			take_again(o, m);
			continue;
		}
		o = take_new(owner, m->request, &legs->items[i],
			count > 0 ? (unsigned)i + 1 : 0, count, m->text);
		o->is_named = count == 0 && can_be_named(m);
		set_file(o, m);
		if (!may)
			queue_fail(o, *reason_r, str_text(words));
	}
	return true;
}

static void take(struct owner *owner, const struct gw_outgoing *m)
{
	enum gw_reason reason = GW_UNSUPPORTED;
	struct str words = { .max = 1000 };
	struct queue *q = owner->sms->queue;
	size_t known = known_legs(q, m->request);
	struct legs legs = { 0 };
	if (m->kind == GW_NETWORK)
		str_add(&words, "Write to a number, as +15551234567.");
	if (m->kind == GW_NETWORK ||
		!legs_plan(&legs, owner, m, known, &reason, &words) ||
		!begin(owner, m, &legs, known, &reason, &words)) {
		gw_fail(owner->session, m->request, reason, str_text(&words));
		if (m->kind != GW_NETWORK)
			audit_refused(owner, m->to, m->text, reason);
		legs.count = 0;
	}
	for (size_t i = 0; i < legs.count; i++) {
		struct outbound *o = find(q, key_of_leg(m, &legs, i));
		if (o != NULL)
			go_on(o);
	}
	str_finish(&words);
}

void queue_send(struct sms *s, struct owner *owner, const struct gw_outgoing *m)
{
	if (s->is_loaded)
		take(owner, m);
	else
		early_keep(&s->queue->early, owner, m);
}

void queue_post(
	struct sms *s, const char *from, const char *to, const char *text)
{
	struct owner *gateway = owner_get(s, "", "");
	struct queue *q = s->queue;
	do
		q->last_post = (q->last_post + 1) & ~POST_BIT;
	while (q->last_post == 0 || find(q, q->last_post) != NULL);
	const struct leg leg = { .from = from, .to = to };
	struct outbound *o = take_new(gateway, q->last_post, &leg, 0, 0, text);
	if (s->is_loaded)
		go_on(o);
}

void queue_tell(struct owner *owner)
{
	list_for_each_safe(it, &owner->messages)
		tell(CONTAINER(it, struct outbound, owned));
}

static void drop_tickets(struct outbound *o, const struct backend *b)
{
	list_for_each_safe(at, &o->tickets) {
		struct outbound_ticket *t =
			CONTAINER(at, struct outbound_ticket, link);
		if (t->backend != b)
			continue;
		list_remove(&t->link);
		xfree(t);
	}
}

void queue_detach(struct backend *b, struct owner *owner)
{
	list_for_each(it, &owner->messages) {
		struct outbound *o = CONTAINER(it, struct outbound, owned);
		drop_tickets(o, b);
		/* All of its lane are his. */
		if (strcmp(o->from, owner->account) == 0)
			submit_detach(o, b);
	}
}

void queue_leave(struct backend *b)
{
	size_t pos = 0;
	struct outbound *o;
	while ((o = map_next(&b->sms->queue->messages, &pos)) != NULL) {
		drop_tickets(o, b);
		if (o->backend == b)
			submit_abandon(o);
	}
}

void queue_close(struct owner *owner)
{
	list_for_each_safe(it, &owner->messages) {
		struct outbound *o = CONTAINER(it, struct outbound, owned);
		if (!o->is_kept)
			drop(o);
	}
	early_close(&owner->sms->queue->early, owner);
}

static bool is_waiting(const struct outbound *o)
{
	return o->lane != NULL && outbound_count(o, SEGMENT_DUE) == o->count;
}

void queue_refuse(struct owner *owner, const char *words)
{
	list_for_each_safe(it, &owner->messages) {
		struct outbound *o = CONTAINER(it, struct outbound, owned);
		if (!is_waiting(o))
			continue;
		submit_remove(o);
		/* The others of its message may come to an end later. */
		o->is_kept |= o->legs > 0;
		queue_fail(o, GW_NOT_ALLOWED, words);
	}
}

void queue_forget(struct owner *owner)
{
	list_for_each_safe(it, &owner->messages) {
		struct outbound *o = CONTAINER(it, struct outbound, owned);
		settle_tickets(o, true);
		drop(o);
	}
}

/* --- From an earlier process --------------------------------------------- */

void queue_load(struct sms *s, const char *name, struct slice data)
{
	struct outbound *o = outbound_decode(s, name, data);
	struct gw_result result;
	if (o == NULL) {
		log_error("sms", "a record is damaged name=%s", name);
		ledger_drop(s->ledger, name);
		return;
	}
	o->is_kept = true;
	o->is_over = o->is_doubtful;
	add(s->queue, o);
	receipts_add(o);
	if (outbound_outcome(o, &result)) {
		o->audited = (int)result.stage;
		if (result.stage == GW_ACCEPTED)
			o->told = GW_ACCEPTED;
	}
}

/* Nobody will hear what the network says about what was submitted. */
static void find_backend(struct outbound *o)
{
	if (o->backend_name != NULL)
		o->backend = backend_find(o->owner->sms, o->backend_name);
	bool again = o->backend != NULL && o->backend->config->resend_unacked;
	for (size_t i = 0; i < o->count; i++) {
		struct outbound_segment *seg = &o->segments[i];
		if (seg->state == SEGMENT_SUBMITTED)
			seg->state = again ? SEGMENT_DUE : SEGMENT_LOST;
	}
	if (outbound_count(o, SEGMENT_LOST) > 0)
		doubt_add(o);
}

void queue_find_backends(struct sms *s)
{
	size_t pos = 0;
	struct outbound *o;
	while ((o = map_next(&s->queue->messages, &pos)) != NULL)
		if (o->is_kept && o->backend == NULL)
			find_backend(o);
}

void queue_loaded(struct sms *s)
{
	list_for_each_safe(it, &s->queue->early) {
		struct early *e = CONTAINER(it, struct early, link);
		const struct gw_outgoing m = early_message(e);
		preview_send(e->owner, &m);
		early_free(e);
	}
}

/* --- Life ---------------------------------------------------------------- */

struct queue *queue_new(struct sms *s)
{
	struct loop *l = s->gw->env->loop;
	struct queue *q = xalloc(sizeof(*q));
	q->sms = s;
	crypto_random(&q->last_post, sizeof(q->last_post));
	list_init(&q->early);
	list_init(&q->paused);
	list_init(&q->over);
	list_init(&q->doubtful);
	timer_init(&q->retry, l, "sms retry", on_retry, q);
	timer_init(&q->linger, l, "sms linger", on_linger, q);
	timer_init(&q->sweep, l, "sms sweep", on_sweep, q);
	return q;
}

void queue_free(struct queue **slot)
{
	struct queue *q = *slot;
	*slot = NULL;
	if (q == NULL)
		return;
	timer_stop(&q->retry);
	timer_stop(&q->linger);
	timer_stop(&q->sweep);
	list_for_each_safe(it, &q->early)
		early_free(CONTAINER(it, struct early, link));
	submit_finish(q);
	size_t pos = 0;
	struct outbound *o;
	while ((o = map_next(&q->messages, &pos)) != NULL)
		outbound_free(&o);
	map_finish(&q->messages);
	xfree(q);
}
