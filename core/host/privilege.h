/*
 * What the XMPP server lets the gateway do in its users' names (XEP-0356):
 * nothing, unless its operator gave the permission. Servers announce that when
 * the stream comes up; what one says counts for the users of its domain alone.
 */
#ifndef HOST_PRIVILEGE_H
#define HOST_PRIVILEGE_H

#include <stdbool.h>

#include "host/account.h"
#include "host/gateway.h"
#include "xmpp/component.h"
#include "xmpp/stanza.h"
#include "xmpp/xml.h"

/* A message of a server: true when it was an announcement, which is noted. */
bool privilege_stanza(struct gateway *g, const struct stanza *s);
/* The stream is new: everything is announced anew. */
void privilege_forget(struct gateway *g);

/* --- Messages ------------------------------------------------------------ */

/* May we send messages in this user's name? */
bool privilege_may_send(const struct user *u);
/* Begin a message of the user himself to `to`, which his server archives and
 * shows his other clients; the writer stands in it. Ends with
 * privilege_message_end(). `id` is what privilege_is_own() knows. */
struct xml_writer *privilege_message_begin(
	struct user *u, const char *to, const char *network_id);
void privilege_message_end(struct user *u);
/* The server passes it on to whom it is for: us. */
bool privilege_is_own(const struct user *u, const struct stanza *s);

/* --- Requests ------------------------------------------------------------ */

/* What of his account we have a use for, by the namespace of the payload. */
enum privilege_area {
	PRIVILEGE_PUBSUB,   /* XEP-0163 */
	PRIVILEGE_BLOCKING, /* XEP-0191 */
	PRIVILEGE_AREAS
};
/* May we ask his account about it in his name? */
bool privilege_may_get(const struct user *u, enum privilege_area area);
/* ... and change what is there as well? */
bool privilege_may_change(const struct user *u, enum privilege_area area);

/* Begin such a request, of type "get" or "set"; the writer stands in its iq.
 * Ends with privilege_iq_end(). `fn` as of iq_track(). */
struct xml_writer *privilege_iq_begin(
	struct user *u, const char *type, iq_fn fn, void *arg);
void privilege_iq_end(struct user *u);
/* The iq that his account answered with, of type "result" or "error"; NULL: the
 * server did not ask it. */
const struct xml *privilege_answer(const struct stanza *answer);

#endif
