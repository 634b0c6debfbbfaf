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
#include "xmpp/stanza.h"
#include "xmpp/xml.h"

/* A message of a server: true when it was an announcement, which is noted. */
bool privilege_stanza(struct gateway *g, const struct stanza *s);
/* The stream is new: everything is announced anew. */
void privilege_forget(struct gateway *g);

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

#endif
