#include "email_worker/html_filter.h"

#include <strings.h>

#include "base/macros.h"
#include "email_worker/chars.h"

/* Elements whose content is no text; it ends at their end tag. */
static const char *const raw_elements[] = { "script", "style", "title",
	"textarea", "xmp", "noframes" };

/* Position of `mark` at or after `from`, or the end. */
static size_t find(struct slice s, size_t from, const char *mark)
{
	const char *at = NULL;

	if (from < s.len)
		at = memmem(s.data + from, s.len - from, mark, strlen(mark));
	return at != NULL ? (size_t)(at - s.data) : s.len;
}

static bool is_name_at(struct slice s, size_t at, const char *name)
{
	size_t len = strlen(name);

	return s.len - at > len && strncasecmp(s.data + at, name, len) == 0 &&
	       !char_is_letter(s.data[at + len]) &&
	       !char_is_digit(s.data[at + len]);
}

/* The end tag of a raw element, from behind its start tag on. */
static size_t find_end_tag(struct slice s, size_t from, const char *name)
{
	while (from < s.len) {
		from = find(s, from, "</");
		if (from + 2 < s.len && is_name_at(s, from + 2, name))
			return from;
		from += 2;
	}
	return s.len;
}

struct tag {
	size_t end;  /* behind its '>' */
	size_t kept; /* what of it may be kept, without the '>' */
};

/* Quotes hide a '>', attributes begin behind a blank or a quote. */
static struct tag read_tag(struct slice s, size_t at)
{
	struct tag tag = { s.len, 0 };
	char quote = '\0';
	unsigned attributes = 0;
	bool after_gap = false;

	for (size_t i = at + 1; i < s.len; i++) {
		char c = s.data[i];
		bool is_gap = char_is_in(c, " \t\r\n\f/");

		/* So long a value is none; so no byte is looked at twice. */
		if (i - at > HTML_TAG_MAX)
			quote = '\0';
		if (quote != '\0') {
			if (c == quote)
				after_gap = true;
			if (c == quote)
				quote = '\0';
			continue;
		}
		if (c == '>') {
			tag.end = i + 1;
			break;
		}
		if (c == '"' || c == '\'')
			quote = c;
		else if (!is_gap && after_gap)
			attributes++;
		after_gap = is_gap;
		if (tag.kept == 0 && attributes > HTML_ATTRIBUTES_MAX)
			tag.kept = i - at - 1;
	}
	size_t len = tag.end - at;
	if (tag.kept == 0 || tag.kept > len)
		tag.kept = len;
	if (tag.kept > HTML_TAG_MAX) /* one endless value */
		tag.kept = 0;
	return tag;
}

/* What says nothing of the text: a charset that was read already, and what
 * frames a document. */
static bool is_dropped(struct slice s, size_t at)
{
	static const char *const names[] = { "meta", "html", "body", "base",
		"link" };

	if (s.data[at] == '/')
		at++;
	for (size_t i = 0; i < COUNT(names); i++)
		if (at < s.len && is_name_at(s, at, names[i]))
			return true;
	return false;
}

/* Copy the tag at `at`; returns what to go on with. */
static size_t copy_tag(struct str *out, struct slice s, size_t at)
{
	struct tag tag = read_tag(s, at);

	if (is_dropped(s, at + 1))
		return tag.end;
	if (tag.kept == tag.end - at) {
		str_add_bytes(out, s.data + at, tag.kept);
	} else if (tag.kept > 0) {
		str_add_bytes(out, s.data + at, tag.kept);
		str_add(out, ">");
	}
	for (size_t i = 0; i < COUNT(raw_elements); i++)
		if (is_name_at(s, at + 1, raw_elements[i]))
			return find_end_tag(s, tag.end, raw_elements[i]);
	return tag.end;
}

/* What begins with "<!" or "<?": nothing of it is text. */
static size_t skip_declaration(struct slice s, size_t at)
{
	if (s.len - at >= 4 && memcmp(s.data + at, "<!--", 4) == 0) {
		size_t end = find(s, at + 4, "-->");

		/* "<!-->" and "<!--->" are whole comments. */
		if (s.len - at > 4 && s.data[at + 4] == '>')
			return at + 5;
		return end < s.len ? end + 3 : s.len;
	}
	size_t end = find(s, at, ">");
	return end < s.len ? end + 1 : s.len;
}

void html_filter(struct str *out, struct slice html)
{
	size_t at = 0;

	while (at < html.len) {
		size_t open = find(html, at, "<");

		str_add_bytes(out, html.data + at, open - at);
		at = open;
		if (at + 1 >= html.len)
			return;
		char next = html.data[at + 1];
		if (next == '!' || next == '?') {
			at = skip_declaration(html, at);
		} else if (char_is_letter(next) || next == '/') {
			at = copy_tag(out, html, at);
		} else {
			str_add(out, "&lt;");
			at++;
		}
	}
}
