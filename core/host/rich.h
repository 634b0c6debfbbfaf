/*
 * Text of a network with its formatting, for XMPP: plain text that reads
 * well by XEP-0393, and XHTML-IM for clients that show it.
 */
#ifndef HOST_RICH_H
#define HOST_RICH_H

#include "api/types.h"
#include "base/limits.h"
#include "base/str.h"
#include "xmpp/xml.h"

/* The body text: "/me " for actions, *bold*, _italic_, ~strike~ and `mono`
 * where XEP-0393 would read them as such. A text too long for a stanza is cut,
 * and one whose formatting would not fit comes without. In memory that serves
 * all messages: gone at the next call. */
const char *rich_body(const struct gw_message *m);

/* True when XHTML-IM would show more than the body does, and fits beside
 * it. */
bool rich_has_xhtml(const struct gw_message *m);
/* The <html/> of XEP-0071; spans that overlap or point outside the text are
 * left out. */
void rich_put_xhtml(struct xml_writer *w, const struct gw_message *m);

/* How many bytes of a text take at most `max` bytes when they are written in
 * XML; no character is cut. */
size_t rich_fitting(const char *text, size_t max);

/* What a body in XML may take; the rest of a stanza is for what stands around
 * it. */
#define RICH_BODY_MAX (LIMIT_STANZA_OUT / 3 * 2)

#endif
