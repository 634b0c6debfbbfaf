#include "sms_http/condition.h"

#include <string.h>

#include "base/str.h"

#define PATH_SIZE 256

struct parts {
	bool is_negated;
	char path[PATH_SIZE];
	const char *value; /* NULL: any */
};

static bool read_parts(const char *text, struct parts *out)
{
	const char *equals = strchr(text, '=');
	size_t len = equals != NULL ? (size_t)(equals - text) : strlen(text);

	*out = (struct parts){ .value = equals != NULL ? equals + 1 : NULL };
	if (text[0] == '!' && equals == NULL) {
		out->is_negated = true;
		text++;
		len--;
	}
	if (len == 0 || len >= sizeof(out->path))
		return false;
	memcpy(out->path, text, len);
	return true;
}

bool condition_is_good(const char *text, const char **reason_r)
{
	struct parts p;

	*reason_r = "must be PATH=VALUE, PATH or !PATH";
	return read_parts(text, &p) && json_path_is_good(p.path, reason_r);
}

bool condition_holds(
	const char *text, const struct json *event, struct arena *a)
{
	struct slice found;
	struct parts p;

	if (!read_parts(text, &p))
		return false;
	found = json_get(event, p.path, a);
	if (p.value != NULL)
		return found.data != NULL && slice_equals(found, p.value);
	return (found.len > 0) != p.is_negated;
}
