/*
 * The writer keeps a stack of open elements and writes to `out` as it goes.
 * What can be decided only later stands there as a control character, which
 * no text of a mail can hold, until it is replaced or removed.
 */
#include "email_worker/html.h"

#include <libxml/HTMLparser.h>
#include <stdint.h>
#include <strings.h>

#include "base/macros.h"
#include "base/utf8.h"
#include "email_worker/chars.h"
#include "email_worker/clean.h"
#include "email_worker/html_filter.h"
#include "email_worker/html_style.h"

/* Open elements; the end tag of one may be compared with all of them. */
#define DEPTH_MAX  300
/* Elements that one piece of input can open on top of these. */
#define PIECE      ((size_t)512)
#define STACK_MAX  (DEPTH_MAX + PIECE)
#define CUTS_MAX   256
#define URL_MAX    2000
/* Longer runs are not styled. */
#define STYLED_MAX 300

#define MARK_CELL    '\x1f' /* between two cells of a row */
#define MARK_BREAK   '\x1d' /* ... in a row that is lines */
#define MARK_NOTHING '\x1e' /* where a style would begin */

enum element_flag {
	IS_BLOCK = 1,     /* on lines of its own */
	IS_PARAGRAPH = 2, /* with an empty line around it */
	IS_HIDDEN = 4,
	IS_PRE = 8,
	IS_QUOTE = 16,
	IS_LIST = 32,
	IS_ROW = 64,
	IS_CELL = 128,
	IS_LINK = 256,
	IS_TABLE = 512,
	IS_TINY = 1024, /* font-size: 0, until something inside sets it */
	IS_STYLED = 2048,
};

struct element {
	unsigned flags;
	size_t start;    /* of its text in `out` */
	long number;     /* of a list: the next; -1: bullets */
	char style;      /* '*', or 0 */
	bool has_nested; /* of a row: a table in a cell */
	int cut;         /* index of the cut that ends with it, or -1 */
	char *url;
};

/* A piece of the text that can be left out at its end. */
struct cut {
	size_t start, end;
};

struct writer {
	struct str *out;
	size_t origin; /* of the text in `out` */
	bool is_cut;
	bool wants_space, has_line, has_marker;
	bool has_text;         /* so far */
	bool wants_empty;      /* an empty line before the next one */
	unsigned empty_quotes; /* ... which is in so many quotes */
	unsigned hidden, pre, quotes, styles;
	size_t depth;
	struct element stack[STACK_MAX];
	struct cut cuts[CUTS_MAX];
	size_t cut_count;
};

/* ------------------------------------------------------------------------
 * Lines
 * ------------------------------------------------------------------------ */

static void put(struct writer *w, const char *text, size_t len)
{
	if (len >= w->out->max - w->out->len)
		w->is_cut = true;
	if (!w->is_cut)
		str_add_bytes(w->out, text, len);
}

static void put_empty(struct writer *w)
{
	unsigned quotes =
		w->empty_quotes < w->quotes ? w->empty_quotes : w->quotes;

	for (unsigned i = 0; i < quotes; i++)
		put(w, i == 0 ? ">" : " >", i == 0 ? 1 : 2);
	put(w, "\n", 1);
	w->wants_empty = false;
}

static void begin_line(struct writer *w)
{
	if (w->has_line)
		return;
	if (w->wants_empty)
		put_empty(w);
	for (unsigned i = 0; i < w->quotes; i++)
		put(w, "> ", 2);
	w->has_line = true;
}

/* Nothing in the line but marks. */
static bool is_line_empty(const struct writer *w)
{
	size_t at = w->out->len;

	while (at > w->origin && w->out->data[at - 1] == MARK_NOTHING)
		at--;
	return at < w->out->len &&
	       (at == w->origin || w->out->data[at - 1] == '\n');
}

/* End the line if there is anything in it. */
static void end_line(struct writer *w)
{
	w->wants_space = false;
	if (!w->has_line || w->has_marker)
		return;
	if (is_line_empty(w)) {
		w->has_line = false;
		return;
	}
	put(w, "\n", 1);
	w->has_line = false;
}

/* One more line break, up to one empty line. */
static void break_line(struct writer *w)
{
	w->has_marker = false;
	if (w->has_line) {
		end_line(w);
	} else if (w->has_text) {
		if (!w->wants_empty || w->quotes < w->empty_quotes)
			w->empty_quotes = w->quotes;
		w->wants_empty = true;
	}
}

static void end_paragraph(struct writer *w)
{
	end_line(w);
	if (!w->has_line)
		break_line(w);
}

/* A style that ends within a word is none: "<b>H</b>ello". */
static void undo_styles(struct writer *w)
{
	size_t len = w->out->len;

	while (len > w->origin && char_is_in(w->out->data[len - 1], "*_~`")) {
		char style = w->out->data[len - 1];
		size_t open = len - 1;

		while (open > w->origin && w->out->data[open - 1] != '\n' &&
			w->out->data[open - 1] != style)
			open--;
		if (open == w->origin || w->out->data[open - 1] != style)
			return;
		w->out->data[open - 1] = MARK_NOTHING;
		w->out->data[--len] = MARK_NOTHING;
	}
}

/* Is there a word before this place in its line? */
static bool is_behind_word(const struct writer *w)
{
	size_t at = w->out->len;

	if (!w->has_line || w->has_marker)
		return false;
	while (at > w->origin && w->out->data[at - 1] == MARK_NOTHING)
		at--;
	return at > w->origin &&
	       !char_is_in(w->out->data[at - 1], " \n\x1d\x1f");
}

static void put_word(struct writer *w, const char *text, size_t len)
{
	if (w->wants_space && is_behind_word(w))
		put(w, " ", 1);
	else if (w->styles == 0 && w->has_line &&
		 (char_is_letter(text[0]) || char_is_digit(text[0]) ||
			 (unsigned char)text[0] >= 0x80))
		undo_styles(w);
	w->wants_space = false;
	begin_line(w);
	w->has_marker = false;
	w->has_text = true;
	put(w, text, len);
}

/* Text where white space means nothing. */
static void put_flowing(struct writer *w, struct slice text)
{
	size_t start = 0, at = 0;

	while (at < text.len) {
		uint32_t code = 0;
		size_t len = utf8_next(
			slice_make(text.data + at, text.len - at), &code);
		bool is_nothing =
			len == 0 || clean_is_invisible(code) ||
			(code < ' ' && !char_is_in((char)code, " \t\r\n\f"));
		bool is_space = len > 0 && clean_is_space(code);

		len = len > 0 ? len : 1;
		if (!is_space && (!is_nothing || code == 0x200d)) {
			at += len;
			continue;
		}
		if (at > start)
			put_word(w, text.data + start, at - start);
		if (is_space)
			w->wants_space = true;
		if (code == 0xa0 && !w->has_line && !is_nothing) {
			begin_line(w); /* a line of its own, if empty */
			w->wants_space = false;
		}
		at += len;
		start = at;
	}
	if (at > start)
		put_word(w, text.data + start, at - start);
}

static void put_verbatim(struct writer *w, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '\n') {
			begin_line(w);
			w->has_marker = false;
			put(w, "\n", 1);
			w->has_line = false;
		} else if ((unsigned char)c >= ' ' || c == '\t') {
			begin_line(w);
			w->has_marker = false;
			w->has_text = true;
			put(w, &c, 1);
		}
	}
}

/* ------------------------------------------------------------------------
 * Elements
 * ------------------------------------------------------------------------ */

struct element_kind {
	const char *name;
	unsigned flags;
	char style;
};

static const struct element_kind kinds[] = {
	{ "p", IS_BLOCK | IS_PARAGRAPH, 0 },
	{ "div", IS_BLOCK, 0 },
	{ "span", 0, 0 },
	{ "a", IS_LINK, 0 },
	{ "td", IS_CELL, 0 },
	{ "th", IS_CELL, 0 },
	{ "tr", IS_BLOCK | IS_ROW, 0 },
	{ "table", IS_BLOCK | IS_TABLE, 0 },
	{ "b", IS_STYLED, '*' },
	{ "strong", IS_STYLED, '*' },
	{ "i", IS_STYLED, '_' },
	{ "em", IS_STYLED, '_' },
	{ "s", IS_STYLED, '~' },
	{ "strike", IS_STYLED, '~' },
	{ "del", IS_STYLED, '~' },
	{ "code", IS_STYLED, '`' },
	{ "tt", IS_STYLED, '`' },
	{ "kbd", IS_STYLED, '`' },
	{ "h1", IS_BLOCK | IS_PARAGRAPH, 0 },
	{ "h2", IS_BLOCK | IS_PARAGRAPH, 0 },
	{ "h3", IS_BLOCK | IS_PARAGRAPH, 0 },
	{ "h4", IS_BLOCK | IS_PARAGRAPH, 0 },
	{ "h5", IS_BLOCK | IS_PARAGRAPH, 0 },
	{ "h6", IS_BLOCK | IS_PARAGRAPH, 0 },
	{ "ul", IS_BLOCK | IS_PARAGRAPH | IS_LIST, 0 },
	{ "ol", IS_BLOCK | IS_PARAGRAPH | IS_LIST, 0 },
	{ "menu", IS_BLOCK | IS_PARAGRAPH | IS_LIST, 0 },
	{ "li", IS_BLOCK, 0 },
	{ "dl", IS_BLOCK | IS_PARAGRAPH, 0 },
	{ "dt", IS_BLOCK, 0 },
	{ "dd", IS_BLOCK, 0 },
	{ "pre", IS_BLOCK | IS_PARAGRAPH | IS_PRE, 0 },
	{ "blockquote", IS_BLOCK | IS_PARAGRAPH | IS_QUOTE, 0 },
	{ "address", IS_BLOCK, 0 },
	{ "article", IS_BLOCK, 0 },
	{ "aside", IS_BLOCK, 0 },
	{ "center", IS_BLOCK, 0 },
	{ "fieldset", IS_BLOCK, 0 },
	{ "figcaption", IS_BLOCK, 0 },
	{ "figure", IS_BLOCK, 0 },
	{ "footer", IS_BLOCK, 0 },
	{ "form", IS_BLOCK, 0 },
	{ "header", IS_BLOCK, 0 },
	{ "main", IS_BLOCK, 0 },
	{ "nav", IS_BLOCK, 0 },
	{ "section", IS_BLOCK, 0 },
	{ "caption", IS_BLOCK, 0 },
	{ "head", IS_HIDDEN, 0 },
	{ "title", IS_HIDDEN, 0 },
	{ "script", IS_HIDDEN, 0 },
	{ "style", IS_HIDDEN, 0 },
	{ "template", IS_HIDDEN, 0 },
	{ "svg", IS_HIDDEN, 0 },
	{ "math", IS_HIDDEN, 0 },
	{ "object", IS_HIDDEN, 0 },
	{ "select", IS_HIDDEN, 0 },
	{ "textarea", IS_HIDDEN, 0 },
	{ "video", IS_HIDDEN, 0 },
	{ "audio", IS_HIDDEN, 0 },
	{ "iframe", IS_HIDDEN, 0 },
};

static const struct element_kind *find_kind(const char *name)
{
	static const struct element_kind nothing = { "", 0, 0 };

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return &nothing;
}

static struct element *find_open(struct writer *w, unsigned flag)
{
	for (size_t i = w->depth; i > 0; i--)
		if ((w->stack[i - 1].flags & flag) != 0)
			return &w->stack[i - 1];
	return NULL;
}

/* Rows around a table lay things out; they hold no columns. */
static void mark_rows(struct writer *w)
{
	for (size_t i = 0; i < w->depth; i++)
		w->stack[i].has_nested = true;
}

static void begin_item(struct writer *w)
{
	struct element *list = find_open(w, IS_LIST);
	unsigned lists = 0;

	for (size_t i = 0; i < w->depth; i++)
		lists += (w->stack[i].flags & IS_LIST) != 0;
	begin_line(w);
	for (unsigned i = 1; i < lists && i < 8; i++)
		put(w, "  ", 2);
	if (list != NULL && list->number >= 0) {
		char text[24];

		text_format(text, sizeof(text), "%ld. ", list->number++);
		put(w, text, strlen(text));
	} else {
		put(w, "- ", 2);
	}
	w->has_marker = true;
}

/* Where an earlier text of this row ends, and another cell begins. */
static void begin_cell(struct writer *w)
{
	static const char mark = MARK_CELL;
	struct element *row = find_open(w, IS_ROW);

	w->wants_space = false;
	if (row == NULL || !w->has_line || w->out->len <= row->start ||
		w->out->data[w->out->len - 1] == MARK_CELL)
		return;
	put(w, &mark, 1);
}

/* Marks between cells stay what they are, or become those of line breaks in a
 * row that is laid out in lines. Nothing moves, as others remember places. */
static void end_row(struct writer *w, const struct element *row)
{
	size_t start = row->start, end = w->out->len;
	bool is_lines = row->has_nested;

	/* The empty line before it may have been written late. */
	while (start < end && char_is_in(w->out->data[start], "\n> "))
		start++;
	for (; end > start && w->out->data[end - 1] == MARK_CELL; end--)
		w->out->data[end - 1] = MARK_NOTHING;
	if (end > start &&
		memchr(w->out->data + start, '\n', end - start) != NULL)
		is_lines = true;
	for (size_t i = start; is_lines && i < end; i++)
		if (w->out->data[i] == MARK_CELL)
			w->out->data[i] = MARK_BREAK;
}

/* ------------------------------------------------------------------------
 * Links and styles
 * ------------------------------------------------------------------------ */

static bool is_good_url(const char *url)
{
	static const char *const schemes[] = { "https:", "http:", "mailto:",
		"tel:", "xmpp:", "geo:", "sip:", "ftp:" };

	for (const char *p = url; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '<' ||
			*p == '>')
			return false;
	for (size_t i = 0; i < COUNT(schemes); i++)
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return strlen(url) <= URL_MAX;
	return false;
}

/* Without scheme, "www." and a closing slash. */
static struct slice bare_url(struct slice url)
{
	static const char *const heads[] = { "https://", "http://",
		"mailto:", "tel:", "www." };

	for (size_t i = 0; i < COUNT(heads); i++) {
		size_t len = strlen(heads[i]);

		if (url.len > len && strncasecmp(url.data, heads[i], len) == 0)
			url = slice_make(url.data + len, url.len - len);
	}
	if (url.len > 0 && url.data[url.len - 1] == '/')
		url.len--;
	return url;
}

static bool says_same(struct slice text, const char *url)
{
	struct slice a = bare_url(slice_trim(text));
	struct slice b = bare_url(slice_of(url));

	return a.len == b.len && strncasecmp(a.data, b.data, a.len) == 0;
}

static void end_link(struct writer *w, const struct element *link)
{
	struct slice text = slice_make(
		str_text(w->out) + link->start, w->out->len - link->start);

	if (link->url == NULL || slice_trim(text).len == 0 ||
		says_same(text, link->url))
		return;
	if (!w->has_line)
		return;
	put(w, " (", 2);
	put(w, link->url, strlen(link->url));
	put(w, ")", 1);
}

/* May a style begin behind this character? (XEP-0393 section 5.4) */
static bool is_style_start(const struct writer *w, size_t at)
{
	while (at > w->origin && w->out->data[at - 1] == MARK_NOTHING)
		at--;
	return at == w->origin ||
	       char_is_in(w->out->data[at - 1], " \n\t([{\"'*_~-:|/\x1f");
}

static void begin_style(struct writer *w)
{
	static const char mark = MARK_NOTHING;

	if (w->pre > 0)
		return;
	if (w->wants_space && is_behind_word(w))
		put(w, " ", 1);
	w->wants_space = false;
	begin_line(w);
	put(w, &mark, 1);
	w->styles++;
}

/* With a mark where it would begin; see begin_style(). */
static void end_style(struct writer *w, const struct element *e)
{
	if (e->start > w->out->len || w->styles == 0)
		return;
	w->styles--;
	size_t len = w->out->len - e->start;
	const char *text = w->out->data + e->start;
	size_t lead = 0;

	while (lead < len && text[lead] == MARK_NOTHING)
		lead++;
	if (lead == len || len > STYLED_MAX || e->start == w->origin ||
		text[lead] == ' ' || text[len - 1] == ' ' ||
		memchr(text, '\n', len) != NULL ||
		memchr(text, e->style, len) != NULL ||
		memchr(text, MARK_CELL, len) != NULL ||
		!is_style_start(w, e->start - 1))
		return;
	w->out->data[e->start - 1] = e->style;
	put(w, &e->style, 1);
}

/* ------------------------------------------------------------------------
 * Start and end of elements
 * ------------------------------------------------------------------------ */

static const char *attribute(const char **attributes, const char *name)
{
	for (size_t i = 0; attributes != NULL && attributes[i] != NULL; i += 2)
		if (strcmp(attributes[i], name) == 0)
			return attributes[i + 1] ? attributes[i + 1] : "";
	return NULL;
}

static void handle_image(struct writer *w, const char **attributes)
{
	const char *alt = attribute(attributes, "alt");
	const char *width = attribute(attributes, "width");
	const char *height = attribute(attributes, "height");

	if (alt == NULL || (width != NULL && strtol(width, NULL, 10) <= 2) ||
		(height != NULL && strtol(height, NULL, 10) <= 2))
		return;
	put_flowing(w, slice_of(alt));
}

/* Elements without content. */
static bool handle_void(
	struct writer *w, const char *name, const char **attributes)
{
	if (strcmp(name, "br") == 0) {
		break_line(w);
	} else if (strcmp(name, "hr") == 0) {
		end_paragraph(w);
	} else if (strcmp(name, "img") == 0) {
		handle_image(w, attributes);
	} else {
		return false;
	}
	return true;
}

static unsigned flags_of(struct writer *w, const struct element_kind *kind,
	const struct html_look *look)
{
	unsigned flags = kind->flags;

	if (look->is_hidden)
		flags |= IS_HIDDEN;
	if (look->is_tiny)
		flags |= IS_TINY;
	else if (!look->has_size && w->depth > 0)
		flags |= w->stack[w->depth - 1].flags & IS_TINY;
	/* Outlook makes each line a paragraph without margins. */
	if (look->is_tight)
		flags &= ~(unsigned)IS_PARAGRAPH;
	return flags;
}

static void begin_cut(struct writer *w, struct element *e, bool is_tail)
{
	if (w->cut_count == CUTS_MAX)
		return;
	e->cut = is_tail ? -1 : (int)w->cut_count;
	w->cuts[w->cut_count++] = (struct cut){ w->out->len, SIZE_MAX };
}

static void begin_block(struct writer *w, const char *name, struct element *e,
	const char **attributes)
{
	if ((e->flags & IS_PARAGRAPH) != 0 && find_open(w, IS_LIST) == NULL)
		end_paragraph(w);
	else
		end_line(w);
	if ((e->flags & IS_QUOTE) != 0)
		w->quotes++;
	if ((e->flags & IS_TABLE) != 0)
		mark_rows(w);
	if ((e->flags & IS_LIST) != 0) {
		const char *start = attribute(attributes, "start");

		e->number = strcmp(name, "ol") == 0 ? 1 : -1;
		if (start != NULL && e->number > 0)
			e->number = strtol(start, NULL, 10) & 0xffff;
	}
	if (strcmp(name, "li") == 0)
		begin_item(w);
	if ((e->flags & IS_PRE) != 0 && w->pre++ == 0) {
		begin_line(w);
		put(w, "```\n", 4);
		w->has_line = false;
		w->has_marker = false;
	}
}

static void begin_content(struct writer *w, const char *name, struct element *e,
	const char **attributes)
{
	if ((e->flags & IS_BLOCK) != 0)
		begin_block(w, name, e, attributes);
	if ((e->flags & IS_CELL) != 0)
		begin_cell(w);
	if ((e->flags & IS_STYLED) != 0)
		begin_style(w);
	if ((e->flags & IS_LINK) != 0) {
		const char *url = attribute(attributes, "href");

		if (url != NULL && is_good_url(url))
			e->url = (char *)xmlStrdup((const xmlChar *)url);
	}
}

static void start_element(
	void *context, const xmlChar *xml_name, const xmlChar **xml_attributes)
{
	struct writer *w = context;
	const char *name = (const char *)xml_name;
	const char **attributes = (const char **)(void *)xml_attributes;
	struct html_look look;

	if (w->depth == STACK_MAX)
		return;
	const struct element_kind *kind = find_kind(name);
	struct element *e = &w->stack[w->depth];
	html_look(name, attributes, &look);
	*e = (struct element){ .flags = flags_of(w, kind, &look),
		.style = kind->style,
		.cut = -1,
		.number = -1 };
	if ((e->flags & IS_HIDDEN) != 0)
		w->hidden++;
	if (w->hidden == 0 && look.role != HTML_NORMAL)
		begin_cut(w, e, look.role == HTML_TAIL);
	if (w->hidden == 0 && !handle_void(w, name, attributes))
		begin_content(w, name, e, attributes);
	e->start = w->out->len;
	w->depth++;
}

static void end_block(struct writer *w, struct element *e)
{
	if ((e->flags & IS_PRE) != 0 && --w->pre == 0) {
		if (w->has_line)
			put(w, "\n", 1);
		w->has_line = false;
		w->wants_empty = false;
		begin_line(w);
		put(w, "```", 3);
	}
	w->has_marker = false;
	if ((e->flags & IS_ROW) != 0)
		end_row(w, e);
	end_line(w);
	if ((e->flags & IS_QUOTE) != 0)
		w->quotes--;
	if ((e->flags & IS_PARAGRAPH) != 0 && find_open(w, IS_LIST) == NULL)
		end_paragraph(w);
}

static void end_element(void *context, const xmlChar *name UNUSED)
{
	struct writer *w = context;

	if (w->depth == 0)
		return;
	struct element *e = &w->stack[--w->depth];
	if (w->hidden == 0) {
		if ((e->flags & IS_STYLED) != 0 && w->pre == 0)
			end_style(w, e);
		if ((e->flags & IS_LINK) != 0)
			end_link(w, e);
		if ((e->flags & IS_BLOCK) != 0)
			end_block(w, e);
	}
	if (e->cut >= 0)
		w->cuts[e->cut].end = w->out->len;
	if ((e->flags & IS_HIDDEN) != 0)
		w->hidden--;
	xmlFree(e->url);
}

static void characters(void *context, const xmlChar *text, int len)
{
	struct writer *w = context;
	struct slice s = slice_make((const char *)text, (size_t)len);

	if (w->hidden > 0 || len <= 0)
		return;
	if (w->depth > 0 && (w->stack[w->depth - 1].flags & IS_TINY) != 0)
		return;
	if (w->pre > 0)
		put_verbatim(w, s);
	else
		put_flowing(w, s);
}

/* ------------------------------------------------------------------------
 * The document
 * ------------------------------------------------------------------------ */

static void parse(struct writer *w, struct slice html)
{
	/* Without implied elements there must be one around everything, which
	 * no end tag of the mail closes. */
	static const char root[] = "<causeway-mail>";
	htmlSAXHandler sax = { .startElement = start_element,
		.endElement = end_element,
		.characters = characters,
		.ignorableWhitespace = characters,
		.cdataBlock = characters };
	htmlParserCtxtPtr parser = htmlCreatePushParserCtxt(
		&sax, w, "", 0, NULL, XML_CHAR_ENCODING_UTF8);

	if (parser == NULL)
		return;
	htmlCtxtUseOptions(parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
					   HTML_PARSE_NOWARNING |
					   HTML_PARSE_NONET);
	htmlParseChunk(parser, root, (int)strlen(root), 0);
	while (html.len > 0 && !w->is_cut) {
		size_t len = utf8_prefix(html, PIECE);

		htmlParseChunk(parser, html.data, (int)len, 0);
		html = slice_make(html.data + len, html.len - len);
		if (parser->nameNr > DEPTH_MAX)
			w->is_cut = true;
	}
	htmlParseChunk(parser, NULL, 0, 1);
	xmlFreeDoc(parser->myDoc);
	htmlFreeParserCtxt(parser);
	while (w->depth > 0)
		end_element(w, NULL);
}

static bool is_empty(const struct str *out, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (!char_is_in(out->data[i], " \n\t>\x1d\x1e\x1f"))
			return false;
	return true;
}

/* Leave out what ends the text and may be left out, unless nothing would be
 * left. */
static bool apply_cuts(struct writer *w)
{
	size_t end = w->out->len;

	for (size_t i = w->cut_count; i > 0; i--) {
		struct cut cut = w->cuts[i - 1];

		if (cut.start >= end)
			continue;
		if (cut.end < end && !is_empty(w->out, cut.end, end))
			continue;
		end = cut.start;
	}
	if (end == w->out->len || is_empty(w->out, w->origin, end))
		return false;
	str_truncate(w->out, end);
	return true;
}

/* A line break, and the same quote as in the line before it. */
static void add_break(struct str *out, size_t from)
{
	size_t line = out->len, quote = 0;

	while (line > from && out->data[line - 1] != '\n')
		line--;
	while (line + 2 * quote + 2 <= out->len &&
		memcmp(out->data + line + 2 * quote, "> ", 2) == 0)
		quote++;
	str_add_char(out, '\n');
	for (; quote > 0; quote--)
		str_add(out, "> ");
}

/* Put in the place of marks what they stand for. */
static void expand_marks(struct str *out, size_t from)
{
	struct str copy;

	str_init(&copy, out->len - from + 1);
	str_add_bytes(&copy, out->data + from, out->len - from);
	str_truncate(out, from);
	for (size_t i = 0; i < copy.len; i++) {
		char c = copy.data[i];

		if (c == MARK_CELL)
			str_add(out, " | ");
		else if (c == MARK_BREAK)
			add_break(out, from);
		else if (c != MARK_NOTHING)
			str_add_bytes(out, &c, 1);
	}
	str_finish(&copy);
}

void html_preload(void)
{
	xmlInitParser();
	/* No paragraph around text that is in none. */
	htmlHandleOmittedElem(0);
}

void html_to_text(struct str *out, struct slice html, bool full,
	struct html_result *result)
{
	struct writer *w = xmlMalloc(sizeof(*w));
	struct str filtered;

	*result = (struct html_result){ 0 };
	if (w == NULL)
		return;
	memset(w, 0, sizeof(*w));
	html_preload();
	w->out = out;
	w->origin = out->len;
	str_init(&filtered, 4 * html.len + 16);
	html_filter(&filtered, html);
	parse(w, str_slice(&filtered));
	str_finish(&filtered);
	if (!full)
		result->quote_cut = apply_cuts(w);
	if (out->len > w->origin)
		expand_marks(out, w->origin);
	result->is_cut = w->is_cut || out->overflow;
	xmlFree(w);
}

struct slice html_charset(struct slice html)
{
	static const char key[] = "charset=";
	size_t len = strlen(key);

	if (html.len > 1024)
		html.len = 1024;
	for (size_t i = 0; i + len < html.len; i++) {
		if (strncasecmp(html.data + i, key, len) != 0)
			continue;
		size_t start = i + len;
		while (start < html.len && char_is_in(html.data[start], "\"' "))
			start++;
		size_t end = start;
		while (end < html.len &&
			!char_is_in(html.data[end], "\"' />;\t\r\n"))
			end++;
		return slice_make(html.data + start, end - start);
	}
	return slice_make(html.data, 0);
}
