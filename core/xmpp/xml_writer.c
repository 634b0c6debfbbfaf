/*
 * Writing elements: the one place where text becomes XML. Whatever bytes a
 * caller hands in, what comes out is UTF-8 and made of XML 1.0 characters
 * only (Prosody and ejabberd close the whole stream for a single other one).
 *
 * Nothing here fails: a string that is full keeps its overflow flag, and who
 * owns the string looks at it once at the end.
 */
#include "xmpp/xml.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* What a byte needs before it may stand in text or in a value. */
enum byte_class {
	PLAIN = 0,
	BREAK,   /* tab, newline: a character reference in values only */
	SPECIAL, /* always an entity or character reference, or illegal */
	WIDE,    /* starts (or breaks) a multi-byte character */
};

#define X8(class) class, class, class, class, class, class, class, class

/* clang-format off */
static const unsigned char byte_classes[256] = {
	X8(SPECIAL),
	SPECIAL, BREAK, BREAK, SPECIAL, SPECIAL, SPECIAL, SPECIAL, SPECIAL,
	X8(SPECIAL), X8(SPECIAL),
	/* space ! " # $ % & ' */
	PLAIN, PLAIN, SPECIAL, PLAIN, PLAIN, PLAIN, SPECIAL, SPECIAL,
	X8(PLAIN), X8(PLAIN),
	/* 8 9 : ; < = > ? */
	PLAIN, PLAIN, PLAIN, PLAIN, SPECIAL, PLAIN, SPECIAL, PLAIN,
	X8(PLAIN), X8(PLAIN), X8(PLAIN), X8(PLAIN),
	X8(PLAIN), X8(PLAIN), X8(PLAIN), X8(PLAIN),
	X8(WIDE), X8(WIDE), X8(WIDE), X8(WIDE),
	X8(WIDE), X8(WIDE), X8(WIDE), X8(WIDE),
	X8(WIDE), X8(WIDE), X8(WIDE), X8(WIDE),
	X8(WIDE), X8(WIDE), X8(WIDE), X8(WIDE),
};
/* clang-format on */

static const char *reference_of(unsigned char byte)
{
	switch (byte) {
	case '"':
		return "&quot;";
	case '&':
		return "&amp;";
	case '\'':
		return "&apos;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	/* A parser would turn these into spaces in a value (XML 1.0 section
	 * 3.3.3) and a CR into a newline everywhere (section 2.11). */
	case '\t':
		return "&#9;";
	case '\n':
		return "&#10;";
	case '\r':
		return "&#13;";
	default:
		return REPLACEMENT;
	}
}

/* The length of the XML character at the start of `s`, 0 for bytes that are
 * none; `skip_r` says how many bytes the replacement stands for. */
static size_t wide_length(const char *s, size_t left, size_t *skip_r)
{
	const unsigned char *u = (const unsigned char *)s;

	/* Most scripts: two bytes, or three outside the delicate blocks. */
	if (left >= 2 && u[0] >= 0xc2 && u[0] <= 0xdf && (u[1] & 0xc0) == 0x80)
		return 2;
	if (left >= 3 && u[0] >= 0xe1 && u[0] <= 0xec &&
		(u[1] & 0xc0) == 0x80 && (u[2] & 0xc0) == 0x80)
		return 3;

	uint32_t code;
	size_t len = utf8_next(slice_make(s, left), &code);
	*skip_r = len ? len : 1;
	return len != 0 && utf8_is_xml_char(code) ? len : 0;
}

/* The length of the run at `s` that can be copied as it is. */
static size_t plain_run(const char *s, size_t left)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t i = 0;

	while (left - i >= 4 && (byte_classes[u[i]] | byte_classes[u[i + 1]] |
					byte_classes[u[i + 2]] |
					byte_classes[u[i + 3]]) == PLAIN)
		i += 4;
	while (i < left && byte_classes[u[i]] == PLAIN)
		i++;
	return i;
}

static void put_escaped(struct str *out, struct slice text, bool in_value)
{
	size_t start = 0, pos = 0;

	for (;;) {
		pos += plain_run(text.data + pos, text.len - pos);
		if (pos == text.len)
			break;
		unsigned char byte = (unsigned char)text.data[pos];
		enum byte_class class = byte_classes[byte];
		size_t keep = 0, skip = 1;
		if (class == WIDE)
			keep = wide_length(
				text.data + pos, text.len - pos, &skip);
		else if (class == BREAK && !in_value)
			keep = 1;
		if (keep > 0) {
			pos += keep;
			continue;
		}
		str_add_bytes(out, text.data + start, pos - start);
		str_add(out, reference_of(byte));
		pos += skip;
		start = pos;
	}
	if (pos > start)
		str_add_bytes(out, text.data + start, pos - start);
}

static void put_attr(struct str *out, const char *name, struct slice value)
{
	str_add_char(out, ' ');
	str_add(out, name);
	str_add(out, "='");
	put_escaped(out, value, true);
	str_add_char(out, '\'');
}

static bool same_ns(const char *a, const char *b)
{
	return a == b || strcmp(a, b) == 0;
}

static void put_start(
	struct str *out, const char *name, const char *ns, const char *outer_ns)
{
	str_add_char(out, '<');
	str_add(out, name);
	if (!same_ns(ns, outer_ns))
		put_attr(out, "xmlns", slice_of(ns));
}

static void put_end(struct str *out, const char *name)
{
	str_add(out, "</");
	str_add(out, name);
	str_add_char(out, '>');
}

static void end_tag(struct xml_writer *w)
{
	if (!w->tag_open)
		return;
	str_add_char(w->out, '>');
	w->tag_open = false;
}

/* stack[0] stands for the surroundings, stack[depth] for the open element. */
void xml_writer_init(struct xml_writer *w, struct str *out, const char *ns)
{
	w->out = out;
	w->depth = 0;
	w->tag_open = false;
	w->stack[0].name = NULL;
	w->stack[0].ns = ns;
}

void xml_open(struct xml_writer *w, const char *name, const char *ns)
{
	const char *outer = w->stack[w->depth].ns;

	assert(w->depth + 1 < COUNT(w->stack));
	if (ns == NULL)
		ns = outer;
	end_tag(w);
	put_start(w->out, name, ns, outer);
	w->depth++;
	w->stack[w->depth].name = name;
	w->stack[w->depth].ns = ns;
	w->tag_open = true;
}

void xml_put_attr(struct xml_writer *w, const char *name, const char *value)
{
	assert(w->tag_open);
	if (value != NULL)
		put_attr(w->out, name, slice_of(value));
}

void xml_put_attr_int(struct xml_writer *w, const char *name, long long value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%lld", value);
	xml_put_attr(w, name, digits);
}

void xml_put_lang(struct xml_writer *w, const char *lang)
{
	xml_put_attr(w, "xml:lang", lang);
}

void xml_put_text(struct xml_writer *w, const char *text)
{
	if (text != NULL)
		xml_put_slice(w, slice_of(text));
}

void xml_put_slice(struct xml_writer *w, struct slice text)
{
	if (text.len == 0)
		return;
	end_tag(w);
	put_escaped(w->out, text, false);
}

void xml_close(struct xml_writer *w)
{
	assert(w->depth > 0);
	if (w->tag_open)
		str_add_bytes(w->out, "/>", 2);
	else
		put_end(w->out, w->stack[w->depth].name);
	w->tag_open = false;
	w->depth--;
}

void xml_close_to(struct xml_writer *w, unsigned depth)
{
	while (w->depth > depth)
		xml_close(w);
}

void xml_put(struct xml_writer *w, const char *name, const char *ns,
	const char *text)
{
	xml_open(w, name, ns);
	xml_put_text(w, text);
	xml_close(w);
}

/* Attributes of foreign namespaces get a prefix of their own each. */
static void put_tree_attrs(struct str *out, const struct xml *node)
{
	unsigned foreign = 0;

	for (const struct xml_attr *a = node->attrs; a != NULL; a = a->next) {
		if (a->ns[0] == '\0') {
			put_attr(out, a->name, slice_of(a->value));
			continue;
		}
		if (same_ns(a->ns, XML_NS_XML)) {
			str_add(out, " xml:");
		} else {
			char declaration[24];
			foreign++;
			snprintf(declaration, sizeof(declaration), "xmlns:n%u",
				foreign);
			put_attr(out, declaration, slice_of(a->ns));
			str_addf(out, " n%u:", foreign);
		}
		str_add(out, a->name);
		str_add(out, "='");
		put_escaped(out, slice_of(a->value), true);
		str_add_char(out, '\'');
	}
}

/* Parsed trees may be deeper than the writer's stack; the recursion is
 * bounded by the parser's limit. */
static void put_tree(struct str *out, const struct xml *node,
	const char *outer_ns, unsigned depth)
{
	assert(depth <= LIMIT_XML_DEPTH);
	if (node->name == NULL) {
		put_escaped(out, node->text, false);
		return;
	}
	put_start(out, node->name, node->ns, outer_ns);
	put_tree_attrs(out, node);
	if (node->first == NULL) {
		str_add_bytes(out, "/>", 2);
		return;
	}
	str_add_char(out, '>');
	for (const struct xml *it = node->first; it != NULL; it = it->next)
		put_tree(out, it, node->ns, depth + 1);
	put_end(out, node->name);
}

void xml_put_tree(struct xml_writer *w, const struct xml *node)
{
	end_tag(w);
	put_tree(w->out, node, w->stack[w->depth].ns, 0);
}
