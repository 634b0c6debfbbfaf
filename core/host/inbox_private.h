/*
 * What inbox.c (private messages) and inbox_record.c (those that only have to
 * be in the archive) share.
 */
#ifndef HOST_INBOX_PRIVATE_H
#define HOST_INBOX_PRIVATE_H

#include "host/inbox.h"
#include "store/inbox.h"

/* An account by its names; NULL: it is gone. */
struct account *inbox_account(
	const struct gateway *g, const struct store_owner *o);

/* ops->settled, if there is a session to be told. */
void inbox_settled(const struct gateway *g, const struct store_owner *o,
	const char *network_id, bool ok);

/* What says which message it is: of a person with the id of its stanza, of a
 * room with the network's. */
void inbox_key_of(enum gw_kind kind, const char *name, const char *id,
	struct inbox_key *out);

/* One of a room, or (NULL) the user's own. */
void inbox_take_record(
	struct account *a, const char *room, const struct gw_message *m);

#endif
