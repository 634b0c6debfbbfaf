#include "sms/outbound.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/pack.h"
#include "sms/group.h"
#include "sms/ledger.h"

/* A number that no message reaches: what is kept may be damaged. */
#define COUNT_MAX 255

#define RECORD_VERSION 1

/* At its end: the user was told that it is not known what became of it. */
#define DOUBTFUL 1

/* --- Life ---------------------------------------------------------------- */

struct outbound *outbound_new(
	struct owner *owner, gw_request request, unsigned leg, unsigned legs)
{
	struct outbound *o = xalloc(sizeof(*o));
	o->owner = owner;
	o->request = request;
	o->leg = leg;
	o->legs = legs;
	o->key = outbound_key(request, leg);
	o->made_ms = clock_wall_ms();
	o->told = o->audited = TOLD_NOTHING;
	list_init(&o->over);
	list_init(&o->queued);
	list_init(&o->handing);
	list_init(&o->doubtful);
	list_init(&o->tickets);
	list_append(&owner->messages, &o->owned);
	return o;
}

static void free_segments(struct outbound *o)
{
	for (size_t i = 0; i < o->count; i++)
		xfree(o->segments[i].id);
	xfree(o->segments);
	o->segments = NULL;
	o->count = 0;
}

void outbound_free(struct outbound **slot)
{
	struct outbound *o = *slot;
	if (o == NULL)
		return;
	*slot = NULL;
	list_for_each_safe(it, &o->tickets) {
		list_remove(it);
		xfree(CONTAINER(it, struct outbound_ticket, link));
	}
	list_remove(&o->owned);
	list_remove(&o->over);
	list_remove(&o->queued);
	list_remove(&o->handing);
	list_remove(&o->doubtful);
	free_segments(o);
	segments_finish(&o->cut);
	xfree(o->from);
	xfree(o->to);
	xfree(o->backend_name);
	xfree(o->text);
	xfree(o->file);
	xfree(o->words);
	xfree(o);
}

void outbound_set_count(struct outbound *o, size_t count)
{
	free_segments(o);
	o->segments = xcalloc(count, sizeof(o->segments[0]));
	o->count = count;
	for (size_t i = 0; i < count; i++)
		o->segments[i].message = o;
}

/* --- What became of it --------------------------------------------------- */

size_t outbound_count(const struct outbound *o, enum segment_state state)
{
	size_t count = 0;
	for (size_t i = 0; i < o->count; i++)
		count += o->segments[i].state == state;
	return count;
}

void outbound_fail_rest(struct outbound *o)
{
	if (o->count == 0)
		outbound_set_count(o, 1);
	for (size_t i = 0; i < o->count; i++)
		if (o->segments[i].state == SEGMENT_DUE)
			o->segments[i].state = SEGMENT_FAILED;
}

bool outbound_outcome(const struct outbound *o, struct gw_result *result_r)
{
	size_t delivered = outbound_count(o, SEGMENT_DELIVERED);
	size_t accepted = outbound_count(o, SEGMENT_ACCEPTED);
	*result_r = (struct gw_result){
		.stage = GW_FAILED, .reason = o->reason, .text = o->words
	};
	if (outbound_count(o, SEGMENT_FAILED) > 0)
		return true;
	if (outbound_count(o, SEGMENT_LOST) > 0) {
		result_r->reason = GW_LOST;
		result_r->text =
			"The link to the network broke before it said whether "
			"it took your text. It may have been sent; ask before "
			"you send it again.";
		return true;
	}
	*result_r = (struct gw_result){
		.stage = delivered == o->count ? GW_DELIVERED : GW_ACCEPTED
	};
	return o->count > 0 && accepted + delivered == o->count;
}

/* --- The record ---------------------------------------------------------- */

void outbound_name(const struct outbound *o, char name[32])
{
	if (o->leg > 0)
		text_format(name, 32, OUTBOUND_PREFIX "%08x.%02x",
			(unsigned)o->request, o->leg);
	else
		text_format(
			name, 32, OUTBOUND_PREFIX "%08x", (unsigned)o->request);
}

void outbound_id(const struct outbound *o, char id[OUTBOUND_ID_SIZE])
{
	text_format(id, OUTBOUND_ID_SIZE, "o%08" PRIx32 ".%" PRIx64, o->request,
		(uint64_t)o->made_ms);
}

void outbound_encode(struct str *out, const struct outbound *o)
{
	pack_number(out, RECORD_VERSION);
	pack_text(out, o->owner->user);
	pack_text(out, o->owner->account);
	pack_text(out, o->from);
	pack_text(out, o->to);
	pack_text(out, o->backend_name);
	pack_number(out, o->made_ms);
	pack_number(out, o->ref);
	pack_number(out, (int64_t)o->reason);
	pack_text(out, o->words);
	pack_number(out, (int64_t)o->count);
	for (size_t i = 0; i < o->count; i++) {
		pack_number(out, (int64_t)o->segments[i].state);
		pack_text(out, o->segments[i].id);
	}
	if (o->leg > 0)
		pack_number(out, o->legs);
	if (o->is_doubtful)
		pack_number(out, DOUBTFUL);
}

static bool read_segments(struct outbound *o, struct unpack *u)
{
	int64_t count = unpack_number(u);
	if (u->is_broken || count < 1 || count > COUNT_MAX)
		return false;
	outbound_set_count(o, (size_t)count);
	for (size_t i = 0; i < o->count; i++) {
		int64_t state = unpack_number(u);
		const char *id = unpack_text(u);
		if (u->is_broken || state < SEGMENT_DUE ||
			state > SEGMENT_FAILED)
			return false;
		o->segments[i].state = (enum segment_state)state;
		o->segments[i].id = id != NULL ? xstrdup(id) : NULL;
	}
	return true;
}

static bool read_name(const char *name, gw_request *request_r, unsigned *leg_r)
{
	char *end;
	const char *digits = name + strlen(OUTBOUND_PREFIX);
	if (strncmp(name, OUTBOUND_PREFIX, strlen(OUTBOUND_PREFIX)) != 0)
		return false;
	unsigned long number = strtoul(digits, &end, 16);
	*request_r = (gw_request)number;
	if (end != digits + 8)
		return false;
	if (*end == '.')
		*leg_r = (unsigned)strtoul(end + 1, &end, 16);
	return *end == '\0';
}

static bool read_legs(struct outbound *o, struct unpack *u)
{
	int64_t legs = o->leg > 0 ? unpack_number(u) : 0;
	o->legs = (unsigned)legs;
	return !u->is_broken && legs >= o->leg && legs <= LIMIT_RECEIVERS;
}

/* Its people are known, if it is for a group. */
static bool find_group(struct outbound *o)
{
	if (participants_are_room(o->to))
		o->group = groups_find(o->owner->sms, o->to);
	return o->group != NULL || !participants_are_room(o->to);
}

struct outbound *outbound_decode(
	struct sms *s, const char *name, struct slice data)
{
	struct unpack u = { .rest = data };
	gw_request request;
	unsigned leg = 0;
	int64_t version = unpack_number(&u);
	const char *user = unpack_text(&u);
	const char *account = unpack_text(&u);
	const char *from = unpack_text(&u);
	const char *to = unpack_text(&u);
	if (u.is_broken || version != RECORD_VERSION || user == NULL ||
		account == NULL || !ledger_is_number(from) ||
		!ledger_is_number(to) || !read_name(name, &request, &leg))
		return NULL;
	struct owner *owner = owner_get(s, user, account);
	struct outbound *o = outbound_new(owner, request, leg, leg);
	o->from = xstrdup(from);
	o->to = xstrdup(to);
	xstrset(&o->backend_name, unpack_text(&u));
	o->made_ms = unpack_number(&u);
	o->ref = (unsigned)unpack_number(&u) & 0xffff;
	int64_t reason = unpack_number(&u);
	o->reason = reason >= 0 && reason < GW_REASON_COUNT
			    ? (enum gw_reason)reason
			    : GW_UNSUPPORTED;
	xstrset(&o->words, ledger_unpack_text(&u));
	if (!read_segments(o, &u) || !read_legs(o, &u) || !find_group(o)) {
		outbound_free(&o);
		owner_release(owner);
		return NULL;
	}
	o->is_doubtful = u.rest.len > 0 && unpack_number(&u) == DOUBTFUL;
	return o;
}
