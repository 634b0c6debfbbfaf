#include "host/rich.h"

#include <string.h>

#include "base/utf8.h"
#include "xmpp/ns.h"

/* Styles that XEP-0393 has a sign for. Underline has none. */
static const struct {
	unsigned style;
	char sign;
} signs[] = { { GW_MONO, '`' }, { GW_BOLD, '*' }, { GW_ITALIC, '_' },
	{ GW_STRIKE, '~' } };

/* Formatted text is sent twice, as the body and as XHTML-IM; this is what each
 * of them may take. */
#define RICH_MAX (LIMIT_STANZA_OUT / 5 * 2)

/* The tags and the style of one span, at most. */
#define SPAN_BYTES 224

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* XEP-0393 section 6.2: a sign opens at the start or after a space (or other
 * punctuation), and must not stand beside white space inside. */
static bool can_mark(const char *text, size_t len, const struct gw_span *s)
{
	if (s->start >= s->end || s->end > len)
		return false;
	if (is_space(text[s->start]) || is_space(text[s->end - 1]))
		return false;
	if (memchr(text + s->start, '\n', s->end - s->start) != NULL)
		return false;
	bool before = s->start == 0 || is_space(text[s->start - 1]) ||
		      strchr("([{\"'*_~", text[s->start - 1]) != NULL;
	unsigned char after = (unsigned char)text[s->end];
	bool behind = s->end == len || is_space((char)after) ||
		      strchr(".,;:!?)]}\"'*_~", after) != NULL;
	return before && behind;
}

/* The signs of a style, outermost first; closing in reverse. */
static void add_signs(struct str *out, unsigned style, bool opening)
{
	for (size_t i = 0; i < COUNT(signs); i++) {
		size_t at = opening ? i : COUNT(signs) - 1 - i;
		if ((style & signs[at].style) != 0)
			str_add_char(out, signs[at].sign);
	}
}

/* What one byte of text takes at most; a line end may become <br/>. */
static size_t cost_of(unsigned char c)
{
	if (strchr("&<>'\"", c) != NULL)
		return sizeof("&quot;") - 1;
	return c < ' ' ? sizeof("<br/>") - 1 : 1;
}

size_t rich_fitting(const char *text, size_t max)
{
	size_t cost = 0, len = 0;
	for (; text[len] != '\0'; len++) {
		cost += cost_of((unsigned char)text[len]);
		if (cost > max)
			break;
	}
	return utf8_prefix(slice_of(text), len);
}

/* Does the formatting fit into a stanza? */
static bool is_short(const struct gw_message *m)
{
	size_t spans = m->span_count * SPAN_BYTES;
	return m->span_count <= RICH_MAX / SPAN_BYTES &&
	       m->text[rich_fitting(m->text, RICH_MAX - spans)] == '\0';
}

static void write_body(const struct gw_message *m, struct str *out)
{
	if (m->kind == GW_ACTION)
		str_add(out, "/me ");
	if (m->span_count == 0 || !is_short(m)) {
		str_add_bytes(
			out, m->text, rich_fitting(m->text, RICH_BODY_MAX));
		return;
	}
	size_t len = strlen(m->text), pos = 0;
	for (size_t i = 0; i < m->span_count; i++) {
		const struct gw_span *s = &m->spans[i];
		if (s->start < pos || !can_mark(m->text, len, s))
			continue;
		unsigned style = s->style;
		if ((style & GW_MONO) != 0)
			style = GW_MONO; /* nothing is read inside `mono` */
		str_add_bytes(out, m->text + pos, s->start - pos);
		add_signs(out, style, true);
		str_add_bytes(out, m->text + s->start, s->end - s->start);
		add_signs(out, style, false);
		pos = s->end;
	}
	str_add_bytes(out, m->text + pos, len - pos);
}

const char *rich_body(const struct gw_message *m)
{
	static struct str body = { .max = LIMIT_STANZA_OUT };
	bool plain = m->span_count == 0 && m->kind != GW_ACTION;
	if (plain && m->text[rich_fitting(m->text, RICH_BODY_MAX)] == '\0')
		return m->text;
	str_release(&body, 4 * KIB);
	write_body(m, &body);
	return str_text(&body);
}

bool rich_has_xhtml(const struct gw_message *m)
{
	return m->span_count > 0 && is_short(m);
}

static void span_style(const struct gw_span *s, char *out, size_t size)
{
	struct str css = { .max = size };
	if ((s->style & GW_BOLD) != 0)
		str_add(&css, "font-weight:bold;");
	if ((s->style & GW_ITALIC) != 0)
		str_add(&css, "font-style:italic;");
	if ((s->style & GW_UNDERLINE) != 0)
		str_add(&css, "text-decoration:underline;");
	if ((s->style & GW_STRIKE) != 0)
		str_add(&css, "text-decoration:line-through;");
	if ((s->style & GW_MONO) != 0)
		str_add(&css, "font-family:monospace;");
	if (s->fg >= 0)
		str_addf(&css, "color:#%06x;", (unsigned)s->fg & 0xffffffu);
	if (s->bg >= 0)
		str_addf(&css, "background-color:#%06x;",
			(unsigned)s->bg & 0xffffffu);
	text_copy(out, size, str_text(&css));
	str_finish(&css);
}

/* Text with <br/> for its line ends. */
static void put_lines(struct xml_writer *w, const char *text, size_t len)
{
	struct slice rest = slice_make(text, len);
	for (;;) {
		struct slice line = slice_cut(&rest, '\n');
		xml_put_slice(w, line);
		if (rest.data == NULL)
			return;
		xml_open(w, "br", NULL);
		xml_close(w);
	}
}

void rich_put_xhtml(struct xml_writer *w, const struct gw_message *m)
{
	xml_open(w, "html", NS_XHTML_IM);
	xml_open(w, "body", NS_XHTML);
	xml_open(w, "p", NULL);
	if (m->kind == GW_ACTION)
		xml_put_text(w, "/me ");
	size_t len = strlen(m->text), pos = 0;
	for (size_t i = 0; i < m->span_count; i++) {
		const struct gw_span *s = &m->spans[i];
		if (s->start < pos || s->end > len || s->start >= s->end)
			continue;
		char css[192];
		span_style(s, css, sizeof(css));
		put_lines(w, m->text + pos, s->start - pos);
		xml_open(w, "span", NULL);
		xml_put_attr(w, "style", css);
		put_lines(w, m->text + s->start, s->end - s->start);
		xml_close(w);
		pos = s->end;
	}
	put_lines(w, m->text + pos, len - pos);
	xml_close(w);
	xml_close(w);
	xml_close(w);
}
