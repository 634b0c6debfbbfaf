/*
 * What a message is besides its text: an answer, a correction, a withdrawal, a
 * reaction, a file (XEP-0461, 0308, 0424, 0444, 0447). Both directions.
 */
#ifndef HOST_EXTRAS_H
#define HOST_EXTRAS_H

#include "api/gateway.h"
#include "host/parcel.h"
#include "xmpp/stanza.h"
#include "xmpp/xml.h"

/* Ids are those that the user's clients know; everything may be NULL. */
struct extras {
	const char *reply;     /* the message that this one answers */
	const char *author;    /* ... a JID of who wrote that */
	const char *replace;   /* ... that it corrects */
	const char *retract;   /* ... that it withdraws */
	const char *reactions; /* to `reply`, separated by spaces */
	const struct gw_file *file;
	const char *description; /* of the file; "" is none */
};

/* The elements, behind the body. */
void extras_put(struct xml_writer *w, const struct extras *e);

/* --- Of the user --------------------------------------------------------- */

/* Does it say something without a text, that this network understands? */
bool extras_are_enough(const struct gateway_ops *ops, const struct stanza *s);
/* Why this network does not do what it asks for; NULL: it does. */
const char *extras_refusal(
	const struct gateway_ops *ops, const struct stanza *s);

/* Fill in text and extras of a message of the user, as far as the network
 * understands them; `body` NULL: it has none. `text` is made, and holds the
 * text; the rest lives with the stanza. */
void extras_read(const struct gateway_ops *ops, const struct stanza *s,
	const char *body, struct parcel *p, struct str *text);

#endif
