/*
 * Messages of the user to networks that take long (GW_CAP_DURABLE). Each is
 * stored, then given to the gateway, and its row lives until nothing more can
 * be told of it: what is known of a message is in the store alone, so that a
 * restart is nothing special. Their request numbers have OUTBOX_BIT.
 */
#ifndef HOST_OUTBOX_H
#define HOST_OUTBOX_H

#include "host/account.h"
#include "host/parcel.h"

struct room;

/* Set in the request numbers of stored messages, and in no others. */
#define OUTBOX_BIT UINT32_C(0x80000000)

/* Does this network take messages so? */
static inline bool outbox_is_used(const struct account *a)
{
	return (account_ops(a)->caps & GW_CAP_DURABLE) != 0;
}

/* A message of the user: stored, then given to the gateway. When it cannot be
 * stored its sender gets an error. */
void outbox_send(struct account *a, const struct parcel *p);

/* So many messages of an earlier process wait. */
void outbox_loaded(struct account *a, unsigned count);

/* Is there something whose outcome is not known? The account is needed then. */
bool outbox_waits(const struct account *a);
/* How many these are. */
unsigned outbox_count(const struct account *a);

/* Give what waits, when the session is open. To be called when it was opened
 * and when it is no longer on trial; harmless at any other time. */
void outbox_give(struct account *a);
/* It is online: likewise, and the rooms that something waits for are entered. */
void outbox_online(struct account *a);
/* The session was closed: its gateway has forgotten all. */
void outbox_closed(struct account *a);
/* The account is being freed; its rows are not touched. */
void outbox_free(struct account *a);

/* The room can be spoken in now; from a gw_* service. */
void outbox_room_ready(const struct room *room);
/* The network refused the user the room: what waited for it has failed, unless
 * that may be another time. */
void outbox_room_failed(
	const struct room *room, enum gw_reason reason, const char *text);

/* gw_result() of a number with OUTBOX_BIT. */
void outbox_result(
	struct account *a, gw_request request, const struct gw_result *result);

#endif
