/*
 * The XML stream of a component (RFC 6120 section 4, XEP-0114): bytes in,
 * stanzas out. Alone in knowing expat. DTDs, comments, processing
 * instructions and entities end the stream (RFC 6120 section 11.1); a stanza
 * that is too big, too deep or has too many parts is swallowed and reported,
 * and the stream goes on.
 */
#ifndef XMPP_PARSER_H
#define XMPP_PARSER_H

#include "base/macros.h"
#include "base/slice.h"
#include "xmpp/xml.h"

struct parser;

struct parser_events {
	/* The stream header; `id` is NULL when it has none. */
	void (*opened)(
		const char *ns, const char *id, const char *from, void *arg);
	/* One complete child of the stream; it lives until this returns.
	 * jabber:client, jabber:server and no namespace are delivered as
	 * jabber:component:accept. `arena` may be used for scratch. */
	void (*stanza)(
		const struct xml *stanza, struct arena *arena, void *arg);
	/* A child of the stream that passed a limit: only its name and
	 * attributes are left, and `reason` says which limit. */
	void (*refused)(
		const struct xml *stanza, const char *reason, void *arg);
	/* </stream:stream> */
	void (*closed)(void *arg);
};

/* Limits are those of base/limits.h. */
struct parser *parser_new(const struct parser_events *events, void *arg);
/* Not from inside an event. Takes NULL inside, sets NULL. */
void parser_free(struct parser **p);

/* Forget everything and wait for a new stream header. */
void parser_reset(struct parser *p);

/* -1 when the stream cannot go on; then the reason is a stream error
 * condition of RFC 6120 section 4.9.3 ("not-well-formed", "bad-format",
 * "invalid-namespace", "restricted-xml", "policy-violation"). Feeding from
 * inside an event is a bug; parser_stop() there makes parser_feed() return 0
 * after the event and ignore the rest. */
int parser_feed(struct parser *p, struct slice data,
	const char **condition_r) MUST_CHECK;
/* From inside an event; parser_reset() ends it. */
void parser_stop(struct parser *p);

/* How often the parser was replaced to forget names: for tests. */
unsigned parser_generation(const struct parser *p);

#endif
