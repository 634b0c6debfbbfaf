/*
 * A tree from text, for tests of what reads trees.
 */
#ifndef UNIT_XMPP_TREE_H
#define UNIT_XMPP_TREE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "xmpp/ns.h"
#include "xmpp/parser.h"
#include "xmpp/xml.h"

struct tree {
	struct arena arena;
	struct xml *root;
};

static inline const char *tree_text(struct arena *a, const char *text)
{
	return text ? arena_copy(a, slice_of(text)) : NULL;
}

static inline struct xml *tree_copy(struct arena *a, const struct xml *node)
{
	struct xml *copy = arena_alloc(a, sizeof(*copy));
	struct xml_attr **attr = &copy->attrs;

	copy->name = tree_text(a, node->name);
	copy->ns = tree_text(a, node->ns);
	if (node->name == NULL)
		copy->text =
			slice_make(arena_copy(a, node->text), node->text.len);
	for (struct xml_attr *it = node->attrs; it; it = it->next) {
		*attr = arena_alloc(a, sizeof(**attr));
		(*attr)->name = tree_text(a, it->name);
		(*attr)->ns = tree_text(a, it->ns);
		(*attr)->value = tree_text(a, it->value);
		attr = &(*attr)->next;
	}
	for (struct xml *it = node->first; it != NULL; it = it->next) {
		struct xml *child = tree_copy(a, it);
		child->parent = copy;
		if (copy->last != NULL)
			copy->last->next = child;
		else
			copy->first = child;
		copy->last = child;
	}
	return copy;
}

static inline void tree_opened(
	const char *ns, const char *id, const char *from, void *arg)
{
	(void)ns;
	(void)id;
	(void)from;
	(void)arg;
}

static inline void tree_stanza(
	const struct xml *stanza, struct arena *arena, void *arg)
{
	struct tree *t = arg;

	(void)arena;
	t->root = tree_copy(&t->arena, stanza);
}

static inline void tree_refused(
	const struct xml *stanza, const char *reason, void *arg)
{
	(void)stanza;
	(void)reason;
	(void)arg;
}

static inline void tree_closed(void *arg)
{
	(void)arg;
}

/* `text` is one element as it would stand in a component's stream. The root
 * is NULL when it is not well-formed or over a limit. */
static inline void tree_init(struct tree *t, const char *text)
{
	static const struct parser_events events = {
		.opened = tree_opened,
		.stanza = tree_stanza,
		.refused = tree_refused,
		.closed = tree_closed,
	};
	struct parser *p = parser_new(&events, t);
	const char *condition;

	*t = (struct tree){ 0 };
	arena_init(&t->arena, LIMIT_STANZA_ARENA);
	if (parser_feed(p,
		    slice_of("<stream:stream xmlns='" NS_COMPONENT
			     "' xmlns:stream='" NS_STREAM "'>"),
		    &condition) != 0 ||
		parser_feed(p, slice_of(text), &condition) != 0)
		t->root = NULL;
	parser_free(&p);
}

static inline void tree_finish(struct tree *t)
{
	arena_finish(&t->arena);
}

/* What `put` wrote, for comparison; the caller frees it with str_finish(). */
static inline void tree_writer(struct str *out, struct xml_writer *w)
{
	str_init(out, 16 * MIB);
	xml_writer_init(w, out, NS_COMPONENT);
}

#endif
