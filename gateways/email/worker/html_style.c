#include "email_worker/html_style.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "email_worker/chars.h"

/* Of a style attribute; what follows is not looked at. */
#define STYLE_MAX 1024

/* ------------------------------------------------------------------------
 * Quotes
 * ------------------------------------------------------------------------ */

struct quote_mark {
	const char *id;
	enum html_role role;
};

static const struct quote_mark ids[] = {
	{ "divRplyFwdMsg", HTML_TAIL },         /* Outlook on the web */
	{ "appendonsend", HTML_TAIL },          /* its mobile forms */
	{ "x_divRplyFwdMsg", HTML_TAIL },       /* ... quoted once more */
	{ "stopSpelling", HTML_TAIL },          /* Hotmail */
	{ "OLK_SRC_BODY_SECTION", HTML_QUOTE }, /* Outlook for Mac */
	{ "mail-editor-reference-message-container", HTML_QUOTE },
	{ "geary-quote", HTML_QUOTE },
	{ "AppleMailSignature", HTML_QUOTE },
	{ "Signature", HTML_QUOTE },
	{ "ms-outlook-mobile-signature", HTML_QUOTE },
	{ "protonmail_mobile_signature_block", HTML_QUOTE },
};

static const struct quote_mark classes[] = {
	{ "gmail_quote", HTML_QUOTE },
	{ "gmail_quote_container", HTML_QUOTE },
	{ "x_gmail_quote", HTML_QUOTE },
	{ "gmail_signature", HTML_QUOTE },
	{ "gmail_signature_prefix", HTML_QUOTE },
	{ "yahoo_quoted", HTML_QUOTE },
	{ "moz-cite-prefix", HTML_QUOTE },
	{ "moz-signature", HTML_QUOTE },
	{ "protonmail_quote", HTML_QUOTE },
	{ "protonmail_signature_block", HTML_QUOTE },
	{ "tutanota_quote", HTML_QUOTE },
	{ "zmail_extra", HTML_QUOTE },
};

/* Is `word` one of these, which stand between blanks? */
static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = words; *p != '\0';) {
		size_t one = strcspn(p, " \t\r\n");

		if (one == len && strncmp(p, word, len) == 0)
			return true;
		p += one;
		p += strspn(p, " \t\r\n");
	}
	return false;
}

static enum html_role role_by_id(const char *id)
{
	for (size_t i = 0; i < COUNT(ids); i++)
		if (strcmp(ids[i].id, id) == 0)
			return ids[i].role;
	return HTML_NORMAL;
}

static enum html_role role_by_class(const char *class)
{
	for (size_t i = 0; i < COUNT(classes); i++)
		if (has_word(class, classes[i].id))
			return classes[i].role;
	return HTML_NORMAL;
}

/* ------------------------------------------------------------------------
 * Styles
 * ------------------------------------------------------------------------ */

/* In lower case, without blanks, between two ';'. */
static void normalize(char out[STYLE_MAX + 3], const char *style)
{
	size_t len = 0;

	out[len++] = ';';
	for (const char *p = style; *p != '\0' && len < STYLE_MAX; p++)
		if (!char_is_in(*p, " \t\r\n"))
			out[len++] = char_lower(*p);
	out[len++] = ';';
	out[len] = '\0';
}

/* A property with a value of nothing: "max-height:0", "opacity:0.0px". */
static bool is_zero(const char *style, const char *property)
{
	const char *at = strstr(style, property);

	if (at == NULL)
		return false;
	at += strlen(property);
	if (*at != '0')
		return false;
	at += strspn(at, "0.");
	return !char_is_digit(*at);
}

static void look_at_style(const char *attribute, struct html_look *look)
{
	char style[STYLE_MAX + 3];

	normalize(style, attribute);
	look->is_hidden = strstr(style, ";display:none") != NULL ||
			  strstr(style, ";visibility:hidden") != NULL ||
			  strstr(style, ";mso-hide:all") != NULL ||
			  is_zero(style, ";max-height:") ||
			  is_zero(style, ";opacity:");
	look->has_size = strstr(style, ";font-size:") != NULL;
	look->is_tiny = is_zero(style, ";font-size:");
	look->is_tight =
		is_zero(style, ";margin:") || is_zero(style, ";margin-bottom:");
	if (strstr(style, ";border-top:solid#e1e1e1") != NULL ||
		strstr(style, ";border-top:solid#b5c4df") != NULL)
		look->role = HTML_TAIL;
}

void html_look(
	const char *name, const char **attributes, struct html_look *look)
{
	*look = (struct html_look){ 0 };
	for (size_t i = 0; attributes != NULL && attributes[i] != NULL;
		i += 2) {
		const char *key = attributes[i];
		const char *value = attributes[i + 1] ? attributes[i + 1] : "";
		enum html_role role = HTML_NORMAL;

		if (strcmp(key, "style") == 0)
			look_at_style(value, look);
		else if (strcmp(key, "hidden") == 0)
			look->is_hidden = true;
		else if (strcmp(key, "class") == 0)
			role = role_by_class(value);
		else if (strcmp(key, "id") == 0)
			role = role_by_id(value);
		else if (strcmp(key, "type") == 0 &&
			 strcmp(name, "blockquote") == 0 &&
			 strcasecmp(value, "cite") == 0)
			role = HTML_QUOTE;
		if (strcmp(key, "class") == 0 &&
			strstr(value, "MsoNormal") != NULL)
			look->is_tight = true;
		if (role != HTML_NORMAL)
			look->role = role;
	}
}
