#include "sms_http/field.h"

#include <string.h>

#include "base/macros.h"
#include "base/str.h"

static const struct {
	const char *name;
	enum field_flag flag;
} flags[] = {
	{ "gsm", FIELD_GSM },
	{ "media", FIELD_MEDIA },
	{ "report", FIELD_REPORT },
	{ "group", FIELD_GROUP },
};

/* "FLAG? " in front; -1: there is no such flag. */
static int read_flag(const char **text, struct field *out)
{
	const char *mark = strchr(*text, '?'), *equals = strchr(*text, '=');
	struct slice name;

	if (mark == NULL || (equals != NULL && equals < mark))
		return 0;
	name = slice_make(*text, (size_t)(mark - *text));
	out->is_negated = name.len > 0 && name.data[0] == '!';
	if (out->is_negated)
		name = slice_make(name.data + 1, name.len - 1);
	for (size_t i = 0; i < COUNT(flags); i++)
		if (slice_equals(name, flags[i].name))
			out->flag = flags[i].flag;
	*text = mark + 1 + strspn(mark + 1, " ");
	return out->flag != 0 ? 0 : -1;
}

int field_read(const char *text, struct field *out, const char **reason_r)
{
	const char *equals;
	size_t len;

	*out = (struct field){ .flag = 0 };
	if (read_flag(&text, out) != 0) {
		*reason_r = "has a flag that is none of gsm, media, report, "
			    "group";
		return -1;
	}
	equals = strchr(text, '=');
	len = equals != NULL ? (size_t)(equals - text) : 0;
	if (len > 0 && text[len - 1] == ':') {
		out->is_json = true;
		len--;
	}
	if (len == 0 || len >= sizeof(out->name)) {
		*reason_r = "must be NAME=VALUE";
		return -1;
	}
	memcpy(out->name, text, len);
	out->name[len] = '\0';
	out->value = equals + 1;
	return 0;
}
