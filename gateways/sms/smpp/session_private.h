/*
 * The parts of a session that session.c (life, sending), session_read.c (what
 * comes) and session_check.c (deadlines) share.
 */
#ifndef SMS_SMPP_SESSION_PRIVATE_H
#define SMS_SMPP_SESSION_PRIVATE_H

#include "base/clock.h"
#include "base/log.h"
#include "base/magic.h"
#include "net/loop.h"
#include "sms_smpp/deliveries.h"
#include "sms_smpp/session.h"
#include "sms_smpp/status.h"
#include "sms_smpp/window.h"

#define SMPP_SESSION_MAGIC 0x736d7070u

enum smpp_session_state {
	SMPP_BINDING,
	SMPP_BOUND,
	SMPP_DRAINING, /* no more submits; waits for answers */
	SMPP_LEAVING,  /* said unbind */
	SMPP_DEAD,     /* the owner is about to be told */
};

struct smpp_death {
	enum smpp_end end;
	uint32_t status;
	char why[256];
};

struct smpp_session {
	unsigned magic;
	struct smpp_session_setup setup;
	enum smpp_session_state state;
	struct conn *conn;
	struct timer timer;
	struct deferred burial;
	struct smpp_death death;
	struct str out; /* where PDUs are written */

	uint32_t bind_command, bind_sequence, unbind_sequence;
	struct smpp_window window;
	struct smpp_deliveries deliveries;

	int64_t deadline_ms; /* of the state, but SMPP_BOUND */
	int64_t heard_ms;
	int64_t partial_ms; /* since when a PDU is incomplete; 0: none is */
	unsigned enquiries; /* since something was heard */
	bool is_stalled;
	int64_t stalled_ms;
	struct log_pause odd_log;
};

/* --- session.c ----------------------------------------------------------- */

/* It is over; the owner is told after this turn. */
void smpp_session_die(struct smpp_session *s, enum smpp_end end,
	uint32_t status, const char *why);
/* Send a PDU that fits. */
void smpp_session_send(struct smpp_session *s, const struct smpp_pdu *pdu);
/* Answer a request with nothing but a status. */
void smpp_session_respond(struct smpp_session *s, uint32_t command,
	uint32_t sequence, uint32_t status);
/* Send what is held, as far as there is room. */
void smpp_session_send_held(struct smpp_session *s);

/* --- session_read.c ------------------------------------------------------ */

/* There is more input. */
void smpp_session_read(struct smpp_session *s);

/* --- session_check.c ----------------------------------------------------- */

/* Look after the deadlines in `delay_ms`, or before. */
void smpp_session_check_in(struct smpp_session *s, int64_t delay_ms);
/* Look after them now; from the loop alone. */
void smpp_session_check(struct smpp_session *s);
/* A PDU began, and its rest is missing. */
void smpp_session_await_rest(struct smpp_session *s);
/* A submit left just now. */
void smpp_session_await_answer(struct smpp_session *s);
/* No more submits, then unbind. */
void smpp_session_start_leaving(struct smpp_session *s);
/* A bind was sent. */
void smpp_session_await_bind(struct smpp_session *s);

#endif
