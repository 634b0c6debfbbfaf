/*
 * Which mail it goes on from, and its subject: as the user said, else as in
 * the conversation until now, else the beginning of the text.
 */
#include "email/writing_private.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/utf8.h"

/* A conversation that rested for longer begins anew. */
#define TALK_MS (7 * 86400000LL)

/* References of a mail. */
#define REFERENCES_MAX 100

/* A subject made of the first line. */
#define SUBJECT_CHARS 60

/* "Subject: x" in the first line names it (for clients without subjects). */
static void take_subject_line(struct writing *w)
{
	static const char word[] = "subject:";
	const char *text = str_text(&w->text);
	size_t len = strcspn(text, "\n");

	if (strncasecmp(text, word, strlen(word)) != 0 ||
		w->mail->subject != NULL)
		return;
	struct slice subject =
		slice_trim(slice_make(text + strlen(word), len - strlen(word)));

	str_add_slice(&w->subject, subject);
	str_consume(&w->text, text[len] == '\n' ? len + 1 : len);
}

/* The beginning of the text, cut at a word. */
static void make_subject(struct writing *w)
{
	const char *text = str_text(&w->text);
	struct slice line = slice_trim(slice_make(text, strcspn(text, "\n")));
	size_t fits = utf8_prefix_cluster(line, SUBJECT_CHARS);

	if (fits < line.len) {
		size_t word = fits;

		while (word > 0 && line.data[word] != ' ')
			word--;
		if (word > 0)
			fits = word;
	}
	str_add_bytes(&w->subject, line.data, fits);
	if (fits < line.len)
		str_add(&w->subject, "\xe2\x80\xa6");
}

bool writing_goes_on(const struct writing *w)
{
	return w->has_talk && w->talk.last_id != NULL &&
	       clock_wall_ms() - w->talk.last_ms < TALK_MS;
}

static void answer_to(struct writing *w, const char *message_id,
	const char *references, const char *subject, const char *thread)
{
	w->draft.in_reply_to = message_id;
	if (references != NULL && references[0] != '\0')
		str_addf(&w->references, "%s ", references);
	str_add(&w->references, message_id);
	if (subject != NULL) {
		str_addf(&w->subject, "Re: %s", subject);
		w->base_subject = subject;
	}
	w->thread = thread;
}

static void choose_thread(struct writing *w)
{
	const char *own = w->mail->subject;
	bool is_new_subject = w->subject.len > 0;

	if (own != NULL && !is_new_subject &&
		!(w->has_talk && text_equals(own, w->talk.subject))) {
		str_add(&w->subject, own);
		is_new_subject = true;
	}
	if (w->has_parent)
		answer_to(w, w->parent.message_id, w->parent.references,
			is_new_subject ? NULL : w->parent.subject,
			w->parent.thread);
	else if (!is_new_subject && writing_goes_on(w))
		answer_to(w, w->talk.last_id, w->talk.references,
			w->talk.subject, w->talk.thread);
	if (w->subject.len == 0)
		make_subject(w);
	if (w->base_subject == NULL)
		w->base_subject = str_text(&w->subject);
	if (w->mail->thread != NULL)
		w->thread = w->mail->thread;
}

static void list_references(struct writing *w)
{
	const char **list =
		arena_alloc(&w->arena, REFERENCES_MAX * sizeof(*list));
	struct slice rest = str_slice(&w->references);
	size_t count = 0;

	while (rest.len > 0 && list != NULL && count < REFERENCES_MAX) {
		const char *word = arena_copy(&w->arena, slice_cut(&rest, ' '));

		if (word == NULL)
			break;
		/* Delta Chat's first mail refers to itself. */
		if (word[0] != '\0' &&
			(count == 0 || strcmp(word, list[count - 1]) != 0))
			list[count++] = word;
	}
	w->draft.references = list;
	w->draft.reference_count = count;
}

void writing_choose_thread(struct writing *w)
{
	take_subject_line(w);
	choose_thread(w);
	list_references(w);
}
