/*
 * JIDs (RFC 7622, prepared with the stringprep profiles of RFC 6122, which
 * today's servers use) and XEP-0106 escaping.
 */
#ifndef XMPP_JID_H
#define XMPP_JID_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

/* A prepared JID. All texts live in the arena it was parsed into and are
 * NUL-terminated; local and resource are "" when absent. */
struct jid {
	const char *full;
	const char *bare;
	const char *local;
	const char *domain;
	const char *resource;
};

/* Parse and prepare. -1 on anything that is not a JID. */
int jid_parse(struct jid *jid, struct slice text, struct arena *a) MUST_CHECK;

/* Prepare one part; -1 when it cannot be one or is empty. */
int jid_prepare_local(struct str *out, struct slice text) MUST_CHECK;
/* Resourceprep. */
int jid_prepare_resource(struct str *out, struct slice text) MUST_CHECK;
/* Nameprep of each label, or an IP address. */
int jid_prepare_domain(struct str *out, struct slice text) MUST_CHECK;

/* Does every server take this part and leave it as it is, but for the case of
 * ASCII letters? Some take only what Unicode 3.2 has. */
bool jid_is_portable_local(struct slice text);
bool jid_is_portable_resource(struct slice text);

/* XEP-0106: escape a foreign name into a localpart, without preparing it.
 * The result can't be represented (-1) when it is empty, begins or ends with
 * a space, or is too long. */
int jid_escape(struct str *out, struct slice name) MUST_CHECK;
/* Only the ten sequences of the XEP are decoded. Total. */
void jid_unescape(struct str *out, struct slice local);

#endif
