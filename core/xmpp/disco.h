/*
 * Service discovery answers (XEP-0030), their extension forms (XEP-0128) and
 * the hash over them (XEP-0115).
 */
#ifndef XMPP_DISCO_H
#define XMPP_DISCO_H

#include <stddef.h>

#include "base/str.h"
#include "xmpp/xml.h"

struct disco_identity {
	const char *category, *type, *name;
	const char *lang; /* NULL: none */
};

struct disco_form_field {
	const char *var;
	const char *const *values; /* NULL-terminated */
};

struct disco_form {
	const char *form_type;
	const struct disco_form_field *fields;
	size_t count;
};

struct disco_info {
	const struct disco_identity *identities;
	size_t identity_count;
	const char *const *features;
	size_t feature_count;
	const struct disco_form *forms;
	size_t form_count;
};

/* Append <query/> with everything in `info`; `node` is echoed. */
void disco_put_info(
	struct xml_writer *w, const struct disco_info *info, const char *node);

/* XEP-0115 section 5.1 verification string, SHA-1, base64. */
void disco_hash(const struct disco_info *info, struct str *out);

/* <c/> for a presence. */
void disco_put_caps(struct xml_writer *w, const char *node, const char *hash);

/* One <item/> of a disco#items answer; node and name may be NULL. */
void disco_put_item(struct xml_writer *w, const char *jid, const char *node,
	const char *name);

#endif
