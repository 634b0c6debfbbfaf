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
/* What a person with these of ops->caps can be asked and told, as a person and
 * as an occupant of a room; NULL at the end. */
const char *disco_person_feature(
	const struct gateway_ops *ops, unsigned caps, size_t index);
/* What messages can be besides text; part of the former. */
const char *disco_message_feature(unsigned caps, size_t index);
/* Those of ops->caps that hold for a person of an account (NULL: there is
 * none). */
unsigned disco_caps_of(const struct gateway *g, struct account *a,
	struct gw_room *room, const char *person);
/* XEP-0030 section 4, and the lists of networks, channels and commands. */
void disco_items_iq(
	struct user *u, const struct target *t, const struct stanza *s);
/* Recompute the XEP-0115 hashes; says whether the gateway's own changed. */
bool disco_update_caps(struct gateway *g);
/* <c/> for the presence of a gateway, network or person JID. */
void disco_put_presence_caps(
	struct xml_writer *w, const struct user *u, const struct target *t);

/* info.c: XEP-0199, 0092, 0012, 0202, jabber:iq:gateway */
void ping_iq(struct user *u, const struct target *t, const struct stanza *s);
/* XEP-0092: ours, or by the network the person's. */
void version_iq(struct user *u, const struct target *t, const struct stanza *s);
/* XEP-0012: how long we run, or the person is idle. */
void last_iq(struct user *u, const struct target *t, const struct stanza *s);
/* XEP-0202: ours, or the person's. */
void time_iq(struct user *u, const struct target *t, const struct stanza *s);
/* jabber:iq:gateway (XEP-0100 section 6.3): what a user types to a JID. */
void prompt_iq(struct user *u, const struct target *t, const struct stanza *s);

/* card.c: XEP-0054 and 0292, of the gateway, a network or a person */
void vcard_iq(struct user *u, const struct target *t, const struct stanza *s);
void vcard4_iq(struct user *u, const struct target *t, const struct stanza *s);

/* pep.c: what people publish (XEP-0060, 0163) */
void pubsub_iq(struct user *u, const struct target *t, const struct stanza *s);

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

/* message.c: messages to gateway, network and person JIDs; see message.h */
void message_stanza(
	struct user *u, const struct target *t, const struct stanza *s);

/* metrics.c: /metrics and /healthz, where there is an HTTP server */
struct host;
void metrics_serve(struct host *h);

#endif
