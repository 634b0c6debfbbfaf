/*
 * Submits for one receiver go to the session that has one of his under way, if
 * any does, as two sessions overtake each other; the segments of one text to
 * the same anyway.
 */
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "sms_smpp/link.h"
#include "sms_smpp/link_private.h"
#include "sms_smpp/status.h"
#include "sms_smpp/tlv.h"

/* A submit that never left. */
struct refused {
	struct list link;
	uint64_t token;
	struct carrier_refusal refusal; /* its text is static */
};

/* --- Pace ---------------------------------------------------------------- */

/* When the pace lets the next one go. */
static void await_pace(struct smpp_link *link)
{
	int64_t wait_ms = smpp_pace_wait_ms(&link->pace);

	if (wait_ms > 0 && !timer_is_running(&link->pace_timer))
		timer_start(&link->pace_timer, wait_ms);
}

void smpp_link_on_pace(void *arg)
{
	struct smpp_link *link = arg;

	if (smpp_pace_wait_ms(&link->pace) > 0) {
		await_pace(link);
		return;
	}
	link->is_room_news = true;
	smpp_link_review(link);
}

/* --- Out ----------------------------------------------------------------- */

size_t smpp_link_room(const struct carrier *c)
{
	const struct smpp_link *link = smpp_const_link_of(c);
	size_t room = 0, held = 0, pace;

	if (link->is_draining)
		return 0;
	for (size_t i = 0; i < link->member_count; i++) {
		const struct smpp_member *m = &link->members[i];

		if (smpp_member_sends(m) && smpp_member_is_bound(m)) {
			room += smpp_session_room(m->session);
			held += smpp_session_held(m->session);
		}
	}
	room = room > held ? room - held : 0;
	pace = smpp_pace_room(&link->pace);
	return room < pace ? room : pace;
}

static bool is_better(
	const struct smpp_member *m, const struct smpp_member *than)
{
	return than == NULL || smpp_session_pending(m->session) <
				       smpp_session_pending(than->session);
}

static struct smpp_member *choose(struct smpp_link *link, uint32_t key)
{
	struct smpp_member *best = NULL;

	if (link->sticky != NULL && smpp_member_is_bound(link->sticky))
		return link->sticky;
	for (size_t i = 0; i < link->member_count; i++) {
		struct smpp_member *m = &link->members[i];

		if (!smpp_member_sends(m) || !smpp_member_is_bound(m))
			continue;
		if (link->member_count > 1 && smpp_session_has(m->session, key))
			return m;
		if (is_better(m, best))
			best = m;
	}
	return best;
}

void smpp_link_tell_refusals(struct smpp_link *link)
{
	while (!list_is_empty(&link->refusals)) {
		struct refused *r =
			CONTAINER(link->refusals.next, struct refused, link);

		list_remove(&r->link);
		link->counts.rejected++;
		link->setup->events->rejected(
			link->setup->arg, r->token, &r->refusal);
		xfree(r);
	}
}

void smpp_link_forget_refusals(struct smpp_link *link)
{
	list_for_each_safe(item, &link->refusals) {
		xfree(CONTAINER(item, struct refused, link));
	}
	list_init(&link->refusals);
}

static void refuse(struct smpp_link *link, uint64_t token,
	const struct carrier_refusal *refusal)
{
	struct refused *r = xalloc(sizeof(*r));

	r->token = token;
	r->refusal = *refusal;
	list_append(&link->refusals, &r->link);
	smpp_link_review(link);
}

void smpp_link_submit(struct carrier *c, const struct carrier_submit *submit)
{
	struct smpp_link *link = smpp_link_of(c);
	uint32_t key = (uint32_t)map_hash(slice_of(submit->to));
	struct smpp_member *m = choose(link, key);
	struct carrier_refusal refusal = {
		.class = SMS_LINK,
		.text = "the link to the provider is gone",
	};

	link->sticky = submit->is_more ? m : NULL;
	if (m == NULL || smpp_outgoing_build(&link->outgoing, link->config,
				 submit, &refusal) != 0) {
		refuse(link, submit->token, &refusal);
		return;
	}
	if (smpp_session_submit(
		    m->session, submit->token, key, &link->outgoing.pdu) != 0) {
		refusal.class = SMS_BAD_CONTENT;
		refusal.text = "it does not fit into a request";
		refuse(link, submit->token, &refusal);
		return;
	}
	link->counts.submitted++;
	smpp_pace_take(&link->pace);
	await_pace(link);
}

/* --- Answers ------------------------------------------------------------- */

static void take(
	struct smpp_link *link, uint64_t token, const struct smpp_pdu *response)
{
	char id[SMPP_RECEIPT_ID];

	smpp_printable(id, sizeof(id), response->message_id);
	link->counts.accepted++;
	smpp_pace_accepted(&link->pace);
	link->setup->events->accepted(link->setup->arg, token, id);
}

/* It does not like our optional parameters: without them, from now on. False:
 * they are not what it refuses. */
static bool leave_out_tlvs(struct smpp_member *m, uint32_t code)
{
	struct smpp_link *link = m->link;
	const struct smpp_config *config = link->config;
	bool has_some = config->extras.count > 0 ||
			config->segments != SMPP_SEGMENTS_UDH;

	if (code < SMPP_RINVTLVSTREAM || code > SMPP_RINVTLVVAL ||
		code == SMPP_RMISSINGTLV || !has_some)
		return false;
	if (!link->outgoing.has_no_tlvs)
		log_warning("sms",
			"[%s] optional parameters are refused, and left out "
			"from now on status=0x%02X",
			m->name, (unsigned)code);
	link->outgoing.has_no_tlvs = true;
	return true;
}

static void reject(struct smpp_member *m, uint64_t token, uint32_t code)
{
	struct smpp_link *link = m->link;
	char text[SMPP_STATUS_TEXT];
	struct carrier_refusal refusal = {
		.class = smpp_config_class(link->config, code),
		.text = text,
	};

	smpp_status_text(code, text);
	link->counts.rejected++;
	refusal.is_alphabet =
		code == SMPP_RINVDCS && refusal.class == SMS_BAD_CONTENT;
	if (refusal.class == SMS_FAULT && leave_out_tlvs(m, code))
		refusal.class = SMS_RETRY;
	if (refusal.class == SMS_THROTTLE) {
		link->counts.throttled++;
		smpp_pace_throttled(&link->pace);
		refusal.wait_ms = smpp_pace_wait_ms(&link->pace);
		await_pace(link);
	} else if (refusal.class == SMS_LINK) {
		/* It thinks that we are not bound: bind anew. */
		smpp_session_leave(m->session);
	}
	link->setup->events->rejected(link->setup->arg, token, &refusal);
}

static bool is_accepted(const struct smpp_pdu *response)
{
	return response->status == SMPP_ROK &&
	       response->command != SMPP_GENERIC_NACK;
}

void smpp_link_answered(
	struct smpp_member *m, uint64_t token, const struct smpp_pdu *response)
{
	struct smpp_link *link = m->link;
	uint32_t congestion;

	if (smpp_tlv_number(response->tlvs, SMPP_TAG_CONGESTION, &congestion)) {
		smpp_pace_congested(&link->pace, congestion);
		await_pace(link);
	}
	link->is_room_news = true;
	smpp_link_review(link);
	if (is_accepted(response))
		take(link, token, response);
	else
		reject(m, token, response->status);
}

void smpp_link_late(
	struct smpp_member *m, uint64_t token, const struct smpp_pdu *response)
{
	struct smpp_link *link = m->link;
	char text[SMPP_STATUS_TEXT], id[SMPP_RECEIPT_ID];
	const struct carrier_refusal refusal = {
		.class = smpp_config_class(link->config, response->status),
		.text = text,
	};

	smpp_status_text(response->status, text);
	smpp_printable(id, sizeof(id), response->message_id);
	log_info("sms", "[%s] a submit was answered too late: %s", m->name,
		is_accepted(response) ? id : text);
	link->setup->events->late(link->setup->arg, token, id,
		is_accepted(response) ? NULL : &refusal);
}

void smpp_link_lost(struct smpp_link *link, uint64_t token, bool has_left)
{
	static const struct carrier_refusal refusal = {
		.class = SMS_LINK,
		.text = "the link to the provider is gone",
	};

	if (!has_left) {
		link->counts.rejected++;
		link->setup->events->rejected(
			link->setup->arg, token, &refusal);
		return;
	}
	link->counts.lost++;
	link->is_room_news = true;
	smpp_link_review(link);
	link->setup->events->lost(link->setup->arg, token);
}
