/*
 * People as personal eventing services (XEP-0163): what they "publish" is what
 * the network tells of them. The nodes: the picture (XEP-0084), of which the
 * user's clients are notified, and the card (XEP-0292), which is only there to
 * be read. Nobody else can publish or subscribe.
 */
#ifndef HOST_PEP_H
#define HOST_PEP_H

#include <stdbool.h>

#include "host/contact.h"
#include "host/target.h"
#include "host/user.h"
#include "xmpp/xml.h"

/* What a person's JID announces besides; NULL at the end. Nothing where the
 * network can tell nothing of people. */
const char *pep_feature(const struct gateway_ops *ops, size_t index);
/* Is this a node of the person's now? */
bool pep_has_node(
	const struct user *u, const struct target *t, const char *node);
/* An <item/> of disco#items for each of them (XEP-0084 section 6.1). */
void pep_put_nodes(
	struct xml_writer *w, const struct user *u, const struct target *t);

/* The picture of a person; its `sha1` is "" when he has none. False: that is
 * not known, or the network has no pictures. */
bool pep_photo(
	const struct user *u, const struct target *t, struct gw_photo *out);

/* The contact is shown to the user: tell his clients that want to know of the
 * picture, if it is not the one that they were told of. */
void pep_tell_contact(struct contact *c);
/* It turned out that this client wants to know. */
void pep_tell_client(struct resource *r);

#endif
