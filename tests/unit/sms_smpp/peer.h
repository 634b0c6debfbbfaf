/*
 * The SMSC's end of a connection, as a test plays it: what it hears, in
 * order, and what it says.
 */
#ifndef TESTS_SMPP_PEER_H
#define TESTS_SMPP_PEER_H

#include "net/conn.h"
#include "octets.h"

struct peer {
	struct loop *loop;
	struct conn *conn;
	struct str in;
	size_t used;         /* of `in`, by the PDU heard last */
	struct smpp_pdu pdu; /* that one */
	bool has_news, has_ended;
};

/* Plays `conn` from now on. */
void peer_start(struct peer *p, struct loop *loop, struct conn *conn);
void peer_finish(struct peer *p);

/* The next PDU is one of these; it lives until the next call. */
const struct smpp_pdu *peer_hear(struct peer *p, uint32_t command);

/* Nothing comes for `ms`. */
void peer_hear_nothing(struct peer *p, int64_t ms);

/* The other end closes the connection, within `ms`, and says nothing. */
void peer_hear_end(struct peer *p, int64_t ms);

/* Say a PDU, octets. */
void peer_say(struct peer *p, const struct smpp_pdu *pdu);
void peer_say_octets(struct peer *p, struct slice octets);

/* Say one with nothing but a head. */
void peer_say_head(
	struct peer *p, uint32_t command, uint32_t status, uint32_t sequence);

/* Answer the PDU heard last; `id` of a message, or "". */
void peer_answer(struct peer *p, uint32_t status, const char *id);

/* Answer the one with this sequence to a submit_sm. */
void peer_answer_submit(
	struct peer *p, uint32_t sequence, uint32_t status, const char *id);

void peer_hang_up(struct peer *p);

#endif
