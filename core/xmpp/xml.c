/*
 * Reading element trees. Everything here walks the sibling lists that the
 * parser made; a text node is skipped wherever elements are meant.
 */
#include "xmpp/xml.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
	return a == b || strcmp(a, b) == 0;
}

bool xml_is(const struct xml *node, const char *name, const char *ns)
{
	if (node == NULL || node->name == NULL)
		return false;
	return (name == NULL || same(node->name, name)) &&
	       (ns == NULL || same(node->ns, ns));
}

static const struct xml *first_match(
	const struct xml *node, const char *name, const char *ns)
{
	while (node != NULL && !xml_is(node, name, ns))
		node = node->next;
	return node;
}

const struct xml *xml_child(
	const struct xml *parent, const char *name, const char *ns)
{
	return parent ? first_match(parent->first, name, ns) : NULL;
}

const struct xml *xml_next(
	const struct xml *node, const char *name, const char *ns)
{
	return node ? first_match(node->next, name, ns) : NULL;
}

size_t xml_count(const struct xml *parent)
{
	size_t count = 0;

	for (const struct xml *it = xml_child(parent, NULL, NULL); it != NULL;
		it = xml_next(it, NULL, NULL))
		count++;
	return count;
}

static const char *attr_of(
	const struct xml *node, const char *name, const char *ns)
{
	if (node == NULL)
		return NULL;
	for (const struct xml_attr *a = node->attrs; a != NULL; a = a->next)
		if (same(a->name, name) && same(a->ns, ns))
			return a->value;
	return NULL;
}

const char *xml_attr(const struct xml *node, const char *name)
{
	return attr_of(node, name, "");
}

const char *xml_lang(const struct xml *node)
{
	return attr_of(node, "lang", XML_NS_XML);
}

static const struct xml *next_text(const struct xml *node)
{
	while (node != NULL && node->name != NULL)
		node = node->next;
	return node;
}

static const char *join_texts(const struct xml *run, struct arena *a)
{
	size_t len = 0;
	for (const struct xml *it = run; it; it = next_text(it->next))
		len += it->text.len;
	char *joined = arena_alloc(a, len + 1);
	if (joined == NULL)
		return NULL;
	char *end = joined;
	for (const struct xml *it = run; it; it = next_text(it->next)) {
		memcpy(end, it->text.data, it->text.len);
		end += it->text.len;
	}
	*end = '\0';
	return joined;
}

const char *xml_text(const struct xml *node, struct arena *a)
{
	const struct xml *run = node ? next_text(node->first) : NULL;

	if (run == NULL)
		return "";
	if (next_text(run->next) == NULL)
		return run->text.data;
	return join_texts(run, a);
}

const char *xml_child_text(const struct xml *parent, const char *name,
	const char *ns, struct arena *a)
{
	const struct xml *child = xml_child(parent, name, ns);

	return child ? xml_text(child, a) : NULL;
}
