/*
 * Several receivers of one stanza (XEP-0033): of messages of the user, where
 * the network has GW_CAP_ADDRESSES, of messages of the network, and of
 * presence, which servers gather in the same way.
 */
#ifndef HOST_RECEIVERS_H
#define HOST_RECEIVERS_H

#include "base/limits.h"
#include "base/pack.h"
#include "host/account.h"
#include "host/target.h"
#include "xmpp/stanza.h"

/* What a message says of them; texts live with the stanza. */
struct receivers {
	struct target first; /* whom it is taken for: the chat it belongs to */
	struct gw_receiver list[LIMIT_RECEIVERS]; /* none: `first` alone */
	size_t count;
	enum stanza_error error; /* ERR_NONE, or why it is refused */
	const char *text;
};

/* None: `first` is not read then. */
static inline void receivers_init(struct receivers *r)
{
	r->count = 0;
	r->error = ERR_NONE;
}

/* Does it name anybody who has not got it yet (section 4.6)? */
bool receivers_are_there(const struct stanza *s);

/* Who is to get this message, which is addressed to the gateway or to one of
 * them. All or none: -1 with the error of section 9 when one of them cannot
 * be reached by this network. */
int receivers_read(struct receivers *r, struct user *u, const struct target *t,
	const struct stanza *s) MUST_CHECK;

/* Presence to the gateway for several of its addresses: handled once for each.
 * False: it is for the gateway itself. */
typedef void (*receivers_fn)(
	struct user *u, const struct target *t, const struct stanza *s);
bool receivers_each(struct user *u, const struct target *t,
	const struct stanza *s, receivers_fn fn);

/* The element of a message of the network; nothing without any. */
void receivers_put(struct xml_writer *w, const struct account *a,
	const struct gw_message *m);

/* Stored behind everything else, so that what was stored without is read as
 * none. */
void receivers_pack(
	struct str *out, const struct gw_receiver *list, size_t count);
/* Their number; texts lie in what is unpacked. */
size_t receivers_unpack(
	struct unpack *u, struct gw_receiver list[LIMIT_RECEIVERS]);

#endif
