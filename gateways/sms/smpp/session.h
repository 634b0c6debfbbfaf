/*
 * One bind: a connection on which we are transmitter, receiver or both (SMPP
 * 3.4 section 2.2). Knows the window, the timers and who has to answer what;
 * texts mean nothing to it.
 *
 *	BINDING -> BOUND [-> DRAINING -> LEAVING] -> DEAD
 *
 * Events come from the loop, never from a call of ours; the owner may call
 * everything in an event but smpp_session_free(), which is for `ended`.
 */
#ifndef SMS_SMPP_SESSION_H
#define SMS_SMPP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "net/conn.h"
#include "sms_smpp/config.h"
#include "sms_smpp/pdu.h"

struct smpp_session;

enum smpp_role { SMPP_TRANSCEIVER, SMPP_TRANSMITTER, SMPP_RECEIVER };

enum smpp_end {
	SMPP_END_LOST,    /* broken, or silent, or no answer to the bind */
	SMPP_END_REFUSED, /* the bind was, with a status */
	SMPP_END_UNBOUND, /* by the SMSC */
	SMPP_END_LEFT,    /* by us: smpp_session_leave() */
};

struct smpp_session_events {
	/* The bind was accepted. */
	void (*bound)(void *arg);
	/* A submit was answered: status, message_id and more are in the
	 * response, which may be generic_nack. There is room again. */
	void (*answered)(
		void *arg, uint64_t token, const struct smpp_pdu *response);
	/* There is room again, as the SMSC reads what was sent. */
	void (*ready)(void *arg);
	/* A submit was not answered. `has_left` false: it was never sent. */
	void (*lost)(void *arg, uint64_t token, bool has_left);
	/* ... but then it was, after all. */
	void (*late)(
		void *arg, uint64_t token, const struct smpp_pdu *response);
	/* deliver_sm or data_sm: to be answered with smpp_session_answer()
	 * and this handle, now or later. */
	void (*delivered)(
		void *arg, const struct smpp_pdu *pdu, uint32_t handle);
	/* It is over, and everything submitted was told before. Free it. */
	void (*ended)(
		void *arg, enum smpp_end end, uint32_t status, const char *why);
};

struct smpp_session_setup {
	struct loop *loop;
	const struct smpp_config *config;
	const char *name; /* for the log: "main/1" */
	enum smpp_role role;
	size_t capacity; /* submits that it holds at most */
	const struct smpp_session_events *events;
	void *arg;
};

/* What a connection of ours may hold unread and unsent. */
extern const struct conn_limits smpp_conn_limits;

/* Bind over a connection, which is the session's from now on. The setup's
 * strings must live as long. */
struct smpp_session *smpp_session_new(
	const struct smpp_session_setup *setup, struct conn *conn) MUST_CHECK;

/* At once, without a word. Takes NULL inside, sets NULL. */
void smpp_session_free(struct smpp_session **slot);

bool smpp_session_is_bound(const struct smpp_session *s);

/* Submits that it would send at once, and those it waits for. What is more
 * than the window is held until there is room. */
size_t smpp_session_room(const struct smpp_session *s);
size_t smpp_session_pending(const struct smpp_session *s);
/* ... and those that wait to be sent at all. */
size_t smpp_session_held(const struct smpp_session *s);

/* Send a request (submit_sm); its sequence is set. `key` tells receivers
 * apart: see smpp_session_has(). -1: it can't be written, a field is too
 * long. Only while it is bound, and no more than its capacity. */
int smpp_session_submit(struct smpp_session *s, uint64_t token, uint32_t key,
	struct smpp_pdu *pdu) MUST_CHECK;

/* Is a submit with this key under way? */
bool smpp_session_has(const struct smpp_session *s, uint32_t key);

/* Is the SMSC still waiting for the answer to this one? */
bool smpp_session_waits(const struct smpp_session *s, uint32_t handle);
/* Answer what was delivered, once. */
void smpp_session_answer(
	struct smpp_session *s, uint32_t handle, uint32_t status);

/* Read no more, until it is taken back; its deadlines wait too. Only while it
 * is bound. */
void smpp_session_stall(struct smpp_session *s, bool on);

/* No more submits; when the window is empty, or after 5 s, unbind. */
void smpp_session_leave(struct smpp_session *s);

#endif
