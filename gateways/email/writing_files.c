/*
 * The files of a mail that is written: had from where the user's client left
 * them, listed in the draft, and given to the worker.
 */
#include "email/writing_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/encoding.h"
#include "base/utf8.h"

/* --- Fetching ------------------------------------------------------------ */

static void fetched(
	struct str *body, const char *type, const char *why, void *arg)
{
	struct writing *w = arg;

	(void)why;
	w->download = NULL;
	if (body != NULL && body->len > 0) {
		w->line->file = *body;
		*body = (struct str){ .max = 1 };
		if (w->line->file_type == NULL)
			xstrset(&w->line->file_type, type);
	}
	writing_fetch_files(w);
}

/* One file after the other; what cannot be had stays a link in the text. */
void writing_fetch_files(struct writing *w)
{
	struct list *it =
		w->line != NULL ? w->line->link.next : w->mail->lines.next;

	for (; it != &w->mail->lines; it = it->next) {
		w->line = CONTAINER(it, struct outgoing_line, link);
		if (w->line->text == NULL || w->line->url == NULL)
			continue;
		w->download = download_start(
			writing_session(w)->gateway, w->line->url, fetched, w);
		return;
	}
	writing_draft(w);
}

/* --- Listing ------------------------------------------------------------- */

/* RFC 3986 section 2.1; as it is, if that makes no text. */
static const char *without_percents(struct arena *arena, const char *text)
{
	struct str plain = { .max = strlen(text) + 1 };
	const char *name = NULL;

	percent_decode(&plain, slice_of(text));
	if (utf8_is_valid(str_slice(&plain)))
		name = arena_copy(arena, str_slice(&plain));
	str_finish(&plain);
	return name != NULL ? name : text;
}

static const char *file_name(
	struct arena *arena, const struct outgoing_line *line)
{
	const char *name = line->file_name;

	if (name == NULL || name[0] == '\0')
		name = without_percents(arena, strrchr(line->url, '/') + 1);
	return name[0] != '\0' ? name : "file";
}

void writing_list_files(struct writing *w)
{
	size_t count = 0;

	w->line = NULL;
	list_for_each(it, &w->mail->lines)
		count += CONTAINER(it, struct outgoing_line, link)->file.data !=
			 NULL;
	w->files = xcalloc(count + 1, sizeof(*w->files));
	list_for_each(it, &w->mail->lines) {
		const struct outgoing_line *line =
			CONTAINER(it, struct outgoing_line, link);

		if (line->file.data == NULL)
			continue;
		w->files[w->draft.file_count++] = (struct draft_file){
			.name = file_name(&w->arena, line),
			.type = line->file_type != NULL
					? line->file_type
					: "application/octet-stream",
			.size = (int64_t)line->file.len,
		};
	}
	w->draft.files = w->files;
}

/* --- Giving -------------------------------------------------------------- */

static struct outgoing_line *next_file(const struct writing *w)
{
	struct list *it =
		w->line != NULL ? w->line->link.next : w->mail->lines.next;

	for (; it != &w->mail->lines; it = it->next) {
		struct outgoing_line *line =
			CONTAINER(it, struct outgoing_line, link);

		if (line->file.data != NULL)
			return line;
	}
	return NULL;
}

static uint64_t left_of_files(const struct writing *w)
{
	uint64_t left = 0;

	for (size_t i = 0; i < w->draft.file_count; i++)
		left += (uint64_t)w->files[i].size;
	return left - w->all_given;
}

/* The bytes of all files, one after the other. */
void writing_give_files(struct writing *w, uint64_t room)
{
	while (room > 0) {
		if (w->line == NULL || w->given == w->line->file.len) {
			w->line = next_file(w);
			w->given = 0;
		}
		if (w->line == NULL)
			return;
		size_t left = w->line->file.len - w->given;
		size_t len = left < room ? left : (size_t)room;

		w->given += len;
		w->all_given += len;
		room -= len;
		mail_request_give(w->request,
			slice_make(w->line->file.data + w->given - len, len),
			left_of_files(w));
	}
}
