/*
 * What carriers say about the segments that they were given.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "sms/brought.h"
#include "sms/doubt.h"
#include "sms/fate.h"
#include "sms/queue_private.h"
#include "sms/receipts.h"
#include "sms/rules.h"
#include "sms/shared.h"

/* Until a lane that was refused for a while is tried again: this, doubled with
 * each refusal. */
#define PAUSE_MS     2000
#define PAUSE_MAX_MS 300000
/* A link that goes whenever it is given this text: from then on it pauses. */
#define WAITS_MAX    3

/* The segment that this backend was given; NULL: none waits for this. */
static struct outbound_segment *answered(struct backend *b, uint64_t token)
{
	struct outbound_segment *seg = queue_segment(b->sms, token);
	if (b->unanswered > 0)
		b->unanswered--;
	if (seg == NULL || seg->state != SEGMENT_SUBMITTED || seg->is_held ||
		seg->message->backend != b)
		return NULL;
	return seg;
}

/* Something became of one of its segments. */
static void changed(struct outbound *o)
{
	struct lane *l = o->lane;
	queue_save(o);
	if (l != NULL && outbound_count(o, SEGMENT_SUBMITTED) == 0)
		lane_go_on(l, outbound_queue(o));
}

static void accept_segment(struct outbound_segment *seg, struct slice id)
{
	xfree(seg->id);
	seg->state = SEGMENT_ACCEPTED;
	seg->id = id.len > 0 ? xstrndup(id.data, id.len) : NULL;
	receipts_accepted(seg);
}

/* A network that cuts texts itself may name each piece: then they are segments
 * of their own from now on. */
static void accept_pieces(struct outbound *o, struct slice ids)
{
	size_t count = 1;
	for (size_t i = 0; i < ids.len; i++)
		count += ids.data[i] == ' ';
	if (count > SEGMENT_MAX)
		count = SEGMENT_MAX;
	outbound_set_count(o, count);
	for (size_t i = 0; i < count; i++)
		accept_segment(&o->segments[i], slice_cut(&ids, ' '));
}

void queue_accepted(struct backend *b, uint64_t token, const char *id)
{
	struct outbound_segment *seg = answered(b, token);
	struct slice ids = slice_trim(slice_of(id != NULL ? id : ""));
	if (seg == NULL)
		return;
	struct outbound *o = seg->message;
	if (o->count == 1 && memchr(ids.data, ' ', ids.len) != NULL)
		accept_pieces(o, ids);
	else
		accept_segment(seg, ids);
	shared_left(b->sms, o->owner, o->from, o->to);
	changed(o);
}

static int64_t pause_of(
	const struct outbound *o, const struct carrier_refusal *refusal)
{
	int64_t ms = PAUSE_MS;
	if (refusal->wait_ms > 0)
		return refusal->wait_ms;
	if (refusal->class == SMS_LINK)
		return o->waits > WAITS_MAX ? PAUSE_MS : 0;
	for (unsigned i = 1; i < o->tries + o->waits && ms < PAUSE_MAX_MS; i++)
		ms *= 2;
	return ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
}

static unsigned bit_of(const struct backend *b)
{
	unsigned bit = 1;
	if (b->owner != NULL)
		return bit;
	list_for_each(it, &b->sms->backends) {
		if (it == &b->link)
			break;
		bit <<= 1;
	}
	return bit;
}

/* What the network has of it, or perhaps. */
static size_t count_taken(const struct outbound *o)
{
	return outbound_count(o, SEGMENT_ACCEPTED) +
	       outbound_count(o, SEGMENT_DELIVERED) +
	       outbound_count(o, SEGMENT_LOST);
}

/* Refused for a while: again here, or by the next route, or it has failed. */
static bool is_tried_again(struct outbound *o, const struct fate *f,
	const struct carrier_refusal *refusal)
{
	if (refusal->is_alphabet && o->cut.count > 0 &&
		o->cut.alphabet == SMS_GSM && count_taken(o) == 0) {
		o->is_wide = true;
		return true;
	}
	if (f->tries == FATE_ALWAYS) {
		o->waits++;
		return true;
	}
	if (o->tries++ < f->tries)
		return true;
	if (!f->moves || count_taken(o) > 0)
		return false;
	o->tried |= bit_of(o->backend);
	o->tries = 0;
	return true;
}

void queue_rejected(struct backend *b, uint64_t token,
	const struct carrier_refusal *refusal)
{
	struct outbound_segment *seg = answered(b, token);
	if (seg == NULL)
		return;
	struct outbound *o = seg->message;
	const struct fate *f = fate_of_class(refusal->class, b->owner != NULL);
	if (b->owner != NULL && refusal->class == SMS_AUTH)
		brought_refused(b);
	log_info("sms", "refused backend=%s class=%s%s%s", b->config->name,
		f->name, refusal->text != NULL ? " text=" : "",
		refusal->text != NULL ? refusal->text : "");
	backend_note_refusal(b, f->name, refusal->text);
	if (refusal->class == SMS_STOPPED)
		rules_refused(o);
	queue_note(o, f, refusal->text);
	if (is_tried_again(o, f, refusal)) {
		seg->state = SEGMENT_DUE;
		if (f->tries > 0)
			o->lane->due_ms = queue_now_ms(outbound_queue(o)) +
					  pause_of(o, refusal);
	} else {
		seg->state = SEGMENT_FAILED;
		submit_take_back(o);
		outbound_fail_rest(o);
	}
	changed(o);
}

void queue_lost(struct backend *b, uint64_t token)
{
	struct outbound_segment *seg = answered(b, token);
	if (seg == NULL)
		return;
	seg->state = b->config->resend_unacked ? SEGMENT_DUE : SEGMENT_LOST;
	if (seg->state == SEGMENT_LOST)
		doubt_add(seg->message);
	changed(seg->message);
}
