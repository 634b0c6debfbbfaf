/*
 * Lanes: which text is submitted next, where, and how.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "sms/brought.h"
#include "sms/doubt.h"
#include "sms/fate.h"
#include "sms/group.h"
#include "sms/queue_private.h"
#include "sms/receipts.h"
#include "sms/route.h"
#include "sms/rules.h"
#include "sms/shared.h"

/* Of a text that was written long ago; less is taken for nothing by some. */
#define LEAST_VALID_MS 300000
/* When the store failed. */
#define STORE_MS       5000

static uint64_t token_of(const struct outbound_segment *seg)
{
	const struct outbound *o = seg->message;
	return o->key << 8 | (uint64_t)(seg - o->segments);
}

/* --- Lanes --------------------------------------------------------------- */

static struct lane *lane_get(struct queue *q, const char *from, const char *to)
{
	struct str key = { .max = 4 * KIB };
	str_addf(&key, "%s\n%s", from, to);
	struct lane *l = map_get_text(&q->lanes, str_text(&key));
	if (l == NULL) {
		l = xalloc(sizeof(*l));
		l->key = xstrdup(str_text(&key));
		list_init(&l->link);
		list_init(&l->messages);
		map_put_text(&q->lanes, l->key, l);
	}
	str_finish(&key);
	return l;
}

static void lane_free(struct queue *q, struct lane *l)
{
	list_remove(&l->link);
	map_remove_text(&q->lanes, l->key);
	xfree(l->key);
	xfree(l);
}

static struct outbound *first_of(const struct lane *l)
{
	return CONTAINER(l->messages.next, struct outbound, queued);
}

static void pause_lane(struct queue *q, struct lane *l, int64_t ms)
{
	l->due_ms = queue_now_ms(q) + ms;
	list_remove(&l->link);
	list_append(&q->paused, &l->link);
	if (!timer_is_running(&q->retry) || q->retry.due_ms > l->due_ms)
		timer_start(&q->retry, ms);
}

void submit_retry(struct queue *q)
{
	struct list due;
	int64_t now = queue_now_ms(q), next = 0;
	list_init(&due);
	list_for_each_safe(it, &q->paused) {
		struct lane *l = CONTAINER(it, struct lane, link);
		if (l->due_ms <= now) {
			list_remove(&l->link);
			list_append(&due, &l->link);
		} else if (next == 0 || l->due_ms < next) {
			next = l->due_ms;
		}
	}
	if (next != 0)
		timer_start(&q->retry, next - now);
	while (!list_is_empty(&due))
		lane_go_on(CONTAINER(due.next, struct lane, link), q);
}

/* --- Routes -------------------------------------------------------------- */

/* Did a network take anything of it, or perhaps? Then it stays there. */
static bool is_bound(const struct outbound *o)
{
	return outbound_count(o, SEGMENT_DUE) < o->count;
}

/* By an account that its user brought? */
static bool is_by_own(const struct outbound *o)
{
	return o->owner->way != NULL && strcmp(o->from, o->owner->account) == 0;
}

struct backend *submit_route(const struct outbound *o)
{
	if (is_by_own(o))
		return is_bound(o) || (o->tried & 1) == 0
			       ? brought_backend(o->owner)
			       : NULL;
	if (is_bound(o))
		return o->backend;
	return route_choose(
		o->owner->sms, o->owner->user, o->from, o->to, o->tried);
}

/* --- Starting ------------------------------------------------------------ */

/* How long it is worth sending. */
static int64_t left_ms(const struct outbound *o)
{
	int64_t all = (int64_t)o->owner->sms->config->validity * 3600000;
	return o->made_ms + all - clock_wall_ms();
}

/* What is cut elsewhere is transliterated here all the same. */
static void write_plainly(
	struct outbound *o, const struct segment_options *options)
{
	struct str plain = { .max = 2 * strlen(o->text) + 1 };
	if (segment_transliterate(&plain, options, slice_of(o->text)))
		xstrset(&o->text, str_text(&plain));
	str_finish(&plain);
}

/* Into as many segments as this carrier wants it in. False: too many, or not
 * as many as were accepted already. */
static bool cut(struct outbound *o, const struct backend *b)
{
	struct segment_options options = route_options(b);
	size_t count = 1;
	segments_finish(&o->cut);
	if (o->is_wide && !is_bound(o)) {
		options.subset = GSM_NOTHING;
		options.max = (size_t)o->owner->sms->config->max_segments;
	}
	if ((backend_caps(b) & CARRIER_CUTS) == 0) {
		if (segments_cut(
			    &o->cut, &options, slice_of(o->text), o->ref) != 0)
			return false;
		count = o->cut.count;
	} else {
		write_plainly(o, &options);
	}
	if (o->count == count)
		return true;
	if (is_bound(o))
		return false;
	outbound_set_count(o, count);
	return true;
}

/* What is due of it is kept as submitted; submit_saved() follows. */
static void start(struct outbound *o, struct backend *b)
{
	o->backend = b;
	xstrset(&o->backend_name, b->config->name);
	for (size_t i = 0; i < o->count; i++) {
		struct outbound_segment *seg = &o->segments[i];
		if (seg->state != SEGMENT_DUE)
			continue;
		seg->state = SEGMENT_SUBMITTED;
		seg->is_held = true;
		b->reserved++;
	}
	o->is_starting = true;
	queue_save(o);
}

void submit_take_back(struct outbound *o)
{
	for (size_t i = 0; i < o->count; i++) {
		struct outbound_segment *seg = &o->segments[i];
		if (!seg->is_held)
			continue;
		seg->is_held = false;
		seg->state = SEGMENT_DUE;
		o->backend->reserved--;
	}
	list_remove(&o->handing);
	o->is_starting = false;
}

/* ... and may go by another. */
static void give_back(struct outbound *o)
{
	submit_take_back(o);
	queue_save(o);
	lane_go_on(o->lane, outbound_queue(o));
}

void submit_saved(struct outbound *o, bool ok)
{
	struct queue *q = outbound_queue(o);
	if (!ok) {
		submit_take_back(o);
		pause_lane(q, o->lane, STORE_MS);
		return;
	}
	if (!backend_is_up(o->backend)) {
		give_back(o);
		return;
	}
	o->is_starting = false;
	list_append(&o->backend->ready, &o->handing);
	queue_pump(o->backend);
}

/* --- Handing over -------------------------------------------------------- */

/* Where there are files (MMS), by its URL alone, which the network fetches.
 * How much of the text is then left; all of it: it stays a text. */
static size_t words_beside_file(
	const struct backend *b, const struct outbound *o)
{
	size_t len = strlen(o->text);
	size_t file = o->file != NULL ? strlen(o->file) : 0;
	if (file == 0 || file > len || strncmp(o->file, "https://", 8) != 0 ||
		strcmp(o->text + len - file, o->file) != 0 ||
		(backend_caps(b) & CARRIER_MEDIA) == 0)
		return len;
	len -= file;
	return len > 0 && o->text[len - 1] == '\n' ? len - 1 : len;
}

static void submit(struct backend *b, struct outbound_segment *seg)
{
	const struct outbound *o = seg->message;
	size_t index = (size_t)(seg - o->segments);
	const char *const media[] = { o->file, NULL };
	char *words = NULL;
	struct carrier_submit s = {
		.token = token_of(seg),
		.from = o->from,
		.to = o->to,
		.is_more = index + 1 < o->count,
		.wants_report = true,
		.valid_ms = left_ms(o) > LEAST_VALID_MS ? left_ms(o)
							: LEAST_VALID_MS,
	};
	if (o->cut.count > 0) {
		s.alphabet = o->cut.alphabet;
		s.header = o->cut.items[index].header;
		s.data = o->cut.items[index].data;
	} else {
		size_t len = words_beside_file(b, o);
		words = xstrndup(o->text, len);
		s.text = words;
		s.media = o->text[len] != '\0' ? media : NULL;
	}
	if (o->group != NULL) {
		const struct participants *people = &o->group->people;
		s.to = people->numbers[0];
		s.others = (const char *const *)&people->numbers[1];
	}
	seg->is_held = false;
	b->reserved--;
	b->unanswered++;
	b->carrier->ops->submit(b->carrier, &s);
	xfree(words);
}

static size_t room_of(const struct backend *b)
{
	return backend_is_up(b) ? b->carrier->ops->room(b->carrier) : 0;
}

static void hand_over(struct backend *b)
{
	list_for_each_safe(it, &b->ready) {
		struct outbound *o = CONTAINER(it, struct outbound, handing);
		for (size_t i = 0; i < o->count; i++) {
			if (!o->segments[i].is_held)
				continue;
			if (room_of(b) == 0)
				return;
			submit(b, &o->segments[i]);
		}
		list_remove(&o->handing);
	}
}

/* --- Going on ------------------------------------------------------------ */

/* Has the network, or the gateway, said something about each segment? */
static bool is_through(const struct outbound *o)
{
	return o->count > 0 && outbound_count(o, SEGMENT_DUE) == 0 &&
	       outbound_count(o, SEGMENT_SUBMITTED) == 0;
}

static void leave_lane(struct outbound *o)
{
	o->lane = NULL;
	list_remove(&o->queued);
}

static void give_up_old(struct outbound *o)
{
	char words[200];
	text_format(words, sizeof(words),
		"Your text could not be sent within %d hours: the telephone "
		"network was out of reach, or too busy. Try again later.",
		o->owner->sms->config->validity);
	queue_fail(o, GW_UNREACHABLE, words);
}

static const char no_route[] =
	"There is no way from here to this number. Check that it begins with "
	"\"+\" and the code of its country.";

static const char way_gone[] =
	"A part of this text was sent, and the way by which it was is no longer "
	"there. Send it again.";

/* Where the first message is to be submitted; NULL: it has failed now. */
static struct backend *place(struct outbound *o)
{
	struct backend *b = submit_route(o);
	if (left_ms(o) < 0) {
		give_up_old(o);
		return NULL;
	}
	const char *words = is_bound(o) ? way_gone : no_route;
	enum gw_reason reason = is_bound(o) ? GW_UNREACHABLE : GW_NO_SUCH;
	if (b == NULL)
		queue_fail(o, o->reason != GW_OK ? o->reason : reason,
			o->words != NULL ? o->words : words);
	return b;
}

/* It waits for answers, for its time, or for room at a backend, which is
 * returned; or it is gone. */
static struct backend *lane_place(struct lane *l, struct queue *q)
{
	list_remove(&l->link);
	while (!list_is_empty(&l->messages)) {
		struct outbound *o = first_of(l);
		if (outbound_count(o, SEGMENT_SUBMITTED) > 0)
			return NULL;
		if (is_through(o)) {
			leave_lane(o);
			continue;
		}
		if (l->due_ms > queue_now_ms(q)) {
			pause_lane(q, l, l->due_ms - queue_now_ms(q));
			return NULL;
		}
		struct backend *b = place(o);
		if (b != NULL) {
			list_append(&b->lanes, &l->link);
			return b;
		}
	}
	lane_free(q, l);
	return NULL;
}

void lane_go_on(struct lane *l, struct queue *q)
{
	struct backend *b = lane_place(l, q);
	if (b != NULL)
		queue_pump(b);
}

/* STOP may have come while it waited, or the operator has closed the country.
 * False: it has failed now. */
static bool is_still_open(struct outbound *o)
{
	struct str words = { .max = 1000 };
	struct rules_way ways[PARTICIPANTS_MAX];
	size_t count = rules_ways(o->group, o->from, o->to, ways);
	bool is_open = owner_is_gateway(o->owner) || is_bound(o) ||
		       rules_are_open(o->owner, ways, count, &words);
	if (!is_open)
		queue_fail(o, GW_POLICY, str_text(&words));
	str_finish(&words);
	return is_open;
}

static void begin_first(struct lane *l, struct backend *b)
{
	struct outbound *o = first_of(l);
	struct queue *q = b->sms->queue;
	list_remove(&l->link);
	bool is_open = is_still_open(o);
	if (is_open && cut(o, b)) {
		start(o, b);
		return;
	}
	if (is_open)
		queue_fail(o, GW_NOT_ACCEPTABLE,
			"This text is too long: send it in several.");
	lane_go_on(l, q);
}

void queue_pump(struct backend *b)
{
	hand_over(b);
	while (!list_is_empty(&b->lanes) && room_of(b) > b->reserved)
		begin_first(CONTAINER(b->lanes.next, struct lane, link), b);
}

void submit_add(struct outbound *o)
{
	struct queue *q = outbound_queue(o);
	const char *from = is_by_own(o) ? brought_scope(o->owner) : o->from;
	struct lane *l = lane_get(q, from, o->to);
	bool is_first = list_is_empty(&l->messages);
	o->lane = l;
	list_append(&l->messages, &o->queued);
	if (is_first)
		lane_go_on(l, q);
}

void submit_remove(struct outbound *o)
{
	struct queue *q = outbound_queue(o);
	struct lane *l = o->lane;
	if (l == NULL)
		return;
	bool was_first = first_of(l) == o;
	submit_take_back(o);
	leave_lane(o);
	if (was_first)
		lane_go_on(l, q);
}

void submit_detach(struct outbound *o, const struct backend *b)
{
	struct lane *l = o->lane;
	bool is_changed =
		o->backend == b && outbound_count(o, SEGMENT_SUBMITTED) > 0;
	submit_take_back(o);
	for (size_t i = 0; i < o->count; i++)
		if (o->segments[i].state == SEGMENT_SUBMITTED)
			o->segments[i].state = SEGMENT_LOST;
	if (l != NULL)
		leave_lane(o);
	if (l != NULL && list_is_empty(&l->messages))
		lane_free(outbound_queue(o), l);
	o->backend = NULL;
	if (is_changed)
		queue_save(o);
}

void submit_abandon(struct outbound *o)
{
	struct backend *b = o->backend;
	struct lane *l = o->lane;
	bool again = b->config->resend_unacked;
	bool is_changed = outbound_count(o, SEGMENT_SUBMITTED) > 0;
	submit_take_back(o);
	for (size_t i = 0; i < o->count; i++)
		if (o->segments[i].state == SEGMENT_SUBMITTED)
			o->segments[i].state =
				again ? SEGMENT_DUE : SEGMENT_LOST;
	if (outbound_count(o, SEGMENT_LOST) > 0)
		doubt_add(o);
	o->backend = NULL;
	if (l != NULL && first_of(l) == o && list_is_empty(&l->link))
		list_append(&b->lanes, &l->link);
	if (is_changed)
		queue_save(o);
}

/* Those that wait here may have a better place now. */
static void place_again(struct backend *b)
{
	struct list lanes;
	list_init(&lanes);
	while (!list_is_empty(&b->lanes)) {
		struct list *first = b->lanes.next;
		list_remove(first);
		list_append(&lanes, first);
	}
	while (!list_is_empty(&lanes))
		lane_go_on(CONTAINER(lanes.next, struct lane, link),
			b->sms->queue);
}

void queue_left(struct backend *b)
{
	place_again(b);
}

static void take_all_back(struct backend *b)
{
	while (!list_is_empty(&b->ready))
		give_back(CONTAINER(b->ready.next, struct outbound, handing));
}

void queue_link_changed(struct backend *b)
{
	if (!backend_is_up(b)) {
		take_all_back(b);
		place_again(b);
		return;
	}
	list_for_each(it, &b->sms->backends) {
		struct backend *other = CONTAINER(it, struct backend, link);
		if (b->owner == NULL && !backend_is_up(other))
			place_again(other);
	}
	queue_pump(b);
}

void queue_routes_changed(struct sms *s)
{
	size_t pos = 0;
	struct outbound *o;
	/* Bits of other backends. */
	while ((o = map_next(&s->queue->messages, &pos)) != NULL)
		o->tried = 0;
	list_for_each(it, &s->backends)
		place_again(CONTAINER(it, struct backend, link));
	list_for_each(it, &s->brought_backends)
		place_again(CONTAINER(it, struct backend, link));
}

static void sweep_lanes(struct list *backends)
{
	list_for_each(it, backends)
		if (!backend_is_up(CONTAINER(it, struct backend, link)))
			place_again(CONTAINER(it, struct backend, link));
}

void submit_sweep(struct queue *q)
{
	sweep_lanes(&q->sms->backends);
	sweep_lanes(&q->sms->brought_backends);
}

void submit_finish(struct queue *q)
{
	size_t pos = 0;
	struct lane *l;
	while ((l = map_next(&q->lanes, &pos)) != NULL) {
		list_for_each_safe(it, &l->messages)
			leave_lane(CONTAINER(it, struct outbound, queued));
		list_remove(&l->link);
		xfree(l->key);
		xfree(l);
	}
	map_finish(&q->lanes);
}
