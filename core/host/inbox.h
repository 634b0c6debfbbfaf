/*
 * Messages of networks that must not get lost (gw_message.durable). A private
 * one is stored, sent, and settled when a ping behind it was answered: the
 * user's server has it then. That server may still lose it when it is killed,
 * so that it is sent again, with the same id, when the stream breaks within
 * LIMIT_GRACE_MS. One of a room, or the user's own, is settled when it is in the
 * archive.
 */
#ifndef HOST_INBOX_H
#define HOST_INBOX_H

#include "host/account.h"
#include "host/target.h"
#include "xmpp/stanza.h"

struct room;

/* Made and freed with the gateway. */
struct inbox *inbox_new(struct gateway *g);
/* The gateway stops in order: the server that is there has what was settled. */
void inbox_stop(struct gateway *g);
/* No pings and no timers any more; answers of the store may still come. */
void inbox_close(struct gateway *g);
/* After that. Takes NULL inside, sets NULL. */
void inbox_free(struct inbox **slot);

/* A durable message, private or of a room: ops->settled follows. */
void inbox_take(struct account *a, const struct gw_message *m);
void inbox_take_room(struct room *room, const struct gw_message *m);

/* The stream is there: send what waits, and what the server may have lost. */
void inbox_stream_ready(struct gateway *g);
/* It is gone: what was sent on it and is not settled is sent again. */
void inbox_stream_lost(struct gateway *g);
/* It takes more again. */
void inbox_send(struct gateway *g);

/* An error that came back for a message of this person: it is tried again when
 * a client comes online. When one is there already, the user's server refuses
 * it for good (he has blocked that person, XEP-0191), and it is settled. */
void inbox_returned(
	struct user *u, const struct target *t, const struct stanza *s);
/* The same of what went to the domain of a relay (host_is_relayed()), from
 * where it came back. */
void inbox_relay_returned(
	struct gateway *g, const struct target *t, const struct stanza *s);
/* A client of the user came online: try again what came back. */
void inbox_user_is_there(struct user *u);

/* Messages that were sent and are not settled. */
unsigned inbox_count(const struct gateway *g);

#endif
