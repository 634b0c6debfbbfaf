/*
 * What the SMSC says: answers to what we asked, and requests.
 */
#include "sms_smpp/session_private.h"

/* Delivered, and not yet answered: the gateway's store is far behind. */
#define UNANSWERED_MAX 1000u

/* --- Answers ------------------------------------------------------------- */

static void on_answer(struct smpp_session *s, const struct smpp_pdu *pdu)
{
	struct smpp_submit *submit =
		smpp_window_find(&s->window, pdu->sequence);
	uint64_t token;

	if (submit == NULL &&
		smpp_window_take_late(&s->window, pdu->sequence, &token)) {
		s->setup.events->late(s->setup.arg, token, pdu);
		return;
	}
	if (submit == NULL) {
		log_debug("sms", "[%s] %s to nothing that was asked",
			s->setup.name, smpp_command_name(pdu->command));
		return;
	}
	token = submit->token;
	smpp_window_remove(&s->window, submit);
	smpp_session_send_held(s);
	s->setup.events->answered(s->setup.arg, token, pdu);
	if (s->state == SMPP_DRAINING)
		smpp_session_check(s);
}

static void on_bound(struct smpp_session *s, const struct smpp_pdu *pdu)
{
	char text[SMPP_STATUS_TEXT];

	if (pdu->status != SMPP_ROK || pdu->command == SMPP_GENERIC_NACK) {
		smpp_status_text(pdu->status, text);
		smpp_session_die(s, SMPP_END_REFUSED, pdu->status, text);
		return;
	}
	s->state = SMPP_BOUND;
	smpp_session_check_in(s, 0);
	s->setup.events->bound(s->setup.arg);
}

static bool is_own_bind(
	const struct smpp_session *s, const struct smpp_pdu *pdu)
{
	return s->state == SMPP_BINDING && pdu->sequence == s->bind_sequence &&
	       (pdu->command == (s->bind_command | SMPP_RESPONSE) ||
		       pdu->command == SMPP_GENERIC_NACK);
}

static void handle_response(struct smpp_session *s, const struct smpp_pdu *pdu)
{
	if (is_own_bind(s, pdu))
		on_bound(s, pdu);
	else if (s->state == SMPP_LEAVING &&
		 pdu->sequence == s->unbind_sequence)
		smpp_session_die(s, SMPP_END_LEFT, SMPP_ROK, "unbound");
	else if (pdu->command == (SMPP_SUBMIT_SM | SMPP_RESPONSE) ||
		 pdu->command == SMPP_GENERIC_NACK)
		on_answer(s, pdu);
}

/* --- Requests ------------------------------------------------------------ */

static void on_delivered(
	struct smpp_session *s, const struct smpp_pdu *pdu, uint32_t error)
{
	uint32_t handle;

	if (error != SMPP_ROK) {
		smpp_session_respond(s, pdu->command, pdu->sequence, error);
	} else if (s->state == SMPP_BINDING ||
		   s->deliveries.count >= UNANSWERED_MAX) {
		/* Not ours yet, or more than can be stored: again, later. */
		smpp_session_respond(
			s, pdu->command, pdu->sequence, SMPP_RX_T_APPN);
	} else {
		handle = smpp_deliveries_add(
			&s->deliveries, pdu->command, pdu->sequence);
		s->setup.events->delivered(s->setup.arg, pdu, handle);
	}
}

static void refuse(struct smpp_session *s, const struct smpp_pdu *request)
{
	struct smpp_pdu nack = {
		.command = SMPP_GENERIC_NACK,
		.status = SMPP_RINVCMDID,
		.sequence = request->sequence,
	};

	smpp_session_send(s, &nack);
}

static void handle_request(
	struct smpp_session *s, const struct smpp_pdu *pdu, uint32_t error)
{
	switch (pdu->command) {
	case SMPP_ENQUIRE_LINK:
		smpp_session_respond(s, pdu->command, pdu->sequence, SMPP_ROK);
		break;
	case SMPP_DELIVER_SM:
	case SMPP_DATA_SM:
		on_delivered(s, pdu, error);
		break;
	case SMPP_UNBIND:
		smpp_session_respond(s, pdu->command, pdu->sequence, SMPP_ROK);
		smpp_session_die(s, SMPP_END_UNBOUND, SMPP_ROK,
			"the SMSC ended the session");
		break;
	case SMPP_OUTBIND:
	case SMPP_ALERT_NOTIFICATION:
		break; /* they have no responses */
	default:
		refuse(s, pdu);
	}
}

/* --- PDUs ---------------------------------------------------------------- */

static void handle_pdu(struct smpp_session *s, struct slice whole)
{
	struct smpp_pdu pdu;
	uint32_t error = smpp_pdu_decode(whole, &pdu);

	if (error != SMPP_ROK && log_is_due(&s->odd_log))
		log_info("sms", "[%s] odd PDU command=0x%08x octets=%zu",
			s->setup.name, pdu.command, whole.len);
	/* The head of a response says what matters most. */
	if ((pdu.command & SMPP_RESPONSE) != 0)
		handle_response(s, &pdu);
	else
		handle_request(s, &pdu, error);
}

/* All whole ones at the start of the input. */
static size_t handle_all(struct smpp_session *s, struct slice input)
{
	size_t used = 0;

	while (s->state != SMPP_DEAD && !s->is_stalled) {
		struct slice rest =
			slice_make(input.data + used, input.len - used);
		long len = smpp_pdu_length(rest);

		if (len < 0)
			smpp_session_die(s, SMPP_END_LOST, SMPP_ROK,
				"the SMSC does not speak SMPP");
		if (len <= 0 || (size_t)len > rest.len)
			break;
		handle_pdu(s, slice_make(rest.data, (size_t)len));
		used += (size_t)len;
	}
	return used;
}

/* How long the end of a PDU may take is limited, however many octets of it
 * come meanwhile. */
void smpp_session_read(struct smpp_session *s)
{
	struct slice input = conn_input(s->conn);
	size_t used = handle_all(s, input);

	if (s->state == SMPP_DEAD)
		return;
	conn_consume(s->conn, used);
	if (used > 0) {
		s->heard_ms = clock_ms();
		s->enquiries = 0;
		s->partial_ms = 0;
	}
	if (used < input.len && s->partial_ms == 0)
		smpp_session_await_rest(s);
}
