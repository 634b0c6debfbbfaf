/*
 * The gateway is told of what changed in review(), after the turn: no event
 * comes out of an op.
 */
#include "sms_smpp/link.h"

#include "base/alloc.h"
#include "base/log.h"
#include "sms_smpp/link_private.h"
#include "sms_smpp/status.h"

/* A ticket: which session, and its handle. */
#define HANDLE_BITS 32

/* Sessions that the SMSC may ask for at a time. */
#define GUESTS 2u

/* --- What the gateway is told -------------------------------------------- */

void smpp_link_review(struct smpp_link *link)
{
	deferred_start(&link->review);
}

enum carrier_state smpp_link_judge(
	const struct smpp_link *link, const char **why_r)
{
	size_t wanted = 0, bound = 0, senders = 0;

	*why_r = "";
	for (size_t i = 0; i < link->member_count; i++) {
		const struct smpp_member *m = &link->members[i];

		if (m->is_guest)
			continue;
		wanted++;
		if (smpp_member_is_bound(m)) {
			bound++;
			senders += smpp_member_sends(m);
		} else {
			*why_r = m->why;
		}
	}
	if (bound == wanted)
		return CARRIER_UP;
	return senders > 0 ? CARRIER_DEGRADED : CARRIER_DOWN;
}

static bool is_quiet(const struct smpp_link *link)
{
	for (size_t i = 0; i < link->member_count; i++) {
		if (link->members[i].session != NULL)
			return false;
	}
	return true;
}

/* The gateway may close a link that is down: nothing comes after that. */
static enum carrier_state tell_state(struct smpp_link *link)
{
	const char *why;
	enum carrier_state state = smpp_link_judge(link, &why);
	bool is_end = link->is_draining && is_quiet(link) && !link->is_end_told;

	/* What is under way comes first. */
	if (link->is_draining && !is_end)
		return link->state;
	if (state == link->state && !is_end)
		return state;
	link->state = state;
	link->is_end_told = link->is_end_told || is_end;
	link->setup->events->link(link->setup->arg, state, why);
	return state;
}

static void tell_room(struct smpp_link *link)
{
	if (!link->is_room_news || link->is_draining)
		return;
	link->is_room_news = false;
	if (smpp_link_room(&link->carrier) > 0)
		link->setup->events->ready(link->setup->arg);
}

static void on_review(void *arg)
{
	struct smpp_link *link = arg;

	MAGIC_CHECK(link, SMPP_LINK_MAGIC);
	smpp_link_tell_refusals(link);
	if (tell_state(link) != CARRIER_DOWN)
		tell_room(link);
}

/* --- In ------------------------------------------------------------------ */

void smpp_link_delivered(
	struct smpp_member *m, const struct smpp_pdu *pdu, uint32_t handle)
{
	struct smpp_link *link = m->link;
	struct smpp_incoming *in = &link->incoming;
	uint64_t ticket = (uint64_t)m->incarnation << HANDLE_BITS | handle;

	switch (smpp_incoming_read(in, link->config, pdu)) {
	case SMPP_INCOMING_TEXT:
		link->counts.incoming++;
		in->text.ticket = ticket;
		link->setup->events->incoming(link->setup->arg, &in->text);
		break;
	case SMPP_INCOMING_REPORT:
		link->counts.reports++;
		in->report.ticket = ticket;
		link->setup->events->report(link->setup->arg, &in->report);
		break;
	case SMPP_INCOMING_NOTHING:
		log_info("sms", "[%s] a receipt that says nothing esm=0x%02x",
			m->name, pdu->esm_class);
		smpp_session_answer(m->session, handle, SMPP_ROK);
		break;
	}
}

void smpp_link_settle(struct carrier *c, uint64_t ticket, bool ok)
{
	struct smpp_link *link = smpp_link_of(c);
	uint32_t incarnation = (uint32_t)(ticket >> HANDLE_BITS);

	if (!ok)
		link->counts.again++;
	for (size_t i = 0; i < link->member_count; i++) {
		struct smpp_member *m = &link->members[i];

		if (m->session != NULL && m->incarnation == incarnation)
			smpp_session_answer(m->session, (uint32_t)ticket,
				ok ? SMPP_ROK : SMPP_RX_T_APPN);
	}
}

bool smpp_link_waits(const struct carrier *c, uint64_t ticket)
{
	const struct smpp_link *link =
		(const struct smpp_link *)(const void *)c;
	uint32_t incarnation = (uint32_t)(ticket >> HANDLE_BITS);

	for (size_t i = 0; i < link->member_count; i++) {
		const struct smpp_member *m = &link->members[i];

		if (m->session != NULL && m->incarnation == incarnation)
			return smpp_session_waits(m->session, (uint32_t)ticket);
	}
	return false;
}

void smpp_link_stall(struct carrier *c, bool on)
{
	struct smpp_link *link = smpp_link_of(c);

	link->is_stalled = on;
	/* A bind is answered first. */
	for (size_t i = 0; i < link->member_count; i++) {
		if (smpp_member_is_bound(&link->members[i]))
			smpp_session_stall(link->members[i].session, on);
	}
}

/* --- Life ---------------------------------------------------------------- */

unsigned smpp_link_caps(const struct carrier *c)
{
	static const unsigned subsets[] = {
		[GSM_WHOLE] = 0,
		[GSM_OF_LATIN1] = CARRIER_LATIN1,
		[GSM_OF_ASCII] = CARRIER_ASCII,
	};
	const struct smpp_link *link = smpp_const_link_of(c);
	const struct smpp_config *config = link->config;
	bool cuts = config->segments == SMPP_SEGMENTS_PAYLOAD &&
		    !link->outgoing.has_no_tlvs;

	return subsets[smpp_config_subset(config)] | (cuts ? CARRIER_CUTS : 0);
}

static void add_members(struct smpp_link *link)
{
	static const struct {
		enum smpp_role roles[2];
		unsigned count;
	} bindings[] = {
		[SMPP_BINDING_TRANSCEIVER] = { { SMPP_TRANSCEIVER }, 1 },
		[SMPP_BINDING_PAIR] = { { SMPP_TRANSMITTER, SMPP_RECEIVER },
			2 },
		[SMPP_BINDING_TRANSMITTER] = { { SMPP_TRANSMITTER }, 1 },
		[SMPP_BINDING_RECEIVER] = { { SMPP_RECEIVER }, 1 },
	};
	unsigned each = bindings[link->config->binding].count;

	unsigned own = each * (unsigned)link->config->binds;
	unsigned guests = link->config->outbind.port != 0 ? GUESTS : 0;

	link->member_count = own + guests;
	link->members = xcalloc(link->member_count, sizeof(*link->members));
	for (unsigned i = own; i < own + guests; i++)
		smpp_member_init_guest(&link->members[i], link, i + 1);
	for (unsigned i = 0; i < own; i++)
		smpp_member_init(&link->members[i], link, i + 1,
			bindings[link->config->binding].roles[i % each]);
}

static void on_outbind(struct conn *conn, void *arg)
{
	struct smpp_link *link = arg;

	for (size_t i = 0; i < link->member_count; i++) {
		struct smpp_member *m = &link->members[i];

		if (m->is_guest && m->session == NULL && !link->is_draining) {
			smpp_member_take(m, conn);
			return;
		}
	}
	conn_close(&conn);
}

/* -1 with a reason. */
static int start_listening(struct smpp_link *link, const char **reason_r)
{
	if (link->config->outbind.port == 0)
		return 0;
	link->outbind = smpp_outbind_new(link->setup->loop, link->setup->name,
		&link->config->outbind, on_outbind, link, reason_r);
	return link->outbind != NULL ? 0 : -1;
}

struct carrier *smpp_link_open(
	const struct carrier_setup *setup, const char **reason_r)
{
	const struct smpp_config *config = setup->config;
	struct tls_client *tls = NULL;
	struct smpp_link *link;

	if (config->tls == SMPP_TLS_REQUIRED) {
		tls = tls_client_new(config->ca_file, config->verify, reason_r);
		if (tls == NULL)
			return NULL;
	}
	link = xalloc(sizeof(*link));
	link->magic = SMPP_LINK_MAGIC;
	link->setup = setup;
	link->config = config;
	link->tls = tls;
	link->state = CARRIER_DOWN;
	list_init(&link->refusals);
	smpp_pace_init(&link->pace, config->rate);
	smpp_outgoing_init(&link->outgoing);
	smpp_incoming_init(&link->incoming);
	timer_init(&link->pace_timer, setup->loop, "smpp pace",
		smpp_link_on_pace, link);
	deferred_init(
		&link->review, setup->loop, "smpp review", on_review, link);
	add_members(link);
	struct carrier *carrier = &link->carrier;
	if (start_listening(link, reason_r) != 0)
		smpp_link_close(&carrier);
	return carrier;
}

void smpp_link_close(struct carrier **slot)
{
	struct smpp_link *link;

	if (*slot == NULL)
		return;
	link = smpp_link_of(*slot);
	*slot = NULL;
	for (size_t i = 0; i < link->member_count; i++)
		smpp_member_finish(&link->members[i]);
	xfree(link->members);
	smpp_outbind_free(&link->outbind);
	timer_stop(&link->pace_timer);
	deferred_stop(&link->review);
	smpp_link_forget_refusals(link);
	smpp_outgoing_finish(&link->outgoing);
	smpp_incoming_finish(&link->incoming);
	tls_client_free(&link->tls);
	link->magic = 0;
	xfree(link);
}

void smpp_link_reconnect(struct carrier *c)
{
	struct smpp_link *link = smpp_link_of(c);

	for (size_t i = 0; i < link->member_count && !link->is_draining; i++)
		smpp_member_reconnect(&link->members[i]);
	smpp_link_review(link);
}

void smpp_link_drain(struct carrier *c)
{
	struct smpp_link *link = smpp_link_of(c);

	link->is_draining = true;
	for (size_t i = 0; i < link->member_count; i++)
		smpp_member_leave(&link->members[i]);
	smpp_link_review(link);
}
