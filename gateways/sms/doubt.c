#include "sms/doubt.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "sms/audit.h"
#include "sms/fate.h"
#include "sms/group.h"
#include "sms/queue_private.h"
#include "sms/receipts.h"
#include "sms/shared.h"

void doubt_add(struct outbound *o)
{
	struct queue *q = o->owner->sms->queue;
	if (list_is_empty(&o->doubtful))
		list_append(&q->doubtful, &o->doubtful);
}

/* --- What turns out ------------------------------------------------------- */

static struct outbound_segment *first_lost(const struct outbound *o)
{
	for (size_t i = 0; i < o->count; i++) {
		struct outbound_segment *seg = &o->segments[i];
		if (seg->state == SEGMENT_LOST && seg->id == NULL)
			return seg;
	}
	return NULL;
}

struct outbound_segment *doubt_find(const struct backend *b, const char *number)
{
	struct outbound_segment *found = NULL;
	list_for_each(it, &b->sms->queue->doubtful) {
		struct outbound *o = CONTAINER(it, struct outbound, doubtful);
		struct outbound_segment *seg = first_lost(o);
		if (seg == NULL || o->backend != b || o->group != NULL ||
			strcmp(o->to, number) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = seg;
	}
	return found;
}

static void accept_doubtful(struct outbound_segment *seg, const char *id)
{
	const struct outbound *o = seg->message;
	seg->state = SEGMENT_ACCEPTED;
	xstrset(&seg->id, id != NULL && id[0] != '\0' ? id : NULL);
	receipts_accepted(seg);
	shared_left(o->owner->sms, o->owner, o->from, o->to);
}

void doubt_answer(struct backend *b, uint64_t token, const char *id,
	const struct carrier_refusal *refusal)
{
	struct outbound_segment *seg = queue_segment(b->sms, token);
	/* It is another one's turn by now, or a report said more. */
	if (seg == NULL || seg->state != SEGMENT_LOST ||
		seg->message->backend != b)
		return;
	struct outbound *o = seg->message;
	if (refusal == NULL) {
		accept_doubtful(seg, id);
	} else {
		seg->state = SEGMENT_FAILED;
		queue_note(o, fate_of_class(refusal->class, b->owner != NULL),
			refusal->text);
	}
	queue_save(o);
}

/* --- Telling -------------------------------------------------------------- */

bool doubt_is_open(const struct outbound *o)
{
	return outbound_count(o, SEGMENT_LOST) > 0 &&
	       outbound_count(o, SEGMENT_FAILED) == 0 &&
	       !owner_is_gateway(o->owner);
}

static void put_name(struct str *out, const struct outbound *o)
{
	char stamp[CLOCK_STAMP_SIZE];
	clock_format(stamp, o->made_ms / 1000 * 1000);
	str_add(out, "Your text to ");
	if (o->group != NULL)
		participants_title(&o->group->people, out);
	else
		str_add(out, o->to);
	str_addf(out, " of %.10s %.5s (UTC), which may have been sent or not, ",
		stamp, stamp + 11);
}

static void say(const struct outbound *o, const struct gw_result *result)
{
	struct str words = { .max = 2 * KIB };
	put_name(&words, o);
	if (result->stage == GW_FAILED)
		str_addf(&words, "did not arrive. %s",
			result->text != NULL ? result->text : "");
	else
		str_add(&words, "was delivered: do not send it again.");
	gw_tell(o->owner->session, str_text(&words));
	str_finish(&words);
}

bool doubt_tell(struct outbound *o)
{
	struct gw_result result;
	if (doubt_is_open(o) || !outbound_outcome(o, &result) ||
		result.stage == GW_ACCEPTED || o->owner->session == NULL)
		return false;
	o->audited = TOLD_NOTHING;
	audit_out(o, &result);
	/* That the network does not know either is no news. */
	if (result.stage != GW_FAILED || result.reason != GW_LOST)
		say(o, &result);
	o->is_doubtful = false;
	return true;
}
