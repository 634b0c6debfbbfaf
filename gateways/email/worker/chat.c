#include "email_worker/chat.h"

#include <strings.h>

#include "base/limits.h"
#include "email_wire/address.h"
#include "email_worker/chars.h"
#include "email_worker/header.h"

/* "Pencil", with the selector that makes it an emoji. */
#define EDITED "\xe2\x9c\x8f\xef\xb8\x8f"

/* Mails that one request withdraws. */
#define IDS_MAX      50
#define ID_MAX       ((size_t)250)
/* What programs make is some ten characters long. */
#define GROUP_ID_MAX ((size_t)100)

const char *chat_header(const struct tree *t, const char *name)
{
	const char *value = header_raw(t, name);
	int first = -1;

	if (value != NULL || t->count == 0 ||
		!tree_is(&t->parts[0], "multipart/mixed"))
		return value;
	first = tree_child(t, 0, -1);
	if (first < 0 || t->parts[first].object == NULL)
		return NULL;
	GMimeHeader *header = g_mime_header_list_get_header(
		g_mime_object_get_header_list(t->parts[first].object), name);
	return header != NULL ? g_mime_header_get_raw_value(header) : NULL;
}

const char *chat_edited(const char *text)
{
	size_t len = strlen(EDITED);

	return strncmp(text, EDITED, len) == 0 ? text + len : text;
}

static bool is_id(struct slice id)
{
	for (size_t i = 0; i < id.len; i++)
		if ((unsigned char)id.data[i] <= ' ' ||
			(unsigned char)id.data[i] >= 0x7f)
			return false;
	return id.len > 0 && id.len <= ID_MAX;
}

/* Message-IDs with or without <>, each or all together; separated by spaces in
 * the result. NULL: none. */
static const char *ids(
	const struct tree *t, const char *name, size_t max, struct arena *arena)
{
	const char *at = chat_header(t, name);
	const char *found = NULL;
	struct str out;
	size_t count = 0;

	if (at == NULL)
		return NULL;
	str_init(&out, IDS_MAX * (ID_MAX + 1));
	while (*at != '\0' && count < max) {
		size_t len = strcspn(at, " \t\r\n<>,");
		struct slice id = slice_make(at, len);

		if (is_id(id)) {
			str_addf(&out, "%s%.*s", count > 0 ? " " : "",
				(int)id.len, id.data);
			count++;
		}
		at += len;
		at += *at != '\0';
	}
	if (count > 0)
		found = arena_copy(arena, str_slice(&out));
	str_finish(&out);
	return found;
}

/* A name that a program made: one word of letters and digits. */
static const char *group_id(const struct tree *t, struct arena *arena)
{
	const char *raw = chat_header(t, "Chat-Group-ID");
	struct slice id = slice_trim(slice_of(raw));

	for (size_t i = 0; i < id.len; i++)
		if (!char_is_letter(id.data[i]) && !char_is_digit(id.data[i]) &&
			!char_is_in(id.data[i], "-_"))
			return NULL;
	return id.len > 0 && id.len <= GROUP_ID_MAX ? arena_copy(arena, id)
						    : NULL;
}

static const char *address(
	const struct tree *t, const char *name, struct arena *arena)
{
	struct slice raw = slice_trim(slice_of(chat_header(t, name)));
	char found[ADDRESS_MAX + 2];

	if (raw.len == 0 || address_normalize(raw, found, sizeof(found)) != 0)
		return NULL;
	return arena_copy(arena, slice_of(found));
}

void chat_read(const struct tree *t, struct arena *arena, struct mail *m)
{
	m->is_chat = header_raw(t, "Chat-Version") != NULL;
	if (!m->is_chat)
		return;
	m->chat_group_id = group_id(t, arena);
	m->chat_group_name =
		header_decode(chat_header(t, "Chat-Group-Name"), arena);
	m->chat_member_added = address(t, "Chat-Group-Member-Added", arena);
	m->chat_member_removed = address(t, "Chat-Group-Member-Removed", arena);
	m->chat_edit = ids(t, "Chat-Edit", 1, arena);
	m->chat_delete = ids(t, "Chat-Delete", IDS_MAX, arena);
}
