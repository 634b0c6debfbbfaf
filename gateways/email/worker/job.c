#include "email_worker/job.h"

#include <string.h>

#include "email_worker/autoconfig.h"
#include "email_worker/compose.h"
#include "email_worker/fiber.h"

/* --- READ ---------------------------------------------------------------- */

static const struct {
	enum read_what what;
	int (*read)(struct slice document, struct str *out);
} readers[] = {
	{ READ_AUTOCONFIG, autoconfig_read },
};

static void read_document(struct request *r)
{
	struct str out;
	int result = -1;

	str_init(&out, FRAME_MAX / 2);
	for (size_t i = 0; i < COUNT(readers); i++) {
		if (readers[i].what == r->frame.numbers[0])
			result = readers[i].read(r->frame.texts[0], &out);
	}
	if (result == 0)
		request_done(&r, LINK_OK, 0, NULL, str_slice(&out));
	else
		request_done(&r, LINK_BAD, 0, "the document makes no sense",
			slice_of(NULL));
	str_finish(&out);
}

/* --- COMPOSE ------------------------------------------------------------- */

/* What a draft holds once it is read, without its files. */
#define DRAFT_MAX ((size_t)4 * 1024 * 1024)

static long read_file(void *context, char *buffer, size_t size)
{
	struct slice bytes;

	if (request_read(context, &bytes) != 0 || bytes.len == 0)
		return -1;
	if (bytes.len > size)
		bytes.len = size;
	memcpy(buffer, bytes.data, bytes.len);
	request_used(context, bytes.len);
	return (long)bytes.len;
}

static int write_mail(void *context, struct slice bytes)
{
	return request_write(context, bytes, FRAME_LEFT_UNKNOWN);
}

static void compose_mail(struct request *r)
{
	struct compose_source source = { read_file, r };
	struct mail_sink sink = { write_mail, r };
	const char *words = "the draft makes no sense";
	struct arena arena;
	struct draft draft;
	int result;

	arena_init(&arena, DRAFT_MAX);
	result = draft_decode(r->frame.texts[0], &arena, &draft);
	if (result == 0)
		result = compose(&draft, &source, &sink, &words);
	if (result == 0)
		result = request_write(r, slice_of(""), 0);
	arena_finish(&arena);
	request_done(&r, result == 0 ? LINK_OK : LINK_BAD, 0,
		result == 0 ? NULL : words, slice_of(NULL));
}

/* --- Jobs ---------------------------------------------------------------- */

static void run(void *arg)
{
	struct request *r = arg;

	fiber_blame(fiber_self(), (struct frame_blame){ 0, r->id, 0 });
	if (r->frame.type == FRAME_READ)
		read_document(r);
	else
		compose_mail(r);
}

static void end(void *arg UNUSED)
{
}

int job_start(struct worker *w, const struct frame *f)
{
	struct request *r = request_new(w, f);

	r->fiber = fiber_start(w->loop, "job", run, end, r);
	return 0;
}
