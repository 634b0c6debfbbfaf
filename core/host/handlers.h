/*
 * Stanza handlers that the router's tables name (router.c), one per protocol
 * that is small enough not to need a header of its own.
 */
#ifndef HOST_HANDLERS_H
#define HOST_HANDLERS_H

#include "host/account.h"
#include "host/receipt.h"
#include "host/target.h"
#include "host/user.h"
#include "xmpp/stanza.h"

/* `u` is never NULL: the router made a user, even if only for this stanza. */
typedef void (*iq_handler_fn)(
	struct user *u, const struct target *t, const struct stanza *s);

/* disco.c: gateway, network and person JIDs; rooms go to room.h */
void disco_info_iq(
	struct user *u, const struct target *t, const struct stanza *s);
/* What everybody on this network can be asked and told, as a person and as an
 * occupant of a room; NULL at the end. */
const char *disco_person_feature(const struct gateway_ops *ops, size_t index);
/* What messages can be besides text; part of the former. */
const char *disco_message_feature(const struct gateway_ops *ops, size_t index);
/* XEP-0030 section 4, and the lists of networks, channels and commands. */
void disco_items_iq(
	struct user *u, const struct target *t, const struct stanza *s);
/* Recompute the XEP-0115 hashes; says whether the gateway's own changed. */
bool disco_update_caps(struct gateway *g);
/* <c/> for the presence of a gateway, network or person JID. */
void disco_put_presence_caps(
	struct xml_writer *w, const struct gateway *g, const struct target *t);

/* info.c: XEP-0199, 0092, 0012, 0202, 0054, jabber:iq:gateway */
void ping_iq(struct user *u, const struct target *t, const struct stanza *s);
/* XEP-0092: ours, or by the network the person's. */
void version_iq(struct user *u, const struct target *t, const struct stanza *s);
/* XEP-0012: how long we run, or the person is idle. */
void last_iq(struct user *u, const struct target *t, const struct stanza *s);
/* XEP-0202: ours, or the person's. */
void time_iq(struct user *u, const struct target *t, const struct stanza *s);
/* XEP-0054: of the gateway, a network or a person. */
void vcard_iq(struct user *u, const struct target *t, const struct stanza *s);
/* jabber:iq:gateway (XEP-0100 section 6.3): what a user types to a JID. */
void prompt_iq(struct user *u, const struct target *t, const struct stanza *s);

/* router.c: the one entry of all stanzas of a component */
void router_stanza(struct component *c, const struct stanza *s, void *arg);

/* presence.c: presence to gateway, network and person JIDs */
void presence_stanza(
	struct user *u, const struct target *t, const struct stanza *s);
/* Probe and greet everybody after the stream came up (XEP-0100 section 8). */
void presence_stream_ready(struct gateway *g);
/* The timer of it, with the gateway: so many probes a tick; when nobody is
 * left, clients that did not answer are dropped. */
void presence_probe_more(void *arg);
/* Withdraw everything announced, before the stream is closed. */
void presence_farewell(struct gateway *g);

/* message.c: messages to gateway, network and person JIDs, and from them */
void message_stanza(
	struct user *u, const struct target *t, const struct stanza *s);
/* From a person or, without `from`, the network itself; archived. What the
 * user wrote himself elsewhere is only archived. One that `is_new` not was sent
 * (and archived) before. `own_id`: the id of the user's own message that it is
 * about, if it is about one of his. */
void message_send(struct account *a, const struct gw_message *m, bool is_new,
	const char *own_id);
/* The id of its stanza; of one with a network_id it is the same each time. True
 * when the user can tell the network by it that he saw the message. */
bool message_id(const struct account *a, const struct gw_message *m,
	char id[RECEIPT_ID_SIZE]);
/* Send what waited for the session. */
void message_send_waiting(struct account *a);
/* The body in the language of the stanza, else the one without a language, else
 * the first; NULL: none. */
const char *message_body(const struct stanza *s);
/* Likewise, if the network has such things. */
const char *message_subject(
	const struct gateway_ops *ops, const struct stanza *s);
/* XEP-0201; NULL: none. */
const char *message_thread(const struct stanza *s);
/* Is the body only a stand-in for an encrypted message (XEP-0380)? */
bool message_is_encrypted(const struct stanza *s);
/* A network without corrections (XEP-0308) gets the new text, marked as what
 * it is: what to put before `*body`, which may lose its "/me ". "" for other
 * messages. */
const char *message_correction_prefix(
	const struct stanza *s, const char **body);
/* A correction of its own id has crashed clients: it is refused. */
bool message_corrects_itself(const struct stanza *s);
/* "/who" is a command: what follows the slash. NULL for text, as are "/ x",
 * "//x" and "/me x", and for networks without such commands. */
const char *message_slash_line(const struct gateway_ops *ops, const char *body);
/* Words of ours, from one of the gateway's JIDs to a bare or full one; `thread`
 * (or NULL): of the conversation the user began. */
void message_answer(struct gateway *g, const char *from, const char *to,
	const char *thread, const char *text);
/* A message of ours to a user, from the gateway's JID or, with an account,
 * from its network's JID. */
void message_notice(struct user *u, const struct account *a, const char *text);

/* metrics.c: /metrics and /healthz */
struct host;
/* Does nothing when the operator wants no port; a port that is not to be had
 * is fatal. */
void metrics_start(struct host *h);
/* Does nothing when it was not started. */
void metrics_stop(struct host *h);

#endif
