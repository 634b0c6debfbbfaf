#include "email_worker/chat.h"

#include <strings.h>

#include "base/limits.h"
#include "email_wire/address.h"
#include "email_worker/chars.h"
#include "email_worker/header.h"
#include "email_worker/plain.h"

/* "Pencil", with the selector that makes it an emoji. */
#define EDITED "\xe2\x9c\x8f\xef\xb8\x8f"

/* A line of the text that would look like the beginning of a footer has a space
 * of no width in it. */
#define DASHES      "--"
#define HIDDEN_DASH "-\xe2\x80\x8b-"

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

/* Take the lines with ">" off the beginning; what they say. */
static const char *take_quote(struct slice *text, struct arena *arena)
{
	struct slice rest = *text, line;
	struct str quote;
	const char *found = NULL;

	str_init(&quote, text->len + 1);
	while (rest.len > 0 && rest.data[0] == '>' &&
		plain_next_line(&rest, &line)) {
		size_t sign = line.len > 1 && line.data[1] == ' ' ? 2 : 1;

		str_addf(&quote, "%s%.*s", quote.len > 0 ? "\n" : "",
			(int)(line.len - sign), line.data + sign);
		*text = rest;
	}
	if (quote.len > 0)
		found = arena_copy(arena, str_slice(&quote));
	str_finish(&quote);
	return found;
}

/* Without the footer, and without what hides lines that look like one. */
static void add_lines(struct str *out, struct slice text)
{
	struct slice line;
	size_t hidden = strlen(HIDDEN_DASH);

	while (plain_next_line(&text, &line)) {
		if (slice_equals(line, "-- ") || slice_equals(line, "--  "))
			return;
		if (line.len >= hidden &&
			memcmp(line.data, HIDDEN_DASH, hidden) == 0) {
			str_add(out, DASHES);
			line = slice_make(
				line.data + hidden, line.len - hidden);
		}
		str_add_slice(out, line);
		str_add(out, "\n");
	}
}

int chat_text(struct slice text, struct arena *arena, struct mail *m)
{
	size_t sign = strlen(EDITED);
	struct slice whole = text;
	struct str lines;

	m->chat_quote = take_quote(&text, arena);
	/* It is what the sender says himself. */
	if (slice_trim(text).len == 0) {
		m->chat_quote = NULL;
		text = whole;
	}
	/* One before a text that begins like a quote as well. */
	while (text.len > 0 && text.data[0] == '\n')
		text = slice_make(text.data + 1, text.len - 1);
	if (m->chat_edit != NULL) {
		m->chat_quote = NULL;
		if (text.len >= sign && memcmp(text.data, EDITED, sign) == 0)
			text = slice_make(text.data + sign, text.len - sign);
	}
	str_init(&lines, text.len + 2);
	add_lines(&lines, text);
	struct slice all = str_slice(&lines);

	while (all.len > 0 && char_is_in(all.data[all.len - 1], " \t\n"))
		all.len--;
	m->text = arena_copy(arena, all);
	str_finish(&lines);
	return m->text != NULL ? 0 : -1;
}

void chat_write(struct str *out, struct slice text)
{
	struct slice line;
	size_t dashes = strlen(DASHES);

	if (text.len > 0 && text.data[0] == '>')
		str_add(out, "\n");
	while (plain_next_line(&text, &line)) {
		if (slice_equals(line, DASHES) ||
			(line.len > dashes && memcmp(line.data, DASHES " ",
						      dashes + 1) == 0)) {
			str_add(out, HIDDEN_DASH);
			line = slice_make(
				line.data + dashes, line.len - dashes);
		}
		str_add_slice(out, line);
		str_add(out, "\n");
	}
}
