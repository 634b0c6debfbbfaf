#include "email/folders.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/macros.h"
#include "base/utf8.h"

static const char *const role_names[FOLDER_ROLES] = {
	[FOLDER_SENT] = "sent",
	[FOLDER_JUNK] = "junk",
	[FOLDER_TRASH] = "trash",
	[FOLDER_ARCHIVE] = "archive",
};

void folders_init(struct folders *f)
{
	*f = (struct folders){ .list = { .max = 256 * KIB } };
}

void folders_finish(struct folders *f)
{
	str_finish(&f->list);
	for (size_t i = 0; i < COUNT(f->by_role); i++)
		xfree(f->by_role[i]);
}

static char *copy(struct slice s)
{
	char *text = xalloc(s.len + 1);

	memcpy(text, s.data, s.len);
	return text;
}

/* A name that cannot be shown, or typed, is no folder for us. */
static bool is_clean(struct slice line)
{
	struct str clean = { .max = 3 * line.len + 1 };

	utf8_clean(&clean, line);
	bool same = slice_equals(line, str_text(&clean));

	str_finish(&clean);
	return same;
}

void folders_set(struct folders *f, struct slice list)
{
	if (list.len == 0 ||
		(list.len == f->list.len &&
			memcmp(list.data, f->list.data, list.len) == 0))
		return;
	folders_finish(f);
	folders_init(f);
	str_add_slice(&f->list, list);
	while (list.len > 0) {
		struct slice line = slice_cut(&list, '\n');
		struct slice role = slice_cut(&line, '\t');

		for (size_t i = 0;
			line.len > 0 && is_clean(line) && i < COUNT(role_names);
			i++)
			if (slice_equals(role, role_names[i]) &&
				f->by_role[i] == NULL)
				f->by_role[i] = copy(line);
	}
}

bool folders_are_known(const struct folders *f)
{
	return f->list.len > 0;
}

const char *folders_get(const struct folders *f, enum folder_role role)
{
	return f->by_role[role];
}

bool folders_find(
	const struct folders *f, const char *name, char *out, size_t size)
{
	struct slice list = str_slice(&f->list);

	while (list.len > 0) {
		struct slice line = slice_cut(&list, '\n');

		slice_cut(&line, '\t');
		if (line.len == strlen(name) && is_clean(line) &&
			strncasecmp(line.data, name, line.len) == 0)
			return text_format(
				out, size, "%.*s", (int)line.len, line.data);
	}
	return false;
}
