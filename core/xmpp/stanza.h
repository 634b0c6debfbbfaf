/*
 * What an incoming stanza is, and the stanza errors of RFC 6120 section 8.3.
 */
#ifndef XMPP_STANZA_H
#define XMPP_STANZA_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/macros.h"
#include "xmpp/jid.h"
#include "xmpp/xml.h"

enum stanza_kind { STANZA_MESSAGE, STANZA_PRESENCE, STANZA_IQ };

enum stanza_type {
	/* message */
	TYPE_NORMAL,
	TYPE_CHAT,
	TYPE_GROUPCHAT,
	TYPE_HEADLINE,
	/* presence */
	TYPE_AVAILABLE,
	TYPE_UNAVAILABLE,
	TYPE_SUBSCRIBE,
	TYPE_SUBSCRIBED,
	TYPE_UNSUBSCRIBE,
	TYPE_UNSUBSCRIBED,
	TYPE_PROBE,
	/* iq */
	TYPE_GET,
	TYPE_SET,
	TYPE_RESULT,
	/* all */
	TYPE_ERROR,
	TYPE_UNKNOWN, /* presence and iq: an error; message: TYPE_NORMAL */
};

/* A stanza that passed stanza_read(); everything lives in `arena`. */
struct stanza {
	enum stanza_kind kind;
	enum stanza_type type;
	struct jid from, to;
	const char *id;   /* NULL: none */
	const char *lang; /* NULL: none */
	const struct xml *xml;
	struct arena *arena;
};

/* RFC 6120 section 8.3.3; the table in stanza.c holds name, error type and
 * the numeric code of XEP-0086 that XEP-0077 section 9 still asks for. */
enum stanza_error {
	ERR_NONE,
	ERR_BAD_REQUEST,
	ERR_CONFLICT,
	ERR_FEATURE_NOT_IMPLEMENTED,
	ERR_FORBIDDEN,
	ERR_GONE,
	ERR_INTERNAL_SERVER_ERROR,
	ERR_ITEM_NOT_FOUND,
	ERR_JID_MALFORMED,
	ERR_NOT_ACCEPTABLE,
	ERR_NOT_ALLOWED,
	ERR_NOT_AUTHORIZED,
	ERR_POLICY_VIOLATION,
	ERR_RECIPIENT_UNAVAILABLE,
	ERR_REDIRECT,
	ERR_REGISTRATION_REQUIRED,
	ERR_REMOTE_SERVER_NOT_FOUND,
	ERR_REMOTE_SERVER_TIMEOUT,
	ERR_RESOURCE_CONSTRAINT,
	ERR_SERVICE_UNAVAILABLE,
	ERR_SUBSCRIPTION_REQUIRED,
	ERR_UNDEFINED_CONDITION,
	ERR_UNEXPECTED_REQUEST,
	ERR_COUNT
};

/* Classify. ERR_NONE on success; otherwise the error to answer with (the
 * fields that could be read are filled, from and to at least where they are
 * JIDs), or ERR_UNDEFINED_CONDITION for a stanza that has no usable sender
 * and must be ignored. */
enum stanza_error stanza_read(
	struct stanza *s, const struct xml *xml, struct arena *a) MUST_CHECK;

/* For the type attribute; static, NULL where there is to be none. */
const char *stanza_type_name(enum stanza_type type);

/* The condition of an error stanza, ERR_UNDEFINED_CONDITION when it names
 * none that we know; `text_r` gets its text or NULL. */
enum stanza_error stanza_error_of(const struct stanza *s, const char **text_r);

/* Append <error/>: condition, type, code, and `text` (may be NULL) for a
 * person. The application-specific child, when not NULL, is an empty element
 * `child` in `child_ns`. */
struct stanza_error_detail {
	enum stanza_error error;
	const char *type; /* NULL: as that condition usually has */
	const char *text;
	const char *child, *child_ns;
	const char *feature; /* attribute of the child (XEP-0060), or NULL */
};
/* As one whole element. */
void stanza_put_error(
	struct xml_writer *w, const struct stanza_error_detail *detail);

#endif
