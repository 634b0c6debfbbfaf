/*
 *	waiting -> dialling -> binding -> bound
 *	   ^----------'-----------'---------'
 *
 * How long it waits: 1 s doubling to 60 s after a loss, a minute doubling to
 * 15 when the SMSC refuses the login, as many lock the account otherwise.
 */
#include "base/clock.h"
#include "base/log.h"
#include "sms_smpp/link_private.h"
#include "sms_smpp/status.h"

#define RETRY_MIN_MS  1000
#define RETRY_MAX_MS  60000
#define REFUSE_MIN_MS 60000
#define REFUSE_MAX_MS ((int64_t)15 * 60000)

/* A session that lasted so long was a success. */
#define LASTED_MS 60000

static const char *const role_names[] = {
	[SMPP_TRANSCEIVER] = "transceiver",
	[SMPP_TRANSMITTER] = "transmitter",
	[SMPP_RECEIVER] = "receiver",
};

static void wait_again(
	struct smpp_member *m, struct backoff *backoff, const char *why)
{
	int64_t delay_ms;

	m->bound_ms = 0;
	(void)text_copy(m->why, sizeof(m->why), why);
	if (m->link->is_draining || m->is_guest) {
		log_info("sms", "[%s] ended why=\"%s\"", m->name, why);
	} else {
		delay_ms = backoff_next_ms(backoff);
		log_warning("sms", "[%s] not bound why=\"%s\" retry_s=%d",
			m->name, why, (int)((delay_ms + 999) / 1000));
		timer_start(&m->retry, delay_ms);
	}
	smpp_link_review(m->link);
}

/* --- Events of the session ----------------------------------------------- */

static void on_bound(void *arg)
{
	struct smpp_member *m = arg;

	m->bound_ms = clock_ms();
	m->why[0] = '\0';
	backoff_reset(&m->refusals);
	log_info("sms", "[%s] bound as=%s host=%s port=%d", m->name,
		role_names[m->role], m->link->config->host,
		m->link->config->port);
	smpp_session_stall(m->session, m->link->is_stalled);
	if (smpp_member_sends(m))
		m->link->is_room_news = true;
	smpp_link_review(m->link);
}

static void on_answered(
	void *arg, uint64_t token, const struct smpp_pdu *response)
{
	smpp_link_answered(arg, token, response);
}

static void on_ready(void *arg)
{
	struct smpp_member *m = arg;

	m->link->is_room_news = true;
	smpp_link_review(m->link);
}

static void on_lost(void *arg, uint64_t token, bool has_left)
{
	struct smpp_member *m = arg;

	smpp_link_lost(m->link, token, has_left);
}

static void on_late(void *arg, uint64_t token, const struct smpp_pdu *response)
{
	smpp_link_late(arg, token, response);
}

static void on_delivered(void *arg, const struct smpp_pdu *pdu, uint32_t handle)
{
	smpp_link_delivered(arg, pdu, handle);
}

static void on_ended(
	void *arg, enum smpp_end end, uint32_t status, const char *why)
{
	struct smpp_member *m = arg;
	bool is_refused = end == SMPP_END_REFUSED &&
			  smpp_status_find(status)->class == SMS_AUTH;

	smpp_session_free(&m->session);
	if (m->link->sticky == m)
		m->link->sticky = NULL;
	if (m->bound_ms != 0 && clock_ms() - m->bound_ms >= LASTED_MS)
		backoff_reset(&m->backoff);
	wait_again(m, is_refused ? &m->refusals : &m->backoff, why);
}

static const struct smpp_session_events events = {
	.bound = on_bound,
	.answered = on_answered,
	.ready = on_ready,
	.lost = on_lost,
	.late = on_late,
	.delivered = on_delivered,
	.ended = on_ended,
};

/* --- Connecting ---------------------------------------------------------- */

/* All that the link may have under way, should the other sessions end. */
static size_t capacity_of(const struct smpp_link *link)
{
	size_t senders = 0;

	for (size_t i = 0; i < link->member_count; i++)
		senders += smpp_member_sends(&link->members[i]);
	return senders * (size_t)link->config->window + 1;
}

void smpp_member_take(struct smpp_member *m, struct conn *conn)
{
	const struct smpp_session_setup setup = {
		.loop = m->link->setup->loop,
		.config = m->link->config,
		.name = m->name,
		.role = m->role,
		.capacity = capacity_of(m->link),
		.events = &events,
		.arg = m,
	};

	m->incarnation = ++m->link->incarnations;
	m->session = smpp_session_new(&setup, conn);
}

static void on_dialled(struct conn *conn, enum dial_error error UNUSED,
	const char *reason, void *arg)
{
	struct smpp_member *m = arg;

	m->dial = NULL;
	if (conn == NULL)
		wait_again(m, &m->backoff, reason);
	else
		smpp_member_take(m, conn);
}

static void on_retry(void *arg)
{
	struct smpp_member *m = arg;
	const struct smpp_config *config = m->link->config;
	const struct dial_target target = {
		.host = config->host,
		.port = (uint16_t)config->port,
		.tls = m->link->tls != NULL ? TLS_REQUIRED : TLS_NONE,
		.tls_client = m->link->tls,
		.limits = smpp_conn_limits,
		.is_vital = true,
	};

	m->dial = dial_start(m->link->setup->loop, m->link->setup->resolver,
		&target, on_dialled, m);
}

/* --- Life ---------------------------------------------------------------- */

static void init(struct smpp_member *m, struct smpp_link *link, unsigned number,
	enum smpp_role role)
{
	m->link = link;
	m->role = role;
	(void)text_format(
		m->name, sizeof(m->name), "%s/%u", link->setup->name, number);
	(void)text_copy(m->why, sizeof(m->why), "connecting");
	backoff_init(&m->backoff, RETRY_MIN_MS, RETRY_MAX_MS);
	backoff_init(&m->refusals, REFUSE_MIN_MS, REFUSE_MAX_MS);
	timer_init(&m->retry, link->setup->loop, "smpp retry", on_retry, m);
}

void smpp_member_init(struct smpp_member *m, struct smpp_link *link,
	unsigned number, enum smpp_role role)
{
	init(m, link, number, role);
	timer_start(&m->retry, 0);
}

void smpp_member_init_guest(
	struct smpp_member *m, struct smpp_link *link, unsigned number)
{
	init(m, link, number, SMPP_RECEIVER);
	m->is_guest = true;
}

void smpp_member_finish(struct smpp_member *m)
{
	timer_stop(&m->retry);
	dial_cancel(&m->dial);
	smpp_session_free(&m->session);
}

void smpp_member_leave(struct smpp_member *m)
{
	timer_stop(&m->retry);
	dial_cancel(&m->dial);
	if (m->session != NULL)
		smpp_session_leave(m->session);
}

void smpp_member_reconnect(struct smpp_member *m)
{
	backoff_reset(&m->backoff);
	backoff_reset(&m->refusals);
	if (m->session != NULL)
		smpp_session_leave(m->session);
	else if (timer_is_running(&m->retry))
		timer_start(&m->retry, 0);
}
