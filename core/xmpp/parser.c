/*
 * The stream parser: expat below, stanza trees above.
 *
 * Expat works without its own namespace processing, which costs more than
 * half of its speed; prefixes are resolved here, in scopes that live in the
 * stanza's arena. depth 0 is outside the stream, 1 inside the stream element,
 * 2 inside a stanza.
 *
 * A stanza that passes a limit is *refused*: its tree is dropped, the rest
 * is swallowed up to its end tag, and then the owner hears about it. Only
 * what would cost memory or time without bound while it is swallowed ends
 * the stream.
 *
 * Two properties of expat need care:
 * - It scans an unfinished token again from its start with every piece of
 *   input, so a long tag costs quadratic time. Newer versions put the scan
 *   off until the input has doubled, which holds stanzas back for as long as
 *   the line is quiet: that is switched off. Instead input is held back here
 *   while a long token is unfinished, but only until a '>' arrives, without
 *   which no tag can end.
 * - It remembers every name it ever saw. When its memory passes a limit it is
 *   replaced between two stanzas; the new one is fed a start tag in place of
 *   the stream header.
 */
#include "xmpp/parser.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <expat.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/magic.h"
#include "base/str.h"
#include "xmpp/ns.h"

#define PARSER_MAGIC 0x70617273u

#define NS_XMLNS  "http://www.w3.org/2000/xmlns/"
#define NS_SERVER "jabber:server"

/* Input is given to expat in pieces of this size, because expat copies each
 * into a buffer that it keeps. */
#define PIECE_SIZE (16u * KIB)

/* From this size on an unfinished token waits for its '>'. */
#define HOLD_SIZE (4u * KIB)

/* Expat's memory while one stanza is read (it keeps open tags and the token
 * at hand): beyond this not even a refused stanza is read to its end. */
#define MEMORY_MAX (32u * MIB)

/* Missing in expat before 2.6.0, except where a distribution added it. */
/* NOLINTNEXTLINE(readability-redundant-declaration) */
extern __attribute__((weak)) XML_Bool XML_SetReparseDeferralEnabled(
	XML_Parser parser, XML_Bool enabled);

/* One prefix declaration; outer ones follow. */
struct scope {
	const char *prefix;
	const char *ns;
	const struct scope *outer;
	unsigned count; /* declarations from here outwards */
};

/* An open element: what its children inherit. */
struct level {
	const char *ns; /* default namespace */
	const struct scope *scope;
	/* In the stanza's own namespace, see settle_ns(). */
	bool native;
};

struct parser {
	unsigned magic;
	const struct parser_events *events;
	void *arg;

	XML_Parser expat;
	size_t memory;   /* bytes that expat holds */
	uint64_t fed;    /* bytes given to this expat */
	struct str held; /* the rest of a long token, not yet given */
	unsigned generation;
	bool feeding;
	bool stopped;          /* ignore the rest of the stream */
	bool replaying;        /* the stand-in for the stream header */
	const char *condition; /* why the stream is over */

	unsigned depth;
	struct level levels[LIMIT_XML_DEPTH + 2];
	struct arena stream_arena; /* what lives as long as the stream */
	char *root_name;           /* as written, for the stand-in */

	/* The stanza at hand. */
	struct arena arena;
	struct xml *top, *current;
	const char *own_ns; /* what it really wrote for NS_COMPONENT */
	struct str text;    /* the run of text at hand */
	const char *refusal;
	uint64_t start; /* its first byte */
	unsigned elements;
};

/* --- Memory -------------------------------------------------------------- */

/* Expat's allocation hooks get no argument: each block remembers the count it
 * is part of, and new blocks belong to the parser that is at work. */
struct block {
	_Alignas(max_align_t) size_t *count;
	size_t size;
};

static size_t *counting;

static void *block_realloc(void *data, size_t size)
{
	struct block *old = data ? (struct block *)data - 1 : NULL;
	size_t *count = old ? old->count : counting;

	if (old != NULL)
		*count -= old->size;
	struct block *block = xrealloc(old, 1, sizeof(*block) + size);
	block->count = count;
	block->size = size;
	*count += size;
	return block + 1;
}

static void *block_alloc(size_t size)
{
	return block_realloc(NULL, size);
}

static void block_free(void *data)
{
	if (data == NULL)
		return;
	struct block *block = (struct block *)data - 1;
	*block->count -= block->size;
	xfree(block);
}

/* --- Names --------------------------------------------------------------- */

struct qname {
	struct slice prefix;
	const char *local;
};

/* Expat has checked the whole name; this is for what follows a prefix, which
 * must be a name when it stands alone. Only ASCII may start it here. */
static bool can_start_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Namespaces in XML 1.0, section 4: at most one colon, between two names. */
static int split_qname(const char *name, struct qname *out)
{
	const char *colon = strchr(name, ':');

	if (colon == NULL) {
		*out = (struct qname){ slice_make(NULL, 0), name };
		return 0;
	}
	if (colon == name || !can_start_name(colon[1]) ||
		strchr(colon + 1, ':') != NULL)
		return -1;
	out->prefix = slice_make(name, (size_t)(colon - name));
	out->local = colon + 1;
	return 0;
}

/* The namespace of a prefix, "" for none, NULL when it was not declared. */
static const char *resolve_prefix(
	const struct scope *scope, struct slice prefix)
{
	if (prefix.len == 0)
		return "";
	if (slice_equals(prefix, "xml"))
		return XML_NS_XML;
	for (; scope != NULL; scope = scope->outer)
		if (slice_equals(prefix, scope->prefix))
			return scope->ns;
	return NULL;
}

static bool is_declaration(const char *attr)
{
	return attr[0] == 'x' && strncmp(attr, "xmlns", 5) == 0 &&
	       (attr[5] == '\0' || attr[5] == ':');
}

/* Namespaces in XML 1.0, section 3: what may not be bound to what. */
static bool can_bind(const char *prefix, const char *ns)
{
	if (strcmp(prefix, "xml") == 0)
		return strcmp(ns, XML_NS_XML) == 0;
	return prefix[0] != '\0' && strchr(prefix, ':') == NULL &&
	       strcmp(prefix, "xmlns") != 0 && ns[0] != '\0' &&
	       strcmp(ns, XML_NS_XML) != 0 && strcmp(ns, NS_XMLNS) != 0;
}

static const char refused_namespaces[] = "XML namespaces are used wrongly";
static const char refused_memory[] = "too much memory is needed for it";

/* Enter one xmlns or xmlns:prefix into `level`; the reason when that can't
 * be done, NULL on success. */
static const char *declare(
	struct level *level, const char *attr, const char *ns, struct arena *a)
{
	if (attr[5] == '\0') {
		level->ns = arena_copy(a, slice_of(ns));
		return level->ns ? NULL : refused_memory;
	}
	if (!can_bind(attr + 6, ns))
		return refused_namespaces;
	unsigned count = level->scope ? level->scope->count : 0;
	if (count >= LIMIT_XML_NAMESPACES)
		return "it declares too many namespaces";
	struct scope *scope = arena_alloc(a, sizeof(*scope));
	if (scope == NULL)
		return refused_memory;
	scope->prefix = arena_copy(a, slice_of(attr + 6));
	scope->ns = arena_copy(a, slice_of(ns));
	if (scope->prefix == NULL || scope->ns == NULL)
		return refused_memory;
	scope->outer = level->scope;
	scope->count = count + 1;
	level->scope = scope;
	return NULL;
}

/* All declarations of a start tag. */
static const char *declare_all(
	struct level *level, const char **atts, struct arena *a)
{
	for (; atts[0] != NULL; atts += 2) {
		if (!is_declaration(atts[0]))
			continue;
		const char *refusal = declare(level, atts[0], atts[1], a);
		if (refusal != NULL)
			return refusal;
	}
	return NULL;
}

/* --- Trees --------------------------------------------------------------- */

/* A prefixed attribute may name what another one names (section 6.3); plain
 * doubles are found by expat. */
static bool has_attr(const struct xml *node, const char *name, const char *ns)
{
	for (const struct xml_attr *a = node->attrs; a != NULL; a = a->next)
		if (strcmp(a->name, name) == 0 && strcmp(a->ns, ns) == 0)
			return true;
	return false;
}

/* Copy behind `*end`, which must have the room. */
static const char *place(char **end, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = *end;

	memcpy(copy, text, size);
	*end += size;
	return copy;
}

/* A new element with its attributes and all their text in one piece. */
static const char *make_element(struct arena *a, const struct level *level,
	const struct qname *name, const char **atts, struct xml **node_r)
{
	size_t count = 0, bytes = strlen(name->local) + 1;

	for (size_t i = 0; atts[i] != NULL; i += 2) {
		if (is_declaration(atts[i]))
			continue;
		count++;
		bytes += strlen(atts[i]) + strlen(atts[i + 1]) + 2;
	}
	struct xml *node = arena_alloc(
		a, sizeof(*node) + count * sizeof(struct xml_attr) + bytes);
	if (node == NULL)
		return refused_memory;
	struct xml_attr *attr = (struct xml_attr *)(node + 1);
	char *end = (char *)(attr + count);
	struct xml_attr **tail = &node->attrs;

	node->ns = level->ns;
	node->name = place(&end, name->local);
	for (; atts[0] != NULL; atts += 2) {
		struct qname q;
		if (is_declaration(atts[0]))
			continue;
		if (split_qname(atts[0], &q) != 0)
			return refused_namespaces;
		attr->ns = resolve_prefix(level->scope, q.prefix);
		if (attr->ns == NULL ||
			(q.prefix.len > 0 && has_attr(node, q.local, attr->ns)))
			return refused_namespaces;
		attr->name = place(&end, q.local);
		attr->value = place(&end, atts[1]);
		*tail = attr;
		tail = &attr->next;
		attr++;
	}
	*node_r = node;
	return NULL;
}

static void append(struct xml *parent, struct xml *node)
{
	node->parent = parent;
	if (parent->last != NULL)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
}

static void refuse(struct parser *p, const char *reason)
{
	if (p->refusal != NULL)
		return;
	p->refusal = reason;
	if (p->top != NULL)
		p->top->first = p->top->last = NULL;
	p->current = NULL;
	str_release(&p->text, 0);
}

/* Character data arrives in pieces; it becomes a node where it ends. */
static void flush_text(struct parser *p)
{
	if (p->text.len == 0)
		return;
	struct xml *node =
		arena_alloc(&p->arena, sizeof(*node) + p->text.len + 1);
	if (node == NULL) {
		refuse(p, refused_memory);
		return;
	}
	char *copy = (char *)(node + 1);
	memcpy(copy, p->text.data, p->text.len);
	node->text = slice_make(copy, p->text.len);
	append(p->current, node);
	str_reset(&p->text);
}

/* --- Stanzas ------------------------------------------------------------- */

/*
 * A stanza is in jabber:component:accept, but what a server forwards was
 * written in jabber:client and not all of them rename it. So these (and no
 * namespace) are one, on the stanza and on those of its children that are in
 * its namespace. What is wrapped in another namespace, like a forwarded
 * message, keeps its own.
 */
static bool is_stanza_ns(const char *ns)
{
	return ns[0] == '\0' || strcmp(ns, NS_COMPONENT) == 0 ||
	       strcmp(ns, NS_CLIENT) == 0 || strcmp(ns, NS_SERVER) == 0;
}

static void settle_ns(struct parser *p, struct level *level, struct xml *node)
{
	if (p->depth == 2) {
		level->native = is_stanza_ns(node->ns);
		p->own_ns = node->ns;
	} else {
		level->native = level[-1].native &&
				(node->ns == p->own_ns ||
					strcmp(node->ns, p->own_ns) == 0);
	}
	if (level->native)
		node->ns = NS_COMPONENT;
}

/* The attributes by which a refused stanza can be answered. */
static bool is_address(const char **att)
{
	static const char *const names[] = { "from", "to", "type", "id" };

	if (strlen(att[1]) > LIMIT_JID)
		return false;
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(att[0], names[i]) == 0)
			return true;
	return false;
}

/* A stanza whose own tag is at fault: an element without anything else. */
static void make_remains(struct parser *p, const char *name, const char **atts)
{
	const char *kept[2 * 4 + 1] = { NULL };
	size_t count = 0;
	struct qname q;
	bool native = is_stanza_ns(p->levels[1].ns);

	for (; atts[0] != NULL; atts += 2) {
		if (strcmp(atts[0], "xmlns") == 0)
			native = is_stanza_ns(atts[1]);
		if (!is_address(atts) || count + 2 >= COUNT(kept))
			continue;
		kept[count++] = atts[0];
		kept[count++] = atts[1];
	}
	if (split_qname(name, &q) != 0 || strlen(q.local) > LIMIT_JID)
		q = (struct qname){ slice_make(NULL, 0), "unknown" };
	native = native && q.prefix.len == 0;
	struct level level = { .ns = native ? NS_COMPONENT : "" };
	arena_reset(&p->arena);
	if (make_element(&p->arena, &level, &q, kept, &p->top) != NULL)
		p->top = NULL;
}

static const char *check_tag(const struct parser *p, const char **atts)
{
	size_t count = 0;

	while (atts[2 * count] != NULL)
		count++;
	if (count > LIMIT_XML_ATTRIBUTES)
		return "an element of it has too many attributes";
	if ((unsigned)XML_GetCurrentByteCount(p->expat) > LIMIT_TAG)
		return "a tag of it is too long";
	if (p->depth > LIMIT_XML_DEPTH + 1)
		return "it is nested too deeply";
	if (p->elements > LIMIT_XML_ELEMENTS)
		return "it has too many elements";
	return NULL;
}

static const char *add_element(
	struct parser *p, const char *name, const char **atts)
{
	const char *refusal = check_tag(p, atts);
	struct qname q;

	if (refusal != NULL)
		return refusal;
	struct level *level = &p->levels[p->depth];
	*level = level[-1];
	refusal = declare_all(level, atts, &p->arena);
	if (refusal != NULL)
		return refusal;
	if (split_qname(name, &q) != 0)
		return refused_namespaces;

	struct xml *node;
	struct level own = *level;
	if (q.prefix.len > 0)
		own.ns = resolve_prefix(level->scope, q.prefix);
	if (own.ns == NULL)
		return refused_namespaces;
	refusal = make_element(&p->arena, &own, &q, atts, &node);
	if (refusal != NULL)
		return refusal;
	settle_ns(p, level, node);
	if (p->current != NULL)
		append(p->current, node);
	else
		p->top = node;
	p->current = node;
	return NULL;
}

static void begin_stanza(struct parser *p)
{
	p->top = p->current = NULL;
	p->refusal = NULL;
	p->elements = 0;
	p->start = (uint64_t)XML_GetCurrentByteIndex(p->expat);
}

static void finish_stanza(struct parser *p)
{
	uint64_t end = (uint64_t)XML_GetCurrentByteIndex(p->expat) +
		       (uint64_t)XML_GetCurrentByteCount(p->expat);

	if (end - p->start > LIMIT_STANZA_IN)
		refuse(p, "it is too big");
	if (p->refusal == NULL)
		p->events->stanza(p->top, &p->arena, p->arg);
	else if (p->top != NULL)
		p->events->refused(p->top, p->refusal, p->arg);
	p->top = p->current = NULL;
	p->refusal = NULL;
	arena_reset(&p->arena);
	str_release(&p->text, PIECE_SIZE);
}

/* --- The stream ---------------------------------------------------------- */

/* End the stream; the first reason counts. Called inside expat. */
static void give_up(struct parser *p, const char *condition)
{
	if (p->condition == NULL)
		p->condition = condition;
	XML_StopParser(p->expat, XML_FALSE);
}

static void stream_open(struct parser *p, const char *name, const char **atts)
{
	struct level *level = &p->levels[1];
	struct xml *node;
	struct qname q;

	*level = (struct level){ .ns = "" };
	if (declare_all(level, atts, &p->stream_arena) != NULL ||
		split_qname(name, &q) != 0) {
		give_up(p, "not-well-formed");
		return;
	}
	struct level own = *level;
	if (q.prefix.len > 0)
		own.ns = resolve_prefix(level->scope, q.prefix);
	if (own.ns == NULL ||
		make_element(&p->stream_arena, &own, &q, atts, &node) != NULL) {
		give_up(p, "not-well-formed");
		return;
	}
	if (!xml_is(node, "stream", NS_STREAM)) {
		give_up(p, xml_is(node, "stream", NULL) ? "invalid-namespace"
							: "bad-format");
		return;
	}
	p->root_name = arena_copy(&p->stream_arena, slice_of(name));
	p->events->opened(level->ns, xml_attr(node, "id"),
		xml_attr(node, "from"), p->arg);
}

static void on_start(void *arg, const char *name, const char **atts)
{
	struct parser *p = arg;

	if (p->stopped || p->condition != NULL)
		return;
	p->depth++;
	if (p->replaying)
		return;
	if (p->depth == 1) {
		stream_open(p, name, atts);
		return;
	}
	if (p->depth == 2)
		begin_stanza(p);
	p->elements++;
	if (p->refusal == NULL && p->current != NULL)
		flush_text(p);
	if (p->refusal != NULL)
		return;
	const char *refusal = add_element(p, name, atts);
	if (refusal == NULL)
		return;
	if (p->depth == 2)
		make_remains(p, name, atts);
	refuse(p, refusal);
}

static void on_end(void *arg, const char *name)
{
	struct parser *p = arg;

	(void)name;
	if (p->stopped || p->condition != NULL)
		return;
	p->depth--;
	if (p->depth == 0) {
		p->stopped = true;
		p->events->closed(p->arg);
		return;
	}
	if (p->refusal == NULL)
		flush_text(p);
	if (p->refusal == NULL)
		p->current = p->current->parent;
	if (p->depth > 1)
		return;
	finish_stanza(p);
	if (p->stopped)
		XML_StopParser(p->expat, XML_FALSE);
	else if (p->memory > LIMIT_PARSER_MEMORY)
		XML_StopParser(p->expat, XML_TRUE);
}

static bool is_blank(const char *text, int len)
{
	for (int i = 0; i < len; i++)
		if (strchr(" \t\r\n", text[i]) == NULL)
			return false;
	return true;
}

static void on_text(void *arg, const char *text, int len)
{
	struct parser *p = arg;

	if (p->stopped || p->condition != NULL)
		return;
	if (p->depth == 1 && !is_blank(text, len))
		give_up(p, "bad-format");
	if (p->depth > 1 && p->refusal == NULL)
		str_add_bytes(&p->text, text, (size_t)len);
}

/* RFC 6120 section 11.1. */
static void on_doctype(void *arg, const char *name, const char *system,
	const char *public, int has_internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)has_internal;
	give_up(arg, "restricted-xml");
}

static void on_comment(void *arg, const char *text)
{
	(void)text;
	give_up(arg, "restricted-xml");
}

static void on_instruction(void *arg, const char *target, const char *data)
{
	(void)target;
	(void)data;
	give_up(arg, "restricted-xml");
}

/* --- Feeding ------------------------------------------------------------- */

static void expat_open(struct parser *p)
{
	static const XML_Memory_Handling_Suite suite = { block_alloc,
		block_realloc, block_free };

	counting = &p->memory;
	/* The encoding is not what the peer declares (RFC 6120 section
	 * 11.6). */
	p->expat = XML_ParserCreate_MM("UTF-8", &suite, NULL);
	assert(p->expat != NULL);
	if (XML_SetReparseDeferralEnabled != NULL)
		XML_SetReparseDeferralEnabled(p->expat, XML_FALSE);
	XML_SetUserData(p->expat, p);
	XML_SetElementHandler(p->expat, on_start, on_end);
	XML_SetCharacterDataHandler(p->expat, on_text);
	XML_SetStartDoctypeDeclHandler(p->expat, on_doctype);
	XML_SetCommentHandler(p->expat, on_comment);
	XML_SetProcessingInstructionHandler(p->expat, on_instruction);
	p->fed = 0;
}

static void expat_close(struct parser *p)
{
	XML_ParserFree(p->expat);
	p->expat = NULL;
	assert(p->memory == 0);
}

static const char *condition_of(enum XML_Error error)
{
	return error == XML_ERROR_UNDEFINED_ENTITY ? "restricted-xml"
						   : "not-well-formed";
}

static void give_up_after(struct parser *p, const char *condition)
{
	if (p->condition == NULL)
		p->condition = condition;
}

/* Parse one piece; returns how much of it was used, which is less than all
 * when expat is to be replaced. */
static size_t parse(struct parser *p, struct slice piece)
{
	counting = &p->memory;
	enum XML_Status status =
		XML_Parse(p->expat, piece.data, (int)piece.len, XML_FALSE);
	if (p->stopped)
		return piece.len;
	if (status == XML_STATUS_ERROR) {
		give_up_after(p, condition_of(XML_GetErrorCode(p->expat)));
		return piece.len;
	}
	if (status == XML_STATUS_SUSPENDED) {
		uint64_t end = (uint64_t)XML_GetCurrentByteIndex(p->expat) +
			       (uint64_t)XML_GetCurrentByteCount(p->expat);
		return (size_t)(end - p->fed);
	}
	p->fed += piece.len;
	return piece.len;
}

/* A fresh expat in the place of one that remembers too many names. */
static void replace_expat(struct parser *p)
{
	struct str tag;

	expat_close(p);
	expat_open(p);
	p->generation++;
	p->depth = 0;
	p->replaying = true;
	str_init(&tag, LIMIT_TAG + 3);
	str_add_char(&tag, '<');
	str_add(&tag, p->root_name);
	str_add_char(&tag, '>');
	parse(p, str_slice(&tag));
	assert(p->condition == NULL && p->depth == 1);
	str_finish(&tag);
	p->replaying = false;
}

/* Bytes of the token that has begun and not ended. */
static uint64_t unfinished(const struct parser *p)
{
	XML_Index at = XML_GetCurrentByteIndex(p->expat);

	return at < 0 ? p->fed : p->fed - (uint64_t)at;
}

/* How long a token may get before the stream is given up; nobody answers for
 * a stream header. */
static uint64_t token_limit(const struct parser *p)
{
	return p->depth == 0 ? LIMIT_TAG : LIMIT_TAG_SWALLOW;
}

static void check_limits(struct parser *p)
{
	if (p->depth >= 2 && p->fed - p->start > LIMIT_STANZA_IN)
		refuse(p, "it is too big");
	if (unfinished(p) > token_limit(p) || p->memory > MEMORY_MAX)
		give_up_after(p, "policy-violation");
}

static bool is_over(const struct parser *p)
{
	return p->stopped || p->condition != NULL;
}

static void parse_all(struct parser *p, struct slice data)
{
	while (data.len > 0 && !is_over(p)) {
		struct slice piece = data;
		if (piece.len > PIECE_SIZE)
			piece.len = PIECE_SIZE;
		size_t used = parse(p, piece);
		if (is_over(p))
			return;
		XML_ParsingStatus status;
		XML_GetParsingStatus(p->expat, &status);
		if (status.parsing == XML_SUSPENDED)
			replace_expat(p);
		else
			check_limits(p);
		data.data += used;
		data.len -= used;
	}
}

/* Hold `data` back if it can't finish the token at hand; true if so. */
static bool hold(struct parser *p, struct slice data)
{
	uint64_t size = unfinished(p) + p->held.len;

	if (size < HOLD_SIZE || memchr(data.data, '>', data.len) != NULL)
		return false;
	str_add_slice(&p->held, data);
	if (p->held.overflow || size + data.len > token_limit(p))
		give_up_after(p, "policy-violation");
	return true;
}

int parser_feed(struct parser *p, struct slice data, const char **condition_r)
{
	MAGIC_CHECK(p, PARSER_MAGIC);
	assert(!p->feeding);
	p->feeding = true;
	if (data.len > 0 && !is_over(p) && !hold(p, data)) {
		struct str held = p->held;
		str_init(&p->held, LIMIT_TAG_SWALLOW + 1);
		parse_all(p, str_slice(&held));
		str_finish(&held);
		parse_all(p, data);
	}
	p->feeding = false;
	if (p->condition == NULL || p->stopped)
		return 0;
	*condition_r = p->condition;
	return -1;
}

/* --- Life ---------------------------------------------------------------- */

struct parser *parser_new(const struct parser_events *events, void *arg)
{
	struct parser *p = xalloc(sizeof(*p));

	p->magic = PARSER_MAGIC;
	p->events = events;
	p->arg = arg;
	arena_init(&p->stream_arena, 4 * LIMIT_TAG);
	arena_init(&p->arena, LIMIT_STANZA_ARENA);
	str_init(&p->text, LIMIT_STANZA_IN + PIECE_SIZE);
	str_init(&p->held, LIMIT_TAG_SWALLOW + 1);
	expat_open(p);
	return p;
}

void parser_free(struct parser **p)
{
	struct parser *old = *p;

	if (old == NULL)
		return;
	MAGIC_CHECK(old, PARSER_MAGIC);
	assert(!old->feeding);
	expat_close(old);
	arena_finish(&old->stream_arena);
	arena_finish(&old->arena);
	str_finish(&old->text);
	str_finish(&old->held);
	old->magic = 0;
	xfree(old);
	*p = NULL;
}

void parser_reset(struct parser *p)
{
	MAGIC_CHECK(p, PARSER_MAGIC);
	assert(!p->feeding);
	expat_close(p);
	expat_open(p);
	arena_shrink(&p->stream_arena);
	arena_shrink(&p->arena);
	str_release(&p->text, 0);
	str_release(&p->held, 0);
	p->depth = 0;
	p->stopped = false;
	p->condition = NULL;
	p->top = p->current = NULL;
	p->refusal = NULL;
	p->root_name = NULL;
}

void parser_stop(struct parser *p)
{
	MAGIC_CHECK(p, PARSER_MAGIC);
	p->stopped = true;
}

unsigned parser_generation(const struct parser *p)
{
	return p->generation;
}
