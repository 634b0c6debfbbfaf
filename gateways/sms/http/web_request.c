#include "sms_http/web_request.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/limits.h"

/* Callbacks of providers have some KiB. JSON of nothing but empty objects
 * takes some 100 times its size in memory. */
#define JSON_MAX ((size_t)256 * KIB)

#define HEADERS_MAX 100

bool web_request_is_json(const struct web_request *r)
{
	const char *type = r->header(r->arg, "Content-Type");
	size_t len = type != NULL ? strcspn(type, ";") : 0;

	if (len == 0)
		return false;
	struct slice name = slice_trim(slice_make(type, len));
	return slice_equals_nocase(name, "application/json") ||
	       (name.len > 5 && slice_equals_nocase(
					slice_make(name.data + name.len - 5, 5),
					"+json"));
}

struct json *web_request_read(const struct web_request *r)
{
	struct json *form;

	if (web_request_is_json(r))
		return r->body.len <= JSON_MAX ? json_parse(r->body) : NULL;
	form = json_new();
	json_add_form(form, r->body);
	json_add_form(form, r->query);
	return form;
}

struct slice web_query(const char *url)
{
	const char *mark = strchr(url, '?');

	return mark != NULL ? slice_of(mark + 1) : slice_make("", 0);
}

/* --- Saved ones ---------------------------------------------------------- */

/* Cut the next line off, end it with a NUL. NULL: there is no further one. */
static char *next_line(char **at, const char *end)
{
	char *line = *at, *stop;

	if (line >= end)
		return NULL;
	stop = memchr(line, '\n', (size_t)(end - line));
	if (stop == NULL)
		return NULL;
	*at = stop + 1;
	*stop = '\0';
	if (stop > line && stop[-1] == '\r')
		stop[-1] = '\0';
	return line;
}

static void add_header(struct web_saved *out, char *line)
{
	char *colon = strchr(line, ':');

	if (colon == NULL || out->count == HEADERS_MAX)
		return;
	*colon++ = '\0';
	colon += strspn(colon, " \t");
	out->names[out->count] = line;
	out->values[out->count++] = colon;
}

int web_saved_read(struct web_saved *out, struct slice text)
{
	char *at, *end, *line, *path, *version;

	*out = (struct web_saved){ .text = xalloc(text.len + 1) };
	out->names = xcalloc(HEADERS_MAX, sizeof(*out->names));
	out->values = xcalloc(HEADERS_MAX, sizeof(*out->values));
	if (text.len > 0)
		memcpy(out->text, text.data, text.len);
	at = out->text;
	end = out->text + text.len;
	line = next_line(&at, end);
	path = line != NULL ? strchr(line, ' ') : NULL;
	if (path == NULL)
		return -1;
	version = strchr(++path, ' ');
	if (version != NULL)
		*version = '\0';
	out->path = path;
	while ((line = next_line(&at, end)) != NULL && line[0] != '\0')
		add_header(out, line);
	out->body = slice_make(at, (size_t)(end - at));
	return path[0] == '/' && line != NULL ? 0 : -1;
}

void web_saved_finish(struct web_saved *s)
{
	xfree(s->text);
	xfree(s->names);
	xfree(s->values);
	*s = (struct web_saved){ .text = NULL };
}

const char *web_saved_header(const void *arg, const char *name)
{
	const struct web_saved *s = arg;

	for (size_t i = 0; i < s->count; i++)
		if (strcasecmp(s->names[i], name) == 0)
			return s->values[i];
	return NULL;
}
