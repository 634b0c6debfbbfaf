#include "sms_http/selector.h"

#include <regex.h>
#include <string.h>

#include "base/limits.h"

/* Patterns are tried on so much of an answer, and are so long at most: what
 * a provider answers is not ours, and a search takes its time. */
#define SUBJECT_MAX ((size_t)4 * KIB)
#define PATTERN_MAX 200

enum kind { KIND_JSON, KIND_REGEX, KIND_HEADER, KIND_OWN, KIND_NONE };

/* What stands behind the word. */
static enum kind kind_of(const char *text, const char **rest)
{
	static const char *const words[] = {
		[KIND_JSON] = "json:",
		[KIND_REGEX] = "regex:",
		[KIND_HEADER] = "header:",
	};

	for (int i = 0; i < (int)COUNT(words); i++) {
		if (strncmp(text, words[i], strlen(words[i])) == 0) {
			*rest = text + strlen(words[i]);
			return (enum kind)i;
		}
	}
	return strcmp(text, "own") == 0 ? KIND_OWN : KIND_NONE;
}

/* References back are slow for hostile texts. */
static bool has_reference(const char *pattern)
{
	for (const char *p = strchr(pattern, '\\'); p != NULL;
		p = strchr(p + 2, '\\')) {
		if (p[1] >= '0' && p[1] <= '9')
			return true;
		if (p[1] == '\0')
			break;
	}
	return false;
}

static bool pattern_is_good(const char *pattern, const char **reason_r)
{
	regex_t regex;

	if (strlen(pattern) > PATTERN_MAX) {
		*reason_r = "is a pattern of more than 200 characters";
		return false;
	}
	if (has_reference(pattern)) {
		*reason_r = "is a pattern with a reference (\\1)";
		return false;
	}
	if (strchr(pattern, '{') != NULL) {
		*reason_r = "is a pattern with { }, which is not supported";
		return false;
	}
	if (regcomp(&regex, pattern, REG_EXTENDED) != 0) {
		*reason_r = "is no extended regular expression";
		return false;
	}
	regfree(&regex);
	return true;
}

bool selector_is_good(const char *text, const char **reason_r)
{
	const char *rest = "";

	switch (kind_of(text, &rest)) {
	case KIND_JSON:
		return json_path_is_good(rest, reason_r);
	case KIND_REGEX:
		return pattern_is_good(rest, reason_r);
	case KIND_HEADER:
		*reason_r = "names no header";
		return rest[0] != '\0';
	case KIND_OWN:
		return true;
	case KIND_NONE:
		break;
	}
	*reason_r = "must be json:PATH, regex:PATTERN, header:NAME or own";
	return false;
}

bool selector_is_list(const char *text)
{
	return text != NULL && strncmp(text, "json:", 5) == 0 &&
	       strstr(text, "[*]") != NULL;
}

static struct slice match(
	const char *pattern, struct slice body, struct arena *a)
{
	struct slice found = { NULL, 0 };
	regmatch_t at[2] = { { -1, -1 }, { -1, -1 } };
	regex_t regex;
	char *text;

	if (body.len > SUBJECT_MAX)
		body.len = SUBJECT_MAX;
	text = arena_copy(a, body);
	if (text == NULL || regcomp(&regex, pattern, REG_EXTENDED) != 0)
		return found;
	if (regexec(&regex, text, COUNT(at), at, 0) == 0) {
		const regmatch_t *m = at[1].rm_so >= 0 ? &at[1] : &at[0];

		found = slice_of(
			arena_copy(a, slice_make(text + m->rm_so,
					      (size_t)(m->rm_eo - m->rm_so))));
	}
	regfree(&regex);
	return found;
}

struct slice selector_get(
	const char *text, const struct selector_source *from, struct arena *a)
{
	const struct slice none = { NULL, 0 };
	const char *rest = "";
	struct slice header;

	switch (kind_of(text, &rest)) {
	case KIND_JSON:
		return from->json != NULL ? json_get(from->json, rest, a)
					  : none;
	case KIND_REGEX:
		return match(rest, from->body, a);
	case KIND_HEADER:
		header = from->header(from->arg, rest);
		return header.len > 0 ? slice_of(arena_copy(a, header)) : none;
	case KIND_OWN:
		return slice_of(from->own);
	case KIND_NONE:
		break;
	}
	return none;
}
