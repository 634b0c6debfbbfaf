/*
 * One timer for all deadlines of a session; it runs to the next of them.
 */
#include "sms_smpp/session_private.h"

#define BIND_MS    15000
#define PARTIAL_MS 10000
#define DRAIN_MS   5000
#define UNBIND_MS  5000

/* So many requests without an answer of the SMSC, and it is dead. */
#define ENQUIRIES 2u

static int64_t response_ms(const struct smpp_session *s)
{
	return (int64_t)s->setup.config->response_timeout * 1000;
}

static int64_t enquire_ms(const struct smpp_session *s)
{
	return (int64_t)s->setup.config->enquire_link * 1000;
}

static int64_t silence_ms(const struct smpp_session *s)
{
	return (int64_t)s->setup.config->inactivity * 1000;
}

/* --- What is due --------------------------------------------------------- */

static void lost(struct smpp_session *s, const char *why)
{
	smpp_session_die(s, SMPP_END_LOST, SMPP_ROK, why);
}

static void unbind(struct smpp_session *s, int64_t now_ms)
{
	struct smpp_pdu pdu = {
		.command = SMPP_UNBIND,
		.sequence = smpp_window_next(&s->window),
	};

	s->unbind_sequence = pdu.sequence;
	s->state = SMPP_LEAVING;
	s->deadline_ms = now_ms + UNBIND_MS;
	smpp_session_send(s, &pdu);
}

static void check_state(struct smpp_session *s, int64_t now_ms)
{
	bool is_late = now_ms >= s->deadline_ms;

	if (s->state == SMPP_BINDING && is_late)
		lost(s, "the SMSC does not answer the bind");
	else if (s->state == SMPP_DRAINING &&
		 (is_late || s->window.sent_count == 0))
		unbind(s, now_ms);
	else if (s->state == SMPP_LEAVING && is_late)
		smpp_session_die(s, SMPP_END_LEFT, SMPP_ROK,
			"the SMSC does not answer the unbind");
}

static void check_partial(struct smpp_session *s, int64_t now_ms)
{
	if (s->partial_ms != 0 && now_ms - s->partial_ms >= PARTIAL_MS)
		lost(s, "the SMSC stopped in the middle of a PDU");
}

static void check_submits(struct smpp_session *s, int64_t now_ms)
{
	struct smpp_submit *submit;

	while ((submit = smpp_window_first_sent(&s->window)) != NULL &&
		now_ms - submit->sent_ms >= response_ms(s)) {
		uint64_t token = submit->token;

		smpp_window_give_up(&s->window, submit);
		smpp_session_send_held(s);
		s->setup.events->lost(s->setup.arg, token, true);
	}
}

static void enquire(struct smpp_session *s)
{
	struct smpp_pdu pdu = {
		.command = SMPP_ENQUIRE_LINK,
		.sequence = smpp_window_next(&s->window),
	};

	s->enquiries++;
	smpp_session_send(s, &pdu);
}

/* Is the SMSC still there? */
static void check_silence(struct smpp_session *s, int64_t now_ms)
{
	int64_t silent_ms = now_ms - s->heard_ms;

	if (silence_ms(s) > 0 && silent_ms >= silence_ms(s))
		lost(s, "the SMSC is silent");
	else if (enquire_ms(s) == 0)
		return;
	else if (silent_ms >= enquire_ms(s) * (ENQUIRIES + 1))
		lost(s, "the SMSC does not answer enquire_link");
	else if (silent_ms >= enquire_ms(s) * (s->enquiries + 1))
		enquire(s);
}

/* --- When the next is due ------------------------------------------------ */

static void take_earlier(int64_t *next_ms, int64_t due_ms)
{
	if (due_ms < *next_ms)
		*next_ms = due_ms;
}

static int64_t next_check_ms(const struct smpp_session *s)
{
	const struct smpp_submit *oldest = smpp_window_first_sent(&s->window);
	int64_t next_ms = INT64_MAX;

	if (s->state != SMPP_BOUND)
		next_ms = s->deadline_ms;
	if (s->is_stalled)
		return next_ms;
	if (s->partial_ms != 0)
		take_earlier(&next_ms, s->partial_ms + PARTIAL_MS);
	if (s->state == SMPP_BINDING)
		return next_ms;
	if (oldest != NULL)
		take_earlier(&next_ms, oldest->sent_ms + response_ms(s));
	if (silence_ms(s) > 0)
		take_earlier(&next_ms, s->heard_ms + silence_ms(s));
	if (enquire_ms(s) > 0)
		take_earlier(&next_ms,
			s->heard_ms + enquire_ms(s) * (s->enquiries + 1));
	return next_ms;
}

void smpp_session_check(struct smpp_session *s)
{
	int64_t now_ms = clock_ms();
	int64_t next_ms;

	MAGIC_CHECK(s, SMPP_SESSION_MAGIC);
	check_state(s, now_ms);
	if (!s->is_stalled && s->state != SMPP_DEAD)
		check_partial(s, now_ms);
	if (!s->is_stalled && s->state != SMPP_DEAD)
		check_submits(s, now_ms);
	if (!s->is_stalled && s->state != SMPP_DEAD && s->state != SMPP_BINDING)
		check_silence(s, now_ms);
	if (s->state == SMPP_DEAD)
		return;
	next_ms = next_check_ms(s);
	timer_stop(&s->timer);
	if (next_ms != INT64_MAX)
		timer_start(&s->timer, next_ms > now_ms ? next_ms - now_ms : 0);
}

/* --- What is awaited ----------------------------------------------------- */

void smpp_session_check_in(struct smpp_session *s, int64_t delay_ms)
{
	if (!timer_is_running(&s->timer) ||
		s->timer.due_ms > clock_ms() + delay_ms)
		timer_start(&s->timer, delay_ms);
}

void smpp_session_await_bind(struct smpp_session *s)
{
	s->deadline_ms = clock_ms() + BIND_MS;
	smpp_session_check_in(s, BIND_MS);
}

void smpp_session_await_answer(struct smpp_session *s)
{
	smpp_session_check_in(s, response_ms(s));
}

void smpp_session_await_rest(struct smpp_session *s)
{
	s->partial_ms = clock_ms();
	smpp_session_check_in(s, PARTIAL_MS);
}

void smpp_session_start_leaving(struct smpp_session *s)
{
	s->state = SMPP_DRAINING;
	s->deadline_ms = clock_ms() + DRAIN_MS;
	smpp_session_check_in(s, 0);
}
