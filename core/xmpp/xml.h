/*
 * XML elements: read-only trees as the parser makes them, and the writer
 * that every outgoing element goes through. Trees live in an arena; nothing
 * in them is ever freed alone.
 *
 * A child with a NULL name is a run of text.
 */
#ifndef XMPP_XML_H
#define XMPP_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

struct xml_attr {
	const char *name; /* without prefix */
	const char *ns;   /* "" for unprefixed; XML_NS_XML for xml:lang */
	const char *value;
	struct xml_attr *next;
};

struct xml {
	const char *name; /* local name; NULL: text */
	const char *ns;   /* never NULL for an element */
	struct xml_attr *attrs;
	struct xml *parent, *first, *last, *next;
	struct slice text; /* of a text node; clean UTF-8, NUL-terminated */
};

#define XML_NS_XML "http://www.w3.org/XML/1998/namespace"

/* --- Reading ------------------------------------------------------------- */

/* The first child element with this name and namespace; either may be NULL
 * for "any". `parent` may be NULL: then so is the result. */
const struct xml *xml_child(
	const struct xml *parent, const char *name, const char *ns);

/* The next sibling element that matches. */
const struct xml *xml_next(
	const struct xml *node, const char *name, const char *ns);

/* Is it this element? NULL for "any"; NULL and texts are none. */
bool xml_is(const struct xml *node, const char *name, const char *ns);

/* Number of child elements. */
size_t xml_count(const struct xml *parent);

/* An unprefixed attribute, or NULL. */
const char *xml_attr(const struct xml *node, const char *name);
/* Its own xml:lang, or NULL; those above are not asked. */
const char *xml_lang(const struct xml *node);

/* All text directly inside the element; "" when there is none or `node` is
 * NULL. Copies into `a` only when there is more than one run; NULL when the
 * arena is full. */
const char *xml_text(const struct xml *node, struct arena *a);

/* xml_text() of a child element, or NULL when there is no such child. */
const char *xml_child_text(const struct xml *parent, const char *name,
	const char *ns, struct arena *a);

/* for (xml_for_each_child(it, parent)): all child elements, texts skipped */
#define xml_for_each_child(it, parent)                               \
	for (const struct xml *it = xml_child((parent), NULL, NULL); \
		it != NULL; it = xml_next(it, NULL, NULL))

/* --- Writing ------------------------------------------------------------- */

/*
 * Appends well-formed XML to a string. All values are escaped and cleaned of
 * what XML 1.0 cannot carry; elements are closed in order. `ns` is written
 * as a default namespace where it differs from the parent's.
 */
struct xml_writer {
	struct str *out;
	unsigned depth;
	bool tag_open; /* the last start tag can still take attributes */
	struct {
		const char *name; /* borrowed until the element is closed */
		const char *ns;   /* likewise */
	} stack[24];
};

/* Elements appended below `ns` (the namespace of the surroundings; "" none).
 * The name and namespace passed to xml_open() must live until xml_close(). */
void xml_writer_init(struct xml_writer *w, struct str *out, const char *ns);

/* `ns` NULL: the parent's. */
void xml_open(struct xml_writer *w, const char *name, const char *ns);

/* NULL values are skipped. */
void xml_put_attr(struct xml_writer *w, const char *name, const char *value);
/* In decimal. */
void xml_put_attr_int(struct xml_writer *w, const char *name, long long value);
/* xml:lang; NULL is skipped. */
void xml_put_lang(struct xml_writer *w, const char *lang);

/* NULL text is skipped. */
void xml_put_text(struct xml_writer *w, const char *text);
/* Cleaned and escaped like all text. */
void xml_put_slice(struct xml_writer *w, struct slice text);
/* The innermost open element. */
void xml_close(struct xml_writer *w);

/* Close until `depth` elements are open. */
void xml_close_to(struct xml_writer *w, unsigned depth);

/* <name xmlns='ns'>text</name>, or <name xmlns='ns'/> for NULL and "". */
void xml_put(struct xml_writer *w, const char *name, const char *ns,
	const char *text);

/* A copy of a parsed element, with its own default namespaces. */
void xml_put_tree(struct xml_writer *w, const struct xml *node);

#endif
