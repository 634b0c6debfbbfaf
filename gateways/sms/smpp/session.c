#include "sms_smpp/session.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "sms_smpp/session_private.h"

#define CLOSE_MS   3000
#define OUTPUT_MAX ((size_t)1024 * 1024)

const struct conn_limits smpp_conn_limits = {
	.input_max = 2 * SMPP_PDU_MAX,
	.output_max = OUTPUT_MAX,
	.output_low = OUTPUT_MAX / 2,
};

/* --- The end ------------------------------------------------------------- */

void smpp_session_die(struct smpp_session *s, enum smpp_end end,
	uint32_t status, const char *why)
{
	if (s->state == SMPP_DEAD)
		return;
	s->state = SMPP_DEAD;
	s->death.end = end;
	s->death.status = status;
	(void)text_copy(s->death.why, sizeof(s->death.why), why);
	timer_stop(&s->timer);
	/* What was written last still goes out. */
	conn_close_gracefully(&s->conn, CLOSE_MS);
	deferred_start(&s->burial);
}

static void lose(
	struct smpp_session *s, struct smpp_submit *submit, bool has_left)
{
	uint64_t token = submit->token;

	smpp_window_remove(&s->window, submit);
	s->setup.events->lost(s->setup.arg, token, has_left);
}

static void bury(void *arg)
{
	struct smpp_session *s = arg;
	struct smpp_death death = s->death;
	struct smpp_submit *submit;

	MAGIC_CHECK(s, SMPP_SESSION_MAGIC);
	while ((submit = smpp_window_first_sent(&s->window)) != NULL)
		lose(s, submit, true);
	while ((submit = smpp_window_first_held(&s->window)) != NULL)
		lose(s, submit, false);
	/* The owner frees it. */
	s->setup.events->ended(
		s->setup.arg, death.end, death.status, death.why);
}

void smpp_session_free(struct smpp_session **slot)
{
	struct smpp_session *s = *slot;

	if (s == NULL)
		return;
	MAGIC_CHECK(s, SMPP_SESSION_MAGIC);
	*slot = NULL;
	timer_stop(&s->timer);
	deferred_stop(&s->burial);
	conn_close(&s->conn);
	smpp_window_finish(&s->window);
	smpp_deliveries_finish(&s->deliveries);
	str_finish(&s->out);
	s->magic = 0;
	xfree(s);
}

/* --- Out ----------------------------------------------------------------- */

static void write_out(struct smpp_session *s, struct slice pdu)
{
	if (conn_write(s->conn, pdu) != 0)
		smpp_session_die(s, SMPP_END_LOST, SMPP_ROK,
			"the SMSC does not read what is sent");
}

void smpp_session_send(struct smpp_session *s, const struct smpp_pdu *pdu)
{
	str_reset(&s->out);
	if (smpp_pdu_encode(&s->out, pdu) == 0)
		write_out(s, str_slice(&s->out));
}

void smpp_session_respond(struct smpp_session *s, uint32_t command,
	uint32_t sequence, uint32_t status)
{
	struct smpp_pdu response = {
		.command = command | SMPP_RESPONSE,
		.status = status,
		.sequence = sequence,
	};

	smpp_session_send(s, &response);
}

static size_t window_of(const struct smpp_session *s)
{
	return (size_t)s->setup.config->window;
}

static bool can_send(const struct smpp_session *s)
{
	return s->state != SMPP_DEAD && s->window.sent_count < window_of(s) &&
	       conn_pending(s->conn) <= smpp_conn_limits.output_low;
}

static void send_submit(
	struct smpp_session *s, struct smpp_submit *submit, struct slice pdu)
{
	write_out(s, pdu);
	smpp_window_sent(&s->window, submit);
	if (s->state != SMPP_DEAD)
		smpp_session_await_answer(s);
}

void smpp_session_send_held(struct smpp_session *s)
{
	struct smpp_submit *submit;

	while (can_send(s) &&
		(submit = smpp_window_first_held(&s->window)) != NULL)
		send_submit(
			s, submit, slice_make(submit->held, submit->held_len));
}

int smpp_session_submit(struct smpp_session *s, uint64_t token, uint32_t key,
	struct smpp_pdu *pdu)
{
	struct smpp_submit *submit;

	MAGIC_CHECK(s, SMPP_SESSION_MAGIC);
	assert(s->state == SMPP_BOUND);
	assert(smpp_session_pending(s) < s->setup.capacity);
	pdu->sequence = smpp_window_next(&s->window);
	str_reset(&s->out);
	if (smpp_pdu_encode(&s->out, pdu) != 0)
		return -1;
	submit = smpp_window_add(&s->window, pdu->sequence, token, key);
	if (s->window.held_count == 0 && can_send(s))
		send_submit(s, submit, str_slice(&s->out));
	else
		smpp_window_hold(&s->window, submit, str_slice(&s->out));
	return 0;
}

void smpp_session_answer(
	struct smpp_session *s, uint32_t handle, uint32_t status)
{
	uint32_t command, sequence;

	MAGIC_CHECK(s, SMPP_SESSION_MAGIC);
	if (smpp_deliveries_take(&s->deliveries, handle, &command, &sequence) &&
		s->state != SMPP_DEAD)
		smpp_session_respond(s, command, sequence, status);
}

bool smpp_session_waits(const struct smpp_session *s, uint32_t handle)
{
	MAGIC_CHECK(s, SMPP_SESSION_MAGIC);
	return s->state != SMPP_DEAD &&
	       smpp_deliveries_has(&s->deliveries, handle);
}

/* --- The owner ----------------------------------------------------------- */

bool smpp_session_is_bound(const struct smpp_session *s)
{
	MAGIC_CHECK(s, SMPP_SESSION_MAGIC);
	return s->state == SMPP_BOUND;
}

size_t smpp_session_pending(const struct smpp_session *s)
{
	return s->window.sent_count + s->window.held_count;
}

size_t smpp_session_held(const struct smpp_session *s)
{
	return s->window.held_count;
}

size_t smpp_session_room(const struct smpp_session *s)
{
	size_t pending = smpp_session_pending(s);

	MAGIC_CHECK(s, SMPP_SESSION_MAGIC);
	if (s->state != SMPP_BOUND || pending >= window_of(s) ||
		conn_pending(s->conn) > smpp_conn_limits.output_low)
		return 0;
	return window_of(s) - pending;
}

bool smpp_session_has(const struct smpp_session *s, uint32_t key)
{
	return smpp_window_has(&s->window, key);
}

/* What was said meanwhile is read first, and then what is due is judged. */
static void end_stall(struct smpp_session *s)
{
	int64_t now_ms = clock_ms();

	smpp_window_delay(&s->window, now_ms - s->stalled_ms);
	s->heard_ms = now_ms;
	s->enquiries = 0;
	if (s->partial_ms != 0)
		s->partial_ms = now_ms;
	conn_resume(s->conn);
	smpp_session_check_in(s, 0);
}

void smpp_session_stall(struct smpp_session *s, bool on)
{
	MAGIC_CHECK(s, SMPP_SESSION_MAGIC);
	if (s->state == SMPP_DEAD || s->is_stalled == on)
		return;
	s->is_stalled = on;
	if (on) {
		s->stalled_ms = clock_ms();
		conn_pause(s->conn);
	} else {
		end_stall(s);
	}
}

void smpp_session_leave(struct smpp_session *s)
{
	MAGIC_CHECK(s, SMPP_SESSION_MAGIC);
	if (s->state == SMPP_BINDING) {
		smpp_session_die(s, SMPP_END_LEFT, SMPP_ROK,
			"given up before it was bound");
	} else if (s->state == SMPP_BOUND) {
		smpp_session_stall(s, false);
		smpp_session_start_leaving(s);
	}
}

/* --- The beginning ------------------------------------------------------- */

static void on_conn(struct conn *c UNUSED, enum conn_event event, void *arg)
{
	struct smpp_session *s = arg;
	enum smpp_end end;

	MAGIC_CHECK(s, SMPP_SESSION_MAGIC);
	if (s->state == SMPP_DEAD)
		return;
	switch (event) {
	case CONN_DATA:
		smpp_session_read(s);
		break;
	case CONN_SECURE:
		break;
	case CONN_DRAINED:
		smpp_session_send_held(s);
		s->setup.events->ready(s->setup.arg);
		break;
	case CONN_EOF:
	case CONN_ERROR:
		end = s->state == SMPP_LEAVING ? SMPP_END_LEFT : SMPP_END_LOST;
		smpp_session_die(s, end, SMPP_ROK, conn_reason(s->conn));
		break;
	}
}

static void on_timer(void *arg)
{
	smpp_session_check(arg);
}

static void send_bind(struct smpp_session *s)
{
	static const uint32_t commands[] = {
		[SMPP_TRANSCEIVER] = SMPP_BIND_TRANSCEIVER,
		[SMPP_TRANSMITTER] = SMPP_BIND_TRANSMITTER,
		[SMPP_RECEIVER] = SMPP_BIND_RECEIVER,
	};
	const struct smpp_config *config = s->setup.config;
	struct smpp_pdu pdu = {
		.command = commands[s->setup.role],
		.sequence = smpp_window_next(&s->window),
		.system_id = slice_of(config->system_id),
		.password = secret_reveal(config->password),
		.system_type = slice_of(config->system_type),
		.interface_version = smpp_config_version(config),
		.range_ton = (uint8_t)config->range_ton,
		.range_npi = (uint8_t)config->range_npi,
		.address_range = slice_of(config->address_range),
	};

	s->bind_command = pdu.command;
	s->bind_sequence = pdu.sequence;
	smpp_session_send(s, &pdu);
	if (s->out.data != NULL)
		crypto_wipe(s->out.data, s->out.len);
	smpp_session_await_bind(s);
}

struct smpp_session *smpp_session_new(
	const struct smpp_session_setup *setup, struct conn *conn)
{
	struct smpp_session *s = xalloc(sizeof(*s));

	s->magic = SMPP_SESSION_MAGIC;
	s->setup = *setup;
	s->conn = conn;
	s->heard_ms = clock_ms();
	smpp_window_init(&s->window, setup->capacity);
	str_init(&s->out, SMPP_PDU_MAX + 1);
	timer_init(&s->timer, setup->loop, "smpp session", on_timer, s);
	deferred_init(&s->burial, setup->loop, "smpp end", bury, s);
	conn_set_owner(conn, on_conn, s);
	send_bind(s);
	return s;
}
