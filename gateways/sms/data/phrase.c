#include "sms_data/phrase.h"

#include <string.h>

#include "base/macros.h"
#include "base/utf8.h"

void phrase_excerpt(struct str *out, const char *text)
{
	struct slice rest = slice_trim(slice_of(text));
	size_t line = 0;
	while (line < rest.len && rest.data[line] != '\n')
		line++;
	size_t len = utf8_prefix_cluster(
		slice_make(rest.data, line), PHRASE_EXCERPT);
	str_add_slice(out, slice_make(rest.data, len));
	if (len < rest.len)
		str_add(out, "...");
}

void phrase_reply(struct str *out, const char *quote, const char *text)
{
	str_add(out, "\"");
	phrase_excerpt(out, quote);
	str_addf(out, "\": %s", text);
}

bool phrase_action(struct str *out, const char *text)
{
	static const char me[] = "/me ";
	size_t len = strlen(me);
	struct slice deed = slice_of(text);
	if (strncmp(text, me, len) != 0)
		return false;
	deed = slice_trim(slice_make(deed.data + len, deed.len - len));
	if (deed.len == 0)
		return false;
	str_addf(out, "*%.*s*", (int)deed.len, deed.data);
	return true;
}

void phrase_correction(struct str *out, const char *text)
{
	str_addf(out, "* %s", text);
}

void phrase_file(struct str *out, const char *text, const char *url)
{
	str_addf(out, "%s%s%s", text, text[0] != '\0' ? "\n" : "", url);
}

/* As phones say it themselves; U+FE0F may follow. */
static const struct {
	const char *emoji, *words;
} usual[] = {
	{ "\xf0\x9f\x91\x8d", "Liked" },
	{ "\xe2\x9d\xa4", "Loved" },
	{ "\xf0\x9f\x91\x8e", "Disliked" },
	{ "\xf0\x9f\x98\x82", "Laughed at" },
	{ "\xe2\x80\xbc", "Emphasized" },
	{ "\xe2\x9d\x93", "Questioned" },
};

static const char *words_for(const char *reactions)
{
	for (size_t i = 0; i < COUNT(usual); i++) {
		size_t len = strlen(usual[i].emoji);
		const char *rest = reactions + len;
		if (strncmp(reactions, usual[i].emoji, len) == 0 &&
			(rest[0] == '\0' || strcmp(rest, "\xef\xb8\x8f") == 0))
			return usual[i].words;
	}
	return NULL;
}

void phrase_reaction(
	struct str *out, const char *reactions, const char *excerpt)
{
	const char *words = words_for(reactions);
	if (excerpt == NULL)
		str_add(out, reactions);
	else if (words != NULL)
		str_addf(out, "%s \"%s\"", words, excerpt);
	else
		str_addf(out, "%s to \"%s\"", reactions, excerpt);
}
