/*
 * From the user's lines to the bytes of a mail: which mail it answers, its
 * subject, who gets it; a worker writes it (FRAME_COMPOSE), and the bytes are
 * kept before anything else happens.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "email/addressing.h"
#include "email/dialect.h"
#include "email/download.h"
#include "email/group.h"
#include "email/guard.h"
#include "email/late.h"
#include "email/outbox.h"
#include "email_wire/address.h"
#include "email_wire/draft.h"

/* A conversation that rested for longer begins anew. */
#define TALK_MS (7 * 86400000LL)

/* References of a mail. */
#define REFERENCES_MAX 100

/* After a worker died. */
#define AGAIN_MS 1000

/* A subject made of the first line. */
#define SUBJECT_CHARS 60

struct writing {
	struct outgoing *mail;
	struct arena arena;
	bool has_talk, has_parent;
	struct group *group; /* of a room */
	struct memory_talk talk;
	struct memory_mail parent;
	struct draft draft;
	char mark[MEMORY_ID_SIZE]; /* of `draft` */
	struct addressing people;
	struct str text, subject, references;
	const char *base_subject, *thread;
	struct draft_file *files;
	struct outgoing_line *line; /* whose file is fetched, or given */
	struct download *download;
	size_t given; /* bytes of that file */
	uint64_t all_given;
	struct mail_request *request;
};

static struct email_session *session_of(const struct writing *w)
{
	return w->mail->outbox->session;
}

static void writing_free(struct writing *w)
{
	memory_forget_calls(session_of(w)->memory, w);
	group_forget_calls(session_of(w), w);
	mail_request_cancel(&w->request);
	download_cancel(&w->download);
	arena_finish(&w->arena);
	str_finish(&w->text);
	str_finish(&w->subject);
	str_finish(&w->references);
	list_for_each(it, &w->mail->lines)
		str_finish(&CONTAINER(it, struct outgoing_line, link)->file);
	xfree(w->files);
	w->mail->writing = NULL;
	xfree(w);
}

void writing_stop(struct outgoing *m)
{
	if (m->writing != NULL)
		writing_free(m->writing);
}

static void refuse(struct writing *w, enum gw_reason reason, const char *text)
{
	struct outgoing *m = w->mail;

	writing_free(w);
	email_outbox_tell(m, GW_FAILED, reason, text);
	email_outbox_drop(m);
}

/* --- Kept ---------------------------------------------------------------- */

static void written(bool ok, void *arg)
{
	struct outgoing *m = arg;
	struct email_outbox *o = m->outbox;

	if (!ok) {
		email_outbox_tell(m, GW_FAILED, GW_BUSY,
			"The gateway's storage does not work now. Try again "
			"later.");
		email_outbox_drop(m);
		return;
	}
	email_outbox_wake(o);
}

static void requests_of(const struct outgoing *m, struct str *out)
{
	list_for_each(it, &m->lines) {
		gw_request request =
			CONTAINER(it, struct outgoing_line, link)->request;

		if (request != 0)
			str_addf(out, "%s%u", out->len > 0 ? " " : "", request);
	}
}

/* So that answers to it, and what is said about it, find their way. */
static void put_memory(
	const struct writing *w, struct str *mail, struct str *talk)
{
	const struct outgoing *m = w->mail;
	struct str requests = { .max = 64 * KIB };

	requests_of(m, &requests);
	const struct memory_mail record = {
		.message_id = m->message_id,
		.name = m->name,
		.in_room = m->in_room,
		.is_own = true,
		.thread = w->thread,
		.subject = w->base_subject,
		.references = str_text(&w->references),
		.requests = requests.len > 0 ? str_text(&requests) : NULL,
		.identity = m->from,
	};
	struct memory_talk now = w->talk;

	now.last_id = m->message_id;
	now.references = record.references;
	now.thread = w->thread;
	now.subject = w->base_subject;
	now.last_ms = clock_wall_ms();
	memory_mail_encode(mail, &record);
	memory_talk_encode(talk, &now);
	str_finish(&requests);
}

static void keep_written(struct writing *w)
{
	struct outgoing *m = w->mail;
	size_t chunks = (m->bytes.len + OUTBOX_CHUNK - 1) / OUTBOX_CHUNK;
	size_t count = 0;
	struct gw_kept *items = xcalloc(chunks + 3, sizeof(*items));
	char(*names)[MEMORY_NAME_SIZE] = xcalloc(chunks + 3, sizeof(*names));
	struct str record = { .max = LIMIT_KEPT }, mail = { .max = LIMIT_KEPT },
		   talk = { .max = LIMIT_KEPT };
	char hash[MEMORY_ID_SIZE];

	m->state = OUTGOING_READY;
	m->chunks = (uint32_t)chunks;
	for (; count < chunks; count++) {
		size_t start = count * OUTBOX_CHUNK;
		size_t left = m->bytes.len - start;

		text_format(names[count], MEMORY_NAME_SIZE, "b/%s/%06zu", m->id,
			count);
		items[count] =
			(struct gw_kept){ names[count], m->bytes.data + start,
				left < OUTBOX_CHUNK ? left : OUTBOX_CHUNK, 0 };
	}
	put_memory(w, &mail, &talk);
	outgoing_encode(&record, m);
	memory_id(m->message_id, hash);
	text_format(names[count], MEMORY_NAME_SIZE, "m/%s", hash);
	items[count] = (struct gw_kept){ names[count], mail.data, mail.len,
		MEMORY_DAYS };
	count++;
	/* What is no message is nothing to go on with. */
	if (m->kind == OUTGOING_TEXT) {
		memory_id(m->name, hash);
		text_format(names[count], MEMORY_NAME_SIZE, "c/%s", hash);
		items[count] = (struct gw_kept){ names[count], talk.data,
			talk.len, 0 };
		count++;
	}
	if (m->kind == OUTGOING_TEXT && w->draft.is_chat)
		late_keep(m);
	text_format(names[count], MEMORY_NAME_SIZE, "a/o/%s", m->id);
	items[count] =
		(struct gw_kept){ names[count], record.data, record.len, 0 };
	count++;
	memory_keep(session_of(w)->memory, items, count, written, m);
	str_finish(&record);
	str_finish(&mail);
	str_finish(&talk);
	xfree(names);
	xfree(items);
	writing_free(w);
}

/* --- Files --------------------------------------------------------------- */

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

static void list_files(struct writing *w)
{
	size_t count = 0;

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
static void give_files(struct writing *w, uint64_t room)
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

static void fetch_files(struct writing *w);

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
	fetch_files(w);
}

/* --- Composed ------------------------------------------------------------ */

/* The worker died; of this mail, if it is to blame. The timer of the mail
 * writes it again: at once there may be no worker yet. */
static void crashed(struct writing *w, bool is_blamed)
{
	struct outgoing *m = w->mail;

	if (is_blamed && outgoing_is_poison(m)) {
		refuse(w, GW_NOT_ACCEPTABLE,
			"The gateway failed twice at writing this as a mail. "
			"It is not sent.");
		return;
	}
	writing_free(w);
	str_reset(&m->bytes);
	email_outbox_keep(m, NULL);
	timer_start(&m->timer, AGAIN_MS);
}

static void composed(const struct frame *f, void *arg)
{
	struct writing *w = arg;
	struct outgoing *m = w->mail;

	if (f->type == FRAME_MORE) {
		give_files(w, f->numbers[0]);
		return;
	}
	if (f->type == FRAME_DATA) {
		str_add_slice(&m->bytes, f->texts[0]);
		mail_request_used(w->request, f->texts[0].len);
		return;
	}
	if (f->type != FRAME_DONE)
		return;
	w->request = NULL;
	if (f->numbers[0] == LINK_CRASHED) {
		crashed(w, f->numbers[2] != 0);
	} else if (f->numbers[0] != LINK_OK || m->bytes.overflow) {
		char text[300];

		text_format(text, sizeof(text),
			"This cannot be written as a mail: %.*s.",
			(int)f->texts[0].len, f->texts[0].data);
		refuse(w, GW_NOT_ACCEPTABLE, text);
	} else {
		keep_written(w);
	}
}

static void compose(struct writing *w)
{
	struct str record = { .max = FRAME_MAX / 2 };

	draft_encode(&record, &w->draft);
	const struct frame f = {
		.type = FRAME_COMPOSE, .texts = { str_slice(&record) }, .fd = -1
	};

	w->request =
		mail_pool_ask(session_of(w)->gateway->pool, &f, composed, w);
	str_finish(&record);
}

/* --- What it says -------------------------------------------------------- */

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

/* Does it go on with what was said last? */
static bool goes_on(const struct writing *w)
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
	else if (!is_new_subject && goes_on(w))
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
		struct slice word = slice_cut(&rest, ' ');

		if (word.len > 0)
			list[count++] = arena_copy(&w->arena, word);
	}
	w->draft.references = list;
	w->draft.reference_count = count;
}

/* --- Who -------------------------------------------------------------------- */

/* An address of the user's that the other wrote to; only in the domain of the
 * mailbox, as what mails say is not to be trusted. */
static const char *identity(const struct writing *w)
{
	const char *own = email_own_address(session_of(w));
	const char *other = w->has_parent ? w->parent.identity
			    : w->has_talk ? w->talk.identity
					  : NULL;

	if (other == NULL || !address_is_valid(slice_of(other)) ||
		strcasecmp(address_domain(other), address_domain(own)) != 0)
		return own;
	return other;
}

static const struct memory_talk *talk_of(const struct writing *w)
{
	return w->has_talk ? &w->talk : NULL;
}

static void address_group(struct writing *w, const struct group *g)
{
	const struct outgoing *m = w->mail;

	addressing_group(&w->people, &w->arena, g);
	/* Who is removed is told so. */
	if (m->kind == OUTGOING_REMOVED && m->value != NULL &&
		addressing_count(&w->people) < GROUP_MAX)
		addressing_person(&w->people, m->value, NULL);
}

static void put_envelope(struct writing *w)
{
	struct outgoing *m = w->mail;
	struct str all = { .max = 64 * KIB };
	bool needs_utf8 = addressing_envelope(&w->people, &all);

	needs_utf8 = needs_utf8 || address_needs_utf8(w->draft.from.address);
	xstrset(&m->from, w->draft.from.address);
	xstrset(&m->recipients, str_text(&all));
	m->flags = needs_utf8 ? SUBMIT_UTF8 : 0;
	if (session_of(w)->gateway->config->receipt == RECEIPT_DSN &&
		m->kind == OUTGOING_TEXT && !m->in_room)
		m->flags |= SUBMIT_DSN;
	str_finish(&all);
}

static void put_sender(struct writing *w)
{
	const char *name = gw_setting(session_of(w)->session, "name");

	addressing_put(&w->people, &w->draft);
	w->draft.from.address = identity(w);
	w->draft.from.name =
		name[0] != '\0' ? arena_copy(&w->arena, slice_of(name)) : NULL;
}

/* Everybody in a group that nobody has written in yet is new. */
static unsigned new_people(const struct writing *w)
{
	if (w->mail->in_room && w->has_talk)
		return 0;
	return w->has_talk && w->mail->audience == NULL
		       ? 0
		       : (unsigned)addressing_new(&w->people, talk_of(w));
}

static bool may_leave(struct writing *w)
{
	struct outgoing *m = w->mail;

	switch (guard_check(session_of(w)->guard, m->name, new_people(w))) {
	case GUARD_PASS:
		return true;
	case GUARD_ASKED:
		m->state = OUTGOING_ASKING;
		writing_free(w);
		return false;
	case GUARD_FULL:
		break;
	}
	refuse(w, GW_BUSY,
		"This mailbox has sent as many mails today as the operator "
		"permits. Try again tomorrow.");
	return false;
}

static void write_draft(struct writing *w)
{
	struct outgoing *m = w->mail;
	const char *words;

	w->line = NULL;
	list_files(w);
	outgoing_text(m, &w->text);
	take_subject_line(w);
	choose_thread(w);
	list_references(w);
	put_sender(w);
	put_envelope(w);
	w->draft.message_id = m->message_id;
	w->draft.date_ms = m->date_ms;
	w->draft.subject = str_text(&w->subject);
	w->draft.text = str_text(&w->text);
	memory_id(m->message_id, w->mark);
	w->draft.mark = w->mark;
	w->draft.calendar = m->calendar;
	if (m->calendar != NULL)
		w->draft.calendar_method = "REPLY";
	if (dialect_draft(&w->draft, m, w->group,
		    w->has_parent ? &w->parent : NULL, &w->arena, &words) == 0)
		compose(w);
	else
		refuse(w, GW_NOT_ALLOWED, words);
}

/* One file after the other; what cannot be had stays a link in the text. */
static void fetch_files(struct writing *w)
{
	struct list *it =
		w->line != NULL ? w->line->link.next : w->mail->lines.next;

	for (; it != &w->mail->lines; it = it->next) {
		w->line = CONTAINER(it, struct outgoing_line, link);
		if (w->line->text == NULL || w->line->url == NULL)
			continue;
		w->download = download_start(
			session_of(w)->gateway, w->line->url, fetched, w);
		return;
	}
	write_draft(w);
}

static void begin(struct writing *w)
{
	if (may_leave(w))
		fetch_files(w);
}

/* --- What is remembered -------------------------------------------------- */

static void on_group(struct group *g, void *arg)
{
	struct writing *w = arg;

	w->group = g;
	if (g != NULL)
		address_group(w, g);
	if (addressing_count(&w->people) > 0)
		begin(w);
	else
		refuse(w, GW_NO_SUCH, "Nobody is in this group any more.");
}

static void find_recipients(struct writing *w)
{
	if (w->mail->in_room) {
		group_find(session_of(w), w->mail->name, on_group, w);
		return;
	}
	if (w->mail->audience != NULL)
		addressing_audience(
			&w->people, &w->arena, w->mail->audience, talk_of(w));
	if (addressing_count(&w->people) == 0)
		addressing_person(&w->people, w->mail->name, talk_of(w));
	begin(w);
}

static void no_memory(struct writing *w)
{
	refuse(w, GW_BUSY,
		"The gateway's storage does not work now. Try again later.");
}

static void on_parent(const char *name, struct slice data, bool ok, void *arg)
{
	struct writing *w = arg;

	if (name != NULL)
		w->has_parent =
			memory_mail_decode(data, &w->arena, &w->parent) == 0 &&
			w->parent.message_id[0] != '\0';
	else if (!ok)
		no_memory(w);
	else
		find_recipients(w);
}

static void on_talk(const char *name, struct slice data, bool ok, void *arg)
{
	struct writing *w = arg;
	char kept[MEMORY_NAME_SIZE];

	if (name != NULL) {
		w->has_talk =
			memory_talk_decode(data, &w->arena, &w->talk) == 0;
		return;
	}
	if (!ok) {
		no_memory(w);
		return;
	}
	if (w->mail->reply_to == NULL || !memory_is_id(w->mail->reply_to)) {
		find_recipients(w);
		return;
	}
	/* Files of a mail have its id, and a number behind a dot. */
	text_format(kept, sizeof(kept), "m/%.*s", MEMORY_ID_SIZE - 1,
		w->mail->reply_to);
	memory_recall_one(session_of(w)->memory, kept, on_parent, w);
}

void writing_start(struct outgoing *m)
{
	struct writing *w = xalloc(sizeof(*w));
	char hash[MEMORY_ID_SIZE], kept[MEMORY_NAME_SIZE];

	w->mail = m;
	m->writing = w;
	arena_init(&w->arena, 4 * MIB);
	str_init(&w->text, LIMIT_KEPT);
	str_init(&w->subject, 4 * KIB);
	str_init(&w->references, 64 * KIB);
	memory_id(m->name, hash);
	text_format(kept, sizeof(kept), "c/%s", hash);
	memory_recall_one(session_of(w)->memory, kept, on_talk, w);
}
