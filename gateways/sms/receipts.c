#include "sms/receipts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/loop.h"
#include "sms/doubt.h"
#include "sms/fate.h"
#include "sms/group.h"
#include "sms/queue.h"
#include "sms/rules.h"

/* A report for which no segment is known yet. */
#define PARKED_MS         60000
#define PARKED_MAX        10000u
/* So many of a backend are not answered while they are parked: it waits for
 * answers before it says more, perhaps to nothing but ten. */
#define PARKED_UNANSWERED 4u
/* ... nor is any for longer: some networks answer nothing else meanwhile, the
 * text that it is about included. */
#define UNANSWERED_MS     3000
#define LOOK_MS           1000

/* How the id of a report relates to the one that was given before: some SMSCs
 * write the one in hexadecimal and the other in decimal digits. */
enum form {
	FORM_SAME,
	FORM_HEX,     /* given as hexadecimal, reported as decimal */
	FORM_DECIMAL, /* the other way round */
	FORM_COUNT,
};

/* After so many reports of one form the link is known to use it. */
#define LEARNT 5u

/* Ids of texts that are forgotten are remembered for a while, each in up to
 * three forms: a report that comes twice is not about another text. */
#define PAST_MAX 8192u

/* One id of a segment in one form; a segment has up to FORM_COUNT. */
struct indexed {
	char *key; /* "backend\nid" */
	enum form form;
	struct outbound_segment *segment;
};

struct parked {
	struct list link;
	struct backend *backend;
	uint64_t ticket;
	char *id, *text, *to;
	enum sms_state state;
	enum sms_class class;
	int64_t until_ms; /* loop time */
};

struct receipts {
	struct sms *sms;
	struct map ids[FORM_COUNT]; /* struct indexed by key */
	struct list parked;
	unsigned parked_count;
	struct timer expiry;
	uint64_t past[PAST_MAX]; /* hashes; the oldest at `past_next` */
	size_t past_next;
};

/* --- The index ----------------------------------------------------------- */

/* Letter case and leading zeros do not tell ids apart: no network numbers two
 * texts so. */
static void put_normal(struct str *key, const char *id)
{
	while (id[0] == '0' && id[1] != '\0')
		id++;
	for (; *id != '\0'; id++) {
		char c = *id;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		str_add_char(key, c);
	}
}

/* -1: it is not made of digits of this base, or too long. */
static int read_value(const char *id, int base, uint64_t *value_r)
{
	char *end;
	size_t len = strlen(id);
	const char *digits =
		base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
	if (len == 0 || len > 16 || strspn(id, digits) != len)
		return -1;
	*value_r = strtoull(id, &end, base);
	return 0;
}

/* The key of an id that was given (or, with `reported`, came in a report) in
 * this form; false: it has none. */
static bool put_key(struct str *key, const char *backend, const char *id,
	enum form form, bool reported)
{
	uint64_t value;
	str_addf(key, "%s\n", backend);
	if (form == FORM_SAME) {
		put_normal(key, id);
		return true;
	}
	int base = (form == FORM_HEX) != reported ? 16 : 10;
	if (read_value(id, base, &value) != 0)
		return false;
	str_addf(key, "%" PRIu64, value);
	return true;
}

static struct indexed *find(const struct receipts *r, const char *backend,
	const char *id, enum form form, bool reported)
{
	struct str key = { .max = 2 * KIB };
	struct indexed *i = NULL;
	if (put_key(&key, backend, id, form, reported))
		i = map_get_text(&r->ids[form], str_text(&key));
	str_finish(&key);
	return i;
}

static void indexed_free(struct receipts *r, struct indexed *i)
{
	map_remove_text(&r->ids[i->form], i->key);
	xfree(i->key);
	xfree(i);
}

/* An id that is used again means the newer text. */
static void add_form(
	struct receipts *r, struct outbound_segment *seg, enum form form)
{
	const char *backend = seg->message->backend_name;
	struct indexed *old = find(r, backend, seg->id, form, false);
	struct str key = { .max = 2 * KIB };
	if (old != NULL)
		indexed_free(r, old);
	if (put_key(&key, backend, seg->id, form, false)) {
		struct indexed *i = xalloc(sizeof(*i));
		i->key = xstrdup(str_text(&key));
		i->form = form;
		i->segment = seg;
		map_put_text(&r->ids[form], i->key, i);
	}
	str_finish(&key);
}

/* Has this link always used another form? */
static bool is_ruled_out(const struct backend *b, enum form form)
{
	for (int other = 0; b != NULL && other < FORM_COUNT; other++)
		if (other != (int)form && b->forms[other] >= LEARNT)
			return true;
	return false;
}

static void add(struct receipts *r, struct outbound_segment *seg)
{
	if (seg->id == NULL || seg->message->backend_name == NULL)
		return;
	for (int form = 0; form < FORM_COUNT; form++)
		if (form == FORM_SAME ||
			!is_ruled_out(seg->message->backend, (enum form)form))
			add_form(r, seg, (enum form)form);
}

void receipts_add(struct outbound *o)
{
	for (size_t i = 0; i < o->count; i++)
		add(o->owner->sms->receipts, &o->segments[i]);
}

/* 0: it has no such form. */
static uint64_t hash_of(
	const char *backend, const char *id, enum form form, bool reported)
{
	struct str key = { .max = 2 * KIB };
	uint64_t hash = 0;
	str_addf(&key, "%d\n", (int)form);
	if (put_key(&key, backend, id, form, reported))
		hash = map_hash(str_slice(&key));
	str_finish(&key);
	return hash;
}

static void put_past(struct receipts *r, const char *backend, const char *id)
{
	for (int form = 0; form < FORM_COUNT; form++) {
		uint64_t hash = hash_of(backend, id, (enum form)form, false);
		if (hash == 0)
			continue;
		r->past[r->past_next] = hash;
		r->past_next = (r->past_next + 1) % PAST_MAX;
	}
}

/* Was a text with this id forgotten not long ago? */
static bool is_past(
	const struct receipts *r, const char *backend, const char *id)
{
	for (int form = 0; form < FORM_COUNT; form++) {
		uint64_t hash = hash_of(backend, id, (enum form)form, true);
		for (size_t i = 0; i < PAST_MAX && hash != 0; i++)
			if (r->past[i] == hash)
				return true;
	}
	return false;
}

void receipts_remove(struct outbound *o)
{
	struct receipts *r = o->owner->sms->receipts;
	for (size_t i = 0; i < o->count; i++) {
		const struct outbound_segment *seg = &o->segments[i];
		if (seg->id == NULL || o->backend_name == NULL)
			continue;
		put_past(r, o->backend_name, seg->id);
		for (int form = 0; form < FORM_COUNT; form++) {
			struct indexed *found = find(r, o->backend_name,
				seg->id, (enum form)form, false);
			if (found != NULL && found->segment == seg)
				indexed_free(r, found);
		}
	}
}

/* A guess has to fit the receiver, too. */
static bool fits(const struct backend *b, const struct outbound_segment *seg,
	const char *to)
{
	const struct outbound *o = seg->message;
	char number[NUMBER_SIZE];
	if (to == NULL)
		return false;
	number_receive(&b->sms->place, NUMBER_ANY, to, number);
	return o->group != NULL ? participants_have(&o->group->people, number)
				: strcmp(number, o->to) == 0;
}

static void learn(struct backend *b, enum form form)
{
	static const char *const names[] = { "same", "hex-to-decimal",
		"decimal-to-hex" };
	for (int other = 0; other < FORM_COUNT; other++)
		if (other != (int)form)
			b->forms[other] = 0;
	if (b->forms[form] < LEARNT && ++b->forms[form] == LEARNT)
		log_info("sms", "ids of reports backend=%s form=%s",
			b->config->name, names[form]);
}

/* Which segment a report with this id is about; NULL: none that is known. */
static struct outbound_segment *match(
	struct receipts *r, struct backend *b, const char *id, const char *to)
{
	for (int i = 0; i < FORM_COUNT; i++) {
		enum form form = (enum form)i;
		struct indexed *found =
			find(r, b->config->name, id, form, true);
		if (found == NULL || is_ruled_out(b, form) ||
			(form != FORM_SAME && b->forms[form] < LEARNT &&
				!fits(b, found->segment, to)))
			continue;
		learn(b, form);
		return found->segment;
	}
	return NULL;
}

/* No text has this id: it may be that of one that was never answered, if there
 * is but one to this receiver. It is its own from now on. */
static struct outbound_segment *guess(
	struct receipts *r, struct backend *b, const char *id, const char *to)
{
	char number[NUMBER_SIZE];
	if (to == NULL)
		return NULL;
	number_receive(&b->sms->place, NUMBER_ANY, to, number);
	struct outbound_segment *seg = doubt_find(b, number);
	if (seg == NULL || is_past(r, b->config->name, id))
		return NULL;
	log_info("sms",
		"report taken for a text without answer backend=%s id=%s",
		b->config->name, id);
	seg->id = xstrdup(id);
	seg->state = SEGMENT_ACCEPTED;
	add(r, seg);
	queue_save(seg->message);
	return seg;
}

/* --- Reports ------------------------------------------------------------- */

static void settle(struct backend *b, uint64_t ticket)
{
	if (ticket != 0)
		b->carrier->ops->settle(b->carrier, ticket, true);
}

/* What a report says. */
struct said {
	enum sms_state state;
	enum sms_class class;
	const char *text, *to; /* or NULL */
};

/* In a group it is about one of several. */
static void note(
	struct outbound *o, const struct fate *f, const struct said *said)
{
	struct str words = { .max = KIB };
	bool names =
		o->group != NULL && said->to != NULL && said->to[0] != '\0';
	if (names)
		str_addf(&words, "%s%s", said->to,
			said->text != NULL ? ": " : "");
	if (said->text != NULL)
		str_addf(&words, "%.200s", said->text);
	queue_note(o, f, str_text(&words));
	str_finish(&words);
}

/* Says whether that is news. */
static bool apply(const struct backend *b, struct outbound_segment *seg,
	const struct said *said)
{
	const struct fate *f = fate_of_state(said->state);
	if (f != NULL && f->reason == GW_OK && seg->message->group != NULL)
		return false; /* one of them has it */
	if (f == NULL || seg->state == SEGMENT_DELIVERED ||
		seg->state == SEGMENT_FAILED)
		return false;
	if (f->reason == GW_OK) {
		seg->state = SEGMENT_DELIVERED;
		return true;
	}
	seg->state = SEGMENT_FAILED;
	if (said->class == SMS_STOPPED)
		rules_refused(seg->message);
	note(seg->message,
		said->class != SMS_OK
			? fate_of_class(said->class, b->owner != NULL)
			: f,
		said);
	return true;
}

static void take(struct backend *b, uint64_t ticket,
	struct outbound_segment *seg, const struct said *said)
{
	struct outbound *o = seg->message;
	bool is_news = apply(b, seg, said);
	if (!is_news && o->saves == 0) {
		settle(b, ticket);
		return;
	}
	if (ticket != 0) {
		struct outbound_ticket *t = xalloc(sizeof(*t));
		t->backend = b;
		t->ticket = ticket;
		list_append(&o->tickets, &t->link);
	}
	if (is_news)
		queue_save(o);
}

static void parked_free(struct receipts *r, struct parked *p)
{
	list_remove(&p->link);
	r->parked_count--;
	xfree(p->id);
	xfree(p->text);
	xfree(p->to);
	xfree(p);
}

static void forget(struct receipts *r, struct parked *p)
{
	log_info("sms", "report about nothing known backend=%s id=%s",
		p->backend->config->name, p->id);
	settle(p->backend, p->ticket);
	parked_free(r, p);
}

/* It stays where it is. */
static void answer(struct parked *p)
{
	settle(p->backend, p->ticket);
	p->ticket = 0;
}

/* False: nobody knows what it is about. */
static bool take_guessed(struct receipts *r, struct parked *p)
{
	struct outbound_segment *seg = guess(r, p->backend, p->id, p->to);
	const struct said said = { p->state, p->class, p->text, p->to };
	if (seg == NULL)
		return false;
	take(p->backend, p->ticket, seg, &said);
	parked_free(r, p);
	return true;
}

static void look_at(struct receipts *r, struct parked *p, int64_t now)
{
	bool is_over = p->until_ms <= now || p->backend->unanswered == 0;
	if (!is_over && p->until_ms - PARKED_MS + UNANSWERED_MS <= now)
		answer(p);
	if (is_over && !take_guessed(r, p))
		forget(r, p);
}

static void on_expiry(void *arg)
{
	struct receipts *r = arg;
	int64_t now = loop_now_ms(r->sms->gw->env->loop);
	list_for_each_safe(it, &r->parked)
		look_at(r, CONTAINER(it, struct parked, link), now);
	if (r->parked_count > 0)
		timer_start(&r->expiry, LOOK_MS);
}

/* The oldest ones are answered when there are too many, and stay. */
static void answer_some(struct receipts *r, const struct backend *b)
{
	struct parked *oldest = NULL;
	unsigned count = 0;
	list_for_each(it, &r->parked) {
		struct parked *p = CONTAINER(it, struct parked, link);
		if (p->backend != b || p->ticket == 0)
			continue;
		if (oldest == NULL)
			oldest = p;
		count++;
	}
	if (count <= PARKED_UNANSWERED)
		return;
	answer(oldest);
}

static void park(struct receipts *r, struct backend *b,
	const struct carrier_report *report)
{
	struct parked *p = xalloc(sizeof(*p));
	p->backend = b;
	p->ticket = report->ticket;
	p->id = xstrdup(report->id);
	xstrset(&p->text, report->text);
	xstrset(&p->to, report->to.text);
	p->state = report->state;
	p->class = report->class;
	p->until_ms = loop_now_ms(r->sms->gw->env->loop) + PARKED_MS;
	list_append(&r->parked, &p->link);
	answer_some(r, b);
	if (++r->parked_count > PARKED_MAX)
		forget(r, CONTAINER(r->parked.next, struct parked, link));
	if (!timer_is_running(&r->expiry))
		timer_start(&r->expiry, LOOK_MS);
}

void receipts_detach(const struct backend *b)
{
	struct receipts *r = b->sms->receipts;
	list_for_each_safe(it, &r->parked) {
		struct parked *p = CONTAINER(it, struct parked, link);
		if (p->backend == b)
			parked_free(r, p);
	}
}

void receipts_report(struct backend *b, const struct carrier_report *report)
{
	struct receipts *r = b->sms->receipts;
	struct outbound_segment *seg =
		report->id != NULL ? match(r, b, report->id, report->to.text)
				   : NULL;
	if (seg == NULL && report->id != NULL && b->unanswered == 0)
		seg = guess(r, b, report->id, report->to.text);
	const struct said said = { report->state, report->class, report->text,
		report->to.text };
	if (seg != NULL)
		take(b, report->ticket, seg, &said);
	else if (report->id != NULL && b->unanswered > 0)
		park(r, b, report);
	else
		settle(b, report->ticket);
}

void receipts_accepted(struct outbound_segment *seg)
{
	struct receipts *r = seg->message->owner->sms->receipts;
	add(r, seg);
	if (seg->id == NULL)
		return;
	list_for_each_safe(it, &r->parked) {
		struct parked *p = CONTAINER(it, struct parked, link);
		if (p->backend != seg->message->backend ||
			match(r, p->backend, p->id, p->to) != seg)
			continue;
		const struct said said = { p->state, p->class, p->text, p->to };
		take(p->backend, p->ticket, seg, &said);
		parked_free(r, p);
	}
}

/* --- Life ---------------------------------------------------------------- */

struct receipts *receipts_new(struct sms *s)
{
	struct receipts *r = xalloc(sizeof(*r));
	r->sms = s;
	list_init(&r->parked);
	timer_init(&r->expiry, s->gw->env->loop, "sms parked reports",
		on_expiry, r);
	return r;
}

void receipts_free(struct receipts **slot)
{
	struct receipts *r = *slot;
	*slot = NULL;
	if (r == NULL)
		return;
	timer_stop(&r->expiry);
	list_for_each_safe(it, &r->parked)
		parked_free(r, CONTAINER(it, struct parked, link));
	for (int form = 0; form < FORM_COUNT; form++) {
		size_t pos = 0;
		struct indexed *i;
		while ((i = map_next(&r->ids[form], &pos)) != NULL) {
			xfree(i->key);
			xfree(i);
		}
		map_finish(&r->ids[form]);
	}
	xfree(r);
}
