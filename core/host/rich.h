/*
 * Text of a network with its formatting, for XMPP: plain text that reads
 * well by XEP-0393, and XHTML-IM for clients that show it.
 */
#ifndef HOST_RICH_H
#define HOST_RICH_H

#include "api/types.h"
#include "base/str.h"
#include "xmpp/xml.h"

/* Append the body text: "/me " for actions, *bold*, _italic_, ~strike~ and
 * `mono` where XEP-0393 would read them as such. */
void rich_body(const struct gw_message *m, struct str *out);

/* True when XHTML-IM would show more than the body does. */
bool rich_has_xhtml(const struct gw_message *m);
void rich_put_xhtml(struct xml_writer *w, const struct gw_message *m);

#endif
