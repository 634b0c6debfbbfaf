/*
 * What became of private messages, in both directions: delivery receipts
 * (XEP-0184) and displayed markers (XEP-0333), as far as the network has them.
 */
#ifndef HOST_RECEIPT_H
#define HOST_RECEIPT_H

#include "host/account.h"
#include "host/request.h"
#include "host/target.h"
#include "xmpp/stanza.h"

/* What the sender of a message asked to be told of it, as a set of bits. */
enum receipt_wish { RECEIPT_DELIVERED = 1, RECEIPT_DISPLAYED = 2 };

/* The wishes of a message that this network may fulfil. */
unsigned receipt_wishes(const struct gateway_ops *ops, const struct stanza *s);

/* Who sent a message: its addresses and its id, as they were. */
struct receipt_sender {
	struct component *stream;
	const char *from, *to, *id;
	enum stanza_type type;
};

/* Tell him what he wishes to know at this stage, delivered or displayed;
 * returns the wishes that are left. */
unsigned receipt_tell(const struct receipt_sender *sender, unsigned wishes,
	enum gw_stage stage);

/* --- Of the user --------------------------------------------------------- */

/* The id of a message that the network calls `network_id`: the same at every
 * repetition, nobody else can make it up, and it leads back to the network's
 * own without being remembered. False when that is too long for one. */
#define RECEIPT_ID_SIZE 1024
bool receipt_make_id(const struct account *a, const char *person,
	const char *network_id, char out[RECEIPT_ID_SIZE]);

/* For one that is too long: it does not lead back. */
void receipt_make_short_id(const struct account *a, const char *person,
	const char *network_id, char out[RECEIPT_ID_SIZE]);

/* What such an id leads back to; NULL: somebody made it up. */
const char *receipt_network_id(
	const struct account *a, const char *person, const char *id);

/* A message of the user to a person; when it says which message he has seen,
 * the network is told. A made-up id tells nothing. */
void receipt_read(
	struct user *u, const struct target *t, const struct stanza *s);

#endif
