#include "email/files.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"

/* A file at which a worker died so often stays in the mailbox. */
#define CRASHES_MAX 2

/* How long a URL is remembered. */
#define URL_DAYS   30
/* ... and which files were not there. */
#define OFFER_DAYS 400

struct files {
	struct list link; /* session->uploads */
	struct email_session *session;
	const struct mail *mail;
	char *folder;
	uint32_t uid;
	const char *id;
	size_t next; /* index of the part in hand, plus 1 */
	files_each_fn each;
	files_done_fn done;
	void (*begun)(void *arg); /* or NULL */
	void *arg;
	uint32_t upload; /* 0: none */
	struct mail_request *fetch;
	size_t room;        /* bytes that the upload takes now */
	struct str pending; /* fetched, and not taken yet */
	char *url;          /* remembered from before, or NULL */
	bool waits;         /* for the link to the mailbox */
	unsigned crashes;   /* of workers, at this part */
	/* Those that are not there, to be asked for later; NULL: it was asked
	 * for. */
	struct mail_part *missing;
	size_t missing_count;
};

static const struct mail_part *part_of(const struct files *f)
{
	return &f->mail->parts[f->next - 1];
}

static void part_id(const struct files *f, char *out, size_t size)
{
	text_format(out, size, "%s.%u", f->id, part_of(f)->number);
}

static void next_part(struct files *f);

static void tell(struct files *f, const struct gw_file *file, const char *words)
{
	char id[64];

	part_id(f, id, sizeof(id));
	f->each(file, words, id, f->arg);
	next_part(f);
}

static void tell_url(struct files *f, const char *url)
{
	const struct mail_part *p = part_of(f);
	const struct gw_file file = {
		.url = url, .name = p->name, .type = p->type, .size = p->size
	};

	tell(f, &file, NULL);
}

static void human_size(int64_t size, char out[32])
{
	if (size < 10 * 1000)
		text_format(out, 32, "%lld bytes", (long long)size);
	else if (size < 10 * 1000 * 1000)
		text_format(out, 32, "%lld kB", (long long)size / 1000);
	else
		text_format(out, 32, "%lld MB", (long long)size / 1000000);
}

static void tell_missing(struct files *f, const char *why)
{
	const struct mail_part *p = part_of(f);
	char size[32], how[60] = "", words[800];

	if (f->missing != NULL) {
		f->missing[f->missing_count++] = *p;
		text_format(how, sizeof(how), " /fetch %zu tries again.",
			f->missing_count);
	}
	human_size(p->size, size);
	text_format(words, sizeof(words), "\xf0\x9f\x93\x8e %s (%s, %s): %s%s",
		p->name, p->type, size, why, how);
	tell(f, NULL, words);
}

/* --- From the mailbox to the upload -------------------------------------- */

static void pass_on(struct files *f)
{
	size_t len = f->pending.len < f->room ? f->pending.len : f->room;

	if (len == 0 || f->upload == 0)
		return;
	f->room -= len;
	gw_upload_data(f->session->session, f->upload, f->pending.data, len);
	str_consume(&f->pending, len);
	if (f->fetch != NULL)
		mail_request_used(f->fetch, len);
}

static void give_up(struct files *f, const char *why)
{
	if (f->upload != 0)
		gw_upload_cancel(f->session->session, f->upload);
	f->upload = 0;
	mail_request_cancel(&f->fetch);
	tell_missing(f, why);
}

/* The link is gone, or its worker; unless it dies of this very file. */
static bool is_worth_another(struct files *f, const struct frame *done)
{
	if (done->numbers[0] == LINK_CRASHED && done->numbers[2] != 0)
		f->crashes++;
	return (done->numbers[0] == LINK_LOST ||
		       done->numbers[0] == LINK_CRASHED) &&
	       f->crashes < CRASHES_MAX;
}

static void fetched(const struct frame *frame, void *arg)
{
	struct files *f = arg;

	if (frame->type == FRAME_DATA) {
		str_add_slice(&f->pending, frame->texts[0]);
		pass_on(f);
		return;
	}
	if (frame->type != FRAME_DONE)
		return;
	f->fetch = NULL;
	if (frame->numbers[0] == LINK_OK && !f->pending.overflow)
		return;
	if (is_worth_another(f, frame)) {
		/* With the next link, from the start. */
		if (f->upload != 0)
			gw_upload_cancel(f->session->session, f->upload);
		f->upload = 0;
		f->waits = true;
		return;
	}
	give_up(f, "it could not be read from your mailbox.");
}

static void has_begun(struct files *f)
{
	if (f->begun != NULL)
		f->begun(f->arg);
}

static void fetch(struct files *f)
{
	const struct frame frame = {
		.type = FRAME_FETCH,
		.numbers = { f->uid, part_of(f)->number },
		.texts = { slice_of(f->folder) },
		.fd = -1,
	};

	str_reset(&f->pending);
	f->room = 0;
	f->fetch = mail_link_ask(
		f->session->imap, &frame, slice_make(NULL, 0), fetched, f);
	has_begun(f);
}

static void start_part(struct files *f)
{
	const struct mail_part *p = part_of(f);
	int64_t limit = gw_upload_limit(f->session->session);
	char most[32], why[120];

	f->waits = f->session->state != EMAIL_ONLINE;
	if (f->waits) {
		has_begun(f);
		return;
	}
	if (limit == 0) {
		tell_missing(f,
			"your server has no place for files; it is in your "
			"mailbox.");
		return;
	}
	if (limit > 0 && p->size > limit) {
		human_size(limit, most);
		text_format(why, sizeof(why),
			"too big for your server, which takes %s; it is in "
			"your mailbox.",
			most);
		tell_missing(f, why);
		return;
	}
	f->upload = gw_upload(f->session->session, p->name, p->type, p->size);
	if (f->upload == 0)
		tell_missing(f, "it could not be uploaded now; it is in your "
				"mailbox.");
	else
		fetch(f);
}

/* --- One after the other ------------------------------------------------- */

static void on_url(const char *name, struct slice data, bool ok, void *arg)
{
	struct files *f = arg;

	(void)ok;
	if (name != NULL) {
		xfree(f->url);
		f->url = xalloc(data.len + 1);
		memcpy(f->url, data.data, data.len);
	} else if (f->url != NULL) {
		tell_url(f, f->url);
	} else {
		start_part(f); /* what is not known any more goes up again */
	}
}

void files_offer_name(const char *id, char out[MEMORY_NAME_SIZE])
{
	text_format(out, MEMORY_NAME_SIZE, "o/%s", id);
}

static void keep_missing(const struct files *f)
{
	const struct mail offer = { .key = "",
		.text = "",
		.from = { NULL, "" },
		.sender = { NULL, "" },
		.parts = f->missing,
		.part_count = f->missing_count };
	struct str data = { .max = LIMIT_KEPT };
	char name[MEMORY_NAME_SIZE];

	if (f->missing_count == 0)
		return;
	mail_encode(&data, &offer);
	files_offer_name(f->id, name);
	const struct gw_kept item = { name, data.data, data.len, OFFER_DAYS };

	memory_keep(f->session->memory, &item, 1, NULL, NULL);
	str_finish(&data);
}

static void next_part(struct files *f)
{
	char id[64], kept[MEMORY_NAME_SIZE];

	xfree(f->url);
	f->url = NULL;
	if (f->next == f->mail->part_count) {
		keep_missing(f);
		files_done_fn done = f->done;
		void *arg = f->arg;

		done(arg);
		return;
	}
	f->next++;
	f->crashes = 0;
	part_id(f, id, sizeof(id));
	text_format(kept, sizeof(kept), "u/%s", id);
	memory_recall_one(f->session->memory, kept, on_url, f);
}

struct files *files_start(struct email_session *s,
	const struct files_source *source, files_each_fn each,
	files_done_fn done, void *arg)
{
	struct files *f = files_again(s, source, each, done, arg);

	f->missing = xcalloc(source->mail->part_count, sizeof(*f->missing));
	return f;
}

struct files *files_again(struct email_session *s,
	const struct files_source *source, files_each_fn each,
	files_done_fn done, void *arg)
{
	struct files *f = xalloc(sizeof(*f));

	f->session = s;
	f->mail = source->mail;
	f->folder = xstrdup(source->folder);
	f->uid = source->uid;
	f->id = source->id;
	f->each = each;
	f->done = done;
	f->begun = source->begun;
	f->arg = arg;
	str_init(&f->pending, FRAME_CREDIT + FRAME_DATA_MAX + 1);
	list_append(&s->uploads, &f->link);
	next_part(f);
	return f;
}

void files_stop(struct files **slot)
{
	struct files *f = *slot;

	if (f == NULL)
		return;
	*slot = NULL;
	list_remove(&f->link);
	memory_forget_calls(f->session->memory, f);
	if (f->upload != 0)
		gw_upload_cancel(f->session->session, f->upload);
	mail_request_cancel(&f->fetch);
	str_finish(&f->pending);
	xfree(f->url);
	xfree(f->missing);
	xfree(f->folder);
	xfree(f);
}

/* --- Ops ----------------------------------------------------------------- */

static struct files *find(const struct email_session *s, uint32_t upload)
{
	list_for_each(it, &s->uploads) {
		struct files *f = CONTAINER(it, struct files, link);

		if (f->upload == upload)
			return f;
	}
	return NULL;
}

void files_more(struct email_session *s, uint32_t upload, size_t room)
{
	struct files *f = find(s, upload);

	if (f == NULL)
		return;
	f->room = room;
	pass_on(f);
}

void files_uploaded(struct email_session *s, uint32_t upload, const char *url,
	enum gw_reason reason, const char *text)
{
	struct files *f = find(s, upload);
	char id[64], name[MEMORY_NAME_SIZE], why[600];

	(void)reason;
	if (f == NULL)
		return;
	f->upload = 0;
	mail_request_cancel(&f->fetch);
	if (url == NULL) {
		text_format(why, sizeof(why),
			"it could not be uploaded (%s); it is in your mailbox.",
			text != NULL ? text : "no reason was given");
		tell_missing(f, why);
		return;
	}
	part_id(f, id, sizeof(id));
	text_format(name, sizeof(name), "u/%s", id);
	const struct gw_kept item = { name, url, strlen(url), URL_DAYS };

	memory_keep(s->memory, &item, 1, NULL, NULL);
	tell_url(f, url);
}

void files_imap_lost(struct email_session *s)
{
	list_for_each(it, &s->uploads) {
		struct files *f = CONTAINER(it, struct files, link);

		if (f->fetch == NULL)
			continue;
		mail_request_cancel(&f->fetch);
		if (f->upload != 0)
			gw_upload_cancel(s->session, f->upload);
		f->upload = 0;
		f->waits = true;
	}
}

void files_wake(struct email_session *s)
{
	list_for_each_safe(it, &s->uploads) {
		struct files *f = CONTAINER(it, struct files, link);

		if (f->waits)
			start_part(f);
	}
}
